//! What Google orders, and what it may not.

use std::sync::mpsc;

use roundtrip::crypto::{Carrier, Scheme};
use serde_json::{Value, json};

use super::{MINOR, PAID, check_books, first_call, refusal};
use crate::harness::{DAY, MINUTE, PIAID, Refunding, Setup, Word};

#[tokio::test]
async fn ref_1_the_order_is_acknowledged_first_and_its_result_comes_later() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let world = Setup::of(scheme).start().await;
        let visit = world.paid("rq-0001").await;
        let (release, held) = mpsc::channel();
        world.bank().refunds_by([Refunding::Hold(held)]);
        // Answered although the issuer does not answer.
        let called = world.refund("rf-0001", "rq-0001", PAID).await;
        assert_eq!(called.ok()["result"], json!({"acknowledged": {}}));
        let call = first_call(&world, &visit).await;
        assert!(world.google.results("rf-0001").is_empty(), "nobody knows the result yet");
        check_books(&world, &[("issuer_receivable:BANK_A", PAID), ("refunds_in_flight:BANK_A", -PAID)]).await;
        assert_eq!(
            call.body,
            json!({
                "refundId": format!("{}-1", visit.transaction_id),
                "transactionId": visit.transaction_id,
                "issuerReference": Word::APPROVED.reference,
                "amountMicros": PAID.to_string(),
                "currency": "INR",
            })
        );
        release.send(()).unwrap();
        let told = world.google.result("rf-0001").await;
        assert_eq!(told.path, format!("/gsp/redirect-fop-v1/refundResultNotification/{PIAID}"));
        assert_eq!(told.clear["result"], json!({"success": {}}));
        assert_eq!(told.clear["paymentIntegratorRefundId"], call.body["refundId"]);
        world.settled().await;
        assert_eq!((world.google.results("rf-0001").len(), world.bank().refund_calls(&visit).len()), (1, 1));
        assert_eq!(world.bank().gave_back(&visit), [PAID]);
        check_books(&world, &[]).await;
        assert_eq!(world.ask("rq-0001").await, json!({"success": {}}), "the payment stays what it was");
    }
}

#[tokio::test]
async fn the_older_path_takes_refunds_too() {
    let world = Setup::jose().start().await;
    world.paid("rq-0001").await;
    let request = world.peer().refund_request("rf-0001", "rq-0001", (PAID, "INR"));
    let url = format!("{}/redirect-fop-v1/asynchronousRefund", world.origin);
    let called = world.peer().call_sealed(&world.browser, &url, world.peer().seal(&request, Carrier::Body)).await;
    assert_eq!(called.ok()["result"], json!({"acknowledged": {}}));
    world.google.result("rf-0001").await;
}

#[tokio::test]
async fn ref_2_two_halves_are_two_refunds() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let world = Setup::of(scheme).start().await;
        let visit = world.paid("rq-0001").await;
        for id in ["rf-0001", "rf-0002"] {
            world.refund(id, "rq-0001", PAID / 2).await.ok();
        }
        for id in ["rf-0001", "rf-0002"] {
            assert_eq!(world.google.result(id).await.clear["result"], json!({"success": {}}));
        }
        assert_eq!(world.bank().gave_back(&visit), [PAID / 2, PAID / 2]);
        let ours = |id| world.google.results(id)[0].clear["paymentIntegratorRefundId"].clone();
        assert_ne!(ours("rf-0001"), ours("rf-0002"));
        assert_eq!(refusal(&world.refund("rf-0003", "rq-0001", MINOR).await), (400, "preconditionViolation".into()));
        world.settled().await;
        check_books(&world, &[]).await;
    }
}

#[tokio::test]
async fn ref_4_one_minor_unit_too_much_is_a_violated_precondition() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let world = Setup::of(scheme).start().await;
        let visit = world.paid("rq-0001").await;
        let before = world.settled().await;
        let too_much = world.refund("rf-0001", "rq-0001", PAID + MINOR).await;
        assert_eq!(refusal(&too_much), (400, "preconditionViolation".into()));
        let description = too_much.clear()["errorDescription"].as_str().unwrap();
        assert!(
            description.contains("refundAmount.amountMicros") && description.contains("109.90 INR"),
            "{description}"
        );
        assert_eq!(world.rows().await, before, "nothing is stored");
        world.refund("rf-0002", "rq-0001", 60_000_000).await.ok();
        let rest = PAID - 60_000_000;
        assert_eq!(refusal(&world.refund("rf-0003", "rq-0001", rest + MINOR).await).1, "preconditionViolation");
        world.refund("rf-0003", "rq-0001", rest).await.ok();
        world.google.result("rf-0003").await;
        assert_eq!(world.bank().gave_back(&visit), [60_000_000, rest]);
    }
}

