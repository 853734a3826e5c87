//! Payments are found by everything that they have in common and by every name, on both databases.

use roundtrip::domain::redirect_payment::Input;
use roundtrip::domain::redirect_payment::RefundOrder;
use roundtrip::domain::{RequestId, Timestamp, TransactionId};
use roundtrip::storage::{Found, PaymentFilter, Store};

use super::crowd::{One, USUAL_MICROS, crowd, everybody};
use super::fixture::{Home, NOW, Payment, approved, choose, declined, inr};
use super::on_both;

const HOUR_MS: i64 = 3_600_000;

on_both! {
    every_filter => con_3_a_search_finds_exactly_what_fits_sqlite, con_3_a_search_finds_exactly_what_fits_postgres;
    commits_are_found => con_3_a_payment_is_found_as_soon_as_it_is_committed_sqlite,
        con_3_a_payment_is_found_as_soon_as_it_is_committed_postgres;
    every_name => con_3_a_transaction_is_found_by_every_name_sqlite, con_3_a_transaction_is_found_by_every_name_postgres;
    outcomes => con_2_outcomes_are_counted_per_issuer_sqlite, con_2_outcomes_are_counted_per_issuer_postgres;
    late_outcomes => con_2_an_outcome_that_changes_late_is_counted_a_little_later_sqlite,
        con_2_an_outcome_that_changes_late_is_counted_a_little_later_postgres;
    older_rows => con_3_payments_of_an_older_schema_are_found_sqlite, con_3_payments_of_an_older_schema_are_found_postgres;
}

fn fits(filter: &PaymentFilter, one: &One) -> bool {
    let same = |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
    same(&filter.account, Some(&one.account))
        && same(&filter.issuer, one.issuer.as_deref())
        && same(&filter.state, Some(&one.state))
        && same(&filter.currency, Some(&one.currency))
        && (!filter.needs_attention || one.attention.is_some())
        && filter.amount.is_none_or(|(least, most)| least <= one.amount_micros && one.amount_micros <= most)
        && filter.from.is_none_or(|from| one.created_at >= from)
        && filter.until.is_none_or(|until| one.created_at < until)
}

async fn page_by_page(store: &Store, filter: &PaymentFilter, limit: u64) -> Vec<TransactionId> {
    let mut found: Vec<TransactionId> = Vec::new();
    let mut before = None;
    loop {
        let page = store.search_payments(filter, before, limit).await.unwrap();
        found.extend(page.iter().map(|one| one.id));
        if (page.len() as u64) < limit {
            return found;
        }
        before = page.last().map(|last| (last.created_at, last.id));
    }
}

/// Every combination of these filters against a plain look at every row.
async fn every_filter(home: &Home) {
    crowd(home, 5_000).await;
    let all = everybody(home).await;
    assert_eq!(all.len(), 5_000);
    let at = |minutes: i64| NOW.plus_millis(minutes * 60_000);
    let some = |text: &str| Some(text.to_owned());
    // Rare, common, and none at all; a range that is rare and one that is not.
    let amounts = [
        None,
        Some((USUAL_MICROS, USUAL_MICROS)),
        Some((10_000, 10_000)),
        Some((1, 5_000_000)),
        Some((1, 45_000_000)),
        Some((1, i64::MAX)),
        Some((7, 7)),
    ];
    let mut hits = 0;
    for account in [None, some("ExamplePay_INR"), some("Rare_USD"), some("Nobody")] {
        for (issuer, state) in
            [(None, None), (some("BANK_B"), None), (None, some("Expired")), (some("BANK_C"), some("Paid"))]
        {
            for amount in amounts {
                for (from, until) in [(None, None), (Some(at(100)), Some(at(2_000)))] {
                    for needs_attention in [false, true] {
                        let (account, issuer, state) = (account.clone(), issuer.clone(), state.clone());
                        let currency = account.as_ref().and_then(|_| some("INR")).filter(|_| amount.is_some());
                        let filter =
                            PaymentFilter { account, issuer, state, needs_attention, currency, amount, from, until };
                        let wanted: Vec<_> =
                            all.iter().filter(|one| fits(&filter, one)).map(|one| one.id).take(300).collect();
                        let first = home.store.search_payments(&filter, None, 300).await.unwrap();
                        assert_eq!(first.iter().map(|one| one.id).collect::<Vec<_>>(), wanted, "{filter:?}");
                        hits += wanted.len();
                    }
                }
            }
        }
    }
    assert!(hits > 10_000, "{hits}");
    for amount in [None, Some((USUAL_MICROS, USUAL_MICROS)), Some((1, 45_000_000))] {
        let filter = PaymentFilter { amount, ..PaymentFilter::default() };
        let wanted: Vec<_> = all.iter().filter(|one| fits(&filter, one)).map(|one| one.id).collect();
        assert_eq!(page_by_page(&home.store, &filter, 333).await, wanted, "{filter:?}");
    }
}

