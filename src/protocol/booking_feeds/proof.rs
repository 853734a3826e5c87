//! What is taken, what is refused and with which words.

use std::io::Write as _;

use serde_json::{Value, json};

use super::*;
use crate::domain::catalog::{
    CardNetwork, CardRequirement, ConfirmationMode, Merchant, Prepayment, PriceType, Published, Service, SlotOffer,
};
use crate::domain::{Currency, Money};

fn file(name: &str, content: &[u8]) -> FeedFile {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(content).unwrap();
    FeedFile { name: name.to_owned(), file }
}

#[derive(Debug, Default)]
struct Got {
    merchants: Vec<Published<Merchant>>,
    services: Vec<Published<Service>>,
    slots: Vec<Published<SlotOffer>>,
    warnings: Vec<String>,
}

fn read(files: Vec<FeedFile>) -> Result<Got, InvalidFeed> {
    let mut got = Got::default();
    let totals = Feeds::survey(files)?.read(|batch| {
        match batch {
            FromFeed::Merchants(merchants) => got.merchants.extend(merchants),
            FromFeed::Services(services) => got.services.extend(services),
            FromFeed::Slots(slots) => got.slots.extend(slots.into_iter().map(|(_, slot)| slot)),
        }
        true
    });
    match totals {
        Ok(totals) => {
            let counts = (got.merchants.len() as u64, got.services.len() as u64, got.slots.len() as u64);
            assert_eq!(counts, (totals.merchants, totals.services, totals.slots));
            got.warnings = totals.warnings.first.iter().map(ToString::to_string).collect();
            Ok(got)
        }
        Err(FeedError::Invalid(invalid)) => Err(*invalid),
        Err(FeedError::Stopped) => panic!("nobody stopped it"),
    }
}

fn metadata() -> Value {
    json!({"processing_instruction": "PROCESS_AS_COMPLETE", "shard_number": 0, "total_shards": 1,
        "generation_timestamp": 1_789_990_000})
}

fn usd(micros: &str) -> Value {
    json!({"price_micros": micros, "currency_code": "USD"})
}

/// The example set of section 7.8.
fn set() -> [Value; 3] {
    let merchant = json!({"merchant_id": "spa-1", "name": "Quiet Harbor Spa", "telephone": "+14155550100",
        "category": "spa", "geo": {"unstructured_address": "1 Example St"}, "tax_rate": {"micro_percent": 6_750_000},
        "tokenization_config": {"tokenization_parameter": {"gateway": "stripe", "stripe:version": "2018-02-28"}},
        "payment_option": [{"payment_option_id": "tue-150", "name": "Tuesday price", "price": usd("150000000"),
            "payment_option_type": "PAYMENT_OPTION_SINGLE_USE"}]});
    let full = json!({"merchant_id": "spa-1", "service_id": "full", "localized_service_name": {"value": "Full treatment"},
        "price": usd("200000000"), "prepayment_type": "REQUIRED", "rules": {"min_advance_online_canceling": "14400"}});
    let massage = json!({"merchant_id": "spa-1", "service_id": "massage", "localized_service_name": {"value": "Massage"},
        "price": usd("90000000"),
        "deposit": {"deposit": usd("25000000"), "min_advance_cancellation_sec": "14400", "deposit_type": "FIXED_RATE_DEFAULT"},
        "no_show_fee": {"fee": usd("30000000"), "fee_type": "PER_PERSON"}});
    let slot = json!({"merchant_id": "spa-1", "service_id": "full", "start_sec": 1_790_003_600, "duration_sec": 5400,
        "spots_total": 2, "spots_open": 1, "confirmation_mode": "CONFIRMATION_MODE_SYNCHRONOUS",
        "payment_option_id": ["tue-150"], "scheduling_rule_overrides": {"last_online_cancellable_sec": 1_789_996_400}});
    [
        json!({"metadata": metadata(), "merchant": [merchant]}),
        json!({"metadata": metadata(), "service": [full, massage]}),
        json!({"metadata": metadata(), "service_availability": [{"availability": [slot]}]}),
    ]
}

const NAMES: [&str; 3] = ["merchants.json", "services.json", "availability.json"];

fn files(set: &[Value; 3]) -> Vec<FeedFile> {
    NAMES.iter().zip(set).map(|(name, feed)| file(name, feed.to_string().as_bytes())).collect()
}

