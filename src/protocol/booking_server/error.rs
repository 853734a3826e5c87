//! What is wrong with a request, and the body that says so (google-booking-server section 2.4).

use std::borrow::Cow;

use serde_json::json;

use crate::protocol::InvalidJson;

/// A request that is answered with 400. It names a field and what was expected there, never what was sent: requests hold
/// tokens and personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}", self.code(), self.message())]
pub struct BadRequest {
    /// The field's path in `snake_case`, such as `booking.slot.start_sec`; empty for the whole body.
    pub field: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The body is not JSON as of RFC 8259, or names a member twice.
    Json {
        /// From 1; 0 where it is not known.
        line: usize,
        /// From 1; 0 where it is not known.
        column: usize,
    },
    /// Required, and absent, `null` or empty.
    Missing,
    /// Holds what was expected.
    Invalid(&'static str),
    /// An identifier that was never published.
    Unknown,
}

impl BadRequest {
    pub(super) fn json(error: &InvalidJson) -> Self {
        let (line, column) = error.place();
        Self { field: String::new(), fault: Fault::Json { line, column } }
    }

    pub(super) fn missing(field: &str) -> Self {
        Self { field: field.to_owned(), fault: Fault::Missing }
    }

    pub(super) fn invalid(field: &str, expected: &'static str) -> Self {
        Self { field: field.to_owned(), fault: Fault::Invalid(expected) }
    }

    /// An unknown merchant, service, slot or booking.
    pub fn unknown(field: &str) -> Self {
        Self { field: field.to_owned(), fault: Fault::Unknown }
    }

    /// The same complaint, about a member of `parent`.
    pub(super) fn within(self, parent: &str) -> Self {
        let dot = if self.field.is_empty() || self.field.starts_with('[') { "" } else { "." };
        Self { field: format!("{parent}{dot}{}", self.field), fault: self.fault }
    }

    /// The short code for machines.
    pub const fn code(&self) -> &'static str {
        match self.fault {
            Fault::Json { .. } => "invalid_json",
            Fault::Missing => "missing_field",
            Fault::Invalid(_) => "invalid_field",
            Fault::Unknown => "unknown_identifier",
        }
    }

    /// The sentence for people.
    pub fn message(&self) -> String {
        let field: Cow<'_, str> = if self.field.is_empty() { "the body".into() } else { self.field.as_str().into() };
        match self.fault {
            Fault::Json { line, column } => {
                format!("{field} is not strict JSON without duplicate keys (line {line}, column {column})")
            }
            Fault::Missing => format!("{field} is required"),
            Fault::Invalid(expected) => format!("{field}: expected {expected}"),
            Fault::Unknown => format!("{field} is not known"),
        }
    }

    /// The answer's body, of status 400.
    pub fn answer(&self) -> String {
        error_answer(self.code(), &self.message())
    }
}

/// The body of every answer that is not 200 (section 2.4); for other statuses than 400 with the caller's own words, which
/// hold nothing of the request.
pub fn error_answer(code: &str, message: &str) -> String {
    json!({"error": code, "message": message}).to_string()
}
