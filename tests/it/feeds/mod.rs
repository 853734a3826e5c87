//! Google's feeds: the starting guide's examples, loads at the start and over the admin API, and the export
//! (google-booking-server sections 7 and 12).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod api;
mod export;
mod guide;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::harness::Setup;

/// `generation_timestamp` of the set.
const GENERATION: i64 = 1_789_990_000;

fn metadata(generation: i64) -> Value {
    json!({"processing_instruction": "PROCESS_AS_COMPLETE", "shard_number": 0, "total_shards": 1,
        "generation_timestamp": generation})
}

/// A merchant with one service and some slots, of this generation.
fn set(generation: i64, slots: i64) -> [Value; 3] {
    let slot = |number: i64| {
        json!({"merchant_id": "spa-1", "service_id": "full", "start_sec": 1_790_003_600 + number * 3_600,
            "duration_sec": 3_000, "spots_total": 2, "spots_open": 2,
            "resources": {"staff_id": format!("s{number}"), "staff_name": "Sam"}})
    };
    let slots: Vec<_> = (0..slots).map(slot).collect();
    [
        json!({"metadata": metadata(generation), "merchant": [{"merchant_id": "spa-1", "name": "Quiet Harbor Spa",
            "telephone": "+14155550100", "category": "spa", "geo": {"unstructured_address": "1 Example St"},
            "tokenization_config": {"tokenization_parameter": {"gateway": "stripe", "stripe:publishableKey": "pk_test_x"}},
            "terms": {"url": "https://spa.example.com/terms"}}]}),
        json!({"metadata": metadata(generation), "service": [{"merchant_id": "spa-1", "service_id": "full",
            "localized_service_name": {"value": "Full treatment"}, "scheduling_rules": {"min_advance_online_canceling": "14400"},
            "price": {"price_micros": "200000000", "currency_code": "USD"}, "prepayment_type": "REQUIRED"}]}),
        json!({"metadata": metadata(generation), "service_availability": [{"availability": slots}]}),
    ]
}

/// A server with a booking surface, its files in this folder.
fn booking(folder: &Path, feeds: &[PathBuf]) -> Setup {
    let password = folder.join("password");
    std::fs::write(&password, "secret").unwrap();
    Setup::pgp().with(|setup| {
        setup.more = format!(
            "[booking]\nfeeds = {feeds:?}\npartner_id = \"1\"\nrtu_endpoint = \"http://127.0.0.1:9\"\n\
             credentials = [{{ user = \"google\", password_file = \"{}\" }}]\n",
            password.display()
        );
    })
}

/// Writes a set into files.
fn written(folder: &Path, set: &[Value; 3]) -> Vec<PathBuf> {
    let names = ["availability.json", "merchants.json", "services.json"];
    let [merchants, services, availability] = set;
    let feeds = [availability, merchants, services];
    let write = |(name, feed): (&str, &Value)| {
        let path = folder.join(name);
        std::fs::write(&path, feed.to_string()).unwrap();
        path
    };
    names.into_iter().zip(feeds).map(write).collect()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}
