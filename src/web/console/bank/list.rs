//! All bank transfers, the newest first.

use std::collections::HashMap;

use actix_web::{HttpRequest, web};
use maud::{Markup, html};

use super::{STATES, standing};
use crate::domain::bank_transfer::Direction;
use crate::domain::{Capability, TransactionId};
use crate::storage::{StatementName, TransferRow};
use crate::web::bank::statement_of;
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

/// Transfers on one page.
const PAGE: u64 = 50;

/// `GET /console/bank`
pub(super) async fn list(surface: web::Data<Surface>, signed: Signed, request: HttpRequest) -> Answer {
    let asked = Fields::of_query(&request);
    let mut reader = Reader::of(&asked);
    let state = reader.parsed("state", "bank-expected-state", |text| STATES.into_iter().find(|known| *known == text));
    let before = reader.parsed("cursor", "expected-cursor", read_cursor);
    let complaints = reader.complaints();
    let found =
        if complaints.is_empty() { surface.store.bank_transfers(state, before, PAGE).await? } else { Vec::new() };
    let statements: Vec<TransactionId> = found.iter().filter_map(|row| statement_of(&row.state)).collect();
    let names = surface.store.statement_names(&statements).await?;
    let next = found.last().filter(|_| found.len() as u64 == PAGE).map(|last| cursor(last.created_at, last.id));
    let words = signed.words();
    let states: Vec<(String, String)> =
        STATES.iter().map(|state| ((*state).to_owned(), words.name("bank-state", state))).collect();
    let mut form = Form::new(words, (&asked, &complaints));
    let choice = form.choice(("state", &words.say("bank-state")), Some(&words.say("statements-any")), &states);
    let content = html! {
        h1 { (words.say("bank-title")) }
        (form.summary())
        p.lead { (words.say("bank-lead")) }
        @if signed.may(Capability::DecideMoney) {
            p.actions { a.button href=(format!("{PREFIX}/bank/import")) { (words.say("bank-import-link")) } }
        }
        form.filter method="get" action=(format!("{PREFIX}/bank")) {
            (choice)
            (submit(&words.say("statements-filter")))
        }
        @if !found.is_empty() { (rows(words, &found, &names)) }
        @else if complaints.is_empty() { (nothing(&words.say("bank-nothing"))) }
        (pager(&signed.at, &asked, next.as_deref()))
    };
    Ok(frame::page_as(complaints.status(), &signed, &words.say("bank-title"), &content))
}

fn rows(words: &Words, found: &[TransferRow], names: &HashMap<TransactionId, StatementName>) -> Markup {
    let columns = [
        (words.say("bank-transfer"), Column::Head),
        (words.say("bank-direction"), Column::Text),
        (words.say("bank-amount"), Column::Number),
        (words.say("bank-counterparty"), Column::Text),
        (words.say("bank-text"), Column::Text),
        (words.say("bank-state"), Column::Text),
        (words.say("bank-belongs-to"), Column::Text),
    ];
    let line = |row: &TransferRow| {
        let entry = &row.state.transfer()?.entry;
        Some(vec![
            html! { a href=(format!("{PREFIX}/bank/{}", row.id)) { (words.tell("bank-booked-on", &[("day", entry.booked_on.to_string().into())])) } },
            direction(words, entry.direction),
            money(words, entry.amount),
            html! { @if let Some(name) = &entry.counterparty { bdi { (name) } } },
            html! { @if let Some(text) = entry.texts.first() { bdi { (text) } } },
            standing(words, &row.state),
            html! { @if let Some(id) = statement_of(&row.state) { (statement(id, names)) } },
        ])
    };
    let rows: Vec<Vec<Markup>> = found.iter().filter_map(line).collect();
    table(&words.say("bank-caption"), &columns, &rows)
}

/// Which way the money went.
pub(super) fn direction(words: &Words, direction: Direction) -> Markup {
    html! {
        @match direction {
            Direction::Left => { (words.say("bank-paid")) }
            Direction::Came => { (words.say("bank-received")) }
        }
    }
}

/// The way to a statement, under the name that Google gave it.
pub(super) fn statement(id: TransactionId, names: &HashMap<TransactionId, StatementName>) -> Markup {
    let name = names.get(&id).map_or_else(|| id.to_string(), |name| name.statement_id.clone());
    html! { a href=(format!("{PREFIX}/statements/{id}")) { bdi { (name) } } }
}
