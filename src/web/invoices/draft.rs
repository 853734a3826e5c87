//! `POST /api/v1/invoices`: from JSON to what an invoice says (contract section 6). Every complaint names its field.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::crypto::invoice_id;
use crate::domain::invoice::{Content, InvoiceReference, Line, Recipient, ShippingWay};
use crate::domain::{Currency, Day, Language, Money, Timestamp};
use crate::mail::is_address;
use crate::protocol::parse_strict;

/// More lines than fit a page of payment (outlook-payments section 10).
const MOST_LINES: usize = 200;
/// More ways than anybody chooses from.
const MOST_WAYS: usize = 20;
/// A name or label, in characters.
const LONGEST_TEXT: usize = 200;
/// An address for mail, in bytes (RFC 5321 section 4.5.3.1).
const LONGEST_ADDRESS: usize = 254;
/// A due day lies within so many days of today: a typing error would be reminded of for ever, or never.
const DUE_WITHIN_DAYS: i64 = 3_660;

/// What is wrong: the field, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}")]
pub(in crate::web) struct BadDraft {
    field: String,
    expected: String,
}

impl BadDraft {
    /// The member that does not fit: `recipient.email`, `lines[0].label`.
    pub(in crate::web) fn field(&self) -> &str {
        &self.field
    }
}

type Read<T> = Result<T, BadDraft>;

fn bad<T>(field: &str, expected: impl Into<String>) -> Read<T> {
    Err(BadDraft { field: field.to_owned(), expected: expected.into() })
}

/// An object with members that are all known.
struct Members<'a> {
    path: &'a str,
    members: &'a Map<String, Value>,
}

impl<'a> Members<'a> {
    fn of(path: &'a str, value: &'a Value, known: &[&str]) -> Read<Self> {
        let Some(members) = value.as_object() else { return bad(path, "an object") };
        if let Some(unknown) = members.keys().find(|name| !known.contains(&name.as_str())) {
            return bad(&at(path, unknown), format!("no such member; known are {}", known.join(", ")));
        }
        Ok(Self { path, members })
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    /// One line of text.
    fn text(&self, name: &str) -> Read<&'a str> {
        let text = self.get(name).and_then(Value::as_str).map(str::trim);
        match text {
            Some(text)
                if !text.is_empty() && text.chars().count() <= LONGEST_TEXT && !text.contains(char::is_control) =>
            {
                Ok(text)
            }
            Some(_) | None => bad(&at(self.path, name), format!("one line of 1 to {LONGEST_TEXT} characters")),
        }
    }

    /// Micros, as a number or as digits; a whole number of the currency's smallest units.
    fn micros(&self, name: &str, currency: Currency) -> Read<Option<i64>> {
        let field = at(self.path, name);
        let micros = match self.get(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(digits)) => digits.parse().ok(),
            Some(_) => None,
        };
        let Some(micros) = micros else { return bad(&field, "a whole number of micros") };
        let unit = currency.minor_unit_micros();
        if micros % unit == 0 {
            Ok(Some(micros))
        } else {
            bad(&field, format!("a multiple of {unit} micros, the smallest unit of {currency}"))
        }
    }

    fn list(&self, name: &str, most: usize) -> Read<&'a [Value]> {
        match self.get(name).and_then(Value::as_array) {
            Some(list) if (1..=most).contains(&list.len()) => Ok(list),
            Some(_) | None => bad(&at(self.path, name), format!("a list of 1 to {most}")),
        }
    }
}

