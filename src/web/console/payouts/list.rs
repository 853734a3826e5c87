//! Payouts in lists: the processor's, or those to a merchant with what it is owed.

use actix_web::{HttpRequest, web};
use maud::{Markup, html};

use crate::domain::payout::{Payout, State};
use crate::domain::{Capability, Currency, Machine as _, Money, Timestamp};
use crate::storage::{AccountSum, PayoutRow, PayoutsOf};
use crate::web::console::complaints::{Form, Reader};
use crate::web::console::form::Fields;
use crate::web::console::frame::page_as;
use crate::web::console::parts::{Column, Mood, badge, moment, money, nothing, pager, submit, table};
use crate::web::console::signed::Signed;
use crate::web::console::trouble::Answer;
use crate::web::console::words::Words;
use crate::web::console::{PREFIX, invoices};
use crate::web::payouts::known_merchant;
use crate::web::statements::cursor;
use crate::web::surface::Surface;

/// Lines of a page.
const ROWS: u64 = 50;

/// `GET /payouts`
pub(super) async fn list(surface: web::Data<Surface>, signed: Signed, request: HttpRequest) -> Answer {
    let (words, asked) = (signed.words(), Fields::of_query(&request));
    let mut reader = Reader::of(&asked);
    let before = reader.parsed("cursor", "expected-cursor", invoices::moment_and_id);
    let mut complaints = reader.complaints();
    let (of, owed) = match asked.text("merchant") {
        None => (Some(PayoutsOf::Processor), Vec::new()),
        Some(id) => match known_merchant(&surface, id).await? {
            None => {
                complaints.add("merchant", "payouts-no-merchant");
                (None, Vec::new())
            }
            Some((merchant, balance)) => (Some(PayoutsOf::Merchant(merchant)), balance),
        },
    };
    let found = match &of {
        Some(of) if complaints.is_empty() => surface.store.payouts(of, before, ROWS).await?,
        Some(_) | None => Vec::new(),
    };
    let next = found.last().filter(|_| found.len() as u64 == ROWS).map(|last| cursor(last.created_at, last.id));
    let mut form = Form::new(words, (&asked, &complaints));
    let merchant = form.input("merchant", &words.say("payouts-merchant"), "text");
    let content = html! {
        h1 { (words.say("payouts-title")) }
        (form.summary())
        p.lead { (words.say("payouts-lead")) }
        @if signed.may(Capability::DecideMoney) {
            p.actions { a.button href=(format!("{PREFIX}/payouts/new")) { (words.say("payouts-record")) } }
        }
        form.filter method="get" action=(format!("{PREFIX}/payouts")) {
            (merchant)
            (submit(&words.say("payouts-search")))
        }
        p.hint { (words.say("payouts-merchant-hint")) }
        @if let (Some(of), true) = (&of, complaints.is_empty()) {
            (owes(words, of, &owed))
            @if found.is_empty() { (nothing(&words.say("payouts-none"))) } @else { (rows(words, of, &found)) }
        }
        (pager(&signed.at, &asked, next.as_deref()))
    };
    Ok(page_as(complaints.status(), &signed, &words.say("payouts-title"), &content))
}

/// What the books say: a credit is what we owe.
fn owes(words: &Words, of: &PayoutsOf, owed: &[AccountSum]) -> Markup {
    let PayoutsOf::Merchant(merchant) = of else { return html! {} };
    let amounts = owed.iter().filter_map(|sum| {
        let micros = i64::try_from(-sum.micros).ok()?;
        Some(Money::new(micros, Currency::parse(&sum.currency).ok()?))
    });
    let amounts: Vec<Money> = amounts.collect();
    html! {
        section aria-labelledby="owed" {
            h2 #owed { (words.say("payouts-owed")) " " bdi { (merchant.as_str()) } }
            @if amounts.is_empty() { (nothing(&words.say("payouts-owed-nothing"))) }
            ul { @for amount in &amounts { li { (money(words, *amount)) } } }
        }
    }
}

fn rows(words: &Words, of: &PayoutsOf, found: &[PayoutRow]) -> Markup {
    let caption = match of {
        PayoutsOf::Processor => words.say("payouts-of-processor"),
        PayoutsOf::Merchant(_) => words.say("payouts-of-merchant"),
    };
    let columns = [
        (words.say("payouts-column-reference"), Column::Head),
        (words.say("payouts-column-state"), Column::Text),
        (words.say("payouts-column-amount"), Column::Number),
        (words.say("payouts-column-moment"), Column::Text),
        (words.say("payouts-column-heard"), Column::Text),
    ];
    let row = |row: &PayoutRow| {
        let told = Told::of(&row.state);
        vec![
            html! {
                a.id href=(format!("{PREFIX}/payouts/{}", row.id)) {
                    bdi { (told.as_ref().map_or("?", |told| told.reference)) }
                }
            },
            state(words, &row.state),
            html! { @if let Some(told) = &told { (money(words, told.amount)) } },
            html! { @if let Some(told) = &told { (moment(told.at)) } },
            moment(row.created_at),
        ]
    };
    table(&caption, &columns, &found.iter().map(row).collect::<Vec<_>>())
}

/// What both kinds of payouts say.
pub(super) struct Told<'a> {
    pub(super) reference: &'a str,
    pub(super) amount: Money,
    /// When it arrives, or was sent.
    pub(super) at: Timestamp,
}

impl<'a> Told<'a> {
    /// `None` of what nobody has heard of.
    pub(super) fn of(state: &'a State) -> Option<Self> {
        match state {
            State::Unheard => None,
            State::Paid { payout } | State::Failed { payout } | State::Closed { payout, .. } => {
                Some(Self { reference: payout.reference.as_str(), amount: payout.amount, at: payout.arrives_at })
            }
            State::Recorded { payout } | State::TakenBack { payout, .. } => {
                Some(Self { reference: payout.reference.as_str(), amount: payout.amount, at: payout.sent_at })
            }
        }
    }
}

/// How it stands, in words.
pub(super) fn state(words: &Words, state: &State) -> Markup {
    let mood = match state {
        State::Paid { .. } | State::Recorded { .. } => Mood::Good,
        State::Failed { .. } => Mood::Attention,
        State::Unheard | State::Closed { .. } | State::TakenBack { .. } => Mood::Over,
    };
    badge(mood, &words.name("payout-state", Payout::state_name(state)))
}