/// The set with one change: a JSON pointer into one of its feeds, and what stands there instead; null takes it away.
fn changed(feed: usize, pointer: &str, value: Value) -> [Value; 3] {
    let mut set = set();
    let (above, name) = pointer.rsplit_once('/').unwrap();
    let above = set[feed].pointer_mut(above).unwrap();
    match above {
        Value::Object(members) if value.is_null() => drop(members.remove(name).unwrap()),
        Value::Object(members) => drop(members.insert(name.to_owned(), value)),
        Value::Array(items) if name == "-" => items.push(value),
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        other => panic!("{other}"),
    }
    set
}

fn first_slot() -> Value {
    set()[2].pointer("/service_availability/0/availability/0").unwrap().clone()
}

const SLOT: &str = "/service_availability/0/availability/0";

#[test]
fn bk_7_8_the_example_set_is_taken_in_any_order_of_its_files() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let mut all: Vec<_> = files(&set()).into_iter().map(Some).collect();
        let got = read(order.iter().map(|at| all[*at].take().unwrap()).collect()).unwrap();
        let merchant = &got.merchants[0].offer;
        assert_eq!((merchant.name.as_ref(), merchant.gateway.as_deref()), ("Quiet Harbor Spa", Some("stripe")));
        assert_eq!(merchant.tax_rate.0, 6_750_000);
        let money = |micros| Money::new(micros, Currency::parse("USD").unwrap());
        let (full, massage) = (&got.services[0].offer, &got.services[1].offer);
        assert_eq!((full.prepayment, full.rules.min_advance_online_canceling_s), (Prepayment::Required, Some(14_400)));
        assert_eq!(massage.deposit.unwrap().refund_before_s, 14_400);
        assert_eq!(massage.no_show_fee.unwrap().amount, money(30_000_000));
        assert_eq!(massage.no_show_fee.unwrap().price_type, PriceType::PerPerson);
        let slot = &got.slots[0].offer;
        assert_eq!((slot.spots_total, slot.spots_open, slot.id.start_s), (2, 1, 1_790_003_600));
        assert_eq!(slot.overrides.options[0].as_str(), "tue-150");
        assert_eq!(slot.overrides.last_online_cancellable_s, Some(1_789_996_400));
    }
}

#[test]
fn bk_7_2_the_three_feeds_may_come_in_one_body_compressed_and_in_camel_case() {
    fn camel(value: Value) -> Value {
        match value {
            Value::Object(members) => Value::Object(
                members
                    .into_iter()
                    .map(|(name, value)| {
                        let data = name == "tokenization_parameter";
                        let mut parts = name.split('_');
                        let first = parts.next().unwrap().to_owned();
                        let camelled = parts.fold(first, |name, part| name + &part[..1].to_uppercase() + &part[1..]);
                        (camelled, if data { value } else { camel(value) })
                    })
                    .collect(),
            ),
            Value::Array(items) => items.into_iter().map(camel).collect(),
            other => other,
        }
    }
    let [merchants, services, availability] = set();
    let body = camel(json!({"feeds": [availability, merchants, services]})).to_string();
    assert!(body.contains("minAdvanceCancellationSec") && body.contains("serviceAvailability"));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(body.as_bytes()).unwrap();
    let expected = read(files(&set())).unwrap();
    for content in [body.into_bytes(), gzip.finish().unwrap()] {
        let got = read(vec![file("", &content)]).unwrap();
        assert_eq!((&got.merchants, &got.services), (&expected.merchants, &expected.services));
        assert_eq!(got.slots, expected.slots);
    }
}

