//! Lines on as many sheets as they need. A sheet keeps only its current row: the rows before it lie in a temporary file
//! beside the report.

use rust_xlsxwriter::{ConditionalFormatFormula, Formula, IgnoreError, Workbook, Worksheet, XlsxError};

use super::number::write_decimal;
use super::style::{Style, date_time};
use super::summary::HEADER_POINTS;
use crate::domain::Timestamp;
use crate::report::decimal::{fits_a_cell, is_finer, push_decimal};
use crate::report::moment::{Zone, push_iso};
use crate::report::table::{Column, Holds};
use crate::report::text::for_cell;

/// The sheets of one kind of line, each with a header.
pub(super) struct Pages {
    name: &'static str,
    columns: &'static [Column],
    exponent: u32,
    most_rows: u32,
    sheets: Vec<Worksheet>,
    /// The last row written on the last sheet; the header is row 0.
    row: u32,
    column: u16,
    scratch: String,
    /// How many amounts of each column are text, because a number cannot hold them, and their sum.
    as_text: Vec<(u64, i128)>,
}

impl Pages {
    /// `exponent`: the digits of amounts where nothing else is said. `most_rows`: lines on one sheet.
    pub(super) fn new(name: &'static str, columns: &'static [Column], exponent: u32, most_rows: u32) -> Self {
        let as_text = vec![(0, 0); columns.len()];
        let most_rows = most_rows.clamp(1, super::SHEET_ROWS);
        let scratch = String::with_capacity(40);
        Self { name, columns, exponent, most_rows, sheets: Vec::new(), row: 0, column: 0, scratch, as_text }
    }

    /// Adds a sheet. The first is wanted even when there are no lines.
    pub(super) fn open_sheet(&mut self, book: &mut Workbook, style: &Style) -> Result<(), XlsxError> {
        let mut sheet = book.new_worksheet_with_constant_memory()?;
        sheet.set_name(self.sheet_name(self.sheets.len()))?;
        sheet.set_freeze_panes(1, 0)?.set_row_height(0, HEADER_POINTS)?;
        sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
        sheet.set_footer("&L&A&RPage &P of &N");
        for (at, column) in (0_u16..).zip(self.columns) {
            sheet.set_column_width(at, column.width)?;
            let (format, header) = match column.holds {
                Holds::Text => (&style.text, &style.header),
                Holds::Time => (&style.time, &style.header),
                Holds::Count => (&style.count, &style.header_right),
                Holds::Amount => (style.amount(self.exponent), &style.header_right),
            };
            // A column's format is looked up once; one given with each cell would be looked up with each cell.
            sheet.set_column_format(at, format)?;
            sheet.write_string_with_format(0, at, column.title, header)?;
        }
        self.sheets.push(sheet);
        self.row = 0;
        Ok(())
    }

    /// Begins the next line, on a further sheet where the last is full.
    pub(super) fn next_row(&mut self, book: &mut Workbook, style: &Style) -> Result<(), XlsxError> {
        if self.row >= self.most_rows || self.sheets.is_empty() {
            self.open_sheet(book, style)?;
        }
        self.row += 1;
        self.column = 0;
        Ok(())
    }

    /// The next cell: text, or nothing.
    pub(super) fn text(&mut self, text: Option<&str>) -> Result<(), XlsxError> {
        let (row, column) = self.next_cell();
        if let (Some(text), Some(sheet)) = (text, self.sheets.last_mut()) {
            sheet.write_string(row, column, for_cell(text))?;
        }
        Ok(())
    }

    /// The next cell: a whole number.
    pub(super) fn count(&mut self, count: u64) -> Result<(), XlsxError> {
        let place = self.next_cell();
        self.scratch.clear();
        crate::report::decimal::push_whole(&mut self.scratch, u128::from(count));
        match self.sheets.last_mut() {
            Some(sheet) => write_decimal(sheet, place, &self.scratch, None),
            None => Ok(()),
        }
    }

