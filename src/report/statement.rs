//! The report of one remittance statement (flows-security 5.5): every event with its finding, and what the totals are
//! made of.

use std::path::Path;

use super::comma::CommaTable;
use super::decimal::is_finer;
use super::moment::Zone;
use super::table::{Column, Fact, Holds, Value, zone_fact};
use super::target::Target;
use super::xlsx::StatementBook;
use super::{Format, ReportError, Written};
use crate::domain::{Currency, Piaid, Timestamp};

/// The finding of an event about which there is nothing to say.
pub const MATCHED: &str = "matched";

/// What is known of the statement before its first event.
#[derive(Debug, Clone)]
pub struct StatementHead {
    /// The account that the statement is for.
    pub account: Piaid,
    /// `statementId`: the request id of the notification.
    pub statement_id: String,
    /// The state of the statement when the report is made.
    pub state: String,
    /// When Google made the statement.
    pub statement_date: Option<Timestamp>,
    /// The first instant of the billing period.
    pub period_start: Option<Timestamp>,
    /// The end of the billing period.
    pub period_end: Option<Timestamp>,
    /// When the money is due.
    pub date_due: Option<Timestamp>,
    /// The currency of the statement; its digits are those of every amount in the report.
    pub currency: Currency,
    /// `memoLineId`: the text for the bank transfer.
    pub memo_line: Option<String>,
    /// What Google says is due, in micros; the column `due` adds up to it.
    pub stated_total_micros: i64,
    /// What Google says the fees come to, in micros.
    pub stated_fees_micros: Option<i64>,
    /// How fees are computed and which sign they have, as a sentence.
    pub fee_convention: String,
    /// Who accepted the statement, with the reasons.
    pub decisions: Vec<Decision>,
    /// The zone that times are shown in.
    pub zone: Zone,
}

/// One named user's word about the statement.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Who.
    pub user: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// One event of the statement, in the order in which Google lists them.
#[derive(Debug, Clone, Copy)]
pub struct StatementLine<'a> {
    /// Its number, from one.
    pub number: u64,
    /// The list it stands in: `capture` or `refund`.
    pub list: &'a str,
    /// Google's request id of the event.
    pub event_request_id: &'a str,
    /// Our id of the payment or refund, where we know it.
    pub our_id: Option<&'a str>,
    /// The issuer, where we know it.
    pub issuer: Option<&'a str>,
    /// The currency that the event states.
    pub currency: &'a str,
    /// What Google states, in micros; refunds are negative.
    pub amount_micros: Option<i64>,
    /// The fee that Google states, in micros.
    pub fee_micros: Option<i64>,
    /// What the event adds to the stated total, in micros: amount less fee.
    pub due_micros: Option<i64>,
    /// The amount that we hold, in micros; refunds are negative.
    pub ours_micros: Option<i64>,
    /// What Google states less what we hold, in micros.
    pub difference_micros: Option<i64>,
    /// The one finding; [`MATCHED`] when there is nothing to say.
    pub finding: &'a str,
    /// The reason that a person gave for the difference.
    pub reason: Option<&'a str>,
    /// Members that we do not know, kept as they came.
    pub note: Option<&'a str>,
}

/// What the reconciliation found over all events. The report adds its lines up by itself and says where the two differ.
#[derive(Debug, Clone, Default)]
pub struct StatementTotals {
    /// Events.
    pub lines: u64,
    /// The sum of the amounts, in micros.
    pub amount: i128,
    /// The sum of the fees, in micros.
    pub fee: i128,
    /// The sum of what is due, in micros.
    pub due: i128,
    /// One entry per kind of finding, in the order to show.
    pub findings: Vec<FindingTotal>,
    /// What we hold and the statement lacks.
    pub missing: Vec<MissingBucket>,
}

/// The events of one kind of finding. Sums in micros.
#[derive(Debug, Clone)]
pub struct FindingTotal {
    /// The kind, as the lines name it.
    pub finding: String,
    /// How many events.
    pub lines: u64,
    /// The sum that Google states.
    pub stated: i128,
    /// The sum that we hold.
    pub ours: i128,
    /// The first less the second.
    pub difference: i128,
    /// The reason given for the kind as a whole.
    pub reason: Option<String>,
}

/// Payments and refunds of ours that no statement has named yet.
#[derive(Debug, Clone)]
pub struct MissingBucket {
    /// The name of the bucket: not yet due, due, or how long overdue.
    pub bucket: String,
    /// How many.
    pub count: u64,
    /// Their sum in micros.
    pub sum: i128,
}

