//! Amounts as decimal text: micros in, digits out, nothing rounded.

use std::fmt::Write as _;

const MICROS: u128 = 1_000_000;
/// A spreadsheet's number keeps 15 significant decimal digits.
const KEPT: u128 = 1_000_000_000_000_000;

/// Appends `micros` as a plain decimal number with `exponent` digits after the point, or with six where it is finer.
pub(super) fn push_decimal(out: &mut String, micros: i128, exponent: u32) {
    if micros < 0 {
        out.push('-');
    }
    let magnitude = micros.unsigned_abs();
    // The division of 128 bits is slow, and almost every amount has 64.
    let (whole, fraction) = match u64::try_from(magnitude) {
        Ok(small) => (u128::from(small / 1_000_000), (small % 1_000_000) as u32),
        Err(_) => (magnitude / MICROS, (magnitude % MICROS) as u32),
    };
    push_whole(out, whole);
    let digits = if is_finer(micros, exponent) { 6 } else { exponent.min(6) };
    if digits > 0 {
        out.push('.');
        let mut unit = 100_000;
        for _ in 0..digits {
            out.push(char::from(b'0' + (fraction / unit % 10) as u8));
            unit = (unit / 10).max(1);
        }
    }
}

/// Appends a whole number.
pub(super) fn push_whole(out: &mut String, number: u128) {
    let Ok(mut small) = u64::try_from(number) else {
        // Writing to a text cannot fail.
        let _ = write!(out, "{number}");
        return;
    };
    let mut digits = [0_u8; 20];
    let mut used = 0;
    for place in digits.iter_mut().rev() {
        *place = b'0' + (small % 10) as u8;
        used += 1;
        small /= 10;
        if small == 0 {
            break;
        }
    }
    out.extend(digits.iter().skip(20 - used).map(|digit| char::from(*digit)));
}

/// The decimal text of `micros`, as [`push_decimal`] appends it.
pub(super) fn decimal(micros: i128, exponent: u32) -> String {
    let mut text = String::with_capacity(24);
    push_decimal(&mut text, micros, exponent);
    text
}

/// An amount without a currency: six digits after the point.
pub fn decimal_of_micros(micros: i64) -> String {
    decimal(i128::from(micros), 6)
}

/// Whether `micros` is not a whole number of minor units of `exponent` digits.
pub(super) fn is_finer(micros: i128, exponent: u32) -> bool {
    let unit = 10_u64.pow(6 - exponent.min(6));
    match u64::try_from(micros.unsigned_abs()) {
        Ok(small) => small % unit != 0,
        Err(_) => micros % i128::from(unit) != 0,
    }
}

/// Whether a spreadsheet's number holds `micros` to the last digit.
pub(super) fn fits_a_cell(micros: i128) -> bool {
    let mut magnitude = micros.unsigned_abs();
    while magnitude >= KEPT && magnitude.is_multiple_of(10) {
        magnitude /= 10;
    }
    magnitude < KEPT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Currency, Money};

    #[test]
    fn decimals_have_the_currency_s_digits_or_six() {
        for (micros, exponent, text) in [
            (109_900_000, 2, "109.90"),
            (-109_900_000, 2, "-109.90"),
            (0, 2, "0.00"),
            (0, 0, "0"),
            (-5_000_000, 0, "-5"),
            (1_234_000, 3, "1.234"),
            (1, 2, "0.000001"),
            (500_000, 0, "0.500000"),
            (i128::from(i64::MIN), 2, "-9223372036854.775808"),
            (i128::MAX, 2, "170141183460469231731687303715884.105727"),
        ] {
            assert_eq!(decimal(micros, exponent), text);
        }
    }

    #[test]
    fn decimals_are_those_of_money() {
        for code in ["INR", "JPY", "KWD"] {
            let currency = Currency::parse(code).unwrap();
            for micros in [0, 1, -1, 10_000, 1_000_000, 123_456_789, -987_650_000, i64::MAX, i64::MIN] {
                let ours = decimal(i128::from(micros), currency.exponent());
                assert_eq!(ours, Money::new(micros, currency).decimal(), "{micros} {code}");
            }
        }
    }

    #[test]
    fn fifteen_significant_digits_fit_a_cell() {
        assert!(fits_a_cell(999_999_999_999_999));
        assert!(fits_a_cell(-9_223_372_036_854_770_000));
        assert!(fits_a_cell(0));
        assert!(!fits_a_cell(1_000_000_000_000_001));
        assert!(!fits_a_cell(i128::from(i64::MAX)));
    }
}
