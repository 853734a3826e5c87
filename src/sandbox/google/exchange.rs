//! The methods of both sides, and one request to the integrator with its answer.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::channels::Word;
use super::strict;

/// What the integrator is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Method {
    /// Not a call: the browser carries it. A replay is a GET whose redirect is read, not followed.
    Begin,
    Generate,
    Status,
    Echo,
    Refund,
    Statement,
}

impl Method {
    /// The method's name in the specification.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Begin => "Begin Redirect",
            Self::Generate => "generateRedirectPaymentUrl",
            Self::Status => "getRedirectPaymentStatus",
            Self::Echo => "echo",
            Self::Refund => "asynchronousRefund",
            Self::Statement => "remittanceStatementNotification",
        }
    }

    /// Where the integrator hosts it, below its base path (API section 1.2); the browser's way is not among them.
    pub(super) const fn path(self) -> Option<&'static str> {
        match self {
            Self::Begin => None,
            Self::Generate => Some("/v1/payment-integrator-redirect/generateRedirectPaymentUrl"),
            Self::Status => Some("/v1/payment-integrator-redirect/getRedirectPaymentStatus"),
            Self::Echo => Some("/v1/echo"),
            Self::Refund => Some("/v1/payment-integrator-redirect/asynchronousRefund"),
            Self::Statement => Some("/v1/remittanceStatementNotification"),
        }
    }
}

/// What the integrator asks here and Google remembers (API section 6.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Hosted {
    #[default]
    PaymentComplete,
    RefundResult,
    Details,
    Accept,
    AcceptWithModifications,
}

impl Hosted {
    /// The method's name in the specification.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::PaymentComplete => "redirectPaymentCompleteNotification",
            Self::RefundResult => "refundResultNotification",
            Self::Details => "remittanceStatementDetails",
            Self::Accept => "acceptRemittanceStatement",
            Self::AcceptWithModifications => "acceptRemittanceStatementWithModifications",
        }
    }
}

/// The body of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Answer {
    /// Given to the browser: the answer comes back as C1, or not at all.
    Browser,
    /// No answer arrived.
    Failed { why: String },
    /// Opened with the account's keys: the clear text.
    Sealed { clear: String },
    /// Not sealed, or not for us.
    Plain { text: String },
    /// No body.
    Empty,
    /// A redirect, with the clear text of its `redirectResponse` if it has one.
    Redirect { location: String, clear: Option<String> },
}

impl Answer {
    /// The clear text, strictly read.
    pub(super) fn message(&self) -> Option<Value> {
        match self {
            Self::Sealed { clear } => strict::parse(clear.as_bytes()).ok(),
            Self::Browser | Self::Failed { .. } | Self::Plain { .. } | Self::Empty | Self::Redirect { .. } => None,
        }
    }
}

/// One request to the integrator and what it answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Exchange {
    pub(super) method: Method,
    pub(super) request_id: String,
    pub(super) at_ms: i64,
    /// The clear text that was sealed and sent.
    pub(super) sent: String,
    pub(super) status: Option<u16>,
    pub(super) answer: Answer,
    /// What a good status answer says: channel C3.
    #[serde(default)]
    pub(super) word: Option<Word>,
}
