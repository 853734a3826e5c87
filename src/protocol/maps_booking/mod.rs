//! Google's Maps Booking API, v1alpha: what we tell Google about bookings and slots (google-booking-server section 8).
//!
//! `patch.rs` writes what happened to a booking, `availability.rs` and `words.rs` the slots of a service, `token.rs` obtains the access
//! token, `client.rs` sends. One attempt each; the outbox decides about the next one.

mod availability;
mod client;
mod patch;
mod token;
mod words;

pub use availability::ServiceWindow;
pub use client::{MapsBooking, MapsBookingSettings, UpdateFailed};
pub use patch::{BookingPatch, Moved};
