//! A person has found an invoice's money on our bank account.

use actix_web::http::StatusCode;
use actix_web::web;
use maud::{Markup, html};

use super::acts::{back, done};
use super::preview::{preview, told};
use super::{Found, find, no, refused};
use crate::domain::Timestamp;
use crate::domain::invoice::Input;
use crate::web::console::form::Fields;
use crate::web::console::frame::page_as;
use crate::web::console::signed::Signed;
use crate::web::console::trouble::Answer;
use crate::web::invoices::transfer_note;
use crate::web::surface::Surface;

/// `GET /invoices/{reference}/paid`
pub(super) async fn paid_page(surface: web::Data<Surface>, signed: Signed, reference: web::Path<String>) -> Answer {
    let found = find(&surface, &reference).await?;
    let content = paid_form(&signed, &found, (surface.clock.now(), None));
    Ok(page_as(StatusCode::OK, &signed, &signed.words().say("invoice-to-paid"), &content))
}

/// The form; with what was typed where it did not fit.
fn paid_form(signed: &Signed, found: &Found, (now, wrong): (Timestamp, Option<&str>)) -> Markup {
    let words = signed.words();
    let input = Input::MarkPaid { by: signed.user.clone(), note: "".into() };
    html! {
        h1 { (words.tell("invoice-paid-title", &[("reference", found.reference.to_string().into())])) }
        (back(words, found))
        @match preview(&found.state, &input, now) {
            Ok(Some(follows)) => {
                p { (words.say("invoice-follows")) }
                (told(words, &follows))
                (signed.form(&found.address("/paid"), &html! {
                    div.field {
                        label for="note" { (words.say("invoice-note")) }
                        input #note name="note" type="text" required maxlength="200" autocomplete="off"
                            value=(wrong.unwrap_or_default()) aria-describedby="note-hint"
                            aria-invalid=[wrong.map(|_| "true")];
                        p.hint #note-hint {
                            @if wrong.is_some() { strong { (words.say("invoice-expected-note")) } " " }
                            (words.say("invoice-note-hint"))
                        }
                    }
                    button type="submit" {
                        (words.tell("invoice-paid-do", &[("amount", words.money(found.view.content.total).into())]))
                    }
                }))
            }
            Ok(None) => p.nothing { (words.say("invoice-paid-already")) },
            Err(rejection) => p.nothing { (no(words, rejection)) },
        }
    }
}

/// `POST /invoices/{reference}/paid`
pub(super) async fn mark_paid(
    surface: web::Data<Surface>,
    signed: Signed,
    reference: web::Path<String>,
    fields: Fields,
) -> Answer {
    let found = find(&surface, &reference).await?;
    let typed = fields.text("note").unwrap_or_default();
    let Some(note) = transfer_note(typed) else {
        let content = paid_form(&signed, &found, (surface.clock.now(), Some(typed)));
        let title = signed.words().say("invoice-to-paid");
        return Ok(page_as(StatusCode::UNPROCESSABLE_ENTITY, &signed, &title, &content));
    };
    let marked = surface.invoices.desk.mark_paid(&found.reference, signed.user.clone(), note).await;
    marked.map_err(|error| refused(signed.words(), error))?;
    Ok(done(&found.reference, "invoice-paid"))
}
