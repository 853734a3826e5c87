//! An alarm: something that a person has to hear of. It is told once, told again daily while it lasts, and ends by itself
//! (contract section 2).
//!
//! Its id is derived from kind and subject, so that however many nodes see the same thing, one alarm is raised, once.

mod apply;
mod decide;
#[cfg(test)]
mod proof;
mod state;

pub use state::{About, AlarmKind, Channel, Effect, Event, Input, Rejection, Reply, State, Telling};

use crate::domain::{Attention, Decision, EffectLane, Machine, Timestamp};

/// The machine of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alarm;

/// While an alarm lasts it is told again so long after the last telling.
pub const TOLD_AGAIN_MS: i64 = 24 * 3_600 * 1_000;
/// An alarm that comes back sooner than this never went away: nobody is told at every swing.
pub const SAME_AGAIN_MS: i64 = 10 * 60 * 1_000;

impl Machine for Alarm {
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
        *reply
    }

    fn deadline(state: &State) -> Option<Timestamp> {
        match state {
            State::Raised { last_told, .. } => Some(last_told.plus_millis(TOLD_AGAIN_MS)),
            State::Unheard | State::Quiet { .. } => None,
        }
    }

    fn deadline_reached() -> Input {
        Input::DeadlineReached
    }

    fn attention(state: &State) -> Option<Attention> {
        match state {
            // An alarm points at what stands before somebody; it does not stand there itself.
            State::Unheard | State::Quiet { .. } | State::Raised { .. } => None,
        }
    }

    fn state_name(state: &State) -> &'static str {
        match state {
            State::Unheard => "Unheard",
            State::Quiet { .. } => "Quiet",
            State::Raised { .. } => "Raised",
        }
    }

    fn lane(effect: &Effect) -> EffectLane {
        match effect {
            Effect::MailAlarm(_) => EffectLane::Mail,
            Effect::PostAlarm(_) => EffectLane::Webhook,
        }
    }

    fn idempotency_key(effect: &Effect) -> String {
        let (telling, channel) = match effect {
            Effect::MailAlarm(telling) => (telling, Channel::Mail),
            Effect::PostAlarm(telling) => (telling, Channel::Webhook),
        };
        format!("alarm-{}-{}-{}", telling.about.id, telling.number, channel.as_str())
    }
}
