//! The counterparts of snapshot, events and replies. A payout has no effects.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::catalog::MerchantId;
use crate::domain::payout::{Event, MerchantPayout, PayoutReference, ProcessorPayout, Reply, Standing, State};
use crate::domain::{Currency, Money, Timestamp, UserName};
use crate::storage::CodecError;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredProcessorPayout<'a> {
    reference: Cow<'a, str>,
    amount_micros: i64,
    currency: Cow<'a, str>,
    arrives_ms: i64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredMerchantPayout<'a> {
    merchant: Cow<'a, str>,
    reference: Cow<'a, str>,
    amount_micros: i64,
    currency: Cow<'a, str>,
    sent_ms: i64,
    by: Cow<'a, str>,
}

fn money(micros: i64, currency: &str) -> Result<Money, CodecError> {
    Ok(Money::new(micros, Currency::parse(currency)?))
}

fn reference(text: &str) -> Result<PayoutReference, CodecError> {
    PayoutReference::parse(text).map_err(|error| CodecError(error.to_string()))
}

impl<'a> From<&'a Arc<ProcessorPayout>> for StoredProcessorPayout<'a> {
    fn from(payout: &'a Arc<ProcessorPayout>) -> Self {
        Self {
            reference: payout.reference.as_str().into(),
            amount_micros: payout.amount.micros(),
            currency: payout.amount.currency().code().to_owned().into(),
            arrives_ms: payout.arrives_at.as_millis(),
        }
    }
}

impl TryFrom<StoredProcessorPayout<'_>> for Arc<ProcessorPayout> {
    type Error = CodecError;

    fn try_from(stored: StoredProcessorPayout<'_>) -> Result<Self, CodecError> {
        Ok(Self::new(ProcessorPayout {
            reference: reference(&stored.reference)?,
            amount: money(stored.amount_micros, &stored.currency)?,
            arrives_at: Timestamp::from_millis(stored.arrives_ms),
        }))
    }
}

impl<'a> From<&'a Arc<MerchantPayout>> for StoredMerchantPayout<'a> {
    fn from(payout: &'a Arc<MerchantPayout>) -> Self {
        Self {
            merchant: payout.merchant.as_str().into(),
            reference: payout.reference.as_str().into(),
            amount_micros: payout.amount.micros(),
            currency: payout.amount.currency().code().to_owned().into(),
            sent_ms: payout.sent_at.as_millis(),
            by: payout.by.as_str().into(),
        }
    }
}

impl TryFrom<StoredMerchantPayout<'_>> for Arc<MerchantPayout> {
    type Error = CodecError;

    fn try_from(stored: StoredMerchantPayout<'_>) -> Result<Self, CodecError> {
        Ok(Self::new(MerchantPayout {
            merchant: MerchantId::parse(&stored.merchant)?,
            reference: reference(&stored.reference)?,
            amount: money(stored.amount_micros, &stored.currency)?,
            sent_at: Timestamp::from_millis(stored.sent_ms),
            by: UserName::parse(&stored.by)?,
        }))
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredState<'a> {
    Unheard,
    Paid { payout: StoredProcessorPayout<'a> },
    Failed { payout: StoredProcessorPayout<'a> },
    Recorded { payout: StoredMerchantPayout<'a> },
    TakenBack { payout: StoredMerchantPayout<'a>, by: Cow<'a, str>, why: Cow<'a, str> },
}

impl<'a> From<&'a State> for StoredState<'a> {
    fn from(state: &'a State) -> Self {
        match state {
            State::Unheard => Self::Unheard,
            State::Paid { payout } => Self::Paid { payout: payout.into() },
            State::Failed { payout } => Self::Failed { payout: payout.into() },
            State::Recorded { payout } => Self::Recorded { payout: payout.into() },
            State::TakenBack { payout, by, why } => {
                Self::TakenBack { payout: payout.into(), by: by.as_str().into(), why: why.as_ref().into() }
            }
        }
    }
}

impl TryFrom<StoredState<'_>> for State {
    type Error = CodecError;

    fn try_from(stored: StoredState<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredState::Unheard => Self::Unheard,
            StoredState::Paid { payout } => Self::Paid { payout: payout.try_into()? },
            StoredState::Failed { payout } => Self::Failed { payout: payout.try_into()? },
            StoredState::Recorded { payout } => Self::Recorded { payout: payout.try_into()? },
            StoredState::TakenBack { payout, by, why } => {
                Self::TakenBack { payout: payout.try_into()?, by: UserName::parse(&by)?, why: why.into() }
            }
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredEvent<'a> {
    Paid { payout: StoredProcessorPayout<'a> },
    Failed { payout: StoredProcessorPayout<'a> },
    Recorded { payout: StoredMerchantPayout<'a> },
    TakenBack { by: Cow<'a, str>, why: Cow<'a, str> },
}

impl<'a> From<&'a Event> for StoredEvent<'a> {
    fn from(event: &'a Event) -> Self {
        match event {
            Event::Paid { payout } => Self::Paid { payout: payout.into() },
            Event::Failed { payout } => Self::Failed { payout: payout.into() },
            Event::Recorded { payout } => Self::Recorded { payout: payout.into() },
            Event::TakenBack { by, why } => Self::TakenBack { by: by.as_str().into(), why: why.as_ref().into() },
        }
    }
}

impl TryFrom<StoredEvent<'_>> for Event {
    type Error = CodecError;

    fn try_from(stored: StoredEvent<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredEvent::Paid { payout } => Self::Paid { payout: payout.try_into()? },
            StoredEvent::Failed { payout } => Self::Failed { payout: payout.try_into()? },
            StoredEvent::Recorded { payout } => Self::Recorded { payout: payout.try_into()? },
            StoredEvent::TakenBack { by, why } => Self::TakenBack { by: UserName::parse(&by)?, why: why.into() },
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredReply {
    Booked(StoredStanding),
    Stands(StoredStanding),
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredStanding {
    Paid,
    Failed,
    Recorded,
    TakenBack,
}

impl From<Standing> for StoredStanding {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Paid => Self::Paid,
            Standing::Failed => Self::Failed,
            Standing::Recorded => Self::Recorded,
            Standing::TakenBack => Self::TakenBack,
        }
    }
}

impl From<StoredStanding> for Standing {
    fn from(stored: StoredStanding) -> Self {
        match stored {
            StoredStanding::Paid => Self::Paid,
            StoredStanding::Failed => Self::Failed,
            StoredStanding::Recorded => Self::Recorded,
            StoredStanding::TakenBack => Self::TakenBack,
        }
    }
}

impl From<&Reply> for StoredReply {
    fn from(reply: &Reply) -> Self {
        match reply {
            Reply::Booked(standing) => Self::Booked((*standing).into()),
            Reply::Stands(standing) => Self::Stands((*standing).into()),
        }
    }
}

impl From<StoredReply> for Reply {
    fn from(stored: StoredReply) -> Self {
        match stored {
            StoredReply::Booked(standing) => Self::Booked(standing.into()),
            StoredReply::Stands(standing) => Self::Stands(standing.into()),
        }
    }
}
