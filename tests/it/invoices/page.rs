//! The page, and the way through a bank and back.

use futures_util::future::join_all;
use serde_json::json;

use super::{Office, draft, draft_with, says};
use crate::harness::{DAY, HOUR, Says, Word, until};

#[tokio::test]
async fn inv_3_the_page_shows_the_invoice_and_its_first_form_leads_on_to_payment() {
    let office = Office::open().await;
    let url = office.invoice(&draft("INV-1")).await;
    let page = office.page(&url).await;
    let lines = ["Invoice INV-1", "Nordlicht &amp; Co", "Dana Lindqvist", "1 January 2025", "31 January 2025"];
    says(&page, &lines, &["<script", " style=", "dana@fabrikat.example"]);
    says(&page, &["Torque wrench", "INR 84.50", "Sales tax", "INR 8.80", "INR 112.30", ">Open<"], &["Overdue"]);
    says(&page, &["I paid by transfer", "Dispute this invoice", "billing@nordlicht.example"], &["Receipt to print"]);
    let first = url.join(&page.attributes("form", "action")[0]).unwrap();
    assert_eq!(first.path(), "/invoices/INV-1/pay");
    assert_eq!(page.choices(), ["BANK_A", "BANK_B"]);
    // Links carry exp, kid and sig alone, and live no longer than the link that led here.
    let exp = |url: &url::Url| url.query_pairs().find(|(name, _)| name == "exp").unwrap().1.into_owned();
    for action in page.attributes("form", "action").into_iter().chain(page.attributes("a", "href")) {
        let link = url.join(&action).unwrap();
        let names: Vec<String> = link.query_pairs().map(|(name, _)| name.into_owned()).collect();
        assert_eq!(names, ["exp", "kid", "sig"], "{link}");
        assert_eq!(exp(&link), exp(&url));
    }
}

#[tokio::test]
async fn inv_3_every_page_of_an_invoice_is_sealed_off() {
    let office = Office::open().await;
    let url = office.invoice(&draft("INV-1")).await;
    let open = office.page(&url).await;
    let visit = office.at_bank(&url).await;
    let under_way = office.page(&url).await;
    let (_, paid) = office.comes_back(&visit, &Word::APPROVED).await;
    let receipt = office.page(&url.join(&paid.attributes("a", "href")[0]).unwrap()).await;
    office.world.pass(8 * DAY);
    let expired = office.world.get(&url).await;
    for (desc, page) in
        [("open", open), ("under way", under_way), ("paid", paid), ("receipt", receipt), ("expired", expired)]
    {
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{desc}");
        assert_eq!(page.header("cache-control"), "no-store", "{desc}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{desc}");
        assert!(page.headers.get("set-cookie").is_none(), "{desc}");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{desc}: {policy}");
        says(&page, &["name=\"viewport\""], &["<script", "javascript:", " onclick", " style=\"", "<iframe"]);
    }
}

#[tokio::test]
async fn inv_3_looking_changes_nothing() {
    let office = Office::open().await;
    let url = office.invoice(&draft("INV-1")).await;
    let before = (office.world.rows().await, office.seen("INV-1").await["timeline"].clone());
    for _ in 0..3 {
        office.page(&url).await;
        office.world.browser.request("HEAD", &url).await;
    }
    let german = office.page(&url).await.attributes("a", "href");
    office.page(&url.join(&german[0]).unwrap()).await;
    assert_eq!((office.world.rows().await, office.seen("INV-1").await["timeline"].clone()), before);
}

#[tokio::test]
async fn inv_3_an_invoice_is_paid_at_a_bank_and_has_a_receipt() {
    let office = Office::open().await;
    let url = office.invoice(&draft("INV-1")).await;
    let visit = office.at_bank(&url).await;
    assert_eq!((visit.amount_micros.as_str(), visit.currency.as_str()), ("112300000", "INR"));
    assert_eq!(visit.description, "INV-1");
    let (address, page) = office.comes_back(&visit, &Word::APPROVED).await;
    assert_eq!(address.path(), "/invoices/INV-1");
    says(
        &page,
        &["Thank you. INR 112.30 was paid on 1 January 2025.", ">Paid<", "Bank A", "Receipt to print"],
        &["<form"],
    );
    let number = office.seen("INV-1").await["payment"]["confirmationNumber"].as_str().unwrap().to_owned();
    says(&page, &[number.as_str()], &[]);
    let receipt = page.attributes("a", "href").into_iter().find(|href| href.contains("/receipt")).unwrap();
    let receipt = office.page(&url.join(&receipt).unwrap()).await;
    says(&receipt, &[number.as_str(), "INV-1", "INR 112.30", "Bank A", "1 January 2025", "Dana Lindqvist"], &["<form"]);
    // And by mail.
    assert!(office.letters("Receipt for invoice INV-1", 1).await[0].contains(&number));
    // The form of a tab that was left open leads nowhere any more, but to the page that says so.
    let again = office
        .world
        .browser
        .submit(office.link("invoice", "/invoices/INV-1/pay", office.tomorrow()), &[("issuer", "BANK_A")]);
    let again = again.await;
    assert_eq!((again.status, again.location().path()), (303, "/invoices/INV-1"));
    // The bank's way back, once more.
    let (_, page) = office.comes_back(&visit, &Word::APPROVED).await;
    says(&page, &[number.as_str()], &[]);
}

