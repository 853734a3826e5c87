//! Invoices: search, the newest first.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::{address, find, refused, search};
use crate::domain::invoice::InvoiceReference;
use crate::domain::{Capability, Day, Timestamp};
use crate::storage::{InvoiceFilter, ListedInvoice};
use crate::web::console::PREFIX;
use crate::web::console::complaints::{Complaints, Form, Reader};
use crate::web::console::form::Fields;
use crate::web::console::frame::page_as;
use crate::web::console::gate::see_other;
use crate::web::console::parts::{Column, Mood, badge, moment, money, nothing, pager, submit, table};
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::console::words::Words;
use crate::web::invoices::{STATES, cursor, place};
use crate::web::surface::Surface;

/// Lines of a page.
pub(super) const ROWS: u64 = 50;

/// `GET /invoices`
pub(super) async fn list(surface: web::Data<Surface>, signed: Signed, request: HttpRequest) -> Answer {
    let (words, asked) = (signed.words(), Fields::of_query(&request));
    if let Some(reference) = asked.text("reference") {
        return match find(&surface, reference).await {
            Ok(found) => Ok(see_other(&found.address(""))),
            Err(Trouble::NotFound) => {
                Ok(shown(&signed, (&asked, &Complaints::default()), &nothing(&words.say("invoices-no-such"))))
            }
            Err(trouble) => Err(trouble),
        };
    }
    let filter = match filter(&asked) {
        Ok(filter) => filter,
        Err(complaints) => return Ok(shown(&signed, (&asked, &complaints), &html! {})),
    };
    let found = surface.invoices.desk.list(&filter, ROWS).await.map_err(|error| refused(words, error))?;
    let next = found.last().filter(|_| found.len() as u64 == ROWS).map(cursor);
    let result = html! {
        @if found.is_empty() { (nothing(&words.say("invoices-none"))) }
        @else { (rows(words, &found, surface.clock.now())) }
        (pager(&signed.at, &asked, next.as_deref()))
    };
    Ok(shown(&signed, (&asked, &Complaints::default()), &result))
}

fn filter(asked: &Fields) -> Result<InvoiceFilter, Complaints> {
    let mut reader = Reader::of(asked);
    let known = |wanted: &str| STATES.iter().find(|(name, _)| *name == wanted).map(|(_, stored)| *stored);
    let states = reader.parsed("state", "invoices-expected-state", known).unwrap_or_default();
    let due = reader.parsed("due", "expected-day", Day::parse);
    let after = reader.parsed("cursor", "expected-cursor", place);
    reader.end(InvoiceFilter {
        reference: None,
        states: states.iter().map(|&name| name.to_owned()).collect(),
        overdue_on: due.map(|day| day.plus_days(1)),
        before_finance: asked.text("attention").is_some(),
        recipient: None,
        after,
    })
}

fn shown(signed: &Signed, (asked, complaints): (&Fields, &Complaints), result: &Markup) -> HttpResponse {
    let words = signed.words();
    let states: Vec<(String, String)> =
        STATES.iter().map(|(name, _)| ((*name).to_owned(), words.name("invoice-state", name))).collect();
    let mut form = Form::new(words, (asked, complaints));
    let fields = html! {
        (form.input("reference", &words.say("invoices-reference"), "text"))
        (form.choice(("state", &words.say("invoices-state")), Some(&words.say("invoices-any-state")), &states))
        (form.input("due", &words.say("invoices-due"), "date"))
    };
    let content = html! {
        h1 { (words.say("invoices-title")) }
        (form.summary())
        p.lead { (words.say("invoices-lead")) }
        @if signed.may(Capability::DecideMoney) {
            p.actions { a.button href=(format!("{PREFIX}/invoices/~new")) { (words.say("invoices-new")) } }
        }
        form.filter method="get" action=(format!("{PREFIX}/invoices")) {
            (fields)
            div.field.tick {
                input #attention name="attention" type="checkbox" value="yes" checked[asked.text("attention").is_some()];
                label for="attention" { (words.say("invoices-attention")) }
            }
            (submit(&words.say("invoices-search")))
        }
        (search::form(signed, ""))
        (result)
    };
    page_as(complaints.status(), signed, &words.say("invoices-title"), &content)
}

pub(super) fn rows(words: &Words, found: &[ListedInvoice], now: Timestamp) -> Markup {
    let columns = [
        (words.say("invoices-column-reference"), Column::Head),
        (words.say("invoices-column-state"), Column::Text),
        (words.say("invoices-column-total"), Column::Number),
        (words.say("invoices-column-due"), Column::Text),
        (words.say("invoices-column-paid"), Column::Text),
        (words.say("invoices-column-made"), Column::Text),
    ];
    let row = |invoice: &ListedInvoice| {
        let name = STATES.iter().find(|(_, stored)| stored.contains(&invoice.state.as_str())).map(|(name, _)| *name);
        let unpaid = matches!(name, Some("open" | "being_paid"));
        let late = unpaid && now >= invoice.due.plus_days(1).start();
        vec![
            reference(&invoice.reference),
            html! {
                (state(words, name.unwrap_or(&invoice.state)))
                @if let Some(why) = &invoice.attention {
                    " " (badge(Mood::Attention, &words.name("attention", why)))
                }
            },
            money(words, invoice.total),
            html! { (words.day(invoice.due)) @if late { " " (badge(Mood::Attention, &words.say("invoice-overdue"))) } },
            html! { @if let Some(at) = invoice.paid_at { (moment(at)) } },
            moment(invoice.created_at),
        ]
    };
    table(&words.say("invoices-caption"), &columns, &found.iter().map(row).collect::<Vec<_>>())
}

fn reference(text: &str) -> Markup {
    html! {
        @match InvoiceReference::parse(text) {
            Ok(reference) => a.id href=(address(&reference, "")) { bdi { (text) } },
            Err(_) => bdi.id { (text) },
        }
    }
}

/// A state by the API's name, in words.
pub(super) fn state(words: &Words, name: &str) -> Markup {
    let mood = match name {
        "paid" => Mood::Good,
        "cancelled" => Mood::Over,
        _ => Mood::Waiting,
    };
    badge(mood, &words.name("invoice-state", name))
}
