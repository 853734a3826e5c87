//! One statement.

use actix_web::web;
use maud::{Markup, Render, html};

use super::reasons::Reasons;
use super::reports::downloads;
use super::{address, find, list, standing, totals};
use crate::domain::Capability;
use crate::domain::remittance::{Acceptance, Approval, FindingKind, Modification, Notice, Reconciled, State};
use crate::storage::StatementRow;
use crate::web::console::PREFIX;
use crate::web::console::frame;
use crate::web::console::parts::{facts, moment, money, submit};
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::console::words::Words;
use crate::web::surface::Surface;

/// Reasons of one approval that are shown; the report has them all.
const MOST_REASONS: usize = 50;

/// `GET /console/statements/{id}`
pub(super) async fn show(surface: web::Data<Surface>, signed: Signed, id: web::Path<String>) -> Answer {
    let row = find(&surface, &id).await?;
    let notice = row.state.notice().ok_or(Trouble::NotFound)?.clone();
    let words = signed.words();
    let reasons = match row.state.reconciled() {
        Some(done) => Reasons::load(&surface.store, row.id, done).await?,
        None => Reasons::default(),
    };
    let title = words.tell("statement-title", &[("id", notice.statement_id.as_str().into())]);
    let modification = row.state.acceptance().map_or_else(Modification::default, |found| found.modification.clone());
    let content = html! {
        h1 { (title) }
        p.actions { (standing(words, &row.state)) span { (list::open(words, &row.state)) } }
        (head(words, &row, (&notice, &surface)))
        (progress(words, &row.state))
        @if let Some(done) = row.state.reconciled() {
            (totals::totals(words, done, &modification))
            (totals::findings(words, (&row, done), &reasons))
            (decision(&signed, &row))
            (approvals(words, done))
            (totals::missing(words, done))
            (downloads(&signed, &row, done))
        }
    };
    frame::page(&signed, &title, &content)
}

fn head(words: &Words, row: &StatementRow, (notice, surface): (&Notice, &Surface)) -> Markup {
    let stated =
        |at: Option<crate::domain::Timestamp>| at.map_or_else(|| html! { (words.say("statement-not-stated")) }, moment);
    let mut rows: Vec<(&str, Markup)> = vec![
        ("statement-account", html! { bdi { (notice.piaid) } }),
        ("statement-total", money(words, notice.total)),
        ("statement-due", list::due(words, &row.state, (notice, surface.clock.now()))),
        ("statement-period-from", stated(notice.period_start)),
        ("statement-period-to", stated(notice.period_end)),
        ("statement-date", stated(notice.statement_date)),
        ("statement-received", moment(notice.received_at)),
        ("statement-own-id", html! { span.id { (row.id) } }),
    ];
    match &row.state {
        State::Paid { transfer, at, .. } => {
            let to = format!("{PREFIX}/bank/{transfer}");
            rows.push((
                "statement-paid",
                html! { a href=(to) { (words.say("statement-transfer-link")) } ", " (moment(*at)) },
            ));
        }
        State::Replaced { by, .. } => rows.push(("statement-replaced-by", html! { bdi { (by) } })),
        State::Unheard
        | State::Notified(_)
        | State::Fetching { .. }
        | State::Reconciling { .. }
        | State::Matched(_)
        | State::Disputed(_)
        | State::Accepted(_)
        | State::AcceptedWithModifications(_) => {}
    }
    html! {
        section aria-labelledby="head" {
            h2 #head { (words.say("statement-heading")) }
            (facts(rows.iter().map(|(key, value)| (words.say(key), value as &dyn Render))))
            div.field {
                label for="memo" { (words.say("statement-memo")) }
                input #memo type="text" readonly value=(notice.memo()) aria-describedby="memo-hint";
                span.hint #memo-hint { (words.say("statement-memo-hint")) }
            }
            @if let Some(acceptance) = row.state.acceptance() { (accepted(words, acceptance)) }
        }
    }
}

/// What was accepted, and whether Google knows.
fn accepted(words: &Words, acceptance: &Acceptance) -> Markup {
    let due = [("amount", words.money(acceptance.due()).into())];
    html! {
        p {
            @if acceptance.modification.exchange_rate.is_some() && !acceptance.told {
                (words.say("accepted-google-says"))
            } @else {
                (words.tell("accepted-due", &due))
            }
            " "
            @if acceptance.told { (words.say("accepted-told")) } @else { (words.say("accepted-not-told")) }
        }
        @if !acceptance.modification.is_none() { p { (modified(words, &acceptance.modification)) } }
    }
}

