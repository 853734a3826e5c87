//! The integration tests: one binary, by surface.

mod bench;
mod cli;
mod crypto;
mod postgres;
mod sandbox;
mod storage;
