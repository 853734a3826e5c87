//! Members of an entity, and what may stand in them (google-booking-server section 2.3: the proto3 JSON mapping).

use std::ops::RangeInclusive;

use serde_json::{Map, Number, Value};

/// What is wrong with a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    /// Its path within the entity; empty for the entity itself.
    pub(super) field: String,
    pub(super) problem: String,
}

pub(super) type Taken<T> = Result<T, Complaint>;

impl Complaint {
    pub(super) fn new(field: impl Into<String>, problem: impl ToString) -> Self {
        Self { field: field.into(), problem: problem.to_string() }
    }

    /// The same, seen from the entity that the member's owner stands in.
    pub(super) fn within(mut self, owner: &str) -> Self {
        self.field = match self.field.as_str() {
            "" => owner.to_owned(),
            field if field.starts_with('[') => format!("{owner}{field}"),
            field => format!("{owner}.{field}"),
        };
        self
    }
}

/// The longest part of a refused value that a message repeats, in characters.
const MOST_SHOWN: usize = 60;

/// A value as a message shows it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let text = value.to_string();
            match text.char_indices().nth(MOST_SHOWN) {
                Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
                None => text,
            }
        }
    }
}

pub(super) fn expected(field: &str, expected: &str, found: &Value) -> Complaint {
    Complaint::new(field, format!("expected {expected}, found {}", shown(found)))
}

pub(super) fn missing(field: &str, expected: &str) -> Complaint {
    Complaint::new(field, format!("is missing: expected {expected}"))
}

/// The members of an object whose names are spelled our way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    pub(super) const fn new(members: &'a Map<String, Value>) -> Self {
        Self(members)
    }

    /// A member; null is as good as absent.
    pub(super) fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(self, name: &str) -> Taken<Option<&'a str>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(expected(name, "a text", other)),
        }
    }

    /// A text that is there and not empty.
    pub(super) fn required_text(self, name: &str) -> Taken<&'a str> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| missing(name, "a text"))
    }

    pub(super) fn flag(self, name: &str) -> Taken<bool> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(expected(name, "true or false", other)),
        }
    }

    /// An integer, as a number or in quotes.
    pub(super) fn integer(self, name: &str, range: RangeInclusive<i64>) -> Taken<Option<i64>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = match value {
            Value::Number(number) => integral(number),
            Value::String(text) => whole(text),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        number.filter(|number| range.contains(number)).map(Some).ok_or_else(|| {
            let (low, high) = (range.start(), range.end());
            let wanted = match (*low, *high) {
                (i64::MIN, i64::MAX) => "a whole number".to_owned(),
                (low, i64::MAX) => format!("a whole number, {low} or more"),
                (low, high) => format!("a whole number from {low} to {high}"),
            };
            expected(name, &wanted, value)
        })
    }

    pub(super) fn required_integer(self, name: &str, range: RangeInclusive<i64>) -> Taken<i64> {
        self.integer(name, range)?.ok_or_else(|| missing(name, "a whole number"))
    }

    /// What a member that is an object says.
    pub(super) fn nested<T>(self, name: &str, take: impl FnOnce(Fields<'a>) -> Taken<T>) -> Taken<Option<T>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(members)) => take(Fields(members)).map(Some).map_err(|why| why.within(name)),
            Some(other) => Err(expected(name, "an object", other)),
        }
    }

    /// What each item of a list says; an absent list is empty.
    pub(super) fn each<T>(self, name: &str, take: impl Fn(&'a Value) -> Taken<T>) -> Taken<Vec<T>> {
        let items = match self.get(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(other) => return Err(expected(name, "a list", other)),
        };
        let item = |(index, item)| take(item).map_err(|why: Complaint| why.within(&format!("[{index}]")).within(name));
        items.iter().enumerate().map(item).collect()
    }

    /// A value of an enum, by its name or its number.
    pub(super) fn choice<T: Copy>(self, name: &str, choices: &[(&str, i64, T)]) -> Taken<Option<T>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let found = match value {
            Value::String(text) => choices.iter().find(|(choice, ..)| choice == text),
            Value::Number(number) => {
                let number = integral(number);
                choices.iter().find(|(_, choice, _)| Some(*choice) == number)
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        found.map(|(.., choice)| Some(*choice)).ok_or_else(|| {
            let names: Vec<_> = choices.iter().map(|(choice, ..)| *choice).collect();
            expected(name, &format!("one of {}", names.join(", ")), value)
        })
    }
}

/// An object, or a complaint.
pub(super) fn object(value: &Value) -> Taken<Fields<'_>> {
    match value {
        Value::Object(members) => Ok(Fields(members)),
        other => Err(expected("", "an object", other)),
    }
}

