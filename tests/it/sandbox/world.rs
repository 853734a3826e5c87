//! The Google stand-in on a socket, with a test that plays the integrator.

use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use actix_web::{App, HttpResponse, HttpServer, web};
use reqwest::{Client, Response, StatusCode};
use roundtrip::crypto::{Carrier, JoseAlgorithms, Keyring, Opener, Scheme, load_own_keys, load_peer_keys};
use roundtrip::domain::Timestamp;
use roundtrip::ports::{Clock, ManualClock};
use roundtrip::sandbox::google::{GoogleAccount, GoogleOptions, server};
use roundtrip::sandbox::prepare;
use roundtrip::sandbox::settings::Ports;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use super::{Running, browser, free_port, location};

pub(super) const START: Timestamp = Timestamp::from_secs(1_800_000_000);
pub(super) const PGP: &str = "ExamplePay_PGP";
pub(super) const JOSE: &str = "ExamplePay_JOSE";

/// Both sides' keys: made once, by the sandbox itself.
struct Keys {
    google: Vec<(String, Arc<Keyring>)>,
    integrator: Vec<(String, Arc<Keyring>)>,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let prepared = prepare(dir.path(), Ports::ANY, Arc::new(ManualClock::at(START))).unwrap();
    let google = prepared.google.accounts.into_iter().map(|account| (account.piaid, account.keyring)).collect();
    let config: toml::Table = std::fs::read_to_string(prepared.settings).unwrap().parse().unwrap();
    let accounts = config["google"]["accounts"].as_array().unwrap();
    let integrator = accounts.iter().map(|account| {
        let scheme = Scheme::parse(account["scheme"].as_str().unwrap()).unwrap();
        let file = |key: &str| std::fs::read(dir.path().join(account[key][0].as_str().unwrap())).unwrap();
        let own = load_own_keys(scheme, &file("own_keys")).unwrap();
        let peer = load_peer_keys(scheme, &file("peer_keys")).unwrap();
        let ring = Keyring::new(scheme, own, peer, JoseAlgorithms::default()).unwrap();
        (account["piaid"].as_str().unwrap().to_owned(), Arc::new(ring))
    });
    Keys { google, integrator: integrator.collect() }
});

pub(super) fn ring(piaid: &str) -> &'static Keyring {
    &KEYS.integrator.iter().find(|(known, _)| known == piaid).unwrap().1
}

pub(super) fn open(wire: &[u8], carrier: Carrier) -> Value {
    let rings = KEYS.integrator.iter().map(|(_, ring)| Arc::clone(ring)).collect();
    serde_json::from_slice(&Opener::new(rings).open(wire, carrier, START).unwrap().plaintext).unwrap()
}

/// What the integrator is asked, and what it shall answer.
#[derive(Default)]
struct Integrator {
    asked: Mutex<Vec<(String, Value)>>,
    answer: Mutex<Option<(u16, Value)>>,
}

async fn take(integrator: web::Data<Integrator>, path: web::Path<String>, body: web::Bytes) -> HttpResponse {
    let request = open(&body, Carrier::Body);
    let ring = ring(request["requestHeader"]["paymentIntegratorAccountId"].as_str().unwrap());
    integrator.asked.lock().unwrap().push((path.into_inner(), request));
    let Some((status, answer)) = integrator.answer.lock().unwrap().clone() else {
        return HttpResponse::ServiceUnavailable().body("try later");
    };
    HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap())
        .insert_header(("content-type", ring.scheme().content_type()))
        .body(ring.seal(answer.to_string().as_bytes(), Carrier::Body, START).unwrap())
}

pub(super) struct World {
    dir: TempDir,
    pub(super) clock: ManualClock,
    integrator: web::Data<Integrator>,
    pub(super) integrator_url: Url,
    google: Running,
    pub(super) origin: String,
    pub(super) browser: Client,
}

fn start(listen: TcpListener, dir: &Path, integrator: &Url, clock: &ManualClock) -> Running {
    let accounts =
        KEYS.google.iter().map(|(piaid, ring)| GoogleAccount { piaid: piaid.clone(), keyring: Arc::clone(ring) });
    let options = GoogleOptions {
        listen,
        dir: dir.to_owned(),
        integrator: integrator.clone(),
        accounts: accounts.collect(),
        issuers: vec![("BANK_A".to_owned(), "Bank Aurora".to_owned())],
        clock: Arc::new(clock.clone()),
        base_path: "/base".to_owned(),
        begin_path: "/begin".to_owned(),
    };
    Running::start(server(options).unwrap())
}

impl World {
    pub(super) fn new() -> Self {
        let (dir, clock, integrator) =
            (tempfile::tempdir().unwrap(), ManualClock::at(START), web::Data::new(Integrator::default()));
        let (listen, url) = free_port();
        let data = integrator.clone();
        let app = move || App::new().app_data(data.clone()).route("/base/{path:.*}", web::post().to(take));
        actix_web::rt::spawn(HttpServer::new(app).workers(1).disable_signals().listen(listen).unwrap().run());
        let integrator_url = Url::parse(&url).unwrap();
        let (listen, origin) = free_port();
        let google = start(listen, dir.path(), &integrator_url, &clock);
        Self { dir, clock, integrator, integrator_url, google, origin, browser: browser() }
    }

