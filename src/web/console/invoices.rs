//! Invoices: search, one invoice, and what a merchant does about it.

use super::routes::Route;

/// The pages.
pub(super) const ROUTES: &[Route] = &[];
