//! Begin Redirect: the payer arrives from Google (API section 4.1, flows-security sections 4.1 and 5.1).

use roundtrip::crypto::Carrier;
use serde_json::json;
use url::Url;

use crate::harness::account::{CALLBACK, begin_url, callback_of};
use crate::harness::settings::{AccountSetup, IssuerSetup};
use crate::harness::{DAY, MINUTE, SECOND, START_MS, Setup, Word, World};

#[tokio::test]
async fn beg_1_a_callback_of_another_request_starts_nothing() {
    let world = Setup::pgp().start().await;
    let before = world.rows().await;
    for (id, callback) in [
        ("rq-other", callback_of("rq-0001")),
        ("rq-none", CALLBACK.to_owned()),
        ("rq-empty", format!("{CALLBACK}?redirectRequestId=")),
    ] {
        let sealed = world.peer().seal(&world.peer().redirect_request(id, Some("BANK_A")), Carrier::UrlParameter);
        let page = world.get(begin_url(&world.origin, &callback, &sealed)).await;
        if callback.contains("rq-0001") {
            let home = world.peer().read_home(&page.location());
            assert_eq!((home.error().as_str(), home.request_id.as_str()), ("invalidIdentifier", "rq-0001"));
        } else if id == "rq-none" {
            // The verified request says what the callback lacks.
            let home = world.peer().read_home(&page.location());
            assert_eq!((home.error().as_str(), home.request_id.as_str()), ("invalidIdentifier", "rq-none"));
        } else {
            assert_eq!(page.status, 400, "{callback}");
        }
    }
    assert_eq!(world.rows().await, before, "nothing may be stored");
}

#[tokio::test]
async fn beg_2_an_issuer_that_came_with_the_request_is_reached_at_once() {
    let world = Setup::pgp().start().await;
    let mut request = world.peer().redirect_request("rq-0001", Some("BANK_B"));
    request["transactionDescription"] = json!("Bücher & Co. +1 <b>");
    let page = world.get(world.peer().begin_url(&world.origin, &request)).await;
    assert_eq!(page.status, 302);
    assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));
    let visit = world.banks[1].arrive(&page.location());
    assert_eq!((visit.amount_micros.as_str(), visit.currency.as_str()), ("109900000", "INR"));
    assert_eq!(visit.description, "Bücher & Co. +1 <b>");
    assert_eq!(visit.return_url, format!("{}/return/BANK_B", world.origin));
    assert!(visit.expires.as_millis() <= START_MS + 7 * DAY, "at most seven days ahead");
    assert_eq!(world.payment("rq-0001").await.unwrap()["transactionId"], visit.transaction_id);
}

#[tokio::test]
async fn beg_3_without_an_issuer_the_payer_chooses_among_the_accounts_own() {
    let setup = Setup::pgp().with(|setup| {
        // One issuer is not the account's, one does not take the currency, one is too small.
        setup.accounts[0].issuers = vec!["BANK_B", "BANK_A", "BANK_USD", "BANK_SMALL"];
        setup.issuers.push(IssuerSetup::new("BANK_X", "Bank X"));
        setup.issuers.push(IssuerSetup::new("BANK_USD", "Bank of Dollars").taking("USD"));
        setup.issuers.push(IssuerSetup::new("BANK_SMALL", "Small Bank").with("max_amount_micros = 1000000"));
    });
    let world = setup.start().await;
    let (address, page) = world.choice("rq-0001").await;
    assert_eq!(page.choices(), ["BANK_B", "BANK_A"], "exactly the approved ones that fit, in the account's order");
    assert!(page.text().contains("Bank B") && page.text().contains("Play Movies"));

    // An issuer that the page does not offer cannot be chosen behind its back.
    for stranger in ["BANK_X", "BANK_USD", "BANK_SMALL", "BANK_NOBODY", "", "../BANK_A"] {
        let back = world.browser.submit(page.form(&address, "/choose"), &[("issuer", stranger)]).await;
        assert_eq!((back.status, back.location().path()), (303, address.path()), "{stranger}");
    }
    assert_eq!(world.ask("rq-0001").await, json!({"pending": {}}));
    let chosen = world.browser.submit(page.form(&address, "/choose"), &[("issuer", "BANK_B")]).await;
    assert_eq!(chosen.status, 303);
    world.banks[1].arrive(&chosen.location());
}

#[tokio::test]
async fn beg_3_an_issuer_that_is_not_the_accounts_is_refused() {
    let setup = Setup::pgp().with(|setup| setup.issuers.push(IssuerSetup::new("BANK_X", "Bank X")));
    let world = setup.start().await;
    for issuer in ["BANK_X", "BANK_NOBODY"] {
        let page = world.begin("rq-0001", Some(issuer)).await;
        assert_eq!(world.peer().read_home(&page.location()).error(), "invalidIdentifier", "{issuer}");
        assert_eq!(world.payment("rq-0001").await, None);
    }
}

