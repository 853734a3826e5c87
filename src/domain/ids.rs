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

/// A person, as `roundtrip user` and `token create --user` name them. Who decides about money is always one of these.
/// Letter case makes no other person: names are kept in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserName(Arc<str>);

impl UserName {
    /// 1 to 100 printable characters that neither begin nor end with a space.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let fits =
            (1..=100).contains(&text.chars().count()) && text.trim() == text && !text.chars().any(char::is_control);
        if fits {
            Ok(Self(text.to_lowercase().into()))
        } else {
            Err(InvalidId { what: "user", expected: "1 to 100 printable characters, no space at either end" })
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Our id of a refund: the payment's id and the refund's number in it. It is the issuer's idempotency key (contract
/// section 5) and Google's `paymentIntegratorRefundId` (API section 6.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RefundId {
    /// The payment.
    pub payment: TransactionId,
    /// From 1.
    pub number: u32,
}

impl RefundId {
    /// Parses what [`RefundId`]'s `Display` wrote.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId { what: "refundId", expected: "the id that we sent" };
        let (payment, number) = text.rsplit_once('-').ok_or_else(|| invalid.clone())?;
        let payment = TransactionId::parse(payment).map_err(|_| invalid.clone())?;
        let canonical = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
        match number.parse() {
            Ok(number) if canonical => Ok(Self { payment, number }),
            Ok(_) | Err(_) => Err(invalid),
        }
    }
}

impl fmt::Display for RefundId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.payment, self.number)
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

    #[test]
    fn refund_ids_come_back_as_they_went() {
        let id = RefundId::parse("01930d2c-7a44-7000-8000-0123456789ab-12").unwrap();
        assert_eq!((id.number, RefundId::parse(&id.to_string())), (12, Ok(id)));
        for bad in [
            "",
            "01930d2c-7a44-7000-8000-0123456789ab",
            "01930d2c-7a44-7000-8000-0123456789ab-0",
            "01930d2c-7a44-7000-8000-0123456789ab-01",
            "01930d2c-7a44-7000-8000-0123456789ab-+1",
            "01930d2c-7a44-7000-8000-0123456789ab-99999999999",
            "x-1",
        ] {
            assert!(RefundId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn users_are_one_person_in_any_letter_case() {
        assert_eq!(UserName::parse("Ada"), UserName::parse("ada"));
        for bad in ["", " ada", "ada ", "a\nb", &"x".repeat(101)] {
            assert!(UserName::parse(bad).is_err(), "{bad:?}");
        }
    }
}
