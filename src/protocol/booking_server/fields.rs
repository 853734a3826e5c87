//! Taking the members out of a message in our form: `schema.rs` has seen to their kinds.

use serde_json::{Map, Value};

use super::echo::Echo;
use super::error::BadRequest;
use super::schema::{Field, normalise};
use crate::domain::{Currency, InvalidId, Money};
use crate::protocol::parse_strict;

/// What is expected of our identifiers and Google's.
const ID: &str = "1 to 255 bytes of printable characters";

/// A message. Each member is taken once.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// A body.
    pub(super) fn read(unverified: &[u8], message: &'static [Field]) -> Result<Self, BadRequest> {
        match parse_strict(unverified).map_err(|error| BadRequest::json(&error))? {
            Value::Object(members) => normalise(members, message).map(Self),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(BadRequest::invalid("", "a JSON object"))
            }
        }
    }

    /// As it came, to be repeated.
    pub(super) fn echo(&self) -> Echo {
        Echo::new(self.0.clone())
    }

    /// A string, also an empty one.
    pub(super) fn stated(&mut self, name: &str) -> Option<String> {
        match self.0.remove(name) {
            Some(Value::String(text)) => Some(text),
            Some(_) | None => None,
        }
    }

    /// A string; proto3 does not tell an empty one from none.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.stated(name).filter(|text| !text.is_empty())
    }

    /// An identifier that is only ever compared.
    pub(super) fn id(&mut self, name: &str) -> Result<String, BadRequest> {
        let id = self.text(name).ok_or_else(|| BadRequest::missing(name))?;
        let fits = id.len() <= 255 && !id.chars().any(char::is_control);
        if fits { Ok(id) } else { Err(BadRequest::invalid(name, ID)) }
    }

    /// An identifier of a kind, if it is there.
    pub(super) fn parsed<T>(
        &mut self,
        name: &str,
        parse: fn(&str) -> Result<T, InvalidId>,
    ) -> Result<Option<T>, BadRequest> {
        let text = self.text(name);
        text.map(|text| parse(&text).map_err(|reason| BadRequest::invalid(name, reason.expected))).transpose()
    }

    pub(super) fn int64(&mut self, name: &str) -> Option<i64> {
        self.stated(name).and_then(|digits| digits.parse().ok())
    }

    pub(super) fn int32(&mut self, name: &str) -> Option<i64> {
        self.0.remove(name).as_ref().and_then(Value::as_i64)
    }

    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        self.0.remove(name).as_ref().and_then(Value::as_bool)
    }

    pub(super) fn message(&mut self, name: &str) -> Option<Self> {
        match self.0.remove(name) {
            Some(Value::Object(members)) => Some(Self(members)),
            Some(_) | None => None,
        }
    }

    pub(super) fn required_message(&mut self, name: &str) -> Result<Self, BadRequest> {
        self.message(name).ok_or_else(|| BadRequest::missing(name))
    }

    pub(super) fn list(&mut self, name: &str) -> Option<Vec<Self>> {
        let Some(Value::Array(items)) = self.0.remove(name) else { return None };
        let members = |item| match item {
            Value::Object(members) => Self(members),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Self(Map::new()),
        };
        Some(items.into_iter().map(members).collect())
    }

    /// A Price (google-booking-server section 3.8), as stated: it is compared with the terms, not charged. One that says
    /// nothing is none; proto3 leaves out the micros of a price of 0.
    pub(super) fn price(&mut self, name: &str) -> Result<Option<Money>, BadRequest> {
        let Some(mut price) = self.message(name) else { return Ok(None) };
        let micros = price.int64("price_micros").unwrap_or(0);
        let Some(code) = price.text("currency_code") else {
            return if micros == 0 { Ok(None) } else { Err(BadRequest::missing("currency_code").within(name)) };
        };
        let expected = "an ISO 4217 currency code of three capital letters";
        let currency =
            Currency::parse(&code).map_err(|_| BadRequest::invalid("currency_code", expected).within(name))?;
        Ok(Some(Money::new(micros, currency)))
    }
}
