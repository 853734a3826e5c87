//! `roundtrip openapi`.

use super::write;
use crate::app;

/// Prints the admin API's OpenAPI document; needs no configuration.
pub(super) fn run() -> anyhow::Result<()> {
    write::line(app::OPENAPI.trim_end())
}