#[tokio::test]
async fn inv_3_what_was_declined_can_be_paid_elsewhere() {
    let office = Office::open().await;
    let url = office.invoice(&draft("INV-1")).await;
    let visit = office.at_bank(&url).await;
    let (address, page) = office.comes_back(&visit, &Word::DECLINED.reason("insufficient_funds")).await;
    says(&page, &["The last payment did not go through", "Nothing was charged", ">Open<"], &["Receipt"]);
    assert_eq!(page.choices(), ["BANK_A", "BANK_B"]);
    let sent = office.choose(&address, "BANK_B").await;
    let second = office.world.banks[1].arrive(&sent.location());
    assert_ne!(second.transaction_id, visit.transaction_id);
    let back = office.world.get(office.world.banks[1].return_url(&second, &Word::APPROVED)).await;
    says(&office.page(&back.location()).await, &[">Paid<", "Bank B"], &["did not go through"]);
    // The first bank's late word flips nothing: its money goes back.
    let (_, page) = office.comes_back(&visit, &Word::APPROVED).await;
    says(&page, &[">Paid<", "Bank B"], &[]);
    assert_eq!(office.seen("INV-1").await["payment"]["detail"], "BANK_B");
}

#[tokio::test]
async fn inv_3_while_the_payer_is_at_a_bank_the_page_leads_on_there_and_nowhere_else() {
    let office = Office::open().await;
    let url = office.invoice(&draft("INV-1")).await;
    let visit = office.at_bank(&url).await;
    let page = office.page(&url).await;
    says(&page, &["You began to pay at Bank A", ">Being paid<"], &["Bank B", "I paid by transfer"]);
    assert_eq!(page.choices(), [""; 0]);
    let on = office.world.browser.submit(page.form(&url, "/pay"), &[]).await;
    assert_eq!(
        (on.status, office.world.bank().arrive(&on.location()).transaction_id),
        (303, visit.transaction_id.clone())
    );
    // Another tab that still shows the choice: the first choice holds.
    let other = office.world.browser.submit(page.form(&url, "/pay"), &[("issuer", "BANK_B")]).await;
    assert_eq!(office.world.bank().arrive(&other.location()).transaction_id, visit.transaction_id);

    let payment = page.attributes("a", "href").into_iter().find(|href| href.starts_with("/pay/")).unwrap();
    let payment = url.join(&payment).unwrap();
    let cancel = office.page(&payment).await.form(&payment, "/cancel");
    let left = office.world.browser.submit(cancel, &[]).await;
    assert_eq!(left.status, 303);
    let page = office.page(&left.location()).await;
    says(&page, &["You cancelled the last payment", ">Open<"], &[]);
    assert_eq!(page.choices(), ["BANK_A", "BANK_B"]);
}

#[tokio::test]
async fn inv_3_while_the_bank_has_not_decided_nobody_pays_twice() {
    let office = Office::open().await;
    let url = office.invoice(&draft("INV-1")).await;
    let visit = office.at_bank(&url).await;
    let (address, page) = office.comes_back(&visit, &Word::PENDING).await;
    says(&page, &["Bank A has not confirmed yet", "Please do not pay again", ">Being paid<"], &["<form"]);
    let forced = office.link("invoice", "/invoices/INV-1/pay", office.tomorrow());
    let forced = office.world.browser.submit(forced, &[("issuer", "BANK_B")]).await;
    assert_eq!((forced.status, forced.location().path()), (303, "/invoices/INV-1"));
    office.world.bank().says_of(&visit, Says::Word(Word::APPROVED));
    office
        .world
        .pass_until(HOUR / 4, "the page shows what the bank decided", async || {
            let page = office.world.get(&address).await;
            page.text().contains(">Paid<").then_some(())
        })
        .await;
}

