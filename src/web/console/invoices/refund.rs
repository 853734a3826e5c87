//! Money of an invoice goes back: all that remains, or a part. A part is looked at once more before it goes.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use maud::{Markup, html};

use super::acts::{back, done, why};
use super::preview::{follows, goes_back, preview, told};
use super::{Found, find, no, refused};
use crate::actors::{Changed, RememberAs, Seen};
use crate::crypto::content_hash;
use crate::domain::Money;
use crate::domain::invoice::Input;
use crate::storage::RequestKey;
use crate::web::console::amount::{micros, typed};
use crate::web::console::form::Fields;
use crate::web::console::frame::page_as;
use crate::web::console::parts::reason;
use crate::web::console::signed::Signed;
use crate::web::console::trouble::Answer;
use crate::web::invoices::nonce;
use crate::web::surface::Surface;

/// `GET /invoices/{reference}/refund`; with `amount` a part.
pub(super) async fn refund_page(
    surface: web::Data<Surface>,
    signed: Signed,
    reference: web::Path<String>,
    request: HttpRequest,
) -> Answer {
    refunding_page(&surface, &signed, (&reference, &Fields::of_query(&request), None)).await
}

/// The page; `was`: what it had said before the invoice changed.
async fn refunding_page(
    surface: &Surface,
    signed: &Signed,
    (reference, asked, was): (&str, &Fields, Option<i64>),
) -> Answer {
    let found = find(surface, reference).await?;
    let words = signed.words();
    let currency = found.view.content.total.currency();
    let part = asked.text("amount").map(|text| micros(words, text, currency).filter(|micros| *micros > 0));
    let status = match was {
        Some(_) => StatusCode::CONFLICT,
        None if part == Some(None) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let title = words.tell("invoice-refund-title", &[("reference", found.reference.to_string().into())]);
    let content = html! {
        h1 { (title) }
        @if let Some(was) = was {
            div.wrong role="alert" {
                p { (words.say("invoice-changed")) }
                p { (words.tell("invoice-changed-was", &[("amount", words.money(Money::new(was, currency)).into())])) }
            }
        }
        (back(words, &found))
        @if let Some(Some(part)) = part {
            (offer(surface, signed, (&found, Some(Money::new(part, currency)))))
            p { a href=(found.address("/refund")) { (words.say("invoice-refund-other")) } }
        } @else {
            (offer(surface, signed, (&found, None)))
            (part_form(signed, &found, (asked.text("amount"), part == Some(None))))
        }
    };
    Ok(page_as(status, signed, &title, &content))
}

/// What would go back, and the button that does it; `None`: everything that remains.
fn offer(surface: &Surface, signed: &Signed, (found, part): (&Found, Option<Money>)) -> Markup {
    let words = signed.words();
    let input = Input::Refund { amount_micros: part.map(|part| part.micros()), by: Some(signed.user.clone()) };
    let heading = words.say(if part.is_some() { "invoice-refund-part" } else { "invoice-refund-all" });
    html! {
        section aria-labelledby="offer" {
            h2 #offer { (heading) }
            @match preview(&found.state, &input, surface.clock.now()) {
                Ok(Some(follows)) => {
                    p { (words.say("invoice-follows")) }
                    (told(words, &follows))
                    (signed.form(&found.address("/refund"), &html! {
                        @if let Some(part) = part { input type="hidden" name="amount" value=(typed(words, part)); }
                        input type="hidden" name="version" value=(found.version);
                        @if let Some(sum) = goes_back(&follows) {
                            input type="hidden" name="sum" value=(sum.micros());
                        }
                        // A button that is pressed twice gives back once.
                        input type="hidden" name="once" value=(nonce(surface));
                        (reason("why", &words.say("invoice-why")))
                        @if let Some(sum) = goes_back(&follows) {
                            button.danger type="submit" {
                                (words.tell("invoice-refund-do", &[("amount", words.money(sum).into())]))
                            }
                        }
                    }))
                }
                Ok(None) => p.nothing { (words.say("invoice-refund-nothing")) },
                Err(crate::domain::invoice::Rejection::RefundExceeds(left)) => p.nothing {
                    (words.tell("invoice-refused-refund-exceeds", &[("amount", words.money(left).into())]))
                },
                Err(rejection) => p.nothing { (no(words, rejection)) },
            }
        }
    }
}

fn part_form(signed: &Signed, found: &Found, (given, wrong): (Option<&str>, bool)) -> Markup {
    let words = signed.words();
    let example = typed(words, found.view.content.total);
    html! {
        section aria-labelledby="part" {
            h2 #part { (words.say("invoice-refund-part")) }
            form method="get" action=(found.address("/refund")) {
                div.field {
                    label for="amount" {
                        (words.tell("invoice-refund-amount", &[
                            ("currency", found.view.content.total.currency().to_string().into()),
                        ]))
                    }
                    input #amount name="amount" type="text" inputmode="decimal" required autocomplete="off"
                        value=(given.unwrap_or_default()) aria-describedby="amount-hint"
                        aria-invalid=[wrong.then_some("true")];
                    p.hint #amount-hint {
                        @if wrong { strong { (words.say("invoice-expected-amount")) } " " }
                        (words.tell("invoice-amount-hint", &[("example", example.into())]))
                    }
                }
                button.quiet type="submit" { (words.say("invoice-refund-check")) }
            }
        }
    }
}

/// `POST /invoices/{reference}/refund`
pub(super) async fn refund(
    surface: web::Data<Surface>,
    signed: Signed,
    reference: web::Path<String>,
    fields: Fields,
) -> Answer {
    why(&fields)?;
    let (found, words) = (find(&surface, &reference).await?, signed.words());
    let currency = found.view.content.total.currency();
    let read = |text: &str| micros(words, text, currency).filter(|micros| *micros > 0);
    let part = fields.parsed("amount", "invoice-expected-amount", read)?;
    // What was seen is what goes back, all of it or a part.
    let number = |text: &str| text.parse::<i64>().ok();
    let version = fields.needed("version", "invoice-expected-once", number)?;
    let sum = fields.needed("sum", "invoice-expected-once", number)?;
    let once = fields.needed("once", "invoice-expected-once", |once| (once.len() <= 100).then(|| once.to_owned()))?;
    let remember = RememberAs {
        key: RequestKey { scope: format!("console:{}", signed.user), request_id: once },
        method: "console",
        content_hash: content_hash(format!("refund {} {part:?}", found.reference).as_bytes()),
    };
    let means =
        move |state: &_, decision: &_| goes_back(&follows(state, decision)).is_some_and(|now| now.micros() == sum);
    let seen = Seen { version, means: Some(Box::new(means)) };
    let by = (signed.user.clone(), remember);
    match surface.invoices.desk.refund_as_seen(&found.reference, (part, seen), by).await {
        Ok(given) => given.map(|_| done(&found.reference, "invoice-refunded")).map_err(|error| refused(words, error)),
        Err(Changed) => refunding_page(&surface, &signed, (&reference, &fields, Some(sum))).await,
    }
}
