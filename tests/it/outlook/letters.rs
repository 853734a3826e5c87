//! The mail that Outlook draws from, read by Python's library and verified by jwcrypto (outlook-payments sections 3 and 13).

use serde_json::{Value, json};

use super::office::{DISPLAY, MERCHANT, ORIGINATOR, Office, RECIPIENT, SENDER, Settings, approval, draft, load};
use crate::harness::until;
use crate::outlook_peers::foreign::peer;

const EXTENSIONS: &str = "http://schema.org/extensions";

fn signing_key() -> String {
    roundtrip::crypto::generate_card_key().unwrap().to_string()
}

/// Makes and mails an invoice whose texts are as awkward as texts can be; its HTML, as Python reads the mail.
async fn mailed(office: &Office) -> (Value, String) {
    let mut draft = draft("INV-1", office.now());
    draft["recipient"]["name"] = json!("Dana </script><script>alert(1)</script> Ünïcode ₤");
    draft["lines"][0]["label"] = json!("</SCRIPT><!-- \"quoted\" \\ <b>");
    let context = office.bill(&draft).await;
    office.act("INV-1", "send").await;
    let mail = until("the mail", async || office.mail.taken().pop()).await;
    assert_eq!(mail.to, [format!("TO:<{RECIPIENT}>")]);
    let read = mail.read();
    assert_eq!(read["defects"], json!([]));
    assert_eq!(read["type"], "multipart/alternative");
    assert!(read["headers"]["to"].as_str().unwrap().contains(RECIPIENT), "a visible recipient");
    assert!(read["headers"]["from"].as_str().unwrap().contains(SENDER));
    let html = read["html"].as_str().unwrap().to_owned();
    for part in [html.as_str(), read["text"].as_str().unwrap()] {
        assert!(part.contains("/invoices/INV-1?exp=") && part.contains("INV-1") && part.contains("112.30"), "{part}");
    }
    assert!(html.to_lowercase().contains("charset=utf-8"));
    (context, html)
}

/// The content of the only script, which stands in the head.
fn script(html: &str, media_type: &str) -> Value {
    let opening = format!("<script type=\"{media_type}\">");
    assert_eq!(html.matches("<script").count(), 1, "{html}");
    let (before, rest) = html.split_once(&opening).expect(html);
    assert!(!before.contains("</head>") && before.contains("<head>"), "in the head");
    let (json, _) = rest.split_once("</script>").unwrap();
    assert!(!json.contains("</") && !json.contains("<!"), "{json}");
    serde_json::from_str(json).unwrap()
}

fn verified(pem: &str, jws: &str) -> Value {
    let answer = peer(&json!({"do": "verify", "jws": jws, "pem": pem}));
    assert_eq!(answer["header"], json!({"alg": "RS256", "typ": "JWT"}));
    serde_json::from_str(answer["payload"].as_str().unwrap()).unwrap()
}

fn is_request(request: &Value, context: &Value) {
    assert_eq!((&request["@type"], &request["@context"]), (&json!("ActionRequest"), &json!(EXTENSIONS)));
    assert_eq!(request["originator"], ORIGINATOR);
    assert_eq!(
        request["actions"],
        json!([{"@type": "PaymentAction", "merchantId": MERCHANT, "displayId": DISPLAY, "productContext": context}])
    );
    let entity = &request["entity"];
    assert_eq!((&entity["@type"], &entity["identifier"]), (&json!("invoice"), &json!("INV-1")));
    assert_eq!(entity["broker"], json!({"@type": "Organization", "name": "Nordlicht Werkzeug GmbH"}));
    assert_eq!(
        entity["totalPaymentDue"],
        json!({"@type": "PriceSpecification", "price": "112.30", "priceCurrency": "USD"})
    );
    assert_eq!((&entity["invoiceDate"], &entity["paymentDueDate"]), (&json!("2025-01-01"), &json!("2025-01-31")));
    assert_eq!(entity["paymentStatus"], "http://schema.org/PaymentDue");
}

#[actix_web::test]
async fn m2_the_plain_payment_request_has_the_exact_constants() {
    let office = Office::open().await;
    let (context, html) = mailed(&office).await;
    is_request(&script(&html, "application/ld+json"), &context);
    assert!(!html.contains("adaptivecard") && !html.contains("itemtype"), "one form alone");
}

