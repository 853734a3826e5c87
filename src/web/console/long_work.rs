//! Long work: handed to a job, whose page shows how far it is.
//!
//! Stands in until the jobs are merged: then `Work` and its parts are those of `actors`, and [`begin`] submits.

use std::fs::File;

use super::signed::Signed;
use super::trouble::{Answer, Trouble};
use crate::domain::catalog::MerchantId;
use crate::domain::{Piaid, TransactionId};
use crate::report::{Day, Format};
use crate::web::surface::Surface;

/// What a job does.
#[derive(Debug)]
pub(super) enum Work {
    /// A report.
    Report(Report, Format),
    /// A bank statement, from the file that comes with it.
    BankImport,
}

/// Which report.
#[derive(Debug)]
pub(super) enum Report {
    /// Of one statement.
    Statement(TransactionId),
    /// Of a period.
    Period(PeriodWork),
}

/// Which money of which period.
#[derive(Debug)]
pub(super) struct PeriodWork {
    /// First day.
    pub(super) from: Day,
    /// Last day, included.
    pub(super) to: Day,
    /// One account of Google's.
    pub(super) account: Option<Piaid>,
    /// One merchant, instead of an account.
    pub(super) merchant: Option<MerchantId>,
    /// `redirect`, `booking`, `outlook` or `all`.
    pub(super) surface: String,
}

/// Stores the job, and leads to its page.
pub(super) async fn begin(_: &Surface, signed: &Signed, (work, input): (Work, Option<File>)) -> Answer {
    std::future::ready(()).await;
    tracing::error!(by = %signed.user, work = ?work, with_file = input.is_some(), "there are no jobs yet");
    Err(Trouble::Unavailable)
}
