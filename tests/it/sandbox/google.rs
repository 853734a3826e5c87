//! The Google stand-in: payments.

use reqwest::StatusCode;
use roundtrip::crypto::Carrier;
use serde_json::{Value, json};
use url::Url;

use super::location;
use super::world::{JOSE, PGP, START, World, error_of, open, parameter, ring};

#[actix_web::test]
async fn begin_carries_a_sealed_request_and_a_callback_that_names_it() {
    let world = World::new();
    for piaid in [PGP, JOSE] {
        let (id, url) = world.begin(piaid).await;
        assert!(url.as_str().starts_with(&format!("{}begin?", world.integrator_url)), "{url}");
        assert!(url.as_str().len() <= 2048, "{} characters", url.as_str().len());
        assert_eq!(parameter(&url, "callbackUrl"), format!("{}/return/url?redirectRequestId={id}", world.origin));
        let request = open(parameter(&url, "redirectRequest").as_bytes(), Carrier::UrlParameter);
        let expected = json!({
            "requestHeader": world.header(&id, piaid), "transactionDescription": "Gem pack",
            "transactionAmount": {"amountMicros": "120000000", "currencyCode": "INR"},
            "formOfPayment": {"issuerId": {"value": "BANK_A"}},
        });
        assert_eq!(request, expected);
    }
}

#[actix_web::test]
async fn generate_asks_for_an_address_and_sends_the_browser_there() {
    let world = World::new();
    let target = "https://pay.example.com/pay/x?sig=1";
    world.answers(
        200,
        json!({"responseHeader": {}, "result": {"success": {"redirectDetails": {"getMethod": {"url": target}}}}}),
    );
    assert_eq!(world.buy("generate", JOSE, "").await, target);
    let (path, request) = world.asked().remove(0);
    assert_eq!(path, "v1/payment-integrator-redirect/generateRedirectPaymentUrl");
    assert_eq!(request["callbackUrl"], format!("{}/return/url", world.origin));
    assert_eq!(request["formOfPayment"], json!({"noneChosen": {}}));
    world.answers(200, json!({"responseHeader": {}, "result": {"declinedByIssuer": {}}}));
    assert!(world.buy("generate", JOSE, "").await.starts_with("/orders/rq-"), "a decline leads to the order");
}

#[actix_web::test]
async fn sealed_plain_and_empty_answers_are_all_shown() {
    let world = World::new();
    let page = world.buy("generate", PGP, "").await;
    let id = page.strip_prefix("/orders/").unwrap();
    world.answers(412, json!({"errorResponseResult": {"idempotencyViolation": {}}}));
    world.post(&format!("/orders/{id}/changed"), &[]).await;
    let order = world.order(id).await;
    let [first, changed] = [&order["case"]["exchanges"][0], &order["case"]["exchanges"][1]];
    assert_eq!((&first["status"], &first["answer"]["kind"]), (&json!(503), &json!("plain")));
    assert_eq!((&changed["status"], &changed["answer"]["kind"]), (&json!(412), &json!("sealed")));
    let asked = world.asked();
    assert_eq!(asked[0].1["requestHeader"]["requestId"], asked[1].1["requestHeader"]["requestId"]);
    assert_eq!(asked[1].1["transactionAmount"]["amountMicros"], "120010000");
    let shown = world.browser.get(format!("{}{page}", world.origin)).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains("idempotencyViolation") && shown.contains("try later"), "{shown}");
}

#[actix_web::test]
async fn a_replay_keeps_all_but_the_timestamp_and_a_poll_has_an_id_of_its_own() {
    let world = World::new();
    let (id, _) = world.begin(PGP).await;
    world.answers(200, json!({"responseHeader": {}, "result": {"pending": {}}, "formOfPayment": {"noneChosen": {}}}));
    for what in ["poll", "replay", "poll"] {
        world.post(&format!("/orders/{id}/{what}"), &[]).await;
        world.clock.advance(1_000);
    }
    let mut asked: Vec<Value> = world.asked().into_iter().map(|(_, request)| request).collect();
    let stamps: Vec<Value> =
        asked.iter_mut().map(|request| request["requestHeader"]["requestTimestamp"].take()).collect();
    assert_eq!(asked[0], asked[1]);
    assert_ne!(stamps[0], stamps[1]);
    assert_ne!(asked[0]["requestHeader"]["requestId"], asked[2]["requestHeader"]["requestId"]);
    assert_eq!(world.order(&id).await["latest"][2]["key"], "pending");
}

