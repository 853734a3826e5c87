//! The inventory that is booked: merchants with ten services each, half of them paid on arrival and half of them ahead;
//! their feeds, and what Google asks about them.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::calls::Kind;

/// Services of a merchant.
const SERVICES: u64 = 10;
/// Slots of a service, if there are enough.
const SLOTS_EACH: u64 = 1_000;
/// From one slot of a service to the next, and how long each takes.
const EVERY_S: i64 = 1_800;
/// Spots of a slot: one booking leaves it open.
const SPOTS: u64 = 2;
/// Slots that one lookup asks about.
pub(super) const LOOKED_UP: u64 = 10;

/// The feeds' files, as `booking.feeds` names them.
pub(super) const FEEDS: [&str; 3] = ["merchants.json", "services.json", "availability.json"];

/// Merchants, services and slots.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shop {
    merchants: u64,
    /// Slots of each service.
    each: u64,
    first_s: i64,
}

impl Shop {
    /// With about so many slots, the first of them some days after `now_s`.
    pub(super) fn of(slots: u64, now_s: i64) -> Self {
        let merchants = (slots / (SERVICES * SLOTS_EACH)).max(1);
        Self { merchants, each: (slots / (merchants * SERVICES)).max(1), first_s: now_s + 3 * 86_400 }
    }

    /// How many slots there are.
    pub(super) const fn slots(&self) -> u64 {
        self.merchants * SERVICES * self.each
    }

    /// How many slots are paid on arrival, and as many ahead.
    const fn of_kind(&self) -> u64 {
        self.slots() / 2
    }

    /// Writes the feeds into a folder. Answers their bytes.
    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<u64> {
        let [merchants, services, availability] = FEEDS.map(|name| folder.join(name));
        let merchant = |number| merchant(&merchant_id(number));
        let list: Vec<Value> = (0..self.merchants).map(merchant).collect();
        std::fs::write(&merchants, json!({"metadata": self.metadata(1), "merchant": list}).to_string())?;
        let list: Vec<Value> = (0..self.merchants).flat_map(|m| (0..SERVICES).map(move |s| service(m, s))).collect();
        std::fs::write(&services, json!({"metadata": self.metadata(2), "service": list}).to_string())?;
        self.write_availability(&availability).context("cannot write the feed of availabilities")?;
        [merchants, services, availability].iter().map(|path| Ok(std::fs::metadata(path)?.len())).sum()
    }

    fn write_availability(&self, path: &Path) -> std::io::Result<()> {
        let mut out = BufWriter::new(File::create(path)?);
        write!(out, "{{\"metadata\":{},\"service_availability\":[", self.metadata(3))?;
        for merchant in 0..self.merchants {
            for service in 0..SERVICES {
                out.write_all(if merchant + service == 0 {
                    b"{\"availability\":["
                } else {
                    b",\n{\"availability\":["
                })?;
                for time in 0..self.each {
                    out.write_all(if time == 0 { b"\n" } else { b",\n" })?;
                    write!(
                        out,
                        "{{\"merchant_id\":\"{}\",\"service_id\":\"{}\",\"start_sec\":{},\"duration_sec\":{EVERY_S},\
                         \"spots_total\":{SPOTS},\"spots_open\":{SPOTS},\
                         \"confirmation_mode\":\"CONFIRMATION_MODE_SYNCHRONOUS\"}}",
                        merchant_id(merchant),
                        service_id(service),
                        self.start_s(time)
                    )?;
                }
                out.write_all(b"]}")?;
            }
        }
        out.write_all(b"]}\n")?;
        out.flush()
    }

    fn metadata(&self, feed: u64) -> Value {
        json!({
            "processing_instruction": "PROCESS_AS_COMPLETE",
            "shard_number": 0,
            "total_shards": 1,
            "nonce": feed.to_string(),
            "generation_timestamp": self.first_s - 4 * 86_400,
        })
    }

    const fn start_s(&self, time: u64) -> i64 {
        self.first_s + time as i64 * EVERY_S
    }

    /// BatchAvailabilityLookup of ten slots of one merchant, anywhere.
    pub(super) fn lookup(&self, number: u64) -> String {
        let merchant = merchant_id(scattered(number) % self.merchants);
        let slots: Vec<String> = (0..LOOKED_UP)
            .map(|slot| {
                let at = scattered(number * LOOKED_UP + slot + 1);
                let (service, start) = (service_id(at % SERVICES), self.start_s((at >> 8) % self.each));
                format!("{{\"service_id\":\"{service}\",\"start_sec\":\"{start}\",\"duration_sec\":\"{EVERY_S}\"}}")
            })
            .collect();
        format!("{{\"merchant_id\":\"{merchant}\",\"slot_time\":[{}]}}", slots.join(","))
    }

