//! The stand-in's pages.

use std::sync::atomic::Ordering;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};
use serde_json::Value;
use url::form_urlencoded;

use super::Center;
use super::book::{Book, Case, Exchange, Update};
use super::catalog::{Catalog, Slot};
use super::desk::pretty;
use super::requests::CARDS;
use crate::domain::Timestamp;
use crate::sandbox::page::{Site, page, shown, time};

/// How many bookings and updates the home page shows.
const LATEST: usize = 50;
const LATEST_UPDATES: usize = 20;
/// How many slots a booking can be moved to.
const MOVES: usize = 40;

pub(super) fn notice(status: StatusCode, title: &str, why: &str) -> HttpResponse {
    page(Site::ActionsCenter, status, title, html! { section { p { (why) } } })
}

/// The slot went away between looking and clicking.
pub(super) fn unavailable(looked_up: &Exchange) -> HttpResponse {
    let content = html! {
        section { p.bad #problem { "This slot is no longer open. Choose another one." } (asked(looked_up, false)) }
    };
    page(Site::ActionsCenter, StatusCode::CONFLICT, "Not open", content)
}

/// `2026-11-22 14:30`; UTC, which the page says.
fn moment(seconds: i64) -> String {
    let text = Timestamp::from_secs(seconds).to_utc();
    format!("{} {}", text.get(..10).unwrap_or_default(), text.get(11..16).unwrap_or_default())
}

fn name(service: &Value) -> &str {
    service["localized_service_name"]["value"].as_str().or_else(|| service["name"].as_str()).unwrap_or("a service")
}

fn link(merchant: &str, service: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("merchant", merchant)
        .append_pair("service", service)
        .finish();
    format!("/service?{query}")
}

/// Merchants and services, what was booked, and what the booking server told.
pub(super) fn home(center: &Center) -> HttpResponse {
    let catalog = center.catalog();
    let left = center.misbehaving.times.load(Ordering::SeqCst);
    let content = html! {
        @for (id, merchant) in &catalog.merchants {
            section {
                h2 { (merchant["name"].as_str().unwrap_or(id)) }
                div.grid {
                    @for ((_, service_id), service) in catalog.services.iter().filter(|((whose, _), _)| whose == id) {
                        p {
                            a.button href=(link(id, service_id)) { (name(service)) }
                            br; span.small.muted { (catalog.terms_shown(service)) }
                        }
                    }
                }
            }
        }
        (center.journal.read(|book| html! { (bookings(&catalog, book)) (inventory(book)) }))
        section {
            h2 { "Answer the booking server's updates badly" }
            @if left > 0 {
                p { "The next " strong { (left) } " will be answered "
                    strong { (center.misbehaving.status.load(Ordering::SeqCst)) } "." }
            }
            form.row method="post" action="/misbehave" {
                label { "Answer" select name="status" {
                    option value="503" { "503" } option value="429" { "429" } option value="500" { "500" }
                    option value="401" { "401" } option value="404" { "404" }
                } }
                label { "Times" input type="number" name="times" value="3" min="0" max="1000"; }
                button { "Set" }
            }
        }
    };
    page(Site::ActionsCenter, StatusCode::OK, "Book an appointment", content)
}

fn bookings(catalog: &Catalog, book: &Book) -> Markup {
    let mut latest: Vec<&Case> = book.cases.values().collect();
    latest.sort_by_key(|case| std::cmp::Reverse(case.wish.at_ms));
    html! {
        section {
            h2 { "Bookings" }
            @if latest.is_empty() { p.muted { "None yet." } } @else {
                div.scroll { table {
                    tr { th { "Asked for" } th { "Service" } th { "When (UTC)" } th { "User" } th { "Status" } }
                    @for case in latest.into_iter().take(LATEST) {
                        tr {
                            td { a href={ "/bookings/" (case.wish.case) } { (time(Timestamp::from_millis(case.wish.at_ms))) } }
                            td { (service_name(catalog, case)) }
                            td { (when(case)) }
                            td { (user(case)) }
                            td { (verdict(case)) }
                        }
                    }
                } }
            }
        }
    }
}

fn inventory(book: &Book) -> Markup {
    html! {
        section #inventory {
            h2 { "Updates of the inventory" }
            @if book.inventory.is_empty() { p.muted { "None yet." } }
            @for update in book.inventory.iter().rev().take(LATEST_UPDATES) { (told(update)) }
        }
    }
}

fn service_name(catalog: &Catalog, case: &Case) -> String {
    let known = catalog.services.get(&(case.wish.merchant.clone(), case.wish.service.clone()));
    known.map_or_else(|| case.wish.service.clone(), |service| name(service).to_owned())
}

