//! `roundtrip migrate`: schema migrations.

use std::path::Path;

use anyhow::Context;
use clap::Subcommand;

use super::{load, store, write};
use crate::storage::Store;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    direction: Option<Direction>,
}

#[derive(Debug, Subcommand)]
enum Direction {
    /// Apply every pending migration (also without a word).
    Up,
    /// Take migrations back. Data goes with its tables.
    Down {
        /// How many.
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        steps: u32,
        /// All of them.
        #[arg(long, conflicts_with = "steps")]
        all: bool,
    },
    /// Show every migration and whether it is applied.
    Status,
}

pub(super) async fn run(config: &Path, args: Args) -> anyhow::Result<()> {
    let config = load(config)?;
    let store = store::open(&config).await?;
    let done = match args.direction.unwrap_or(Direction::Up) {
        Direction::Up => store.migrate_up().await.context("cannot migrate up"),
        Direction::Down { steps, all } => {
            store.migrate_down((!all).then_some(steps)).await.context("cannot migrate down")
        }
        Direction::Status => Ok(()),
    };
    let shown = match done {
        Ok(()) => show(&store).await,
        Err(error) => Err(error),
    };
    store.close().await;
    shown
}

async fn show(store: &Store) -> anyhow::Result<()> {
    for migration in store.migration_status().await? {
        let state = match (migration.known, migration.applied) {
            (true, true) => "applied",
            (true, false) => "pending",
            (false, _) => "unknown",
        };
        write::line(format_args!("{state}  {}", migration.name))?;
    }
    Ok(())
}
