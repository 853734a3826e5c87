//! What an issuer does with a refund, and what Google hears of it (contract section 5, API section 6.4).

use std::collections::BTreeSet;

use roundtrip::crypto::Scheme;
use serde_json::{Value, json};

use super::{PAID, check_books, event, first_call};
use crate::harness::{DAY, MINUTE, RefundCall, Refunding, SECOND, Setup};

fn webhook_ids(calls: &[RefundCall]) -> BTreeSet<&str> {
    calls.iter().map(|call| call.webhook_id.as_str()).collect()
}

#[tokio::test]
async fn every_reason_of_a_refusal_has_its_member() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let world = Setup::of(scheme).start().await;
        let visit = world.paid("rq-0001").await;
        let raw = |code: &str| json!({"accountOnHold": {"rawResult": {"rawCode": code}}});
        let reasons: [(Option<&str>, Value); 11] = [
            (Some("account_closed"), json!({"accountClosed": {}})),
            (Some("account_on_hold"), json!({"accountOnHold": {}})),
            (Some("over_limit"), json!({"refundExceedsMaximumBalance": {}})),
            (Some("refund_window_exceeded"), json!({"refundWindowExceeded": {}})),
            (Some("insufficient_funds"), raw("insufficient_funds")),
            (Some("under_limit"), raw("under_limit")),
            (Some("currency_not_supported"), raw("currency_not_supported")),
            (Some("risk"), raw("risk")),
            (Some("other"), raw("other")),
            (Some("something_new"), raw("something_new")),
            (None, json!({"accountOnHold": {}})),
        ];
        for (number, (reason, result)) in reasons.into_iter().enumerate() {
            world.bank().refunds_by([Refunding::Refused(reason)]);
            let id = format!("rf-{number}");
            // Each of them is the whole amount: a refused refund gives it free again.
            world.refund(&id, "rq-0001", PAID).await.ok();
            assert_eq!(world.google.result(&id).await.clear["result"], result, "{reason:?}");
        }
        world.settled().await;
        assert!(world.bank().gave_back(&visit).is_empty());
        assert_eq!(world.attention("rq-0001").await, Value::Null);
        check_books(&world, &[("issuer_receivable:BANK_A", PAID), (&payable(), -PAID)]).await;
    }
}

fn payable() -> String {
    format!("payable_to_google:{}", crate::harness::PIAID)
}

#[tokio::test]
async fn an_issuer_that_was_down_refunds_once_when_it_is_back() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let world = Setup::of(scheme).start().await;
        let visit = world.paid("rq-0001").await;
        let script = [
            Refunding::Down(503),
            Refunding::Down(404),
            Refunding::Forged,
            Refunding::OfAnother,
            Refunding::Lost,
            Refunding::Down(429),
        ];
        let failures = script.len();
        world.bank().refunds_by(script);
        world.refund("rf-0001", "rq-0001", PAID).await.ok();
        for attempt in 1..=failures {
            world
                .pass_until(SECOND, "another attempt", async || {
                    (world.bank().refund_calls(&visit).len() > attempt).then_some(())
                })
                .await;
        }
        assert_eq!(world.google.result("rf-0001").await.clear["result"], json!({"success": {}}));
        world.settled().await;
        let calls = world.bank().refund_calls(&visit);
        assert_eq!(calls.len(), failures + 1);
        assert!(calls.iter().all(|call| call.body == calls[0].body), "the same refundId, the same content");
        assert_eq!(webhook_ids(&calls).len(), 1, "one question, whatever it takes");
        assert_eq!(world.bank().gave_back(&visit), [PAID]);
        assert_eq!(world.google.results("rf-0001").len(), 1);
        check_books(&world, &[]).await;
    }
}

#[tokio::test]
async fn while_an_issuer_does_not_answer_nothing_is_told() {
    let world = Setup::pgp().start().await;
    let visit = world.paid("rq-0001").await;
    world.bank().refunds_by((0..8).map(|_| Refunding::Forged));
    world.refund("rf-0001", "rq-0001", PAID).await.ok();
    for attempt in 1..8 {
        world
            .pass_until(SECOND, "another attempt", async || {
                (world.bank().refund_calls(&visit).len() > attempt).then_some(())
            })
            .await;
        assert!(world.google.results("rf-0001").is_empty(), "a forged word is none");
    }
    world
        .pass_until(SECOND, "the genuine word", async || {
            world.google.results("rf-0001").into_iter().find(|told| told.answered == 200)
        })
        .await;
}

