//! Feeds to begin with: a spa that shows every way of paying, and a salon that takes no cards (google-booking-server
//! sections 6.2 and 7).

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::domain::Timestamp;
use crate::sandbox::SandboxError;

/// How many days ahead there are slots: what Google asks for (section 7.1).
const DAYS: i64 = 30;
const HOUR: i64 = 3_600;
/// When slots begin, in seconds of the UTC day.
const TIMES: [i64; 5] = [9 * HOUR, 10 * HOUR + 1_800, 13 * HOUR, 14 * HOUR + 1_800, 17 * HOUR];

/// Where the feeds were written.
#[derive(Debug, Clone)]
pub struct ExampleFeeds {
    /// Merchants.
    pub merchants: PathBuf,
    /// Services.
    pub services: PathBuf,
    /// Availability.
    pub availability: PathBuf,
}

impl ExampleFeeds {
    /// In the order in which feeds are loaded.
    pub fn files(&self) -> Vec<PathBuf> {
        vec![self.merchants.clone(), self.services.clone(), self.availability.clone()]
    }
}

/// Writes the example feeds into `dir`, with slots from `now` on: every ten minutes for two hours, so that one can be
/// seen to begin, and five a day for thirty days. Files that are there are replaced.
///
/// # Errors
/// The files cannot be written.
pub fn write_example_feeds(dir: &Path, now: Timestamp) -> Result<ExampleFeeds, SandboxError> {
    let write = |name: &str, entities: Value| {
        let path = dir.join(name);
        let failed = |source| SandboxError::File { path: path.clone(), source };
        std::fs::create_dir_all(dir).map_err(failed)?;
        std::fs::write(&path, format!("{entities:#}\n")).map_err(failed)?;
        Ok::<_, SandboxError>(path)
    };
    let availability = json!([{"availability": availability(now)}]);
    Ok(ExampleFeeds {
        merchants: write("merchants.json", json!({"metadata": metadata(1, now), "merchant": merchants()}))?,
        services: write("services.json", json!({"metadata": metadata(2, now), "service": services()}))?,
        availability: write(
            "availability.json",
            json!({"metadata": metadata(3, now), "service_availability": availability}),
        )?,
    })
}

fn metadata(feed: i64, now: Timestamp) -> Value {
    json!({
        "processing_instruction": "PROCESS_AS_COMPLETE", "shard_number": 0, "total_shards": 1,
        "nonce": (now.as_secs().saturating_mul(10).saturating_add(feed)).to_string(),
        "generation_timestamp": now.as_secs(),
    })
}

fn usd(cents: i64) -> Value {
    json!({"price_micros": (cents * 10_000).to_string(), "currency_code": "USD"})
}

fn merchants() -> Value {
    let address = |street: &str| {
        json!({"latitude": 37.78, "longitude": -122.4, "address": {"country": "US", "region": "CA",
               "locality": "San Francisco", "postal_code": "94103", "street_address": street}})
    };
    json!([
        {
            "merchant_id": "harbor-spa", "name": "Quiet Harbor Spa", "telephone": "+14155550100",
            "url": "https://spa.example.com", "category": "spa", "geo": address("1 Example St"),
            "tax_rate": {"micro_percent": 6_750_000},
            "tokenization_config": {
                "tokenization_parameter": {
                    "gateway": "stripe", "stripe:version": "2018-02-28", "stripe:publishableKey": "pk_test_sandbox",
                },
                "billing_information_format": "MIN", "merchant_of_record_name": "Quiet Harbor Spa",
                "payment_country_code": "US",
            },
            "payment_option": [
                {"payment_option_id": "evening-60", "name": "Evening price", "price": usd(6_000),
                 "payment_option_type": "PAYMENT_OPTION_SINGLE_USE"},
                {"payment_option_id": "yoga-pack-5", "name": "Five classes", "price": usd(10_000),
                 "payment_option_type": "PAYMENT_OPTION_MULTI_USE", "session_count": 5,
                 "activation_type": "ACTIVATION_ON_PURCHASE"},
            ],
            "terms": {"url": "https://spa.example.com/terms"},
        },
        {
            "merchant_id": "corner-salon", "name": "Corner Salon", "telephone": "+14155550177",
            "url": "https://salon.example.com", "category": "hair salon", "geo": address("7 Example St"),
        },
    ])
}

