//! Payer pages at the level of HTTP (architecture section 7); how they look is for the browser's tests.

use serde_json::json;

use crate::harness::{Page, Setup, Word, World};

#[track_caller]
fn check_headers(page: &Page, desc: &str) {
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{desc}");
    assert_eq!(page.header("cache-control"), "no-store", "{desc}");
    assert_eq!(page.header("referrer-policy"), "no-referrer", "{desc}");
    assert_eq!(page.header("x-content-type-options"), "nosniff", "{desc}");
    assert!(page.headers.get("set-cookie").is_none(), "{desc}: no cookie is needed");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{desc}: {policy}");
    for forbidden in ["unsafe-inline", "unsafe-eval", "script-src", " * ", "data:"] {
        assert!(!policy.contains(forbidden), "{desc}: {policy}");
    }
    let text = page.text().to_lowercase();
    for forbidden in ["<script", "javascript:", " onclick", " onload", "<iframe", " style=\""] {
        assert!(!text.contains(forbidden), "{desc}: {forbidden}");
    }
}

/// Each kind of page that a payer can meet.
async fn every_page(world: &World) -> Vec<(&'static str, Page)> {
    let (address, choice) = world.choice("rq-choice").await;
    let sent = world.browser.submit(choice.form(&address, "/choose"), &[("issuer", "BANK_A")]).await;
    let visit = world.bank().arrive(&sent.location());
    let at_bank = world.get(&address).await;
    let differs = world.returns(&visit, &Word::APPROVED.amount("1", "INR")).await;
    let waiting = world.get(&address).await;
    let refused = world.get(format!("{}{}", world.origin, address.path())).await;
    let missing = world.get(format!("{}/nothing-here", world.origin)).await;
    let unreadable = world.get(format!("{}/begin", world.origin)).await;
    vec![
        ("choice", choice),
        ("at the bank", at_bank),
        ("differing amount", differs),
        ("not confirmed", waiting),
        ("refused", refused),
        ("not found", missing),
        ("unreadable", unreadable),
    ]
}

#[tokio::test]
async fn every_page_is_sealed_off() {
    let world = Setup::pgp().start().await;
    for (desc, page) in every_page(&world).await {
        check_headers(&page, desc);
    }
}

#[tokio::test]
async fn beg_6_every_page_fits_a_phone() {
    let world = Setup::pgp().start().await;
    for (desc, page) in every_page(&world).await {
        let viewport = page.text().contains("name=\"viewport\" content=\"width=device-width");
        assert!(viewport, "{desc}: {}", page.text());
    }
}

#[tokio::test]
async fn forms_lead_only_to_the_issuers_and_home() {
    let world = Setup::pgp().start().await;
    let (_, page) = world.choice("rq-0001").await;
    let policy = page.header("content-security-policy");
    let (_, targets) = policy.split_once("form-action ").unwrap();
    let targets: Vec<&str> = targets.split(';').next().unwrap().split_whitespace().collect();
    // Banks may send the payer on to https hosts of their own; what is plain must stand in the configuration.
    let origin = |url: String| url.trim_end_matches("/authorize").to_owned();
    let (a, b) = (origin(world.banks[0].url("/authorize")), origin(world.banks[1].url("/authorize")));
    let mut expected = vec!["'self'", a.as_str(), b.as_str(), "https:"];
    expected.sort_unstable();
    let mut sorted = targets;
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
}

#[tokio::test]
async fn pages_speak_the_payers_language() {
    let world = Setup::pgp().start().await;
    let address = world.begin("rq-0001", None).await.location();
    for (accepted, language, word) in [
        ("de", "de", "abbrechen"),
        ("de-AT, en;q=0.5", "de", "abbrechen"),
        ("en-GB,en;q=0.9,de;q=0.8", "en", "Cancel"),
        ("fr, de;q=0.5, en;q=0.4", "de", "abbrechen"),
        ("fr", "en", "Cancel"),
        ("*", "en", "Cancel"),
        (";;;q=", "en", "Cancel"),
        ("", "en", "Cancel"),
    ] {
        let page = world.browser.get_with(&address, &[("accept-language", accepted)]).await;
        assert_eq!(page.header("content-language"), language, "{accepted}");
        let text = page.text();
        assert!(text.contains(&format!("<html lang=\"{language}\"")), "{accepted}");
        assert!(text.to_lowercase().contains(&word.to_lowercase()), "{accepted}: {text}");
        assert!(page.header("vary").to_lowercase().contains("accept-language"));
    }
}

