//! Every ErrorResponse that we emit (API section 3.9, flows-security section 8).

use futures_util::future::join_all;
use roundtrip::crypto::{Carrier, Scheme};
use serde_json::{Value, json};

use crate::harness::account::method_path;
use crate::harness::settings::AccountSetup;
use crate::harness::{Called, Setup, Word};

const GENERATE: &str = "generateRedirectPaymentUrl";
const STATUS: &str = "getRedirectPaymentStatus";

/// `request` with the value at `pointer` replaced; `Value::Null` removes it.
fn with(mut request: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = request.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(name).expect("something to remove");
    } else {
        parent.insert(name.to_owned(), value);
    }
    request
}

#[track_caller]
fn check(called: &Called, scheme: Scheme, (status, member): (u16, &str)) {
    assert_eq!((called.status(), called.error().as_str()), (status, member), "{:?}", called.clear);
    assert_eq!(called.page.header("content-type"), scheme.content_type());
    let clear = called.clear();
    assert!(clear["responseHeader"]["responseTimestamp"]["epochMillis"].is_string());
    assert!(!clear["errorDescription"].as_str().unwrap().is_empty());
    assert!(clear["paymentIntegratorErrorIdentifier"].as_str().unwrap().starts_with("err-"));
    assert!(clear.get("errorResponseCode").is_none(), "the older style must not be used");
}

#[tokio::test]
async fn err_1_each_code_is_a_sealed_error_response() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let second = AccountSetup {
            own: vec!["ours-second"],
            peers: vec!["google-second"],
            ..AccountSetup::new("Second_INR", scheme)
        };
        let world = Setup::of(scheme).with(|setup| setup.accounts.push(second)).start().await;
        world.call(GENERATE, &world.peer().generate_request("rq-known", None)).await.ok();
        let before = world.rows().await;
        let good = || world.peer().generate_request("rq-0001", None);
        let status = || world.peer().status_request("st-1", "rq-known");
        let version = "/requestHeader/protocolVersion/major";
        let time = "/requestHeader/requestTimestamp/epochMillis";
        let now = world.peer().now().as_millis();
        for (desc, method, request, expected) in [
            ("another version", GENERATE, with(good(), version, json!(2)), (400, "invalidApiVersion")),
            ("another version, status", STATUS, with(status(), version, json!(0)), (400, "invalidApiVersion")),
            (
                "too old",
                GENERATE,
                with(good(), time, json!((now - 60_001).to_string())),
                (400, "requestTimestampOutOfRange"),
            ),
            (
                "too new",
                "echo",
                with(world.peer().echo_request("e"), time, json!((now + 60_001).to_string())),
                (400, "requestTimestampOutOfRange"),
            ),
            (
                "unknown payment",
                STATUS,
                with(status(), "/redirectRequestId", json!("rq-nobody")),
                (404, "invalidIdentifier"),
            ),
            (
                "unknown account",
                GENERATE,
                with(good(), "/requestHeader/paymentIntegratorAccountId", json!("Nobody_INR")),
                (404, "invalidIdentifier"),
            ),
            (
                "unknown issuer",
                GENERATE,
                with(good(), "/formOfPayment", json!({"issuerId": {"value": "BANK_X"}})),
                (404, "invalidIdentifier"),
            ),
            (
                "changed content",
                GENERATE,
                world.peer().generate_request("rq-known", Some("BANK_A")),
                (412, "idempotencyViolation"),
            ),
            (
                "an id with a space",
                GENERATE,
                with(good(), "/requestHeader/requestId", json!("rq 1")),
                (400, "invalidFieldValue"),
            ),
            (
                "an id of 101 characters",
                GENERATE,
                with(good(), "/requestHeader/requestId", json!("x".repeat(101))),
                (400, "invalidFieldValue"),
            ),
            (
                "an amount that is no number",
                GENERATE,
                with(good(), "/transactionAmount/amountMicros", json!("ten")),
                (400, "invalidFieldValue"),
            ),
            (
                "no ISO 4217 code",
                GENERATE,
                with(good(), "/transactionAmount/currencyCode", json!("inr")),
                (400, "invalidFieldValue"),
            ),
            (
                "a description that is no text",
                GENERATE,
                with(good(), "/transactionDescription", json!(7)),
                (400, "invalidFieldValue"),
            ),
            (
                "two forms of payment",
                GENERATE,
                with(good(), "/formOfPayment", json!({"noneChosen": {}, "issuerId": {"value": "BANK_A"}})),
                (400, "invalidFieldValue"),
            ),
            (
                "a foreign callback",
                GENERATE,
                with(good(), "/callbackUrl", json!("https://evil.example/")),
                (400, "invalidFieldValue"),
            ),
            (
                "an id outside the alphabet",
                STATUS,
                with(status(), "/redirectRequestId", json!("a/b")),
                (400, "invalidFieldValue"),
            ),
            ("no id", GENERATE, with(good(), "/requestHeader/requestId", Value::Null), (400, "missingRequiredField")),
            ("no header", GENERATE, with(good(), "/requestHeader", Value::Null), (400, "missingRequiredField")),
            (
                "no version",
                GENERATE,
                with(good(), "/requestHeader/protocolVersion", Value::Null),
                (400, "missingRequiredField"),
            ),
            (
                "no timestamp",
                GENERATE,
                with(good(), "/requestHeader/requestTimestamp", Value::Null),
                (400, "missingRequiredField"),
            ),
            (
                "no account",
                GENERATE,
                with(good(), "/requestHeader/paymentIntegratorAccountId", Value::Null),
                (400, "missingRequiredField"),
            ),
            ("no amount", GENERATE, with(good(), "/transactionAmount", Value::Null), (400, "missingRequiredField")),
            (
                "no micros",
                GENERATE,
                with(good(), "/transactionAmount/amountMicros", Value::Null),
                (400, "missingRequiredField"),
            ),
            (
                "no currency",
                GENERATE,
                with(good(), "/transactionAmount/currencyCode", Value::Null),
                (400, "missingRequiredField"),
            ),
            (
                "no description",
                GENERATE,
                with(good(), "/transactionDescription", Value::Null),
                (400, "missingRequiredField"),
            ),
            (
                "no form of payment",
                GENERATE,
                with(good(), "/formOfPayment", Value::Null),
                (400, "missingRequiredField"),
            ),
            ("no callback", GENERATE, with(good(), "/callbackUrl", Value::Null), (400, "missingRequiredField")),
            ("no payment", STATUS, with(status(), "/redirectRequestId", Value::Null), (400, "missingRequiredField")),
            (
                "no message",
                "echo",
                with(world.peer().echo_request("e"), "/clientMessage", Value::Null),
                (400, "missingRequiredField"),
            ),
            (
                "the other signer's account",
                GENERATE,
                world.peer().under("Second_INR").generate_request("rq-0001", None),
                (403, "forbidden"),
            ),
            (
                "the other signer's account, status",
                STATUS,
                world.peer().under("Second_INR").status_request("st-9", "rq-known"),
                (403, "forbidden"),
            ),
        ] {
            let called = world.call(method, &request).await;
            assert_eq!(called.status(), expected.0, "{desc}: {:?}", called.clear);
            check(&called, scheme, expected);
        }
        assert_eq!(world.rows().await, before, "nothing may be stored");
    }
}