#[tokio::test]
async fn a_pending_refund_is_decided_by_an_event() {
    let world = Setup::pgp().start().await;
    let mut calls = Vec::new();
    for (number, word) in [Refunding::Refunded, Refunding::Refused(Some("account_closed"))].iter().enumerate() {
        let id = format!("rq-{number}");
        let visit = world.paid(&id).await;
        world.bank().refunds_by([Refunding::Pending]);
        world.refund(&format!("rf-{number}"), &id, PAID).await.ok();
        let call = first_call(&world, &visit).await;
        world.settled().await;
        assert!(!world.google.heard_of_refunds() || number > 0, "pending is no result");
        world.pass(10 * SECOND);
        let page = event(&world, &format!("msg_{number}"), &call, word).await;
        world.bank().check_acknowledged(&page);
        calls.push((visit, call));
    }
    assert_eq!(world.google.result("rf-0").await.clear["result"], json!({"success": {}}));
    assert_eq!(world.google.result("rf-1").await.clear["result"], json!({"accountClosed": {}}));
    // Another one that is asked about again shows that a sweep has come by.
    let marker = world.paid("rq-marker").await;
    world.bank().refunds_by([Refunding::Pending]);
    world.refund("rf-marker", "rq-marker", PAID).await.ok();
    first_call(&world, &marker).await;
    world.settled().await;
    world.pass(10 * MINUTE);
    world.bank().refund_calls_at_least(&marker, 2).await;
    for (visit, _) in &calls {
        assert_eq!(world.bank().refund_calls(visit).len(), 1, "what is decided is not asked about");
    }
}

#[tokio::test]
async fn a_pending_refund_is_asked_about_again_at_growing_intervals() {
    let world = Setup::jose().start().await;
    let visit = world.paid("rq-0001").await;
    world.bank().refunds_by([Refunding::Pending, Refunding::Pending, Refunding::Pending]);
    world.refund("rf-0001", "rq-0001", PAID).await.ok();
    for asked in 1..=3 {
        world.bank().refund_calls_at_least(&visit, asked).await;
        world.settled().await;
        world
            .pass_until(2 * SECOND, "another question", async || {
                (world.bank().refund_calls(&visit).len() > asked).then_some(())
            })
            .await;
    }
    assert_eq!(world.google.result("rf-0001").await.clear["result"], json!({"success": {}}));
    world.settled().await;
    let calls = world.bank().refund_calls(&visit);
    let intervals: Vec<i64> = calls.windows(2).map(|pair| pair[1].at.millis_since(pair[0].at)).collect();
    assert_eq!(intervals.len(), 3);
    for (interval, least) in intervals.iter().zip([30 * SECOND, MINUTE, 2 * MINUTE]) {
        assert!(*interval >= least, "{intervals:?}");
    }
    assert!(calls.iter().all(|call| call.body == calls[0].body), "asking again is ordering the same refund again");
    assert_eq!(webhook_ids(&calls).len(), calls.len(), "each question is one of its own");
    assert_eq!((world.bank().gave_back(&visit), world.google.results("rf-0001").len()), (vec![PAID], 1));
}

#[tokio::test]
async fn an_event_decides_before_the_issuer_answers() {
    let world = Setup::pgp().start().await;
    let visit = world.paid("rq-0001").await;
    let (release, held) = std::sync::mpsc::channel();
    world.bank().refunds_by([Refunding::Hold(held)]);
    world.refund("rf-0001", "rq-0001", PAID).await.ok();
    let call = first_call(&world, &visit).await;
    let page = event(&world, "msg_1", &call, &Refunding::Refunded).await;
    world.bank().check_acknowledged(&page);
    assert_eq!(world.google.result("rf-0001").await.clear["result"], json!({"success": {}}));
    let page = event(&world, "msg_1", &call, &Refunding::Refunded).await;
    world.bank().check_acknowledged(&page);
    release.send(()).unwrap();
    world.settled().await;
    assert_eq!(world.google.results("rf-0001").len(), 1, "the answer repeats what the event said");
    assert_eq!(world.attention("rq-0001").await, Value::Null);
}

#[tokio::test]
async fn events_about_refunds_that_were_not_ordered_are_refused() {
    let world = Setup::pgp().start().await;
    let visit = world.paid("rq-0001").await;
    world.refund("rf-0001", "rq-0001", PAID / 2).await.ok();
    let call = first_call(&world, &visit).await;
    world.google.result("rf-0001").await;
    let before = world.settled().await;
    let body = |refund_id: &str| crate::harness::Bank::refund_event(refund_id, &Refunding::Refunded);
    let ours = call.body["refundId"].as_str().unwrap();
    let send = async |bank: usize, id: &str, body: &Value| {
        world.banks[bank].send(&world.browser, &world.origin, id, body).await.status
    };
    assert_eq!(send(0, "msg_1", &body(&format!("{}-2", visit.transaction_id))).await, 404, "no such refund");
    assert_eq!(send(0, "msg_2", &body("01930d2c-7a44-7000-8000-0123456789ab-1")).await, 404, "no such payment");
    assert_eq!(send(0, "msg_3", &body("77")).await, 404, "an id that we never gave away");
    assert_eq!(send(1, "msg_4", &body(ours)).await, 403, "another issuer's");
    let mut unknown = body(ours);
    unknown["outcome"] = json!("approved");
    assert_eq!(send(0, "msg_5", &unknown).await, 400, "no outcome of a refund");
    let forged = body(ours).to_string();
    let now_s = world.peer().now().as_secs();
    let signature = crate::harness::su1::webhook_signature(&[9; 32], "msg_6", now_s, forged.as_bytes());
    let page =
        world.bank().send_raw(&world.browser, &world.origin, ("msg_6", now_s, &signature), forged.as_bytes()).await;
    assert_eq!(page.status, 401, "forged");
    assert_eq!(world.rows().await, before, "nothing is stored");
    world.pass(DAY);
    assert_eq!(world.google.results("rf-0001").len(), 1);
}
