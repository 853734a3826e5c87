//! The outbox: what waits, dead letters, what sending one would do, and what people do about them.

use actix_web::{HttpRequest, web};
use maud::{Markup, html};

use super::PREFIX;
use super::complaints::{Form, Reader};
use super::form::Fields;
use super::frame::{page, page_as};
use super::gate::see_other;
use super::long_work;
use super::parts::{Column, Mood, badge, moment, nothing, pager, submit, table};
use super::routes::{self, Fields as Noted, LOOK, OPERATE, Route, form, get, post};
use super::signed::Signed;
use super::trouble::{Answer, Trouble};
use super::words::Words;
use crate::actors::{DeadLetter, Description, Hindrance, Preview, Since, Work};
use crate::domain::{Capability, EffectLane, Timestamp, TransactionId};
use crate::storage::{DeadLetterFilter, DeadLetterPlace, LetterAct, OutboxKey};
use crate::web::surface::Surface;

/// The pages.
pub(super) const ROUTES: &[Route] = &[
    routes::page("/outbox", LOOK, || get().to(list)),
    routes::page("/outbox/{transactionId}/{number}", LOOK, || get().to(letter)),
    form("/outbox/{transactionId}/{number}/retry", OPERATE, ("outbox.retry", Noted::Noted), || post().to(retry)),
    form("/outbox/{transactionId}/{number}/discard", OPERATE, ("outbox.discard", Noted::Noted), || post().to(discard)),
    form("/outbox/retry", OPERATE, ("outbox.retry-all", Noted::Noted), || post().to(retry_all)),
    form("/outbox/discard", OPERATE, ("outbox.discard-all", Noted::Noted), || post().to(discard_all)),
];

/// Letters of a page.
const ROWS: u64 = 50;

fn filter(reader: &mut Reader<'_>) -> DeadLetterFilter {
    let lane = reader.parsed("lane", "expected-choice", EffectLane::parse);
    // What died after the page was drawn nobody has seen.
    let parked_before = reader.parsed("before", "expected-cursor", |text| text.parse().ok());
    let kind = reader.parsed("kind", "expected-choice", |kind| Some(kind.to_owned()));
    DeadLetterFilter { lane, kind, parked_before: parked_before.map(Timestamp::from_millis) }
}

fn key(id: &str, number: &str) -> Option<OutboxKey> {
    Some(OutboxKey { transaction: TransactionId::parse(id).ok()?, number: number.parse().ok()? })
}

fn place(cursor: &str) -> Option<DeadLetterPlace> {
    let mut parts = cursor.split('~');
    let (parked, id, number) = (parts.next()?, parts.next()?, parts.next()?);
    Some(DeadLetterPlace { parked_at: Timestamp::from_millis(parked.parse().ok()?), key: key(id, number)? })
}

fn cursor(last: &DeadLetter) -> Option<String> {
    Some(format!("{}~{}~{}", last.parked_at?.as_millis(), last.key.transaction, last.key.number))
}

fn address(key: OutboxKey) -> String {
    format!("{PREFIX}/outbox/{}/{}", key.transaction, key.number)
}

async fn list(surface: web::Data<Surface>, signed: Signed, request: HttpRequest) -> Answer {
    let words = signed.words();
    let asked = Fields::of_query(&request);
    let mut reader = Reader::of(&asked);
    let after = reader.parsed("cursor", "expected-cursor", place);
    let filter = filter(&mut reader);
    let complaints = reader.complaints();
    let letters =
        if complaints.is_empty() { surface.dead_letters.list(&filter, after, ROWS).await? } else { Vec::new() };
    let figures = surface.store.outbox_figures().await?;
    let next = letters.last().filter(|_| letters.len() as u64 == ROWS).and_then(cursor);
    let mut form = Form::new(words, (&asked, &complaints));
    let search = search(&mut form);
    let content = html! {
        h1 { (words.say("outbox-title")) }
        (form.summary())
        p.lead { (words.say("outbox-lead")) }
        dl.facts {
            div { dt { (words.say("outbox-waiting")) } dd { (words.count(figures.waiting)) } }
            div { dt { (words.say("outbox-parked")) } dd { (words.count(figures.parked)) } }
            @if let Some(oldest) = figures.oldest_created {
                div { dt { (words.say("outbox-oldest")) } dd { (moment(oldest)) } }
            }
        }
        (search)
        @if letters.is_empty() && complaints.is_empty() { (nothing(&words.say("outbox-nothing"))) }
        @if !letters.is_empty() {
            (table_of(words, &letters))
            (pager(&signed.at, &asked, next.as_deref()))
            @if signed.may(Capability::Operate) { (in_bulk(&signed, &asked, surface.clock.now())) }
        }
    };
    Ok(page_as(complaints.status(), &signed, &words.say("outbox-title"), &content))
}

