//! The integration tests: one binary, by surface.

mod crypto;
mod postgres;
mod sandbox;
mod storage;
