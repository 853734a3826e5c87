//! Amounts: decimal text to micros, exactly.

use super::error::BankStatementProblem as Problem;
use super::error::shortened;
use crate::domain::{Currency, Money};

/// Digits after the point of one micro.
const DIGITS: usize = 6;

/// Reads `ActiveOrHistoricCurrencyAndAmount`: an unsigned decimal number of at most six digits after the point.
pub(super) fn amount(text: &str, currency: Option<&str>) -> Result<Money, Problem> {
    let currency = currency.ok_or(Problem::Missing("Ccy"))?;
    let currency = Currency::parse(currency).map_err(|_| Problem::not_a("an ISO 4217 currency code", currency))?;
    Ok(Money::new(micros(text)?, currency))
}

fn micros(text: &str) -> Result<i64, Problem> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = whole.strip_prefix('+').unwrap_or(whole);
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return Err(Problem::not_a("an unsigned decimal number", text));
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > DIGITS {
        return Err(Problem::AmountTooFine(shortened(text)));
    }
    let whole = whole.trim_start_matches('0');
    let micros = format!("{whole}{fraction:0<DIGITS$}").parse().ok();
    micros.ok_or_else(|| Problem::AmountTooLarge(shortened(text)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimal_texts_are_micros_exactly() {
        for (text, expected) in [
            ("0", 0),
            ("0.00", 0),
            ("109.90", 109_900_000),
            ("+1", 1_000_000),
            (".5", 500_000),
            ("5.", 5_000_000),
            ("000000000000000000000007.1", 7_100_000),
            ("0.000001", 1),
            ("0.0000010000", 1),
            ("9223372036854.775807", i64::MAX),
        ] {
            assert_eq!(micros(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_an_amount_is_named() {
        for text in ["", ".", "-1", "1,5", "1e3", "1 000", "0x1", "1.2.3", "NaN", "١", "++1", "1.+2"] {
            assert!(matches!(micros(text), Err(Problem::NotA { .. })), "{text}");
        }
        for text in ["0.0000001", "1.1234567", "1.00000001000"] {
            assert!(matches!(micros(text), Err(Problem::AmountTooFine(_))), "{text}");
        }
        for text in ["9223372036854.775808", "9223372036855", "99999999999999999999999999999999999999999"] {
            assert!(matches!(micros(text), Err(Problem::AmountTooLarge(_))), "{text}");
        }
        assert!(matches!(amount("1", None), Err(Problem::Missing("Ccy"))));
        assert!(matches!(amount("1", Some("eur")), Err(Problem::NotA { .. })));
    }

    proptest! {
        #[test]
        fn every_amount_comes_back(expected in 0..=i64::MAX) {
            let text = format!("{}.{:06}", expected / 1_000_000, expected % 1_000_000);
            prop_assert_eq!(micros(&text).unwrap(), expected);
        }
    }
}