/// Numbers with a point or an exponent are exact to here: 2^53.
const MOST_EXACT: u64 = 1 << 53;

/// The integer that a number is.
fn integral(number: &Number) -> Option<i64> {
    if number.is_u64() || number.is_i64() {
        return number.as_i64();
    }
    whole(&number.to_string()).filter(|whole| whole.unsigned_abs() < MOST_EXACT)
}

/// The integer that a decimal text is: also `12.0` and `12e3` (section 2.3), no fraction, nothing beyond 64 bits.
fn whole(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return (!text.starts_with('+')).then_some(number);
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", mantissa),
    };
    let (before, after) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if before.is_empty() || digits.ends_with('.') || !all_digits(before) || !all_digits(after) {
        return None;
    }
    let after = after.trim_end_matches('0');
    let zeros = usize::try_from(exponent.checked_sub(i32::try_from(after.len()).ok()?)?);
    let all = format!("{before}{after}");
    if all.bytes().all(|byte| byte == b'0') {
        return Some(0);
    }
    match zeros {
        Ok(zeros) if zeros <= 19 => format!("{sign}{all}{}", "0".repeat(zeros)).parse().ok(),
        Ok(_) => None,
        Err(_) => {
            // 1200e-2
            let cut = usize::try_from(exponent.unsigned_abs()).ok()?;
            let keep = before.len().checked_sub(cut).filter(|_| after.is_empty())?;
            let (kept, dropped) = before.split_at_checked(keep)?;
            let kept = if kept.is_empty() { "0" } else { kept };
            dropped.bytes().all(|byte| byte == b'0').then(|| format!("{sign}{kept}").parse().ok())?
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bk_2_3_integers_are_numbers_or_texts_and_whole() {
        let read = |value: Value| {
            let members = json!({"n": value});
            object(&members).and_then(|fields| fields.integer("n", i64::MIN..=i64::MAX))
        };
        for (good, number) in [
            (json!(12), 12),
            (json!("12"), 12),
            (json!("-12"), -12),
            (json!(12.0), 12),
            (json!("1.2e1"), 12),
            (json!(1.5e3), 1500),
            (json!("1200e-2"), 12),
            (json!("0.0"), 0),
            (json!(i64::MAX), i64::MAX),
            (json!(i64::MIN.to_string()), i64::MIN),
        ] {
            assert_eq!(read(good.clone()), Ok(Some(number)), "{good}");
        }
        for bad in [
            json!(1.5),
            json!("1.5"),
            json!(""),
            json!("+1"),
            json!(" 1"),
            json!("1 "),
            json!("1."),
            json!(".5"),
            json!("12e-2"),
            json!("0x1"),
            json!("1e99"),
            json!(1e30),
            json!(u64::MAX),
            json!("9223372036854775808"),
            json!(true),
            json!([1]),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
        assert_eq!(read(Value::Null), Ok(None));
    }

    #[test]
    fn complaints_name_the_path_of_the_member() {
        let members = json!({"list": [{"a": {"b": "x"}}]});
        let fields = object(&members).unwrap();
        let complaint = fields.each("list", |item| object(item)?.nested("a", |a| a.integer("b", 0..=9))).unwrap_err();
        assert_eq!(complaint.field, "list[0].a.b");
        assert_eq!(complaint.problem, "expected a whole number from 0 to 9, found \"x\"");
    }
}