/// What stands where instead, and what is said of it: feed, JSON pointer, value, entity, field, problem.
const FAULTS: &str = r#"
0 | /merchant/0/name | null | merchant spa-1 | name | is missing: expected a text
0 | /merchant/0/merchant_id | 7 | merchant[0] | merchant_id | expected a text, found 7
0 | /merchant/0/payment_option/- | {"payment_option_id":"tue-150","price":{"price_micros":10000,"currency_code":"USD"},"payment_option_type":1} | merchant spa-1 | payment_option[1].payment_option_id | tue-150 stands twice
0 | /merchant/0/payment_option/0/price/price_micros | "150000001" | merchant spa-1 | payment_option[0].price.price_micros | 150000001 micros is not a whole number of USD minor units (10000 micros each)
0 | /merchant/0/payment_option/0/payment_option_type | 2 | merchant spa-1 | payment_option[0].session_count | expected more than 1 for a pack
0 | /merchant/0/tokenization_config | {} | merchant spa-1 | tokenization_config.tokenization_parameter | is missing: expected an object with gateway
1 | /service/0/merchant_id | "spa-2" | service spa-2/full | merchant_id | there is no merchant spa-2 in the merchant feed
1 | /service/0/localized_service_name | null | service spa-1/full | localized_service_name | is missing: expected an object with value
1 | /service/0/payment_option_id | ["wed"] | service spa-1/full | payment_option_id[0] | merchant spa-1 has no payment_option wed
1 | /service/0/price/price_micros | 0 | service spa-1/full | price.price_micros | 0 micros is not a positive amount
1 | /service/0/price/price_micros | 1.5 | service spa-1/full | price.price_micros | expected a whole number, found 1.5
1 | /service/0/price/currency_code | "usd" | service spa-1/full | price.currency_code | "usd" is not an ISO 4217 currency code of three capital letters
1 | /service/0/prepayment_type | "ALWAYS" | service spa-1/full | prepayment_type | expected one of PREPAYMENT_TYPE_UNSPECIFIED, REQUIRED, OPTIONAL, NOT_SUPPORTED, found "ALWAYS"
1 | /service/0/prepayment_terms | {"charge_timing":"CHARGE_LATER"} | service spa-1/full | prepayment_terms.charge_time_before_start_time_sec | is missing: expected seconds before the start, for CHARGE_LATER
1 | /service/1/deposit/deposit | null | service spa-1/massage | deposit.deposit | is missing: expected a price
1 | /service/1/no_show_fee/fee/price_micros | "-30000000" | service spa-1/massage | no_show_fee.fee.price_micros | -30000000 micros is not a positive amount
1 | /service/0/rules/min_advance_online_canceling | "soon" | service spa-1/full | rules.min_advance_online_canceling | expected a whole number from 0 to 3162240000, found "soon"
2 | SLOT/merchant_id | "spa-2" | slot spa-2/full at 1790003600 | merchant_id | there is no merchant spa-2 in the merchant feed
2 | SLOT/service_id | "half" | slot spa-1/half at 1790003600 | service_id | there is no service half of merchant spa-1 in the service feed
2 | SLOT/spots_open | 3 | slot spa-1/full at 1790003600 | spots_open | expected spots_total (2) or fewer, found 3
2 | SLOT/spots_open | "1.5" | slot spa-1/full at 1790003600 | spots_open | expected a whole number from 0 to 2147483647, found "1.5"
2 | SLOT/spots_total | null | slot spa-1/full at 1790003600 | spots_open | expected spots_total (0) or fewer, found 1
2 | SLOT/duration_sec | 0 | slot spa-1/full at 1790003600 | duration_sec | expected a whole number from 1 to 3162240000, found 0
2 | SLOT/payment_option_id | ["tue-150","wed"] | slot spa-1/full at 1790003600 | payment_option_id[1] | merchant spa-1 has no payment_option wed
2 | SLOT/scheduling_rule_overrides/last_online_cancellable_sec | 1790003601 | slot spa-1/full at 1790003600 | scheduling_rule_overrides.last_online_cancellable_sec | expected start_sec (1790003600) or earlier, found 1790003601
2 | SLOT/confirmation_mode | "CONFIRMATION_MODE_ASYNCHRONOUS" | slot spa-1/full at 1790003600 | confirmation_mode | expected CONFIRMATION_MODE_SYNCHRONOUS, because prepayment_type asks for a payment
2 | SLOT/resources | {"party_size":"many"} | slot spa-1/full at 1790003600 | resources.party_size | expected a whole number from 0 to 2147483647, found "many"
2 | SLOT/recurrence | {"repeat_every_sec":1800} | slot spa-1/full at 1790003600 | recurrence.repeat_until_sec | is missing: expected the last start in seconds since the epoch
2 | SLOT/recurrence | {"repeat_every_sec":0,"repeat_until_sec":1790003600} | slot spa-1/full at 1790003600 | recurrence.repeat_every_sec | expected a whole number from 1 to 3162240000, found 0
2 | SLOT/recurrence | {"repeat_every_sec":1800,"repeat_until_sec":1790090001} | slot spa-1/full at 1790003600 | recurrence.repeat_until_sec | expected a time within 24 hours from start_sec (1790003600), found 1790090001
2 | SLOT/recurrence | {"repeat_every_sec":1800,"repeat_until_sec":1790003600} | slot spa-1/full at 1790003600 | spots_total | expected a whole number from 0 to 1, found 2
2 | SLOT | "a slot" | availability[0] |  | expected an object, found "a slot"
"#;

