//! Writes feeds: the names that Google uses today, and nothing that we only tolerate (google-booking-server sections 7 and
//! 12).

use std::io::{self, Write};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::FeedKind;
use crate::domain::Money;
use crate::domain::catalog::{
    Activation, CardRequirement, ChargeTiming, Deposit, Interval, Merchant, NoShowFee, OptionKind, PaymentOption,
    PaymentOptionId, Prepayment, Published, Service, SlotOffer, TaxRate,
};

/// `FeedMetadata` of one shard (section 7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedHead {
    /// `generation_timestamp`, in seconds since the Unix epoch.
    pub generation: i64,
    /// The same in all shards of a feed, another one in each feed.
    pub nonce: u64,
    /// Which shard, from 0.
    pub shard: u32,
    /// How many there are.
    pub shards: u32,
}

/// One shard of a feed that is being written.
pub struct FeedWriter<W> {
    kind: FeedKind,
    out: W,
    first: bool,
}

impl<W: Write> FeedWriter<W> {
    /// Writes the head.
    pub fn begin(kind: FeedKind, head: FeedHead, mut out: W) -> io::Result<Self> {
        let metadata = json!({
            "processing_instruction": "PROCESS_AS_COMPLETE",
            "shard_number": head.shard,
            "total_shards": head.shards,
            "nonce": head.nonce.to_string(),
            "generation_timestamp": head.generation,
        });
        write!(out, "{{\"metadata\":{metadata},\"{}\":[", kind.envelope())?;
        if kind == FeedKind::Availability {
            out.write_all(b"{\"availability\":[")?;
        }
        Ok(Self { kind, out, first: true })
    }

    /// Writes one entity: see [`words_of_merchant`], [`words_of_service`], [`words_of_slot`].
    pub fn entity(&mut self, words: &str) -> io::Result<()> {
        let between: &[u8] = if std::mem::take(&mut self.first) { b"\n" } else { b",\n" };
        self.out.write_all(between)?;
        self.out.write_all(words.as_bytes())
    }

    /// Writes the end, and gives back what it was written to.
    pub fn finish(mut self) -> io::Result<W> {
        if self.kind == FeedKind::Availability {
            self.out.write_all(b"]}")?;
        }
        self.out.write_all(b"]}\n")?;
        Ok(self.out)
    }
}

/// The descriptor of a set of files, for dropboxes that want one (section 7.1): `….filesetdesc.json`.
pub fn descriptor(kind: FeedKind, generation: i64, files: &[String]) -> String {
    json!({"generation_timestamp": generation, "name": kind.file_name(), "data_file": files}).to_string()
}

/// A merchant as the feed has it.
pub fn words_of_merchant(merchant: &Published<Merchant>) -> Arc<str> {
    merchant.words.clone().unwrap_or_else(|| text(&merchant_members(&merchant.offer)))
}

/// A service as the feed has it.
pub fn words_of_service(service: &Published<Service>) -> Arc<str> {
    service.words.clone().unwrap_or_else(|| text(&service_members(&service.offer)))
}

/// A slot as it stands, with all that was said of it.
pub fn words_of_slot(slot: &Published<SlotOffer>) -> Arc<str> {
    let rest = slot.words.as_deref().map(serde_json::from_str).and_then(Result::ok).unwrap_or_default();
    text(&slot_members(&slot.offer, rest))
}

/// The text of an object.
pub(super) fn text(members: &Map<String, Value>) -> Arc<str> {
    // Names are texts and nothing is written to: it cannot fail.
    serde_json::to_string(members).unwrap_or_default().into()
}

/// The members of a slot that are columns or overrides.
const SAID: [&str; 14] = [
    "merchant_id",
    "service_id",
    "start_sec",
    "duration_sec",
    "spots_total",
    "spots_open",
    "availability_tag",
    "confirmation_mode",
    "payment_option_id",
    "deposit",
    "no_show_fee",
    "require_credit_card",
    "recurrence",
    "schedule_exception",
];

const RULES: [&str; 3] = ["first_bookable_sec", "last_bookable_sec", "last_online_cancellable_sec"];
const RESOURCES: [&str; 3] = ["staff_id", "room_id", "party_size"];

