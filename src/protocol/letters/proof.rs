//! The letters: readable by themselves, in both languages, and safe whatever stands in the invoice.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use url::Url;
use uuid::Uuid;

use super::*;
use crate::domain::invoice::{InvoiceReference, Line, Recipient, ShippingWay};
use crate::domain::{Currency, Language, Timestamp, TransactionId};

fn content(language: Language) -> Content {
    let currency = Currency::parse("USD").unwrap();
    Content {
        id: TransactionId::from_uuid(Uuid::from_u128(1)),
        reference: InvoiceReference::parse("INV-1").unwrap(),
        recipient: Recipient { name: "Dana <b>".into(), email: "dana@fabrikat.example".into(), language },
        lines: vec![Line { label: "Torque <wrench> & more".into(), micros: 1_084_500_000 }],
        tax_micros: Some(8_800_000),
        total: Money::new(1_093_300_000, currency),
        due: Day::parse("2019-02-03").unwrap(),
        shipping: Vec::new(),
        nonce: "nonce".into(),
        created_at: Timestamp::from_secs(1_546_600_000),
    }
}

fn page() -> Url {
    Url::parse("https://pay.example.com/invoices/INV-1?exp=1&kid=a&sig=b").unwrap()
}

fn composed(letter: Letter<'_>, content: &Content, markup: &MailMarkup) -> Composed {
    let page = page();
    letter.compose(&About { content, merchant: "Nord & Licht", logo: None, page: &page }, markup)
}

fn paid(micros: i64) -> Letter<'static> {
    Letter::Receipt { number: "R-55120", paid: Money::new(micros, Currency::parse("USD").unwrap()) }
}

#[test]
fn m3_every_letter_is_whole_in_both_forms_and_languages() {
    for language in [Language::English, Language::German] {
        let content = content(language);
        let words = Words::of(language);
        let letters = [
            Letter::Invoice,
            Letter::ReminderBefore,
            Letter::ReminderAfter,
            Letter::FreshLink,
            paid(1_093_300_000),
            Letter::Cancelled,
        ];
        let mut subjects = std::collections::BTreeSet::new();
        for letter in letters {
            let Composed { subject, text, html } = composed(letter, &content, &MailMarkup::default());
            for form in [&text, &html] {
                assert!(form.contains(&words.money(Money::new(8_800_000, content.total.currency()))), "{form}");
                assert!(form.contains(&words.money(content.total)) && form.contains("INV-1"), "{form}");
                assert!(!form.contains('{'), "{form}");
            }
            assert!(text.contains(page().as_str()) && text.contains("Torque <wrench> & more"));
            assert!(html.contains("href=\"https://pay.example.com/invoices/INV-1?exp=1&amp;kid=a&amp;sig=b\""));
            assert!(html.contains("Torque &lt;wrench&gt; &amp; more") && html.contains("Dana &lt;b&gt;"));
            assert!(html.contains("<html lang=\"") && html.contains("text/html; charset=utf-8"));
            assert!(html.contains(words.view_and_pay) == letter.asks(), "{letter:?}");
            assert!(subject.contains("INV-1"));
            subjects.insert(subject);
        }
        assert_eq!(subjects.len(), letters.len(), "each letter says in its subject what it is");
    }
    let german = composed(Letter::Invoice, &content(Language::German), &MailMarkup::default());
    assert_eq!(german.subject, "Rechnung INV-1 von Nord & Licht");
    assert!(german.text.contains("Bitte zahlen Sie 1.093,30\u{a0}USD bis zum 3. Februar 2019."), "{}", german.text);
}

#[test]
fn m3_nothing_is_loaded_but_the_logo() {
    let content = content(Language::English);
    let without = composed(Letter::Invoice, &content, &MailMarkup::default()).html;
    for loads in ["<img", "<link", "<script", "src=", "url(", "@import", "<style"] {
        assert!(!without.contains(loads), "{loads}");
    }
    let (logo, page) = (Url::parse("https://cdn.example.com/mark-96.png").unwrap(), page());
    let about = About { content: &content, merchant: "Nord", logo: Some(&logo), page: &page };
    let with = Letter::Invoice.compose(&about, &MailMarkup::default()).html;
    assert_eq!(with.matches("src=").count(), 1);
    assert!(with.contains("<img src=\"https://cdn.example.com/mark-96.png\" alt=\"Nord\""));
}

#[test]
fn m1_the_markup_stands_at_the_end_of_head_and_body() {
    let markup = MailMarkup { head: "<script>1</script>".to_owned(), end_of_body: "<section>2</section>".to_owned() };
    let html = composed(Letter::Invoice, &content(Language::English), &markup).html;
    assert!(html.contains("<script>1</script></head>"));
    assert!(html.contains("<section>2</section></body>"));
}

#[test]
fn m3_a_receipt_lists_what_was_paid_for_shipping() {
    let mut content = content(Language::English);
    let way = ShippingWay { id: "g".into(), label: "Ground".into(), micros: 6_900_000, countries: Vec::new() };
    content.shipping = vec![way];
    let receipt = composed(paid(1_100_200_000), &content, &MailMarkup::default()).text;
    assert!(receipt.contains("- Shipping: USD\u{a0}6.90\nPaid: USD\u{a0}1,100.20\n"), "{receipt}");
    assert!(receipt.contains("Receipt number: R-55120"));
    let invoice = composed(Letter::Invoice, &content, &MailMarkup::default()).text;
    assert!(invoice.contains("Shipping is added once"), "{invoice}");
    assert!(!invoice.contains("Shipping:"));
}

#[test]
fn m3_no_name_begins_a_header_of_its_own() {
    let (content, page) = (content(Language::English), page());
    let about = About { content: &content, merchant: "Nord\r\nBcc: eve@example.com {due}", logo: None, page: &page };
    let subject = Letter::Invoice.compose(&about, &MailMarkup::default()).subject;
    assert!(!subject.contains(['\r', '\n']));
    assert!(subject.contains("{due}"), "what a merchant is called is left as it is");
}
