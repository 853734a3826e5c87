//! The conformance runner: an honest server passes, and every kind of lie is found (google-booking-server section 10.3).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod command;
mod lies;
mod ours;
mod payments;
mod server;

use std::path::{Path, PathBuf};

use roundtrip::certify::{CertifyOptions, certify};
use roundtrip::domain::Timestamp;
use serde_json::{Value, json};

use server::{BookingServer, Lie, PASSWORD, USER};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

/// Six slots of two services, one of them with everything a slot can say, and one that takes a deposit.
fn feed(dir: &Path, now_s: i64) -> PathBuf {
    let day = now_s + 86_400;
    let slot = |service: &str, start: i64| {
        json!({"merchant_id": "spa-1", "service_id": service, "start_sec": start, "duration_sec": 1800,
               "spots_total": "3", "spots_open": "2"})
    };
    let mut rich = slot("cut", day + 7_200);
    rich["availability_tag"] = json!("tag-1");
    rich["resources"] = json!({"staff_id": "s3", "staff_name": "Kim", "party_size": 2});
    rich["confirmation_mode"] = json!("CONFIRMATION_MODE_SYNCHRONOUS");
    let mut deposit = slot("cut", day + 9_000);
    deposit["deposit"] = json!({"deposit": {"price_micros": "1", "currency_code": "USD"}});
    let slots = [
        slot("cut", day),
        slot("cut", day + 3_600),
        rich,
        slot("dye", day),
        slot("dye", day + 1_800),
        slot("cut", day + 5_400),
        deposit,
    ];
    let path = dir.join("availability.json");
    let feed = json!({"metadata": {"shard_number": 0}, "service_availability": [{"availability": slots}]});
    std::fs::write(&path, feed.to_string()).unwrap();
    path
}

/// What came of a run: whether it passed, and every line.
struct Run {
    passed: bool,
    lines: Vec<String>,
}

async fn run(lie: Lie) -> Run {
    let dir = tempfile::tempdir().unwrap();
    let server = BookingServer::start(lie);
    let options = CertifyOptions {
        url: server.url(),
        user: USER.to_owned(),
        password: PASSWORD.into(),
        feeds: vec![feed(dir.path(), NOW.as_secs())],
        tokens: None,
        slots: 10,
        seed: 7,
    };
    let mut lines = Vec::new();
    let passed = certify(&options, NOW, &mut |line| lines.push(line.to_owned())).await.unwrap();
    if lie == Lie::None {
        assert_eq!(server.standing(), 0, "nothing stays booked");
    }
    Run { passed, lines }
}

/// Any JSON pointer's value, as text.
fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