/// What a slot says beside its offer.
pub(super) fn rest_of_slot(members: &Map<String, Value>) -> Option<Arc<str>> {
    let mut rest = Map::new();
    for (name, value) in members {
        let said: &[&str] = match name.as_str() {
            "resources" => &RESOURCES,
            "scheduling_rule_overrides" => &RULES,
            name if value.is_null() || SAID.contains(&name) => continue,
            _ => {
                rest.insert(name.clone(), value.clone());
                continue;
            }
        };
        let Value::Object(inner) = value else { continue };
        let inner = inner.iter().filter(|(name, _)| !said.contains(&name.as_str()));
        let inner: Map<String, Value> = inner.map(|(name, value)| (name.clone(), value.clone())).collect();
        if !inner.is_empty() {
            rest.insert(name.clone(), Value::Object(inner));
        }
    }
    (!rest.is_empty()).then(|| text(&rest))
}

fn slot_members(slot: &SlotOffer, rest: Map<String, Value>) -> Map<String, Value> {
    let mut members = rest;
    let (id, own) = (&slot.id, &slot.overrides);
    put(&mut members, "merchant_id", Some(id.merchant.as_str()));
    put(&mut members, "service_id", Some(id.service.as_str()));
    put(&mut members, "start_sec", Some(id.start_s));
    put(&mut members, "duration_sec", Some(id.duration_s));
    put(&mut members, "spots_total", Some(slot.spots_total));
    put(&mut members, "spots_open", Some(slot.spots_open));
    put(&mut members, "availability_tag", slot.tag.as_deref());
    put(&mut members, "confirmation_mode", Some(slot.confirmation.as_str()));
    let mut resources = inner(&mut members, "resources");
    put(&mut resources, "staff_id", id.staff.as_deref());
    put(&mut resources, "room_id", id.room.as_deref());
    put(&mut resources, "party_size", id.party_size);
    put(&mut members, "resources", (!resources.is_empty()).then_some(resources));
    let mut rules = inner(&mut members, "scheduling_rule_overrides");
    put(&mut rules, "first_bookable_sec", own.first_bookable_s);
    put(&mut rules, "last_bookable_sec", own.last_bookable_s);
    put(&mut rules, "last_online_cancellable_sec", own.last_online_cancellable_s);
    put(&mut members, "scheduling_rule_overrides", (!rules.is_empty()).then_some(rules));
    put(&mut members, "payment_option_id", option_ids(&own.options));
    put(&mut members, "deposit", own.deposit.map(deposit));
    put(&mut members, "no_show_fee", own.no_show_fee.map(no_show_fee));
    put(&mut members, "require_credit_card", own.card.map(CardRequirement::as_str));
    members
}

/// The members of a member that is an object, to be put back.
fn inner(members: &mut Map<String, Value>, name: &str) -> Map<String, Value> {
    match members.remove(name) {
        Some(Value::Object(inner)) => inner,
        Some(_) | None => Map::new(),
    }
}

fn put(members: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        members.insert(name.to_owned(), value.into());
    }
}

fn option_ids(ids: &[PaymentOptionId]) -> Option<Value> {
    (!ids.is_empty()).then(|| ids.iter().map(PaymentOptionId::as_str).collect())
}

fn price(price: Money) -> Value {
    json!({"price_micros": price.micros().to_string(), "currency_code": price.currency().code()})
}

fn deposit(deposit: Deposit) -> Value {
    json!({
        "deposit": price(deposit.amount),
        "min_advance_cancellation_sec": deposit.refund_before_s,
        "deposit_type": deposit.price_type.as_str(),
    })
}

fn no_show_fee(fee: NoShowFee) -> Value {
    json!({"fee": price(fee.amount), "fee_type": fee.price_type.as_str()})
}

fn tax_rate(rate: TaxRate) -> Value {
    json!({"micro_percent": rate.0})
}

fn interval(interval: &Interval) -> Value {
    json!({"begin_sec": interval.start.as_secs(), "end_sec": interval.end.as_secs()})
}

