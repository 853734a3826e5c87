//! The audit log.

use super::routes::Route;

/// The pages.
pub(super) const ROUTES: &[Route] = &[];
