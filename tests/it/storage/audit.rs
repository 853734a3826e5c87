//! Journal, ledger and lists: what a person or `doctor` reads.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use roundtrip::domain::redirect_payment::{
    Decline, Input, IssuerReport, IssuerWord, Negative, RawCode, RedirectPayment, State,
};
use roundtrip::domain::{Machine, Timestamp};
use roundtrip::storage::{JournalFault, JournalFinding};

use super::fixture::{Home, NOW, Payment, approved, bank, choose, declined, inr};
use super::on_both;

on_both! {
    a_sound_journal_is_sound => journal_sound_sqlite, journal_sound_postgres;
    a_changed_row_shows => journal_changed_row_shows_sqlite, journal_changed_row_shows_postgres;
    a_missing_end_shows => journal_truncation_shows_sqlite, journal_truncation_shows_postgres;
    a_gap_shows => journal_gap_shows_sqlite, journal_gap_shows_postgres;
    a_vanished_transaction_shows => journal_orphan_shows_sqlite, journal_orphan_shows_postgres;
    a_rewritten_end_shows => journal_rewritten_end_shows_sqlite, journal_rewritten_end_shows_postgres;
    books_balance => ledger_balances_sqlite, ledger_balances_postgres;
    deadlines_are_swept => storage_due_sweep_sqlite, storage_due_sweep_postgres;
    payments_are_found => storage_finds_payments_sqlite, storage_finds_payments_postgres;
}

/// Three payments of three events each.
async fn three(home: &Home) -> Vec<Payment> {
    let mut payments = Vec::new();
    for _ in 0..3 {
        let mut payment = Payment::at_issuer(&home.store).await;
        payment.step(&home.store, approved()).await;
        payments.push(payment);
    }
    payments
}

async fn findings(home: &Home) -> Vec<JournalFinding> {
    let report = home.store.verify_journal().await.unwrap();
    assert_eq!(report.faulty, report.findings.len() as u64);
    assert_eq!(report.is_sound(), report.findings.is_empty());
    // A look at the newest sees the same of what it looks at; rows without a transaction are for the whole look.
    let newest = home.store.verify_newest(1_000).await.unwrap();
    let of_transactions: Vec<_> =
        report.findings.iter().filter(|finding| finding.fault != JournalFault::Orphaned).cloned().collect();
    assert_eq!(newest.findings, of_transactions);
    assert_eq!(home.store.verify_newest(1).await.unwrap().transactions, 1);
    report.findings
}

async fn a_sound_journal_is_sound(home: &Home) {
    let empty = home.store.verify_journal().await.unwrap();
    assert_eq!((empty.transactions, empty.is_sound()), (0, true));
    let payments = three(home).await;
    let report = home.store.verify_journal().await.unwrap();
    assert_eq!((report.transactions, report.rows, report.is_sound()), (3, 9, true));
    let rows = home.store.journal(payments[0].id).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.seq, row.at, row.event.as_str())).collect();
    assert_eq!(told, [(1, NOW, "Started"), (2, NOW, "SentToIssuer"), (3, NOW, "Paid")]);
    assert_eq!(rows[2].hash, payments[0].position.unwrap().journal_head);
    let replayed = home.store.replay::<RedirectPayment>(payments[0].id).await.unwrap();
    assert_eq!(replayed, payments[0].state);
}

async fn only_in_the_second(home: &Home, sql: &str, seq: i64, fault: JournalFault) {
    let payments = three(home).await;
    let second = payments[1].id;
    let id = if home.shared { format!("'{second}'") } else { format!("x'{}'", second.as_uuid().simple()) };
    home.tamper(&sql.replace("{id}", &id)).await;
    assert_eq!(findings(home).await, [JournalFinding { transaction: second, seq, fault }]);
}

async fn a_changed_row_shows(home: &Home) {
    let sql =
        "UPDATE journal SET payload = replace(payload, '109900000', '9900000') WHERE transaction_id = {id} AND seq = 1";
    only_in_the_second(home, sql, 1, JournalFault::Altered).await;
}

async fn a_missing_end_shows(home: &Home) {
    let sql = "DELETE FROM journal WHERE transaction_id = {id} AND seq > 1";
    only_in_the_second(home, sql, 2, JournalFault::Truncated).await;
}

