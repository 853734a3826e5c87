//! How issuers and calls answer: shares and times, in the terms in which Google agrees on service levels.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::PREFIX;
use super::super::parts::{Column, nothing, table};
use super::super::trouble::Trouble;
use super::super::words::Words;
use super::chart::{Bar, bars, per_mille};
use crate::domain::Timestamp;
use crate::storage::{IssuerOutcome, Quantile, SeriesFigures};
use crate::web::surface::Surface;

/// What Google's handlers are measured against (flows-security section 7): 5 s.
const LIMIT_MS: u64 = 5_000;

/// Which time is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    Day,
    Week,
}

impl Span {
    /// A day, unless a week is asked for.
    pub(super) fn of(asked: Option<&str>) -> Self {
        if asked == Some("week") { Self::Week } else { Self::Day }
    }

    const fn millis(self) -> i64 {
        match self {
            Self::Day => 86_400_000,
            Self::Week => 7 * 86_400_000,
        }
    }
}

/// One issuer's payments by how they stand.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Ended {
    paid: u64,
    declined: u64,
    left: u64,
    open: u64,
}

impl Ended {
    /// Of those that the issuer decided, the part that it approved.
    fn approved_per_mille(self) -> Option<u32> {
        let decided = self.paid + self.declined;
        (decided > 0).then(|| per_mille(self.paid.into(), decided.into()))
    }
}

/// All of it.
pub(super) struct Answers {
    issuers: BTreeMap<String, Ended>,
    series: Vec<SeriesFigures>,
}

impl Answers {
    pub(super) async fn look(surface: &Surface, span: Span, now: Timestamp) -> Result<Self, Trouble> {
        let from = now.plus_millis(-span.millis());
        let until = now.plus_millis(1);
        let outcomes = surface.store.issuer_outcomes(from, until, now).await?;
        Ok(Self { issuers: by_issuer(&outcomes), series: surface.store.figures(from, until).await? })
    }

    pub(super) fn show(&self, words: &Words, span: Span) -> Markup {
        html! {
            section aria-labelledby="answers" {
                h2 #answers { (words.say("today-answers")) }
                p.actions {
                    @for (other, value, key) in [(Span::Day, "day", "today-span-day"), (Span::Week, "week", "today-span-week")] {
                        a href=(format!("{PREFIX}/?span={value}")) aria-current=[(other == span).then_some("true")] { (words.say(key)) }
                    }
                }
                (self.of_issuers(words))
                (self.of_calls(words))
            }
        }
    }

    fn of_issuers(&self, words: &Words) -> Markup {
        if self.issuers.is_empty() {
            return nothing(&words.say("today-no-payments"));
        }
        let columns = [
            (words.say("today-issuer"), Column::Head),
            (words.say("today-paid"), Column::Number),
            (words.say("today-declined"), Column::Number),
            (words.say("today-left"), Column::Number),
            (words.say("today-open"), Column::Number),
            (words.say("today-approved"), Column::Number),
        ];
        let share =
            |ended: &Ended| ended.approved_per_mille().map_or_else(|| "–".to_owned(), |part| percent(words, part));
        let rows: Vec<_> = self
            .issuers
            .iter()
            .map(|(issuer, ended)| {
                let count = |count: u64| html! { (words.count(count)) };
                vec![
                    html! { a href=(format!("{PREFIX}/payments?issuer={issuer}")) { bdi { (issuer) } } },
                    count(ended.paid),
                    count(ended.declined),
                    count(ended.left),
                    count(ended.open),
                    html! { (share(ended)) },
                ]
            })
            .collect();
        let drawn: Vec<Bar> = self
            .issuers
            .iter()
            .filter_map(|(issuer, ended)| {
                let part = ended.approved_per_mille()?;
                Some(Bar { label: issuer.clone(), per_mille: part, number: percent(words, part), other: false })
            })
            .collect();
        html! {
            div.columns {
                (table(&words.say("today-issuers"), &columns, &rows))
                (bars(&words.say("today-issuers-chart"), &drawn))
            }
        }
    }

