//! Money of bookings on its way to a bank: what the card processor pays out to us, and what we pay out to a merchant.
//!
//! A payout of the processor is booked when the processor says that it was sent, and reversed when it says that the bank sent
//! it back; its words may come more than once and in any order. A payout to a merchant is booked when a person of finance
//! records it, and reversed when one takes it back: our bank's own interface is not ours to drive. Until the bank's
//! statement shows it, a payout is money under way (`Account::Suspense`).
//!
//! `state.rs` holds the snapshot and the words, `decide.rs` the judgement and the replay.

mod decide;
#[cfg(test)]
mod proof;
mod state;

pub use state::{
    Effect, Event, Input, InvalidReference, MerchantPayout, PayoutReference, ProcessorPayout, Rejection, Reply,
    Standing, State,
};

use crate::domain::{Attention, Decision, EffectLane, Machine, Timestamp};

/// The machine of a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payout;

impl Machine for Payout {
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
            State::Failed { .. } => Some(Attention::PayoutFailed),
            State::Unheard
            | State::Paid { .. }
            | State::Closed { .. }
            | State::Recorded { .. }
            | State::TakenBack { .. } => None,
        }
    }

    fn state_name(state: &State) -> &'static str {
        match state {
            State::Unheard => "Unheard",
            State::Paid { .. } => "Paid",
            State::Failed { .. } => "Failed",
            State::Recorded { .. } => "Recorded",
            State::TakenBack { .. } => "TakenBack",
            State::Closed { .. } => "Closed",
        }
    }

    fn lane(effect: &Effect) -> EffectLane {
        match *effect {}
    }

    fn idempotency_key(effect: &Effect) -> String {
        match *effect {}
    }
}
