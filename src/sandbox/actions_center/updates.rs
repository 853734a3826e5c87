//! Judging what the booking server tells (google-booking-server sections 8.2 and 8.5).

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::book::{Case, Replaced};
use super::catalog::Slot;
use super::fields::{self, BOOKING, REPLACE, leaves, length, seconds};

/// Members that are always in the body and never in the mask.
const IDENTITY: [&str; 3] = ["name", "merchantId", "serviceId"];

/// What is wrong with an update, if anything: a status and the reason.
pub(super) type Judged<T> = Result<T, (u16, String)>;

fn invalid<T>(why: impl Into<String>) -> Judged<T> {
    Err((400, why.into()))
}

/// Judges `bookings.patch`: the resource's name, the query and the body, about a booking of ours.
pub(super) fn patch(name: &str, query: &str, body: &Value, case: Option<&Case>) -> Judged<()> {
    let Some(case) = case else { return Err((404, "NOT_FOUND: no such booking was created here".to_owned())) };
    fields::check(body, BOOKING).or_else(invalid)?;
    let is = |member: &str, expected: &str| body[member].as_str() == Some(expected);
    if !is("name", name) || !is("merchantId", &case.wish.merchant) || !is("serviceId", &case.wish.service) {
        return invalid("name, merchantId and serviceId must be the booking's");
    }
    let mut mask = None;
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        match key.as_ref() {
            "updateMask" if mask.is_none() => mask = Some(value.into_owned()),
            // Section 8.2: heeded only with FAILED; elsewhere somebody misunderstands.
            key if key.starts_with("bookingFailure.") && is("status", "FAILED") => {}
            key => return invalid(format!("parameter {key} is not expected")),
        }
    }
    let mask = mask.unwrap_or_default();
    let paths: Vec<&str> = mask.split(',').filter(|path| !path.is_empty()).collect();
    covers(&paths, body)?;
    let payment = &body["paymentInformation"];
    let told = matches!(payment["prepaymentStatus"].as_str(), Some("PREPAYMENT_PROVIDED" | "PREPAYMENT_REFUNDED"));
    if told && payment["paymentTransactionId"].as_str().is_none_or(str::is_empty) {
        return invalid("paymentTransactionId is missing");
    }
    Ok(())
}

/// Whether the mask names what the body holds, and nothing else.
fn covers(mask: &[&str], body: &Value) -> Judged<()> {
    if mask.is_empty() {
        return invalid("updateMask is empty");
    }
    let mut sent = leaves(body);
    sent.retain(|path| !IDENTITY.contains(&path.as_str()));
    let covered = |path: &str| mask.iter().any(|known| path == *known || path.starts_with(&format!("{known}.")));
    for path in &sent {
        // Google's own example names the status alone, and the transaction is what the status is about (section 8.4).
        let rides = path == "paymentInformation.paymentTransactionId" && covered("paymentInformation.prepaymentStatus");
        if !covered(path) && !rides {
            return invalid(format!("updateMask does not cover {path}, which would be dropped"));
        }
    }
    let names_nothing =
        |known: &&&str| !sent.iter().any(|path| path == **known || path.starts_with(&format!("{known}.")));
    match mask.iter().find(names_nothing) {
        Some(path) => invalid(format!("updateMask names {path}, which is not sent and would be cleared")),
        None => Ok(()),
    }
}

