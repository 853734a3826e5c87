//! Google Standard Payments, Redirect FOP v1: both directions.
//!
//! [`Accounts::unseal`] turns a body into a [`Call`] in the order of flows-security section 8.3; [`Accounts::begin`] does
//! the same for the browser's request; [`Accounts::seal`] makes the answers; [`GoogleClient`] calls Google.

mod begin;
mod callback;
mod client;
mod error;
mod read;
mod remittance;
mod skew;
mod unseal;
mod write;

pub use begin::{BeginCall, BeginError, BeginQuery};
pub use callback::{CallbackHosts, InvalidCallback};
pub use client::{CallFailed, EchoAnswer, GoogleClient, GoogleEndpoint, Notification, RefundNotification, http_client};
pub use error::{ErrorCode, ProtocolError, Refusal};
pub use remittance::{StatementCall, StatementSummary};
pub use skew::ClockSkew;
pub use unseal::{Account, Accounts, Call, Request, StartRequest, Wanted};
pub use write::{Answer, complete_url};
