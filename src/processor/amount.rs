//! The processor's units: whole numbers of a currency's smallest unit, by a list of its own that is not always ISO's.

use crate::domain::{Currency, Money};

/// Without decimals at the processor.
const ZERO_DECIMAL: &[&str] =
    &["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"];
/// With three.
const THREE_DECIMAL: &[&str] = &["BHD", "JOD", "KWD", "OMR", "TND"];
/// With two at the processor, though they have none of their own: the amounts are multiples of a hundred.
const TWO_FOR_NONE: &[&str] = &["ISK", "UGX"];

/// An amount that the processor cannot charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} cannot be charged: not positive, finer than the processor's unit, or in a currency that it does not take")]
pub struct NotChargeable(pub Money);

/// Micros in one unit of the processor.
fn unit_micros(currency: Currency) -> Option<i64> {
    let code = currency.code();
    let digits = if ZERO_DECIMAL.contains(&code) {
        0
    } else if THREE_DECIMAL.contains(&code) {
        3
    } else if TWO_FOR_NONE.contains(&code) || currency.exponent() == 2 {
        2
    } else {
        return None;
    };
    Some(10_i64.pow(6 - digits))
}

/// The number that is sent.
pub(super) fn units(amount: Money) -> Result<i64, NotChargeable> {
    let unit = unit_micros(amount.currency()).ok_or(NotChargeable(amount))?;
    // Three decimals are written, and the last is always zero; what has none of its own has none at all.
    let step = match unit {
        1_000 => 10 * unit,
        _ => unit.max(amount.currency().minor_unit_micros()),
    };
    if amount.micros() <= 0 || amount.micros() % step != 0 {
        return Err(NotChargeable(amount));
    }
    Ok(amount.micros() / unit)
}

/// The amount that was received; `None` for a currency that we or the processor do not know.
pub(super) fn money(units: i64, currency: &str) -> Option<Money> {
    let currency = Currency::parse(&currency.to_ascii_uppercase()).ok()?;
    Some(Money::new(units.checked_mul(unit_micros(currency)?)?, currency))
}

/// The processor's name of a currency.
pub(super) fn currency(amount: Money) -> String {
    amount.currency().code().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(micros: i64, code: &str) -> Money {
        Money::new(micros, Currency::parse(code).unwrap())
    }

    #[test]
    fn amounts_go_and_come_in_the_processors_units() {
        for (micros, code, sent) in [
            (213_500_000, "USD", 21_350),
            (5_000_000, "JPY", 5),
            (5_230_000, "KWD", 5_230),
            (5_000_000, "ISK", 500),
            (7_000_000, "UGX", 700),
            (7_000_000, "MGA", 7),
        ] {
            let amount = of(micros, code);
            assert_eq!(units(amount), Ok(sent), "{amount}");
            assert_eq!(money(sent, &currency(amount)), Some(amount));
        }
    }

    #[test]
    fn bk_6_4_what_cannot_be_charged_exactly_is_not_charged() {
        for (micros, code) in [
            (213_500_001, "USD"),
            (5_500_000, "JPY"),
            (5_231_000, "KWD"),
            (5_500_000, "ISK"),
            (7_500_000, "MGA"),
            (0, "USD"),
            (-10_000, "USD"),
            (1_000_000, "CLF"),
        ] {
            assert_eq!(units(of(micros, code)), Err(NotChargeable(of(micros, code))), "{micros} {code}");
        }
        assert_eq!(money(i64::MAX, "usd"), None);
        assert_eq!(money(1, "xqz"), None);
    }
}
