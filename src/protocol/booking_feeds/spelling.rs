//! Names of members: `lowerCamelCase` becomes `snake_case`, and what the guide misspells or Google has since renamed becomes
//! what it is called now, with a warning (google-booking-server section 12).

use serde_json::{Map, Value, json};

use super::FeedKind;
use super::fields::{Complaint, Taken};

/// Members whose own members are named by somebody else.
const DATA: [&str; 1] = ["tokenization_parameter"];

/// Spells every name our way. A member that stands in both spellings is refused.
pub(super) fn respell(members: &mut Map<String, Value>) -> Taken<()> {
    if members.keys().any(|name| name.bytes().any(|byte| byte.is_ascii_uppercase())) {
        let mut respelled = Map::new();
        for (name, value) in std::mem::take(members) {
            let ours = snake(&name);
            if respelled.contains_key(&ours) {
                return Err(Complaint::new(ours, "stands twice, in both spellings"));
            }
            respelled.insert(ours, value);
        }
        *members = respelled;
    }
    for (name, value) in members.iter_mut() {
        if !DATA.contains(&name.as_str()) {
            below(value).map_err(|why| why.within(name))?;
        }
    }
    Ok(())
}

fn below(value: &mut Value) -> Taken<()> {
    match value {
        Value::Object(members) => respell(members),
        Value::Array(items) => items
            .iter_mut()
            .enumerate()
            .try_for_each(|(index, item)| below(item).map_err(|why| why.within(&format!("[{index}]")))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// `merchantId` as `merchant_id`.
pub(super) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            if !snake.is_empty() {
                snake.push('_');
            }
            snake.push(letter.to_ascii_lowercase());
        } else {
            snake.push(letter);
        }
    }
    snake
}

/// Replaces outdated and misplaced members, and says so.
pub(super) fn modernise(kind: FeedKind, members: &mut Map<String, Value>, notes: &mut Vec<Complaint>) -> Taken<()> {
    match kind {
        FeedKind::Merchants => merchant(members, notes),
        FeedKind::Services => service(members, notes),
        FeedKind::Availability => {
            rename(members, ("resource_ids", "resources"), notes);
            deposit(members, notes)
        }
    }
}

fn merchant(members: &mut Map<String, Value>, notes: &mut Vec<Complaint>) -> Taken<()> {
    if let Some(points) = take(members, "tax_rate_basis_points", "tax_rate", notes) {
        let whole = points.as_u64().or_else(|| points.as_str().and_then(|text| text.parse().ok()));
        let whole = whole.filter(|points| *points <= 10_000).ok_or_else(|| {
            super::fields::expected("tax_rate_basis_points", "a whole number from 0 to 10000", &points)
        })?;
        members.insert("tax_rate".to_owned(), json!({"micro_percent": whole * 10_000}));
    }
    if let Some(config) = take(members, "payment_processor_config", "tokenization_config", notes) {
        members.insert("tokenization_config".to_owned(), tokenization(&config)?);
    }
    Ok(())
}

/// The deprecated `{processor, public_key, version}` (sections 3.12 and 3.13).
fn tokenization(config: &Value) -> Taken<Value> {
    let text = |name: &str| config.get(name).and_then(Value::as_str).unwrap_or_default();
    let number = config.get("processor").and_then(Value::as_u64);
    match (text("processor"), number) {
        ("PROCESSOR_STRIPE", _) | (_, Some(1)) => Ok(json!({"tokenization_parameter": {
            "gateway": "stripe",
            "stripe:version": text("version"),
            "stripe:publishableKey": text("public_key"),
        }})),
        ("PROCESSOR_BRAINTREE", _) | (_, Some(2)) => Ok(json!({"tokenization_parameter": {
            "gateway": "braintree",
            "braintree:apiVersion": text("version"),
            "braintree:clientKey": text("public_key"),
        }})),
        _ => Err(Complaint::new(
            "payment_processor_config.processor",
            "expected PROCESSOR_STRIPE or PROCESSOR_BRAINTREE; tokenization_config replaces it",
        )),
    }
}

fn service(members: &mut Map<String, Value>, notes: &mut Vec<Complaint>) -> Taken<()> {
    rename(members, ("scheduling_rules", "rules"), notes);
    for (old, new) in [("name", "localized_service_name"), ("description", "localized_description")] {
        if members.contains_key(new) {
            // Old partners send both.
            members.remove(old);
        } else if let Some(text) = take(members, old, new, notes) {
            if !text.is_string() {
                return Err(super::fields::expected(old, "a text", &text));
            }
            members.insert(new.to_owned(), json!({"value": text}));
        }
    }
    deposit(members, notes)
}

/// `min_advance_cancellation_sec` belongs to the deposit, not to the price in it.
fn deposit(members: &mut Map<String, Value>, notes: &mut Vec<Complaint>) -> Taken<()> {
    const NAME: &str = "min_advance_cancellation_sec";
    let Some(Value::Object(deposit)) = members.get_mut("deposit") else { return Ok(()) };
    let Some(Value::Object(price)) = deposit.get_mut("deposit") else { return Ok(()) };
    let Some(misplaced) = price.remove(NAME) else { return Ok(()) };
    let field = format!("deposit.deposit.{NAME}");
    if deposit.contains_key(NAME) {
        return Err(Complaint::new(field, "stands in the deposit, too"));
    }
    deposit.insert(NAME.to_owned(), misplaced);
    notes.push(Complaint::new(field, "is misplaced: it belongs to deposit, not to the price in it"));
    Ok(())
}

fn rename(members: &mut Map<String, Value>, (old, new): (&str, &str), notes: &mut Vec<Complaint>) {
    if let Some(value) = take(members, old, new, notes) {
        members.insert(new.to_owned(), value);
    }
}

/// Takes a member that is called otherwise now. Beside the one that has replaced it, it does not count.
fn take(members: &mut Map<String, Value>, old: &str, new: &str, notes: &mut Vec<Complaint>) -> Option<Value> {
    let value = members.remove(old).filter(|value| !value.is_null())?;
    if members.get(new).is_some_and(|new| !new.is_null()) {
        notes.push(Complaint::new(old, format!("is outdated, and stands beside {new}, which counts")));
        return None;
    }
    notes.push(Complaint::new(old, format!("is outdated: it is called {new}")));
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn respelled(value: Value) -> Taken<Value> {
        let Value::Object(mut members) = value else { panic!("an object") };
        respell(&mut members).map(|()| Value::Object(members))
    }

    #[test]
    fn bk_2_3_names_are_taken_in_both_spellings_but_not_twice() {
        let camel = json!({"merchantId": "m", "geo": {"postalCode": 1}, "list": [{"aB": 1}],
            "tokenizationConfig": {"tokenizationParameter": {"gatewayMerchantId": "G", "stripe:publishableKey": "k"}}});
        let snake = json!({"merchant_id": "m", "geo": {"postal_code": 1}, "list": [{"a_b": 1}],
            "tokenization_config": {"tokenization_parameter": {"gatewayMerchantId": "G", "stripe:publishableKey": "k"}}});
        assert_eq!(respelled(camel).unwrap(), snake);
        let twice = json!({"a": [{"priceMicros": 1, "price_micros": 1}]});
        assert_eq!(respelled(twice).unwrap_err().field, "a[0].price_micros");
    }
}
