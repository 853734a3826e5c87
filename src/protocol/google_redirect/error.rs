//! `ErrorResponse` and its browser form (API sections 3.9 and 4.2).

use serde_json::{Value, json};

use crate::domain::Timestamp;

/// Why a call is not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// Nothing verified: the caller learns nothing (flows-security section 8.2). `recipient` hints at the account that
    /// the bytes were addressed to, for the browser's way back only.
    #[error("the caller is not authenticated ({code:?})")]
    Unauthenticated {
        /// `invalidPayloadEncryption` or `invalidPayloadSignature`.
        code: ErrorCode,
        /// Index of the account whose key the bytes name.
        recipient: Option<usize>,
    },
    /// The caller is authenticated and gets an `ErrorResponse`, sealed for the account with this index.
    #[error("{refusal}")]
    Refused {
        /// Index of the account whose keys seal the answer.
        account: usize,
        /// What is wrong.
        refusal: Refusal,
    },
}

/// One error: its code and a sentence for support staff that names the field and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code:?}: {description}")]
pub struct Refusal {
    /// The code.
    pub code: ErrorCode,
    /// For support staff; holds no secrets (API section 3.9).
    pub description: String,
}

impl Refusal {
    /// A refusal with a description.
    pub fn new(code: ErrorCode, description: impl Into<String>) -> Self {
        Self { code, description: description.into() }
    }

    pub(super) fn missing(field: &str) -> Self {
        Self::new(ErrorCode::MissingRequiredField(field.to_owned()), format!("{field} is required"))
    }

    pub(super) fn invalid(field: &str, expected: impl std::fmt::Display) -> Self {
        Self::new(ErrorCode::InvalidFieldValue(field.to_owned()), format!("{field}: expected {expected}"))
    }

    /// Some identifier is unknown (API section 3.9, 404).
    pub fn identifier(field: &str) -> Self {
        Self::new(ErrorCode::InvalidIdentifier(field.to_owned()), format!("{field} is not known"))
    }

    /// Same key, different content (flows-security section 7, 412).
    pub fn idempotency_violation() -> Self {
        Self::new(ErrorCode::IdempotencyViolation, "requestHeader.requestId was used before with different content")
    }
}

/// The members of `ErrorResponseResult`, with those that only the browser form has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorCode {
    /// `protocolVersion.major` is not 1; holds what was asked for.
    InvalidApiVersion(i64),
    /// Signed by nobody we trust.
    InvalidPayloadSignature,
    /// Encrypted to no key of ours.
    InvalidPayloadEncryption,
    /// Outside the clock window.
    RequestTimestampOutOfRange {
        /// As requested.
        requested: Timestamp,
        /// Our time.
        current: Timestamp,
    },
    /// Holds the field's name.
    InvalidIdentifier(String),
    /// Same key, different content.
    IdempotencyViolation,
    /// Holds the field's name.
    InvalidFieldValue(String),
    /// Holds the field's name.
    MissingRequiredField(String),
    /// Decrypted, but not parseable.
    InvalidDecryptedRequest,
    /// The system is not in the state that the request needs, and it may be later.
    PreconditionViolation,
    /// The account belongs to another signer.
    Forbidden,
    /// Ours, retryable: 503, in the browser `unavailable`.
    Unavailable,
}

impl ErrorCode {
    /// The advised HTTP status (flows-security section 8.1).
    pub fn status(&self) -> u16 {
        match self {
            Self::InvalidApiVersion(_)
            | Self::InvalidPayloadEncryption
            | Self::RequestTimestampOutOfRange { .. }
            | Self::InvalidFieldValue(_)
            | Self::MissingRequiredField(_)
            | Self::PreconditionViolation
            | Self::InvalidDecryptedRequest => 400,
            Self::InvalidPayloadSignature => 401,
            Self::Forbidden => 403,
            Self::InvalidIdentifier(_) => 404,
            Self::IdempotencyViolation => 412,
            Self::Unavailable => 503,
        }
    }

    /// The union member, or `None` where the union has none.
    fn member(&self) -> Option<(&'static str, Value)> {
        Some(match self {
            Self::InvalidApiVersion(requested) => {
                ("invalidApiVersion", json!({"requestVersion": {"major": requested}, "expectedVersion": {"major": 1}}))
            }
            Self::InvalidPayloadSignature => ("invalidPayloadSignature", json!({})),
            Self::InvalidPayloadEncryption => ("invalidPayloadEncryption", json!({})),
            Self::RequestTimestampOutOfRange { requested, current } => (
                "requestTimestampOutOfRange",
                json!({
                    "requestTimestamp": {"epochMillis": requested.to_string()},
                    "currentTimestamp": {"epochMillis": current.to_string()},
                }),
            ),
            Self::InvalidIdentifier(field) => ("invalidIdentifier", json!({"invalidIdentifierFieldName": field})),
            Self::IdempotencyViolation => ("idempotencyViolation", json!({})),
            Self::InvalidFieldValue(field) => ("invalidFieldValue", json!({"invalidFieldName": field})),
            Self::MissingRequiredField(field) => ("missingRequiredField", json!({"missingFieldName": field})),
            Self::InvalidDecryptedRequest => ("invalidDecryptedRequest", json!({})),
            Self::PreconditionViolation => ("preconditionViolation", json!({})),
            Self::Forbidden => ("forbidden", json!({})),
            Self::Unavailable => return None,
        })
    }

    /// `ErrorResponseResult` of a server-to-server answer.
    pub(super) fn server_result(&self) -> Option<Value> {
        self.member().map(|(name, payload)| json!({ name: payload }))
    }

    /// `ErrorResponseResult` of the browser form. `forbidden` is avoided there (API section 4.2) in favour of the
    /// identifier that it is about.
    pub(super) fn browser_result(&self) -> Value {
        match self {
            Self::Forbidden => json!({"invalidIdentifier": {}}),
            Self::Unavailable => json!({"unavailable": {}}),
            Self::InvalidApiVersion(_)
            | Self::InvalidPayloadSignature
            | Self::InvalidPayloadEncryption
            | Self::RequestTimestampOutOfRange { .. }
            | Self::InvalidIdentifier(_)
            | Self::IdempotencyViolation
            | Self::InvalidFieldValue(_)
            | Self::MissingRequiredField(_)
            | Self::PreconditionViolation
            | Self::InvalidDecryptedRequest => self.server_result().unwrap_or_else(|| json!({"internalError": {}})),
        }
    }
}