#[test]
fn bk_7_9_every_fault_names_file_entity_and_field() {
    for line in FAULTS.trim().lines() {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [feed, pointer, value, entity, field, problem] = cells.try_into().expect("six cells");
        let feed: usize = feed.parse().unwrap();
        let set = changed(feed, &pointer.replace("SLOT", SLOT), serde_json::from_str(value).unwrap());
        let invalid = read(files(&set)).expect_err(line);
        let place = (invalid.file.as_str(), invalid.entity.as_deref(), invalid.field.as_deref().unwrap_or(""));
        assert_eq!(place, (NAMES[feed], Some(entity), field), "{line}");
        assert_eq!(invalid.problem, problem, "{line}");
        assert!(invalid.position.is_some_and(|(line, column)| line == 1 && column > 1), "{line}");
    }
}

#[test]
fn bk_7_9_ids_and_slots_stand_once() {
    let set = set();
    for (feed, list, entity, field, problem) in [
        (0, "/merchant", "merchant spa-1", Some("merchant_id"), "spa-1 stands twice: also in merchants.json"),
        (1, "/service", "service spa-1/full", Some("service_id"), "full stands twice: also in services.json"),
        (
            2,
            "/service_availability/0/availability",
            "slot spa-1/full at 1790003600",
            None,
            "stands twice: another slot has the same ids, start (1790003600), duration and resources",
        ),
    ] {
        let again = set[feed].pointer(&format!("{list}/0")).unwrap().clone();
        let invalid = read(files(&changed(feed, &format!("{list}/-"), again))).unwrap_err();
        let said = (invalid.entity.as_deref(), invalid.field.as_deref(), invalid.problem.as_str());
        assert_eq!(said, (Some(entity), field, problem));
    }
}

#[test]
fn bk_7_9_a_refused_feed_says_all_of_it_in_one_line() {
    let set = changed(1, "/service/0/price/price_micros", json!("x"));
    let text = read(files(&set)).unwrap_err().to_string();
    assert!(text.starts_with("services.json (service feed), line 1 column "), "{text}");
    assert!(text.ends_with(": service spa-1/full: price.price_micros: expected a whole number, found \"x\""), "{text}");
    let [merchants, services, availability] = set;
    let body = json!({"feeds": [merchants, services, availability]}).to_string();
    let text = read(vec![file("", body.as_bytes())]).unwrap_err().to_string();
    assert!(text.starts_with("feeds[1] (service feed), line 1 column "), "{text}");
}

#[test]
fn bk_7_9_what_google_will_not_like_is_a_warning() {
    let mut set = changed(0, "/merchant/0/telephone", Value::Null);
    set[1]["service"][0]["price"]["currency_code"] = json!("EUR");
    set[1]["service"][0]["price"]["price_micros"] = json!(200_000_000);
    set[1]["service"][1]["price"] = Value::Null;
    let got = read(files(&set)).unwrap();
    let expected = [
        "merchants.json: merchant spa-1: telephone: is missing: Google asks for it",
        "services.json: service spa-1/full: price: is in EUR, other amounts of the merchant are in USD",
        "services.json: service spa-1/massage: price: is missing: Google asks for it, unless payment options or ticket types \
         have it",
        "services.json: service spa-1/full: its availability ends at 2026-09-21T15:13:20Z: Google expects 30 days of it",
        "services.json: service spa-1/massage: has no availability: Google expects 30 days of it",
    ];
    assert_eq!(got.warnings, expected);
    let last = 1_789_990_000 + 30 * 86_400;
    let mut slots = vec![first_slot(), first_slot()];
    slots[0]["start_sec"] = json!(last);
    slots[1]["service_id"] = json!("massage");
    slots[1]["start_sec"] = json!(last);
    let set = changed(2, "/service_availability/0/availability", json!(slots));
    assert_eq!(read(files(&set)).unwrap().warnings, [""; 0], "30 days are covered");
}

