//! The ledger: its trial balance, and the lines of an account.

use super::routes::Route;

/// The pages.
pub(super) const ROUTES: &[Route] = &[];