#[actix_web::test]
async fn the_three_channels_are_kept_and_compared_over_a_restart() {
    for piaid in [PGP, JOSE] {
        let world = World::new();
        let (id, url) = world.begin(piaid).await;
        let said = json!({"redirectRequestId": id, "result": {"success": {}}, "formOfPayment": {"issuerId": {"value": "BANK_A"}}});
        let sealed = ring(piaid).seal(said.to_string().as_bytes(), Carrier::UrlParameter, START).unwrap();
        let mut callback = Url::parse(&parameter(&url, "callbackUrl")).unwrap();
        callback
            .query_pairs_mut()
            .append_pair("paymentIntegratorAccountId", piaid)
            .append_pair("redirectResponse", &sealed);
        let returned = world.browser.get(callback).send().await.unwrap();
        assert_eq!(location(&returned), format!("/orders/{id}"));
        let answer = world.notify(piaid, &world.notification("nt-1", &id, piaid, "success")).await;
        assert_eq!(open(&answer.1, Carrier::Body)["result"], json!({"accepted": {}}));
        world.answers(200, json!({"responseHeader": {}, "result": {"success": {}}, "formOfPayment": {"issuerId": {"value": "BANK_A"}}}));
        world.post(&format!("/orders/{id}/poll"), &[]).await;
        let world = world.restarted().await;
        assert_eq!(world.order(&id).await["agreement"], json!({"state": "agree", "key": "success", "channels": 3}));
        world.answers(
            200,
            json!({"responseHeader": {}, "result": {"riskDeclined": {}}, "formOfPayment": {"noneChosen": {}}}),
        );
        world.post(&format!("/orders/{id}/poll"), &[]).await;
        assert_eq!(world.order(&id).await["agreement"], json!({"state": "differ"}));
    }
}

#[actix_web::test]
async fn a_return_with_another_id_inside_or_a_parameter_twice_does_not_count() {
    let world = World::new();
    let (id, url) = world.begin(PGP).await;
    let (other, _) = world.begin(PGP).await;
    let callback = Url::parse(&parameter(&url, "callbackUrl")).unwrap();
    let sealed = |id: &str| {
        let said = json!({"redirectRequestId": id, "result": {"success": {}}, "formOfPayment": {"noneChosen": {}}});
        ring(PGP).seal(said.to_string().as_bytes(), Carrier::UrlParameter, START).unwrap()
    };
    let good = format!("{callback}&paymentIntegratorAccountId={PGP}&redirectResponse={}", sealed(&id));
    for bad in [
        format!("{callback}&paymentIntegratorAccountId={PGP}&redirectResponse={}", sealed(&other)),
        format!("{good}&redirectRequestId={id}"),
        good.replace(PGP, JOSE),
        good.replace("redirectResponse=", "redirectResponse=AAAA"),
        callback.to_string(),
    ] {
        world.browser.get(&bad).send().await.unwrap();
        let order = world.order(&id).await;
        assert_eq!(order["latest"][0], Value::Null, "{bad}");
        assert!(order["case"]["returns"].as_array().unwrap().last().unwrap()["problem"].is_string());
    }
    world.browser.get(&good).send().await.unwrap();
    assert_eq!(world.order(&id).await["latest"][0]["key"], "success");
}

#[actix_web::test]
async fn a_notification_is_taken_once_and_refused_when_changed() {
    let world = World::new();
    let (id, _) = world.begin(PGP).await;
    let request = world.notification("nt-1", &id, PGP, "success");
    assert_eq!(world.notify(PGP, &request).await.0, StatusCode::OK);
    let world = world.restarted().await;
    world.clock.advance(30_000);
    let mut again = request.clone();
    again["requestHeader"] = world.header("nt-1", PGP);
    assert_eq!(world.notify(PGP, &again).await.0, StatusCode::OK);
    let changed = world.notification("nt-1", &id, PGP, "riskDeclined");
    assert_eq!(error_of(&world.notify(PGP, &changed).await), (412, "idempotencyViolation".to_owned()));
    let contradicting = world.notification("nt-2", &id, PGP, "riskDeclined");
    assert_eq!(error_of(&world.notify(PGP, &contradicting).await), (400, "preconditionViolation".to_owned()));
    assert_eq!(world.order(&id).await["agreement"], json!({"state": "agree", "key": "success", "channels": 1}));
}

