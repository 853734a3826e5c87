//! Refunds, seen from outside: Google orders them, an issuer carries them out, Google hears the result (API sections 5.4 and
//! 6.4, flows-security section 5.4, contract section 5). A test's name begins with the requirement that it proves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod idempotency;
mod issuer;
mod kill;
mod late;
mod order;
mod parallel;
mod result;

use crate::harness::{Bank, Called, Page, RefundCall, Refunding, Visit, World};

/// What every payment of the tests is worth.
const PAID: i64 = 109_900_000;
/// One paisa.
const MINOR: i64 = 10_000;

/// Status and union member of a refusal.
#[track_caller]
fn refusal(called: &Called) -> (u16, String) {
    (called.status(), called.error())
}

/// Sends `refund.updated` about the refund of `call`.
async fn event(world: &World, webhook_id: &str, call: &RefundCall, word: &Refunding) -> Page {
    let event = Bank::refund_event(call.body["refundId"].as_str().unwrap(), word);
    world.bank().send(&world.browser, &world.origin, webhook_id, &event).await
}

/// The one refund of a payment, once it has reached the issuer.
async fn first_call(world: &World, visit: &Visit) -> RefundCall {
    world.bank().refund_calls_at_least(visit, 1).await.remove(0)
}

/// The books balance, and each account comes to this; accounts at zero are left out.
async fn check_books(world: &World, expected: &[(&str, i64)]) {
    let ledger = world.nodes[0].store.ledger_balance().await.unwrap();
    assert!(ledger.is_sound(), "{ledger:?}");
    let found: Vec<(&str, i128)> =
        ledger.accounts.iter().filter(|sum| sum.micros != 0).map(|sum| (sum.account.as_str(), sum.micros)).collect();
    let expected: Vec<(&str, i128)> =
        expected.iter().map(|(account, micros)| (*account, i128::from(*micros))).collect();
    assert_eq!(found, expected);
}
