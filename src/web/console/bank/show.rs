//! One bank transfer: what the bank says, what it may belong to, and a person's word on that.

use actix_web::web;
use maud::{Markup, Render, html};

use super::list::{direction, statement};
use super::standing;
use crate::actors::Ask;
use crate::domain::bank_transfer::{BankEntry, Input, State, mentions, normalised_memo};
use crate::domain::remittance::{Acceptance, State as StatementState};
use crate::domain::{Capability, Money, TransactionId};
use crate::storage::{StatementRow, TransferRow};
use crate::web::bank::statement_of;
use crate::web::console::PREFIX;
use crate::web::console::form::Fields;
use crate::web::console::frame;
use crate::web::console::gate::see_other;
use crate::web::console::parts::{Column, Mood, badge, facts, moment, money, nothing, submit, table};
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::console::words::Words;
use crate::web::surface::Surface;

/// So many statements are offered.
const MOST_OFFERED: usize = 20;
/// So long after its payment a statement is still offered: whoever pays twice does so soon.
const PAID_OFFERED_MS: i64 = 100 * 86_400_000;

/// `GET /console/bank/{id}`
pub(super) async fn show(surface: web::Data<Surface>, signed: Signed, id: web::Path<String>) -> Answer {
    let row = find(&surface, &id).await?;
    let entry = row.state.transfer().ok_or(Trouble::NotFound)?.entry.clone();
    let words = signed.words();
    let named: Vec<TransactionId> = statement_of(&row.state).into_iter().collect();
    let names = surface.store.statement_names(&named).await?;
    let before_finance = matches!(row.state, State::Unmatched { .. } | State::Differs { .. });
    let offered = if before_finance { candidates(&surface, &entry).await? } else { Vec::new() };
    let title = words.tell("bank-transfer-title", &[("day", entry.booked_on.to_string().into())]);
    let content = html! {
        h1 { (title) }
        p { (standing(words, &row.state)) }
        section aria-labelledby="belongs" {
            h2 #belongs { (words.say("bank-belongs-to")) }
            (belongs(words, &row.state, &|id| statement(id, &names)))
            @if matches!(row.state, State::Matched { .. }) && signed.may(Capability::DecideMoney) {
                p { a href=(format!("{PREFIX}/bank/{}/take-back", row.id)) { (words.say("bank-to-take-back")) } }
            }
        }
        (head(words, &row, &entry))
        @if before_finance { (choose(&signed, &row, &offered)) }
        p { a href=(format!("{PREFIX}/bank")) { (words.say("bank-back")) } }
    };
    frame::page(&signed, &title, &content)
}

pub(super) async fn find(surface: &Surface, id: &str) -> Result<TransferRow, Trouble> {
    let id = TransactionId::parse(id).map_err(|_| Trouble::NotFound)?;
    surface.store.bank_transfer(id).await?.ok_or(Trouble::NotFound)
}

/// How it stands, in a sentence.
fn belongs(words: &Words, state: &State, statement: &dyn Fn(TransactionId) -> Markup) -> Markup {
    match state {
        State::Unheard => html! {},
        State::Unmatched { .. } => html! { p { (words.say("bank-unmatched-text")) } },
        State::Offered { offer, .. } => {
            html! { p { (words.say("bank-offered-text")) " " (statement(offer.statement)) } }
        }
        State::Matched { offer, .. } => html! {
            p { (words.say("bank-matched-text")) " " (statement(offer.statement)) }
        },
        State::TakingBack { offer, .. } => html! {
            p { (words.say("bank-taking-back-text")) " " (statement(offer.statement)) }
        },
        State::PaidOut { payout, .. } => html! {
            p { (words.say("bank-paid-out-text")) " " span.id { (payout) } }
            p.hint { (words.say("bank-final")) }
        },
        State::Differs { offer, why, .. } => html! {
            p { (words.say("bank-differs-text")) " " (statement(offer.statement)) ": " (words.name("bank-refusal", why.as_str())) }
        },
    }
}

