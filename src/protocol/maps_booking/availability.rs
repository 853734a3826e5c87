//! `availability:replace` of one service (google-booking-server section 8.5).

use serde_json::{Map, Value, json};

use super::patch::duration;
use crate::domain::catalog::{
    CardRequirement, ConfirmationMode, Deposit, MerchantId, NoShowFee, Overrides, PaymentOptionId, PriceType,
    ServiceId, SlotId, SlotOffer,
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
    /// What there is.
    pub slots: Vec<SlotOffer>,
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

fn availability(slot: &SlotOffer) -> Value {
    let mut members = Map::new();
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
    put("resources", resources(&slot.id));
    let mode = match slot.confirmation {
        ConfirmationMode::Synchronous => "CONFIRMATION_MODE_SYNCHRONOUS",
        ConfirmationMode::Asynchronous => "CONFIRMATION_MODE_ASYNCHRONOUS",
    };
    put("confirmationMode", Some(json!(mode)));
    let own = &slot.overrides;
    let options: Vec<_> = own.options.iter().map(PaymentOptionId::as_str).collect();
    put("paymentOptionId", (!options.is_empty()).then(|| json!(options)));
    put("deposit", own.deposit.map(deposit));
    put("noShowFee", own.no_show_fee.map(no_show_fee));
    put("requireCreditCard", own.card.map(require_credit_card));
    put("schedulingRuleOverrides", scheduling_rules(own));
    Value::Object(members)
}

fn resources(id: &SlotId) -> Option<Value> {
    let mut members = Map::new();
    members.extend(id.staff.as_ref().map(|staff| ("staffId".to_owned(), json!(staff.as_ref()))));
    members.extend(id.room.as_ref().map(|room| ("roomId".to_owned(), json!(room.as_ref()))));
    // An int32: a number.
    members.extend(id.party_size.map(|size| ("partySize".to_owned(), json!(size))));
    (!members.is_empty()).then_some(Value::Object(members))
}

fn price(amount: Money) -> Value {
    json!({"priceMicros": amount.micros().to_string(), "currencyCode": amount.currency().code()})
}

const fn price_type(price_type: PriceType) -> &'static str {
    match price_type {
        PriceType::Fixed => "FIXED_RATE_DEFAULT",
        PriceType::PerPerson => "PER_PERSON",
    }
}

fn deposit(deposit: Deposit) -> Value {
    json!({
        "deposit": price(deposit.amount),
        "minAdvanceCancellationSec": deposit.refund_before_s.to_string(),
        "depositType": price_type(deposit.price_type),
    })
}

fn no_show_fee(fee: NoShowFee) -> Value {
    json!({"fee": price(fee.amount), "feeType": price_type(fee.price_type)})
}

fn require_credit_card(card: CardRequirement) -> Value {
    json!(match card {
        CardRequirement::Conditional => "REQUIRE_CREDIT_CARD_CONDITIONAL",
        CardRequirement::Always => "REQUIRE_CREDIT_CARD_ALWAYS",
    })
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
