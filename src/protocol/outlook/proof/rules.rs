//! What the PaymentRequest webhook takes and answers.

use serde_json::json;

use super::examples::answered;
use super::*;
use crate::domain::invoice::quote;

/// The first request of the examples, changed.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut request = value(golden!("option-request"));
    change(&mut request);
    request.to_string()
}

fn refused(change: impl FnOnce(&mut Value)) -> u16 {
    PaymentRequest::unseal(changed(change).as_bytes()).unwrap_err().status()
}

fn data(request: &mut Value) -> &mut Value {
    &mut request["methodData"][0]["data"]
}

#[test]
fn r2_malformed_bodies_are_400_and_unknown_contexts_404() {
    for body in ["", "[]", "nul", "{}", "{\"methodData\":[]}", "{\"a\":1,\"a\":2}", "\u{feff}{}"] {
        assert_eq!(PaymentRequest::unseal(body.as_bytes()).unwrap_err().status(), 400, "{body}");
    }
    assert_eq!(PaymentRequest::unseal(&vec![b' '; 256 * 1024 + 1]).unwrap_err().status(), 413);
    assert_eq!(refused(|r| r["methodData"][0]["supportedMethods"] = json!("basic-card")), 400);
    assert_eq!(refused(|r| r["methodData"][0]["supportedMethods"] = json!(["basic-card"])), 400);
    assert_eq!(refused(|r| r["methodData"][0]["supportedMethods"] = Value::Null), 400);
    assert_eq!(refused(|r| data(r)["productContext"] = Value::Null), 400);
    assert_eq!(refused(|r| data(r)["productContext"] = json!({"ref": "../x", "nonce": "n"})), 404);
    assert_eq!(refused(|r| data(r)["productContext"] = json!({"ref": "INV-2019-0447"})), 404);
    assert_eq!(refused(|r| r["shippingAddress"] = json!("street")), 400);
    assert_eq!(refused(|r| r["shippingAddress"]["country"] = json!(7)), 400);
}

#[test]
fn r2_there_are_three_events_and_no_others() {
    for event in ["loadentity", "LoadEntity", "shippingaddresschange", "ShippingOptionChange"] {
        assert!(PaymentRequest::unseal(changed(|r| data(r)["event"] = json!(event)).as_bytes()).is_ok(), "{event}");
    }
    for event in [json!("loadlandingpage"), json!(""), json!(7), Value::Null] {
        assert_eq!(refused(|r| data(r)["event"] = event.clone()), 400, "{event}");
    }
}

#[test]
fn r2_a_mislabelled_event_is_harmless() {
    let mut expected = value(golden!("option-answer"));
    expected["methodData"][0]["data"]["event"] = json!("shippingaddresschange");
    let request = changed(|r| data(r)["event"] = json!("shippingaddresschange"));
    assert_eq!(answered(&request, &content(), &account()), expected);
}

#[test]
fn r2_names_are_read_in_any_case_and_methods_as_a_list_too() {
    fn shouted(value: Value) -> Value {
        match value {
            Value::Object(members) => {
                Value::Object(members.into_iter().map(|(name, of)| (name.to_uppercase(), shouted(of))).collect())
            }
            Value::Array(items) => items.into_iter().map(shouted).collect(),
            other => other,
        }
    }
    let mut request = shouted(value(golden!("option-request")));
    request["METHODDATA"][0]["SUPPORTEDMETHODS"] = json!(["basic-card", METHOD]);
    let request = PaymentRequest::unseal(request.to_string().as_bytes()).unwrap();
    assert_eq!((request.session.as_deref(), request.way.as_deref()), (Some("chk_7Q2M9ZT4"), Some("express")));
    assert_eq!(request.address.unwrap().address.city.as_deref(), Some("Portland"));
    request.context.verify(&content()).unwrap();
}

#[test]
fn m5_the_context_is_known_by_its_nonce() {
    let other = changed(|r| data(r)["productContext"]["nonce"] = json!("p3Vq9sXw2LkU"));
    let other = PaymentRequest::unseal(other.as_bytes()).unwrap();
    assert_eq!(other.context.verify(&content()), Err(OutlookError::UnknownContext));
    let elsewhere = changed(|r| data(r)["productContext"]["ref"] = json!("INV-2019-0448"));
    let elsewhere = PaymentRequest::unseal(elsewhere.as_bytes()).unwrap();
    assert_eq!(elsewhere.context.verify(&content()), Err(OutlookError::UnknownContext));
    assert!(!format!("{other:?}").contains("p3Vq9"), "S5");
}

