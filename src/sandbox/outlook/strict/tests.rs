//! The specification's own examples pass; each mistake is named.

use serde_json::{Value, json};

use super::*;

const JSON: &str = "application/json; charset=utf-8";

fn call(sent: Value, answer: &Value) -> Call {
    Call {
        what: String::new(),
        at_ms: 0,
        address: String::new(),
        sent,
        status: Some(200),
        headers: vec![("content-type".to_owned(), JSON.to_owned())],
        answer: answer.to_string(),
        complaints: Vec::new(),
    }
}

fn context() -> Value {
    json!({"ref": "INV-2019-0447", "nonce": "p3Vq9sXw2LkT"})
}

fn entity_of(price: Value, status: &str) -> Value {
    json!({
        "@context": "http://schema.org", "@type": "Invoice", "identifier": "INV-2019-0447",
        "url": "https://pay.nordlicht.example/i/INV-2019-0447",
        "broker": {"@type": "LocalBusiness", "name": "Nordlicht Werkzeug GmbH"},
        "paymentDueDate": "2019-02-03", "paymentStatus": status,
        "totalPaymentDue": {"@type": "PriceSpecification", "price": price, "priceCurrency": "USD"},
    })
}

fn money_of(value: &str) -> Value {
    json!({"currency": "USD", "value": value})
}

/// Section 5.4's answer.
fn loaded() -> Value {
    json!({
        "methodData": [{"supportedMethods": METHOD, "data": {
            "event": "loadentity", "productContext": context(), "supportedNetworks": ["visa", "mastercard", "amex"],
            "supportedTypes": ["credit", "debit"], "entity": entity_of(json!(112.30), "PaymentDue"), "mode": "TEST",
        }}],
        "options": {
            "requestPayerName": true, "requestPayerEmail": true, "requestPayerPhone": false, "requestShipping": true,
            "shippingType": "shipping",
        },
        "details": {
            "id": "chk_7Q2M9ZT4",
            "total": {"label": "Total due", "amount": money_of("112.30"), "pending": true},
            "displayItems": [
                {"label": "Torque wrench 40-200 Nm", "amount": money_of("84.50")},
                {"label": "Calibration certificate", "amount": money_of("19.00")},
                {"label": "Sales tax", "amount": money_of("8.80")},
                {"label": "Shipping", "amount": money_of("0.00"), "pending": true},
            ],
        },
    })
}

/// Section 5.5's request and answer.
fn moved() -> (Value, Value) {
    let address = json!({"country": "US", "dependantLocality": null, "recipient": "Dana Lindqvist"});
    let mut answer = loaded();
    answer["id"] = json!("chk_7Q2M9ZT4");
    answer["methodData"][0]["data"]["event"] = json!("shippingaddresschange");
    answer["methodData"][0]["data"]["entity"] = entity_of(json!(119.20), "PaymentDue");
    answer["shippingAddress"] = address;
    answer["details"]["total"] = json!({"label": "Total due", "amount": money_of("119.20"), "pending": false});
    answer["details"]["displayItems"][3] = json!({"label": "Shipping", "amount": money_of("6.90")});
    answer["details"]["shippingOptions"] = json!([
        {"id": "ground", "label": "Ground", "amount": money_of("6.90"), "selected": true},
        {"id": "express", "label": "Express", "amount": money_of("18.40")},
    ]);
    (answer.clone(), answer)
}

fn load_request() -> Value {
    super::super::messages::load(&context())
}

#[test]
fn the_specification_s_answers_pass() {
    assert_eq!(pane_answer(&call(load_request(), &loaded())), Vec::<String>::new());
    let (sent, answer) = moved();
    assert_eq!(pane_answer(&call(sent, &answer)), Vec::<String>::new());
    let mut paid = loaded();
    let mut invoice = entity_of(json!(0), "PaymentComplete");
    invoice["confirmationNumber"] = json!("NW-R-55120");
    paid["methodData"][0]["data"]["entity"] = invoice.clone();
    for gone in ["options", "details"] {
        paid.as_object_mut().unwrap().remove(gone);
    }
    assert_eq!(pane_answer(&call(load_request(), &paid)), Vec::<String>::new());
    let sent = json!({"requestId": "chk_1"});
    let success = json!({"requestId": "chk_1", "result": "success", "details": "Thank you.", "entity": invoice});
    assert_eq!(complete_answer(&call(sent.clone(), &success)), Vec::<String>::new());
    let inner = json!({"code": "card_declined", "message": "The issuer declined the card."});
    let error = json!({"code": "card_error", "message": "No.", "target": "stripeToken", "innererror": inner});
    let fail = json!({"requestId": "chk_1", "result": "fail", "details": "Declined.", "error": error});
    assert_eq!(complete_answer(&call(sent, &fail)), Vec::<String>::new());
}

