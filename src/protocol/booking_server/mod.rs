//! Google's Actions Center, booking server API v3 (google-booking-server sections 2 to 6): Google is the client.
//!
//! [`Method::parse`] says what a path asks for, [`Credentials::admit`] whether the caller may ask, and a reader per method
//! turns a body into what it states. The answers are texts, always of status 200: failures of business are answers too
//! (section 2.4). What is wrong with a request itself is a [`BadRequest`], 400.
//!
//! Bodies are proto3 messages in JSON. `schema.rs` knows the rules of section 2.3 and `messages.rs` the tables of
//! section 3: a body is brought into one form (`snake_case`, 64-bit integers as strings, enums as names, known members
//! only) before anybody reads it. An [`Echo`] is a part of it in that form, to be repeated in answers exactly as sent.
//!
//! Architecture invariant: nothing here knows a feed, a clock or a booking's state. Nothing unknown is ever written, and a
//! complaint names fields and expectations, never what was sent.

mod asks;
mod create;
mod credentials;
mod echo;
mod error;
mod fields;
mod messages;
mod method;
mod private;
#[cfg(test)]
mod proof;
mod schema;
mod slot;
mod update;
mod write;

pub use asks::{
    AvailabilityLookup, MarketingPreference, SlotTime, read_availability_lookup, read_booking_status,
    read_check_availability, read_list_bookings, read_marketing_preference,
};
pub use create::{CreateBooking, PaymentToken, PostalAddress, StatedPayment, UserInformation, read_create_booking};
pub use credentials::Credentials;
pub use echo::{CorruptEcho, Echo};
pub use error::{BadRequest, Fault, error_answer};
pub use method::{Method, Verb};
pub use private::Private;
pub use slot::{Resources, StatedSlot};
pub use update::{Change, SlotMove, UpdateBooking, read_update_booking};
pub use write::{
    BookingView, Failure, PaymentView, ProvidedPayment, Threeds1, UserPaymentOption, booking_answer, check_answer,
    failure_answer, health_answer, list_answer, lookup_answer, marketing_answer, status_answer,
};
