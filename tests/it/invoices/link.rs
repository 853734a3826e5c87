//! Links to the page: what is refused, what has run out, and how a new one is had.

use super::{Office, draft, says};
use crate::harness::{DAY, HOUR, MINUTE};

#[tokio::test]
async fn inv_4_what_is_not_genuine_is_refused_and_tells_nothing() {
    let office = Office::open().await;
    let url = office.invoice(&draft("INV-1")).await;
    let other = office.invoice(&draft("INV-2")).await;
    let exp = office.tomorrow();
    let query = url.query().unwrap();
    let at = |path: &str, query: &str| format!("{}{path}?{query}", office.world.origin);
    let text = url.as_str().to_owned();
    let tampered = if text.ends_with('A') {
        text[..text.len() - 1].to_owned() + "B"
    } else {
        text[..text.len() - 1].to_owned() + "A"
    };
    let signed_with = |name: &str| {
        let (secret, _) = crate::harness::keys::secret(200);
        let base = format!("{}/invoices/INV-1", office.world.origin);
        crate::harness::su1::signed_url(("u1", &secret), "invoice", &base, &[(name, "1")], exp).to_string()
    };
    let cases = [
        ("no signature", format!("{}/invoices/INV-1", office.world.origin)),
        ("tampered", tampered),
        ("another invoice's", at("/invoices/INV-1", other.query().unwrap())),
        ("another path's", at("/invoices/INV-1/receipt", query)),
        ("another language's", at("/invoices/INV-1/de", query)),
        ("another purpose", office.link("pay", "/invoices/INV-1", exp).to_string()),
        ("repeated exp", at("/invoices/INV-1", &format!("{query}&exp={exp}"))),
        ("repeated sig", at("/invoices/INV-1", &format!("{query}&sig=AA"))),
        ("a further parameter", at("/invoices/INV-1", &format!("{query}&x=1"))),
        ("a further parameter, signed", signed_with("x")),
        ("too far ahead", office.link("invoice", "/invoices/INV-1", exp + 8 * DAY / 1_000).to_string()),
        ("no reference", office.link("invoice", "/invoices/%20", exp).to_string()),
        ("a forged one of an unknown invoice", at("/invoices/INV-9", query)),
    ];
    for (desc, url) in &cases {
        let page = office.world.get(url).await;
        assert_eq!((page.status, page.has_location()), (403, false), "{desc}: {}", page.text());
        says(&page, &[], &["INV-1", "Nordlicht", "Dana", "<form"]);
    }
    // Actions are no better: neither the page's link nor another action's.
    for action in ["pay", "transferred", "dispute"] {
        let page =
            office.world.browser.submit(at(&format!("/invoices/INV-1/{action}"), query), &[("issuer", "BANK_A")]).await;
        assert_eq!((page.status, page.has_location()), (403, false), "{action}");
    }
    assert_eq!(office.seen("INV-1").await["state"], "open");
    assert_eq!(office.seen("INV-1").await["disputedAtMs"], serde_json::Value::Null);
    // A genuine link to what there is not.
    for path in ["/invoices/INV-9", "/invoices/INV-9/receipt", "/invoices/INV-9/de"] {
        let page = office.world.get(office.link("invoice", path, exp)).await;
        assert_eq!(page.status, 404, "{path}");
    }
    for action in ["pay", "transferred", "dispute"] {
        let action = office.link("invoice", &format!("/invoices/INV-9/{action}"), exp);
        assert_eq!(office.world.browser.submit(action, &[("issuer", "BANK_A")]).await.status, 404);
    }
}

