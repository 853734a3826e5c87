//! The payer's pages: pure functions from a view and its [`Texts`](super::texts::Texts) to markup.
//!
//! Architecture invariant: nothing here knows a request, an actor, a clock or the configuration. URLs arrive finished
//! (signed where they must be), names and descriptions arrive raw and are escaped by maud.
//!
//! The pages need no script, cookie, inline style or `data:` URL, so that they work under
//! `default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'` plus a `form-action`.
//! Browsers apply `form-action` to the redirect that answers a form, too: it must name `'self'`, every origin that
//! choosing can lead to (the issuers) and every origin that cancelling can lead to (Google's callback hosts).

pub mod assets;
mod at_bank;
mod choose;
#[cfg(test)]
mod contrast;
#[cfg(test)]
mod gallery;
mod invoice;
mod layout;
mod neutral;
mod not_confirmed;

pub use at_bank::{TakingYouToBank, taking_you_to_bank};
pub use choose::{Choose, ISSUER_FIELD, SEARCH_ABOVE, SEARCH_FIELD, Search, choose};
pub use invoice::{
    ADDRESS_FIELD, COUNTRY_FIELD, Choice, Entered, InvoiceReceipt, InvoiceSheet, LANGUAGE_FIELD, LinkExpired, PayOn,
    PricedWay, Trouble, UnderWay, WAY_FIELD, invoice, invoice_receipt, link_asked, link_expired, link_not_now,
};
pub use layout::{IssuerMark, PageAssets};
pub use neutral::{Neutral, neutral};
pub use not_confirmed::{NotConfirmed, NotConfirmedReason, not_confirmed};
