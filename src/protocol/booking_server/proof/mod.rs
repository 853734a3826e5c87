//! Proof of the surface: its golden messages, the rules of JSON, and a second reader that is stricter than Google's.

mod examples;
mod random;
mod rules;
mod strict;

use serde_json::Value;

use crate::domain::{Currency, Money};
use crate::protocol::parse_strict;

/// A message of tests/it/booking/golden, written by hand after the specification's examples.
#[track_caller]
fn golden_text(name: &str) -> String {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/booking/golden").join(name);
    let file = file.with_extension("json");
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[track_caller]
fn golden(name: &str) -> Value {
    parse_strict(golden_text(name).as_bytes()).unwrap()
}

fn usd(micros: i64) -> Money {
    Money::new(micros, Currency::parse("USD").unwrap())
}
