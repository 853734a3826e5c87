//! Keys with their states, and the steps of a rotation.

use super::routes::Route;

/// The pages.
pub(super) const ROUTES: &[Route] = &[];
