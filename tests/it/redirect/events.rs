//! The issuer's signed events (contract section 5).

use serde_json::{Value, json};

use crate::harness::{Bank, SECOND, Setup, Word, World, su1};

#[tokio::test]
async fn an_event_decides_at_once_and_is_acknowledged_with_a_signature() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    let answer = world.bank().send(&world.browser, &world.origin, "msg_1", &Bank::event(&visit, &Word::APPROVED)).await;
    world.bank().check_acknowledged(&answer);
    assert_eq!(answer.header("webhook-id"), "msg_1");
    assert!(answer.body.is_empty());
    assert_eq!(world.ask("rq-0001").await, json!({"success": {}}));
    world.google.accepted("rq-0001").await;
}

#[tokio::test]
async fn an_event_that_comes_twice_counts_once() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    let event = Bank::event(&visit, &Word::PENDING);
    world.bank().check_acknowledged(&world.bank().send(&world.browser, &world.origin, "msg_1", &event).await);
    let rows = world.rows().await;
    for _ in 0..3 {
        world.bank().check_acknowledged(&world.bank().send(&world.browser, &world.origin, "msg_1", &event).await);
    }
    assert_eq!(world.rows().await, rows, "nothing twice");
    // The same id with another content is the same event.
    let other = Bank::event(&visit, &Word::APPROVED);
    world.bank().check_acknowledged(&world.bank().send(&world.browser, &world.origin, "msg_1", &other).await);
    assert_eq!(world.ask("rq-0001").await, json!({"pending": {}}));
    // A new id is a new event, with a fresh time too.
    world.pass(200 * SECOND);
    world.bank().check_acknowledged(&world.bank().send(&world.browser, &world.origin, "msg_2", &other).await);
    assert_eq!(world.ask("rq-0001").await, json!({"success": {}}));
}

#[tokio::test]
async fn an_event_id_counts_within_its_issuer() {
    let world = Setup::pgp().start().await;
    let at_a = world.at_bank("rq-0001").await;
    let at_b = world.banks[1].arrive(&world.begin("rq-0002", Some("BANK_B")).await.location());
    for (bank, visit) in [(&world.banks[0], &at_a), (&world.banks[1], &at_b)] {
        let event = Bank::event(visit, &Word::APPROVED);
        bank.check_acknowledged(&bank.send(&world.browser, &world.origin, "msg_1", &event).await);
    }
    for id in ["rq-0001", "rq-0002"] {
        assert_eq!(world.ask(id).await, json!({"success": {}}));
    }
}

#[tokio::test]
async fn an_event_that_is_not_genuine_is_refused() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    let before = world.rows().await;
    let bank = world.bank();
    let body = Bank::event(&visit, &Word::APPROVED).to_string().into_bytes();
    let now_s = world.peer().now().as_secs();
    let sign = |id: &str, at_s: i64| su1::webhook_signature(&bank.secret, id, at_s, &body);
    let good = sign("msg_1", now_s);
    for (desc, id, at_s, signature) in [
        ("too old", "msg_1", now_s - 301, sign("msg_1", now_s - 301)),
        ("too new", "msg_1", now_s + 301, sign("msg_1", now_s + 301)),
        ("another id", "msg_2", now_s, good.clone()),
        ("another time", "msg_1", now_s + 1, good.clone()),
        ("another key", "msg_1", now_s, su1::webhook_signature(&[9; 32], "msg_1", now_s, &body)),
        ("no signature", "msg_1", now_s, String::new()),
        ("no version", "msg_1", now_s, good.replace("v1,", "")),
        ("no id", "", now_s, sign("", now_s)),
        ("a very long id", &"m".repeat(300), now_s, sign(&"m".repeat(300), now_s)),
    ] {
        let answer = bank.send_raw(&world.browser, &world.origin, (id, at_s, &signature), &body).await;
        assert_eq!(answer.status, 401, "{desc}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert!(answer.headers.get("webhook-signature").is_none(), "nothing is signed for a stranger");
    }
    let changed = String::from_utf8(body.clone()).unwrap().replace("109900000", "109900001").into_bytes();
    assert_eq!(bank.send_raw(&world.browser, &world.origin, ("msg_1", now_s, &good), &changed).await.status, 401);
    let unknown = world.browser.post(format!("{}/issuers/BANK_NOBODY/events", world.origin), &[], body.clone()).await;
    assert_eq!(unknown.status, 401);
    assert_eq!(world.rows().await, before, "nothing may be stored");
    // Several signatures may stand, in any order; at the edge of the tolerance it is still good.
    for (number, at_s) in [now_s - 300, now_s + 300].into_iter().enumerate() {
        let id = format!("msg_edge_{number}");
        let several = format!("v1,AAAA v2,x {}", sign(&id, at_s));
        let answer = bank.send_raw(&world.browser, &world.origin, (&id, at_s, &several), &body).await;
        bank.check_acknowledged(&answer);
    }
}

