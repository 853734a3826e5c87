//! What the PaymentComplete webhook takes, checks and answers.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::*;

const HEADER: &str = "eyJWZXJzaW9uIjoxLCJGb3JtYXQiOiJTdHJpcGUiLCJUZXN0TW9kZSI6dHJ1ZSwiTWVyY2hhbnRJZCI6IjNmNmMxZDUyLTBjM2UtNGI1NS05YTBlLThhMGY1ZjdmNmExMSIsIlBheW1lbnRSZXF1ZXN0SWQiOiJjaGtfN1EyTTlaVDQiLCJBbW91bnQiOnsiY3VycmVuY3kiOiJVU0QiLCJ2YWx1ZSI6IjExOS4yMCJ9fQ";

fn changed(change: impl FnOnce(&mut Value)) -> Result<PaymentComplete, OutlookError> {
    let mut request = value(golden!("complete-request"));
    change(&mut request);
    PaymentComplete::unseal(request.to_string().as_bytes())
}

fn with_token(token: &str) -> Result<PaymentComplete, OutlookError> {
    changed(|request| request["details"]["paymentToken"] = json!(token))
}

/// A token whose header is the vector's with some members set; null takes one away.
fn token(members: &[(&str, Value)]) -> PaymentComplete {
    let mut header = value(&String::from_utf8(URL_SAFE_NO_PAD.decode(HEADER).unwrap()).unwrap());
    for (name, value) in members {
        let header = header.as_object_mut().unwrap();
        if value.is_null() {
            header.remove(*name);
        } else {
            header.insert((*name).to_owned(), value.clone());
        }
    }
    with_token(&format!("{}.dG9rX3Zpc2E.c2ln", URL_SAFE_NO_PAD.encode(header.to_string()))).unwrap()
}

fn expected() -> Expected<'static> {
    Expected {
        total: Money::new(119_200_000, Currency::parse("USD").unwrap()),
        merchant_id: "3f6c1d52-0c3e-4b55-9a0e-8a0f5f7f6a11",
        request_id: "chk_7Q2M9ZT4",
        test: true,
        now: NOW,
    }
}

#[test]
fn c1_the_vectors_are_split_by_hand() {
    for (payload, token) in [("dG9rX3Zpc2E", "tok_visa"), ("dG9rX2NoYXJnZURlY2xpbmVk", "tok_chargeDeclined")] {
        let complete = with_token(&format!("{HEADER}.{payload}.dW5pdC10ZXN0LXNpZ25hdHVyZQ")).unwrap();
        assert_eq!(complete.token.expose(), token);
        assert_eq!(complete.check(&expected()), Ok(()));
    }
}

#[test]
fn c1_the_payload_is_opaque() {
    for payload in ["tok_visa", r#"{"id":"tok_visa","card":{}}"#, "", "\u{20ac} anything", "a.b.c"] {
        let complete = with_token(&format!("{HEADER}.{}.", URL_SAFE_NO_PAD.encode(payload))).unwrap();
        assert_eq!(complete.token.expose(), payload);
    }
}

#[test]
fn c1_other_forms_are_400() {
    let not_json = URL_SAFE_NO_PAD.encode("header");
    let list = URL_SAFE_NO_PAD.encode("[]");
    let not_text = URL_SAFE_NO_PAD.encode([0xff_u8, 0xfe]);
    for bad in [
        "",
        "tok_visa",
        HEADER,
        &format!("{HEADER}.dG9rX3Zpc2E"),
        &format!("{HEADER}.dG9rX3Zpc2E.a.b"),
        &format!("{HEADER}.dG9r X3Zpc2E.a"),
        &format!("{not_json}.dG9rX3Zpc2E.a"),
        &format!("{list}.dG9rX3Zpc2E.a"),
        &format!("{HEADER}.{not_text}.a"),
        &format!("{HEADER}.{}.a", "A".repeat(20_000)),
    ] {
        let error = with_token(bad).unwrap_err();
        assert_eq!(error.status(), 400, "{bad}");
        assert!(!error.body().contains("tok_"));
    }
}

#[test]
fn c1_a_token_is_known_by_its_digest() {
    let first = with_token(&format!("{HEADER}.dG9rX3Zpc2E.YQ")).unwrap();
    assert_eq!(first.token.digest(), with_token(&format!("{HEADER}.dG9rX3Zpc2E.YQ")).unwrap().token.digest());
    assert_ne!(first.token.digest(), with_token(&format!("{HEADER}.dG9rX3Zpc2E.Yg")).unwrap().token.digest());
}

#[test]
fn c2_malformed_approvals_are_400() {
    for (name, bad) in [
        ("requestId", Value::Null),
        ("requestId", json!(7)),
        ("requestId", json!("x".repeat(2000))),
        ("methodName", json!("basic-card")),
        ("methodName", Value::Null),
        ("details", Value::Null),
        ("details", json!("text")),
        ("payerName", json!(7)),
        ("shippingAddress", json!([])),
    ] {
        assert_eq!(changed(|request| request[name] = bad.clone()).unwrap_err().status(), 400, "{name} {bad}");
    }
    for (name, bad) in [
        ("amount", Value::Null),
        ("amount", json!({"currency": "USD", "value": "1e3"})),
        ("amount", json!({"value": "119.20"})),
        ("productContext", Value::Null),
        ("paymentToken", Value::Null),
    ] {
        let error = changed(|request| request["details"][name] = bad.clone()).unwrap_err();
        assert_eq!(error.status(), 400, "{name} {bad}");
    }
    assert_eq!(PaymentComplete::unseal(&vec![b' '; 256 * 1024 + 1]).unwrap_err().status(), 413);
}

