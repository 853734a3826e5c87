//! Google's redirect form of payment, seen from outside: bytes in, bytes out (contract sections 3 to 5, 7;
//! flows-security section 11). A test's name begins with the requirement that it proves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod begin;
mod clock;
mod complete;
mod errors;
mod events;
mod garbage;
mod generate;
mod golden;
mod idempotency;
mod issuer;
mod limits;
mod nodes;
mod outbound;
mod pages;
mod rotation;
mod sequences;
mod status;
mod tabs;
mod transport;
mod unknown_callers;