async fn a_gap_shows(home: &Home) {
    let sql = "DELETE FROM journal WHERE transaction_id = {id} AND seq = 2";
    only_in_the_second(home, sql, 2, JournalFault::Gap).await;
}

async fn a_vanished_transaction_shows(home: &Home) {
    only_in_the_second(home, "DELETE FROM transactions WHERE id = {id}", 1, JournalFault::Orphaned).await;
}

async fn a_rewritten_end_shows(home: &Home) {
    // Whoever cuts the end off and corrects the count still lacks the head's hash.
    let sql = "UPDATE transactions SET journal_seq = 4 WHERE id = {id}";
    only_in_the_second(home, sql, 4, JournalFault::Truncated).await;
    home.tamper("UPDATE transactions SET journal_seq = 2 WHERE journal_seq = 4").await;
    let [finding] = findings(home).await.try_into().expect("one");
    assert_eq!((finding.seq, finding.fault), (3, JournalFault::Surplus));
    home.tamper(
        "DELETE FROM journal WHERE seq = 3 AND transaction_id IN (SELECT id FROM transactions WHERE journal_seq = 2)",
    )
    .await;
    let [finding] = findings(home).await.try_into().expect("one");
    assert_eq!((finding.seq, finding.fault), (2, JournalFault::Altered));
}

async fn books_balance(home: &Home) {
    let payments = three(home).await;
    // One more pays after it had been declined.
    let mut late = Payment::at_issuer(&home.store).await;
    late.step(&home.store, declined()).await;
    late.step(&home.store, approved()).await;
    let balance = home.store.ledger_balance().await.unwrap();
    let sums: Vec<_> =
        balance.accounts.iter().map(|sum| (sum.account.as_str(), sum.currency.as_str(), sum.micros)).collect();
    assert_eq!(
        sums,
        [
            ("issuer_receivable:BANK_A", "INR", 4 * 109_900_000),
            ("payable_to_google:ExamplePay_INR", "INR", -3 * 109_900_000),
            ("suspense", "INR", -109_900_000),
        ]
    );
    assert_eq!(balance.per_currency().into_iter().collect::<Vec<_>>(), [("INR".to_owned(), 0)]);
    assert!(balance.is_sound());

    let attention = home.store.needing_attention(10).await.unwrap();
    assert_eq!(attention.len(), 1);
    assert_eq!((attention[0].id, attention[0].attention.as_deref()), (late.id, Some("paid_after_close")));

    home.tamper("UPDATE ledger SET amount_micros = 1 WHERE account = 'suspense'").await;
    let balance = home.store.ledger_balance().await.unwrap();
    assert!(!balance.is_sound());
    assert_eq!(balance.unbalanced, [late.id]);
    assert!(payments.iter().all(|payment| payment.id != late.id));
}

async fn deadlines_are_swept(home: &Home) {
    let mut later = Payment::started(&home.store).await;
    let mut sooner = Payment::started(&home.store).await;
    later.step_at(&home.store, choose(), NOW.plus_millis(1)).await;
    sooner.step_at(&home.store, choose(), NOW).await;
    let mut over = Payment::at_issuer(&home.store).await;
    over.step(&home.store, approved()).await;
    let due = |millis, limit| home.store.due("redirect_payment", NOW.plus_millis(millis), limit);
    assert_eq!(due(59_999, 10).await.unwrap(), []);
    assert_eq!(due(60_000, 10).await.unwrap(), [sooner.id]);
    assert_eq!(due(90_000, 10).await.unwrap(), [sooner.id, later.id], "the longest passed first");
    assert_eq!(due(90_000, 1).await.unwrap(), [sooner.id]);
    assert_eq!(home.store.due("booking", NOW.plus_millis(90_000), 10).await.unwrap(), []);
    sooner.step_at(&home.store, Input::DeadlineReached, NOW.plus_millis(60_000)).await;
    assert_eq!(due(90_000, 10).await.unwrap(), [later.id], "it is being asked");
}

