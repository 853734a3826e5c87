//! Reading objects: names without regard to letter case, `null` as if missing, unknown members ignored (outlook-payments
//! sections 4 and 8).

use serde_json::{Map, Value};

use super::error::OutlookError;
use crate::protocol::parse_strict;

/// Longer bodies are refused (section 5.8).
pub(super) const LONGEST_BODY: usize = 256 * 1024;

/// The whole body: an object.
pub(super) fn parse_object(unverified: &[u8]) -> Result<Map<String, Value>, OutlookError> {
    if unverified.len() > LONGEST_BODY {
        return Err(OutlookError::TooLong);
    }
    match parse_strict(unverified) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(OutlookError::Malformed("the body is not a JSON object")),
        Err(_) => Err(OutlookError::Malformed("the body is not JSON")),
    }
}

/// An object that is read.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub &'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// A member that is there; of several spellings the exact one.
    pub(super) fn get(self, name: &str) -> Option<&'a Value> {
        let exact = self.0.get(name);
        let found = exact.or_else(|| self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v));
        found.filter(|value| !value.is_null())
    }

    /// A text, if it is there.
    pub(super) fn text(self, name: &'static str) -> Result<Option<&'a str>, OutlookError> {
        self.get(name).map(|value| value.as_str().ok_or(OutlookError::Malformed(name))).transpose()
    }

    /// A text that has to be there.
    pub(super) fn required(self, name: &'static str) -> Result<&'a str, OutlookError> {
        self.text(name)?.ok_or(OutlookError::Malformed(name))
    }

    /// An object, if it is there.
    pub(super) fn object(self, name: &'static str) -> Result<Option<Fields<'a>>, OutlookError> {
        let object = |value: &'a Value| value.as_object().map(Fields).ok_or(OutlookError::Malformed(name));
        self.get(name).map(object).transpose()
    }
}
