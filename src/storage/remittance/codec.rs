//! The codec of the remittance statement. A counterpart's member or variant is never renamed or removed while rows with it
//! exist; a new member is an `Option`.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::values::{
    StoredAcceptance, StoredApproval, StoredDrafts, StoredFetched, StoredMissing, StoredModification, StoredMoney,
    StoredNotice, StoredReconciled, StoredTally, money,
};
use crate::domain::remittance::{Effect, Event, Remittance, Reply, State};
use crate::domain::{Piaid, RequestId, Timestamp, TransactionId, UserName};
use crate::storage::{Codec, CodecError, Summary};

#[derive(Serialize, Deserialize)]
enum StoredState {
    Unheard,
    Notified(StoredNotice),
    Fetching {
        notice: StoredNotice,
        fetched: StoredFetched,
    },
    Reconciling {
        notice: StoredNotice,
        fetched: StoredFetched,
        tally: StoredTally,
        round: u32,
        #[serde(default, skip_serializing_if = "StoredDrafts::is_empty")]
        drafts: StoredDrafts,
    },
    Matched(StoredReconciled),
    Disputed(StoredReconciled),
    Accepted(StoredAcceptance),
    AcceptedWithModifications(StoredAcceptance),
    Paid {
        acceptance: StoredAcceptance,
        transfer: String,
        at_ms: i64,
    },
    Replaced {
        notice: StoredNotice,
        by: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        done: Option<StoredReconciled>,
    },
}

impl From<&State> for StoredState {
    fn from(state: &State) -> Self {
        match state {
            State::Unheard => Self::Unheard,
            State::Notified(notice) => Self::Notified(notice.as_ref().into()),
            State::Fetching { notice, fetched } => {
                Self::Fetching { notice: notice.as_ref().into(), fetched: fetched.into() }
            }
            State::Reconciling { notice, fetched, tally, round, drafts } => Self::Reconciling {
                notice: notice.as_ref().into(),
                fetched: fetched.into(),
                tally: tally.into(),
                round: *round,
                drafts: drafts.into(),
            },
            State::Matched(done) => Self::Matched(done.into()),
            State::Disputed(done) => Self::Disputed(done.into()),
            State::Accepted(acceptance) => Self::Accepted(acceptance.into()),
            State::AcceptedWithModifications(acceptance) => Self::AcceptedWithModifications(acceptance.into()),
            State::Paid { acceptance, transfer, at } => {
                Self::Paid { acceptance: acceptance.into(), transfer: transfer.to_string(), at_ms: at.as_millis() }
            }
            State::Replaced { notice, by, done } => Self::Replaced {
                notice: notice.as_ref().into(),
                by: by.to_string(),
                done: done.as_deref().map(Into::into),
            },
        }
    }
}

impl TryFrom<StoredState> for State {
    type Error = CodecError;

    fn try_from(stored: StoredState) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredState::Unheard => Self::Unheard,
            StoredState::Notified(notice) => Self::Notified(notice.try_into()?),
            StoredState::Fetching { notice, fetched } => {
                Self::Fetching { notice: notice.try_into()?, fetched: fetched.try_into()? }
            }
            StoredState::Reconciling { notice, fetched, tally, round, drafts } => Self::Reconciling {
                notice: notice.try_into()?,
                fetched: fetched.try_into()?,
                tally: tally.try_into()?,
                round,
                drafts: drafts.try_into()?,
            },
            StoredState::Matched(done) => Self::Matched(done.try_into()?),
            StoredState::Disputed(done) => Self::Disputed(done.try_into()?),
            StoredState::Accepted(acceptance) => Self::Accepted(acceptance.try_into()?),
            StoredState::AcceptedWithModifications(acceptance) => {
                Self::AcceptedWithModifications(acceptance.try_into()?)
            }
            StoredState::Paid { acceptance, transfer, at_ms } => Self::Paid {
                acceptance: acceptance.try_into()?,
                transfer: TransactionId::parse(&transfer)?,
                at: Timestamp::from_millis(at_ms),
            },
            StoredState::Replaced { notice, by, done } => Self::Replaced {
                notice: notice.try_into()?,
                by: RequestId::parse(&by)?,
                done: done.map(TryInto::try_into).transpose()?.map(Box::new),
            },
        })
    }
}

