//! A merchant who bills by mail: Microsoft's key server, the processor, the mail server, and the server under test.

use std::path::Path;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use roundtrip::crypto::{BearerIssuer, invoice_id};
use roundtrip::domain::invoice::{Invoice, InvoiceReference, State};
use roundtrip::domain::{Day, Timestamp};
use roundtrip::ports::{Clock as _, ManualClock, SystemClock};
use roundtrip::storage::{NewApiToken, Store, StoreOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::START_MS;
use crate::harness::browser::{Browser, Page};
use crate::harness::node::{Node, Process};
use crate::harness::ports::free_port;
use crate::harness::smtp::MailServer;
use crate::harness::stripe::{Processor, SECRET_KEY};
use crate::outlook_peers::server::KeyServer;

pub(super) const MERCHANT: &str = "3f6c1d52-0c3e-4b55-9a0e-8a0f5f7f6a11";
pub(super) const ORIGINATOR: &str = "b7a1e6f0-2f0f-4a55-8c1c-6f1d0c0e9a42";
pub(super) const DISPLAY: &str = "d2b4c7aa-9f40-4a3f-b7c0-1f6a2e7d5c90";
pub(super) const SENDER: &str = "billing@nordlicht.example";
pub(super) const RECIPIENT: &str = "dana.lindqvist@fabrikat.example";
pub(super) const OUTLOOK: &str = "48af08dc-f6d2-435f-b2a7-069abd99c086";
pub(super) const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
/// The request's id in every example of the specification.
pub(super) const SESSION: &str = "chk_7Q2M9ZT4";
pub(super) const METHOD: &str = "https://pay.microsoft.com/microsoftpay";

pub(super) const PANE: &str = "/outlook/payment-request";
pub(super) const COMPLETE: &str = "/outlook/payment-complete";

/// The token of the merchant's own system.
const DESK: &str = "rt_token_of_the_merchant";

/// Microsoft's keys: `k1` signs, `k2` is the next one.
pub(super) fn microsoft(number: usize) -> &'static BearerIssuer {
    static KEYS: OnceLock<[BearerIssuer; 2]> = OnceLock::new();
    &KEYS.get_or_init(|| ["k1", "k2"].map(|kid| BearerIssuer::generate(kid).unwrap()))[number]
}

/// What of the configuration a test chooses.
#[derive(Clone)]
pub(super) struct Settings {
    /// Further lines of `[outlook]`.
    pub(super) outlook: String,
    /// `[processor.stripe]`; `None`: no processor.
    pub(super) key: Option<&'static str>,
    /// `outlook.signing_key_file`.
    pub(super) signing_key: Option<String>,
    /// Further sections.
    pub(super) more: &'static str,
}

impl Settings {
    /// Payments in Outlook, as it was.
    pub(super) fn legacy() -> Self {
        let outlook = format!("mode = \"legacy\"\naudience = \"{MERCHANT}\"\n");
        Self { outlook, key: Some(SECRET_KEY), signing_key: None, more: "" }
    }

