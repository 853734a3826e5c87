//! The clock window and amounts (flows-security section 9).

use proptest::prelude::*;
use roundtrip::domain::Currency;
use serde_json::{Value, json};

use crate::harness::{Setup, Word};

const GENERATE: &str = "generateRedirectPaymentUrl";

#[tokio::test]
async fn clk_1_sixty_seconds_are_tolerated_on_both_sides_and_no_more() {
    let world = Setup::jose().start().await;
    world.at_bank("rq-known").await;
    for (shift, good) in
        [(60_000, true), (-60_000, true), (60_001, false), (-60_001, false), (i64::MAX, false), (i64::MIN, false)]
    {
        let time = world.peer().now().as_millis().saturating_add(shift).to_string();
        let id = |what: &str| format!("{what}-{}", shift.unsigned_abs() % 100_000 * 2 + u64::from(shift > 0));
        for (method, mut request) in [
            (GENERATE, world.peer().generate_request(&id("rq"), None)),
            ("getRedirectPaymentStatus", world.peer().status_request(&id("st"), "rq-known")),
            ("echo", world.peer().echo_request(&id("echo"))),
        ] {
            request["requestHeader"]["requestTimestamp"]["epochMillis"] = json!(time);
            let called = world.call(method, &request).await;
            if good {
                called.ok();
            } else {
                assert_eq!(
                    (called.status(), called.error().as_str()),
                    (400, "requestTimestampOutOfRange"),
                    "{method} {shift}"
                );
            }
        }
        let mut request = world.peer().redirect_request(&id("begin"), Some("BANK_A"));
        request["requestHeader"]["requestTimestamp"]["epochMillis"] = json!(time);
        let page = world.get(world.peer().begin_url(&world.origin, &request)).await;
        if good {
            world.bank().arrive(&page.location());
        } else {
            assert_eq!(world.peer().read_home(&page.location()).error(), "requestTimestampOutOfRange", "begin {shift}");
            assert_eq!(world.payment(&id("begin")).await, None);
        }
    }
}

#[tokio::test]
async fn clk_1_the_window_is_a_setting() {
    let world = Setup::jose().with(|setup| setup.google_more = "clock_tolerance_ms = 1000".to_owned()).start().await;
    let mut request = world.peer().echo_request("echo-1");
    world.pass(1_000);
    world.call("echo", &request).await.ok();
    request["requestHeader"]["requestId"] = json!("echo-2");
    world.pass(1);
    assert_eq!(world.call("echo", &request).await.error(), "requestTimestampOutOfRange");
}

#[tokio::test]
async fn clk_1_a_timestamp_may_be_a_number_and_goes_out_as_text() {
    let world = Setup::pgp().start().await;
    let mut request = world.peer().echo_request("echo-1");
    request["requestHeader"]["requestTimestamp"]["epochMillis"] = json!(world.peer().now().as_millis());
    let answer = world.call("echo", &request).await;
    assert!(answer.ok()["responseHeader"]["responseTimestamp"]["epochMillis"].is_string());
}

#[tokio::test]
async fn amt_1_only_whole_minor_units_in_integer_micros_are_taken() {
    let world = Setup::jose()
        .with(|setup| {
            for issuer in &mut setup.issuers {
                (issuer.currencies, issuer.more) = ("INR,JPY,KWD", String::new());
            }
        })
        .start()
        .await;
    let amounts: Vec<(Value, &str, bool)> = vec![
        (json!("109900000"), "INR", true),
        (json!(109_900_000), "INR", true),
        (json!("10000"), "INR", true),
        (json!("9223372036854770000"), "INR", true),
        (json!("000109900000"), "INR", true),
        (json!("1000000"), "JPY", true),
        (json!("1000"), "KWD", true),
        (json!("109900001"), "INR", false),
        (json!("5000"), "INR", false),
        (json!("500000"), "JPY", false),
        (json!("100"), "KWD", false),
        (json!("0"), "INR", false),
        (json!("-10000"), "INR", false),
        (json!("+10000"), "INR", false),
        (json!(" 10000"), "INR", false),
        (json!("1e6"), "INR", false),
        (json!("10000.0"), "INR", false),
        (json!(10000.0), "INR", false),
        (json!(1.5), "INR", false),
        (json!("0x2710"), "INR", false),
        (json!("१००००"), "INR", false),
        (json!("9223372036854775808"), "INR", false),
        (json!("99999999999999999999999999"), "INR", false),
        (json!(true), "INR", false),
        (json!(["10000"]), "INR", false),
        (json!("10000"), "inr", false),
        (json!("10000"), "INRR", false),
        (json!("10000"), "XQZ", false),
    ];
    for (number, (micros, currency, good)) in amounts.into_iter().enumerate() {
        let mut request = world.peer().generate_request(&format!("rq-{number}"), Some("BANK_A"));
        request["transactionAmount"] = json!({"amountMicros": micros, "currencyCode": currency});
        let called = world.call(GENERATE, &request).await;
        if good {
            let visit = world.bank().arrive(&world.get(called.payment_url()).await.location());
            let digits =
                micros.as_str().map_or_else(|| micros.to_string(), |text| text.trim_start_matches('0').to_owned());
            assert_eq!((visit.amount_micros, visit.currency.as_str()), (digits, currency));
        } else {
            assert_eq!((called.status(), called.error().as_str()), (400, "invalidFieldValue"), "{micros} {currency}");
        }
    }
}

#[test]
fn amt_1_every_payable_amount_reaches_the_issuer_unchanged() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(
        Setup::jose()
            .with(|setup| setup.issuers[0] = setup.issuers[0].clone().with("").taking("INR,JPY,KWD,EUR"))
            .start(),
    );
    let number = std::cell::Cell::new(0_u32);
    let config = ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() };
    let strategy = (1..=900_000_000_000_i64, prop::sample::select(vec!["INR", "JPY", "KWD", "EUR"]));
    proptest!(config, |((units, currency) in strategy)| {
        number.set(number.get() + 1);
        let micros = (units * Currency::parse(currency).unwrap().minor_unit_micros()).to_string();
        runtime.block_on(async {
            let mut request = world.peer().redirect_request(&format!("rq-{}", number.get()), Some("BANK_A"));
            request["transactionAmount"] = json!({"amountMicros": micros, "currencyCode": currency});
            let page = world.get(world.peer().begin_url(&world.origin, &request)).await;
            let visit = world.bank().arrive(&page.location());
            prop_assert_eq!((&visit.amount_micros, visit.currency.as_str()), (&micros, currency));
            let home = world.goes_home(&visit, &Word::APPROVED).await;
            prop_assert_eq!(home.result(), &json!({"success": {}}));
            Ok(())
        })?;
    });
}