    pub(super) async fn restarted(self) -> Self {
        let Self { dir, clock, integrator, integrator_url, google, browser, .. } = self;
        google.stop().await;
        let (listen, origin) = free_port();
        let google = start(listen, dir.path(), &integrator_url, &clock);
        Self { dir, clock, integrator, integrator_url, google, origin, browser }
    }

    pub(super) fn answers(&self, status: u16, answer: Value) {
        *self.integrator.answer.lock().unwrap() = Some((status, answer));
    }

    pub(super) fn asked(&self) -> Vec<(String, Value)> {
        self.integrator.asked.lock().unwrap().clone()
    }

    pub(super) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.browser.post(format!("{}{path}", self.origin)).form(form).send().await.unwrap()
    }

    pub(super) async fn buy(&self, flow: &str, piaid: &str, issuer: &str) -> String {
        let form = [("product", "Gem pack"), ("amount", "120.00"), ("currency", "INR"), ("flow", flow)];
        let form: Vec<(&str, &str)> = form.into_iter().chain([("piaid", piaid), ("issuer", issuer)]).collect();
        location(&self.post("/orders", &form).await)
    }

    /// An order of Begin Redirect: its id and the address that the browser was sent to.
    pub(super) async fn begin(&self, piaid: &str) -> (String, Url) {
        let url = Url::parse(&self.buy("begin", piaid, "BANK_A").await).unwrap();
        let request = open(parameter(&url, "redirectRequest").as_bytes(), Carrier::UrlParameter);
        (request["requestHeader"]["requestId"].as_str().unwrap().to_owned(), url)
    }

    pub(super) async fn order(&self, id: &str) -> Value {
        self.json(&format!("/orders/{id}/json")).await
    }

    pub(super) async fn json(&self, path: &str) -> Value {
        self.browser.get(format!("{}{path}", self.origin)).send().await.unwrap().json().await.unwrap()
    }

    pub(super) async fn page(&self, path: &str) -> String {
        self.browser.get(format!("{}{path}", self.origin)).send().await.unwrap().text().await.unwrap()
    }

    pub(super) async fn send(&self, path: &str, body: String) -> (StatusCode, Vec<u8>) {
        let response = self.browser.post(format!("{}/gsp/{path}", self.origin)).body(body).send().await.unwrap();
        (response.status(), response.bytes().await.unwrap().to_vec())
    }

    pub(super) async fn notify(&self, piaid: &str, request: &Value) -> (StatusCode, Vec<u8>) {
        self.call("redirectPaymentCompleteNotification", piaid, request).await
    }

    /// Calls a method that Google hosts.
    pub(super) async fn call(&self, method: &str, piaid: &str, request: &Value) -> (StatusCode, Vec<u8>) {
        let sealed = ring(piaid).seal(request.to_string().as_bytes(), Carrier::Body, START).unwrap();
        self.send(&format!("redirect-fop-v1/{method}/{piaid}"), sealed).await
    }

    /// An order of Begin Redirect that C2 has called paid, or declined for the given reason.
    pub(super) async fn decided(&self, piaid: &str, result: &str) -> String {
        let (id, _) = self.begin(piaid).await;
        let request = self.notification(&format!("nt-{id}"), &id, piaid, result);
        assert_eq!(self.notify(piaid, &request).await.0, StatusCode::OK);
        id
    }

    /// Asks for a refund, which the integrator acknowledges; the id of the request.
    pub(super) async fn refund(&self, order: &str, amount: &str) -> String {
        self.answers(200, json!({"responseHeader": {}, "result": {"acknowledged": {}}}));
        let page = self.post(&format!("/orders/{order}/refund"), &[("amount", amount)]).await;
        assert_eq!(location(&page), format!("/orders/{order}"));
        let (path, request) = self.asked().pop().unwrap();
        assert_eq!(path, "v1/payment-integrator-redirect/asynchronousRefund");
        request["requestHeader"]["requestId"].as_str().unwrap().to_owned()
    }

    /// refundResultNotification with an id of its own.
    pub(super) async fn refunded(&self, refund: &str, piaid: &str, result: &str) {
        let request = json!({
            "requestHeader": self.header(&format!("rn-{refund}"), piaid), "refundRequestId": refund,
            "paymentIntegratorRefundId": format!("R-{refund}"), "result": {result: {}},
        });
        assert_eq!(self.call("refundResultNotification", piaid, &request).await.0, StatusCode::OK);
    }

    pub(super) fn notification(&self, request_id: &str, order: &str, piaid: &str, result: &str) -> Value {
        json!({
            "requestHeader": self.header(request_id, piaid), "redirectRequestId": order,
            "result": {result: {}}, "formOfPayment": {"issuerId": {"value": "BANK_A"}},
        })
    }

    pub(super) fn header(&self, request_id: &str, piaid: &str) -> Value {
        json!({
            "protocolVersion": {"major": 1}, "requestId": request_id, "paymentIntegratorAccountId": piaid,
            "requestTimestamp": {"epochMillis": self.clock.now().as_millis().to_string()},
        })
    }
}

pub(super) fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap()
}

pub(super) fn error_of((status, body): &(StatusCode, Vec<u8>)) -> (u16, String) {
    let answer = open(body, Carrier::Body);
    (status.as_u16(), answer["errorResponseResult"].as_object().unwrap().keys().next().unwrap().clone())
}
