//! The redirect payment machine (see `decide.rs`).
