//! Serialisable counterparts: they borrow when writing and own when reading.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::alarm::{About, AlarmKind, Channel, Effect, Event, State, Telling};
use crate::domain::{Timestamp, TransactionId};
use crate::storage::CodecError;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredAbout<'a> {
    id: Cow<'a, str>,
    kind: Cow<'a, str>,
    subject: Cow<'a, str>,
}

impl<'a> From<&'a About> for StoredAbout<'a> {
    fn from(about: &'a About) -> Self {
        Self {
            id: about.id.to_string().into(),
            kind: about.kind.as_str().into(),
            subject: about.subject.as_str().into(),
        }
    }
}

impl TryFrom<StoredAbout<'_>> for Arc<About> {
    type Error = CodecError;

    fn try_from(stored: StoredAbout<'_>) -> Result<Self, CodecError> {
        let kind = AlarmKind::parse(&stored.kind);
        Ok(Self::new(About {
            id: TransactionId::parse(&stored.id)?,
            kind: kind.ok_or_else(|| CodecError(format!("{} is no kind of alarm", stored.kind)))?,
            subject: stored.subject.into_owned(),
        }))
    }
}

#[derive(Serialize, Deserialize, Clone, Copy)]
pub(super) enum StoredChannel {
    Mail,
    Webhook,
}

impl From<Channel> for StoredChannel {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Mail => Self::Mail,
            Channel::Webhook => Self::Webhook,
        }
    }
}

impl From<StoredChannel> for Channel {
    fn from(stored: StoredChannel) -> Self {
        match stored {
            StoredChannel::Mail => Self::Mail,
            StoredChannel::Webhook => Self::Webhook,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredState<'a> {
    Unheard,
    Quiet { about: StoredAbout<'a>, since_ms: i64, last_told_ms: i64, tellings: u32, ended_ms: i64 },
    Raised { about: StoredAbout<'a>, since_ms: i64, last_told_ms: i64, tellings: u32, detail: Cow<'a, str> },
}

impl<'a> From<&'a State> for StoredState<'a> {
    fn from(state: &'a State) -> Self {
        match state {
            State::Unheard => Self::Unheard,
            State::Quiet { about, since, last_told, tellings, ended } => Self::Quiet {
                about: about.as_ref().into(),
                since_ms: since.as_millis(),
                last_told_ms: last_told.as_millis(),
                tellings: *tellings,
                ended_ms: ended.as_millis(),
            },
            State::Raised { about, since, last_told, tellings, detail } => Self::Raised {
                about: about.as_ref().into(),
                since_ms: since.as_millis(),
                last_told_ms: last_told.as_millis(),
                tellings: *tellings,
                detail: detail.as_str().into(),
            },
        }
    }
}

impl TryFrom<StoredState<'_>> for State {
    type Error = CodecError;

    fn try_from(stored: StoredState<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredState::Unheard => Self::Unheard,
            StoredState::Quiet { about, since_ms, last_told_ms, tellings, ended_ms } => Self::Quiet {
                about: about.try_into()?,
                since: Timestamp::from_millis(since_ms),
                last_told: Timestamp::from_millis(last_told_ms),
                tellings,
                ended: Timestamp::from_millis(ended_ms),
            },
            StoredState::Raised { about, since_ms, last_told_ms, tellings, detail } => Self::Raised {
                about: about.try_into()?,
                since: Timestamp::from_millis(since_ms),
                last_told: Timestamp::from_millis(last_told_ms),
                tellings,
                detail: detail.into_owned(),
            },
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredEvent<'a> {
    Raised { about: StoredAbout<'a>, detail: Cow<'a, str>, at_ms: i64 },
    CameBack { detail: Cow<'a, str> },
    Changed { detail: Cow<'a, str> },
    Telling { by: StoredChannel, number: u32, at_ms: i64 },
    Told { by: StoredChannel, number: u32 },
    NobodyToTell { by: StoredChannel, number: u32 },
    Ended { at_ms: i64 },
}

impl<'a> From<&'a Event> for StoredEvent<'a> {
    fn from(event: &'a Event) -> Self {
        match event {
            Event::Raised { about, detail, at } => {
                Self::Raised { about: about.as_ref().into(), detail: detail.as_str().into(), at_ms: at.as_millis() }
            }
            Event::CameBack { detail } => Self::CameBack { detail: detail.as_str().into() },
            Event::Changed { detail } => Self::Changed { detail: detail.as_str().into() },
            Event::Telling { by, number, at } => {
                Self::Telling { by: (*by).into(), number: *number, at_ms: at.as_millis() }
            }
            Event::Told { by, number } => Self::Told { by: (*by).into(), number: *number },
            Event::NobodyToTell { by, number } => Self::NobodyToTell { by: (*by).into(), number: *number },
            Event::Ended { at } => Self::Ended { at_ms: at.as_millis() },
        }
    }
}

impl TryFrom<StoredEvent<'_>> for Event {
    type Error = CodecError;

    fn try_from(stored: StoredEvent<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredEvent::Raised { about, detail, at_ms } => Self::Raised {
                about: about.try_into()?,
                detail: detail.into_owned(),
                at: Timestamp::from_millis(at_ms),
            },
            StoredEvent::CameBack { detail } => Self::CameBack { detail: detail.into_owned() },
            StoredEvent::Changed { detail } => Self::Changed { detail: detail.into_owned() },
            StoredEvent::Telling { by, number, at_ms } => {
                Self::Telling { by: by.into(), number, at: Timestamp::from_millis(at_ms) }
            }
            StoredEvent::Told { by, number } => Self::Told { by: by.into(), number },
            StoredEvent::NobodyToTell { by, number } => Self::NobodyToTell { by: by.into(), number },
            StoredEvent::Ended { at_ms } => Self::Ended { at: Timestamp::from_millis(at_ms) },
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredTelling<'a> {
    about: StoredAbout<'a>,
    number: u32,
    since_ms: i64,
    detail: Cow<'a, str>,
}

impl<'a> From<&'a Telling> for StoredTelling<'a> {
    fn from(telling: &'a Telling) -> Self {
        Self {
            about: telling.about.as_ref().into(),
            number: telling.number,
            since_ms: telling.since.as_millis(),
            detail: telling.detail.as_str().into(),
        }
    }
}

impl TryFrom<StoredTelling<'_>> for Telling {
    type Error = CodecError;

    fn try_from(stored: StoredTelling<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            about: stored.about.try_into()?,
            number: stored.number,
            since: Timestamp::from_millis(stored.since_ms),
            detail: stored.detail.into_owned(),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredEffect<'a> {
    MailAlarm(StoredTelling<'a>),
    PostAlarm(StoredTelling<'a>),
}

impl<'a> From<&'a Effect> for StoredEffect<'a> {
    fn from(effect: &'a Effect) -> Self {
        match effect {
            Effect::MailAlarm(telling) => Self::MailAlarm(telling.into()),
            Effect::PostAlarm(telling) => Self::PostAlarm(telling.into()),
        }
    }
}

impl TryFrom<StoredEffect<'_>> for Effect {
    type Error = CodecError;

    fn try_from(stored: StoredEffect<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredEffect::MailAlarm(telling) => Self::MailAlarm(telling.try_into()?),
            StoredEffect::PostAlarm(telling) => Self::PostAlarm(telling.try_into()?),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredReply {
    Noted,
}
