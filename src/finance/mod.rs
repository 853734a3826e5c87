//! Floor 3: what finance asks of the books. Reads storage and writes files; decides nothing and changes nothing but the
//! record of the reports that were made.

mod period;
mod statement;

pub use period::{PeriodAccount, PeriodAsked, Surfaces, write_period};
pub use statement::write_statement;

use crate::report::ReportError;
use crate::storage::StorageError;

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FinanceError {
    /// The books could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The file could not be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The period ends before it begins.
    #[error("the first day is after the last one")]
    Backwards,
    /// There is no such statement.
    #[error("no such statement")]
    Unknown,
    /// The events of the statement are not all judged: there is nothing to report yet.
    #[error("the statement is {0}: its report can be made once it is reconciled")]
    NotReconciled(&'static str),
}
