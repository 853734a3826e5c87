//! The payout in rows.
//!
//! `storage/stored.rs` says how values get their stored counterparts; `values.rs` lists the members and variants.

mod lists;
mod values;

use super::booking::merchant_account;
use super::stored::{read, write};
use super::{Codec, CodecError, Summary};
use crate::domain::payout::{Effect, Event, Payout, Reply, State};
pub use lists::{PayoutRow, PayoutsOf};

/// The processor's account.
const PROCESSOR: &str = "processor:stripe";

impl Codec for Payout {
    const KIND: &'static str = "payout";

    fn encode_state(state: &State) -> Result<String, CodecError> {
        write(state)
    }

    fn decode_state(text: &str) -> Result<State, CodecError> {
        read(text)
    }

    fn event_kind(event: &Event) -> &'static str {
        match event {
            Event::Paid { .. } => "Paid",
            Event::Failed { .. } => "Failed",
            Event::Recorded { .. } => "Recorded",
            Event::TakenBack { .. } => "TakenBack",
            Event::Closed { .. } => "Closed",
        }
    }

    fn encode_event(event: &Event) -> Result<String, CodecError> {
        write(event)
    }

    fn decode_event(text: &str) -> Result<Event, CodecError> {
        read(text)
    }

    fn encode_effect(effect: &Effect) -> Result<String, CodecError> {
        match *effect {}
    }

    fn decode_effect(_text: &str) -> Result<Effect, CodecError> {
        Err(CodecError("a payout has no effects".to_owned()))
    }

    fn encode_reply(reply: &Reply) -> Result<String, CodecError> {
        write(reply)
    }

    fn decode_reply(text: &str) -> Result<Reply, CodecError> {
        read(text)
    }

    /// The account is that of the merchant's bookings, or the processor's; the request id is the reference, told apart from
    /// requests of the same account; the amount is positive when it goes where payouts go: to our bank, or to the merchant.
    fn summary(state: &State) -> Option<Summary> {
        let (account, reference, amount) = match state {
            State::Unheard => return None,
            State::Paid { payout } | State::Failed { payout } | State::Closed { payout, .. } => {
                (PROCESSOR.to_owned(), &payout.reference, payout.amount)
            }
            State::Recorded { payout } | State::TakenBack { payout, .. } => {
                (merchant_account(&payout.merchant), &payout.reference, payout.amount)
            }
        };
        let request_id = format!("payout {reference}");
        Some(Summary { account, request_id, issuer: None, issuer_reference: None, amount })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::catalog::MerchantId;
    use crate::domain::payout::{MerchantPayout, PayoutReference, ProcessorPayout, Standing};
    use crate::domain::{Currency, Money, Timestamp, UserName};

    fn any_money() -> impl Strategy<Value = Money> {
        let code = prop::sample::select(vec!["INR", "JPY", "KWD", "USD"]);
        (any::<i64>(), code).prop_map(|(micros, code)| Money::new(micros, Currency::parse(code).unwrap()))
    }

    prop_compose! {
        fn any_processor_payout()(text in "[a-z_]{1,100}", amount in any_money(), at in any::<i64>())
            -> Arc<ProcessorPayout>
        {
            let reference = PayoutReference::parse(&text).unwrap();
            Arc::new(ProcessorPayout { reference, amount, arrives_at: Timestamp::from_millis(at) })
        }
    }
    prop_compose! {
        fn any_merchant_payout()(
            (merchant, text, by) in ("[ -~]{1,200}", "[a-zä]{1,100}", "[a-zä]{1,100}"),
            amount in any_money(),
            at in any::<i64>(),
        ) -> Arc<MerchantPayout> {
            Arc::new(MerchantPayout {
                merchant: MerchantId::parse(&merchant).unwrap(),
                reference: PayoutReference::parse(&text).unwrap(),
                amount,
                sent_at: Timestamp::from_millis(at),
                by: UserName::parse(&by).unwrap(),
            })
        }
    }

    fn any_state() -> impl Strategy<Value = State> {
        let parts = (any_processor_payout(), any_merchant_payout(), any::<String>(), 0..6);
        parts.prop_map(|(from, payout, why, kind)| match kind {
            0 => State::Unheard,
            1 => State::Paid { payout: from },
            2 => State::Failed { payout: from },
            3 => State::Recorded { payout },
            4 => State::TakenBack { by: payout.by.clone(), payout, why: why.into() },
            _ => State::Closed { payout: from, by: payout.by.clone(), why: why.into() },
        })
    }

    fn any_event() -> impl Strategy<Value = Event> {
        let parts = (any_processor_payout(), any_merchant_payout(), any::<String>(), 0..5);
        parts.prop_map(|(from, payout, why, kind)| match kind {
            0 => Event::Paid { payout: from },
            1 => Event::Failed { payout: from },
            2 => Event::Recorded { payout },
            3 => Event::TakenBack { by: payout.by.clone(), why: why.into() },
            _ => Event::Closed { by: payout.by.clone(), why: why.into() },
        })
    }

    fn any_reply() -> impl Strategy<Value = Reply> {
        let standing =
            vec![Standing::Paid, Standing::Failed, Standing::Recorded, Standing::TakenBack, Standing::Closed];
        let standing = prop::sample::select(standing);
        let reply = |(standing, new)| if new { Reply::Booked(standing) } else { Reply::Stands(standing) };
        (standing, any::<bool>()).prop_map(reply)
    }

    proptest! {
        #[test]
        fn nothing_of_a_state_is_lost(state in any_state()) {
            let text = Payout::encode_state(&state).unwrap();
            prop_assert_eq!(Payout::decode_state(&text).unwrap(), state);
        }

        #[test]
        fn nothing_of_an_event_is_lost(event in any_event()) {
            let text = Payout::encode_event(&event).unwrap();
            prop_assert!(text.contains(Payout::event_kind(&event)));
            prop_assert_eq!(Payout::decode_event(&text).unwrap(), event);
        }

        #[test]
        fn nothing_of_a_reply_is_lost(reply in any_reply()) {
            let text = Payout::encode_reply(&reply).unwrap();
            prop_assert_eq!(Payout::decode_reply(&text).unwrap(), reply);
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,80}") {
            let _ = Payout::decode_state(&text);
            let _ = Payout::decode_event(&text);
        }
    }

    /// Rows that exist are read for ever: when one of these texts changes, stored payouts can no longer be read.
    #[test]
    fn what_is_already_stored_is_written_and_read() {
        let from = "{\"reference\":\"po_1\",\"amount_micros\":5000000,\"currency\":\"USD\",\"arrives_ms\":7}";
        let to = "{\"merchant\":\"spa-1\",\"reference\":\"R 1\",\"amount_micros\":5,\"currency\":\"USD\",\"sent_ms\":7,\
                  \"by\":\"fiona\"}";
        for state in [
            "\"Unheard\"".to_owned(),
            format!("{{\"Paid\":{{\"payout\":{from}}}}}"),
            format!("{{\"Failed\":{{\"payout\":{from}}}}}"),
            format!("{{\"Recorded\":{{\"payout\":{to}}}}}"),
            format!("{{\"TakenBack\":{{\"payout\":{to},\"by\":\"carl\",\"why\":\"w\"}}}}"),
            format!("{{\"Closed\":{{\"payout\":{from},\"by\":\"carl\",\"why\":\"w\"}}}}"),
        ] {
            let read = Payout::decode_state(&state).unwrap();
            assert_eq!(Payout::encode_state(&read).unwrap(), state);
        }
        for event in [
            format!("{{\"Paid\":{{\"payout\":{from}}}}}"),
            format!("{{\"Failed\":{{\"payout\":{from}}}}}"),
            format!("{{\"Recorded\":{{\"payout\":{to}}}}}"),
            "{\"TakenBack\":{\"by\":\"carl\",\"why\":\"w\"}}".to_owned(),
            "{\"Closed\":{\"by\":\"carl\",\"why\":\"w\"}}".to_owned(),
        ] {
            let read = Payout::decode_event(&event).unwrap();
            assert_eq!(Payout::encode_event(&read).unwrap(), event);
        }
        for reply in ["{\"Booked\":\"Paid\"}", "{\"Stands\":\"TakenBack\"}"] {
            assert_eq!(Payout::encode_reply(&Payout::decode_reply(reply).unwrap()).unwrap(), reply);
        }
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        for text in ["", "{", "null", "\"Lost\"", "{\"Paid\":{}}", "{\"Paid\":{\"payout\":{\"reference\":\"\"}}}"] {
            assert!(Payout::decode_event(text).is_err(), "{text}");
            assert!(Payout::decode_state(text).is_err(), "{text}");
            assert!(Payout::decode_effect(text).is_err(), "{text}");
            assert!(Payout::decode_reply(text).is_err(), "{text}");
        }
    }

    #[test]
    fn lists_name_who_is_paid_and_how_it_is_called() {
        let reference = PayoutReference::parse("po_1").unwrap();
        let amount = Money::new(5, Currency::parse("USD").unwrap());
        let payout = Arc::new(ProcessorPayout { reference, amount, arrives_at: Timestamp::from_millis(0) });
        let summary = Payout::summary(&State::Failed { payout }).unwrap();
        assert_eq!(
            (summary.account.as_str(), summary.request_id.as_str(), summary.amount),
            ("processor:stripe", "payout po_1", amount)
        );
        assert_eq!(Payout::summary(&State::Unheard), None);
    }
}