fn head(words: &Words, row: &TransferRow, entry: &BankEntry) -> Markup {
    let optional = |text: Option<&String>| html! { @if let Some(text) = text { bdi { (text) } } @else { "\u{2013}" } };
    let reference = entry.servicer_reference.as_ref().or(entry.entry_reference.as_ref());
    let rows: [(&str, Markup); 11] = [
        ("bank-amount", money(words, entry.amount)),
        (
            "bank-direction",
            html! {
                (direction(words, entry.direction))
                @if entry.reversal { " \u{b7} " (words.say("bank-reversal")) }
            },
        ),
        ("bank-booked", html! { (entry.booked_on) }),
        ("bank-valued", html! { @if let Some(day) = entry.valued_on { (day) } @else { "\u{2013}" } }),
        ("bank-account", html! { bdi { (entry.account) } }),
        ("bank-statement-id", html! { bdi { (entry.statement) } }),
        ("bank-reference", optional(reference)),
        ("bank-counterparty", optional(entry.counterparty.as_ref())),
        ("bank-text", html! { @for text in &entry.texts { bdi { (text) } " " } }),
        ("bank-end-to-end", html! { @for text in &entry.end_to_end { bdi { (text) } " " } }),
        ("bank-imported", moment(row.created_at)),
    ];
    html! {
        section aria-labelledby="head" {
            h2 #head { (words.say("bank-says")) }
            (facts(rows.iter().map(|(key, value)| (words.say(key), value as &dyn Render))))
        }
    }
}

/// A statement that a transfer may pay.
struct Candidate {
    row: StatementRow,
    due: Money,
    memo_fits: bool,
    amount_fits: bool,
    accepted: bool,
}

/// The statements that it may pay, the likeliest first.
async fn candidates(surface: &Surface, entry: &BankEntry) -> Result<Vec<Candidate>, Trouble> {
    let since = surface.clock.now().plus_millis(-PAID_OFFERED_MS);
    let rows = surface.store.payable_statements(since).await?;
    Ok(ranked(rows, entry))
}

fn ranked(rows: Vec<StatementRow>, entry: &BankEntry) -> Vec<Candidate> {
    let (texts, paid) = (entry.words(), entry.paid_by_us());
    let mut found: Vec<Candidate> = rows
        .into_iter()
        .filter_map(|row| {
            let notice = row.state.notice()?.clone();
            let due = row.state.acceptance().map_or(notice.total, Acceptance::due);
            let accepted =
                matches!(row.state, StatementState::Accepted(_) | StatementState::AcceptedWithModifications(_));
            let memo_fits = mentions(&texts, &normalised_memo(notice.memo()));
            Some(Candidate { row, due, memo_fits, amount_fits: due == paid, accepted })
        })
        .collect();
    // Stable: among equals the newest stays first.
    found.sort_by_key(|one| std::cmp::Reverse(one.row.created_at));
    found.sort_by_key(|one| std::cmp::Reverse((one.memo_fits, one.amount_fits, one.accepted)));
    found.truncate(MOST_OFFERED);
    found
}

fn choose(signed: &Signed, row: &TransferRow, offered: &[Candidate]) -> Markup {
    let words = signed.words();
    let decides = signed.may(Capability::DecideMoney);
    let mut columns = vec![
        (words.say("statement-id"), Column::Head),
        (words.say("statement-account"), Column::Text),
        (words.say("statement-state"), Column::Text),
        (words.say("bank-due"), Column::Number),
        (words.say("bank-fits"), Column::Text),
    ];
    if decides {
        columns.push((words.say("bank-decide"), Column::Text));
    }
    let line = |one: &Candidate| {
        let notice = one.row.state.notice()?;
        let id = one.row.id;
        let mut cells = vec![
            html! { a href=(format!("{PREFIX}/statements/{id}")) { bdi { (notice.statement_id) } } },
            html! { bdi { (notice.piaid) } },
            html! { (words.name("statement-state", one.row.state.name())) },
            money(words, one.due),
            fits(words, one),
        ];
        if decides {
            let label = words.tell("bank-match-submit", &[("id", notice.statement_id.as_str().into())]);
            cells.push(signed.form(
                &format!("{PREFIX}/bank/{}/match", row.id),
                &html! {
                    input type="hidden" name="statement" value=(id);
                    (submit(&label))
                },
            ));
        }
        Some(cells)
    };
    let rows: Vec<Vec<Markup>> = offered.iter().filter_map(line).collect();
    html! {
        section aria-labelledby="choose" {
            h2 #choose { (words.say("bank-candidates")) }
            p.lead { (words.say("bank-candidates-lead")) }
            @if rows.is_empty() { (nothing(&words.say("bank-no-candidates"))) }
            @else { (table(&words.say("bank-candidates"), &columns, &rows)) }
        }
    }
}

