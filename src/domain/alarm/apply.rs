//! Replays events. Total: an event that does not fit its state leaves it unchanged, for `decide` never makes one.

use super::state::{Event, State};

pub(super) fn apply(state: State, event: &Event) -> State {
    match event {
        Event::Raised { about, detail, at } => {
            let tellings = match &state {
                State::Unheard => 0,
                State::Quiet { tellings, .. } | State::Raised { tellings, .. } => *tellings,
            };
            State::Raised { about: about.clone(), since: *at, last_told: *at, tellings, detail: detail.clone() }
        }
        Event::CameBack { detail } => match state {
            State::Quiet { about, since, last_told, tellings, .. } => {
                State::Raised { about, since, last_told, tellings, detail: detail.clone() }
            }
            other @ (State::Unheard | State::Raised { .. }) => other,
        },
        Event::Changed { detail } => match state {
            State::Raised { about, since, last_told, tellings, .. } => {
                State::Raised { about, since, last_told, tellings, detail: detail.clone() }
            }
            other @ (State::Unheard | State::Quiet { .. }) => other,
        },
        Event::Telling { number, at, .. } => match state {
            State::Raised { about, since, detail, .. } => {
                State::Raised { about, since, last_told: *at, tellings: *number, detail }
            }
            other @ (State::Unheard | State::Quiet { .. }) => other,
        },
        Event::Ended { at } => match state {
            State::Raised { about, since, last_told, tellings, .. } => {
                State::Quiet { about, since, last_told, tellings, ended: *at }
            }
            other @ (State::Unheard | State::Quiet { .. }) => other,
        },
        Event::Told { .. } | Event::NobodyToTell { .. } => state,
    }
}
