//! Remittance statements: totals, findings, decisions, acceptance; and the bank's files.

use super::routes::Route;

/// The pages.
pub(super) const ROUTES: &[Route] = &[];
