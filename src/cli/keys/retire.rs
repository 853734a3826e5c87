//! `roundtrip keys retire`: takes a key out of the configuration when nothing needs it.

use std::path::Path;

use anyhow::{Context, anyhow, bail, ensure};

use super::configured::{ConfigFile, Place};
use super::noted;
use super::rotate::{account, place_of, same, steps};
use crate::app::{key_ring, scheme_of};
use crate::cli::{load, store, write};
use crate::config::Config;
use crate::crypto::{self, KeyHealth, KeyPlace, KeyRole, NextStep, RingKey};
use crate::domain::{Day, Timestamp};
use crate::ports::{Clock, SystemClock};

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(group = clap::ArgGroup::new("where").args(["account", "signing", "issuer"]))]
pub(in crate::cli) struct Args {
    /// Its id, as `keys list` shows it.
    #[arg(value_name = "KEY")]
    key: String,
    /// It is a key, ours or Google's, of this account.
    #[arg(long, value_name = "PIAID")]
    account: Option<String>,
    /// It signed our own links.
    #[arg(long)]
    signing: bool,
    /// It is shared with this issuer.
    #[arg(long, value_name = "ID")]
    issuer: Option<String>,
    /// The last day on which any server signed with it, where the configuration has no `signed_until`.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    stopped: Option<Day>,
    /// Give up the kept cards that it sealed: agreed deposits and fees of those bookings cannot be charged any more.
    #[arg(long)]
    give_up_cards: bool,
    /// Show what would be changed, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "expected a day as YYYY-MM-DD".to_owned())
}

pub(super) fn run(path: &Path, args: &Args) -> anyhow::Result<()> {
    let config = load(path)?;
    let now = SystemClock.now();
    let keys = key_ring::ring(&config).at(now);
    let key = named(&keys, args)?;
    let place = place(&key.place);
    let others: Vec<&RingKey> = keys.iter().filter(|other| same(&place, &other.place) && other.id != key.id).collect();
    unneeded(key, &others, (args, now))?;
    if key.place == KeyPlace::Signing {
        cards(&config, key, args)?;
    }
    alone_in_its_file(&config, (&place, &key.id))?;
    let remove = || {
        let mut file = ConfigFile::read(path)?;
        let at = place_of(&config, (&place, &key.id), &mut file)?;
        file.remove(&place, at)?;
        file.save(args.dry_run, now)
    };
    if args.dry_run {
        return remove();
    }
    noted(&config, ("keys retire", &format!("{} of {place}", key.id)), remove)?;
    write::line(format_args!("{} is out of {place}; its file stays where it is", key.id))?;
    steps(&[
        "restart every server".to_owned(),
        "keep the file as long as what it opens may have to be opened; then destroy it".to_owned(),
    ])
}

/// The key that is meant.
fn named<'a>(keys: &'a [RingKey], args: &Args) -> anyhow::Result<&'a RingKey> {
    let there = |key: &&RingKey| {
        let place = match &key.place {
            KeyPlace::Own(piaid) | KeyPlace::Peer(piaid) => args.account.as_deref().map(|name| name == piaid.as_str()),
            KeyPlace::Issuer(id) => args.issuer.as_deref().map(|name| name == id.as_str()),
            KeyPlace::Signing => args.signing.then_some(true),
        };
        let anywhere = args.account.is_none() && args.issuer.is_none() && !args.signing;
        key.id.eq_ignore_ascii_case(&args.key) && place.unwrap_or(anywhere)
    };
    let mut found = keys.iter().filter(there);
    match (found.next(), found.next()) {
        (Some(key), None) => Ok(key),
        (None, _) => Err(anyhow!("there is no key {}; see `roundtrip keys list`", args.key)),
        (Some(one), Some(other)) => Err(anyhow!(
            "{} is in {} and in {}: say which with --account, --issuer or --signing",
            args.key,
            place(&one.place),
            place(&other.place)
        )),
    }
}

fn place(of: &KeyPlace) -> Place {
    match of {
        KeyPlace::Own(piaid) => Place::Own(piaid.to_string()),
        KeyPlace::Peer(piaid) => Place::Peer(piaid.to_string()),
        KeyPlace::Issuer(id) => Place::Issuer(id.to_string()),
        KeyPlace::Signing => Place::Signing,
    }
}

