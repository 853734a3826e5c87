//! The counterparts of snapshot, events, effects and replies.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::bank_transfer::{
    BankDay, BankEntry, Direction, Effect, Event, Offer, Refusal, Reply, Standing, State, Transfer,
};
use crate::domain::{Currency, Money, Timestamp, TransactionId, UserName};
use crate::storage::CodecError;

fn money(micros: i64, currency: &str) -> Result<Money, CodecError> {
    Ok(Money::new(micros, Currency::parse(currency)?))
}

fn day(text: &str) -> Result<BankDay, CodecError> {
    BankDay::parse(text).ok_or_else(|| CodecError("a day that does not exist".to_owned()))
}

fn refusal(text: &str) -> Result<Refusal, CodecError> {
    Refusal::parse(text).ok_or_else(|| CodecError("an unknown refusal".to_owned()))
}

#[derive(Serialize, Deserialize)]
enum StoredDirection {
    Came,
    Left,
}

#[derive(Serialize, Deserialize)]
struct StoredEntry<'a> {
    statement: Cow<'a, str>,
    account: Cow<'a, str>,
    servicer_reference: Option<Cow<'a, str>>,
    entry_reference: Option<Cow<'a, str>>,
    part: u32,
    ordinal: u32,
    direction: StoredDirection,
    reversal: bool,
    amount_micros: i64,
    currency: Cow<'a, str>,
    booked_on: Cow<'a, str>,
    valued_on: Option<Cow<'a, str>>,
    end_to_end: Cow<'a, [String]>,
    texts: Cow<'a, [String]>,
    counterparty: Option<Cow<'a, str>>,
}

impl<'a> From<&'a BankEntry> for StoredEntry<'a> {
    fn from(entry: &'a BankEntry) -> Self {
        Self {
            statement: entry.statement.as_str().into(),
            account: entry.account.as_str().into(),
            servicer_reference: entry.servicer_reference.as_deref().map(Into::into),
            entry_reference: entry.entry_reference.as_deref().map(Into::into),
            part: entry.part,
            ordinal: entry.ordinal,
            direction: match entry.direction {
                Direction::Came => StoredDirection::Came,
                Direction::Left => StoredDirection::Left,
            },
            reversal: entry.reversal,
            amount_micros: entry.amount.micros(),
            currency: entry.amount.currency().code().to_owned().into(),
            booked_on: entry.booked_on.to_string().into(),
            valued_on: entry.valued_on.map(|day| day.to_string().into()),
            end_to_end: entry.end_to_end.as_slice().into(),
            texts: entry.texts.as_slice().into(),
            counterparty: entry.counterparty.as_deref().map(Into::into),
        }
    }
}

impl TryFrom<StoredEntry<'_>> for BankEntry {
    type Error = CodecError;

    fn try_from(stored: StoredEntry<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            statement: stored.statement.into_owned(),
            account: stored.account.into_owned(),
            servicer_reference: stored.servicer_reference.map(Cow::into_owned),
            entry_reference: stored.entry_reference.map(Cow::into_owned),
            part: stored.part,
            ordinal: stored.ordinal,
            direction: match stored.direction {
                StoredDirection::Came => Direction::Came,
                StoredDirection::Left => Direction::Left,
            },
            reversal: stored.reversal,
            amount: money(stored.amount_micros, &stored.currency)?,
            booked_on: day(&stored.booked_on)?,
            valued_on: stored.valued_on.as_deref().map(day).transpose()?,
            end_to_end: stored.end_to_end.into_owned(),
            texts: stored.texts.into_owned(),
            counterparty: stored.counterparty.map(Cow::into_owned),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredTransfer<'a> {
    id: Cow<'a, str>,
    entry: StoredEntry<'a>,
}

impl<'a> From<&'a Arc<Transfer>> for StoredTransfer<'a> {
    fn from(transfer: &'a Arc<Transfer>) -> Self {
        Self { id: transfer.id.to_string().into(), entry: (&transfer.entry).into() }
    }
}

impl TryFrom<StoredTransfer<'_>> for Arc<Transfer> {
    type Error = CodecError;

    fn try_from(stored: StoredTransfer<'_>) -> Result<Self, CodecError> {
        Ok(Self::new(Transfer { id: TransactionId::parse(&stored.id)?, entry: stored.entry.try_into()? }))
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredOffer<'a> {
    statement: Cow<'a, str>,
    number: u32,
    #[serde(default, skip_serializing_if = "is_no")]
    by_person: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks it")]
const fn is_no(flag: &bool) -> bool {
    !*flag
}

impl From<&Offer> for StoredOffer<'_> {
    fn from(offer: &Offer) -> Self {
        Self { statement: offer.statement.to_string().into(), number: offer.number, by_person: offer.by_person }
    }
}

