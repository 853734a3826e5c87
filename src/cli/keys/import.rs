//! `roundtrip keys import`.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

use super::Sealing;
use crate::cli::write::{self, Readable};
use crate::crypto::{self, Severity};
use crate::ports::{Clock, SystemClock};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The peer's public key, as it was received.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The scheme of the account.
    #[arg(long, value_enum)]
    scheme: Sealing,
    /// Where the key is to stand.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn run(config: &Path, args: &Args) -> anyhow::Result<()> {
    let shown = args.file.display();
    write::refuse_existing(&args.out)?;
    let scheme = args.scheme.scheme();
    let file = std::fs::read(&args.file).with_context(|| format!("cannot read the key file {shown}"))?;
    let described = crypto::describe_keys(scheme, &file).with_context(|| format!("cannot use {shown}"))?;
    ensure!(
        described.iter().all(|key| !key.private),
        "{shown} holds a private key; a peer's private key must never be in our hands: ask for the public one"
    );
    crypto::load_peer_keys(scheme, &file).with_context(|| format!("cannot use {shown}"))?;
    let mut refused = false;
    for finding in crypto::lint_keys(&[], &described, SystemClock.now()) {
        let word = match finding.severity {
            Severity::Warning => "warn",
            Severity::Failure => "fail",
        };
        refused |= finding.severity == Severity::Failure;
        write::line(format_args!("{word}  {}: {}", finding.id, finding.message))?;
    }
    if refused {
        bail!("{shown} is not imported: ask the peer for another key");
    }
    write::new_file(&args.out, &file, Readable::All)?;
    for key in &described {
        let owner = key.user_ids.first().map_or_else(String::new, |id| format!("  {id}"));
        let end = key.expires.map_or_else(|| "never expires".to_owned(), |at| format!("expires {}", at.to_day()));
        write::line(format_args!("{}  {} {}  {end}{owner}", key.id, key.algorithm, key.bits))?;
    }
    write::line("compare the id with what the peer says by another way; then, in [[google.accounts]]:")?;
    write::line(format_args!("peer_keys = [{:?}]", write::as_configured(&args.out, config)))
}
