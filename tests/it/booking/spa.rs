//! A spa whose appointments Google sells: feeds, a processor, Google's receiver of real-time updates, and the server.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};

use roundtrip::crypto::StripeEventKey;
use roundtrip::domain::{Role, Timestamp, UserName};
use roundtrip::ports::{Clock as _, ManualClock, SystemClock};
use roundtrip::sandbox::stripe::EventsTo;
use roundtrip::storage::{NewApiToken, NewUser};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::harness::browser::{Browser, Page};
use crate::harness::listener::{Answer, Listener, Received};
use crate::harness::node::{Node, Process};
use crate::harness::ports::free_port;
use crate::harness::settings::Engine;
use crate::harness::stripe::{Processor, SECRET_KEY};
use crate::harness::{DAY, HOUR, START_MS, until};

/// When the first slot of every service begins, after the start of the test; one follows every two hours.
pub(super) const FIRST_SLOT_MS: i64 = 3 * DAY;
/// Slots of each service.
const SLOTS: i64 = 12;
/// Spots of each slot.
const SPOTS: i64 = 2;
/// 200 USD and 6.75 % of it.
pub(super) const FULL_MICROS: i64 = 213_500_000;

const USER: &str = "google";
const PASSWORD: &str = "correct horse battery staple";
/// The token of somebody who may do everything.
const DESK: &str = "rt_token_of_the_desk";
/// The same, as its header.
pub(super) const BEARER: &str = "Bearer rt_token_of_the_desk";

/// Where the processor's events go.
pub(super) const EVENTS: &str = "/processor/stripe/events";
/// What they are signed with.
const EVENT_SECRET: &str = "whsec_spa";

pub(super) fn event_key() -> StripeEventKey {
    StripeEventKey::new(EVENT_SECRET).unwrap()
}

/// Everything around the server under test.
pub(super) struct Spa {
    pub(super) clock: ManualClock,
    pub(super) processor: Processor,
    pub(super) nodes: Vec<Node>,
    pub(super) browser: Browser,
    dir: TempDir,
    database: String,
    ports: Vec<(u16, u16)>,
    google: Updates,
    _listener: Listener,
}

/// Google's receiver of real-time updates.
#[derive(Clone, Default)]
pub(super) struct Updates {
    heard: Arc<Mutex<Vec<Value>>>,
    script: Arc<Mutex<VecDeque<u16>>>,
    arrived: Arc<Mutex<Vec<String>>>,
    held: Arc<(Mutex<bool>, Condvar)>,
}

impl Updates {
    fn answer(&self, received: &Received) -> Answer {
        self.arrived.lock().unwrap().push(received.target.clone());
        let (held, released) = &*self.held;
        drop(released.wait_while(held.lock().unwrap(), |held| *held).unwrap());
        let status = self.script.lock().unwrap().pop_front().unwrap_or(200);
        if status == 200 {
            let body: Value = serde_json::from_slice(&received.body).unwrap();
            let call = json!({"method": received.method, "target": received.target, "body": body});
            self.heard.lock().unwrap().push(call);
        }
        let headers = vec![("content-type", "application/json".to_owned())];
        Answer { status, headers, body: b"{}".to_vec() }
    }

    /// The next updates are answered so.
    pub(super) fn script(&self, statuses: &[u16]) {
        self.script.lock().unwrap().extend(statuses);
    }

    /// Nothing is answered until [`Updates::release`].
    pub(super) fn hold(&self) {
        *self.held.0.lock().unwrap() = true;
    }

    pub(super) fn release(&self) {
        *self.held.0.lock().unwrap() = false;
        self.held.1.notify_all();
    }

    /// How many calls of this kind have arrived, answered or not.
    pub(super) fn arrived(&self, of: &str) -> usize {
        self.arrived.lock().unwrap().iter().filter(|target| target.contains(of)).count()
    }

    /// Every booking notification that was accepted.
    pub(super) fn bookings(&self) -> Vec<Value> {
        self.calls("/notification/")
    }

    /// Every replacement of availability that was accepted.
    pub(super) fn availability(&self) -> Vec<Value> {
        self.calls("availability:replace")
    }

    fn calls(&self, of: &str) -> Vec<Value> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|call| call["target"].as_str().unwrap().contains(of)).cloned().collect()
    }
}

impl Spa {
    pub(super) async fn open() -> Self {
        Self::on(Engine::Sqlite, 1).await
    }

