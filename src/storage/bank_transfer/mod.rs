//! The bank transfer in rows.
//!
//! `values.rs` holds serialisable counterparts of the domain's values: they borrow when writing and own when reading. A
//! counterpart's member or variant is never renamed or removed while rows with it exist; a new member is an `Option`.

mod lists;
mod values;

pub use lists::{StatementName, TransferRow};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Codec, CodecError, Summary};
use crate::domain::bank_transfer::{BankTransfer, Effect, Event, Reply, State};
use values::{StoredEffect, StoredEvent, StoredReply, StoredState};

impl Codec for BankTransfer {
    const KIND: &'static str = "bank_transfer";

    fn encode_state(state: &State) -> Result<String, CodecError> {
        write(&StoredState::from(state))
    }

    fn decode_state(text: &str) -> Result<State, CodecError> {
        read::<StoredState>(text)?.try_into()
    }

    fn event_kind(event: &Event) -> &'static str {
        match event {
            Event::Booked { .. } => "Booked",
            Event::Offered { .. } => "Offered",
            Event::Taken => "Taken",
            Event::Refused(_) => "Refused",
            Event::PaidOut { .. } => "PaidOut",
            Event::TakeBackAsked { .. } => "TakeBackAsked",
            Event::TakenBack => "TakenBack",
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
        write(&StoredReply::from(reply))
    }

    fn decode_reply(text: &str) -> Result<Reply, CodecError> {
        read::<StoredReply>(text)?.try_into()
    }

