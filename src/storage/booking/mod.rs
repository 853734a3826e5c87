//! The booking in rows.
//!
//! `storage/stored.rs` says how values get their stored counterparts; the files here list the members and variants.

mod agreed;
mod messages;
mod snapshot;

use super::stored::through_counterparts;
use super::{Codec, CodecError, Summary};
use crate::domain::booking::{Agreement, Booking, Event, State};
use crate::domain::catalog::MerchantId;
use crate::domain::{Currency, Money};

impl Codec for Booking {
    const KIND: &'static str = "booking";

    through_counterparts!();

    fn event_kind(event: &Event) -> &'static str {
        match event {
            Event::Booked { .. } => "Booked",
            Event::Attempted { .. } => "Attempted",
            Event::Paid(_) => "Paid",
            Event::PaidLate { .. } => "PaidLate",
            Event::Claimed => "Claimed",
            Event::Expired => "Expired",
            Event::AttemptFailed(_) => "AttemptFailed",
            Event::Challenged { .. } => "Challenged",
            Event::Adopted { .. } => "Adopted",
            Event::ChallengeDropped => "ChallengeDropped",
            Event::Abandoned { .. } => "Abandoned",
            Event::Cancelled(_) => "Cancelled",
            Event::Moved { .. } => "Moved",
            Event::Accepted => "Accepted",
            Event::DeclinedByMerchant => "DeclinedByMerchant",
            Event::NoShow => "NoShow",
            Event::Collecting { .. } => "Collecting",
            Event::Collected { .. } => "Collected",
            Event::CollectingFailed { .. } => "CollectingFailed",
            Event::RefundBegan { .. } => "RefundBegan",
            Event::RefundRetried { .. } => "RefundRetried",
            Event::RefundStands { .. } => "RefundStands",
            Event::Disputed(_) => "Disputed",
            Event::OrphanDisputed(_) => "OrphanDisputed",
        }
    }

    /// The account is the merchant's; the request id is our id, which Google's idempotency token became.
    fn summary(state: &State) -> Option<Summary> {
        let agreement = state.agreement()?;
        Some(Summary {
            account: merchant_account(agreement.merchant()),
            request_id: agreement.id.to_string(),
            issuer: None,
            issuer_reference: None,
            amount: amount(agreement)?,
        })
    }
}

/// The account of everything that belongs to a merchant: bookings, and payouts to it. No PIAID has a colon.
pub fn merchant_account(merchant: &MerchantId) -> String {
    format!("booking:{merchant}")
}

/// What is charged at once, else the price, else what may be charged later.
fn amount(agreement: &Agreement) -> Option<Money> {
    let terms = &agreement.terms;
    let later = || terms.deposit_total().or_else(|| terms.no_show_total());
    // XXX: no currency (ISO 4217).
    let nothing = || Currency::parse("XXX").ok().map(|none| Money::new(0, none));
    terms.due_now().or_else(|| terms.full_price()).or_else(later).or_else(nothing)
}
