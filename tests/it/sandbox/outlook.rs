//! The stand-in for Outlook on its sockets, with a test that plays the merchant.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use roundtrip::config::OutlookMode;
use roundtrip::crypto::{
    BearerClaims, BearerKeys, BearerProfile, BearerRefused, CardSigner, Discovery, EntraProfile, LegacyProfile,
    UnverifiedBearer, generate_card_key,
};
use roundtrip::domain::Timestamp;
use roundtrip::mail::{Mail, Mailer};
use roundtrip::ports::ManualClock;
use roundtrip::sandbox::outlook::{OutlookOptions, Registered, Sink, server};
use serde_json::{Value, json};
use url::Url;

use super::{Running, browser, free_port, location};
use crate::harness::listener::{Answer, Listener, Received};

const START: Timestamp = Timestamp::from_secs(1_800_000_000);
const METHOD: &str = "https://pay.microsoft.com/microsoftpay";
const DANA: &str = "dana.lindqvist@fabrikat.example";
const SENDER: &str = "billing@nordlicht.example";
const JSON: &str = "application/json; charset=utf-8";

/// A merchant that answers what it is told to, and what it heard.
#[derive(Default)]
struct Merchant {
    /// Path, body and bearer token.
    heard: Vec<(String, Value, String)>,
    /// Status, headers and body, one after the other.
    answers: Vec<Answer>,
}

impl Merchant {
    fn answer(&mut self, received: &Received) -> Answer {
        let token = received.header("authorization").strip_prefix("Bearer ").unwrap_or_default().to_owned();
        let body = serde_json::from_slice(&received.body).unwrap_or_default();
        self.heard.push((received.target.clone(), body, token));
        if self.answers.is_empty() {
            return Answer { status: 503, headers: vec![], body: b"try later".to_vec() };
        }
        self.answers.remove(0)
    }
}

struct World {
    clock: ManualClock,
    origin: String,
    mailer: Mailer,
    merchant: Arc<Mutex<Merchant>>,
    listener: Listener,
    signer: CardSigner,
    outlook: Running,
    sink: Sink,
}

impl World {
    fn start(mode: OutlookMode) -> Self {
        let clock = ManualClock::at(START);
        let merchant = Arc::new(Mutex::new(Merchant::default()));
        let theirs = merchant.clone();
        let listener = Listener::start(Arc::new(move |received| Some(theirs.lock().unwrap().answer(&received))));
        let signer = CardSigner::from_pem(generate_card_key().unwrap().as_bytes()).unwrap();
        let ((listen, origin), (smtp, mail)) = (free_port(), free_port());
        let registered = Registered {
            mode,
            originator: "o-1".to_owned(),
            merchant_id: "m-1".to_owned(),
            audience: "m-1".to_owned(),
            verifier: Some(signer.verifier()),
            webhooks: Url::parse(&format!("http://{}/prefix/", listener.address)).unwrap(),
        };
        let options = OutlookOptions { listen, smtp, registered, admin: None, clock: Arc::new(clock.clone()) };
        let (outlook, sink) = server(options).unwrap();
        let mailer = Mailer::new(&mail.replace("http", "smtp"), &format!("Nordlicht <{SENDER}>")).unwrap();
        Self { clock, origin, mailer, merchant, listener, signer, outlook: Running::start(outlook), sink }
    }

    /// Mails this HTML to Dana. The mail as the stand-in has it.
    async fn mail(&self, html: &str) -> Value {
        let text = "Dear Dana,\n.a line that begins with a dot\n..and one with two\n";
        let subject = "Invoice INV-1 – Prüfung";
        let mail = Mail { to: DANA, subject, text, html: Some(html), message_id: "m-1" };
        self.mailer.send(&mail, START).await.unwrap();
        let mails = self.json("/mails/json").await;
        assert_eq!(mails[0]["subject"], subject);
        mails[0].clone()
    }