#[test]
fn bk_7_2_a_feed_is_read_when_all_its_shards_are_there() {
    let shard = |number: u32, total: u32, nonce: Value, start: i64| {
        let mut slot = first_slot();
        slot["start_sec"] = json!(start);
        let mut metadata = metadata();
        metadata["shard_number"] = json!(number);
        metadata["total_shards"] = json!(total);
        metadata["nonce"] = nonce;
        json!({"service_availability": [{"availability": [slot]}], "metadata": metadata})
    };
    let with = |shards: &[Value]| {
        let [merchants, services, _] = set();
        let mut all = vec![file("m", merchants.to_string().as_bytes()), file("s", services.to_string().as_bytes())];
        all.extend(shards.iter().enumerate().map(|(at, shard)| file(&format!("a{at}"), shard.to_string().as_bytes())));
        read(all)
    };
    let (one, two) = (1_790_003_600, 1_790_013_600);
    let got = with(&[shard(1, 2, json!("18446744073709551615"), two), shard(0, 2, json!(u64::MAX), one)]).unwrap();
    assert_eq!(got.slots.len(), 2);
    for (shards, name, field, problem) in [
        (
            vec![shard(1, 2, json!(7), one)],
            "a0",
            "metadata.total_shards",
            "expected 2 shards, but shard 0 is not there",
        ),
        (
            vec![shard(0, 2, json!(7), one), shard(1, 2, json!("8"), two)],
            "a1",
            "metadata.nonce",
            "expected 7, as in a0, found 8: all shards of a feed say the same",
        ),
        (
            vec![shard(0, 2, json!(7), one), shard(0, 2, json!(7), two)],
            "a1",
            "metadata.shard_number",
            "shard 0 stands in a0 already",
        ),
        (
            vec![shard(0, 2, json!(7), one), shard(1, 3, json!(7), two)],
            "a1",
            "metadata.total_shards",
            "expected 2, as in a0, found 3: all shards of a feed say the same",
        ),
        (vec![shard(2, 2, json!(7), one)], "a0", "metadata.shard_number", "expected 0 to 1, found 2"),
        (
            vec![shard(0, 2, Value::Null, one)],
            "a0",
            "metadata.nonce",
            "is missing: expected the number that all shards of the feed share",
        ),
        (
            vec![shard(0, 1, json!(-7), one)],
            "a0",
            "metadata.nonce",
            "expected an unsigned 64-bit number, in quotes or not, found -7",
        ),
    ] {
        let invalid = with(&shards).unwrap_err();
        let place = (invalid.file.as_str(), invalid.field.as_deref(), invalid.problem.as_str());
        assert_eq!(place, (name, Some(field), problem));
    }
    let same = with(&[shard(0, 2, json!(7), one), shard(1, 2, json!(7), one)]).unwrap_err();
    assert!(same.file == "a1" && same.problem.starts_with("stands twice"), "{same}");
}

#[test]
fn bk_7_2_metadata_and_envelope_are_what_they_should_be() {
    for (feed, pointer, value, problem) in [
        (0, "/metadata", Value::Null, "merchants.json (merchant feed): metadata: is missing: expected an object"),
        (
            0,
            "/metadata/total_shards",
            json!(0),
            "metadata.total_shards: expected a whole number from 1 to 2147483647, found 0",
        ),
        (
            1,
            "/metadata/processing_instruction",
            json!("PROCESS_AS_INCREMENTAL"),
            "metadata.processing_instruction: expected PROCESS_AS_COMPLETE: only whole feeds are loaded",
        ),
        (
            1,
            "/metadata/generation_timestamp",
            Value::Null,
            "metadata.generation_timestamp: is missing: expected a whole number",
        ),
        (1, "/service_availability", json!([]), "a file holds one feed"),
        (2, "/service_availability", Value::Null, "holds none of merchant, service and service_availability"),
        (2, "/service_availability", json!({}), "expected a list"),
    ] {
        let text = read(files(&changed(feed, pointer, value))).expect_err(pointer).to_string();
        let parts: Vec<_> = problem.split(" (merchant feed): ").collect();
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }
    let [merchants, services, _] = set();
    let two = [merchants, services].map(|feed| file("x", feed.to_string().as_bytes()));
    let text = read(Vec::from(two)).unwrap_err().to_string();
    assert_eq!(text, "feeds: there is no availability feed: expected one with service_availability");
}

