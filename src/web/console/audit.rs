//! The audit log: who did what, when, and whether the chain holds.

use actix_web::{HttpRequest, web};
use maud::{Markup, html};

use super::complaints::{Form, Reader};
use super::form::Fields;
use super::frame::page_as;
use super::parts::{Column, Mood, badge, moment, nothing, pager, submit, table};
use super::routes::{self, LOOK, Route, get};
use super::signed::Signed;
use super::trouble::Answer;
use super::words::Words;
use crate::crypto::hex;
use crate::storage::{AuditFilter, AuditOutcome, AuditReport, AuditRow};
use crate::web::surface::Surface;

/// The pages.
pub(super) const ROUTES: &[Route] = &[routes::page("/audit", LOOK, || get().to(audit))];

/// Rows of a page.
const ROWS: u64 = 50;
/// How many of the newest rows are recomputed for the page; all of them: `roundtrip doctor --verify-journal`.
const VERIFIED: u64 = 500;

async fn audit(surface: web::Data<Surface>, signed: Signed, request: HttpRequest) -> Answer {
    let words = signed.words();
    let asked = Fields::of_query(&request);
    let text = |name| asked.text(name).map(str::to_owned);
    let filter = AuditFilter { actor: text("actor"), action: text("action"), subject: text("subject") };
    let mut reader = Reader::of(&asked);
    let before = reader.parsed("cursor", "expected-cursor", |text| text.parse().ok());
    let complaints = reader.complaints();
    let rows = if complaints.is_empty() { surface.store.audit(&filter, before, ROWS).await? } else { Vec::new() };
    let report = surface.store.verify_newest_audit(VERIFIED).await?;
    let next = rows.last().filter(|_| rows.len() as u64 == ROWS).map(|last| last.seq.to_string());
    let mut form = Form::new(words, (&asked, &complaints));
    let fields = html! {
        (form.input("actor", &words.say("audit-actor"), "search"))
        (form.input("action", &words.say("audit-action"), "search"))
        (form.input("subject", &words.say("audit-subject"), "search"))
    };
    let content = html! {
        h1 { (words.say("audit-title")) }
        (form.summary())
        p.lead { (words.say("audit-lead")) }
        (chain(words, &report))
        form.filter method="get" role="search" aria-label=(words.say("audit-search")) {
            (fields)
            (submit(&words.say("audit-submit")))
        }
        @if !rows.is_empty() { (list(words, &rows)) }
        @else if complaints.is_empty() { (nothing(&words.say("audit-nothing"))) }
        (pager(&signed.at, &asked, next.as_deref()))
    };
    Ok(page_as(complaints.status(), &signed, &words.say("audit-title"), &content))
}

fn chain(words: &Words, report: &AuditReport) -> Markup {
    html! {
        section aria-labelledby="chain" {
            h2 #chain { (words.say("audit-chain")) }
            p {
                @if report.is_sound() {
                    (badge(Mood::Good, &words.tell("audit-sound", &[("rows", report.rows.into())])))
                } @else {
                    (badge(Mood::Attention, &words.tell("audit-broken", &[("rows", report.faulty.into())])))
                }
            }
            @if let Some((seq, hash)) = &report.head {
                p { (words.tell("audit-head", &[("seq", (*seq).into())])) " " code { (hex(hash)) } }
            }
            p.hint { (words.say("audit-hint")) }
        }
    }
}

fn list(words: &Words, rows: &[AuditRow]) -> Markup {
    let columns = [
        (words.say("audit-number"), Column::Head),
        (words.say("audit-when"), Column::Text),
        (words.say("audit-actor"), Column::Text),
        (words.say("audit-action"), Column::Text),
        (words.say("audit-outcome"), Column::Text),
        (words.say("audit-subject"), Column::Text),
        (words.say("audit-detail"), Column::Text),
    ];
    let mood = |outcome| match outcome {
        AuditOutcome::Asked => Mood::Waiting,
        AuditOutcome::Done => Mood::Good,
        AuditOutcome::Refused => Mood::Over,
    };
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            vec![
                html! { (row.seq) },
                moment(row.at),
                html! { bdi { (row.actor) } },
                html! { code { (row.action) } },
                badge(mood(row.outcome), &words.name("audit-outcome", row.outcome.as_str())),
                html! { bdi.id { (row.subject) } },
                html! { @if row.detail != "null" { bdi { (row.detail) } } },
            ]
        })
        .collect();
    table(&words.say("audit-rows"), &columns, &rows)
}