pub(super) const COLUMNS: &[Column] = &[
    Column { key: "line", title: "Line", width: 9, holds: Holds::Count },
    Column { key: "list", title: "List", width: 9, holds: Holds::Text },
    Column { key: "event_request_id", title: "Google's request id", width: 30, holds: Holds::Text },
    Column { key: "our_id", title: "Our id", width: 38, holds: Holds::Text },
    Column { key: "issuer", title: "Issuer", width: 18, holds: Holds::Text },
    Column { key: "currency", title: "Currency", width: 10, holds: Holds::Text },
    Column { key: "amount", title: "Amount", width: 16, holds: Holds::Amount },
    Column { key: "fee", title: "Fee", width: 14, holds: Holds::Amount },
    Column { key: "due", title: "Due", width: 16, holds: Holds::Amount },
    Column { key: "ours", title: "Ours", width: 16, holds: Holds::Amount },
    Column { key: "difference", title: "Difference", width: 14, holds: Holds::Amount },
    Column { key: "finding", title: "Finding", width: 24, holds: Holds::Text },
    Column { key: "reason", title: "Reason", width: 34, holds: Holds::Text },
    Column { key: "note", title: "Note", width: 34, holds: Holds::Text },
];
/// Where a formula finds its column.
pub(super) const AMOUNT: u16 = 6;
pub(super) const FEE: u16 = 7;
pub(super) const DUE: u16 = 8;
pub(super) const FINDING: u16 = 11;

/// What the lines came to.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) lines: u64,
    pub(super) amount: i128,
    pub(super) fee: i128,
    pub(super) due: i128,
    pub(super) findings: Vec<(String, u64)>,
    /// Some amount has more digits than the currency.
    pub(super) finer: bool,
}

impl Tally {
    fn add(&mut self, line: &StatementLine<'_>, exponent: u32) {
        self.lines += 1;
        for (sum, micros) in
            [(&mut self.amount, line.amount_micros), (&mut self.fee, line.fee_micros), (&mut self.due, line.due_micros)]
        {
            let micros = i128::from(micros.unwrap_or_default());
            *sum += micros;
            self.finer |= is_finer(micros, exponent);
        }
        match self.findings.iter_mut().find(|(finding, _)| finding == line.finding) {
            Some((_, count)) => *count += 1,
            None => self.findings.push((line.finding.to_owned(), 1)),
        }
    }

    pub(super) fn count(&self, finding: &str) -> u64 {
        self.findings.iter().find(|(name, _)| name == finding).map_or(0, |(_, count)| *count)
    }

    /// Whether the lines come to the given totals, and those to what Google states.
    fn agrees(&self, head: &StatementHead, totals: &StatementTotals) -> bool {
        (self.lines, self.amount, self.fee, self.due) == (totals.lines, totals.amount, totals.fee, totals.due)
            && totals.due == i128::from(head.stated_total_micros)
            && head.stated_fees_micros.is_none_or(|fees| totals.fee == i128::from(fees))
            && totals.findings.iter().all(|total| self.count(&total.finding) == total.lines)
    }
}

/// A report of a statement that is being written: [`begin`](Self::begin), each [`line`](Self::line), and
/// [`finish`](Self::finish). Dropped before that, it leaves no file.
pub struct StatementReport {
    head: StatementHead,
    exponent: u32,
    tally: Tally,
    sink: Sink,
}

enum Sink {
    Csv(Box<CommaTable>),
    Xlsx(Box<StatementBook>),
}

impl StatementReport {
    /// Opens the file that will be `path`.
    ///
    /// # Errors
    /// [`ReportError`] when nothing can be written there.
    pub fn begin(format: Format, head: &StatementHead, path: &Path) -> Result<Self, ReportError> {
        Self::begin_with(format, head, path, super::xlsx::SHEET_ROWS)
    }

    /// Like [`begin`](Self::begin), with at most `sheet_rows` lines on one sheet.
    pub(super) fn begin_with(
        format: Format,
        head: &StatementHead,
        path: &Path,
        sheet_rows: u32,
    ) -> Result<Self, ReportError> {
        let target = Target::create(path)?;
        let sink = match format {
            Format::Csv => Sink::Csv(Box::new(CommaTable::begin(target, COLUMNS, &head.zone)?)),
            Format::Xlsx => Sink::Xlsx(Box::new(StatementBook::begin(target, head, sheet_rows)?)),
        };
        Ok(Self { head: head.clone(), exponent: head.currency.exponent(), tally: Tally::default(), sink })
    }

    /// Writes one event.
    ///
    /// # Errors
    /// [`ReportError`] when the file cannot be written; the report is then of no use.
    pub fn line(&mut self, line: &StatementLine<'_>) -> Result<(), ReportError> {
        self.tally.add(line, self.exponent);
        match &mut self.sink {
            Sink::Csv(table) => write_line(table, line, self.exponent),
            Sink::Xlsx(book) => book.line(line),
        }
    }