fn search(form: &mut Form<'_>) -> Markup {
    let words = form.words();
    let lanes: Vec<_> =
        EffectLane::ALL.map(|lane| (lane.as_str().to_owned(), words.name("lane", lane.as_str()))).to_vec();
    html! {
        form.filter method="get" role="search" aria-label=(words.say("outbox-search")) {
            (form.choice(("lane", &words.say("outbox-lane")), Some(&words.say("outbox-any")), &lanes))
            (submit(&words.say("outbox-submit")))
        }
    }
}

fn table_of(words: &Words, letters: &[DeadLetter]) -> Markup {
    let columns = [
        (words.say("outbox-letter"), Column::Head),
        (words.say("outbox-lane"), Column::Text),
        (words.say("outbox-parked-at"), Column::Text),
        (words.say("outbox-attempts"), Column::Number),
        (words.say("outbox-error"), Column::Text),
    ];
    let rows: Vec<_> = letters
        .iter()
        .map(|letter| {
            vec![
                html! { a.id href=(address(letter.key)) { (letter.key) } },
                html! { (words.name("lane", &letter.lane)) },
                html! { @if let Some(at) = letter.parked_at { (moment(at)) } },
                html! { (letter.attempts) },
                html! { bdi { (letter.last_error.as_deref().unwrap_or_default()) } },
            ]
        })
        .collect();
    table(&words.say("outbox-dead-letters"), &columns, &rows)
}

/// Everything that the filter finds, as a job.
fn in_bulk(signed: &Signed, asked: &Fields, seen_at: Timestamp) -> Markup {
    let words = signed.words();
    let filter = html! {
        input type="hidden" name="before" value=(seen_at.plus_millis(1).as_millis());
        @for name in ["lane", "kind"] {
            @if let Some(value) = asked.text(name) { input type="hidden" name=(name) value=(value); }
        }
    };
    let retry = html! { (filter) (submit(&words.say("outbox-retry-all"))) };
    let discard = html! {
        (filter)
        p { (words.say("outbox-discard-all-warning")) }
        @if !signed.may(Capability::DecideMoney) { p.note { (words.say("outbox-discard-all-money")) } }
        button.danger type="submit" { (words.say("outbox-discard-all")) }
    };
    html! {
        section aria-labelledby="bulk" {
            h2 #bulk { (words.say("outbox-bulk")) }
            p { (words.say("outbox-bulk-lead")) }
            (signed.form(&format!("{PREFIX}/outbox/retry"), &retry))
            details {
                summary { (words.say("outbox-give-up")) }
                (signed.form(&format!("{PREFIX}/outbox/discard"), &discard))
            }
        }
    }
}

async fn letter(surface: web::Data<Surface>, signed: Signed, path: web::Path<(String, String)>) -> Answer {
    let key = key(&path.0, &path.1).ok_or(Trouble::NotFound)?;
    let preview = surface.dead_letters.preview(key).await?.ok_or(Trouble::NotFound)?;
    let words = signed.words();
    page(&signed, &words.say("outbox-letter"), &letter_page(&signed, &preview))
}

fn letter_page(signed: &Signed, preview: &Preview) -> Markup {
    let words = signed.words();
    let letter = &preview.letter;
    html! {
        h1 { (words.say("outbox-letter")) }
        dl.facts {
            div { dt { (words.say("outbox-transaction")) } dd {
                a.id href=(transaction(&letter.kind, letter.key.transaction)) { (letter.key.transaction) }
            } }
            div { dt { (words.say("outbox-lane")) } dd { (words.name("lane", &letter.lane)) } }
            div { dt { (words.say("outbox-decided")) } dd { (moment(letter.created_at)) } }
            div { dt { (words.say("outbox-trying")) } dd { (moment(letter.trying_since)) } }
            @if let Some(at) = letter.parked_at { div { dt { (words.say("outbox-parked-at")) } dd { (moment(at)) } } }
            div { dt { (words.say("outbox-attempts")) } dd { (letter.attempts) } }
            div { dt { (words.say("outbox-key")) } dd { bdi.id { (letter.idempotency_key) } } }
        }
        section aria-labelledby="error" {
            h2 #error { (words.say("outbox-error")) }
            p { bdi { (letter.last_error.as_deref().unwrap_or("–")) } }
        }
        section aria-labelledby="dry" {
            h2 #dry { (words.say("outbox-dry-run")) }
            @match &preview.now {
                Some(now) => { (would_send(words, now)) }
                None => { p { (words.say("outbox-unreadable")) } }
            }
        }
        section aria-labelledby="stored" {
            h2 #stored { (words.say("outbox-stored")) }
            p.lead { (words.say("outbox-stored-lead")) }
            dl.facts { @for (name, value) in &preview.stored { div { dt { (name) } dd { bdi { (value) } } } } }
        }
        @if signed.may(Capability::Operate) { (acts(signed, letter)) }
    }
}

