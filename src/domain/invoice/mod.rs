//! An invoice: sent by mail, paid by card from the mail or by a redirect payment of our own (outlook-payments).
//!
//! Its id is derived from the merchant's number, so that making it again meets the first. At most one attempt to pay is
//! under way at a time, and at most one ever succeeds: money that comes beside it goes back by itself. An attempt by card is
//! known by the digest of its token, so that a repeated call gets the outcome that was given before (section 6.7).
//!
//! `words.rs` says what an invoice says, `quote.rs` what it costs, `state.rs` is the snapshot, `message.rs` what is heard and
//! told; `decide.rs` judges, with `pay.rs` for attempts, `money.rs` for what goes back, `post.rs` for mail.

mod apply;
mod decide;
mod message;
mod money;
mod pay;
#[cfg(test)]
mod planted;
mod post;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod property;
mod quote;
mod receipt;
mod state;
mod view;
mod words;

use super::booking::{DisputeStanding, RefundStanding};
use super::{Attention, Decision, EffectLane, Machine, Timestamp};

pub use super::booking::{Dispute as ChargeDispute, DisputeStanding as ChargeDisputeStanding};
pub use message::{CardOrder, CardOutcome, Effect, Event, Input, RedirectOrder, Rejection, Reply};
pub use pay::MOST_ATTEMPTS;
pub use quote::{Item, ItemKind, NotShipped, Quote, quote};
pub use receipt::{confirmation_number, parse_refund_order, refund_order};
pub use state::{
    Attempt, By, Cancelled, Declined, End, Ended, Letter, Marks, Open, Order, Paid, Past, Payer, Payment, Post, Refund,
    Source, State, Via, Waiting,
};
pub use view::{Stage, TokenStanding, View, token_standing, view};
pub use words::{Address, Content, InvoiceReference, Line, Recipient, ShippingWay};

/// The machine of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invoice;

impl Machine for Invoice {
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
        reply.clone()
    }

    fn deadline(state: &State) -> Option<Timestamp> {
        match state {
            State::Open(open) => post::next_reminder(open).map(|next| next.at),
            State::Unheard | State::Paid(_) | State::Cancelled(_) => None,
        }
    }

    fn deadline_reached() -> Input {
        Input::DeadlineReached
    }

    fn attention(state: &State) -> Option<Attention> {
        let failed = |refund: &Refund| matches!(refund.standing, RefundStanding::Failed { .. });
        if state.past()?.refunds.iter().any(failed) {
            return Some(Attention::RefundFailed);
        }
        match state {
            State::Open(open) if open.past.marks.disputed.is_some() => Some(Attention::InvoiceDisputed),
            State::Open(open) => open.past.marks.transferred.map(|_| Attention::TransferSaid),
            State::Paid(paid) => {
                let open = paid.disputes.iter().any(|dispute| dispute.standing == DisputeStanding::Open);
                open.then_some(Attention::Disputed)
            }
            State::Unheard | State::Cancelled(_) => None,
        }
    }

    fn state_name(state: &State) -> &'static str {
        match state {
            State::Unheard => "Unheard",
            State::Open(open) if open.under_way.is_some() => "BeingPaid",
            State::Open(_) => "Open",
            State::Paid(_) => "Paid",
            State::Cancelled(_) => "Cancelled",
        }
    }

    fn lane(effect: &Effect) -> EffectLane {
        match effect {
            Effect::Charge { .. } => EffectLane::Processor,
            // One that is pending for days holds up neither a charge nor another refund's beginning.
            Effect::RefundCard { .. } => EffectLane::Refunds,
            Effect::StartPayment { .. } | Effect::RefundPayment { .. } => EffectLane::House,
            Effect::Mail { .. } => EffectLane::Mail,
        }
    }

    fn idempotency_key(effect: &Effect) -> String {
        match effect {
            Effect::Charge { invoice, attempt, .. } => format!("charge-{invoice}-{attempt}"),
            Effect::StartPayment { invoice, attempt, .. } => format!("start-{invoice}-{attempt}"),
            Effect::RefundCard { invoice, number, tries, .. }
            | Effect::RefundPayment { invoice, number, tries, .. } => refund_order(*invoice, *number, *tries),
            Effect::Mail { invoice, number, .. } => format!("mail-{invoice}-{number}"),
        }
    }
}
