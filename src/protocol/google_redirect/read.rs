//! Reading clear-text JSON: every complaint names the field and what was expected. `null` counts as absent; unknown
//! members and unknown union members are tolerated (API section 8).

use serde_json::{Map, Value};

use super::error::Refusal;
use crate::domain::{Currency, IssuerId, Money, Timestamp};

/// A JSON object and where it stands.
pub(super) struct Object<'a> {
    members: &'a Map<String, Value>,
    path: String,
}

impl<'a> Object<'a> {
    pub(super) fn root(value: &'a Value) -> Result<Self, Refusal> {
        match value {
            Value::Object(members) => Ok(Self { members, path: String::new() }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Err(Refusal::new(
                super::error::ErrorCode::InvalidDecryptedRequest,
                "the clear text is not a JSON object",
            )),
        }
    }

    fn name(&self, field: &str) -> String {
        if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) }
    }

    fn find(&self, field: &str) -> Option<&'a Value> {
        self.members.get(field).filter(|value| !value.is_null())
    }

    /// Whether the field is there.
    pub(super) fn has(&self, field: &str) -> bool {
        self.find(field).is_some()
    }

    /// The required check of flows-security section 8.3 comes before any value is judged.
    pub(super) fn require(&self, fields: &[&str]) -> Result<(), Refusal> {
        match fields.iter().find(|field| self.find(field).is_none()) {
            Some(missing) => Err(Refusal::missing(&self.name(missing))),
            None => Ok(()),
        }
    }

    pub(super) fn value(&self, field: &str) -> Result<&'a Value, Refusal> {
        self.find(field).ok_or_else(|| Refusal::missing(&self.name(field)))
    }

    pub(super) fn object(&self, field: &str) -> Result<Object<'a>, Refusal> {
        match self.value(field)? {
            Value::Object(members) => Ok(Object { members, path: self.name(field) }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(Refusal::invalid(&self.name(field), "an object"))
            }
        }
    }

    pub(super) fn text(&self, field: &str) -> Result<&'a str, Refusal> {
        match self.value(field)? {
            // proto3 JSON does not tell an empty string from an unset one.
            Value::String(text) if text.is_empty() => Err(Refusal::missing(&self.name(field))),
            Value::String(text) => Ok(text),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                Err(Refusal::invalid(&self.name(field), "a string"))
            }
        }
    }

    /// A 64-bit integer as a decimal string; a JSON number is accepted on receipt (API sections 3.1 and 8).
    pub(super) fn int64(&self, field: &str) -> Result<i64, Refusal> {
        let parsed = match self.value(field)? {
            Value::String(text) if !text.starts_with('+') => text.parse().ok(),
            Value::Number(number) => number.as_i64(),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        parsed.ok_or_else(|| Refusal::invalid(&self.name(field), "a 64-bit integer as a string of digits"))
    }

    pub(super) fn timestamp(&self, field: &str) -> Result<Timestamp, Refusal> {
        self.object(field)?.int64("epochMillis").map(Timestamp::from_millis)
    }

    /// An Amount of either sign (API section 3.5).
    pub(super) fn amount(&self, field: &str) -> Result<Money, Refusal> {
        let amount = self.object(field)?;
        amount.require(&["amountMicros", "currencyCode"])?;
        let micros = amount.int64("amountMicros")?;
        if micros == i64::MIN {
            // The one integer that has no opposite.
            return Err(Refusal::invalid(&amount.name("amountMicros"), "more than the smallest 64-bit integer"));
        }
        let currency = Currency::parse(amount.text("currencyCode")?)
            .map_err(|reason| Refusal::invalid(&amount.name("currencyCode"), reason))?;
        Ok(Money::new(micros, currency))
    }

    /// A payable Amount (API section 3.5, flows-security section 9).
    pub(super) fn payable(&self, field: &str) -> Result<Money, Refusal> {
        let stated = self.amount(field)?;
        Money::payable(stated.micros(), stated.currency()).map_err(|reason| {
            let field = format!("{}.amountMicros", self.name(field));
            Refusal::invalid(&field, format!("a positive whole number of minor units: {reason}"))
        })
    }

    /// FormOfPayment (API section 3.6): the issuer, if one was chosen. Unknown members leave the choice to the payer.
    pub(super) fn form_of_payment(&self, field: &str) -> Result<Option<IssuerId>, Refusal> {
        let form = self.object(field)?;
        if form.members.len() > 1 {
            return Err(Refusal::invalid(&form.path, "exactly one form of payment"));
        }
        if form.find("card").is_some() {
            // Card data is not ours to hold: refused before anything of it is hashed, logged or stored.
            return Err(Refusal::invalid(&form.name("card"), "an issuer or noneChosen; this account takes no cards"));
        }
        let holder = match form.find("financingInstrument") {
            Some(_) => form.object("financingInstrument")?,
            None => form,
        };
        if holder.find("issuerId").is_none() {
            return Ok(None);
        }
        let issuer = holder.object("issuerId")?;
        IssuerId::parse(issuer.text("value")?)
            .map(Some)
            .map_err(|reason| Refusal::invalid(&issuer.name("value"), reason.expected))
    }
}
