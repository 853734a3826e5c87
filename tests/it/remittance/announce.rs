//! The notification that a statement exists (API section 5.5).

use roundtrip::crypto::{Carrier, Scheme};
use serde_json::{Value, json};

use super::{PRICE, TWO_PERCENT, account, office, right};
use crate::harness::account::method_path;
use crate::harness::remittance::{Told, amount, captured};
use crate::harness::{MINUTE, Setup, World};

/// From the notification to the transfer's amount, with nothing wrong.
async fn happy(setup: Setup) {
    let world = office(setup.with(|setup| TWO_PERCENT.clone_into(&mut setup.accounts[0].more))).await;
    world.paid("rq-1").await;
    world.paid("rq-2").await;
    let statement = right("stmt-1", &["rq-1", "rq-2"]);
    let shown = world.reconciled(&statement, "Matched").await;
    assert_eq!(shown["totals"]["addsUp"], true);
    assert_eq!(shown["findings"]["matched"]["count"], 2);
    assert_eq!(shown["missing"], json!({}));
    let page = world.accept("ann", "stmt-1", &json!({})).await;
    assert_eq!(page.status, 202, "{}", page.text());
    world.google.statements.calls("acceptRemittanceStatement", "stmt-1", 1).await;
    assert_eq!(world.balance("payable_to_google").await, -i128::from(2 * (PRICE - 2_200_000)));
    assert_eq!(world.balance("fee_income").await, -4_400_000);
    for format in ["csv", "xlsx"] {
        assert_eq!(world.api("ann", &format!("statements/stmt-1/report.{format}")).await.status, 200);
    }
}

#[actix_web::test]
async fn a_right_statement_goes_all_the_way_in_pgp_on_sqlite() {
    happy(Setup::pgp()).await;
}

#[actix_web::test]
async fn a_right_statement_goes_all_the_way_in_jose_on_postgres() {
    happy(Setup::of(Scheme::Jose).nodes(2)).await;
}

#[actix_web::test]
async fn rem_1_a_notification_is_stored_once_and_its_replay_is_answered_alike() {
    let world = office(account("")).await;
    let statement = right("stmt-1", &["rq-9"]);
    let first = world.announce(&statement).await;
    assert_eq!(first.ok()["result"], json!({"accepted": {}}));
    world.reaches("stmt-1", "Disputed").await;
    let before = world.settled().await;
    world.pass(30 * MINUTE);
    let again = world.call("remittanceStatementNotification", &statement.notification(world.peer())).await;
    assert_eq!(again.without_timestamp(), first.without_timestamp());
    assert_eq!(world.settled().await, before, "nothing more is stored");

    // The same id for anything else is a violation, and changes nothing.
    let mut other = statement.notification(world.peer());
    other["remittanceStatementSummary"]["totalDueByIntegrator"] = amount(1, "INR");
    let refused = world.call("remittanceStatementNotification", &other).await;
    assert_eq!((refused.status(), refused.error().as_str()), (412, "idempotencyViolation"));
    let echo = world.call("echo", &world.peer().echo_request("stmt-1")).await;
    assert_eq!((echo.status(), echo.error().as_str()), (412, "idempotencyViolation"));
    let shown = world.json("statements/stmt-1").await;
    assert_eq!(shown["totalDueByIntegrator"], amount(PRICE - 2_200_000, "INR"));
    assert_eq!(world.json("statements").await["statements"].as_array().unwrap().len(), 1);
}

/// A payment's request id is no statement's, and the other way round.
#[actix_web::test]
async fn rem_1_an_id_that_a_payment_has_is_refused() {
    let world = office(account("")).await;
    world.paid("rq-1").await;
    let refused = world.announce(&right("rq-1", &["rq-1"])).await;
    assert_eq!((refused.status(), refused.error().as_str()), (412, "idempotencyViolation"));
    assert_eq!(world.json("statements").await["statements"], json!([]));
}

async fn refused(world: &World, change: impl FnOnce(&mut Value)) -> (u16, String) {
    let mut clear = right("stmt-bad", &["rq-1"]).notification(world.peer());
    change(&mut clear);
    let called = world.call("remittanceStatementNotification", &clear).await;
    (called.status(), called.error())
}

#[actix_web::test]
async fn a_notification_that_cannot_be_understood_is_refused_and_leaves_nothing() {
    let world = office(account("")).await;
    let before = world.settled().await;
    let invalid = (400, "invalidFieldValue".to_owned());
    let missing = (400, "missingRequiredField".to_owned());
    assert_eq!(refused(&world, |clear| clear["remittanceStatementSummary"] = Value::Null).await, missing);
    for (pointer, value, expected) in [
        ("totalDueByIntegrator", Value::Null, &missing),
        ("totalDueByIntegrator", json!({"amountMicros": "9223372036854775808", "currencyCode": "INR"}), &invalid),
        ("totalDueByIntegrator", json!({"amountMicros": "1", "currencyCode": "Rs."}), &invalid),
        ("totalFeesAmount", amount(1, "USD"), &invalid),
        ("totalEvents", json!(-1), &invalid),
        ("dateDue", json!("tomorrow"), &invalid),
        ("remittanceInstructions", json!({"memoLineId": "a\nb"}), &invalid),
        ("billingPeriod", json!({"startDate": {"epochMillis": "2"}, "endDate": {"epochMillis": "1"}}), &invalid),
    ] {
        let found = refused(&world, |clear| clear["remittanceStatementSummary"][pointer] = value.clone()).await;
        assert_eq!(&found, expected, "{pointer}: {value}");
    }
    // Bad UTF-8, properly sealed.
    let clear = right("stmt-bad", &["rq-1"]).notification(world.peer()).to_string();
    let bytes = clear.replace("invisi", "in\u{1}isi").into_bytes();
    let bytes: Vec<u8> = bytes.into_iter().map(|byte| if byte == 1 { 0xFF } else { byte }).collect();
    let sealed = world.peer().seal_bytes(&bytes, Carrier::Body);
    let url = format!("{}{}", world.public_url(), method_path("remittanceStatementNotification"));
    let called = world.peer().call_sealed(&world.browser, &url, sealed).await;
    assert_eq!((called.status(), called.error().as_str()), (400, "invalidDecryptedRequest"));
    assert_eq!(world.settled().await, before, "nothing is stored");
}

#[actix_web::test]
async fn everything_optional_may_be_absent() {
    let world = office(account("")).await;
    world.paid("rq-1").await;
    let statement = right("stmt-1", &["rq-1"]).with(|statement| {
        let total = statement.summary["totalDueByIntegrator"].clone();
        statement.summary = json!({"totalDueByIntegrator": total});
    });
    let shown = world.reconciled(&statement, "Matched").await;
    assert_eq!(shown["memoLine"], "stmt-1", "without a memo line it is the statement's id");
}

/// Reconciliation waits for Google as long as it takes; the notification does not.
#[actix_web::test]
async fn a_notification_is_acknowledged_however_google_answers_about_its_details() {
    let world = office(account("")).await;
    let statement = right("stmt-1", &["rq-1"]).with(|statement| statement.events = vec![captured("rq-1", 1, 0)]);
    world.google.statements.details("stmt-1", |_, _| Told::Status(503));
    let called = world.call("remittanceStatementNotification", &statement.notification(world.peer())).await;
    assert_eq!(called.ok()["result"], json!({"accepted": {}}));
    world.google.statements.calls("remittanceStatementDetails", "stmt-1", 1).await;
    assert_eq!(world.json("statements/stmt-1").await["state"], "Fetching");
}
