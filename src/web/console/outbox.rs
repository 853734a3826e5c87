//! The outbox: what waits, dead letters, and what sending them would do.

use super::routes::Route;

/// The pages.
pub(super) const ROUTES: &[Route] = &[];
