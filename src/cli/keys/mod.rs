//! `roundtrip keys`: the key ring (flows-security section 4).

mod configured;
mod export;
mod generate;
mod import;
mod list;
mod retire;
mod rotate;

use std::path::Path;

use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};

use super::store;
use crate::config::Config;
use crate::crypto::Scheme;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a new key and print the line of configuration that uses it.
    Generate(generate::Args),
    /// List all keys of the configuration, with what is wrong with them.
    List,
    /// Print the public part of a key of ours, for the peer.
    Export(export::Args),
    /// Check a peer's public key and copy it into place.
    Import(import::Args),
    /// Make the next key and add it to the configuration; later, with --activate, have it sign.
    Rotate(rotate::Args),
    /// Take a key out of the configuration that nothing needs any more. Its file stays.
    Retire(retire::Args),
}

/// The schemes in which messages are sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Sealing {
    /// OpenPGP, armoured or binary.
    Pgp,
    /// A JWK or JWK set, each with a `kid`.
    Jose,
}

impl Sealing {
    fn scheme(self) -> Scheme {
        match self {
            Self::Pgp => Scheme::Pgp,
            Self::Jose => Scheme::Jose,
        }
    }
}

pub(super) fn run(config: &Path, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Generate(args) => generate::run(config, &args),
        Command::List => list::run(config),
        Command::Export(args) => export::run(config, &args),
        Command::Import(args) => import::run(config, &args),
        Command::Rotate(args) => rotate::run(config, &args),
        Command::Retire(args) => retire::run(config, &args),
    }
}

/// Changes keys: notes it in the audit log first, and once more if it was refused. What cannot be noted is not done.
fn noted(config: &Config, asked: (&str, &str), act: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    actix_rt::System::new().block_on(async {
        let store = store::open_current(config).await.context(
            "nothing was changed: keys are changed only where the audit log can note it. Run this where the database can be \
             reached (`roundtrip doctor` says what is wrong with it), or try again when it answers",
        )?;
        let done = store::noted(&store, asked, async { act() }).await;
        store.close().await;
        done
    })
}
