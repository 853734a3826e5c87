//! XLSX: a summary whose totals are formulas beside checked values, the lines on sheets that stream, and what differs.
//!
//! Formulas carry their result, so that a viewer that computes nothing shows them too. They add whole minor units: binary
//! fractions of a million amounts would leave a residue.

mod formula;
mod number;
mod pages;
mod payments;
mod period;
mod statement;
mod style;
mod summary;

pub(super) use formula::{AGREES, DIFFERS};
pub(super) use payments::PaymentsBook;
pub(super) use period::PeriodBook;
pub(super) use statement::StatementBook;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{DocProperties, Workbook, XlsxError};

use self::style::{Style, date_time};
use super::moment::Zone;
use super::target::Target;
use super::{ReportError, Written};
use crate::domain::Timestamp;

/// Lines on one sheet: its rows less the header.
pub(super) const SHEET_ROWS: u32 = 1_048_575;
/// Sheets repeat themselves so much that more effort would cost time and save little.
const COMPRESSION: u8 = 2;

/// A workbook that will be a file.
struct Book {
    workbook: Workbook,
    style: Style,
    target: Target,
    path: PathBuf,
}

impl Book {
    /// A workbook with an empty summary. `created` is the report's own time, never that of the clock.
    fn begin(target: Target, title: &str, created: Timestamp) -> Result<Self, ReportError> {
        let path = target.path().to_owned();
        let folder = target.folder().to_owned();
        let mut book = Self { workbook: Workbook::new(), style: Style::new(), target, path };
        // The library writes a fraction of a second in a way that readers refuse.
        let created = date_time(Timestamp::from_secs(created.as_secs()), &Zone::utc())
            .or_else(|| date_time(Timestamp::from_secs(0), &Zone::utc()));
        book.build(|workbook, _| {
            workbook.set_tempdir(folder)?;
            workbook.set_zip_compression_level(COMPRESSION);
            let mut properties = DocProperties::new().set_title(title).set_author("Roundtrip");
            if let Some(created) = created {
                properties = properties.set_creation_datetime(&created);
            }
            workbook.set_properties(&properties);
            workbook.add_worksheet().set_name("Summary")?;
            Ok(())
        })?;
        Ok(book)
    }

    fn build<T>(&mut self, work: impl FnOnce(&mut Workbook, &Style) -> Result<T, XlsxError>) -> Result<T, ReportError> {
        let Self { workbook, style, path, .. } = self;
        guarded(path, || work(workbook, style))
    }

    fn save(self, lines: u64) -> Result<Written, ReportError> {
        let Self { mut workbook, mut target, path, .. } = self;
        guarded(&path, || workbook.save_to_writer(&mut target))?;
        target.complete(lines)
    }
}

/// The library panics when one of its temporary files cannot be written, as on a full disk. That is no reason to lose the
/// caller: the report is refused, and the workbook is never touched again.
fn guarded<T>(path: &Path, work: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, ReportError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| ReportError::workbook(path, error)),
        Err(_) => Err(ReportError::NoRoom { path: path.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_an_error_and_not_a_panic() {
        let full =
            guarded(Path::new("report.xlsx"), || -> Result<(), XlsxError> { panic!("Couldn't write to xml file") });
        let error = full.unwrap_err().to_string();
        assert!(error.contains("report.xlsx") && error.contains("make room"), "{error}");
    }
}
