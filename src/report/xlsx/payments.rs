//! The workbook of an export of payments: Summary, Payments.

use rust_xlsxwriter::{Workbook, XlsxError};

use super::Book;
use super::formula::{count, exact_sum_where};
use super::pages::Pages;
use super::style::Style;
use super::summary::{Summary, compared};
use crate::report::decimal::{fits_a_cell, is_finer};
use crate::report::moment::Zone;
use crate::report::payments::{
    AMOUNT, COLUMNS, CURRENCY, PaymentLine, PaymentSums, PaymentsHead, conventions, head_facts,
};
use crate::report::target::Target;
use crate::report::{ReportError, Written};

const WIDTHS: &[u16] = &[36, 24, 20, 12, 20];

/// The workbook that is being written.
pub(in crate::report) struct PaymentsBook {
    book: Book,
    pages: Pages,
    zone: Zone,
    /// Whether some amount is finer than its currency's minor unit.
    finer: bool,
}

impl PaymentsBook {
    pub(in crate::report) fn begin(target: Target, head: &PaymentsHead) -> Result<Self, ReportError> {
        let mut book = Book::begin(target, "Payments", head.as_of)?;
        let mut pages = Pages::new("Payments", COLUMNS, 2, super::SHEET_ROWS);
        book.build(|workbook, style| pages.open_sheet(workbook, style))?;
        Ok(Self { book, pages, zone: head.zone.clone(), finer: false })
    }

    pub(in crate::report) fn line(&mut self, line: &PaymentLine<'_>) -> Result<(), ReportError> {
        let exponent = line.currency.exponent();
        self.finer |= is_finer(i128::from(line.amount_micros), exponent);
        let Self { book, pages, zone, .. } = self;
        book.build(|workbook, style| {
            pages.next_row(workbook, style)?;
            pages.time(line.began, zone)?;
            pages.time(line.changed, zone)?;
            pages.text(Some(line.transaction_id))?;
            pages.text(Some(line.request_id))?;
            pages.text(Some(line.account))?;
            pages.text(line.issuer)?;
            pages.text(Some(line.state))?;
            pages.text(line.attention)?;
            pages.text(Some(line.currency.code()))?;
            pages.amount(Some(line.amount_micros), Some(exponent), style)
        })
    }

    pub(in crate::report) fn finish(
        self,
        head: &PaymentsHead,
        sums: &PaymentSums,
        lines: u64,
    ) -> Result<Written, ReportError> {
        let Self { mut book, mut pages, finer, .. } = self;
        book.build(|workbook, style| {
            write_summary(workbook, style, &Found { head, pages: &pages, sums, lines, finer })?;
            pages.close(style, None)?;
            pages.into_book(workbook);
            Ok(())
        })?;
        book.save(lines)
    }
}

/// All that the summary is made of.
struct Found<'a> {
    head: &'a PaymentsHead,
    pages: &'a Pages,
    sums: &'a PaymentSums,
    lines: u64,
    finer: bool,
}

fn write_summary(workbook: &mut Workbook, style: &Style, found: &Found<'_>) -> Result<(), XlsxError> {
    let Found { head, pages, sums, lines, finer } = *found;
    let sheet = workbook.worksheet_from_index(0)?;
    let mut summary = Summary { sheet, style, zone: &head.zone, row: 0, last_column: 0, differs: false };
    summary.lay_out(WIDTHS)?;
    summary.title("Payments", &format!("as of {}", head.as_of.to_utc()))?;
    summary.section("Search")?;
    for fact in &head_facts(head) {
        summary.fact(fact)?;
    }
    summary.row += 1;
    summary.section("Checks")?;
    summary.header(&["Total", ">Formula over the payments", ">Checked value", "Check"])?;
    let as_numbers = pages.written_as_text(AMOUNT) == 0;
    summary.text(0, "Payments")?;
    summary.count_formula(1, &count(pages, AMOUNT), lines - pages.written_as_text(AMOUNT))?;
    summary.count(2, lines)?;
    let check = if as_numbers { compared(&summary.cell(1), &summary.cell(2)) } else { String::new() };
    summary.check(3, &check, true)?;
    summary.row += 1;
    for (currency, sum) in sums {
        let digits = if finer { 6 } else { currency.exponent() };
        summary.text(0, currency.code())?;
        if as_numbers {
            let formula = exact_sum_where(pages, (CURRENCY, &summary.cell(0)), (AMOUNT, digits));
            summary.amount_formula(1, &formula, (*sum, currency.exponent()))?;
        }
        summary.amount(2, *sum, currency.exponent())?;
        let comparable = as_numbers && fits_a_cell(*sum);
        let check = if comparable { compared(&summary.cell(1), &summary.cell(2)) } else { String::new() };
        summary.check(3, &check, true)?;
        summary.row += 1;
    }
    summary.row += 1;
    summary.section("How to read this file")?;
    for fact in &conventions(head) {
        summary.fact(fact)?;
    }
    Ok(())
}
