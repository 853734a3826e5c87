//! Back button, reload, two tabs, bookmarks: never a second payment, never a stranded payer (contract section 3).

use serde_json::json;

use crate::harness::{DAY, HOUR, MINUTE, Setup, Word};

#[tokio::test]
async fn two_tabs_that_choose_two_issuers_make_one_payment() {
    let world = Setup::pgp().start().await;
    let (address, page) = world.choice("rq-0001").await;
    let choose = page.form(&address, "/choose");
    let first = world.browser.submit(&choose, &[("issuer", "BANK_A")]).await;
    let visit = world.bank().arrive(&first.location());
    // The second tab still shows the list. The first choice holds: straight to the issuer that has the payment.
    let second = world.browser.submit(&choose, &[("issuer", "BANK_B")]).await;
    assert_eq!(second.status, 303);
    assert_eq!(world.bank().arrive(&second.location()).transaction_id, visit.transaction_id);
    let told = world.get(&address).await;
    assert_eq!(told.status, 200);
    assert!(told.text().contains("Bank A") && !told.text().contains("Bank B"));
    let go_on =
        told.attributes("a", "href").into_iter().find(|href| href.contains("/authorize")).expect("a way to go on");
    assert_eq!(world.bank().arrive(&go_on.parse().unwrap()).transaction_id, visit.transaction_id);
    // The same choice again goes on to the same issuer.
    let again = world.browser.submit(&choose, &[("issuer", "BANK_A")]).await;
    assert_eq!(world.bank().arrive(&again.location()).transaction_id, visit.transaction_id);

    assert_eq!(world.goes_home(&visit, &Word::APPROVED).await.result(), &json!({"success": {}}));
    let late = world.browser.submit(&choose, &[("issuer", "BANK_B")]).await;
    assert_eq!(late.status, 303);
    assert_eq!(world.peer().read_home(&late.location()).result(), &json!({"success": {}}));
    assert_eq!(world.started().await, 1);
}

#[tokio::test]
async fn the_other_tabs_issuer_cannot_speak_of_the_payment() {
    let world = Setup::pgp().start().await;
    let (address, page) = world.choice("rq-0001").await;
    let sent = world.browser.submit(page.form(&address, "/choose"), &[("issuer", "BANK_A")]).await;
    let visit = world.bank().arrive(&sent.location());
    let mut wrong = visit.clone();
    wrong.return_url = format!("{}/return/BANK_B", world.origin);
    let page = world.get(world.banks[1].return_url(&wrong, &Word::APPROVED)).await;
    assert_eq!((page.status, page.has_location()), (403, false));
    assert_eq!(world.ask("rq-0001").await, json!({"pending": {}}));
}

#[tokio::test]
async fn back_and_reload_after_the_choice_lead_on() {
    let world = Setup::pgp().start().await;
    let (address, page) = world.choice("rq-0001").await;
    let sent = world.browser.submit(page.form(&address, "/choose"), &[("issuer", "BANK_A")]).await;
    let visit = world.bank().arrive(&sent.location());
    for _ in 0..3 {
        let back = world.get(&address).await;
        assert_eq!(back.status, 200);
        assert!(back.choices().is_empty(), "no second choice");
        let on = back.attributes("a", "href").into_iter().find(|href| href.contains("/authorize")).unwrap();
        assert_eq!(world.bank().arrive(&on.parse().unwrap()).transaction_id, visit.transaction_id);
    }
    // The page also lets the payer look again, and leave.
    let back = world.get(&address).await;
    let again = back.attributes("a", "href").into_iter().find(|href| href.contains("/pay/")).expect("check again");
    assert_eq!(world.get(address.join(&again).unwrap()).await.status, 200);
    let left = world.browser.submit(back.form(&address, "/cancel"), &[]).await;
    let home = world.peer().read_home(&left.location());
    assert_eq!((left.status, home.result()), (303, &json!({"userExitedPaymentFlow": {}})));
}

#[tokio::test]
async fn an_address_that_was_kept_goes_home_with_the_outcome() {
    let world = Setup::pgp().start().await;
    for (id, word, result) in [
        ("rq-paid", Word::APPROVED, json!({"success": {}})),
        ("rq-declined", Word::DECLINED.reason("risk"), json!({"riskDeclined": {}})),
    ] {
        let (address, page) = world.choice(id).await;
        let choose = page.form(&address, "/choose");
        let cancel = page.form(&address, "/cancel");
        let visit = world.bank().arrive(&world.browser.submit(&choose, &[("issuer", "BANK_A")]).await.location());
        world.goes_home(&visit, &word).await;
        for page in [
            world.get(&address).await,
            world.browser.submit(&choose, &[("issuer", "BANK_B")]).await,
            world.browser.submit(&cancel, &[]).await,
        ] {
            assert_eq!(world.peer().read_home(&page.location()).result(), &result);
        }
        world.google.accepted(id).await;
        assert_eq!(world.google.notifications(id).len(), 1);
    }
}

#[tokio::test]
async fn while_the_issuer_has_not_decided_everything_says_pending() {
    let world = Setup::pgp().start().await;
    let (address, page) = world.choice("rq-0001").await;
    let choose = page.form(&address, "/choose");
    let visit = world.bank().arrive(&world.browser.submit(&choose, &[("issuer", "BANK_A")]).await.location());
    assert_eq!(world.goes_home(&visit, &Word::PENDING).await.result(), &json!({"pending": {}}));
    let kept = world.get(&address).await;
    assert_eq!(kept.status, 200, "an old link shows that it is not confirmed yet");
    assert!(
        kept.text().contains("not confirmed yet") || kept.text().contains("has not yet told us"),
        "{}",
        kept.text()
    );
    let home =
        kept.attributes("a", "href").into_iter().find(|href| href.contains("redirectResponse")).expect("a way home");
    assert_eq!(world.peer().read_home(&home.parse().unwrap()).result(), &json!({"pending": {}}));
    // Cancelling is over: the issuer may already hold the money.
    let cancelled = world.browser.submit(page.form(&address, "/cancel"), &[]).await;
    assert_eq!(world.peer().read_home(&cancelled.location()).result(), &json!({"pending": {}}));
    assert_eq!(world.ask("rq-0001").await, json!({"pending": {}}));
    assert!(world.google.notifications("rq-0001").is_empty());
}

