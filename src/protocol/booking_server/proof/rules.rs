//! The rules of JSON (google-booking-server section 2.3) and what is required (sections 3 and 5).

use serde_json::{Value, json};

use super::super::*;
use super::{golden, usd};
use crate::domain::booking::PrepaymentStatus;
use crate::domain::catalog::ConfirmationMode;

fn create(body: &Value) -> Result<CreateBooking, BadRequest> {
    read_create_booking(body.to_string().as_bytes())
}

/// The golden prepayment with the member at `pointer` replaced, or taken out.
fn changed(pointer: &str, to: Option<Value>) -> Value {
    let mut body = golden("b-prepayment-request");
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let members = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match to {
        Some(to) => members.insert(name.to_owned(), to),
        None => members.remove(name),
    };
    body
}

/// All names in `lowerCamelCase`.
fn camel(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let mut upper = false;
                let name = name.chars().filter_map(|letter| match letter {
                    '_' => {
                        upper = true;
                        None
                    }
                    _ if std::mem::take(&mut upper) => Some(letter.to_ascii_uppercase()),
                    _ => Some(letter),
                });
                (name.collect::<String>(), camel(value))
            })
            .collect(),
        Value::Array(items) => items.iter().map(camel).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[test]
fn bk_2_3_names_are_understood_in_both_spellings_at_every_level() {
    for name in ["a-on-arrival", "b-prepayment", "cd-both", "e-card-required", "f-option-used", "3ds1-retry"] {
        let snake = golden(&format!("{name}-request"));
        assert_ne!(camel(&snake), snake);
        assert_eq!(create(&camel(&snake)).unwrap(), create(&snake).unwrap(), "{name}");
    }
    for name in ["lookup-request", "check-request", "cancel-request", "move-request", "status-request", "list-request"]
    {
        let body = golden(name);
        let [snake, camel] = [body.clone(), camel(&body)].map(|body| {
            let body = body.to_string();
            let body = body.as_bytes();
            let slots = (read_availability_lookup(body), read_check_availability(body), read_update_booking(body));
            (slots, read_booking_status(body), read_list_bookings(body))
        });
        assert_eq!(snake, camel, "{name}");
    }
    let mut both = golden("b-prepayment-request");
    both["slot"]["startSec"] = json!("1790003600");
    assert_eq!(create(&both).unwrap_err().field, "slot.start_sec", "a duplicate, whatever its spelling");
    both["slot"]["startSec"] = Value::Null;
    assert!(create(&both).is_ok(), "null is missing");
}

#[test]
fn bk_2_3_whole_numbers_are_read_from_strings_and_numbers() {
    let start = |start: Value| create(&changed("/slot/start_sec", Some(start))).map(|read| read.slot.id.start_s);
    for (given, expected) in [
        ("\"1790003600\"", 1_790_003_600),
        ("1790003600", 1_790_003_600),
        ("1790003600.0", 1_790_003_600),
        ("17900036e2", 1_790_003_600),
        ("1.7900036E+9", 1_790_003_600),
        ("17900036000e-1", 1_790_003_600),
        ("\"1.7900036e9\"", 1_790_003_600),
        ("\"1790003600.000\"", 1_790_003_600),
        ("\"-5\"", -5),
        ("0", 0),
        ("-0.0", 0),
        ("\"0e-400\"", 0),
        ("9007199254740992.0", 1 << 53),
        ("9007199254740993", (1 << 53) + 1),
        ("9223372036854775807", i64::MAX),
        ("\"9223372036854775807\"", i64::MAX),
        ("\"-9223372036854775808\"", i64::MIN),
        ("\"922337203685477580.7e1\"", i64::MAX),
    ] {
        assert_eq!(start(serde_json::from_str(given).unwrap()).unwrap(), expected, "{given}");
    }
    for bad in [
        "1.5",
        "\"1.5\"",
        "15e-1",
        "\"1e-1\"",
        "9223372036854775808",
        "\"9223372036854775808\"",
        "1e19",
        "\"1e19\"",
        "1e300",
        "\"1e999999999\"",
        "\"1e99999999999\"",
        "9007199254740994.0",
        "\"\"",
        "\"-\"",
        "\"+1\"",
        "\" 1\"",
        "\"1 \"",
        "\".5\"",
        "\"1.\"",
        "\"1e\"",
        "\"0x10\"",
        "\"1_000\"",
        "\"NaN\"",
        "\"١\"",
        "true",
        "[]",
        "{}",
        "[1]",
    ] {
        let wrong = start(serde_json::from_str(bad).unwrap()).unwrap_err();
        assert_eq!((wrong.code(), wrong.field.as_str()), ("invalid_field", "slot.start_sec"), "{bad}");
    }
}

