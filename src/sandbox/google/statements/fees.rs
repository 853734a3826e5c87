//! What Google pays for each capture (flows-security section 5.5, "Fees"): a percentage and a fixed amount, none on refunds.

use serde::{Deserialize, Serialize};

/// One rule for all captures of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FeeRule {
    /// Percent, times a million: 2 % is 2,000,000.
    pub(super) percent_micros: i64,
    /// Micros of the statement's currency, for each capture.
    pub(super) fixed_micros: i64,
}

impl FeeRule {
    /// No fee at all.
    pub(super) const NONE: Self = Self { percent_micros: 0, fixed_micros: 0 };

    /// The fee of one capture: a whole number of minor units of `unit_micros`, the nearest, ties to even. `None` beyond 64
    /// bits.
    pub(super) fn of(self, amount_micros: i64, unit_micros: i64) -> Option<i64> {
        const WHOLE: i128 = 100 * 1_000_000;
        let share = i128::from(amount_micros) * i128::from(self.percent_micros);
        to_minor_units(share + i128::from(self.fixed_micros) * WHOLE, WHOLE, unit_micros)
    }
}

/// `numerator / denominator` micros as a whole number of minor units, half-even. Neither may be negative.
pub(super) fn to_minor_units(numerator: i128, denominator: i128, unit_micros: i64) -> Option<i64> {
    let divisor = denominator.checked_mul(i128::from(unit_micros))?;
    let (whole, rest) = (numerator.checked_div_euclid(divisor)?, numerator.checked_rem_euclid(divisor)?);
    let up = match (rest * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => whole % 2,
        std::cmp::Ordering::Greater => 1,
    };
    i64::try_from((whole + up).checked_mul(i128::from(unit_micros))?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_are_rounded_to_the_minor_unit_with_ties_to_even() {
        let rule = FeeRule { percent_micros: 2_000_000, fixed_micros: 0 };
        for (amount, unit, fee) in [
            (120_000_000, 10_000, 2_400_000),
            // 0.005 and 0.015 lie half way: down to 0.00, up to 0.02.
            (250_000, 10_000, 0),
            (750_000, 10_000, 20_000),
            (760_000, 10_000, 20_000),
            (240_000, 10_000, 0),
            (125_000_000, 1_000_000, 2_000_000),
            (175_000_000, 1_000_000, 4_000_000),
        ] {
            assert_eq!(rule.of(amount, unit), Some(fee), "{amount}");
        }
        let fixed = FeeRule { percent_micros: 1_250_000, fixed_micros: 300_000 };
        assert_eq!(fixed.of(100_000_000, 10_000), Some(1_550_000));
        assert_eq!(FeeRule { percent_micros: i64::MAX, fixed_micros: 0 }.of(i64::MAX, 1), None);
    }
}