/// Whether what is known of the key lets it go.
fn unneeded(key: &RingKey, others: &[&RingKey], (args, now): (&Args, Timestamp)) -> anyhow::Result<()> {
    let (id, place) = (&key.id, place(&key.place));
    ensure!(!others.is_empty(), "{id} is the only one of {place}: rotate it first with `roundtrip keys rotate`");
    match (key.role, key.next) {
        (KeyRole::Signs, _) => {
            bail!("{id} signs: make the next one with `roundtrip keys rotate`, and have that one sign with --activate")
        }
        // It never signed: giving a rotation up.
        (KeyRole::Next, _) => Ok(()),
        (KeyRole::DecryptsOnly | KeyRole::Verifies, NextStep::RetireFrom(from)) => Err(still_honoured(id, from)),
        (KeyRole::DecryptsOnly | KeyRole::Verifies, NextStep::SayWhenItStopped) => {
            let stopped = args.stopped.with_context(|| {
                format!(
                    "the configuration has no signed_until beside {id}, so that nobody knows what it signed and is still \
                     honoured: say with --stopped which was the last day on which any server signed with it"
                )
            })?;
            let free = stopped.plus_days(1).start().plus_millis(key.place.outlives_ms().unwrap_or(0));
            if free <= now { Ok(()) } else { Err(still_honoured(id, free)) }
        }
        (KeyRole::DecryptsOnly | KeyRole::Verifies, _) => {
            let serves = |other: &&&RingKey| matches!(other.health, KeyHealth::Good | KeyHealth::EndsIn { .. });
            ensure!(others.iter().any(|other| serves(&other)), "{id} is the last usable one of {place}");
            Ok(())
        }
    }
}

fn still_honoured(id: &str, from: Timestamp) -> anyhow::Error {
    anyhow!("what {id} signed is honoured until {}: retire it from then on", from.to_utc())
}

/// Kept cards and second factors are sealed under keys derived from the signing keys: they say which.
fn cards(config: &Config, key: &RingKey, args: &Args) -> anyhow::Result<()> {
    let needed = actix_rt::System::new().block_on(async {
        let store = store::open_current(config).await?;
        let needed = (store.kept_cards_under(&key.id).await, store.second_factors_under(&key.id).await);
        store.close().await;
        anyhow::Ok((needed.0?, needed.1?))
    });
    let (needed, people) = needed.context("cannot look what was sealed under the key")?;
    ensure!(
        people.is_empty(),
        "{} sealed the second factors of {}: have each set up a new one first (`roundtrip user passwd NAME \
         --reset-second-factor`)",
        key.id,
        people.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    );
    if needed == 0 {
        return Ok(());
    }
    ensure!(
        args.give_up_cards,
        "{} sealed the kept cards of {needed} bookings that may still be charged: wait, or give them up with --give-up-cards",
        key.id
    );
    write::line(format_args!("giving up the kept cards of {needed} bookings"))
}

/// The configuration names files: one that holds another key too has to stay.
fn alone_in_its_file(config: &Config, (place, id): (&Place, &str)) -> anyhow::Result<()> {
    let files: Vec<(_, &[u8])> = match place {
        Place::Own(piaid) => {
            let account = account(config, piaid)?;
            account.own_keys.iter().map(|file| (scheme_of(account.scheme), file.bytes.expose())).collect()
        }
        Place::Peer(piaid) => {
            let account = account(config, piaid)?;
            account.peer_keys.iter().map(|file| (scheme_of(account.scheme), file.bytes.as_slice())).collect()
        }
        Place::Issuer(_) | Place::Signing => return Ok(()),
    };
    for (scheme, bytes) in files {
        let keys = crypto::describe_keys(scheme, bytes).unwrap_or_default();
        if keys.iter().any(|key| key.id == id)
            && let Some(other) = keys.iter().find(|key| key.id != id)
        {
            bail!("the file of {id} holds {} too: take {id} out of the file by hand", other.id);
        }
    }
    Ok(())
}