#[test]
fn bk_12_files_are_strict_json_to_their_last_byte() {
    let [merchants, services, availability] = set();
    let tampered = [
        (format!("{availability}x"), "trailing characters"),
        (
            availability.to_string().replace("\"spots_open\":1", "\"spots_open\":1,\"spots_open\":1"),
            "duplicate key \"spots_open\"",
        ),
        (availability.to_string().replace("\"start_sec\":1790003600", "\"start_sec\":1790003600,"), "trailing comma"),
        (availability.to_string().replace("\"spots_open\":1", "\"spots_open\":01"), "invalid number"),
        (availability.to_string().replace("]}]}", "]}]"), "EOF while parsing an object"),
        (
            format!(
                "{{\"metadata\":{},\"service_availability\":[{{\"availability\":[],\"availability\":[]}}]}}",
                metadata()
            ),
            "duplicate key \"availability\"",
        ),
        (
            format!("{{\"metadata\":{},\"metadata\":1,\"service_availability\":[]}}", metadata()),
            "duplicate key \"metadata\"",
        ),
        ("[]".to_owned(), "invalid type: sequence, expected a feed"),
        (String::new(), "EOF while parsing a value"),
    ];
    for (text, problem) in tampered {
        let feeds = vec![
            file("m", merchants.to_string().as_bytes()),
            file("s", services.to_string().as_bytes()),
            file("a.json", text.as_bytes()),
        ];
        let invalid = read(feeds).expect_err(&text);
        assert_eq!(invalid.file, "a.json");
        let expected = format!("not strict JSON: {problem}");
        assert!(invalid.problem.starts_with(&expected) && invalid.position.is_some(), "{invalid}");
    }
    let deep = format!("{{\"metadata\":{},\"service_availability\":[{}", metadata(), "[".repeat(500));
    assert!(read(vec![file("deep", deep.as_bytes())]).is_err());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(merchants.to_string().as_bytes()).unwrap();
    let half = gzip.finish().unwrap();
    assert!(read(vec![file("half.gz", &half[..half.len() / 2])]).is_err());
}

#[test]
fn bk_12_unknown_members_are_passed_over_as_deep_as_the_parser_goes() {
    let nested = |depth: usize| serde_json::from_str(&format!("{}{}", "[".repeat(depth), "]".repeat(depth))).unwrap();
    let set = changed(1, "/service/0/newMember", nested(110));
    let words = read(files(&set)).unwrap().services[0].words.clone().unwrap();
    assert!(words.contains("\"new_member\":[[["), "kept to be published again");
}

#[test]
fn bk_12_an_entity_without_end_does_not_fill_the_memory() {
    let long = format!("{{\"metadata\":{},\"merchant\":[{{\"name\":\"{}\"}}]}}", metadata(), "x".repeat(9 << 20));
    let [_, services, availability] = set();
    let mut all = vec![file("long.json", long.as_bytes())];
    all.extend([services, availability].map(|feed| file("x", feed.to_string().as_bytes())));
    let invalid = read(all).unwrap_err();
    assert_eq!(invalid.problem, "cannot be read: one entity of more than 8 MiB");
    assert_eq!((invalid.file.as_str(), invalid.entity.as_deref()), ("long.json", Some("merchant[0]")));
}

