//! The console from outside: forms, cookies and pages over HTTP, as a browser without script has them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod bank;
mod forms;
mod gate;
mod hands;
mod invoices;
mod matrix;
mod payments;
mod sign_in;
mod slow;
mod statements;
mod today;
pub(crate) mod visitor;

pub(crate) use visitor::{PASSWORD, Visitor};
