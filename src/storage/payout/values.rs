//! The counterparts of snapshot, events and replies. A payout has no effects.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::catalog::MerchantId;
use crate::domain::payout::{Event, MerchantPayout, PayoutReference, ProcessorPayout, Reply, Standing, State};
use crate::domain::{Currency, Money, Timestamp, UserName};
use crate::storage::CodecError;
use crate::storage::stored::{Stored, texts, variants};

texts! {
    PayoutReference: |reference: &PayoutReference| reference.as_str().to_owned(), reference;
}

fn reference(text: &str) -> Result<PayoutReference, CodecError> {
    PayoutReference::parse(text).map_err(|error| CodecError(error.to_string()))
}

fn money(micros: i64, currency: <Currency as Stored>::As) -> Result<Money, CodecError> {
    Ok(Money::new(micros, Currency::restore(currency)?))
}

/// The amount stands beside the other members, not below one of its own.
#[derive(Serialize, Deserialize)]
pub(in crate::storage) struct StoredProcessorPayout {
    reference: <PayoutReference as Stored>::As,
    amount_micros: i64,
    currency: <Currency as Stored>::As,
    arrives_ms: i64,
}

impl Stored for ProcessorPayout {
    type As = StoredProcessorPayout;

    fn store(&self) -> StoredProcessorPayout {
        StoredProcessorPayout {
            reference: self.reference.store(),
            amount_micros: self.amount.micros(),
            currency: self.amount.currency().store(),
            arrives_ms: self.arrives_at.store(),
        }
    }

    fn restore(stored: StoredProcessorPayout) -> Result<Self, CodecError> {
        Ok(Self {
            reference: PayoutReference::restore(stored.reference)?,
            amount: money(stored.amount_micros, stored.currency)?,
            arrives_at: Timestamp::restore(stored.arrives_ms)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(in crate::storage) struct StoredMerchantPayout {
    merchant: <MerchantId as Stored>::As,
    reference: <PayoutReference as Stored>::As,
    amount_micros: i64,
    currency: <Currency as Stored>::As,
    sent_ms: i64,
    by: <UserName as Stored>::As,
}

impl Stored for MerchantPayout {
    type As = StoredMerchantPayout;

    fn store(&self) -> StoredMerchantPayout {
        StoredMerchantPayout {
            merchant: self.merchant.store(),
            reference: self.reference.store(),
            amount_micros: self.amount.micros(),
            currency: self.amount.currency().store(),
            sent_ms: self.sent_at.store(),
            by: self.by.store(),
        }
    }

    fn restore(stored: StoredMerchantPayout) -> Result<Self, CodecError> {
        Ok(Self {
            merchant: MerchantId::restore(stored.merchant)?,
            reference: PayoutReference::restore(stored.reference)?,
            amount: money(stored.amount_micros, stored.currency)?,
            sent_at: Timestamp::restore(stored.sent_ms)?,
            by: UserName::restore(stored.by)?,
        })
    }
}

variants! {
    State as StoredState {
        Unheard,
        Paid { payout: Arc<ProcessorPayout> },
        Failed { payout: Arc<ProcessorPayout> },
        Recorded { payout: Arc<MerchantPayout> },
        TakenBack { payout: Arc<MerchantPayout>, by: UserName, why: Arc<str> },
        Closed { payout: Arc<ProcessorPayout>, by: UserName, why: Arc<str> },
    }
    Event as StoredEvent {
        Paid { payout: Arc<ProcessorPayout> },
        Failed { payout: Arc<ProcessorPayout> },
        Recorded { payout: Arc<MerchantPayout> },
        TakenBack { by: UserName, why: Arc<str> },
        Closed { by: UserName, why: Arc<str> },
    }
    Standing as StoredStanding { Paid, Failed, Recorded, TakenBack, Closed, }
    Reply as StoredReply { Booked(standing: Standing), Stands(standing: Standing), }
}