#[test]
fn r6_amounts_of_the_request_change_nothing() {
    let cheap = changed(|r| {
        r["details"]["total"]["amount"]["value"] = json!("0.01");
        r["details"]["displayItems"] = json!([]);
        r["details"]["shippingOptions"][1]["amount"]["value"] = json!("-100.00");
        data(r)["entity"]["totalPaymentDue"]["price"] = json!(0.01);
        data(r)["mode"] = json!("LIVE");
        r["options"]["requestShipping"] = json!(false);
    });
    assert_eq!(answered(&cheap, &content(), &account()), value(golden!("option-answer")));
    let bare = changed(|r| {
        r["details"] = Value::Null;
        r["options"] = Value::Null;
        data(r)["entity"] = Value::Null;
    });
    assert_eq!(answered(&bare, &content(), &account()), value(golden!("option-answer")));
}

#[test]
fn r4_the_session_is_the_request_s_or_else_its_details() {
    let session = |change: &dyn Fn(&mut Value)| PaymentRequest::unseal(changed(change).as_bytes()).unwrap().session;
    assert_eq!(session(&|r| r["id"] = Value::Null).as_deref(), Some("chk_7Q2M9ZT4"));
    assert_eq!(session(&|r| r["id"] = json!("chk_other")).as_deref(), Some("chk_other"));
    assert_eq!(session(&|r| r["id"] = json!("x".repeat(200))), None);
    assert_eq!(session(&|r| r["id"] = json!("<b>")), None);
    assert_eq!(session(&|r| data(r)["event"] = json!("loadentity")), None, "each opening is new");
}

#[test]
fn r5_items_add_up_and_amounts_are_exact_decimals_of_one_currency() {
    let mut priced = content();
    priced.lines.push(Line { label: "Discount".into(), micros: -12_340_000 });
    priced.total = Money::new(99_960_000, priced.total.currency());
    for request in [golden!("load-request"), golden!("address-request"), golden!("option-request")] {
        let answer = answered(request, &priced, &account());
        let micros = |amount: &Value| {
            assert_eq!(amount["currency"], "USD");
            let text = amount["value"].as_str().unwrap();
            let (whole, cents) = text.split_once('.').unwrap();
            assert_eq!(cents.len(), 2, "{text}");
            let sign = if whole.starts_with('-') { -1 } else { 1 };
            whole.parse::<i64>().unwrap() * 100 + sign * cents.parse::<i64>().unwrap()
        };
        let items = answer["details"]["displayItems"].as_array().unwrap();
        let sum: i64 = items.iter().map(|item| micros(&item["amount"])).sum();
        assert_eq!(sum, micros(&answer["details"]["total"]["amount"]));
    }
}

#[test]
fn r5_prices_never_were_floating_point() {
    let mut yen = content();
    yen.lines = vec![Line { label: "Ship".into(), micros: 9_007_199_254_741_000_000 }];
    (yen.tax_micros, yen.shipping) = (None, Vec::new());
    yen.total = Money::new(9_007_199_254_741_000_000, Currency::parse("JPY").unwrap());
    let request = PaymentRequest::unseal(golden!("load-request").as_bytes()).unwrap();
    let (account, page, priced) = (account(), page(), quote(&yen, None, None));
    let shown = ShownInvoice { account: &account, content: &yen, page: &page };
    let answer = PaneAnswer::Payable { session: "chk_1", quote: &priced, overdue: true, under_way: false }
        .seal(&request, &shown);
    assert!(answer.contains("\"price\":9007199254741,"), "{answer}");
    assert!(answer.contains("\"value\":\"9007199254741\""), "{answer}");
    assert!(answer.contains("PaymentPastDue"), "late, but payable");
    assert_eq!(value(&answer)["options"]["requestShipping"], false);
    assert_eq!(value(&answer)["details"]["total"]["pending"], false);
}

