//! What people do about an invoice with one button: send it, take it back, answer what the recipient said.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::preview::{preview, told};
use super::{Found, address, find, no, refused};
use crate::actors::Act;
use crate::domain::invoice::{Input, InvoiceReference};
use crate::web::console::form::Fields;
use crate::web::console::frame::page;
use crate::web::console::gate::see_other;
use crate::web::console::parts::reason;
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::console::words::Words;
use crate::web::surface::Surface;

pub(super) fn parsed(reference: &str) -> Result<InvoiceReference, Trouble> {
    InvoiceReference::parse(reference).map_err(|_| Trouble::NotFound)
}

pub(super) fn done(reference: &InvoiceReference, what: &str) -> HttpResponse {
    see_other(&format!("{}?done={what}", address(reference, "")))
}

pub(super) fn back(words: &Words, found: &Found) -> Markup {
    html! { p { a href=(found.address("")) { (words.say("invoice-back")) } } }
}

/// `POST /invoices/{reference}/send`
pub(super) async fn send(surface: web::Data<Surface>, signed: Signed, reference: web::Path<String>) -> Answer {
    let reference = parsed(&reference)?;
    let by = Some(signed.user.clone());
    let sent = surface.invoices.desk.act(&reference, Act::Send, (by, None)).await;
    sent.map_err(|error| refused(signed.words(), error))?;
    Ok(done(&reference, "invoice-sent"))
}

/// `POST /invoices/{reference}/resolve`
pub(super) async fn resolve(surface: web::Data<Surface>, signed: Signed, reference: web::Path<String>) -> Answer {
    let reference = parsed(&reference)?;
    let resolved = surface.invoices.desk.resolve(&reference, signed.user.clone()).await;
    resolved.map_err(|error| refused(signed.words(), error))?;
    Ok(done(&reference, "invoice-resolved"))
}

/// `GET /invoices/{reference}/cancel`
pub(super) async fn cancel_page(surface: web::Data<Surface>, signed: Signed, reference: web::Path<String>) -> Answer {
    let (found, words) = (find(&surface, &reference).await?, signed.words());
    let input = Input::Cancel { by: Some(signed.user.clone()) };
    let content = html! {
        h1 { (words.tell("invoice-cancel-title", &[("reference", found.reference.to_string().into())])) }
        (back(words, &found))
        @match preview(&found.state, &input, surface.clock.now()) {
            Ok(Some(follows)) => {
                p { (words.say("invoice-follows")) }
                (told(words, &follows))
                (signed.form(&found.address("/cancel"), &html! {
                    (reason("why", &words.say("invoice-why")))
                    button.danger type="submit" { (words.say("invoice-cancel-do")) }
                }))
            }
            Ok(None) => p.nothing { (words.say("invoice-cancelled-already")) },
            Err(rejection) => p.nothing { (no(words, rejection)) },
        }
    };
    page(&signed, &words.say("invoice-to-cancel"), &content)
}

/// `POST /invoices/{reference}/cancel`
pub(super) async fn cancel(
    surface: web::Data<Surface>,
    signed: Signed,
    reference: web::Path<String>,
    fields: Fields,
) -> Answer {
    why(&fields)?;
    let reference = parsed(&reference)?;
    let by = Some(signed.user.clone());
    let cancelled = surface.invoices.desk.act(&reference, Act::Cancel, (by, None)).await;
    cancelled.map_err(|error| refused(signed.words(), error))?;
    Ok(done(&reference, "invoice-cancelled"))
}

/// Stands in the audit log with the form.
pub(super) fn why(fields: &Fields) -> Result<(), Trouble> {
    fields.needed("why", "invoice-expected-why", |why| (why.chars().count() <= 1_000).then_some(()))
}
