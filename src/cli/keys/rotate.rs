//! `roundtrip keys rotate` (flows-security section 3.4): in two steps, so that nothing is signed with a key that the other side,
//! or another of our servers, does not know yet.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};

use super::configured::{ConfigFile, NewSecret, Place};
use super::noted;
use crate::app::{key_ring, scheme_of};
use crate::cli::load;
use crate::cli::write::{self, Readable};
use crate::config::{Account, Config};
use crate::crypto::{
    self, GeneratedKey, JwkKind, KeyDescription, KeyPlace, KeyRole, NewJwk, NewOpenPgpKey, RingKey, Scheme,
};
use crate::domain::{Day, Timestamp};
use crate::ports::{Clock, SystemClock};

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(group = clap::ArgGroup::new("whose").args(["account", "signing", "issuer"]).required(true))]
pub(in crate::cli) struct Args {
    /// Our key for this account of Google's.
    #[arg(long, value_name = "PIAID")]
    account: Option<String>,
    /// The key that signs our own links, and seals kept cards.
    #[arg(long)]
    signing: bool,
    /// The secret that is shared with this issuer.
    #[arg(long, value_name = "ID")]
    issuer: Option<String>,
    /// The second step: the key that was added last signs from now on.
    #[arg(long, conflicts_with_all = ["out", "public_out", "days"])]
    activate: bool,
    /// The key file to be made [default: beside the present one, named for the day].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// An account's: the public key file to be made, for Google [default: beside the new key].
    #[arg(long, value_name = "FILE", requires = "account")]
    public_out: Option<PathBuf>,
    /// An account's: the life of the new key in days, at most two years.
    #[arg(long, value_name = "N", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=730))]
    days: u16,
    /// Show what would be changed, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// What was made, and what a person does next.
struct Made {
    files: Vec<PathBuf>,
    steps: Vec<String>,
}

/// What a rotation needs to know.
struct Task<'a> {
    path: &'a Path,
    args: &'a Args,
    config: &'a Config,
    place: Place,
    keys: Vec<RingKey>,
    now: Timestamp,
}

pub(super) fn run(path: &Path, args: &Args) -> anyhow::Result<()> {
    let config = load(path)?;
    let now = SystemClock.now();
    let place = match (&args.account, &args.issuer) {
        (Some(piaid), _) => Place::Own(piaid.clone()),
        (None, Some(id)) => Place::Issuer(id.clone()),
        (None, None) => Place::Signing,
    };
    let mut keys = key_ring::ring(&config).at(now);
    keys.retain(|key| same(&place, &key.place));
    ensure!(!keys.is_empty(), "there are no {place} in the configuration; see `roundtrip keys list`");
    let task = Task { path, args, config: &config, place, keys, now };
    let act = || if args.activate { task.activate() } else { task.add() };
    if args.dry_run {
        return act();
    }
    let action = if args.activate { "keys rotate --activate" } else { "keys rotate" };
    noted(&config, (action, &task.place.to_string()), act)
}

/// Whether a place of the file is that of the ring.
pub(super) fn same(place: &Place, of: &KeyPlace) -> bool {
    match (place, of) {
        (Place::Own(name), KeyPlace::Own(piaid)) | (Place::Peer(name), KeyPlace::Peer(piaid)) => piaid.as_str() == name,
        (Place::Issuer(name), KeyPlace::Issuer(id)) => id.as_str() == name,
        (Place::Signing, KeyPlace::Signing) => true,
        (Place::Own(_) | Place::Peer(_) | Place::Issuer(_) | Place::Signing, _) => false,
    }
}

/// The account of this name.
pub(super) fn account<'a>(config: &'a Config, piaid: &str) -> anyhow::Result<&'a Account> {
    let mut accounts = config.google.iter().flat_map(|google| &google.accounts);
    accounts.find(|account| account.piaid.as_str() == piaid).ok_or_else(|| anyhow!("there is no account {piaid}"))
}

