//! The report of a period: every line of the ledger in it, and the trial balance before and after (contract section 1).

use std::path::Path;

use super::FinanceError;
use crate::domain::catalog::MerchantId;
use crate::domain::{Piaid, Timestamp};
use crate::report::{AccountBalance, Day, Format, LedgerLine, PeriodHead, PeriodReport, Progress, Written, Zone};
use crate::storage::{INVOICES, LedgerFilter, LedgerRow, ReportMade, Store, merchant_account};

/// Lines that are read at once.
const LINES_AT_ONCE: u64 = 5_000;

/// Which transactions a period report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Surfaces {
    /// All of them.
    #[default]
    All,
    /// Google's redirect form of payment: payments, refunds, statements, and the transfers that pay them.
    Redirect,
    /// Bookings, and the payouts of their money.
    Booking,
    /// Invoices.
    Outlook,
}

impl Surfaces {
    /// `redirect`, `booking`, `outlook` or `all`.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::All, Self::Redirect, Self::Booking, Self::Outlook].into_iter().find(|known| known.as_str() == text)
    }

    /// What [`Surfaces::parse`] reads.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Redirect => "redirect",
            Self::Booking => "booking",
            Self::Outlook => "outlook",
        }
    }

    /// An invoice that is paid at a bank or wallet is paid by a redirect payment, which is the invoice's surface's.
    const fn payments_of_invoices(self) -> Option<bool> {
        match self {
            Self::All | Self::Booking => None,
            Self::Redirect => Some(false),
            Self::Outlook => Some(true),
        }
    }

    /// The kinds of transaction; `None`: all.
    const fn kinds(self) -> Option<&'static [&'static str]> {
        match self {
            Self::All => None,
            Self::Redirect => Some(&["redirect_payment", "remittance_statement", "bank_transfer"]),
            Self::Booking => Some(&["booking", "payout"]),
            Self::Outlook => Some(&["invoice"]),
        }
    }
}

/// Whose transactions a period report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeriodAccount {
    /// One account of Google's.
    Google(Piaid),
    /// One merchant of the booking surface: its bookings, and the payouts to it.
    Merchant(MerchantId),
}

impl PeriodAccount {
    fn name(&self) -> String {
        match self {
            Self::Google(piaid) => piaid.as_str().to_owned(),
            Self::Merchant(merchant) => merchant_account(merchant),
        }
    }
}

/// What a period report is asked about.
#[derive(Debug, Clone)]
pub struct PeriodAsked {
    /// First day.
    pub from: Day,
    /// Last day, included.
    pub to: Day,
    /// One account, or all.
    pub account: Option<PeriodAccount>,
    /// Which transactions.
    pub surfaces: Surfaces,
}

/// Writes the report of a period to `path` and records its digest. Lines of the ledger never change: a period that is over
/// gives the same bytes whenever it is made.
pub async fn write_period(
    store: &Store,
    asked: &PeriodAsked,
    (format, path, progress): (Format, &Path, &Progress),
    now: Timestamp,
) -> Result<Written, FinanceError> {
    if asked.from > asked.to {
        return Err(FinanceError::Backwards);
    }
    let zone = Zone::utc();
    let filter = LedgerFilter {
        from: asked.from.start(&zone),
        until: asked.to.next().start(&zone),
        account: asked.account.as_ref().map(PeriodAccount::name),
        kinds: asked.surfaces.kinds(),
        payments_of_invoices: asked.surfaces.payments_of_invoices(),
    };
    let head = PeriodHead {
        from: asked.from,
        to: asked.to,
        account: filter.account.clone(),
        surface: asked.surfaces.as_str().to_owned(),
        zone,
    };
    let mut report = PeriodReport::begin(format, &head, path)?;
    let mut after = None;
    loop {
        let rows = store.ledger_rows(&filter, after, LINES_AT_ONCE).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.place);
        for row in &rows {
            report.line(&line(row, &row.transaction.to_string()))?;
        }
        // How many there are nobody has counted.
        progress.add(rows.len() as u64);
    }
    let balances = store.ledger_period(&filter).await?;
    let balance = |sum: crate::storage::PeriodSum| AccountBalance {
        account: sum.account,
        currency: sum.currency,
        opening: sum.opening,
        debits: sum.debits,
        credits: sum.credits,
        closing: sum.opening + sum.debits - sum.credits,
    };
    let balances: Vec<AccountBalance> = balances.into_iter().map(balance).collect();
    let written = report.finish(&balances)?;
    let account = filter.account.as_deref().unwrap_or("all accounts");
    store
        .record_report(ReportMade {
            subject: format!("period {} to {} {account} {}", asked.from, asked.to, asked.surfaces.as_str()),
            format: format.extension(),
            sha256: written.sha256,
            bytes: written.bytes,
            lines: written.lines,
            made_at: now,
        })
        .await?;
    Ok(written)
}

fn line<'a>(row: &'a LedgerRow, transaction: &'a str) -> LedgerLine<'a> {
    LedgerLine {
        time: row.at,
        surface: match row.kind.as_str() {
            // The redirect payment of an invoice.
            "redirect_payment" if row.account == INVOICES => "outlook",
            "redirect_payment" | "remittance_statement" => "redirect",
            "bank_transfer" => "bank",
            "payout" => "booking",
            "invoice" => "outlook",
            other => other,
        },
        what: &row.reason,
        author: row.author.as_deref().unwrap_or(""),
        transaction_id: Some(transaction),
        request_id: Some(&row.request_id),
        google_account: Some(&row.account),
        ledger_account: &row.ledger_account,
        currency: row.amount.currency(),
        amount_micros: row.amount.micros(),
    }
}
