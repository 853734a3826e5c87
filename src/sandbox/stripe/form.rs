//! The fields of a request, and refusals in the processor's shape.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::book::{Metadata, Record};

/// The fields of a request.
#[derive(Debug, Clone, Default)]
pub(super) struct Form(BTreeMap<String, String>);

/// A no. What it changes all the same, such as a declined intent, is written.
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) error: Value,
    pub(super) records: Vec<Record>,
}

/// What a request changes, and its answer.
pub(super) type Changed = (Vec<Record>, Value);
/// The same, or a no.
pub(super) type Done = Result<Changed, Refusal>;

impl Refusal {
    /// 400 of the caller's own making.
    pub(super) fn invalid(code: &str, param: &str, message: &str) -> Self {
        let mut error = json!({"type": "invalid_request_error", "message": message});
        if let Some(members) = error.as_object_mut() {
            for (name, value) in [("code", code), ("param", param)] {
                if !value.is_empty() {
                    members.insert(name.to_owned(), value.into());
                }
            }
        }
        Self { status: 400, error, records: Vec::new() }
    }

    pub(super) fn missing(what: &str, id: &str) -> Self {
        let refusal = Self::invalid("resource_missing", what, &format!("No such {what}: '{id}'"));
        Self { status: 404, ..refusal }
    }
}

impl Form {
    pub(super) fn parse(bytes: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// Refuses a field that is none of these; `metadata` stands for all its members.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        let stranger = self.0.keys().find(|name| {
            let base = name.split_once('[').map_or(name.as_str(), |(base, _)| base);
            !(known.contains(&name.as_str()) || base == "metadata" && known.contains(&"metadata"))
        });
        let say =
            |name: &String| Refusal::invalid("parameter_unknown", name, &format!("Received unknown parameter: {name}"));
        stranger.map_or(Ok(()), |name| Err(say(name)))
    }

    /// The same with another value of a field.
    pub(super) fn with(&self, name: &str, value: &str) -> Self {
        let mut form = self.clone();
        form.0.insert(name.to_owned(), value.to_owned());
        form
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        let missing = || Refusal::invalid("parameter_missing", name, &format!("Missing required param: {name}."));
        self.text(name).ok_or_else(missing)
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let invalid = |_| Refusal::invalid("parameter_invalid_integer", name, &format!("Invalid integer: {name}"));
        self.text(name).map(|text| text.parse().map_err(invalid)).transpose()
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }

    pub(super) fn metadata(&self) -> Metadata {
        let member = |(name, value): (&String, &String)| {
            let key = name.strip_prefix("metadata[")?.strip_suffix(']')?;
            Some((key.to_owned(), value.clone()))
        };
        self.0.iter().filter_map(member).collect()
    }

    /// Tells forms apart: the same fields in any order are the same.
    pub(super) fn fingerprint(&self, path: &str) -> String {
        let parts =
            self.0.iter().flat_map(|(name, value)| [name, value]).map(|part| format!("\n{}:{part}", part.len()));
        let text: String = std::iter::once(path.to_owned()).chain(parts).collect();
        crate::crypto::hex(&crate::crypto::content_hash(text.as_bytes()))
    }
}