    /// The next cell: an amount, or nothing. `digits` where its currency is not the sheet's.
    pub(super) fn amount(&mut self, micros: Option<i64>, digits: Option<u32>, style: &Style) -> Result<(), XlsxError> {
        let (row, column) = self.next_cell();
        let (Some(micros), Some(sheet)) = (micros.map(i128::from), self.sheets.last_mut()) else { return Ok(()) };
        let exponent = digits.unwrap_or(self.exponent);
        self.scratch.clear();
        push_decimal(&mut self.scratch, micros, exponent);
        if !fits_a_cell(micros) {
            sheet.write_string_with_format(row, column, self.scratch.as_str(), &style.as_text)?;
            if let Some((count, sum)) = self.as_text.get_mut(usize::from(column)) {
                *count += 1;
                *sum += micros;
            }
            return Ok(());
        }
        let shown = if is_finer(micros, exponent) { 6 } else { exponent };
        let format = (shown != self.exponent).then(|| style.amount(shown));
        write_decimal(sheet, (row, column), &self.scratch, format)
    }

    /// The next cell: a time as a date of the zone, or as text where the format has no such date.
    pub(super) fn time(&mut self, time: Timestamp, zone: &Zone) -> Result<(), XlsxError> {
        let (row, column) = self.next_cell();
        let Some(sheet) = self.sheets.last_mut() else { return Ok(()) };
        if let Some(date) = date_time(time, zone) {
            sheet.write_datetime(row, column, &date)?;
            return Ok(());
        }
        self.scratch.clear();
        push_iso(&mut self.scratch, time, zone);
        sheet.write_string(row, column, self.scratch.as_str())?;
        Ok(())
    }

    fn next_cell(&mut self) -> (u32, u16) {
        let column = self.column;
        self.column += 1;
        (self.row, column)
    }

    /// Sets filters, and marks lines for which `notice` (a formula about row 2) is true.
    pub(super) fn close(&mut self, style: &Style, notice: Option<&str>) -> Result<(), XlsxError> {
        let last_column = (self.columns.len() as u16).saturating_sub(1);
        let amounts = || (0_u16..).zip(self.columns).filter(|(_, column)| column.holds == Holds::Amount);
        let (first_amount, last_amount) = (amounts().next(), amounts().last());
        let count = self.sheets.len();
        for (at, sheet) in self.sheets.iter_mut().enumerate() {
            let last_row = if at + 1 == count { self.row } else { self.most_rows };
            sheet.autofilter(0, 0, last_row, last_column)?;
            let last_row = last_row.max(1);
            if let (Some((first, _)), Some((last, _))) = (first_amount, last_amount) {
                sheet.ignore_error_range(1, first, last_row, last, IgnoreError::NumberStoredAsText)?;
            }
            if let Some(rule) = notice {
                let rule = ConditionalFormatFormula::new().set_rule(Formula::new(rule)).set_format(&style.notice);
                sheet.add_conditional_format(1, 0, last_row, last_column, &rule)?;
            }
        }
        Ok(())
    }

    /// The cells of `column` below the headers, one range per sheet.
    pub(super) fn ranges(&self, column: u16) -> Vec<String> {
        let letter = rust_xlsxwriter::utility::column_number_to_name(column);
        let count = self.sheets.len();
        (0..count)
            .map(|at| {
                let last = if at + 1 == count { self.row } else { self.most_rows };
                // A formula over no lines still needs a cell to look at.
                let last = last.max(1) + 1;
                format!("'{}'!${letter}$2:${letter}${last}", self.sheet_name(at))
            })
            .collect()
    }

    /// How many amounts of `column` a formula does not see as numbers.
    pub(super) fn written_as_text(&self, column: u16) -> u64 {
        self.as_text.get(usize::from(column)).map_or(0, |(count, _)| *count)
    }

    /// What those amounts come to, in micros.
    pub(super) fn sum_written_as_text(&self, column: u16) -> i128 {
        self.as_text.get(usize::from(column)).map_or(0, |(_, sum)| *sum)
    }

    /// All amounts that are text.
    pub(super) fn all_written_as_text(&self) -> u64 {
        self.as_text.iter().map(|(count, _)| count).sum()
    }

    /// Hands the sheets over, in their order.
    pub(super) fn into_book(self, book: &mut Workbook) {
        for sheet in self.sheets {
            book.push_worksheet(sheet);
        }
    }

    fn sheet_name(&self, at: usize) -> String {
        if at == 0 { self.name.to_owned() } else { format!("{} {}", self.name, at + 1) }
    }
}
