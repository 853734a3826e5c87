//! Money that an issuer took although Google was told that there is none (flows-security section 5.3).

use serde_json::{Value, json};

use super::{MINOR, PAID, check_books, event, first_call, refusal};
use crate::harness::{Bank, Refunding, Setup, Visit, Word, World};

async fn world(paid_after_close: &str) -> World {
    let line = format!("paid_after_close = \"{paid_after_close}\"");
    Setup::pgp().with(|setup| setup.accounts[0].more = line).start().await
}

/// Declined, as Google knows, and then paid all the same.
async fn paid_after_close(world: &World) -> Visit {
    let visit = world.at_bank("rq-0001").await;
    let home = world.goes_home(&visit, &Word::DECLINED.reason("risk")).await;
    assert_eq!(home.result(), &json!({"riskDeclined": {}}));
    world.google.accepted("rq-0001").await;
    let approved = Bank::event(&visit, &Word::APPROVED);
    world.bank().check_acknowledged(&world.bank().send(&world.browser, &world.origin, "msg_1", &approved).await);
    visit
}

#[tokio::test]
async fn cmp_9_late_money_goes_back_by_itself_and_google_hears_nothing() {
    let world = world("refund").await;
    let visit = paid_after_close(&world).await;
    let call = first_call(&world, &visit).await;
    assert_eq!(call.body["amountMicros"], PAID.to_string());
    assert_eq!(call.body["issuerReference"], Word::APPROVED.reference);
    world.settled().await;
    assert_eq!(world.bank().gave_back(&visit), [PAID]);
    assert!(!world.google.heard_of_refunds());
    assert_eq!(world.google.notifications("rq-0001").len(), 1);
    assert_eq!(world.ask("rq-0001").await, json!({"riskDeclined": {}}));
    let payment = world.payment("rq-0001").await.unwrap();
    assert_eq!((&payment["state"], &payment["attention"]), (&json!("PaidAfterClose"), &Value::Null));
    check_books(&world, &[]).await;
    assert_eq!(refusal(&world.refund("rf-0001", "rq-0001", MINOR).await), (400, "preconditionViolation".into()));
}

#[tokio::test]
async fn cmp_9_late_money_that_a_person_decides_about_waits() {
    let world = world("person").await;
    let visit = paid_after_close(&world).await;
    world.settled().await;
    assert_eq!(world.attention("rq-0001").await, "paid_after_close");
    assert!(world.bank().refund_calls(&visit).is_empty() && !world.google.heard_of_refunds());
    check_books(&world, &[("issuer_receivable:BANK_A", PAID), ("suspense", -PAID)]).await;
}

#[tokio::test]
async fn late_money_that_the_issuer_keeps_stands_before_finance() {
    let world = world("refund").await;
    world.bank().refunds_by([Refunding::Pending]);
    let visit = paid_after_close(&world).await;
    let call = first_call(&world, &visit).await;
    world.settled().await;
    assert_eq!(world.attention("rq-0001").await, Value::Null, "it is on its way");
    let page = event(&world, "msg_2", &call, &Refunding::Refused(Some("account_closed"))).await;
    world.bank().check_acknowledged(&page);
    world.settled().await;
    assert_eq!(world.attention("rq-0001").await, "paid_after_close");
    assert!(!world.google.heard_of_refunds());
    check_books(&world, &[("issuer_receivable:BANK_A", PAID), ("suspense", -PAID)]).await;
}

/// However many receipts are there when the configuration answers for the first: all go back once, and an answer that finds
/// nothing left to do is no dead letter.
#[tokio::test]
async fn cmp_9_money_taken_again_goes_back_under_its_own_reference() {
    let world = world("refund").await;
    let visit = world.paid("rq-0001").await;
    for (number, reference) in ["B/1", "B/2", "B/3"].into_iter().enumerate() {
        let approved = Bank::event(&visit, &Word::APPROVED.reference(reference));
        let page = world.bank().send(&world.browser, &world.origin, &format!("msg_{number}"), &approved).await;
        world.bank().check_acknowledged(&page);
    }
    world.bank().refund_calls_at_least(&visit, 3).await;
    assert_eq!(world.settled().await["outbox"], 0);
    let calls = world.bank().refund_calls(&visit);
    let references: Vec<_> = calls.iter().map(|call| call.body["issuerReference"].as_str().unwrap()).collect();
    assert_eq!(references, ["B/1", "B/2", "B/3"]);
    assert_eq!(world.attention("rq-0001").await, Value::Null);
    assert!(!world.google.heard_of_refunds());
    // What Google knows of is all there.
    world.refund("rf-0001", "rq-0001", PAID).await.ok();
    world.google.result("rf-0001").await;
    world.settled().await;
    assert_eq!(world.bank().gave_back(&visit), [PAID; 4]);
    check_books(&world, &[]).await;
}
