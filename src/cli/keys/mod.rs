//! `roundtrip keys`: the key ring (flows-security section 4).

mod configured;
mod export;
mod generate;
mod import;
mod list;
mod retire;
mod rotate;

use std::path::Path;

use clap::{Subcommand, ValueEnum};

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
