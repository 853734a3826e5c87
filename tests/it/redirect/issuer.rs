//! The payer's return from the issuer (contract section 5).

use serde_json::{Value, json};
use url::Url;

use crate::harness::{Bank, DAY, HOUR, SECOND, Setup, Visit, Word, su1};

#[tokio::test]
async fn a_forged_return_is_refused() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    let declined = world.bank().return_url(&visit, &Word::DECLINED);
    let good = world.bank().return_url(&visit, &Word::APPROVED);
    let text = good.as_str();
    let exp_s = world.peer().now().plus_millis(HOUR).as_secs();
    let fields = [
        ("transactionId", visit.transaction_id.as_str()),
        ("outcome", "approved"),
        ("issuerReference", "x"),
        ("amountMicros", "109900000"),
        ("currency", "INR"),
    ];
    let signed = |kid: &str, secret: &[u8], purpose: &str, base: &str| {
        su1::signed_url((kid, secret), purpose, base, &fields, exp_s).to_string()
    };
    let bank = world.bank();
    let own = format!("{}/return/BANK_A", world.origin);
    let pair =
        |name: &str| text.split(['?', '&']).find(|pair| pair.starts_with(&format!("{name}="))).unwrap().to_owned();
    for (desc, url) in [
        ("a declined one made approved", declined.as_str().replace("declined", "approved")),
        ("another amount", text.replace("109900000", "109900001")),
        ("another key", signed(&bank.kid, &[9; 32], "issuer-return", &own)),
        ("an unknown key id", signed("nobody", &bank.secret, "issuer-return", &own)),
        ("another purpose", signed(&bank.kid, &bank.secret, "issuer-authorize", &own)),
        ("our own purpose", signed(&bank.kid, &bank.secret, "pay", &own)),
        (
            "for another address",
            signed(&bank.kid, &bank.secret, "issuer-return", &own).replace("/return/BANK_A", "/return/BANK_B"),
        ),
        (
            "for another host",
            signed(&bank.kid, &bank.secret, "issuer-return", "https://pay.example.com/return/BANK_A")
                .replace("https://pay.example.com", &world.origin),
        ),
        ("no signature", text.replace(&format!("&{}", pair("sig")), "")),
        ("a repeated outcome", format!("{text}&outcome=approved")),
        ("a repeated signature", format!("{text}&{}", pair("sig"))),
        ("a further parameter", format!("{text}&reason=x")),
        (
            "eight days ahead",
            bank.return_url_until(&visit, &Word::APPROVED, world.peer().now().plus_millis(8 * DAY).as_secs()).into(),
        ),
        (
            "forged and expired",
            su1::signed_url((&bank.kid, &[9; 32]), "issuer-return", &own, &fields, exp_s - 2 * HOUR / SECOND).into(),
        ),
        ("no query", own.clone()),
        ("an unknown issuer", text.replace("BANK_A", "BANK_NOBODY")),
    ] {
        let page = world.get(&url).await;
        assert_eq!((page.status, page.has_location()), (403, false), "{desc}: {url}");
        assert!(!page.text().contains(&visit.transaction_id) && !page.text().contains("Play Movies"), "{desc}");
    }
    assert_eq!(world.ask("rq-0001").await, json!({"pending": {}}));
    assert_eq!(world.attention("rq-0001").await, Value::Null);
    assert_eq!(world.goes_home(&visit, &Word::APPROVED).await.result(), &json!({"success": {}}));
}

#[tokio::test]
async fn an_expired_return_is_gone() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    let now_s = world.peer().now().as_secs();
    let page = world.get(world.bank().return_url_until(&visit, &Word::APPROVED, now_s - 1)).await;
    assert_eq!((page.status, page.has_location()), (410, false));
    assert_eq!(world.ask("rq-0001").await, json!({"pending": {}}));
    let in_a_week = world.bank().return_url_until(&visit, &Word::APPROVED, now_s + 7 * DAY / SECOND);
    assert_eq!(world.peer().read_home(&world.get(in_a_week).await.location()).result(), &json!({"success": {}}));
}

#[tokio::test]
async fn a_replayed_return_goes_home_with_the_same_outcome() {
    let world = Setup::pgp().start().await;
    for (id, word, result) in [
        ("rq-paid", Word::APPROVED, json!({"success": {}})),
        (
            "rq-declined",
            Word::DECLINED.reason("insufficient_funds").raw_code("51"),
            json!({"insufficientFunds": {"rawResult": {"rawCode": "51"}}}),
        ),
        ("rq-cancelled", Word::CANCELLED, json!({"userExitedPaymentFlow": {}})),
    ] {
        let visit = world.at_bank(id).await;
        let url = world.bank().return_url(&visit, &word);
        let mut sealed = std::collections::HashSet::new();
        for _ in 0..3 {
            let home = world.peer().read_home(&world.get(&url).await.location());
            assert_eq!(home.result(), &result);
            sealed.insert(home.sealed);
        }
        assert_eq!(sealed.len(), 3, "a fresh encryption each time");
        world.google.accepted(id).await;
        assert_eq!(world.google.notifications(id).len(), 1);
    }
}

