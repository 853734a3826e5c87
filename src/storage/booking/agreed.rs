//! Counterparts of what was agreed: slot, guest, terms, pack.

use uuid::Uuid;

use crate::domain::Timestamp;
use crate::domain::booking::{Agreement, Guest, PackUse, Resumed};
use crate::domain::catalog::{
    Activation, CardNetwork, ConfirmationMode, Deposit, DepositDue, Interval, MerchantId, NoShowFee, OptionKind,
    PaymentOption, PaymentOptionId, PriceType, ServiceId, SlotId, SlotKey, TaxRate, Terms,
};
use crate::domain::{Money, TransactionId};
use crate::storage::CodecError;
use crate::storage::stored::{Stored, members, texts, variants};
use std::sync::Arc;

texts! {
    MerchantId: |id: &MerchantId| id.as_str().to_owned(), MerchantId::parse;
    ServiceId: |id: &ServiceId| id.as_str().to_owned(), ServiceId::parse;
    PaymentOptionId: |id: &PaymentOptionId| id.as_str().to_owned(), PaymentOptionId::parse;
    SlotKey: |key: &SlotKey| key.as_uuid().to_string(), slot_key;
    CardNetwork: |network: &CardNetwork| network.as_str(), network;
}

fn slot_key(text: &str) -> Result<SlotKey, CodecError> {
    Uuid::try_parse(text).map(SlotKey::from_uuid).map_err(|_| CodecError("not the key of a slot".to_owned()))
}

fn network(text: &str) -> Result<CardNetwork, CodecError> {
    CardNetwork::parse(text).ok_or_else(|| CodecError("an unknown card network".to_owned()))
}

/// `micro_percent`.
impl Stored for TaxRate {
    type As = u32;

    fn store(&self) -> u32 {
        self.0
    }

    fn restore(stored: u32) -> Result<Self, CodecError> {
        Ok(Self(stored))
    }
}

variants! {
    ConfirmationMode as StoredConfirmation { Synchronous, Asynchronous, }
    PriceType as StoredPriceType { Fixed, PerPerson, }
    Activation as StoredActivation { OnPurchase, OnFirstUse, }
    OptionKind as StoredOptionKind { SingleUse, MultiUse { sessions: u32 }, Unlimited, }
}

members! {
    SlotId as StoredSlot {
        merchant: MerchantId,
        service: ServiceId,
        start_s: i64,
        duration_s: i64,
        staff: Option<Arc<str>>,
        room: Option<Arc<str>>,
        party_size: Option<u32>,
    }
    Deposit as StoredDeposit {
        amount: Money,
        refund_before_s: i64,
        price_type: PriceType,
    }
    DepositDue as StoredDepositDue {
        deposit: Deposit,
        charged_from_s: Option<i64>,
    }
    NoShowFee as StoredNoShowFee {
        amount: Money,
        price_type: PriceType,
    }
    Interval as StoredInterval {
        #[serde(rename = "start_ms")]
        start: Timestamp,
        #[serde(rename = "end_ms")]
        end: Timestamp,
    }
    PaymentOption as StoredOption {
        id: PaymentOptionId,
        name: Arc<str>,
        price: Money,
        tax_rate: Option<TaxRate>,
        kind: OptionKind,
        purchase_interval: Option<Interval>,
        valid_interval: Option<Interval>,
        valid_duration_s: Option<i64>,
        activation: Activation,
        new_to_merchant: bool,
        new_to_option: bool,
    }
    Terms as StoredTerms {
        price: Option<Money>,
        tax: Option<Money>,
        prepaid: bool,
        bought: Option<Box<PaymentOption>>,
        deposit: Option<DepositDue>,
        no_show_fee: Option<NoShowFee>,
        card_required: bool,
        cancel_by_s: i64,
        refund_by_s: i64,
        party_size: Option<u32>,
    }
    Guest as StoredGuest {
        user_id: Arc<str>,
        name: Arc<str>,
        telephone: Arc<str>,
        email: Option<Arc<str>>,
        wish: Option<Arc<str>>,
    }
    PackUse as StoredPackUse {
        id: Arc<str>,
        option: PaymentOptionId,
        kind: OptionKind,
        original: u32,
        before: u32,
        bought: bool,
        valid_from_s: Option<i64>,
        valid_until_s: Option<i64>,
    }
    Agreement as StoredAgreement {
        id: TransactionId,
        slot: SlotId,
        slot_key: SlotKey,
        slot_echo: Arc<str>,
        confirmation: ConfirmationMode,
        guest: Guest,
        terms: Terms,
        payment_echo: Arc<str>,
        networks: Option<Vec<CardNetwork>>,
        pack: Option<PackUse>,
    }
    Resumed as StoredResumed {
        first: TransactionId,
        attempt: u32,
    }
}