impl TryFrom<StoredOffer<'_>> for Offer {
    type Error = CodecError;

    fn try_from(stored: StoredOffer<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            statement: TransactionId::parse(&stored.statement)?,
            number: stored.number,
            by_person: stored.by_person,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredState<'a> {
    Unheard,
    Unmatched { transfer: StoredTransfer<'a> },
    Offered { transfer: StoredTransfer<'a>, offer: StoredOffer<'a> },
    Matched { transfer: StoredTransfer<'a>, offer: StoredOffer<'a> },
    Differs { transfer: StoredTransfer<'a>, offer: StoredOffer<'a>, why: Cow<'a, str> },
    PaidOut { transfer: StoredTransfer<'a>, payout: Cow<'a, str> },
    TakingBack { transfer: StoredTransfer<'a>, offer: StoredOffer<'a> },
}

impl<'a> From<&'a State> for StoredState<'a> {
    fn from(state: &'a State) -> Self {
        match state {
            State::Unheard => Self::Unheard,
            State::Unmatched { transfer } => Self::Unmatched { transfer: transfer.into() },
            State::Offered { transfer, offer } => Self::Offered { transfer: transfer.into(), offer: offer.into() },
            State::Matched { transfer, offer } => Self::Matched { transfer: transfer.into(), offer: offer.into() },
            State::TakingBack { transfer, offer } => {
                Self::TakingBack { transfer: transfer.into(), offer: offer.into() }
            }
            State::PaidOut { transfer, payout } => {
                Self::PaidOut { transfer: transfer.into(), payout: payout.to_string().into() }
            }
            State::Differs { transfer, offer, why } => {
                Self::Differs { transfer: transfer.into(), offer: offer.into(), why: why.as_str().into() }
            }
        }
    }
}

impl TryFrom<StoredState<'_>> for State {
    type Error = CodecError;

    fn try_from(stored: StoredState<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredState::Unheard => Self::Unheard,
            StoredState::Unmatched { transfer } => Self::Unmatched { transfer: transfer.try_into()? },
            StoredState::Offered { transfer, offer } => {
                Self::Offered { transfer: transfer.try_into()?, offer: offer.try_into()? }
            }
            StoredState::Matched { transfer, offer } => {
                Self::Matched { transfer: transfer.try_into()?, offer: offer.try_into()? }
            }
            StoredState::TakingBack { transfer, offer } => {
                Self::TakingBack { transfer: transfer.try_into()?, offer: offer.try_into()? }
            }
            StoredState::PaidOut { transfer, payout } => {
                Self::PaidOut { transfer: transfer.try_into()?, payout: TransactionId::parse(&payout)? }
            }
            StoredState::Differs { transfer, offer, why } => {
                Self::Differs { transfer: transfer.try_into()?, offer: offer.try_into()?, why: refusal(&why)? }
            }
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredEvent<'a> {
    Booked { transfer: Box<StoredTransfer<'a>> },
    Offered { offer: StoredOffer<'a>, by: Option<Cow<'a, str>> },
    Taken,
    Refused(Cow<'a, str>),
    PaidOut { payout: Cow<'a, str> },
    TakeBackAsked { by: Cow<'a, str>, why: Cow<'a, str> },
    TakenBack,
}

impl<'a> From<&'a Event> for StoredEvent<'a> {
    fn from(event: &'a Event) -> Self {
        match event {
            Event::Booked { transfer } => Self::Booked { transfer: Box::new(transfer.into()) },
            Event::Offered { offer, by } => {
                Self::Offered { offer: offer.into(), by: by.as_ref().map(|by| by.as_str().into()) }
            }
            Event::Taken => Self::Taken,
            Event::Refused(why) => Self::Refused(why.as_str().into()),
            Event::PaidOut { payout } => Self::PaidOut { payout: payout.to_string().into() },
            Event::TakeBackAsked { by, why } => {
                Self::TakeBackAsked { by: by.as_str().into(), why: why.as_str().into() }
            }
            Event::TakenBack => Self::TakenBack,
        }
    }
}

impl TryFrom<StoredEvent<'_>> for Event {
    type Error = CodecError;

    fn try_from(stored: StoredEvent<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredEvent::Booked { transfer } => Self::Booked { transfer: (*transfer).try_into()? },
            StoredEvent::Offered { offer, by } => {
                Self::Offered { offer: offer.try_into()?, by: by.as_deref().map(UserName::parse).transpose()? }
            }
            StoredEvent::Taken => Self::Taken,
            StoredEvent::Refused(why) => Self::Refused(refusal(&why)?),
            StoredEvent::PaidOut { payout } => Self::PaidOut { payout: TransactionId::parse(&payout)? },
            StoredEvent::TakeBackAsked { by, why } => {
                Self::TakeBackAsked { by: UserName::parse(&by)?, why: why.into_owned() }
            }
            StoredEvent::TakenBack => Self::TakenBack,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredEffect<'a> {
    OfferToStatement {
        transfer: Cow<'a, str>,
        offer: StoredOffer<'a>,
        amount_micros: i64,
        currency: Cow<'a, str>,
        booked_ms: i64,
    },
    TakeFromStatement {
        transfer: Cow<'a, str>,
        offer: StoredOffer<'a>,
        by: Cow<'a, str>,
        why: Cow<'a, str>,
    },
}

impl From<&Effect> for StoredEffect<'_> {
    fn from(effect: &Effect) -> Self {
        match effect {
            Effect::OfferToStatement { transfer, offer, amount, booked_at } => Self::OfferToStatement {
                transfer: transfer.to_string().into(),
                offer: offer.into(),
                amount_micros: amount.micros(),
                currency: amount.currency().code().to_owned().into(),
                booked_ms: booked_at.as_millis(),
            },
            Effect::TakeFromStatement { transfer, offer, by, why } => Self::TakeFromStatement {
                transfer: transfer.to_string().into(),
                offer: offer.into(),
                by: by.to_string().into(),
                why: why.clone().into(),
            },
        }
    }
}

impl TryFrom<StoredEffect<'_>> for Effect {
    type Error = CodecError;

    fn try_from(stored: StoredEffect<'_>) -> Result<Self, CodecError> {
        match stored {
            StoredEffect::OfferToStatement { transfer, offer, amount_micros, currency, booked_ms } => {
                Ok(Self::OfferToStatement {
                    transfer: TransactionId::parse(&transfer)?,
                    offer: offer.try_into()?,
                    amount: money(amount_micros, &currency)?,
                    booked_at: Timestamp::from_millis(booked_ms),
                })
            }
            StoredEffect::TakeFromStatement { transfer, offer, by, why } => Ok(Self::TakeFromStatement {
                transfer: TransactionId::parse(&transfer)?,
                offer: offer.try_into()?,
                by: UserName::parse(&by)?,
                why: why.into_owned(),
            }),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredReply<'a> {
    Booked(StoredStanding<'a>),
    Stands(StoredStanding<'a>),
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredStanding<'a> {
    Unmatched,
    Offered(Cow<'a, str>),
    Matched(Cow<'a, str>),
    Differs { statement: Cow<'a, str>, why: Cow<'a, str> },
    PaidOut(Cow<'a, str>),
    TakingBack(Cow<'a, str>),
}

impl From<&Reply> for StoredReply<'_> {
    fn from(reply: &Reply) -> Self {
        match reply {
            Reply::Booked(standing) => Self::Booked(standing.into()),
            Reply::Stands(standing) => Self::Stands(standing.into()),
        }
    }
}

impl TryFrom<StoredReply<'_>> for Reply {
    type Error = CodecError;

    fn try_from(stored: StoredReply<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredReply::Booked(standing) => Self::Booked(standing.try_into()?),
            StoredReply::Stands(standing) => Self::Stands(standing.try_into()?),
        })
    }
}

impl From<&Standing> for StoredStanding<'_> {
    fn from(standing: &Standing) -> Self {
        match standing {
            Standing::Unmatched => Self::Unmatched,
            Standing::Offered(statement) => Self::Offered(statement.to_string().into()),
            Standing::Matched(statement) => Self::Matched(statement.to_string().into()),
            Standing::PaidOut(payout) => Self::PaidOut(payout.to_string().into()),
            Standing::TakingBack(statement) => Self::TakingBack(statement.to_string().into()),
            Standing::Differs(statement, why) => {
                Self::Differs { statement: statement.to_string().into(), why: why.as_str().into() }
            }
        }
    }
}

impl TryFrom<StoredStanding<'_>> for Standing {
    type Error = CodecError;

    fn try_from(stored: StoredStanding<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredStanding::Unmatched => Self::Unmatched,
            StoredStanding::Offered(statement) => Self::Offered(TransactionId::parse(&statement)?),
            StoredStanding::Matched(statement) => Self::Matched(TransactionId::parse(&statement)?),
            StoredStanding::PaidOut(payout) => Self::PaidOut(TransactionId::parse(&payout)?),
            StoredStanding::TakingBack(statement) => Self::TakingBack(TransactionId::parse(&statement)?),
            StoredStanding::Differs { statement, why } => {
                Self::Differs(TransactionId::parse(&statement)?, refusal(&why)?)
            }
        })
    }
}
