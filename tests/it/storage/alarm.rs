//! Alarms in rows, and what of other rows can be a cause for one.

use std::sync::Arc;

use roundtrip::crypto::alarm_id;
use roundtrip::domain::alarm::{About, Alarm, AlarmKind, Input, State};
use roundtrip::domain::{EffectLane, Machine};
use roundtrip::storage::{Change, Commit, Overdue, Store};

use super::fixture::{Home, LEASE_MS, NODE, NOW, Payment, approved, declined};
use super::on_both;

on_both! {
    alarms_are_listed_and_are_no_payments => alarms_listed_sqlite, alarms_listed_postgres;
    what_waits_for_too_long_is_counted => waiting_counted_sqlite, waiting_counted_postgres;
}

/// Tells an alarm, as its actor would.
async fn tell(store: &Store, subject: &str, input: Input) {
    let id = alarm_id("dead_letters", subject);
    let loaded = store.load::<Alarm>(id).await.unwrap();
    let (state, position) = loaded.map_or((State::default(), None), |held| (held.state, Some(held.position)));
    let decision = Alarm::decide(&state, &input, NOW).expect("the machine agrees");
    let state = decision.events.iter().fold(state, Alarm::apply);
    let change = Change::<Alarm> {
        state,
        events: decision.events,
        effects: decision.effects,
        entries: decision.entries,
        records: decision.records,
    };
    let commit = Commit {
        id,
        position,
        change: Some(change),
        answer: None,
        settles: None,
        now: NOW,
        node: NODE,
        lease_ms: LEASE_MS,
    };
    store.commit(commit).await.unwrap();
}

fn seen(subject: &str) -> Input {
    let about =
        About { id: alarm_id("dead_letters", subject), kind: AlarmKind::DeadLetters, subject: subject.to_owned() };
    Input::Seen { about: Arc::new(about), detail: "one".to_owned() }
}

fn subjects(states: &[State]) -> Vec<&str> {
    states.iter().filter_map(State::about).map(|about| about.subject.as_str()).collect()
}

async fn alarms_are_listed_and_are_no_payments(home: &Home) {
    let store = &home.store;
    Payment::started(store).await;
    tell(store, "a", seen("a")).await;
    tell(store, "b", seen("b")).await;
    tell(store, "a", Input::Gone).await;
    assert_eq!(subjects(&store.raised_alarms().await.unwrap()), ["b"]);
    assert_eq!(subjects(&store.alarms(10).await.unwrap()), ["b", "a"], "what lasts comes first");
    assert_eq!(subjects(&store.alarms(1).await.unwrap()), ["b"]);
    assert!(store.find_payment(None, "dead_letters:b").await.unwrap().is_empty());
    assert!(store.verify_journal().await.unwrap().findings.is_empty());
}

async fn what_waits_for_too_long_is_counted(home: &Home) {
    let store = &home.store;
    let nothing: &[Overdue] = &[];
    assert_eq!(store.waiting_effects(EffectLane::Google, NOW).await.unwrap(), nothing);
    let mut late = Payment::at_issuer(store).await;
    late.step(store, approved()).await;
    let mut other = Payment::at_issuer(store).await;
    other.step_at(store, approved(), NOW.plus_millis(1)).await;
    let overdue = |name: &str, count| Overdue { name: name.to_owned(), count, oldest: NOW };
    let waiting = async |lane, before| store.waiting_effects(lane, before).await.unwrap();
    assert_eq!(waiting(EffectLane::Google, NOW).await, [overdue("redirect_payment", 1)]);
    assert_eq!(waiting(EffectLane::Google, NOW.plus_millis(1)).await, [overdue("redirect_payment", 2)]);
    assert_eq!(waiting(EffectLane::Google, NOW.plus_millis(-1)).await, nothing);
    assert_eq!(waiting(EffectLane::Mail, NOW).await, nothing);

    assert_eq!(store.before_finance(NOW).await.unwrap(), nothing);
    late.step(store, declined()).await;
    assert_eq!(store.before_finance(NOW).await.unwrap(), [overdue("contradiction", 1)]);
    assert_eq!(store.before_finance(NOW.plus_millis(-1)).await.unwrap(), nothing);
}
