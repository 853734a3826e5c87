//! `roundtrip outbox`: dead letters.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use clap::Subcommand;

use super::{load, store, write};
use crate::domain::{Timestamp, TransactionId};
use crate::ports::{Clock, SystemClock};
use crate::storage::{OutboxKey, Store};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List dead letters, the longest parked first.
    List {
        /// At most so many.
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u64,
    },
    /// Send dead letters again.
    Retry {
        /// As `outbox list` shows them: transaction/number.
        #[arg(value_name = "ID", value_parser = key, required_unless_present = "all", conflicts_with = "all")]
        ids: Vec<OutboxKey>,
        /// Every dead letter.
        #[arg(long)]
        all: bool,
    },
    /// Give dead letters up: they are never sent.
    Discard {
        /// As `outbox list` shows them: transaction/number.
        #[arg(value_name = "ID", value_parser = key, required = true)]
        ids: Vec<OutboxKey>,
    },
}

/// How many letters `retry --all` takes at a time.
const PAGE: u64 = 500;

fn key(text: &str) -> Result<OutboxKey, String> {
    let expected = || "expected transaction/number as `roundtrip outbox list` shows it".to_owned();
    let (transaction, number) = text.split_once('/').ok_or_else(expected)?;
    let transaction = TransactionId::parse(transaction).map_err(|_| expected())?;
    Ok(OutboxKey { transaction, number: number.parse().map_err(|_| expected())? })
}

pub(super) async fn run(config: &Path, command: Command) -> anyhow::Result<()> {
    let config = load(config)?;
    let store = store::open_current(&config).await?;
    let done = carry_out(&store, command).await;
    store.close().await;
    done
}

async fn carry_out(store: &Store, command: Command) -> anyhow::Result<()> {
    match command {
        Command::List { limit } => list(store, limit).await,
        Command::Retry { all: true, .. } => retry_all(store).await,
        Command::Retry { ids, all: false } => {
            let now = SystemClock.now();
            for key in ids {
                ensure!(store.retry(key, now).await?, "{}", no_letter(key));
                write::line(format_args!("retrying {key}"))?;
            }
            Ok(())
        }
        Command::Discard { ids } => {
            for key in ids {
                ensure!(store.discard(key).await?, "{}", no_letter(key));
                write::line(format_args!("discarded {key}"))?;
            }
            Ok(())
        }
    }
}

fn no_letter(key: OutboxKey) -> String {
    format!("{key} is not a dead letter; see `roundtrip outbox list`")
}

async fn list(store: &Store, limit: u64) -> anyhow::Result<()> {
    let letters = store.dead_letters(limit).await?;
    let shown = |letter: &crate::storage::OutboxRow| {
        [
            letter.key.to_string(),
            letter.lane.clone(),
            letter.parked_at.map_or_else(String::new, Timestamp::to_utc),
            format!("{} attempts", letter.attempts),
            letter.last_error.clone().unwrap_or_default().replace(['\n', '\r'], " "),
        ]
    };
    let rows: Vec<_> = letters.iter().map(shown).collect();
    for line in write::columns(&rows) {
        write::line(line)?;
    }
    if letters.is_empty() {
        write::line("no dead letters")?;
    }
    Ok(())
}

async fn retry_all(store: &Store) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let mut count = 0_u64;
    loop {
        let letters = store.dead_letters(PAGE).await.context("cannot read the dead letters")?;
        if letters.is_empty() {
            break;
        }
        let mut moved = false;
        for letter in letters {
            if store.retry(letter.key, now).await? {
                moved = true;
                count += 1;
            }
        }
        if !moved {
            bail!("the dead letters do not move: another process holds them");
        }
    }
    write::line(format_args!("retrying {count}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_shown() {
        let shown = "01930d2c-7a44-7000-8000-0123456789ab/17";
        assert_eq!(key(shown).unwrap().to_string(), shown);
        for bad in ["", "x", "01930d2c-7a44-7000-8000-0123456789ab", "01930d2c-7a44-7000-8000-0123456789ab/x"] {
            assert!(key(bad).is_err(), "{bad}");
        }
    }
}
