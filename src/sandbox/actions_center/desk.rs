//! What people do here: look, book, change, and what merchants do.

use std::sync::atomic::Ordering;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::book::{Case, Exchange, Record, Wish};
use super::catalog::Slot;
use super::requests::{self, CARDS, Wanted};
use super::{Center, pages};
use crate::crypto::random_token;
use crate::sandbox::journal::JournalError;
use crate::sandbox::page::see_other;

/// How many slots of a service are shown at once.
const SHOWN: usize = 24;

/// `GET /`.
pub(super) async fn home(center: web::Data<Center>) -> HttpResponse {
    pages::home(&center)
}

/// Which service.
#[derive(Deserialize)]
pub(super) struct Chosen {
    merchant: String,
    service: String,
}

/// `GET /service`: its next slots, as the booking server says they are (section 4.2).
pub(super) async fn service(center: web::Data<Center>, chosen: web::Query<Chosen>) -> HttpResponse {
    let Chosen { merchant, service } = chosen.into_inner();
    let key = (merchant.clone(), service.clone());
    let Some(known) = center.catalog().services.get(&key).cloned() else {
        return pages::notice(StatusCode::NOT_FOUND, "Unknown service", "No feed holds this service.");
    };
    let now = center.clock.now();
    let slots: Vec<Slot> = center.catalog().coming(&merchant, &service, now).take(SHOWN).cloned().collect();
    let exchange = look_up(&center, (&merchant, &service), &slots).await;
    let slots: Vec<_> = slots.into_iter().zip(available(&exchange)).collect();
    pages::service(&center, &known, &slots, &exchange)
}

async fn look_up(center: &Center, key: (&str, &str), slots: &[Slot]) -> Exchange {
    center.call("BatchAvailabilityLookup", requests::lookup(key, slots.iter())).await
}

/// What the answer says of each entry; false for what it does not.
fn available(exchange: &Exchange) -> impl Iterator<Item = bool> {
    let body = exchange.body().unwrap_or_default();
    let answers = body["slot_time_availability"].as_array().cloned().unwrap_or_default();
    answers.into_iter().map(|one| one["available"] == json!(true)).chain(std::iter::repeat(false))
}

/// The form of a service's page.
#[derive(Deserialize)]
pub(super) struct BookForm {
    merchant: String,
    service: String,
    slot: String,
    name: String,
    card: String,
    /// Empty: none; `own:…`: a pack of the user's; else an option to buy.
    #[serde(default)]
    option: String,
}

/// `POST /bookings`: looks whether the slot is still open, as a click on it does, and books it.
pub(super) async fn book(center: web::Data<Center>, form: web::Form<BookForm>) -> HttpResponse {
    let form = form.into_inner();
    let bad = |why: &str| pages::notice(StatusCode::BAD_REQUEST, "Not booked", why);
    let slot = center.catalog().slot(&form.merchant, &form.service, &form.slot).cloned();
    let Some(slot) = slot else { return bad("There is no such slot any more.") };
    let Some(card) = CARDS.into_iter().find(|card| card.name == form.card) else { return bad("Choose a card.") };
    let name = form.name.trim();
    if name.is_empty() || name.chars().count() > 60 {
        return bad("Say who comes.");
    }
    let exchange = look_up(&center, (&form.merchant, &form.service), std::slice::from_ref(&slot)).await;
    if available(&exchange).next() != Some(true) {
        return pages::unavailable(&exchange);
    }
    let owned = form.option.strip_prefix("own:");
    let wanted = Wanted {
        merchant: &form.merchant,
        service: &form.service,
        slot: &slot,
        name,
        card,
        option: Some(form.option.as_str()).filter(|option| owned.is_none() && !option.is_empty()),
        owned,
    };
    let request = requests::create_booking(&center.catalog(), &wanted);
    let wish = Wish {
        case: random_token(),
        at_ms: center.clock.now().as_millis(),
        user_id: requests::user_id(name),
        merchant: form.merchant,
        service: form.service,
        request: request.clone(),
    };
    let case = wish.case.clone();
    if let Err(error) = center.journal.record(Record::Wished(wish)) {
        return failed(&error);
    }
    back(&case, center.told(&case, "CreateBooking", request).await)
}

/// Back to the case's page.
fn back(case: &str, recorded: Result<(), JournalError>) -> HttpResponse {
    match recorded {
        Ok(()) => see_other(&format!("/bookings/{case}")),
        Err(error) => failed(&error),
    }
}

fn failed(error: &JournalError) -> HttpResponse {
    tracing::error!(%error, "the Actions Center stand-in cannot write");
    pages::notice(StatusCode::INTERNAL_SERVER_ERROR, "Not remembered", "The stand-in's memory cannot be written.")
}

fn find(center: &Center, id: &str) -> Result<Case, HttpResponse> {
    let found = center.journal.read(|book| book.cases.get(id).cloned());
    found.ok_or_else(|| {
        pages::notice(StatusCode::NOT_FOUND, "Unknown booking", "Nothing was booked here under this id.")
    })
}

/// The case and its booking.
fn booked(center: &Center, id: &str) -> Result<(Case, String), HttpResponse> {
    let case = find(center, id)?;
    let booking = case.booking_id.clone();
    let none = || pages::notice(StatusCode::CONFLICT, "No booking", "The booking server made no booking.");
    booking.map(|booking| (case, booking)).ok_or_else(none)
}

/// `GET /bookings/{case}`.
pub(super) async fn case(center: web::Data<Center>, path: web::Path<String>) -> HttpResponse {
    find(&center, &path).map_or_else(|page| page, |case| pages::case(&center, &case))
}

/// `GET /bookings/{case}/json`.
pub(super) async fn case_json(center: web::Data<Center>, path: web::Path<String>) -> HttpResponse {
    find(&center, &path).map_or_else(|page| page, |case| HttpResponse::Ok().json(case))
}

