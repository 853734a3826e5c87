//! Floor 2: bytes in, domain values out, and back. One folder per surface.
//!
//! Architecture invariant: wire forms are private to their folder. Until a surface's `unseal` returns, bytes are unverified,
//! and names say so.

pub mod booking_feeds;
pub mod booking_server;
pub mod camt053;
pub mod google_redirect;
mod json;
pub mod letters;
pub mod maps_booking;
pub mod outlook;

pub use json::{InvalidJson, parse_strict};
