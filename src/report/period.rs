//! The report of all money of a period: every ledger entry, and the trial balance.

use std::path::Path;

use super::comma::CommaTable;
use super::moment::{Day, Zone};
use super::table::{Column, Fact, Holds, Value, zone_fact};
use super::target::Target;
use super::xlsx::PeriodBook;
use super::{Format, ReportError, Written};
use crate::domain::{Currency, Timestamp};

/// What the report covers.
#[derive(Debug, Clone)]
pub struct PeriodHead {
    /// The first day, in `zone`.
    pub from: Day,
    /// The last day, in `zone`.
    pub to: Day,
    /// The one account or merchant it was limited to.
    pub account: Option<String>,
    /// The surface it was limited to, or `all`.
    pub surface: String,
    /// The zone that days begin and times are shown in.
    pub zone: Zone,
}

/// One ledger entry.
#[derive(Debug, Clone, Copy)]
pub struct LedgerLine<'a> {
    /// When it was booked.
    pub time: Timestamp,
    /// The surface of its transaction.
    pub surface: &'a str,
    /// What it is for: payment, refund, fee, …
    pub what: &'a str,
    /// Who caused it: a user, or a part of the program.
    pub author: &'a str,
    /// Our id of its transaction.
    pub transaction_id: Option<&'a str>,
    /// The partner's request id.
    pub request_id: Option<&'a str>,
    /// The account with Google.
    pub google_account: Option<&'a str>,
    /// The ledger account.
    pub ledger_account: &'a str,
    /// The currency.
    pub currency: Currency,
    /// Micros; a debit is positive, a credit negative.
    pub amount_micros: i64,
}

/// One ledger account in one currency over the period. Micros; debits and credits are both positive numbers, and closing
/// is opening and debits less credits.
#[derive(Debug, Clone)]
pub struct AccountBalance {
    /// The ledger account, as the lines name it.
    pub account: String,
    /// The currency.
    pub currency: Currency,
    /// Before the first entry.
    pub opening: i128,
    /// What was debited.
    pub debits: i128,
    /// What was credited.
    pub credits: i128,
    /// After the last entry.
    pub closing: i128,
}

pub(super) const COLUMNS: &[Column] = &[
    Column { key: "time", title: "Time", width: 24, holds: Holds::Time },
    Column { key: "surface", title: "Surface", width: 11, holds: Holds::Text },
    Column { key: "what", title: "What", width: 20, holds: Holds::Text },
    Column { key: "author", title: "Author", width: 18, holds: Holds::Text },
    Column { key: "transaction_id", title: "Transaction", width: 38, holds: Holds::Text },
    Column { key: "request_id", title: "Request id", width: 30, holds: Holds::Text },
    Column { key: "google_account", title: "Google account", width: 22, holds: Holds::Text },
    Column { key: "ledger_account", title: "Ledger account", width: 30, holds: Holds::Text },
    Column { key: "currency", title: "Currency", width: 10, holds: Holds::Text },
    Column { key: "amount", title: "Amount", width: 16, holds: Holds::Amount },
];
/// Where a formula finds its column.
pub(super) const ACCOUNT: u16 = 7;
pub(super) const CURRENCY: u16 = 8;
pub(super) const AMOUNT: u16 = 9;

/// A report of a period that is being written: [`begin`](Self::begin), each [`line`](Self::line), and
/// [`finish`](Self::finish). Dropped before that, it leaves no file.
pub struct PeriodReport {
    head: PeriodHead,
    /// The digits of the last line's currency, which is mostly that of the next.
    exponent: Option<(Currency, u32)>,
    lines: u64,
    sink: Sink,
}

enum Sink {
    Csv(Box<CommaTable>),
    Xlsx(Box<PeriodBook>),
}

impl PeriodReport {
    /// Opens the file that will be `path`.
    ///
    /// # Errors
    /// [`ReportError`] when nothing can be written there.
    pub fn begin(format: Format, head: &PeriodHead, path: &Path) -> Result<Self, ReportError> {
        Self::begin_with(format, head, path, super::xlsx::SHEET_ROWS)
    }

