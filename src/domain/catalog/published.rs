//! What is kept of a feed beside what bookings depend on.

use std::sync::Arc;

/// Something that a feed states, and its words: what we publish again says all that was published to us
/// (google-booking-server section 12: lenient in what is read, never in what is written).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published<T> {
    /// What bookings depend on.
    pub offer: T,
    /// The feed's own words in their format, opaque to everybody but the surface that reads and writes feeds. Of merchants
    /// and services all of them; of slots those that the offer does not say, `None` if there are none.
    pub words: Option<Arc<str>>,
}