    /// What runs today: no `mode` is given.
    pub(super) fn today() -> Self {
        let outlook =
            "audience = \"app-1\"\nissuer = \"https://login.microsoftonline.com/{tenantid}/v2.0\"\n".to_owned();
        Self { outlook, ..Self::legacy() }
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// Everything around the server under test.
pub(super) struct Office {
    pub(super) clock: ManualClock,
    pub(super) processor: Processor,
    pub(super) keys: KeyServer,
    pub(super) mail: MailServer,
    /// The server in this process, if it is not the built binary.
    pub(super) node: Option<Node>,
    browser: Browser,
    settings: Settings,
    dir: TempDir,
    ports: (u16, u16),
}

impl Office {
    /// In this process, with Outlook as it was.
    pub(super) async fn open() -> Self {
        Self::of(Settings::legacy()).await
    }

    pub(super) async fn of(settings: Settings) -> Self {
        let mut office = Self::around(settings, Timestamp::from_millis(START_MS));
        let node = Node::start(&office.configuration(), office.dir(), &office.clock, 7).await;
        hire(&node.store).await;
        office.node = Some(node);
        office
    }

    /// Everything but the server, which will be the built binary.
    pub(super) fn outside(settings: Settings) -> Self {
        Self::around(settings, SystemClock.now())
    }

    fn around(settings: Settings, now: Timestamp) -> Self {
        let clock = ManualClock::at(now);
        let office = Self {
            processor: Processor::start(&clock),
            keys: KeyServer::start(&[microsoft(0)]),
            mail: MailServer::start(),
            node: None,
            browser: Browser::new(),
            dir: tempfile::tempdir().unwrap(),
            ports: (free_port(), free_port()),
            clock,
            settings,
        };
        let write = |name: &str, text: &str| std::fs::write(office.dir.path().join(name), text).unwrap();
        write("stripe", office.settings.key.unwrap_or_default());
        write("url-key", &crate::harness::keys::secret(200).1);
        write("card-key", office.settings.signing_key.as_deref().unwrap_or_default());
        office
    }

    /// Starts the built binary.
    pub(super) async fn serve(&self) -> Process {
        let process = Process::serve(&self.configuration(), self.dir(), self.ports.0, &[]).await;
        let store = self.store().await;
        if store.find_token(&roundtrip::crypto::content_hash(DESK.as_bytes())).await.unwrap().is_none() {
            hire(&store).await;
        }
        store.close().await;
        process
    }

    /// A connection of one's own to the database.
    pub(super) async fn store(&self) -> Store {
        Store::open(StoreOptions::new(self.database())).await.unwrap()
    }

    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }

    fn database(&self) -> String {
        format!("sqlite://{}/roundtrip.db", self.dir.path().display())
    }

    fn configuration(&self) -> String {
        let (public, admin) = self.ports;
        let Settings { outlook, key, signing_key, more } = &self.settings;
        let stripe = format!(
            "[processor.stripe]\nendpoint = \"{}\"\nsecret_key_file = \"stripe\"\ntimeout_ms = 1500\n",
            self.processor.endpoint().as_str().trim_end_matches('/'),
        );
        format!(
            "[server]\nlisten = \"127.0.0.1:{public}\"\nadmin_listen = \"127.0.0.1:{admin}\"\n\
             public_url = \"http://127.0.0.1:{public}\"\nworkers = 2\nshutdown_timeout_s = 1\n\
             [database]\nurl = \"{}\"\n\
             [signing]\nkeys = [{{ id = \"u1\", secret_file = \"url-key\" }}]\n\
             {}\
             [smtp]\nurl = \"{}\"\nfrom = \"Nordlicht Werkzeug GmbH <{SENDER}>\"\n\
             {more}\n\
             [outlook]\nmerchant_id = \"{MERCHANT}\"\ndisplay_id = \"{DISPLAY}\"\noriginator = \"{ORIGINATOR}\"\n\
             openid_configuration = \"{}\"\n{}{outlook}",
            self.database(),
            if key.is_some() { stripe.as_str() } else { "" },
            self.mail.url(),
            self.keys.discovery(),
            if signing_key.is_some() { "signing_key_file = \"card-key\"\n" } else { "" },
        )
    }

    pub(super) fn public(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.0)
    }