#[derive(Serialize, Deserialize)]
enum StoredEvent {
    Notified(StoredNotice),
    FetchBegun,
    PageFetched { events: u64, fetched: StoredFetched },
    ReconciliationBegun { round: u32 },
    EventsJudged { tally: StoredTally },
    Reconciled { missing: StoredMissing, matched: bool },
    Drafted { about: String, by: String, at_ms: i64, text: Option<String> },
    Approved(StoredApproval),
    Accepted { modification: StoredModification },
    AcceptanceTold { modified_total: Option<StoredMoney> },
    Paid { transfer: String, at_ms: i64 },
    TransferTakenBack { transfer: String, number: u32, by: String, why: String },
    Replaced { by: String },
}

impl From<&Event> for StoredEvent {
    fn from(event: &Event) -> Self {
        match event {
            Event::Notified(notice) => Self::Notified(notice.as_ref().into()),
            Event::FetchBegun => Self::FetchBegun,
            Event::PageFetched { events, fetched } => Self::PageFetched { events: *events, fetched: fetched.into() },
            Event::ReconciliationBegun { round } => Self::ReconciliationBegun { round: *round },
            Event::EventsJudged { tally } => Self::EventsJudged { tally: tally.into() },
            Event::Reconciled { missing, matched } => Self::Reconciled { missing: missing.into(), matched: *matched },
            Event::Drafted { about, by, at, text } => {
                Self::Drafted { about: about.clone(), by: by.to_string(), at_ms: at.as_millis(), text: text.clone() }
            }
            Event::Approved(approval) => Self::Approved(approval.into()),
            Event::Accepted { modification } => Self::Accepted { modification: modification.into() },
            Event::AcceptanceTold { modified_total } => {
                Self::AcceptanceTold { modified_total: modified_total.map(Into::into) }
            }
            Event::Paid { transfer, at } => Self::Paid { transfer: transfer.to_string(), at_ms: at.as_millis() },
            Event::TransferTakenBack { transfer, number, by, why } => Self::TransferTakenBack {
                transfer: transfer.to_string(),
                number: *number,
                by: by.to_string(),
                why: why.clone(),
            },
            Event::Replaced { by } => Self::Replaced { by: by.to_string() },
        }
    }
}

impl TryFrom<StoredEvent> for Event {
    type Error = CodecError;

    fn try_from(stored: StoredEvent) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredEvent::Notified(notice) => Self::Notified(notice.try_into()?),
            StoredEvent::FetchBegun => Self::FetchBegun,
            StoredEvent::PageFetched { events, fetched } => Self::PageFetched { events, fetched: fetched.try_into()? },
            StoredEvent::ReconciliationBegun { round } => Self::ReconciliationBegun { round },
            StoredEvent::EventsJudged { tally } => Self::EventsJudged { tally: tally.try_into()? },
            StoredEvent::Reconciled { missing, matched } => Self::Reconciled { missing: missing.try_into()?, matched },
            StoredEvent::Drafted { about, by, at_ms, text } => {
                Self::Drafted { about, by: UserName::parse(&by)?, at: Timestamp::from_millis(at_ms), text }
            }
            StoredEvent::Approved(approval) => Self::Approved(approval.try_into()?),
            StoredEvent::Accepted { modification } => Self::Accepted { modification: modification.into() },
            StoredEvent::AcceptanceTold { modified_total } => {
                Self::AcceptanceTold { modified_total: money(modified_total)? }
            }
            StoredEvent::TransferTakenBack { transfer, number, by, why } => Self::TransferTakenBack {
                transfer: TransactionId::parse(&transfer)?,
                number,
                by: UserName::parse(&by)?,
                why,
            },
            StoredEvent::Paid { transfer, at_ms } => {
                Self::Paid { transfer: TransactionId::parse(&transfer)?, at: Timestamp::from_millis(at_ms) }
            }
            StoredEvent::Replaced { by } => Self::Replaced { by: RequestId::parse(&by)? },
        })
    }
}

#[derive(Serialize, Deserialize)]
enum StoredEffect {
    ReplaceEarlier { notice: StoredNotice },
    FetchPage { id: String, piaid: String, statement_id: String, offset: Option<u64> },
    Judge { id: String, piaid: String, round: u32, after: u64 },
    CountMissing { notice: StoredNotice, round: u32 },
    Accept { id: String, piaid: String, statement_id: String, modification: StoredModification },
}