    /// Writes what stands below the lines and gives the file its name.
    ///
    /// # Errors
    /// [`ReportError`] when the file cannot be written.
    pub fn finish(self, totals: &StatementTotals) -> Result<Written, ReportError> {
        let Self { head, exponent, tally, sink } = self;
        match sink {
            Sink::Csv(table) => {
                let mut facts = head_facts(&head);
                facts.extend(total_facts(&head, totals, exponent));
                let word = if tally.agrees(&head, totals) { super::xlsx::AGREES } else { super::xlsx::DIFFERS };
                facts.push(Fact::text("Lines, totals and stated total", word));
                facts.extend(conventions(&head));
                table.finish(&facts, tally.lines)
            }
            Sink::Xlsx(book) => book.finish(&head, totals, &tally),
        }
    }
}

fn write_line(table: &mut CommaTable, line: &StatementLine<'_>, exponent: u32) -> Result<(), ReportError> {
    table.count(line.number)?;
    table.text(line.list)?;
    table.text(line.event_request_id)?;
    table.optional(line.our_id)?;
    table.optional(line.issuer)?;
    table.text(line.currency)?;
    for micros in amounts(line) {
        table.amount(micros.map(i128::from), exponent)?;
    }
    table.text(line.finding)?;
    table.optional(line.reason)?;
    table.optional(line.note)?;
    table.end_row()
}

/// The amounts of a line in the order of the columns.
pub(super) const fn amounts(line: &StatementLine<'_>) -> [Option<i64>; 5] {
    [line.amount_micros, line.fee_micros, line.due_micros, line.ours_micros, line.difference_micros]
}

/// What the statement says of itself.
pub(super) fn head_facts(head: &StatementHead) -> Vec<Fact<'_>> {
    let mut facts = vec![
        Fact::text("Report", "Remittance statement"),
        Fact::text("Statement", head.statement_id.as_str()),
        Fact::text("Account", head.account.as_str()),
        Fact::text("State", head.state.as_str()),
    ];
    for (label, time) in [
        ("Statement date", head.statement_date),
        ("Billing period from", head.period_start),
        ("Billing period to", head.period_end),
        ("Date due", head.date_due),
    ] {
        facts.extend(time.map(|time| Fact::new(label, Value::Time(time))));
    }
    facts.push(Fact::text("Currency", head.currency.code()));
    facts.push(Fact::text("Memo line for the bank transfer", head.memo_line.as_deref().unwrap_or("not stated")));
    let exponent = head.currency.exponent();
    let amount = |micros| Value::Amount(i128::from(micros), exponent);
    facts.push(Fact::new("Stated total", amount(head.stated_total_micros)));
    facts.extend(head.stated_fees_micros.map(|fees| Fact::new("Stated fees", amount(fees))));
    facts
}

/// How the file is to be read.
pub(super) fn conventions(head: &StatementHead) -> Vec<Fact<'_>> {
    vec![
        zone_fact(&head.zone),
        Fact::text(
            "Signs",
            "captures are positive, refunds negative; due is amount less fee, and the column due adds up to the stated \
             total; difference is what Google states less what we hold",
        ),
        Fact::text("Fees", head.fee_convention.as_str()),
        Fact::text(
            "Amounts",
            format!(
                "{}, with {} digits after the point, or six where an amount is finer; an empty cell is an amount that is \
                 not known",
                head.currency,
                head.currency.exponent()
            ),
        ),
        Fact::text("Text", "an apostrophe in front of a text keeps a spreadsheet from reading a formula"),
    ]
}

fn total_facts<'a>(head: &'a StatementHead, totals: &'a StatementTotals, exponent: u32) -> Vec<Fact<'a>> {
    let mut facts = vec![
        Fact::new("Total: lines", Value::Count(totals.lines)),
        Fact::new("Total: amount", Value::Amount(totals.amount, exponent)),
        Fact::new("Total: fee", Value::Amount(totals.fee, exponent)),
        Fact::new("Total: due", Value::Amount(totals.due, exponent)),
    ];
    for total in &totals.findings {
        let label = |what: &str| format!("Finding {}: {what}", total.finding);
        facts.push(Fact::new(label("lines"), Value::Count(total.lines)));
        for (what, sum) in [("stated", total.stated), ("ours", total.ours), ("difference", total.difference)] {
            facts.push(Fact::new(label(what), Value::Amount(sum, exponent)));
        }
        facts.extend(total.reason.as_deref().map(|reason| Fact::text(label("reason"), reason)));
    }
    for bucket in &totals.missing {
        let label = |what: &str| format!("Ours, not on the statement, {}: {what}", bucket.bucket);
        facts.push(Fact::new(label("count"), Value::Count(bucket.count)));
        facts.push(Fact::new(label("sum"), Value::Amount(bucket.sum, exponent)));
    }
    for decision in &head.decisions {
        facts.push(Fact::text("Decided by", decision.user.as_str()));
        facts.push(Fact::new("Decided at", Value::Time(decision.at)));
        facts.push(Fact::text("Reason of the decision", decision.reason.as_str()));
    }
    facts
}