#[test]
fn bk_2_3_32_bit_numbers_hold_32_bits() {
    let party = |size: Value| {
        let read = create(&changed("/slot/resources", Some(json!({"party_size": size}))));
        read.map(|read| (read.slot.id.party_size, read.slot.echo.text().contains("\"party_size\":")))
    };
    for (given, expected) in [(json!(2), Some(2)), (json!("2"), Some(2)), (json!(2.0), Some(2)), (json!(0), None)] {
        assert_eq!(party(given.clone()), Ok((expected, true)), "{given}");
    }
    assert_eq!(party(Value::Null), Ok((None, false)));
    for bad in [json!(2_147_483_648_i64), json!("-2147483649"), json!(-1), json!(1.5), json!("two"), json!([])] {
        assert_eq!(party(bad.clone()).unwrap_err().field, "slot.resources.party_size", "{bad}");
    }
}

#[test]
fn bk_2_3_enums_are_names_or_numbers_and_new_ones_are_unspecified() {
    let mode = |mode: Value| {
        create(&changed("/slot/confirmation_mode", Some(mode)))
            .map(|read| (read.slot.confirmation, read.slot.echo.text()))
    };
    for (given, expected, repeated) in [
        (json!("CONFIRMATION_MODE_ASYNCHRONOUS"), Some(ConfirmationMode::Asynchronous), true),
        (json!(1), Some(ConfirmationMode::Synchronous), true),
        (json!(2.0), Some(ConfirmationMode::Asynchronous), true),
        (json!("CONFIRMATION_MODE_UNSPECIFIED"), None, true),
        (json!(0), None, true),
        (json!("CONFIRMATION_MODE_BY_MAIL"), None, false),
        (json!(77), None, false),
        (json!(-1), None, false),
        (Value::Null, None, false),
    ] {
        let (read, echo) = mode(given.clone()).unwrap();
        assert_eq!((read, echo.contains("confirmation_mode")), (expected, repeated), "{given}: {echo}");
    }
    for bad in [json!(true), json!({}), json!(1.5)] {
        assert_eq!(mode(bad).unwrap_err().field, "slot.confirmation_mode");
    }
    let status = |status| create(&changed("/payment_information/prepayment_status", Some(status))).unwrap().payment;
    for (given, expected) in [
        (json!("PREPAYMENT_REFUNDED"), Some(PrepaymentStatus::Refunded)),
        (json!("PREPAYMENT_CREDITED"), None),
        (json!("PREPAYMENT_STATUS_UNSPECIFIED"), None),
        (json!(2), Some(PrepaymentStatus::NotProvided)),
    ] {
        assert_eq!(status(given).unwrap().status, expected);
    }
}

#[test]
fn bk_2_3_unknown_members_are_ignored_and_never_repeated() {
    let mut body = golden("a-on-arrival-request");
    let plain = create(&body).unwrap();
    body["new"] = json!([1.5, {"x": null}]);
    body["lease_ref"] = json!({"lease_id": "1"});
    body["slot"]["linkout"] = json!(true);
    body["slot"]["resources"]["table"] = json!("t");
    body["payment_information"]["coupon"] = json!("c");
    assert_eq!(create(&body).unwrap(), plain);
}

#[test]
fn bk_2_3_what_is_not_strict_json_is_refused() {
    for bad in [
        "",
        "{",
        "{}{}",
        "{} x",
        "[]",
        "null",
        "\"x\"",
        "{'slot':1}",
        "{\"slot\":{},}",
        "{\"slot\":NaN}",
        "{slot:1}",
        "{\"a\":1,\"a\":1}",
        "{\"slot\":{\"start_sec\":1,\"start_sec\":1}}",
        "// x\n{}",
        "{\"a\":\"\u{1}\"}",
        "{\"a\":1e999}",
    ] {
        let wrong = read_create_booking(bad.as_bytes()).unwrap_err();
        assert!(
            matches!(wrong.fault, Fault::Json { .. }) || wrong.message().contains("a JSON object"),
            "{bad}: {wrong}"
        );
    }
    let wrong =
        read_create_booking(b"{\"user_information\":\n{\"ada@example.com\":1,\"ada@example.com\":2}}").unwrap_err();
    let answer: Value = serde_json::from_str(&wrong.answer()).unwrap();
    assert_eq!(answer["error"], "invalid_json");
    let message = answer["message"].as_str().unwrap();
    assert!(message.contains("line 2") && !message.contains("ada"), "{message}");
}

