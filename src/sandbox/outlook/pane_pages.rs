//! The three panes (outlook-payments section 1.3).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};
use serde_json::Value;

use super::amounts::shown;
use super::messages::{CARDS, Manner, PLACES};
use super::pages::asked;
use super::pane::{Pane, Step};
use crate::sandbox::page::{Site, page};

pub(super) fn pane(pane: &Pane) -> HttpResponse {
    let title = match pane.step {
        Step::Review => "Pay your invoice",
        Step::Payment => "Payment Information",
        Step::Result => "Payment result",
    };
    let content = html! {
        @if let Some(problem) = &pane.problem { section { p.bad #problem { (problem) } } }
        @match pane.step {
            Step::Review => (review(pane)),
            Step::Payment => (payment(pane)),
            Step::Result => (result(pane)),
        }
        section #calls {
            h2 { "Calls to the merchant" }
            @for call in pane.calls.iter().rev() { (asked(call)) }
        }
    };
    page(Site::Outlook, StatusCode::OK, title, content)
}

fn text<'a>(of: &'a Value, pointer: &str) -> &'a str {
    of.pointer(pointer).and_then(Value::as_str).unwrap_or("?")
}

fn action(pane: &Pane, what: &str) -> String {
    format!("/panes/{}/{what}", pane.id)
}

/// An address of a page, if that is what it is.
pub(super) fn web_address(text: &str) -> Option<&str> {
    Some(text).filter(|text| text.starts_with("http://") || text.starts_with("https://"))
}

/// `total` is what is to be paid now, if anything is.
fn invoice(entity: &Value, total: Option<&Value>) -> Markup {
    let due = &entity["totalPaymentDue"];
    html! {
        p.muted { (text(entity, "/broker/name")) }
        p.amount #balance {
            @match (total, due["price"].as_number()) {
                (Some(total), _) => (shown(total)),
                (None, Some(price)) => { (price) " " (text(due, "/priceCurrency")) },
                (None, None) => "?",
            }
        }
        dl {
            dt { "Invoice" } dd { (text(entity, "/identifier")) }
            // Verbatim, as the pane did it.
            dt { "Due date" } dd { (text(entity, "/paymentDueDate")) }
            dt { "Status" } dd #status { (text(entity, "/paymentStatus")) }
            @if let Some(number) = entity["confirmationNumber"].as_str() {
                dt { "Confirmation" } dd #confirmation { (number) }
            }
        }
        @if let Some(url) = entity["url"].as_str().and_then(web_address) {
            p { a.button #view href=(url) { "View" } }
        }
    }
}

fn review(pane: &Pane) -> Markup {
    html! {
        section {
            @match &pane.entity {
                Some(entity) => (invoice(entity, pane.last.as_ref().and_then(|last| last.pointer("/details/total/amount")))),
                None => p.muted { "The merchant has not said what is to be paid." },
            }
            @if pane.last.is_some() {
                form method="post" action=(action(pane, "confirm")) { p { button.main #confirm { "Confirm" } } }
            }
            p { a.button #cancel href={ "/mails/" (pane.mail) } { "Cancel" } }
        }
    }
}

fn payment(pane: &Pane) -> Markup {
    let Some(last) = &pane.last else { return review(pane) };
    let details = &last["details"];
    html! {
        section { (total(details)) }
        @if pane.ships() { (shipping(pane, details)) }
        form method="post" action=(action(pane, "pay")) {
            section {
                h2 { "Pay with" }
                div.grid {
                    label { "Card" select name="card" {
                        @for card in CARDS { option value=(card.name) { (card.title) } }
                    } }
                    @if last["options"]["requestPayerEmail"] == true {
                        label { "Email" input type="text" name="email" value=(pane.actor.user) maxlength="200"; }
                    }
                    @if last["options"]["requestPayerPhone"] == true {
                        label { "Phone" input type="text" name="phone" value="+15035550148" maxlength="40"; }
                    }
                    label { "Approve it" select name="manner" {
                        @for (_, name, title) in Manner::ALL { option value=(name) { (title) } }
                    } }
                }
                @if pane.can_be_paid() { p { button.main #pay { "Pay" } } }
                @else { p.muted { "Choose where it goes, and how, first." } }
            }
        }
        section { form method="post" action=(action(pane, "back")) { button #back { "Back" } } }
    }
}

/// The total with its items; an asterisk says that it is not final.
fn total(details: &Value) -> Markup {
    let total = &details["total"];
    let no_items = Vec::new();
    let items = details["displayItems"].as_array().unwrap_or(&no_items);
    html! {
        p.muted { (text(total, "/label")) }
        p.amount #total { (shown(&total["amount"])) @if total["pending"] == true { "*" } }
        details open { summary { "Show details" }
            dl { @for item in items {
                dt { (text(item, "/label")) }
                dd { (shown(&item["amount"])) @if item["pending"] == true { "*" } }
            } }
        }
    }
}

fn shipping(pane: &Pane, details: &Value) -> Markup {
    let place = pane.shipping.place.as_ref().map(|(name, _)| *name);
    let no_options = Vec::new();
    let options = details["shippingOptions"].as_array().unwrap_or(&no_options);
    html! {
        section {
            h2 { "Ship to" }
            form.row method="post" action=(action(pane, "address")) {
                label { "Address" select name="place" {
                    @for one in PLACES { option value=(one.name) selected[place == Some(one.name)] { (one.title) } }
                } }
                button #ship { "Ship there" }
            }
            p #place.small {
                @match PLACES.iter().find(|one| place == Some(one.name)) {
                    Some(one) => { "It goes to " (one.title) "." },
                    None => "No address is chosen.",
                }
            }
            @if !options.is_empty() {
                h2 { "Shipping options" }
                form.row method="post" action=(action(pane, "option")) {
                    label { "Option" select name="option" {
                        @for option in options {
                            @let id = text(option, "/id");
                            option value=(id) selected[pane.shipping.option.as_deref() == Some(id)] {
                                (text(option, "/label")) ", " (shown(&option["amount"]))
                            }
                        }
                    } }
                    button #choose { "Choose" }
                    button name="mislabelled" value="true" #mislabelled { "Choose, event mislabelled" }
                }
            }
        }
    }
}

fn result(pane: &Pane) -> Markup {
    let outcome = pane.outcome.as_ref();
    let said = |pointer: &str| outcome.and_then(|outcome| outcome.pointer(pointer)?.as_str());
    let paid = said("/result") == Some("success");
    html! {
        section {
            p.amount #result { @match said("/result") {
                Some("success") => span.good { "success" },
                Some(result) => span.bad { (result) },
                None => span.bad { "no answer" },
            } }
            @if let Some(details) = said("/details") { p #details { (details) } }
            @if let Some(code) = said("/error/innererror/code").or_else(|| said("/error/code")) {
                p.muted #code { (code) }
            }
            @if let Some(number) = said("/entity/confirmationNumber") {
                dl { dt { "Confirmation" } dd #confirmation { (number) } }
            }
            div.row {
                a.button #done href={ "/mails/" (pane.mail) } { "All done" }
                @if !paid { form method="post" action=(action(pane, "back")) { button #back { "Another card" } } }
                form method="post" action=(action(pane, "again")) { button #again { "Send the same approval again" } }
            }
        }
    }
}