/// Judges `availability:replace` and reads its slots.
pub(super) fn replace(key: (&str, &str), known: bool, body: &Value, at_ms: i64) -> Judged<Replaced> {
    if !known {
        return Err((404, "NOT_FOUND: no such merchant or service".to_owned()));
    }
    fields::check(body, REPLACE).or_else(invalid)?;
    let service = &body["serviceAvailability"];
    let time = |name: &str| service[name].as_str().and_then(seconds);
    let start_s = time("startTimeRestrict").unwrap_or(i64::MIN);
    let end_s = time("endTimeRestrict").unwrap_or(i64::MAX);
    if start_s >= end_s {
        return invalid("endTimeRestrict is not after startTimeRestrict");
    }
    if !service["durationRestrict"].is_null() || !service["resourcesRestrict"].is_null() {
        return invalid("this stand-in restricts by time alone");
    }
    let listed = service["availability"].as_array().map_or(&[][..], Vec::as_slice);
    let mut slots = Vec::with_capacity(listed.len());
    for one in listed {
        let slot = slot(one).ok_or((400, "a slot without startTime, duration, spotsTotal or spotsOpen".to_owned()))?;
        if !(start_s..end_s).contains(&slot.start_s) {
            return invalid("a slot begins outside of the restrictions");
        }
        if slot.spots_open > slot.spots_total || slot.spots_open < 0 {
            return invalid("spotsOpen is more than spotsTotal");
        }
        slots.push(slot);
    }
    let (merchant, service) = key;
    Ok(Replaced { at_ms, merchant: merchant.to_owned(), service: service.to_owned(), start_s, end_s, slots })
}

/// A slot of the API in the feed's words.
fn slot(one: &Value) -> Option<Slot> {
    let text = |name: &str| one[name].as_str();
    let mut said = Map::new();
    for (from, to) in [("availabilityTag", "availability_tag"), ("confirmationMode", "confirmation_mode")] {
        said.extend(text(from).map(|value| (to.to_owned(), json!(value))));
    }
    let resources = renamed(&one["resources"], &["staffId", "roomId", "partySize"]);
    if resources.as_object().is_some_and(|members| !members.is_empty()) {
        said.insert("resources".to_owned(), resources);
    }
    let terms = renamed(one, &["paymentOptionId", "deposit", "noShowFee", "requireCreditCard"]);
    Some(Slot {
        start_s: seconds(text("startTime")?)?,
        duration_s: length(text("duration")?)?,
        spots_open: text("spotsOpen")?.parse().ok()?,
        spots_total: text("spotsTotal")?.parse().ok()?,
        said: Value::Object(said),
        terms,
    })
}

/// The named members that are there, with all names below in snake_case.
fn renamed(value: &Value, names: &[&str]) -> Value {
    let members = names.iter().filter_map(|name| Some((snake(name), all_renamed(value.get(*name)?))));
    Value::Object(members.collect::<Map<_, _>>())
}

fn all_renamed(value: &Value) -> Value {
    match value.as_object() {
        Some(members) => {
            Value::Object(members.iter().map(|(name, member)| (snake(name), all_renamed(member))).collect())
        }
        None => value.clone(),
    }
}

