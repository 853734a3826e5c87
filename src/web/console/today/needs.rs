//! What needs a person: statements due, what stands before finance, dead letters, alarms that last.

use maud::{Markup, html};

use super::super::PREFIX;
use super::super::parts::{Column, Mood, badge, moment, money, nothing, table};
use super::super::trouble::Trouble;
use super::super::words::Words;
use crate::domain::alarm::State as AlarmState;
use crate::domain::remittance::State;
use crate::domain::{Day, Timestamp};
use crate::storage::{OutboxFigures, Overdue, StatementRow};
use crate::web::surface::Surface;

/// A day in milliseconds.
const DAY_MS: i64 = 86_400_000;
/// How many statements are listed; the rest is on their own page.
const MOST_LISTED: usize = 20;

/// All of it.
pub(super) struct Needs {
    statements: Vec<StatementRow>,
    before_finance: Vec<Overdue>,
    outbox: OutboxFigures,
    alarms: Vec<AlarmState>,
}

impl Needs {
    pub(super) async fn look(surface: &Surface, now: Timestamp) -> Result<Self, Trouble> {
        let store = &surface.store;
        let mut statements = store.open_statements().await?;
        statements.retain(|row| !matches!(row.state, State::Accepted(_) | State::AcceptedWithModifications(_)));
        statements.sort_by_key(|row| row.state.notice().and_then(|notice| notice.due));
        Ok(Self {
            statements,
            before_finance: store.before_finance(now).await?,
            outbox: store.outbox_figures().await?,
            alarms: store.raised_alarms().await?,
        })
    }

    fn is_nothing(&self) -> bool {
        self.statements.is_empty()
            && self.before_finance.is_empty()
            && self.outbox.parked == 0
            && self.alarms.is_empty()
    }

    pub(super) fn show(&self, words: &Words, now: Timestamp) -> Markup {
        html! {
            section aria-labelledby="needs" {
                h2 #needs { (words.say("today-needs")) }
                @if self.is_nothing() { (nothing(&words.say("today-needs-nothing"))) }
                @if self.outbox.parked > 0 {
                    p { a href=(format!("{PREFIX}/outbox")) { (words.tell("today-dead-letters", &[("count", self.outbox.parked.into())])) } }
                }
                @if !self.before_finance.is_empty() { (self.standing(words, now)) }
                @if !self.statements.is_empty() { (self.due(words, now)) }
                @if !self.alarms.is_empty() { (self.lasting(words)) }
                @if self.outbox.waiting > 0 {
                    p.muted { (words.tell("today-waiting", &[("count", self.outbox.waiting.into())])) }
                }
            }
        }
    }

    /// Differences and everything else that stands before finance, by its reason and age.
    fn standing(&self, words: &Words, now: Timestamp) -> Markup {
        let columns = [
            (words.say("today-reason"), Column::Head),
            (words.say("today-count"), Column::Number),
            (words.say("today-oldest"), Column::Text),
            (words.say("today-age"), Column::Text),
        ];
        let rows = self.before_finance.iter().map(|standing| {
            let days = now.millis_since(standing.oldest).max(0) / DAY_MS;
            vec![
                html! { a href=(place_of(&standing.name)) { (words.name("attention", &standing.name)) } },
                html! { (words.count(standing.count)) },
                moment(standing.oldest),
                badge(
                    if days >= 1 { Mood::Attention } else { Mood::Waiting },
                    &words.tell("today-days", &[("days", days.into())]),
                ),
            ]
        });
        table(&words.say("today-before-finance"), &columns, &rows.collect::<Vec<_>>())
    }

    fn due(&self, words: &Words, now: Timestamp) -> Markup {
        let columns = [
            (words.say("today-statement"), Column::Head),
            (words.say("today-account"), Column::Text),
            (words.say("today-state"), Column::Text),
            (words.say("today-total"), Column::Number),
            (words.say("today-due"), Column::Text),
        ];
        let rows = self.statements.iter().take(MOST_LISTED).filter_map(|row| {
            let notice = row.state.notice()?;
            Some(vec![
                html! { a.id href=(format!("{PREFIX}/statements/{}", row.id)) { bdi { (notice.statement_id) } } },
                html! { bdi { (notice.piaid) } },
                html! { (words.name("statement-state", row.state.name())) },
                money(words, notice.total),
                html! {
                    @match notice.due {
                        Some(due) => { (words.day(Day::of(due))) " " (days_left(words, due, now)) },
                        None => { (words.say("today-no-due-date")) },
                    }
                },
            ])
        });
        let rows: Vec<_> = rows.collect();
        html! {
            (table(&words.say("today-statements"), &columns, &rows))
            @if self.statements.len() > MOST_LISTED {
                p { a href=(format!("{PREFIX}/statements")) { (words.say("today-all-statements")) } }
            }
        }
    }

    fn lasting(&self, words: &Words) -> Markup {
        let rows = self.alarms.iter().filter_map(|state| match state {
            AlarmState::Raised { about, since, detail, .. } => Some((about, since, detail)),
            AlarmState::Unheard | AlarmState::Quiet { .. } => None,
        });
        html! {
            h3 { (words.say("today-alarms")) }
            ul.alarms {
                @for (about, since, detail) in rows {
                    li {
                        strong { (words.name("alarm", about.kind.as_str())) } " "
                        bdi { (about.subject) } ": " bdi { (detail) } " "
                        span.muted { (words.say("today-since")) " " (moment(*since)) }
                    }
                }
            }
        }
    }
}

/// Where what stands before finance for this reason is looked at.
fn place_of(attention: &str) -> String {
    match attention {
        "statement_differs" => format!("{PREFIX}/statements"),
        "unexplained_transfer" => format!("{PREFIX}/bank"),
        "disputed" | "refund_failed" | "deposit_not_charged" | "unexplained_charge" => {
            format!("{PREFIX}/bookings?attention=yes")
        }
        "invoice_disputed" | "transfer_said" => format!("{PREFIX}/invoices?attention=yes"),
        "payout_failed" => format!("{PREFIX}/payouts"),
        _ => format!("{PREFIX}/payments?attention=yes"),
    }
}

fn days_left(words: &Words, due: Timestamp, now: Timestamp) -> Markup {
    let left = due.millis_since(now);
    if left < 0 {
        badge(
            Mood::Attention,
            &words.tell("today-overdue", &[("days", (left.unsigned_abs() / DAY_MS.unsigned_abs()).into())]),
        )
    } else {
        let mood = if left < 2 * DAY_MS { Mood::Attention } else { Mood::Waiting };
        badge(mood, &words.tell("today-days-left", &[("days", (left / DAY_MS).into())]))
    }
}
