//! The payment pane asks how an invoice stands (outlook-payments section 5).

use serde_json::{Value, json};

use super::office::{
    COMPLETE, METHOD, Office, PANE, RECIPIENT, Settings, address, approval, draft, echoed, load, shipped,
};
use crate::harness::DAY;

/// Micros of an amount's text, which has two decimals.
#[track_caller]
fn cents(amount: &Value) -> i64 {
    assert_eq!(amount["currency"], "USD");
    let text = amount["value"].as_str().unwrap();
    let (whole, cents) = text.split_once('.').unwrap();
    assert!(cents.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'), "{text}");
    whole.parse::<i64>().unwrap() * 100 + cents.parse::<i64>().unwrap()
}

/// The items add up to the total, which is also the entity's price.
#[track_caller]
fn adds_up(answer: &Value, total: i64) {
    let details = &answer["details"];
    let items = details["displayItems"].as_array().unwrap();
    assert_eq!(items.iter().map(|item| cents(&item["amount"])).sum::<i64>(), total, "{details}");
    assert_eq!(cents(&details["total"]["amount"]), total);
    let price = &answer["methodData"][0]["data"]["entity"]["totalPaymentDue"]["price"];
    assert_eq!(price.as_f64().map(|price| format!("{price:.2}")), Some(format!("{}.{:02}", total / 100, total % 100)));
}

fn data(answer: &Value) -> &Value {
    &answer["methodData"][0]["data"]
}

#[actix_web::test]
async fn r4_a_payable_invoice_is_shown_whole() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-2019-0447", office.now())).await;
    let answer = office.pane(&load(&context)).await;
    assert_eq!(answer["methodData"].as_array().unwrap().len(), 1);
    assert_eq!(answer["methodData"][0]["supportedMethods"], METHOD);
    assert_eq!(data(&answer)["event"], "loadentity");
    assert_eq!(data(&answer)["productContext"], context);
    assert_eq!(data(&answer)["supportedNetworks"], json!(["visa", "mastercard", "amex"]));
    assert_eq!(data(&answer)["supportedTypes"], json!(["credit", "debit"]));
    let entity = &data(&answer)["entity"];
    assert_eq!((&entity["@context"], &entity["@type"]), (&json!("http://schema.org"), &json!("Invoice")));
    assert_eq!(entity["identifier"], "INV-2019-0447");
    assert_eq!(entity["broker"], json!({"@type": "LocalBusiness", "name": "Nordlicht Werkzeug GmbH"}));
    assert_eq!((&entity["paymentDueDate"], &entity["paymentStatus"]), (&json!("2025-01-31"), &json!("PaymentDue")));
    assert!(entity["url"].as_str().unwrap().starts_with(&format!("{}/invoices/INV-2019-0447?exp=", office.public())));
    let options = &answer["options"];
    assert_eq!((&options["requestShipping"], &options["requestPayerEmail"]), (&json!(false), &json!(true)));
    let id = answer["details"]["id"].as_str().unwrap();
    assert!(id.starts_with("chk_") && id.len() == 20, "{id}");
    assert_ne!(office.pane(&load(&context)).await["details"]["id"], *id, "each opening is one of its own");
    assert_eq!(answer["details"]["total"]["pending"], false);
    assert!(answer.get("shippingAddress").is_none() && answer.get("id").is_none());
    assert!(!answer.to_string().contains("null") && !answer.to_string().contains(RECIPIENT));
    adds_up(&answer, 11_230);
}

#[actix_web::test]
async fn r4_a_late_invoice_is_past_due_and_payable() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    office.pass(31 * DAY - 1);
    assert_eq!(data(&office.pane(&load(&context)).await)["entity"]["paymentStatus"], "PaymentDue", "the last moment");
    office.pass(1);
    let late = office.pane(&load(&context)).await;
    assert_eq!(data(&late)["entity"]["paymentStatus"], "PaymentPastDue");
    adds_up(&late, 11_230);
    let paid = office.complete(&approval(&context, "tok_visa", "112.30")).await;
    assert_eq!(paid["result"], "success");
}

#[actix_web::test]
async fn r5_shipping_is_priced_with_the_specification_s_numbers() {
    let office = Office::open().await;
    let context = office.bill(&shipped("INV-2019-0447", office.now())).await;
    let first = office.pane(&load(&context)).await;
    assert_eq!(first["options"]["requestShipping"], true);
    assert_eq!(first["options"]["shippingType"], "shipping");
    assert_eq!(first["details"]["total"]["pending"], true);
    assert!(first["details"].get("shippingOptions").is_none());
    adds_up(&first, 11_230);

    let mut asked = echoed(&first, "shippingaddresschange");
    asked["shippingAddress"] = address();
    let second = office.pane(&asked).await;
    assert_eq!((&second["id"], &second["details"]["id"]), (&first["details"]["id"], &first["details"]["id"]));
    assert_eq!(data(&second)["event"], "shippingaddresschange");
    assert_eq!(second["shippingAddress"], address(), "as it arrived");
    assert_eq!(second["details"]["total"]["pending"], false);
    let options = second["details"]["shippingOptions"].as_array().unwrap();
    assert_eq!((&options[0]["id"], &options[0]["selected"]), (&json!("ground"), &json!(true)));
    assert_eq!((&options[1]["id"], options[1].get("selected")), (&json!("express"), None));
    adds_up(&second, 11_920);

    let mut chosen = echoed(&second, "shippingoptionchange");
    chosen["shippingOption"] = json!("express");
    let third = office.pane(&chosen).await;
    assert_eq!((&third["shippingOption"], &third["id"]), (&json!("express"), &first["details"]["id"]));
    adds_up(&third, 13_070);
}

