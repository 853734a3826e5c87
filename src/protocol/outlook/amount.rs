//! Amounts as decimal texts (outlook-payments sections 4.1 and 6.7): read and compared digit by digit.

use serde_json::Value;

use super::error::OutlookError;
use super::fields::Fields;
use super::json::Json;
use crate::domain::Money;

/// An amount that somebody states: compared with ours, never used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedAmount {
    currency: String,
    /// `None`: finer than micros, or larger than any amount of ours.
    micros: Option<i64>,
}

impl StatedAmount {
    /// Reads a `PaymentCurrencyAmount`: the value is a decimal text; a number is taken, as in tokens.
    pub(super) fn read(fields: Fields<'_>) -> Result<Self, OutlookError> {
        let currency = fields.required("currency")?.to_owned();
        let micros = match fields.get("value") {
            Some(Value::String(text)) => decimal_micros(text)?,
            Some(Value::Number(number)) => decimal_micros(&number.to_string())?,
            _ => return Err(OutlookError::Malformed("value")),
        };
        Ok(Self { currency, micros })
    }

    /// Whether it is exactly this: the value as a decimal number, the currency as text (section 6.7).
    pub fn is(&self, amount: Money) -> bool {
        self.micros == Some(amount.micros()) && self.currency == amount.currency().code()
    }
}

/// Reads `^-?[0-9]+(\.[0-9]+)?$`; any other form is malformed. `None`: not a whole number of micros that we can hold.
fn decimal_micros(text: &str) -> Result<Option<i64>, OutlookError> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let numeric = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !numeric(whole) || !fraction.is_none_or(numeric) {
        return Err(OutlookError::Malformed("value"));
    }
    let fraction = fraction.unwrap_or_default().trim_end_matches('0');
    let micros = || {
        let whole: i64 = whole.parse().ok()?;
        let part: i64 = if fraction.len() > 6 { return None } else { format!("{fraction:0<6}").parse().ok()? };
        whole.checked_mul(1_000_000)?.checked_add(part)?.checked_mul(sign)
    };
    Ok(micros())
}

/// A `PaymentCurrencyAmount` (section 4.1): exactly the currency's digits.
pub(super) fn amount(money: Money) -> Json {
    Json::Object(vec![("currency", Json::text(money.currency().code())), ("value", Json::text(money.decimal()))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;

    fn read(value: Value) -> Result<StatedAmount, OutlookError> {
        let object = serde_json::json!({"Currency": "USD", "value": value, "currencySystem": null});
        StatedAmount::read(Fields(object.as_object().unwrap()))
    }

    #[test]
    fn c5_values_are_compared_as_decimals_and_currencies_as_texts() {
        let usd = |micros| Money::new(micros, Currency::parse("USD").unwrap());
        for same in ["119.20", "119.2", "0119.200000000000000000", "119.200000"] {
            assert!(read(same.into()).unwrap().is(usd(119_200_000)), "{same}");
        }
        for other in ["119.21", "-119.20", "119.2000001", "119", "99999999999999999999", "11920"] {
            assert!(!read(other.into()).unwrap().is(usd(119_200_000)), "{other}");
        }
        assert!(read("-5".into()).unwrap().is(usd(-5_000_000)));
        assert!(read(serde_json::json!(119.20)).unwrap().is(usd(119_200_000)));
        assert!(!read("119.20".into()).unwrap().is(Money::new(119_200_000, Currency::parse("EUR").unwrap())));
    }

    #[test]
    fn r5_other_forms_are_no_amounts() {
        for bad in ["", "-", ".5", "5.", "1e3", "+1", "1,5", " 1", "0x1", "١", "1.-1", "--1"] {
            assert_eq!(read(bad.into()), Err(OutlookError::Malformed("value")), "{bad}");
        }
        assert!(read(Value::Bool(true)).is_err());
    }
}