#[tokio::test]
async fn an_event_about_nothing_is_not_acknowledged() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    let before = world.rows().await;
    let with = |name: &str, value: Value| {
        let mut event = Bank::event(&visit, &Word::APPROVED);
        event[name] = value;
        event
    };
    for (number, (desc, event, status)) in [
        ("an unknown payment", with("transactionId", json!("01930d2c-7a44-7000-8000-0123456789ab")), 404),
        ("an unknown type", with("type", json!("payment.created")), 400),
        ("an unknown outcome", with("outcome", json!("maybe")), 400),
        ("a negative amount", with("amountMicros", json!("-1")), 400),
        ("no amount", with("amountMicros", Value::Null), 400),
        ("an id that is none", with("transactionId", json!("77")), 400),
        ("a list", json!([1, 2]), 400),
        (
            "a refund that nobody ordered",
            json!({"type": "refund.updated", "refundId": "r-1", "outcome": "refunded"}),
            404,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = world.bank().send(&world.browser, &world.origin, &format!("msg_{number}"), &event).await;
        assert_eq!(answer.status, status, "{desc}: {}", answer.text());
    }
    assert_eq!(world.rows().await, before, "nothing may be stored");
    assert_eq!(world.ask("rq-0001").await, json!({"pending": {}}));
}

#[tokio::test]
async fn amounts_in_events_may_be_numbers() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    let mut event = Bank::event(&visit, &Word::APPROVED);
    event["amountMicros"] = json!(109_900_000);
    event["somethingNew"] = json!({"a": 1});
    world.bank().check_acknowledged(&world.bank().send(&world.browser, &world.origin, "msg_1", &event).await);
    assert_eq!(world.ask("rq-0001").await, json!({"success": {}}));
}

#[tokio::test]
async fn a_differing_amount_in_an_event_is_no_success() {
    let world: World = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    let event = Bank::event(&visit, &Word::APPROVED.amount("1000000", "INR"));
    world.bank().check_acknowledged(&world.bank().send(&world.browser, &world.origin, "msg_1", &event).await);
    assert_eq!(world.ask("rq-0001").await, json!({"pending": {}}));
    assert_eq!(world.attention("rq-0001").await, json!("amount_differs"));
}

#[tokio::test]
async fn an_event_that_was_refused_may_come_again_under_its_id() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    let mut unknown = visit.clone();
    unknown.transaction_id = "01930d2c-7a44-7000-8000-0123456789ab".to_owned();
    let early = Bank::event(&unknown, &Word::APPROVED);
    assert_eq!(world.bank().send(&world.browser, &world.origin, "msg_1", &early).await.status, 404);
    let event = Bank::event(&visit, &Word::APPROVED);
    world.bank().check_acknowledged(&world.bank().send(&world.browser, &world.origin, "msg_1", &event).await);
    assert_eq!(world.ask("rq-0001").await, json!({"success": {}}));
}
