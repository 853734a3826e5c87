//! What is asked of the list of payments: the fields of its form, read and written.

use maud::{Markup, html};

use super::STATES;
use crate::domain::{Currency, Day, Timestamp};
use crate::storage::{INVOICES, PaymentFilter};
use crate::web::console::complaints::{Complaints, Field, Form, Reader};
use crate::web::console::form::Fields;
use crate::web::console::parts::submit;
use crate::web::console::words::Words;
use crate::web::surface::Surface;

/// The fields that make the filter; the export repeats them.
pub(super) const NAMES: [&str; 9] =
    ["account", "issuer", "state", "attention", "currency", "amount", "amount_to", "from", "until"];
/// Micros in one.
const MICROS: i64 = 1_000_000;

/// The filter that the fields say.
pub(super) fn filter(fields: &Fields) -> Result<PaymentFilter, Complaints> {
    let mut reader = Reader::of(fields);
    let known = |text: &str| STATES.into_iter().find(|state| *state == text).map(str::to_owned);
    let state = reader.parsed("state", "payments-expected-state", known);
    let least = reader.parsed("amount", "payments-expected-amount", micros);
    let most = reader.parsed("amount_to", "payments-expected-amount", micros);
    let currency = reader
        .parsed("currency", "payments-expected-currency", |text| Currency::parse(&text.to_ascii_uppercase()).ok());
    let amount = match (least, most) {
        (None, None) => None,
        (Some(exact), None) => Some((exact, exact)),
        (None, Some(most)) => Some((0, most)),
        (Some(least), Some(most)) if least <= most => Some((least, most)),
        (Some(_), Some(_)) => {
            reader.complain("amount_to", "payments-expected-range");
            None
        }
    };
    let from = reader.parsed("from", "payments-expected-time", begins);
    let until = reader.parsed("until", "payments-expected-time", ends);
    if from.zip(until).is_some_and(|(from, until)| from >= until) {
        reader.complain("until", "payments-expected-order");
    }
    reader.end(PaymentFilter {
        account: fields.text("account").map(str::to_owned),
        issuer: fields.text("issuer").map(str::to_owned),
        state,
        needs_attention: fields.text("attention").is_some(),
        currency: currency.map(|currency| currency.code().to_owned()),
        amount,
        from,
        until,
    })
}

