//! Bookings: search, and those that stand before finance.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use crate::domain::booking::BookingStatus;
use crate::domain::catalog::{MerchantId, ServiceId};
use crate::domain::{Day, Timestamp, TransactionId};
use crate::storage::{BookingFilter, Catalog, ListedBooking};
use crate::web::bookings::{cursor, place};
use crate::web::console::PREFIX;
use crate::web::console::complaints::{Complaints, Form, Reader};
use crate::web::console::form::Fields;
use crate::web::console::frame::{page, page_as};
use crate::web::console::gate::see_other;
use crate::web::console::invoices;
use crate::web::console::parts::{Column, Mood, badge, moment, nothing, pager, submit, table};
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::console::words::Words;
use crate::web::surface::Surface;

/// Lines of a page.
const ROWS: u64 = 50;

/// `GET /bookings`: by their start, from today on unless another day is wanted.
pub(super) async fn list(surface: web::Data<Surface>, signed: Signed, request: HttpRequest) -> Answer {
    let (words, asked) = (signed.words(), Fields::of_query(&request));
    if surface.booking.is_none() {
        let content = html! { h1 { (words.say("bookings-title")) } (nothing(&words.say("bookings-off"))) };
        return page(&signed, &words.say("bookings-title"), &content);
    }
    if let Some(name) = asked.text("id") {
        if let Some(found) = named(&surface, name).await? {
            return Ok(found);
        }
        return Ok(shown(&signed, (&asked, &Complaints::default()), &nothing(&words.say("bookings-no-such"))));
    }
    let filter = match filter(&asked, surface.clock.now()) {
        Ok(filter) => filter,
        Err(complaints) => return Ok(shown(&signed, (&asked, &complaints), &html! {})),
    };
    let found = surface.store.bookings(&filter, ROWS).await?;
    let catalog = surface.store.catalog().await?;
    let next = found.last().filter(|_| found.len() as u64 == ROWS).map(cursor);
    let result = html! {
        @if found.is_empty() { (nothing(&words.say("bookings-none"))) }
        @else { (rows(words, &catalog, found.iter().map(|booking| (booking, None)))) }
        (pager(&signed.at, &asked, next.as_deref()))
    };
    Ok(shown(&signed, (&asked, &Complaints::default()), &result))
}

