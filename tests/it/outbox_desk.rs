//! Dead letters over the admin API: listed, tried dry, sent again, given up (contract section 6).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails")]

use reqwest::Method;
use roundtrip::domain::Timestamp;
use roundtrip::storage::NewApiToken;
use serde_json::{Value, json};

use crate::harness::{DAY, SECOND, Setup, World};

const LETTERS: &str = "/api/v1/outbox/dead-letters";

/// A token with these scopes.
async fn token(world: &World, number: u128, scopes: &str) -> String {
    let token = format!("rt_token_{number}");
    let row = NewApiToken {
        // The harness has the first.
        id: uuid::Uuid::from_u128(100 + number),
        name: "operator".to_owned(),
        scopes: scopes.to_owned(),
        user_name: None,
        sha256: roundtrip::crypto::content_hash(token.as_bytes()),
        created_at: Timestamp::from_secs(1_790_000_000),
    };
    world.nodes[0].store.create_token(row).await.unwrap();
    token
}

async fn call(world: &World, token: &str, (method, path): (Method, &str)) -> (u16, Value) {
    let url = format!("{}{path}", world.nodes[0].admin);
    let answer = reqwest::Client::new().request(method, url).bearer_auth(token).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap())
}

async fn get(world: &World, token: &str, path: &str) -> (u16, Value) {
    call(world, token, (Method::GET, path)).await
}

/// A world whose notification of `rq-0001` was given up.
async fn with_dead_letter() -> World {
    let world = Setup::pgp().start().await;
    world.given_up("rq-0001").await;
    world
}

#[tokio::test]
async fn con_6_a_dead_letter_is_listed_tried_dry_and_sent_again() {
    let world = with_dead_letter().await;
    let (reads, writes) = (token(&world, 1, "outbox:read").await, token(&world, 2, "outbox:write").await);
    let (status, body) = get(&world, &reads, LETTERS).await;
    assert_eq!((status, &body["nextCursor"]), (200, &Value::Null), "{body}");
    let [letter] = body["deadLetters"].as_array().unwrap().as_slice() else { panic!("{body}") };
    assert_eq!((&letter["lane"], &letter["kind"]), (&json!("google"), &json!("redirect_payment")));
    assert_eq!(letter["lastError"], "HTTP 503, empty body");
    assert!(letter["payload"].is_null());
    let path = format!("{LETTERS}/{}/{}", letter["transactionId"].as_str().unwrap(), letter["number"]);

    let sent_before = world.google.notifications("rq-0001").len();
    let (status, shown) = get(&world, &reads, &path).await;
    assert_eq!(status, 200, "{shown}");
    let would = &shown["wouldSend"];
    assert_eq!(would["what"], "redirectPaymentCompleteNotification");
    assert!(would["to"].as_str().unwrap().contains("/redirect-fop-v1/redirectPaymentCompleteNotification/"), "{would}");
    assert_eq!(would["hindrance"], Value::Null);
    let member = |name: &str| {
        let members = would["members"].as_array().unwrap();
        members.iter().find(|member| member["name"] == name).unwrap_or_else(|| panic!("{name}: {would}")).clone()
    };
    assert_eq!(member("redirectRequestId")["value"], "rq-0001");
    assert_eq!(member("redirectRequestId")["since"], "decided");
    assert_eq!(member("requestHeader.requestId")["value"], letter["idempotencyKey"]);
    assert_eq!(member("requestHeader.requestTimestamp.epochMillis")["since"], "now");
    assert!(!shown["stored"].as_array().unwrap().is_empty() && shown["ageMs"].as_i64().unwrap() > 7 * DAY, "{shown}");
    assert_eq!(world.google.notifications("rq-0001").len(), sent_before, "a dry run sends nothing");
    assert_eq!(world.nodes[0].store.outbox_figures().await.unwrap().parked, 1);

    let retry = format!("{path}/retry");
    assert_eq!(call(&world, &reads, (Method::POST, &retry)).await.0, 403);
    let (status, done) = call(&world, &writes, (Method::POST, &retry)).await;
    assert_eq!((status, &done["state"]), (202, &json!("waiting")), "{done}");
    assert_eq!(call(&world, &writes, (Method::POST, &retry)).await.0, 404, "it is no dead letter any more");
    world
        .pass_until(SECOND, "it is sent again", async || {
            (world.google.notifications("rq-0001").len() > sent_before).then_some(())
        })
        .await;
}

#[tokio::test]
async fn con_6_a_dead_letter_is_given_up_for_good() {
    let world = with_dead_letter().await;
    let both = token(&world, 1, "outbox:read,outbox:write").await;
    let (_, body) = get(&world, &both, LETTERS).await;
    let letter = &body["deadLetters"][0];
    let path = format!("{LETTERS}/{}/{}", letter["transactionId"].as_str().unwrap(), letter["number"]);
    let (status, done) = call(&world, &both, (Method::POST, &format!("{path}/discard"))).await;
    assert_eq!((status, &done["state"]), (202, &json!("discarded")), "{done}");
    assert_eq!(get(&world, &both, &path).await.0, 404);
    assert_eq!(get(&world, &both, LETTERS).await.1["deadLetters"], json!([]));
}

#[tokio::test]
async fn con_6_what_is_asked_wrongly_is_told_so() {
    let world = Setup::pgp().start().await;
    let reads = token(&world, 1, "outbox:read").await;
    for (query, status) in [
        ("?lane=google&limit=1000", 200),
        ("?lane=nowhere", 400),
        ("?limit=0", 400),
        ("?limit=1001", 400),
        ("?cursor=x", 400),
        ("?cursor=1~2~3~4", 400),
        ("/x/1", 404),
        ("/01930d2c-7a44-7000-8000-0123456789ab/x", 404),
        ("/01930d2c-7a44-7000-8000-0123456789ab/1", 404),
    ] {
        let (given, body) = get(&world, &reads, &format!("{LETTERS}{query}")).await;
        assert_eq!(given, status, "{query}: {body}");
    }
}
