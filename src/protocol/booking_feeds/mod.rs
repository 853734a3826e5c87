//! Google's feeds of merchants, services and availability (google-booking-server section 7), read and written.
//!
//! Reading is strict about the file and lenient about names (section 12): it must be valid JSON to its last byte, without
//! duplicate keys; names may be spelled `snake_case` or `lowerCamelCase`, numbers may stand in quotes, and the guide's own
//! slips are taken with a warning. Writing is never lenient.
//!
//! A file is a stream: one merchant, service or slot at a time. [`Feeds::survey`] looks at what each file holds and whether
//! all shards are there; [`Feeds::read`] reads merchants, then services, then slots, whatever order the files come in, and
//! checks every one against those before (section 7.9).
//!
//! `source.rs` opens files, `stream.rs` finds entities, `spelling.rs` makes their names ours, `fields.rs` takes members,
//! `merchant.rs`, `service.rs`, `availability.rs` and `terms.rs` make offers of them, `reading.rs` hands entities to `judge.rs`, which checks them, `write.rs` writes.

mod availability;
mod error;
mod fields;
mod judge;
mod merchant;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod property;
mod reading;
mod service;
mod source;
mod spelling;
mod stream;
mod survey;
mod terms;
mod write;

pub use error::{FeedError, FeedWarning, InvalidFeed, Warnings};
pub use judge::{FeedTotals, FromFeed};
pub use source::FeedFile;
pub use survey::Feeds;
pub use write::{FeedHead, FeedWriter, descriptor, words_of_merchant, words_of_service, words_of_slot};

/// Which feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FeedKind {
    /// Merchants.
    Merchants,
    /// Services.
    Services,
    /// Availability.
    Availability,
}

impl FeedKind {
    /// All of them, in the order in which one depends on the other.
    pub const ALL: [Self; 3] = [Self::Merchants, Self::Services, Self::Availability];

    /// The member that holds its entities (section 7.2).
    pub const fn envelope(self) -> &'static str {
        match self {
            Self::Merchants => "merchant",
            Self::Services => "service",
            Self::Availability => "service_availability",
        }
    }

    /// How it is called in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Merchants => "merchant feed",
            Self::Services => "service feed",
            Self::Availability => "availability feed",
        }
    }

    /// How its files are called.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Merchants => "merchants",
            Self::Services => "services",
            Self::Availability => "availability",
        }
    }
}
