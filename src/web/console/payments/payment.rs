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
use crate::web::console::complaints::{Complaints, Form, Reader};
use crate::web::console::form::Fields;
use crate::web::console::frame::page_as;
use crate::web::console::parts::nothing;
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::surface::Surface;

/// What a form brought that is not done.
pub(super) enum NotDone {
    /// Fields do not fit.
    Unfit(Complaints),
    /// The payment is not what was seen any more.
    Changed,
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
    let mut reader = Reader::of(&fields);
    let past = reader.parsed("at", "payments-expected-moment", Past::parse);
    let dossier = Dossier::read(&surface, line, past).await?;
    shown(&surface, &signed, (&dossier, &fields, &NotDone::Unfit(reader.complaints())))
}

/// The page of a payment of which an act was asked that is not done.
pub(super) async fn again(
    surface: &Surface,
    signed: &Signed,
    (id, fields, why): (TransactionId, &Fields, NotDone),
) -> Answer {
    let line = surface.store.overview(id).await?.ok_or(Trouble::NotFound)?;
    let dossier = Dossier::read(surface, line, None).await?;
    shown(surface, signed, (&dossier, fields, &why))
}

#[allow(clippy::unnecessary_wraps, reason = "the last word of a handler, which answers one")]
fn shown(surface: &Surface, signed: &Signed, (dossier, fields, why): (&Dossier, &Fields, &NotDone)) -> Answer {
    let words = signed.words();
    let fits = Complaints::default();
    let (complaints, changed) = match why {
        NotDone::Unfit(complaints) => (complaints, false),
        NotDone::Changed => (&fits, true),
    };
    let mut form = Form::new(words, (fields, complaints));
    let past = summary::past(&mut form, dossier);
    let acts = dossier.past.is_none().then(|| acts::section(signed, dossier, (surface.clock.now(), &mut form)));
    let title = words.tell("payment-title", &[("amount", words.money(dossier.terms.amount).into())]);
    let content = html! {
        p { a href=(format!("{PREFIX}/payments")) { (words.say("payment-to-list")) } }
        h1 { (title) }
        (form.summary())
        @if changed { p.wrong role="alert" { (words.say("payments-expected-now")) } }
        (past)
        @if dossier.state == State::Unstarted { (nothing(&words.say("payment-past-nothing"))) }
        @else {
            @if let Some(reason) = RedirectPayment::attention(&dossier.state) { (summary::attention(words, reason)) }
            (summary::section(words, dossier))
            @if let Some(acts) = acts { (acts) }
            (channels::section(words, dossier))
            (timeline::section(words, dossier))
            (money::refunds(words, dossier))
            (money::ledger(words, dossier))
            @if dossier.past.is_none() { (outbox::section(signed, dossier)) }
        }
    };
    let status = if changed { StatusCode::CONFLICT } else { complaints.status() };
    Ok(page_as(status, signed, &title, &content))
}
