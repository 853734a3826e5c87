//! The payer approves: charged once, told the truth, and the same truth however often it is asked for (outlook-payments
//! sections 6.5 to 6.8).

use std::collections::HashSet;

use futures_util::future::{join, join_all};
use roundtrip::sandbox::stripe::Fault;
use serde_json::{Value, json};

use super::office::{COMPLETE, METHOD, Office, SESSION, Settings, approval, draft, header, load, token};
use crate::harness::browser::Page;
use crate::harness::{DAY, MINUTE, SECOND, until};

const INTENT: &str = "POST /v1/payment_intents";

#[actix_web::test]
async fn c7_success_names_the_receipt_and_nothing_is_due() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    let answer = office.complete(&approval(&context, "tok_visa", "112.30")).await;
    assert_eq!((&answer["requestId"], &answer["result"]), (&json!(SESSION), &json!("success")));
    let entity = &answer["entity"];
    let receipt = entity["confirmationNumber"].as_str().unwrap();
    assert_eq!(answer["details"], format!("Thank you. Receipt {receipt} is on its way."));
    assert_eq!(entity["paymentStatus"], "PaymentComplete");
    assert_eq!(entity["totalPaymentDue"], json!({"@type": "PriceSpecification", "price": 0, "priceCurrency": "USD"}));
    assert_eq!(entity["identifier"], "INV-1");
    assert!(answer.get("error").is_none());
    let charge = &office.processor.owner.charges()[0];
    assert_eq!((charge.amount, charge.currency.as_str()), (11_230, "usd"));
    assert_eq!(office.shown("INV-1").await["payment"]["confirmationNumber"], receipt);
    let mail = until("the receipt", async || office.mail.taken().pop()).await.read();
    assert!(mail["text"].as_str().unwrap().contains(receipt), "{mail}");
}

#[actix_web::test]
async fn c1_tokens_are_split_by_hand_and_their_payload_is_the_processor_s() {
    let office = Office::open().await;
    let json_token = json!({"id": "tok_visa_7", "object": "token", "card": {"last4": "4242"}}).to_string();
    for (number, payload) in ["tok_visa", "tok_amex_3", &json_token].into_iter().enumerate() {
        let reference = format!("INV-{number}");
        let context = office.bill(&draft(&reference, office.now())).await;
        let answer = office.complete(&approval(&context, payload, "112.30")).await;
        assert_eq!(answer["result"], "success", "{payload}: {answer}");
    }
    assert_eq!(office.charges(), 3);
    let context = office.bill(&draft("INV-9", office.now())).await;
    let whole = token(&header("112.30"), "tok_visa");
    for bad in ["", "tok_visa", "a.b", "a.b.c", &format!("{whole}.x"), "bm90IEpTT04.dG9rX3Zpc2E.x", "W10.dG9rX3Zpc2E.x"]
    {
        let mut body = approval(&context, "tok_visa", "112.30");
        body["details"]["paymentToken"] = json!(bad);
        let page = office.call(COMPLETE, &office.genuine(), &body).await;
        assert_eq!(page.status, 400, "{bad}: {}", page.text());
        assert!(bad.is_empty() || !page.text().contains(bad));
    }
    // What is no token of the processor's is not sent there.
    for payload in ["", "not a token", "tok_visa\r\nx", "{}", "{\"id\":7}"] {
        let answer = office.complete(&approval(&context, payload, "112.30")).await;
        assert_eq!((&answer["result"], &answer["requestId"]), (&json!("fail"), &json!(SESSION)), "{payload:?}");
    }
    assert_eq!((office.charges(), office.events("INV-9").await), (3, 1));
}

#[actix_web::test]
async fn c2_the_request_id_is_echoed_exactly_and_read_in_any_case() {
    let office = Office::open().await;
    for (number, id) in ["chk_7Q2M9ZT4", " a\u{1F4B6}\"\\\n", "ÄÖ-0", "x"].into_iter().enumerate() {
        let context = office.bill(&draft(&format!("INV-{number}"), office.now())).await;
        let mut header = header("112.30");
        header["PaymentRequestId"] = json!(id);
        let pascal = json!({
            "RequestId": id, "MethodName": METHOD, "PayerName": "Dana", "SHIPPINGADDRESS": null, "unknown": [1],
            "Details": {"ProductContext": context, "PaymentToken": token(&header, "tok_visa"),
                        "Amount": {"Currency": "USD", "Value": "112.3"}},
        });
        let answer = office.complete(&pascal).await;
        assert_eq!((&answer["requestId"], &answer["result"]), (&json!(id), &json!("success")), "{answer}");
        assert!(answer["details"].is_string());
    }
    let context = office.bill(&draft("INV-9", office.now())).await;
    for (pointer, value) in [
        ("/requestId", Value::Null),
        ("/requestId", json!(7)),
        ("/requestId", json!("x".repeat(5_000))),
        ("/methodName", json!("https://elsewhere.example")),
        ("/methodName", Value::Null),
        ("/details", json!("text")),
        ("/details/productContext", json!("INV-9")),
        ("/details/paymentToken", json!(["a"])),
        ("/details/amount", json!("112.30")),
        ("/details/amount/value", json!("112,30")),
        ("/details/amount/value", json!("1e2")),
        ("/details/amount/currency", Value::Null),
        ("/payerName", json!({})),
    ] {
        let mut body = approval(&context, "tok_visa", "112.30");
        *body.pointer_mut(pointer).unwrap() = value.clone();
        assert_eq!(office.call(COMPLETE, &office.genuine(), &body).await.status, 400, "{pointer} = {value}");
    }
    assert_eq!((office.charges(), office.events("INV-9").await), (4, 1));
}

