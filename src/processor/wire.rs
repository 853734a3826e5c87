//! What the processor answers. Only what we read is named; none of it is shown.

use std::collections::HashMap;

use serde::Deserialize;

/// An id, or the object in its place where it was asked for.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Reference {
    Id(String),
    Object { id: String },
}

impl Reference {
    pub(super) fn into_id(self) -> String {
        match self {
            Self::Id(id) | Self::Object { id } => id,
        }
    }
}

/// A payment intent or a setup intent.
#[derive(Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) amount: Option<i64>,
    /// What was taken so far: 0 until it is.
    #[serde(default)]
    pub(super) amount_received: Option<i64>,
    #[serde(default)]
    pub(super) currency: Option<String>,
    #[serde(default)]
    pub(super) customer: Option<Reference>,
    #[serde(default)]
    pub(super) payment_method: Option<Reference>,
    #[serde(default)]
    pub(super) next_action: Option<NextAction>,
    #[serde(default)]
    pub(super) last_payment_error: Option<Box<Problem>>,
    #[serde(default)]
    pub(super) last_setup_error: Option<Box<Problem>>,
    #[serde(default)]
    pub(super) metadata: Option<HashMap<String, String>>,
}

#[derive(Deserialize)]
pub(super) struct NextAction {
    #[serde(default)]
    pub(super) redirect_to_url: Option<RedirectToUrl>,
}

#[derive(Deserialize)]
pub(super) struct RedirectToUrl {
    #[serde(default)]
    pub(super) url: Option<String>,
}

/// The body of every refusal.
#[derive(Deserialize)]
pub(super) struct Refusal {
    pub(super) error: Problem,
}

/// Why something was refused.
#[derive(Deserialize, Default)]
pub(super) struct Problem {
    #[serde(rename = "type", default)]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) code: Option<String>,
    #[serde(default)]
    pub(super) decline_code: Option<String>,
    #[serde(default)]
    pub(super) param: Option<String>,
    #[serde(default)]
    pub(super) payment_intent: Option<Box<Intent>>,
    #[serde(default)]
    pub(super) setup_intent: Option<Box<Intent>>,
    #[serde(default)]
    pub(super) payment_method: Option<Method>,
}

impl Problem {
    /// The most telling of its words; a word of the protocol, safe to log.
    pub(super) fn word(&self) -> String {
        let found = [&self.decline_code, &self.code, &self.kind].into_iter().flatten().find(|word| !word.is_empty());
        let plain = |word: &String| {
            word.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').take(60).collect()
        };
        found.map_or_else(|| "unnamed".to_owned(), plain)
    }
}

/// A payment method.
#[derive(Deserialize)]
pub(super) struct Method {
    pub(super) id: String,
    #[serde(default)]
    pub(super) card: Option<Card>,
}

#[derive(Deserialize)]
pub(super) struct Card {
    #[serde(default)]
    pub(super) brand: Option<String>,
}

impl Method {
    pub(super) fn network(&self) -> Option<crate::domain::catalog::CardNetwork> {
        super::words::network(self.card.as_ref()?.brand.as_deref()?)
    }
}

/// Anything with an id.
#[derive(Deserialize)]
pub(super) struct Made {
    pub(super) id: String,
}

/// A refund.
#[derive(Deserialize)]
pub(super) struct Refunded {
    pub(super) id: String,
    /// Absent in answers of old versions: done.
    #[serde(default)]
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) failure_reason: Option<String>,
    #[serde(default)]
    pub(super) metadata: Option<HashMap<String, String>>,
}

/// A page of a list.
#[derive(Deserialize)]
pub(super) struct Page<T> {
    pub(super) data: Vec<T>,
    #[serde(default)]
    pub(super) has_more: bool,
}
