//! The whole machine in one `match (state, input)`, and the replay. Every pair is listed; each arm cites its rule.

use std::sync::Arc;

use super::Inventory;
use super::state::{Effect, Event, Input, Rejection, Reply, State, Subject, Window};
use crate::domain::Decision;

type Verdict = Result<Decision<Inventory>, Rejection>;

pub(super) fn decide(state: &State, input: &Input) -> Verdict {
    match (state, input) {
        // google-booking-server 8.5: sent after every local change of a published slot.
        (State::Unheard, Input::SpotsChanged { subject, window }) => Ok(tell(Vec::new(), subject, 1, *window)),
        (State::Told { subject, number }, Input::SpotsChanged { window, .. }) => {
            Ok(tell(Vec::new(), subject, number.saturating_add(1), *window))
        }
        // Coalesced per service and time range. The telling under way may have read its slots already, so that even a change
        // inside its window has to be told again.
        (State::Telling { pending: Some(pending), .. }, Input::SpotsChanged { window, .. })
            if pending.holds(*window) =>
        {
            Ok(Decision::answer(Reply::Noted))
        }
        (State::Telling { pending, .. }, Input::SpotsChanged { window, .. }) => {
            let pending = pending.map_or(*window, |pending| pending.widened(*window));
            Ok(noted(vec![Event::Widened { pending }]))
        }

        // What came meanwhile goes out next, with the window itself where it was not told to its end.
        (State::Telling { subject, number, window, pending }, Input::Told { number: told, left }) if number == told => {
            let again = left.then_some(*window);
            let next = match (again, *pending) {
                (Some(again), Some(pending)) => Some(again.widened(pending)),
                (again, pending) => again.or(pending),
            };
            let events = vec![Event::Told { number: *number }];
            match next {
                Some(next) => Ok(tell(events, subject, number.saturating_add(1), next)),
                None => Ok(noted(events)),
            }
        }
        // The outcome of an older telling, delivered twice.
        (State::Told { .. } | State::Telling { .. }, Input::Told { .. }) => Ok(Decision::answer(Reply::Noted)),

        // Slots wait for Google, not for a time.
        (State::Told { .. } | State::Telling { .. }, Input::DeadlineReached) => Ok(Decision::answer(Reply::Noted)),
        (State::Unheard, Input::Told { .. } | Input::DeadlineReached) => Err(Rejection::Unknown),
    }
}

fn noted(events: Vec<Event>) -> Decision<Inventory> {
    Decision { events, ..Decision::answer(Reply::Noted) }
}

fn tell(mut events: Vec<Event>, subject: &Arc<Subject>, number: u64, window: Window) -> Decision<Inventory> {
    events.push(Event::Telling { subject: subject.clone(), number, window });
    let effects = vec![Effect::TellAvailability { subject: subject.clone(), number, window }];
    Decision { events, effects, ..Decision::answer(Reply::Noted) }
}

/// Replays an event. Total: an event that does not fit its state leaves it unchanged, for `decide` never makes one.
pub(super) fn apply(state: State, event: &Event) -> State {
    match (state, event) {
        (State::Unheard | State::Told { .. }, Event::Telling { subject, number, window }) => {
            State::Telling { subject: subject.clone(), number: *number, window: *window, pending: None }
        }
        (State::Telling { subject, number, window, .. }, Event::Widened { pending }) => {
            State::Telling { subject, number, window, pending: Some(*pending) }
        }
        (State::Telling { subject, .. }, Event::Told { number }) => State::Told { subject, number: *number },
        (other @ State::Telling { .. }, Event::Telling { .. })
        | (other @ (State::Unheard | State::Told { .. }), Event::Widened { .. } | Event::Told { .. }) => other,
    }
}
