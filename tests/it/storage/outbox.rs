//! Effects: leased, ordered, retried, parked, settled.

use roundtrip::domain::redirect_payment::{Effect, Input, IssuerWord, Outcome, RedirectPayment};
use roundtrip::domain::{EffectLane, Machine, Timestamp};
use roundtrip::storage::{
    CommitError, DeadLetterFilter, DeadLetterPlace, FailedAttempt, OutboxFigures, OutboxKey, OutboxRow,
};

use super::fixture::{
    Home, LEASE_MS, NODE, NOW, OTHER_NODE, Payment, answer, approved, bank, declined, google, is_conflict, open, report,
};
use super::on_both;

on_both! {
    a_lone_effect_is_leased_with_its_commit => outbox_leases_with_the_commit_sqlite, outbox_leases_with_the_commit_postgres;
    an_expired_lease_is_claimed => outbox_expired_lease_is_claimed_sqlite, outbox_expired_lease_is_claimed_postgres;
    a_lane_keeps_its_order => outbox_lane_keeps_order_sqlite, outbox_lane_keeps_order_postgres;
    failed_attempts_come_back => outbox_failed_attempts_come_back_sqlite, outbox_failed_attempts_come_back_postgres;
    dead_letters_are_replayed_or_dropped => outbox_dead_letters_sqlite, outbox_dead_letters_postgres;
    con_6_dead_letters_come_in_pages => con_6_dead_letters_come_in_pages_sqlite, con_6_dead_letters_come_in_pages_postgres;
    settling_deletes => outbox_settling_deletes_sqlite, outbox_settling_deletes_postgres;
    settling_twice_counts_once => outbox_settling_twice_counts_once_sqlite, outbox_settling_twice_counts_once_postgres;
    leases_are_taken_back_at_start => outbox_takes_back_leases_sqlite, outbox_takes_back_leases_postgres;
    stores_never_share_an_effect => outbox_two_stores_never_share_sqlite, outbox_two_stores_never_share_postgres;
}

/// A payment that was declined: one C2 stands in the outbox.
async fn declined_payment(home: &Home) -> (Payment, Vec<OutboxRow>) {
    let mut payment = Payment::at_issuer(&home.store).await;
    let committed = payment.step(&home.store, declined()).await;
    (payment, committed.leased)
}

fn failed(key: OutboxKey, attempts: i32) -> FailedAttempt {
    FailedAttempt { key, node: NODE, attempts, error: "503 from\0 Google".to_owned() }
}

fn later(millis: i64) -> Timestamp {
    NOW.plus_millis(millis)
}

async fn a_lone_effect_is_leased_with_its_commit(home: &Home) {
    let (payment, leased) = declined_payment(home).await;
    let [row] = leased.as_slice() else { panic!("{leased:?}") };
    let effect: Effect = row.effect::<RedirectPayment>().unwrap();
    let Effect::NotifyPaymentComplete { payment: id, outcome: Outcome::Negative(_), .. } = &effect else {
        panic!("{effect:?}")
    };
    assert_eq!(*id, payment.id);
    assert_eq!((row.key.transaction, row.key.number), (payment.id, 3));
    assert_eq!(row.idempotency_key, RedirectPayment::idempotency_key(&effect));
    assert_eq!((row.kind.as_str(), row.lane.as_str(), row.attempts), ("redirect_payment", "google", 0));
    assert_eq!((row.created_at, row.trying_since), (NOW, NOW));
    assert_eq!(payment.position.unwrap().outbox_open, 1);

    assert_eq!(home.store.claim(OTHER_NODE, later(LEASE_MS - 1), LEASE_MS, 10).await.unwrap(), vec![]);
    assert_eq!(home.store.next_outbox_due().await.unwrap(), Some(later(LEASE_MS)));
    let figures = OutboxFigures { waiting: 1, parked: 0, oldest_created: Some(NOW) };
    assert_eq!(home.store.outbox_figures().await.unwrap(), figures);
}

