//! Amounts as people type them: digits and the decimal mark of their language, and nothing that could be read in two ways.

use super::words::Words;
use crate::domain::{Currency, Money};
use crate::web::locale::Locale;

const fn point(words: &Words) -> char {
    match words.locale() {
        Locale::En => '.',
        Locale::De => ',',
    }
}

/// Micros of an amount without marks between thousands, and not finer than the currency's smallest unit; `None`: it cannot
/// be read.
pub(in crate::web) fn micros(words: &Words, text: &str, currency: Currency) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = text.strip_prefix(['-', '\u{2212}']).map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once(point(words)).unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || whole.len() > 12 || fraction.len() > 6 {
        return None;
    }
    let fraction: i64 = format!("{fraction:0<6}").parse().ok()?;
    let micros = whole.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(fraction)?;
    let fits = micros % currency.minor_unit_micros() == 0;
    fits.then_some(if negative { -micros } else { micros })
}

/// An amount as [`micros`] reads it.
pub(in crate::web) fn typed(words: &Words, amount: Money) -> String {
    amount.decimal().replace('.', &point(words).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_5_amounts_are_read_in_one_way_only() {
        let (english, german) = (Words::of(Locale::En), Words::of(Locale::De));
        let eur = Currency::parse("EUR").unwrap();
        for (words, text, read) in [
            (english, "1099.00", Some(1_099_000_000)),
            (english, " 12.5 ", Some(12_500_000)),
            (english, "-3", Some(-3_000_000)),
            (english, "1,099.00", None),
            (english, "12,50", None),
            (english, "12.505", None),
            (english, "", None),
            (english, ".5", None),
            (english, "1e3", None),
            (german, "1099,00", Some(1_099_000_000)),
            (german, "1.099", None),
            (german, "12.50", None),
        ] {
            assert_eq!(micros(words, text, eur), read, "{text}");
        }
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!((micros(english, "7", yen), micros(english, "7.5", yen)), (Some(7_000_000), None));
        assert_eq!(micros(english, "999999999999", eur), Some(999_999_999_999_000_000));
        assert_eq!(micros(english, "9999999999999", eur), None);
    }

    #[test]
    fn con_5_an_amount_that_a_page_fills_in_is_one_that_it_reads() {
        for (code, amount) in [("EUR", 1_234_560_000), ("JPY", 5_000_000), ("KWD", 1_005_000)] {
            let money = Money::new(amount, Currency::parse(code).unwrap());
            for words in [Words::of(Locale::En), Words::of(Locale::De)] {
                assert_eq!(micros(words, &typed(words, money), money.currency()), Some(amount), "{code}");
            }
        }
    }
}
