//! The redirect payment in rows.
//!
//! The domain knows no JSON. `values.rs`, `snapshot.rs` and `messages.rs` hold serialisable counterparts of its values:
//! they borrow when writing and own when reading. A counterpart's member or variant is never renamed or removed while rows
//! with it exist; a new member is an `Option`.

mod messages;
mod refunds;
mod snapshot;
mod values;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Codec, CodecError, Summary};
use crate::domain::redirect_payment::{Effect, Event, Origin, RedirectPayment, Reply, State};
use messages::{StoredEffect, StoredEvent, StoredReply};
use snapshot::StoredState;

/// The account of the payments of invoices.
pub const INVOICES: &str = "invoices:";

impl Codec for RedirectPayment {
    const KIND: &'static str = "redirect_payment";

    fn encode_state(state: &State) -> Result<String, CodecError> {
        write(&StoredState::from(state))
    }

    fn decode_state(text: &str) -> Result<State, CodecError> {
        read::<StoredState>(text)?.try_into()
    }

    fn event_kind(event: &Event) -> &'static str {
        match event {
            Event::Started { .. } => "Started",
            Event::SentToIssuer { .. } => "SentToIssuer",
            Event::IssuerAsked => "IssuerAsked",
            Event::StillPending { .. } => "StillPending",
            Event::AmountDiffered { .. } => "AmountDiffered",
            Event::Paid(_) => "Paid",
            Event::Declined(_) => "Declined",
            Event::Abandoned(_) => "Abandoned",
            Event::Expired => "Expired",
            Event::PaidAfterClose(_) => "PaidAfterClose",
            Event::PaidAgain(_) => "PaidAgain",
            Event::Contradicted { .. } => "Contradicted",
            Event::Notified => "Notified",
            Event::RefundOrdered(_) => "RefundOrdered",
            Event::RefundAsked { .. } => "RefundAsked",
            Event::RefundStillPending { .. } => "RefundStillPending",
            Event::RefundClosed { .. } => "RefundClosed",
            Event::RefundContradicted { .. } => "RefundContradicted",
            Event::RefundNotified { .. } => "RefundNotified",
            Event::DealtWith { .. } => "DealtWith",
        }
    }

    fn encode_event(event: &Event) -> Result<String, CodecError> {
        write(&StoredEvent::from(event))
    }

    fn decode_event(text: &str) -> Result<Event, CodecError> {
        read::<StoredEvent>(text)?.try_into()
    }

    fn encode_effect(effect: &Effect) -> Result<String, CodecError> {
        write(&StoredEffect::from(effect))
    }

    fn decode_effect(text: &str) -> Result<Effect, CodecError> {
        read::<StoredEffect>(text)?.try_into()
    }

    fn encode_reply(reply: &Reply) -> Result<String, CodecError> {
        write(&StoredReply::from(reply))
    }

    fn decode_reply(text: &str) -> Result<Reply, CodecError> {
        read::<StoredReply>(text)?.try_into()
    }

    fn summary(state: &State) -> Option<Summary> {
        let terms = state.terms()?;
        let (account, request_id) = match &terms.origin {
            Origin::Google(google) => (google.piaid.as_str().to_owned(), google.request_id.as_str().to_owned()),
            Origin::Invoice(of) => (INVOICES.to_owned(), format!("{}:{}", of.reference, of.attempt)),
        };
        Some(Summary {
            account,
            request_id,
            issuer: state.issuer().map(|issuer| issuer.as_str().to_owned()),
            issuer_reference: reference(state).map(str::to_owned),
            amount: terms.amount,
        })
    }
}

/// The issuer's reference of the money that it took.
fn reference(state: &State) -> Option<&str> {
    match state {
        State::Paid { receipt, .. } | State::PaidAfterClose { receipt, .. } => Some(&receipt.reference),
        State::Unstarted
        | State::AwaitingIssuerChoice { .. }
        | State::AtIssuer { .. }
        | State::Pending { .. }
        | State::Declined(_)
        | State::Abandoned(_)
        | State::Expired(_) => None,
    }
}

fn write<T: Serialize>(value: &T) -> Result<String, CodecError> {
    Ok(serde_json::to_string(value)?)
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, CodecError> {
    Ok(serde_json::from_str(text)?)
}
