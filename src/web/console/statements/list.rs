//! All statements, the newest first.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use maud::{Markup, html};

use super::{address, days_left, is_over, standing};
use crate::domain::remittance::{Acceptance, FindingKind, Notice, State};
use crate::domain::{Day, Piaid, Timestamp};
use crate::storage::StatementRow;
use crate::web::console::PREFIX;
use crate::web::console::complaints::{Form, Reader};
use crate::web::console::form::Fields;
use crate::web::console::frame;
use crate::web::console::parts::{Column, money, nothing, pager, submit, table};
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
    let mut reader = Reader::of(&asked);
    let account = reader.parsed("account", "statement-expected-account", |text| Piaid::parse(text).ok());
    let known = |text: &str| STATES.into_iter().find(|known| *known == text);
    let state = reader.parsed("state", "statement-expected-state", known);
    let before = reader.parsed("cursor", "expected-cursor", read_cursor);
    let complaints = reader.complaints();
    let found = if complaints.is_empty() {
        surface.store.statements_in((account.as_ref(), state), before, PAGE).await?
    } else {
        Vec::new()
    };
    let next = found.last().filter(|_| found.len() as u64 == PAGE).map(|last| cursor(last.created_at, last.id));
    let words = signed.words();
    let now = surface.clock.now();
    let mut form = Form::new(words, (&asked, &complaints));
    let filter = filter(&mut form, &surface);
    let content = html! {
        h1 { (words.say("statements-title")) }
        (form.summary())
        p.lead { (words.say("statements-lead")) }
        (filter)
        @if !found.is_empty() { (rows(words, &found, now)) }
        @else if complaints.is_empty() { (nothing(&words.say("statements-nothing"))) }
        (pager(&signed.at, &asked, next.as_deref()))
        p { a href=(format!("{PREFIX}/statements/period")) { (words.say("period-link")) } }
    };
    Ok(frame::page_as(complaints.status(), &signed, &words.say("statements-title"), &content))
}

fn filter(form: &mut Form<'_>, surface: &Surface) -> Markup {
    let words = form.words();
    // One that has left the configuration and is asked for stands there, too; its statements stay.
    let mut accounts: Vec<String> = surface.policies.keys().map(ToString::to_string).collect();
    accounts.sort();
    let accounts: Vec<(String, String)> = accounts.into_iter().map(|account| (account.clone(), account)).collect();
    let states: Vec<(String, String)> =
        STATES.iter().map(|state| ((*state).to_owned(), words.name("statement-state", state))).collect();
    let any = words.say("statements-any");
    html! {
        form.filter method="get" action=(format!("{PREFIX}/statements")) {
            (form.choice(("account", &words.say("statement-account")), Some(&any), &accounts))
            (form.choice(("state", &words.say("statement-state")), Some(&any), &states))
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
