//! Slots to try, from feeds in Google's own format (google-booking-server section 7).

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde_json::{Map, Value, json};

use super::lenient::{self, Int, nullable};
use super::terms::{Case, StatedTerms, TaxRate, Terms};

/// What a feed may inflate to.
const LONGEST_FEED: u64 = 1024 * 1024 * 1024;

/// Why a feed cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The file system refused.
    #[error("{path}: {source}")]
    Read {
        /// The feed.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// Not a feed.
    #[error("{path}: {source}")]
    Parse {
        /// The feed.
        path: PathBuf,
        /// Line and column.
        source: serde_json::Error,
    },
    /// No availability at all.
    #[error("none of the feeds holds slots: name an availability feed (section 7.5)")]
    NoSlots,
}

/// A slot of the feed that can be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) merchant: String,
    pub(super) service: String,
    pub(super) start_s: i64,
    pub(super) duration_s: i64,
    tag: String,
    staff: String,
    room: String,
    party_size: i32,
    mode: String,
}

impl Slot {
    /// `Slot` (section 3.1): nothing that the feed does not say.
    pub(super) fn message(&self) -> Value {
        let mut members = self.time("resources");
        members.insert("merchant_id".to_owned(), json!(self.merchant));
        Value::Object(members)
    }

    /// `SlotTime` (section 3.2).
    pub(super) fn slot_time(&self) -> Value {
        Value::Object(self.time("resource_ids"))
    }

    fn time(&self, resources_name: &str) -> Map<String, Value> {
        let mut members = Map::new();
        members.insert("service_id".to_owned(), json!(self.service));
        members.insert("start_sec".to_owned(), json!(self.start_s.to_string()));
        members.insert("duration_sec".to_owned(), json!(self.duration_s.to_string()));
        let mut resources = Map::new();
        for (name, text) in [("staff_id", &self.staff), ("room_id", &self.room)] {
            if !text.is_empty() {
                resources.insert(name.to_owned(), json!(text));
            }
        }
        if self.party_size != 0 {
            resources.insert("party_size".to_owned(), json!(self.party_size));
        }
        if !resources.is_empty() {
            members.insert(resources_name.to_owned(), Value::Object(resources));
        }
        for (name, text) in [("availability_tag", &self.tag), ("confirmation_mode", &self.mode)] {
            if !text.is_empty() {
                members.insert(name.to_owned(), json!(text));
            }
        }
        members
    }

    /// Whether a booking of it waits for the merchant (section 3.4).
    pub(super) fn is_asynchronous(&self) -> bool {
        self.mode == "CONFIRMATION_MODE_ASYNCHRONOUS"
    }

