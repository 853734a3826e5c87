//! What Google has still to be told of a service's slots, in rows.
//!
//! `values.rs` holds serialisable counterparts of the machine's values: they borrow when writing and own when reading. A
//! counterpart's member or variant is never renamed or removed while rows with it exist; a new member is an `Option`.

mod values;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Codec, CodecError, Summary};
use crate::domain::inventory::{Effect, Event, Inventory, Reply, State};
use crate::domain::{Currency, Money};
use values::{StoredEffect, StoredEvent, StoredReply, StoredState};

impl Codec for Inventory {
    const KIND: &'static str = "availability";

    fn encode_state(state: &State) -> Result<String, CodecError> {
        write(&StoredState::from(state))
    }

    fn decode_state(text: &str) -> Result<State, CodecError> {
        read::<StoredState>(text)?.try_into()
    }

    fn event_kind(event: &Event) -> &'static str {
        match event {
            Event::Telling { .. } => "Telling",
            Event::Widened { .. } => "Widened",
            Event::Told { .. } => "Told",
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

    /// The account is the merchant, the request id the service: so it is found in lists. No money is about.
    fn summary(state: &State) -> Option<Summary> {
        let subject = state.subject()?;
        Some(Summary {
            account: subject.merchant.to_string(),
            request_id: subject.service.to_string(),
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

    use proptest::option;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::TransactionId;
    use crate::domain::catalog::{MerchantId, ServiceId};
    use crate::domain::inventory::{Subject, Window};

    prop_compose! {
        fn any_subject()(id in any::<u128>(), merchant in "[ -~ä]{1,100}", service in "[ -~ä]{1,100}") -> Arc<Subject> {
            Arc::new(Subject {
                id: TransactionId::from_uuid(uuid::Uuid::from_u128(id)),
                merchant: MerchantId::parse(&merchant).unwrap(),
                service: ServiceId::parse(&service).unwrap(),
            })
        }
    }
    prop_compose! {
        fn any_window()(start in i64::MIN..i64::MAX, length in 1..=i64::MAX) -> Window {
            Window::new(start, start.saturating_add(length)).unwrap()
        }
    }

    fn any_state() -> impl Strategy<Value = State> {
        let parts = (any_subject(), any::<u64>(), any_window(), option::of(any_window()), 0..3);
        parts.prop_map(|(subject, number, window, pending, kind)| match kind {
            0 => State::Unheard,
            1 => State::Told { subject, number },
            _ => State::Telling { subject, number, window, pending },
        })
    }

    fn any_event() -> impl Strategy<Value = Event> {
        (any_subject(), any::<u64>(), any_window(), 0..3).prop_map(|(subject, number, window, kind)| match kind {
            0 => Event::Telling { subject, number, window },
            1 => Event::Widened { pending: window },
            _ => Event::Told { number },
        })
    }

    proptest! {
        #[test]
        fn nothing_of_a_state_is_lost(state in any_state()) {
            let text = Inventory::encode_state(&state).unwrap();
            prop_assert_eq!(Inventory::decode_state(&text).unwrap(), state);
        }

        #[test]
        fn nothing_of_an_event_is_lost(event in any_event()) {
            let text = Inventory::encode_event(&event).unwrap();
            prop_assert!(text.contains(Inventory::event_kind(&event)));
            prop_assert_eq!(Inventory::decode_event(&text).unwrap(), event);
        }

        #[test]
        fn nothing_of_an_effect_is_lost(subject in any_subject(), number in any::<u64>(), window in any_window()) {
            let effect = Effect::TellAvailability { subject, number, window };
            let text = Inventory::encode_effect(&effect).unwrap();
            prop_assert_eq!(Inventory::decode_effect(&text).unwrap(), effect);
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,80}") {
            let _ = Inventory::decode_state(&text);
            let _ = Inventory::decode_event(&text);
            let _ = Inventory::decode_effect(&text);
        }
    }

    /// Rows that exist are read for ever: when one of these texts changes, what is stored can no longer be read.
    #[test]
    fn what_is_already_stored_is_written_and_read() {
        let subject = "{\"id\":\"01930d2c-7a44-8000-8000-0123456789ab\",\"merchant\":\"spa-1\",\"service\":\"cut\"}";
        let window = "{\"start_s\":100,\"end_s\":200}";
        for state in [
            "\"Unheard\"".to_owned(),
            format!("{{\"Told\":{{\"subject\":{subject},\"number\":7}}}}"),
            format!("{{\"Telling\":{{\"subject\":{subject},\"number\":7,\"window\":{window},\"pending\":null}}}}"),
            format!("{{\"Telling\":{{\"subject\":{subject},\"number\":7,\"window\":{window},\"pending\":{window}}}}}"),
        ] {
            let read = Inventory::decode_state(&state).unwrap();
            assert_eq!(Inventory::encode_state(&read).unwrap(), state);
        }
        for event in [
            format!("{{\"Telling\":{{\"subject\":{subject},\"number\":7,\"window\":{window}}}}}"),
            format!("{{\"Widened\":{{\"pending\":{window}}}}}"),
            "{\"Told\":{\"number\":7}}".to_owned(),
        ] {
            let read = Inventory::decode_event(&event).unwrap();
            assert_eq!(Inventory::encode_event(&read).unwrap(), event);
        }
        let effect = format!("{{\"TellAvailability\":{{\"subject\":{subject},\"number\":7,\"window\":{window}}}}}");
        assert_eq!(Inventory::encode_effect(&Inventory::decode_effect(&effect).unwrap()).unwrap(), effect);
        assert_eq!(Inventory::encode_reply(&Reply::Noted).unwrap(), "\"Noted\"");
        assert_eq!(Inventory::decode_reply("\"Noted\""), Ok(Reply::Noted));
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        let empty = "{\"Widened\":{\"pending\":{\"start_s\":200,\"end_s\":200}}}";
        for text in ["", "{", "null", "\"Lost\"", "{\"Telling\":{}}", empty] {
            assert!(Inventory::decode_event(text).is_err(), "{text}");
            assert!(Inventory::decode_state(text).is_err(), "{text}");
            assert!(Inventory::decode_effect(text).is_err(), "{text}");
            assert!(Inventory::decode_reply(text).is_err(), "{text}");
        }
    }

    #[test]
    fn it_is_found_by_merchant_and_service() {
        assert_eq!(Inventory::summary(&State::Unheard), None);
        let subject = Arc::new(Subject {
            id: TransactionId::from_uuid(uuid::Uuid::from_u128(1)),
            merchant: MerchantId::parse("spa-1").unwrap(),
            service: ServiceId::parse("cut").unwrap(),
        });
        let summary = Inventory::summary(&State::Told { subject, number: 1 }).unwrap();
        assert_eq!((summary.account.as_str(), summary.request_id.as_str()), ("spa-1", "cut"));
    }
}
