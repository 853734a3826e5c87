//! `roundtrip keys export`.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::Sealing;
use crate::app::scheme_of;
use crate::cli::load;
use crate::cli::write::{self, Readable};
use crate::config::{Account, Config, OwnKeyFile};
use crate::crypto;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The account whose key it is; not needed where the configuration has one account.
    #[arg(long, value_name = "PIAID", conflicts_with = "key")]
    account: Option<String>,
    /// Fingerprint or `kid` [default: the account's first own key, which is advertised].
    #[arg(long, value_name = "ID", conflicts_with = "key")]
    id: Option<String>,
    /// A private key file, instead of one of the configuration.
    #[arg(long, value_name = "FILE", requires = "scheme")]
    key: Option<PathBuf>,
    /// The scheme of that file.
    #[arg(long, value_enum, requires = "key")]
    scheme: Option<Sealing>,
    /// The file to be made [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(config: &Path, args: &Args) -> anyhow::Result<()> {
    // clap sees to it that the two come together or not at all.
    let public = if let (Some(path), Some(sealing)) = (&args.key, args.scheme) {
        from_file(path, sealing)?
    } else {
        from_configuration(config, args)?
    };
    match &args.out {
        Some(out) => write::new_file(out, public.as_bytes(), Readable::All),
        None => write::line(public.trim_end()),
    }
}

fn from_file(path: &Path, sealing: Sealing) -> anyhow::Result<String> {
    let file = std::fs::read(path).with_context(|| format!("cannot read the key file {}", path.display()))?;
    let file = zeroize::Zeroizing::new(file);
    crypto::export_public(sealing.scheme(), &file).with_context(|| format!("cannot export from {}", path.display()))
}

fn from_configuration(config: &Path, args: &Args) -> anyhow::Result<String> {
    let config = load(config)?;
    let account = account(&config, args.account.as_deref())?;
    let file = own_file(account, args.id.as_deref())?;
    crypto::export_public(scheme_of(account.scheme), file.bytes.expose())
        .with_context(|| format!("cannot export from {}", file.path.display()))
}

fn account<'a>(config: &'a Config, piaid: Option<&str>) -> anyhow::Result<&'a Account> {
    let accounts = config.google.as_ref().map_or(&[][..], |google| &google.accounts);
    let names = || accounts.iter().map(|account| account.piaid.as_str()).collect::<Vec<_>>().join(", ");
    match (piaid, accounts) {
        (_, []) => Err(anyhow!("the configuration has no account; name a file with --key FILE --scheme pgp|jose")),
        (None, [only]) => Ok(only),
        (None, _) => Err(anyhow!("there are several accounts: name one of {} with --account", names())),
        (Some(piaid), _) => accounts
            .iter()
            .find(|account| account.piaid.as_str() == piaid)
            .ok_or_else(|| anyhow!("there is no account {piaid}; the configuration has {}", names())),
    }
}

fn own_file<'a>(account: &'a Account, id: Option<&str>) -> anyhow::Result<&'a OwnKeyFile> {
    let Some(id) = id else { return account.own_keys.first().ok_or_else(|| anyhow!("the account has no own key")) };
    let holds = |file: &&OwnKeyFile| {
        crypto::describe_keys(scheme_of(account.scheme), file.bytes.expose())
            .is_ok_and(|keys| keys.iter().any(|key| key.id.eq_ignore_ascii_case(id)))
    };
    account
        .own_keys
        .iter()
        .find(holds)
        .ok_or_else(|| anyhow!("no own key of {} has the id {id}; see `roundtrip keys list`", account.piaid))
}
