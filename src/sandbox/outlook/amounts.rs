//! Amounts of the payment pane: decimal texts (outlook-payments section 4.1), reckoned in micros.

use serde_json::Value;

/// Digits behind the point of a micro.
const PLACES: usize = 6;

/// `^-?[0-9]+(\.[0-9]+)?$`, with at most six digits behind the point.
pub(super) fn micros(text: &str) -> Option<i128> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let decimal = |part: &str| !part.is_empty() && part.len() <= 18 && part.bytes().all(|b| b.is_ascii_digit());
    if !decimal(whole) || !decimal(part) || part.len() > PLACES {
        return None;
    }
    let micros = whole.parse::<i128>().ok()? * 1_000_000 + format!("{part:0<PLACES$}").parse::<i128>().ok()?;
    Some(if negative { -micros } else { micros })
}

/// `price` of a webhook's invoice, which is a number there; its digits are read, not its binary value.
pub(super) fn price(price: &Value) -> Option<i128> {
    price.as_number().and_then(|number| micros(&number.to_string()))
}

/// The value and the currency of a `PaymentCurrencyAmount`.
pub(super) fn amount(amount: &Value) -> Option<(i128, &str)> {
    Some((micros(amount.get("value")?.as_str()?)?, amount.get("currency")?.as_str()?))
}

/// `112.30 USD`, for people.
pub(super) fn shown(amount: &Value) -> String {
    let text = |name: &str| amount.get(name).and_then(Value::as_str).unwrap_or("?");
    format!("{} {}", text("value"), text("currency"))
}

/// One less in the last place that is written, for an approval of another amount.
pub(super) fn one_less(value: &str) -> String {
    let (whole, part) = value.split_once('.').unwrap_or((value, ""));
    match format!("{whole}{part}").parse::<i128>() {
        Ok(units) if units > 0 => {
            let digits = format!("{:0>width$}", units - 1, width = part.len() + 1);
            let (whole, part) = digits.split_at(digits.len() - part.len());
            if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
        }
        Ok(_) | Err(_) => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn decimal_texts_are_read_exactly() {
        for (text, expected) in [
            ("112.30", Some(112_300_000)),
            ("-0.5", Some(-500_000)),
            ("7", Some(7_000_000)),
            ("0.000001", Some(1)),
            ("0.0000001", None),
            ("1.", None),
            (".5", None),
            ("+1", None),
            ("1,00", None),
            ("", None),
        ] {
            assert_eq!(micros(text), expected, "{text:?}");
        }
        assert_eq!(price(&json!(112.30)), Some(112_300_000));
        assert_eq!(price(&json!(0)), Some(0));
        assert_eq!(price(&json!("112.30")), None);
    }

    #[test]
    fn one_less_keeps_the_places() {
        for (value, less) in [("112.30", "112.29"), ("1.00", "0.99"), ("500", "499"), ("0.00", "0.00"), ("10.0", "9.9")]
        {
            assert_eq!(one_less(value), less);
        }
    }
}
