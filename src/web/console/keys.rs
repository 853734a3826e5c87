//! Keys with their states, and the steps of a rotation. A rotation changes files, so it is done on the server by `roundtrip
//! keys`; the page says which step is next.

use actix_web::web;
use maud::{Markup, html};

use super::frame::page;
use super::parts::{Column, Mood, badge, nothing, table};
use super::routes::{self, LOOK, Route, get};
use super::signed::Signed;
use super::trouble::Answer;
use super::words::Words;
use crate::crypto::{KeyHealth, KeyPlace, KeyRole, NextStep, RingKey};
use crate::domain::{Day, Timestamp};
use crate::web::surface::Surface;

/// The pages.
pub(super) const ROUTES: &[Route] = &[routes::page("/keys", LOOK, || get().to(keys))];

async fn keys(surface: web::Data<Surface>, signed: Signed) -> Answer {
    let words = signed.words();
    let keys = surface.keys.at(surface.clock.now());
    let content = html! {
        h1 { (words.say("keys-title")) }
        p.lead { (words.say("keys-lead")) }
        @if keys.is_empty() { (nothing(&words.say("keys-nothing"))) } @else { (list(words, &keys)) }
        section aria-labelledby="rotation" {
            h2 #rotation { (words.say("keys-rotation")) }
            p { (words.say("keys-rotation-lead")) }
            ol {
                li { (words.say("keys-step-rotate")) " " code { "roundtrip keys rotate" } }
                li { (words.say("keys-step-send")) " " code { "roundtrip keys export" } }
                li { (words.say("keys-step-activate")) " " code { "roundtrip keys rotate --activate" } }
                li { (words.say("keys-step-retire")) " " code { "roundtrip keys retire" } }
            }
        }
    };
    page(&signed, &words.say("keys-title"), &content)
}

fn list(words: &Words, keys: &[RingKey]) -> Markup {
    let columns = [
        (words.say("keys-place"), Column::Head),
        (words.say("keys-id"), Column::Text),
        (words.say("keys-algorithm"), Column::Text),
        (words.say("keys-role"), Column::Text),
        (words.say("keys-health"), Column::Text),
        (words.say("keys-created"), Column::Text),
        (words.say("keys-expires"), Column::Text),
        (words.say("keys-next"), Column::Text),
    ];
    let day = |at: Option<Timestamp>| html! { @if let Some(at) = at { (words.day(Day::of(at))) } @else { "–" } };
    let rows: Vec<_> = keys
        .iter()
        .map(|key| {
            vec![
                html! { (place(words, &key.place)) },
                html! { bdi.id { (key.id) } },
                html! { (key.algorithm) " " (key.bits) },
                html! { (role(words, key.role)) },
                health(words, key.health),
                day(key.created),
                day(key.expires),
                html! { (next(words, key.next)) },
            ]
        })
        .collect();
    table(&words.say("keys-title"), &columns, &rows)
}

fn place(words: &Words, place: &KeyPlace) -> String {
    match place {
        KeyPlace::Own(piaid) => words.tell("keys-own", &[("account", piaid.as_str().into())]),
        KeyPlace::Peer(piaid) => words.tell("keys-peer", &[("account", piaid.as_str().into())]),
        KeyPlace::Issuer(issuer) => words.tell("keys-issuer", &[("issuer", issuer.as_str().into())]),
        KeyPlace::Signing => words.say("keys-signing"),
    }
}

fn role(words: &Words, role: KeyRole) -> String {
    words.say(match role {
        KeyRole::Signs => "keys-signs",
        KeyRole::Next => "keys-waits",
        KeyRole::DecryptsOnly => "keys-decrypts-only",
        KeyRole::Verifies => "keys-verifies",
    })
}

fn health(words: &Words, health: KeyHealth) -> Markup {
    match health {
        KeyHealth::Good => badge(Mood::Good, &words.say("keys-good")),
        KeyHealth::EndsIn { days } => badge(Mood::Attention, &words.tell("keys-ends-in", &[("days", days.into())])),
        KeyHealth::Expired => badge(Mood::Attention, &words.say("keys-expired")),
        KeyHealth::Revoked => badge(Mood::Attention, &words.say("keys-revoked")),
    }
}

fn next(words: &Words, next: NextStep) -> String {
    match next {
        NextStep::Nothing => "–".to_owned(),
        NextStep::Rotate => words.say("keys-next-rotate"),
        NextStep::Activate => words.say("keys-next-activate"),
        NextStep::Retire => words.say("keys-next-retire"),
        NextStep::RetireFrom(at) => words.tell("keys-next-retire-from", &[("day", words.day(Day::of(at)).into())]),
        NextStep::SayWhenItStopped => words.say("keys-next-say"),
        NextStep::AskPeer => words.say("keys-next-ask"),
    }
}
