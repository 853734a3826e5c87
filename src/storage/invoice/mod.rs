//! The invoice in rows.
//!
//! `storage/stored.rs` says how values get their stored counterparts; the files here list the members and variants.
//! `lists.rs` is how invoices are found.

mod lists;
mod messages;
mod snapshot;

use super::redirect_payment::INVOICES;
use super::stored::through_counterparts;
use super::{Codec, CodecError, Summary};
use crate::domain::invoice::{Event, Invoice, State, Via};

pub use lists::{InvoiceFilter, InvoicePlace, ListedInvoice, SoughtRecipient};
pub(super) use lists::{InvoiceWrite, write_lists};

impl Codec for Invoice {
    const KIND: &'static str = "invoice";

    through_counterparts!();

    fn event_kind(event: &Event) -> &'static str {
        match event {
            Event::Created { .. } => "Created",
            Event::LetterAsked { .. } => "LetterAsked",
            Event::Mailed { .. } => "Mailed",
            Event::NotMailed { .. } => "NotMailed",
            Event::Reminded { .. } => "Reminded",
            Event::Attempted(_) => "Attempted",
            Event::PaymentStarted { .. } => "PaymentStarted",
            Event::AttemptFailed { .. } => "AttemptFailed",
            Event::Paid(_) => "Paid",
            Event::RefundBegan(_) => "RefundBegan",
            Event::RefundRetried { .. } => "RefundRetried",
            Event::RefundStands { .. } => "RefundStands",
            Event::ChargeDisputed(_) => "ChargeDisputed",
            Event::Cancelled { .. } => "Cancelled",
            Event::Transferred { .. } => "Transferred",
            Event::Disputed { .. } => "Disputed",
            Event::Resolved { .. } => "Resolved",
        }
    }

    /// All invoices are of one account, as their redirect payments are. The request id is the merchant's number.
    fn summary(state: &State) -> Option<Summary> {
        let content = &state.past()?.content;
        let (amount, issuer) = match state {
            State::Paid(paid) => {
                let issuer = match &paid.payment.via {
                    Via::Redirect { issuer } => issuer.as_ref(),
                    Via::Card { .. } | Via::Transfer { .. } => None,
                };
                (paid.payment.order.total, issuer.map(|issuer| issuer.as_str().to_owned()))
            }
            State::Unheard | State::Open(_) | State::Cancelled(_) => (content.total, None),
        };
        let account = INVOICES.to_owned();
        let request_id = content.reference.as_str().to_owned();
        Some(Summary { account, request_id, issuer, issuer_reference: None, amount })
    }
}
