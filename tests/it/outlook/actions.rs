//! The actions of a card, with the tokens of the mail (outlook-payments sections 13.5 to 13.8).

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use roundtrip::crypto::{ServiceAct, ServiceToken, ServiceTokens, UrlKey, UrlKeys, recipient_digest};
use roundtrip::domain::invoice::InvoiceReference;
use serde_json::{Value, json};

use super::office::{Office, RECIPIENT, Settings, approval, draft};
use crate::harness::browser::Page;
use crate::harness::{DAY, until};

/// Mails an invoice; the card in the mail.
pub(super) async fn card(office: &Office, reference: &str) -> Value {
    office.act(reference, "send").await;
    let mail = until("the mail", async || office.mail.taken().pop()).await.read();
    let html = mail["html"].as_str().unwrap();
    let (_, rest) = html.split_once("<script type=\"application/adaptivecard+json\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// The button with this title: path and body of its call.
pub(super) fn button(card: &Value, title: &str) -> (String, Value) {
    let actions = card["actions"].as_array().unwrap();
    let action = actions.iter().find(|action| action["title"] == title).expect(title);
    assert_eq!((&action["type"], &action["method"]), (&json!("Action.Http"), &json!("POST")));
    assert_eq!(action["headers"], json!([{"name": "Content-Type", "value": "application/json"}]));
    let url = url::Url::parse(action["url"].as_str().unwrap()).unwrap();
    (url.path().to_owned(), serde_json::from_str(action["body"].as_str().unwrap()).unwrap())
}

fn has_button(card: &Value, title: &str) -> bool {
    card["actions"].as_array().unwrap().iter().any(|action| action["title"] == title)
}

fn status(card: &Value) -> String {
    let facts = card["body"].as_array().unwrap().iter().find(|block| block["type"] == "FactSet").unwrap();
    let facts = facts["facts"].as_array().unwrap();
    facts.iter().find(|fact| fact["title"] == "Status").unwrap()["value"].as_str().unwrap().to_owned()
}

#[track_caller]
fn replaced(page: &Page) -> Value {
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(page.header("card-update-in-body"), "true");
    assert_eq!(page.header("content-type"), "application/json; charset=utf-8");
    serde_json::from_slice(&page.body).unwrap()
}

async fn open() -> (Office, Value) {
    let office = Office::of(Settings::today()).await;
    office.bill(&draft("INV-1", office.now())).await;
    let card = card(&office, "INV-1").await;
    (office, card)
}

/// A token of the server's own, for whoever it may be.
fn minted(office: &Office, invoice: &str, recipient: &str) -> String {
    let key = UrlKey::from_secret("u1", &crate::harness::keys::secret(200).0).unwrap();
    ServiceTokens::new(&UrlKeys::new(vec![key]).unwrap()).mint(&ServiceToken {
        act: ServiceAct::Transferred,
        invoice: InvoiceReference::parse(invoice).unwrap(),
        recipient: recipient_digest(recipient),
        expires: office.now().plus_millis(DAY),
        id: "1".to_owned(),
    })
}

const TRANSFERRED: &str = "I paid by transfer";
const DISPUTE: &str = "Dispute this invoice";

#[actix_web::test]
async fn s7_a_card_is_drawn_anew_in_time_and_without_effect() {
    let (office, mailed) = open().await;
    let before = office.events("INV-1").await;
    let auto = &mailed["autoInvokeAction"];
    let path = url::Url::parse(auto["url"].as_str().unwrap()).unwrap().path().to_owned();
    let body: Value = serde_json::from_str(auto["body"].as_str().unwrap()).unwrap();
    for _ in 0..3 {
        let asked = Instant::now();
        let drawn = replaced(&office.call(&path, &office.genuine(), &body).await);
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        assert_eq!((status(&drawn), &drawn["originator"]), ("Open".to_owned(), &mailed["originator"]));
    }
    assert_eq!(office.events("INV-1").await, before);
    office.pass(31 * DAY);
    assert_eq!(status(&replaced(&office.call(&path, &office.genuine(), &body).await)), "Overdue");
    let context =
        json!({"ref": "INV-1", "nonce": office.state("INV-1").await.past().unwrap().content.nonce.to_string()});
    let paid = office.complete(&approval(&context, "tok_visa", "112.30")).await;
    let drawn = replaced(&office.call(&path, &office.genuine(), &body).await);
    assert_eq!(status(&drawn), "Paid");
    assert!(drawn.to_string().contains(paid["entity"]["confirmationNumber"].as_str().unwrap()));
    assert!(!has_button(&drawn, TRANSFERRED) && !has_button(&drawn, DISPUTE));
}

#[actix_web::test]
async fn s7_what_the_recipient_says_is_noted_once_however_often_it_is_pressed() {
    let (office, mailed) = open().await;
    for (title, mark, says) in
        [(TRANSFERRED, "saidTransferredAtMs", "Transfer announced"), (DISPUTE, "disputedAtMs", "Disputed")]
    {
        let (path, body) = button(&mailed, title);
        let (before, genuine) = (office.events("INV-1").await, office.genuine());
        let pages = join_all((0..8).map(|_| office.call(&path, &genuine, &body))).await;
        for page in &pages {
            let card = replaced(page);
            assert_eq!((status(&card).as_str(), has_button(&card, title)), (says, false), "{card}");
        }
        let shown = office.shown("INV-1").await;
        assert_eq!((&shown[mark], &shown["state"]), (&json!(office.now().as_millis()), &json!("open")));
        assert_eq!(office.events("INV-1").await, before + 1);
        office.pass(1_000);
        replaced(&office.call(&path, &office.genuine(), &body).await);
        assert_eq!(office.shown("INV-1").await[mark], shown[mark], "the first time counts");
    }
}

#[actix_web::test]
async fn s7_a_service_token_is_good_for_its_act_its_invoice_and_its_time() {
    let (office, mailed) = open().await;
    office.bill(&draft("INV-2", office.now())).await;
    let before = office.events("INV-1").await;
    let (refresh, refresh_body) = button(&mailed, "Refresh");
    let (transferred, transferred_body) = button(&mailed, TRANSFERRED);
    let (dispute, _) = button(&mailed, DISPUTE);
    let token = transferred_body["t"].as_str().unwrap();
    let (payload, tag) = token.split_once('.').unwrap();
    let refused = async |path: &str, body: &Value, why: &str| {
        let page = office.call(path, &office.genuine(), body).await;
        assert_eq!((page.status, page.body.len()), (403, 0), "{why}: {}", page.text());
        let sentence = page.header("card-action-status");
        assert!(sentence.is_ascii() && sentence.len() > 20 && !sentence.contains("Dana"), "{why}: {sentence}");
        assert_eq!(page.header("card-update-in-body"), "");
    };
    for path in [&refresh, &dispute] {
        refused(path, &transferred_body, "another act").await;
    }
    refused(&transferred, &refresh_body, "another act").await;
    for forged in [
        "x".to_owned(),
        ".".to_owned(),
        String::new(),
        payload.to_owned(),
        format!("{payload}."),
        format!("A{}.{tag}", &payload[1..]),
        format!("{payload}.A{}", &tag[1..]),
    ] {
        refused(&transferred, &json!({"t": forged}), &forged).await;
    }
    for (invoice, recipient) in
        [("INV-1", "eve@fabrikat.example"), ("INV-2", "eve@fabrikat.example"), ("INV-3", RECIPIENT)]
    {
        let minted = minted(&office, invoice, recipient);
        refused(&transferred, &json!({"t": minted}), &format!("{invoice} for {recipient}")).await;
    }
    for (body, status) in [("{}", 400), ("{\"t\":7}", 400), ("", 400)] {
        let genuine = office.genuine();
        let page = office.send(&transferred, &[("authorization", &genuine)], body).await;
        assert_eq!(
            (page.status, page.header("card-action-status")),
            (status, "This action is not possible."),
            "{body}"
        );
    }
    let page = office.call("/outlook/actions/pay", &office.genuine(), &transferred_body).await;
    assert_eq!(page.status, 404);
    assert_eq!(office.call("/outlook/actions/pay", "Bearer x", &transferred_body).await.status, 401, "the token first");
    assert_eq!(office.events("INV-1").await, before);
    let ours = json!({"t": minted(&office, "INV-2", RECIPIENT)});
    replaced(&office.call(&transferred, &office.genuine(), &ours).await);
    office.pass(36 * DAY);
    refused(&transferred, &transferred_body, "expired").await;
}
