//! Prices, fees, deposits and payment options (google-booking-server sections 3.8 to 3.10, 3.14 and 7.7).

use serde_json::Value;

use super::fields::{Complaint, Fields, Taken, missing, object, shown};
use crate::domain::catalog::{
    Activation, CardRequirement, Deposit, Interval, LAST_SECOND, LONGEST_S, NoShowFee, OptionKind, PaymentOption,
    PaymentOptionId, PriceType, TaxRate,
};
use crate::domain::{Currency, Money, Timestamp};

/// What may be no more than proto3's `int32`.
pub(super) const MOST_SMALL: i64 = i32::MAX as i64;

const PRICE_TYPES: [(&str, i64, PriceType); 2] =
    [("FIXED_RATE_DEFAULT", 0, PriceType::Fixed), ("PER_PERSON", 1, PriceType::PerPerson)];

const CARDS: [(&str, i64, Option<CardRequirement>); 3] = [
    ("REQUIRE_CREDIT_CARD_UNSPECIFIED", 0, None),
    ("REQUIRE_CREDIT_CARD_CONDITIONAL", 1, Some(CardRequirement::Conditional)),
    ("REQUIRE_CREDIT_CARD_ALWAYS", 2, Some(CardRequirement::Always)),
];

/// `Price`: positive, and whole in the currency's minor unit (section 7.9).
pub(super) fn price(fields: Fields<'_>) -> Taken<Money> {
    let micros = fields.required_integer("price_micros", i64::MIN..=i64::MAX)?;
    let code = fields.required_text("currency_code")?;
    let currency = Currency::parse(code).map_err(|why| Complaint::new("currency_code", why))?;
    Money::payable(micros, currency).map_err(|why| Complaint::new("price_micros", why))
}

/// `tax_rate`.
pub(super) fn tax_rate(fields: Fields<'_>) -> Taken<Option<TaxRate>> {
    let rate = fields.nested("tax_rate", |rate| rate.integer("micro_percent", 0..=MOST_SMALL))?;
    Ok(rate.map(|percent| TaxRate(percent.and_then(|percent| u32::try_from(percent).ok()).unwrap_or(0))))
}

/// `require_credit_card`; `None`: it says nothing.
pub(super) fn card(fields: Fields<'_>) -> Taken<Option<CardRequirement>> {
    Ok(fields.choice("require_credit_card", &CARDS)?.flatten())
}

/// `deposit`.
pub(super) fn deposit(fields: Fields<'_>, notes: &mut Vec<Complaint>) -> Taken<Option<Deposit>> {
    const WINDOW: &str = "min_advance_cancellation_sec";
    fields.nested("deposit", |deposit| {
        let amount = deposit.nested("deposit", price)?.ok_or_else(|| missing("deposit", "a price"))?;
        let window = deposit.integer(WINDOW, 0..=LONGEST_S)?;
        if window.is_none() {
            notes.push(Complaint::new(WINDOW, "is missing: the deposit is refunded until the start").within("deposit"));
        }
        let price_type = deposit.choice("deposit_type", &PRICE_TYPES)?.unwrap_or_default();
        Ok(Deposit { amount, refund_before_s: window.unwrap_or(0), price_type })
    })
}

/// `no_show_fee`.
pub(super) fn no_show_fee(fields: Fields<'_>) -> Taken<Option<NoShowFee>> {
    fields.nested("no_show_fee", |fee| {
        let amount = fee.nested("fee", price)?.ok_or_else(|| missing("fee", "a price"))?;
        Ok(NoShowFee { amount, price_type: fee.choice("fee_type", &PRICE_TYPES)?.unwrap_or_default() })
    })
}

