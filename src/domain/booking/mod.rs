//! A booking: an appointment made through Google's Actions Center, with the money that it costs
//! (google-booking-server sections 3.7, 5, 6 and 9).

mod words;

pub use words::{BookingStatus, FailureCause, PrepaymentStatus};