#[actix_web::test]
async fn r2_a_mislabelled_event_is_harmless_and_an_unknown_one_refused() {
    let office = Office::open().await;
    let context = office.bill(&shipped("INV-1", office.now())).await;
    let first = office.pane(&load(&context)).await;
    let mut chosen = echoed(&first, "shippingoptionchange");
    chosen["shippingAddress"] = address();
    chosen["shippingOption"] = json!("express");
    let right = office.pane(&chosen).await;
    // Microsoft's own example of the request (section 5.6).
    let mut mislabelled = chosen.clone();
    mislabelled["methodData"][0]["data"]["event"] = json!("shippingaddresschange");
    mislabelled["details"].as_object_mut().unwrap().remove("shippingOptions");
    let same = office.pane(&mislabelled).await;
    assert_eq!(same["details"], right["details"]);
    adds_up(&same, 13_070);
    for (event, status) in [
        (json!("LoadEntity"), 200),
        (json!("loadlandingpage"), 400),
        (json!("paymentmethodchange"), 400),
        (json!(""), 400),
        (Value::Null, 400),
        (json!(7), 400),
    ] {
        let mut body = load(&context);
        body["methodData"][0]["data"]["event"] = event.clone();
        assert_eq!(office.call(PANE, &office.genuine(), &body).await.status, status, "{event}");
    }
    let mut other = load(&context);
    other["methodData"][0]["supportedMethods"] = json!("https://elsewhere.example/pay");
    assert_eq!(office.call(PANE, &office.genuine(), &other).await.status, 400);
}

#[actix_web::test]
async fn r3_looking_changes_nothing_however_often() {
    let office = Office::open().await;
    let context = office.bill(&shipped("INV-1", office.now())).await;
    let before = office.state("INV-1").await;
    let first = office.pane(&load(&context)).await;
    for event in ["shippingaddresschange", "shippingoptionchange", "loadentity"] {
        for way in ["ground", "express", "nowhere"] {
            let mut asked = echoed(&first, event);
            asked["shippingAddress"] = address();
            asked["shippingOption"] = json!(way);
            office.pane(&asked).await;
        }
    }
    assert_eq!(office.state("INV-1").await, before);
    assert_eq!((office.events("INV-1").await, office.mail.taken().len(), office.charges()), (1, 0, 0));
}

#[actix_web::test]
async fn r6_amounts_of_the_request_are_never_taken() {
    let office = Office::open().await;
    let context = office.bill(&shipped("INV-1", office.now())).await;
    let first = office.pane(&load(&context)).await;
    let mut tampered = echoed(&first, "shippingaddresschange");
    tampered["shippingAddress"] = address();
    tampered["details"]["total"]["amount"]["value"] = json!("0.01");
    tampered["details"]["displayItems"] = json!([{"label": "Gift", "amount": {"currency": "USD", "value": "-999.00"}}]);
    tampered["details"]["shippingOptions"] =
        json!([{"id": "ground", "label": "Free", "amount": {"currency": "USD", "value": "0.00"}, "selected": true}]);
    let entity = &mut tampered["methodData"][0]["data"]["entity"];
    entity["totalPaymentDue"]["price"] = json!(0.01);
    entity["paymentStatus"] = json!("PaymentComplete");
    tampered["methodData"][0]["data"]["mode"] = json!("LIVE");
    let answer = office.pane(&tampered).await;
    adds_up(&answer, 11_920);
    assert_eq!(data(&answer)["entity"]["paymentStatus"], "PaymentDue");
    assert!(!answer.to_string().contains("Gift") && !answer.to_string().contains("Free"));
}

#[actix_web::test]
async fn r7_a_paid_invoice_says_so_with_its_receipt() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    let paid = office.complete(&approval(&context, "tok_visa", "112.30")).await;
    let answer = office.pane(&load(&context)).await;
    let entity = &data(&answer)["entity"];
    assert_eq!(entity["paymentStatus"], "PaymentComplete");
    assert_eq!(entity["confirmationNumber"], paid["entity"]["confirmationNumber"]);
    assert_eq!(entity["totalPaymentDue"]["price"], 0);
    assert!(answer.get("options").is_none() && answer.get("details").is_none() && data(&answer).get("mode").is_none());
    // Refunded later, it was paid all the same.
    office.act("INV-1", "refund").await;
    assert_eq!(data(&office.pane(&load(&context)).await)["entity"]["paymentStatus"], "PaymentComplete");
}

