//! Remittance statements: what Google says is owed, what we found, what people decide about it, and the reports.
//!
//! `list.rs` and `show.rs` look; `findings.rs` and `reasons.rs` collect why differences are accepted, over as many visits as
//! it takes; `accept.rs` shows what accepting comes to, and accepts; `reports.rs` hands out files.

mod accept;
mod findings;
mod list;
mod reasons;
mod reports;
mod show;
mod totals;

use maud::{Markup, html};

use super::PREFIX;
use super::parts::{Mood, badge, money};
use super::routes::{Fields, LOOK, MONEY, Route, form, get, page, post};
use super::trouble::Trouble;
use super::words::Words;
use crate::domain::remittance::{FindingKind, State};
use crate::domain::{Currency, Money, Timestamp};
use crate::storage::StatementRow;
use crate::web::statements::{Sought, seek};
use crate::web::surface::Surface;

/// The pages. Reports are for everybody who may look, at once or as a job: a report says what the pages and the ledger show
/// already, and over the API `reports:read` is open to every role.
pub(super) const ROUTES: &[Route] = &[
    page("/statements", LOOK, || get().to(list::list)),
    page("/statements/period", LOOK, || get().to(reports::period)),
    form("/statements/period", LOOK, ("report.period", Fields::Noted), || post().to(reports::make_period)),
    page("/statements/{id}", LOOK, || get().to(show::show)),
    page("/statements/{id}/findings", LOOK, || get().to(findings::list)),
    form("/statements/{id}/reasons", MONEY, ("statement.reason", Fields::Noted), || post().to(reasons::keep)),
    page("/statements/{id}/accept", MONEY, || get().to(accept::preview)),
    form("/statements/{id}/accept", MONEY, ("statement.accept", Fields::Noted), || post().to(accept::accept)),
    form("/statements/{id}/reconcile", MONEY, ("statement.reconcile", Fields::Noted), || {
        post().to(accept::judge_again)
    }),
    page("/statements/{id}/report.{format}", LOOK, || get().to(reports::statement)),
    form("/statements/{id}/report", LOOK, ("report.statement", Fields::Noted), || post().to(reports::make_statement)),
];

const DAY_MS: i64 = 86_400_000;

/// The statement that a path names: by our id, or by Google's where that names one alone.
async fn find(surface: &Surface, id: &str) -> Result<StatementRow, Trouble> {
    match seek(&surface.store, id, None).await? {
        Sought::One(row) => Ok(*row),
        Sought::Several | Sought::Nothing => Err(Trouble::NotFound),
    }
}

/// The address of a statement's page.
fn address(row: &StatementRow) -> String {
    format!("{PREFIX}/statements/{}", row.id)
}

/// The address of a statement's findings of a kind.
fn findings_of(row: &StatementRow, kind: FindingKind) -> String {
    format!("{}/findings?kind={}", address(row), kind.as_str())
}

/// The state as a label.
fn standing(words: &Words, state: &State) -> Markup {
    let mood = match state {
        State::Unheard
        | State::Notified(_)
        | State::Fetching { .. }
        | State::Reconciling { .. }
        | State::Matched(_)
        | State::Accepted(_)
        | State::AcceptedWithModifications(_) => Mood::Waiting,
        State::Disputed(_) => Mood::Attention,
        State::Paid { .. } => Mood::Good,
        State::Replaced { .. } => Mood::Over,
    };
    badge(mood, &words.name("statement-state", state.name()))
}

/// Whether nobody waits for anything any more.
const fn is_over(state: &State) -> bool {
    match state {
        State::Paid { .. } | State::Replaced { .. } => true,
        State::Unheard
        | State::Notified(_)
        | State::Fetching { .. }
        | State::Reconciling { .. }
        | State::Matched(_)
        | State::Disputed(_)
        | State::Accepted(_)
        | State::AcceptedWithModifications(_) => false,
    }
}

/// How many days are left until a statement is due, in words; by the days of UTC.
fn days_left(words: &Words, due: Timestamp, now: Timestamp) -> Markup {
    let days = due.as_millis().div_euclid(DAY_MS) - now.as_millis().div_euclid(DAY_MS);
    if due < now {
        let late = if days == 0 {
            words.say("statement-overdue-today")
        } else {
            words.tell("statement-overdue", &[("days", (-days).into())])
        };
        return badge(Mood::Attention, &late);
    }
    let text = if days == 0 {
        words.say("statement-due-today")
    } else {
        words.tell("statement-due-in", &[("days", days.into())])
    };
    html! { (text) }
}

/// A sum in micros: it may be larger than any amount.
fn sum(words: &Words, micros: i128, currency: Currency) -> Markup {
    html! {
        @if let Ok(micros) = i64::try_from(micros) { (money(words, Money::new(micros, currency))) }
        @else { span.money { (words.count(micros)) " \u{d7} 10\u{207b}\u{2076} " (currency.code()) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::locale::Locale;

    #[test]
    fn con_4_days_are_counted_as_people_count_them() {
        let words = Words::of(Locale::En);
        let noon = 20_000 * DAY_MS + DAY_MS / 2;
        let told = |due: i64| days_left(words, Timestamp::from_millis(due), Timestamp::from_millis(noon)).into_string();
        for (due, text) in [
            (noon + 1, "due today"),
            (noon, "due today"),
            (noon + DAY_MS / 2, "1 day left"),
            (noon + 3 * DAY_MS, "3 days left"),
        ] {
            assert_eq!(told(due), text);
        }
        assert!(told(noon - 1).contains(">overdue since today<"), "{}", told(noon - 1));
        assert!(told(noon - DAY_MS).contains(">overdue by 1 day<"));
        assert!(told(noon - 2 * DAY_MS).contains("attention"));
    }

    #[test]
    fn con_4_sums_beyond_64_bits_are_shown() {
        let words = Words::of(Locale::En);
        let inr = Currency::parse("INR").unwrap();
        assert!(sum(words, i128::from(i64::MAX) + 1, inr).into_string().contains("9,223,372,036,854,775,808"));
        assert!(sum(words, -1_099_000_000, inr).into_string().contains("1,099.00"));
    }

    #[test]
    fn con_4_every_state_finding_and_refusal_has_words_in_both_languages() {
        for locale in [Locale::En, Locale::De] {
            let words = Words::of(locale);
            for state in list::STATES {
                assert!(words.knows("statement-state", state), "{state}");
            }
            for kind in FindingKind::ALL {
                assert!(words.knows("finding", kind.as_str()) && words.knows("finding-means", kind.as_str()));
            }
            for age in crate::domain::remittance::MissingAge::ALL {
                assert!(words.knows("missing-age", age.as_str()), "{age:?}");
            }
            for problem in crate::domain::remittance::PageProblem::ALL {
                assert!(words.knows("statement-sum", problem.as_str()), "{problem:?}");
            }
        }
    }
}
