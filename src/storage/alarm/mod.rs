//! The alarm in rows, and the list of alarms.
//!
//! `stored.rs` holds serialisable counterparts of the machine's values. A counterpart's member or variant is never renamed
//! or removed while rows with it exist; a new member is an `Option`.

mod read;
mod stored;

pub use read::Overdue;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Codec, CodecError, Summary};
use crate::domain::alarm::{Alarm, Effect, Event, Reply, State};
use crate::domain::{Currency, Money};
use stored::{StoredEffect, StoredEvent, StoredReply, StoredState};

/// Whose account an alarm is in.
const ACCOUNT: &str = "house";

impl Codec for Alarm {
    const KIND: &'static str = "alarm";

    fn encode_state(state: &State) -> Result<String, CodecError> {
        write(&StoredState::from(state))
    }

    fn decode_state(text: &str) -> Result<State, CodecError> {
        read::<StoredState>(text)?.try_into()
    }

    fn event_kind(event: &Event) -> &'static str {
        match event {
            Event::Raised { .. } => "Raised",
            Event::CameBack { .. } => "CameBack",
            Event::Changed { .. } => "Changed",
            Event::Telling { .. } => "Telling",
            Event::Told { .. } => "Told",
            Event::NobodyToTell { .. } => "NobodyToTell",
            Event::Ended { .. } => "Ended",
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

    fn encode_reply(reply: &Reply) -> Result<String, CodecError> {
        match reply {
            Reply::Noted => write(&StoredReply::Noted),
        }
    }

    fn decode_reply(text: &str) -> Result<Reply, CodecError> {
        match read::<StoredReply>(text)? {
            StoredReply::Noted => Ok(Reply::Noted),
        }
    }

    fn summary(state: &State) -> Option<Summary> {
        let about = state.about()?;
        Some(Summary {
            account: ACCOUNT.to_owned(),
            request_id: format!("{}:{}", about.kind.as_str(), about.subject),
            issuer: None,
            issuer_reference: None,
            // XXX: no currency (ISO 4217).
            amount: Money::new(0, Currency::parse("XXX").ok()?),
        })
    }
}

fn write<T: Serialize>(value: &T) -> Result<String, CodecError> {
    Ok(serde_json::to_string(value)?)
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, CodecError> {
    Ok(serde_json::from_str(text)?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::alarm::{About, AlarmKind, Channel, Telling};
    use crate::domain::{Timestamp, TransactionId};

    const AT: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn about(kind: AlarmKind) -> Arc<About> {
        let id = TransactionId::parse("01930d2c-7a44-8000-8000-0123456789ab").unwrap();
        Arc::new(About { id, kind, subject: "ExamplePay_INR own \"0A\"".into() })
    }

    #[test]
    fn alarms_come_back_as_they_were_stored() {
        let mut states = vec![State::Unheard];
        for kind in AlarmKind::ALL {
            let (about, since, last_told) = (about(kind), AT, AT.plus_millis(1));
            let detail = "é \"quoted\"\n".to_owned();
            states.push(State::Raised { about: about.clone(), since, last_told, tellings: 2, detail });
            states.push(State::Quiet { about, since, last_told, tellings: 3, ended: AT.plus_millis(2) });
        }
        for state in states {
            assert_eq!(Alarm::decode_state(&Alarm::encode_state(&state).unwrap()), Ok(state));
        }
        let (by, number, detail) = (Channel::Webhook, 4, "x".to_owned());
        for event in [
            Event::Raised { about: about(AlarmKind::ClockSkew), detail: detail.clone(), at: AT },
            Event::CameBack { detail: detail.clone() },
            Event::Changed { detail: detail.clone() },
            Event::Telling { by, number, at: AT },
            Event::Told { by: Channel::Mail, number },
            Event::NobodyToTell { by, number },
            Event::Ended { at: AT },
        ] {
            assert_eq!(Alarm::decode_event(&Alarm::encode_event(&event).unwrap()), Ok(event));
        }
        let telling = Telling { about: about(AlarmKind::KeyExpiry), number, since: AT, detail };
        for effect in [Effect::MailAlarm(telling.clone()), Effect::PostAlarm(telling)] {
            assert_eq!(Alarm::decode_effect(&Alarm::encode_effect(&effect).unwrap()), Ok(effect));
        }
        assert_eq!(Alarm::decode_reply(&Alarm::encode_reply(&Reply::Noted).unwrap()), Ok(Reply::Noted));
    }

    #[test]
    fn rows_of_this_release_stay_readable() {
        let row = r#"{"Raised":{"about":{"id":"01930d2c-7a44-8000-8000-0123456789ab","kind":"key_expiry",
            "subject":"k"},"since_ms":1,"last_told_ms":2,"tellings":3,"detail":"d","later":true}}"#;
        let Ok(State::Raised { about, tellings: 3, .. }) = Alarm::decode_state(row) else { panic!("readable") };
        assert_eq!(about.kind, AlarmKind::KeyExpiry);
        assert!(Alarm::decode_state(&row.replace("key_expiry", "boredom")).is_err());
    }

    #[test]
    fn an_alarm_has_a_row_once_it_was_raised() {
        assert_eq!(Alarm::summary(&State::Unheard), None);
        let about = about(AlarmKind::DeadLetters);
        let state = State::Quiet { about, since: AT, last_told: AT, tellings: 1, ended: AT };
        let summary = Alarm::summary(&state).unwrap();
        assert_eq!((summary.account.as_str(), summary.amount.micros()), ("house", 0));
        assert!(summary.request_id.starts_with("dead_letters:"));
    }
}