#[test]
fn a_rejected_address_passes_with_its_reason_alone() {
    let (sent, mut answer) = moved();
    answer["shippingAddress"] = Value::Null;
    assert_eq!(pane_answer(&call(sent.clone(), &answer)), ["details.error is missing"]);
    answer["details"]["error"] = json!("We do not ship lithium tools to Hawaii.");
    assert_eq!(pane_answer(&call(sent, &answer)), Vec::<String>::new());
}

/// Changes one thing, and the complaint holds these words.
#[track_caller]
fn complains(at: &str, instead: Value, words: &str) {
    let (sent, mut answer) = moved();
    let (parent, name) = at.rsplit_once('/').unwrap();
    answer.pointer_mut(parent).unwrap()[name] = instead;
    let complaints = pane_answer(&call(sent, &answer));
    assert!(complaints.iter().any(|complaint| complaint.contains(words)), "{at}: {complaints:?}");
}

#[test]
fn every_mistake_of_the_pane_is_named() {
    complains("/id", json!("chk_2"), "id is not echoed");
    complains("/extra", json!(1), "member extra");
    complains("/details/total/amount/value", json!(119.2), "no amount");
    complains("/details/total/amount/value", json!("119.2"), "two decimals");
    complains("/details/total/amount/value", json!("119.21"), "add up");
    complains("/details/total/amount/currencySystem", Value::Null, "currencySystem");
    complains("/details/shippingOptions", json!([]), "shippingOptions are missing");
    complains("/options/requestShipping", json!("yes"), "no boolean");
    complains("/options/shippingType", json!("air"), "shippingType");
}

#[test]
fn an_address_that_was_changed_is_not_echoed() {
    let (sent, mut answer) = moved();
    answer["shippingAddress"]["country"] = json!("CA");
    assert_eq!(pane_answer(&call(sent, &answer)), ["shippingAddress is not echoed (section 5.2)"]);
}

#[test]
fn every_mistake_of_the_invoice_is_named() {
    for (name, instead, words) in [
        ("@type", json!("invoice"), "entity.@type"),
        ("paymentDueDate", json!("2019-02-03T00:00:00"), "YYYY-MM-DD"),
        ("paymentStatus", json!("http://schema.org/PaymentDue"), "bare names"),
        ("confirmationNumber", Value::Null, "is null"),
    ] {
        let mut answer = loaded();
        answer["methodData"][0]["data"]["entity"][name] = instead;
        let complaints = pane_answer(&call(load_request(), &answer));
        assert!(complaints.iter().any(|complaint| complaint.contains(words)), "{name}: {complaints:?}");
    }
    let mut answer = loaded();
    answer["methodData"][0]["data"]["entity"]["totalPaymentDue"]["price"] = json!("112.30");
    assert!(pane_answer(&call(load_request(), &answer)).iter().any(|complaint| complaint.contains("no number")));
}

#[test]
fn the_answer_s_form_is_looked_at_first() {
    let mut bad = call(load_request(), &loaded());
    bad.headers.clear();
    assert_eq!(pane_answer(&bad).len(), 1);
    bad.status = Some(201);
    assert_eq!(pane_answer(&bad), ["the answer is not 200"]);
    let sent = json!({"RequestId": "chk_1"});
    for (answer, words) in [
        (json!({"requestId": "chk_2", "result": "success"}), "C2"),
        (json!({"requestId": "chk_1", "result": "success"}), "C7"),
        (json!({"requestId": "chk_1", "result": "failure"}), "neither"),
        (json!({"requestId": "chk_1", "result": "fail", "error": {"code": "x", "message": "m"}}), "C6"),
        (json!({"requestId": "chk_1", "result": "fail"}), "error.message"),
    ] {
        let complaints = complete_answer(&call(sent.clone(), &answer));
        assert!(complaints.iter().any(|complaint| complaint.contains(words)), "{answer}: {complaints:?}");
    }
}