#[tokio::test]
async fn inv_3_an_expired_link_has_one_button_which_mails_a_new_one_to_the_recipient() {
    let office = Office::open().await;
    let url = office.invoice(&draft("INV-1")).await;
    let form = office.page(&url).await.form(&url, "/pay");
    office.world.pass(8 * DAY);
    // A form of a page that was left open has run out too.
    let late = office.world.browser.submit(form, &[("issuer", "BANK_A")]).await;
    assert_eq!((late.status, late.has_location()), (410, false));
    let asked = office.world.browser.submit(late.form(&url, "/fresh-link"), &[]).await;
    assert_eq!(asked.status, 200, "its button works: {}", asked.text());
    office.letters("Your new link to invoice INV-1", 1).await;
    office.world.pass(DAY);
    let old = office.world.get(&url).await;
    assert_eq!(old.status, 410);
    says(&old, &["This link has expired", "Mail me a new link"], &["INV-1<", "Nordlicht", "Dana", "INR 112"]);
    assert_eq!(old.attributes("form", "action").len(), 1);
    let asked = office.world.browser.submit(old.form(&url, "/fresh-link"), &[]).await;
    assert_eq!((asked.status, asked.has_location()), (200, false));
    says(&asked, &["Please look into your mailbox"], &["INV-1", "dana@fabrikat.example", "/invoices/"]);
    let letters = office.letters("Your new link to invoice INV-1", 2).await;
    assert!(office.mail.taken().iter().all(|taken| taken.to == ["TO:<dana@fabrikat.example>"]));
    let start = letters[1].find(&format!("{}/invoices/INV-1?", office.world.origin)).expect("a link");
    let link: String = letters[1][start..].chars().take_while(|c| !c.is_whitespace()).collect();
    says(&office.page(&link.parse().unwrap()).await, &["Invoice INV-1", ">Open<"], &[]);
}

#[tokio::test]
async fn inv_3_whoever_asks_for_a_link_learns_nothing_from_the_answer() {
    let office = Office::open().await;
    office.invoice(&draft("INV-1")).await;
    let old = office.tomorrow() - DAY / 1_000 - 30;
    let query = |path: &str| office.link("invoice", path, old).query().unwrap().to_owned();
    let at = |reference: &str, signed: &str| {
        format!("{}/invoices/{reference}/fresh-link?{}", office.world.origin, query(signed))
    };
    let sent = office.world.browser.submit(at("INV-1", "/invoices/INV-1"), &[]).await;
    let limited = office.world.browser.submit(at("INV-1", "/invoices/INV-1/de"), &[]).await;
    let unknown = office.world.browser.submit(at("INV-9", "/invoices/INV-9/en/receipt"), &[]).await;
    assert_eq!((sent.status, limited.status, unknown.status), (200, 200, 200));
    assert_eq!((sent.text(), sent.text()), (limited.text(), unknown.text()));
    // Not with a link to something else, nor with a forged one.
    for signed in ["/invoices/INV-2", "/invoices/INV-2/pay", "/invoices/INV-1/fresh-link"] {
        let page = office.world.browser.submit(at("INV-1", signed), &[]).await;
        assert_eq!(page.status, 403, "{signed}");
    }
    let forged = at("INV-1", "/invoices/INV-1").replace("&sig=", "&sig=A");
    assert_eq!(office.world.browser.submit(forged, &[]).await.status, 403);
    // It is a form, never a link.
    assert!(office.world.get(at("INV-1", "/invoices/INV-1")).await.status >= 404);
    office.letters("new link", 1).await;
}

#[tokio::test]
async fn inv_3_new_links_are_mailed_only_so_often() {
    let office = Office::open().await;
    office.invoice(&draft("INV-1")).await;
    let old = office.link("invoice", "/invoices/INV-1", office.tomorrow() - DAY / 1_000 - 30);
    let action = office.world.get(&old).await.form(&old, "/fresh-link");
    let ask = async || assert_eq!(office.world.browser.submit(&action, &[]).await.status, 200);
    // Once in ten minutes, however often it is asked for.
    for _ in 0..4 {
        ask().await;
    }
    office.letters("new link", 1).await;
    // And five times a day.
    for _ in 0..8 {
        office.world.pass(11 * MINUTE);
        ask().await;
    }
    office.letters("new link", 5).await;
    office.world.settled().await;
    assert_eq!(office.letters("new link", 5).await.len(), 5);
    office.world.pass(24 * HOUR);
    ask().await;
    assert_eq!(office.letters("new link", 6).await.len(), 6);
}

#[tokio::test]
async fn inv_3_without_a_mail_server_the_link_cannot_be_sent_at_the_moment() {
    let office = Office::with(|setup| setup.more = String::new()).await;
    let url = office.invoice(&draft("INV-1")).await;
    office.world.pass(8 * DAY);
    let old = office.world.get(&url).await;
    assert_eq!(old.status, 410);
    let asked = office.world.browser.submit(old.form(&url, "/fresh-link"), &[]).await;
    assert_eq!(asked.status, 503);
    says(&asked, &["cannot be sent at the moment"], &["INV-1", "smtp"]);
}
