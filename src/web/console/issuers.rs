//! Issuers, and how they answer.

use actix_web::web;
use maud::{Markup, html};

use super::PREFIX;
use super::frame::page;
use super::parts::{Column, Mood, badge, money, table};
use super::routes::{self, LOOK, Route, get};
use super::signed::Signed;
use super::trouble::Answer;
use super::words::Words;
use crate::domain::{Currency, Money};
use crate::issuer::SignedRedirect;
use crate::storage::SeriesFigures;
use crate::web::surface::Surface;

/// The pages.
pub(super) const ROUTES: &[Route] = &[routes::page("/issuers", LOOK, || get().to(issuers))];

/// How far back health is judged, in milliseconds.
const LOOKED_AT_MS: i64 = 3_600_000;
/// Fewer answered calls than this of a hundred are worth a look.
const HEALTHY_PERCENT: u64 = 95;

async fn issuers(surface: web::Data<Surface>, signed: Signed) -> Answer {
    let words = signed.words();
    let now = surface.clock.now();
    let series = surface.store.figures(now.plus_millis(-LOOKED_AT_MS), now.plus_millis(1)).await?;
    let columns = [
        (words.say("issuers-issuer"), Column::Head),
        (words.say("issuers-health"), Column::Text),
        (words.say("issuers-calls"), Column::Text),
        (words.say("issuers-currencies"), Column::Text),
        (words.say("issuers-limits"), Column::Text),
        (words.say("issuers-status"), Column::Text),
    ];
    let rows: Vec<_> = surface.issuers.all().map(|issuer| row(words, issuer, &series)).collect();
    let content = html! {
        h1 { (words.say("issuers-title")) }
        p.lead { (words.say("issuers-lead")) }
        (table(&words.say("issuers-title"), &columns, &rows))
        p.hint { (words.say("issuers-hint")) }
    };
    page(&signed, &words.say("issuers-title"), &content)
}

fn row(words: &Words, issuer: &SignedRedirect, series: &[SeriesFigures]) -> Vec<Markup> {
    let prefix = format!("issuer:{}:", issuer.id);
    let own: Vec<(&str, &SeriesFigures)> =
        series.iter().filter_map(|one| Some((one.series.strip_prefix(&prefix)?, one))).collect();
    let currencies: Vec<&str> = issuer.currencies.iter().map(Currency::code).collect();
    vec![
        html! {
            a href=(format!("{PREFIX}/payments?issuer={}", issuer.id)) { bdi { (issuer.name) } } " "
            span.id.muted { (issuer.id) }
        },
        health(words, &own),
        html! {
            @for (call, one) in &own {
                div {
                    (call) ": "
                    (words.tell("issuers-of", &[("good", one.ok.count().into()), ("all", one.all().count().into())]))
                }
            }
        },
        html! { (currencies.join(", ")) },
        limits(words, issuer),
        html! { bdi.id { (issuer.status_url.host_str().unwrap_or_default()) } },
    ]
}

fn health(words: &Words, own: &[(&str, &SeriesFigures)]) -> Markup {
    let all: u64 = own.iter().map(|(_, one)| one.all().count()).sum();
    let good: u64 = own.iter().map(|(_, one)| one.ok.count()).sum();
    if all == 0 {
        badge(Mood::Waiting, &words.say("issuers-not-asked"))
    } else if good * 100 >= all * HEALTHY_PERCENT {
        badge(Mood::Good, &words.say("issuers-healthy"))
    } else if good == 0 {
        badge(Mood::Attention, &words.say("issuers-down"))
    } else {
        badge(Mood::Attention, &words.say("issuers-shaky"))
    }
}

fn limits(words: &Words, issuer: &SignedRedirect) -> Markup {
    let of = |micros: Option<i64>| {
        let currency = issuer.currencies.first().copied();
        micros.zip(currency).map(|(micros, currency)| Money::new(micros, currency))
    };
    html! {
        @if let Some(least) = of(issuer.minimum_micros) { div { (words.say("issuers-from")) " " (money(words, least)) } }
        @if let Some(most) = of(issuer.maximum_micros) { div { (words.say("issuers-to")) " " (money(words, most)) } }
    }
}
