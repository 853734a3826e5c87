//! Jobs: long work with its progress and its files.

use super::routes::Route;

/// The pages.
pub(super) const ROUTES: &[Route] = &[];
