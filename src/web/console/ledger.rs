//! The ledger: its trial balance, from the kept sums, and whether they agree with themselves.

use std::collections::BTreeMap;

use actix_web::web;
use maud::{Markup, html};

use super::frame::page;
use super::parts::{Column, Mood, badge, money, nothing, table};
use super::routes::{self, LOOK, Route, get};
use super::signed::Signed;
use super::trouble::Answer;
use super::words::Words;
use crate::domain::{Currency, Money};
use crate::storage::AccountSum;
use crate::web::surface::Surface;

/// The pages.
pub(super) const ROUTES: &[Route] = &[routes::page("/ledger", LOOK, || get().to(ledger))];

async fn ledger(surface: web::Data<Surface>, signed: Signed) -> Answer {
    let words = signed.words();
    let sums = surface.store.balances().await?;
    let content = html! {
        h1 { (words.say("ledger-title")) }
        p.lead { (words.say("ledger-lead")) }
        @if sums.is_empty() { (nothing(&words.say("ledger-nothing"))) }
        @for (currency, sums) in by_currency(&sums) { (trial_balance(words, currency, &sums)) }
        p.hint { (words.say("ledger-hint")) }
    };
    page(&signed, &words.say("ledger-title"), &content)
}

fn by_currency(sums: &[AccountSum]) -> BTreeMap<Currency, Vec<&AccountSum>> {
    let mut sorted: BTreeMap<Currency, Vec<&AccountSum>> = BTreeMap::new();
    for sum in sums {
        if let Ok(currency) = Currency::parse(&sum.currency) {
            sorted.entry(currency).or_default().push(sum);
        }
    }
    sorted
}

/// Micros as an amount; what no amount can hold is written at its end, and the balance says that it does not hold.
fn amount(micros: i128, currency: Currency) -> Money {
    Money::new(i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN + 1 } else { i64::MAX }), currency)
}

fn trial_balance(words: &Words, currency: Currency, sums: &[&AccountSum]) -> Markup {
    let columns = [
        (words.say("ledger-account"), Column::Head),
        (words.say("ledger-whose"), Column::Text),
        (words.say("ledger-debit"), Column::Number),
        (words.say("ledger-credit"), Column::Number),
    ];
    let side = |micros: i128| html! { @if micros != 0 { (money(words, amount(micros, currency))) } };
    let mut rows: Vec<Vec<Markup>> = sums
        .iter()
        .map(|sum| {
            let (kind, whose) = sum.account.split_once(':').unwrap_or((&sum.account, ""));
            vec![
                html! { (words.name("ledger-account", kind)) },
                html! { bdi { (whose) } },
                side(sum.micros.max(0)),
                side((-sum.micros).max(0)),
            ]
        })
        .collect();
    let debits: i128 = sums.iter().map(|sum| sum.micros.max(0)).sum();
    let credits: i128 = sums.iter().map(|sum| (-sum.micros).max(0)).sum();
    rows.push(vec![html! { strong { (words.say("ledger-sum")) } }, html! {}, side(debits), side(credits)]);
    let title = words.tell("ledger-in", &[("currency", currency.code().into())]);
    html! {
        section aria-label=(title) {
            h2 { (currency.code()) }
            p {
                @if debits == credits { (badge(Mood::Good, &words.say("ledger-balances"))) }
                @else { (badge(Mood::Attention, &words.say("ledger-does-not-balance"))) }
            }
            (table(&title, &columns, &rows))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::locale::Locale;

    #[test]
    fn con_6_the_trial_balance_has_both_sides_and_says_when_they_differ() {
        let sum =
            |account: &str, micros| AccountSum { account: account.to_owned(), currency: "INR".to_owned(), micros };
        let (debit, credit) = (sum("issuer_receivable:<i>", 5_000_000), sum("payable_to_google:A", -5_000_000));
        let inr = Currency::parse("INR").unwrap();
        let sound = trial_balance(Words::of(Locale::En), inr, &[&debit, &credit]).into_string();
        assert!(sound.contains("badge good") && sound.contains("INR\u{a0}5.00"), "{sound}");
        assert!(sound.contains("&lt;i&gt;") && !sound.contains("<i>"));
        let broken = trial_balance(Words::of(Locale::En), inr, &[&debit]).into_string();
        assert!(broken.contains("badge attention"), "{broken}");
    }
}
