//! Identifiers. Each is parsed once, at the edge; inside the house they are always well-formed.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

/// Why an identifier was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {expected}")]
pub struct InvalidId {
    /// Which kind of identifier.
    pub what: &'static str,
    /// What would have been accepted.
    pub expected: &'static str,
}

/// Our id of a transaction. For a redirect payment it is derived from the account and Google's `requestId`, so that
/// identical requests meet in one actor and in one row, on whatever node they arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransactionId(Uuid);

impl TransactionId {
    /// Wraps a UUID.
    pub const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// The UUID.
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }

    /// Parses the hyphenated form that stands in URLs.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        if text.len() != 36 {
            return Err(InvalidId { what: "transactionId", expected: "a UUID of 36 characters" });
        }
        Uuid::try_parse(text)
            .map(Self)
            .map_err(|_| InvalidId { what: "transactionId", expected: "a UUID of 36 characters" })
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

/// Google's id of one request, the idempotency key: at most 100 characters of `a-z A-Z 0-9 : - _` (API section 3.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// Checks length and alphabet.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let fits = (1..=100).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'-' | b'_'));
        if fits {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId { what: "requestId", expected: "1 to 100 characters of a-z A-Z 0-9 : - _" })
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn name(text: &str, what: &'static str) -> Result<Arc<str>, InvalidId> {
    let fits = (1..=100).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'-' | b'_' | b'.'));
    if fits { Ok(text.into()) } else { Err(InvalidId { what, expected: "1 to 100 characters of a-z A-Z 0-9 : - _ ." }) }
}

/// `paymentIntegratorAccountId`: the account with its contract (flows-security section 1).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Piaid(Arc<str>);

impl Piaid {
    /// Checks length and alphabet.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        name(text, "paymentIntegratorAccountId").map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Piaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Google's name of a bank or wallet (API section 3.6).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IssuerId(Arc<str>);

impl IssuerId {
    /// Checks length and alphabet.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        name(text, "issuerId").map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IssuerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_hold_to_their_alphabet_and_length() {
        for good in ["a", "rq-0001", "A:b_c-9", &"x".repeat(100)] {
            assert!(RequestId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "ä", "a/b", "a.b", &"x".repeat(101)] {
            assert!(RequestId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn transaction_ids_are_hyphenated_uuids_only() {
        assert!(TransactionId::parse("01930d2c-7a44-7000-8000-0123456789ab").is_ok());
        assert!(TransactionId::parse("01930d2c7a44700080000123456789ab").is_err());
        assert!(TransactionId::parse("x").is_err());
    }
}
