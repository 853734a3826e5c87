//! One request, one effect (flows-security section 7).

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Called, MINUTE, Setup, Word};

const GENERATE: &str = "generateRedirectPaymentUrl";
const STATUS: &str = "getRedirectPaymentStatus";

#[tokio::test]
async fn idm_1_a_replay_differs_in_its_timestamp_only() {
    let world = Setup::jose().start().await;
    world.at_bank("rq-0001").await;
    let mut declined = world.peer().generate_request("rq-declined", None);
    declined["transactionAmount"]["currencyCode"] = json!("EUR");
    for (method, request) in [
        (GENERATE, world.peer().generate_request("rq-0002", None)),
        (GENERATE, declined),
        (STATUS, world.peer().status_request("st-1", "rq-0001")),
        ("echo", world.peer().echo_request("echo-1")),
    ] {
        let mut request = request;
        request["requestHeader"]["requestTimestamp"] = world.peer().header("x")["requestTimestamp"].clone();
        let first = world.call(method, &request).await;
        let rows = world.settled().await;
        world.pass(30_000);
        let again = world.call(method, &request).await;
        assert_eq!(again.without_timestamp(), first.without_timestamp(), "{method}");
        let time = |called: &Called| called.ok()["responseHeader"]["responseTimestamp"]["epochMillis"].clone();
        assert_ne!(time(&again), time(&first), "{method}: the timestamp is fresh");
        assert_eq!(world.rows().await, rows, "{method}: a replay stores nothing");
    }
}

#[tokio::test]
async fn idm_2_what_was_refused_is_judged_again() {
    let mut world = Setup::pgp().start().await;
    // An issuer that the account does not offer yet.
    world.setup.accounts[0].issuers = vec!["BANK_B"];
    world.restart().await;
    let refused = world.call(GENERATE, &world.peer().generate_request("rq-0001", Some("BANK_A"))).await;
    assert_eq!(refused.status(), 404);
    world.setup.accounts[0].issuers = vec!["BANK_A", "BANK_B"];
    world.restart().await;
    world.call(GENERATE, &world.peer().generate_request("rq-0001", Some("BANK_A"))).await.payment_url();
    // A refused request does not claim its id for its content either.
    let mut wrong = world.peer().generate_request("rq-0002", Some("BANK_A"));
    wrong["transactionAmount"]["amountMicros"] = json!("1");
    assert_eq!(world.call(GENERATE, &wrong).await.status(), 400);
    world.call(GENERATE, &world.peer().generate_request("rq-0002", Some("BANK_A"))).await.payment_url();
}

#[tokio::test]
async fn idm_3_a_changed_body_is_a_violation() {
    let world = Setup::jose().start().await;
    let good = world.peer().generate_request("rq-0001", None);
    let url = world.call(GENERATE, &good).await.payment_url();
    let change = |pointer: &str, value: Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    };
    let mut unknown_member = good.clone();
    unknown_member["somethingNew"] = json!(1);
    for changed in [
        change("/transactionAmount/amountMicros", json!("109910000")),
        change("/transactionAmount/currencyCode", json!("EUR")),
        change("/transactionDescription", json!("Play Movies ")),
        change("/formOfPayment", json!({"issuerId": {"value": "BANK_A"}})),
        change("/callbackUrl", json!("https://payments.google.test/return?a=b")),
        unknown_member,
    ] {
        let called = world.call(GENERATE, &changed).await;
        assert_eq!((called.status(), called.error().as_str()), (412, "idempotencyViolation"), "{changed}");
    }
    // Another method under the same id.
    let called = world.call(STATUS, &world.peer().status_request("rq-0001", "rq-0001")).await;
    assert_eq!((called.status(), called.error().as_str()), (412, "idempotencyViolation"));
    // Another flow under the same id: the payment is not started twice.
    let page = world.begin("rq-0001", None).await;
    assert_eq!(world.peer().read_home(&page.location()).error(), "idempotencyViolation");
    // The order of keys and white space are no content.
    let text = serde_json::to_string_pretty(&good).unwrap();
    let reordered = format!(
        "{{\"callbackUrl\":\"https://payments.google.test/return\",{}",
        text.replace("  \"callbackUrl\": \"https://payments.google.test/return\",\n", "").trim_start_matches('{')
    );
    let sealed = world.peer().seal_text(&reordered, roundtrip::crypto::Carrier::Body);
    let path = crate::harness::account::method_path(GENERATE);
    let called = world.peer().call_sealed(&world.browser, &format!("{}{path}", world.origin), sealed).await;
    assert_eq!(called.payment_url(), url);
}