#[actix_web::test]
async fn each_wrong_notification_gets_its_error() {
    let world = World::new();
    let (id, _) = world.begin(JOSE).await;
    let good = world.notification("nt-1", &id, JOSE, "success");
    let changed = |pointer: &str, value: Value| {
        let mut request = good.clone();
        *request.pointer_mut(pointer).unwrap() = value;
        request
    };
    let late = (START.as_millis() - 60_001).to_string();
    for (request, status, member) in [
        (json!([]), 400, "invalidApiVersion"),
        (changed("/requestHeader/protocolVersion/major", json!(2)), 400, "invalidApiVersion"),
        (changed("/requestHeader/paymentIntegratorAccountId", json!(PGP)), 404, "invalidIdentifier"),
        (changed("/requestHeader/requestTimestamp/epochMillis", json!(late)), 400, "requestTimestampOutOfRange"),
        (changed("/requestHeader/requestId", json!("a b")), 400, "invalidFieldValue"),
        (changed("/redirectRequestId", json!("rq-unknown")), 404, "invalidIdentifier"),
        (changed("/redirectRequestId", json!(null)), 400, "missingRequiredField"),
        (changed("/result", json!({"pending": {}})), 400, "invalidFieldValue"),
        (changed("/result", json!({})), 400, "missingRequiredField"),
    ] {
        assert_eq!(error_of(&world.notify(JOSE, &request).await), (status, member.to_owned()), "{request}");
    }
    assert_eq!(world.notify(JOSE, &good).await.0, StatusCode::OK, "none of them was stored");
}

#[actix_web::test]
async fn whoever_cannot_be_verified_learns_nothing() {
    let world = World::new();
    let request = json!({"requestHeader": world.header("e-1", PGP), "clientMessage": "hello"});
    let seal = |piaid: &str| ring(piaid).seal(request.to_string().as_bytes(), Carrier::Body, START).unwrap();
    let good = world.send(&format!("v1/echo/{PGP}"), seal(PGP)).await;
    assert_eq!(open(&good.1, Carrier::Body)["clientMessage"], "hello");
    let generic = world.send(&format!("v1/echo/{PGP}"), "rubbish".to_owned()).await;
    assert_eq!(generic.0, StatusCode::NOT_FOUND);
    assert_eq!(world.send("v1/echo/Nobody", seal(PGP)).await, generic);
    assert_eq!(world.send(&format!("v1/echo/{PGP}"), seal(JOSE)).await, generic, "signed for another account");
    assert_eq!(world.send(&format!("v1/echo/{PGP}"), String::new()).await, generic);
}

#[actix_web::test]
async fn notifications_are_answered_badly_as_often_as_asked_for() {
    let world = World::new();
    let (id, _) = world.begin(PGP).await;
    let request = world.notification("nt-1", &id, PGP, "success");
    let latest = async || world.order(&id).await["latest"][1].clone();
    world.post("/misbehave", &[("order", &id), ("how", "unavailable"), ("times", "2")]).await;
    world.post("/misbehave", &[("how", "empty"), ("times", "1")]).await;
    for status in [503, 503, 404] {
        assert_eq!(world.notify(PGP, &request).await.0.as_u16(), status);
        assert_eq!(latest().await, Value::Null, "nothing was stored");
    }
    world.post("/misbehave", &[("how", "lost"), ("times", "1")]).await;
    assert_eq!(world.notify(PGP, &request).await.0.as_u16(), 503);
    assert_eq!(latest().await["key"], "success", "stored, though the answer was lost");
    assert_eq!(world.notify(PGP, &request).await.0, StatusCode::OK);
    let statuses: Vec<u64> = world.order(&id).await["case"]["notifications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|arrival| arrival["status"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [503, 503, 404, 503, 200]);
}

#[actix_web::test]
async fn an_order_that_cannot_be_paid_is_refused_with_a_reason() {
    let world = World::new();
    let form = [("product", "x"), ("amount", "1.50"), ("currency", "JPY"), ("flow", "begin"), ("piaid", PGP)];
    let answer = world.post("/orders", &form).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(answer.text().await.unwrap().contains("JPY minor units"));
}
