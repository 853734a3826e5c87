//! One binary for all integration tests, by surface.

mod crypto;
mod sandbox;
