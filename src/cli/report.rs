//! `roundtrip report`: what finance downloads, from the shell (contract section 1).

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use super::{load, store, write};
use crate::crypto::hex;
use crate::domain::Piaid;
use crate::domain::catalog::MerchantId;
use crate::finance::{PeriodAccount, PeriodAsked, Surfaces, write_period, write_statement};
use crate::ports::{Clock as _, SystemClock};
use crate::report::{Day, Format, Progress, Written};
use crate::storage::Store;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// One remittance statement: every event with its finding.
    Statement {
        /// Google's id of the statement: the requestId of its notification.
        #[arg(value_name = "ID")]
        id: String,
        /// The account, where several have a statement of this id.
        #[arg(long, value_name = "PIAID", value_parser = piaid)]
        account: Option<Piaid>,
        #[command(flatten)]
        to: Target,
    },
    /// All money of a period: every line of the ledger, and the trial balance. Days are UTC, as the file says.
    Period {
        /// First day, for example 2026-11-01.
        #[arg(long, value_name = "DAY", value_parser = day)]
        from: Day,
        /// Last day, included.
        #[arg(long, value_name = "DAY", value_parser = day)]
        to: Day,
        /// One account of Google.
        #[arg(long, value_name = "PIAID", value_parser = piaid, conflicts_with = "merchant")]
        account: Option<Piaid>,
        /// One merchant of the booking surface.
        #[arg(long, value_name = "ID", value_parser = merchant)]
        merchant: Option<MerchantId>,
        /// redirect, booking, outlook or all.
        #[arg(long, default_value = "all", value_parser = surface)]
        surface: Surfaces,
        #[command(flatten)]
        file: Target,
    },
}

#[derive(Debug, Args)]
pub(super) struct Target {
    /// csv or xlsx.
    #[arg(long, value_parser = format)]
    format: Format,
    /// The file; one that is there is replaced when the new one is complete.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

fn piaid(text: &str) -> Result<Piaid, String> {
    Piaid::parse(text).map_err(|error| error.to_string())
}

fn merchant(text: &str) -> Result<MerchantId, String> {
    MerchantId::parse(text).map_err(|error| error.to_string())
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).map_err(|error| error.to_string())
}

fn format(text: &str) -> Result<Format, String> {
    Format::parse(text).map_err(|error| error.to_string())
}

fn surface(text: &str) -> Result<Surfaces, String> {
    Surfaces::parse(text).ok_or_else(|| "redirect, booking, outlook or all".to_owned())
}

pub(super) async fn run(config: &Path, command: Command) -> anyhow::Result<()> {
    let config = load(config)?;
    let store = store::open_current(&config).await?;
    let done = carry_out(&store, command).await;
    store.close().await;
    done
}

async fn carry_out(store: &Store, command: Command) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let (written, out) = match command {
        Command::Statement { id, account, to } => {
            let mut found = store.find_statement(&id).await?;
            found.retain(|row| {
                row.state.notice().is_some_and(|notice| account.as_ref().is_none_or(|piaid| notice.piaid == *piaid))
            });
            let row = match found.as_slice() {
                [] => bail!("there is no statement {id}"),
                [one] => one,
                [..] => bail!("several accounts have a statement {id}: name one with --account"),
            };
            (write_statement(store, row.id, (to.format, &to.out, &Progress::default()), now).await?, to.out)
        }
        Command::Period { from, to, account, merchant, surface, file } => {
            let account = account.map(PeriodAccount::Google).or(merchant.map(PeriodAccount::Merchant));
            let asked = PeriodAsked { from, to, account, surfaces: surface };
            (write_period(store, &asked, (file.format, &file.out, &Progress::default()), now).await?, file.out)
        }
    };
    told(&written, &out).context("cannot tell what was written")
}

fn told(written: &Written, out: &Path) -> anyhow::Result<()> {
    let digest = hex(&written.sha256);
    write::line(format!("{} lines, {} bytes, sha256 {digest}, {}", written.lines, written.bytes, out.display()))
}