#[tokio::test]
async fn inv_3_sixteen_at_once_make_one_payment() {
    let office = Office::open().await;
    let url = office.invoice(&draft("INV-1")).await;
    let form = office.page(&url).await.form(&url, "/pay");
    let all = join_all((0..16).map(|_| office.world.browser.submit(&form, &[("issuer", "BANK_A")]))).await;
    let mut payments: Vec<String> = all
        .iter()
        .map(|sent| {
            assert_eq!(sent.status, 303, "{}", sent.text());
            office.world.bank().arrive(&sent.location()).transaction_id
        })
        .collect();
    payments.dedup();
    assert_eq!(payments.len(), 1, "{payments:?}");
    // The invoice, and one payment.
    assert_eq!(office.world.started().await, 2);
}

#[tokio::test]
async fn inv_3_what_the_merchant_writes_is_only_text() {
    let office = Office::open().await;
    let nasty = "\"><script>alert(1)</script> & 'x' \u{202e}evil";
    let draft = draft_with("INV-1", |draft| {
        draft["lines"][0]["label"] = json!(nasty);
        draft["recipient"]["name"] = json!(nasty);
        draft["shipping"] = json!({"options": [
            {"id": "\"><b>", "label": nasty, "amountMicros": 0}, {"id": "x", "label": "X", "amountMicros": 10_000},
        ]});
    });
    let url = office.invoice(&draft).await;
    says(&office.page(&url).await, &["&lt;script&gt;"], &["<script", "<b>"]);
    let form = office.page(&url).await.form(&url, "/pay");
    let fields = [("issuer", "BANK_A"), ("way", "\"><b>"), ("country", "\"<"), ("address", "</textarea><script>x")];
    let visit = office.world.bank().arrive(&office.world.browser.submit(form, &fields).await.location());
    let (_, page) = office.comes_back(&visit, &Word::APPROVED).await;
    says(&page, &["&lt;/textarea&gt;", "&lt;script&gt;"], &["<script", "<b>", "</textarea>"]);
}

#[tokio::test]
async fn inv_3_the_page_speaks_the_recipients_language_and_the_other_by_a_link() {
    let office = Office::open().await;
    let url = office.invoice(&draft_with("INV-1", |draft| draft["recipient"]["locale"] = json!("de-AT"))).await;
    // Whatever the browser says: scanners and borrowed computers say nothing of the recipient.
    let page = office.world.browser.get_with(&url, &[("accept-language", "en")]).await;
    assert_eq!(page.header("content-language"), "de");
    says(&page, &["<html lang=\"de\"", "Rechnung INV-1", "31. Januar 2025", "112,30 INR"], &["Invoice"]);
    let other = page.attributes("a", "hreflang");
    assert_eq!(other, ["en"]);
    let english = url.join(&page.attributes("a", "href")[0]).unwrap();
    assert_eq!(english.path(), "/invoices/INV-1/en");
    let page = office.page(&english).await;
    assert_eq!(page.header("content-language"), "en");
    says(&page, &["Invoice INV-1", "31 January 2025", "INR 112.30"], &["Rechnung"]);
    // Forms keep the language.
    let fields = [("lang", "en")];
    assert_eq!(page.attributes("input", "value"), ["en"; 3]);
    let said = office.world.browser.submit(page.form(&english, "/transferred"), &fields).await;
    assert_eq!(said.location().path(), "/invoices/INV-1/en");
    for unknown in ["/invoices/INV-1/fr", "/invoices/INV-1/EN"] {
        let link = office.link("invoice", unknown, office.tomorrow());
        assert_eq!(office.world.get(&link).await.status, 404, "{unknown}");
    }
}

#[tokio::test]
async fn inv_3_where_no_issuer_fits_the_page_says_how_to_pay() {
    let office = Office::open().await;
    let url = office.invoice(&draft_with("INV-1", |draft| draft["currency"] = json!("EUR"))).await;
    let page = office.page(&url).await;
    says(&page, &["How to pay", "bank transfer with the reference INV-1", "billing@nordlicht.example"], &["/pay?"]);
    assert_eq!(page.choices(), [""; 0]);
    let forced = office.link("invoice", "/invoices/INV-1/pay", office.tomorrow());
    let forced = office.world.browser.submit(forced, &[("issuer", "BANK_A")]).await;
    assert_eq!((forced.status, forced.has_location()), (422, false));
    // Over one issuer's limit, not over the other's.
    let dear = draft_with("INV-2", |draft| draft["lines"][0]["amountMicros"] = json!(300_000_000_000_i64));
    let url = office.invoice(&dear).await;
    assert_eq!(office.page(&url).await.choices(), ["BANK_B"]);
}