#[tokio::test]
async fn an_unknown_payment_is_an_unknown_identifier() {
    let world = Setup::pgp().start().await;
    world.paid("rq-0001").await;
    let before = world.settled().await;
    let called = world.refund("rf-0001", "rq-9999", MINOR).await;
    assert_eq!(refusal(&called), (404, "invalidIdentifier".into()));
    let named = &called.clear()["errorResponseResult"]["invalidIdentifier"]["invalidIdentifierFieldName"];
    assert_eq!(named, "captureRequestId");
    assert_eq!(world.rows().await, before);
    // A refund is no payment.
    world.refund("rf-0001", "rq-0001", MINOR).await.ok();
    assert_eq!(refusal(&world.refund("rf-0002", "rf-0001", MINOR).await).0, 404);
}

#[tokio::test]
async fn an_order_that_is_no_payable_amount_is_told_which_field() {
    let world = Setup::jose().start().await;
    let visit = world.paid("rq-0001").await;
    let before = world.settled().await;
    let good = world.peer().refund_request("rf-0001", "rq-0001", (PAID, "INR"));
    let (micros, currency) = ("refundAmount.amountMicros", "refundAmount.currencyCode");
    for (pointer, value, member, field) in [
        ("/refundAmount/amountMicros", json!("0"), "invalidFieldValue", micros),
        ("/refundAmount/amountMicros", json!("-10000"), "invalidFieldValue", micros),
        ("/refundAmount/amountMicros", json!("10001"), "invalidFieldValue", micros),
        ("/refundAmount/amountMicros", json!("92233720368547758080"), "invalidFieldValue", micros),
        ("/refundAmount/amountMicros", json!("1e4"), "invalidFieldValue", micros),
        ("/refundAmount/amountMicros", json!(10_000.5), "invalidFieldValue", micros),
        ("/refundAmount/currencyCode", json!("EUR"), "invalidFieldValue", currency),
        ("/refundAmount/currencyCode", json!("inr"), "invalidFieldValue", currency),
        ("/refundAmount/currencyCode", Value::Null, "missingRequiredField", currency),
        ("/refundAmount", Value::Null, "missingRequiredField", "refundAmount"),
        ("/refundAmount", json!("1"), "invalidFieldValue", "refundAmount"),
        ("/captureRequestId", Value::Null, "missingRequiredField", "captureRequestId"),
        ("/captureRequestId", json!("§"), "invalidFieldValue", "captureRequestId"),
    ] {
        let mut request = good.clone();
        *request.pointer_mut(pointer).unwrap() = value.clone();
        let called = world.call("asynchronousRefund", &request).await;
        assert_eq!(refusal(&called), (400, member.to_owned()), "{pointer} {value}");
        let name = if member == "invalidFieldValue" { "invalidFieldName" } else { "missingFieldName" };
        assert_eq!(called.clear()["errorResponseResult"][member][name], field, "{pointer} {value}");
        assert!(called.clear()["errorDescription"].as_str().unwrap().contains(field), "{pointer} {value}");
    }
    assert_eq!(world.rows().await, before, "nothing is stored");
    assert!(world.bank().refund_calls(&visit).is_empty());
}

#[tokio::test]
async fn a_payment_that_is_not_paid_has_nothing_to_refund() {
    let world = Setup::pgp().start().await;
    let endings = [Word::DECLINED.reason("risk"), Word::CANCELLED, Word::PENDING];
    for (number, word) in endings.iter().enumerate() {
        let id = format!("rq-{number}");
        let visit = world.at_bank(&id).await;
        world.returns(&visit, word).await;
        let called = world.refund(&format!("rf-{number}"), &id, MINOR).await;
        assert_eq!(refusal(&called), (400, "preconditionViolation".into()), "{word:?}");
        assert!(called.clear()["errorDescription"].as_str().unwrap().contains("captureRequestId"), "{word:?}");
        assert!(world.bank().refund_calls(&visit).is_empty());
    }
    // Nor has one that nobody has gone to an issuer for.
    world.begin("rq-open", None).await;
    assert_eq!(refusal(&world.refund("rf-open", "rq-open", MINOR).await).0, 400);
}

#[tokio::test]
async fn an_order_after_the_window_is_acknowledged_and_told_that_it_is_late() {
    let world = Setup::pgp().with(|setup| setup.accounts[0].more = "refund_window_days = 2".into()).start().await;
    let visit = world.paid("rq-0001").await;
    world.pass(2 * DAY - MINUTE);
    world.refund("rf-0001", "rq-0001", MINOR).await.ok();
    assert_eq!(world.google.result("rf-0001").await.clear["result"], json!({"success": {}}));
    world.pass(2 * MINUTE);
    let called = world.refund("rf-0002", "rq-0001", PAID - MINOR).await;
    assert_eq!(called.ok()["result"], json!({"acknowledged": {}}));
    assert_eq!(world.google.result("rf-0002").await.clear["result"], json!({"refundWindowExceeded": {}}));
    world.settled().await;
    assert_eq!(world.bank().gave_back(&visit), [MINOR], "the issuer is not asked");
    assert_eq!(world.bank().refund_calls(&visit).len(), 1);
}
