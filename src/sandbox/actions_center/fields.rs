//! What the Maps Booking API takes, field by field: names in lowerCamelCase, 64-bit numbers as text, times as RFC 3339,
//! lengths as `"900s"`; a member that is not listed is an error (google-booking-server sections 8.1, 8.2 and 8.5).

use serde_json::Value;

/// The members of a message.
pub(super) type Fields = &'static [(&'static str, Kind)];

/// What a member holds.
pub(super) enum Kind {
    Text,
    /// A 64-bit number as text.
    Digits,
    /// A 32-bit number.
    Number,
    /// RFC 3339, UTC.
    Time,
    /// `"900s"`.
    Length,
    OneOf(&'static [&'static str]),
    Texts,
    Of(Fields),
    Many(Fields),
}

const STATUS: Kind = Kind::OneOf(&[
    "CONFIRMED",
    "PENDING_MERCHANT_CONFIRMATION",
    "CANCELED",
    "NO_SHOW",
    "NO_SHOW_PENALIZED",
    "FAILED",
    "DECLINED_BY_MERCHANT",
]);
const PREPAYMENT: Kind = Kind::OneOf(&["PREPAYMENT_PROVIDED", "PREPAYMENT_NOT_PROVIDED", "PREPAYMENT_REFUNDED"]);
const PRICE_TYPE: Kind = Kind::OneOf(&["FIXED_RATE_DEFAULT", "PER_PERSON"]);
const ADDRESS: Fields = &[
    ("addressCountry", Kind::Text),
    ("addressLocality", Kind::Text),
    ("addressRegion", Kind::Text),
    ("postalCode", Kind::Text),
    ("streetAddress", Kind::Text),
];
const CLIENT: Fields = &[
    ("givenName", Kind::Text),
    ("familyName", Kind::Text),
    ("address", Kind::Of(ADDRESS)),
    ("telephone", Kind::Text),
    ("email", Kind::Text),
];
/// `Booking` (section 8.2).
pub(super) const BOOKING: Fields = &[
    ("name", Kind::Text),
    ("merchantId", Kind::Text),
    ("serviceId", Kind::Text),
    ("startTime", Kind::Time),
    ("duration", Kind::Length),
    ("partySize", Kind::Digits),
    ("status", STATUS),
    ("clientInformation", Kind::Of(CLIENT)),
    ("paymentInformation", Kind::Of(&[("prepaymentStatus", PREPAYMENT), ("paymentTransactionId", Kind::Text)])),
];

const PRICE: Fields = &[("priceMicros", Kind::Digits), ("currencyCode", Kind::Text), ("pricingOptionTag", Kind::Text)];
const RESOURCES: Fields = &[
    ("staffId", Kind::Text),
    ("staffName", Kind::Text),
    ("roomId", Kind::Text),
    ("roomName", Kind::Text),
    ("partySize", Kind::Number),
];
const AVAILABILITY: Fields = &[
    ("startTime", Kind::Time),
    ("duration", Kind::Length),
    ("spotsTotal", Kind::Digits),
    ("spotsOpen", Kind::Digits),
    ("availabilityTag", Kind::Text),
    ("resources", Kind::Of(RESOURCES)),
    ("paymentOptionId", Kind::Texts),
    (
        "deposit",
        Kind::Of(&[
            ("deposit", Kind::Of(PRICE)),
            ("minAdvanceCancellationSec", Kind::Digits),
            ("depositType", PRICE_TYPE),
        ]),
    ),
    ("noShowFee", Kind::Of(&[("fee", Kind::Of(PRICE)), ("feeType", PRICE_TYPE)])),
    ("requireCreditCard", Kind::OneOf(&["REQUIRE_CREDIT_CARD_CONDITIONAL", "REQUIRE_CREDIT_CARD_ALWAYS"])),
    (
        "schedulingRuleOverrides",
        Kind::Of(&[
            ("firstBookableSec", Kind::Digits),
            ("lastBookableSec", Kind::Digits),
            ("lastOnlineCancellableSec", Kind::Digits),
        ]),
    ),
    ("confirmationMode", Kind::OneOf(&["CONFIRMATION_MODE_SYNCHRONOUS", "CONFIRMATION_MODE_ASYNCHRONOUS"])),
];
/// The body of `availability:replace` (section 8.5).
pub(super) const REPLACE: Fields = &[(
    "serviceAvailability",
    Kind::Of(&[
        ("startTimeRestrict", Kind::Time),
        ("endTimeRestrict", Kind::Time),
        ("durationRestrict", Kind::Length),
        ("resourcesRestrict", Kind::Of(RESOURCES)),
        ("availability", Kind::Many(AVAILABILITY)),
    ]),
)];

