//! Counterparts of merchants, services and overrides, and the rows of slots.

use std::sync::Arc;

use entity::{merchant, service, slot};
use serde::{Deserialize, Serialize};

use super::grouped::Found;
use crate::domain::catalog::{
    Activation, CardNetwork, CardRequirement, ChargeTiming, ConfirmationMode, Deposit, Interval, Merchant, MerchantId,
    NoShowFee, OptionKind, Overrides, PaymentOption, PaymentOptionId, Prepayment, PriceType, Published,
    SchedulingRules, Service, ServiceId, SlotId, SlotKey, SlotOffer, TaxRate,
};
use crate::domain::{Currency, Money, Timestamp};
use crate::storage::{CodecError, StorageError};

/// `[micros, currency]`
#[derive(Serialize, Deserialize)]
struct StoredMoney(i64, String);

impl From<Money> for StoredMoney {
    fn from(money: Money) -> Self {
        Self(money.micros(), money.currency().code().to_owned())
    }
}

impl StoredMoney {
    fn money(&self) -> Result<Money, CodecError> {
        Ok(Money::new(self.0, Currency::parse(&self.1).map_err(invalid)?))
    }
}

fn invalid(why: impl ToString) -> CodecError {
    CodecError(why.to_string())
}

#[derive(Serialize, Deserialize)]
struct StoredDeposit(StoredMoney, i64, bool);

#[derive(Serialize, Deserialize)]
struct StoredFee(StoredMoney, bool);

const fn price_type(per_person: bool) -> PriceType {
    if per_person { PriceType::PerPerson } else { PriceType::Fixed }
}

fn per_person(price_type: PriceType) -> bool {
    price_type == PriceType::PerPerson
}

impl From<Deposit> for StoredDeposit {
    fn from(deposit: Deposit) -> Self {
        Self(deposit.amount.into(), deposit.refund_before_s, per_person(deposit.price_type))
    }
}

impl StoredDeposit {
    fn deposit(&self) -> Result<Deposit, CodecError> {
        Ok(Deposit { amount: self.0.money()?, refund_before_s: self.1, price_type: price_type(self.2) })
    }
}

impl From<NoShowFee> for StoredFee {
    fn from(fee: NoShowFee) -> Self {
        Self(fee.amount.into(), per_person(fee.price_type))
    }
}

impl StoredFee {
    fn fee(&self) -> Result<NoShowFee, CodecError> {
        Ok(NoShowFee { amount: self.0.money()?, price_type: price_type(self.1) })
    }
}

const fn card_name(card: CardRequirement) -> &'static str {
    match card {
        CardRequirement::Conditional => "conditional",
        CardRequirement::Always => "always",
    }
}

fn card(name: &str) -> Result<CardRequirement, CodecError> {
    match name {
        "conditional" => Ok(CardRequirement::Conditional),
        "always" => Ok(CardRequirement::Always),
        other => Err(invalid(format!("{other:?} is no requirement of a card"))),
    }
}

fn option_ids(ids: &[String]) -> Result<Vec<PaymentOptionId>, CodecError> {
    ids.iter().map(|id| PaymentOptionId::parse(id).map_err(invalid)).collect()
}

fn names(ids: &[PaymentOptionId]) -> Vec<String> {
    ids.iter().map(|id| id.as_str().to_owned()).collect()
}

