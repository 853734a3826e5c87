//! Today: what needs a person, how much money is in flight, and how the parties answer.

use maud::html;

use super::frame::page;
use super::routes::{self, LOOK, Route, get};
use super::signed::Signed;
use super::trouble::Answer;

/// The page.
pub(super) const ROUTES: &[Route] = &[routes::page("/", LOOK, || get().to(today))];

async fn today(signed: Signed) -> Answer {
    page(&signed, &signed.words().say("today-title"), &html! { h1 { (signed.words().say("today-title")) } })
}
