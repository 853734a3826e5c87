//! The workbook of a period: Summary, Entries, Trial balance.

use std::collections::{BTreeMap, BTreeSet};

use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

use super::Book;
use super::formula::{Booked, count, exact_sum_booked};
use super::pages::Pages;
use super::style::Style;
use super::summary::{Summary, compared};
use crate::domain::Currency;
use crate::report::decimal::{fits_a_cell, is_finer};
use crate::report::moment::Zone;
use crate::report::period::{
    ACCOUNT, AMOUNT, AccountBalance, COLUMNS, CURRENCY, LedgerLine, PeriodHead, conventions, head_facts,
};
use crate::report::target::Target;
use crate::report::{ReportError, Written};

const WIDTHS: &[u16] = &[36, 24, 20, 12, 20, 20, 20];
const BALANCE_WIDTHS: &[u16] = &[36, 10, 18, 18, 18, 18, 18, 18, 18, 12];

/// What the entries of one account in one currency came to.
#[derive(Default, Clone, Copy)]
struct Booking {
    debits: i128,
    credits: i128,
}

/// The workbook that is being written.
pub(in crate::report) struct PeriodBook {
    book: Book,
    entries: Pages,
    zone: Zone,
    /// Bounded by the accounts of the ledger, not by its entries.
    booked: BTreeMap<String, Vec<(Currency, Booking)>>,
    /// Currencies with an amount that is finer than their minor unit.
    finer: BTreeSet<Currency>,
}

impl PeriodBook {
    pub(in crate::report) fn begin(target: Target, head: &PeriodHead, sheet_rows: u32) -> Result<Self, ReportError> {
        let title = format!("All money from {} to {}", head.from, head.to);
        let mut book = Book::begin(target, &title, head.to.next().start(&head.zone))?;
        let mut entries = Pages::new("Entries", COLUMNS, 2, sheet_rows);
        book.build(|workbook, style| entries.open_sheet(workbook, style))?;
        Ok(Self { book, entries, zone: head.zone.clone(), booked: BTreeMap::new(), finer: BTreeSet::new() })
    }

    pub(in crate::report) fn line(&mut self, line: &LedgerLine<'_>, exponent: u32) -> Result<(), ReportError> {
        self.add_up(line, exponent);
        let Self { book, entries, zone, .. } = self;
        book.build(|workbook, style| {
            entries.next_row(workbook, style)?;
            entries.time(line.time, zone)?;
            entries.text(Some(line.surface))?;
            entries.text(Some(line.what))?;
            entries.text(Some(line.author))?;
            entries.text(line.transaction_id)?;
            entries.text(line.request_id)?;
            entries.text(line.google_account)?;
            entries.text(Some(line.ledger_account))?;
            entries.text(Some(line.currency.code()))?;
            entries.amount(Some(line.amount_micros), Some(exponent), style)
        })
    }

    fn add_up(&mut self, line: &LedgerLine<'_>, exponent: u32) {
        let micros = i128::from(line.amount_micros);
        if is_finer(micros, exponent) {
            self.finer.insert(line.currency);
        }
        if !self.booked.contains_key(line.ledger_account) {
            self.booked.insert(line.ledger_account.to_owned(), Vec::new());
        }
        let Some(currencies) = self.booked.get_mut(line.ledger_account) else { return };
        if !currencies.iter().any(|(currency, _)| *currency == line.currency) {
            currencies.push((line.currency, Booking::default()));
        }
        if let Some((_, booking)) = currencies.iter_mut().find(|(currency, _)| *currency == line.currency) {
            booking.debits += micros.max(0);
            booking.credits -= micros.min(0);
        }
    }