/// Giving up what moves money is a decision about money: whoever only operates is told who may.
fn acts(signed: &Signed, letter: &DeadLetter) -> Markup {
    let (words, key) = (signed.words(), letter.key);
    html! {
        section aria-labelledby="acts" {
            h2 #acts { (words.say("outbox-acts")) }
            (signed.form(&format!("{}/retry", address(key)), &submit(&words.say("outbox-retry"))))
            @if letter.moves_money && !signed.may(Capability::DecideMoney) {
                p.note { (words.say("outbox-discard-money")) }
            } @else {
                details {
                    summary { (words.say("outbox-give-up")) }
                    (signed.form(&format!("{}/discard", address(key)), &html! {
                        p { (words.say("outbox-discard-warning")) }
                        button.danger type="submit" { (words.say("outbox-discard")) }
                    }))
                }
            }
        }
    }
}

/// What would be sent, and which of it an earlier attempt may have said otherwise.
fn would_send(words: &Words, now: &Description) -> Markup {
    let columns = [
        (words.say("outbox-member"), Column::Head),
        (words.say("outbox-value"), Column::Text),
        (words.say("outbox-difference"), Column::Text),
    ];
    let rows: Vec<_> = now
        .members
        .iter()
        .map(|member| {
            let difference = match member.since {
                Since::Decided => html! { (words.say("outbox-same")) },
                Since::Now => badge(Mood::Waiting, &words.say("outbox-new")),
            };
            vec![html! { code { (member.name) } }, html! { bdi { (member.value) } }, difference]
        })
        .collect();
    html! {
        @if let Some(hindrance) = &now.hindrance { p.note { (hindered(words, hindrance)) } }
        p { (words.tell("outbox-would", &[("what", now.what.into())])) " " bdi.id { (now.to) } }
        @if !rows.is_empty() { (table(&words.say("outbox-message"), &columns, &rows)) }
    }
}

fn hindered(words: &Words, hindrance: &Hindrance) -> String {
    match hindrance {
        Hindrance::NotConfigured(key) => words.tell("outbox-not-configured", &[("key", key.as_str().into())]),
        Hindrance::NotTrueAnyMore => words.say("outbox-not-true"),
        Hindrance::TokenGone => words.say("outbox-token-gone"),
        Hindrance::Unwritten(why) => words.tell("outbox-unwritten", &[("why", why.as_str().into())]),
    }
}

/// The page of what asked for it.
fn transaction(kind: &str, id: TransactionId) -> String {
    let area = match kind {
        "booking" => "bookings",
        "remittance_statement" => "statements",
        _ => "payments",
    };
    format!("{PREFIX}/{area}/{id}")
}

async fn retry(surface: web::Data<Surface>, path: web::Path<(String, String)>) -> Answer {
    let key = key(&path.0, &path.1).ok_or(Trouble::NotFound)?;
    decided(surface.dead_letters.retry(key).await?, "letter-retried")
}

async fn discard(surface: web::Data<Surface>, signed: Signed, path: web::Path<(String, String)>) -> Answer {
    let key = key(&path.0, &path.1).ok_or(Trouble::NotFound)?;
    let letter = surface.dead_letters.find(key).await?.ok_or(Trouble::NotFound)?;
    if letter.moves_money && !signed.may(Capability::DecideMoney) {
        return Err(Trouble::Forbidden);
    }
    decided(surface.dead_letters.discard(key).await?, "letter-discarded")
}

fn decided(was_there: bool, done: &str) -> Answer {
    if was_there { Ok(see_other(&format!("{PREFIX}/outbox?done={done}"))) } else { Err(Trouble::NotFound) }
}

/// What the page showed, and nothing newer.
fn seen(fields: &Fields) -> Result<DeadLetterFilter, Trouble> {
    let mut reader = Reader::of(fields);
    let filter = filter(&mut reader);
    // Nobody types these: a form that lacks them is none of ours.
    let fits = reader.complaints().is_empty() && filter.parked_before.is_some();
    if fits { Ok(filter) } else { Err(Trouble::Field("before", "expected-cursor")) }
}

async fn retry_all(surface: web::Data<Surface>, signed: Signed, fields: Fields) -> Answer {
    long_work::begin(&surface, &signed, (Work::Letters(LetterAct::Retry, seen(&fields)?), None)).await
}

async fn discard_all(surface: web::Data<Surface>, signed: Signed, fields: Fields) -> Answer {
    long_work::begin(&surface, &signed, (Work::Letters(LetterAct::Discard, seen(&fields)?), None)).await
}
