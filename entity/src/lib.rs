//! Rows of Roundtrip: columns only, no behaviour, no words of the domain.
//!
//! Times are UTC milliseconds since the Unix epoch, amounts are micros.

pub mod api_token;
pub mod audit;
pub mod booking;
pub mod booking_charge;
pub mod figure;
pub mod inventory;
pub mod invoice;
pub mod invoice_charge;
pub mod job;
pub mod job_part;
pub mod journal;
pub mod ledger;
pub mod ledger_balance;
pub mod marketing;
pub mod merchant;
pub mod outbox;
pub mod pack;
pub mod payment_group;
pub mod remittable;
pub mod report;
pub mod request_log;
pub mod service;
pub mod session;
pub mod sign_in_failure;
pub mod slot;
pub mod staging;
pub mod statement_finding;
pub mod statement_line;
pub mod transaction;
pub mod user;