/// A modification in words.
pub(super) fn modified(words: &Words, modification: &Modification) -> Markup {
    html! {
        @if let Some(ratio) = modification.vat_to_fee_millionths {
            (words.tell("modified-vat", &[("percent", super::accept::percent_text(ratio).into())]))
        }
        @if let Some(rate) = &modification.exchange_rate {
            " " (words.say("modified-rate")) " " code { bdi { (rate) } }
        }
        @if modification.is_none() { (words.say("modified-not")) }
    }
}

/// How far fetching and judging are. The script looks again by itself; without it the page is loaded again by hand.
fn progress(words: &Words, state: &State) -> Markup {
    let (what, done, total) = match state {
        State::Notified(_) => (words.say("progress-announced"), 0, None),
        State::Fetching { notice, fetched } => {
            (words.say("progress-fetching"), fetched.lines, fetched.total_events.or(notice.total_events))
        }
        State::Reconciling { fetched, tally, .. } => (words.say("progress-judging"), tally.lines, Some(fetched.lines)),
        State::Unheard
        | State::Matched(_)
        | State::Disputed(_)
        | State::Accepted(_)
        | State::AcceptedWithModifications(_)
        | State::Paid { .. }
        | State::Replaced { .. } => return html! {},
    };
    html! {
        section aria-labelledby="progress" {
            h2 #progress { (words.say("progress-heading")) }
            div data-live {
                p { (what) }
                @if let Some(total) = total {
                    progress max=(total) value=(done) aria-labelledby="progress" {}
                    p { (words.tell("progress-of", &[("done", words.count(done).into()), ("total", words.count(total).into())])) }
                } @else {
                    p { (words.tell("progress-so-far", &[("done", words.count(done).into())])) }
                }
            }
        }
    }
}

/// What can be done about it now, for those who may.
fn decision(signed: &Signed, row: &StatementRow) -> Markup {
    let words = signed.words();
    let waits = matches!(row.state, State::Matched(_) | State::Disputed(_));
    if !waits || !signed.may(Capability::DecideMoney) {
        return html! {};
    }
    html! {
        section aria-labelledby="decision" {
            h2 #decision { (words.say("decision-heading")) }
            p.actions { a.button href=(format!("{}/accept", address(row))) { (words.say("decision-accept")) } }
            details {
                summary { (words.say("decision-again")) }
                p { (words.say("decision-again-text")) }
                (signed.form(&format!("{}/reconcile", address(row)), &submit(&words.say("decision-again-submit"))))
            }
        }
    }
}

/// Who approved what.
fn approvals(words: &Words, done: &Reconciled) -> Markup {
    html! {
        section aria-labelledby="approvals" {
            h2 #approvals { (words.say("approvals-heading")) }
            @if done.approvals.is_empty() { p.nothing { (words.say("approvals-none")) } }
            @else { ol.timeline { @for approval in &done.approvals { li { (one(words, approval)) } } } }
        }
    }
}

fn one(words: &Words, approval: &Approval) -> Markup {
    let about = |about: &str| {
        html! {
            @if let Some(kind) = FindingKind::parse(about) { (words.name("finding", kind.as_str())) }
            @else { span.id { bdi { (about) } } }
        }
    };
    let more = approval.reasons.len().saturating_sub(MOST_REASONS);
    html! {
        p {
            @match &approval.by {
                Some(by) => { bdi { (by) } }
                None => { (words.say("approvals-automatic")) }
            }
            ", " (moment(approval.at)) ": " (modified(words, &approval.modification))
        }
        @if !approval.reasons.is_empty() {
            ul {
                @for (of, text) in approval.reasons.iter().take(MOST_REASONS) { li { (about(of)) ": " bdi { (text) } } }
                @if more > 0 { li { (words.tell("approvals-more", &[("more", words.count(more as u64).into())])) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::{Timestamp, UserName};
    use crate::web::locale::Locale;

    #[test]
    fn con_9_what_people_and_google_wrote_is_escaped() {
        let hostile = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>";
        let approval = Approval {
            by: UserName::parse("ann").ok(),
            held_by: crate::domain::Hands::none(),
            at: Timestamp::from_millis(0),
            reasons: BTreeMap::from([
                ("unknown".to_owned(), hostile.to_owned()),
                (hostile.to_owned(), "so".to_owned()),
            ]),
            modification: Modification {
                vat_to_fee_millionths: Some(150_000),
                exchange_rate: Some(format!("{{\"rate\":\"{hostile}\"}}")),
            },
        };
        for locale in [Locale::En, Locale::De] {
            let shown = one(Words::of(locale), &approval).into_string();
            assert!(!shown.contains("<script") && !shown.contains("<img"), "{shown}");
            assert_eq!(shown.matches("&lt;script&gt;").count(), 3, "{shown}");
        }
    }
}
