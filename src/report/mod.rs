//! Floor 2: files for finance staff, as CSV and as XLSX. A report knows no row and no machine: lines are pushed into it,
//! and it holds none of them, so that a million lines need the memory of one.
//!
//! The same input gives the same bytes: times come from the data, the document's properties are fixed, and so are the
//! times inside the archive. That is why [`Written::sha256`] can be recorded and compared later.
//!
//! | file | what it holds |
//! |---|---|
//! | `statement.rs`, `period.rs`, `payments.rs` | the reports: their input, their columns, their labelled facts |
//! | `table.rs` | columns and facts, which both formats write |
//! | `comma.rs` | CSV |
//! | `xlsx/` | XLSX: sheets that stream, the summary, the formulas |
//! | `text.rs` | foreign text made safe for a spreadsheet |
//! | `decimal.rs`, `moment.rs` | amounts and times as text |
//! | `target.rs` | the file: written beside its name, hashed on the way, renamed when complete |
//!
//! Architecture invariant: no clock, no network, no floating point but in `xlsx/number.rs`.

mod aside;
mod comma;
mod decimal;
mod error;
mod moment;
mod payments;
mod period;
mod progress;
mod statement;
mod table;
mod target;
mod text;
mod xlsx;

pub use aside::{Aside, unnamed};
pub use decimal::decimal_of_micros;
pub use error::ReportError;
pub use moment::{Day, Zone};
pub use payments::{PaymentLine, PaymentSums, PaymentsHead, PaymentsReport, payments_end, payments_part};
pub use period::{AccountBalance, LedgerLine, PeriodHead, PeriodReport};
pub use progress::Progress;
pub use statement::{
    Decision, FindingTotal, MATCHED, MissingBucket, StatementHead, StatementLine, StatementReport, StatementTotals,
};

/// What a report is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Comma-separated values, RFC 4180, UTF-8 without a byte order mark.
    Csv,
    /// Office Open XML workbook.
    Xlsx,
}

impl Format {
    /// Reads `csv` or `xlsx`.
    ///
    /// # Errors
    /// [`ReportError::Format`] for any other word.
    pub fn parse(text: &str) -> Result<Self, ReportError> {
        match text {
            "csv" => Ok(Self::Csv),
            "xlsx" => Ok(Self::Xlsx),
            _ => Err(ReportError::Format(text.to_owned())),
        }
    }

    /// The ending of a file of this format, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// The media type of a file of this format.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// A report that lies complete under its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// SHA-256 of the whole file.
    pub sha256: [u8; 32],
    /// The size of the file in bytes.
    pub bytes: u64,
    /// How many lines were pushed.
    pub lines: u64,
}

#[cfg(test)]
mod tests;
