//! Dead letters over the admin API: listed, tried dry, sent again, given up (contract section 6).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails")]

use reqwest::Method;
use roundtrip::domain::remittance::{self, Remittance};
use roundtrip::domain::{Piaid, RequestId, Role, Timestamp, TransactionId};
use roundtrip::storage::{Codec as _, JobId, JobState, NewApiToken};
use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement};
use serde_json::{Value, json};

use crate::console::Visitor;
use crate::console::visitor::{add_person, console};
use crate::harness::{DAY, SECOND, Setup, World, until};

const LETTERS: &str = "/api/v1/outbox/dead-letters";

/// A token with these scopes.
async fn token(world: &World, number: u128, scopes: &str) -> String {
    token_of(world, (number, None), scopes).await
}

/// The same, of a person.
async fn token_of(world: &World, (number, person): (u128, Option<&str>), scopes: &str) -> String {
    let token = format!("rt_token_{number}");
    let row = NewApiToken {
        // The harness has the first.
        id: uuid::Uuid::from_u128(100 + number),
        name: "operator".to_owned(),
        scopes: scopes.to_owned(),
        user_name: person.map(str::to_owned),
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
    with_dead_letter_in(Setup::pgp()).await
}

async fn with_dead_letter_in(setup: Setup) -> World {
    let world = setup.start().await;
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
    // A name that only whoever made the token vouches for.
    let both = token_of(&world, (1, Some("olga")), "outbox:read,outbox:write").await;
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

/// The one dead letter's path below `/api/v1` and below `/console`.
async fn paths(world: &World, token: &str) -> (String, String) {
    let (_, body) = get(world, token, LETTERS).await;
    let letter = &body["deadLetters"][0];
    let which = format!("{}/{}", letter["transactionId"].as_str().unwrap(), letter["number"]);
    (format!("{LETTERS}/{which}"), format!("/console/outbox/{which}"))
}

/// Makes the dead letter one on which no money hangs: a page of a statement that is fetched.
async fn without_money(world: &World) {
    let page = remittance::Effect::FetchPage {
        id: TransactionId::from_uuid(uuid::Uuid::from_u128(9)),
        piaid: Piaid::parse("ExamplePay_INR").unwrap(),
        statement_id: RequestId::parse("st-1").unwrap(),
        offset: None,
    };
    let raw = Database::connect(format!("sqlite://{}/roundtrip.db", world.dir.path().display())).await.unwrap();
    let change = Statement::from_sql_and_values(
        DbBackend::Sqlite,
        "UPDATE outbox SET kind = ?, payload = ? WHERE parked_ms IS NOT NULL",
        [Remittance::KIND.into(), Remittance::encode_effect(&page).unwrap().into()],
    );
    assert_eq!(raw.execute_raw(change).await.unwrap().rows_affected(), 1);
    raw.close().await.unwrap();
}

async fn parked(world: &World) -> u64 {
    world.nodes[0].store.outbox_figures().await.unwrap().parked
}

#[tokio::test]
async fn con_9_a_letter_that_moves_money_is_given_up_by_who_may_do_both() {
    let world = with_dead_letter_in(console()).await;
    let reads = token(&world, 1, "outbox:read").await;
    let (path, _) = paths(&world, &reads).await;
    assert_eq!(get(&world, &reads, &path).await.1["movesMoney"], true);
    let discard = format!("{path}/discard");
    // A token without a person is nobody who decides about money.
    let nobody = token(&world, 2, "outbox:write").await;
    let mut tokens = vec![("nobody", nobody, 403)];
    for (role, number) in Role::ALL.into_iter().zip(3..) {
        add_person(&world, role.as_str(), role).await;
        let token = token_of(&world, (number, Some(role.as_str())), "outbox:write").await;
        tokens.push((role.as_str(), token, if role == Role::Admin { 202 } else { 403 }));
    }
    for (who, token, expected) in tokens {
        let (status, body) = call(&world, &token, (Method::POST, &discard)).await;
        assert_eq!(status, expected, "{who}: {body}");
        assert_eq!(parked(&world).await, u64::from(expected == 403), "{who}");
    }
    // Sending again is no decision about money.
    let world = with_dead_letter_in(console()).await;
    add_person(&world, "operator", Role::Operator).await;
    let operator = token_of(&world, (1, Some("operator")), "outbox:read,outbox:write").await;
    let (path, _) = paths(&world, &operator).await;
    assert_eq!(call(&world, &operator, (Method::POST, &format!("{path}/retry"))).await.0, 202);
}

#[tokio::test]
async fn con_9_a_letter_without_money_is_given_up_by_who_operates() {
    let world = with_dead_letter_in(console()).await;
    without_money(&world).await;
    add_person(&world, "operator", Role::Operator).await;
    let operator = token_of(&world, (1, Some("operator")), "outbox:read,outbox:write").await;
    let (path, _) = paths(&world, &operator).await;
    assert_eq!(get(&world, &operator, &path).await.1["movesMoney"], false);
    assert_eq!(call(&world, &operator, (Method::POST, &format!("{path}/discard"))).await.0, 202);
}

#[tokio::test]
async fn con_9_the_page_offers_to_give_up_what_the_person_may_give_up_and_refuses_the_rest() {
    let world = with_dead_letter_in(console()).await;
    let reads = token(&world, 1, "outbox:read").await;
    let (_, page) = paths(&world, &reads).await;
    let (action, offer) = (format!("{page}/discard"), format!("action=\"{page}/discard\""));
    let mut operator = Visitor::signed_in(&world, Role::Operator).await;
    let seen = operator.get(&page).await.text();
    assert!(!seen.contains(&offer) && seen.contains(&format!("{page}/retry")), "{seen}");
    operator.sees("Only an administrator");
    let refused = operator.submit(&action, &[]).await;
    assert_eq!((refused.status, parked(&world).await), (403, 1));
    assert!(refused.text().contains("Your role does not allow this"));
    for role in [Role::Viewer, Role::Finance] {
        let mut visitor = Visitor::signed_in(&world, role).await;
        assert!(!visitor.get(&page).await.text().contains(&offer), "{role:?}");
        visitor.get("/console/account").await;
        assert_eq!((visitor.submit(&action, &[]).await.status, parked(&world).await), (403, 1), "{role:?}");
    }
    without_money(&world).await;
    assert!(operator.get(&page).await.text().contains(&offer));
    assert_eq!((operator.submit(&action, &[]).await.status, parked(&world).await), (303, 0));

    let world = with_dead_letter_in(console()).await;
    let reads = token(&world, 1, "outbox:read").await;
    let (_, page) = paths(&world, &reads).await;
    let mut admin = Visitor::signed_in(&world, Role::Admin).await;
    admin.does(&page, &format!("{page}/discard"), &[]).await;
    assert_eq!(parked(&world).await, 0);
}

/// Orders a discard of all of them, and waits for its end.
async fn discards_all(world: &World, visitor: &mut Visitor) -> roundtrip::storage::Job {
    visitor.get("/console/outbox").await;
    let before = (roundtrip::ports::Clock::now(&world.clock).as_millis() + 1).to_string();
    let answer = visitor.submit("/console/outbox/discard", &[("before", &before)]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let id = JobId::parse(answer.header("location").rsplit('/').next().unwrap()).unwrap();
    let store = &world.nodes[0].store;
    until("the job is over", async || store.job(id).await.unwrap().filter(|job| job.state.is_over())).await
}

#[tokio::test]
async fn con_9_in_bulk_an_operator_gives_up_nothing_that_moves_money() {
    let world = with_dead_letter_in(console()).await;
    let mut operator = Visitor::signed_in(&world, Role::Operator).await;
    operator.get("/console/outbox").await;
    operator.sees("only an administrator gives that up for good");
    let job = discards_all(&world, &mut operator).await;
    assert_eq!((job.state, job.summary), (JobState::Done, Some(json!({"discarded": 0, "left": 1}))));
    assert_eq!(parked(&world).await, 1);
    let mut admin = Visitor::signed_in(&world, Role::Admin).await;
    let job = discards_all(&world, &mut admin).await;
    assert_eq!((job.summary, parked(&world).await), (Some(json!({"discarded": 1})), 0));
}

/// Asks with an `Idempotency-Key` and a body.
async fn again(world: &World, token: &str, (path, key, body): (&str, &str, &'static str)) -> (u16, Value) {
    let url = format!("{}{path}", world.nodes[0].admin);
    let request = reqwest::Client::new().post(url).bearer_auth(token).header("idempotency-key", key).body(body);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn con_6_the_same_key_twice_decides_once_and_is_answered_alike() {
    let world = with_dead_letter_in(console()).await;
    add_person(&world, "admin", Role::Admin).await;
    let admin = token_of(&world, (1, Some("admin")), "outbox:read,outbox:write").await;
    let (path, _) = paths(&world, &admin).await;
    for (act, key) in [("retry", "k-1"), ("discard", "k-2")] {
        let path = format!("{path}/{act}");
        let sent = world.google.notifications("rq-0001").len();
        let first = again(&world, &admin, (&path, key, "")).await;
        assert_eq!(first.0, 202, "{}", first.1);
        assert_eq!(again(&world, &admin, (&path, key, "")).await, first, "{act}: the same again");
        let (status, body) = again(&world, &admin, (&path, key, "{}")).await;
        assert_eq!((status, &body["status"]), (409, &json!(409)), "{act}: another body: {body}");
        let other = path.replace(act, if act == "retry" { "discard" } else { "retry" });
        assert_eq!(again(&world, &admin, (&other, key, "")).await.0, 409, "{act}: another act");
        assert_eq!(again(&world, &admin, (&path, "k-3", "")).await.0, 404, "{act}: another key is another act");
        assert_eq!(again(&world, &admin, (&path, "", "")).await.0, 400);
        if act == "retry" {
            // It is sent once more, and dies again.
            world.google.attempts("rq-0001", sent + 1).await;
            world.pass(8 * DAY);
            world.pass_until(SECOND, "given up again", async || (parked(&world).await > 0).then_some(())).await;
            assert_eq!(again(&world, &admin, (&path, key, "")).await, first);
            assert_eq!(parked(&world).await, 1, "the remembered answer has no effect");
        }
    }
    assert_eq!(parked(&world).await, 0);
}

#[tokio::test]
async fn con_6_keys_are_listed_with_what_is_public_of_them() {
    let world = Setup::pgp().start().await;
    let reads = token(&world, 1, "keys:read").await;
    let (status, body) = get(&world, &reads, "/api/v1/keys").await;
    assert_eq!(status, 200, "{body}");
    let keys = body["keys"].as_array().unwrap();
    for used_for in ["google_own", "google_peer", "issuer", "signing"] {
        assert!(keys.iter().any(|key| key["use"] == used_for), "{used_for}: {body}");
    }
    let signing = keys.iter().find(|key| key["use"] == "signing").unwrap();
    assert_eq!(
        (&signing["keyId"], &signing["does"], &signing["state"], &signing["of"]),
        (&json!("u1"), &json!("signs"), &json!("good"), &Value::Null)
    );
    let text = body.to_string();
    for file in std::fs::read_dir(world.dir.path()).unwrap() {
        let Ok(secret) = std::fs::read_to_string(file.unwrap().path()) else { continue };
        for line in secret.lines().filter(|line| line.len() > 30) {
            assert!(!text.contains(line), "{line}");
        }
    }
    assert!(!text.contains("PRIVATE") && !text.contains("\"d\""), "{text}");
    let others = token(&world, 2, "outbox:read,payments:read").await;
    assert_eq!(get(&world, &others, "/api/v1/keys").await.0, 403);
    assert_eq!(reqwest::get(format!("{}/api/v1/keys", world.nodes[0].public)).await.unwrap().status().as_u16(), 404);
}
