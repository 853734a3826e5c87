//! Payments: what an honest server does, what a dishonest one does, and our own.

use std::path::{Path, PathBuf};

use roundtrip::certify::{CertifyOptions, PaymentTokens, certify};
use roundtrip::ports::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::server::{BookingServer, Lie, PASSWORD, USER};
use super::{NOW, Run, text};
use crate::cli::Place;
use crate::sandbox::town::Town;

fn usd(micros: &str) -> Value {
    json!({"price_micros": micros, "currency_code": "USD"})
}

fn deposit() -> Value {
    json!({"deposit": usd("25000000"), "min_advance_cancellation_sec": "7200", "deposit_type": "PER_PERSON"})
}

fn fee() -> Value {
    json!({"fee": usd("30000000"), "fee_type": "FIXED_RATE_DEFAULT"})
}

/// One slot of a service for each case, and one that is free.
pub(super) fn feeds(dir: &Path, now_s: i64) -> Vec<PathBuf> {
    let service = |id: &str, terms: Value| {
        let mut service = json!({"merchant_id": "spa-1", "service_id": id, "price": usd("200000000")});
        service.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
        service
    };
    let services = [
        service("cut", json!({})),
        service("full", json!({"prepayment_type": "REQUIRED"})),
        service("deposit", json!({"deposit": deposit()})),
        service("fee", json!({"no_show_fee": fee()})),
        service("both", json!({"deposit": deposit(), "no_show_fee": fee()})),
        service("card", json!({"require_credit_card": 2})),
    ];
    let slots: Vec<_> = services
        .iter()
        .map(|service| {
            json!({"merchant_id": "spa-1", "service_id": service["service_id"], "start_sec": now_s + 86_400,
                   "duration_sec": 1800, "spots_total": "3", "spots_open": "2"})
        })
        .collect();
    let feeds = [
        ("merchants", json!({"merchant": [{"merchant_id": "spa-1", "tax_rate": {"micro_percent": 6_750_000}}]})),
        ("services", json!({"service": services})),
        ("availability", json!({"service_availability": [{"availability": slots}]})),
    ];
    feeds
        .iter()
        .map(|(name, feed)| {
            let path = dir.join(format!("{name}.json"));
            std::fs::write(&path, feed.to_string()).unwrap();
            path
        })
        .collect()
}

/// What the stand-in makes of a request's payment: `payment_information` of the booking, or a cause.
pub(super) fn paid(lie: Lie, request: &Value, number: usize) -> Result<Value, &'static str> {
    let service = text(request, "/slot/service_id");
    let token = text(request, "/payment_processing_parameters/unparsed_payment_method_token");
    let needs = matches!(service, "full" | "deposit" | "fee" | "both" | "card");
    match token {
        "" if needs && lie != Lie::BooksWithoutToken => return Err("PAYMENT_ERROR"),
        "tok_chargeDeclined" if lie == Lie::SaysAnyError => return Err("PAYMENT_ERROR"),
        "tok_chargeDeclined" if lie != Lie::BooksDeclined => return Err("PAYMENT_ERROR_CARD_DECLINED"),
        _ => {}
    }
    if !needs || service == "card" {
        let mut payment = request["payment_information"].clone();
        if needs && lie == Lie::CallsCardPaid {
            payment["prepayment_status"] = json!("PREPAYMENT_PROVIDED");
        }
        return Ok(payment);
    }
    let mut payment = json!({
        "prepayment_status": 1, "paymentProcessedBy": "PROCESSED_BY_PARTNER",
        "payment_transaction_id": format!("ch_{number}"), "price": usd("200000000"), "tax_amount": usd("13500000"),
    });
    if matches!(service, "deposit" | "both") {
        payment["deposit"] = deposit();
    }
    if matches!(service, "fee" | "both") {
        payment["no_show_fee"] = fee();
    }
    match lie {
        Lie::ConfirmsUnpaid => payment["payment_transaction_id"] = json!(""),
        Lie::ConfirmsWithoutStatus => payment["prepayment_status"] = Value::Null,
        Lie::SaysNotProvided => payment["prepayment_status"] = json!("PREPAYMENT_NOT_PROVIDED"),
        Lie::LeavesItToGoogle => payment["paymentProcessedBy"] = json!("PROCESSED_BY_GOOGLE"),
        Lie::ReusesTransaction => payment["payment_transaction_id"] = json!("ch_1"),
        Lie::ChargesMore => payment["price"] = usd("200000001"),
        Lie::ForgetsTax => payment["tax_amount"] = Value::Null,
        Lie::KeepsDepositLonger if payment["deposit"].is_object() => {
            payment["deposit"]["min_advance_cancellation_sec"] = json!("14400");
        }
        Lie::HidesFee => payment["no_show_fee"] = Value::Null,
        _ => {}
    }
    Ok(payment)
}

