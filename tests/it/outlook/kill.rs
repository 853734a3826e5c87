//! `kill -9` around a charge, and what the built binary leaves behind in its files and its log (outlook-payments sections 6.8,
//! 7.6 and 13.5).

use futures_util::future::join;
use roundtrip::sandbox::stripe::Fault;
use serde_json::{Value, json};

use super::actions::{button, card};
use super::office::{COMPLETE, Office, PANE, Settings, address, approval, bearer, load, shipped};
use crate::harness::node::Process;
use crate::harness::until;

const METHOD: &str = "POST /v1/payment_methods";
const INTENT: &str = "POST /v1/payment_intents";
/// The payer's card token.
const CARD: &str = "tok_visa_SecretOfThePayer";
/// Of the payer: not in the log. The merchant's database has to know where to send the goods.
const PERSONAL: [&str; 6] =
    ["1412 Alder Street", "97205", "15035550148", "dana@elsewhere.example", "dana.lindqvist@fabrikat", "15035550199"];

/// The built binary, with an invoice to be paid.
struct Stage {
    office: Office,
    body: Value,
    /// What must be nowhere at all.
    secrets: Vec<String>,
}

impl Stage {
    async fn open() -> (Self, Process) {
        let verbose = Settings::legacy().with(|settings| settings.more = "[log]\nlevel = \"debug\"\n");
        let office = Office::outside(verbose);
        let server = office.serve().await;
        let context = office.bill(&shipped("INV-1", office.now())).await;
        let mut body = approval(&context, CARD, "119.20");
        body["shippingAddress"] = address();
        body["shippingOption"] = json!("ground");
        let token = body["details"]["paymentToken"].as_str().unwrap().to_owned();
        let genuine = office.genuine();
        let parts = genuine.trim_start_matches("Bearer ").split('.').map(str::to_owned);
        let payload = token.split('.').nth(1).unwrap().to_owned();
        let secrets = parts.chain([token, payload, CARD.to_owned(), context["nonce"].as_str().unwrap().to_owned()]);
        let secrets = secrets.collect();
        (Self { office, body, secrets }, server)
    }

    /// Nothing secret is in any file of the server's, and nothing personal in its log.
    async fn left_behind(&self) {
        let mut looked_at = 0;
        for entry in std::fs::read_dir(self.office.dir()).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap_or_default();
            let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            looked_at += usize::from(name == "log" || name.starts_with("roundtrip.db"));
            let is_log = name == "log";
            for secret in &self.secrets {
                // The nonce is the invoice's own: the database knows it.
                let own = !is_log && self.body["details"]["productContext"]["nonce"] == secret.as_str();
                assert!(own || !has(secret), "{secret} in {name}");
            }
            if is_log {
                for personal in PERSONAL {
                    assert!(!has(personal), "{personal} in the log");
                }
            }
        }
        assert!(looked_at >= 2, "a database and a log");
        let store = self.office.store().await;
        assert!(store.verify_journal().await.unwrap().is_sound());
        assert!(store.ledger_balance().await.unwrap().is_sound());
        store.close().await;
    }

    /// Started again, the same approval is answered with the truth: one charge, and a receipt.
    async fn tells_the_truth(&self) {
        let server = self.office.serve().await;
        self.office.processor.owner.release();
        let answer = self.office.complete(&self.body).await;
        assert_eq!((&answer["result"], self.office.charges()), (&json!("success"), 1), "{answer}");
        assert_eq!(self.office.complete(&self.body).await, answer);
        let context = &self.body["details"]["productContext"];
        let shown = self.office.pane(&load(context)).await;
        let entity = &shown["methodData"][0]["data"]["entity"];
        assert_eq!(entity["confirmationNumber"], answer["entity"]["confirmationNumber"]);
        until("the receipt", async || self.office.mail.taken().pop()).await;
        server.kill();
        self.left_behind().await;
    }
}

