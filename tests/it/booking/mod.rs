//! The booking server from outside: Google's calls, the processor, real-time updates, and what staff do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod after;
mod console;
mod create;
mod dropped;
mod events;
mod faults;
mod kill;
mod nodes;
mod payment;
mod payouts;
mod promptly;
mod reports;
mod spa;
mod starting;
mod surface;
