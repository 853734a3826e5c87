//! The issuer stand-in, with a test that plays the integrator.

use std::collections::HashMap;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use reqwest::{Client, Response, StatusCode};
use roundtrip::crypto::{ExpiryCheck, Purpose, UnverifiedWebhook, UrlKey, UrlKeys};
use roundtrip::domain::Timestamp;
use roundtrip::ports::{Clock, ManualClock};
use roundtrip::sandbox::issuer::{IssuerOptions, SandboxIssuer, server};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use super::{Running, browser, eventually, free_port, location};

const TRANSACTION: &str = "01930d2c-7a44-7000-8000-0123456789ab";
const START: Timestamp = Timestamp::from_secs(1_800_000_000);

fn keys() -> UrlKeys {
    UrlKeys::new(vec![UrlKey::from_secret("a1", &(0..32).collect::<Vec<u8>>()).unwrap()]).unwrap()
}

/// The integrator's side: events as they came, and what to answer to the next ones.
#[derive(Default)]
struct Integrator {
    events: Mutex<Vec<(String, Value)>>,
    refuse: Mutex<u32>,
    returns: Mutex<Vec<String>>,
}

impl Integrator {
    fn events(&self) -> Vec<(String, Value)> {
        self.events.lock().unwrap().clone()
    }
}

struct Data {
    integrator: Arc<Integrator>,
    clock: ManualClock,
}

async fn take_event(data: web::Data<Data>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
    let (id, timestamp, signature) = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    let webhook = UnverifiedWebhook { id: &id, timestamp: &timestamp, signature: &signature, body: &body };
    keys().verify_webhook(&webhook, data.clock.now()).unwrap();
    data.integrator.events.lock().unwrap().push((id.clone(), serde_json::from_slice(&body).unwrap()));
    let mut refuse = data.integrator.refuse.lock().unwrap();
    if *refuse > 0 {
        *refuse -= 1;
        return match *refuse {
            0 => HttpResponse::NoContent().finish(), // right status, but unsigned
            _ => HttpResponse::ServiceUnavailable().finish(),
        };
    }
    let now = data.clock.now();
    HttpResponse::NoContent()
        .insert_header(("webhook-id", id.as_str()))
        .insert_header(("webhook-timestamp", now.as_secs().to_string()))
        .insert_header(("webhook-signature", keys().sign_webhook(&id, now, b"")))
        .finish()
}

async fn take_return(data: web::Data<Data>, request: HttpRequest) -> HttpResponse {
    data.integrator.returns.lock().unwrap().push(request.query_string().to_owned());
    HttpResponse::Ok().finish()
}

/// The stand-in, the integrator that it speaks to, and a payer's browser.
struct World {
    dir: TempDir,
    clock: ManualClock,
    integrator: Arc<Integrator>,
    integrator_url: Url,
    issuer: Running,
    origin: String,
    browser: Client,
}

fn start(listen: TcpListener, dir: &Path, integrator: &Url, clock: &ManualClock) -> Running {
    let issuers = vec![SandboxIssuer { id: "BANK_A".to_owned(), name: "Bank Aurora".to_owned(), keys: keys() }];
    let options = IssuerOptions {
        listen,
        dir: dir.to_owned(),
        integrator: integrator.clone(),
        issuers,
        clock: Arc::new(clock.clone()),
    };
    Running::start(server(options).unwrap())
}

impl World {
    fn new() -> Self {
        let (dir, clock, integrator) =
            (tempfile::tempdir().unwrap(), ManualClock::at(START), Arc::new(Integrator::default()));
        let (listen, url) = free_port();
        let data = web::Data::new(Data { integrator: Arc::clone(&integrator), clock: clock.clone() });
        let app = move || {
            App::new()
                .app_data(data.clone())
                .route("/issuers/BANK_A/events", web::post().to(take_event))
                .route("/return/BANK_A", web::get().to(take_return))
        };
        let served = HttpServer::new(app).workers(1).disable_signals().listen(listen).unwrap().run();
        actix_web::rt::spawn(served);
        let integrator_url = Url::parse(&url).unwrap();
        let (listen, origin) = free_port();
        let issuer = start(listen, dir.path(), &integrator_url, &clock);
        Self { dir, clock, integrator, integrator_url, issuer, origin, browser: browser() }
    }

