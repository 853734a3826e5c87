//! People: who may sign in, and with which role.

use super::routes::Route;

/// The pages.
pub(super) const ROUTES: &[Route] = &[];