#[tokio::test]
async fn idm_4_a_fresh_timestamp_alone_is_a_replay() {
    let world = Setup::pgp().start().await;
    let first = world.call(GENERATE, &world.peer().generate_request("rq-0001", None)).await;
    world.pass(2 * MINUTE);
    let again = world.call(GENERATE, &world.peer().generate_request("rq-0001", None)).await;
    assert_eq!(again.without_timestamp(), first.without_timestamp());
}

#[tokio::test]
async fn idm_4_an_old_timestamp_is_refused_unless_the_switch_is_set() {
    for (switch, expected) in [("false", 400), ("true", 200)] {
        let setup = Setup::pgp().with(|setup| setup.google_more = format!("replay_before_clock = {switch}"));
        let world = setup.start().await;
        world.at_bank("rq-0002").await;
        let generate = world.peer().generate_request("rq-0001", None);
        let status = world.peer().status_request("st-1", "rq-0002");
        for (method, request) in [(GENERATE, &generate), (STATUS, &status)] {
            world.call(method, request).await.ok();
        }
        world.pass(2 * MINUTE);
        for (method, request) in [(GENERATE, &generate), (STATUS, &status)] {
            assert_eq!(
                world.call(method, request).await.status(),
                expected,
                "{method}, replay_before_clock = {switch}"
            );
        }
        // What would be new is refused either way.
        let mut unknown = generate.clone();
        unknown["requestHeader"]["requestId"] = json!("rq-new");
        let called = world.call(GENERATE, &unknown).await;
        assert_eq!((called.status(), called.error().as_str()), (400, "requestTimestampOutOfRange"));
        assert_eq!(world.payment("rq-new").await, None);
    }
}

#[tokio::test]
async fn idm_5_fifty_parallel_calls_have_one_effect() {
    let world = Setup::jose().start().await;
    let calls =
        join_all((0..50).map(async |_| world.call(GENERATE, &world.peer().generate_request("rq-0001", None)).await))
            .await;
    one_answer_or_retryable(&calls);
    assert_eq!(world.started().await, 1);
}

#[tokio::test]
async fn idm_5_fifty_parallel_begins_have_one_effect() {
    let world = Setup::jose().start().await;
    let url = world.peer().begin_url(&world.origin, &world.peer().redirect_request("rq-0001", Some("BANK_A")));
    let pages = join_all((0..50).map(|_| world.get(&url))).await;
    let transactions: std::collections::HashSet<String> =
        pages.iter().map(|page| world.bank().arrive(&page.location()).transaction_id).collect();
    assert_eq!(transactions.len(), 1);
    assert_eq!(world.started().await, 1);
}

#[tokio::test]
async fn idm_5_fifty_parallel_returns_have_one_effect() {
    let world = Setup::jose().start().await;
    let visit = world.at_bank("rq-0001").await;
    let url = world.bank().return_url(&visit, &Word::APPROVED);
    let pages = join_all((0..50).map(|_| world.get(&url))).await;
    for page in &pages {
        assert_eq!(world.peer().read_home(&page.location()).result(), &json!({"success": {}}));
    }
    world.google.accepted("rq-0001").await;
    assert_eq!(world.google.notifications("rq-0001").len(), 1);
}

#[tokio::test]
async fn idm_5_fifty_parallel_calls_with_different_content_have_one_effect() {
    let world = Setup::jose().start().await;
    let calls = join_all((0..50).map(async |number| {
        let mut request = world.peer().generate_request("rq-0001", None);
        request["transactionAmount"]["amountMicros"] = json!((1_000_000 * (1 + number % 5)).to_string());
        (number % 5, world.call(GENERATE, &request).await)
    }))
    .await;
    let winners: std::collections::HashSet<i64> =
        calls.iter().filter(|(_, called)| called.status() == 200).map(|(kind, _)| *kind).collect();
    assert_eq!(winners.len(), 1, "one content wins: {winners:?}");
    for (kind, called) in &calls {
        if !winners.contains(kind) {
            assert!(matches!(called.status(), 412 | 503), "{}", called.status());
        }
    }
    assert_eq!(world.started().await, 1);
}

/// All 200s are equal; whatever else came may be tried again.
fn one_answer_or_retryable(calls: &[Called]) {
    let answered: Vec<_> = calls.iter().filter(|called| called.status() == 200).collect();
    assert!(!answered.is_empty());
    for called in &answered {
        assert_eq!(called.without_timestamp(), answered[0].without_timestamp());
    }
    for called in calls {
        assert!(matches!(called.status(), 200 | 409 | 503), "{} {}", called.status(), called.page.text());
    }
}