/// Also what has just come into a state for the first time, on the node that wrote it and on another.
async fn commits_are_found(home: &Home) {
    let other = super::fixture::open(&home.url).await;
    let (mut first, mut second) = (Payment::started(&home.store).await, Payment::started(&home.store).await);
    let of = |state: &str| PaymentFilter { state: Some(state.to_owned()), ..PaymentFilter::default() };
    let ids = async |store: &Store, filter: &PaymentFilter| -> Vec<TransactionId> {
        store.search_payments(filter, None, 10).await.unwrap().into_iter().map(|one| one.id).collect()
    };
    let mut both = vec![first.id, second.id];
    both.sort_by(|a, b| b.cmp(a));
    assert_eq!(ids(&home.store, &of("AwaitingIssuerChoice")).await, both);
    first.step(&home.store, choose()).await;
    for store in [&home.store, &other] {
        assert_eq!(ids(store, &of("AtIssuer")).await, [first.id]);
    }
    second.step(&home.store, choose()).await;
    first.step(&home.store, approved()).await;
    second.step(&home.store, declined()).await;
    for store in [&home.store, &other] {
        assert_eq!(ids(store, &of("AtIssuer")).await, []);
        assert_eq!(ids(store, &of("Paid")).await, [first.id]);
        assert_eq!(ids(store, &of("Declined")).await, [second.id]);
        let at_bank = PaymentFilter { issuer: Some("BANK_A".to_owned()), ..PaymentFilter::default() };
        assert_eq!(ids(store, &at_bank).await, both);
    }
    second.step(&home.store, approved()).await;
    let standing = PaymentFilter { needs_attention: true, ..PaymentFilter::default() };
    assert_eq!(ids(&home.store, &standing).await, [second.id]);
    // A schema that was made anew knows nothing of what this process has written before.
    home.store.migrate_down(None).await.unwrap();
    home.store.migrate_up().await.unwrap();
    let anew = Payment::started(&home.store).await;
    assert_eq!(ids(&home.store, &PaymentFilter::default()).await, [anew.id]);
    other.close().await;
}

async fn every_name(home: &Home) {
    let store = &home.store;
    let mut payment = Payment::at_issuer(store).await;
    payment.step(store, approved()).await;
    let order = RefundOrder {
        request_id: RequestId::parse("refund-77").unwrap(),
        amount: inr(1_000_000),
        window_ms: i64::MAX / 4,
    };
    payment.step(store, Input::Refund(order)).await;
    let another = Payment::started(store).await;
    let found = |by: &'static str| vec![Found { kind: "redirect_payment".to_owned(), transaction: payment.id, by }];
    let google = payment.google().request_id.as_str().to_owned();
    let id = payment.id.to_string();
    for (text, by) in [
        (id.clone(), "transaction"),
        (format!("  {} ", id.to_uppercase()), "transaction"),
        (format!("{id}-1"), "refund"),
        (google.clone(), "request"),
        (format!(" {google}\n"), "request"),
        ("refund-77".to_owned(), "refund_request"),
        ("A/77 ä".to_owned(), "issuer_reference"),
    ] {
        assert_eq!(store.find_anything(&text).await.unwrap(), found(by), "{text}");
    }
    let too_long = "x".repeat(5_000);
    for nothing in [
        "",
        " ",
        "refund-7",
        "a/77 ä",
        "%",
        "rq-%",
        "\0",
        &too_long,
        &TransactionId::from_uuid(uuid::Uuid::nil()).to_string(),
    ] {
        assert_eq!(store.find_anything(nothing).await.unwrap(), [], "{nothing}");
    }
    assert_eq!(store.find_anything(another.google().request_id.as_str()).await.unwrap()[0].transaction, another.id);

    let listed = store.remittables_of(payment.id).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|one| one.request_id.as_str()).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert!(ids.contains(&"refund-77") && ids.contains(&google.as_str()), "{ids:?}");
    assert_eq!(store.remittables_of(another.id).await.unwrap(), []);
    let booked = store.ledger_of(payment.id).await.unwrap();
    assert_eq!(booked.iter().map(|row| row.amount.micros()).sum::<i64>(), 0);
    assert!(booked.len() >= 4 && booked.iter().all(|row| row.transaction == payment.id), "{booked:?}");
    let effects = store.outbox_of(payment.id).await.unwrap();
    assert!(!effects.is_empty() && effects.iter().all(|row| row.key.transaction == payment.id), "{effects:?}");
}

