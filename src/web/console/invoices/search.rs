//! Invoices of one recipient. A name or a mail address is personal: it travels in the body of a form, where neither a log line,
//! nor the audit log, nor a browser's history keeps it.

use actix_web::http::StatusCode;
use actix_web::web;
use maud::{Markup, html};

use super::list::{ROWS, rows};
use super::refused;
use crate::storage::{InvoiceFilter, SoughtRecipient};
use crate::web::console::PREFIX;
use crate::web::console::form::Fields;
use crate::web::console::frame::page_as;
use crate::web::console::gate::see_other;
use crate::web::console::parts::nothing;
use crate::web::console::signed::Signed;
use crate::web::console::trouble::Answer;
use crate::web::invoices::{cursor, place};
use crate::web::surface::Surface;

/// The longest that is sought, in characters: no recipient has more.
const LONGEST: usize = 320;

fn address() -> String {
    format!("{PREFIX}/invoices/~search")
}

/// The form; with what was typed.
pub(super) fn form(signed: &Signed, typed: &str) -> Markup {
    let words = signed.words();
    html! {
        form.filter method="post" action=(address()) role="search" {
            (signed.at.csrf_field())
            div.field {
                label for="recipient" { (words.say("invoices-recipient")) }
                input #recipient name="recipient" type="text" value=(typed) maxlength=(LONGEST) required
                    autocomplete="off" aria-describedby="recipient-hint";
                span.hint #recipient-hint { (words.say("invoices-recipient-hint")) }
            }
            button type="submit" { (words.say("invoices-recipient-search")) }
        }
    }
}

/// `GET /invoices/~search`: a form was reloaded, or its language changed.
pub(super) async fn page() -> Answer {
    Ok(see_other(&format!("{PREFIX}/invoices")))
}

/// `POST /invoices/~search`
pub(super) async fn search(surface: web::Data<Surface>, signed: Signed, fields: Fields) -> Answer {
    let words = signed.words();
    let typed = fields.text("recipient").filter(|text| text.chars().count() <= LONGEST);
    let (status, result) = match typed {
        None => {
            let expected = html! { p.wrong role="alert" { (words.say("invoices-expected-recipient")) } };
            (StatusCode::UNPROCESSABLE_ENTITY, expected)
        }
        Some(typed) => {
            let after = fields.parsed("cursor", "expected-cursor", place)?;
            let filter =
                InvoiceFilter { recipient: Some(SoughtRecipient::of(typed)), after, ..InvoiceFilter::default() };
            let found = surface.invoices.desk.list(&filter, ROWS).await.map_err(|error| refused(words, error))?;
            let next = found.last().filter(|_| found.len() as u64 == ROWS).map(cursor);
            let result = html! {
                @if found.is_empty() { (nothing(&words.say("invoices-recipient-none"))) }
                @else { (rows(words, &found, surface.clock.now())) }
                @if let Some(next) = next { (further(&signed, typed, &next)) }
            };
            (StatusCode::OK, result)
        }
    };
    let title = words.say("invoices-recipient-title");
    let content = html! {
        h1 { (title) }
        p { a href=(format!("{PREFIX}/invoices")) { (words.say("invoices-recipient-back")) } }
        (form(&signed, fields.text("recipient").unwrap_or_default()))
        (result)
    };
    Ok(page_as(status, &signed, &title, &content))
}

/// The button to the next page: a link would have the recipient in its address.
fn further(signed: &Signed, typed: &str, next: &str) -> Markup {
    let words = signed.words();
    html! {
        nav.pager aria-label=(words.say("pager")) {
            (signed.form(&address(), &html! {
                input type="hidden" name="recipient" value=(typed);
                input type="hidden" name="cursor" value=(next);
                button.quiet type="submit" { (words.say("pager-next")) }
            }))
        }
    }
}
