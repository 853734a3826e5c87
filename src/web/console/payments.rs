//! Payments: search, one payment with its timeline, and what people do about it.

use super::routes::Route;

/// The pages.
pub(super) const ROUTES: &[Route] = &[];
