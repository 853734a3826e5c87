//! The house rules as a test: floors, names, sizes, words that may not be written, what may be linked, and that each
//! requirement has its test. Each rule is a test of its own; a finding says file, line and what to do.

// Clippy knows `#[test]` functions as tests, but not what they call.
#![allow(clippy::expect_used, clippy::panic)]

#[path = "tidy/checklist.rs"]
mod checklist;
#[path = "tidy/floors.rs"]
mod floors;
#[path = "tidy/openapi.rs"]
mod openapi;
#[path = "tidy/places.rs"]
mod places;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/supply.rs"]
mod supply;
#[path = "tidy/words.rs"]
mod words;