#[test]
fn bk_2_4_complaints_name_the_field_and_never_its_value() {
    let secret = "tok_very_secret";
    for (pointer, to, field) in [
        ("/slot", json!(secret), "slot"),
        ("/slot/duration_sec", json!(secret), "slot.duration_sec"),
        ("/slot/merchant_id", json!("tok_very_secret\n"), "slot.merchant_id"),
        ("/user_information/email", json!([secret]), "user_information.email"),
        ("/user_information/user_id", json!("\u{0}tok_very_secret"), "user_information.user_id"),
        ("/idempotency_token", json!("tok_very_secret".repeat(20)), "idempotency_token"),
        ("/payment_information/price/currency_code", json!(secret), "payment_information.price.currency_code"),
        ("/payment_information/tax_amount/price_micros", json!(secret), "payment_information.tax_amount.price_micros"),
        (
            "/payment_processing_parameters/unparsed_payment_method_token",
            json!({"id": secret}),
            "payment_processing_parameters.unparsed_payment_method_token",
        ),
    ] {
        let wrong = create(&changed(pointer, Some(to))).unwrap_err();
        assert_eq!(wrong.field, field);
        assert!(wrong.answer().contains(field) && !format!("{wrong:?} {}", wrong.answer()).contains(secret), "{wrong}");
    }
    let lookup = json!({"merchant_id": "m", "slot_time": [{"service_id": "s", "start_sec": 1}, {"service_id": "s"}]});
    let wrong = read_availability_lookup(lookup.to_string().as_bytes()).unwrap_err();
    assert_eq!(wrong.answer(), r#"{"error":"missing_field","message":"slot_time[1].start_sec is required"}"#);
    assert_eq!(BadRequest::unknown("slot.service_id").message(), "slot.service_id is not known");
}

#[test]
fn bk_5_1_what_is_required_is_missed_by_name() {
    for field in [
        "idempotency_token",
        "slot",
        "slot.merchant_id",
        "slot.service_id",
        "slot.start_sec",
        "slot.duration_sec",
        "user_information",
        "user_information.user_id",
        "user_information.given_name",
        "user_information.family_name",
        "user_information.telephone",
        "user_information.email",
    ] {
        let pointer = format!("/{}", field.replace('.', "/"));
        for absent in [None, Some(Value::Null)] {
            let wrong = create(&changed(&pointer, absent)).unwrap_err();
            assert_eq!(wrong, BadRequest { field: field.to_owned(), fault: Fault::Missing });
        }
    }
    for optional in ["/payment_information", "/payment_processing_parameters", "/slot/confirmation_mode"] {
        assert!(create(&changed(optional, None)).is_ok(), "{optional}");
    }
    let bare = create(&changed("/payment_information", None)).unwrap();
    assert_eq!(bare.payment, None);
    assert_eq!(bare.payment_echo.text(), r#"{"prepayment_status":"PREPAYMENT_NOT_PROVIDED"}"#);
}

#[test]
fn bk_3_5_long_names_are_cut_and_texts_are_kept() {
    let given =
        |name: &str| create(&changed("/user_information/given_name", Some(json!(name)))).unwrap().user.given_name;
    assert_eq!(given(&"ä".repeat(40)), "ä".repeat(40));
    assert_eq!(given(&"ä".repeat(41)), "ä".repeat(40), "characters, not bytes");
    assert_eq!(given(""), "", "people have one name only");
    let words = "\u{0}\"<b>\\\u{1f600}\n";
    let request = create(&changed("/additional_request", Some(json!(words)))).unwrap();
    assert_eq!(request.additional_request.unwrap().expose(), words);
    let address = json!({"country": "IN", "locality": "Pune", "street_address": ""});
    let address = create(&changed("/user_information/address", Some(address))).unwrap().user.address.unwrap();
    assert_eq!((address.country.as_deref(), address.street_address), (Some("IN"), None));
}

#[test]
fn bk_3_3_resources_have_two_names_in_both_places() {
    let ids = json!({"staff_id": "s", "party_size": 2});
    let mut body = changed("/slot/resource_ids", Some(ids.clone()));
    let read = create(&body).unwrap().slot;
    assert_eq!((read.id.staff.as_deref(), read.id.party_size), (Some("s"), Some(2)));
    assert!(read.echo.text().contains("\"resources\":") && !read.echo.text().contains("resource_ids"));
    body["slot"]["resources"] = json!({"staff_id": "own"});
    assert_eq!(create(&body).unwrap().slot.id.staff.as_deref(), Some("own"), "its own name comes first");
    let lookup = json!({"merchant_id": "m", "slot_time": [{"service_id": "s", "start_sec": 1, "resources": ids}]});
    let read = read_availability_lookup(lookup.to_string().as_bytes()).unwrap();
    assert_eq!(read.slot_times[0].resources.staff.as_deref(), Some("s"));
    assert!(read.slot_times[0].echo.text().contains("\"resource_ids\":"));
}

#[test]
fn bk_3_11_amounts_are_what_google_states() {
    let price = |price: Value| {
        create(&changed("/payment_information/price", Some(price))).map(|read| read.payment.unwrap().price)
    };
    assert_eq!(price(json!({"price_micros": 5_000_000, "currency_code": "USD"})), Ok(Some(usd(5_000_000))));
    assert_eq!(price(json!({"currency_code": "USD"})), Ok(Some(usd(0))), "proto3 leaves out a 0");
    assert_eq!(price(json!({})), Ok(None));
    assert_eq!(price(json!({"price_micros": "1"})).unwrap_err().field, "payment_information.price.currency_code");
    let both = json!({"payment_option_id": "pack", "user_payment_option_id": "upo"});
    let read = create(&changed("/payment_information", Some(both))).unwrap();
    let stated = read.payment.unwrap();
    assert_eq!((stated.payment_option_id, stated.user_payment_option_id.as_deref()), (None, Some("upo")));
    assert!(!read.payment_echo.text().contains("pack"));
}

#[test]
fn bk_3_12_the_whole_token_is_preferred_and_passed_on_untouched() {
    let token = |parameters: Value| create(&changed("/payment_processing_parameters", Some(parameters))).unwrap().token;
    let odd = " {\"id\": not json ";
    let both = json!({"payment_method_token": "tok_1", "unparsed_payment_method_token": odd, "processor": 2});
    let read = token(both).unwrap();
    assert_eq!((read.token.expose(), read.processor.as_deref()), (odd, Some("braintree")));
    let named = json!({"payment_method_token": "tok_1", "processor": 1, "payment_processor": "adyen"});
    assert_eq!(token(named).unwrap().processor.as_deref(), Some("adyen"));
    for none in [json!({}), json!({"payment_processor": "stripe", "unparsed_payment_method_token": ""})] {
        assert_eq!(token(none), None);
    }
}

#[test]
fn bk_5_2_only_cancellations_and_moves_are_updates() {
    let update = |booking: Value| read_update_booking(json!({"booking": booking}).to_string().as_bytes());
    for cancel in [json!("CANCELED"), json!(3)] {
        let read = update(json!({"booking_id": "b", "status": cancel, "slot": {}})).unwrap();
        assert_eq!(read.change, Change::Cancel);
    }
    for (bad, field) in [
        (json!({"status": "CANCELED"}), "booking.booking_id"),
        (json!({"booking_id": "b"}), "booking.status"),
        (json!({"booking_id": "b", "status": "CONFIRMED"}), "booking.status"),
        (json!({"booking_id": "b", "status": "NO_SHOW", "slot": {"start_sec": 1}}), "booking.status"),
        (json!({"booking_id": "b", "slot": {}}), "booking.slot"),
        (json!({"booking_id": "b", "slot": {"merchant_id": "m"}}), "booking.slot"),
        (json!({"booking_id": "b", "slot": {"start_sec": "x"}}), "booking.slot.start_sec"),
    ] {
        assert_eq!(update(bad.clone()).unwrap_err().field, field, "{bad}");
    }
    assert_eq!(read_update_booking(b"{}").unwrap_err().field, "booking");
}

#[test]
fn bk_5_2_what_a_move_leaves_out_stays() {
    let held = create(&golden("a-on-arrival-request")).unwrap().slot;
    let to = |slot: Value| {
        let body = json!({"booking": {"booking_id": "b", "slot": slot, "status": "CONFIRMED"}});
        match read_update_booking(body.to_string().as_bytes()).unwrap().change {
            Change::Move(to) => to,
            Change::Cancel => panic!("{body} cancels"),
        }
    };
    let party = to(json!({"resources": {"party_size": 5}}));
    let (id, echo) = (party.merged(&held.id), party.merged_echo(&held.echo).text());
    assert_eq!((id.party_size, id.staff.as_deref(), id.start_s), (Some(5), Some("s3"), held.id.start_s));
    assert!(echo.contains("\"party_size\":5") && echo.contains("s3") && echo.contains("t-9"), "{echo}");
    let later = to(json!({"start_sec": 1_790_000_900}));
    let echo = later.merged_echo(&held.echo).text();
    assert!(echo.contains("\"1790000900\"") && echo.contains("s3") && !echo.contains("t-9"), "{echo}");
    let full = to(json!({"merchant_id": "salon-7", "service_id": "cut", "start_sec": "1", "duration_sec": "2"}));
    let complete = full.complete().unwrap();
    assert_eq!((complete.start_s, complete.duration_s, complete.staff), (1, 2, None));
}