#[actix_web::test]
async fn m4_the_signed_payment_request_is_verified_with_the_registered_key() {
    let pem = signing_key();
    let office = Office::of(Settings::legacy().with(|settings| settings.signing_key = Some(pem.clone()))).await;
    let (context, html) = mailed(&office).await;
    let signed = script(&html, "application/ld+json");
    assert_eq!((&signed["@type"], &signed["@context"]), (&json!("SignedActionRequest"), &json!(EXTENSIONS)));
    let payload = verified(&pem, signed["signedActionRequest"].as_str().unwrap());
    assert_eq!((&payload["originator"], &payload["sender"]), (&json!(ORIGINATOR), &json!(SENDER)));
    assert_eq!(payload["iat"], office.now().as_secs());
    assert!(!payload["sub"].as_str().unwrap().contains('@'), "no address");
    is_request(&serde_json::from_str(payload["actionRequestSerialized"].as_str().unwrap()).unwrap(), &context);
}

#[actix_web::test]
async fn m1_today_s_mail_holds_one_card_plain() {
    let office = Office::of(Settings::today()).await;
    let (_, html) = mailed(&office).await;
    let card = script(&html, "application/adaptivecard+json");
    is_card(&card);
    assert!(!html.contains("ld+json") && !html.contains("itemtype"), "one form alone");
}

#[actix_web::test]
async fn m1_today_s_mail_holds_one_card_signed() {
    let pem = signing_key();
    let office = Office::of(Settings::today().with(|settings| settings.signing_key = Some(pem.clone()))).await;
    let (_, html) = mailed(&office).await;
    assert!(!html.contains("<script"), "one form alone");
    assert_eq!(html.matches("http://schema.org/SignedAdaptiveCard").count(), 1);
    let (_, rest) = html.split_once("itemprop=\"signedAdaptiveCard\"").unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    let (jws, rest) = rest.split_once('<').unwrap();
    assert_eq!(rest.trim_end(), "/div></section></body></html>", "at the end of the body");
    let payload = verified(&pem, jws);
    assert_eq!((&payload["originator"], &payload["sender"]), (&json!(ORIGINATOR), &json!(SENDER)));
    let recipients: Value = serde_json::from_str(payload["recipientsSerialized"].as_str().unwrap()).unwrap();
    assert_eq!(recipients, json!([RECIPIENT]));
    is_card(&serde_json::from_str(payload["adaptiveCardSerialized"].as_str().unwrap()).unwrap());
}

fn is_card(card: &Value) {
    assert_eq!((&card["type"], &card["version"]), (&json!("AdaptiveCard"), &json!("1.0")));
    assert_eq!((&card["originator"], &card["expectedActors"]), (&json!(ORIGINATOR), &json!([RECIPIENT])));
    let actions = card["actions"].as_array().unwrap();
    assert_eq!(actions[0]["type"], "Action.OpenUrl", "wherever tokens fail, the page does not");
    assert!(!card.to_string().contains("Input."), "no inputs for card numbers, or any");
}

#[actix_web::test]
async fn m3_no_text_closes_the_script_and_people_can_read_the_mail() {
    let office = Office::open().await;
    let (_, html) = mailed(&office).await;
    assert!(!html.contains("alert(1)</script>") && !html.contains("<b>"), "{html}");
    let (_, body) = html.split_once("<body").unwrap();
    assert!(body.contains("Torque") || body.contains("quoted"), "the lines are readable");
    assert!(body.contains("href=\"http"), "a link");
}

#[actix_web::test]
async fn m5_the_context_of_the_mail_pays_the_invoice_and_tells_nothing() {
    let office = Office::open().await;
    let (_, html) = mailed(&office).await;
    let request = script(&html, "application/ld+json");
    let context = &request["actions"][0]["productContext"];
    let names: Vec<&String> = context.as_object().unwrap().keys().collect();
    assert_eq!(names, ["nonce", "ref"]);
    assert!(context.to_string().len() < 200 && !context.to_string().contains("112"), "opaque: {context}");
    let shown = office.pane(&load(context)).await;
    assert_eq!(&shown["methodData"][0]["data"]["productContext"], context);
    let mut approval = approval(context, "tok_visa", "112.30");
    let mut header = super::office::header("112.30");
    header["PaymentRequestId"] = shown["details"]["id"].clone();
    approval["requestId"] = shown["details"]["id"].clone();
    approval["details"]["paymentToken"] = json!(super::office::token(&header, "tok_visa"));
    assert_eq!(office.complete(&approval).await["result"], "success");
    // What is paid is not asked for again.
    let receipt = until("the receipt", async || office.mail.taken().get(1).cloned()).await.read();
    assert!(!receipt["html"].as_str().unwrap().contains("<script"));
}