fn at(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Reads a draft. `nonce` is unguessable.
pub(in crate::web) fn read(unverified: &[u8], nonce: &str, now: Timestamp) -> Read<Content> {
    let Ok(whole) = parse_strict(unverified) else { return bad("body", "one JSON object without repeated members") };
    let known = ["reference", "recipient", "currency", "lines", "taxMicros", "dueDate", "shipping"];
    if !whole.is_object() {
        return bad("body", "one JSON object without repeated members");
    }
    let body = Members::of("", &whole, &known)?;
    let reference = body.get("reference").and_then(Value::as_str).unwrap_or_default();
    let reference = match InvoiceReference::parse(reference) {
        Ok(reference) => reference,
        Err(error) => return bad("reference", error.expected),
    };
    let code = body.get("currency").and_then(Value::as_str).unwrap_or_default();
    let Ok(currency) = Currency::parse(code) else { return bad("currency", "an ISO 4217 code such as EUR") };
    let recipient = recipient(body.get("recipient").unwrap_or(&Value::Null))?;
    let lines = body.list("lines", MOST_LINES)?.iter().enumerate();
    let lines: Vec<Line> = lines.map(|(place, value)| line(place, value, currency)).collect::<Read<_>>()?;
    let tax_micros = body.micros("taxMicros", currency)?;
    if tax_micros.is_some_and(|tax| tax < 0) {
        return bad("taxMicros", "no negative amount");
    }
    let sum = lines.iter().map(|line| i128::from(line.micros)).sum::<i128>() + i128::from(tax_micros.unwrap_or(0));
    let total = i64::try_from(sum).ok().and_then(|sum| Money::payable(sum, currency).ok());
    let Some(total) = total else { return bad("lines", "amounts that add up, with the tax, to more than nothing") };
    let due = body.get("dueDate").and_then(Value::as_str).and_then(Day::parse);
    let today = Day::of(now);
    let within = today.plus_days(-DUE_WITHIN_DAYS)..=today.plus_days(DUE_WITHIN_DAYS);
    let Some(due) = due.filter(|due| within.contains(due)) else {
        return bad("dueDate", "a day as YYYY-MM-DD, within ten years");
    };
    let shipping = shipping(body.get("shipping"), recipient.language, currency)?;
    Ok(Content {
        id: invoice_id(&reference),
        reference,
        recipient,
        lines,
        tax_micros,
        total,
        due,
        shipping,
        nonce: nonce.into(),
        created_at: now,
    })
}

fn recipient(value: &Value) -> Read<Recipient> {
    let members = Members::of("recipient", value, &["name", "email", "locale"])?;
    let email = members.text("email")?;
    if email.len() > LONGEST_ADDRESS || !is_address(email) {
        return bad("recipient.email", "a mail address such as ada@example.com");
    }
    let language = match members.get("locale") {
        None => Language::English,
        Some(tag) => match tag.as_str() {
            Some(tag) if !tag.is_empty() && tag.len() <= 35 => Language::of_tag(tag),
            Some(_) | None => return bad("recipient.locale", "a language tag such as en or de-AT"),
        },
    };
    Ok(Recipient { name: members.text("name")?.into(), email: email.into(), language })
}

fn line(place: usize, value: &Value, currency: Currency) -> Read<Line> {
    let path = format!("lines[{place}]");
    let members = Members::of(&path, value, &["label", "amountMicros"])?;
    let Some(micros) = members.micros("amountMicros", currency)? else {
        return bad(&at(&path, "amountMicros"), "a whole number of micros");
    };
    Ok(Line { label: members.text("label")?.into(), micros })
}

/// `false`, `true` (one free standard way, contract section 6), or `{"options":[…]}` with ways of its own.
fn shipping(value: Option<&Value>, language: Language, currency: Currency) -> Read<Vec<ShippingWay>> {
    let standard = match language {
        Language::English => "Standard shipping",
        Language::German => "Standardversand",
    };
    match value {
        None | Some(Value::Bool(false)) => Ok(Vec::new()),
        Some(Value::Bool(true)) => {
            Ok(vec![ShippingWay { id: "standard".into(), label: standard.into(), micros: 0, countries: Vec::new() }])
        }
        Some(rules @ Value::Object(_)) => {
            let members = Members::of("shipping", rules, &["options"])?;
            let ways = members.list("options", MOST_WAYS)?.iter().enumerate();
            let ways: Vec<ShippingWay> = ways.map(|(place, value)| way(place, value, currency)).collect::<Read<_>>()?;
            let ids: HashSet<&str> = ways.iter().map(|way| way.id.as_ref()).collect();
            if ids.len() == ways.len() { Ok(ways) } else { bad("shipping.options", "ids that differ") }
        }
        Some(_) => bad("shipping", "true, false or {\"options\":[…]}"),
    }
}

fn way(place: usize, value: &Value, currency: Currency) -> Read<ShippingWay> {
    let path = format!("shipping.options[{place}]");
    let members = Members::of(&path, value, &["id", "label", "amountMicros", "countries"])?;
    let micros = members.micros("amountMicros", currency)?.unwrap_or(0);
    if micros < 0 {
        return bad(&at(&path, "amountMicros"), "no negative amount");
    }
    let expected = "a list of country codes such as DE";
    let countries = match members.get("countries") {
        None => Vec::new(),
        Some(Value::Array(codes)) => {
            let code = |code: &Value| {
                let code =
                    code.as_str().filter(|code| code.len() == 2 && code.bytes().all(|b| b.is_ascii_alphabetic()));
                code.map(|code| code.to_ascii_uppercase().into())
            };
            match codes.iter().map(code).collect::<Option<Vec<_>>>() {
                Some(codes) => codes,
                None => return bad(&at(&path, "countries"), expected),
            }
        }
        Some(_) => return bad(&at(&path, "countries"), expected),
    };
    Ok(ShippingWay { id: members.text("id")?.into(), label: members.text("label")?.into(), micros, countries })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);

    fn draft() -> Value {
        json!({
            "reference": "INV-1",
            "recipient": {"name": "Ada", "email": "ada@example.com", "locale": "de-AT"},
            "currency": "EUR",
            "lines": [{"label": "Work", "amountMicros": 100_000_000}, {"label": "Discount", "amountMicros": "-10000000"}],
            "taxMicros": 17_100_000,
            "dueDate": "2026-12-24",
            "shipping": true,
        })
    }

    fn judged(draft: &Value) -> Read<Content> {
        read(draft.to_string().as_bytes(), "nonce", NOW)
    }

    #[test]
    fn contract_6_a_draft_is_read_whole() {
        let content = judged(&draft()).unwrap();
        assert_eq!(content.total, Money::new(107_100_000, Currency::parse("EUR").unwrap()));
        assert_eq!(content.recipient.language, Language::German);
        assert_eq!((content.shipping.len(), content.shipping[0].micros), (1, 0));
        assert_eq!(content.due.to_string(), "2026-12-24");
    }

    #[test]
    fn contract_6_every_complaint_names_its_field() {
        let cases: [(&str, Value, &str); 16] = [
            ("/reference", json!("a b"), "reference"),
            ("/reference", json!(7), "reference"),
            ("/currency", json!("EURO"), "currency"),
            ("/recipient", json!("Ada"), "recipient"),
            ("/recipient/email", json!("ada"), "recipient.email"),
            ("/recipient/email", json!("ada@example.com\r\nBcc: eve@example.com"), "recipient.email"),
            ("/recipient/name", json!(""), "recipient.name"),
            ("/recipient/locale", json!(1), "recipient.locale"),
            ("/lines", json!([]), "lines"),
            ("/lines/0/amountMicros", json!(1.5), "lines[0].amountMicros"),
            ("/lines/0/amountMicros", json!(1), "lines[0].amountMicros"),
            ("/lines/1/amountMicros", json!("-117100000"), "lines"),
            ("/taxMicros", json!(-10_000), "taxMicros"),
            ("/dueDate", json!("2026-02-30"), "dueDate"),
            ("/shipping", json!("yes"), "shipping"),
            (
                "/shipping",
                json!({"options": [{"id": "a", "label": "A", "countries": ["DEU"]}]}),
                "shipping.options[0].countries",
            ),
        ];
        for (pointer, value, field) in cases {
            let mut draft = draft();
            *draft.pointer_mut(pointer).unwrap() = value.clone();
            assert_eq!(judged(&draft).map_err(|bad| bad.field), Err(field.to_owned()), "{pointer} {value}");
        }
        let mut unknown = draft();
        unknown["recipient"]["phone"] = json!("1");
        assert_eq!(judged(&unknown).map_err(|bad| bad.field), Err("recipient.phone".to_owned()));
        assert_eq!(read(b"{", "nonce", NOW).map_err(|bad| bad.field), Err("body".to_owned()));
        assert_eq!(read(b"[]", "nonce", NOW).map_err(|bad| bad.field), Err("body".to_owned()));
    }
}