    /// The account is our own at the bank; the request id is our id, because banks repeat their references; the amount is
    /// positive when we paid, negative when we were paid.
    fn summary(state: &State) -> Option<Summary> {
        let transfer = state.transfer()?;
        Some(Summary {
            account: transfer.entry.account.clone(),
            request_id: transfer.id.to_string(),
            issuer: None,
            issuer_reference: None,
            amount: transfer.entry.paid_by_us(),
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
    use crate::domain::bank_transfer::{BankDay, BankEntry, Direction, Offer, Refusal, Standing, Transfer};
    use crate::domain::{Currency, Money, Timestamp, TransactionId, UserName};

    fn id(number: u128) -> TransactionId {
        TransactionId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn any_texts() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(any::<String>(), 0..3)
    }

    prop_compose! {
        fn any_day()(year in 1900..=9999_u16, month in 1..=12_u8, day in 1..=28_u8) -> BankDay {
            BankDay::parse(&format!("{year:04}-{month:02}-{day:02}")).unwrap()
        }
    }
    prop_compose! {
        fn any_transfer()(
            number in any::<u128>(),
            (statement, account, counterparty) in (any::<String>(), any::<String>(), option::of(any::<String>())),
            (servicer_reference, entry_reference) in (option::of(any::<String>()), option::of(any::<String>())),
            (part, ordinal, came, reversal) in (any::<u32>(), any::<u32>(), any::<bool>(), any::<bool>()),
            micros in 1..=i64::MAX,
            code in prop::sample::select(vec!["INR", "JPY", "KWD", "EUR"]),
            (booked_on, valued_on) in (any_day(), option::of(any_day())),
            (end_to_end, texts) in (any_texts(), any_texts()),
        ) -> Arc<Transfer> {
            let direction = if came { Direction::Came } else { Direction::Left };
            let amount = Money::new(micros, Currency::parse(code).unwrap());
            Arc::new(Transfer {
                id: id(number),
                entry: BankEntry {
                    statement, account, servicer_reference, entry_reference, part, ordinal, direction, reversal, amount,
                    booked_on, valued_on, end_to_end, texts, counterparty,
                },
            })
        }
    }
    prop_compose! {
        fn any_offer()(statement in any::<u128>(), number in any::<u32>(), by_person in any::<bool>()) -> Offer {
            Offer { statement: id(statement), number, by_person }
        }
    }

    fn any_refusal() -> impl Strategy<Value = Refusal> {
        prop::sample::select(Refusal::ALL.to_vec())
    }

    fn any_state() -> impl Strategy<Value = State> {
        let parts = (any_transfer(), any_offer(), any_refusal(), 0..7);
        parts.prop_map(|(transfer, offer, why, kind)| match kind {
            0 => State::Unheard,
            1 => State::Unmatched { transfer },
            2 => State::Offered { transfer, offer },
            3 => State::Matched { transfer, offer },
            4 => State::Differs { transfer, offer, why },
            5 => State::TakingBack { transfer, offer },
            _ => State::PaidOut { transfer, payout: offer.statement },
        })
    }

    fn any_event() -> impl Strategy<Value = Event> {
        let parts = (any_transfer(), any_offer(), any_refusal(), option::of("[a-zä]{1,100}"), 0..7);
        parts.prop_map(|(transfer, offer, why, by, kind)| match kind {
            0 => Event::Booked { transfer },
            1 => Event::Offered { offer, by: by.map(|by| UserName::parse(&by).unwrap()) },
            2 => Event::Taken,
            3 => Event::Refused(why),
            4 => Event::TakenBack,
            5 => Event::TakeBackAsked {
                by: UserName::parse(&by.unwrap_or_else(|| "fiona".to_owned())).unwrap(),
                why: offer.number.to_string(),
            },
            _ => Event::PaidOut { payout: offer.statement },
        })
    }

    fn any_reply() -> impl Strategy<Value = Reply> {
        let parts = (any::<u128>(), any_refusal(), any::<bool>(), 0..6);
        parts.prop_map(|(statement, why, new, kind)| {
            let standing = match kind {
                0 => Standing::Unmatched,
                1 => Standing::Offered(id(statement)),
                2 => Standing::Matched(id(statement)),
                3 => Standing::Differs(id(statement), why),
                4 => Standing::TakingBack(id(statement)),
                _ => Standing::PaidOut(id(statement)),
            };
            if new { Reply::Booked(standing) } else { Reply::Stands(standing) }
        })
    }

    proptest! {
        #[test]
        fn nothing_of_a_state_is_lost(state in any_state()) {
            let text = BankTransfer::encode_state(&state).unwrap();
            prop_assert_eq!(BankTransfer::decode_state(&text).unwrap(), state);
        }

        #[test]
        fn nothing_of_an_event_is_lost(event in any_event()) {
            let text = BankTransfer::encode_event(&event).unwrap();
            prop_assert!(text.contains(BankTransfer::event_kind(&event)));
            prop_assert_eq!(BankTransfer::decode_event(&text).unwrap(), event);
        }

        #[test]
        fn nothing_of_an_effect_is_lost(transfer in any_transfer(), offer in any_offer(), at in any::<i64>()) {
            let booked_at = Timestamp::from_millis(at);
            let amount = transfer.entry.paid_by_us();
            let effect = Effect::OfferToStatement { transfer: transfer.id, offer, amount, booked_at };
            let text = BankTransfer::encode_effect(&effect).unwrap();
            prop_assert_eq!(BankTransfer::decode_effect(&text).unwrap(), effect);
            let by = UserName::parse("fiona").unwrap();
            let effect = Effect::TakeFromStatement { transfer: transfer.id, offer, by, why: at.to_string() };
            let text = BankTransfer::encode_effect(&effect).unwrap();
            prop_assert_eq!(BankTransfer::decode_effect(&text).unwrap(), effect);
        }

        #[test]
        fn nothing_of_a_reply_is_lost(reply in any_reply()) {
            let text = BankTransfer::encode_reply(&reply).unwrap();
            prop_assert_eq!(BankTransfer::decode_reply(&text).unwrap(), reply);
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,80}") {
            let _ = BankTransfer::decode_state(&text);
            let _ = BankTransfer::decode_event(&text);
        }
    }

    /// Rows that exist are read for ever: when one of these texts changes, stored transfers can no longer be read.
    #[test]
    fn what_is_already_stored_is_written_and_read() {
        let entry = "{\"statement\":\"S1\",\"account\":\"DE02\",\"servicer_reference\":\"R\",\"entry_reference\":null,\
                     \"part\":0,\"ordinal\":0,\"direction\":\"Left\",\"reversal\":false,\"amount_micros\":5,\
                     \"currency\":\"EUR\",\"booked_on\":\"2026-11-07\",\"valued_on\":null,\"end_to_end\":[],\
                     \"texts\":[\"t\"],\"counterparty\":null}";
        let transfer = format!("{{\"id\":\"01930d2c-7a44-8000-8000-0123456789ab\",\"entry\":{entry}}}");
        let offer = "{\"statement\":\"01930d2c-7a44-8000-8000-0123456789ab\",\"number\":1}";
        for state in [
            "\"Unheard\"".to_owned(),
            format!("{{\"Unmatched\":{{\"transfer\":{transfer}}}}}"),
            format!("{{\"Offered\":{{\"transfer\":{transfer},\"offer\":{offer}}}}}"),
            format!("{{\"Matched\":{{\"transfer\":{transfer},\"offer\":{offer}}}}}"),
            format!("{{\"Differs\":{{\"transfer\":{transfer},\"offer\":{offer},\"why\":\"wrong_amount\"}}}}"),
            format!("{{\"TakingBack\":{{\"transfer\":{transfer},\"offer\":{offer}}}}}"),
            format!("{{\"PaidOut\":{{\"transfer\":{transfer},\"payout\":\"01930d2c-7a44-8000-8000-0123456789ab\"}}}}"),
        ] {
            let read = BankTransfer::decode_state(&state).unwrap();
            assert_eq!(BankTransfer::encode_state(&read).unwrap(), state);
        }
        for event in [
            format!("{{\"Booked\":{{\"transfer\":{transfer}}}}}"),
            format!("{{\"Offered\":{{\"offer\":{offer},\"by\":\"fiona\"}}}}"),
            "\"Taken\"".to_owned(),
            "\"TakenBack\"".to_owned(),
            "{\"TakeBackAsked\":{\"by\":\"fiona\",\"why\":\"so\"}}".to_owned(),
            "{\"Refused\":\"already_paid\"}".to_owned(),
            "{\"PaidOut\":{\"payout\":\"01930d2c-7a44-8000-8000-0123456789ab\"}}".to_owned(),
        ] {
            let read = BankTransfer::decode_event(&event).unwrap();
            assert_eq!(BankTransfer::encode_event(&read).unwrap(), event);
        }
        let effect = format!(
            "{{\"OfferToStatement\":{{\"transfer\":\"01930d2c-7a44-8000-8000-0123456789ab\",\"offer\":{offer},\
             \"amount_micros\":-5,\"currency\":\"EUR\",\"booked_ms\":7}}}}"
        );
        assert_eq!(BankTransfer::encode_effect(&BankTransfer::decode_effect(&effect).unwrap()).unwrap(), effect);
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        for text in ["", "{", "null", "\"Lost\"", "{\"Refused\":\"whim\"}", "{\"Offered\":{}}"] {
            assert!(BankTransfer::decode_event(text).is_err(), "{text}");
            assert!(BankTransfer::decode_state(text).is_err(), "{text}");
            assert!(BankTransfer::decode_effect(text).is_err(), "{text}");
            assert!(BankTransfer::decode_reply(text).is_err(), "{text}");
        }
    }
}
