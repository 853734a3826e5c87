//! The integration tests: one binary, by surface.

mod crypto;
mod sandbox;