async fn run(lie: Lie, tokens: Option<PaymentTokens>) -> Run {
    let dir = tempfile::tempdir().unwrap();
    let server = BookingServer::start(lie);
    let options = CertifyOptions {
        url: server.url(),
        user: USER.to_owned(),
        password: PASSWORD.into(),
        feeds: feeds(dir.path(), NOW.as_secs()),
        tokens,
        slots: 10,
        seed: 7,
    };
    let mut lines = Vec::new();
    let passed = certify(&options, NOW, &mut |line| lines.push(line.to_owned())).await.unwrap();
    assert_eq!(server.standing(), 0, "nothing stays booked: {lines:#?}");
    Run { passed, lines }
}

#[tokio::test]
async fn bk_6_2_an_honest_server_passes_every_case_that_is_paid() {
    let honest = run(Lie::None, Some(PaymentTokens::of_stripe_tests())).await;
    let from = honest.lines.iter().position(|line| line.starts_with("Prepayment")).unwrap();
    let cases = ["Prepayment", "Deposit", "NoShowFee", "DepositAndNoShowFee", "CreditCardRequired"];
    let mut expected: Vec<_> = cases.iter().map(|case| format!("{case} Succeeded.")).collect();
    expected.push("All Tests Pass!".to_owned());
    assert_eq!((honest.passed, &honest.lines[from..]), (true, &expected[..]));

    let without = run(Lie::BooksDeclined, Some(PaymentTokens { works: vec!["tok_1".into()], declined: None })).await;
    assert!(without.passed, "a server whose card is not tried is not blamed: {:#?}", without.lines);
    assert!(without.lines.iter().any(|line| line.starts_with("DeclinedCard Skipped")));
    let none = run(Lie::ConfirmsUnpaid, None).await;
    assert!(none.passed && none.lines.contains(&"Payments Skipped: no payment token is given.".to_owned()));
}

/// Each lie, the step that must fail by it, and what is said.
const FOUND: &[(Lie, &str, &str)] = &[
    (Lie::ConfirmsUnpaid, "Prepayment", "payment_transaction_id is absent: nothing shows that it was paid"),
    (Lie::ConfirmsWithoutStatus, "Prepayment", "prepayment_status is absent, expected \"PREPAYMENT_PROVIDED\""),
    (Lie::SaysNotProvided, "NoShowFee", "prepayment_status is \"PREPAYMENT_NOT_PROVIDED\", expected"),
    (Lie::LeavesItToGoogle, "Deposit", "payment_processed_by is \"PROCESSED_BY_GOOGLE\", expected"),
    (Lie::ReusesTransaction, "Deposit", "payment_transaction_id ch_1 is an earlier booking's"),
    (Lie::ChargesMore, "Prepayment", "price.price_micros is \"200000001\", expected \"200000000\""),
    (Lie::ForgetsTax, "DepositAndNoShowFee", "tax_amount is absent, expected"),
    (Lie::KeepsDepositLonger, "Deposit", "deposit.min_advance_cancellation_sec is \"14400\", expected \"7200\""),
    (Lie::HidesFee, "NoShowFee", "no_show_fee is absent, expected"),
    (Lie::BooksWithoutToken, "CreditCardRequired", "without a token: it is booked as"),
    (Lie::BooksDeclined, "Prepayment", "with a declined card: it is booked as"),
    (
        Lie::SaysAnyError,
        "NoShowFee",
        "with a declined card: the cause is PAYMENT_ERROR, expected PAYMENT_ERROR_CARD_DECLINED",
    ),
    (Lie::CallsCardPaid, "CreditCardRequired", "prepayment_status is \"PREPAYMENT_PROVIDED\", expected"),
    (Lie::ForgetsStatusOfPayment, "Prepayment", "GetBookingStatus"),
    (Lie::HoldsSpotOfRefused, "Deposit", "count_available was 2, is 1 after a booking was refused"),
    (Lie::PaysTwice, "Prepayment", "the same request again: booking.payment_information.payment_transaction_id is"),
    (
        Lie::ForgetsPaymentOnCancel,
        "Prepayment",
        "prepayment_status is PREPAYMENT_NOT_PROVIDED, expected PREPAYMENT_PROVIDED or",
    ),
];