    fn of_calls(&self, words: &Words) -> Markup {
        if self.series.is_empty() {
            return nothing(&words.say("today-no-calls"));
        }
        let columns = [
            (words.say("today-call"), Column::Head),
            (words.say("today-calls-count"), Column::Number),
            (words.say("today-calls-good"), Column::Number),
            (words.say("today-calls-in-time"), Column::Number),
            ("p50".to_owned(), Column::Number),
            ("p95".to_owned(), Column::Number),
            ("p99".to_owned(), Column::Number),
        ];
        let rows: Vec<_> = self
            .series
            .iter()
            .map(|series| {
                let all = series.all();
                let part = |part: u64| html! { (percent(words, per_mille(part.into(), all.count().into()))) };
                let time = |per_mille| html! { (quantile(words, all.quantile(per_mille))) };
                vec![
                    html! { bdi { (name(words, &series.series)) } },
                    html! { (words.count(all.count())) },
                    part(series.ok.count()),
                    part(series.ok.within(LIMIT_MS)),
                    time(500),
                    time(950),
                    time(990),
                ]
            })
            .collect();
        html! {
            (table(&words.say("today-calls"), &columns, &rows))
            p.hint { (words.say("today-calls-hint")) }
        }
    }
}

fn by_issuer(outcomes: &[IssuerOutcome]) -> BTreeMap<String, Ended> {
    let mut issuers: BTreeMap<String, Ended> = BTreeMap::new();
    for outcome in outcomes {
        let Some(issuer) = &outcome.issuer else { continue };
        let ended = issuers.entry(issuer.clone()).or_default();
        match outcome.state.as_str() {
            "Paid" | "PaidAfterClose" => ended.paid += outcome.count,
            "Declined" => ended.declined += outcome.count,
            "Abandoned" | "Expired" => ended.left += outcome.count,
            _ => ended.open += outcome.count,
        }
    }
    issuers
}

/// `google:echo`, `to-google:…`, `issuer:BANK_A:status`: who calls whom.
fn name(words: &Words, series: &str) -> String {
    match series.split_once(':') {
        Some(("google", method)) => words.tell("today-from-google", &[("method", method.into())]),
        Some(("to-google", method)) => words.tell("today-to-google", &[("method", method.into())]),
        Some(("issuer", call)) => {
            let (issuer, call) = call.split_once(':').unwrap_or((call, ""));
            words.tell("today-to-issuer", &[("issuer", issuer.into()), ("method", call.into())])
        }
        Some(_) | None => series.to_owned(),
    }
}

/// `98.7 %`.
fn percent(words: &Words, per_mille: u32) -> String {
    let tenths = per_mille % 10;
    words.tell("percent", &[("whole", (per_mille / 10).into()), ("tenths", tenths.into())])
}

fn quantile(words: &Words, quantile: Quantile) -> String {
    match quantile {
        Quantile::NoCalls => "–".to_owned(),
        Quantile::Within(ms) => words.tell("today-within", &[("ms", words.count(ms).into())]),
        Quantile::Beyond => words.say("today-beyond"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::locale::Locale;

    #[test]
    fn con_2_the_share_of_success_counts_what_the_issuer_decided() {
        let outcome =
            |state: &str, count| IssuerOutcome { issuer: Some("BANK_A".to_owned()), state: state.to_owned(), count };
        let found =
            by_issuer(&[outcome("Paid", 90), outcome("Declined", 10), outcome("Expired", 50), outcome("AtIssuer", 3)]);
        assert_eq!(found["BANK_A"], Ended { paid: 90, declined: 10, left: 50, open: 3 });
        assert_eq!(found["BANK_A"].approved_per_mille(), Some(900));
        assert_eq!(Ended::default().approved_per_mille(), None);
        assert_eq!(percent(Words::of(Locale::En), 987), "98.7 %".replace(' ', "\u{a0}"));
        assert_eq!(percent(Words::of(Locale::De), 1000), "100,0 %".replace(' ', "\u{a0}"));
    }
}
