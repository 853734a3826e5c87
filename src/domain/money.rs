//! Amounts: integer micros of the major unit, with their currency. No floating point anywhere near money.

use std::fmt;

/// An ISO 4217 currency in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// Why a currency or an amount was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMoney {
    /// Not a current ISO 4217 alphabetic code.
    #[error("{0:?} is not an ISO 4217 currency code of three capital letters")]
    Currency(String),
    /// Finer than the currency's minor unit (flows-security section 9.3).
    #[error("{micros} micros is not a whole number of {currency} minor units ({unit} micros each)")]
    FinerThanMinorUnit {
        /// The amount that was given.
        micros: i64,
        /// Its currency.
        currency: Currency,
        /// Micros in one minor unit.
        unit: i64,
    },
    /// Zero or less where a payment needs a positive amount.
    #[error("{0} micros is not a positive amount")]
    NotPositive(i64),
}

impl Currency {
    /// Parses an alphabetic code such as `INR`.
    pub fn parse(code: &str) -> Result<Self, InvalidMoney> {
        let bytes: [u8; 3] = code.as_bytes().try_into().map_err(|_| InvalidMoney::Currency(code.to_owned()))?;
        if iso_currency::Currency::from_code(code).is_none() {
            return Err(InvalidMoney::Currency(code.to_owned()));
        }
        Ok(Self(bytes))
    }

    /// The alphabetic code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Digits after the decimal point of this currency's minor unit: 2 for INR, 0 for JPY, 3 for KWD.
    pub fn exponent(&self) -> u32 {
        iso_currency::Currency::from_code(self.code())
            .and_then(iso_currency::Currency::exponent)
            .map_or(2, u32::from)
            .min(6)
    }

    /// Micros in one minor unit (flows-security section 9.3).
    pub fn minor_unit_micros(&self) -> i64 {
        10_i64.pow(6 - self.exponent())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount in micros (1,000,000 = one major unit) of one currency. May be negative in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    micros: i64,
    currency: Currency,
}

impl Money {
    /// Any amount, as the ledger and the issuers state it.
    pub const fn new(micros: i64, currency: Currency) -> Self {
        Self { micros, currency }
    }

    /// An amount that can be charged: positive and a whole number of minor units (flows-security section 9.3).
    pub fn payable(micros: i64, currency: Currency) -> Result<Self, InvalidMoney> {
        if micros <= 0 {
            return Err(InvalidMoney::NotPositive(micros));
        }
        let unit = currency.minor_unit_micros();
        if micros % unit != 0 {
            return Err(InvalidMoney::FinerThanMinorUnit { micros, currency, unit });
        }
        Ok(Self { micros, currency })
    }

    /// Micros of the major unit.
    pub const fn micros(&self) -> i64 {
        self.micros
    }

    /// The currency.
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The same amount with the opposite sign.
    pub const fn negated(&self) -> Self {
        Self { micros: self.micros.saturating_neg(), currency: self.currency }
    }

    /// The plain decimal number with the currency's digits, for example `109.90`; no sign for the currency, no grouping.
    pub fn decimal(&self) -> String {
        let exponent = self.currency.exponent() as usize;
        let magnitude = self.micros.unsigned_abs();
        let sign = if self.micros < 0 { "-" } else { "" };
        let fraction = format!("{:06}", magnitude % 1_000_000);
        let shown = if fraction[exponent..].bytes().all(|digit| digit == b'0') { exponent } else { 6 };
        if shown == 0 {
            format!("{sign}{}", magnitude / 1_000_000)
        } else {
            format!("{sign}{}.{}", magnitude / 1_000_000, &fraction[..shown])
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_units_follow_iso_4217() {
        for (code, unit) in [("INR", 10_000), ("JPY", 1_000_000), ("KWD", 1_000), ("EUR", 10_000)] {
            assert_eq!(Currency::parse(code).unwrap().minor_unit_micros(), unit, "{code}");
        }
    }

    #[test]
    fn amt_1_amounts_are_whole_minor_units_and_positive() {
        let inr = Currency::parse("INR").unwrap();
        assert!(Money::payable(109_900_000, inr).is_ok());
        assert!(Money::payable(109_900_001, inr).is_err());
        assert!(Money::payable(0, inr).is_err());
        assert!(Money::payable(-10_000, inr).is_err());
        assert!(Money::payable(500_000, Currency::parse("JPY").unwrap()).is_err());
    }

    #[test]
    fn codes_that_are_not_iso_4217_are_refused() {
        for code in ["inr", "XQZ", "EURO", "", "€"] {
            assert!(Currency::parse(code).is_err(), "{code}");
        }
    }

    #[test]
    fn decimals_show_the_currency_s_digits() {
        let shown = |micros, code| Money::new(micros, Currency::parse(code).unwrap()).decimal();
        assert_eq!(shown(109_900_000, "INR"), "109.90");
        assert_eq!(shown(-5_000_000, "JPY"), "-5");
        assert_eq!(shown(1_234_000, "KWD"), "1.234");
        assert_eq!(shown(1, "INR"), "0.000001");
    }
}