    /// A mail with a payment request, signed.
    async fn payment_request(&self) -> Value {
        let request = json!({
            "@type": "ActionRequest", "@context": "http://schema.org/extensions", "originator": "o-1",
            "actions": [{
                "@type": "PaymentAction", "merchantId": "m-1", "displayId": "d-1", "productContext": context(),
            }],
            "entity": {
                "@type": "invoice", "broker": {"@type": "Organization", "name": "Nordlicht Werkzeug"},
                "identifier": "INV-1", "paymentDueDate": "2027-02-03",
                "totalPaymentDue": {"@type": "PriceSpecification", "price": "112.30", "priceCurrency": "USD"},
                "url": "https://pay.nordlicht.example/i/INV-1", "paymentStatus": "http://schema.org/PaymentDue",
            },
        });
        let payload = json!({
            "originator": "o-1", "iat": START.as_secs(), "sender": SENDER, "sub": "c-1",
            "actionRequestSerialized": request.to_string(),
        });
        let signed = json!({
            "@type": "SignedActionRequest", "@context": "http://schema.org/extensions",
            "signedActionRequest": self.signer.sign(&payload.to_string()).unwrap(),
        });
        let script = format!("<script type=\"application/ld+json\">{signed}</script>");
        self.mail(&format!("<html><head>{script}</head><body><p>Hello</p></body></html>")).await
    }

