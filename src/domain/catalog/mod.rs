//! What merchants offer through Google's Actions Center: merchants, their services and payment options, and the slots that
//! can be booked (google-booking-server sections 3.1 to 3.14 and 7.3 to 7.7).
//!
//! `ids.rs` names things, `offer.rs` holds merchants and services, `slot.rs` what can be booked, `published.rs` their words in the feeds, `terms.rs` what a booking of
//! it costs and until when it can be undone. No state changes here: who books is a transaction of its own.

mod ids;
mod offer;
mod published;
mod slot;
mod terms;

pub use ids::{MerchantId, PaymentOptionId, ServiceId, SlotKey};
pub use offer::{
    Activation, CardNetwork, CardRequirement, ChargeTiming, Deposit, Interval, Merchant, NoShowFee, OptionKind,
    PaymentOption, Prepayment, PriceType, SchedulingRules, Service, TaxRate,
};
pub use published::Published;
pub use slot::{ConfirmationMode, LAST_SECOND, LONGEST_S, Overrides, SlotId, SlotOffer};
pub use terms::{DepositDue, NoTerms, Terms, effective_terms};
