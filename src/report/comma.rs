//! CSV after RFC 4180: a header, the lines, then an empty row and labelled facts. Every row has the same number of fields,
//! so that a reader who stops at the empty row has the lines and nothing else.

use std::io::Write;

use super::decimal::{push_decimal, push_whole};
use super::moment::{Zone, push_iso};
use super::table::{Column, Fact, Value};
use super::target::Target;
use super::text::for_field;
use super::{ReportError, Written};
use crate::domain::Timestamp;

/// A table that is written field by field, to a file or into memory.
pub(super) struct CommaTable<W: Write = Target> {
    writer: csv::Writer<W>,
    path: std::path::PathBuf,
    columns: usize,
    fields: usize,
    zone: Zone,
    scratch: String,
}

impl CommaTable {
    /// Writes the header.
    pub(super) fn begin(target: Target, columns: &[Column], zone: &Zone) -> Result<Self, ReportError> {
        let path = target.path().to_owned();
        let mut table = Self::over(target, path, (columns, zone));
        table.header(columns)?;
        Ok(table)
    }

    /// Writes the empty row and the facts, and names the file.
    pub(super) fn finish(mut self, facts: &[Fact<'_>], lines: u64) -> Result<Written, ReportError> {
        self.facts(facts)?;
        self.into_inner()?.complete(lines)
    }
}

impl CommaTable<Vec<u8>> {
    /// A piece of a file, which begins at the beginning of a row.
    pub(super) fn in_memory(columns: &[Column], zone: &Zone) -> Self {
        Self::over(Vec::new(), std::path::PathBuf::from("the file"), (columns, zone))
    }

    /// What was written.
    pub(super) fn into_bytes(self) -> Result<Vec<u8>, ReportError> {
        self.into_inner()
    }
}

impl<W: Write> CommaTable<W> {
    fn over(out: W, path: std::path::PathBuf, (columns, zone): (&[Column], &Zone)) -> Self {
        let writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        Self { writer, path, columns: columns.len(), fields: 0, zone: zone.clone(), scratch: String::new() }
    }

    /// The names of the columns.
    pub(super) fn header(&mut self, columns: &[Column]) -> Result<(), ReportError> {
        for column in columns {
            self.raw(column.key)?;
        }
        self.end_row()
    }

    /// The next field: text, foreign or ours.
    pub(super) fn text(&mut self, text: &str) -> Result<(), ReportError> {
        self.raw(&for_field(text))
    }

    /// The next field: text, or nothing.
    pub(super) fn optional(&mut self, text: Option<&str>) -> Result<(), ReportError> {
        self.text(text.unwrap_or_default())
    }

    /// The next field: an amount with the digits of its currency, or nothing. Numbers are ours and never escaped.
    pub(super) fn amount(&mut self, micros: Option<i128>, exponent: u32) -> Result<(), ReportError> {
        self.composed(|scratch, _| {
            if let Some(micros) = micros {
                push_decimal(scratch, micros, exponent);
            }
        })
    }

    /// The next field: a whole number.
    pub(super) fn count(&mut self, count: u64) -> Result<(), ReportError> {
        self.composed(|scratch, _| push_whole(scratch, u128::from(count)))
    }

    /// The next field: a time in the table's zone.
    pub(super) fn time(&mut self, time: Timestamp) -> Result<(), ReportError> {
        self.composed(|scratch, zone| push_iso(scratch, time, zone))
    }

    /// Fills the row up and ends it.
    pub(super) fn end_row(&mut self) -> Result<(), ReportError> {
        while self.fields < self.columns {
            self.raw("")?;
        }
        self.fields = 0;
        self.writer.write_record(None::<&[u8]>).map_err(|error| self.failed(error))
    }

    /// Writes the empty row and the facts.
    pub(super) fn facts(&mut self, facts: &[Fact<'_>]) -> Result<(), ReportError> {
        self.end_row()?;
        for fact in facts {
            self.text(&fact.label)?;
            match &fact.value {
                Value::Text(text) => self.text(text)?,
                Value::Amount(micros, exponent) => self.amount(Some(*micros), *exponent)?,
                Value::Count(count) => self.count(*count)?,
                Value::Time(time) => self.time(*time)?,
                Value::Day(day) => self.composed(|scratch, _| day.push(scratch))?,
            }
            self.end_row()?;
        }
        Ok(())
    }

    fn into_inner(self) -> Result<W, ReportError> {
        let Self { writer, path, .. } = self;
        writer
            .into_inner()
            .map_err(|error| ReportError::file(&path, "write", std::io::Error::other(error.error().to_string())))
    }

    fn composed(&mut self, compose: impl FnOnce(&mut String, &Zone)) -> Result<(), ReportError> {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        compose(&mut scratch, &self.zone);
        let done = self.raw(&scratch);
        self.scratch = scratch;
        done
    }

    fn raw(&mut self, field: &str) -> Result<(), ReportError> {
        self.fields += 1;
        self.writer.write_field(field).map_err(|error| self.failed(error))
    }

    fn failed(&self, error: csv::Error) -> ReportError {
        ReportError::file(&self.path, "write", error.into())
    }
}
