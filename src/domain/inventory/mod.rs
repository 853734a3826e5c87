//! What Google has still to be told about the slots of one service (google-booking-server section 8.5).
//!
//! Every local change of a slot's spots is told. Changes coalesce: while one telling is under way, further ones only widen
//! the window that is told next. A telling carries no slots, only the window: who carries it out reads how they stand
//! then, so that Google hears the present and never an older state after a newer one.
//!
//! `state.rs` holds the words, `decide.rs` the judgement and the replay.

mod decide;
#[cfg(test)]
mod proof;
mod state;

pub use state::{Effect, Event, Input, Rejection, Reply, State, Subject, Window};

use crate::domain::{Attention, Decision, EffectLane, Machine, Timestamp};

/// The machine of one service's slots at Google.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inventory;

impl Machine for Inventory {
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

    fn attention(_state: &State) -> Option<Attention> {
        None
    }

    fn state_name(state: &State) -> &'static str {
        match state {
            State::Unheard => "Unheard",
            State::Told { .. } => "Told",
            State::Telling { .. } => "Telling",
        }
    }

    fn lane(effect: &Effect) -> EffectLane {
        match effect {
            Effect::TellAvailability { .. } => EffectLane::Google,
        }
    }

    fn idempotency_key(effect: &Effect) -> String {
        match effect {
            Effect::TellAvailability { subject, number, .. } => format!("availability-{}-{number}", subject.id),
        }
    }
}