    /// With so many nodes.
    pub(super) async fn on(engine: Engine, nodes: usize) -> Self {
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(crate::postgres::fresh_database().await),
        };
        let mut spa = Self::around(database, nodes, Timestamp::from_millis(START_MS));
        for index in 0..nodes {
            let node = spa.node(index).await;
            spa.nodes.push(node);
        }
        spa.hire().await;
        spa
    }

    /// For the built binary, in real time.
    pub(super) fn outside() -> Self {
        Self::around(None, 1, SystemClock.now())
    }

    /// Everything but the server.
    fn around(database: Option<String>, nodes: usize, now: Timestamp) -> Self {
        let clock = ManualClock::at(now);
        let dir = tempfile::tempdir().unwrap();
        let google = Updates::default();
        let theirs = google.clone();
        let listener = Listener::start(Arc::new(move |received| Some(theirs.answer(&received))));
        let database = database.unwrap_or_else(|| format!("sqlite://{}/roundtrip.db", dir.path().display()));
        let rtu = format!("http://{}", listener.address);
        let ports: Vec<_> = (0..nodes).map(|_| (free_port(), free_port())).collect();
        let url = Url::parse(&format!("http://127.0.0.1:{}{EVENTS}", ports[0].0)).unwrap();
        let spa = Self {
            processor: Processor::telling(&clock, Some(EventsTo { url, key: event_key() })),
            clock,
            nodes: Vec::new(),
            browser: Browser::new(),
            dir,
            database,
            ports,
            google,
            _listener: listener,
        };
        spa.write_files(&rtu);
        spa
    }

    fn write_files(&self, rtu: &str) {
        let write = |name: &str, text: &str| std::fs::write(self.dir.path().join(name), text).unwrap();
        write("password", PASSWORD);
        write("stripe", SECRET_KEY);
        write("webhook", EVENT_SECRET);
        write("rtu", rtu);
        write("url-key", &crate::harness::keys::secret(200).1);
        let (merchants, services, availability) = feeds(1);
        write("merchants.json", &merchants.to_string());
        write("services.json", &services.to_string());
        write("availability.json", &availability.to_string());
    }

    /// Starts a node again, or for the first time.
    pub(super) async fn node(&self, index: usize) -> Node {
        Node::start(&self.settings(index), self.dir.path(), &self.clock, 7 + index as u64).await
    }

    /// Starts the built binary.
    pub(super) async fn serve(&self) -> Process {
        Process::serve(&self.settings(0), self.dir(), self.ports[0].0, &[]).await
    }

    /// Where its files are.
    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// `database.url`
    pub(super) fn database(&self) -> &str {
        &self.database
    }

    /// The configuration file.
    pub(super) fn settings(&self, index: usize) -> String {
        let (public, admin) = self.ports[index];
        let rtu = std::fs::read_to_string(self.dir.path().join("rtu")).unwrap();
        format!(
            "[server]\nlisten = \"127.0.0.1:{public}\"\nadmin_listen = \"127.0.0.1:{admin}\"\n\
             public_url = \"http://127.0.0.1:{public}\"\nworkers = 2\nshutdown_timeout_s = 1\n\
             [database]\nurl = \"{}\"\n\
             [signing]\nkeys = [{{ id = \"u1\", secret_file = \"url-key\" }}]\n\
             [processor.stripe]\nendpoint = \"{}\"\nsecret_key_file = \"stripe\"\ntimeout_ms = 1500\n\
             webhook_secret_file = \"webhook\"\n\
             [booking]\nfeeds = [\"merchants.json\", \"services.json\", \"availability.json\"]\n\
             credentials = [{{ user = \"{USER}\", password_file = \"password\" }}]\n\
             rtu_endpoint = \"{rtu}\"\npartner_id = \"12345678\"\n\
             [console]\nsecond_factor = \"optional\"\n",
            self.database,
            self.processor.endpoint().as_str().trim_end_matches('/'),
        )
    }

    async fn hire(&self) {
        let created_at = Timestamp::from_millis(START_MS);
        let name = UserName::parse("ann").unwrap();
        let role = Role::parse("finance").unwrap();
        self.nodes[0].store.create_user(NewUser { name, role, created_at }).await.unwrap();
        let token = NewApiToken {
            id: uuid::Uuid::from_u128(1),
            name: "desk".to_owned(),
            scopes: "bookings:read,bookings:write,reports:read,outbox:read,statements:write".to_owned(),
            user_name: Some("ann".to_owned()),
            sha256: roundtrip::crypto::content_hash(DESK.as_bytes()),
            created_at,
        };
        self.nodes[0].store.create_token(token).await.unwrap();
    }

    /// A token that belongs to nobody, as its header.
    pub(super) async fn program(&self) -> String {
        let token = NewApiToken {
            id: uuid::Uuid::from_u128(2),
            name: "program".to_owned(),
            scopes: "bookings:write".to_owned(),
            user_name: None,
            sha256: roundtrip::crypto::content_hash(b"rt_token_of_a_program"),
            created_at: Timestamp::from_millis(START_MS),
        };
        self.nodes[0].store.create_token(token).await.unwrap();
        "Bearer rt_token_of_a_program".to_owned()
    }

    pub(super) const fn google(&self) -> &Updates {
        &self.google
    }

    /// Moves the clock.
    pub(super) fn pass(&self, millis: i64) {
        self.clock.advance(millis);
    }

    /// Moves the clock to so long before the start of the slot.
    pub(super) fn pass_until(&self, number: i64, before_ms: i64) {
        let wanted = start_s(number) * 1_000 - before_ms;
        self.clock.advance(wanted - self.clock.now().as_millis());
    }

    /// Google calls a method.
    pub(super) async fn call(&self, method: &str, body: &Value) -> Page {
        self.call_node(0, method, body).await
    }

    pub(super) async fn call_node(&self, index: usize, method: &str, body: &Value) -> Page {
        let called = self.called(&self.nodes[index].public, method, body).await;
        called.unwrap()
    }

    /// Google calls the built binary, which may be gone before it answers.
    pub(super) async fn try_call(&self, method: &str, body: &Value) -> Option<Page> {
        self.called(&format!("http://127.0.0.1:{}", self.ports[0].0), method, body).await
    }

    async fn called(&self, origin: &str, method: &str, body: &Value) -> Option<Page> {
        let url = format!("{origin}/v3/{method}/");
        let authorization = authorization(USER, PASSWORD);
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        self.browser.try_post(url, &headers, body.to_string()).await
    }

    /// Google calls a method, and is answered with 200.
    #[track_caller]
    pub(super) fn ok(&self, method: &str, body: &Value) -> impl Future<Output = Value> {
        let call = self.call(method, body);
        let caller = std::panic::Location::caller();
        async move {
            let page = call.await;
            assert_eq!(page.status, 200, "{caller}: {}", page.text());
            serde_json::from_slice(&page.body).unwrap()
        }
    }

    /// Books, successfully.
    #[track_caller]
    pub(super) fn book(&self, wanted: &Wanted) -> impl Future<Output = Value> {
        let body = wanted.body();
        let caller = std::panic::Location::caller();
        async move {
            let page = self.call("CreateBooking", &body).await;
            assert_eq!(page.status, 200, "{caller}: {}", page.text());
            let answer: Value = serde_json::from_slice(&page.body).unwrap();
            assert!(answer.get("booking_failure").is_none(), "{caller}: {answer}");
            answer["booking"].clone()
        }
    }

    /// The cause of a failure of business.
    pub(super) async fn cause(&self, wanted: &Wanted) -> String {
        let answer = self.ok("CreateBooking", &wanted.body()).await;
        assert!(answer.get("booking").is_none(), "{answer}");
        answer["booking_failure"]["cause"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Open spots of a slot, as Google's legacy call sees them.
    pub(super) async fn open_spots(&self, service: &str, number: i64) -> i64 {
        let answer = self.ok("CheckAvailability", &json!({"slot": slot(service, number)})).await;
        answer["count_available"].as_i64().unwrap()
    }

    /// A person asks the admin API.
    pub(super) async fn desk(&self, path: &str) -> Value {
        let page = self.desk_page(path).await;
        assert_eq!(page.status, 200, "{}", page.text());
        serde_json::from_slice(&page.body).unwrap()
    }

    pub(super) async fn desk_page(&self, path: &str) -> Page {
        let url = format!("{}/api/v1/{path}", self.nodes[0].admin);
        self.browser.get_with(url, &[("authorization", &format!("Bearer {DESK}"))]).await
    }

    /// A person decides something.
    pub(super) async fn decide(&self, path: &str, body: &Value) -> Page {
        let url = format!("{}/api/v1/{path}", self.nodes[0].admin);
        let bearer = format!("Bearer {DESK}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.browser.post(url, &headers, body.to_string()).await
    }

    /// The alarms of a kind that last.
    pub(super) async fn alarms(&self, kind: &str) -> Vec<Value> {
        let shown = self.desk("alarms").await;
        let of = |alarm: &&Value| alarm["kind"] == kind && alarm["state"] == "Raised";
        shown["alarms"].as_array().unwrap().iter().filter(of).cloned().collect()
    }

    /// Waits until so many alarms of a kind last.
    pub(super) async fn alarmed(&self, kind: &str, count: usize) -> Vec<Value> {
        until(&format!("{count} alarms: {kind}"), async || {
            self.pass(31_000);
            let lasting = self.alarms(kind).await;
            (lasting.len() == count).then_some(lasting)
        })
        .await
    }

    /// The processor says something, signed at this time.
    pub(super) async fn hear(&self, kind: &str, object: &Value, at: Timestamp) -> Page {
        let event = json!({"id": "evt_1", "object": "event", "type": kind, "created": at.as_secs(),
                           "data": {"object": object}});
        let body = event.to_string();
        self.hear_signed(&event_key().sign(at, body.as_bytes()), body).await
    }

    pub(super) async fn hear_signed(&self, signature: &str, body: String) -> Page {
        let url = format!("{}{EVENTS}", self.nodes[0].public);
        let headers = [("stripe-signature", signature), ("content-type", "application/json")];
        self.browser.post(url, &headers, body).await
    }

    /// Waits until every event of the processor was taken.
    pub(super) async fn all_heard(&self) {
        until("all events are taken", async || (self.processor.owner.undelivered() == 0).then_some(())).await;
    }

    /// Waits until the booking, as staff see it, satisfies `wanted`.
    pub(super) async fn seen(&self, id: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        until(what, async || {
            let shown = self.desk(&format!("bookings/{id}")).await;
            wanted(&shown).then_some(shown)
        })
        .await
    }

    /// Waits for so many booking notifications.
    pub(super) async fn told(&self, count: usize) -> Vec<Value> {
        until(&format!("{count} booking notifications"), async || {
            let heard = self.google.bookings();
            (heard.len() >= count).then_some(heard)
        })
        .await
    }

    /// The ledger's balance of accounts whose name begins so.
    pub(super) async fn balance(&self, account: &str) -> i64 {
        let shown = self.desk("ledger").await;
        assert_eq!(shown["balances"], true, "{shown}");
        let accounts = shown["accounts"].as_array().unwrap().clone();
        let of = |sum: &&Value| sum["account"].as_str().unwrap().starts_with(account);
        accounts.iter().filter(of).map(|sum| sum["micros"].as_str().unwrap().parse::<i64>().unwrap()).sum()
    }
}

/// `Authorization` of a user with a password.
pub(super) fn authorization(user: &str, password: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

/// When slot `number` of any service begins, in seconds since the Unix epoch.
pub(super) const fn start_s(number: i64) -> i64 {
    (START_MS + FIRST_SLOT_MS + number * 2 * HOUR) / 1_000
}

/// `Slot`, as Google sends it.
pub(super) fn slot(service: &str, number: i64) -> Value {
    json!({
        "merchant_id": "spa-1",
        "service_id": service,
        "start_sec": start_s(number).to_string(),
        "duration_sec": "3600",
        "confirmation_mode": "CONFIRMATION_MODE_SYNCHRONOUS",
    })
}

pub(super) fn usd(micros: i64) -> Value {
    json!({"price_micros": micros.to_string(), "currency_code": "USD"})
}

/// What is to be booked.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) token: String,
    pub(super) user: String,
    pub(super) slot: Value,
    pub(super) payment: Value,
    pub(super) card: Option<String>,
}

impl Wanted {
    /// Without a card: for what costs nothing now.
    pub(super) fn of(token: &str, service: &str, number: i64) -> Self {
        Self {
            token: token.to_owned(),
            user: "u-55".to_owned(),
            slot: slot(service, number),
            payment: json!({"prepayment_status": "PREPAYMENT_NOT_PROVIDED"}),
            card: None,
        }
    }

    /// With a card, as Google Pay hands it over.
    pub(super) fn paid(token: &str, service: &str, number: i64, card: &str) -> Self {
        let payment = json!({
            "prepayment_status": "PREPAYMENT_PROVIDED",
            "payment_processed_by": "PROCESSED_BY_PARTNER",
        });
        Self { payment, card: Some(card.to_owned()), ..Self::of(token, service, number) }
    }

    pub(super) fn by(mut self, user: &str) -> Self {
        user.clone_into(&mut self.user);
        self
    }

    /// With a further member of `payment_information`.
    pub(super) fn stating(mut self, name: &str, value: Value) -> Self {
        self.payment[name] = value;
        self
    }

    pub(super) fn body(&self) -> Value {
        let mut body = json!({
            "idempotency_token": self.token,
            "slot": self.slot,
            "user_information": {
                "user_id": self.user,
                "given_name": "Ada",
                "family_name": "Okoro",
                "telephone": "+14155550111",
                "email": "ada@example.com",
            },
            "payment_information": self.payment,
        });
        if let Some(card) = &self.card {
            body["payment_processing_parameters"] = json!({
                "payment_processor": "stripe",
                "unparsed_payment_method_token": json!({"id": card, "object": "token"}).to_string(),
            });
        }
        body
    }
}

/// Feeds of this generation.
pub(super) fn feeds(generation: i64) -> (Value, Value, Value) {
    let metadata = |kind: i64| {
        json!({
            "processing_instruction": "PROCESS_AS_COMPLETE",
            "shard_number": 0,
            "total_shards": 1,
            "nonce": (generation * 10 + kind).to_string(),
            "generation_timestamp": START_MS / 1_000 + generation,
        })
    };
    let merchant = json!({
        "merchant_id": "spa-1",
        "name": "Quiet Harbor Spa",
        "telephone": "+14155550100",
        "category": "spa",
        "geo": {"latitude": 37.78, "longitude": -122.4, "address": {
            "country": "US", "region": "CA", "locality": "San Francisco", "postal_code": "94103",
            "street_address": "1 Example St",
        }},
        "tax_rate": {"micro_percent": 6_750_000},
        "tokenization_config": {"tokenization_parameter": {"gateway": "stripe", "stripe:version": "2018-02-28"}},
        "payment_restrictions": {"credit_card_restrictions": {"credit_card_type": ["VISA", "MASTERCARD"]}},
        "payment_option": [
            {"payment_option_id": "tue-150", "name": "Tuesday price", "price": usd(150_000_000),
             "payment_option_type": "PAYMENT_OPTION_SINGLE_USE"},
            {"payment_option_id": "pack-5", "name": "Five visits", "price": usd(100_000_000), "session_count": "5",
             "payment_option_type": "PAYMENT_OPTION_MULTI_USE", "activation_type": "ACTIVATION_ON_PURCHASE",
             "tax_rate": {"micro_percent": 0}},
        ],
    });
    let service = |id: &str, more: Value| {
        let mut service = json!({
            "merchant_id": "spa-1",
            "service_id": id,
            "localized_service_name": {"value": id},
            "price": usd(200_000_000),
            "rules": {"min_advance_online_canceling": "14400"},
        });
        for (name, value) in more.as_object().unwrap() {
            service[name] = value.clone();
        }
        service
    };
    let deposit = json!({
        "deposit": usd(25_000_000), "min_advance_cancellation_sec": "7200", "deposit_type": "FIXED_RATE_DEFAULT",
    });
    let fee = json!({"fee": usd(30_000_000), "fee_type": "FIXED_RATE_DEFAULT"});
    let services = [
        service("arrival", json!({})),
        service(
            "full",
            json!({
                "prepayment_type": "REQUIRED", "require_credit_card": "REQUIRE_CREDIT_CARD_CONDITIONAL",
            }),
        ),
        service("deposit", json!({"deposit": deposit})),
        service("fee", json!({"no_show_fee": fee})),
        service("both", json!({"deposit": deposit, "no_show_fee": fee})),
        service(
            "later",
            json!({
                "deposit": deposit,
                "prepayment_terms": {"charge_timing": "CHARGE_LATER", "charge_time_before_start_time_sec": "86400"},
            }),
        ),
        service("card", json!({"require_credit_card": "REQUIRE_CREDIT_CARD_ALWAYS"})),
        service("class", json!({"payment_option_id": ["pack-5"]})),
        service("async", json!({})),
    ];
    let slots = |service: &Value| {
        let id = service["service_id"].as_str().unwrap().to_owned();
        let mode = if id == "async" { "CONFIRMATION_MODE_ASYNCHRONOUS" } else { "CONFIRMATION_MODE_SYNCHRONOUS" };
        (0..SLOTS).map(move |number| {
            json!({
                "merchant_id": "spa-1", "service_id": id, "start_sec": start_s(number), "duration_sec": 3_600,
                "spots_total": SPOTS, "spots_open": SPOTS, "confirmation_mode": mode,
            })
        })
    };
    let mut availability: Vec<Value> = services.iter().flat_map(slots).collect();
    // The last slot of the prepaid service has a price of its own.
    let last = |slot: &&mut Value| slot["service_id"] == "full" && slot["start_sec"] == start_s(SLOTS - 1);
    if let Some(slot) = availability.iter_mut().find(last) {
        slot["payment_option_id"] = json!(["tue-150"]);
    }
    (
        json!({"metadata": metadata(1), "merchant": [merchant]}),
        json!({"metadata": metadata(2), "service": services}),
        json!({"metadata": metadata(3), "service_availability": [{"availability": availability}]}),
    )
}
