//! The Google stand-in: refunds.

use reqwest::StatusCode;
use roundtrip::crypto::Carrier;
use serde_json::{Value, json};

use super::world::{JOSE, PGP, World, error_of, open};

fn result(world: &World, request_id: &str, refund: &str, result: Value) -> Value {
    json!({
        "requestHeader": world.header(request_id, PGP), "refundRequestId": refund,
        "paymentIntegratorRefundId": "R-77", "result": result,
    })
}

async fn states(world: &World, order: &str) -> Vec<String> {
    let order = world.order(order).await;
    order["refunds"].as_array().unwrap().iter().map(|refund| refund["state"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_refund_names_the_payment_and_takes_the_rest_by_default() {
    for piaid in [PGP, JOSE] {
        let world = World::new();
        let id = world.decided(piaid, "success").await;
        let first = world.refund(&id, "50.00").await;
        let second = world.refund(&id, "").await;
        assert_ne!(first, second);
        let asked: Vec<Value> = world.asked().into_iter().map(|(_, request)| request).collect();
        for (request, refund, micros) in [(&asked[0], &first, "50000000"), (&asked[1], &second, "70000000")] {
            let expected = json!({
                "requestHeader": world.header(refund, piaid), "captureRequestId": id,
                "refundAmount": {"amountMicros": micros, "currencyCode": "INR"},
            });
            assert_eq!(*request, expected);
        }
        let order = world.order(&id).await;
        assert_eq!(order["restMicros"], "0");
        assert_eq!(states(&world, &id).await, ["acknowledged", "acknowledged"]);
        let nothing_left = world.post(&format!("/orders/{id}/refund"), &[("amount", "")]).await;
        assert_eq!(nothing_left.status(), StatusCode::BAD_REQUEST);
        assert_eq!(world.asked().len(), 2);
    }
}

#[actix_web::test]
async fn a_refund_that_came_to_nothing_gives_its_amount_back() {
    let world = World::new();
    let id = world.decided(PGP, "success").await;
    let failed = world.refund(&id, "100.00").await;
    world.refunded(&failed, PGP, "accountClosed").await;
    world.answers(400, json!({"errorResponseResult": {"preconditionViolation": {}}}));
    world.post(&format!("/orders/{id}/over-refund"), &[]).await;
    let (_, asked) = world.asked().pop().unwrap();
    assert_eq!(asked["refundAmount"]["amountMicros"], "120010000", "one minor unit more than all of it");
    let done = world.refund(&id, "").await;
    world.refunded(&done, PGP, "success").await;
    let order = world.order(&id).await;
    assert_eq!(states(&world, &id).await, ["failed", "refused", "succeeded"]);
    assert_eq!(order["restMicros"], "0");
    assert_eq!(order["refunds"][0]["result"], json!({"accountClosed": {}}));
    assert_eq!(order["refunds"][2]["paymentIntegratorRefundId"], format!("R-{done}"));
    let page = world.page(&format!("/orders/{id}")).await;
    for shown in [format!("R-{done}").as_str(), "not refunded: accountClosed", "refused", "0.00 INR left"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
}

#[actix_web::test]
async fn a_replayed_refund_is_the_same_request_and_a_changed_one_only_differs_in_its_amount() {
    let world = World::new();
    let id = world.decided(PGP, "success").await;
    let refund = world.refund(&id, "50.00").await;
    world.clock.advance(1_000);
    world.post(&format!("/orders/{id}/refunds/{refund}/replay"), &[]).await;
    world.answers(412, json!({"errorResponseResult": {"idempotencyViolation": {}}}));
    world.post(&format!("/orders/{id}/refunds/{refund}/changed"), &[]).await;
    let mut asked: Vec<Value> = world.asked().into_iter().map(|(_, request)| request).collect();
    let stamps: Vec<Value> =
        asked.iter_mut().map(|request| request["requestHeader"]["requestTimestamp"].take()).collect();
    assert_eq!(asked[0], asked[1]);
    assert_ne!(stamps[0], stamps[1]);
    assert_eq!(asked[2]["refundAmount"]["amountMicros"], "50010000");
    asked[2]["refundAmount"]["amountMicros"] = json!("50000000");
    assert_eq!(asked[0], asked[2]);
    assert_eq!(states(&world, &id).await, ["acknowledged"], "the changed request is not the refund");
    let unknown = world.post(&format!("/orders/{id}/refunds/rf-unknown/replay"), &[]).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn the_first_result_of_a_refund_stands_over_a_restart() {
    let world = World::new();
    let id = world.decided(PGP, "success").await;
    let refund = world.refund(&id, "50.00").await;
    let success = result(&world, "rn-1", &refund, json!({"success": {}}));
    let answer = world.call("refundResultNotification", PGP, &success).await;
    assert_eq!((answer.0, &open(&answer.1, Carrier::Body)["result"]), (StatusCode::OK, &json!({"accepted": {}})));
    let world = world.restarted().await;
    world.clock.advance(30_000);
    for request_id in ["rn-1", "rn-2"] {
        let again = result(&world, request_id, &refund, json!({"success": {}}));
        assert_eq!(world.call("refundResultNotification", PGP, &again).await.0, StatusCode::OK, "{request_id}");
    }
    for (request_id, status, member) in [("rn-1", 412, "idempotencyViolation"), ("rn-3", 400, "preconditionViolation")]
    {
        let other = result(&world, request_id, &refund, json!({"accountOnHold": {}}));
        let answer = world.call("refundResultNotification", PGP, &other).await;
        assert_eq!(error_of(&answer), (status, member.to_owned()));
    }
    assert_eq!(states(&world, &id).await, ["succeeded"]);
    let order = world.order(&id).await;
    let statuses: Vec<&Value> =
        order["case"]["refunds"][0]["results"].as_array().unwrap().iter().map(|arrival| &arrival["status"]).collect();
    assert_eq!(statuses, [200, 200, 200, 412, 400]);
}

#[actix_web::test]
async fn each_wrong_result_gets_its_error_and_is_not_stored() {
    let world = World::new();
    let id = world.decided(PGP, "success").await;
    let refund = world.refund(&id, "50.00").await;
    let good = result(&world, "rn-1", &refund, json!({"success": {}}));
    let changed = |pointer: &str, value: Value| {
        let mut request = good.clone();
        *request.pointer_mut(pointer).unwrap() = value;
        request
    };
    for (request, status, member) in [
        (changed("/requestHeader/protocolVersion/major", json!(2)), 400, "invalidApiVersion"),
        (changed("/requestHeader/paymentIntegratorAccountId", json!(JOSE)), 404, "invalidIdentifier"),
        (changed("/requestHeader/requestTimestamp/epochMillis", json!("1")), 400, "requestTimestampOutOfRange"),
        (changed("/refundRequestId", json!("rf-unknown")), 404, "invalidIdentifier"),
        (changed("/refundRequestId", json!(id)), 404, "invalidIdentifier"),
        (changed("/refundRequestId", json!(null)), 400, "missingRequiredField"),
        (changed("/paymentIntegratorRefundId", json!(7)), 400, "invalidFieldValue"),
        (changed("/result", json!({"pending": {}})), 400, "invalidFieldValue"),
        (changed("/result", json!({})), 400, "missingRequiredField"),
    ] {
        let answer = world.call("refundResultNotification", PGP, &request).await;
        assert_eq!(error_of(&answer), (status, member.to_owned()), "{request}");
    }
    let mut foreign = good.clone();
    foreign["requestHeader"] = world.header("rn-1", JOSE);
    let answer = world.call("refundResultNotification", JOSE, &foreign).await;
    assert_eq!(error_of(&answer), (404, "invalidIdentifier".to_owned()), "another account's refund");
    assert_eq!(states(&world, &id).await, ["acknowledged"]);
    assert_eq!(world.call("refundResultNotification", PGP, &good).await.0, StatusCode::OK);
}

#[actix_web::test]
async fn results_are_answered_badly_as_often_as_asked_for() {
    let world = World::new();
    let id = world.decided(PGP, "success").await;
    let refund = world.refund(&id, "50.00").await;
    let request = result(&world, "rn-1", &refund, json!({"success": {}}));
    let tell = async || world.call("refundResultNotification", PGP, &request).await.0.as_u16();
    world.post("/misbehave", &[("order", &id), ("how", "plain"), ("times", "1")]).await;
    assert_eq!(tell().await, 500);
    assert_eq!(states(&world, &id).await, ["acknowledged"]);
    world.post("/misbehave", &[("order", &id), ("how", "lost"), ("times", "1")]).await;
    assert_eq!(tell().await, 503);
    assert_eq!(states(&world, &id).await, ["succeeded"], "stored, though the answer was lost");
    assert_eq!(tell().await, 200);
}
