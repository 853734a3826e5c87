//! Floor 2: the connector to the card processor, Stripe (google-booking-server sections 3.12, 6.8 and 6.9).
//!
//! [`Stripe`] charges one-time tokens, keeps cards for later, gives money back, and says what became of an attempt. A call
//! is one attempt: nothing is tried again here but what never left this machine. The outbox decides about the next one, with
//! the same key; where an outcome is unknown it asks first ([`Stripe::find_charge`], [`Stripe::find_vault`],
//! [`Stripe::find_refund`]).
//!
//! `words.rs` holds what is said to the house, `calls.rs` the way over HTTP, `wire.rs` what the processor answers,
//! `amount.rs` its units; `charge.rs`, `vault.rs`, `refund.rs` and `find.rs` are the operations, `events.rs` what it tells us
//! by itself.
//!
//! Architecture invariant: tokens, keys and references of kept cards stand in no error, no `Debug` output and no URL.

mod amount;
mod calls;
mod charge;
mod events;
mod find;
mod refund;
mod vault;
mod wire;
mod words;

pub use amount::NotChargeable;
pub use calls::{CallFailed, InvalidSettings, Stripe, StripeSettings};
pub use charge::{Charge, Source};
pub use events::{EventError, Happened, ProcessorEvent, UnverifiedEvent, open_event};
pub use find::Attempt;
pub use refund::{Refund, RefundOutcome};
pub use vault::{Vault, VaultOutcome};
pub use words::{Challenge, Decline, DeclineKind, InvalidToken, Outcome, Taken, Token, Vaulted};
