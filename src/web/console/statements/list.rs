//! All statements, the newest first.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use maud::{Markup, html};

use super::{address, days_left, is_over, standing};
use crate::domain::remittance::{Acceptance, FindingKind, Notice, State};
use crate::domain::{Day, Piaid, Timestamp};
use crate::storage::StatementRow;
use crate::web::console::PREFIX;
use crate::web::console::form::Fields;
use crate::web::console::frame;
use crate::web::console::parts::{Column, choice, money, nothing, pager, submit, table};
use crate::web::console::signed::Signed;
use crate::web::console::trouble::Answer;
use crate::web::console::words::Words;
use crate::web::statements::{cursor, read_cursor};
use crate::web::surface::Surface;

/// Statements on one page.
const PAGE: u64 = 50;

/// The states that the list can be narrowed to.
pub(super) const STATES: [&str; 9] = [
    "Notified",
    "Fetching",
    "Reconciling",
    "Matched",
    "Disputed",
    "Accepted",
    "AcceptedWithModifications",
    "Paid",
    "Replaced",
];

/// `GET /console/statements`
pub(super) async fn list(surface: web::Data<Surface>, signed: Signed, request: HttpRequest) -> Answer {
    let asked = Fields::of_query(&request);
    let account = asked.parsed("account", "statement-expected-account", |text| Piaid::parse(text).ok())?;
    let state =
        asked.parsed("state", "statement-expected-state", |text| STATES.into_iter().find(|known| *known == text))?;
    let before = asked.parsed("cursor", "statement-expected-cursor", read_cursor)?;
    let found = surface.store.statements_in((account.as_ref(), state), before, PAGE).await?;
    let next = found.last().filter(|_| found.len() as u64 == PAGE).map(|last| cursor(last.created_at, last.id));
    let words = signed.words();
    let now = surface.clock.now();
    let content = html! {
        h1 { (words.say("statements-title")) }
        p.lead { (words.say("statements-lead")) }
        (filter(words, &surface, &asked))
        @if found.is_empty() {
            (nothing(&words.say("statements-nothing")))
        } @else {
            (rows(words, &found, now))
        }
        (pager(&signed.at, &asked, next.as_deref()))
        p { a href=(format!("{PREFIX}/statements/period")) { (words.say("period-link")) } }
    };
    frame::page(&signed, &words.say("statements-title"), &content)
}

fn filter(words: &Words, surface: &Surface, asked: &Fields) -> Markup {
    let mut accounts: Vec<String> = surface.policies.keys().map(ToString::to_string).collect();
    // An account may have left the configuration; its statements stay.
    accounts.extend(asked.text("account").map(str::to_owned));
    accounts.sort();
    accounts.dedup();
    let accounts: Vec<(String, String)> = accounts.into_iter().map(|account| (account.clone(), account)).collect();
    let states: Vec<(String, String)> =
        STATES.iter().map(|state| ((*state).to_owned(), words.name("statement-state", state))).collect();
    let any = words.say("statements-any");
    html! {
        form.filter method="get" action=(format!("{PREFIX}/statements")) {
            (choice(("account", &words.say("statement-account")), Some(&any), &accounts, asked.text("account")))
            (choice(("state", &words.say("statement-state")), Some(&any), &states, asked.text("state")))
            (submit(&words.say("statements-filter")))
        }
    }
}

fn rows(words: &Words, found: &[StatementRow], now: Timestamp) -> Markup {
    let columns = [
        (words.say("statement-id"), Column::Head),
        (words.say("statement-account"), Column::Text),
        (words.say("statement-period"), Column::Text),
        (words.say("statement-state"), Column::Text),
        (words.say("statement-total"), Column::Number),
        (words.say("statement-due"), Column::Text),
        (words.say("statement-open"), Column::Text),
    ];
    let rows: Vec<Vec<Markup>> = found
        .iter()
        .filter_map(|row| {
            let notice = row.state.notice()?;
            Some(vec![
                html! { a href=(address(row)) { bdi { (notice.statement_id) } } },
                html! { bdi { (notice.piaid) } },
                period(words, notice),
                standing(words, &row.state),
                money(words, notice.total),
                due(words, &row.state, (notice, now)),
                html! { (open(words, &row.state)) },
            ])
        })
        .collect();
    table(&words.say("statements-caption"), &columns, &rows)
}

/// First and last day of the billing period. Its end is stated as its last moment, or as the first after it.
pub(super) fn period(words: &Words, notice: &Notice) -> Markup {
    let day = |moment: Option<Timestamp>| moment.map_or_else(|| "?".to_owned(), |moment| words.day(Day::of(moment)));
    let last = notice.period_end.map(|end| end.plus_millis(-1));
    html! {
        @if notice.period_start.is_none() && notice.period_end.is_none() { (words.say("statement-not-stated")) }
        @else { (day(notice.period_start)) " \u{2013} " (day(last)) }
    }
}

/// The day that it is due, and how far that is.
pub(super) fn due(words: &Words, state: &State, (notice, now): (&Notice, Timestamp)) -> Markup {
    let Some(due) = notice.due else { return html! { (words.say("statement-not-stated")) } };
    html! {
        (words.day(Day::of(due)))
        @if !is_over(state) { " \u{b7} " (days_left(words, due, now)) }
    }
}

/// What somebody still has to do.
pub(super) fn open(words: &Words, state: &State) -> String {
    match state {
        State::Unheard | State::Notified(_) | State::Fetching { .. } | State::Reconciling { .. } => {
            words.say("statement-open-reading")
        }
        State::Matched(done) | State::Disputed(done) if !done.approvals.is_empty() => {
            words.say("statement-open-second")
        }
        State::Matched(_) => words.say("statement-open-acceptance"),
        State::Disputed(done) => {
            let reasons = done.drafts.iter().map(|(about, draft)| (about.clone(), draft.text.clone())).collect();
            // Whether reasons of single events are enough, the statement's own page knows.
            let single = done.drafts.keys().any(|about| FindingKind::parse(about).is_none());
            match done.unexplained(&reasons, &BTreeMap::new()).len() {
                kinds if kinds > 0 && !single => words.tell("statement-open-reasons", &[("kinds", kinds.into())]),
                _ => words.say("statement-open-acceptance"),
            }
        }
        State::Accepted(acceptance) | State::AcceptedWithModifications(acceptance) => transfer(words, acceptance),
        State::Paid { .. } | State::Replaced { .. } => words.say("statement-open-nothing"),
    }
}

fn transfer(words: &Words, acceptance: &Acceptance) -> String {
    if !acceptance.told {
        return words.say("statement-open-telling");
    }
    words.tell("statement-open-transfer", &[("amount", words.money(acceptance.due()).into())])
}
