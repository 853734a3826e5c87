//! The stand-in itself: what it says must be right before it can prove anything about us.

use std::collections::HashMap;

use serde_json::Value;

use super::*;
use crate::harness::stripe::SECRET_KEY;

/// One POST as anybody would make it.
async fn post(processor: &Processor, path: &str, key: &str, form: &[(&str, &str)]) -> (u16, Value, bool) {
    let http = browser();
    let url = processor.endpoint().join(path).unwrap();
    let form: HashMap<_, _> = form.iter().copied().collect();
    let answer =
        http.post(url).bearer_auth(SECRET_KEY).header("idempotency-key", key).form(&form).send().await.unwrap();
    let (status, replayed) = (answer.status().as_u16(), answer.headers().contains_key("idempotent-replayed"));
    (status, answer.json().await.unwrap(), replayed)
}

#[actix_web::test]
async fn keys_are_remembered_with_their_fields() {
    let (processor, _) = processor();
    let visa = [("type", "card"), ("card[token]", "tok_visa_1")];
    let (status, first, replayed) = post(&processor, "/v1/payment_methods", "k-1", &visa).await;
    assert_eq!((status, replayed), (200, false), "{first}");
    let (status, again, replayed) = post(&processor, "/v1/payment_methods", "k-1", &visa).await;
    assert_eq!((status, again, replayed), (200, first.clone(), true));
    let other = [("type", "card"), ("card[token]", "tok_visa_2")];
    let (status, refused, _) = post(&processor, "/v1/payment_methods", "k-1", &other).await;
    assert_eq!((status, &refused["error"]["type"]), (400, &"idempotency_error".into()));
    let (status, used, _) = post(&processor, "/v1/payment_methods", "k-2", &visa).await;
    assert_eq!((status, &used["error"]["code"]), (400, &"token_already_used".into()));
    // What was refused as malformed is not remembered.
    let fresh = [("type", "card"), ("card[token]", "tok_visa_3")];
    assert_eq!(post(&processor, "/v1/payment_methods", "k-2", &fresh).await.0, 200);
}

#[actix_web::test]
async fn what_the_processor_does_not_know_is_refused() {
    let (processor, _) = processor();
    let strange = [("type", "card"), ("card[token]", "tok_visa"), ("colour", "red")];
    let (status, refused, _) = post(&processor, "/v1/payment_methods", "k-1", &strange).await;
    assert_eq!((status, &refused["error"]["code"]), (400, &"parameter_unknown".into()));
    let (status, refused, _) = post(&processor, "/v1/nothing", "k-2", &[]).await;
    assert_eq!((status, &refused["error"]["type"]), (404, &"invalid_request_error".into()));
    let (status, refused, _) = post(&processor, "/v1/payment_intents/pi_none/capture", "k-3", &[]).await;
    assert_eq!((status, &refused["error"]["code"]), (404, &"resource_missing".into()));
}

#[actix_web::test]
async fn a_card_that_was_charged_alone_cannot_be_used_again() {
    let (processor, _) = processor();
    let visa = [("type", "card"), ("card[token]", "tok_visa")];
    let (_, method, _) = post(&processor, "/v1/payment_methods", "k-1", &visa).await;
    let method = method["id"].as_str().unwrap();
    let form = [("amount", "500"), ("currency", "usd"), ("payment_method", method), ("confirm", "true")];
    assert_eq!(post(&processor, "/v1/payment_intents", "k-2", &form).await.0, 200);
    assert_eq!(post(&processor, "/v1/payment_intents", "k-3", &form).await.0, 400);
    assert_eq!(processor.owner.charges().len(), 1);
}

#[actix_web::test]
async fn its_page_shows_what_was_charged_and_disputes_it() {
    let (processor, client) = processor();
    let taken = charged(charge(&client, "tok_visa", "a-1").await);
    let http = browser();
    let shown = http.get(processor.endpoint()).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains(&taken.intent) && shown.contains("213.50 USD"), "{shown}");
    let form = [("action", "dispute"), ("id", taken.intent.as_str())];
    let shown = http.post(processor.endpoint()).form(&form).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains("Decide for the payer") && shown.contains("charge.dispute.created"), "{shown}");
}

#[actix_web::test]
async fn the_payer_proves_who_they_are_and_goes_back() {
    let (processor, client) = processor();
    let Outcome::Challenge(challenge) = charge(&client, "tok_threeDSecure", "a-1").await else {
        panic!("no challenge")
    };
    let mut form = vec![("PaReq", "x"), ("MD", "bk-1"), ("TermUrl", "https://pay.example.com/back")];
    let asked = browser().post(challenge.acs_url.clone()).form(&form).send().await.unwrap().text().await.unwrap();
    assert!(asked.contains("213.50 USD") && asked.contains("It is me"), "{asked}");
    assert!(processor.owner.charges().is_empty(), "asking is no answer");
    form.push(("answer", "pass"));
    let done = browser().post(challenge.acs_url).form(&form).send().await.unwrap().text().await.unwrap();
    assert!(done.contains("action=\"https://pay.example.com/back\"") && done.contains("PaRes"), "{done}");
    assert_eq!(processor.owner.charges().len(), 1);
    charged(client.confirm_after_challenge(&challenge.intent).await.unwrap());
}
