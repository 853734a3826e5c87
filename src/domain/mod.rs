//! Floor 0: what can be paid, and what may happen to it. Pure: no serde, no async, no clock, no randomness.
//!
//! Architecture invariant: nothing here knows a status code, JSON, SQL or a time of its own. Time, ids and randomness are
//! arguments. Every kind of transaction is a [`Machine`]: `decide` judges an input, `apply` replays an event.

pub mod alarm;
pub mod bank_transfer;
pub mod booking;
pub mod catalog;
mod codes;
mod hands;
mod ids;
pub mod inventory;
pub mod invoice;
mod language;
mod ledger;
mod machine;
mod money;
pub mod payout;
mod person;
mod record;
pub mod redirect_payment;
pub mod remittance;
mod time;

pub use hands::Hands;
pub use ids::{InvalidId, IssuerId, Piaid, RefundId, RequestId, TransactionId, UserName};
pub use language::Language;
pub use ledger::{Account, LedgerEntry, unbalanced_currency};
pub use machine::{Attention, Decision, EffectLane, Machine};
pub use money::{Currency, InvalidMoney, Money};
pub use person::{Capability, Person, Role};
pub use record::{
    BookingListed, ClaimRefused, InvoiceListed, Record, Remittable, RemittableKind, RemittableStanding, Spot,
};
pub use time::{Day, Timestamp};