#[tokio::test]
async fn err_1_the_description_names_the_field() {
    let world = Setup::jose().start().await;
    let good = world.peer().generate_request("rq-0001", None);
    for (pointer, field) in [
        ("/transactionAmount/amountMicros", "transactionAmount.amountMicros"),
        ("/transactionAmount/currencyCode", "transactionAmount.currencyCode"),
        ("/callbackUrl", "callbackUrl"),
        ("/requestHeader/requestId", "requestHeader.requestId"),
    ] {
        let missing = world.call(GENERATE, &with(good.clone(), pointer, Value::Null)).await;
        let clear = missing.clear();
        assert_eq!(clear["errorResponseResult"]["missingRequiredField"]["missingFieldName"], json!(field));
        assert!(clear["errorDescription"].as_str().unwrap().contains(field), "{clear}");
        let invalid = world.call(GENERATE, &with(good.clone(), pointer, json!("§"))).await;
        assert_eq!(invalid.clear()["errorResponseResult"]["invalidFieldValue"]["invalidFieldName"], json!(field));
    }
}

#[tokio::test]
async fn err_1_what_is_decrypted_must_be_strict_json() {
    let world = Setup::jose().start().await;
    let before = world.rows().await;
    let good = world.peer().generate_request("rq-0001", None).to_string();
    let id = "\"requestId\":\"rq-0001\"";
    assert!(good.contains(id));
    for (desc, text) in [
        ("a duplicate key", good.replace(id, &format!("{id},{id}"))),
        ("a duplicate key at the top", good.replacen('{', "{\"callbackUrl\":\"x\",", 1)),
        ("a duplicate key in what we do not read", good.replacen('{', "{\"new\":{\"a\":1,\"a\":1},", 1)),
        ("trailing bytes", format!("{good} x")),
        ("two values", format!("{good}{good}")),
        ("a byte order mark", format!("\u{feff}{good}")),
        ("a trailing comma", format!("{},}}", &good[..good.len() - 1])),
        ("single quotes", good.replace('"', "'")),
        ("a comment", format!("/* */{good}")),
        ("not JSON", "hello".to_owned()),
        ("nothing", String::new()),
        ("cut off", good[..good.len() - 1].to_owned()),
        ("an array", format!("[{good}]")),
        ("a string", "\"hello\"".to_owned()),
        ("nested too deep", format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))),
    ] {
        let sealed = world.peer().seal_text(&text, Carrier::Body);
        let called = world
            .peer()
            .call_sealed(&world.browser, &format!("{}{}", world.origin, method_path(GENERATE)), sealed)
            .await;
        assert_eq!(called.status(), 400, "{desc}");
        check(&called, Scheme::Jose, (400, "invalidDecryptedRequest"));

        let sealed = world.peer().seal_text(&text, Carrier::UrlParameter);
        let page = world
            .get(crate::harness::account::begin_url(
                &world.origin,
                "https://payments.google.test/?redirectRequestId=rq-0001",
                &sealed,
            ))
            .await;
        if page.status == 302 {
            assert_eq!(world.peer().read_home(&page.location()).error(), "invalidDecryptedRequest", "{desc}");
        } else {
            assert!((400..500).contains(&page.status), "{desc}: {}", page.status);
        }
    }
    assert_eq!(world.rows().await, before, "nothing may be stored");
}