fn when(case: &Case) -> String {
    let start = &case.slot["start_sec"];
    start.as_str().and_then(|text| text.parse().ok()).or_else(|| start.as_i64()).map_or_else(String::new, moment)
}

fn user(case: &Case) -> String {
    let user = &case.wish.request["user_information"];
    let part = |name: &str| user[name].as_str().unwrap_or_default().to_owned();
    format!("{} {}", part("given_name"), part("family_name"))
}

/// One of Google's long names, which may be broken where its words end.
fn word(text: &str) -> Markup {
    html! { @for part in text.split_inclusive('_') { (part) wbr; } }
}

fn verdict(case: &Case) -> Markup {
    let cause = case.failure.as_ref().and_then(|failure| failure["cause"].as_str());
    match (case.status.as_deref(), cause) {
        (Some("CONFIRMED"), None) => html! { span.good { "CONFIRMED" } },
        (Some(status), None) => html! { span { (word(status)) } },
        (Some(status), Some(cause)) => html! { span { (word(status)) } " " span.bad { (word(cause)) } },
        (None, Some("PAYMENT_REQUIRES_3DS1")) => html! { span { "waits for 3-D Secure" } },
        (None, Some(cause)) => html! { span.bad { (word(cause)) } },
        (None, None) => html! { span.bad { "no booking" } },
    }
}

/// The form to book a slot of a service.
pub(super) fn service(center: &Center, service: &Value, slots: &[(Slot, bool)], looked_up: &Exchange) -> HttpResponse {
    let catalog = center.catalog();
    let text = |name: &str| service[name].as_str().unwrap_or_default();
    let (merchant, id) = (text("merchant_id"), text("service_id"));
    let mut options = catalog.options(merchant, service, None);
    options.retain(|option| option["payment_option_type"] != "PAYMENT_OPTION_SINGLE_USE");
    let content = html! {
        section {
            p.muted { (catalog.merchants.get(merchant).and_then(|known| known["name"].as_str()).unwrap_or(merchant)) }
            p #terms { (catalog.terms_shown(service)) }
        }
        form method="post" action="/bookings" {
            input type="hidden" name="merchant" value=(merchant);
            input type="hidden" name="service" value=(id);
            section {
                h2 { "When (UTC)" }
                @if slots.is_empty() { p.muted { "No slot is left." } }
                div.grid {
                    @for (slot, open) in slots {
                        label.option {
                            input type="radio" name="slot" value=(slot.key()) required disabled[!open];
                            span { (moment(slot.start_s)) br; span.small.muted {
                                @if *open { (slot.duration_s / 60) " min · " (slot.spots_open) " of " (slot.spots_total) " open" }
                                @else { "not open" }
                            } }
                        }
                    }
                }
            }
            section {
                h2 { "Who, and how to pay" }
                div.grid {
                    label { "Name" input type="text" name="name" value="Ada Okoro" required maxlength="60"; }
                    label { "Card" select name="card" {
                        @for card in CARDS { option value=(card.name) { (card.title) } }
                    } }
                    @if !options.is_empty() { (options_field(center, &options)) }
                }
                p { button.main #book { "Book" } }
            }
        }
        section { h2 { "What the booking server said" } (asked(looked_up, false)) }
    };
    page(Site::ActionsCenter, StatusCode::OK, name(service), content)
}

fn options_field(center: &Center, options: &[&Value]) -> Markup {
    let title = |option: &Value| {
        let price = super::catalog::money(&option["price"]);
        let price = price.map_or_else(String::new, |price| shown(price.micros(), price.currency().code()));
        format!("{}, {price}", option["name"].as_str().unwrap_or_default())
    };
    let owned = center.journal.read(|book| book.owned.clone());
    let offers = |id: &str| options.iter().any(|option| option["payment_option_id"] == id);
    html! {
        label { "Pay by" select name="option" {
            option value="" { "the single price" }
            @for option in options {
                option value=(option["payment_option_id"].as_str().unwrap_or_default()) { "Buy: " (title(option)) }
            }
            @for (user, packs) in &owned {
                @for pack in packs.iter().filter(|pack| offers(&pack.option)) {
                    option value={ "own:" (pack.id) } { "Use: " (user) ", " (pack.left) " left" }
                }
            }
        } }
    }
}

/// One wish and all that came of it.
pub(super) fn case(center: &Center, case: &Case) -> HttpResponse {
    let catalog = center.catalog();
    let content = html! {
        section {
            p.muted { (service_name(&catalog, case)) }
            p.amount { (when(case)) " " span.small.muted { "UTC" } }
            p #verdict { (verdict(case)) }
            dl.small {
                dt { "Booking" } dd #booking-id { (case.booking_id.as_deref().unwrap_or("none")) }
                dt { "Payment" } dd #prepayment { (case.prepayment.as_deref().unwrap_or("nothing heard")) }
                dt { "User" } dd { (user(case)) }
                dt { "Asked for" } dd { (time(Timestamp::from_millis(case.wish.at_ms))) }
            }
        }
        @if let Some(challenge) = case.challenge() { (challenge_section(center, case, challenge)) }
        (buttons(center, case, &catalog))
        section #updates {
            h2 { "Updates from the booking server" }
            @if case.updates.is_empty() { p.muted { "None yet." } }
            @for update in case.updates.iter().rev() { (told(update)) }
        }
        section {
            h2 { "Requests to the booking server" }
            @for (at, exchange) in case.exchanges.iter().enumerate().rev() {
                (asked(exchange, at + 1 == case.exchanges.len()))
            }
        }
    };
    page(Site::ActionsCenter, StatusCode::OK, "Booking", content)
}