async fn outcomes(home: &Home) {
    crowd(home, 3_000).await;
    let (from, until) = (NOW.plus_millis(60_000), NOW.plus_millis(1_000 * 60_000));
    let mut wanted = std::collections::BTreeMap::new();
    for one in everybody(home).await.into_iter().filter(|one| one.created_at >= from && one.created_at < until) {
        *wanted.entry((one.issuer, one.state)).or_insert(0_u64) += 1;
    }
    // Counted now, counted long after, and as it is known then.
    for now in [until, until.plus_millis(30 * HOUR_MS), until.plus_millis(30 * HOUR_MS)] {
        let found = home.store.issuer_outcomes(from, until, now).await.unwrap();
        let found: std::collections::BTreeMap<_, _> =
            found.into_iter().map(|outcome| ((outcome.issuer, outcome.state), outcome.count)).collect();
        assert_eq!(found, wanted);
    }
    assert!(wanted.contains_key(&(None, "Paid".to_owned())) && wanted.values().sum::<u64>() > 1_900, "{wanted:?}");
    let never = (Timestamp::from_millis(0), Timestamp::from_millis(1));
    assert_eq!(home.store.issuer_outcomes(never.0, never.1, until).await.unwrap(), []);
}

async fn late_outcomes(home: &Home) {
    let mut payment = Payment::at_issuer(&home.store).await;
    let ask = async |store: &Store, after_ms: i64| {
        let (from, until) = (NOW.plus_millis(-2 * HOUR_MS), NOW.plus_millis(2 * HOUR_MS));
        let found = store.issuer_outcomes(from, until, NOW.plus_millis(after_ms)).await.unwrap();
        let [one] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((one.issuer.as_deref(), one.count), (Some("BANK_A"), 1));
        one.state.clone()
    };
    assert_eq!(ask(&home.store, 0).await, "AtIssuer");
    payment.step(&home.store, declined()).await;
    assert_eq!(ask(&home.store, 0).await, "Declined", "an hour that is not over is counted every time");
    let half_a_day = 12 * HOUR_MS;
    assert_eq!(ask(&home.store, half_a_day).await, "Declined");
    payment.step(&home.store, approved()).await;
    assert_eq!(ask(&home.store, half_a_day).await, "Declined", "what was counted is told for a while");
    assert_eq!(ask(&home.store, half_a_day + HOUR_MS).await, "PaidAfterClose");
    let other = super::fixture::open(&home.url).await;
    assert_eq!(ask(&other, half_a_day).await, "PaidAfterClose", "who has not counted counts");
    other.close().await;
}

/// What was committed before there was a search: the migration finds references, combinations and sums.
async fn older_rows(home: &Home) {
    let store = &home.store;
    let mut paid = Payment::at_issuer(store).await;
    paid.step(store, approved()).await;
    let mut late = Payment::at_issuer(store).await;
    late.step(store, declined()).await;
    late.step(store, approved()).await;
    let open = Payment::started(store).await;
    let balances = store.balances().await.unwrap();
    assert_eq!(balances.len(), 3);
    let status = store.migration_status().await.unwrap();
    let place = status.iter().position(|state| state.name.contains("000009_search")).unwrap();
    store.migrate_down(Some((status.len() - place) as u32)).await.unwrap();
    store.migrate_up().await.unwrap();
    let found = store.find_anything("A/77 ä").await.unwrap();
    let mut ids: Vec<_> = found.iter().map(|found| found.transaction).collect();
    ids.sort();
    let mut wanted = vec![paid.id, late.id];
    wanted.sort();
    assert_eq!(ids, wanted);
    assert_eq!(store.balances().await.unwrap(), balances);
    assert_eq!(store.search_payments(&PaymentFilter::default(), None, 10).await.unwrap().len(), 3);
    // And what is committed afterwards adds to it.
    let mut again = open;
    again.step(store, choose()).await;
    again.step(store, approved()).await;
    assert_eq!(store.balance_disagreements().await.unwrap(), []);
    assert_eq!(store.search_payments(&PaymentFilter::default(), None, 10).await.unwrap().len(), 3);
}
