//! Commits: all or nothing, in groups, each on the version that it was decided on.

use std::collections::HashSet;

use roundtrip::domain::redirect_payment::{Origin, RedirectPayment, Reply, State, Verdict};
use roundtrip::domain::{LedgerEntry, RequestId};
use roundtrip::storage::{Change, Codec, Commit, CommitError, Committed, Position, StorageError};
use sea_orm::{DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use tokio::task::JoinHandle;

use super::codec::states;
use super::fixture::{
    Home, NOW, Payment, answer, approved, bank, choose, declined, google, inr, is_conflict, next, open, start, terms,
};
use super::on_both;

on_both! {
    every_state_is_loaded_as_it_was_committed =>
        storage_loads_every_state_as_committed_sqlite, storage_loads_every_state_as_committed_postgres;
    a_stale_version_is_a_conflict => storage_conflict_reloads_sqlite, storage_conflict_reloads_postgres;
    a_version_is_checked_when_nothing_changes => storage_guard_checks_version_sqlite, storage_guard_checks_version_postgres;
    an_answer_is_remembered => storage_remembers_answers_sqlite, storage_remembers_answers_postgres;
    a_known_request_is_not_answered_twice => storage_request_known_sqlite, storage_request_known_postgres;
    a_batch_survives_its_bad_members => storage_batch_survives_bad_members_sqlite, storage_batch_survives_bad_members_postgres;
    one_of_fifty_identical_commits_wins => storage_one_of_fifty_wins_sqlite, storage_one_of_fifty_wins_postgres;
    malformed_commits_are_refused => storage_refuses_malformed_commits_sqlite, storage_refuses_malformed_commits_postgres;
    a_caller_that_gave_up_does_not_undo => storage_commits_without_its_caller_sqlite, storage_commits_without_its_caller_postgres;
    closing_writes_what_waits => storage_close_writes_what_waits_sqlite, storage_close_writes_what_waits_postgres;
    a_corrupt_row_is_named => storage_names_a_corrupt_row_sqlite, storage_names_a_corrupt_row_postgres;
    commits_survive_reopening => storage_survives_reopening_sqlite, storage_survives_reopening_postgres;
    too_many_waiting_commits_are_refused => storage_refuses_overload_sqlite, storage_refuses_overload_postgres;
    hundreds_of_payments_share_batches => storage_many_payments_share_batches_sqlite, storage_many_payments_share_batches_postgres;
}

async fn every_state_is_loaded_as_it_was_committed(home: &Home) {
    for state in states() {
        let payment = Payment::new();
        let (mut commit, ..) = payment.decide(&start((*payment.terms).clone()), NOW);
        // Each sample has the same request: give the row one of its own.
        let Some(change) = commit.change.as_mut() else { panic!("a start changes something") };
        if RedirectPayment::summary(&state).is_none() {
            continue;
        }
        let text = RedirectPayment::encode_state(&state).unwrap().replace("rq-7", payment.google().request_id.as_str());
        change.state = RedirectPayment::decode_state(&text).unwrap();
        let state = change.state.clone();
        let committed = home.store.commit(commit).await.unwrap();
        let loaded = home.store.load::<RedirectPayment>(payment.id).await.unwrap().unwrap();
        assert_eq!(loaded.state, state);
        assert_eq!(loaded.position, committed.position);
        assert_eq!(committed.position.version, 1);
    }
}

async fn a_stale_version_is_a_conflict(home: &Home) {
    let payment = Payment::started(&home.store).await;
    let (first, ..) = payment.decide(&choose(), NOW);
    let (second, ..) = payment.decide(&choose(), NOW);
    let committed = home.store.commit(first).await.unwrap();
    assert_eq!(committed.position.version, 2);
    assert!(is_conflict(&home.store.commit(second).await));

    let again = start((*payment.terms).clone());
    let (new, ..) = Payment { position: None, state: State::default(), ..payment.clone() }.decide(&again, NOW);
    assert!(is_conflict(&home.store.commit(new).await), "it exists already");

    let unknown = Payment::new();
    let (mut changed, ..) = unknown.decide(&start((*unknown.terms).clone()), NOW);
    changed.position = payment.position;
    // A row that was never there is not made up from a later version.
    let _ = home.store.commit(changed).await;
    let loaded = home.store.load::<RedirectPayment>(payment.id).await.unwrap().unwrap();
    assert_eq!(loaded.position, committed.position);
    assert_eq!(home.store.journal(payment.id).await.unwrap().len(), 2, "nothing of the refused commits was journaled");
}

async fn a_version_is_checked_when_nothing_changes(home: &Home) {
    let mut payment = Payment::started(&home.store).await;
    let stale = payment.checking();
    assert_eq!(home.store.commit(payment.checking()).await.unwrap().position, payment.position.unwrap());
    payment.step(&home.store, choose()).await;
    assert!(is_conflict(&home.store.commit(stale.clone()).await));
    let stale = Commit { answer: Some(answer(google("guard"), status())), ..stale };
    assert!(is_conflict(&home.store.commit(stale).await), "an answer from an old state is not remembered");
    assert_eq!(home.store.remembered::<RedirectPayment>(&google("guard")).await.unwrap(), None);
}

fn status() -> Reply {
    Reply::Status(Verdict::Pending, Some(bank("BANK_A")))
}

async fn an_answer_is_remembered(home: &Home) {
    let payment = Payment::started(&home.store).await;
    let key = google("status-1");
    assert_eq!(home.store.remembered::<RedirectPayment>(&key).await.unwrap(), None);
    let commit = Commit { answer: Some(answer(key.clone(), status())), ..payment.checking() };
    let committed = home.store.commit(commit).await.unwrap();
    assert_eq!(committed.position, payment.position.unwrap(), "an answer changes nothing");
    let remembered = home.store.remembered::<RedirectPayment>(&key).await.unwrap().unwrap();
    assert_eq!(remembered.reply, status());
    assert_eq!(remembered.method, "generateRedirectPaymentUrl");
    assert_eq!(remembered.content_hash, [7; 32]);
    assert_eq!(remembered.transaction, payment.id);
}

async fn a_known_request_is_not_answered_twice(home: &Home) {
    let first = Payment::started(&home.store).await;
    let second = Payment::started(&home.store).await;
    let key = google("same");
    let remember = |payment: &Payment| {
        let (commit, ..) = payment.decide(&choose(), NOW);
        Commit { answer: Some(answer(key.clone(), status())), ..commit }
    };
    home.store.commit(remember(&first)).await.unwrap();
    let known = home.store.commit(remember(&second)).await;
    assert!(matches!(known, Err(CommitError::RequestKnown)), "{known:?}");
    assert_eq!(home.store.version(second.id).await.unwrap(), Some(1), "nothing of it is stored");
    let other_scope = Commit {
        answer: Some(answer(
            roundtrip::storage::RequestKey { scope: "issuer:BANK_A".to_owned(), ..key.clone() },
            status(),
        )),
        ..remember(&second)
    };
    home.store.commit(other_scope).await.unwrap();
}

/// Keeps all writers waiting until it is dropped or rolled back.
pub(super) async fn hold_writers(home: &Home) -> (DatabaseConnection, DatabaseTransaction) {
    let raw = home.raw().await;
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let held = raw.begin_with_options(options).await.unwrap();
    if home.shared {
        use sea_orm::ConnectionTrait;
        held.execute_unprepared("LOCK TABLE transactions IN ACCESS EXCLUSIVE MODE").await.unwrap();
    }
    (raw, held)
}

/// Queues commits, in this order, while nothing can be written.
async fn queue_together(home: &Home, commits: Vec<Commit<RedirectPayment>>) -> Vec<Result<Committed, CommitError>> {
    let (_raw, held) = hold_writers(home).await;
    let mut waiting: Vec<JoinHandle<_>> = Vec::new();
    for commit in commits {
        let store = home.store.clone();
        waiting.push(tokio::spawn(async move { store.commit(commit).await }));
    }
    // One thread: each task runs up to its first wait, which is for the writer.
    tokio::task::yield_now().await;
    held.rollback().await.unwrap();
    let mut results = Vec::new();
    for task in waiting {
        results.push(task.await.unwrap());
    }
    results
}

async fn a_batch_survives_its_bad_members(home: &Home) {
    let mut commits = Vec::new();
    let mut expected = Vec::new();
    for number in 0..30 {
        let payment = Payment::started(&home.store).await;
        let (mut commit, ..) = payment.decide(&choose(), NOW);
        commit.answer = Some(answer(google(&format!("batch-{number}")), status()));
        let expectation = match number % 10 {
            3 => {
                commit.position = commit.position.map(|position| Position { version: 9, ..position });
                "conflict"
            }
            5 => {
                commit.answer = Some(answer(google("batch-shared"), status()));
                if number == 5 { "written" } else { "known" }
            }
            7 => {
                // A statement fails for the whole batch: another payment has this request.
                let taken = payment.google().request_id.clone();
                commit = double(&taken);
                "conflict"
            }
            _ => "written",
        };
        commits.push(commit);
        expected.push(expectation);
    }
    let results = queue_together(home, commits).await;
    let told: Vec<&str> = results
        .iter()
        .map(|result| match result {
            Ok(_) => "written",
            Err(CommitError::Conflict) => "conflict",
            Err(CommitError::RequestKnown) => "known",
            Err(CommitError::Unbalanced | CommitError::Refused(_) | CommitError::Storage(_)) => "failed",
        })
        .collect();
    // On PostgreSQL several batches run at once: any one of the shared three may be the first.
    let shared: Vec<&str> = [5, 15, 25].map(|index| told[index]).to_vec();
    assert_eq!(shared.iter().filter(|told| **told == "written").count(), 1, "{shared:?}");
    assert_eq!(shared.iter().filter(|told| **told == "known").count(), 2, "{shared:?}");
    for (index, (told, expected)) in told.iter().zip(expected).enumerate() {
        if index % 10 != 5 {
            assert_eq!(*told, expected, "member {index}: {:?}", results[index]);
        }
    }
    assert!(home.store.verify_journal().await.unwrap().is_sound());
}

/// A new payment for a request that another payment has.
fn double(request_id: &RequestId) -> Commit<RedirectPayment> {
    let mut payment = Payment::new();
    let mut terms = terms(next());
    if let Origin::Google(google) = &mut terms.origin {
        google.request_id = request_id.clone();
    }
    payment.id = terms.id;
    payment.decide(&start(terms), NOW).0
}

async fn one_of_fifty_identical_commits_wins(home: &Home) {
    let payment = Payment::new();
    let commits: Vec<_> = (0..50)
        .map(|_| {
            let (commit, _, reply) = payment.decide(&start((*payment.terms).clone()), NOW);
            Commit { answer: Some(answer(google("fifty"), reply)), ..commit }
        })
        .collect();
    let results = queue_together(home, commits).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for result in &results {
        assert!(matches!(result, Ok(_) | Err(CommitError::Conflict | CommitError::RequestKnown)), "{result:?}");
    }
    assert_eq!(home.store.journal(payment.id).await.unwrap().len(), 1);
    assert_eq!(home.store.version(payment.id).await.unwrap(), Some(1));
}

async fn malformed_commits_are_refused(home: &Home) {
    let payment = Payment::at_issuer(&home.store).await;
    let paid = |alter: fn(&mut Change<RedirectPayment>)| {
        let (mut commit, ..) = payment.decide(&approved(), NOW);
        alter(commit.change.as_mut().unwrap());
        home.store.commit(commit)
    };
    let unbalanced = paid(|change| change.entries[0].amount = inr(109_900_001)).await;
    assert!(matches!(unbalanced, Err(CommitError::Unbalanced)), "{unbalanced:?}");
    let lonely = paid(|change| {
        change.entries.pop();
    })
    .await;
    assert!(matches!(lonely, Err(CommitError::Unbalanced)), "{lonely:?}");
    let eventless = paid(|change| change.events.clear()).await;
    assert!(matches!(eventless, Err(CommitError::Storage(StorageError::Malformed(_)))), "{eventless:?}");
    let busy = paid(|change| change.effects.extend(change.effects.clone())).await;
    assert!(matches!(busy, Err(CommitError::Storage(StorageError::Malformed(_)))), "{busy:?}");
    let nothing = paid(|change| change.state = State::default()).await;
    assert!(matches!(nothing, Err(CommitError::Storage(StorageError::Malformed(_)))), "{nothing:?}");

    assert_eq!(home.store.version(payment.id).await.unwrap(), Some(2), "nothing of them is stored");
    assert_eq!(home.store.ledger_balance().await.unwrap().accounts, vec![]);
    let sound = paid(|change| {
        change.entries.extend(LedgerEntry::pair(
            change.entries[0].account.clone(),
            change.entries[1].account.clone(),
            inr(5),
            "fee",
        ));
    })
    .await;
    assert!(sound.is_ok(), "{sound:?}");
}

async fn a_caller_that_gave_up_does_not_undo(home: &Home) {
    let payment = Payment::started(&home.store).await;
    let others = [Payment::started(&home.store).await, Payment::started(&home.store).await];
    let (_raw, held) = hold_writers(home).await;
    let spawn = |payment: &Payment| {
        let (store, (commit, ..)) = (home.store.clone(), payment.decide(&choose(), NOW));
        tokio::spawn(async move { store.commit(commit).await })
    };
    let before = spawn(&others[0]);
    let given_up = spawn(&payment);
    let after = spawn(&others[1]);
    tokio::task::yield_now().await;
    given_up.abort();
    assert!(given_up.await.unwrap_err().is_cancelled());
    held.rollback().await.unwrap();
    before.await.unwrap().unwrap();
    after.await.unwrap().unwrap();
    home.store.close().await;
    let reopened = open(&home.url).await;
    assert_eq!(reopened.version(payment.id).await.unwrap(), Some(2), "it was queued, so it is carried out");
}

async fn closing_writes_what_waits(home: &Home) {
    let payment = Payment::started(&home.store).await;
    let (_raw, held) = hold_writers(home).await;
    let (store, (commit, ..)) = (home.store.clone(), payment.decide(&choose(), NOW));
    let waiting = tokio::spawn(async move { store.commit(commit).await });
    tokio::task::yield_now().await;
    let store = home.store.clone();
    let closing = tokio::spawn(async move { store.close().await });
    tokio::task::yield_now().await;
    held.rollback().await.unwrap();
    waiting.await.unwrap().unwrap();
    closing.await.unwrap();
    let (late, ..) = payment.decide(&choose(), NOW);
    let late = home.store.commit(late).await;
    assert!(matches!(late, Err(CommitError::Storage(StorageError::Closed))), "{late:?}");
    assert_eq!(open(&home.url).await.version(payment.id).await.unwrap(), Some(2));
}

async fn a_corrupt_row_is_named(home: &Home) {
    let payment = Payment::started(&home.store).await;
    home.tamper("UPDATE transactions SET snapshot = '{\"Refunded\":{}}'").await;
    let Err(StorageError::CorruptRow { table, column, row, reason }) =
        home.store.load::<RedirectPayment>(payment.id).await
    else {
        panic!("a corrupt row was read");
    };
    assert_eq!((table, column, row), ("transactions", "snapshot", payment.id.to_string()));
    assert!(reason.contains("Refunded"), "{reason}");
    home.tamper("UPDATE transactions SET kind = 'booking'").await;
    let other = home.store.load::<RedirectPayment>(payment.id).await;
    assert!(matches!(other, Err(StorageError::CorruptRow { column: "kind", .. })), "{other:?}");
}

async fn commits_survive_reopening(home: &Home) {
    let mut payment = Payment::at_issuer(&home.store).await;
    payment.step(&home.store, declined()).await;
    home.store.close().await;
    let store = open(&home.url).await;
    store.require_current().await.unwrap();
    let loaded = store.load::<RedirectPayment>(payment.id).await.unwrap().unwrap();
    assert_eq!(loaded.state, payment.state);
    assert_eq!(Some(loaded.position), payment.position);
    assert_eq!(store.is_shared(), home.shared);
    store.ping().await.unwrap();
}

async fn too_many_waiting_commits_are_refused(home: &Home) {
    let options = roundtrip::storage::StoreOptions {
        max_waiting: 1,
        max_batch: 1,
        ..roundtrip::storage::StoreOptions::new(&home.url)
    };
    let store = roundtrip::storage::Store::open(options).await.unwrap();
    let mut commits = Vec::new();
    for _ in 0..40 {
        let payment = Payment::started(&store).await;
        commits.push(payment.decide(&choose(), NOW).0);
    }
    let (_raw, held) = hold_writers(home).await;
    let waiting: Vec<JoinHandle<_>> = commits
        .into_iter()
        .map(|commit| {
            let store = store.clone();
            tokio::spawn(async move { store.commit(commit).await })
        })
        .collect();
    tokio::task::yield_now().await;
    held.rollback().await.unwrap();
    let mut refused = 0;
    for task in waiting {
        match task.await.unwrap() {
            Ok(_) => {}
            Err(CommitError::Storage(StorageError::Overloaded)) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(refused > 0, "forty commits found room in a queue of one");
    assert!(refused < 40, "the queue let nothing through");
}

async fn hundreds_of_payments_share_batches(home: &Home) {
    let payments: Vec<Payment> = (0..600).map(|_| Payment::new()).collect();
    let commits = payments.iter().map(|payment| payment.decide(&start((*payment.terms).clone()), NOW).0).collect();
    let results = queue_together(home, commits).await;
    assert!(results.iter().all(Result::is_ok));
    let ids: HashSet<_> = payments.iter().map(|payment| payment.id).collect();
    let due = home.store.due("redirect_payment", payments[0].terms.choose_by, 1_000).await.unwrap();
    assert_eq!(due.into_iter().collect::<HashSet<_>>(), ids);
    let report = home.store.verify_journal().await.unwrap();
    assert_eq!((report.transactions, report.rows, report.faulty), (600, 600, 0));
    assert_eq!(home.store.load::<RedirectPayment>(payments[0].id).await.unwrap().unwrap().position.version, 1);
}
