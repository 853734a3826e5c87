//! Parts of a request that answers repeat.

use serde_json::{Map, Value};

use crate::protocol::json::{canonical, parse_strict};

/// A message as Google sent it, in the form that we answer in: the members that were there and that we know, and no others
/// (google-booking-server section 10.3: answers are compared with requests). Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Echo(Map<String, Value>);

/// A stored text that is not an [`Echo`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stored part of a request is not a JSON object")]
pub struct CorruptEcho;

impl Echo {
    pub(super) fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// The text to store: keys sorted, no white space. Equal echoes have equal texts.
    pub fn text(&self) -> String {
        canonical(&self.value())
    }

    /// What [`Echo::text`] wrote.
    pub fn restore(text: &str) -> Result<Self, CorruptEcho> {
        match parse_strict(text.as_bytes()) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) | Err(_) => {
                Err(CorruptEcho)
            }
        }
    }

    pub(super) fn value(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// As JSON, without a copy.
    pub(super) fn json(&self) -> impl std::fmt::Display {
        std::fmt::from_fn(move |f| match serde_json::to_string(&self.0) {
            Ok(text) => f.write_str(&text),
            Err(_) => Err(std::fmt::Error),
        })
    }

    pub(super) fn members(&self) -> &Map<String, Value> {
        &self.0
    }
}
