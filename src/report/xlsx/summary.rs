//! A sheet that is read by people: facts, tables of totals, checks. It is small and kept in memory.

use rust_xlsxwriter::{
    ConditionalFormatCell, ConditionalFormatCellRule, Format, FormatAlign, Formula, Worksheet, XlsxError,
};

use super::formula::{AGREES, DIFFERS, word};
use super::number::write_decimal;
use super::style::{Style, date, date_time};
use crate::report::decimal::{decimal, fits_a_cell, is_finer};
use crate::report::moment::Zone;
use crate::report::table::{Fact, Value};
use crate::report::text::for_cell;

/// Characters that fit beside a label, over the columns that a long text is merged across.
const WIDE_CHARACTERS: usize = 150;
const LINE_POINTS: u16 = 15;
pub(super) const HEADER_POINTS: u16 = 20;

/// Writes a sheet from top to bottom.
pub(super) struct Summary<'a> {
    pub(super) sheet: &'a mut Worksheet,
    pub(super) style: &'a Style,
    pub(super) zone: &'a Zone,
    /// The next row.
    pub(super) row: u32,
    /// The last column of the sheet.
    pub(super) last_column: u16,
    /// Whether any check failed.
    pub(super) differs: bool,
}

impl Summary<'_> {
    pub(super) fn lay_out(&mut self, widths: &[u16]) -> Result<(), XlsxError> {
        for (column, width) in (0_u16..).zip(widths) {
            self.sheet.set_column_width(column, *width)?;
        }
        self.last_column = (widths.len() as u16).saturating_sub(1);
        self.sheet.set_screen_gridlines(false).set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
        self.sheet.set_footer("&L&A&RPage &P of &N");
        Ok(())
    }

    pub(super) fn title(&mut self, title: &str, subtitle: &str) -> Result<(), XlsxError> {
        self.sheet.write_string_with_format(0, 0, title, &self.style.title)?;
        self.sheet.set_row_height(0, 24)?;
        self.sheet.write_string_with_format(1, 0, for_cell(subtitle), &self.style.subtitle)?;
        self.row = 3;
        Ok(())
    }

    /// A heading over what follows.
    pub(super) fn section(&mut self, title: &str) -> Result<(), XlsxError> {
        for column in 0..=self.last_column {
            self.sheet.write_blank(self.row, column, &self.style.section)?;
        }
        self.sheet.write_string_with_format(self.row, 0, title, &self.style.section)?;
        self.sheet.set_row_height(self.row, 20)?;
        self.row += 1;
        Ok(())
    }

    /// The headings of a table: with a leading `>` for a column of numbers.
    pub(super) fn header(&mut self, titles: &[&str]) -> Result<(), XlsxError> {
        for (column, title) in (0_u16..).zip(titles) {
            match title.strip_prefix('>') {
                Some(title) => {
                    self.sheet.write_string_with_format(self.row, column, title, &self.style.header_right)?
                }
                None => self.sheet.write_string_with_format(self.row, column, *title, &self.style.header)?,
            };
        }
        self.sheet.set_row_height(self.row, HEADER_POINTS)?;
        self.row += 1;
        Ok(())
    }

    /// A label and its value.
    pub(super) fn fact(&mut self, fact: &Fact<'_>) -> Result<(), XlsxError> {
        self.sheet.write_string_with_format(self.row, 0, for_cell(&fact.label), &self.style.label)?;
        match &fact.value {
            Value::Text(text) => self.long_text(1, text)?,
            // Beside labels everything begins at the left.
            Value::Amount(micros, exponent) if fits_a_cell(*micros) => {
                let format = left(amount_format(self.style, *micros, *exponent));
                write_decimal(self.sheet, (self.row, 1), &decimal(*micros, *exponent), Some(&format))?;
            }
            Value::Amount(micros, exponent) => self.amount(1, *micros, *exponent)?,
            Value::Count(count) => {
                write_decimal(self.sheet, (self.row, 1), &count.to_string(), Some(&left(&self.style.count)))?;
            }
            Value::Time(time) => match date_time(*time, self.zone) {
                Some(date) => {
                    self.sheet.write_datetime_with_format(self.row, 1, &date, &self.style.time)?;
                }
                None => self.text(1, &time.to_string())?,
            },
            Value::Day(day) => match date(*day) {
                Some(date) => {
                    self.sheet.write_datetime_with_format(self.row, 1, &date, &self.style.day)?;
                }
                None => self.text(1, &day.to_string())?,
            },
        }
        self.row += 1;
        Ok(())
    }

    pub(super) fn text(&mut self, column: u16, text: &str) -> Result<(), XlsxError> {
        self.sheet.write_string_with_format(self.row, column, for_cell(text), &self.style.text)?;
        Ok(())
    }

    /// A text from `column` to the end of the sheet, as high as it needs to be.
    pub(super) fn long_text(&mut self, column: u16, text: &str) -> Result<(), XlsxError> {
        let text = for_cell(text);
        let lines: usize = text.split('\n').map(|line| line.chars().count() / WIDE_CHARACTERS + 1).sum();
        if lines == 1 {
            self.sheet.write_string_with_format(self.row, column, text, &self.style.text)?;
            return Ok(());
        }
        let style = &self.style.wrapped;
        self.sheet.merge_range(self.row, column, self.row, self.last_column, &text, style)?;
        // A row is at most 409 points high.
        self.sheet.set_row_height(self.row, LINE_POINTS * u16::try_from(lines).unwrap_or(u16::MAX).min(27))?;
        Ok(())
    }

    pub(super) fn count(&mut self, column: u16, count: u64) -> Result<(), XlsxError> {
        let format = &self.style.count;
        write_decimal(self.sheet, (self.row, column), &count.to_string(), Some(format))
    }

    /// An amount as a number, or as text where a number cannot hold it.
    pub(super) fn amount(&mut self, column: u16, micros: i128, exponent: u32) -> Result<(), XlsxError> {
        let text = decimal(micros, exponent);
        if fits_a_cell(micros) {
            let format = amount_format(self.style, micros, exponent);
            write_decimal(self.sheet, (self.row, column), &text, Some(format))
        } else {
            self.sheet.write_string_with_format(self.row, column, text, &self.style.as_text)?;
            Ok(())
        }
    }

    /// A formula for a whole number.
    pub(super) fn count_formula(&mut self, column: u16, formula: &str, result: u64) -> Result<(), XlsxError> {
        let formula = Formula::new(formula).set_result(result.to_string());
        self.sheet.write_formula_with_format(self.row, column, formula, &self.style.count)?;
        Ok(())
    }

    /// A formula for an amount: its text, its result in micros, the digits of the currency.
    pub(super) fn amount_formula(
        &mut self,
        column: u16,
        formula: &str,
        (micros, exponent): (i128, u32),
    ) -> Result<(), XlsxError> {
        let formula = Formula::new(formula).set_result(decimal(micros, exponent));
        let format = amount_format(self.style, micros, exponent);
        self.sheet.write_formula_with_format(self.row, column, formula, format)?;
        Ok(())
    }

    /// Whether two cells hold the same number. `formula` is empty where a cell is text and cannot be compared.
    pub(super) fn check(&mut self, column: u16, formula: &str, equal: bool) -> Result<(), XlsxError> {
        self.differs |= !equal;
        if formula.is_empty() {
            self.sheet.write_string_with_format(self.row, column, word(equal), &self.style.word)?;
        } else {
            let formula = Formula::new(formula).set_result(word(equal));
            self.sheet.write_formula_with_format(self.row, column, formula, &self.style.word)?;
        }
        for (text, format) in [(AGREES, &self.style.agrees), (DIFFERS, &self.style.differs)] {
            let rule = ConditionalFormatCellRule::EqualTo(text.to_owned());
            let rule = ConditionalFormatCell::new().set_rule(rule).set_format(format);
            self.sheet.add_conditional_format(self.row, column, self.row, column, &rule)?;
        }
        Ok(())
    }

    /// The name of a cell in the current row, such as `B7`.
    pub(super) fn cell(&self, column: u16) -> String {
        rust_xlsxwriter::utility::row_col_to_cell(self.row, column)
    }
}

/// `=IF(ROUND(left-right,6)=0,"agrees","DIFFERS")`
pub(super) fn compared(left: &str, right: &str) -> String {
    format!("=IF(ROUND({left}-{right},6)=0,\"{AGREES}\",\"{DIFFERS}\")")
}

fn left(format: &Format) -> Format {
    format.clone().set_align(FormatAlign::Left).set_indent(1)
}

fn amount_format(style: &Style, micros: i128, exponent: u32) -> &Format {
    style.amount(if is_finer(micros, exponent) { 6 } else { exponent })
}