    /// Whether two slots are of one service, so that a booking can move between them.
    pub(super) fn is_of_the_same_service(&self, other: &Self) -> bool {
        (&self.merchant, &self.service) == (&other.merchant, &other.service)
    }
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Feed {
    #[serde(alias = "serviceAvailability", deserialize_with = "nullable")]
    service_availability: Vec<ServiceAvailability>,
    #[serde(deserialize_with = "nullable")]
    service: Vec<Service>,
    #[serde(deserialize_with = "nullable")]
    merchant: Vec<Merchant>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct ServiceAvailability {
    #[serde(deserialize_with = "nullable")]
    availability: Vec<Availability>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Availability {
    #[serde(alias = "merchantId", deserialize_with = "nullable")]
    merchant_id: String,
    #[serde(alias = "serviceId", deserialize_with = "nullable")]
    service_id: String,
    #[serde(alias = "startSec")]
    start_sec: Int,
    #[serde(alias = "durationSec")]
    duration_sec: Int,
    #[serde(alias = "spotsOpen")]
    spots_open: Int,
    #[serde(alias = "availabilityTag", deserialize_with = "nullable")]
    availability_tag: String,
    #[serde(deserialize_with = "nullable")]
    resources: Resources,
    #[serde(alias = "confirmationMode", deserialize_with = "lenient::confirmation_mode")]
    confirmation_mode: String,
    #[serde(flatten)]
    terms: StatedTerms,
    #[serde(alias = "schedulingRuleOverrides", deserialize_with = "nullable")]
    scheduling_rule_overrides: Overrides,
    recurrence: Option<Value>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Resources {
    #[serde(alias = "staffId", deserialize_with = "nullable")]
    staff_id: String,
    #[serde(alias = "roomId", deserialize_with = "nullable")]
    room_id: String,
    #[serde(alias = "partySize")]
    party_size: Int,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Overrides {
    #[serde(alias = "firstBookableSec")]
    first_bookable_sec: Option<Int>,
    #[serde(alias = "lastBookableSec")]
    last_bookable_sec: Option<Int>,
    #[serde(alias = "lastOnlineCancellableSec")]
    last_online_cancellable_sec: Option<Int>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Service {
    #[serde(alias = "merchantId", deserialize_with = "nullable")]
    merchant_id: String,
    #[serde(alias = "serviceId", deserialize_with = "nullable")]
    service_id: String,
    #[serde(flatten)]
    terms: StatedTerms,
    #[serde(alias = "scheduling_rules", deserialize_with = "nullable")]
    rules: Rules,
}

#[derive(serde::Deserialize, Default, Clone, Copy)]
#[serde(default)]
struct Rules {
    #[serde(alias = "minAdvanceBooking")]
    min_advance_booking: Int,
    #[serde(alias = "minAdvanceOnlineCanceling")]
    min_advance_online_canceling: Int,
}

/// What of a merchant bookings depend on.
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Merchant {
    #[serde(alias = "merchantId", deserialize_with = "nullable")]
    merchant_id: String,
    #[serde(alias = "taxRate")]
    tax_rate: Option<TaxRate>,
}

/// The slots that can be booked and cancelled.
#[derive(Debug)]
pub(super) struct Bookable {
    /// Without any payment: what Google's own client books (section 10.3).
    pub(super) free: Vec<Slot>,
    /// With a payment or a card.
    pub(super) paid: Vec<(Slot, Terms)>,
}

/// The slots of `files` that can be booked and cancelled at `now_s`.
///
/// # Errors
/// A file that cannot be read, or no slots in any.
pub(super) fn bookable(files: &[PathBuf], now_s: i64) -> Result<Bookable, FeedError> {
    let mut offered = Vec::new();
    let mut services: HashMap<(String, String), (Rules, StatedTerms)> = HashMap::new();
    let mut taxes: HashMap<String, TaxRate> = HashMap::new();
    for file in files {
        let feed = read(file)?;
        offered.extend(feed.service_availability.into_iter().flat_map(|service| service.availability));
        for service in feed.service {
            services.insert((service.merchant_id, service.service_id), (service.rules, service.terms));
        }
        taxes.extend(
            feed.merchant.into_iter().map(|merchant| (merchant.merchant_id, merchant.tax_rate.unwrap_or_default())),
        );
    }
    if offered.is_empty() {
        return Err(FeedError::NoSlots);
    }
    let mut found = Bookable { free: Vec::new(), paid: Vec::new() };
    let unheard = Default::default();
    for offered in offered {
        let key = (offered.merchant_id.clone(), offered.service_id.clone());
        let (rules, service) = services.get(&key).unwrap_or(&unheard);
        if !fits(&offered, *rules, now_s) {
            continue;
        }
        let Some(terms) = Terms::of(&offered.terms, service, taxes.get(&offered.merchant_id).copied()) else {
            continue;
        };
        match terms.case {
            Case::Free => found.free.push(slot(offered)),
            Case::Elsewhere => {}
            Case::Prepayment | Case::Deposit | Case::NoShowFee | Case::DepositAndNoShowFee | Case::CreditCard => {
                found.paid.push((slot(offered), terms));
            }
        }
    }
    Ok(found)
}

fn fits(slot: &Availability, rules: Rules, now_s: i64) -> bool {
    let (start, own) = (slot.start_sec.0, &slot.scheduling_rule_overrides);
    let book_by = own.last_bookable_sec.map_or(start.saturating_sub(rules.min_advance_booking.0), |at| at.0);
    let online = start.saturating_sub(rules.min_advance_online_canceling.0);
    let cancel_by = own.last_online_cancellable_sec.map_or(online, |at| at.0);
    slot.spots_open.0 > 0
        && slot.recurrence.is_none()
        && own.first_bookable_sec.is_none_or(|at| at.0 <= now_s)
        // A minute for the test itself.
        && start.min(book_by).min(cancel_by) > now_s.saturating_add(60)
}

fn slot(offered: Availability) -> Slot {
    Slot {
        merchant: offered.merchant_id,
        service: offered.service_id,
        start_s: offered.start_sec.0,
        duration_s: offered.duration_sec.0,
        tag: offered.availability_tag,
        staff: offered.resources.staff_id,
        room: offered.resources.room_id,
        party_size: i32::try_from(offered.resources.party_size.0).unwrap_or_default(),
        mode: offered.confirmation_mode,
    }
}

fn read(path: &Path) -> Result<Feed, FeedError> {
    let failed = |source| FeedError::Read { path: path.to_owned(), source };
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let start = std::io::BufRead::fill_buf(&mut file).map_err(failed)?;
    let zipped = start.starts_with(&[0x1f, 0x8b]);
    let parsed = if zipped {
        serde_json::from_reader(BufReader::new(MultiGzDecoder::new(file).take(LONGEST_FEED)))
    } else {
        serde_json::from_reader(file.take(LONGEST_FEED))
    };
    parsed.map_err(|source| FeedError::Parse { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn written(dir: &Path, name: &str, text: &str) -> PathBuf {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn zipped(dir: &Path, name: &str, text: &str) -> PathBuf {
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zip.write_all(text.as_bytes()).unwrap();
        let path = dir.join(name);
        std::fs::write(&path, zip.finish().unwrap()).unwrap();
        path
    }

    fn feed(slots: &[Value]) -> String {
        json!({"metadata": {"shard_number": 0}, "service_availability": [{"availability": slots}]}).to_string()
    }

    fn offered(service: &str, start: i64) -> Value {
        json!({"merchant_id": "m", "service_id": service, "start_sec": start, "duration_sec": "60",
               "spots_total": 2, "spots_open": "1"})
    }

    fn with(mut slot: Value, name: &str, value: Value) -> Value {
        slot[name] = value;
        slot
    }

    #[test]
    fn bk_10_3_only_open_future_and_free_slots_are_tried() {
        let dir = tempfile::tempdir().unwrap();
        let slots = [
            offered("free", 10_000),
            offered("prepaid", 10_000),
            offered("strict", 10_000),
            offered("free", 900),
            with(offered("free", 10_001), "spots_open", json!(0)),
            with(offered("free", 10_002), "deposit", json!({})),
            with(offered("free", 10_003), "payment_option_id", json!(["x"])),
            with(offered("free", 10_004), "require_credit_card", json!("REQUIRE_CREDIT_CARD_ALWAYS")),
            with(offered("free", 10_005), "scheduling_rule_overrides", json!({"last_online_cancellable_sec": "1000"})),
            with(offered("free", 10_006), "recurrence", json!({})),
        ];
        let services = json!({"service": [
            {"merchant_id": "m", "service_id": "free", "price": {"price_micros": "1", "currency_code": "USD"}},
            {"merchant_id": "m", "service_id": "prepaid", "prepayment_type": "REQUIRED"},
            {"merchant_id": "m", "service_id": "strict", "rules": {"min_advance_online_canceling": "9000"}},
        ]});
        let availability = zipped(dir.path(), "a.json.gz", &feed(&slots));
        let services = written(dir.path(), "s.json", &services.to_string());
        let found = bookable(&[availability.clone(), services], 1_000).unwrap();
        let free: Vec<_> = found.free.iter().map(|slot| (slot.service.as_str(), slot.start_s)).collect();
        assert_eq!(free, [("free", 10_000)]);
        let paid: Vec<_> = found.paid.iter().map(|(slot, terms)| (slot.start_s, terms.case)).collect();
        assert_eq!(paid, [(10_000, Case::Prepayment), (10_002, Case::Deposit), (10_004, Case::CreditCard)]);
        assert_eq!(
            bookable(&[availability], 1_000).unwrap().free.len(),
            3,
            "what services say is known from their feed alone"
        );
    }

    #[test]
    fn a_slot_says_nothing_that_the_feed_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let rich = with(offered("s", 9_000), "resources", json!({"staff_id": "a", "staff_name": "A", "party_size": 2}));
        let file =
            written(dir.path(), "a.json", &feed(&[offered("s", 8_000), with(rich, "availability_tag", json!("t"))]));
        let slots = bookable(&[file], 0).unwrap().free;
        assert_eq!(
            slots[0].message(),
            json!({"merchant_id": "m", "service_id": "s", "start_sec": "8000", "duration_sec": "60"})
        );
        assert_eq!(
            slots[1].slot_time(),
            json!({"service_id": "s", "start_sec": "9000", "duration_sec": "60", "availability_tag": "t",
                   "resource_ids": {"staff_id": "a", "party_size": 2}})
        );
    }

    #[test]
    fn bk_2_3_what_a_generator_leaves_out_or_numbers_is_understood() {
        let dir = tempfile::tempdir().unwrap();
        let mut slot = with(offered("s", 9_000), "availability_tag", Value::Null);
        for name in ["resources", "scheduling_rule_overrides", "payment_option_id", "deposit", "require_credit_card"] {
            slot[name] = Value::Null;
        }
        let later = with(slot.clone(), "confirmation_mode", json!(2));
        let mut full = slot.clone();
        full.as_object_mut().unwrap().remove("spots_open");
        let availability = written(dir.path(), "a.json", &feed(&[slot, later, full]));
        let services = json!({"merchant": null, "service": [{"merchant_id": "m", "service_id": "s", "rules": null,
            "prepayment_type": 3, "require_credit_card": 1, "tax_rate": null, "payment_option_id": null}]});
        let services = written(dir.path(), "s.json", &services.to_string());
        let found = bookable(&[availability, services], 0).unwrap();
        assert_eq!((found.free.len(), found.paid.len()), (2, 0), "a slot without spots_open is full");
        assert_eq!(found.free[0].message().get("confirmation_mode"), None);
        assert_eq!(found.free[1].message()["confirmation_mode"], "CONFIRMATION_MODE_ASYNCHRONOUS");
        let bad = written(dir.path(), "b.json", &feed(&[with(offered("s", 1), "confirmation_mode", json!(7))]));
        assert!(bookable(&[bad], 0).unwrap_err().to_string().contains("CONFIRMATION_MODE_SYNCHRONOUS"));
    }

    #[test]
    fn bad_files_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let cut = written(dir.path(), "cut.json", "{\"service_availability\":[");
        assert!(bookable(&[cut], 0).unwrap_err().to_string().contains("cut.json"));
        assert!(bookable(&[dir.path().join("none.json")], 0).unwrap_err().to_string().contains("none.json"));
        let empty = written(dir.path(), "empty.json", "{}");
        assert!(matches!(bookable(&[empty], 0), Err(FeedError::NoSlots)));
    }
}
