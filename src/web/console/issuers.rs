//! Issuers, and how they answer.

use super::routes::Route;

/// The pages.
pub(super) const ROUTES: &[Route] = &[];