async fn payments_are_found(home: &Home) {
    let mut payment = Payment::started(&home.store).await;
    let request_id = payment.google().request_id.as_str().to_owned();
    let found = home.store.find_payment(None, &request_id).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id, payment.id);
    assert_eq!((found[0].state.as_str(), found[0].issuer.as_deref()), ("AwaitingIssuerChoice", None));
    assert_eq!((found[0].amount, found[0].created_at), (inr(109_900_000), NOW));
    assert_eq!(home.store.find_payment(Some(&payment.google().piaid), &request_id).await.unwrap(), found);
    let other = roundtrip::domain::Piaid::parse("Other").unwrap();
    assert_eq!(home.store.find_payment(Some(&other), &request_id).await.unwrap(), []);
    assert_eq!(home.store.find_payment(None, "nobody").await.unwrap(), []);

    payment.step_at(&home.store, choose(), NOW.plus_millis(5)).await;
    let line = home.store.overview(payment.id).await.unwrap().unwrap();
    assert_eq!((line.state.as_str(), line.issuer.as_deref(), line.version), ("AtIssuer", Some("BANK_A"), 2));
    assert_eq!((line.created_at, line.updated_at), (NOW, NOW.plus_millis(5)), "when it began stays");
    Payment::started(&home.store).await;
    let counts = home.store.counts_by_state().await.unwrap();
    let counts: Vec<_> = counts.iter().map(|count| (count.state.as_str(), count.count)).collect();
    assert_eq!(counts, [("AtIssuer", 1), ("AwaitingIssuerChoice", 1)]);
}

// The journal leads to the snapshot, whatever happened.

#[derive(Debug, Clone)]
struct Happening {
    input: Input,
    after_ms: i64,
}

fn any_history() -> impl Strategy<Value = Vec<Happening>> {
    let word = prop_oneof![
        Just(IssuerWord::Approved),
        Just(IssuerWord::Pending),
        Just(IssuerWord::Cancelled(RawCode::new("x"))),
        Just(IssuerWord::Declined(Negative { decline: Decline::OverLimit(inr(1)), raw: None })),
    ];
    let spoken = (word, prop::bool::weighted(0.8)).prop_map(|(word, right)| {
        let amount = inr(if right { 109_900_000 } else { 100_000_000 });
        Input::Report(IssuerReport { issuer: bank("BANK_A"), reference: "r".to_owned(), amount, word })
    });
    let input = prop_oneof![
        2 => Just(choose()),
        4 => spoken,
        3 => Just(Input::DeadlineReached),
        1 => Just(Input::NeverSeen { issuer: bank("BANK_A") }),
        1 => Just(Input::Cancel),
        2 => Just(Input::NotificationAccepted),
    ];
    prop::collection::vec((input, 0..120_000_i64).prop_map(|(input, after_ms)| Happening { input, after_ms }), 1..12)
}

async fn live(home: &Home, history: Vec<Happening>) -> Payment {
    let mut payment = Payment::started(&home.store).await;
    let mut now: Timestamp = NOW;
    for happening in history {
        now = now.plus_millis(happening.after_ms);
        if RedirectPayment::decide(&payment.state, &happening.input, now).is_ok() {
            payment.step_at(&home.store, happening.input, now).await;
        }
    }
    payment
}

fn fold_is_snapshot(home: Home, runtime: &tokio::runtime::Runtime) {
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    runner
        .run(&any_history(), |history| {
            runtime.block_on(async {
                let payment = live(&home, history).await;
                let loaded = home.store.load::<RedirectPayment>(payment.id).await.unwrap().unwrap();
                let replayed: State = home.store.replay::<RedirectPayment>(payment.id).await.unwrap();
                prop_assert_eq!(&replayed, &loaded.state);
                prop_assert_eq!(&payment.state, &loaded.state);
                prop_assert_eq!(payment.position, Some(loaded.position));
                Ok(())
            })
        })
        .unwrap();
    let sound = runtime.block_on(async {
        home.store.verify_journal().await.unwrap().is_sound() && home.store.ledger_balance().await.unwrap().is_sound()
    });
    assert!(sound);
}

#[test]
fn journal_folds_to_the_snapshot_sqlite() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let home = runtime.block_on(Home::sqlite());
    fold_is_snapshot(home, &runtime);
}

#[test]
fn journal_folds_to_the_snapshot_postgres() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let home = runtime.block_on(Home::postgres());
    fold_is_snapshot(home, &runtime);
}
