//! What people do about a booking: each act has a page that says in figures what follows, and then its button.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::preview::{Follows, cancelling, preview, refundable, told};
use super::seen::{self, Was};
use super::{Found, find};
use crate::actors::{Ask, AskError, BookingDesk, Changed, Told};
use crate::domain::booking::{Canceller, Charge, Input, Rejection, Reply};
use crate::domain::{Capability, Timestamp, TransactionId};
use crate::web::console::PREFIX;
use crate::web::console::form::Fields;
use crate::web::console::gate::see_other;
use crate::web::console::parts::{money, nothing, reason};
use crate::web::console::refusals::Refusal;
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::console::words::Words;
use crate::web::surface::Surface;

fn address(id: TransactionId, tail: &str) -> String {
    format!("{PREFIX}/bookings/{id}{tail}")
}

fn back(words: &Words, found: &Found) -> Markup {
    html! { p { a href=(address(found.id(), "")) { (words.say("booking-back")) } } }
}

/// `GET /bookings/{id}/cancel`: for the merchant, or for the customer who has called.
pub(super) async fn cancel_page(surface: web::Data<Surface>, signed: Signed, id: web::Path<String>) -> Answer {
    cancelling_page(&surface, &signed, (&id, None)).await
}

async fn cancelling_page(surface: &Surface, signed: &Signed, (id, was): (&str, Option<&Was>)) -> Answer {
    let (found, words, now) = (find(surface, id).await?, signed.words(), surface.clock.now());
    let offered = |by: Canceller, name: &str, key: &str| {
        let follows = cancelling(&found.state, by, now)?;
        let button = html! {
            input type="hidden" name="by" value=(name);
            (seen::shown(&found, &follows))
            button.danger type="submit" { (words.say(key)) }
        };
        Some(html! {
            section aria-labelledby=(name) {
                h2 id=(name) { (words.name("booking-cancel-for", name)) }
                p { (words.say("booking-follows")) }
                (told(words, &follows))
                (signed.form(&address(found.id(), "/cancel"), &button))
            }
        })
    };
    let offers: Vec<Markup> = [
        offered(Canceller::Merchant, "merchant", "booking-cancel-merchant"),
        offered(Canceller::Customer, "customer", "booking-cancel-customer"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let content = html! {
        (back(words, &found))
        @if offers.is_empty() { (nothing(&words.say("booking-cancel-not"))) }
        div.columns { @for offer in &offers { (offer) } }
    };
    Ok(seen::page(signed, &words.say("booking-cancel-title"), (&content, was)))
}

/// `POST /bookings/{id}/cancel`
pub(super) async fn cancel(
    surface: web::Data<Surface>,
    signed: Signed,
    id: web::Path<String>,
    fields: Fields,
) -> Answer {
    let by = fields.needed("by", "booking-expected-by", |by| match by {
        "merchant" => Some(Canceller::Merchant),
        "customer" => Some(Canceller::Customer),
        _ => None,
    })?;
    match done_as_seen(&surface, &signed, (&id, Input::Cancel { by }, &fields)).await? {
        Ok(id) => Ok(to_page(id, "booking-cancelled")),
        Err(was) => cancelling_page(&surface, &signed, (&id, Some(&was))).await,
    }
}

/// `GET /bookings/{id}/no-show`: with the fee, where a person may decide it, or without.
pub(super) async fn no_show_page(surface: web::Data<Surface>, signed: Signed, id: web::Path<String>) -> Answer {
    absence_page(&surface, &signed, (&id, None)).await
}

async fn absence_page(surface: &Surface, signed: &Signed, (id, was): (&str, Option<&Was>)) -> Answer {
    let (found, words, now) = (find(surface, id).await?, signed.words(), surface.clock.now());
    let plain = preview(&found.state, &Input::NoShow { charge: false }, now).ok().flatten();
    let fee = preview(&found.state, &Input::NoShow { charge: true }, now).ok().flatten();
    let amount =
        fee.iter().flatten().find_map(|one| if let Follows::Charged(amount) = one { Some(*amount) } else { None });
    let content = html! {
        (back(words, &found))
        @if plain.is_none() && fee.is_none() { (nothing(&words.say("booking-no-show-not"))) }
        div.columns {
            @if let Some(follows) = &plain {
                section aria-labelledby="without" {
                    h2 #without { (words.say("booking-no-show-without")) }
                    p { (words.say("booking-follows")) }
                    (told(words, follows))
                    (signed.form(&address(found.id(), "/no-show"), &html! {
                        (seen::shown(&found, follows))
                        button.danger type="submit" { (words.say("booking-no-show-do")) }
                    }))
                }
            }
            @if let (Some(follows), Some(amount)) = (&fee, amount) {
                section aria-labelledby="with" {
                    h2 #with { (words.say("booking-no-show-with")) }
                    p { (words.say("booking-follows")) }
                    (told(words, follows))
                    @if signed.may(Capability::DecideMoney) {
                        (signed.form(&address(found.id(), "/no-show-fee"), &html! {
                            (seen::shown(&found, follows))
                            (reason("why", &words.say("booking-why")))
                            button.danger type="submit" {
                                (words.tell("booking-no-show-charge", &[("amount", words.money(amount).into())]))
                            }
                        }))
                    } @else { p.hint { (words.say("booking-finance-only")) } }
                }
            }
        }
    };
    Ok(seen::page(signed, &words.say("booking-no-show-title"), (&content, was)))
}

/// `POST /bookings/{id}/no-show`
pub(super) async fn no_show(
    surface: web::Data<Surface>,
    signed: Signed,
    id: web::Path<String>,
    fields: Fields,
) -> Answer {
    match done_as_seen(&surface, &signed, (&id, Input::NoShow { charge: false }, &fields)).await? {
        Ok(id) => Ok(to_page(id, "booking-no-show")),
        Err(was) => absence_page(&surface, &signed, (&id, Some(&was))).await,
    }
}

/// `POST /bookings/{id}/no-show-fee`
pub(super) async fn no_show_fee(
    surface: web::Data<Surface>,
    signed: Signed,
    id: web::Path<String>,
    fields: Fields,
) -> Answer {
    why(&fields)?;
    match done_as_seen(&surface, &signed, (&id, Input::NoShow { charge: true }, &fields)).await? {
        Ok(id) => Ok(to_page(id, "booking-no-show-fee")),
        Err(was) => absence_page(&surface, &signed, (&id, Some(&was))).await,
    }
}

/// `POST /bookings/{id}/confirm`
pub(super) async fn confirm(surface: web::Data<Surface>, signed: Signed, id: web::Path<String>) -> Answer {
    done(&surface, &signed, (&id, Input::Accept), "booking-confirmed").await
}

/// `POST /bookings/{id}/decline`
pub(super) async fn decline(surface: web::Data<Surface>, signed: Signed, id: web::Path<String>) -> Answer {
    done(&surface, &signed, (&id, Input::Decline), "booking-declined").await
}

/// `GET /bookings/{id}/refund`: charge by charge, each in full.
pub(super) async fn refund_page(
    surface: web::Data<Surface>,
    signed: Signed,
    id: web::Path<String>,
    request: HttpRequest,
) -> Answer {
    refunding_page(&surface, &signed, (&id, &Fields::of_query(&request), None)).await
}

async fn refunding_page(surface: &Surface, signed: &Signed, (id, asked, was): (&str, &Fields, Option<&Was>)) -> Answer {
    let (found, words, now) = (find(surface, id).await?, signed.words(), surface.clock.now());
    let charges = refundable(&found.state, &signed.user, now);
    let chosen = charges.iter().find(|charge| asked.text("charge") == Some(&charge.intent));
    let chosen = chosen.or_else(|| charges.first().filter(|_| charges.len() == 1));
    let content = html! {
        (back(words, &found))
        @match chosen {
            Some(charge) => (refund_form(signed, &found, (charge, now))),
            None if charges.is_empty() => (nothing(&words.say("booking-refund-not"))),
            None => {
                p { (words.say("booking-refund-which")) }
                ul {
                    @for charge in &charges {
                        li {
                            a href=(format!("{}?{}", address(found.id(), "/refund"), query(charge))) {
                                (words.money(charge.amount)) " " bdi.id { (charge.intent) }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(seen::page(signed, &words.say("booking-refund-title"), (&content, was)))
}

fn query(charge: &Charge) -> String {
    url::form_urlencoded::Serializer::new(String::new()).append_pair("charge", &charge.intent).finish()
}

fn refund_form(signed: &Signed, found: &Found, (charge, now): (&Charge, Timestamp)) -> Markup {
    let words = signed.words();
    let input = Input::GiveBack { charge: Some(charge.intent.clone()), by: signed.user.clone() };
    let follows = preview(&found.state, &input, now).ok().flatten().unwrap_or_default();
    html! {
        section aria-labelledby="refund" {
            h2 #refund { (money(words, charge.amount)) " " bdi.id { (charge.intent) } }
            p { (words.say("booking-follows")) }
            (told(words, &follows))
            (signed.form(&address(found.id(), "/refund"), &html! {
                input type="hidden" name="charge" value=(charge.intent);
                (seen::shown(found, &follows))
                (reason("why", &words.say("booking-why")))
                button.danger type="submit" {
                    (words.tell("booking-refund-do", &[("amount", words.money(charge.amount).into())]))
                }
            }))
        }
    }
}

/// `POST /bookings/{id}/refund`
pub(super) async fn refund(
    surface: web::Data<Surface>,
    signed: Signed,
    id: web::Path<String>,
    fields: Fields,
) -> Answer {
    why(&fields)?;
    let charge = fields.needed("charge", "booking-expected-charge", |charge| Some(charge.to_owned()))?;
    let input = Input::GiveBack { charge: Some(charge.into()), by: signed.user.clone() };
    match done_as_seen(&surface, &signed, (&id, input, &fields)).await? {
        Ok(id) => Ok(to_page(id, "booking-refunded")),
        Err(was) => refunding_page(&surface, &signed, (&id, &fields, Some(&was))).await,
    }
}

/// Stands in the audit log with the form.
fn why(fields: &Fields) -> Result<(), Trouble> {
    fields.needed("why", "booking-expected-why", |why| (why.chars().count() <= 1_000).then_some(()))
}

fn desk(surface: &Surface) -> Result<&BookingDesk, Trouble> {
    surface.booking.as_ref().map(|booking| &booking.desk).ok_or(Trouble::NotFound)
}

/// Puts a decision before the booking, and leads back to its page.
async fn done(surface: &Surface, signed: &Signed, (id, input): (&str, Input), what: &str) -> Answer {
    let id = find(surface, id).await?.id();
    let asked = desk(surface)?.bookings.ask(Ask::plain(id, input)).await.map(Told::into_reply);
    answered(signed.words(), asked)?;
    Ok(to_page(id, what))
}

/// The same of what a page has said the consequences of: `Err` with that, where they are not so any more.
async fn done_as_seen(
    surface: &Surface,
    signed: &Signed,
    (id, input, fields): (&str, Input, &Fields),
) -> Result<Result<TransactionId, Was>, Trouble> {
    let id = find(surface, id).await?.id();
    let (seen, was) = seen::before(fields, &input)?;
    match desk(surface)?.bookings.ask_as_seen(Ask::plain(id, input), seen).await {
        Ok(asked) => answered(signed.words(), asked.map(Told::into_reply)).map(|()| Ok(id)),
        Err(Changed) => Ok(Err(was)),
    }
}

fn to_page(id: TransactionId, what: &str) -> HttpResponse {
    see_other(&format!("{}?done={what}", address(id, "")))
}

fn answered(words: &Words, asked: Result<Reply, AskError<Rejection>>) -> Result<(), Trouble> {
    match asked {
        // Also of what never became a booking: its charge goes back.
        Ok(
            Reply::Stands(_)
            | Reply::Created(_)
            | Reply::Failed(_)
            | Reply::Paying { .. }
            | Reply::Unclaimed
            | Reply::Challenged { .. }
            | Reply::Adopted { .. },
        ) => Ok(()),
        Ok(Reply::Nothing) | Err(AskError::Rejected(Rejection::Unknown)) => Err(Trouble::NotFound),
        Err(AskError::Rejected(rejection)) => Err(Trouble::Refused(Refusal::from(rejection).say(words))),
        Err(why) => Err(why.into()),
    }
}
