//! A transfer of our bank account: one booked entry, kept apart until it is explained.
//!
//! Money that left or came is in the books as soon as the bank says so, against suspense. A memo line names the remittance
//! statement that it pays (flows-security section 5.5); that statement is asked, and takes it or refuses it. What no
//! statement takes stands before finance. A payout of bookings that arrives, or leaves, is known by its reference and amount.
//!
//! `entry.rs` holds what the bank says, `memo.rs` the recognition of memo lines, `state.rs` the snapshot, `decide.rs` the
//! judgement and the replay.

mod decide;
mod entry;
mod memo;
#[cfg(test)]
mod proof;
mod state;

pub use entry::{BankDay, BankEntry, Direction, Transfer};
pub use memo::{NamedMemo, mentions, named_memo, normalised_memo};
pub use state::{Answer, Effect, Event, Input, Offer, Refusal, Rejection, Reply, Standing, State};

use crate::domain::{Attention, Decision, EffectLane, Machine, Timestamp};

/// The machine of a bank transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BankTransfer;

impl Machine for BankTransfer {
    type State = State;
    type Input = Input;
    type Event = Event;
    type Effect = Effect;
    type Reply = Reply;
    type Rejection = Rejection;

    fn decide(state: &State, input: &Input, _now: Timestamp) -> Result<Decision<Self>, Rejection> {
        decide::decide(state, input)
    }

    fn apply(state: State, event: &Event) -> State {
        decide::apply(state, event)
    }

    fn remembered(reply: &Reply) -> Reply {
        *reply
    }

    fn deadline(_state: &State) -> Option<Timestamp> {
        None
    }

    fn deadline_reached() -> Input {
        Input::DeadlineReached
    }

    fn attention(state: &State) -> Option<Attention> {
        match state {
            State::Unmatched { .. } | State::Differs { .. } => Some(Attention::UnexplainedTransfer),
            State::Unheard
            | State::Offered { .. }
            | State::Matched { .. }
            | State::TakingBack { .. }
            | State::PaidOut { .. } => None,
        }
    }

    fn state_name(state: &State) -> &'static str {
        match state {
            State::Unheard => "Unheard",
            State::Unmatched { .. } => "Unmatched",
            State::Offered { .. } => "Offered",
            State::Matched { .. } => "Matched",
            State::TakingBack { .. } => "TakingBack",
            State::PaidOut { .. } => "PaidOut",
            State::Differs { .. } => "Differs",
        }
    }

    fn lane(effect: &Effect) -> EffectLane {
        match effect {
            Effect::OfferToStatement { .. } | Effect::TakeFromStatement { .. } => EffectLane::House,
        }
    }

    fn idempotency_key(effect: &Effect) -> String {
        match effect {
            Effect::OfferToStatement { transfer, offer, .. } => format!("offer-{transfer}-{}", offer.number),
            Effect::TakeFromStatement { transfer, offer, .. } => format!("take-back-{transfer}-{}", offer.number),
        }
    }
}
