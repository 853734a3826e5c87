//! The whole machine in one `match (state, input)`.

use std::sync::Arc;

use super::apply::apply;
use super::state::{About, Channel, Effect, Event, Input, Rejection, Reply, State, Telling};
use super::{Alarm, SAME_AGAIN_MS, TOLD_AGAIN_MS};
use crate::domain::{Decision, Timestamp};

type Verdict = Result<Decision<Alarm>, Rejection>;

pub(super) fn decide(state: &State, input: &Input, now: Timestamp) -> Verdict {
    match (state, input) {
        // contract 2: each alarm once.
        (State::Unheard, Input::Seen { about, detail }) => Ok(raise(state, about, detail, now)),
        (State::Unheard, Input::Gone | Input::DeadlineReached | Input::Told { .. } | Input::NobodyToTell { .. }) => {
            Err(Rejection::Unknown)
        }

        // A condition that swings about its limit, or that one node sees and another does not, is one alarm.
        (State::Quiet { ended, .. }, Input::Seen { detail, .. }) if now.millis_since(*ended) < SAME_AGAIN_MS => {
            Ok(noted(vec![Event::CameBack { detail: detail.clone() }]))
        }
        (State::Quiet { .. }, Input::Seen { about, detail }) => Ok(raise(state, about, detail, now)),
        // Another node was first, or the sweeper came late.
        (State::Quiet { .. }, Input::Gone | Input::DeadlineReached) => Ok(Decision::answer(Reply::Noted)),

        // It lasts: the next telling says what is seen now.
        (State::Raised { detail: known, .. }, Input::Seen { detail, .. }) if known == detail => {
            Ok(Decision::answer(Reply::Noted))
        }
        (State::Raised { .. }, Input::Seen { detail, .. }) => {
            Ok(noted(vec![Event::Changed { detail: detail.clone() }]))
        }
        (State::Raised { .. }, Input::Gone) => Ok(noted(vec![Event::Ended { at: now }])),
        // contract 2: repeated daily while it lasts.
        (State::Raised { last_told, .. }, Input::DeadlineReached) if now.millis_since(*last_told) >= TOLD_AGAIN_MS => {
            Ok(tell(state, Vec::new(), now))
        }
        // Swept twice, on two nodes.
        (State::Raised { .. }, Input::DeadlineReached) => Ok(Decision::answer(Reply::Noted)),

        // The journal says who was told and when; nothing follows from it.
        (State::Quiet { .. } | State::Raised { .. }, Input::Told { by, number }) => {
            Ok(noted(vec![Event::Told { by: *by, number: *number }]))
        }
        (State::Quiet { .. } | State::Raised { .. }, Input::NobodyToTell { by, number }) => {
            Ok(noted(vec![Event::NobodyToTell { by: *by, number: *number }]))
        }
    }
}

fn noted(events: Vec<Event>) -> Decision<Alarm> {
    Decision { events, ..Decision::answer(Reply::Noted) }
}

fn raise(state: &State, about: &Arc<About>, detail: &str, now: Timestamp) -> Decision<Alarm> {
    tell(state, vec![Event::Raised { about: about.clone(), detail: detail.to_owned(), at: now }], now)
}

/// After `events`, tells the alarm on every channel; whether anybody listens there is not for the machine to know.
fn tell(state: &State, mut events: Vec<Event>, now: Timestamp) -> Decision<Alarm> {
    let state = events.iter().fold(state.clone(), apply);
    let State::Raised { about, since, tellings, detail, .. } = state else {
        return Decision::answer(Reply::Noted);
    };
    let telling = Telling { about, number: tellings.saturating_add(1), since, detail };
    let number = telling.number;
    events.extend([Channel::Mail, Channel::Webhook].map(|by| Event::Telling { by, number, at: now }));
    let effects = vec![Effect::MailAlarm(telling.clone()), Effect::PostAlarm(telling)];
    Decision { events, effects, ..Decision::answer(Reply::Noted) }
}