    pub(in crate::report) fn finish(
        self,
        head: &PeriodHead,
        balances: &[AccountBalance],
        lines: u64,
    ) -> Result<Written, ReportError> {
        let Self { mut book, mut entries, booked, finer, .. } = self;
        book.build(|workbook, style| {
            let mut sheet = Worksheet::new();
            sheet.set_name("Trial balance")?.set_freeze_panes(1, 0)?;
            let mut trial =
                Summary { sheet: &mut sheet, style, zone: &head.zone, row: 0, last_column: 0, differs: false };
            let balanced = Trial { balances, entries: &entries, booked: &booked, finer: &finer };
            balanced.write(&mut trial)?;
            let (differs, last) = (trial.differs, trial.row.max(2));
            write_summary(workbook, style, &Period { head, entries: &entries, lines, differs, last })?;
            entries.close(style, None)?;
            entries.into_book(workbook);
            workbook.push_worksheet(sheet);
            Ok(())
        })?;
        book.save(lines)
    }
}

struct Period<'a> {
    head: &'a PeriodHead,
    entries: &'a Pages,
    lines: u64,
    /// Whether a check of the trial balance failed, and where its last row is.
    differs: bool,
    last: u32,
}

fn write_summary(workbook: &mut Workbook, style: &Style, period: &Period<'_>) -> Result<(), XlsxError> {
    let head = period.head;
    let sheet = workbook.worksheet_from_index(0)?;
    let mut summary = Summary { sheet, style, zone: &head.zone, row: 0, last_column: 0, differs: false };
    summary.lay_out(WIDTHS)?;
    summary.title("All money of a period", &format!("{} to {}, {}", head.from, head.to, head.zone.name))?;
    summary.section("Period")?;
    for fact in &head_facts(head) {
        summary.fact(fact)?;
    }
    summary.row += 1;
    summary.section("Checks")?;
    summary.header(&["Total", ">Formula over the entries", ">Checked value", "Check"])?;
    summary.text(0, "Entries")?;
    summary.count_formula(1, &count(period.entries, AMOUNT), period.lines - period.entries.written_as_text(AMOUNT))?;
    summary.count(2, period.lines)?;
    let comparable = period.entries.written_as_text(AMOUNT) == 0;
    let check = if comparable { compared(&summary.cell(1), &summary.cell(2)) } else { String::new() };
    summary.check(3, &check, true)?;
    summary.row += 1;
    summary.text(0, "Trial balance")?;
    let formula = format!("=IF(COUNTIF('Trial balance'!$J$2:$J${},\"DIFFERS\")=0,\"agrees\",\"DIFFERS\")", period.last);
    summary.check(3, &formula, !period.differs)?;
    summary.row += 2;
    summary.section("How to read this file")?;
    for fact in &conventions(head) {
        summary.fact(fact)?;
    }
    Ok(())
}

/// All that the trial balance is made of.
struct Trial<'a> {
    balances: &'a [AccountBalance],
    entries: &'a Pages,
    booked: &'a BTreeMap<String, Vec<(Currency, Booking)>>,
    finer: &'a BTreeSet<Currency>,
}