#[tokio::test]
async fn beg_4_only_a_get_begins() {
    let world = Setup::pgp().start().await;
    let url = world.peer().begin_url(&world.origin, &world.peer().redirect_request("rq-0001", Some("BANK_A")));
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"] {
        let page = world.browser.request(method, &url).await;
        assert!((400..500).contains(&page.status) && !page.has_location(), "{method} {}", page.status);
    }
    assert_eq!(world.payment("rq-0001").await, None);
}

/// A callback of exactly `length` characters.
fn long_callback(id: &str, length: usize) -> String {
    let start = format!("{}&pad=", callback_of(id));
    format!("{start}{}", "x".repeat(length - start.len()))
}

#[tokio::test]
async fn beg_5_a_callback_that_is_not_googles_is_never_followed() {
    let world = Setup::pgp().start().await;
    let before = world.rows().await;
    let query = "redirectRequestId=rq-0001";
    for callback in [
        format!("https://evil.example/return?{query}"),
        format!("http://payments.google.test/return?{query}"),
        format!("https://payments.google.test.evil.example/return?{query}"),
        format!("https://payments.google.test@evil.example/return?{query}"),
        format!("https://user:word@payments.google.test/return?{query}"),
        format!("https://payments.google.test:8443/return?{query}"),
        format!("https://payments.google.test/return?{query}#fragment"),
        format!("//payments.google.test/return?{query}"),
        format!("/return?{query}"),
        "javascript:alert(1)".to_owned(),
        format!("https://evil.example\\@payments.google.test.evil.example/?{query}"),
        format!("{CALLBACK}?{query}&redirectResponse=ready-made"),
        format!("{CALLBACK}?{query}&{query}"),
        long_callback("rq-0001", 513),
        String::new(),
    ] {
        let sealed =
            world.peer().seal(&world.peer().redirect_request("rq-0001", Some("BANK_A")), Carrier::UrlParameter);
        let page = world.get(begin_url(&world.origin, &callback, &sealed)).await;
        assert_eq!((page.status, page.has_location()), (400, false), "{callback}");

        if !callback.is_empty() {
            let mut request = world.peer().generate_request("rq-0001", Some("BANK_A"));
            request["callbackUrl"] = json!(callback);
            let called = world.call("generateRedirectPaymentUrl", &request).await;
            assert_eq!((called.status(), called.error().as_str()), (400, "invalidFieldValue"), "{callback}");
        }
    }
    assert_eq!(world.rows().await, before, "nothing may be stored");
}

#[tokio::test]
async fn beg_5_a_callback_of_512_characters_is_kept_as_it_is() {
    let world = Setup::pgp().start().await;
    let callback = long_callback("rq-0001", 512);
    let sealed = world.peer().seal(&world.peer().redirect_request("rq-0001", Some("BANK_A")), Carrier::UrlParameter);
    let page = world.get(begin_url(&world.origin, &callback, &sealed)).await;
    let visit = world.bank().arrive(&page.location());
    let home = world.goes_home(&visit, &Word::APPROVED).await;
    assert!(home.url.as_str().starts_with(&callback), "{}", home.url);
}

#[tokio::test]
async fn beg_7_what_cannot_be_verified_is_told_only_to_google() {
    let world = Setup::pgp().start().await;
    let stranger = world.stranger();
    let before = world.rows().await;
    let request = stranger.redirect_request("rq-0001", Some("BANK_A"));
    let signed_by_stranger = stranger.seal(&request, Carrier::UrlParameter);
    let good = world.peer().seal(&request, Carrier::UrlParameter);
    let other = if &good[700..701] == "A" { "B" } else { "A" };
    let damaged = format!("{}{other}{}", &good[..700], &good[701..]);
    for (sealed, code) in [
        (signed_by_stranger.as_str(), "invalidPayloadSignature"),
        (damaged.as_str(), "invalidPayloadEncryption"),
        ("ZXhhbXBsZQ", "invalidPayloadEncryption"),
        ("", "invalidPayloadEncryption"),
        ("{}", "invalidPayloadEncryption"),
    ] {
        for foreign in [
            "https://evil.example/?redirectRequestId=rq-0001",
            "not a url",
            "",
            "https://payments.google.test.evil.example/",
        ] {
            let page = world.get(begin_url(&world.origin, foreign, sealed)).await;
            assert_eq!((page.status, page.has_location()), (400, false), "{code} {foreign}");
            assert!(!page.text().contains("rq-0001") && !page.text().contains("evil"));
        }
        let page = world.get(begin_url(&world.origin, &callback_of("rq-0001"), sealed)).await;
        let home = world.peer().read_home(&page.location());
        assert_eq!((home.error().as_str(), home.piaid.as_str()), (code, "ExamplePay_INR"));
    }
    assert_eq!(world.rows().await, before, "nothing may be stored");
}