#[derive(Serialize, Deserialize)]
struct StoredOption {
    id: String,
    name: String,
    price: StoredMoney,
    tax: Option<u32>,
    kind: StoredKind,
    purchase: Option<(i64, i64)>,
    valid: Option<(i64, i64)>,
    valid_s: Option<i64>,
    first_use: bool,
    new_to_merchant: bool,
    new_to_option: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredKind {
    Single,
    Multi(u32),
    Unlimited,
}

fn interval((start, end): (i64, i64)) -> Interval {
    Interval { start: Timestamp::from_millis(start), end: Timestamp::from_millis(end) }
}

const fn bounds(interval: &Interval) -> (i64, i64) {
    (interval.start.as_millis(), interval.end.as_millis())
}

impl From<&PaymentOption> for StoredOption {
    fn from(option: &PaymentOption) -> Self {
        Self {
            id: option.id.as_str().to_owned(),
            name: option.name.as_ref().to_owned(),
            price: option.price.into(),
            tax: option.tax_rate.map(|rate| rate.0),
            kind: match option.kind {
                OptionKind::SingleUse => StoredKind::Single,
                OptionKind::MultiUse { sessions } => StoredKind::Multi(sessions),
                OptionKind::Unlimited => StoredKind::Unlimited,
            },
            purchase: option.purchase_interval.as_ref().map(bounds),
            valid: option.valid_interval.as_ref().map(bounds),
            valid_s: option.valid_duration_s,
            first_use: option.activation == Activation::OnFirstUse,
            new_to_merchant: option.new_to_merchant,
            new_to_option: option.new_to_option,
        }
    }
}

impl StoredOption {
    fn option(self) -> Result<PaymentOption, CodecError> {
        Ok(PaymentOption {
            id: PaymentOptionId::parse(&self.id).map_err(invalid)?,
            name: self.name.into(),
            price: self.price.money()?,
            tax_rate: self.tax.map(TaxRate),
            kind: match self.kind {
                StoredKind::Single => OptionKind::SingleUse,
                StoredKind::Multi(sessions) => OptionKind::MultiUse { sessions },
                StoredKind::Unlimited => OptionKind::Unlimited,
            },
            purchase_interval: self.purchase.map(interval),
            valid_interval: self.valid.map(interval),
            valid_duration_s: self.valid_s,
            activation: if self.first_use { Activation::OnFirstUse } else { Activation::OnPurchase },
            new_to_merchant: self.new_to_merchant,
            new_to_option: self.new_to_option,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct StoredMerchant {
    name: String,
    tax: u32,
    networks: Option<Vec<String>>,
    gateway: Option<String>,
    options: Vec<StoredOption>,
    words: Option<String>,
}

fn unwritable(_: serde_json::Error) -> StorageError {
    StorageError::Malformed("a value that cannot be written")
}

fn words(words: Option<&Arc<str>>) -> Option<String> {
    words.map(|words| words.as_ref().to_owned())
}

pub(super) fn merchant_row(generation: i64, of: &Published<Merchant>) -> Result<merchant::Model, StorageError> {
    let Published { offer: merchant, words: said } = of;
    let networks = |networks: &Vec<CardNetwork>| networks.iter().map(|network| network.as_str().to_owned()).collect();
    let body = StoredMerchant {
        name: merchant.name.as_ref().to_owned(),
        tax: merchant.tax_rate.0,
        networks: merchant.networks.as_ref().map(networks),
        gateway: words(merchant.gateway.as_ref()),
        options: merchant.options.iter().map(StoredOption::from).collect(),
        words: words(said.as_ref()),
    };
    let body = serde_json::to_string(&body).map_err(unwritable)?;
    Ok(merchant::Model { generation, merchant_id: merchant.id.as_str().to_owned(), body })
}

pub(super) fn merchant(row: &merchant::Model) -> Result<Published<Merchant>, StorageError> {
    let decode = || -> Result<Published<Merchant>, CodecError> {
        let body: StoredMerchant = serde_json::from_str(&row.body)?;
        let network = |name: String| CardNetwork::parse(&name).ok_or_else(|| invalid(format!("network {name:?}")));
        let networks = body.networks.map(|names| names.into_iter().map(network).collect::<Result<_, _>>());
        let offer = Merchant {
            id: MerchantId::parse(&row.merchant_id).map_err(invalid)?,
            name: body.name.into(),
            tax_rate: TaxRate(body.tax),
            networks: networks.transpose()?,
            gateway: body.gateway.map(Into::into),
            options: body.options.into_iter().map(StoredOption::option).collect::<Result<_, _>>()?,
        };
        Ok(Published { offer, words: body.words.map(Into::into) })
    };
    decode().map_err(|why| StorageError::corrupt("merchants", "body", &row.merchant_id, why))
}

#[derive(Serialize, Deserialize)]
struct StoredService {
    name: String,
    price: Option<StoredMoney>,
    tax: Option<u32>,
    prepayment: String,
    later_s: Option<i64>,
    book_s: Option<i64>,
    cancel_s: Option<i64>,
    options: Vec<String>,
    deposit: Option<StoredDeposit>,
    fee: Option<StoredFee>,
    card: String,
    words: Option<String>,
}

pub(super) fn service_row(generation: i64, of: &Published<Service>) -> Result<service::Model, StorageError> {
    let Published { offer: service, words: said } = of;
    let body = StoredService {
        name: service.name.as_ref().to_owned(),
        price: service.price.map(Into::into),
        tax: service.tax_rate.map(|rate| rate.0),
        prepayment: match service.prepayment {
            Prepayment::None => "none",
            Prepayment::Optional => "optional",
            Prepayment::Required => "required",
        }
        .to_owned(),
        later_s: match service.charge_timing {
            ChargeTiming::Now => None,
            ChargeTiming::Later { before_start_s } => Some(before_start_s),
        },
        book_s: service.rules.min_advance_booking_s,
        cancel_s: service.rules.min_advance_online_canceling_s,
        options: names(&service.options),
        deposit: service.deposit.map(Into::into),
        fee: service.no_show_fee.map(Into::into),
        card: card_name(service.card).to_owned(),
        words: words(said.as_ref()),
    };
    Ok(service::Model {
        generation,
        merchant_id: service.merchant.as_str().to_owned(),
        service_id: service.id.as_str().to_owned(),
        body: serde_json::to_string(&body).map_err(unwritable)?,
    })
}

pub(super) fn service(row: &service::Model) -> Result<Published<Service>, StorageError> {
    let decode = || -> Result<Published<Service>, CodecError> {
        let body: StoredService = serde_json::from_str(&row.body)?;
        let offer = Service {
            merchant: MerchantId::parse(&row.merchant_id).map_err(invalid)?,
            id: ServiceId::parse(&row.service_id).map_err(invalid)?,
            name: body.name.into(),
            price: body.price.map(|price| price.money()).transpose()?,
            tax_rate: body.tax.map(TaxRate),
            prepayment: match body.prepayment.as_str() {
                "none" => Prepayment::None,
                "optional" => Prepayment::Optional,
                "required" => Prepayment::Required,
                other => return Err(invalid(format!("prepayment {other:?}"))),
            },
            charge_timing: match body.later_s {
                Some(before_start_s) => ChargeTiming::Later { before_start_s },
                None => ChargeTiming::Now,
            },
            rules: SchedulingRules {
                min_advance_booking_s: body.book_s,
                min_advance_online_canceling_s: body.cancel_s,
            },
            options: option_ids(&body.options)?,
            deposit: body.deposit.map(|deposit| deposit.deposit()).transpose()?,
            no_show_fee: body.fee.map(|fee| fee.fee()).transpose()?,
            card: card(&body.card)?,
        };
        Ok(Published { offer, words: body.words.map(Into::into) })
    };
    decode().map_err(|why| {
        StorageError::corrupt("services", "body", format!("{}/{}", row.merchant_id, row.service_id), why)
    })
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct StoredOverrides {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deposit: Option<StoredDeposit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fee: Option<StoredFee>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
}

fn overrides_text(of: &Published<SlotOffer>) -> Result<Option<String>, StorageError> {
    let own = &of.offer.overrides;
    if *own == Overrides::default() && of.words.is_none() {
        return Ok(None);
    }
    let stored = StoredOverrides {
        options: names(&own.options),
        deposit: own.deposit.map(Into::into),
        fee: own.no_show_fee.map(Into::into),
        card: own.card.map(|card| card_name(card).to_owned()),
        first_s: own.first_bookable_s,
        last_s: own.last_bookable_s,
        cancel_s: own.last_online_cancellable_s,
        words: words(of.words.as_ref()),
    };
    serde_json::to_string(&stored).map(Some).map_err(unwritable)
}

fn overrides(text: Option<&str>) -> Result<(Overrides, Option<Arc<str>>), CodecError> {
    let Some(text) = text else { return Ok((Overrides::default(), None)) };
    let stored: StoredOverrides = serde_json::from_str(text)?;
    let own = Overrides {
        options: option_ids(&stored.options)?,
        deposit: stored.deposit.map(|deposit| deposit.deposit()).transpose()?,
        no_show_fee: stored.fee.map(|fee| fee.fee()).transpose()?,
        card: stored.card.as_deref().map(card).transpose()?,
        first_bookable_s: stored.first_s,
        last_bookable_s: stored.last_s,
        last_online_cancellable_s: stored.cancel_s,
    };
    Ok((own, stored.words.map(Into::into)))
}

fn small(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(super) fn slot_row(
    generation: i64,
    (key, of): &(SlotKey, Published<SlotOffer>),
) -> Result<slot::Model, StorageError> {
    let (offer, id) = (&of.offer, &of.offer.id);
    let text = |text: &Option<Arc<str>>| words(text.as_ref());
    Ok(slot::Model {
        generation,
        key: key.as_uuid(),
        merchant_id: id.merchant.as_str().to_owned(),
        service_id: id.service.as_str().to_owned(),
        start_s: id.start_s,
        duration_s: id.duration_s,
        staff_id: text(&id.staff),
        room_id: text(&id.room),
        party_size: id.party_size.map(small),
        tag: text(&offer.tag),
        spots_total: small(offer.spots_total),
        spots_open: small(offer.spots_open),
        asynchronous: offer.confirmation == ConfirmationMode::Asynchronous,
        overrides: overrides_text(of)?,
        untold_ms: None,
    })
}

/// A slot as it stands now.
/// A slot whose identity is known, as a lookup finds it.
pub(super) fn offer(id: &SlotId, found: Found) -> Result<SlotOffer, StorageError> {
    let corrupt = |column, why| StorageError::corrupt("slots", column, id.start_s, why);
    let (own, _words) = overrides(found.overrides.as_deref()).map_err(|why| corrupt("overrides", why))?;
    let count = |column, number: i32| u32::try_from(number).map_err(|why| corrupt(column, invalid(why)));
    Ok(SlotOffer {
        id: id.clone(),
        tag: found.tag.map(Into::into),
        spots_total: count("spots_total", found.spots_total)?,
        spots_open: count("spots_open", found.spots_open)?,
        confirmation: confirmation(found.asynchronous),
        overrides: own,
    })
}

const fn confirmation(asynchronous: bool) -> ConfirmationMode {
    if asynchronous { ConfirmationMode::Asynchronous } else { ConfirmationMode::Synchronous }
}

pub(super) fn slot(row: slot::Model) -> Result<Published<SlotOffer>, StorageError> {
    let key = row.key;
    let corrupt = |column, why| StorageError::corrupt("slots", column, key, why);
    let (own, words) = overrides(row.overrides.as_deref()).map_err(|why| corrupt("overrides", why))?;
    let count = |column, number: i32| u32::try_from(number).map_err(|why| corrupt(column, invalid(why)));
    let offer = SlotOffer {
        id: SlotId {
            merchant: MerchantId::parse(&row.merchant_id).map_err(|why| corrupt("merchant_id", invalid(why)))?,
            service: ServiceId::parse(&row.service_id).map_err(|why| corrupt("service_id", invalid(why)))?,
            start_s: row.start_s,
            duration_s: row.duration_s,
            staff: row.staff_id.map(Into::into),
            room: row.room_id.map(Into::into),
            party_size: row.party_size.map(|size| count("party_size", size)).transpose()?,
        },
        tag: row.tag.map(Into::into),
        spots_total: count("spots_total", row.spots_total)?,
        spots_open: count("spots_open", row.spots_open)?,
        confirmation: confirmation(row.asynchronous),
        overrides: own,
    };
    Ok(Published { offer, words })
}
