//! Our clear text for the specification's example requests (API sections 3.9 to 6.4), word for word.
//!
//! The files hold what we say at the examples' own times. `UPDATE_GOLDEN=1` writes them anew; look at the difference.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Refunding, Setup, Word, World};

/// As the specification calls it; nothing listens there.
const PUBLIC: &str = "https://pay.integrator.example";

#[track_caller]
fn compare(name: &str, clear: &Value) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/redirect/golden").join(format!("{name}.json"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, format!("{}\n", serde_json::to_string_pretty(clear).unwrap())).unwrap();
    }
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let expected: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(clear, &expected, "{name}\nnow: {}", serde_json::to_string_pretty(clear).unwrap());
}

async fn world() -> World {
    Setup::pgp().with(|setup| setup.public_origin = Some(PUBLIC)).start().await
}

/// The server answers where it listens, whatever it is called outside.
fn here(world: &World, url: impl AsRef<str>) -> String {
    url.as_ref().replacen(PUBLIC, &world.origin, 1)
}

#[tokio::test]
async fn echo_answers_as_the_example() {
    let world = world().await;
    let called = world.call("echo", &world.peer().echo_request("echo-1")).await;
    compare("echo", called.ok());
}

#[tokio::test]
async fn generate_answers_as_the_example() {
    let world = world().await;
    let mut request = world.peer().generate_request("rq-0002", None);
    request["transactionAmount"]["amountMicros"] = json!("250000000");
    request["transactionDescription"] = json!("Gem pack");
    request["callbackUrl"] = json!("https://payments.google.test/return/url/");
    compare("generateRedirectPaymentUrl", world.call("generateRedirectPaymentUrl", &request).await.ok());
}

#[tokio::test]
async fn a_declined_generate_answers_as_the_example() {
    let world = world().await;
    let mut request = world.peer().generate_request("rq-0002", None);
    request["transactionAmount"]["currencyCode"] = json!("EUR");
    compare("generateRedirectPaymentUrl-declined", world.call("generateRedirectPaymentUrl", &request).await.ok());
}

/// The example's payment, its issuer's word spoken at the example's time.
async fn example_payment(world: &World, word: &Word) -> Value {
    let visit = world.at_bank("rq-0001").await;
    world.pass(60_000);
    let page = world.get(here(world, world.bank().return_url(&visit, word))).await;
    world.peer().read_home(&page.location()).clear
}

#[tokio::test]
async fn the_callback_says_success_as_the_example() {
    let world = world().await;
    compare("RedirectResponse-success", &example_payment(&world, &Word::APPROVED).await);
}

#[tokio::test]
async fn the_callback_says_pending() {
    let world = world().await;
    compare("RedirectResponse-pending", &example_payment(&world, &Word::PENDING).await);
}

#[tokio::test]
async fn the_callback_carries_errors_as_the_example() {
    let world = world().await;
    let request = world.peer().redirect_request("rq-0001", Some("BANK_A"));
    let url = world.peer().begin_url(&world.origin, &request);
    world.pass(60_001);
    compare("RedirectResponse-error", &world.peer().read_home(&world.get(url).await.location()).clear);
}

#[tokio::test]
async fn the_status_answers_as_the_example() {
    let world = world().await;
    let word = Word::DECLINED.reason("insufficient_funds").raw_code("51");
    let visit = world.at_bank("rq-0001").await;
    let pending = world.call("getRedirectPaymentStatus", &world.peer().status_request("st-0000", "rq-0001")).await;
    compare("getRedirectPaymentStatus-pending", pending.ok());
    world.get(here(&world, world.bank().return_url(&visit, &word))).await;
    world.pass(100_000);
    let called = world.call("getRedirectPaymentStatus", &world.peer().status_request("st-0001", "rq-0001")).await;
    compare("getRedirectPaymentStatus", called.ok());
}

#[tokio::test]
async fn the_notification_is_as_the_example() {
    let world = world().await;
    example_payment(&world, &Word::DECLINED.reason("over_limit")).await;
    compare("redirectPaymentCompleteNotification", &world.google.accepted("rq-0001").await.clear);
}

#[tokio::test]
async fn an_error_response_is_as_the_example() {
    let world = world().await;
    let called = world.call("getRedirectPaymentStatus", &world.peer().status_request("st-0001", "rq-9999")).await;
    assert_eq!(called.status(), 404);
    let mut clear = called.clear().clone();
    // Drawn anew for each call.
    let id = clear.as_object_mut().unwrap().remove("paymentIntegratorErrorIdentifier").unwrap();
    assert_eq!(id.as_str().unwrap().len(), "err-0123456789abcdef".len());
    compare("ErrorResponse", &clear);
}

#[tokio::test]
async fn a_refund_is_acknowledged_and_its_result_told_as_the_examples() {
    let world = world().await;
    example_payment(&world, &Word::APPROVED).await;
    world.bank().refunds_by([Refunding::Refunded, Refunding::Refused(Some("risk"))]);
    world.pass(40_000);
    compare("asynchronousRefund", world.refund("rf-0001", "rq-0001", 50_000_000).await.ok());
    compare("refundResultNotification", &world.google.result("rf-0001").await.clear);
    world.refund("rf-0002", "rq-0001", 59_900_000).await.ok();
    compare("refundResultNotification-refused", &world.google.result("rf-0002").await.clear);
}
