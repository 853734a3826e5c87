//! What is checked before anything is charged (outlook-payments section 6.7).

use serde_json::{Value, json};

use super::office::{COMPLETE, MERCHANT, Office, Settings, address, approval, draft, header, shipped, token};
use crate::harness::MINUTE;

/// An approval of `approved`, with a token whose header is changed.
fn with_header(context: &Value, approved: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut header = header("112.30");
    change(&mut header);
    let mut body = approval(context, "tok_visa", approved);
    body["details"]["paymentToken"] = json!(token(&header, "tok_visa"));
    body
}

/// It fails, and nothing was charged or stored.
#[track_caller]
fn fails(office: &Office, body: Value, why: String) -> impl Future<Output = String> {
    let caller = std::panic::Location::caller();
    async move {
        let answer = office.complete(&body).await;
        assert_eq!(answer["result"], "fail", "{caller}: {why}: {answer}");
        assert_eq!(answer["error"]["code"], "card_error", "{caller}: {why}");
        assert_eq!(answer["error"]["innererror"]["code"], "processing_error", "{caller}: {why}");
        assert_eq!(office.charges(), 0, "{caller}: {why}");
        answer["details"].as_str().unwrap().to_owned()
    }
}

#[actix_web::test]
async fn c5_the_approved_amount_is_the_invoice_s_to_the_cent() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    for value in ["112.29", "112.31", "0.00", "-112.30", "11230", "112.3000001", "112", "99999999999999999999"] {
        let body = with_header(&context, value, |header| {
            header.as_object_mut().unwrap().remove("Amount");
        });
        let told = fails(&office, body, value.to_owned()).await;
        assert_eq!(
            told, "The amount of this invoice has changed. Nothing was charged; please open it again.",
            "{value}"
        );
    }
    let mut euros = approval(&context, "tok_visa", "112.30");
    euros["details"]["amount"]["currency"] = json!("EUR");
    fails(&office, euros, "another currency".to_owned()).await;
    let mut small = approval(&context, "tok_visa", "112.30");
    small["details"]["amount"]["currency"] = json!("usd");
    fails(&office, small, "the currency is compared exactly".to_owned()).await;
    assert_eq!(office.events("INV-1").await, 1);
    let spelled = with_header(&context, "112.300", |header| header["Amount"]["value"] = json!("0112.3"));
    assert_eq!(office.complete(&spelled).await["result"], "success", "as decimals they are the same");
}

#[actix_web::test]
async fn c5_a_token_is_good_for_its_amount_merchant_request_and_time() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    for (name, value) in [
        ("Amount", json!({"currency": "USD", "value": "112.29"})),
        ("Amount", json!({"currency": "EUR", "value": "112.30"})),
        ("amount", json!({"currency": "USD", "value": "1.00"})),
        ("Amount", json!("112.30")),
        ("MerchantId", json!("d2b4c7aa-9f40-4a3f-b7c0-1f6a2e7d5c90")),
        ("MerchantId", json!(7)),
        ("PaymentRequestId", json!("chk_OTHER")),
        ("PaymentRequestId", json!("CHK_7Q2M9ZT4")),
        ("Expiry", json!("2024-12-31T23:59:59Z")),
        ("Expiry", json!("soon")),
        ("Format", json!("Braintree")),
        ("Format", json!("Error")),
        ("Format", json!(1)),
        ("Format", Value::Null),
    ] {
        let body = with_header(&context, "112.30", |header| {
            if name == "amount" {
                header.as_object_mut().unwrap().remove("Amount");
            }
            header[name] = value.clone();
        });
        fails(&office, body, format!("{name} = {value}")).await;
    }
    assert_eq!(office.events("INV-1").await, 1);
    // What is absent is not checked, and names are read in any case.
    let bare = with_header(&context, "112.30", |header| {
        *header = json!({"format": "sTRIPE", "merchantid": MERCHANT.to_uppercase(), "expiry": "2025-01-01T00:00:01Z"});
    });
    assert_eq!(office.complete(&bare).await["result"], "success");
}

#[actix_web::test]
async fn c5_a_token_that_expires_while_the_payer_waits_is_not_charged() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    let body = with_header(&context, "112.30", |header| header["Expiry"] = json!("2025-01-01T00:05:00Z"));
    office.pass(5 * MINUTE);
    fails(&office, body, "expired".to_owned()).await;
}

#[actix_web::test]
async fn c5_a_live_token_is_no_test_token_and_the_reverse() {
    for (key, mode) in [("sk_test_harness", false), ("sk_live_x", true)] {
        let office = Office::of(Settings::legacy().with(|settings| settings.key = Some(key))).await;
        let context = office.bill(&draft("INV-1", office.now())).await;
        let body = with_header(&context, "112.30", |header| header["TestMode"] = json!(mode));
        fails(&office, body, key.to_owned()).await;
        let text = with_header(&context, "112.30", |header| header["TestMode"] = json!((!mode).to_string()));
        fails(&office, text, "a text is no mode".to_owned()).await;
        assert!(office.processor.owner.requests("").is_empty(), "{key}");
    }
}

#[actix_web::test]
async fn c5_shipping_is_priced_from_the_final_address_and_way() {
    let office = Office::open().await;
    let context = office.bill(&shipped("INV-1", office.now())).await;
    let approved = |value: &str, address: Value, way: Value| {
        let mut body = approval(&context, "tok_visa", value);
        body["shippingAddress"] = address;
        body["shippingOption"] = way;
        body
    };
    let mut abroad = address();
    abroad["country"] = json!("DE");
    for (value, address, way, why) in [
        ("112.30", Value::Null, Value::Null, "no address"),
        ("112.30", Value::Null, json!("ground"), "no address, but a way"),
        ("119.20", abroad, json!("ground"), "an address that is not served"),
        ("112.30", address(), json!("drone"), "a way that does not exist"),
        ("112.30", address(), json!("ground"), "without its shipping"),
        ("119.20", address(), json!("express"), "at another way's price"),
        ("130.70", address(), json!("ground"), "too much"),
    ] {
        fails(&office, approved(value, address, way), why.to_owned()).await;
    }
    assert_eq!(office.events("INV-1").await, 1);
    let answer = office.complete(&approved("130.70", address(), json!("express"))).await;
    assert_eq!(answer["result"], "success", "{answer}");
    assert_eq!(office.processor.owner.charges()[0].amount, 13_070);
}

#[actix_web::test]
async fn r6_amounts_that_were_tampered_with_are_never_charged() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    let mut cheap = approval(&context, "tok_visa", "0.01");
    cheap["details"]["total"] = json!({"amount": {"currency": "USD", "value": "0.01"}});
    cheap["details"]["displayItems"] = json!([]);
    fails(&office, cheap, "one cent".to_owned()).await;
    let page = office.call(COMPLETE, &office.genuine(), &json!({"requestId": "x", "result": "success"})).await;
    assert_eq!((page.status, office.charges()), (400, 0));
}