#[test]
fn bk_12_aliases_are_taken_with_a_warning_and_never_written() {
    let mut set = set();
    set[0]["merchant"][0].as_object_mut().unwrap().remove("tax_rate");
    set[0]["merchant"][0]["tax_rate_basis_points"] = json!(750);
    set[0]["merchant"][0].as_object_mut().unwrap().remove("tokenization_config");
    set[0]["merchant"][0]["payment_processor_config"] =
        json!({"processor": "PROCESSOR_STRIPE", "public_key": "pk", "version": "2018-02-28"});
    let option = |kind| json!({"payment_option_id": kind, "price": usd("1000000"), "payment_option_type": kind});
    for kind in ["PAYMENT_OPTION_UNLIMITED", "PAYMENT_OPTION_UNLIMITED_USE"] {
        set[0]["merchant"][0]["payment_option"].as_array_mut().unwrap().push(option(kind));
    }
    let massage = set[1]["service"][1].as_object_mut().unwrap();
    massage.remove("localized_service_name");
    massage.insert("name".to_owned(), json!("Massage"));
    massage.insert("scheduling_rules".to_owned(), json!({"min_advance_online_canceling": 86_400}));
    let deposit = massage["deposit"].as_object_mut().unwrap();
    let window = deposit.remove("min_advance_cancellation_sec").unwrap();
    deposit["deposit"]["min_advance_cancellation_sec"] = window;
    let got = read(files(&set)).unwrap();
    let about = |what: &str| got.warnings.iter().filter(|warning| warning.contains(what)).count();
    for warned in [
        "merchant spa-1: tax_rate_basis_points: is outdated: it is called tax_rate",
        "merchant spa-1: payment_processor_config: is outdated: it is called tokenization_config",
        "service spa-1/massage: name: is outdated: it is called localized_service_name",
        "service spa-1/massage: scheduling_rules: is outdated: it is called rules",
        "service spa-1/massage: deposit.deposit.min_advance_cancellation_sec: is misplaced: it belongs to deposit, not to the price in it",
    ] {
        assert_eq!(about(warned), 1, "{warned}: {:?}", got.warnings);
    }
    let (merchant, massage) = (&got.merchants[0], &got.services[1]);
    assert_eq!((merchant.offer.tax_rate.0, merchant.offer.gateway.as_deref()), (7_500_000, Some("stripe")));
    assert_eq!(merchant.offer.options.len(), 3);
    assert_eq!(massage.offer.rules.min_advance_online_canceling_s, Some(86_400));
    assert_eq!(massage.offer.deposit.unwrap().refund_before_s, 14_400);
    let written: Value = serde_json::from_str(&words_of_service(massage)).unwrap();
    assert_eq!(written["rules"]["min_advance_online_canceling"], 86_400);
    assert_eq!(written["localized_service_name"]["value"], "Massage");
    assert_eq!(written["deposit"]["min_advance_cancellation_sec"], "14400");
    for gone in ["scheduling_rules", "name"] {
        assert_eq!(written.get(gone), None, "{gone}");
    }
    assert_eq!(written["deposit"]["deposit"].get("min_advance_cancellation_sec"), None);
    let both = changed(1, "/service/0/scheduling_rules", json!({}));
    let both = read(files(&both)).unwrap();
    assert!(both.warnings.iter().any(|warning| warning.contains("stands beside rules, which counts")));
}

#[test]
fn bk_7_3_cards_that_a_merchant_takes() {
    let takes = |restrictions: Value| {
        let set = changed(0, "/merchant/0/payment_restrictions", restrictions);
        read(files(&set)).map(|got| got.merchants[0].offer.networks.clone())
    };
    let cards = |list: Value| json!({"credit_card_restrictions": {"credit_card_type": list}});
    assert_eq!(takes(cards(json!(["VISA", 2]))), Ok(Some(vec![CardNetwork::Visa, CardNetwork::Mastercard])));
    assert_eq!(takes(cards(json!([]))), Ok(Some(Vec::new())), "an empty list: no card");
    assert_eq!(takes(json!({"credit_card_restrictions": {}})), Ok(Some(Vec::new())));
    assert_eq!(takes(json!({})), Ok(None));
    let invalid = takes(cards(json!(["VISA", "DINERS"]))).unwrap_err();
    assert_eq!(invalid.field.unwrap(), "payment_restrictions.credit_card_restrictions.credit_card_type[1]");
}

