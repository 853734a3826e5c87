//! What the feed says of a slot beside its offer, in the names of the Maps Booking API (google-booking-server sections 7.5,
//! 8.5 and 8.6).
//!
//! Only what `Availability` has there is said: an unknown member would have Google refuse the whole replacement.

use serde_json::{Map, Value};

/// What a member holds.
enum Kind {
    Text,
    /// An `int64`: digits in quotes.
    Int64,
    /// The names, by number.
    Enum(&'static [&'static str]),
    Texts,
    Message(&'static [Field]),
}

/// The feed's name, ours, and what it holds.
struct Field(&'static str, &'static str, Kind);

const PRICE: &[Field] = &[
    Field("price_micros", "priceMicros", Kind::Int64),
    Field("currency_code", "currencyCode", Kind::Text),
    Field("pricing_option_tag", "pricingOptionTag", Kind::Text),
];

const PRICE_RANGE: &[Field] =
    &[Field("min_price", "minPrice", Kind::Message(PRICE)), Field("max_price", "maxPrice", Kind::Message(PRICE))];

const PRICE_INFO: &[Field] = &[
    Field("price", "price", Kind::Message(PRICE)),
    Field("price_range", "priceRange", Kind::Message(PRICE_RANGE)),
    Field("price_type", "priceType", Kind::Enum(&["FIXED_RATE_DEFAULT", "PER_PERSON"])),
];

const DURATION_REQUIREMENTS: &[&str] =
    &["DURATION_REQUIREMENT_UNSPECIFIED", "DO_NOT_SHOW_DURATION", "MUST_SHOW_DURATION"];

const AVAILABILITY: &[Field] = &[
    Field("prepayment", "prepayment", Kind::Message(&[Field("price_info", "priceInfo", Kind::Message(PRICE_INFO))])),
    Field("duration_requirement", "durationRequirement", Kind::Enum(DURATION_REQUIREMENTS)),
    Field("ticket_type_id", "ticketTypeId", Kind::Texts),
];

/// Ids are the offer's.
const RESOURCES: &[Field] = &[Field("staff_name", "staffName", Kind::Text), Field("room_name", "roomName", Kind::Text)];

/// The words of one slot.
pub(super) struct Words(Map<String, Value>);

impl Words {
    /// The words as they are kept: the feed's members, spelled `snake_case`.
    pub(super) fn read(words: Option<&str>) -> Self {
        Self(words.map(serde_json::from_str).and_then(Result::ok).unwrap_or_default())
    }

    /// Members of `Availability`.
    pub(super) fn members(&self) -> Map<String, Value> {
        translated(&self.0, AVAILABILITY)
    }

    /// Members of its `resources`.
    pub(super) fn resources(&self) -> Map<String, Value> {
        match self.0.get("resources") {
            Some(Value::Object(resources)) => translated(resources, RESOURCES),
            Some(_) | None => Map::new(),
        }
    }
}

fn translated(words: &Map<String, Value>, fields: &[Field]) -> Map<String, Value> {
    let one = |Field(theirs, ours, kind): &Field| Some(((*ours).to_owned(), kind.said(words.get(*theirs)?)?));
    fields.iter().filter_map(one).collect()
}

impl Kind {
    /// What is of another kind is not said: the feed is not judged here.
    fn said(&self, word: &Value) -> Option<Value> {
        match (self, word) {
            (Self::Text, Value::String(text)) => (!text.is_empty()).then(|| word.clone()),
            (Self::Int64, Value::Number(number)) => number.as_i64().map(|number| number.to_string().into()),
            (Self::Int64, Value::String(digits)) => digits.parse::<i64>().ok().map(|number| number.to_string().into()),
            (Self::Enum(names), Value::String(name)) => names.contains(&name.as_str()).then(|| word.clone()),
            (Self::Enum(names), Value::Number(number)) => {
                let number = usize::try_from(number.as_u64()?).ok()?;
                names.get(number).map(|name| Value::from(*name))
            }
            (Self::Texts, Value::Array(items)) => {
                let texts: Vec<Value> = items.iter().filter(|item| item.is_string()).cloned().collect();
                (!texts.is_empty()).then(|| texts.into())
            }
            (Self::Message(fields), Value::Object(members)) => {
                let members = translated(members, fields);
                (!members.is_empty()).then(|| members.into())
            }
            (Self::Text | Self::Int64 | Self::Enum(_) | Self::Texts | Self::Message(_), _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bk_8_5_the_feed_s_words_are_said_in_the_names_of_the_api() {
        let words = json!({
            "resources": {"staff_name": "Kim", "room_name": "", "room_color": "red"},
            "duration_requirement": 2,
            "ticket_type_id": ["t1", "t2", null],
            "prepayment": {"price_info": {
                "price": {"price_micros": 25_000_000, "currency_code": "USD", "pricing_option_tag": "p"},
                "price_range": {"min_price": {"price_micros": "5"}, "max_price": null},
                "price_type": "PER_PERSON",
            }},
            "linkout_required_reason": "X", "something_new": {"a": 1},
        });
        let words = Words::read(Some(&words.to_string()));
        assert_eq!(Value::from(words.resources()), json!({"staffName": "Kim"}));
        assert_eq!(
            Value::from(words.members()),
            json!({
                "durationRequirement": "MUST_SHOW_DURATION",
                "ticketTypeId": ["t1", "t2"],
                "prepayment": {"priceInfo": {
                    "price": {"priceMicros": "25000000", "currencyCode": "USD", "pricingOptionTag": "p"},
                    "priceRange": {"minPrice": {"priceMicros": "5"}},
                    "priceType": "PER_PERSON",
                }},
            })
        );
        assert!(Words::read(None).members().is_empty() && Words::read(Some("[")).resources().is_empty());
    }
}