#[tokio::test]
async fn what_google_says_of_the_purchase_is_only_text() {
    let world = Setup::pgp().start().await;
    let nasty = "<script>alert(1)</script> & \"quotes\" 'single' \u{202e}evil";
    let mut request = world.peer().redirect_request("rq-0001", None);
    request["transactionDescription"] = json!(nasty);
    let address = world.get(world.peer().begin_url(&world.origin, &request)).await.location();
    let page = world.get(&address).await;
    check_headers(&page, "nasty");
    assert!(page.text().contains("&lt;script&gt;"));
}

#[tokio::test]
async fn many_issuers_can_be_searched() {
    let names: Vec<&'static str> = vec![
        "Alpha Bank",
        "Beta Bank",
        "Gamma Wallet",
        "Delta",
        "Epsilon",
        "Zeta",
        "Eta",
        "Théta Crédit",
        "Iota",
        "Kappa",
    ];
    let ids: Vec<&'static str> = vec!["I0", "I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9"];
    let setup = Setup::pgp().with(|setup| {
        setup.issuers =
            ids.iter().zip(&names).map(|(id, name)| crate::harness::settings::IssuerSetup::new(id, name)).collect();
        setup.accounts[0].issuers.clone_from(&ids);
    });
    let world = setup.start().await;
    let (address, page) = world.choice("rq-0001").await;
    assert_eq!(page.choices().iter().filter(|choice| choice.starts_with('I')).count(), 10);
    let search = page.form(&address, "/search");
    for (query, found) in
        [("bank", vec!["I0", "I1"]), ("WALLET", vec!["I2"]), ("crédit", vec!["I7"]), ("nothing", vec![])]
    {
        let result = world.browser.submit(&search, &[("q", query)]).await;
        assert_eq!(result.status, 200);
        check_headers(&result, query);
        let choices: Vec<String> = result.choices().into_iter().filter(|choice| choice.starts_with('I')).collect();
        assert_eq!(choices, found, "{query}");
    }
    let nasty = world.browser.submit(&search, &[("q", "\"><script>alert(1)</script>")]).await;
    check_headers(&nasty, "nasty");
    // What the search found can be chosen.
    let result = world.browser.submit(&search, &[("q", "wallet")]).await;
    let sent = world.browser.submit(result.form(&address, "/choose"), &[("issuer", "I2")]).await;
    world.banks[2].arrive(&sent.location());
}

#[tokio::test]
async fn few_issuers_need_no_search() {
    let world = Setup::pgp().start().await;
    let (_, page) = world.choice("rq-0001").await;
    assert!(page.attributes("form", "action").iter().all(|action| !action.contains("/search")));
}

#[tokio::test]
async fn logos_and_styles_are_served_from_here() {
    let dir = tempfile::tempdir().unwrap();
    let logo = dir.path().join("bank-a.svg");
    std::fs::write(&logo, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").unwrap();
    let world =
        Setup::pgp().with(|setup| setup.issuers[0].more = format!("logo = \"{}\"", logo.display())).start().await;
    let (address, page) = world.choice("rq-0001").await;
    let mut addresses = page.attributes("img", "src");
    assert_eq!(addresses.len(), 1, "the issuer without a logo has none");
    addresses.extend(page.attributes("link", "href"));
    assert!(addresses.len() >= 2);
    for asset in addresses {
        let got = world.get(address.join(&asset).unwrap()).await;
        assert_eq!(got.status, 200, "{asset}");
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{asset}");
    }
    assert_eq!(world.get(format!("{}/issuers/BANK_B/logo", world.origin)).await.status, 404);
    assert_eq!(world.get(format!("{}/static/../Cargo.toml", world.origin)).await.status, 404);
}

#[tokio::test]
async fn below_a_path_prefix_everything_stays_below_it() {
    let setup = Setup::pgp().with(|setup| {
        setup.prefix = "/pay-here";
        setup.google_more = "base_path = \"/integrator\"".to_owned();
    });
    let world = setup.start().await;
    let base = format!("{}/pay-here", world.origin);
    let (address, page) = world.choice("rq-0001").await;
    assert!(address.path().starts_with("/pay-here/pay/"), "{address}");
    for link in page.attributes("form", "action").into_iter().chain(page.attributes("link", "href")) {
        assert!(link.starts_with("/pay-here/"), "{link}");
        if link.contains("/static/") {
            assert_eq!(world.get(address.join(&link).unwrap()).await.status, 200, "{link}");
        }
    }
    let sent = world.browser.submit(page.form(&address, "/choose"), &[("issuer", "BANK_A")]).await;
    let visit = world.bank().arrive(&sent.location());
    assert_eq!(visit.return_url, format!("{base}/return/BANK_A"));
    assert_eq!(world.goes_home(&visit, &Word::APPROVED).await.result(), &json!({"success": {}}));
    let echo = world
        .peer()
        .call(&world.browser, &format!("{base}/integrator"), "echo", &world.peer().echo_request("echo-1"))
        .await;
    echo.ok();
}