#[actix_web::test]
async fn c3_a_repeated_token_gets_the_same_answer_byte_for_byte_whatever_has_happened_since() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    let mut soon_expired = header("112.30");
    soon_expired["Expiry"] = json!("2025-01-01T00:05:00Z");
    let mut declined = approval(&context, "tok_chargeDeclined", "112.30");
    declined["details"]["paymentToken"] = json!(token(&soon_expired, "tok_chargeDeclined"));
    let mut paid = approval(&context, "tok_visa", "112.30");
    paid["details"]["paymentToken"] = json!(token(&soon_expired, "tok_visa"));
    let said = async |body: &Value| {
        let page = office.call(COMPLETE, &office.genuine(), body).await;
        assert_eq!(page.status, 200, "{}", page.text());
        page.text()
    };
    let (no, yes) = (said(&declined).await, said(&paid).await);
    assert!(no.contains("\"result\":\"fail\"") && yes.contains("\"result\":\"success\""), "{no} {yes}");
    let again = async |when: &str| {
        assert_eq!(said(&declined).await, no, "{when}");
        assert_eq!(said(&paid).await, yes, "{when}");
    };
    again("at once").await;
    office.pass(10 * MINUTE);
    again("after its own expiry").await;
    office.act("INV-1", "refund").await;
    until("the refund", async || (office.processor.owner.refunds().len() == 1).then_some(())).await;
    again("after the refund").await;
    office.pass(3 * DAY);
    again("days later").await;
    assert_eq!(office.charges(), 1);
    // The answer belongs to the token, its id to the call.
    let mut renamed = paid.clone();
    renamed["requestId"] = json!("chk_other");
    let answer = office.complete(&renamed).await;
    assert_eq!((&answer["requestId"], &answer["result"]), (&json!("chk_other"), &json!("success")));
}

#[actix_web::test]
async fn c3_sixteen_calls_at_once_with_one_token_are_one_charge_and_one_answer() {
    let office = Office::open().await;
    for number in 0..3 {
        let context = office.bill(&draft(&format!("INV-{number}"), office.now())).await;
        let body = approval(&context, &format!("tok_visa_{number}"), "112.30");
        let genuine = office.genuine();
        let pages = join_all((0..16).map(|_| office.call(COMPLETE, &genuine, &body))).await;
        let answers: HashSet<String> = pages.iter().map(Page::text).collect();
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert!(answers.iter().all(|answer| answer.contains("\"result\":\"success\"")), "{answers:?}");
        assert_eq!(office.charges(), number + 1);
    }
}

#[actix_web::test]
async fn c3_sixteen_tokens_at_once_are_one_charge() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    let bodies: Vec<Value> =
        (0..16).map(|number| approval(&context, &format!("tok_visa_{number}"), "112.30")).collect();
    let answers = join_all(bodies.iter().map(|body| office.complete(body))).await;
    assert_eq!(answers.iter().filter(|answer| answer["result"] == "success").count(), 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer["result"] == "fail") {
        assert_eq!(answer["error"]["innererror"]["code"], "processing_error");
        assert!(answer["details"].as_str().unwrap().contains("was charged"), "{answer}");
    }
    assert_eq!(office.charges(), 1);
    for body in &bodies {
        let answer = office.complete(body).await;
        let told = answer["details"].as_str().unwrap();
        assert!(
            answer["result"] == "success" || told == "This invoice is already paid. Nothing was charged.",
            "{told}"
        );
    }
    assert_eq!(office.charges(), 1);
}

#[actix_web::test]
async fn c4_a_declined_attempt_does_not_block_the_next_token() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    let declined = approval(&context, "tok_chargeDeclined", "112.30");
    let answer = office.complete(&declined).await;
    assert_eq!((&answer["result"], office.charges()), (&json!("fail"), 0));
    assert!(answer.get("entity").is_none() || answer["entity"]["paymentStatus"] != "PaymentComplete");
    let shown = office.pane(&load(&context)).await;
    assert_eq!(shown["methodData"][0]["data"]["entity"]["paymentStatus"], "PaymentDue");
    let paid = office.complete(&approval(&context, "tok_mastercard", "112.30")).await;
    assert_eq!((&paid["result"], office.charges()), (&json!("success"), 1));
    assert_eq!(office.complete(&declined).await, answer, "it was declined, and still is");
}

