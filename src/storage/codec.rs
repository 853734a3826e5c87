//! The contract between a machine's values and the text in its rows.

use crate::domain::{Machine, Money};

/// Text that cannot be read back, or a value that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CodecError(pub String);

impl From<serde_json::Error> for CodecError {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// What of a snapshot stands in columns of its own, to be searched and summed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Google's account (PIAID) or its counterpart.
    pub account: String,
    /// The partner's id of the request that started it.
    pub request_id: String,
    /// The issuer, once there is one.
    pub issuer: Option<String>,
    /// The issuer's own reference of the money that it took, once it took any.
    pub issuer_reference: Option<String>,
    /// What is to be paid.
    pub amount: Money,
}

/// A machine whose values can be stored as JSON text. Reading ignores members that it does not know (a later binary may
/// have written them) and refuses variants that it does not know. It never panics.
pub trait Codec: Machine {
    /// The name of the machine in rows. Never changes.
    const KIND: &'static str;

    /// Writes a snapshot.
    fn encode_state(state: &Self::State) -> Result<String, CodecError>;
    /// Reads a snapshot.
    fn decode_state(text: &str) -> Result<Self::State, CodecError>;
    /// The event's name in the journal.
    fn event_kind(event: &Self::Event) -> &'static str;
    /// Writes an event.
    fn encode_event(event: &Self::Event) -> Result<String, CodecError>;
    /// Reads an event.
    fn decode_event(text: &str) -> Result<Self::Event, CodecError>;
    /// Writes an effect.
    fn encode_effect(effect: &Self::Effect) -> Result<String, CodecError>;
    /// Reads an effect.
    fn decode_effect(text: &str) -> Result<Self::Effect, CodecError>;
    /// Writes a reply.
    fn encode_reply(reply: &Self::Reply) -> Result<String, CodecError>;
    /// Reads a reply.
    fn decode_reply(text: &str) -> Result<Self::Reply, CodecError>;
    /// The columns of a snapshot; `None` for the state before anything happened, which has no row.
    fn summary(state: &Self::State) -> Option<Summary>;
}
