//! generateRedirectPaymentUrl: Google asks for the payer's address (API section 5.2, flows-security section 5.2).

use serde_json::json;

use crate::harness::account::{CALLBACK, callback_of};
use crate::harness::{MINUTE, SECOND, Setup, Word};

const METHOD: &str = "generateRedirectPaymentUrl";

#[tokio::test]
async fn gen_1_a_replay_gets_the_same_url() {
    let world = Setup::pgp().start().await;
    let first = world.call(METHOD, &world.peer().generate_request("rq-0001", None)).await;
    let url = first.payment_url();
    world.pass(2 * MINUTE);
    let again = world.call(METHOD, &world.peer().generate_request("rq-0001", None)).await;
    assert_eq!(again.payment_url(), url);
    // It stays usable after it was used.
    let page = world.get(&url).await;
    world.browser.submit(page.form(&url, "/choose"), &[("issuer", "BANK_A")]).await;
    world.pass(MINUTE);
    let again = world.call(METHOD, &world.peer().generate_request("rq-0001", None)).await;
    assert_eq!(again.payment_url(), url);
    assert_eq!(world.get(&url).await.status, 200);
    assert_eq!(world.started().await, 1);
}

#[tokio::test]
async fn gen_1_an_issuer_that_came_with_the_request_is_reached_at_once() {
    let world = Setup::pgp().start().await;
    let called = world.call(METHOD, &world.peer().generate_request("rq-0001", Some("BANK_A"))).await;
    let page = world.get(called.payment_url()).await;
    assert_eq!((page.status, page.header("cache-control")), (302, "no-store"));
    let visit = world.bank().arrive(&page.location());
    let home = world.goes_home(&visit, &Word::APPROVED).await;
    assert_eq!(home.result(), &json!({"success": {}}));
    assert!(home.url.as_str().starts_with(&format!("{CALLBACK}?redirectRequestId=rq-0001&")), "{}", home.url);
}

#[tokio::test]
async fn gen_2_a_decline_is_a_200() {
    let world = Setup::pgp().start().await;
    let mut request = world.peer().generate_request("rq-0001", None);
    request["transactionAmount"]["currencyCode"] = json!("EUR");
    let called = world.call(METHOD, &request).await;
    let declined = json!({"declinedByIssuer": {"rawResult": {"rawCode": "no_issuer_fits"}}});
    assert_eq!(called.ok()["result"], declined);
    world.pass(SECOND);
    request["requestHeader"] = world.peer().header("rq-0001");
    assert_eq!(world.call(METHOD, &request).await.ok()["result"], declined, "a decline is terminal and replayed");
    world.google.accepted("rq-0001").await;
    let result = world.ask("rq-0001").await;
    assert!(result.get("accountDoesNotSupportCurrency").is_some(), "{result}");
}

#[tokio::test]
async fn a_callback_that_names_its_request_keeps_one_id() {
    let world = Setup::pgp().start().await;
    let mut request = world.peer().generate_request("rq-0001", Some("BANK_A"));
    request["callbackUrl"] = json!(format!("{}&a=b", callback_of("rq-0001")));
    let page = world.get(world.call(METHOD, &request).await.payment_url()).await;
    let visit = world.bank().arrive(&page.location());
    let home = world.goes_home(&visit, &Word::APPROVED).await;
    assert_eq!(home.url.as_str().matches("redirectRequestId").count(), 1, "cmp_2: {}", home.url);

    let mut foreign = world.peer().generate_request("rq-0002", Some("BANK_A"));
    foreign["callbackUrl"] = json!(callback_of("rq-0001"));
    let called = world.call(METHOD, &foreign).await;
    assert_eq!((called.status(), called.error().as_str()), (400, "invalidFieldValue"));
    assert_eq!(world.payment("rq-0002").await, None);
}

#[tokio::test]
async fn an_unknown_issuer_is_an_invalid_identifier() {
    let world = Setup::pgp().start().await;
    let called = world.call(METHOD, &world.peer().generate_request("rq-0001", Some("BANK_NOBODY"))).await;
    assert_eq!((called.status(), called.error().as_str()), (404, "invalidIdentifier"));
    assert_eq!(world.payment("rq-0001").await, None);
    // Not terminal: the same id may be used for what can be processed.
    world.call(METHOD, &world.peer().generate_request("rq-0001", Some("BANK_A"))).await.payment_url();
}

#[tokio::test]
async fn what_newer_revisions_add_is_tolerated() {
    let world = Setup::jose().start().await;
    let mut request = world.peer().generate_request("rq-0001", Some("BANK_A"));
    request["installmentPayment"] = json!({"sixMonths": {}});
    request["somethingNew"] = json!({"deep": [1, {"a": null}]});
    request["requestHeader"]["userLocale"] = json!("de-DE");
    request["requestHeader"]["protocolVersion"]["minor"] = json!(36);
    request["transactionAmount"]["amountMicros"] = json!(109_900_000);
    let page = world.get(world.call(METHOD, &request).await.payment_url()).await;
    world.bank().arrive(&page.location());

    for (id, form, leads_to_bank) in [
        (
            "rq-instrument",
            json!({"financingInstrument": {"accountNumber": "1111222233334444", "issuerId": {"value": "BANK_A"}}}),
            true,
        ),
        ("rq-new-member", json!({"quantumWallet": {"value": "x"}}), false),
        ("rq-empty", json!({}), false),
    ] {
        let mut request = world.peer().generate_request(id, None);
        request["formOfPayment"] = form;
        let page = world.get(world.call(METHOD, &request).await.payment_url()).await;
        if leads_to_bank {
            world.bank().arrive(&page.location());
        } else {
            assert_eq!((page.status, page.choices().len()), (200, 2), "{id}: the payer chooses");
        }
    }
}

#[tokio::test]
async fn a_card_is_refused_and_leaves_no_trace() {
    let world = Setup::pgp().start().await;
    let before = world.rows().await;
    let mut request = world.peer().generate_request("rq-0001", None);
    request["formOfPayment"] =
        json!({"card": {"accountNumber": "4111111111111111", "nameOnCard": "A B", "cvn": "123"}});
    let called = world.call(METHOD, &request).await;
    assert_eq!((called.status(), called.error().as_str()), (400, "invalidFieldValue"));
    assert!(!called.clear().to_string().contains("4111"));
    assert_eq!(world.rows().await, before);
    for entry in std::fs::read_dir(world.dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(16).any(|window| window == b"4111111111111111"), "{}", path.display());
    }
}
