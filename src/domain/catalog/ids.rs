//! Identifiers of the feeds. They are the merchants' own texts: any printable characters.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::domain::InvalidId;

fn text(given: &str, what: &'static str) -> Result<Arc<str>, InvalidId> {
    let fits = (1..=255).contains(&given.len()) && !given.chars().any(char::is_control);
    if fits { Ok(given.into()) } else { Err(InvalidId { what, expected: "1 to 255 bytes of printable characters" }) }
}

/// `merchant_id` of the merchant feed (google-booking-server section 7.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MerchantId(Arc<str>);

/// `service_id` of the service feed; unique within its merchant (section 7.4).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceId(Arc<str>);

/// `payment_option_id`: the same at two merchants is the same option (section 7.7).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PaymentOptionId(Arc<str>);

impl MerchantId {
    /// Checks length and characters.
    pub fn parse(given: &str) -> Result<Self, InvalidId> {
        text(given, "merchant_id").map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ServiceId {
    /// Checks length and characters.
    pub fn parse(given: &str) -> Result<Self, InvalidId> {
        text(given, "service_id").map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PaymentOptionId {
    /// Checks length and characters.
    pub fn parse(given: &str) -> Result<Self, InvalidId> {
        text(given, "payment_option_id").map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MerchantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for PaymentOptionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The identity of a slot, hashed: merchant, service, start, duration, staff, room and party size (section 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotKey(Uuid);

impl SlotKey {
    /// Wraps a UUID.
    pub const fn from_uuid(key: Uuid) -> Self {
        Self(key)
    }

    /// The UUID.
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_any_printable_text() {
        for good in ["spa-1", "Salon Nº 7", "a/b?c", &"x".repeat(255)] {
            assert!(MerchantId::parse(good).is_ok() && ServiceId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a\nb", "\0", &"x".repeat(256)] {
            assert!(MerchantId::parse(bad).is_err() && PaymentOptionId::parse(bad).is_err(), "{bad:?}");
        }
    }
}