async fn an_expired_lease_is_claimed(home: &Home) {
    let (_, leased) = declined_payment(home).await;
    let key = leased[0].key;
    assert_eq!(home.store.renew(NODE, &[key], later(2 * LEASE_MS)).await.unwrap(), vec![key]);
    assert_eq!(home.store.claim(OTHER_NODE, later(LEASE_MS), LEASE_MS, 10).await.unwrap(), vec![]);

    let claimed = home.store.claim(OTHER_NODE, later(2 * LEASE_MS), LEASE_MS, 10).await.unwrap();
    let worn = |row: &OutboxRow| OutboxRow { fresh: false, due_at: later(3 * LEASE_MS), ..row.clone() };
    let worn: Vec<OutboxRow> = leased.iter().map(worn).collect();
    assert_eq!(claimed, worn, "the same effect, with the same idempotency key; somebody may have tried it");
    assert_eq!(home.store.renew(NODE, &[key], later(9 * LEASE_MS)).await.unwrap(), vec![], "it is not ours any more");
    assert!(!home.store.reschedule(failed(key, 1), later(1)).await.unwrap());
    assert!(!home.store.park(failed(key, 1), later(1)).await.unwrap());
    assert_eq!(home.store.renew(OTHER_NODE, &[key], later(9 * LEASE_MS)).await.unwrap(), vec![key]);
}

/// A pending payment whose issuer is asked: one question stands in the outbox, and more can follow.
async fn asked_payment(home: &Home) -> (Payment, Vec<OutboxRow>) {
    let mut payment = Payment::at_issuer(&home.store).await;
    let committed = payment.step_at(&home.store, Input::DeadlineReached, later(60_000)).await;
    (payment, committed.leased)
}

async fn a_lane_keeps_its_order(home: &Home) {
    // Two questions to the issuer and the C2, in this order, with nothing settled.
    let (mut payment, first) = asked_payment(home).await;
    let at = later(60_000);
    payment.step_at(&home.store, report(IssuerWord::Pending), at).await;
    let second = payment.step_at(&home.store, Input::DeadlineReached, later(70_000)).await;
    assert_eq!(second.leased, vec![], "an earlier effect stands before it");
    let third = payment.step_at(&home.store, approved(), later(70_000)).await;
    assert_eq!(third.leased, vec![], "whether it could go is for a claim to see");
    assert_eq!(third.position.outbox_open, 3);

    // While the first question is leased, only the other lane is free.
    let claimed = home.store.claim(OTHER_NODE, later(64_999), LEASE_MS, 10).await.unwrap();
    assert_eq!(claimed, vec![], "nothing is due yet");
    home.store.renew(NODE, &[first[0].key], later(900_000)).await.unwrap();
    let claimed = home.store.claim(OTHER_NODE, later(70_000), LEASE_MS, 10).await.unwrap();
    assert_eq!(claimed.iter().map(|row| row.lane.as_str()).collect::<Vec<_>>(), ["google"]);

    home.store.renew(OTHER_NODE, &[claimed[0].key], later(900_000)).await.unwrap();

    // A waiting retry blocks its lane; a dead letter does not.
    let key = first[0].key;
    assert!(home.store.reschedule(failed(key, 1), later(400_000)).await.unwrap());
    assert_eq!(home.store.claim(NODE, later(399_999), LEASE_MS, 10).await.unwrap(), vec![]);
    let again = home.store.claim(NODE, later(400_000), LEASE_MS, 10).await.unwrap();
    assert_eq!(again.iter().map(|row| row.key).collect::<Vec<_>>(), [key], "the first, not the second");
    assert!(home.store.park(failed(key, 2), later(400_000)).await.unwrap());
    let second = home.store.claim(NODE, later(400_000), LEASE_MS, 10).await.unwrap();
    assert_eq!(second.len(), 1);
    let asked = second[0].effect::<RedirectPayment>().unwrap();
    assert!(matches!(asked, Effect::AskIssuerForStatus { number: 1, .. }), "{asked:?}");
}