/// Section 6.8: the user goes to the ACS and comes back.
fn challenge_section(center: &Center, case: &Case, challenge: &Value) -> Markup {
    let text = |name: &str| challenge[name].as_str().filter(|text| !text.is_empty());
    let back = format!("/3ds/{}", case.wish.case);
    let acs = text("acs_url").filter(|url| url.starts_with("http://") || url.starts_with("https://"));
    html! {
        section #challenge {
            h2 { "The bank wants to know who pays" }
            @match (acs, text("pa_req")) {
                (Some(acs), Some(pa_req)) => form method="post" action=(acs) {
                    input type="hidden" name="PaReq" value=(pa_req);
                    input type="hidden" name="MD" value=(text("md_merchant_data").unwrap_or_default());
                    input type="hidden" name="TermUrl" value={ (center.origin) (back) };
                    button.main #acs { "Go to the bank" }
                },
                (Some(acs), None) => p { a.button.main #acs href=(acs) target="_blank" rel="noopener" { "Go to the bank" } },
                (None, _) => p.bad { "The answer has no acs_url: Google takes it for PAYMENT_ERROR." },
            }
            form method="post" action=(back) { p { button #challenged { "I have been there: book again" } } }
        }
    }
}

fn buttons(center: &Center, case: &Case, catalog: &Catalog) -> Markup {
    let action = |what: &str| format!("/bookings/{}/{what}", case.wish.case);
    let booked = case.booking_id.is_some();
    html! {
        section {
            h2 { "The user" }
            div.row {
                @if booked {
                    form method="post" action=(action("cancel")) { button #cancel { "Cancel" } }
                    form method="post" action=(action("status")) { button #status { "Ask for the status" } }
                }
                form method="post" action=(action("list")) { button #list { "List the user's bookings" } }
                form method="post" action=(action("again")) { button #again { "Send the booking again" } }
                a.button #refresh href={ "/bookings/" (case.wish.case) } { "Refresh" }
            }
            @if booked { (move_form(center, case, catalog)) }
        }
        @if booked && center.admin.is_some() {
            section {
                h2 { "The merchant" }
                form.row method="post" action=(action("merchant")) {
                    button name="what" value="cancel" #merchant-cancel { "The merchant cancels" }
                    button name="what" value="phone" #phone { "The user cancels by phone" }
                    button name="what" value="no-show" #no-show { "Did not come" }
                    button name="what" value="penalize" #penalize { "Did not come: charge the fee" }
                }
            }
        }
    }
}

fn move_form(center: &Center, case: &Case, catalog: &Catalog) -> Markup {
    let coming = catalog.coming(&case.wish.merchant, &case.wish.service, center.clock.now());
    html! {
        form.row method="post" action={ "/bookings/" (case.wish.case) "/move" } {
            label { "Move to (UTC)" select name="slot" {
                @for slot in coming.filter(|slot| slot.spots_open > 0).take(MOVES) {
                    option value=(slot.key()) { (moment(slot.start_s)) }
                }
            } }
            button #move { "Move" }
        }
    }
}

/// An update and how it was answered.
fn told(update: &Update) -> Markup {
    html! {
        details {
            summary {
                (time(Timestamp::from_millis(update.at_ms))) " · "
                span.status { (update.status) }
                @if let Some(problem) = &update.problem { " " span.bad { (problem) } }
            }
            pre { (update.call) }
            pre { (pretty(&update.sent)) }
        }
    }
}

/// A request and its answer.
fn asked(exchange: &Exchange, open: bool) -> Markup {
    html! {
        details open[open] {
            summary {
                (exchange.method) " · "
                span.status { @match exchange.status { Some(status) => (status), None => "no answer" } }
            }
            p.small.muted { (time(Timestamp::from_millis(exchange.at_ms))) }
            h3 { "Sent" } pre { (format!("{:#}", exchange.sent)) }
            h3 { "Answer" } pre { (pretty(&exchange.answer)) }
        }
    }
}
