//! The payment guide's own examples of service feeds, with the slips that section 12 lists: each is refused with the exact
//! complaint, and taken when the complaint is followed.

use std::fs::File;

use roundtrip::protocol::booking_feeds::{FeedError, FeedFile, FeedTotals, Feeds};
use serde_json::{Value, json};

use super::metadata;

const NO_SHOW: &str = include_str!("guide/no-show-service.json");
const PREPAYMENT: &str = include_str!("guide/prepayment-service.json");
const DEPOSIT: &str = include_str!("guide/deposit-service.json");

/// Reads a service feed beside a merchant that fits it.
fn read(service: &str) -> Result<FeedTotals, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        FeedFile { name: name.to_owned(), file: File::open(folder.path().join(name)).unwrap() }
    };
    let merchant = json!({"merchant_id": "merchant-1", "name": "Tours", "telephone": "+1", "category": "tours", "geo": {},
        "tokenization_config": {"tokenization_parameter": {"gateway": "stripe"}}});
    let feed = |name: &str, entities: Value| json!({"metadata": metadata(1_524_606_581), name: entities}).to_string();
    let files = vec![
        file("services.json", service),
        file("merchants.json", &feed("merchant", json!([merchant]))),
        file("availability.json", &feed("service_availability", json!([]))),
    ];
    let feeds = Feeds::survey(files).map_err(|invalid| invalid.to_string())?;
    feeds.read(|_| true).map_err(|error: FeedError| error.to_string())
}

/// What is wrong, and how it is put right.
type Repair = (&'static str, &'static str, &'static str);

/// Follows one complaint after the other; answers the warnings in the end.
fn followed(text: &str, repairs: &[Repair]) -> Vec<String> {
    let mut text = text.to_owned();
    for (complaint, wrong, right) in repairs {
        assert_eq!(read(&text).unwrap_err(), format!("services.json (service feed), {complaint}"));
        assert_eq!(text.matches(wrong).count(), 1, "{wrong}");
        text = text.replace(wrong, right);
    }
    let warnings = read(&text).unwrap().warnings;
    assert_eq!(warnings.more, 0);
    warnings.first.iter().map(ToString::to_string).filter(|warning| !warning.contains("availability")).collect()
}

#[test]
fn bk_12_the_guide_s_prepayment_example_lacks_a_comma() {
    let warnings = followed(
        PREPAYMENT,
        &[(
            "line 18 column 7: service[0]: not strict JSON: expected `,` or `}`",
            "}\n      \"prepayment_type\"",
            "},\n      \"prepayment_type\"",
        )],
    );
    let expected = [
        "services.json: service merchant-1/service-1: name: is outdated: it is called localized_service_name",
        "services.json: service merchant-1/service-1: description: is outdated: it is called localized_description",
    ];
    assert_eq!(warnings, expected);
}

#[test]
fn bk_12_the_guide_s_no_show_example_lacks_commas_and_has_one_too_many() {
    let warnings = followed(
        NO_SHOW,
        &[
            (
                "line 17 column 7: service[0]: not strict JSON: expected `,` or `}`",
                "}\n      \"scheduling_rules\"",
                "},\n      \"scheduling_rules\"",
            ),
            ("line 19 column 7: service[0]: not strict JSON: trailing comma", "86400,", "86400"),
            (
                "line 20 column 7: service[0]: not strict JSON: expected `,` or `}`",
                "}\n      \"no_show_fee\"",
                "},\n      \"no_show_fee\"",
            ),
        ],
    );
    let expected = [
        "services.json: service merchant-1/service-1: scheduling_rules: is outdated: it is called rules",
        "services.json: service merchant-1/service-1: name: is outdated: it is called localized_service_name",
    ];
    assert_eq!(warnings, expected);
}

#[test]
fn bk_12_the_guide_s_deposit_example_has_a_bare_word_and_a_misplaced_member() {
    let warnings = followed(
        DEPOSIT,
        &[
            ("line 23 column 28: service[0]: not strict JSON: expected value", ": USD,", ": \"USD\","),
            ("line 25 column 9: service[0]: not strict JSON: trailing comma", "14400,", "14400"),
            (
                "line 26 column 9: service[0]: not strict JSON: expected `,` or `}`",
                "}\n        \"deposit_type\"",
                "},\n        \"deposit_type\"",
            ),
        ],
    );
    let expected = [
        "services.json: service merchant-1/service-1: scheduling_rules: is outdated: it is called rules",
        "services.json: service merchant-1/service-1: name: is outdated: it is called localized_service_name",
        "services.json: service merchant-1/service-1: deposit.deposit.min_advance_cancellation_sec: is misplaced: it belongs \
         to deposit, not to the price in it",
    ];
    assert_eq!(warnings, expected);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = File::open(folder.path()).unwrap();
    let invalid = Feeds::survey(vec![FeedFile { name: "a-folder".to_owned(), file }]).unwrap_err();
    assert!(invalid.to_string().starts_with("a-folder: cannot be read: "), "{invalid}");
}