#[test]
fn bk_7_5_a_slot_overrides_and_a_recurrence_is_the_slots_that_it_comes_to() {
    let plain = json!({"merchant_id": "spa-1", "service_id": "massage", "start_sec": "1790000000", "duration_sec": "1200",
        "spots_total": "1", "spots_open": "0", "availability_tag": "t1", "confirmation_mode": 1,
        "resources": {"staff_id": "s3", "staff_name": "Sam", "room_id": "", "party_size": 2}, "require_credit_card": 2,
        "duration_requirement": "DO_NOT_SHOW_DURATION", "recurrence": null});
    let mut row = plain.clone();
    row["start_sec"] = json!(1_790_100_000);
    row["recurrence"] = json!({"repeat_every_sec": 1800, "repeat_until_sec": 1_790_107_200});
    row["spots_open"] = json!(1);
    row["schedule_exception"] = json!([{"time_range": {"begin_sec": 1_790_102_400, "end_sec": 1_790_103_600}}]);
    let set = changed(2, "/service_availability/0/availability", json!([plain, row]));
    let got = read(files(&set)).unwrap();
    let first = &got.slots[0].offer;
    assert_eq!((first.id.staff.as_deref(), first.id.room.as_deref(), first.id.party_size), (Some("s3"), None, Some(2)));
    assert_eq!((first.tag.as_deref(), first.confirmation), (Some("t1"), ConfirmationMode::Synchronous));
    assert_eq!(first.overrides.card, Some(CardRequirement::Always));
    assert_eq!(
        got.slots[0].words.as_deref(),
        Some(r#"{"duration_requirement":"DO_NOT_SHOW_DURATION","resources":{"staff_name":"Sam"}}"#)
    );
    let starts: Vec<_> = got.slots[1..].iter().map(|slot| slot.offer.id.start_s - 1_790_100_000).collect();
    // 1800 reaches into the exception, 3600 begins at its end.
    assert_eq!(starts, [0, 3_600, 5_400, 7_200]);
    assert!(got.warnings.iter().any(|warning| warning.ends_with("massage: mixes recurrences with plain slots")));
}

#[test]
fn bk_2_3_zeros_that_proto3_leaves_out_are_zeros() {
    let mut set = set();
    for feed in &mut set {
        feed["metadata"].as_object_mut().unwrap().remove("shard_number").unwrap();
    }
    set[2].pointer_mut(SLOT).unwrap().as_object_mut().unwrap().remove("spots_open").unwrap();
    let slot = read(files(&set)).unwrap().slots.remove(0).offer;
    assert_eq!((slot.spots_total, slot.spots_open), (2, 0), "a full slot");
    set[2].pointer_mut(SLOT).unwrap()["spots_total"] = Value::Null;
    let slot = read(files(&set)).unwrap().slots.remove(0).offer;
    assert_eq!((slot.spots_total, slot.spots_open), (0, 0));
}

#[test]
fn bk_7_9_payments_need_a_processor_and_synchronous_slots_wherever_they_are_asked_for() {
    let mut free = set();
    free[0]["merchant"][0].as_object_mut().unwrap().remove("tokenization_config");
    free[1]["service"] =
        json!([{"merchant_id": "spa-1", "service_id": "full", "localized_service_name": {"value": "F"}}]);
    free[2]["service_availability"][0]["availability"][0]["confirmation_mode"] =
        json!("CONFIRMATION_MODE_ASYNCHRONOUS");
    assert!(read(files(&free)).is_ok(), "another price is no payment");
    let deposit = json!({"deposit": usd("1000000"), "min_advance_cancellation_sec": 0});
    for (field, value) in [
        ("deposit", deposit.clone()),
        ("no_show_fee", json!({"fee": usd("1000000")})),
        ("require_credit_card", json!("REQUIRE_CREDIT_CARD_ALWAYS")),
    ] {
        let mut set = free.clone();
        set[2]["service_availability"][0]["availability"][0][field] = value.clone();
        let invalid = read(files(&set)).unwrap_err();
        assert_eq!(invalid.field.as_deref(), Some(field), "no processor");
        set[0]["merchant"][0]["tokenization_config"] = json!({"tokenization_parameter": {"gateway": "stripe"}});
        let invalid = read(files(&set)).unwrap_err();
        assert_eq!(invalid.field.as_deref(), Some("confirmation_mode"), "{field}");
        set[2]["service_availability"][0]["availability"][0]["confirmation_mode"] = json!(0);
        assert!(read(files(&set)).is_ok(), "{field}");
    }
    let mut pack = free.clone();
    pack[0]["merchant"][0]["payment_option"][0]["payment_option_type"] = json!("PAYMENT_OPTION_UNLIMITED");
    assert_eq!(read(files(&pack)).unwrap_err().field.as_deref(), Some("payment_option_id"), "memberships are bought");
}
