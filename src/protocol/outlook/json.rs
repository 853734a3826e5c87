//! Writing JSON with its members in our order, and amounts as numbers that never were floating point.

use serde_json::Value;

use crate::domain::Money;

/// What is written.
#[derive(Debug, Clone)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Text(String),
    /// The digits of a number, as they are to stand.
    Digits(String),
    List(Vec<Self>),
    Object(Vec<(&'static str, Self)>),
    /// What arrived, handed back.
    Echo(Value),
}

impl Json {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn texts<T: AsRef<str>>(texts: &[T]) -> Self {
        Self::List(texts.iter().map(|text| Self::text(text.as_ref())).collect())
    }

    /// An amount as a number, such as `112.30`; nothing is `0` (sections 4.7 and 5.7).
    pub(super) fn price(amount: Money) -> Self {
        Self::Digits(if amount.micros() == 0 { "0".to_owned() } else { amount.decimal() })
    }

    /// The text of it.
    pub(super) fn write(&self) -> String {
        let mut text = String::new();
        self.append(&mut text);
        text
    }

    fn append(&self, text: &mut String) {
        match self {
            Self::Null => text.push_str("null"),
            Self::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
            // The one place that knows how texts are escaped.
            Self::Text(value) => text.push_str(&Value::from(value.as_str()).to_string()),
            Self::Digits(digits) => text.push_str(digits),
            Self::List(items) => {
                text.push('[');
                for (index, item) in items.iter().enumerate() {
                    text.push_str(if index > 0 { "," } else { "" });
                    item.append(text);
                }
                text.push(']');
            }
            Self::Object(members) => {
                text.push('{');
                for (index, (name, member)) in members.iter().enumerate() {
                    text.push_str(if index > 0 { "," } else { "" });
                    text.push_str(&Value::from(*name).to_string());
                    text.push(':');
                    member.append(text);
                }
                text.push('}');
            }
            Self::Echo(value) => text.push_str(&value.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;

    #[test]
    fn r5_prices_are_numbers_with_the_currency_s_digits() {
        let price = |micros, code| Json::price(Money::new(micros, Currency::parse(code).unwrap())).write();
        assert_eq!(price(112_300_000, "USD"), "112.30");
        assert_eq!(price(9_007_199_254_740_993_000, "JPY"), "9007199254740.993000");
        assert_eq!(price(1_500_000_000, "JPY"), "1500");
        assert_eq!(price(0, "USD"), "0");
    }

    #[test]
    fn r4_what_is_written_reads_as_it_was_meant() {
        let json = Json::Object(vec![
            ("a", Json::List(vec![Json::Null, Json::Bool(true), Json::text("\"\\\n\u{2028}ä")])),
            ("b", Json::Echo(serde_json::json!({"x": [1]}))),
            ("c", Json::Digits("-0.50".to_owned())),
        ]);
        let read: Value = serde_json::from_str(&json.write()).unwrap();
        assert_eq!(read["a"][2], "\"\\\n\u{2028}ä");
        assert_eq!(read["b"]["x"][0], 1);
        assert!(json.write().contains("\"c\":-0.50"));
    }
}