#[test]
fn r7_a_refused_address_is_null_with_a_reason() {
    let request = changed(|r| {
        r["shippingAddress"]["country"] = json!("DE");
        r.as_object_mut().unwrap().remove("shippingOption");
    });
    let answer = answered(&request, &content(), &account());
    assert_eq!(answer.get("shippingAddress"), Some(&Value::Null));
    assert_eq!(answer.get("shippingOption"), None);
    assert_eq!(answer["details"]["error"], "We do not deliver to this address.");
    assert_eq!(answer["details"]["total"]["amount"]["value"], "112.30");
    assert_eq!(answer["details"]["total"]["pending"], true);
}

#[test]
fn r7_a_payment_under_way_is_told_beside_the_numbers() {
    let request = PaymentRequest::unseal(golden!("load-request").as_bytes()).unwrap();
    let (account, content, page) = (account(), content(), page());
    let priced = quote(&content, None, None);
    let shown = ShownInvoice { account: &account, content: &content, page: &page };
    let answer = PaneAnswer::Payable { session: "chk_1", quote: &priced, overdue: false, under_way: true };
    let answer = value(&answer.seal(&request, &shown));
    assert_eq!(answer["details"]["error"], "A payment of this invoice is already under way. Nothing more was charged.");
    assert_eq!(answer["details"]["total"]["amount"]["value"], "112.30");
    assert!(answer["options"].is_object());
}

#[test]
fn r7_a_refused_way_is_null_with_a_reason() {
    let answer = answered(&changed(|r| r["shippingOption"] = json!("drone")), &content(), &account());
    assert_eq!(answer.get("shippingOption"), Some(&Value::Null));
    assert_eq!(answer["shippingAddress"]["city"], "Portland");
    assert!(answer["details"]["error"].is_string());
    assert_eq!(answer["details"]["shippingOptions"].as_array().unwrap().len(), 2);
}

#[test]
fn r7_what_cannot_be_paid_offers_nothing_to_pay() {
    let request = PaymentRequest::unseal(golden!("load-request").as_bytes()).unwrap();
    let (content, account, page) = (content(), account(), page());
    let shown = ShownInvoice { account: &account, content: &content, page: &page };
    let answer = value(&PaneAnswer::NotPayable.seal(&request, &shown));
    assert_eq!(answer["details"], json!({"error": "This invoice is no longer payable."}));
    assert_eq!(answer.get("options"), None);
    let entity = &answer["methodData"][0]["data"]["entity"];
    assert_eq!((&entity["paymentStatus"], &entity["totalPaymentDue"]["price"]), (&json!("PaymentDeclined"), &json!(0)));
}

#[test]
fn r8_the_mode_is_said_in_test_configuration_alone() {
    let live = Account { test: false, ..account() };
    let answer = answered(golden!("load-request"), &content(), &live);
    assert_eq!(answer["methodData"][0]["data"].get("mode"), None);
    let asked = changed(|r| data(r)["mode"] = json!("TEST"));
    assert_eq!(answered(&asked, &content(), &live)["methodData"][0]["data"].get("mode"), None);
}

#[test]
fn r4_both_spellings_of_the_locality_are_read_and_handed_back() {
    for spelling in ["dependantLocality", "dependentLocality"] {
        let request = changed(|r| {
            let address = r["shippingAddress"].as_object_mut().unwrap();
            address.remove("dependantLocality");
            address.insert(spelling.to_owned(), json!("Old Town"));
        });
        let read = PaymentRequest::unseal(request.as_bytes()).unwrap().address.unwrap();
        assert_eq!(read.address.dependent_locality.as_deref(), Some("Old Town"));
        let answer = answered(&request, &content(), &account());
        assert_eq!(answer["shippingAddress"], value(&request)["shippingAddress"]);
    }
}

#[test]
fn r4_the_pane_speaks_the_recipient_s_language() {
    let mut german = content();
    german.recipient.language = Language::German;
    let answer = answered(golden!("load-request"), &german, &account());
    assert_eq!(answer["details"]["total"]["label"], "Zu zahlen");
    assert_eq!(answer["details"]["displayItems"][2]["label"], "Umsatzsteuer");
}