    async fn restarted(self) -> Self {
        let Self { dir, clock, integrator, integrator_url, issuer, browser, .. } = self;
        issuer.stop().await;
        let (listen, origin) = free_port();
        let issuer = start(listen, dir.path(), &integrator_url, &clock);
        Self { dir, clock, integrator, integrator_url, issuer, origin, browser }
    }

    fn authorize_url(&self, amount_micros: &str) -> Url {
        let mut url = Url::parse(&format!("{}/BANK_A/authorize", self.origin)).unwrap();
        url.query_pairs_mut()
            .append_pair("transactionId", TRANSACTION)
            .append_pair("amountMicros", amount_micros)
            .append_pair("currency", "INR")
            .append_pair("description", "Gem pack & \"more\"")
            .append_pair("returnUrl", &format!("{}return/BANK_A", self.integrator_url));
        keys().sign(Purpose::IssuerAuthorize, url, self.clock.now().plus_millis(1_800_000))
    }

    async fn authorize(&self) -> (StatusCode, String) {
        let response = self.browser.get(self.authorize_url("109900000")).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    async fn decide(&self, form: &[(&str, &str)]) -> Response {
        let url = format!("{}/BANK_A/payments/{TRANSACTION}", self.origin);
        self.browser.post(url).form(form).send().await.unwrap()
    }

    /// The parameters of a return, after its signature was verified as the integrator would.
    fn verified(&self, return_url: &str) -> HashMap<String, String> {
        let (path, query) = return_url.split_once('?').unwrap();
        assert_eq!(path, format!("{}return/BANK_A", self.integrator_url));
        let check = ExpiryCheck::within_a_week(self.clock.now());
        keys().verify(Purpose::IssuerReturn, path, query, check).unwrap().into_iter().collect()
    }

    async fn post(&self, what: &str, body: &Value) -> (StatusCode, Value) {
        let (body, now) = (body.to_string(), self.clock.now());
        let signature = keys().sign_webhook("msg_1", now, body.as_bytes());
        let response = self.post_signed(what, &body, &signature).await;
        let status = response.status();
        let header = |name: &str| {
            response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        let (id, timestamp, signature) =
            (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
        let body = response.bytes().await.unwrap();
        if !status.is_success() {
            return (status, Value::Null);
        }
        let answer = UnverifiedWebhook { id: &id, timestamp: &timestamp, signature: &signature, body: &body };
        keys().verify_webhook(&answer, self.clock.now()).unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    async fn post_signed(&self, what: &str, body: &str, signature: &str) -> Response {
        self.browser
            .post(format!("{}/BANK_A/{what}", self.origin))
            .header("webhook-id", "msg_1")
            .header("webhook-timestamp", self.clock.now().as_secs().to_string())
            .header("webhook-signature", signature)
            .body(body.to_owned())
            .send()
            .await
            .unwrap()
    }

    /// Whether the issuer has no event left to deliver.
    async fn is_quiet(&self) -> bool {
        let home = self.browser.get(&self.origin).send().await.unwrap().text().await.unwrap();
        home.contains("<h2>Events on their way</h2><p class=\"muted\">None.</p>")
    }

    async fn status(&self) -> (StatusCode, Value) {
        self.post("status", &json!({"transactionId": TRANSACTION})).await
    }
}

#[actix_web::test]
async fn an_approved_payment_returns_signed_and_tells_the_status_signed() {
    let world = World::new();
    assert_eq!(world.status().await.0, StatusCode::NOT_FOUND, "never seen");
    let (status, page) = world.authorize().await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("109.90 INR") && page.contains("Gem pack &amp; &quot;more&quot;"), "{page}");
    assert_eq!(world.status().await.1["outcome"], "pending", "seen, not decided");
    let answer = world.decide(&[("action", "approve"), ("event", "none"), ("raw_code", "00")]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let returned = world.verified(&location(&answer));
    let expected = [("transactionId", TRANSACTION), ("outcome", "approved"), ("amountMicros", "109900000")];
    for (name, value) in expected.into_iter().chain([("currency", "INR"), ("rawCode", "00")]) {
        assert_eq!(returned[name], value, "{name}");
    }
    let told = world.status().await.1;
    let expected = json!({
        "transactionId": TRANSACTION, "outcome": "approved", "issuerReference": returned["issuerReference"],
        "amountMicros": "109900000", "currency": "INR", "rawCode": "00",
    });
    assert_eq!(told, expected);
}

#[actix_web::test]
async fn a_decided_payment_stays_decided_and_shows_its_way_back() {
    let world = World::new();
    world.authorize().await;
    world.decide(&[("action", "decline:insufficient_funds"), ("event", "none")]).await;
    let again = world.decide(&[("action", "approve"), ("event", "none")]).await;
    assert_eq!(again.status(), StatusCode::OK, "the result, no second decision");
    let world = world.restarted().await;
    let (status, page) = world.authorize().await;
    assert_eq!(status, StatusCode::OK);
    assert!(!page.contains("value=\"approve\""), "{page}");
    let href = page.split("id=\"return\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let returned = world.verified(&href);
    assert_eq!((returned["outcome"].as_str(), returned["reason"].as_str()), ("declined", "insufficient_funds"));
    let (_, told) = world.status().await;
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("declined"), &json!("insufficient_funds")));
}

#[actix_web::test]
async fn only_links_and_messages_signed_by_the_integrator_are_honoured() {
    let world = World::new();
    let get = async |url: &str| world.browser.get(url).send().await.unwrap().status();
    let good = world.authorize_url("109900000").to_string();
    assert_eq!(get(&good.replace("109900000", "1")).await, StatusCode::FORBIDDEN);
    assert_eq!(get(&good.replace("BANK_A/authorize", "BANK_Z/authorize")).await, StatusCode::NOT_FOUND);
    assert_eq!(world.status().await.0, StatusCode::NOT_FOUND, "a refused link leaves nothing");
    assert_eq!(get(&good).await, StatusCode::OK);
    assert_eq!(get(world.authorize_url("109900001").as_str()).await, StatusCode::CONFLICT);
    let body = json!({"transactionId": TRANSACTION}).to_string();
    let forged = world.post_signed("status", &body, "v1,AAAA").await;
    assert_eq!(forged.status(), StatusCode::UNAUTHORIZED);
    world.clock.advance(1_800_001);
    assert_eq!(get(&good).await, StatusCode::GONE);
    assert_eq!(world.status().await.1["outcome"], "cancelled", "nobody decided while the link was good");
}

#[actix_web::test]
async fn decide_later_is_pending_until_it_is_due_and_survives_a_restart() {
    let world = World::new();
    world.authorize().await;
    let answer = world.decide(&[("action", "later"), ("then", "approved"), ("delay", "3600")]).await;
    assert_eq!(world.verified(&location(&answer))["outcome"], "pending");
    let world = world.restarted().await;
    world.clock.advance(3_599_999);
    assert_eq!(world.status().await.1["outcome"], "pending");
    assert_eq!(world.integrator.events(), []);
    world.clock.advance(1);
    assert_eq!(world.status().await.1["outcome"], "approved");
    let event = eventually(|| world.integrator.events().first().cloned()).await.1;
    assert_eq!((&event["type"], &event["outcome"]), (&json!("payment.updated"), &json!("approved")));
}

#[actix_web::test]
async fn an_event_is_retried_with_its_id_until_a_signed_204() {
    let world = World::new();
    // 503, 503, then a 204 that is not signed, then a good one.
    *world.integrator.refuse.lock().unwrap() = 3;
    world.authorize().await;
    world.decide(&[("action", "approve_event_only")]).await;
    let events = eventually(|| Some(world.integrator.events()).filter(|events| events.len() >= 4)).await;
    assert!(events.iter().all(|event| event == &events[0]), "{events:?}");
    while !world.is_quiet().await {
        actix_web::rt::task::yield_now().await;
    }
    let world = world.restarted().await;
    assert!(world.is_quiet().await, "delivered is delivered, over a restart too");
    assert_eq!(world.integrator.events().len(), 4);
}

#[actix_web::test]
async fn an_event_before_the_return_has_arrived_when_the_browser_leaves() {
    let world = World::new();
    world.authorize().await;
    let answer = world.decide(&[("action", "cancel"), ("event", "before")]).await;
    assert_eq!(world.verified(&location(&answer))["outcome"], "cancelled");
    let events = world.integrator.events();
    assert_eq!((events.len(), &events[0].1["outcome"]), (1, &json!("cancelled")));
}

#[actix_web::test]
async fn returning_twice_reaches_the_integrator_before_the_browser_does() {
    let world = World::new();
    world.authorize().await;
    let answer = world.decide(&[("action", "approve_twice"), ("event", "none")]).await;
    let browsers = world.verified(&location(&answer));
    let first = world.integrator.returns.lock().unwrap().clone();
    assert_eq!(first.len(), 1);
    assert_eq!(world.verified(&format!("{}return/BANK_A?{}", world.integrator_url, first[0])), browsers);
}

#[actix_web::test]
async fn never_returning_sends_nothing_but_the_status_knows() {
    let world = World::new();
    world.authorize().await;
    let answer = world.decide(&[("action", "approve_no_return")]).await;
    assert_eq!(location(&answer), format!("/BANK_A/payments/{TRANSACTION}"));
    assert_eq!(world.status().await.1["outcome"], "approved");
    assert!(world.is_quiet().await && world.integrator.events().is_empty());
    assert!(world.integrator.returns.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn another_amount_is_told_on_every_way() {
    let world = World::new();
    world.authorize().await;
    let answer = world.decide(&[("action", "approve_other_amount"), ("event", "before")]).await;
    assert_eq!(world.verified(&location(&answer))["amountMicros"], "109890000");
    assert_eq!(world.status().await.1["amountMicros"], "109890000");
    assert_eq!(world.integrator.events()[0].1["amountMicros"], "109890000");
}

#[actix_web::test]
async fn refunds_are_idempotent_bounded_by_the_payment_and_end_by_amount() {
    let world = World::new();
    world.authorize().await;
    let answer = world.decide(&[("action", "approve"), ("event", "none")]).await;
    let reference = world.verified(&location(&answer))["issuerReference"].clone();
    let refund = |id: &str, micros: i64| {
        json!({"refundId": id, "transactionId": TRANSACTION, "issuerReference": reference,
               "amountMicros": micros.to_string(), "currency": "INR"})
    };
    let (status, first) = world.post("refund", &refund("r1", 50_000_000)).await;
    assert_eq!((status, &first["outcome"]), (StatusCode::OK, &json!("refunded")));
    let world = world.restarted().await;
    assert_eq!(world.post("refund", &refund("r1", 50_000_000)).await, (StatusCode::OK, first));
    assert_eq!(world.post("refund", &refund("r1", 40_000_000)).await.0, StatusCode::CONFLICT);
    let outcome = async |id: &str, micros: i64| world.post("refund", &refund(id, micros)).await.1;
    assert_eq!(outcome("r2", 60_000_000).await["outcome"], "refused", "59.90 are left");
    let refused = outcome("r3", 13_000_000).await;
    assert_eq!((&refused["outcome"], &refused["reason"]), (&json!("refused"), &json!("account_closed")));
    assert_eq!(outcome("r4", 17_000_000).await["outcome"], "pending");
    world.clock.advance(5_000);
    let (_, event) = eventually(|| world.integrator.events().first().cloned()).await;
    assert_eq!(
        (&event["type"], &event["refundId"], &event["outcome"]),
        (&json!("refund.updated"), &json!("r4"), &json!("refunded"))
    );
    assert_eq!(outcome("r4", 17_000_000).await["outcome"], "refunded");
}