fn snake(camel: &str) -> String {
    let mut snake = String::new();
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::actions_center::book::{Book, Record, Wish};
    use crate::sandbox::journal::Book as _;

    const NAME: &str = "partners/1/bookings/bk_1";

    fn case() -> Case {
        let mut book = Book::default();
        let wish = Wish {
            case: "c".to_owned(),
            at_ms: 0,
            merchant: "m".to_owned(),
            service: "s".to_owned(),
            user_id: "u".to_owned(),
            request: json!({}),
        };
        book.apply(Record::Wished(wish));
        book.cases["c"].clone()
    }

    fn with(more: Value) -> Value {
        let mut body = json!({"name": NAME, "merchantId": "m", "serviceId": "s"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    }

    fn judged(query: &str, body: &Value) -> Judged<()> {
        patch(NAME, query, body, Some(&case()))
    }

    #[test]
    fn bk_8_2_masks_must_name_what_is_sent_and_nothing_else() {
        let refunded = with(json!({"status": "CANCELED", "paymentInformation":
            {"prepaymentStatus": "PREPAYMENT_REFUNDED", "paymentTransactionId": "ch_1"}}));
        for good in [
            "updateMask=status,paymentInformation.prepaymentStatus",
            "updateMask=status,paymentInformation",
            "updateMask=status%2CpaymentInformation.prepaymentStatus%2CpaymentInformation.paymentTransactionId",
        ] {
            assert_eq!(judged(good, &refunded), Ok(()), "{good}");
        }
        for (bad, said) in [
            ("updateMask=status", "does not cover paymentInformation"),
            ("updateMask=status,paymentInformation,startTime", "names startTime"),
            ("updateMask=", "empty"),
            ("", "empty"),
            ("updateMask=status,paymentInformation,name", "names name"),
            ("updateMask=status,paymentInformation&bookingFailure.cause=PAYMENT_ERROR", "not expected"),
        ] {
            let (status, why) = judged(bad, &refunded).unwrap_err();
            assert!(status == 400 && why.contains(said), "{bad}: {why}");
        }
    }

    #[test]
    fn bk_8_2_what_identifies_the_booking_must_be_right_and_known() {
        let query = "updateMask=status";
        let body = with(json!({"status": "NO_SHOW"}));
        assert_eq!(judged(query, &body), Ok(()));
        for (member, value) in [("name", "partners/1/bookings/bk_2"), ("merchantId", "x"), ("serviceId", "x")] {
            let mut bad = body.clone();
            bad[member] = json!(value);
            assert_eq!(judged(query, &bad).unwrap_err().0, 400, "{member}");
        }
        assert_eq!(judged(query, &with(json!({"status": "NO_SHOW", "colour": "red"}))).unwrap_err().0, 400);
        assert_eq!(patch(NAME, query, &body, None).unwrap_err().0, 404);
        let failed = with(json!({"status": "FAILED"}));
        assert_eq!(judged("updateMask=status&bookingFailure.cause=PAYMENT_ERROR", &failed), Ok(()));
        let unpaid = with(json!({"paymentInformation": {"prepaymentStatus": "PREPAYMENT_REFUNDED"}}));
        assert!(judged("updateMask=paymentInformation", &unpaid).unwrap_err().1.contains("paymentTransactionId"));
    }

    #[test]
    fn bk_8_5_replaced_slots_are_read_in_the_feeds_words() {
        let body = json!({"serviceAvailability": {
            "startTimeRestrict": "1970-01-01T00:00:00Z", "endTimeRestrict": "1970-01-01T01:00:00Z",
            "availability": [{"startTime": "1970-01-01T00:10:00Z", "duration": "600s", "spotsTotal": "2",
                "spotsOpen": "0", "resources": {"staffId": "s3", "staffName": "Kim"},
                "deposit": {"deposit": {"priceMicros": "5", "currencyCode": "USD"}, "minAdvanceCancellationSec": "9"}}],
        }});
        let replaced = replace(("m", "s"), true, &body, 7).unwrap();
        assert_eq!((replaced.start_s, replaced.end_s), (0, 3_600));
        let slot = &replaced.slots[0];
        assert_eq!((slot.start_s, slot.duration_s, slot.spots_open), (600, 600, 0));
        assert_eq!(slot.said, json!({"resources": {"staff_id": "s3"}}));
        assert_eq!(slot.terms["deposit"]["min_advance_cancellation_sec"], "9");
        assert_eq!(replace(("m", "s"), false, &body, 7).unwrap_err().0, 404);
        for (pointer, value) in [
            ("/serviceAvailability/endTimeRestrict", json!("1970-01-01T00:00:00Z")),
            ("/serviceAvailability/availability/0/startTime", json!("1970-01-01T02:00:00Z")),
            ("/serviceAvailability/availability/0/spotsOpen", json!("3")),
            ("/serviceAvailability/availability/0/duration", json!("600")),
        ] {
            let mut bad = body.clone();
            *bad.pointer_mut(pointer).unwrap() = value;
            assert_eq!(replace(("m", "s"), true, &bad, 7).unwrap_err().0, 400, "{pointer}");
        }
    }
}