#[tokio::test]
async fn a_begin_parameter_that_stands_twice_is_refused() {
    let world = Setup::pgp().start().await;
    let good = world.peer().begin_url(&world.origin, &world.peer().redirect_request("rq-0001", Some("BANK_A")));
    for twice in ["callbackUrl", "redirectRequest", "utm_source"] {
        let mut url = good.clone();
        url.query_pairs_mut().append_pair("utm_source", "x");
        let (_, value) = url.clone().query_pairs().into_owned().find(|(name, _)| name == twice).unwrap();
        url.query_pairs_mut().append_pair(twice, &value);
        let page = world.get(&url).await;
        assert_eq!((page.status, page.has_location()), (400, false), "{twice}");
    }
    assert_eq!(world.payment("rq-0001").await, None);
    let mut url = good;
    url.query_pairs_mut().append_pair("utm_source", "x");
    world.bank().arrive(&world.get(&url).await.location());
}

#[tokio::test]
async fn cmp_8_a_reload_of_begin_makes_no_second_payment() {
    let world = Setup::pgp().start().await;
    let request = world.peer().redirect_request("rq-0001", Some("BANK_A"));
    let url = world.peer().begin_url(&world.origin, &request);
    let first = world.bank().arrive(&world.get(&url).await.location());
    let rows = world.rows().await;
    for _ in 0..3 {
        let again = world.bank().arrive(&world.get(&url).await.location());
        assert_eq!(again.transaction_id, first.transaction_id);
    }
    assert_eq!(world.rows().await, rows, "a reload stores nothing");
    // The same request, sealed anew with a fresh time.
    world.pass(20 * SECOND);
    let anew = world.peer().redirect_request("rq-0001", Some("BANK_A"));
    let again = world.bank().arrive(&world.get(world.peer().begin_url(&world.origin, &anew)).await.location());
    assert_eq!(again.transaction_id, first.transaction_id);

    world.goes_home(&first, &Word::APPROVED).await;
    let home = world.peer().read_home(&world.get(&url).await.location());
    assert_eq!(home.result(), &json!({"success": {}}));
}

#[tokio::test]
async fn cmp_8_a_reload_of_begin_without_an_issuer_comes_back_to_the_same_page() {
    let world = Setup::pgp().start().await;
    let url = world.peer().begin_url(&world.origin, &world.peer().redirect_request("rq-0001", None));
    let first = world.get(&url).await.location();
    assert_eq!(world.get(&url).await.location(), first);
    let page = world.get(&first).await;
    world.browser.submit(page.form(&first, "/choose"), &[("issuer", "BANK_B")]).await;
    world.banks[1].arrive(&world.get(&url).await.location());
    assert_eq!(world.started().await, 1);
}

#[tokio::test]
async fn a_known_begin_request_resumes_at_any_age() {
    let world = Setup::pgp().start().await;
    let url = world.peer().begin_url(&world.origin, &world.peer().redirect_request("rq-0001", Some("BANK_A")));
    let visit = world.bank().arrive(&world.get(&url).await.location());
    world.pass(20 * MINUTE);
    world.bank().arrive(&world.get(&url).await.location());
    world.goes_home(&visit, &Word::DECLINED.reason("insufficient_funds")).await;
    world.pass(40 * DAY);
    let home = world.peer().read_home(&world.get(&url).await.location());
    assert_eq!(home.result(), &json!({"insufficientFunds": {}}));
}

#[tokio::test]
async fn an_unknown_begin_request_out_of_the_clock_window_starts_nothing() {
    let world = Setup::pgp().start().await;
    let url = world.peer().begin_url(&world.origin, &world.peer().redirect_request("rq-0001", Some("BANK_A")));
    world.pass(61 * SECOND);
    let home = world.peer().read_home(&world.get(&url).await.location());
    assert_eq!(home.error(), "requestTimestampOutOfRange");
    assert_eq!(world.payment("rq-0001").await, None);
}