#[actix_web::test]
async fn r7_a_cancelled_invoice_is_not_payable() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    office.act("INV-1", "cancel").await;
    let answer = office.pane(&load(&context)).await;
    let entity = &data(&answer)["entity"];
    assert_eq!((&entity["paymentStatus"], &entity["totalPaymentDue"]["price"]), (&json!("PaymentDeclined"), &json!(0)));
    assert!(answer.get("options").is_none());
    assert_eq!(answer["details"], json!({"error": "This invoice is no longer payable."}));
    let refused = office.complete(&approval(&context, "tok_visa", "112.30")).await;
    assert_eq!((&refused["result"], office.charges()), (&json!("fail"), 0));
}

#[actix_web::test]
async fn r7_an_address_or_a_way_that_is_not_served_is_null() {
    let office = Office::open().await;
    let context = office.bill(&shipped("INV-1", office.now())).await;
    let first = office.pane(&load(&context)).await;
    let mut abroad = echoed(&first, "shippingaddresschange");
    abroad["shippingAddress"] = address();
    abroad["shippingAddress"]["country"] = json!("DE");
    let answer = office.pane(&abroad).await;
    assert_eq!(answer.get("shippingAddress"), Some(&Value::Null));
    assert_eq!(answer["details"]["error"], "We do not deliver to this address.");
    let mut drone = echoed(&first, "shippingoptionchange");
    drone["shippingAddress"] = address();
    drone["shippingOption"] = json!("drone");
    let answer = office.pane(&drone).await;
    assert_eq!(answer.get("shippingOption"), Some(&Value::Null));
    assert_eq!(answer["shippingAddress"], address());
    assert!(answer["details"]["error"].as_str().unwrap().contains("choose another"));
    adds_up(&answer, 11_230);
}

#[actix_web::test]
async fn r4_both_spellings_of_the_locality_are_read_and_handed_back() {
    let office = Office::open().await;
    let context = office.bill(&shipped("INV-1", office.now())).await;
    let first = office.pane(&load(&context)).await;
    for spelling in ["dependentLocality", "dependantLocality", "DependentLocality"] {
        let mut asked = echoed(&first, "shippingaddresschange");
        let mut address = address();
        address.as_object_mut().unwrap().remove("dependantLocality");
        address[spelling] = json!("Pearl District");
        address["theirOwn"] = json!({"kept": true});
        asked["shippingAddress"] = address.clone();
        assert_eq!(office.pane(&asked).await["shippingAddress"], address);
    }
    let mut approval = approval(&context, "tok_visa", "119.20");
    approval["shippingAddress"] = address();
    approval["shippingAddress"]["dependantLocality"] = json!("Pearl District");
    approval["shippingOption"] = json!("ground");
    assert_eq!(office.complete(&approval).await["result"], "success");
    let paid = office.shown("INV-1").await;
    assert_eq!(paid["payment"]["shippingAddress"]["dependentLocality"], "Pearl District");
    assert_eq!(
        (&paid["payment"]["shippingOption"], &paid["payment"]["payer"]["email"]),
        (&json!("ground"), &json!("dana@elsewhere.example"))
    );
}

#[actix_web::test]
async fn r8_the_mode_is_the_processor_key_s() {
    for (key, mode) in [("sk_test_harness", Some("TEST")), ("rk_test_x", Some("TEST")), ("sk_live_x", None)] {
        let office = Office::of(Settings::legacy().with(|settings| settings.key = Some(key))).await;
        let context = office.bill(&draft("INV-1", office.now())).await;
        let answer = office.pane(&load(&context)).await;
        assert_eq!(data(&answer).get("mode").and_then(Value::as_str), mode, "{key}");
    }
}

#[actix_web::test]
async fn m5_a_context_that_is_not_this_mail_s_is_unknown_whatever_is_wrong_with_it() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    let other = office.bill(&draft("INV-2", office.now())).await;
    assert_ne!(context["nonce"], other["nonce"]);
    assert!(context["nonce"].as_str().unwrap().len() >= 20, "unguessable");
    let mut answers = Vec::new();
    for wrong in [
        json!({"ref": "INV-1", "nonce": other["nonce"]}),
        json!({"ref": "INV-1", "nonce": ""}),
        json!({"ref": "INV-1"}),
        json!({"ref": "INV-3", "nonce": context["nonce"]}),
        json!({"ref": "inv-1", "nonce": context["nonce"]}),
        json!({"ref": "../etc", "nonce": context["nonce"]}),
        json!({"nonce": context["nonce"]}),
        json!({}),
    ] {
        for (path, body) in [(PANE, load(&wrong)), (COMPLETE, approval(&wrong, "tok_visa", "112.30"))] {
            let page = office.call(path, &office.genuine(), &body).await;
            assert_eq!(page.status, 404, "{path} {wrong}");
            answers.push(page.body);
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "all are told the same");
    assert_eq!(office.charges(), 0);
}
