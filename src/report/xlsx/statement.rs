//! The workbook of a remittance statement: Summary, Events, Differences.

use rust_xlsxwriter::XlsxError;

use super::formula::{count, count_if, exact_sum};
use super::pages::Pages;
use super::style::Style;
use super::summary::{Summary, compared};
use super::{Book, SHEET_ROWS};
use crate::domain::Timestamp;
use crate::report::decimal::fits_a_cell;
use crate::report::statement::{
    AMOUNT, COLUMNS, DUE, FEE, FINDING, MATCHED, StatementHead, StatementLine, StatementTotals, Tally, amounts,
    conventions, head_facts,
};
use crate::report::table::{Fact, Value};
use crate::report::target::Target;
use crate::report::{ReportError, Written};

/// Two decades before the first statement: for one that states no time at all.
const NO_TIME: Timestamp = Timestamp::from_secs(946_684_800);
const WIDTHS: &[u16] = &[36, 24, 20, 12, 20, 20, 20, 44];

/// The workbook that is being written.
pub(in crate::report) struct StatementBook {
    book: Book,
    events: Pages,
    differences: Pages,
}

impl StatementBook {
    pub(in crate::report) fn begin(target: Target, head: &StatementHead, sheet_rows: u32) -> Result<Self, ReportError> {
        let created = head.statement_date.or(head.period_end).or(head.period_start).unwrap_or(NO_TIME);
        let mut book = Book::begin(target, &format!("Remittance statement {}", head.statement_id), created)?;
        let exponent = head.currency.exponent();
        let sheet_rows = sheet_rows.min(SHEET_ROWS);
        let mut events = Pages::new("Events", COLUMNS, exponent, sheet_rows);
        let mut differences = Pages::new("Differences", COLUMNS, exponent, sheet_rows);
        book.build(|workbook, style| {
            events.open_sheet(workbook, style)?;
            differences.open_sheet(workbook, style)
        })?;
        Ok(Self { book, events, differences })
    }

    pub(in crate::report) fn line(&mut self, line: &StatementLine<'_>) -> Result<(), ReportError> {
        let Self { book, events, differences } = self;
        book.build(|workbook, style| {
            events.next_row(workbook, style)?;
            write_line(events, line, style)?;
            if line.finding == MATCHED {
                return Ok(());
            }
            differences.next_row(workbook, style)?;
            write_line(differences, line, style)
        })
    }

    pub(in crate::report) fn finish(
        self,
        head: &StatementHead,
        totals: &StatementTotals,
        tally: &Tally,
    ) -> Result<Written, ReportError> {
        let Self { mut book, mut events, mut differences } = self;
        book.build(|workbook, style| {
            let sheet = workbook.worksheet_from_index(0)?;
            let mut summary = Summary { sheet, style, zone: &head.zone, row: 0, last_column: 0, differs: false };
            let digits = if tally.finer { 6 } else { head.currency.exponent() };
            let filled = Filled { head, totals, tally, events: &events, differences: &differences, digits };
            filled.write(&mut summary)?;
            let not_matched = format!("=$L2<>\"{MATCHED}\"");
            events.close(style, Some(&not_matched))?;
            differences.close(style, None)?;
            events.into_book(workbook);
            differences.into_book(workbook);
            Ok(())
        })?;
        book.save(tally.lines)
    }
}

fn write_line(pages: &mut Pages, line: &StatementLine<'_>, style: &Style) -> Result<(), XlsxError> {
    pages.count(line.number)?;
    pages.text(Some(line.list))?;
    pages.text(Some(line.event_request_id))?;
    pages.text(line.our_id)?;
    pages.text(line.issuer)?;
    pages.text(Some(line.currency))?;
    for micros in amounts(line) {
        pages.amount(micros, None, style)?;
    }
    pages.text(Some(line.finding))?;
    pages.text(line.reason)?;
    pages.text(line.note)
}