#[tokio::test]
async fn idm_3_another_begin_request_under_the_same_id_is_a_violation() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    let good = world.peer().redirect_request("rq-0001", Some("BANK_A"));
    let mut amount = good.clone();
    amount["transactionAmount"]["amountMicros"] = json!("109910000");
    let mut description = good.clone();
    description["transactionDescription"] = json!("Play Films");
    let other_issuer = world.peer().redirect_request("rq-0001", Some("BANK_B"));
    for changed in [amount, description, other_issuer] {
        let page = world.get(world.peer().begin_url(&world.origin, &changed)).await;
        assert_eq!(world.peer().read_home(&page.location()).error(), "idempotencyViolation", "{changed}");
    }
    // Another callback is another content too, for it is all that the browser brings in clear.
    let sealed = world.peer().seal(&good, Carrier::UrlParameter);
    let page = world.get(begin_url(&world.origin, &format!("{}&a=b", callback_of("rq-0001")), &sealed)).await;
    assert_eq!(world.peer().read_home(&page.location()).error(), "idempotencyViolation");
    // The payment itself goes on.
    assert_eq!(world.goes_home(&visit, &Word::APPROVED).await.result(), &json!({"success": {}}));
}

#[tokio::test]
async fn a_payment_that_no_issuer_takes_goes_home_declined() {
    let world = Setup::pgp().start().await;
    for (id, issuer, amount, currency, result) in [
        (
            "rq-under",
            "BANK_A",
            "10000",
            "INR",
            json!({"chargeUnderLimit": {"rawResult": {"rawCode": "no_issuer_fits"},
                "minimumTransactionLimit": {"amountMicros": "1000000", "currencyCode": "INR"}}}),
        ),
        (
            "rq-over",
            "BANK_A",
            "200000010000",
            "INR",
            json!({"chargeExceedsTransactionLimit": {"rawResult": {"rawCode": "no_issuer_fits"},
                "transactionLimit": {"amountMicros": "200000000000", "currencyCode": "INR"}}}),
        ),
        (
            "rq-currency",
            "",
            "109900000",
            "EUR",
            json!({"accountDoesNotSupportCurrency": {"rawResult": {"rawCode": "no_issuer_fits"}}}),
        ),
    ] {
        let mut request = world.peer().redirect_request(id, Some(issuer).filter(|issuer| !issuer.is_empty()));
        request["transactionAmount"] = json!({"amountMicros": amount, "currencyCode": currency});
        let page = world.get(world.peer().begin_url(&world.origin, &request)).await;
        assert_eq!(world.peer().read_home(&page.location()).result(), &result, "C1 of {id}");
        assert_eq!(world.google.accepted(id).await.clear["result"], result, "C2 of {id}");
        assert_eq!(world.ask(id).await, result, "C3 of {id}");
    }
}

#[tokio::test]
async fn the_choice_runs_out() {
    let world = Setup::pgp().with(|setup| setup.google_more = "choice_timeout_s = 600".to_owned()).start().await;
    let (address, page) = world.choice("rq-0001").await;
    world.pass(10 * MINUTE + SECOND);
    world.becomes("rq-0001", &json!({"userExitedPaymentFlow": {}})).await;
    assert_eq!(world.google.accepted("rq-0001").await.clear["result"], json!({"userExitedPaymentFlow": {}}));
    assert_eq!(world.google.accepted("rq-0001").await.clear["formOfPayment"], json!({"noneChosen": {}}));
    // The old page leads home, not to an issuer.
    for url in
        [world.get(&address).await, world.browser.submit(page.form(&address, "/choose"), &[("issuer", "BANK_A")]).await]
    {
        let home = world.peer().read_home(&url.location());
        assert_eq!(home.result(), &json!({"userExitedPaymentFlow": {}}));
    }
}

#[tokio::test]
async fn two_accounts_never_mix_their_payments() {
    let world = two_accounts().await;
    let [first, second] = [&world.peers[0], &world.peers[1]];
    let mut visits = Vec::new();
    for peer in [first, second] {
        let page = world.get(peer.begin_url(&world.origin, &peer.redirect_request("rq-0001", Some("BANK_A")))).await;
        visits.push(world.bank().arrive(&page.location()));
    }
    assert_ne!(visits[0].transaction_id, visits[1].transaction_id, "the id counts within its account");
    let home: Url = world.returns(&visits[1], &Word::APPROVED).await.location();
    assert_eq!(second.read_home(&home).piaid, "Second_INR");
    let status = second
        .call(&world.browser, &world.origin, "getRedirectPaymentStatus", &second.status_request("st-a", "rq-0001"))
        .await;
    assert_eq!(status.ok()["result"], json!({"success": {}}));
    let status = first
        .call(&world.browser, &world.origin, "getRedirectPaymentStatus", &first.status_request("st-a", "rq-0001"))
        .await;
    assert_eq!(status.ok()["result"], json!({"pending": {}}));
}

/// Two accounts in two schemes, each with keys of its own.
async fn two_accounts() -> World {
    let second = AccountSetup {
        own: vec!["ours-second"],
        peers: vec!["google-second"],
        ..AccountSetup::new("Second_INR", roundtrip::crypto::Scheme::Jose)
    };
    Setup::pgp().with(|setup| setup.accounts.push(second)).start().await
}