/// Whether `value` is a message of these fields; the error names the first that is not.
pub(super) fn check(value: &Value, fields: Fields) -> Result<(), String> {
    let members = value.as_object().ok_or("not an object")?;
    for (name, member) in members {
        let (_, kind) =
            fields.iter().find(|(known, _)| known == name).ok_or_else(|| format!("unknown field {name:?}"))?;
        kind.check(member).map_err(|why| format!("{name}: {why}"))?;
    }
    Ok(())
}

impl Kind {
    fn check(&self, value: &Value) -> Result<(), String> {
        let text = value.as_str();
        let fits = match self {
            Self::Text => text.is_some(),
            Self::Digits => text.is_some_and(|text| text.parse::<i64>().is_ok()),
            Self::Number => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            Self::Time => text.is_some_and(|text| seconds(text).is_some()),
            Self::Length => text.is_some_and(|text| length(text).is_some()),
            Self::OneOf(names) => text.is_some_and(|text| names.contains(&text)),
            Self::Texts => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
            Self::Of(fields) => return check(value, fields),
            Self::Many(fields) => {
                let items = value.as_array().ok_or("not a list")?;
                return items.iter().try_for_each(|item| check(item, fields));
            }
        };
        if fits { Ok(()) } else { Err(format!("{value} is no {}", self.name())) }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Digits => "int64 as text",
            Self::Number => "int32",
            Self::Time => "time in RFC 3339, UTC",
            Self::Length => "duration such as \"900s\"",
            Self::OneOf(_) => "value of the enumeration",
            Self::Texts => "list of texts",
            Self::Of(_) => "message",
            Self::Many(_) => "list of messages",
        }
    }
}

/// The leaves of a message, as paths of a field mask.
pub(super) fn leaves(value: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    for (name, member) in value.as_object().into_iter().flatten() {
        if member.is_object() {
            paths.extend(leaves(member).into_iter().map(|inner| format!("{name}.{inner}")));
        } else {
            paths.push(name.clone());
        }
    }
    paths
}

/// `"900s"` in seconds.
pub(super) fn length(text: &str) -> Option<i64> {
    text.strip_suffix('s')?.parse().ok().filter(|seconds| *seconds >= 0)
}

/// `2026-11-22T13:05:09Z` in seconds since the Unix epoch.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let numbers = |text: &str, between: char| {
        let parts: Vec<i64> = text.split(between).map(|part| part.parse().ok()).collect::<Option<_>>()?;
        <[i64; 3]>::try_from(parts).ok()
    };
    let [year, month, day] = numbers(date, '-').filter(|_| date.len() == 10)?;
    let [hour, minute, second] = numbers(time, ':').filter(|_| time.len() == 8)?;
    let fits = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
    // Days from a civil date, by 400-year eras that begin on the first of March.
    let year = year - i64::from(month <= 2);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let of_days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    let days = year.div_euclid(400) * 146_097 + of_days - 719_468;
    fits.then(|| days * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Timestamp;

    #[test]
    fn times_are_read_as_they_are_written() {
        for at in [0, 951_782_399, 951_782_400, 1_790_003_600, 4_107_542_400] {
            assert_eq!(seconds(&Timestamp::from_secs(at).to_utc()), Some(at));
        }
        for bad in ["", "2026-11-22", "2026-11-22T13:05:09", "2026-13-22T13:05:09Z", "2026-11-22T25:05:09Z", "x"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
        assert_eq!((length("900s"), length("900"), length("-1s")), (Some(900), None, None));
    }

    #[test]
    fn bk_8_1_unknown_members_and_other_types_are_refused() {
        let good = json!({"name": "n", "status": "CANCELED", "duration": "60s", "partySize": "2",
                          "paymentInformation": {"prepaymentStatus": "PREPAYMENT_REFUNDED"}});
        assert_eq!(check(&good, BOOKING), Ok(()));
        for (member, value) in [
            ("merchant_id", json!("m")),
            ("status", json!("GONE")),
            ("partySize", json!(2)),
            ("duration", json!(60)),
            ("startTime", json!("tomorrow")),
            ("paymentInformation", json!({"price": {}})),
            ("paymentInformation", json!({"prepaymentStatus": "PREPAYMENT_CREDITED"})),
        ] {
            let mut bad = good.clone();
            bad[member] = value;
            assert!(check(&bad, BOOKING).is_err(), "{member}");
        }
        assert_eq!(leaves(&good).len(), 5);
    }
}