    pub(super) const fn port(&self) -> u16 {
        self.ports.0
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn pass(&self, millis: i64) {
        self.clock.advance(millis);
    }

    // What the merchant does.

    /// The admin API, at a path below `/api/v1/invoices`.
    pub(super) async fn desk(&self, path: &str, body: &Value) -> Page {
        let url = format!("http://127.0.0.1:{}/api/v1/invoices{path}", self.ports.1);
        let bearer = format!("Bearer {DESK}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.browser.post(url, &headers, body.to_string()).await
    }

    /// Makes an invoice; the product context that its mail holds.
    pub(super) async fn bill(&self, draft: &Value) -> Value {
        let page = self.desk("", draft).await;
        assert_eq!(page.status, 201, "{}", page.text());
        self.context(draft["reference"].as_str().unwrap()).await
    }

    /// Does something to an invoice.
    pub(super) async fn act(&self, reference: &str, act: &str) {
        let page = self.desk(&format!("/{reference}/{act}"), &json!({})).await;
        assert_eq!(page.status, 202, "{}", page.text());
    }

    /// The invoice as the merchant sees it.
    pub(super) async fn shown(&self, reference: &str) -> Value {
        let url = format!("http://127.0.0.1:{}/api/v1/invoices/{reference}", self.ports.1);
        let page = self.browser.get_with(url, &[("authorization", &format!("Bearer {DESK}"))]).await;
        assert_eq!(page.status, 200, "{}", page.text());
        serde_json::from_slice(&page.body).unwrap()
    }

    pub(super) async fn state(&self, reference: &str) -> State {
        let id = invoice_id(&InvoiceReference::parse(reference).unwrap());
        let store = self.store().await;
        let loaded = store.load::<Invoice>(id).await.unwrap();
        store.close().await;
        loaded.unwrap().state
    }

    async fn context(&self, reference: &str) -> Value {
        let nonce = self.state(reference).await.past().unwrap().content.nonce.to_string();
        json!({"ref": reference, "nonce": nonce})
    }

    pub(super) fn charges(&self) -> usize {
        self.processor.owner.charges().len()
    }

    // What Microsoft does.

    /// The claims of a genuine external access token (section 7.2).
    pub(super) fn claims(&self) -> Value {
        let now = self.now().as_secs();
        json!({
            "iss": "https://substrate.office.com/sts/", "aud": MERCHANT, "appid": OUTLOOK, "sub": RECIPIENT,
            "sender": SENDER, "exp": now + 3_600, "nbf": now - 60, "iat": now - 60,
            "ver": "STI.ExternalAccessToken.V1", "appidacr": "2", "acr": "0",
        })
    }

    /// The claims of a genuine token of Entra (section 13.6).
    pub(super) fn entra_claims(&self) -> Value {
        let now = self.now().as_secs();
        json!({
            "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"), "aud": "app-1", "azp": OUTLOOK,
            "tid": TENANT, "oid": "8f1c", "sub": "pairwise", "scp": "actions", "exp": now + 3_600, "nbf": now - 60,
        })
    }

    /// `Authorization` as the configuration wants it.
    pub(super) fn genuine(&self) -> String {
        let legacy = self.settings.outlook.contains("legacy");
        bearer(&if legacy { self.claims() } else { self.entra_claims() })
    }

    /// Posts with these headers alone.
    pub(super) async fn send(&self, path: &str, headers: &[(&'static str, &str)], body: impl Into<Vec<u8>>) -> Page {
        self.browser.post(format!("{}{path}", self.public()), headers, body).await
    }

    /// Posts JSON with this `Authorization`.
    pub(super) async fn call(&self, path: &str, authorization: &str, body: &Value) -> Page {
        let headers = [("authorization", authorization), ("content-type", "application/json; charset=utf-8")];
        self.send(path, &headers, body.to_string()).await
    }

    /// The same to somebody who may not answer.
    pub(super) async fn try_call(&self, path: &str, body: &Value) -> Option<Page> {
        let genuine = self.genuine();
        let headers = [("authorization", genuine.as_str()), ("content-type", "application/json")];
        self.browser.try_post(format!("{}{path}", self.public()), &headers, body.to_string()).await
    }

    pub(super) async fn request(&self, method: &str, path: &str) -> Page {
        self.browser.request(method, format!("{}{path}", self.public())).await
    }

    /// The pane asks, and is answered with 200.
    #[track_caller]
    pub(super) fn pane(&self, body: &Value) -> impl Future<Output = Value> {
        self.answered(PANE, body)
    }

    /// The payer approves, and the call is answered with 200.
    #[track_caller]
    pub(super) fn complete(&self, body: &Value) -> impl Future<Output = Value> {
        self.answered(COMPLETE, body)
    }

    #[track_caller]
    fn answered(&self, path: &'static str, body: &Value) -> impl Future<Output = Value> {
        let (caller, body) = (std::panic::Location::caller(), body.clone());
        async move {
            let page = self.call(path, &self.genuine(), &body).await;
            assert_eq!(page.status, 200, "{caller}: {}", page.text());
            assert_eq!(page.header("content-type"), "application/json; charset=utf-8", "{caller}");
            serde_json::from_slice(&page.body).unwrap()
        }
    }

    /// How much has happened to an invoice: equal before and after means that nothing was stored.
    pub(super) async fn events(&self, reference: &str) -> usize {
        self.shown(reference).await["timeline"].as_array().unwrap().len()
    }
}

/// The `Authorization` of a call with these claims.
pub(super) fn bearer(claims: &Value) -> String {
    format!("Bearer {}", microsoft(0).token(claims).unwrap())
}

async fn hire(store: &Store) {
    let token = NewApiToken {
        id: uuid::Uuid::from_u128(1),
        name: "merchant".to_owned(),
        scopes: "invoices:read,invoices:write".to_owned(),
        user_name: None,
        sha256: roundtrip::crypto::content_hash(DESK.as_bytes()),
        created_at: Timestamp::from_millis(START_MS),
    };
    store.create_token(token).await.unwrap();
}

/// An invoice over 112.30 USD, due in 30 days, nothing to ship: the specification's.
pub(super) fn draft(reference: &str, now: Timestamp) -> Value {
    json!({
        "reference": reference,
        "recipient": {"name": "Dana Lindqvist", "email": RECIPIENT, "locale": "en-US"},
        "currency": "USD",
        "lines": [
            {"label": "Torque wrench 40-200 Nm", "amountMicros": 84_500_000},
            {"label": "Calibration certificate", "amountMicros": 19_000_000},
        ],
        "taxMicros": 8_800_000,
        "dueDate": Day::of(now).plus_days(30).to_string(),
    })
}

/// The same, to be shipped within the United States: 6.90 on the ground, 18.40 in haste.
pub(super) fn shipped(reference: &str, now: Timestamp) -> Value {
    let mut draft = draft(reference, now);
    draft["shipping"] = json!({"options": [
        {"id": "ground", "label": "Ground (4-6 days)", "amountMicros": 6_900_000, "countries": ["US"]},
        {"id": "express", "label": "Express (next day)", "amountMicros": 18_400_000, "countries": ["US"]},
    ]});
    draft
}

/// What the pane posts first.
pub(super) fn load(context: &Value) -> Value {
    json!({"methodData": [{
        "supportedMethods": METHOD, "data": {"productContext": context, "event": "loadentity"},
    }]})
}

/// The specification's address.
pub(super) fn address() -> Value {
    json!({
        "country": "US", "addressLine": ["1412 Alder Street", "Unit 9"], "region": "OR", "city": "Portland",
        "dependantLocality": null, "postalCode": "97205", "sortingCode": "", "languageCode": "",
        "organization": "Fabrikat Makerspace", "recipient": "Dana Lindqvist", "phone": "+15035550148",
    })
}

/// The pane echoes an answer of ours, with this event, as the service did: explicit nulls and `pending`.
pub(super) fn echoed(answer: &Value, event: &str) -> Value {
    let mut body = answer.clone();
    body["id"] = answer["details"]["id"].clone();
    body["methodData"][0]["data"]["event"] = json!(event);
    let details = &mut body["details"];
    details["total"]["amount"]["currencySystem"] = Value::Null;
    for list in ["displayItems", "shippingOptions"] {
        for item in details[list].as_array_mut().into_iter().flatten() {
            item["amount"]["currencySystem"] = Value::Null;
            let flag = if list == "displayItems" { "pending" } else { "selected" };
            if item.get(flag).is_none() {
                item[flag] = json!(false);
            }
        }
    }
    body
}

/// A payment token with this header and payload (section 6.3).
pub(super) fn token(header: &Value, payload: &str) -> String {
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    format!("{}.{}.{}", text(header.to_string().as_bytes()), text(payload.as_bytes()), text(b"unit-test-signature"))
}

/// The header of a token of the processor's test mode, good for so much.
pub(super) fn header(value: &str) -> Value {
    json!({
        "Version": 1, "Format": "Stripe", "TestMode": true, "MerchantId": MERCHANT, "PaymentRequestId": SESSION,
        "Amount": {"currency": "USD", "value": value},
    })
}

/// An approval of so much, with a token for this card; nothing is shipped.
pub(super) fn approval(context: &Value, card: &str, value: &str) -> Value {
    json!({
        "requestId": SESSION, "methodName": METHOD,
        "details": {
            "productContext": context, "paymentToken": token(&header(value), card),
            "amount": {"currency": "USD", "value": value, "currencySystem": null},
        },
        "payerName": "Dana Lindqvist", "payerEmail": "dana@elsewhere.example", "payerPhone": "+15035550199",
    })
}
