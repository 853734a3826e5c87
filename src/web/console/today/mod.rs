//! Today: what needs a person, how much money is in flight, and how issuers and calls answer.

mod answers;
mod chart;
mod flight;
mod needs;

use actix_web::{HttpRequest, web};
use maud::html;

use super::form::Fields;
use super::frame::page;
use super::routes::{self, LOOK, Route, get};
use super::signed::Signed;
use super::trouble::Answer;
use crate::web::surface::Surface;

/// The page.
pub(super) const ROUTES: &[Route] = &[routes::page("/", LOOK, || get().to(today))];

async fn today(surface: web::Data<Surface>, signed: Signed, request: HttpRequest) -> Answer {
    let words = signed.words();
    let now = surface.clock.now();
    let span = answers::Span::of(Fields::of_query(&request).text("span"));
    let needs = needs::Needs::look(&surface, now).await?;
    let flight = flight::in_flight(&surface.store.balances().await?);
    let answers = answers::Answers::look(&surface, span, now).await?;
    page(
        &signed,
        &words.say("today-title"),
        &html! {
            h1 { (words.say("today-title")) }
            (needs.show(words, now))
            (flight::show(words, &flight))
            (answers.show(words, span))
        },
    )
}
