//! What the machine promises: a table for the named rules, a property for every history.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::TransactionId;
use crate::domain::catalog::{MerchantId, ServiceId};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn subject() -> Arc<Subject> {
    Arc::new(Subject {
        id: TransactionId::parse("01930d2c-7a44-8000-8000-0123456789ab").unwrap(),
        merchant: MerchantId::parse("spa-1").unwrap(),
        service: ServiceId::parse("massage").unwrap(),
    })
}

fn window(start_s: i64, end_s: i64) -> Window {
    Window::new(start_s, end_s).unwrap()
}

fn changed(start_s: i64, end_s: i64) -> Input {
    Input::SpotsChanged { subject: subject(), window: window(start_s, end_s) }
}

fn told(number: u64) -> Input {
    Input::Told { number, left: false }
}

#[derive(Default)]
struct History {
    state: State,
    journal: Vec<Event>,
    effects: Vec<(u64, Window)>,
    keys: Vec<String>,
}

impl History {
    fn tell(&mut self, input: &Input) -> Result<Reply, Rejection> {
        let decision = Inventory::decide(&self.state, input, NOW)?;
        assert!(decision.effects.len() <= decision.events.len(), "an effect needs an event of its own: {input:?}");
        assert!(decision.entries.is_empty() && decision.records.is_empty());
        self.state = decision.events.iter().fold(std::mem::take(&mut self.state), Inventory::apply);
        self.journal.extend(decision.events);
        for effect in decision.effects {
            assert_eq!(Inventory::lane(&effect), EffectLane::Google);
            self.keys.push(Inventory::idempotency_key(&effect));
            let Effect::TellAvailability { subject: about, number, window } = effect;
            assert_eq!(about, subject());
            self.effects.push((number, window));
        }
        Ok(decision.reply)
    }
}

/// Desc, input, the tellings that have gone out by then, and what waits.
type Step = (&'static str, Input, Vec<(u64, Window)>, Option<Window>);

fn run(steps: Vec<Step>) -> History {
    let mut history = History::default();
    for (desc, input, tellings, waiting) in steps {
        assert_eq!(history.tell(&input), Ok(Reply::Noted), "{desc}");
        assert_eq!(history.effects, tellings, "{desc}");
        let pending = match &history.state {
            State::Telling { pending, .. } => *pending,
            State::Unheard | State::Told { .. } => None,
        };
        assert_eq!(pending, waiting, "{desc}");
    }
    history
}

#[test]
fn bk_8_5_changes_while_google_is_told_go_out_together_afterwards() {
    let first = (1, window(100, 200));
    let second = (2, window(50, 300));
    let third = (3, window(700, 800));
    let history = run(vec![
        ("the first change", changed(100, 200), vec![first], None),
        ("one inside the window", changed(120, 130), vec![first], Some(window(120, 130))),
        ("the same again", changed(120, 130), vec![first], Some(window(120, 130))),
        ("one before it", changed(50, 60), vec![first], Some(window(50, 130))),
        ("one behind it", changed(290, 300), vec![first], Some(window(50, 300))),
        ("Google has the first", told(1), vec![first, second], None),
        ("its answer again", told(1), vec![first, second], None),
        ("Google has the second", told(2), vec![first, second], None),
        ("and all is told", told(2), vec![first, second], None),
        ("much later", changed(700, 800), vec![first, second, third], None),
    ]);
    assert_eq!(Inventory::state_name(&history.state), "Telling");
    assert_eq!(Inventory::attention(&history.state), None);
}

#[test]
fn bk_8_5_what_changed_under_a_telling_is_told_again() {
    let left = Input::Told { number: 1, left: true };
    let first = (1, window(100, 200));
    run(vec![
        ("a change", changed(100, 200), vec![first], None),
        ("not all of it was told", left.clone(), vec![first, (2, window(100, 200))], None),
    ]);
    run(vec![
        ("a change", changed(100, 200), vec![first], None),
        ("another one", changed(500, 600), vec![first], Some(window(500, 600))),
        ("both go out", left, vec![first, (2, window(100, 600))], None),
    ]);
}

#[test]
fn nothing_can_be_told_of_what_never_changed() {
    for input in [told(1), Input::DeadlineReached] {
        assert_eq!(History::default().tell(&input), Err(Rejection::Unknown), "{input:?}");
    }
    assert_eq!(Inventory::deadline(&State::Unheard), None);
}

#[test]
fn windows_are_never_empty() {
    assert_eq!(Window::new(5, 5), None);
    assert_eq!(Window::new(6, 5), None);
    assert!(
        window(1, 9).holds(window(1, 9)) && !window(1, 9).holds(window(0, 2)) && !window(1, 9).holds(window(8, 10))
    );
}

fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        4 => (0..50_i64, 1..10_i64).prop_map(|(start, length)| changed(start, start + length)),
        3 => (1..6_u64, any::<bool>()).prop_map(|(number, left)| Input::Told { number, left }),
        1 => Just(Input::DeadlineReached),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens, in whatever order: at most one telling is under way, every changed second is told by a telling
    /// that began after it changed, or waits for one, and the journal folds to the snapshot.
    #[test]
    fn no_change_is_ever_forgotten(inputs in prop::collection::vec(any_input(), 0..60)) {
        let mut history = History::default();
        // Changed seconds that no telling has begun for since.
        let mut untold = std::collections::BTreeSet::new();
        for input in inputs {
            let before = history.effects.len();
            let taken = history.tell(&input).is_ok();
            if let Input::SpotsChanged { window, .. } = &input {
                untold.extend(window.start_s()..window.end_s());
            }
            if let (Input::Told { number, left: true }, true, Some((last, window))) =
                (&input, taken, before.checked_sub(1).and_then(|at| history.effects.get(at)))
                && number == last && history.effects.len() > before
            {
                untold.extend(window.start_s()..window.end_s());
            }
            for (_, window) in &history.effects[before..] {
                untold.retain(|second| !(window.start_s()..window.end_s()).contains(second));
            }
            let waiting = match &history.state {
                State::Telling { pending: Some(pending), .. } => pending.start_s()..pending.end_s(),
                State::Unheard | State::Told { .. } | State::Telling { pending: None, .. } => 0..0,
            };
            prop_assert!(untold.iter().all(|second| waiting.contains(second)), "{untold:?} of {waiting:?}");
            let done = history.journal.iter().filter(|event| matches!(event, Event::Told { .. })).count();
            let open = usize::from(matches!(history.state, State::Telling { .. }));
            prop_assert_eq!(history.effects.len(), done + open, "one at a time");
        }
        let folded = history.journal.iter().fold(State::default(), Inventory::apply);
        prop_assert_eq!(&folded, &history.state, "fold(journal) == snapshot");
        for (at, (number, _)) in history.effects.iter().enumerate() {
            prop_assert_eq!(*number, at as u64 + 1, "numbered without gaps");
        }
        history.keys.sort();
        history.keys.dedup();
        prop_assert_eq!(history.keys.len(), history.effects.len(), "every effect has a key of its own");
    }
}