impl Task<'_> {
    fn next(&self) -> Option<&RingKey> {
        self.keys.iter().rev().find(|key| key.role == KeyRole::Next)
    }

    fn signing_key(&self) -> &str {
        self.keys.first().map_or("", |key| key.id.as_str())
    }

    fn add(&self) -> anyhow::Result<()> {
        if let Some(next) = self.next() {
            bail!("{} have a next key already, {}: go on with --activate", self.place, next.id);
        }
        let mut file = ConfigFile::read(self.path)?;
        let made = match &self.place {
            Place::Own(piaid) => self.add_own(&mut file, account(self.config, piaid)?)?,
            Place::Peer(_) | Place::Issuer(_) | Place::Signing => self.add_secret(&mut file)?,
        };
        if let Err(error) = file.save(self.args.dry_run, self.now) {
            for path in made.iter().flat_map(|made| &made.files) {
                // Nobody has seen it, and the next attempt takes the name.
                let _gone = std::fs::remove_file(path);
            }
            return Err(error);
        }
        made.map_or(Ok(()), |made| steps(&made.steps))
    }

    fn add_own(&self, file: &mut ConfigFile, account: &Account) -> anyhow::Result<Option<Made>> {
        let scheme = scheme_of(account.scheme);
        let present = account.own_keys.first().ok_or_else(|| anyhow!("the account has no own key"))?;
        let extension = if scheme == Scheme::Pgp { "asc" } else { "json" };
        let base = format!("own-{}-{}", account.piaid, self.now.to_day());
        let folder = present.path.parent().unwrap_or(&self.config.base_dir);
        let private = self.args.out.clone().unwrap_or_else(|| free(folder, &base, extension));
        let public = self.args.public_out.clone().unwrap_or_else(|| {
            let stem = private.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            free(private.parent().unwrap_or(folder), &format!("{stem}.pub"), extension)
        });
        write::refuse_existing(&private)?;
        write::refuse_existing(&public)?;
        ensure!(private != public, "--out and --public-out name the same file");
        file.add_file(&self.place, &write::as_configured(&private, self.path))?;
        if self.args.dry_run {
            write::line(format_args!("would make {} and {}", private.display(), public.display()))?;
            return Ok(None);
        }
        let described = key_ring::describe(account);
        let first = described.own.first().ok_or_else(|| anyhow!("{} holds no key", present.path.display()))?;
        let key = next_of(scheme, first, (self.args.days, self.now)).context("cannot make the key")?;
        write::new_file(&private, key.private.as_bytes(), Readable::Owner)?;
        write::new_file(&public, key.public.as_bytes(), Readable::All)?;
        write::line(format_args!("made {}: {}", key.id, private.display()))?;
        let (piaid, old) = (&account.piaid, self.signing_key());
        let steps = vec![
            "restart every server: from then on they decrypt with the new key too".to_owned(),
            format!(
                "send {} to Google, and have them confirm that they trust and encrypt to {}",
                public.display(),
                key.id
            ),
            "check: `roundtrip doctor` has Google's echo answered".to_owned(),
            format!("have it sign: `roundtrip keys rotate --account {piaid} --activate`"),
            format!("when Google uses the old one no more: `roundtrip keys retire {old} --account {piaid}`"),
        ];
        Ok(Some(Made { steps, files: vec![private, public] }))
    }

    fn add_secret(&self, file: &mut ConfigFile) -> anyhow::Result<Option<Made>> {
        let day = self.now.to_day();
        let (base, whose, tell) = match &self.place {
            Place::Issuer(id) => (
                format!("issuer-{id}-{day}"),
                format!("--issuer {id}"),
                format!(
                    "hand the secret to {id} by a safe way, under its id, and have them confirm that they verify with it"
                ),
            ),
            Place::Own(_) | Place::Peer(_) | Place::Signing => (
                format!("url-{day}"),
                "--signing".to_owned(),
                "see to it that every server on this database has the file and this configuration".to_owned(),
            ),
        };
        let out = self.args.out.clone().unwrap_or_else(|| free(&self.config.base_dir.join("keys"), &base, ""));
        write::refuse_existing(&out)?;
        let taken = |id: &String| self.keys.iter().any(|key| key.id == *id);
        let numbered = (2..1_000).map(|number| format!("{day}-{number}"));
        let id = std::iter::once(day.clone()).chain(numbered).find(|id| !taken(id));
        let id = id.ok_or_else(|| anyhow!("too many keys of today"))?;
        let secret = NewSecret { id: id.clone(), file: write::as_configured(&out, self.path), made: Day::of(self.now) };
        file.add_secret(&self.place, &secret)?;
        if self.args.dry_run {
            write::line(format_args!("would make {}", out.display()))?;
            return Ok(None);
        }
        write::new_file(&out, crypto::generate_url_key().as_bytes(), Readable::Owner)?;
        write::line(format_args!("made {id}: {}", out.display()))?;
        let old = self.signing_key();
        let steps = vec![
            tell,
            "restart every server: from then on they verify with the new key too".to_owned(),
            format!("have it sign: `roundtrip keys rotate {whose} --activate`"),
            format!("when nothing that the old one signed is honoured any more: `roundtrip keys retire {old} {whose}`"),
        ];
        Ok(Some(Made { steps, files: vec![out] }))
    }

    fn activate(&self) -> anyhow::Result<()> {
        let next = self.next().ok_or_else(|| {
            anyhow!("{} have no next key: make one first with `roundtrip keys rotate` without --activate", self.place)
        })?;
        let mut file = ConfigFile::read(self.path)?;
        let at = place_of(self.config, (&self.place, &next.id), &mut file)?;
        if matches!(self.place, Place::Issuer(_) | Place::Signing) {
            file.note_stopped(&self.place, 0, Day::of(self.now))?;
        }
        file.put_first(&self.place, at)?;
        file.save(self.args.dry_run, self.now)?;
        if self.args.dry_run {
            return Ok(());
        }
        let old = self.signing_key();
        write::line(format_args!("{} signs, {old} does not", next.id))?;
        let free = next.place.outlives_ms().map(|life_ms| Day::of(self.now).plus_days(1).start().plus_millis(life_ms));
        let retire = match (&self.place, free) {
            (Place::Own(piaid) | Place::Peer(piaid), _) => {
                format!("when Google uses {old} no more: `roundtrip keys retire {old} --account {piaid}`")
            }
            (Place::Issuer(id), free) => {
                let from = free.map_or_else(String::new, |free| format!("from {} on, ", free.to_utc()));
                format!("{from}when the issuer signs with {} too: `roundtrip keys retire {old} --issuer {id}`", next.id)
            }
            (Place::Signing, free) => {
                let from = free.map_or_else(String::new, |free| format!("from {} on, ", free.to_utc()));
                format!("{from}when no kept card needs it: `roundtrip keys retire {old} --signing`")
            }
        };
        steps(&["restart every server today: until then it signs with the old key".to_owned(), retire])
    }
}