fn count_row(
    summary: &mut Summary<'_>,
    label: &str,
    formula: &str,
    (found, checked): (u64, u64),
) -> Result<(), XlsxError> {
    summary.text(0, label)?;
    summary.count_formula(1, formula, found)?;
    summary.count(2, checked)?;
    summary.check(3, &compared(&summary.cell(1), &summary.cell(2)), found == checked)?;
    summary.row += 1;
    Ok(())
}

/// All that the summary is made of.
struct Filled<'a> {
    head: &'a StatementHead,
    totals: &'a StatementTotals,
    tally: &'a Tally,
    events: &'a Pages,
    differences: &'a Pages,
    /// The digits to which formulas add.
    digits: u32,
}

impl Filled<'_> {
    fn write(&self, summary: &mut Summary<'_>) -> Result<(), XlsxError> {
        let head = self.head;
        summary.lay_out(WIDTHS)?;
        let subtitle = format!("{}, statement {}, {}", head.account, head.statement_id, head.state);
        summary.title("Remittance statement", &subtitle)?;
        summary.section("Statement")?;
        for fact in &head_facts(head) {
            summary.fact(fact)?;
        }
        self.write_totals(summary)?;
        self.write_findings(summary)?;
        self.write_missing(summary)?;
        self.write_decisions(summary)?;
        summary.row += 1;
        summary.section("How to read this file")?;
        for fact in &conventions(head) {
            summary.fact(fact)?;
        }
        let as_text = self.events.all_written_as_text();
        if as_text > 0 {
            let note = "amounts of more than 15 digits are text, because a number of a spreadsheet cannot hold them; formulas \
                        pass over them, checks do not";
            summary.fact(&Fact::new("Amounts written as text", Value::Count(as_text)))?;
            summary.fact(&Fact::text("", note))?;
        }
        Ok(())
    }

    fn write_totals(&self, summary: &mut Summary<'_>) -> Result<(), XlsxError> {
        let (tally, totals, head) = (self.tally, self.totals, self.head);
        summary.row += 1;
        summary.section("Totals")?;
        summary.header(&["Total", ">Formula over the lines", ">Checked value", "Check"])?;
        let first = summary.row;
        count_row(summary, "Lines", &count(self.events, 0), (tally.lines, totals.lines))?;
        let not_matched = tally.lines - tally.count(MATCHED);
        let expected = totals.findings.iter().filter(|total| total.finding != MATCHED).map(|total| total.lines).sum();
        count_row(summary, "Lines that differ", &count(self.differences, 0), (not_matched, expected))?;
        self.sum_row(summary, "Amount", AMOUNT, (tally.amount, totals.amount))?;
        let fee = summary.cell(1);
        self.sum_row(summary, "Fee", FEE, (tally.fee, totals.fee))?;
        let due = summary.cell(1);
        self.sum_row(summary, "Due", DUE, (tally.due, totals.due))?;
        self.stated_row(summary, "Due, as Google states it", (&due, DUE), (tally.due, head.stated_total_micros))?;
        if let Some(fees) = head.stated_fees_micros {
            self.stated_row(summary, "Fees, as Google states them", (&fee, FEE), (tally.fee, fees))?;
        }
        let last = summary.row;
        summary.text(0, "All of these")?;
        let formula = format!("=IF(COUNTIF(D{}:D{last},\"DIFFERS\")=0,\"agrees\",\"DIFFERS\")", first + 1);
        summary.check(3, &formula, !summary.differs)?;
        summary.row += 1;
        Ok(())
    }

    fn sum_row(
        &self,
        summary: &mut Summary<'_>,
        label: &str,
        column: u16,
        sums: (i128, i128),
    ) -> Result<(), XlsxError> {
        let formula = exact_sum(self.events, column, self.digits);
        self.compared_row(summary, label, (&formula, column), sums)
    }

    fn stated_row(
        &self,
        summary: &mut Summary<'_>,
        label: &str,
        (cell, column): (&str, u16),
        (found, stated): (i128, i64),
    ) -> Result<(), XlsxError> {
        self.compared_row(summary, label, (&format!("={cell}"), column), (found, i128::from(stated)))
    }

    fn compared_row(
        &self,
        summary: &mut Summary<'_>,
        label: &str,
        (formula, column): (&str, u16),
        (found, checked): (i128, i128),
    ) -> Result<(), XlsxError> {
        let exponent = self.head.currency.exponent();
        let unseen = self.events.sum_written_as_text(column);
        summary.text(0, label)?;
        summary.amount_formula(1, formula, (found - unseen, exponent))?;
        summary.amount(2, checked, exponent)?;
        let comparable = unseen == 0 && self.events.written_as_text(column) == 0;
        let comparable = comparable && fits_a_cell(found) && fits_a_cell(checked);
        let check = if comparable { compared(&summary.cell(1), &summary.cell(2)) } else { String::new() };
        summary.check(3, &check, found == checked)?;
        summary.row += 1;
        Ok(())
    }

    fn write_findings(&self, summary: &mut Summary<'_>) -> Result<(), XlsxError> {
        let exponent = self.head.currency.exponent();
        summary.row += 1;
        summary.section("Findings")?;
        let titles =
            ["Finding", ">Lines, by formula", ">Checked value", "Check", ">Stated", ">Ours", ">Difference", "Reason"];
        summary.header(&titles)?;
        let first = summary.row + 1;
        for total in &self.totals.findings {
            let found = self.tally.count(&total.finding);
            summary.text(0, &total.finding)?;
            let formula = count_if(self.events, FINDING, &summary.cell(0));
            summary.count_formula(1, &formula, found)?;
            summary.count(2, total.lines)?;
            summary.check(3, &compared(&summary.cell(1), &summary.cell(2)), found == total.lines)?;
            for (column, sum) in (4..).zip([total.stated, total.ours, total.difference]) {
                summary.amount(column, sum, exponent)?;
            }
            if let Some(reason) = &total.reason {
                summary.text(7, reason)?;
            }
            summary.row += 1;
        }
        if self.totals.findings.is_empty() {
            return Ok(());
        }
        let last = summary.row;
        let findings = &self.totals.findings;
        summary.text(0, "All findings")?;
        let found = findings.iter().map(|total| self.tally.count(&total.finding)).sum();
        summary.count_formula(1, &format!("=SUM(B{first}:B{last})"), found)?;
        summary.count_formula(2, &format!("=SUM(C{first}:C{last})"), findings.iter().map(|total| total.lines).sum())?;
        let sums = [
            ('E', findings.iter().map(|total| total.stated).sum::<i128>()),
            ('F', findings.iter().map(|total| total.ours).sum()),
            ('G', findings.iter().map(|total| total.difference).sum()),
        ];
        for (column, (letter, sum)) in (4..).zip(sums) {
            let formula = format!("=ROUND(SUM({letter}{first}:{letter}{last}),{})", self.digits);
            summary.amount_formula(column, &formula, (sum, exponent))?;
        }
        summary.row += 1;
        Ok(())
    }

    fn write_missing(&self, summary: &mut Summary<'_>) -> Result<(), XlsxError> {
        if self.totals.missing.is_empty() {
            return Ok(());
        }
        summary.row += 1;
        summary.section("Ours that is missing from the statement")?;
        summary.header(&["Age", ">Payments and refunds", ">Sum"])?;
        for bucket in &self.totals.missing {
            summary.text(0, &bucket.bucket)?;
            summary.count(1, bucket.count)?;
            summary.amount(2, bucket.sum, self.head.currency.exponent())?;
            summary.row += 1;
        }
        Ok(())
    }

    fn write_decisions(&self, summary: &mut Summary<'_>) -> Result<(), XlsxError> {
        if self.head.decisions.is_empty() {
            return Ok(());
        }
        summary.row += 1;
        summary.section("Decisions")?;
        summary.header(&["Who", "When", "Why"])?;
        for decision in &self.head.decisions {
            summary.long_text(2, &decision.reason)?;
            summary.fact(&Fact::new(decision.user.as_str(), Value::Time(decision.at)))?;
        }
        Ok(())
    }
}
