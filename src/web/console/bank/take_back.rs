//! A match that was a mistake is taken back: what follows, and the button.

use actix_web::http::StatusCode;
use actix_web::web;
use maud::html;

use super::list::statement;
use super::standing;
use crate::actors::{Ask, Changed, Seen};
use crate::domain::TransactionId;
use crate::domain::bank_transfer::{BankTransfer, Input, State};
use crate::web::bank::statement_of;
use crate::web::console::PREFIX;
use crate::web::console::form::Fields;
use crate::web::console::frame::page_as;
use crate::web::console::gate::see_other;
use crate::web::console::parts::{money, nothing, reason};
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::payouts::LONGEST_REASON;
use crate::web::surface::Surface;

/// `GET /console/bank/{id}/take-back`
pub(super) async fn page(surface: web::Data<Surface>, signed: Signed, id: web::Path<String>) -> Answer {
    drawn(&surface, &signed, (&id, None)).await
}

/// The page; `wrong`: the key of why nothing was done, and its status.
async fn drawn(surface: &Surface, signed: &Signed, (id, wrong): (&str, Option<(&str, StatusCode)>)) -> Answer {
    let id = TransactionId::parse(id).map_err(|_| Trouble::NotFound)?;
    let loaded = surface.store.load::<BankTransfer>(id).await?.ok_or(Trouble::NotFound)?;
    let transfer = loaded.state.transfer().ok_or(Trouble::NotFound)?;
    let words = signed.words();
    let named: Vec<TransactionId> = statement_of(&loaded.state).into_iter().collect();
    let names = surface.store.statement_names(&named).await?;
    let title = words.say("bank-take-back-title");
    let content = html! {
        h1 { (title) }
        @if let Some((wrong, _)) = wrong { p.wrong role="alert" { (words.say(wrong)) } }
        p { a href=(format!("{PREFIX}/bank/{id}")) { (words.say("bank-take-back-back")) } }
        @if let State::Matched { offer, .. } = &loaded.state {
            p { (money(words, transfer.entry.amount)) ", " (transfer.entry.booked_on) ": " (statement(offer.statement, &names)) }
            p { (words.say("bank-take-back-follows")) }
            ul {
                li { (words.say("bank-take-back-books")) }
                li { (words.say("bank-take-back-statement")) }
                li { (words.say("bank-take-back-suspense")) }
                li { (words.say("bank-take-back-nobody")) }
            }
            (signed.form(&format!("{PREFIX}/bank/{id}/take-back"), &html! {
                input type="hidden" name="version" value=(loaded.position.version);
                (reason("why", &words.say("bank-take-back-why")))
                button.danger type="submit" { (words.say("bank-take-back-do")) }
            }))
        } @else {
            p { (standing(words, &loaded.state)) }
            (nothing(&words.say("bank-take-back-not")))
        }
    };
    let status = wrong.map_or(StatusCode::OK, |(_, status)| status);
    Ok(page_as(status, signed, &title, &content))
}

/// `POST /console/bank/{id}/take-back`
pub(super) async fn take_back(
    surface: web::Data<Surface>,
    signed: Signed,
    path: web::Path<String>,
    fields: Fields,
) -> Answer {
    let id = super::show::find(&surface, &path).await?.id;
    let Some(why) = fields.text("why").filter(|why| why.chars().count() <= LONGEST_REASON) else {
        let unfit = ("bank-expected-why", StatusCode::UNPROCESSABLE_ENTITY);
        return drawn(&surface, &signed, (&path, Some(unfit))).await;
    };
    let version = fields.needed("version", "bank-expected-version", |text| text.parse().ok())?;
    let input = Input::TakeBack { by: signed.user.clone(), why: why.to_owned() };
    match surface.bank.transfers.ask_as_seen(Ask::plain(id, input), Seen { version, means: None }).await {
        Ok(Ok(_)) => Ok(see_other(&format!("{PREFIX}/bank/{id}?done=transfer-taken-back"))),
        Ok(Err(why)) => Err(why.into()),
        Err(Changed) => drawn(&surface, &signed, (&path, Some(("bank-changed", StatusCode::CONFLICT)))).await,
    }
}
