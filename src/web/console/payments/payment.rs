//! `/payments/{transactionId}`: one payment, as it stands or as it stood.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use maud::html;

use super::dossier::{Dossier, Past};
use super::{acts, channels, lead_to, money, outbox, summary, timeline};
use crate::domain::redirect_payment::{RedirectPayment, State};
use crate::domain::{Machine as _, TransactionId};
use crate::storage::Codec as _;
use crate::web::console::PREFIX;
use crate::web::console::form::Fields;
use crate::web::console::frame::page_as;
use crate::web::console::parts::nothing;
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::surface::Surface;

/// What a form that did not fit says on the page again: the field, what was expected, and what had been typed.
pub(super) struct Unfit<'a> {
    /// The field.
    pub(super) field: &'static str,
    /// The key of what was expected.
    pub(super) sentence: &'static str,
    /// What was typed.
    pub(super) fields: &'a Fields,
}

pub(super) async fn payment(
    surface: web::Data<Surface>,
    signed: Signed,
    id: web::Path<String>,
    request: HttpRequest,
) -> Answer {
    let fields = Fields::of_query(&request);
    let id = TransactionId::parse(&id).map_err(|_| Trouble::NotFound)?;
    let line = surface.store.overview(id).await?.ok_or(Trouble::NotFound)?;
    if line.kind != RedirectPayment::KIND {
        return lead_to(&line);
    }
    let past = fields.text("at").map(Past::parse);
    let unfit = past == Some(None);
    let dossier = Dossier::read(&surface, line, past.flatten()).await?;
    let wrong = unfit.then_some(Unfit { field: "at", sentence: "payments-expected-moment", fields: &fields });
    shown(&surface, &signed, (&dossier, wrong.as_ref()))
}

/// The page of a payment of which an act was asked that did not fit.
pub(super) async fn again(surface: &Surface, signed: &Signed, (id, unfit): (TransactionId, Unfit<'_>)) -> Answer {
    let line = surface.store.overview(id).await?.ok_or(Trouble::NotFound)?;
    let dossier = Dossier::read(surface, line, None).await?;
    shown(surface, signed, (&dossier, Some(&unfit)))
}

#[allow(clippy::unnecessary_wraps, reason = "the last word of a handler, which answers one")]
fn shown(surface: &Surface, signed: &Signed, (dossier, unfit): (&Dossier, Option<&Unfit<'_>>)) -> Answer {
    let words = signed.words();
    let now = surface.clock.now();
    let title = words.tell("payment-title", &[("amount", words.money(dossier.terms.amount).into())]);
    let typed = unfit.filter(|unfit| unfit.field == "at").and_then(|unfit| unfit.fields.text("at"));
    let content = html! {
        p { a href=(format!("{PREFIX}/payments")) { (words.say("payment-to-list")) } }
        h1 { (title) }
        @if let Some(unfit) = unfit {
            // The field may be gone with what it was for.
            p.wrong role="alert" { (words.say(unfit.sentence)) }
        }
        (summary::past(signed, dossier, typed.unwrap_or_default()))
        @if dossier.state == State::Unstarted { (nothing(&words.say("payment-past-nothing"))) }
        @else {
            @if let Some(reason) = RedirectPayment::attention(&dossier.state) { (summary::attention(words, reason)) }
            (summary::section(words, dossier))
            @if dossier.past.is_none() { (acts::section(signed, dossier, (now, unfit))) }
            (channels::section(words, dossier))
            (timeline::section(words, dossier))
            (money::refunds(words, dossier))
            (money::ledger(words, dossier))
            @if dossier.past.is_none() { (outbox::section(signed, dossier)) }
        }
    };
    let status = match unfit {
        None => StatusCode::OK,
        Some(unfit) if unfit.sentence == acts::CHANGED => StatusCode::CONFLICT,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok(page_as(status, signed, &title, &content))
}