#[tokio::test]
async fn bk_6_2_every_lie_about_a_payment_is_found_and_named() {
    for (lie, case, said) in FOUND {
        let run = run(*lie, Some(PaymentTokens::of_stripe_tests())).await;
        assert!(!run.passed, "{lie:?} passed");
        let step = format!("{case} Failed.");
        let fails = run.lines.iter().position(|line| *line == step);
        let fails = fails.unwrap_or_else(|| panic!("{lie:?}: {step} is not in {:#?}", run.lines));
        let errors = run.lines[..fails].iter().rev().take_while(|line| line.starts_with("  "));
        assert!(errors.clone().any(|line| line.contains(said)), "{lie:?}: {said} is not in {:#?}", run.lines);
    }
}

#[test]
fn bk_10_3_tokens_are_read_from_files_and_never_shown() {
    let place = Place::empty();
    place.write("password", PASSWORD);
    place.write("tokens", "\n tok_secret_1 \ntok_secret_2\n\n");
    place.write("declined", "tok_chargeDeclined\n");
    place.write("empty", "\n");
    feeds(&place.path(""), SystemClock.now().as_secs());
    let files = ["--feeds", "availability.json", "services.json", "merchants.json"];
    for (lie, status) in [(Lie::None, 0), (Lie::ConfirmsUnpaid, 1)] {
        let server = BookingServer::start(lie);
        let url = server.url().to_string();
        let args = ["certify", "booking", "--url", &url, "--user", USER, "--password-file", "password"];
        let tokens = ["--payment-token-file", "tokens", "--declined-token-file", "declined"];
        let run = place.run(&[&args[..], &tokens, &files].concat());
        assert_eq!(run.status, status, "{run:#?}");
        assert!(run.out.contains("CreditCardRequired Succeeded."), "{run:#?}");
        assert!(!run.out.contains("tok_") && !run.err.contains("tok_"), "{run:#?}");
        let run = place.run(&[&args[..], &["--payment-token-file", "empty"], &files].concat());
        assert!(run.status == 1 && run.err.contains("holds no payment token"), "{run:#?}");
    }
}

/// The command is another process: what is served here has to go on meanwhile.
#[actix_web::test]
async fn bk_10_3_our_own_server_passes_every_payment_with_the_stand_in_processor() {
    let town = Town::at(SystemClock.now()).await;
    let url = format!("http://127.0.0.1:{}", town.ports().server);
    let file = |name: &str| town.path(name).display().to_string();
    let password = file("keys/google/booking-password");
    let feeds = ["merchants", "services", "availability"].map(|name| file(&format!("feeds/{name}.json")));
    let run = actix_web::web::block(move || {
        let args = ["certify", "booking", "--url", &url, "--user", "google", "--password-file", &password];
        let more = ["--slots", "3", "--seed", "3", "--stripe-test-tokens", "--feeds", &feeds[0], &feeds[1], &feeds[2]];
        Place::empty().run(&[&args[..], &more].concat())
    });
    let run = run.await.unwrap();
    assert_eq!(run.status, 0, "{run:#?}");
    let paid = run.out.lines().filter(|line| {
        ["Prepayment", "Deposit", "NoShowFee", "DepositAndNoShowFee", "CreditCardRequired"]
            .iter()
            .any(|case| *line == format!("{case} Succeeded."))
    });
    assert!(paid.count() >= 4, "{}", run.out);
    assert_eq!(run.out.lines().last(), Some("All Tests Pass!"), "{}", run.out);
}
