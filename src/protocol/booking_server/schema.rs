//! proto3 messages in JSON, brought into one form (google-booking-server section 2.3).
//!
//! Names in `snake_case` or `lowerCamelCase` become `snake_case`; 64-bit integers become strings, 32-bit integers numbers,
//! enums names; `null`, unknown members and unknown values of enums are left out. What does not fit is refused.

use serde_json::{Map, Value};

use super::error::BadRequest;

/// What a field holds.
pub(super) enum Kind {
    Text,
    Int64,
    Int32,
    Bool,
    /// The names, by number.
    Enum(&'static [&'static str]),
    Message(&'static [Field]),
    List(&'static [Field]),
}

/// A field of a message.
pub(super) struct Field {
    /// The proto name.
    pub(super) name: &'static str,
    /// The name that another message has for it, understood where its own is absent.
    pub(super) alias: Option<&'static str>,
    pub(super) kind: Kind,
}

impl Field {
    pub(super) const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, alias: None, kind }
    }

    /// The field's value, taken out of an object.
    fn take(&self, members: &mut Map<String, Value>) -> Result<Option<Value>, BadRequest> {
        match (take_spelled(self.name, members)?, self.alias) {
            (None, Some(alias)) => take_spelled(alias, members),
            (found, _) => Ok(found),
        }
    }
}

fn take_spelled(name: &str, members: &mut Map<String, Value>) -> Result<Option<Value>, BadRequest> {
    let mut take = |name: &str| members.remove(name).filter(|value| !value.is_null());
    let snake = take(name);
    let other = if name.contains('_') { take(&camel(name)) } else { None };
    match (snake, other) {
        (Some(_), Some(_)) => Err(BadRequest::invalid(name, "one spelling of its name")),
        (found, other) => Ok(found.or(other)),
    }
}

/// The JSON name of a proto field.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut joined, word| {
        let mut letters = word.chars();
        joined.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        joined.push_str(letters.as_str());
        joined
    })
}

/// The known members of a message, in our form.
pub(super) fn normalise(
    mut members: Map<String, Value>,
    message: &'static [Field],
) -> Result<Map<String, Value>, BadRequest> {
    let mut known = Map::new();
    for field in message {
        if members.is_empty() {
            break;
        }
        let Some(value) = field.take(&mut members)? else { continue };
        if let Some(value) = field.kind.normalise(value).map_err(|wrong| wrong.within(field.name))? {
            known.insert(field.name.to_owned(), value);
        } else {
            tracing::warn!(field = field.name, "an enum's value is not known and counts as unspecified");
        }
    }
    Ok(known)
}

impl Kind {
    /// `None`: a value of an enum that we do not know.
    fn normalise(&self, value: Value) -> Result<Option<Value>, BadRequest> {
        let invalid = || BadRequest::invalid("", self.expected());
        Ok(Some(match (self, value) {
            (Self::Int64, value) => Value::String(integer(&value).ok_or_else(invalid)?.to_string()),
            (Self::Int32, value) => {
                Value::from(integer(&value).and_then(|number| i32::try_from(number).ok()).ok_or_else(invalid)?)
            }
            (Self::Enum(names), Value::String(name)) => {
                return Ok(names.iter().find(|known| **known == name).map(|known| Value::from(*known)));
            }
            (Self::Enum(names), value @ Value::Number(_)) => {
                let number = integer(&value).ok_or_else(invalid)?;
                let name = usize::try_from(number).ok().and_then(|number| names.get(number));
                return Ok(name.map(|known| Value::from(*known)));
            }
            (Self::Text, value @ Value::String(_)) | (Self::Bool, value @ Value::Bool(_)) => value,
            (Self::Message(fields), Value::Object(members)) => Value::Object(normalise(members, fields)?),
            (Self::List(fields), Value::Array(items)) => Value::Array(normalise_all(items, fields)?),
            (Self::Text | Self::Bool | Self::Enum(_) | Self::Message(_) | Self::List(_), _) => return Err(invalid()),
        }))
    }

    const fn expected(&self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Int64 => "a whole number of 64 bits, as a string of digits or a number",
            Self::Int32 => "a whole number of 32 bits",
            Self::Bool => "true or false",
            Self::Enum(_) => "the name or the number of a value",
            Self::Message(_) => "an object",
            Self::List(_) => "an array of objects",
        }
    }
}

fn normalise_all(items: Vec<Value>, fields: &'static [Field]) -> Result<Vec<Value>, BadRequest> {
    let one = |(index, item)| match item {
        Value::Object(members) => {
            normalise(members, fields).map(Value::Object).map_err(|wrong| wrong.within(&format!("[{index}]")))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(BadRequest::invalid(&format!("[{index}]"), "an object"))
        }
    };
    items.into_iter().enumerate().map(one).collect()
}

/// Up to here every whole number survives being read as a JSON number with a point or an exponent (2^53).
const EXACT: u64 = 1 << 53;

/// A whole number, from digits or from a JSON number; also `1e3` and `5.0`, never anything that would have to be rounded.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => whole(text),
        Value::Number(number) if number.is_i64() || number.is_u64() => number.as_i64(),
        Value::Number(number) => whole(&number.to_string()).filter(|whole| whole.unsigned_abs() <= EXACT),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A decimal number without a fraction, computed on its digits.
fn whole(text: &str) -> Option<i64> {
    // As nearly every number is written; 18 digits always fit.
    if (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (integral, fraction) = match mantissa.split_once('.') {
        Some((integral, fraction)) if !fraction.is_empty() => (integral, fraction),
        Some(_) => return None,
        None => (mantissa, ""),
    };
    if integral.is_empty() || !integral.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = format!("{integral}{fraction}");
    let point = i64::try_from(integral.len()).ok()?.saturating_add(i64::from(exponent));
    let point = usize::try_from(point).unwrap_or(0);
    let (kept, dropped) = digits.split_at(point.min(digits.len()));
    if dropped.bytes().any(|digit| digit != b'0') {
        return None;
    }
    let kept = kept.trim_start_matches('0');
    if kept.is_empty() {
        return Some(0);
    }
    let zeros = point.saturating_sub(digits.len());
    if kept.len().saturating_add(zeros) > 19 {
        return None;
    }
    format!("{sign}{kept}{}", "0".repeat(zeros)).parse().ok()
}
