//! The invoice in rows.
//!
//! `storage/stored.rs` says how values get their stored counterparts; the files here list the members and variants.
//! `lists.rs` is how invoices are found.

mod lists;
mod messages;
mod snapshot;

use super::stored::{read, write};
use super::{Codec, CodecError, Summary};
use crate::domain::invoice::{Effect, Event, Invoice, Reply, State};

pub use lists::{InvoiceFilter, InvoicePlace, ListedInvoice};
pub(super) use lists::{InvoiceWrite, write_lists};

impl Codec for Invoice {
    const KIND: &'static str = "invoice";

    fn encode_state(state: &State) -> Result<String, CodecError> {
        write(state)
    }

    fn decode_state(text: &str) -> Result<State, CodecError> {
        read(text)
    }

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

    fn encode_event(event: &Event) -> Result<String, CodecError> {
        write(event)
    }

    fn decode_event(text: &str) -> Result<Event, CodecError> {
        read(text)
    }

    fn encode_effect(effect: &Effect) -> Result<String, CodecError> {
        write(effect)
    }

    fn decode_effect(text: &str) -> Result<Effect, CodecError> {
        read(text)
    }

    fn encode_reply(reply: &Reply) -> Result<String, CodecError> {
        write(reply)
    }

    fn decode_reply(text: &str) -> Result<Reply, CodecError> {
        read(text)
    }

    /// All invoices are of one account, which no PIAID can be: none has a colon. The request id is the merchant's number.
    fn summary(state: &State) -> Option<Summary> {
        let content = &state.past()?.content;
        let (amount, issuer) = match state {
            State::Paid(paid) => {
                let issuer = match &paid.payment.via {
                    crate::domain::invoice::Via::Redirect { issuer } => issuer.as_ref(),
                    crate::domain::invoice::Via::Card { .. } | crate::domain::invoice::Via::Transfer { .. } => None,
                };
                (paid.payment.order.total, issuer.map(|issuer| issuer.as_str().to_owned()))
            }
            State::Unheard | State::Open(_) | State::Cancelled(_) => (content.total, None),
        };
        let account = format!("invoice:{}", amount.currency());
        Some(Summary { account, request_id: content.reference.as_str().to_owned(), issuer, amount })
    }
}