impl From<&Effect> for StoredEffect {
    fn from(effect: &Effect) -> Self {
        match effect {
            Effect::ReplaceEarlier { notice } => Self::ReplaceEarlier { notice: notice.as_ref().into() },
            Effect::FetchPage { id, piaid, statement_id, offset } => Self::FetchPage {
                id: id.to_string(),
                piaid: piaid.to_string(),
                statement_id: statement_id.to_string(),
                offset: *offset,
            },
            Effect::Judge { id, piaid, round, after } => {
                Self::Judge { id: id.to_string(), piaid: piaid.to_string(), round: *round, after: *after }
            }
            Effect::CountMissing { notice, round } => {
                Self::CountMissing { notice: notice.as_ref().into(), round: *round }
            }
            Effect::Accept { id, piaid, statement_id, modification } => Self::Accept {
                id: id.to_string(),
                piaid: piaid.to_string(),
                statement_id: statement_id.to_string(),
                modification: modification.into(),
            },
        }
    }
}

impl TryFrom<StoredEffect> for Effect {
    type Error = CodecError;

    fn try_from(stored: StoredEffect) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredEffect::ReplaceEarlier { notice } => Self::ReplaceEarlier { notice: notice.try_into()? },
            StoredEffect::FetchPage { id, piaid, statement_id, offset } => Self::FetchPage {
                id: TransactionId::parse(&id)?,
                piaid: Piaid::parse(&piaid)?,
                statement_id: RequestId::parse(&statement_id)?,
                offset,
            },
            StoredEffect::Judge { id, piaid, round, after } => {
                Self::Judge { id: TransactionId::parse(&id)?, piaid: Piaid::parse(&piaid)?, round, after }
            }
            StoredEffect::CountMissing { notice, round } => Self::CountMissing { notice: notice.try_into()?, round },
            StoredEffect::Accept { id, piaid, statement_id, modification } => Self::Accept {
                id: TransactionId::parse(&id)?,
                piaid: Piaid::parse(&piaid)?,
                statement_id: RequestId::parse(&statement_id)?,
                modification: modification.into(),
            },
        })
    }
}

fn write<T: Serialize>(value: &T) -> Result<String, CodecError> {
    Ok(serde_json::to_string(value)?)
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, CodecError> {
    Ok(serde_json::from_str(text)?)
}

/// The request log keeps one kind of answer to a statement's announcement.
const NOTED: &str = "\"Noted\"";

impl Codec for Remittance {
    const KIND: &'static str = "remittance_statement";

    fn encode_state(state: &State) -> Result<String, CodecError> {
        write(&StoredState::from(state))
    }

    fn decode_state(text: &str) -> Result<State, CodecError> {
        read::<StoredState>(text)?.try_into()
    }

    fn event_kind(event: &Event) -> &'static str {
        match event {
            Event::Notified(_) => "Notified",
            Event::FetchBegun => "FetchBegun",
            Event::PageFetched { .. } => "PageFetched",
            Event::ReconciliationBegun { .. } => "ReconciliationBegun",
            Event::EventsJudged { .. } => "EventsJudged",
            Event::Reconciled { .. } => "Reconciled",
            Event::Drafted { .. } => "Drafted",
            Event::Approved(_) => "Approved",
            Event::Accepted { .. } => "Accepted",
            Event::AcceptanceTold { .. } => "AcceptanceTold",
            Event::Paid { .. } => "Paid",
            Event::TransferTakenBack { .. } => "TransferTakenBack",
            Event::Replaced { .. } => "Replaced",
        }
    }

    fn encode_event(event: &Event) -> Result<String, CodecError> {
        write(&StoredEvent::from(event))
    }

    fn decode_event(text: &str) -> Result<Event, CodecError> {
        read::<StoredEvent>(text)?.try_into()
    }

    fn encode_effect(effect: &Effect) -> Result<String, CodecError> {
        write(&StoredEffect::from(effect))
    }

    fn decode_effect(text: &str) -> Result<Effect, CodecError> {
        read::<StoredEffect>(text)?.try_into()
    }

    fn encode_reply(_: &Reply) -> Result<String, CodecError> {
        Ok(NOTED.to_owned())
    }

    fn decode_reply(text: &str) -> Result<Reply, CodecError> {
        if text == NOTED { Ok(Reply::Noted) } else { Err(CodecError("not the answer to a statement".to_owned())) }
    }

    fn summary(state: &State) -> Option<Summary> {
        let notice = state.notice()?;
        Some(Summary {
            account: notice.piaid.as_str().to_owned(),
            request_id: notice.statement_id.as_str().to_owned(),
            issuer: None,
            issuer_reference: None,
            amount: notice.total,
        })
    }
}