#[tokio::test]
async fn inv_3_what_the_recipient_says_is_noted_once_and_shown() {
    let office = Office::open().await;
    let url = office.invoice(&draft("INV-1")).await;
    let page = office.page(&url).await;
    let transferred = page.form(&url, "/transferred");
    let said = office.world.browser.submit(&transferred, &[]).await;
    assert_eq!((said.status, said.location().path()), (303, "/invoices/INV-1"));
    let page = office.page(&said.location()).await;
    says(
        &page,
        &["You announced a transfer", "Noted on 1 January 2025", "Transfer announced"],
        &["I paid by transfer"],
    );
    let first = office.seen("INV-1").await["saidTransferredAtMs"].clone();
    office.world.pass(HOUR);
    assert_eq!(office.world.browser.submit(&transferred, &[]).await.status, 303);
    assert_eq!(office.seen("INV-1").await["saidTransferredAtMs"], first);
    let said = office.world.browser.submit(page.form(&url, "/dispute"), &[]).await;
    let page = office.page(&said.location()).await;
    says(&page, &["You disputed this invoice", "Disputed"], &["Dispute this invoice", "I paid by transfer"]);
    assert!(office.seen("INV-1").await["disputedAtMs"].is_number());
    // It can be paid all the same.
    let visit = office.at_bank(&url).await;
    says(&office.comes_back(&visit, &Word::APPROVED).await.1, &[">Paid<"], &["You disputed"]);
}

#[tokio::test]
async fn inv_6_the_page_knows_what_the_merchant_has_done() {
    let office = Office::open().await;
    let cancelled = office.invoice(&draft("INV-1")).await;
    office.act("INV-1", "cancel", &json!({})).await;
    says(&office.page(&cancelled).await, &[">Cancelled<", "has cancelled this invoice"], &["<form"]);
    let forced = office.link("invoice", "/invoices/INV-1/pay", office.tomorrow());
    let forced = office.world.browser.submit(forced, &[("issuer", "BANK_A")]).await;
    assert_eq!((forced.status, forced.location().path()), (303, "/invoices/INV-1"));
    // What is not paid has no receipt.
    let receipt = office.link("invoice", "/invoices/INV-1/receipt", office.tomorrow());
    assert_eq!(office.world.get(receipt).await.location().path(), "/invoices/INV-1");

    let url = office.invoice(&draft("INV-2")).await;
    office.comes_back(&office.at_bank(&url).await, &Word::APPROVED).await;
    let receipt = office.link("invoice", "/invoices/INV-2/receipt", office.tomorrow());
    for (body, words) in [
        (json!({"amountMicros": 12_300_000}), ["Partly refunded", "INR 12.30"]),
        (json!({}), [">Refunded<", "INR 112.30"]),
    ] {
        office.act("INV-2", "refund", &body).await;
        let refunded = until("the refund is shown", async || {
            let page = office.page(&url).await;
            page.text().contains(words[0]).then_some(page)
        });
        says(&refunded.await, &words, &["<form"]);
        says(&office.page(&receipt).await, &words, &["<form"]);
    }
}

#[tokio::test]
async fn inv_3_an_overdue_invoice_says_so_and_can_be_paid() {
    let office = Office::open().await;
    office.invoice(&draft("INV-1")).await;
    office.world.pass(32 * DAY);
    let url = office.link("invoice", "/invoices/INV-1", office.tomorrow());
    says(&office.page(&url).await, &[">Overdue<", "INR 112.30 was due on 31 January 2025"], &["Please pay INR"]);
    let visit = office.at_bank(&url).await;
    says(&office.comes_back(&visit, &Word::APPROVED).await.1, &[">Paid<"], &["Overdue"]);
}

#[tokio::test]
async fn inv_3_below_a_path_prefix_everything_stays_below_it() {
    let office = Office::with(|setup| setup.prefix = "/pay-here").await;
    let url = office.invoice(&draft("INV-1")).await;
    assert_eq!(url.path(), "/pay-here/invoices/INV-1");
    let page = office.page(&url).await;
    for link in page.attributes("form", "action").into_iter().chain(page.attributes("a", "href")) {
        assert!(link.starts_with("/pay-here/invoices/INV-1/"), "{link}");
    }
    let visit = office.at_bank(&url).await;
    let (address, page) = office.comes_back(&visit, &Word::APPROVED).await;
    assert_eq!(address.path(), "/pay-here/invoices/INV-1");
    says(&page, &[">Paid<"], &[]);
    office.world.pass(8 * DAY);
    let old = office.world.get(&url).await;
    let fresh = office.world.browser.submit(old.form(&url, "/fresh-link"), &[]).await;
    assert_eq!(fresh.status, 200);
    office.letters("new link", 1).await;
}