#[tokio::test]
async fn a_return_for_another_issuers_payment_is_refused() {
    let world = Setup::pgp().start().await;
    let at_a = world.at_bank("rq-0001").await;
    world.begin("rq-0002", None).await;
    let unchosen = world.payment("rq-0002").await.unwrap()["transactionId"].as_str().unwrap().to_owned();
    let nobody = "01930d2c-7a44-7000-8000-0123456789ab".to_owned();
    for id in [at_a.transaction_id.clone(), unchosen, nobody, "77".to_owned()] {
        // A genuine return of BANK_B, to its own address.
        let visit = Visit { transaction_id: id, return_url: format!("{}/return/BANK_B", world.origin), ..at_a.clone() };
        let page = world.get(world.banks[1].return_url(&visit, &Word::APPROVED)).await;
        assert!(matches!(page.status, 400 | 403) && !page.has_location(), "{}", page.status);
        let event = Bank::event(&visit, &Word::APPROVED);
        let answer =
            world.banks[1].send(&world.browser, &world.origin, &format!("msg_{}", visit.transaction_id), &event).await;
        assert!((400..500).contains(&answer.status), "{}", answer.status);
    }
    for id in ["rq-0001", "rq-0002"] {
        assert_eq!(world.ask(id).await, json!({"pending": {}}));
    }
}

#[tokio::test]
async fn a_differing_amount_keeps_the_payment_open_and_goes_before_finance() {
    let world = Setup::pgp().start().await;
    for (id, word) in [
        ("rq-less", Word::APPROVED.amount("109890000", "INR")),
        ("rq-more", Word::APPROVED.amount("1099000000", "INR")),
        ("rq-currency", Word::APPROVED.amount("109900000", "USD")),
        ("rq-zero", Word::APPROVED.amount("0", "INR")),
    ] {
        let visit = world.at_bank(id).await;
        let page = world.returns(&visit, &word).await;
        assert_eq!((page.status, page.has_location()), (200, false), "{id}: a page says so");
        assert!(page.text().contains("Bank A"));
        let home = page
            .attributes("a", "href")
            .into_iter()
            .find(|href| href.contains("redirectResponse"))
            .expect("a way home");
        assert_eq!(world.peer().read_home(&home.parse::<Url>().unwrap()).result(), &json!({"pending": {}}));
        assert_eq!(world.ask(id).await, json!({"pending": {}}), "{id}");
        assert_eq!(world.attention(id).await, json!("amount_differs"), "{id}");
        assert!(world.google.notifications(id).is_empty());
        // The issuer puts it right.
        assert_eq!(world.goes_home(&visit, &Word::APPROVED).await.result(), &json!({"success": {}}), "{id}");
        world.google.accepted(id).await;
    }
}

#[tokio::test]
async fn a_return_that_is_not_understood_decides_nothing() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    let exp_s = world.peer().now().plus_millis(HOUR).as_secs();
    let good = [
        ("transactionId", visit.transaction_id.as_str()),
        ("outcome", "approved"),
        ("issuerReference", "x"),
        ("amountMicros", "109900000"),
        ("currency", "INR"),
    ];
    for (name, value) in [
        ("outcome", "paid"),
        ("outcome", ""),
        ("amountMicros", "-109900000"),
        ("amountMicros", "109900000.0"),
        ("amountMicros", "99999999999999999999"),
        ("currency", "rupees"),
        ("transactionId", "77"),
    ] {
        let fields: Vec<_> =
            good.iter().map(|(given, old)| (*given, if *given == name { value } else { *old })).collect();
        let url = su1::signed_url(
            (&world.bank().kid, &world.bank().secret),
            "issuer-return",
            &visit.return_url,
            &fields,
            exp_s,
        );
        let page = world.get(&url).await;
        assert!((400..500).contains(&page.status) && !page.has_location(), "{name}={value}: {}", page.status);
    }
    for (left_out, _) in good {
        let fields: Vec<_> = good.iter().filter(|(given, _)| *given != left_out).copied().collect();
        let url = su1::signed_url(
            (&world.bank().kid, &world.bank().secret),
            "issuer-return",
            &visit.return_url,
            &fields,
            exp_s,
        );
        let page = world.get(&url).await;
        assert!((400..500).contains(&page.status) && !page.has_location(), "without {left_out}: {}", page.status);
    }
    assert_eq!(world.ask("rq-0001").await, json!({"pending": {}}));
}

#[tokio::test]
async fn a_reason_that_nobody_knows_is_a_decline_with_its_name() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    let home = world.goes_home(&visit, &Word::DECLINED.reason("moon_phase")).await;
    assert_eq!(home.result(), &json!({"declinedByIssuer": {"rawResult": {"rawCode": "moon_phase"}}}));
}

#[tokio::test]
async fn url_2_our_own_addresses_hold_no_account() {
    let world = Setup::pgp().start().await;
    let (address, page) = world.choice("rq-0001").await;
    let generated = world.call("generateRedirectPaymentUrl", &world.peer().generate_request("rq-0002", None)).await;
    let sent = world.browser.submit(page.form(&address, "/choose"), &[("issuer", "BANK_A")]).await;
    let visit = world.bank().arrive(&sent.location());
    let at_bank = world.get(&address).await;
    let mut minted = vec![
        address.to_string(),
        generated.payment_url().to_string(),
        sent.location().to_string(),
        visit.return_url.clone(),
        page.form(&address, "/choose").to_string(),
        page.form(&address, "/cancel").to_string(),
    ];
    for page in [&page, &at_bank] {
        for (element, attribute) in [("a", "href"), ("link", "href"), ("img", "src"), ("form", "action")] {
            minted.extend(page.attributes(element, attribute));
        }
    }
    assert!(minted.len() > 8);
    for url in minted {
        assert!(!url.contains("ExamplePay"), "{url}");
    }
}