fn payment_option(option: &PaymentOption) -> Value {
    let mut members = Map::new();
    put(&mut members, "payment_option_id", Some(option.id.as_str()));
    put(&mut members, "name", Some(option.name.as_ref()));
    put(&mut members, "price", Some(price(option.price)));
    put(&mut members, "tax_rate", option.tax_rate.map(tax_rate));
    let (kind, sessions) = match option.kind {
        OptionKind::SingleUse => ("PAYMENT_OPTION_SINGLE_USE", None),
        OptionKind::MultiUse { sessions } => ("PAYMENT_OPTION_MULTI_USE", Some(sessions)),
        OptionKind::Unlimited => ("PAYMENT_OPTION_UNLIMITED", None),
    };
    put(&mut members, "payment_option_type", Some(kind));
    put(&mut members, "session_count", sessions);
    put(&mut members, "purchase_interval", option.purchase_interval.as_ref().map(interval));
    put(&mut members, "valid_interval", option.valid_interval.as_ref().map(interval));
    put(&mut members, "valid_duration", option.valid_duration_s);
    let activation = match option.activation {
        Activation::OnPurchase => "ACTIVATION_ON_PURCHASE",
        Activation::OnFirstUse => "ACTIVATION_ON_FIRST_USE",
    };
    put(&mut members, "activation_type", Some(activation));
    if option.new_to_merchant || option.new_to_option {
        let restriction =
            json!({"new_to_merchant": option.new_to_merchant, "new_to_payment_option": option.new_to_option});
        put(&mut members, "user_restriction", Some(restriction));
    }
    Value::Object(members)
}

fn merchant_members(merchant: &Merchant) -> Map<String, Value> {
    let mut members = Map::new();
    put(&mut members, "merchant_id", Some(merchant.id.as_str()));
    put(&mut members, "name", Some(merchant.name.as_ref()));
    put(&mut members, "tax_rate", (merchant.tax_rate.0 > 0).then(|| tax_rate(merchant.tax_rate)));
    if let Some(networks) = &merchant.networks {
        let names: Vec<_> = networks.iter().map(|network| network.as_str()).collect();
        put(
            &mut members,
            "payment_restrictions",
            Some(json!({"credit_card_restrictions": {"credit_card_type": names}})),
        );
    }
    let config = |gateway: &str| json!({"tokenization_parameter": {"gateway": gateway}});
    put(&mut members, "tokenization_config", merchant.gateway.as_deref().map(config));
    if !merchant.options.is_empty() {
        let options: Value = merchant.options.iter().map(payment_option).collect();
        put(&mut members, "payment_option", Some(options));
    }
    members
}

fn service_members(service: &Service) -> Map<String, Value> {
    let mut members = Map::new();
    put(&mut members, "merchant_id", Some(service.merchant.as_str()));
    put(&mut members, "service_id", Some(service.id.as_str()));
    put(&mut members, "localized_service_name", Some(json!({"value": service.name.as_ref()})));
    put(&mut members, "price", service.price.map(price));
    put(&mut members, "tax_rate", service.tax_rate.map(tax_rate));
    let prepayment = match service.prepayment {
        Prepayment::None => "NOT_SUPPORTED",
        Prepayment::Optional => "OPTIONAL",
        Prepayment::Required => "REQUIRED",
    };
    put(&mut members, "prepayment_type", Some(prepayment));
    if let ChargeTiming::Later { before_start_s } = service.charge_timing {
        let terms = json!({"charge_timing": "CHARGE_LATER", "charge_time_before_start_time_sec": before_start_s});
        put(&mut members, "prepayment_terms", Some(terms));
    }
    let mut rules = Map::new();
    put(&mut rules, "min_advance_booking", service.rules.min_advance_booking_s);
    put(&mut rules, "min_advance_online_canceling", service.rules.min_advance_online_canceling_s);
    put(&mut members, "rules", (!rules.is_empty()).then_some(rules));
    put(&mut members, "payment_option_id", option_ids(&service.options));
    put(&mut members, "deposit", service.deposit.map(deposit));
    put(&mut members, "no_show_fee", service.no_show_fee.map(no_show_fee));
    put(&mut members, "require_credit_card", Some(service.card.as_str()));
    members
}