#[actix_web::test]
async fn c3_killed_between_the_charge_and_the_answer() {
    let (stage, server) = Stage::open().await;
    stage.office.processor.owner.fail(INTENT, Fault::Held, 1);
    let killed = async {
        until("the charge", async || (stage.office.charges() == 1).then_some(())).await;
        server.kill();
    };
    let (answer, ()) = join(stage.office.try_call(COMPLETE, &stage.body), killed).await;
    assert!(answer.is_none());
    stage.left_behind().await;
    stage.tells_the_truth().await;
}

#[actix_web::test]
async fn c3_killed_before_the_charge() {
    let (stage, server) = Stage::open().await;
    let owner = &stage.office.processor.owner;
    owner.fail(METHOD, Fault::Held, 1);
    let killed = async {
        until("the token is asked about", async || (!owner.requests(METHOD).is_empty()).then_some(())).await;
        server.kill();
    };
    let (answer, ()) = join(stage.office.try_call(COMPLETE, &stage.body), killed).await;
    assert!(answer.is_none());
    assert_eq!(stage.office.charges(), 0);
    stage.left_behind().await;
    stage.tells_the_truth().await;
}

#[actix_web::test]
async fn s5_no_secret_is_left_in_files_or_log_whatever_is_refused() {
    let (stage, server) = Stage::open().await;
    let office = &stage.office;
    let context = &stage.body["details"]["productContext"];
    assert_eq!(office.complete(&stage.body).await["result"], "success");
    let (mut amount, mut malformed, mut unknown) = (stage.body.clone(), stage.body.clone(), stage.body.clone());
    amount["details"]["amount"]["value"] = json!("1.00");
    malformed["shippingAddress"] = json!(["1412 Alder Street"]);
    unknown["details"]["productContext"]["ref"] = json!("INV-2");
    for (body, status) in [(amount, 200), (malformed, 400), (unknown, 404)] {
        assert_eq!(office.call(COMPLETE, &office.genuine(), &body).await.status, status);
    }
    let mut eve = office.claims();
    eve["sub"] = json!("dana@elsewhere.example");
    assert_eq!(office.call(PANE, &bearer(&eve), &load(context)).await.status, 403);
    eve["aud"] = json!("dana@elsewhere.example");
    assert_eq!(office.call(PANE, &bearer(&eve), &load(context)).await.status, 401);
    let path = format!("{PANE}?t={CARD}");
    assert_eq!(office.call(&path, &office.genuine(), &load(context)).await.status, 200);
    server.kill();
    stage.left_behind().await;
    let log = std::fs::read_to_string(office.dir().join("log")).unwrap();
    assert!(log.contains("INV-1") && log.contains("aud is not ours"), "what happened is to be found: {log}");
}

#[actix_web::test]
async fn s5_a_card_s_ids_are_in_the_log_and_its_token_is_not() {
    let office = Office::outside(Settings::today());
    let server = office.serve().await;
    office.bill(&shipped("INV-1", office.now())).await;
    let (path, body) = button(&card(&office, "INV-1").await, "I paid by transfer");
    let genuine = office.genuine();
    let headers = [
        ("authorization", genuine.as_str()),
        ("content-type", "application/json"),
        ("card-correlation-id", "0f0c3f0e-6a56-4f4e-9a77-5b9d4f0f2a10"),
        ("action-request-id", "5f5e2c6e-5b0a-4a59-8e0e-0f6d6f2f9f31 \"level\"=\"error\""),
    ];
    let page = office.send(&path, &headers, body.to_string()).await;
    assert_eq!((page.status, page.header("card-update-in-body")), (200, "true"), "{}", page.text());
    server.kill();
    let log = std::fs::read_to_string(office.dir().join("log")).unwrap();
    assert!(log.contains("0f0c3f0e-6a56-4f4e-9a77-5b9d4f0f2a10"), "{log}");
    assert!(log.contains("5f5e2c6e-5b0a-4a59-8e0e-0f6d6f2f9f31levelerror"), "{log}");
    let token = body["t"].as_str().unwrap();
    assert!(!log.contains(token) && !log.contains("fabrikat") && !log.contains(genuine.trim_start_matches("Bearer ")));
}