/// A plain decimal number, in micros: `1099`, `1099.5`, `1099,50`. Nothing that groups digits, for a comma and a point mean
/// different things to different people.
fn micros(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 6 {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let fraction: i64 = format!("{fraction:0<6}").parse().ok()?;
    whole.checked_mul(MICROS)?.checked_add(fraction)
}

/// The first moment of what is written: a day, or a time to the minute or second, in UTC.
fn begins(text: &str) -> Option<Timestamp> {
    moment(text).map(|(at, _)| at)
}

/// The first moment after it: a whole day is meant with its last minute, a time is the end.
fn ends(text: &str) -> Option<Timestamp> {
    moment(text).map(|(at, day)| if day { at.plus_millis(86_400_000) } else { at })
}

/// A moment as people and date fields write it, and whether it is a whole day.
pub(super) fn moment(text: &str) -> Option<(Timestamp, bool)> {
    let text = text.trim().trim_end_matches("UTC").trim_end().trim_end_matches('Z');
    let Some((day, time)) = text.split_once(['T', ' ']) else {
        return Some((Day::parse(text)?.start(), true));
    };
    let mut seconds = 0;
    let mut parts = time.trim().splitn(3, ':');
    for (limit, unit, needed) in [(24, 3_600, true), (60, 60, true), (60, 1, false)] {
        let Some(part) = parts.next() else {
            if needed {
                return None;
            }
            break;
        };
        if part.len() != 2 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number: i64 = part.parse().ok().filter(|number| *number < limit)?;
        seconds += number * unit;
    }
    Some((Day::parse(day)?.start().plus_millis(seconds * 1_000), false))
}

/// The form, with what was asked.
pub(super) fn form(form: &mut Form<'_>, surface: &Surface) -> Markup {
    let (words, asked) = (form.words(), form.typed());
    let any = words.say("payments-any");
    let states = STATES.map(|state| (state.to_owned(), words.name("payment-state", state)));
    html! {
        form.filter method="get" {
            // An account or issuer that has left the configuration and is asked for stands there, too.
            (form.choice(("account", &words.say("payments-account")), Some(&any), &accounts(words, surface)))
            (form.choice(("issuer", &words.say("payments-issuer")), Some(&any), &issuers(surface)))
            (form.choice(("state", &words.say("payments-state")), Some(&any), &states))
            (form.input("amount", &words.say("payments-amount"), "text"))
            (form.input("amount_to", &words.say("payments-amount-to"), "text"))
            (form.input("currency", &words.say("payments-currency"), "text"))
            (time(form, ("from", words.say("payments-from")), begins))
            (time(form, ("until", words.say("payments-until")), ends))
            div.field.tick {
                input id="attention" name="attention" type="checkbox" value="1" checked[asked.text("attention").is_some()];
                label for="attention" { (words.say("payments-attention")) }
            }
            (submit(&words.say("payments-show")))
            a.button.quiet href=(format!("{}/payments", super::PREFIX)) { (words.say("payments-reset")) }
        }
    }
}

fn time(form: &mut Form<'_>, (name, label): (&str, String), read: fn(&str) -> Option<Timestamp>) -> Markup {
    let value = picker(form.typed().text(name).unwrap_or_default(), read);
    form.field(&Field { id: name, name, label, kind: "datetime-local", value: &value, ..Field::default() })
}

/// What a date field of a browser takes: a day becomes the moment that it was read as, what cannot be read stays.
fn picker(text: &str, read: fn(&str) -> Option<Timestamp>) -> String {
    read(text).map_or_else(|| text.to_owned(), |at| at.to_utc().trim_end_matches('Z').to_owned())
}

/// Google's accounts and the payments of invoices.
fn accounts(words: &Words, surface: &Surface) -> Vec<(String, String)> {
    let mut accounts: Vec<(String, String)> = Vec::new();
    if let Some(google) = &surface.google {
        accounts.extend(google.accounts.iter().map(|account| {
            let piaid = account.piaid.as_str().to_owned();
            (piaid.clone(), piaid)
        }));
    }
    accounts.push((INVOICES.to_owned(), words.say("payments-invoices")));
    accounts
}

fn issuers(surface: &Surface) -> Vec<(String, String)> {
    let named = surface.issuers.all().map(|issuer| {
        let id = issuer.id();
        let name = surface.looks.get(id).map_or(id.as_str(), |look| look.name.as_str());
        (id.as_str().to_owned(), name.to_owned())
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Result<PaymentFilter, Complaints> {
        filter(&Fields::parse(query.as_bytes()).unwrap())
    }

    #[test]
    fn con_3_amounts_are_exact_or_a_range_in_either_notation() {
        for (query, amount) in [
            ("", None),
            ("amount=1099", Some((1_099_000_000, 1_099_000_000))),
            ("amount=1099.5&amount_to=", Some((1_099_500_000, 1_099_500_000))),
            ("amount=0%2C000001&amount_to=2%2C5", Some((1, 2_500_000))),
            ("amount_to=3", Some((0, 3_000_000))),
        ] {
            assert_eq!(asked(query).unwrap().amount, amount, "{query}");
        }
        for query in
            ["amount=1,099.00", "amount=-1", "amount=1.", "amount=1.0000001", "amount=9223372036855", "amount=x"]
        {
            let query = query.replace(',', "%2C");
            assert_eq!(asked(&query), Err(Complaints::one("amount", "payments-expected-amount")), "{query}");
        }
        assert_eq!(asked("amount=2&amount_to=1"), Err(Complaints::one("amount_to", "payments-expected-range")));
    }

    #[test]
    fn con_3_times_are_days_or_moments_in_utc() {
        let at = |text| moment(text).map(|(at, day)| (at.to_utc(), day));
        assert_eq!(at("2026-11-22"), Some(("2026-11-22T00:00:00Z".to_owned(), true)));
        for text in ["2026-11-22T09:05", "2026-11-22 09:05:00 UTC", "2026-11-22T09:05:00Z"] {
            assert_eq!(at(text), Some(("2026-11-22T09:05:00Z".to_owned(), false)), "{text}");
        }
        for text in
            ["", "2026-02-30", "2026-11-22T24:00", "2026-11-22T9:05", "2026-11-22T09", "2026-11-22T09:05:60", "9"]
        {
            assert_eq!(moment(text), None, "{text}");
        }
        let day = asked("from=2026-11-22&until=2026-11-22").unwrap();
        assert_eq!(day.until.unwrap().millis_since(day.from.unwrap()), 86_400_000, "a day with its last minute");
        assert_eq!(
            (picker("2026-11-22", ends).as_str(), picker("soon", ends).as_str()),
            ("2026-11-23T00:00:00", "soon")
        );
        assert!(asked("from=2026-11-22T10:00&until=2026-11-22T10:00").is_err());
    }

    #[test]
    fn con_3_only_states_and_currencies_that_exist_are_searched() {
        assert!(asked("state=Paid&currency=inr").is_ok_and(|filter| filter.currency.as_deref() == Some("INR")));
        assert!(asked("state=Nice").is_err() && asked("currency=XQZ").is_err());
    }
}
