//! `roundtrip bank`: bank statements from the shell, beside a running server.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Subcommand;

use super::{load, store, write};
use crate::app;
use crate::protocol::camt053::BalanceCheck;
use crate::report::Progress;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Import a bank statement (ISO 20022 camt.053, plain or gzip). A file that is wrong anywhere books nothing; one that is
    /// imported again books nothing twice.
    Import {
        /// The file.
        file: PathBuf,
    },
}

pub(super) async fn run(config: &Path, command: Command) -> anyhow::Result<()> {
    let Command::Import { file } = command;
    let config = load(config)?;
    let opened = open(&file)?;
    let store = store::open_current(&config).await?;
    let imported = app::bank_import(&config, &store).run(opened, &Progress::default()).await;
    store.close().await;
    let imported = imported.with_context(|| format!("{} was not imported", file.display()))?;
    let passed_over = imported.passed_over;
    let rows = [
        ("bank statements", imported.statements),
        ("booked", imported.booked),
        ("known before", imported.known),
        ("offered to a statement", imported.offered),
        ("matched to a statement or payout", imported.matched),
        ("unexplained, before finance", imported.unexplained),
        ("passed over: pending", passed_over.pending),
        ("passed over: information", passed_over.information),
        ("passed over: other", passed_over.other),
    ];
    let rows: Vec<_> = rows.iter().map(|(name, count)| [(*name).to_owned(), count.to_string()]).collect();
    for line in write::columns(&rows) {
        write::line(line)?;
    }
    for close in &imported.balances.differing {
        if let BalanceCheck::Differs { computed_micros, stated_micros, currency } = close.balance {
            write::note(format_args!(
                "warning: statement {} of {}: opening balance and entries come to {computed_micros} micros {currency}, the \
                 bank states {stated_micros}: entries are missing or too many",
                close.statement, close.account
            ));
        }
    }
    Ok(())
}

/// A file is read twice: what can be read only once is refused.
fn open(path: &Path) -> anyhow::Result<File> {
    let cannot = || format!("cannot read {}", path.display());
    let meta = std::fs::metadata(path).with_context(cannot)?;
    ensure!(meta.is_file(), "{} is not a file", path.display());
    File::open(path).with_context(cannot)
}