impl Trial<'_> {
    fn write(&self, sheet: &mut Summary<'_>) -> Result<(), XlsxError> {
        sheet.lay_out(BALANCE_WIDTHS)?;
        sheet.sheet.set_repeat_rows(0, 0)?;
        sheet.header(&[
            "Account",
            "Currency",
            ">Opening",
            ">Debits, by formula",
            ">Debits, checked",
            ">Credits, by formula",
            ">Credits, checked",
            ">Closing, by formula",
            ">Closing, checked",
            "Check",
        ])?;
        for balance in self.balances {
            self.write_balance(sheet, balance)?;
        }
        let last = sheet.row;
        sheet.row += 1;
        let currencies: BTreeSet<Currency> = self.balances.iter().map(|balance| balance.currency).collect();
        for currency in currencies {
            self.write_currency(sheet, currency, last)?;
        }
        Ok(())
    }

    fn booking(&self, account: &str, currency: Currency) -> Booking {
        let currencies = self.booked.get(account).map(Vec::as_slice).unwrap_or_default();
        currencies.iter().find(|(found, _)| *found == currency).map(|(_, booking)| *booking).unwrap_or_default()
    }

    fn digits(&self, currency: Currency) -> u32 {
        if self.finer.contains(&currency) { 6 } else { currency.exponent() }
    }

    fn write_balance(&self, sheet: &mut Summary<'_>, balance: &AccountBalance) -> Result<(), XlsxError> {
        let (exponent, digits) = (balance.currency.exponent(), self.digits(balance.currency));
        let found = self.booking(&balance.account, balance.currency);
        let row = sheet.row + 1;
        sheet.text(0, &balance.account)?;
        sheet.text(1, balance.currency.code())?;
        sheet.amount(2, balance.opening, exponent)?;
        let (account, currency) = (format!("$A{row}"), format!("$B{row}"));
        for (column, side, sum) in [(3, ">0", found.debits), (5, "<0", found.credits)] {
            let columns = [ACCOUNT, CURRENCY, AMOUNT];
            let booked = Booked { columns, account: &account, currency: &currency, side, digits };
            sheet.amount_formula(column, &exact_sum_booked(self.entries, &booked), (sum, exponent))?;
        }
        sheet.amount(4, balance.debits, exponent)?;
        sheet.amount(6, balance.credits, exponent)?;
        let closing = balance.opening + found.debits - found.credits;
        sheet.amount_formula(7, &format!("=ROUND(C{row}+D{row}-F{row},{digits})"), (closing, exponent))?;
        sheet.amount(8, balance.closing, exponent)?;
        let equal = (found.debits, found.credits, closing) == (balance.debits, balance.credits, balance.closing);
        let amounts = [balance.opening, balance.debits, balance.credits, balance.closing, closing];
        let comparable = self.entries.written_as_text(AMOUNT) == 0 && amounts.into_iter().all(fits_a_cell);
        let formula = format!(
            "=IF(AND(ROUND(D{row}-E{row},6)=0,ROUND(F{row}-G{row},6)=0,ROUND(H{row}-I{row},6)=0),\"agrees\",\"DIFFERS\")"
        );
        sheet.check(9, if comparable { &formula } else { "" }, equal)?;
        sheet.row += 1;
        Ok(())
    }

    /// All accounts of one currency: debits and credits are equal.
    fn write_currency(&self, sheet: &mut Summary<'_>, currency: Currency, last: u32) -> Result<(), XlsxError> {
        let (exponent, digits) = (currency.exponent(), self.digits(currency));
        let of_currency = || self.balances.iter().filter(|balance| balance.currency == currency);
        let found = of_currency().map(|balance| self.booking(&balance.account, currency));
        let (debits, credits) = found.fold((0, 0), |sums, booking| (sums.0 + booking.debits, sums.1 + booking.credits));
        let opening: i128 = of_currency().map(|balance| balance.opening).sum();
        let row = sheet.row + 1;
        sheet.text(0, "All accounts")?;
        sheet.text(1, currency.code())?;
        let sums = [
            (2, 'C', opening),
            (3, 'D', debits),
            (4, 'E', of_currency().map(|balance| balance.debits).sum()),
            (5, 'F', credits),
            (6, 'G', of_currency().map(|balance| balance.credits).sum()),
            (7, 'H', opening + debits - credits),
            (8, 'I', of_currency().map(|balance| balance.closing).sum()),
        ];
        for (column, letter, sum) in sums {
            let formula = format!("=ROUND(SUMIF($B$2:$B${last},$B{row},{letter}$2:{letter}${last}),{digits})");
            sheet.amount_formula(column, &formula, (sum, exponent))?;
        }
        let comparable = fits_a_cell(debits) && fits_a_cell(credits);
        let check = compared(&sheet.cell(3), &sheet.cell(5));
        sheet.check(9, if comparable { &check } else { "" }, debits == credits)?;
        sheet.row += 1;
        Ok(())
    }
}
