//! What Google is told of a refund: until it has it, and never anything else (checklist REF-5).

use std::collections::BTreeSet;

use roundtrip::crypto::Scheme;
use serde_json::{Value, json};

use super::{MINOR, PAID, check_books, event, first_call, refusal};
use crate::harness::{Refunding, SECOND, Script, Setup, World};

/// Everything has gone out, and Google was told one thing about `rf-0001`.
async fn told_once(world: &World, result: &Value) {
    assert_eq!(world.google.result("rf-0001").await.clear["result"], *result);
    world.settled().await;
    assert_eq!(world.google.results("rf-0001").len(), 1, "no second notification");
}

#[tokio::test]
async fn ref_5_a_refusal_after_the_refund_changes_no_result() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let world = Setup::of(scheme).start().await;
        let visit = world.paid("rq-0001").await;
        world.refund("rf-0001", "rq-0001", PAID).await.ok();
        let call = first_call(&world, &visit).await;
        told_once(&world, &json!({"success": {}})).await;
        for (id, word) in [
            ("msg_1", Refunding::Refused(Some("account_closed"))),
            ("msg_2", Refunding::Pending),
            ("msg_3", Refunding::Refused(Some("account_on_hold"))),
            ("msg_4", Refunding::Refunded),
        ] {
            world.bank().check_acknowledged(&event(&world, id, &call, &word).await);
        }
        told_once(&world, &json!({"success": {}})).await;
        assert_eq!(world.attention("rq-0001").await, "contradiction", "finance sees it");
        assert_eq!(refusal(&world.refund("rf-0002", "rq-0001", MINOR).await).1, "preconditionViolation");
        check_books(&world, &[]).await;
    }
}

#[tokio::test]
async fn ref_5_a_refund_after_the_refusal_changes_no_result_but_counts() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let world = Setup::of(scheme).start().await;
        let visit = world.paid("rq-0001").await;
        world.bank().refunds_by([Refunding::Refused(Some("account_closed"))]);
        world.refund("rf-0001", "rq-0001", 60_000_000).await.ok();
        let call = first_call(&world, &visit).await;
        let closed = json!({"accountClosed": {}});
        told_once(&world, &closed).await;
        world.bank().check_acknowledged(&event(&world, "msg_1", &call, &Refunding::Refunded).await);
        told_once(&world, &closed).await;
        assert_eq!(world.attention("rq-0001").await, "contradiction");
        let rest = PAID - 60_000_000;
        assert_eq!(refusal(&world.refund("rf-0002", "rq-0001", rest + MINOR).await).1, "preconditionViolation");
        let google = format!("payable_to_google:{}", crate::harness::PIAID);
        check_books(&world, &[("issuer_receivable:BANK_A", rest), (&google, -PAID), ("suspense", 60_000_000)]).await;
        world.refund("rf-0002", "rq-0001", rest).await.ok();
        world.google.result("rf-0002").await;
    }
}

#[tokio::test]
async fn ref_5_an_answer_against_the_event_changes_no_result() {
    let world = Setup::pgp().start().await;
    for (number, (said, answered, result)) in [
        (Refunding::Refunded, Refunding::Refused(Some("account_closed")), json!({"success": {}})),
        (Refunding::Refused(Some("account_closed")), Refunding::Refunded, json!({"accountClosed": {}})),
    ]
    .into_iter()
    .enumerate()
    {
        let (capture, refund) = (format!("rq-{number}"), format!("rf-{number}"));
        let visit = world.paid(&capture).await;
        world.bank().refunds_by([Refunding::Down(503), answered]);
        world.refund(&refund, &capture, PAID).await.ok();
        let call = first_call(&world, &visit).await;
        world.bank().check_acknowledged(&event(&world, &format!("msg_{number}"), &call, &said).await);
        world
            .pass_until(SECOND, "the answer", async || (world.bank().refund_calls(&visit).len() >= 2).then_some(()))
            .await;
        assert_eq!(world.google.result(&refund).await.clear["result"], result);
        world.settled().await;
        assert_eq!(world.google.results(&refund).len(), 1);
        assert_eq!(world.attention(&capture).await, "contradiction");
        assert_eq!(world.bank().refund_calls(&visit).len(), 2, "its answer is taken, not asked for again");
    }
}

#[tokio::test]
async fn the_result_is_told_until_google_takes_it() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let world = Setup::of(scheme).start().await;
        let visit = world.paid("rq-0001").await;
        let scripts = vec![
            Script::Plain(503),
            Script::Drop,
            Script::Empty(404),
            Script::Sealed(400, "preconditionViolation"),
            Script::RetryAfter(429, 120),
            Script::Unsealed,
            Script::Foreign(Box::new(world.stranger())),
        ];
        let failures = scripts.len();
        world.google.results_by(scripts);
        world.refund("rf-0001", "rq-0001", PAID).await.ok();
        for attempt in 1..=failures {
            world
                .pass_until(5 * SECOND, "another attempt", async || {
                    (world.google.results("rf-0001").len() > attempt).then_some(())
                })
                .await;
        }
        world.google.result("rf-0001").await;
        world.settled().await;
        let told = world.google.results("rf-0001");
        assert_eq!(told.len(), failures + 1, "until it was taken, and not once more");
        let without_time = |clear: &Value| {
            let mut clear = clear.clone();
            clear["requestHeader"].as_object_mut().unwrap().remove("requestTimestamp").expect("requestTimestamp");
            clear
        };
        assert!(told.iter().all(|one| without_time(&one.clear) == without_time(&told[0].clear)), "one notification");
        let times: BTreeSet<_> =
            told.iter().map(|one| one.clear["requestHeader"]["requestTimestamp"].to_string()).collect();
        assert!(times.len() > failures / 2, "the timestamp is fresh: {times:?}");
        assert_eq!(world.bank().refund_calls(&visit).len(), 1);
    }
}

#[tokio::test]
async fn a_result_that_google_does_not_take_holds_up_no_other_payment() {
    let world = Setup::pgp().start().await;
    let (_never, held) = std::sync::mpsc::channel();
    world.google.results_by([Script::Hold(held)]);
    world.paid("rq-0001").await;
    world.paid("rq-0002").await;
    world.refund("rf-0001", "rq-0001", PAID).await.ok();
    crate::harness::until("the held result", async || (!world.google.results("rf-0001").is_empty()).then_some(()))
        .await;
    world.refund("rf-0002", "rq-0002", PAID).await.ok();
    assert_eq!(world.google.result("rf-0002").await.clear["result"], json!({"success": {}}));
}