#[tokio::test]
async fn an_expired_pay_link_is_gone() {
    let world = Setup::pgp().start().await;
    let (address, page) = world.choice("rq-0001").await;
    let generated =
        world.call("generateRedirectPaymentUrl", &world.peer().generate_request("rq-0002", None)).await.payment_url();
    world.pass(DAY);
    for expired in [
        world.get(&address).await,
        world.get(&generated).await,
        world.browser.submit(page.form(&address, "/choose"), &[("issuer", "BANK_A")]).await,
        world.browser.submit(page.form(&address, "/cancel"), &[]).await,
    ] {
        assert_eq!((expired.status, expired.has_location()), (410, false));
        assert!(!expired.text().contains("109") && !expired.text().contains("Play Movies"), "nothing of the payment");
    }
}

#[tokio::test]
async fn a_pay_link_lives_as_long_as_its_payment_can_be_open() {
    let world = Setup::pgp().start().await;
    let (address, page) = world.choice("rq-0001").await;
    world.pass(29 * MINUTE);
    let sent = world.browser.submit(page.form(&address, "/choose"), &[("issuer", "BANK_A")]).await;
    world.bank().arrive(&sent.location());
    world.pass(29 * MINUTE);
    assert_eq!(world.get(&address).await.status, 200);
}

#[tokio::test]
async fn a_tampered_pay_link_is_refused() {
    let world = Setup::pgp().start().await;
    let (address, page) = world.choice("rq-0001").await;
    let other = world.begin("rq-0002", None).await.location();
    let text = address.as_str();
    let pair = |name: &str| -> String {
        address.query().unwrap().split('&').find(|pair| pair.starts_with(&format!("{name}="))).unwrap().to_owned()
    };
    let exp: i64 = pair("exp")[4..].parse().unwrap();
    let choose = page.form(&address, "/choose");
    for (desc, url) in [
        ("another payment", text.replace(address.path(), other.path())),
        ("a longer life", text.replace(&pair("exp"), &format!("exp={}", exp + 1))),
        ("another signature", text.replace(&pair("sig"), &format!("sig={}", "A".repeat(43)))),
        ("no signature", text.replace(&format!("&{}", pair("sig")), "")),
        ("an empty signature", text.replace(&pair("sig"), "sig=")),
        ("no expiry", text.replace(&pair("exp"), "").replace("?&", "?")),
        ("no key", text.replace(&format!("&{}", pair("kid")), "")),
        ("an unknown key", text.replace(&pair("kid"), "kid=nobody")),
        ("a further parameter", format!("{text}&a=b")),
        ("a repeated expiry", format!("{text}&{}", pair("exp"))),
        ("a repeated key", format!("{text}&{}", pair("kid"))),
        ("a repeated signature", format!("{text}&{}", pair("sig"))),
        ("no query", text.split('?').next().unwrap().to_owned()),
        ("the choice's signature", format!("{}{}?{}", world.origin, address.path(), choose.query().unwrap())),
        ("a tampered link that would have expired", text.replace(&pair("exp"), "exp=1735689599")),
        ("no payment at all", text.replace(address.path(), "/pay/x")),
    ] {
        let refused = world.get(&url).await;
        assert_eq!((refused.status, refused.has_location()), (403, false), "{desc}: {url}");
        assert!(!refused.text().contains("Play Movies"), "{desc}");
    }
    // What is good for the page is not good for its forms.
    for tail in ["/choose", "/cancel"] {
        let url = format!("{}{}{tail}?{}", world.origin, address.path(), address.query().unwrap());
        let refused = world.browser.submit(url, &[("issuer", "BANK_A")]).await;
        assert_eq!((refused.status, refused.has_location()), (403, false), "{tail}");
    }
    assert_eq!(world.ask("rq-0001").await, json!({"pending": {}}));
    assert_eq!(world.get(&address).await.status, 200, "the genuine link still works");
    world.pass(HOUR);
}

#[tokio::test]
async fn cancelling_on_the_choice_page_goes_home() {
    let world = Setup::pgp().start().await;
    let (address, page) = world.choice("rq-0001").await;
    let cancel = page.form(&address, "/cancel");
    let left = world.browser.submit(&cancel, &[]).await;
    assert_eq!((left.status, left.header("cache-control")), (303, "no-store"));
    let home = world.peer().read_home(&left.location());
    assert_eq!(home.result(), &json!({"userExitedPaymentFlow": {}}));
    assert_eq!(home.clear["formOfPayment"], json!({"noneChosen": {}}));
    assert_eq!(world.google.accepted("rq-0001").await.clear["result"], json!({"userExitedPaymentFlow": {}}));
    assert_eq!(world.ask("rq-0001").await, json!({"userExitedPaymentFlow": {}}));
    // Forms are POST: a link that somebody follows cancels nothing.
    let (address, page) = world.choice("rq-0002").await;
    for tail in ["/cancel", "/choose"] {
        let got = world.get(page.form(&address, tail)).await;
        assert!((400..500).contains(&got.status), "{tail} {}", got.status);
    }
    assert_eq!(world.ask("rq-0002").await, json!({"pending": {}}));
}