#[actix_web::test]
async fn c6_errors_have_the_documented_names_and_codes() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    for (card, code) in [
        ("tok_chargeDeclined", "card_declined"),
        ("tok_chargeDeclinedInsufficientFunds", "card_declined"),
        ("tok_chargeDeclinedLostCard", "card_declined"),
        ("tok_chargeDeclinedExpiredCard", "expired_card"),
        ("tok_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
        ("tok_chargeDeclinedProcessingError", "processing_error"),
        ("tok_threeDSecureRequired", "card_declined"),
        ("tok_nobodys", "processing_error"),
    ] {
        let answer = office.complete(&approval(&context, card, "112.30")).await;
        assert_eq!((&answer["result"], &answer["requestId"]), (&json!("fail"), &json!(SESSION)), "{card}");
        assert!(answer["details"].as_str().unwrap().contains("Nothing was charged"), "{card}: {answer}");
        let error = &answer["error"];
        assert_eq!((&error["code"], &error["target"]), (&json!("card_error"), &json!("stripeToken")), "{card}");
        assert!(error["message"].is_string() && error["innererror"]["message"].is_string());
        assert_eq!(error["innererror"]["code"], code, "{card}: {answer}");
    }
    assert_eq!(office.charges(), 0);
}

#[actix_web::test]
async fn c3_an_outcome_that_is_unknown_is_said_to_be_and_found_out_by_itself() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    let body = approval(&context, "tok_visa", "112.30");
    office.processor.owner.fail(INTENT, Fault::DropAfter, 1);
    // Nor can it be asked what became of the charge, for as long as the answer waits.
    office.processor.owner.fail("GET /v1/payment_intents", Fault::DropBefore, 6);
    let answer = office.complete(&body).await;
    assert_eq!(answer["result"], "fail");
    let told = "We could not confirm the payment; do not pay again until you hear from us.";
    assert_eq!(
        (&answer["details"], &answer["error"]["innererror"]["code"]),
        (&json!(told), &json!("processing_error"))
    );
    // Meanwhile nobody pays a second time.
    let shown = office.pane(&load(&context)).await;
    assert!(shown["details"]["error"].as_str().unwrap().contains("already under way"), "{shown}");
    let second = office.complete(&approval(&context, "tok_amex", "112.30")).await;
    assert!(second["result"] == "fail" && second["details"].as_str().unwrap().contains("under way"), "{second}");
    assert_eq!(office.charges(), 1);
    until("the charge is found", async || {
        office.pass(30 * SECOND);
        (office.shown("INV-1").await["state"] == "paid").then_some(())
    })
    .await;
    let truth = office.complete(&body).await;
    assert_eq!((&truth["result"], office.charges()), (&json!("success"), 1));
    let mails = until("the receipt", async || Some(office.mail.taken()).filter(|mails| !mails.is_empty())).await;
    let receipt = truth["entity"]["confirmationNumber"].as_str().unwrap();
    assert!(mails[0].read()["text"].as_str().unwrap().contains(receipt));
}

#[actix_web::test]
async fn c3_a_slow_processor_is_waited_for_and_a_repetition_joins() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    let body = approval(&context, "tok_visa", "112.30");
    office.processor.owner.fail(INTENT, Fault::Held, 1);
    let repeated = async {
        until("the charge", async || (office.charges() == 1).then_some(())).await;
        let second = office.complete(&body);
        let release = async { office.processor.owner.release() };
        join(second, release).await.0
    };
    let (first, second) = join(office.complete(&body), repeated).await;
    assert_eq!((&first["result"], &first), (&json!("success"), &second));
    assert_eq!(office.charges(), 1);
}

#[actix_web::test]
async fn c3_a_processor_that_cannot_be_reached_has_charged_nothing() {
    let mut office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    office.processor.stop().await;
    let body = approval(&context, "tok_visa", "112.30");
    let answer = office.complete(&body).await;
    assert_eq!(answer["result"], "fail", "{answer}");
    office.processor.start_again();
    let told = answer["details"].as_str().unwrap().to_owned();
    let truth = until("the truth", async || {
        office.pass(30 * SECOND);
        let answer = office.complete(&body).await;
        (answer["details"] != told.as_str() || answer["result"] == "success").then_some(answer)
    })
    .await;
    let paid = truth["result"] == "success";
    assert_eq!(office.charges(), usize::from(paid), "{truth}");
}

#[actix_web::test]
async fn c3_without_a_processor_no_card_is_taken() {
    let office = Office::of(Settings::legacy().with(|settings| settings.key = None)).await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    let mut body = approval(&context, "tok_visa", "112.30");
    let mut live = header("112.30");
    live["TestMode"] = json!(false);
    body["details"]["paymentToken"] = json!(token(&live, "tok_visa"));
    let answer = office.complete(&body).await;
    assert_eq!(
        (&answer["result"], &answer["error"]["innererror"]["code"]),
        (&json!("fail"), &json!("processing_error"))
    );
    assert_eq!(office.events("INV-1").await, 1);
}