/// `payment_option_id`: ids.
pub(super) fn option_ids(fields: Fields<'_>) -> Taken<Vec<PaymentOptionId>> {
    fields.each("payment_option_id", |id| match id {
        Value::String(id) => PaymentOptionId::parse(id).map_err(|why| Complaint::new("", why)),
        other => Err(Complaint::new("", format!("expected a text, found {}", shown(other)))),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unsaid,
    Single,
    Multi,
    Unlimited,
}

/// Both spellings of the last are Google's own (section 3.14).
const KINDS: [(&str, i64, Kind); 5] = [
    ("PAYMENT_OPTION_TYPE_UNSPECIFIED", 0, Kind::Unsaid),
    ("PAYMENT_OPTION_SINGLE_USE", 1, Kind::Single),
    ("PAYMENT_OPTION_MULTI_USE", 2, Kind::Multi),
    ("PAYMENT_OPTION_UNLIMITED", 3, Kind::Unlimited),
    ("PAYMENT_OPTION_UNLIMITED_USE", 3, Kind::Unlimited),
];

const ACTIVATIONS: [(&str, i64, Activation); 5] = [
    ("ACTIVATION_TYPE_UNSPECIFIED", 0, Activation::OnPurchase),
    ("ACTIVATION_ON_PURCHASE", 1, Activation::OnPurchase),
    ("ACTIVATION_ON_FIRST_USE", 2, Activation::OnFirstUse),
    ("ON_PURCHASE", 1, Activation::OnPurchase),
    ("ON_FIRST_USE", 2, Activation::OnFirstUse),
];

/// One `PaymentOption` of a merchant (section 7.7).
pub(super) fn payment_option(value: &Value) -> Taken<PaymentOption> {
    let fields = object(value)?;
    let id = fields.required_text("payment_option_id")?;
    let sessions = fields.integer("session_count", 0..=MOST_SMALL)?.filter(|sessions| *sessions > 0);
    let kind = match fields.choice("payment_option_type", &KINDS)?.unwrap_or(Kind::Unsaid) {
        Kind::Unsaid => {
            let kinds = "PAYMENT_OPTION_SINGLE_USE, PAYMENT_OPTION_MULTI_USE or PAYMENT_OPTION_UNLIMITED";
            return Err(missing("payment_option_type", kinds));
        }
        Kind::Single => OptionKind::SingleUse,
        Kind::Multi => OptionKind::MultiUse {
            sessions: sessions
                .and_then(|sessions| u32::try_from(sessions).ok())
                .filter(|sessions| *sessions > 1)
                .ok_or_else(|| Complaint::new("session_count", "expected more than 1 for a pack"))?,
        },
        Kind::Unlimited => OptionKind::Unlimited,
    };
    let restriction = |name| {
        let said = fields.nested("user_restriction", |restriction| restriction.flag(name));
        said.map(Option::unwrap_or_default)
    };
    Ok(PaymentOption {
        id: PaymentOptionId::parse(id).map_err(|why| Complaint::new("payment_option_id", why))?,
        name: fields.text("name")?.unwrap_or(id).into(),
        price: fields.nested("price", price)?.ok_or_else(|| missing("price", "a price"))?,
        tax_rate: tax_rate(fields)?,
        kind,
        purchase_interval: fields.nested("purchase_interval", interval)?,
        valid_interval: fields.nested("valid_interval", interval)?,
        valid_duration_s: seconds(fields, "valid_duration")?,
        activation: fields.choice("activation_type", &ACTIVATIONS)?.unwrap_or_default(),
        new_to_merchant: restriction("new_to_merchant")?,
        new_to_option: restriction("new_to_payment_option")?,
    })
}

/// A time range. An end that is not said is the end of time.
fn interval(fields: Fields<'_>) -> Taken<Interval> {
    let at = |name| fields.integer(name, 0..=LAST_SECOND);
    let start = at("begin_sec")?.or(at("start_sec")?).unwrap_or(0);
    let end = at("end_sec")?.unwrap_or(LAST_SECOND);
    if start >= end {
        return Err(Complaint::new("end_sec", "expected a time after begin_sec"));
    }
    Ok(Interval { start: Timestamp::from_secs(start), end: Timestamp::from_secs(end) })
}

/// A length of time: seconds, or a duration such as `3600s`.
pub(super) fn seconds(fields: Fields<'_>, name: &str) -> Taken<Option<i64>> {
    match fields.get(name) {
        Some(Value::String(text)) if text.ends_with('s') => {
            let whole = text.trim_end_matches('s').parse().ok().filter(|seconds| (0..=LONGEST_S).contains(seconds));
            let wanted = || Complaint::new(name, format!("expected a duration in whole seconds, found {text:?}"));
            whole.map(Some).ok_or_else(wanted)
        }
        Some(Value::Object(_)) => {
            Ok(fields.nested(name, |duration| duration.integer("seconds", 0..=LONGEST_S))?.flatten())
        }
        _ => fields.integer(name, 0..=LONGEST_S),
    }
}