    async fn get(&self, path: &str) -> String {
        let response = browser().get(format!("{}{path}", self.origin)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.text().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.get(path).await).unwrap()
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> reqwest::Response {
        browser().post(format!("{}{path}", self.origin)).form(form).send().await.unwrap()
    }

    /// Presses a button of the pane. The pane then.
    async fn press(&self, pane: &str, button: &str, form: &[(&str, &str)]) -> Value {
        let response = self.post(&format!("{pane}/{button}"), form).await;
        assert_eq!(location(&response), pane, "{button}: {}", response.status());
        self.json(&format!("{pane}/json")).await
    }

    /// What the merchant answers next.
    fn answers(&self, body: &Value) {
        let headers = vec![("content-type", JSON.to_owned())];
        self.merchant.lock().unwrap().answers.push(Answer {
            status: 200,
            headers,
            body: body.to_string().into_bytes(),
        });
    }

    /// What the merchant heard last: path, body, token.
    fn heard(&self) -> (String, Value, String) {
        self.merchant.lock().unwrap().heard.last().unwrap().clone()
    }

    /// Judges the last call's token as the server does, with the published keys.
    async fn judged(&self, profile: &BearerProfile) -> Result<BearerClaims, BearerRefused> {
        let discovery = self.get("/.well-known/openid-configuration").await;
        let discovery = Discovery::parse(discovery.as_bytes()).unwrap();
        let set = browser().get(discovery.jwks_uri).send().await.unwrap().bytes().await.unwrap();
        let keys = BearerKeys::parse(&discovery.issuer, &set).unwrap();
        let (_, _, token) = self.heard();
        profile.verify(&UnverifiedBearer::parse(&token)?, &keys, START)
    }

    async fn stop(self) {
        self.outlook.stop().await;
        self.sink.stop().await;
    }
}

fn context() -> Value {
    json!({"ref": "INV-1", "nonce": "p3Vq9sXw2LkT"})
}

fn money(value: &str) -> Value {
    json!({"currency": "USD", "value": value})
}

/// Section 5.4's answer.
fn loaded() -> Value {
    json!({
        "methodData": [{"supportedMethods": METHOD, "data": {
            "event": "loadentity", "productContext": context(), "supportedNetworks": ["visa", "mastercard", "amex"],
            "supportedTypes": ["credit", "debit"], "mode": "TEST",
            "entity": {
                "@context": "http://schema.org", "@type": "Invoice", "identifier": "INV-1",
                "url": "https://pay.nordlicht.example/i/INV-1",
                "broker": {"@type": "LocalBusiness", "name": "Nordlicht Werkzeug"},
                "paymentDueDate": "2027-02-03", "paymentStatus": "PaymentDue",
                "totalPaymentDue": {"@type": "PriceSpecification", "price": 112.30, "priceCurrency": "USD"},
            },
        }}],
        "options": {"requestPayerName": true, "requestPayerEmail": true, "requestShipping": true, "shippingType": "shipping"},
        "details": {
            "id": "chk_7Q2M9ZT4",
            "total": {"label": "Total due", "amount": money("112.30"), "pending": true},
            "displayItems": [
                {"label": "Torque wrench", "amount": money("112.30")},
                {"label": "Shipping", "amount": money("0.00"), "pending": true},
            ],
        },
    })
}

/// Section 5.5's answer to what was asked: shipped with one of two ways.
fn shipped(asked: &Value, way: &str, (cost, total, price): (&str, &str, f64)) -> Value {
    let mut answer = loaded();
    for name in ["id", "shippingAddress", "shippingOption"] {
        if let Some(echo) = asked.get(name) {
            answer[name] = echo.clone();
        }
    }
    let data = &mut answer["methodData"][0]["data"];
    data["event"] = asked["methodData"][0]["data"]["event"].clone();
    data["entity"]["totalPaymentDue"]["price"] = json!(price);
    answer["details"]["total"] = json!({"label": "Total due", "amount": money(total)});
    answer["details"]["displayItems"][1] = json!({"label": "Shipping", "amount": money(cost)});
    let option = |id: &str, cost: &str| {
        let mut option = json!({"id": id, "label": id, "amount": money(cost)});
        if id == way {
            option["selected"] = json!(true);
        }
        option
    };
    answer["details"]["shippingOptions"] = json!([option("ground", "6.90"), option("express", "18.40")]);
    answer
}

/// What the service will ask with, for answers that echo it.
fn asked(event: &str, address: &Value, option: Option<&str>) -> Value {
    let mut asked = json!({
        "id": "chk_7Q2M9ZT4", "methodData": [{"data": {"event": event}}], "shippingAddress": address,
    });
    if let Some(option) = option {
        asked["shippingOption"] = json!(option);
    }
    asked
}

fn portland() -> Value {
    json!({
        "country": "US", "addressLine": ["1412 Alder Street", "Unit 9"], "region": "OR", "city": "Portland",
        "dependantLocality": null, "postalCode": "97205", "sortingCode": "", "languageCode": "", "organization": "",
        "recipient": "Dana Lindqvist", "phone": "5035550148",
    })
}

fn complaints(pane: &Value) -> Vec<&Value> {
    pane["calls"].as_array().unwrap().iter().flat_map(|call| call["complaints"].as_array().unwrap()).collect()
}

fn legacy() -> BearerProfile {
    BearerProfile::Legacy(LegacyProfile::new("m-1"))
}

#[actix_web::test]
async fn mail_comes_as_it_was_sent_and_its_request_is_drawn() {
    let world = World::start(OutlookMode::Legacy);
    let mail = world.payment_request().await;
    assert_eq!((&mail["from"], &mail["to"]), (&json!(SENDER), &json!([DANA])));
    let text = mail["text"].as_str().unwrap().replace("\r\n", "\n");
    assert!(text.contains("\n.a line that begins with a dot\n..and one with two"), "{text:?}");
    assert_eq!(mail["drawn"]["payment"]["productContext"], context());
    assert_eq!(mail["drawn"]["payment"]["signed"], true);
    let page = world.get("/mails/1").await;
    for part in ["Pay your invoice", "Nordlicht Werkzeug", "INV-1", "2027-02-03", "112.30 USD", "Review and pay"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(world.get("/mails/1/body").await.contains("<p>Hello</p>"));
    assert!(world.get("/").await.contains("a payment request"));
    // Without markup there is a mail, and no card.
    let mail = world.mail("<html><head></head><body>Plain</body></html>").await;
    assert!(mail["drawn"]["nothing"].is_string());
    let answer = world.post("/mails/2/pay", &[]).await;
    assert_eq!(answer.status(), 409);
    world.stop().await;
}

#[actix_web::test]
async fn a_payer_goes_through_the_pane_and_the_merchant_hears_each_step() {
    let world = World::start(OutlookMode::Legacy);
    world.payment_request().await;
    world.answers(&loaded());
    let pane = location(&world.post("/mails/1/pay", &[]).await);
    let (path, heard, _) = world.heard();
    assert_eq!(path, "/prefix/outlook/payment-request");
    assert_eq!(heard["methodData"][0]["data"], json!({"productContext": context(), "event": "loadentity"}));
    let claims = world.judged(&legacy()).await.unwrap();
    assert!(matches!(&claims, BearerClaims::Legacy { subject: Some(subject), sender: Some(sender) }
            if subject == DANA && sender == SENDER));
    assert_eq!(world.press(&pane, "confirm", &[]).await["step"], "payment");
    let refused = world.post(&format!("{pane}/pay"), &[("card", "good")]).await;
    assert_eq!(refused.status(), 409, "nothing is paid before it is known where it goes");

    world.answers(&shipped(&asked("shippingaddresschange", &portland(), None), "ground", ("6.90", "119.20", 119.20)));
    let shown = world.press(&pane, "address", &[("place", "portland")]).await;
    let (_, heard, _) = world.heard();
    assert_eq!((&heard["id"], &heard["shippingAddress"]), (&json!("chk_7Q2M9ZT4"), &portland()));
    assert_eq!(heard["details"]["total"]["amount"]["currencySystem"], Value::Null);
    assert!(heard["details"]["total"]["amount"].get("currencySystem").is_some());
    assert_eq!(heard["details"]["displayItems"][0]["pending"], false);
    assert_eq!(shown["option"], "ground", "preselected, without an event of its own");

    let express = asked("shippingoptionchange", &portland(), Some("express"));
    world.answers(&shipped(&express, "express", ("18.40", "130.70", 130.70)));
    world.press(&pane, "option", &[("option", "express")]).await;
    let (_, heard, _) = world.heard();
    assert_eq!((&heard["shippingOption"], &heard["shippingAddress"]), (&json!("express"), &portland()));

    world.answers(&json!({
        "requestId": "chk_7Q2M9ZT4", "result": "fail", "details": "Your card was declined.",
        "error": {"code": "card_error", "message": "No.", "innererror": {"code": "card_declined", "message": "No."}},
    }));
    let shown = world.press(&pane, "pay", &[("card", "declined"), ("email", DANA)]).await;
    let (path, heard, _) = world.heard();
    assert_eq!(path, "/prefix/outlook/payment-complete");
    assert_eq!((&heard["requestId"], &heard["methodName"]), (&json!("chk_7Q2M9ZT4"), &json!(METHOD)));
    assert_eq!((&heard["payerEmail"], heard.get("payerPhone")), (&json!(DANA), None));
    assert_eq!((&heard["shippingOption"], &heard["shippingAddress"]), (&json!("express"), &portland()));
    assert_eq!(heard["details"]["amount"], json!({"currency": "USD", "value": "130.70", "currencySystem": null}));
    let token = heard["details"]["paymentToken"].as_str().unwrap().to_owned();
    let parts: Vec<Vec<u8>> = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
    assert_eq!(parts[1], b"tok_chargeDeclined");
    let header: Value = serde_json::from_slice(&parts[0]).unwrap();
    assert_eq!((&header["MerchantId"], &header["TestMode"]), (&json!("m-1"), &json!(true)));
    assert_eq!((&shown["step"], &shown["outcome"]["result"]), (&json!("result"), &json!("fail")));
    assert!(!shown.to_string().contains(&token), "tokens are cut short");
    assert!(world.get(&pane).await.contains("card_declined"));

    // The same approval is the same message; another card is another token.
    let again = world.press(&pane, "again", &[]).await;
    assert_eq!(world.heard().1["details"]["paymentToken"], json!(token));
    assert_eq!(again["outcome"], Value::Null, "503 is no answer");
    assert_eq!(world.press(&pane, "back", &[]).await["step"], "payment");
    world.press(&pane, "pay", &[("card", "good"), ("manner", "amount")]).await;
    let (_, heard, _) = world.heard();
    assert_eq!(heard["details"]["amount"]["value"], "130.69");
    assert_ne!(heard["details"]["paymentToken"], json!(token));
    assert_eq!(complaints(&shown), Vec::<&Value>::new());
    world.stop().await;
}

#[actix_web::test]
async fn a_rejected_address_is_shown_and_the_last_good_one_stays() {
    let world = World::start(OutlookMode::Legacy);
    world.payment_request().await;
    world.answers(&loaded());
    let pane = location(&world.post("/mails/1/pay", &[]).await);
    world.press(&pane, "confirm", &[]).await;
    world.answers(&shipped(&asked("shippingaddresschange", &portland(), None), "ground", ("6.90", "119.20", 119.20)));
    world.press(&pane, "address", &[("place", "portland")]).await;
    let mut rejected = shipped(&asked("shippingaddresschange", &Value::Null, None), "", ("0.00", "112.30", 112.30));
    rejected["details"]["error"] = json!("We do not ship there.");
    world.answers(&rejected);
    let shown = world.press(&pane, "address", &[("place", "bouvet")]).await;
    assert_eq!(shown["problem"], "We do not ship there.");
    assert_eq!((&shown["address"], &shown["option"]), (&portland(), &json!("ground")));
    assert_eq!(complaints(&shown), Vec::<&Value>::new());
    assert!(world.get(&pane).await.contains("We do not ship there."));
    world.stop().await;
}

#[actix_web::test]
async fn a_merchant_that_does_not_keep_to_the_tables_hears_of_it() {
    let world = World::start(OutlookMode::Legacy);
    world.payment_request().await;
    let mut wrong = loaded();
    wrong["details"]["total"]["amount"]["value"] = json!("112.31");
    wrong["methodData"][0]["data"]["productContext"] = json!({"ref": "INV-1"});
    world.answers(&wrong);
    let pane = location(&world.post("/mails/1/pay", &[]).await);
    let shown = world.json(&format!("{pane}/json")).await;
    let said: Vec<&str> = complaints(&shown).into_iter().filter_map(Value::as_str).collect();
    assert_eq!(
        said,
        [
            "productContext is not echoed (R4)",
            "displayItems do not add up to details.total (R5)",
            "entity.totalPaymentDue is not details.total (section 5.6)",
        ]
    );
    assert!(world.get(&pane).await.contains("displayItems do not add up to details.total (R5)"));
    // No answer at all is no reason to fall over.
    let pane = location(&world.post("/mails/1/pay", &[]).await);
    let shown = world.json(&format!("{pane}/json")).await;
    assert_eq!((&shown["last"], &shown["calls"][0]["status"]), (&Value::Null, &json!(503)));
    world.stop().await;
}

#[actix_web::test]
async fn tokens_are_wrong_for_as_long_as_the_tester_wants() {
    let world = World::start(OutlookMode::Legacy);
    world.payment_request().await;
    for (with, expected) in [
        ("expired", BearerRefused::Expired),
        ("not-yet", BearerRefused::NotYet),
        ("audience", BearerRefused::Audience),
        ("issuer", BearerRefused::Issuer),
        ("caller", BearerRefused::Caller),
        ("key", BearerRefused::UnknownKey),
    ] {
        world.post("/misbehave", &[("with", with), ("times", "1")]).await;
        world.post("/mails/1/pay", &[]).await;
        assert_eq!(world.judged(&legacy()).await.unwrap_err(), expected, "{with}");
        world.post("/mails/1/pay", &[]).await;
        assert!(world.judged(&legacy()).await.is_ok(), "{with}");
    }
    for with in ["sender", "user"] {
        world.post("/misbehave", &[("with", with), ("times", "1")]).await;
        world.post("/mails/1/pay", &[]).await;
        let BearerClaims::Legacy { subject, sender } = world.judged(&legacy()).await.unwrap() else { unreachable!() };
        assert_eq!((subject.unwrap() == DANA, sender.unwrap() == SENDER), (with == "sender", with == "user"));
    }
    world.stop().await;
}

#[actix_web::test]
async fn a_card_refreshes_itself_and_its_buttons_are_carried_out() {
    let world = World::start(OutlookMode::Entra);
    let actions = format!("http://{}/prefix/outlook/actions", world.listener.address);
    let http = |title: &str, url: String| {
        json!({
            "type": "Action.Http", "title": title, "method": "POST", "url": url, "body": "{\"t\":\"service-token\"}",
            "headers": [{"name": "Content-Type", "value": "application/json"}],
        })
    };
    let card = |status: &str| {
        json!({
            "type": "AdaptiveCard", "version": "1.0", "originator": "o-1", "correlationId": "c-1", "hideOriginalBody": true,
            "autoInvokeAction": http("", format!("{actions}/refresh")),
            "body": [{"type": "TextBlock", "text": "Invoice INV-1"},
                {"type": "FactSet", "facts": [{"title": "Status", "value": status}]}],
            "actions": [
                {"type": "Action.OpenUrl", "title": "Review and pay", "url": "https://pay.nordlicht.example/c/1"},
                http("Dispute", format!("{actions}/dispute")), http("Elsewhere", "http://127.0.0.1:9/".to_owned()),
            ],
        })
    };
    let script = format!("<script type=\"application/adaptivecard+json\">{}</script>", card("Open"));
    let mail = world.mail(&format!("<html><head>{script}</head><body>Hello</body></html>")).await;
    assert_eq!(mail["drawn"]["signed"], false);
    let update = |body: &Value| {
        let headers = vec![("content-type", JSON.to_owned()), ("card-update-in-body", "true".to_owned())];
        let answer = Answer { status: 200, headers, body: body.to_string().into_bytes() };
        world.merchant.lock().unwrap().answers.push(answer);
    };
    update(&card("Overdue"));
    let page = world.get("/mails/1").await;
    assert!(page.contains("Overdue") && !page.contains("<dd>Open</dd>"), "{page}");
    let (path, heard, _) = world.heard();
    assert_eq!((path.as_str(), heard), ("/prefix/outlook/actions/refresh", json!({"t": "service-token"})));
    let entra = BearerProfile::Entra(EntraProfile::new("m-1"));
    let BearerClaims::Entra { tenant, object } = world.judged(&entra).await.unwrap() else { unreachable!() };
    assert!(tenant.is_some() && object.is_some());
    assert_eq!(world.judged(&legacy()).await.unwrap_err(), BearerRefused::Issuer);

    let headers = vec![("card-action-status", "This card is no longer valid.".to_owned())];
    world.merchant.lock().unwrap().answers.push(Answer { status: 403, headers, body: vec![] });
    let page = world.post("/mails/1/act", &[("action", "1")]).await.text().await.unwrap();
    assert!(page.contains("This card is no longer valid.") && page.contains("Overdue"), "{page}");
    assert_eq!(world.heard().0, "/prefix/outlook/actions/dispute");
    let calls = world.merchant.lock().unwrap().heard.len();
    let page = world.post("/mails/1/act", &[("action", "2")]).await.text().await.unwrap();
    assert!(page.contains("not under a registered one"), "{page}");
    assert_eq!(world.merchant.lock().unwrap().heard.len(), calls, "only the merchant is called");
    let mails = world.json("/mails/json").await;
    let said: Vec<&Value> = mails[0]["calls"].as_array().unwrap().iter().map(|call| &call["complaints"]).collect();
    assert_eq!(said[..2], [&json!([]), &json!([])]);
    world.stop().await;
}

#[actix_web::test]
async fn the_clock_stamps_what_comes_and_another_s_mail_is_not_drawn() {
    let world = World::start(OutlookMode::Entra);
    world.clock.advance(3_600_000);
    let mail = world.payment_request().await;
    assert!(mail["drawn"]["nothing"].as_str().unwrap().contains("no more"), "{mail}");
    assert!(world.get("/").await.contains("2027-01-15 09:00:00.000 UTC"));
    world.stop().await;
}