async fn failed_attempts_come_back(home: &Home) {
    let (_, leased) = declined_payment(home).await;
    let key = leased[0].key;
    assert!(home.store.reschedule(failed(key, 1), later(1_000)).await.unwrap());
    assert_eq!(home.store.next_outbox_due().await.unwrap(), Some(later(1_000)));
    assert_eq!(home.store.claim(NODE, later(999), LEASE_MS, 10).await.unwrap(), vec![]);
    let again = home.store.claim(NODE, later(1_000), LEASE_MS, 10).await.unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].attempts, 1);
    assert_eq!(again[0].last_error.as_deref(), Some("503 from Google"));
    assert_eq!((again[0].trying_since, &again[0].idempotency_key), (NOW, &leased[0].idempotency_key));
}

async fn dead_letters_are_replayed_or_dropped(home: &Home) {
    let (payment, leased) = declined_payment(home).await;
    let key = leased[0].key;
    assert!(!home.store.retry(key, NOW).await.unwrap(), "it is not dead");
    assert!(!home.store.discard(key).await.unwrap());
    assert!(home.store.park(failed(key, 40), later(7)).await.unwrap());
    let dead = home.store.dead_letters(10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].key, dead[0].attempts, dead[0].parked_at), (key, 40, Some(later(7))));
    let figures = OutboxFigures { waiting: 0, parked: 1, oldest_created: None };
    assert_eq!(home.store.outbox_figures().await.unwrap(), figures);
    assert_eq!(home.store.claim(NODE, later(1_000_000), LEASE_MS, 10).await.unwrap(), vec![]);
    assert_eq!(home.store.next_outbox_due().await.unwrap(), None);

    assert!(home.store.retry(key, later(900)).await.unwrap());
    let again = home.store.claim(NODE, later(900), LEASE_MS, 10).await.unwrap();
    assert_eq!((again[0].attempts, again[0].trying_since, again[0].parked_at), (0, later(900), None));
    assert_eq!(again[0].idempotency_key, leased[0].idempotency_key);

    assert!(home.store.park(failed(key, 41), later(1_000)).await.unwrap());
    assert!(home.store.discard(key).await.unwrap());
    assert_eq!(home.store.dead_letters(10).await.unwrap(), vec![]);
    assert_eq!(home.store.version(payment.id).await.unwrap(), Some(3), "the payment stands as it stood");
}

async fn con_6_dead_letters_come_in_pages(home: &Home) {
    let mut keys = Vec::new();
    for number in 0..7 {
        let (_, leased) = declined_payment(home).await;
        let key = leased[0].key;
        // Three at a time are parked in the same moment.
        let parked_at = later(1_000 - number / 3);
        assert!(home.store.park(failed(key, 1), parked_at).await.unwrap());
        keys.push((parked_at, key));
    }
    keys.sort_unstable();
    for filter in [
        DeadLetterFilter::default(),
        DeadLetterFilter { lane: Some(EffectLane::Google), ..DeadLetterFilter::default() },
    ] {
        for limit in [1, 2, 3, 7, 100] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = home.store.dead_letters_page(&filter, after, limit).await.unwrap();
                assert!(page.len() as u64 <= limit);
                let Some(last) = page.last() else { break };
                after = DeadLetterPlace::of(last);
                seen.extend(page.iter().map(|row| (row.parked_at.unwrap(), row.key)));
            }
            assert_eq!(seen, keys, "{limit}");
        }
    }
    let other = DeadLetterFilter { lane: Some(EffectLane::Mail), ..DeadLetterFilter::default() };
    assert_eq!(home.store.dead_letters_page(&other, None, 10).await.unwrap(), vec![]);
    assert_eq!(home.store.dead_letter(keys[0].1).await.unwrap().unwrap().key, keys[0].1);
    assert!(home.store.retry(keys[0].1, NOW).await.unwrap());
    assert_eq!(home.store.dead_letter(keys[0].1).await.unwrap(), None, "it is none any more");
}

