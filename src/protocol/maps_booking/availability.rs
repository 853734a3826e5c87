//! `availability:replace` of one service (google-booking-server section 8.5).
//!
//! A replacement is a slot's whole word: what the feed said of it and this leaves out, Google forgets. So the feed's own
//! words are said again in the names of this API (`words.rs`).

use serde_json::{Map, Value, json};

use super::patch::duration;
use super::words::Words;
use crate::domain::catalog::{
    Deposit, MerchantId, NoShowFee, Overrides, PaymentOptionId, Published, ServiceId, SlotId, SlotOffer,
};
use crate::domain::{Money, Timestamp};

/// All slots of a service that begin in `[start_s, end_s)`, full ones too: what is not listed is deleted at Google.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceWindow {
    /// Whose service.
    pub merchant: MerchantId,
    /// Which.
    pub service: ServiceId,
    /// The window's begin, in seconds since the Unix epoch.
    pub start_s: i64,
    /// The first second after it.
    pub end_s: i64,
    /// What there is, with what the feed says beside the offer.
    pub slots: Vec<Published<SlotOffer>>,
}

impl ServiceWindow {
    pub(super) fn body(&self) -> Value {
        json!({"serviceAvailability": {
            "startTimeRestrict": Timestamp::from_secs(self.start_s).to_utc(),
            "endTimeRestrict": Timestamp::from_secs(self.end_s).to_utc(),
            "availability": self.slots.iter().map(availability).collect::<Vec<_>>(),
        }})
    }
}

fn availability(published: &Published<SlotOffer>) -> Value {
    let slot = &published.offer;
    let words = Words::read(published.words.as_deref());
    let mut members = words.members();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            members.insert(name.to_owned(), value);
        }
    };
    put("startTime", Some(json!(Timestamp::from_secs(slot.id.start_s).to_utc())));
    put("duration", Some(json!(duration(slot.id.duration_s))));
    put("spotsTotal", Some(json!(slot.spots_total.to_string())));
    put("spotsOpen", Some(json!(slot.spots_open.to_string())));
    put("availabilityTag", slot.tag.as_ref().map(|tag| json!(tag.as_ref())));
    put("resources", resources(&slot.id, words.resources()));
    put("confirmationMode", Some(json!(slot.confirmation.as_str())));
    let own = &slot.overrides;
    let options: Vec<_> = own.options.iter().map(PaymentOptionId::as_str).collect();
    put("paymentOptionId", (!options.is_empty()).then(|| json!(options)));
    put("deposit", own.deposit.map(deposit));
    put("noShowFee", own.no_show_fee.map(no_show_fee));
    put("requireCreditCard", own.card.map(|card| json!(card.as_str())));
    put("schedulingRuleOverrides", scheduling_rules(own));
    Value::Object(members)
}

fn resources(id: &SlotId, names: Map<String, Value>) -> Option<Value> {
    let mut members = names;
    members.extend(id.staff.as_ref().map(|staff| ("staffId".to_owned(), json!(staff.as_ref()))));
    members.extend(id.room.as_ref().map(|room| ("roomId".to_owned(), json!(room.as_ref()))));
    // An int32: a number.
    members.extend(id.party_size.map(|size| ("partySize".to_owned(), json!(size))));
    (!members.is_empty()).then_some(Value::Object(members))
}

fn price(amount: Money) -> Value {
    json!({"priceMicros": amount.micros().to_string(), "currencyCode": amount.currency().code()})
}

fn deposit(deposit: Deposit) -> Value {
    json!({
        "deposit": price(deposit.amount),
        "minAdvanceCancellationSec": deposit.refund_before_s.to_string(),
        "depositType": deposit.price_type.as_str(),
    })
}

fn no_show_fee(fee: NoShowFee) -> Value {
    json!({"fee": price(fee.amount), "feeType": fee.price_type.as_str()})
}

fn scheduling_rules(own: &Overrides) -> Option<Value> {
    let mut members = Map::new();
    let rules = [
        ("firstBookableSec", own.first_bookable_s),
        ("lastBookableSec", own.last_bookable_s),
        ("lastOnlineCancellableSec", own.last_online_cancellable_s),
    ];
    members.extend(rules.into_iter().filter_map(|(name, rule)| Some((name.to_owned(), json!(rule?.to_string())))));
    (!members.is_empty()).then_some(Value::Object(members))
}
