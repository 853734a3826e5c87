//! What the machine promises: tables for the named rules, properties for every history.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::{Machine, TransactionId};

const HOUR: i64 = 3_600_000;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(1_735_689_600_000 + ms)
}

fn about() -> Arc<About> {
    let id = TransactionId::parse("01930d2c-7a44-8000-8000-0123456789ab").unwrap();
    Arc::new(About { id, kind: AlarmKind::DeadLetters, subject: "outbox".into() })
}

fn seen(detail: &str) -> Input {
    Input::Seen { about: about(), detail: detail.into() }
}

#[derive(Default)]
struct History {
    state: State,
    journal: Vec<Event>,
    effects: Vec<Effect>,
}

impl History {
    fn tell(&mut self, input: &Input, now: Timestamp) -> Result<(), Rejection> {
        let decision = Alarm::decide(&self.state, input, now)?;
        assert!(decision.effects.len() <= decision.events.len(), "an effect needs an event of its own: {input:?}");
        assert!(decision.entries.is_empty());
        self.state = decision.events.iter().fold(std::mem::take(&mut self.state), Alarm::apply);
        self.journal.extend(decision.events);
        self.effects.extend(decision.effects);
        Ok(())
    }
}

/// What happens, when, the state after it, and how many tellings have gone out by then.
type Step = (&'static str, Input, i64, &'static str, usize);

fn run(steps: &[Step]) -> History {
    let mut history = History::default();
    for (desc, input, ms, state, tellings) in steps {
        assert_eq!(history.tell(input, at(*ms)), Ok(()), "{desc}");
        assert_eq!(Alarm::state_name(&history.state), *state, "{desc}");
        assert_eq!(history.effects.len(), 2 * tellings, "{desc}");
    }
    history
}

#[test]
fn told_once_then_daily_while_it_lasts_and_again_when_it_returns() {
    let history = run(&[
        ("seen for the first time", seen("1 letter"), 0, "Raised", 1),
        ("another node sees it too", seen("1 letter"), 10, "Raised", 1),
        ("the mail has arrived", Input::Told { by: Channel::Mail, number: 1 }, 20, "Raised", 1),
        ("nobody has a webhook", Input::NobodyToTell { by: Channel::Webhook, number: 1 }, 20, "Raised", 1),
        ("it grows", seen("2 letters"), HOUR, "Raised", 1),
        ("swept too early", Input::DeadlineReached, 24 * HOUR - 1, "Raised", 1),
        ("a day has passed", Input::DeadlineReached, 24 * HOUR, "Raised", 2),
        ("swept by another node too", Input::DeadlineReached, 24 * HOUR, "Raised", 2),
        ("another day", Input::DeadlineReached, 48 * HOUR, "Raised", 3),
        ("it is over", Input::Gone, 49 * HOUR, "Quiet", 3),
        ("over for another node too", Input::Gone, 49 * HOUR, "Quiet", 3),
        ("a late sweep", Input::DeadlineReached, 72 * HOUR, "Quiet", 3),
        ("it comes again", seen("1 letter"), 80 * HOUR, "Raised", 4),
    ]);
    let numbers: Vec<u32> = history
        .effects
        .iter()
        .map(|effect| match effect {
            Effect::MailAlarm(telling) | Effect::PostAlarm(telling) => telling.number,
        })
        .collect();
    assert_eq!(numbers, [1, 1, 2, 2, 3, 3, 4, 4]);
    let Some(Effect::MailAlarm(second)) = history.effects.get(2) else { panic!("the second telling by mail") };
    assert_eq!((second.detail.as_str(), second.since), ("2 letters", at(0)), "a telling says what is seen by then");
    assert_eq!(Alarm::deadline(&history.state), Some(at(104 * HOUR)));
}

#[test]
fn an_alarm_that_swings_is_told_once() {
    let history = run(&[
        ("seen", seen("11 s"), 0, "Raised", 1),
        ("just below the limit", Input::Gone, 30_000, "Quiet", 1),
        ("just above it", seen("12 s"), 60_000, "Raised", 1),
        ("below", Input::Gone, 90_000, "Quiet", 1),
        ("above", seen("11 s"), 90_000 + SAME_AGAIN_MS - 1, "Raised", 1),
        ("told again a day after the first telling", Input::DeadlineReached, 24 * HOUR, "Raised", 2),
        ("below", Input::Gone, 25 * HOUR, "Quiet", 2),
        ("above after a while", seen("11 s"), 25 * HOUR + SAME_AGAIN_MS, "Raised", 3),
    ]);
    let State::Raised { since, .. } = history.state else { panic!("raised") };
    assert_eq!(since, at(25 * HOUR + SAME_AGAIN_MS));
}

#[test]
fn nothing_happens_to_an_alarm_that_was_never_raised() {
    for input in [Input::Gone, Input::DeadlineReached, Input::Told { by: Channel::Mail, number: 1 }] {
        assert_eq!(History::default().tell(&input, at(0)), Err(Rejection::Unknown), "{input:?}");
    }
    assert_eq!(Alarm::deadline(&State::Unheard), None);
}

#[test]
fn kinds_are_read_as_they_are_written() {
    for kind in AlarmKind::ALL {
        assert_eq!(AlarmKind::parse(kind.as_str()), Some(kind));
    }
    assert_eq!(AlarmKind::parse("boredom"), None);
}

fn inputs() -> impl Strategy<Value = Vec<(Input, i64)>> {
    let input = prop_oneof![
        3 => "[a-c]".prop_map(|detail| seen(&detail)),
        1 => Just(Input::Gone),
        2 => Just(Input::DeadlineReached),
        1 => (1..9_u32).prop_map(|number| Input::Told { by: Channel::Webhook, number }),
    ];
    let step = prop_oneof![0..HOUR, Just(TOLD_AGAIN_MS), Just(SAME_AGAIN_MS)];
    prop::collection::vec((input, step), 0..60)
}

proptest! {
    #[test]
    fn every_history_keeps_its_promises(inputs in inputs()) {
        let mut history = History::default();
        let mut now = 0;
        let mut keys = std::collections::HashSet::new();
        let mut tellings: Vec<i64> = Vec::new();
        for (input, step) in inputs {
            now += step;
            let before = history.effects.len();
            let was_quiet_for = match &history.state {
                State::Quiet { ended, .. } => Some(at(now).millis_since(*ended)),
                State::Unheard | State::Raised { .. } => None,
            };
            let _refused = history.tell(&input, at(now));
            for effect in history.effects.iter().skip(before) {
                prop_assert!(keys.insert(Alarm::idempotency_key(effect)), "every telling has a key of its own");
            }
            if history.effects.len() > before {
                let last = tellings.last().copied();
                let rested = was_quiet_for.is_some_and(|quiet| quiet >= SAME_AGAIN_MS);
                prop_assert!(last.is_none_or(|last| now - last >= TOLD_AGAIN_MS) || rested);
                tellings.push(now);
            }
        }
        let replayed = history.journal.iter().fold(State::default(), Alarm::apply);
        prop_assert_eq!(replayed, history.state);
    }
}
