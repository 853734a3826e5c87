//! What may go wrong when a report is written.

use std::io;
use std::path::{Path, PathBuf};

use rust_xlsxwriter::XlsxError;

/// Why there is no report. Each names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Neither `csv` nor `xlsx`.
    #[error("{0:?} is not a format of reports: say csv or xlsx")]
    Format(String),
    /// Not a day of the calendar.
    #[error("{0:?} is not a day: write it as 2026-01-31")]
    Day(String),
    /// Nothing may be written under this name.
    #[error("{}: {why}; name another file for the report", path.display())]
    Refused {
        /// The name that was asked for.
        path: PathBuf,
        /// What stands against it.
        why: &'static str,
    },
    /// The operating system refused.
    #[error("{}: cannot {doing} the report: {source}; see that its folder exists, may be written to and has room, then make the report again", path.display())]
    File {
        /// The file that was being made.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The workbook's temporary files, which lie in the report's folder, could not be written.
    #[error("{}: the workbook's temporary files cannot be written; make room in its folder, or make the report as CSV", path.display())]
    NoRoom {
        /// The file that was being made.
        path: PathBuf,
    },
    /// The workbook cannot hold what it was given.
    #[error("{}: the workbook cannot be built: {source}; make the report as CSV", path.display())]
    Workbook {
        /// The file that was being made.
        path: PathBuf,
        /// What the library said.
        source: Box<XlsxError>,
    },
}

impl ReportError {
    pub(super) fn file(path: &Path, doing: &'static str, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), doing, source }
    }

    pub(super) fn workbook(path: &Path, source: XlsxError) -> Self {
        match source {
            XlsxError::IoError(source) => Self::file(path, "write", source),
            XlsxError::TempFileError(_, source) => Self::file(path, "open temporary files for", source),
            source => Self::Workbook { path: path.to_owned(), source: Box::new(source) },
        }
    }
}
