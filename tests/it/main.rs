//! One test binary, by surface.

mod postgres;
mod sandbox;
mod storage;