/// A booking by its id, or by the processor's id of one of its charges.
async fn named(surface: &Surface, name: &str) -> Result<Option<HttpResponse>, Trouble> {
    let id = match TransactionId::parse(&name.to_ascii_lowercase()) {
        Ok(id) => Some(id),
        Err(_) => surface.store.booking_of_charge(name).await?,
    };
    let Some(id) = id else { return Ok(None) };
    match super::find(surface, &id.to_string()).await {
        Ok(_) => Ok(Some(see_other(&format!("{PREFIX}/bookings/{id}")))),
        Err(Trouble::NotFound) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

fn filter(asked: &Fields, now: Timestamp) -> Result<BookingFilter, Complaints> {
    let mut reader = Reader::of(asked);
    let from = reader.parsed("from", "expected-day", Day::parse);
    // Where nothing else was said: what is to come.
    let from = if asked.raw("from").is_some() { from } else { Some(Day::of(now)) };
    let until = reader.parsed("until", "expected-day", Day::parse);
    let status = reader.parsed("status", "bookings-expected-status", BookingStatus::parse);
    let after = reader.parsed("cursor", "expected-cursor", place);
    reader.end(BookingFilter {
        user_id: asked.text("user").map(str::to_owned),
        merchant: asked.text("merchant").map(str::to_owned),
        begins_from_s: from.map(|day| day.start().as_secs()),
        begins_before_s: until.map(|day| day.plus_days(1).start().as_secs()),
        status,
        after,
        ends_after_s: None,
    })
}

fn shown(signed: &Signed, (asked, complaints): (&Fields, &Complaints), result: &Markup) -> HttpResponse {
    let words = signed.words();
    let statuses: Vec<(String, String)> = BookingStatus::ALL
        .iter()
        .map(|status| (status.as_str().to_owned(), words.name("booking-status", status.as_str())))
        .collect();
    let mut form = Form::new(words, (asked, complaints));
    let fields = html! {
        (form.input("id", &words.say("bookings-id"), "text"))
        (form.input("merchant", &words.say("bookings-merchant"), "text"))
        (form.input("user", &words.say("bookings-user"), "text"))
        (form.input("from", &words.say("bookings-from"), "date"))
        (form.input("until", &words.say("bookings-until"), "date"))
        (form.choice(("status", &words.say("bookings-status")), Some(&words.say("bookings-any-status")), &statuses))
    };
    let content = html! {
        h1 { (words.say("bookings-title")) }
        (form.summary())
        p.lead { (words.say("bookings-lead")) }
        p.actions {
            a.button.quiet href=(format!("{PREFIX}/bookings/attention")) { (words.say("bookings-to-attention")) }
        }
        form.filter method="get" action=(format!("{PREFIX}/bookings")) {
            (fields)
            (submit(&words.say("bookings-search")))
        }
        @if asked.raw("from").is_none() && asked.text("id").is_none() { p.hint { (words.say("bookings-from-today")) } }
        (result)
    };
    page_as(complaints.status(), signed, &words.say("bookings-title"), &content)
}

/// `GET /bookings/attention`: those that a person has to look at, the oldest first.
pub(super) async fn troubled(surface: web::Data<Surface>, signed: Signed, request: HttpRequest) -> Answer {
    let (words, asked) = (signed.words(), Fields::of_query(&request));
    let after = asked.parsed("cursor", "expected-cursor", invoices::moment_and_id)?;
    let found = surface.store.bookings_before_finance(after, ROWS).await?;
    let catalog = surface.store.catalog().await?;
    let next = found.last().filter(|_| found.len() as u64 == ROWS);
    let next = next.map(|last| format!("{}~{}", last.booking.created_at.as_millis(), last.booking.id));
    let content = html! {
        h1 { (words.say("bookings-attention-title")) }
        p { a href=(format!("{PREFIX}/bookings")) { (words.say("bookings-to-all")) } }
        @if found.is_empty() { (nothing(&words.say("bookings-attention-none"))) }
        @else {
            (rows(words, &catalog, found.iter().map(|found| (&found.booking, Some(found.attention.as_str())))))
        }
        (pager(&signed.at, &asked, next.as_deref()))
    };
    page(&signed, &words.say("bookings-attention-title"), &content)
}

fn rows<'a>(
    words: &Words,
    catalog: &Catalog,
    found: impl Iterator<Item = (&'a ListedBooking, Option<&'a str>)>,
) -> Markup {
    let columns = [
        (words.say("bookings-column-start"), Column::Head),
        (words.say("bookings-column-booking"), Column::Text),
        (words.say("bookings-column-service"), Column::Text),
        (words.say("bookings-column-merchant"), Column::Text),
        (words.say("bookings-column-user"), Column::Text),
        (words.say("bookings-column-status"), Column::Text),
        (words.say("bookings-column-made"), Column::Text),
    ];
    let row = |(booking, why): (&ListedBooking, Option<&str>)| {
        vec![
            moment(Timestamp::from_secs(booking.start_s)),
            html! { a.id href=(format!("{PREFIX}/bookings/{}", booking.id)) { (booking.id) } },
            service(catalog, &booking.merchant, &booking.service),
            merchant(catalog, &booking.merchant),
            html! { bdi.id { (booking.user_id) } },
            html! {
                (status(words, &booking.status))
                @if let Some(why) = why { " " (badge(Mood::Attention, &words.name("attention", why))) }
            },
            moment(booking.created_at),
        ]
    };
    table(&words.say("bookings-caption"), &columns, &found.map(row).collect::<Vec<_>>())
}

/// A booking's status, or the name of its state, in words.
pub(super) fn status(words: &Words, status: &str) -> Markup {
    let mood = match BookingStatus::parse(status) {
        Some(BookingStatus::Confirmed) => Mood::Good,
        Some(BookingStatus::PendingMerchantConfirmation) => Mood::Waiting,
        Some(
            BookingStatus::Canceled
            | BookingStatus::NoShow
            | BookingStatus::NoShowPenalized
            | BookingStatus::Failed
            | BookingStatus::DeclinedByMerchant,
        ) => Mood::Over,
        None if status == "Failed" => Mood::Over,
        None => Mood::Waiting,
    };
    badge(mood, &words.name("booking-status", status))
}

/// A merchant's name as the feeds have it now, with its id.
pub(super) fn merchant(catalog: &Catalog, id: &str) -> Markup {
    let known = MerchantId::parse(id).ok().and_then(|id| catalog.merchant(&id).map(|merchant| merchant.name.clone()));
    html! { @if let Some(name) = known { bdi { (name) } " " } bdi.id.muted { (id) } }
}

/// The same of a service.
pub(super) fn service(catalog: &Catalog, merchant: &str, id: &str) -> Markup {
    let known = MerchantId::parse(merchant).ok().zip(ServiceId::parse(id).ok());
    let known = known.and_then(|(merchant, id)| catalog.service(&merchant, &id).map(|service| service.name.clone()));
    html! { @if let Some(name) = known { bdi { (name) } " " } bdi.id.muted { (id) } }
}
