//! The redirect payment: a payer comes from Google, or from the page of an invoice, pays at an issuer, and who sent the
//! payer learns the outcome.
//!
//! `state.rs` holds the snapshot, `decide.rs` the judgement, `apply.rs` the replay, `outcome.rs` the endings, `refund.rs`
//! what goes back, `desk.rs` what people do.

mod apply;
mod decide;
mod desk;
#[cfg(test)]
mod desk_proof;
#[cfg(test)]
mod invoice_proof;
mod outcome;
#[cfg(test)]
mod proof;
mod refund;
#[cfg(test)]
mod refund_proof;
#[cfg(test)]
mod refund_property;
mod state;
mod view;

pub use outcome::{Decline, IssuerReport, IssuerWord, Negative, Outcome, RawCode, Receipt, Verdict};
pub use refund::{
    Refund, RefundDecline, RefundOrder, RefundOrigin, RefundRefusal, RefundReport, RefundResult, RefundStanding,
    RefundWord, Refunds,
};
pub use state::{
    ClosedAs, Closing, Effect, Event, Flow, GoogleStart, Input, InvoiceAttempt, Opening, Origin, Rejection, Reply,
    Stage, Standing, Start, State, Terms,
};

use crate::domain::{Attention, Decision, EffectLane, Machine, Timestamp};

/// The machine of a redirect payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RedirectPayment;

impl Machine for RedirectPayment {
    type State = State;
    type Input = Input;
    type Event = Event;
    type Effect = Effect;
    type Reply = Reply;
    type Rejection = Rejection;

    fn decide(state: &State, input: &Input, now: Timestamp) -> Result<Decision<Self>, Rejection> {
        decide::decide(state, input, now)
    }

    fn apply(state: State, event: &Event) -> State {
        apply::apply(state, event)
    }

    fn remembered(reply: &Reply) -> Reply {
        match reply {
            // Whoever comes back to a standing asks again how it stands: a browser, or an issuer that needs no answer.
            Reply::Standing(_) | Reply::Noted => Reply::Noted,
            Reply::Link(_) | Reply::Refused(_) | Reply::Status(_, _) | Reply::RefundAcknowledged => reply.clone(),
        }
    }

    fn deadline(state: &State) -> Option<Timestamp> {
        match state {
            State::AwaitingIssuerChoice { terms, .. } => Some(terms.choose_by),
            State::AtIssuer { deadline, .. } => *deadline,
            State::Pending { next_ask, .. } => *next_ask,
            State::Paid { refunds, .. } | State::PaidAfterClose { refunds, .. } => refunds.next_ask(),
            State::Unstarted | State::Declined(_) | State::Abandoned(_) | State::Expired(_) => None,
        }
    }

    fn deadline_reached() -> Input {
        Input::DeadlineReached
    }

    fn attention(state: &State) -> Option<Attention> {
        desk::reason(state).filter(|_| !state.is_dealt_with())
    }

    fn state_name(state: &State) -> &'static str {
        match state {
            State::Unstarted => "Unstarted",
            State::AwaitingIssuerChoice { .. } => "AwaitingIssuerChoice",
            State::AtIssuer { .. } => "AtIssuer",
            State::Pending { .. } => "Pending",
            State::Paid { .. } => "Paid",
            State::Declined(_) => "Declined",
            State::Abandoned(_) => "Abandoned",
            State::Expired(_) => "Expired",
            State::PaidAfterClose { .. } => "PaidAfterClose",
        }
    }

    fn lane(effect: &Effect) -> EffectLane {
        match effect {
            Effect::NotifyPaymentComplete { .. } | Effect::NotifyRefundResult { .. } => EffectLane::Google,
            Effect::AskIssuerForStatus { .. } | Effect::RefundAtIssuer { .. } => EffectLane::Issuer,
            Effect::ConsiderGivingBack { .. } | Effect::TellInvoice { .. } | Effect::TellInvoiceOfRefund { .. } => {
                EffectLane::House
            }
        }
    }

    fn idempotency_key(effect: &Effect) -> String {
        match effect {
            // There is one C2 per payment, so its requestId may be derived from the payment alone.
            Effect::NotifyPaymentComplete { payment, .. } => format!("c2-{payment}"),
            Effect::AskIssuerForStatus { payment, number, .. } => format!("status-{payment}-{number}"),
            Effect::RefundAtIssuer { refund, question, .. } => format!("refund-{refund}-{question}"),
            // There is one result per refund.
            Effect::NotifyRefundResult { refund, .. } => format!("rr-{refund}"),
            Effect::TellInvoice { payment, .. } => format!("invoice-{payment}"),
            Effect::TellInvoiceOfRefund { refund, .. } => format!("invoice-refund-{refund}"),
            Effect::ConsiderGivingBack { payment, receipt, .. } => format!("late-{payment}-{receipt}"),
        }
    }
}
