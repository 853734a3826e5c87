//! Whole payments in Chromium: through the shop that stands in for Google, our pages, the bank that stands in for an
//! issuer, and back. The sandbox runs as a user starts it.
//!
//! With `ROUNDTRIP_SCREENSHOTS=folder` every page is also written there as a picture, to be looked at.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails here")]

mod booking;
mod console;
mod detours;
mod invoices;
mod journey;
mod looks;
mod payment;
mod policy;
mod processes;
mod session;
