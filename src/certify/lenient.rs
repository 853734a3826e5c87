//! What a generator of feeds may write otherwise (google-booking-server section 2.3): numbers in quotes, enumerations by
//! their numbers, null for what is absent.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;

/// An integer, or the digits of one; null is 0.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Int(pub(super) i64);

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = match Value::deserialize(deserializer)? {
            Value::String(digits) => digits.parse().ok(),
            Value::Number(number) => number.as_i64(),
            Value::Null => Some(0),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        number.map(Self).ok_or_else(|| D::Error::custom("expected a whole number"))
    }
}

/// A value; null is its default.
pub(super) fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// `confirmation_mode`
pub(super) fn confirmation_mode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    named(
        deserializer,
        &["CONFIRMATION_MODE_UNSPECIFIED", "CONFIRMATION_MODE_SYNCHRONOUS", "CONFIRMATION_MODE_ASYNCHRONOUS"],
    )
}

/// `prepayment_type`
pub(super) fn prepayment_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    named(deserializer, &["PREPAYMENT_TYPE_UNSPECIFIED", "REQUIRED", "OPTIONAL", "NOT_SUPPORTED"])
}

/// `require_credit_card`
pub(super) fn require_credit_card<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    named(
        deserializer,
        &["REQUIRE_CREDIT_CARD_UNSPECIFIED", "REQUIRE_CREDIT_CARD_CONDITIONAL", "REQUIRE_CREDIT_CARD_ALWAYS"],
    )
}

/// A value of an enumeration by its name; what is unspecified is as good as absent.
fn named<'de, D: Deserializer<'de>>(deserializer: D, names: &[&str]) -> Result<String, D::Error> {
    let name = match Value::deserialize(deserializer)? {
        Value::Null => Some(""),
        Value::String(name) if names.first() == Some(&name.as_str()) => Some(""),
        Value::String(name) => return Ok(name),
        Value::Number(number) if number.as_u64() == Some(0) => Some(""),
        Value::Number(number) => number.as_u64().and_then(|number| names.get(usize::try_from(number).ok()?)).copied(),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    name.map(str::to_owned).ok_or_else(|| D::Error::custom(format!("expected one of {}", names.join(", "))))
}
