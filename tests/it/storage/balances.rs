//! The kept sums of the ledger are what its entries come to, whatever is committed, by however many at once.

use roundtrip::domain::redirect_payment::RedirectPayment;
use roundtrip::domain::redirect_payment::{Input, RefundOrder};
use roundtrip::domain::{Machine as _, RequestId, Timestamp};
use roundtrip::ports::{Entropy as _, SeededEntropy};
use roundtrip::storage::{BalanceDisagreement, CommitError, Store};

use super::fixture::{Home, NOW, Payment, approved, choose, declined, inr, is_conflict, open, start};
use super::on_both;

on_both! {
    random_commits => con_2_balances_are_the_sums_of_the_entries_sqlite, con_2_balances_are_the_sums_of_the_entries_postgres;
    what_differs => con_2_a_balance_that_differs_shows_sqlite, con_2_a_balance_that_differs_shows_postgres;
    a_conflict => con_2_a_commit_that_is_refused_changes_no_balance_sqlite,
        con_2_a_commit_that_is_refused_changes_no_balance_postgres;
}

/// Everything that books something, in any order: what the machine refuses is left out.
async fn at_random(store: Store, seed: u64) {
    let dice = SeededEntropy::new(seed);
    let mut payments: Vec<Payment> = (0..6).map(|_| Payment::new()).collect();
    for step in 0..90 {
        let payment = &mut payments[(dice.next_u64() % 6) as usize];
        let now: Timestamp = NOW.plus_millis(step);
        let input = match dice.next_u64() % 6 {
            0 => start((*payment.terms).clone()),
            1 => choose(),
            2 => approved(),
            3 => declined(),
            4 => Input::Refund(RefundOrder {
                request_id: RequestId::parse(&format!("rf-{seed}-{step}")).unwrap(),
                amount: inr(1 + (dice.next_u64() % 50_000_000) as i64),
                window_ms: i64::MAX / 4,
            }),
            _ => Input::GiveBack { by: None },
        };
        if RedirectPayment::decide(&payment.state, &input, now).is_ok() {
            let (commit, state, _) = payment.decide(&input, now);
            match store.commit(commit).await {
                Ok(committed) => (payment.state, payment.position) = (state, Some(committed.position)),
                Err(CommitError::Conflict) => panic!("nobody else writes this payment"),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

async fn random_commits(home: &Home) {
    // On PostgreSQL a second node writes at the same time.
    let other = if home.shared { open(&home.url).await } else { home.store.clone() };
    let mut writers = Vec::new();
    for seed in 0..16 {
        let store = if seed % 2 == 0 { home.store.clone() } else { other.clone() };
        writers.push(tokio::spawn(at_random(store, seed)));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let added_up = home.store.ledger_balance().await.unwrap();
    assert!(added_up.is_sound() && added_up.accounts.len() >= 3, "{added_up:?}");
    assert!(added_up.accounts.iter().any(|sum| sum.micros != 0), "{added_up:?}");
    assert_eq!(home.store.balances().await.unwrap(), added_up.accounts);
    assert_eq!(home.store.balance_disagreements().await.unwrap(), []);
}

async fn what_differs(home: &Home) {
    let mut payment = Payment::at_issuer(&home.store).await;
    payment.step(&home.store, approved()).await;
    assert_eq!(home.store.balance_disagreements().await.unwrap(), []);
    home.tamper("UPDATE ledger_balances SET micros = micros + 1 WHERE account = 'issuer_receivable:BANK_A'").await;
    let found = home.store.balance_disagreements().await.unwrap();
    let wanted = BalanceDisagreement {
        account: "issuer_receivable:BANK_A".to_owned(),
        currency: "INR".to_owned(),
        kept: 109_900_001,
        entries: 109_900_000,
    };
    assert_eq!(found, [wanted]);
    home.tamper("DELETE FROM ledger_balances WHERE account <> 'issuer_receivable:BANK_A'").await;
    assert_eq!(home.store.balance_disagreements().await.unwrap().len(), 2);
}

async fn a_conflict(home: &Home) {
    let mut payment = Payment::at_issuer(&home.store).await;
    let late = payment.clone();
    payment.step(&home.store, approved()).await;
    let before = home.store.balances().await.unwrap();
    let refused = home.store.commit(late.decide(&approved(), NOW).0).await;
    assert!(is_conflict(&refused), "{refused:?}");
    assert_eq!(home.store.balances().await.unwrap(), before);
    assert_eq!(before.len(), 2);
}