/// `GET /updates/json`: the inventory's updates.
pub(super) async fn updates_json(center: web::Data<Center>) -> HttpResponse {
    HttpResponse::Ok().json(center.journal.read(|book| book.inventory.clone()))
}

/// `POST /bookings/{case}/again`: the same CreateBooking; the same answer is expected.
pub(super) async fn again(center: web::Data<Center>, path: web::Path<String>) -> HttpResponse {
    let case = match find(&center, &path) {
        Ok(case) => case,
        Err(page) => return page,
    };
    let last = case.exchanges.iter().rev().find(|exchange| exchange.method == "CreateBooking");
    let request = last.map_or(case.wish.request, |exchange| exchange.sent.clone());
    back(&path, center.told(&path, "CreateBooking", request).await)
}

/// `POST /bookings/{case}/cancel`: the user cancels at Google.
pub(super) async fn cancel(center: web::Data<Center>, path: web::Path<String>) -> HttpResponse {
    match booked(&center, &path) {
        Ok((_, booking)) => back(&path, center.told(&path, "UpdateBooking", requests::cancel(&booking)).await),
        Err(page) => page,
    }
}

/// Another slot.
#[derive(Deserialize)]
pub(super) struct MoveForm {
    slot: String,
}

/// `POST /bookings/{case}/move`: the user comes at another time.
pub(super) async fn change_slot(
    center: web::Data<Center>,
    path: web::Path<String>,
    form: web::Form<MoveForm>,
) -> HttpResponse {
    let (case, booking) = match booked(&center, &path) {
        Ok(found) => found,
        Err(page) => return page,
    };
    let slot = center.catalog().slot(&case.wish.merchant, &case.wish.service, &form.slot).cloned();
    let Some(slot) = slot else {
        return pages::notice(StatusCode::BAD_REQUEST, "Not moved", "There is no such slot any more.");
    };
    back(&path, center.told(&path, "UpdateBooking", requests::change_slot(&booking, &case, &slot)).await)
}

/// `POST /bookings/{case}/status`.
pub(super) async fn status(center: web::Data<Center>, path: web::Path<String>) -> HttpResponse {
    match booked(&center, &path) {
        Ok((_, booking)) => back(&path, center.ask_status(&path, &booking).await),
        Err(page) => page,
    }
}

/// `POST /bookings/{case}/list`: all bookings of the user.
pub(super) async fn list(center: web::Data<Center>, path: web::Path<String>) -> HttpResponse {
    match find(&center, &path) {
        Ok(case) => back(&path, center.told(&path, "ListBookings", json!({"user_id": case.wish.user_id})).await),
        Err(page) => page,
    }
}

/// What a merchant does.
#[derive(Deserialize)]
pub(super) struct MerchantForm {
    what: String,
}

/// `POST /bookings/{case}/merchant`: over the admin API, as the merchant's own system would.
pub(super) async fn merchant(
    center: web::Data<Center>,
    path: web::Path<String>,
    form: web::Form<MerchantForm>,
) -> HttpResponse {
    let (_, booking) = match booked(&center, &path) {
        Ok(found) => found,
        Err(page) => return page,
    };
    let (call, body) = match form.what.as_str() {
        "cancel" => ("cancel", json!({"by": "merchant"})),
        "phone" => ("cancel", json!({"by": "customer"})),
        "no-show" => ("no-show", json!({"charge": false})),
        "penalize" => ("no-show", json!({"charge": true})),
        _ => return pages::notice(StatusCode::BAD_REQUEST, "Nothing done", "There is no such button."),
    };
    let exchange = center.administer(&booking, call, body).await;
    back(&path, center.journal.record(Record::Exchanged { case: path.clone(), exchange }))
}

/// `GET`, `POST /3ds/{case}`: the challenge is over; CreateBooking goes out again (section 6.8).
pub(super) async fn challenged(center: web::Data<Center>, path: web::Path<String>, body: web::Bytes) -> HttpResponse {
    let case = match find(&center, &path) {
        Ok(case) => case,
        Err(page) => return page,
    };
    if case.challenge().is_none() {
        return see_other(&format!("/bookings/{}", path.as_str()));
    }
    // 3DS1 posts `PaRes`; pages of later kinds only send the browser back.
    let posted = url::form_urlencoded::parse(&body).find(|(name, value)| name == "PaRes" && !value.is_empty());
    let pa_response = posted.map_or_else(|| "authenticated".to_owned(), |(_, value)| value.into_owned());
    back(&path, center.told(&path, "CreateBooking", requests::after_challenge(&case, &pa_response)).await)
}

/// How coming updates are answered.
#[derive(Deserialize)]
pub(super) struct MisbehaveForm {
    status: u16,
    times: u32,
}

/// `POST /misbehave`.
pub(super) async fn misbehave(center: web::Data<Center>, form: web::Form<MisbehaveForm>) -> HttpResponse {
    if !(400..600).contains(&form.status) || form.times > 1_000 {
        return pages::notice(StatusCode::BAD_REQUEST, "Not set", "A status from 400 to 599, at most 1000 times.");
    }
    center.misbehaving.status.store(form.status, Ordering::SeqCst);
    center.misbehaving.times.store(form.times, Ordering::SeqCst);
    see_other("/")
}

pub(super) async fn not_found() -> HttpResponse {
    pages::notice(StatusCode::NOT_FOUND, "Not here", "There is nothing at this address.")
}

/// A JSON text for people.
pub(super) fn pretty(text: &str) -> String {
    let parsed: Option<Value> = serde_json::from_str(text).ok();
    parsed.map_or_else(|| text.to_owned(), |value| format!("{value:#}"))
}
