//! The answers of a booking server as protocol messages, read as a strict parser of protocol buffers reads JSON: unknown
//! members are errors, 64-bit numbers may be text (google-booking-server sections 2.3, 3, 4, 5 and 10.3).
//!
//! What is read comes back in one canonical form, in which two messages are equal exactly when the protocol says so: names
//! in snake_case, numbers of 64 bits as text, enumerations by name, and no member that has its default.

use serde_json::{Map, Value};

/// A message: its name and its fields.
pub(super) struct Message {
    name: &'static str,
    fields: &'static [(&'static str, Kind)],
}

/// What a field holds.
enum Kind {
    Text,
    Bool,
    Int32,
    Int64,
    /// By number; the first is the default.
    Enum(&'static [&'static str]),
    Of(&'static Message),
    Many(&'static Message),
}

const CONFIRMATION: Kind =
    Kind::Enum(&["CONFIRMATION_MODE_UNSPECIFIED", "CONFIRMATION_MODE_SYNCHRONOUS", "CONFIRMATION_MODE_ASYNCHRONOUS"]);
const STATUS: Kind = Kind::Enum(&[
    "BOOKING_STATUS_UNSPECIFIED",
    "CONFIRMED",
    "PENDING_MERCHANT_CONFIRMATION",
    "CANCELED",
    "NO_SHOW",
    "NO_SHOW_PENALIZED",
    "FAILED",
    "DECLINED_BY_MERCHANT",
]);
const PREPAYMENT: Kind = Kind::Enum(&[
    "PREPAYMENT_STATUS_UNSPECIFIED",
    "PREPAYMENT_PROVIDED",
    "PREPAYMENT_NOT_PROVIDED",
    "PREPAYMENT_REFUNDED",
    "PREPAYMENT_CREDITED",
]);
const PROCESSED_BY: Kind =
    Kind::Enum(&["PAYMENT_PROCESSED_BY_UNSPECIFIED", "PROCESSED_BY_GOOGLE", "PROCESSED_BY_PARTNER"]);
const PRICE_TYPE: Kind = Kind::Enum(&["FIXED_RATE_DEFAULT", "PER_PERSON"]);
const CARD_TYPE: Kind =
    Kind::Enum(&["CREDIT_CARD_TYPE_UNSPECIFIED", "VISA", "MASTERCARD", "AMERICAN_EXPRESS", "DISCOVER", "JCB"]);
const CAUSE: Kind = Kind::Enum(&[
    "CAUSE_UNSPECIFIED",
    "SLOT_UNAVAILABLE",
    "SLOT_ALREADY_BOOKED_BY_USER",
    "LEASE_EXPIRED",
    "OUTSIDE_CANCELLATION_WINDOW",
    "PAYMENT_ERROR_CARD_TYPE_REJECTED",
    "PAYMENT_ERROR_CARD_DECLINED",
    "PAYMENT_OPTION_NOT_VALID",
    "PAYMENT_ERROR",
    "USER_CANNOT_USE_PAYMENT_OPTION",
    "BOOKING_ALREADY_CANCELLED",
    "BOOKING_NOT_CANCELLABLE",
    "OVERLAPPING_RESERVATION",
    "USER_OVER_BOOKING_LIMIT",
    "OFFER_UNAVAILABLE",
    "PAYMENT_REQUIRES_3DS1",
    "DEAL_UNAVAILABLE",
    "UNSUPPORTED_NAME",
    "UNSUPPORTED_PHONE_NUMBER",
    "BANNED_USER",
]);
const OPTION_TYPE: Kind = Kind::Enum(&[
    "PAYMENT_OPTION_TYPE_UNSPECIFIED",
    "PAYMENT_OPTION_SINGLE_USE",
    "PAYMENT_OPTION_MULTI_USE",
    "PAYMENT_OPTION_UNLIMITED_USE",
    "PAYMENT_OPTION_UNLIMITED",
]);
const DURATION_REQUIREMENT: Kind =
    Kind::Enum(&["DURATION_REQUIREMENT_UNSPECIFIED", "DO_NOT_SHOW_DURATION", "MUST_SHOW_DURATION"]);

macro_rules! messages {
    ($($(#[$about:meta])* $name:ident { $($field:literal: $kind:expr,)+ })+) => {
        $($(#[$about])* pub(super) static $name: Message =
            Message { name: stringify!($name), fields: &[$(($field, $kind),)+] };)+
    };
}

messages! {
    /// Section 3.3.
    RESOURCE_IDS { "staff_id": Kind::Text, "room_id": Kind::Text, "party_size": Kind::Int32, }
    /// Section 3.1.
    SLOT {
        "merchant_id": Kind::Text, "service_id": Kind::Text, "start_sec": Kind::Int64, "duration_sec": Kind::Int64,
        "availability_tag": Kind::Text, "resources": Kind::Of(&RESOURCE_IDS), "confirmation_mode": CONFIRMATION,
    }
    /// Section 3.2.
    SLOT_TIME {
        "service_id": Kind::Text, "start_sec": Kind::Int64, "duration_sec": Kind::Int64,
        "availability_tag": Kind::Text, "resource_ids": Kind::Of(&RESOURCE_IDS), "confirmation_mode": CONFIRMATION,
    }
    /// Section 3.5.
    POSTAL_ADDRESS {
        "country": Kind::Text, "locality": Kind::Text, "region": Kind::Text, "postal_code": Kind::Text,
        "street_address": Kind::Text,
    }
    /// Section 3.5.
    USER_INFORMATION {
        "user_id": Kind::Text, "given_name": Kind::Text, "family_name": Kind::Text,
        "address": Kind::Of(&POSTAL_ADDRESS), "telephone": Kind::Text, "email": Kind::Text,
        "language_code": Kind::Text,
    }
    /// Section 3.8.
    PRICE { "price_micros": Kind::Int64, "currency_code": Kind::Text, "pricing_option_tag": Kind::Text, }
    /// Section 3.10.
    NO_SHOW_FEE { "fee": Kind::Of(&PRICE), "fee_type": PRICE_TYPE, }
    /// Section 3.10.
    DEPOSIT {
        "deposit": Kind::Of(&PRICE), "min_advance_cancellation_sec": Kind::Int64, "deposit_type": PRICE_TYPE,
    }
    /// Section 3.11, without the members of requests.
    PAYMENT_INFORMATION {
        "prepayment_status": PREPAYMENT, "payment_transaction_id": Kind::Text, "price": Kind::Of(&PRICE),
        "tax_amount": Kind::Of(&PRICE), "fees": Kind::Of(&PRICE), "fees_and_taxes": Kind::Of(&PRICE),
        "deposit": Kind::Of(&DEPOSIT), "no_show_fee": Kind::Of(&NO_SHOW_FEE), "payment_processed_by": PROCESSED_BY,
        "payment_option_id": Kind::Text, "user_payment_option_id": Kind::Text,
    }
    /// Section 3.6.
    VIRTUAL_SESSION_INFO { "session_url": Kind::Text, "meeting_id": Kind::Text, "password": Kind::Text, }
    /// Section 3.6.
    OFFER_INFO { "offer_id": Kind::Text, }
    /// Section 3.6.
    BOOKING {
        "booking_id": Kind::Text, "slot": Kind::Of(&SLOT), "user_information": Kind::Of(&USER_INFORMATION),
        "status": STATUS, "payment_information": Kind::Of(&PAYMENT_INFORMATION),
        "virtual_session_info": Kind::Of(&VIRTUAL_SESSION_INFO), "offer_info": Kind::Of(&OFFER_INFO),
    }
    /// Section 3.14.
    USER_PAYMENT_OPTION {
        "user_payment_option_id": Kind::Text, "valid_start_time_sec": Kind::Int64, "valid_end_time_sec": Kind::Int64,
        "type": OPTION_TYPE, "original_count": Kind::Int32, "current_count": Kind::Int32,
        "payment_option_id": Kind::Text,
    }
    /// Section 3.15.
    THREEDS1_PARAMETERS {
        "acs_url": Kind::Text, "pa_req": Kind::Text, "transaction_id": Kind::Text, "md_merchant_data": Kind::Text,
    }
    /// Section 3.15.
    PAYMENT_FAILURE { "threeds1_parameters": Kind::Of(&THREEDS1_PARAMETERS), }
    /// Section 3.15.
    BOOKING_FAILURE {
        "cause": CAUSE, "rejected_card_type": CARD_TYPE, "description": Kind::Text,
        "payment_failure": Kind::Of(&PAYMENT_FAILURE),
    }
    /// Section 4.2.
    SLOT_TIME_AVAILABILITY { "slot_time": Kind::Of(&SLOT_TIME), "available": Kind::Bool, }
    /// Section 4.2.
    BATCH_AVAILABILITY_LOOKUP_RESPONSE { "slot_time_availability": Kind::Many(&SLOT_TIME_AVAILABILITY), }
    /// Section 4.3.
    SLOT_AVAILABILITY { "slot": Kind::Of(&SLOT), "count_available": Kind::Int32, }
    /// Section 4.3.
    AVAILABILITY_UPDATE { "slot_availability": Kind::Many(&SLOT_AVAILABILITY), }
    /// Section 4.3.
    CHECK_AVAILABILITY_RESPONSE {
        "slot": Kind::Of(&SLOT), "count_available": Kind::Int32, "last_online_cancellable_sec": Kind::Int64,
        "duration_requirement": DURATION_REQUIREMENT, "availability_update": Kind::Of(&AVAILABILITY_UPDATE),
    }
    /// Sections 5.1 and 5.2: both answers have the same form.
    BOOKING_RESPONSE {
        "booking": Kind::Of(&BOOKING), "user_payment_option": Kind::Of(&USER_PAYMENT_OPTION),
        "booking_failure": Kind::Of(&BOOKING_FAILURE),
    }
    /// Section 5.3.
    GET_BOOKING_STATUS_RESPONSE { "booking_id": Kind::Text, "booking_status": STATUS, "prepayment_status": PREPAYMENT, }
    /// Section 5.4.
    LIST_BOOKINGS_RESPONSE { "bookings": Kind::Many(&BOOKING), }
}

impl Message {
    /// The canonical form of `value`; the error names the member that a strict parser refuses.
    pub(super) fn read(&'static self, value: &Value) -> Result<Value, String> {
        let members = value.as_object().ok_or_else(|| format!("{} is not an object", self.name))?;
        let mut canonical = Map::new();
        for (given, member) in members {
            let (name, kind) = self
                .fields
                .iter()
                .find(|(name, _)| name == given || camel(name) == *given)
                .ok_or_else(|| format!("{given:?} is no field of {}", self.name))?;
            if canonical.contains_key(*name) {
                return Err(format!("{name} stands twice, in both spellings"));
            }
            let read = kind.read(member).map_err(|why| format!("{name}: {why}"))?;
            canonical.insert((*name).to_owned(), read);
        }
        // A null is an absent member, and a default an unset one.
        canonical.retain(|_, member| !is_default(member));
        Ok(Value::Object(canonical))
    }
}

impl Kind {
    fn read(&self, value: &Value) -> Result<Value, String> {
        if value.is_null() {
            return Ok(Value::Null);
        }
        match self {
            Self::Text => value.as_str().map(Value::from).ok_or_else(|| "not text".to_owned()),
            Self::Bool => value.as_bool().map(Value::from).ok_or_else(|| "neither true nor false".to_owned()),
            Self::Int32 => {
                let fits = integer(value).and_then(|number| i32::try_from(number).ok());
                fits.map(Value::from).ok_or_else(|| "not a whole number of 32 bits".to_owned())
            }
            Self::Int64 => {
                let number = integer(value).ok_or_else(|| "not a whole number of 64 bits".to_owned())?;
                Ok(if number == 0 { Value::Null } else { Value::from(number.to_string()) })
            }
            Self::Enum(names) => {
                let name = match value.as_str() {
                    Some(given) => names.iter().find(|name| **name == given),
                    None => value.as_u64().and_then(|number| names.get(usize::try_from(number).ok()?)),
                };
                let name = name.ok_or_else(|| format!("{value} is no value of the enumeration"))?;
                let default = names.first() == Some(name);
                Ok(if default { Value::Null } else { Value::from(*name) })
            }
            Self::Of(message) => message.read(value),
            Self::Many(message) => {
                let items = value.as_array().ok_or_else(|| "not a list".to_owned())?;
                let read = |(at, item)| message.read(item).map_err(|why| format!("[{at}] {why}"));
                items.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>().map(Value::Array)
            }
        }
    }
}

/// A number, or the digits of one.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::String(digits) => digits.parse().ok(),
        Value::Number(number) => number.as_i64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Messages are present or absent: an empty one is no default.
fn is_default(member: &Value) -> bool {
    match member {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(_) => false,
    }
}

fn camel(snake: &str) -> String {
    let mut parts = snake.split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

/// Where two canonical values differ first, for people; `None` where they are equal.
pub(super) fn difference(path: &str, got: &Value, expected: &Value) -> Option<String> {
    let shown = |value: &Value| if value.is_null() { "absent".to_owned() } else { value.to_string() };
    match (got, expected) {
        (Value::Object(got), Value::Object(expected)) => {
            let absent = Value::Null;
            let names: std::collections::BTreeSet<_> = got.keys().chain(expected.keys()).collect();
            names.into_iter().find_map(|name| {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                difference(&inner, got.get(name).unwrap_or(&absent), expected.get(name).unwrap_or(&absent))
            })
        }
        (got, expected) if got == expected => None,
        (got, expected) => Some(format!("{path} is {}, expected {}", shown(got), shown(expected))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bk_10_3_unknown_members_are_errors_and_numbers_may_be_text() {
        let slot = json!({"merchant_id": "m", "serviceId": "s", "start_sec": "5", "duration_sec": 6,
                          "resources": {"party_size": "2", "staff_id": null}, "confirmation_mode": 1});
        assert_eq!(
            SLOT.read(&slot).unwrap(),
            json!({"merchant_id": "m", "service_id": "s", "start_sec": "5", "duration_sec": "6",
                   "resources": {"party_size": 2}, "confirmation_mode": "CONFIRMATION_MODE_SYNCHRONOUS"})
        );
        for (bad, said) in [
            (json!({"merchant": "m"}), "no field of SLOT"),
            (json!({"resources": {"colour": "red"}}), "no field of RESOURCE_IDS"),
            (json!({"start_sec": 1.5}), "start_sec: not a whole number"),
            (json!({"start_sec": "9223372036854775808"}), "start_sec: not a whole number"),
            (json!({"start_sec": "x"}), "start_sec"),
            (json!({"merchant_id": 7}), "not text"),
            (json!({"confirmation_mode": "SOON"}), "no value of the enumeration"),
            (json!({"confirmation_mode": 3}), "no value of the enumeration"),
            (json!({"start_sec": "1", "startSec": "1"}), "in both spellings"),
            (json!([]), "not an object"),
        ] {
            let why = SLOT.read(&bad).unwrap_err();
            assert!(why.contains(said), "{bad}: {why}");
        }
    }

    #[test]
    fn defaults_are_equal_to_absent_members_but_messages_are_not() {
        let read = |value| BOOKING.read(&value).unwrap();
        assert_eq!(read(json!({"booking_id": "", "status": 0, "slot": null})), json!({}));
        assert_eq!(
            difference("booking", &read(json!({"slot": {"resources": {}}})), &read(json!({"slot": {}}))).unwrap(),
            "booking.slot.resources is {}, expected absent"
        );
        let later = read(json!({"slot": {"start_sec": "2"}}));
        assert_eq!(
            difference("", &later, &read(json!({"slot": {"start_sec": 1}}))).unwrap(),
            "slot.start_sec is \"2\", expected \"1\""
        );
        assert_eq!(difference("", &later, &read(json!({"slot": {"startSec": 2}}))), None);
    }
}