#[test]
fn c2_the_request_id_is_read_in_any_case_and_echoed_exactly() {
    let complete = changed(|request| {
        let id = request.as_object_mut().unwrap().remove("requestId").unwrap();
        assert_eq!(id, "chk_7Q2M9ZT4");
        request["RequestId"] = json!("Chk \"ä\"");
    })
    .unwrap();
    let (content, account, page) = (content(), account(), page());
    let shown = ShownInvoice { account: &account, content: &content, page: &page };
    let answer = value(&CompleteAnswer::Fail(Failure::AlreadyPaid).seal(&complete.request_id, &shown));
    assert_eq!(answer["requestId"], "Chk \"ä\"");
    assert_eq!(answer["result"], "fail");
    assert!(answer["details"].is_string());
}

#[test]
fn c5_present_members_bind_and_absent_ones_do_not() {
    for (members, failed) in [
        (vec![("Amount", json!({"currency": "USD", "value": "119.21"}))], CheckFailed::TokenAmount),
        (vec![("Amount", json!({"currency": "EUR", "value": "119.20"}))], CheckFailed::TokenAmount),
        (vec![("Amount", json!("119.20"))], CheckFailed::TokenAmount),
        (vec![("MerchantId", json!("another"))], CheckFailed::Merchant),
        (vec![("PaymentRequestId", json!("chk_other"))], CheckFailed::Request),
        (vec![("Expiry", json!(NOW.to_utc()))], CheckFailed::Expired),
        (vec![("Expiry", json!("soon"))], CheckFailed::Expired),
        (vec![("TestMode", json!(false))], CheckFailed::Mode),
        (vec![("TestMode", json!("true"))], CheckFailed::Mode),
        (vec![("Format", json!("MSPay"))], CheckFailed::Format),
        (vec![("Format", json!("Error")), ("ErrorCode", json!("x"))], CheckFailed::Format),
        (vec![("Format", json!(1))], CheckFailed::Format),
        (vec![("Format", Value::Null)], CheckFailed::Format),
    ] {
        assert_eq!(token(&members).check(&expected()), Err(failed), "{members:?}");
    }
    for members in [
        vec![("Amount", Value::Null)],
        vec![("Amount", Value::Null), ("amount", json!({"Value": 119.2, "Currency": "USD"}))],
        vec![("MerchantId", Value::Null), ("PaymentRequestId", Value::Null), ("TestMode", Value::Null)],
        vec![("Expiry", json!(NOW.plus_millis(1000).to_utc()))],
        vec![("Format", json!("STRIPE"))],
        vec![("Format", json!(2))],
    ] {
        assert_eq!(token(&members).check(&expected()), Ok(()), "{members:?}");
    }
    assert_eq!(token(&[]).check(&Expected { test: false, ..expected() }), Err(CheckFailed::Mode));
}

#[test]
fn c5_the_approved_amount_is_the_invoice_s() {
    for (currency, given) in [("USD", "119.21"), ("USD", "1.1920"), ("usd", "119.20"), ("EUR", "119.20")] {
        let complete = changed(|request| request["details"]["amount"] = json!({"currency": currency, "value": given}));
        assert_eq!(complete.unwrap().check(&expected()), Err(CheckFailed::Amount), "{currency} {given}");
    }
}

#[test]
fn c6_every_code_of_stripe_is_mapped() {
    let codes = [
        "invalid_number",
        "invalid_expiry_month",
        "invalid_expiry_year",
        "invalid_cvc",
        "incorrect_number",
        "expired_card",
        "incorrect_cvc",
        "incorrect_zip",
        "card_declined",
        "processing_error",
    ];
    for code in codes {
        assert_eq!(CardFault::of_card_error(code).code(), code);
    }
    for other in ["insufficient_funds", "do_not_honor", "", "CARD_DECLINED"] {
        assert_eq!(CardFault::of_card_error(other).code(), "card_declined");
    }
}

#[test]
fn c6_errors_have_the_documented_names_whatever_failed() {
    let (mut content, account, page) = (content(), account(), page());
    for language in [Language::English, Language::German] {
        content.recipient.language = language;
        let shown = ShownInvoice { account: &account, content: &content, page: &page };
        for failure in [
            Failure::Card(CardFault::ExpiredCard),
            Failure::Card(CardFault::ProcessingError),
            Failure::Check(CheckFailed::Amount),
            Failure::Check(CheckFailed::Mode),
            Failure::AlreadyPaid,
            Failure::NotPayable,
            Failure::UnderWay,
            Failure::NotShipped,
            Failure::Unconfirmed,
        ] {
            let text = CompleteAnswer::Fail(failure).seal("chk_1", &shown);
            assert_eq!(text, CompleteAnswer::Fail(failure).seal("chk_1", &shown), "C3: the same answer again");
            let answer = value(&text);
            assert_eq!(answer["error"]["code"], "card_error", "{failure:?}");
            assert!(answer["error"]["innererror"]["message"].as_str().is_some_and(|text| !text.is_empty()));
            let inner =
                if failure == Failure::Card(CardFault::ExpiredCard) { "expired_card" } else { "processing_error" };
            assert_eq!(answer["error"]["innererror"]["code"], inner);
            assert_eq!(answer["result"], "fail");
            assert_eq!(answer.get("entity"), None);
        }
    }
}
