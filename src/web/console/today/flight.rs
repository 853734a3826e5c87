//! Money in flight, per account and issuer: from the kept sums of the ledger.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::PREFIX;
use super::super::parts::{Column, money, nothing, table};
use super::super::words::Words;
use super::chart::{Bar, bars, per_mille};
use crate::domain::{Currency, Money};
use crate::storage::AccountSum;

/// The accounts of the ledger whose money is on its way, by the part of their name before the colon.
const ON_ITS_WAY: [&str; 9] = [
    "issuer_receivable",
    "payable_to_google",
    "refunds_in_flight",
    "processor_receivable",
    "processor_refunds",
    "disputed",
    "payable_to_merchant",
    "payable_to_biller",
    "suspense",
];

/// What is on its way in one currency: the kind of account, whose it is, and how much.
pub(super) type Flight = BTreeMap<Currency, Vec<(String, String, i128)>>;

/// The sums of what is on its way; nothing of it is zero.
pub(super) fn in_flight(sums: &[AccountSum]) -> Flight {
    let mut flight = Flight::new();
    for sum in sums.iter().filter(|sum| sum.micros != 0) {
        let (kind, whose) = sum.account.split_once(':').unwrap_or((&sum.account, ""));
        let Ok(currency) = Currency::parse(&sum.currency) else { continue };
        if ON_ITS_WAY.contains(&kind) {
            flight.entry(currency).or_default().push((kind.to_owned(), whose.to_owned(), sum.micros));
        }
    }
    flight
}

/// Micros beyond what an amount can be are written at its end.
fn amount(micros: i128, currency: Currency) -> Money {
    let most = if micros < 0 { i64::MIN + 1 } else { i64::MAX };
    Money::new(i64::try_from(micros).unwrap_or(most), currency)
}

pub(super) fn show(words: &Words, flight: &Flight) -> Markup {
    html! {
        section aria-labelledby="flight" {
            h2 #flight { (words.say("today-flight")) }
            p.lead { (words.say("today-flight-lead")) }
            @if flight.is_empty() { (nothing(&words.say("today-flight-nothing"))) }
            @for (currency, sums) in flight { (of_currency(words, *currency, sums)) }
            p { a href=(format!("{PREFIX}/ledger")) { (words.say("today-ledger")) } }
        }
    }
}

fn of_currency(words: &Words, currency: Currency, sums: &[(String, String, i128)]) -> Markup {
    let title = words.tell("today-flight-in", &[("currency", currency.code().into())]);
    let most = sums.iter().map(|(_, _, micros)| micros.unsigned_abs()).max().unwrap_or(0);
    let bar = |(kind, whose, micros): &(String, String, i128)| Bar {
        label: if whose.is_empty() { words.name("ledger-account", kind) } else { whose.clone() },
        per_mille: per_mille(micros.unsigned_abs(), most),
        number: words.money(amount(*micros, currency)),
        other: *micros < 0,
    };
    let columns = [
        (words.say("today-flight-kind"), Column::Head),
        (words.say("today-flight-whose"), Column::Text),
        (words.say("today-flight-amount"), Column::Number),
    ];
    let rows: Vec<_> = sums
        .iter()
        .map(|(kind, whose, micros)| {
            vec![
                html! { (words.name("ledger-account", kind)) },
                html! { bdi { (whose) } },
                money(words, amount(*micros, currency)),
            ]
        })
        .collect();
    html! {
        div.columns {
            (table(&title, &columns, &rows))
            (bars(&words.tell("today-flight-chart", &[("currency", currency.code().into())]), &sums.iter().map(bar).collect::<Vec<_>>()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::locale::Locale;

    #[test]
    fn con_2_money_in_flight_is_per_account_and_currency_and_leaves_out_what_has_arrived() {
        let sum = |account: &str, currency: &str, micros| AccountSum {
            account: account.to_owned(),
            currency: currency.to_owned(),
            micros,
        };
        let flight = in_flight(&[
            sum("issuer_receivable:BANK_A", "INR", 1_500_000),
            sum("payable_to_google:<b>", "INR", -1_500_000),
            sum("bank", "INR", 7),
            sum("suspense", "EUR", 0),
        ]);
        assert_eq!(flight.len(), 1);
        let shown = show(Words::of(Locale::En), &flight).into_string();
        assert!(shown.contains("BANK_A") && shown.contains("INR\u{a0}1.50"), "{shown}");
        assert!(shown.contains("&lt;b&gt;") && !shown.contains("<b>"), "{shown}");
    }
}