    /// Like [`begin`](Self::begin), with at most `sheet_rows` lines on one sheet.
    pub(super) fn begin_with(
        format: Format,
        head: &PeriodHead,
        path: &Path,
        sheet_rows: u32,
    ) -> Result<Self, ReportError> {
        let target = Target::create(path)?;
        let sink = match format {
            Format::Csv => Sink::Csv(Box::new(CommaTable::begin(target, COLUMNS, &head.zone)?)),
            Format::Xlsx => Sink::Xlsx(Box::new(PeriodBook::begin(target, head, sheet_rows)?)),
        };
        Ok(Self { head: head.clone(), exponent: None, lines: 0, sink })
    }

    /// Writes one entry.
    ///
    /// # Errors
    /// [`ReportError`] when the file cannot be written; the report is then of no use.
    pub fn line(&mut self, line: &LedgerLine<'_>) -> Result<(), ReportError> {
        self.lines += 1;
        let exponent = match self.exponent {
            Some((currency, exponent)) if currency == line.currency => exponent,
            Some(_) | None => line.currency.exponent(),
        };
        self.exponent = Some((line.currency, exponent));
        match &mut self.sink {
            Sink::Csv(table) => write_line(table, line, exponent),
            Sink::Xlsx(book) => book.line(line, exponent),
        }
    }

    /// Writes the balances and gives the file its name.
    ///
    /// # Errors
    /// [`ReportError`] when the file cannot be written.
    pub fn finish(self, balances: &[AccountBalance]) -> Result<Written, ReportError> {
        let Self { head, lines, sink, .. } = self;
        match sink {
            Sink::Csv(table) => {
                let mut facts = head_facts(&head);
                facts.push(Fact::new("Entries", Value::Count(lines)));
                for balance in balances {
                    facts.extend(balance_facts(balance));
                }
                facts.extend(conventions(&head));
                table.finish(&facts, lines)
            }
            Sink::Xlsx(book) => book.finish(&head, balances, lines),
        }
    }
}

fn write_line(table: &mut CommaTable, line: &LedgerLine<'_>, exponent: u32) -> Result<(), ReportError> {
    table.time(line.time)?;
    table.text(line.surface)?;
    table.text(line.what)?;
    table.text(line.author)?;
    table.optional(line.transaction_id)?;
    table.optional(line.request_id)?;
    table.optional(line.google_account)?;
    table.text(line.ledger_account)?;
    table.text(line.currency.code())?;
    table.amount(Some(i128::from(line.amount_micros)), exponent)?;
    table.end_row()
}

/// What the report covers.
pub(super) fn head_facts(head: &PeriodHead) -> Vec<Fact<'_>> {
    vec![
        Fact::text("Report", "All money of a period"),
        Fact::new("First day", Value::Day(head.from)),
        Fact::new("Last day", Value::Day(head.to)),
        Fact::text("Account", head.account.as_deref().unwrap_or("all")),
        Fact::text("Surface", head.surface.as_str()),
    ]
}

/// How the file is to be read.
pub(super) fn conventions(head: &PeriodHead) -> Vec<Fact<'_>> {
    vec![
        zone_fact(&head.zone),
        Fact::text("Days", "both days are part of the period; a day begins at midnight of this time zone"),
        Fact::text("Signs", "a debit is positive, a credit negative; closing is opening plus debits less credits"),
        Fact::text(
            "Amounts",
            "each with the digits of its currency, or six where it is finer; amounts of different currencies are never added",
        ),
        Fact::text("Text", "an apostrophe in front of a text keeps a spreadsheet from reading a formula"),
    ]
}

fn balance_facts(balance: &AccountBalance) -> [Fact<'_>; 4] {
    let exponent = balance.currency.exponent();
    [
        ("opening", balance.opening),
        ("debits", balance.debits),
        ("credits", balance.credits),
        ("closing", balance.closing),
    ]
    .map(|(what, sum)| {
        let label = format!("{} {}: {what}", balance.account, balance.currency);
        Fact::new(label, Value::Amount(sum, exponent))
    })
}
