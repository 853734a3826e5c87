//! Payments in Outlook (outlook-payments): the payment request in the mail, the two webhooks of the payment pane, and the
//! Adaptive Card with its actions, which is what runs today.
//!
//! * In: [`KeySource::verify`] (who calls), [`PaymentRequest::unseal`], [`PaymentComplete::unseal`], [`unseal_action`],
//!   [`Party::permit`] (whether they may).
//! * Out: [`PaneAnswer::seal`], [`CompleteAnswer::seal`], [`Card::write`], [`payment_request_markup`], [`card_markup`],
//!   [`OutlookError`].
//!
//! Nothing here decides: an invoice's price comes from [`crate::domain::invoice::quote`], its state from its machine.

mod account;
mod action;
mod address;
mod amount;
mod answer;
mod card;
mod complete;
mod context;
mod error;
mod fields;
mod json;
mod keys;
mod markup;
mod moment;
mod party;
mod request;
mod token;

pub use account::{Account, ShownInvoice};
pub use action::{CARD_STATUS, CARD_UPDATE, CardAction, status_sentence, unseal_action};
pub use address::ShippingAddress;
pub use amount::StatedAmount;
pub use answer::PaneAnswer;
pub use card::{Card, CardState, CardTokens};
pub use complete::{CardFault, CompleteAnswer, Failure, Payer, PaymentComplete};
pub use context::UnverifiedContext;
pub use error::{JSON_TYPE, OutlookError, check_media_type};
pub use keys::{BearerFailed, KeySource, KeysUnavailable};
pub use markup::{Signing, action_request, card_markup, payment_request_markup};
pub use party::{Party, Permit, UserPolicy};
pub use request::{METHOD, PaneEvent, PaymentRequest};
pub use token::{CheckFailed, Expected, PaymentToken};

#[cfg(test)]
mod proof;