fn services() -> Value {
    let service = |merchant: &str, id: &str, name: &str, cents: i64, more: Value| {
        let mut service = json!({
            "merchant_id": merchant, "service_id": id, "localized_service_name": {"value": name}, "price": usd(cents),
            "rules": {"min_advance_booking": "60", "min_advance_online_canceling": "3600"},
        });
        if let (Some(members), Value::Object(more)) = (service.as_object_mut(), more) {
            members.extend(more);
        }
        service
    };
    let deposit = json!({"deposit": usd(2_500), "min_advance_cancellation_sec": "14400",
                         "deposit_type": "FIXED_RATE_DEFAULT"});
    let fee = json!({"fee": usd(3_000), "fee_type": "FIXED_RATE_DEFAULT"});
    let spa = "harbor-spa";
    json!([
        service("corner-salon", "cut", "Haircut (pay on arrival)", 4_500, json!({})),
        service(spa, "massage", "Massage (pay on arrival)", 9_000, json!({})),
        service(
            spa,
            "full",
            "Full treatment (prepayment)",
            20_000,
            json!({
                "prepayment_type": "REQUIRED", "require_credit_card": "REQUIRE_CREDIT_CARD_CONDITIONAL",
                "rules": {"min_advance_online_canceling": "14400"},
            })
        ),
        service(spa, "facial", "Facial (no-show fee)", 8_000, json!({"no_show_fee": fee})),
        service(
            spa,
            "couples",
            "Massage for two (deposit)",
            18_000,
            json!({
                "deposit": deposit, "rules": {"min_advance_online_canceling": "86400"},
            })
        ),
        service(
            spa,
            "retreat",
            "Day retreat (deposit charged later)",
            30_000,
            json!({
                "deposit": deposit,
                "prepayment_terms": {"charge_timing": "CHARGE_LATER", "charge_time_before_start_time_sec": "86400"},
            })
        ),
        service(
            spa,
            "consultation",
            "Consultation (card required)",
            2_000,
            json!({
                "require_credit_card": "REQUIRE_CREDIT_CARD_ALWAYS",
            })
        ),
        service(
            spa,
            "yoga",
            "Yoga class (single or pack of five)",
            2_500,
            json!({"payment_option_id": ["yoga-pack-5"]})
        ),
    ])
}

/// Service, length in seconds, spots, and whether it also has slots within the next hours.
const OFFERED: [(&str, &str, i64, i64, bool); 8] = [
    ("corner-salon", "cut", 2_700, 2, true),
    ("harbor-spa", "massage", 3_600, 1, true),
    ("harbor-spa", "full", 5_400, 2, false),
    ("harbor-spa", "facial", 3_600, 2, true),
    ("harbor-spa", "couples", 3_600, 1, true),
    ("harbor-spa", "retreat", 5_400, 4, false),
    ("harbor-spa", "consultation", 1_800, 1, false),
    ("harbor-spa", "yoga", 3_600, 12, false),
];

fn availability(now: Timestamp) -> Vec<Value> {
    let tomorrow = now.as_secs().div_euclid(86_400) * 86_400 + 86_400;
    let next = now.as_secs().div_euclid(600) * 600 + 600;
    let mut slots = Vec::new();
    for (merchant, service, duration, spots, soon) in OFFERED {
        let daily_too = |start: i64| start >= tomorrow && TIMES.contains(&start.rem_euclid(86_400));
        let close = (0..12).map(|number| next + number * 600).filter(|start| soon && !daily_too(*start));
        let daily = (0..DAYS).flat_map(|day| TIMES.map(|time| tomorrow + day * 86_400 + time));
        for start in close.chain(daily) {
            let mut slot = json!({
                "merchant_id": merchant, "service_id": service, "start_sec": start, "duration_sec": duration,
                "spots_total": spots, "spots_open": spots, "confirmation_mode": "CONFIRMATION_MODE_SYNCHRONOUS",
            });
            // The evening's massage has another price (the recipe of section 7.7).
            if service == "massage" && start.rem_euclid(86_400) == 17 * HOUR {
                slot["payment_option_id"] = json!(["evening-60"]);
            }
            slots.push(slot);
        }
    }
    slots
}
