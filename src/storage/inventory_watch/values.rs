//! The counterparts of snapshot, events, effects and replies.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::TransactionId;
use crate::domain::catalog::{MerchantId, ServiceId};
use crate::domain::inventory::{Effect, Event, State, Subject, Window};
use crate::storage::CodecError;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredSubject<'a> {
    id: Cow<'a, str>,
    merchant: Cow<'a, str>,
    service: Cow<'a, str>,
}

impl<'a> From<&'a Arc<Subject>> for StoredSubject<'a> {
    fn from(subject: &'a Arc<Subject>) -> Self {
        Self {
            id: subject.id.to_string().into(),
            merchant: subject.merchant.as_str().into(),
            service: subject.service.as_str().into(),
        }
    }
}

impl TryFrom<StoredSubject<'_>> for Arc<Subject> {
    type Error = CodecError;

    fn try_from(stored: StoredSubject<'_>) -> Result<Self, CodecError> {
        Ok(Self::new(Subject {
            id: TransactionId::parse(&stored.id)?,
            merchant: MerchantId::parse(&stored.merchant)?,
            service: ServiceId::parse(&stored.service)?,
        }))
    }
}

#[derive(Serialize, Deserialize, Clone, Copy)]
pub(super) struct StoredWindow {
    start_s: i64,
    end_s: i64,
}

impl From<Window> for StoredWindow {
    fn from(window: Window) -> Self {
        Self { start_s: window.start_s(), end_s: window.end_s() }
    }
}

impl TryFrom<StoredWindow> for Window {
    type Error = CodecError;

    fn try_from(stored: StoredWindow) -> Result<Self, CodecError> {
        Self::new(stored.start_s, stored.end_s).ok_or_else(|| CodecError("a window that holds nothing".to_owned()))
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredState<'a> {
    Unheard,
    Told { subject: StoredSubject<'a>, number: u64 },
    Telling { subject: StoredSubject<'a>, number: u64, window: StoredWindow, pending: Option<StoredWindow> },
}

impl<'a> From<&'a State> for StoredState<'a> {
    fn from(state: &'a State) -> Self {
        match state {
            State::Unheard => Self::Unheard,
            State::Told { subject, number } => Self::Told { subject: subject.into(), number: *number },
            State::Telling { subject, number, window, pending } => Self::Telling {
                subject: subject.into(),
                number: *number,
                window: (*window).into(),
                pending: pending.map(Into::into),
            },
        }
    }
}

impl TryFrom<StoredState<'_>> for State {
    type Error = CodecError;

    fn try_from(stored: StoredState<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredState::Unheard => Self::Unheard,
            StoredState::Told { subject, number } => Self::Told { subject: subject.try_into()?, number },
            StoredState::Telling { subject, number, window, pending } => Self::Telling {
                subject: subject.try_into()?,
                number,
                window: window.try_into()?,
                pending: pending.map(Window::try_from).transpose()?,
            },
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredEvent<'a> {
    Telling { subject: StoredSubject<'a>, number: u64, window: StoredWindow },
    Widened { pending: StoredWindow },
    Told { number: u64 },
}

impl<'a> From<&'a Event> for StoredEvent<'a> {
    fn from(event: &'a Event) -> Self {
        match event {
            Event::Telling { subject, number, window } => {
                Self::Telling { subject: subject.into(), number: *number, window: (*window).into() }
            }
            Event::Widened { pending } => Self::Widened { pending: (*pending).into() },
            Event::Told { number } => Self::Told { number: *number },
        }
    }
}

impl TryFrom<StoredEvent<'_>> for Event {
    type Error = CodecError;

    fn try_from(stored: StoredEvent<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredEvent::Telling { subject, number, window } => {
                Self::Telling { subject: subject.try_into()?, number, window: window.try_into()? }
            }
            StoredEvent::Widened { pending } => Self::Widened { pending: pending.try_into()? },
            StoredEvent::Told { number } => Self::Told { number },
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredEffect<'a> {
    TellAvailability { subject: StoredSubject<'a>, number: u64, window: StoredWindow },
}

impl<'a> From<&'a Effect> for StoredEffect<'a> {
    fn from(effect: &'a Effect) -> Self {
        match effect {
            Effect::TellAvailability { subject, number, window } => {
                Self::TellAvailability { subject: subject.into(), number: *number, window: (*window).into() }
            }
        }
    }
}

impl TryFrom<StoredEffect<'_>> for Effect {
    type Error = CodecError;

    fn try_from(stored: StoredEffect<'_>) -> Result<Self, CodecError> {
        match stored {
            StoredEffect::TellAvailability { subject, number, window } => {
                Ok(Self::TellAvailability { subject: subject.try_into()?, number, window: window.try_into()? })
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredReply {
    Noted,
}
