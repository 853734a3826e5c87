//! An act is done on what its page has shown: the booking's version and what would follow travel in the form, and are compared
//! where it is decided. What differs is shown again, and nothing is done.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};

use super::Found;
use super::preview::{Follows, follows, read, told, written};
use crate::actors::Seen;
use crate::domain::booking::{Booking, Input};
use crate::web::console::form::Fields;
use crate::web::console::frame::page_as;
use crate::web::console::signed::Signed;
use crate::web::console::trouble::Trouble;
use crate::web::console::words::Words;

/// What a page had said before the booking changed, or a deadline passed.
pub(super) struct Was(Vec<Follows>);

/// The fields that go with a button.
pub(super) fn shown(found: &Found, follows: &[Follows]) -> Markup {
    html! {
        input type="hidden" name="version" value=(found.version);
        input type="hidden" name="follows" value=(written(follows));
    }
}

/// What the person had before them who decided `input`.
pub(super) fn before(fields: &Fields, input: &Input) -> Result<(Seen<Booking>, Was), Trouble> {
    let version = fields.needed("version", "booking-expected-seen", |text| text.parse().ok())?;
    let said = fields.parsed("follows", "booking-expected-seen", read)?.unwrap_or_default();
    let (input, expected) = (input.clone(), said.clone());
    let means = move |state: &_, decision: &_| follows(state, &input, decision) == expected;
    Ok((Seen { version, means: Some(Box::new(means)) }, Was(said)))
}

/// That nothing was done, and what had been said.
fn changed(words: &Words, was: &Was) -> Markup {
    html! {
        div.wrong role="alert" {
            p { (words.say("booking-changed-since")) }
            @if !was.0.is_empty() {
                p { (words.say("booking-changed-was")) }
                (told(words, &was.0))
            }
        }
    }
}

/// A page of an act: as it is asked for, or again because what it had said is not so any more.
pub(super) fn page(signed: &Signed, title: &str, (content, was): (&Markup, Option<&Was>)) -> HttpResponse {
    let status = if was.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let content = html! {
        h1 { (title) }
        @if let Some(was) = was { (changed(signed.words(), was)) }
        (content)
    };
    page_as(status, signed, title, &content)
}
