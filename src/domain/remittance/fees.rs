//! What an account earns on a capture, and how a share of money is rounded: to the currency's minor unit, ties to even
//! (flows-security section 5.5 "Fees", checklist REM-4).

use crate::domain::{Currency, Money};

/// `part` millionths of `micros`, in whole minor units, ties to even.
pub fn share(micros: i128, part_millionths: i128, unit_micros: i64) -> Option<i128> {
    let exact = micros.checked_mul(part_millionths)?;
    let unit = i128::from(unit_micros).checked_mul(1_000_000)?;
    half_even(exact, unit).checked_mul(i128::from(unit_micros))
}

/// `dividend / divisor`, ties to even. `divisor` is positive.
fn half_even(dividend: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (dividend.div_euclid(divisor), dividend.rem_euclid(divisor));
    let up = match (rest * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => quotient % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    quotient + i128::from(up)
}

/// An account's fee on each capture: a percentage and a fixed amount. Refunds give no fee back unless `on_refunds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeSchedule {
    /// Share of the amount in millionths: 2 % is 20,000.
    pub part_millionths: i64,
    /// Added to it, in micros of the statement's currency.
    pub fixed_micros: i64,
    /// A refund gives its share back: its fee is negative. Without it a refund has no fee.
    pub on_refunds: bool,
}

impl FeeSchedule {
    /// The fee on a capture of `amount`, in micros. `None` where it would not fit.
    pub fn on_capture(&self, amount: Money) -> Option<i64> {
        self.on(amount.micros(), amount.currency(), i128::from(self.fixed_micros))
    }

    /// The fee on a refund of `amount`, in micros: zero or negative.
    pub fn on_refund(&self, amount: Money) -> Option<i64> {
        if self.on_refunds { self.on(-amount.micros(), amount.currency(), 0) } else { Some(0) }
    }

    fn on(&self, micros: i64, currency: Currency, fixed: i128) -> Option<i64> {
        let unit = currency.minor_unit_micros();
        let share = i128::from(micros).checked_mul(i128::from(self.part_millionths))?;
        let exact = share.checked_add(fixed.checked_mul(1_000_000)?)?;
        let units = half_even(exact, i128::from(unit).checked_mul(1_000_000)?);
        i64::try_from(units.checked_mul(i128::from(unit))?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rem_4_ties_go_to_even() {
        // Half a paisa of 15 % of some amounts in INR, whose unit is 10,000 micros.
        for (micros, part, expected) in [
            (100_000, 50_000, 0),        // 0.5 unit -> 0
            (300_000, 50_000, 20_000),   // 1.5 units -> 2
            (500_000, 50_000, 20_000),   // 2.5 units -> 2
            (-100_000, 50_000, 0),       // -0.5 -> 0
            (-300_000, 50_000, -20_000), // -1.5 -> -2
            (100_000_000, 150_000, 15_000_000),
            (100_001, 50_000, 10_000), // just above the tie
            (99_999, 50_000, 0),
        ] {
            assert_eq!(share(micros, part, 10_000), Some(expected), "{micros} * {part}");
        }
        assert_eq!(share(2_500_000, 1_000_000, 1_000_000), Some(2_000_000), "JPY has no decimals");
    }

    #[test]
    fn a_fee_is_a_percentage_and_a_fixed_amount() {
        let inr = |micros| Money::new(micros, Currency::parse("INR").unwrap());
        let schedule = FeeSchedule { part_millionths: 20_000, fixed_micros: 3_000_000, on_refunds: false };
        assert_eq!(schedule.on_capture(inr(109_900_000)), Some(5_200_000));
        assert_eq!(schedule.on_refund(inr(109_900_000)), Some(0));
        let returning = FeeSchedule { on_refunds: true, ..schedule };
        assert_eq!(returning.on_refund(inr(109_900_000)), Some(-2_200_000));
        assert_eq!(schedule.on_capture(inr(i64::MAX)).map(|fee| fee > 0), Some(true));
    }
}
