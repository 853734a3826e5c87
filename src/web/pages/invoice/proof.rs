//! What the page says in which state, and that the first form leads on to payment.

use super::super::gallery::{assets, english};
use super::planted::{at_issuer, being_paid, done, open, paid, shipped};
use super::*;
use crate::domain::booking::RefundStanding;

fn render(page: &InvoiceSheet) -> String {
    invoice(page, &assets(), english()).into_string().replace('\u{a0}', " ")
}

#[track_caller]
fn says(html: &str, words: &[&str], not: &[&str]) {
    for word in words {
        assert!(html.contains(word), "no {word:?} in {html}");
    }
    for word in not {
        assert!(!html.contains(word), "{word:?} in {html}");
    }
}

#[test]
fn the_first_form_leads_on_to_payment_and_its_buttons_are_the_issuers() {
    for page in [open(), shipped(), being_paid(at_issuer())] {
        let html = render(&page);
        let (_, first) = html.split_once("<form ").unwrap();
        let action = first.split("action=\"").nth(1).unwrap();
        assert!(action.starts_with("/invoices/INV-2025-0447/pay?"), "{action}");
    }
    let html = render(&open());
    let form = html.split("<form ").nth(1).unwrap().split("</form>").next().unwrap();
    assert_eq!(form.matches("<button ").count(), 2);
    assert!(form.contains("name=\"issuer\" value=\"BANK_A\""), "{form}");
}

#[test]
fn shipping_is_added_where_it_is_chosen() {
    let html = render(&shipped());
    says(
        &html,
        &["EUR 1,253.66", "to be added", "EUR 1,260.56", "EUR 1,277.66", "United States, Canada, FJ (country code)"],
        &[],
    );
}

#[test]
fn every_state_has_its_word() {
    let mut overdue = open();
    overdue.overdue = true;
    let part = paid(&[(12_300_000, false, done())]);
    let whole = paid(&[(1_260_560_000, false, done())]);
    // Neither money that never paid it, nor what has not gone back yet, makes it refunded.
    let late = paid(&[(1_260_560_000, true, done()), (1_260_560_000, false, RefundStanding::InFlight)]);
    for (page, word) in [
        (open(), "Open"),
        (overdue, "Overdue"),
        (being_paid(at_issuer()), "Being paid"),
        (paid(&[]), "Paid"),
        (part, "Partly refunded"),
        (whole, "Refunded"),
        (late, "Paid"),
    ] {
        says(&render(&page), &[&format!(">{word}</strong>")], &[]);
    }
}

#[test]
fn what_was_paid_is_shown_as_it_was_ordered() {
    let html = render(&paid(&[]));
    says(&html, &["Shipping: Ground", "R-6WG2028B67", "1412 Alder Street, Portland 97205, United States"], &["<form"]);
}

#[test]
fn while_it_is_being_paid_nothing_else_is_offered() {
    let html = render(&being_paid(at_issuer()));
    says(&html, &["You began to pay at Bank A", "/pay/01930d2c?"], &["name=\"issuer\"", "I paid by transfer"]);
    assert_eq!(html.matches("<form ").count(), 1);
}

#[test]
fn a_form_carries_the_language_only_if_it_was_chosen() {
    let mut page = open();
    assert!(!render(&page).contains("name=\"lang\""));
    page.language = "de";
    assert_eq!(render(&page).matches("name=\"lang\" value=\"de\"").count(), 3);
}
