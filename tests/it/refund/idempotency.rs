//! The same order again (flows-security section 7).

use serde_json::json;

use super::{MINOR, PAID, refusal};
use crate::harness::{DAY, MINUTE, Setup, Word};

#[tokio::test]
async fn idm_1_a_replay_gives_the_same_answer_and_no_second_refund() {
    for setup in [Setup::pgp(), Setup::jose()] {
        let world = setup.start().await;
        let visit = world.paid("rq-0001").await;
        let first = world.refund("rf-0001", "rq-0001", 60_000_000).await;
        let replay = async || {
            // 60 of 109.90 fit once: judged anew it would be refused.
            let again = world.refund("rf-0001", "rq-0001", 60_000_000).await;
            assert_eq!(again.without_timestamp(), first.without_timestamp());
        };
        replay().await;
        world.google.result("rf-0001").await;
        let rows = world.settled().await;
        for millis in [0, 2 * MINUTE, 200 * DAY] {
            world.pass(millis);
            replay().await;
        }
        assert_eq!(world.rows().await, rows, "a replay stores nothing");
        assert_eq!(world.bank().gave_back(&visit), [60_000_000]);
        assert_eq!((world.bank().refund_calls(&visit).len(), world.google.results("rf-0001").len()), (1, 1));
    }
}

#[tokio::test]
async fn idm_2_an_order_that_overtook_the_payment_is_judged_again() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    let early = world.refund("rf-0001", "rq-0001", PAID).await;
    assert_eq!(refusal(&early), (400, "preconditionViolation".into()));
    world.goes_home(&visit, &Word::APPROVED).await;
    let called = world.refund("rf-0001", "rq-0001", PAID).await;
    assert_eq!(called.ok()["result"], json!({"acknowledged": {}}));
    world.google.result("rf-0001").await;
    assert_eq!(world.bank().gave_back(&visit), [PAID]);
}

#[tokio::test]
async fn idm_2_what_exceeded_may_fit_when_it_comes_again() {
    let world = Setup::pgp().start().await;
    let visit = world.paid("rq-0001").await;
    world.bank().refunds_by([crate::harness::Refunding::Refused(Some("account_on_hold"))]);
    world.refund("rf-0001", "rq-0001", PAID).await.ok();
    assert_eq!(world.google.result("rf-0001").await.clear["result"], json!({"accountOnHold": {}}));
    // Refused: its amount is free again, and Google tries under a new id.
    world.refund("rf-0002", "rq-0001", PAID + MINOR).await.error();
    world.refund("rf-0002", "rq-0001", PAID).await.ok();
    world.google.result("rf-0002").await;
    assert_eq!(world.bank().gave_back(&visit), [PAID]);
}

#[tokio::test]
async fn idm_3_a_changed_order_is_a_violation() {
    let world = Setup::jose().start().await;
    let visit = world.paid("rq-0001").await;
    world.paid("rq-0002").await;
    world.refund("rf-0001", "rq-0001", 10_000_000).await.ok();
    for (what, called) in [
        ("another amount that fits", world.refund("rf-0001", "rq-0001", 20_000_000).await),
        ("another amount that does not", world.refund("rf-0001", "rq-0001", PAID).await),
        ("another payment", world.refund("rf-0001", "rq-0002", 10_000_000).await),
        ("the payment's own id", world.refund("rq-0001", "rq-0001", 10_000_000).await),
    ] {
        assert_eq!(refusal(&called), (412, "idempotencyViolation".into()), "{what}");
    }
    world.google.result("rf-0001").await;
    world.settled().await;
    assert_eq!(world.bank().gave_back(&visit), [10_000_000]);
}

#[tokio::test]
async fn idm_4_an_old_order_is_refused_unless_it_is_a_replay_and_the_switch_is_set() {
    for (switch, expected) in [("false", 400), ("true", 200)] {
        let setup = Setup::pgp().with(|setup| setup.google_more = format!("replay_before_clock = {switch}"));
        let world = setup.start().await;
        let visit = world.paid("rq-0001").await;
        let order = |id| world.peer().refund_request(id, "rq-0001", (MINOR, "INR"));
        let (known, new) = (order("rf-0001"), order("rf-0002"));
        world.call("asynchronousRefund", &known).await.ok();
        world.pass(2 * MINUTE);
        let again = world.call("asynchronousRefund", &known).await;
        assert_eq!(again.status(), expected, "replay_before_clock = {switch}");
        let called = world.call("asynchronousRefund", &new).await;
        assert_eq!(refusal(&called), (400, "requestTimestampOutOfRange".into()));
        world.google.result("rf-0001").await;
        world.settled().await;
        assert_eq!(world.bank().gave_back(&visit), [MINOR]);
    }
}
