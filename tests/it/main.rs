//! Black-box tests, by surface.

mod postgres;
mod storage;