/// Where a key stands in its list in the file.
pub(super) fn place_of(config: &Config, (place, id): (&Place, &str), file: &mut ConfigFile) -> anyhow::Result<usize> {
    let holds = |scheme, bytes: &[u8]| {
        crypto::describe_keys(scheme, bytes).is_ok_and(|keys| keys.iter().any(|key| key.id == id))
    };
    let found = match place {
        Place::Own(piaid) => {
            let account = account(config, piaid)?;
            let scheme = scheme_of(account.scheme);
            account.own_keys.iter().position(|file| holds(scheme, file.bytes.expose()))
        }
        Place::Peer(piaid) => {
            let account = account(config, piaid)?;
            let scheme = scheme_of(account.scheme);
            account.peer_keys.iter().position(|file| holds(scheme, &file.bytes))
        }
        Place::Issuer(name) => {
            let issuer = config.issuers.iter().find(|issuer| issuer.id.as_str() == name);
            issuer.and_then(|issuer| issuer.keys.iter().position(|key| key.id == id))
        }
        Place::Signing => config.signing.iter().position(|key| key.id == id),
    };
    let count = file.count(place)?;
    found
        .filter(|at| *at < count)
        .ok_or_else(|| anyhow!("{id} is not in the configuration file: a variable sets it, change it there"))
}

/// A key like the present one.
fn next_of(
    scheme: Scheme,
    present: &KeyDescription,
    (valid_days, created): (u16, Timestamp),
) -> Result<GeneratedKey, crypto::KeyError> {
    let bits = if matches!(present.bits, 2048 | 3072 | 4096) { present.bits } else { 2048 };
    match scheme {
        Scheme::Pgp => {
            let user_id = present.user_ids.first().map_or("", String::as_str);
            crypto::generate_openpgp(&NewOpenPgpKey { user_id, bits, valid_days, created })
        }
        Scheme::Jose => {
            let kid: String = crypto::random_token().replace(['-', '_'], "").chars().take(12).collect();
            let kind = if present.algorithm == "RSA" { JwkKind::Rsa { bits } } else { JwkKind::EcP256 };
            crypto::generate_jwk(&NewJwk { kind, kid: &kid, valid_days, created })
        }
    }
}

/// A name in the folder that nothing has yet.
fn free(folder: &Path, base: &str, extension: &str) -> PathBuf {
    let dot = if extension.is_empty() { "" } else { "." };
    let numbered = (2..1_000).map(|number| folder.join(format!("{base}-{number}{dot}{extension}")));
    let first = folder.join(format!("{base}{dot}{extension}"));
    std::iter::once(first.clone()).chain(numbered).find(|path| !path.exists()).unwrap_or(first)
}

/// What a person does next, in order.
pub(super) fn steps(steps: &[String]) -> anyhow::Result<()> {
    write::line("next, in this order:")?;
    steps.iter().zip(1..).try_for_each(|(step, number)| write::line(format_args!("  {number}. {step}")))
}
