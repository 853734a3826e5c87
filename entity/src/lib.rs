//! Rows of Roundtrip: columns only, no behaviour, no words of the domain.
//!
//! Times are UTC milliseconds since the Unix epoch, amounts are micros.

pub mod api_token;
pub mod journal;
pub mod ledger;
pub mod outbox;
pub mod remittable;
pub mod report;
pub mod request_log;
pub mod statement_finding;
pub mod statement_line;
pub mod transaction;
pub mod user;