#[tokio::test]
async fn err_1_checks_come_in_the_order_of_the_specification() {
    let world = Setup::jose().start().await;
    let stale = |request| with(request, "/requestHeader/requestTimestamp/epochMillis", json!("1"));
    let good = || world.peer().generate_request("rq-0001", None);
    // Each request is wrong in everything that comes later, too.
    let mut request = with(good(), "/transactionAmount/currencyCode", json!("inr"));
    assert_eq!(world.call(GENERATE, &request).await.error(), "invalidFieldValue");
    request = with(request, "/callbackUrl", Value::Null);
    assert_eq!(world.call(GENERATE, &request).await.error(), "missingRequiredField");
    request = stale(request);
    assert_eq!(world.call(GENERATE, &request).await.error(), "requestTimestampOutOfRange");
    request = with(request, "/requestHeader/paymentIntegratorAccountId", json!("Nobody_INR"));
    assert_eq!(world.call(GENERATE, &request).await.error(), "invalidIdentifier");
    request = with(request, "/requestHeader/protocolVersion/major", json!(2));
    assert_eq!(world.call(GENERATE, &request).await.error(), "invalidApiVersion");
    // A known id with other content, but stale: the clock speaks first.
    world.call(GENERATE, &good()).await.ok();
    let changed = world.peer().generate_request("rq-0001", Some("BANK_A"));
    assert_eq!(world.call(GENERATE, &stale(changed)).await.error(), "requestTimestampOutOfRange");
}

#[tokio::test]
async fn err_1_when_the_database_is_gone_the_caller_is_told_to_come_back() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    world.nodes[0].store.close().await;
    let called = world.call(GENERATE, &world.peer().generate_request("rq-0002", None)).await;
    assert_eq!(called.status(), 503);
    assert!(!called.page.header("retry-after").is_empty());
    assert!(
        called.clear().get("errorResponseResult").is_none(),
        "no code speaks of our own failures: {:?}",
        called.clear
    );
    for page in [world.begin("rq-0003", Some("BANK_A")).await, world.returns(&visit, &Word::APPROVED).await] {
        assert_eq!((page.status, page.has_location()), (503, false), "{}", page.text());
        assert!(!page.header("retry-after").is_empty());
    }
    assert_eq!(world.get(format!("{}/readyz", world.origin)).await.status, 503);
}

#[tokio::test]
async fn err_4_our_own_conflicts_are_never_called_a_users_action() {
    let world = Setup::jose().start().await;
    let calls = join_all((0..60).map(async |number| {
        let mut request = world.peer().generate_request("rq-0001", None);
        request["transactionDescription"] = json!(format!("Play {}", number % 3));
        let status = world.peer().status_request(&format!("st-{}", number % 7), "rq-0001");
        let (one, two) = futures_util::future::join(world.call(GENERATE, &request), world.call(STATUS, &status)).await;
        [one, two]
    }))
    .await;
    for called in calls.iter().flatten() {
        assert_ne!(called.status(), 423);
        assert!(!called.clear().to_string().contains("userActionInProgress"));
    }
    // Nor is there a place in the code that could.
    for folder in ["protocol", "web", "actors", "domain", "storage"] {
        assert_word_absent(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder).as_path());
    }
}

fn assert_word_absent(folder: &std::path::Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_word_absent(&path);
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(!text.contains("\"userActionInProgress\""), "{}", path.display());
        }
    }
}