    /// CreateBooking: every number takes another slot. `None`: there are no more.
    pub(super) fn create(&self, kind: Kind, (run, number): (&str, u64)) -> Option<String> {
        let all = self.of_kind();
        if number >= all {
            return None;
        }
        // Far from the one before; each slot once, because the stride has no divisor in common with their number.
        let at = (u128::from(number) * u128::from(stride(all)) % u128::from(all)) as u64;
        let half = SERVICES / 2;
        let services = self.merchants * half;
        let (service, time) = (at % services, at / services);
        let (merchant, service) = (service / half, service % half);
        let (service, payment) = match kind {
            Kind::Prepaid => (
                service + half,
                format!(
                    "{{\"prepayment_status\":\"PREPAYMENT_PROVIDED\",\"payment_processed_by\":\"PROCESSED_BY_PARTNER\"}},\
                     \"payment_processing_parameters\":{{\"payment_processor\":\"stripe\",\
                     \"unparsed_payment_method_token\":\"{{\\\"id\\\":\\\"tok_{run}{number}\\\",\
                     \\\"object\\\":\\\"token\\\"}}\"}}"
                ),
            ),
            Kind::Arrival | Kind::Lookup => (service, "{\"prepayment_status\":\"PREPAYMENT_NOT_PROVIDED\"}".to_owned()),
        };
        Some(format!(
            "{{\"idempotency_token\":\"{run}-{kind:?}-{number}\",\"slot\":{{\"merchant_id\":\"{}\",\"service_id\":\"{}\",\
             \"start_sec\":\"{}\",\"duration_sec\":\"{EVERY_S}\",\
             \"confirmation_mode\":\"CONFIRMATION_MODE_SYNCHRONOUS\"}},\"user_information\":{{\"user_id\":\"u-{number}\",\
             \"given_name\":\"Ada\",\"family_name\":\"Okoro\",\"telephone\":\"+14155550111\",\
             \"email\":\"ada@example.com\"}},\"payment_information\":{payment}}}",
            merchant_id(merchant),
            service_id(service),
            self.start_s(time),
        ))
    }
}

fn merchant_id(number: u64) -> String {
    format!("merchant-{number:05}")
}

fn service_id(number: u64) -> String {
    format!("service-{number}")
}

fn merchant(id: &str) -> Value {
    json!({
        "merchant_id": id,
        "name": "Quiet Harbor Spa",
        "telephone": "+14155550100",
        "category": "spa",
        "geo": {"latitude": 37.78, "longitude": -122.4, "address": {
            "country": "US", "region": "CA", "locality": "San Francisco", "postal_code": "94103",
            "street_address": "1 Example St",
        }},
        "tax_rate": {"micro_percent": 6_750_000},
        "tokenization_config": {"tokenization_parameter": {"gateway": "stripe", "stripe:version": "2018-02-28"}},
    })
}

fn service(merchant: u64, number: u64) -> Value {
    let mut service = json!({
        "merchant_id": merchant_id(merchant),
        "service_id": service_id(number),
        "localized_service_name": {"value": "Massage"},
        "price": {"price_micros": "200000000", "currency_code": "USD"},
        "rules": {"min_advance_online_canceling": "14400"},
    });
    if number >= SERVICES / 2
        && let Some(members) = service.as_object_mut()
    {
        members.insert("prepayment_type".to_owned(), "REQUIRED".into());
        members.insert("require_credit_card".to_owned(), "REQUIRE_CREDIT_CARD_CONDITIONAL".into());
    }
    service
}

/// The same for the same number, and without order.
const fn scattered(number: u64) -> u64 {
    // The finaliser of SplitMix64.
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn stride(all: u64) -> u64 {
    let common = |mut a: u64, mut b: u64| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    (all * 618 / 1_000 + 1..=2 * all + 1).find(|stride| common(*stride, all) == 1).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_booking_takes_another_slot_and_then_there_are_no_more() {
        let shop = Shop::of(600, 0);
        assert_eq!(shop.slots(), 600);
        let mut seen = HashSet::new();
        for kind in [Kind::Arrival, Kind::Prepaid] {
            for number in 0..300 {
                let body: Value = serde_json::from_str(&shop.create(kind, ("r", number)).unwrap()).unwrap();
                assert!(seen.insert(body["slot"].to_string()), "{body}");
            }
            assert_eq!(shop.create(kind, ("r", 300)), None);
        }
    }

    #[test]
    fn a_lookup_asks_about_ten_slots() {
        let body: Value = serde_json::from_str(&Shop::of(20_000, 0).lookup(7)).unwrap();
        assert_eq!(body["slot_time"].as_array().unwrap().len(), 10);
    }
}