async fn settling_deletes(home: &Home) {
    let (mut payment, leased) = declined_payment(home).await;
    let (mut commit, state, _) = payment.decide(&Input::NotificationAccepted, NOW);
    commit.settles = Some(leased[0].key);
    commit.node = OTHER_NODE;
    let committed = home.store.commit(commit.clone()).await.unwrap();
    assert_eq!(committed.position.outbox_open, 0);
    assert_eq!(home.store.outbox_figures().await.unwrap(), OutboxFigures::default());
    assert!(is_conflict(&home.store.commit(commit).await), "the same outcome again is decided again");

    // A late outcome that changes nothing: there is nothing left to delete.
    payment.state = state;
    payment.position = Some(committed.position);
    let settled = home.store.commit(payment.settling(leased[0].key)).await.unwrap();
    assert_eq!(settled.position, committed.position);
    let loaded = home.store.load::<RedirectPayment>(payment.id).await.unwrap().unwrap();
    assert_eq!(loaded.position, committed.position);
}

async fn settling_twice_counts_once(home: &Home) {
    // Two effects stand; the first is settled twice, by two nodes.
    let (mut payment, first) = asked_payment(home).await;
    payment.step_at(&home.store, report(IssuerWord::Pending), later(60_000)).await;
    let waiting = payment.step_at(&home.store, Input::DeadlineReached, later(70_000)).await;
    assert_eq!(waiting.position.outbox_open, 2);
    let once = home.store.commit(payment.settling(first[0].key)).await.unwrap();
    assert_eq!(once.position.outbox_open, 1);

    // The other node changes something with the outcome of the same effect, and makes a new one.
    let (mut commit, ..) = payment.decide(&approved(), later(70_000));
    commit.settles = Some(first[0].key);
    let twice = home.store.commit(commit).await.unwrap();
    assert_eq!(twice.leased, vec![], "one still stands before it");
    let loaded = home.store.load::<RedirectPayment>(payment.id).await.unwrap().unwrap();
    assert_eq!(loaded.position, twice.position);
    assert!(loaded.position.outbox_open >= 2, "never fewer than there are: {:?}", loaded.position);
    assert_eq!(home.store.outbox_figures().await.unwrap().waiting, 2);

    // An unchanged settling of a foreign version is refused and deletes nothing.
    let stale = home.store.commit(payment.settling(OutboxKey { number: 5, ..first[0].key })).await;
    assert!(matches!(stale, Err(CommitError::Conflict)), "{stale:?}");
    assert_eq!(home.store.outbox_figures().await.unwrap().waiting, 2);
}

async fn leases_are_taken_back_at_start(home: &Home) {
    let (_, leased) = declined_payment(home).await;
    let (_, parked) = declined_payment(home).await;
    home.store.park(failed(parked[0].key, 1), NOW).await.unwrap();
    let restarted = open(&home.url).await;
    assert_eq!(restarted.take_back_all(later(1)).await.unwrap(), 1);
    let claimed = restarted.claim(OTHER_NODE, later(1), LEASE_MS, 10).await.unwrap();
    assert_eq!(claimed.iter().map(|row| row.key).collect::<Vec<_>>(), [leased[0].key]);
}

async fn stores_never_share_an_effect(home: &Home) {
    let mut expected = Vec::new();
    for number in 0..40 {
        let (payment, leased) = declined_payment(home).await;
        expected.push(leased[0].key);
        if number == 0 {
            // An answer in the same commit does not disturb.
            let mut commit = payment.checking();
            commit.answer = Some(answer(google("c3"), payment.decide(&Input::AskStatus, NOW).2));
            home.store.commit(commit).await.unwrap();
            assert_eq!(payment.state.issuer(), Some(bank("BANK_A")));
        }
    }
    let second = open(&home.url).await;
    let at = later(LEASE_MS);
    let mut claims = Vec::new();
    for round in 0..16 {
        let (store, node) = if round % 2 == 0 { (&home.store, NODE) } else { (&second, OTHER_NODE) };
        let store = store.clone();
        claims.push(tokio::spawn(async move { store.claim(node, at, LEASE_MS, 5).await.unwrap() }));
    }
    let mut claimed = Vec::new();
    for claim in claims {
        claimed.extend(claim.await.unwrap().into_iter().map(|row| row.key));
    }
    claimed.sort_unstable();
    expected.sort_unstable();
    assert_eq!(claimed, expected, "each exactly once");
}