fn fits(words: &Words, one: &Candidate) -> Markup {
    let badge_of = |fits: bool, yes: &str, no: &str| {
        if fits { badge(Mood::Good, &words.say(yes)) } else { badge(Mood::Over, &words.say(no)) }
    };
    html! {
        (badge_of(one.memo_fits, "bank-memo-fits", "bank-memo-differs")) " "
        (badge_of(one.amount_fits, "bank-amount-fits", "bank-amount-differs"))
    }
}

/// `POST /console/bank/{id}/match`: the statement is asked, as if the memo had named it.
pub(super) async fn rematch(
    surface: web::Data<Surface>,
    signed: Signed,
    id: web::Path<String>,
    fields: Fields,
) -> Answer {
    let row = find(&surface, &id).await?;
    let wanted = fields.needed("statement", "bank-expected-statement", |text| TransactionId::parse(text).ok())?;
    let statement = surface.store.statement(wanted).await?.ok_or(Trouble::NotFound)?.id;
    let input = Input::Rematch { statement, by: Some(signed.user.clone()) };
    match surface.bank.transfers.ask(Ask::plain(row.id, input)).await {
        Ok(_) => Ok(see_other(&format!("{PREFIX}/bank/{}?done=transfer-offered", row.id))),
        Err(why) => Err(why.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::bank_transfer::{BankDay, Direction};
    use crate::domain::remittance::Notice;
    use crate::domain::{Currency, Piaid, RequestId, Timestamp};
    use crate::web::locale::Locale;

    const HOSTILE: &str = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>";

    fn money_of(micros: i64) -> Money {
        Money::new(micros, Currency::parse("EUR").unwrap())
    }

    fn entry(text: &str) -> BankEntry {
        BankEntry {
            statement: HOSTILE.to_owned(),
            account: HOSTILE.to_owned(),
            servicer_reference: Some(HOSTILE.to_owned()),
            entry_reference: None,
            part: 0,
            ordinal: 0,
            direction: Direction::Left,
            reversal: false,
            amount: money_of(7),
            booked_on: BankDay::parse("2026-11-07").unwrap(),
            valued_on: None,
            end_to_end: vec![HOSTILE.to_owned()],
            texts: vec![text.to_owned()],
            counterparty: Some(HOSTILE.to_owned()),
        }
    }

    fn announced(id: u128, memo: &str, micros: i64) -> StatementRow {
        let id = TransactionId::from_uuid(uuid::Uuid::from_u128(id));
        let at = Timestamp::from_millis(1);
        let notice = Notice {
            id,
            piaid: Piaid::parse("ExamplePay_EUR").unwrap(),
            statement_id: RequestId::parse("stmt").unwrap(),
            statement_date: None,
            period_start: None,
            period_end: None,
            due: None,
            total: money_of(micros),
            total_fees: None,
            total_events: None,
            memo_line: Some(memo.to_owned()),
            received_at: at,
        };
        StatementRow { id, state: StatementState::Notified(Arc::new(notice)), created_at: at, updated_at: at }
    }

    #[test]
    fn con_4_the_statement_whose_memo_and_amount_fit_is_offered_first() {
        let rows = vec![announced(1, "memo-one", 8), announced(2, "memo-two", 7), announced(3, "memo-three", 7)];
        let order: Vec<u128> =
            ranked(rows, &entry("pays memo-one")).iter().map(|one| one.row.id.as_uuid().as_u128()).collect();
        assert_eq!(order[0], 1, "its memo stands there, whatever the amount");
        let rows = vec![announced(1, "memo-one", 8), announced(2, "memo-two", 7)];
        assert_eq!(ranked(rows, &entry("?"))[0].row.id.as_uuid().as_u128(), 2);
    }

    #[test]
    fn con_9_what_the_bank_says_is_escaped() {
        let row = TransferRow {
            id: TransactionId::from_uuid(uuid::Uuid::from_u128(7)),
            state: State::Unheard,
            created_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
        };
        let shown = head(Words::of(Locale::En), &row, &entry(HOSTILE)).into_string();
        assert!(!shown.contains("<script") && !shown.contains("<img"), "{shown}");
        assert_eq!(shown.matches("&lt;script&gt;").count(), 6, "{shown}");
    }
}
