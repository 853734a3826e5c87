//! A booking's values to text and back: every variant, golden and at random.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use roundtrip::domain::booking::{
    Booking, BookingStatus, Canceller, Collecting, DisputeStanding, Effect, Event, FailureCause, Fee, Later, Means,
    Notice, Past, PrepaymentStatus, RefundStanding, Reply, State, Why,
};
use roundtrip::domain::catalog::ConfirmationMode;
use roundtrip::domain::{Currency, Machine, Money};
use roundtrip::storage::Codec;

use super::booking_dice::Dice;

/// Rows that exist are read for ever: when one of these lines changes, stored bookings can no longer be read.
const GOLDEN: &str = include_str!("golden_booking.txt");

type Recoded = Box<dyn Fn(&str) -> String>;

/// A sample of every variant as text, with the function that reads it and writes it again.
fn samples() -> Vec<(String, Recoded)> {
    let mut samples: Vec<(String, Recoded)> = Vec::new();
    for state in states() {
        let recode = |text: &str| Booking::encode_state(&Booking::decode_state(text).unwrap()).unwrap();
        samples.push((Booking::encode_state(&state).unwrap(), Box::new(recode)));
    }
    for event in events() {
        let recode = |text: &str| Booking::encode_event(&Booking::decode_event(text).unwrap()).unwrap();
        samples.push((Booking::encode_event(&event).unwrap(), Box::new(recode)));
    }
    for effect in effects() {
        let recode = |text: &str| Booking::encode_effect(&Booking::decode_effect(text).unwrap()).unwrap();
        samples.push((Booking::encode_effect(&effect).unwrap(), Box::new(recode)));
    }
    for reply in replies() {
        let recode = |text: &str| Booking::encode_reply(&Booking::decode_reply(text).unwrap()).unwrap();
        samples.push((Booking::encode_reply(&reply).unwrap(), Box::new(recode)));
    }
    samples
}

#[test]
fn booking_codec_writes_what_is_already_stored() {
    let written: Vec<String> = samples().into_iter().map(|(text, _)| text).collect();
    let golden: Vec<&str> = GOLDEN.lines().collect();
    assert_eq!(written.len(), golden.len(), "one line for each sample:\n{}", written.join("\n"));
    for (written, golden) in written.iter().zip(golden) {
        assert_eq!(written, golden);
    }
}

#[test]
fn booking_codec_reads_what_is_already_stored() {
    for ((_, recode), golden) in samples().into_iter().zip(GOLDEN.lines()) {
        assert_eq!(recode(golden), golden);
    }
}

#[test]
fn booking_codec_names_every_event_as_it_is_stored() {
    for event in events() {
        let (kind, text) = (Booking::event_kind(&event), Booking::encode_event(&event).unwrap());
        assert!(text == format!("\"{kind}\"") || text.starts_with(&format!("{{\"{kind}\":")), "{kind}: {text}");
    }
}

#[test]
fn booking_codec_reads_members_that_it_does_not_know_and_misses_none_that_may_be_absent() {
    let text = Booking::encode_state(&Dice::fixed().state(3)).unwrap();
    let later = text.replace("\"agreement\"", "\"colour\":{\"deep\":[1]},\"agreement\"");
    assert_ne!(text, later);
    assert_eq!(Booking::decode_state(&later), Booking::decode_state(&text));
    let event = "{\"Abandoned\":{\"intent\":\"pi_1\",\"charged\":null}}";
    assert_eq!(Booking::decode_event("{\"Abandoned\":{\"intent\":\"pi_1\"}}"), Booking::decode_event(event));
}

#[test]
fn booking_codec_refuses_what_it_cannot_understand() {
    for text in ["", "{", "null", "\"Lost\"", "{\"Lost\":{}}", "{\"Paid\":{}}", "{\"Pay\":{\"attempt\":1}}"] {
        assert!(Booking::decode_event(text).is_err(), "{text}");
        assert!(Booking::decode_state(text).is_err(), "{text}");
        assert!(Booking::decode_effect(text).is_err(), "{text}");
        assert!(Booking::decode_reply(text).is_err(), "{text}");
    }
    let state = Booking::encode_state(&full_state()).unwrap();
    for (known, unknown) in [
        ("\"CONFIRMED\"", "\"MISLAID\""),
        ("\"USD\"", "\"usd\""),
        ("\"VISA\"", "\"DINERS\""),
        ("\"Synchronous\"", "\"Perhaps\""),
        ("\"slot_key\":\"", "\"slot_key\":\"x"),
        ("\"InFlight\"", "\"Lost\""),
        ("\"OnFirstUse\"", "\"Never\""),
    ] {
        let other = state.replace(known, unknown);
        assert_ne!(state, other, "{known}");
        assert!(Booking::decode_state(&other).is_err(), "{unknown}");
    }
    let token = Booking::encode_event(&attempted()).unwrap();
    for (known, unknown) in [("0707", "07"), ("0707", "07g7")] {
        let other = token.replacen(known, unknown, 1);
        assert_ne!(token, other, "{known}");
        assert!(Booking::decode_event(&other).is_err(), "{unknown}");
    }
}

#[test]
fn booking_codec_tells_merchant_id_and_amount_in_columns() {
    let mut dice = Dice::fixed();
    let mut agreement = (*dice.agreement()).clone();
    let mut amount = |change: &dyn Fn(&mut roundtrip::domain::catalog::Terms)| {
        change(&mut agreement.terms);
        let failure = roundtrip::domain::booking::Failure::new(FailureCause::PaymentError, "x");
        let (agreement, past) = (Arc::new(agreement.clone()), Past::default());
        let failed = roundtrip::domain::booking::Failed { agreement, past, failure };
        let summary = Booking::summary(&State::Failed(Box::new(failed))).unwrap();
        assert_eq!((summary.account.as_str(), summary.issuer), ("booking:spa-1 „Ü“", None));
        assert_eq!(summary.request_id, "00000000-0000-0000-0000-000000000007");
        summary.amount
    };
    let usd = |micros| Money::new(micros, Currency::parse("USD").unwrap());
    assert_eq!(amount(&|_| ()), usd(213_500_000), "prepaid: with the tax");
    assert_eq!(amount(&|terms| terms.prepaid = false), usd(50_000_000), "the deposit for two is due now");
    let later = |terms: &mut roundtrip::domain::catalog::Terms| {
        if let Some(due) = &mut terms.deposit {
            due.charged_from_s = Some(5);
        }
    };
    assert_eq!(amount(&later), usd(213_500_000), "nothing now: the price");
    assert_eq!(amount(&|terms| (terms.price, terms.tax) = (None, None)), usd(50_000_000), "no price: the deposit");
    assert_eq!(amount(&|terms| terms.deposit = None), usd(25_000_000), "no deposit: the fee");
    let free = amount(&|terms| terms.no_show_fee = None);
    assert_eq!((free.micros(), free.currency().code()), (0, "XXX"));
    assert_eq!(Booking::summary(&State::Unheard), None);
}

proptest! {
    #[test]
    fn booking_codec_loses_nothing(numbers in vec(any::<u64>(), 1..400)) {
        let mut dice = Dice::new(numbers);
        let kind = dice.below(6);
        let state = dice.state(kind);
        prop_assert_eq!(Booking::decode_state(&Booking::encode_state(&state).unwrap()).unwrap(), state);
        let kind = dice.below(EVENTS);
        let event = dice.event(kind);
        prop_assert_eq!(Booking::decode_event(&Booking::encode_event(&event).unwrap()).unwrap(), event);
        let kind = dice.below(5);
        let effect = dice.effect(kind);
        let read = Booking::decode_effect(&Booking::encode_effect(&effect).unwrap()).unwrap();
        prop_assert_eq!(Booking::idempotency_key(&read), Booking::idempotency_key(&effect));
        prop_assert_eq!(read, effect);
        let kind = dice.below(8);
        let reply = dice.reply(kind);
        prop_assert_eq!(Booking::decode_reply(&Booking::encode_reply(&reply).unwrap()).unwrap(), reply);
    }

    #[test]
    fn booking_codec_never_panics(text in "\\PC{0,80}", at in any::<prop::sample::Index>(), end in any::<prop::sample::Index>()) {
        let _ = (Booking::decode_state(&text), Booking::decode_event(&text));
        // A stored text with a piece of it missing.
        let stored = Booking::encode_state(&full_state()).unwrap();
        let (from, to) = (at.index(stored.len()), end.index(stored.len()));
        if let (Some(head), Some(tail)) = (stored.get(..from.min(to)), stored.get(from.max(to)..)) {
            let _ = Booking::decode_state(&format!("{head}{tail}"));
            let _ = Booking::decode_event(&format!("{head}{tail}"));
        }
    }
}

/// The number of variants of an event.
const EVENTS: u64 = 24;

fn attempted() -> Event {
    let mut dice = Dice::fixed();
    Event::Attempted { agreement: dice.agreement(), means: Means::Token([7; 32]), answer_by: dice.time() }
}

/// A booking with everything that one can have.
fn full_state() -> State {
    let mut dice = Dice::fixed();
    let mut booked = dice.booked();
    let refund = |standing| {
        let charge = Dice::fixed().charge();
        roundtrip::domain::booking::Refund { charge, orphan: true, standing, tries: 2 }
    };
    booked.past.refunds =
        [RefundStanding::InFlight, RefundStanding::Done { id: "re_1".into() }, dice.refund_failed()].map(refund).into();
    State::Booked(Box::new(booked))
}

/// The match makes a new variant fail to compile here, until it has a sample.
fn states() -> Vec<State> {
    let mut samples: Vec<State> = (0..6).map(|kind| Dice::fixed().state(kind)).collect();
    samples.push(full_state());
    let booked = || Dice::fixed().booked();
    for (later, fee) in [
        (Later::Due { at: Dice::fixed().time(), number: 2 }, Fee::Nothing),
        (Later::Charging { number: 2 }, Fee::Charging { number: 2 }),
        (Later::GivenUp { code: "expired_card".into() }, Fee::Charged(Dice::fixed().charge())),
        (Later::Nothing, Fee::Declined { number: 1, code: "do_not_honor".into() }),
    ] {
        samples.push(State::Booked(Box::new(roundtrip::domain::booking::Booked { later, fee, ..booked() })));
    }
    for (by, standing) in [
        (Canceller::User, DisputeStanding::Open),
        (Canceller::Merchant, DisputeStanding::Won),
        (Canceller::Customer, DisputeStanding::Lost),
    ] {
        let mut booked = booked();
        booked.cancelled = Some(roundtrip::domain::booking::Cancelled { by, late: true, deposit_back: false });
        booked.disputes.iter_mut().for_each(|dispute| dispute.standing = standing);
        booked.status = BookingStatus::Canceled;
        samples.push(State::Booked(Box::new(booked)));
    }
    let mut dice = Dice::fixed();
    let first = Some(dice.agreement());
    samples.push(State::Booked(Box::new(roundtrip::domain::booking::Booked { first, ..booked() })));
    let mut orphaned = booked();
    orphaned.past.disputes = std::mem::take(&mut orphaned.disputes);
    samples.push(State::Booked(Box::new(orphaned)));
    if let State::Challenged(mut challenged) = dice.state(3) {
        challenged.token = Some([0xab; 32]);
        samples.push(State::Challenged(challenged));
    }
    for sample in &samples {
        match sample {
            State::Unheard
            | State::Paying(_)
            | State::Failed(_)
            | State::Challenged(_)
            | State::Unclaimed(_)
            | State::Booked(_) => {}
        }
    }
    samples
}

fn events() -> Vec<Event> {
    let mut samples: Vec<Event> = (0..EVENTS).map(|kind| Dice::fixed().event(kind)).collect();
    samples.push(attempted());
    for sample in &samples {
        match sample {
            Event::Booked { .. }
            | Event::Attempted { .. }
            | Event::Paid(_)
            | Event::PaidLate { .. }
            | Event::Claimed
            | Event::Expired
            | Event::AttemptFailed(_)
            | Event::Challenged { .. }
            | Event::Adopted { .. }
            | Event::ChallengeDropped
            | Event::Abandoned { .. }
            | Event::Cancelled(_)
            | Event::Moved { .. }
            | Event::Accepted
            | Event::DeclinedByMerchant
            | Event::NoShow
            | Event::Collecting { .. }
            | Event::Collected { .. }
            | Event::CollectingFailed { .. }
            | Event::RefundBegan { .. }
            | Event::RefundRetried { .. }
            | Event::RefundStands { .. }
            | Event::Disputed(_)
            | Event::OrphanDisputed(_) => {}
        }
    }
    let mut kinds: Vec<_> = samples.iter().map(Booking::event_kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len() as u64, EVENTS, "one of each");
    samples
}

fn effects() -> Vec<Effect> {
    let mut samples: Vec<Effect> = (0..5).map(|kind| Dice::fixed().effect(kind)).collect();
    let resumed = Dice::fixed().resumed();
    for means in [Means::Token([0xab; 32]), Means::Challenge("pi_1".into()), Means::Adopted(resumed)] {
        samples.push(Effect::Pay { attempt: 2, agreement: Dice::fixed().agreement(), means });
    }
    let told = |why| {
        let Effect::Tell(notice) = Dice::fixed().effect(4) else { panic!("the last is the notice") };
        let prepayment = Some((PrepaymentStatus::Refunded, "ch_88".into()));
        Effect::Tell(Box::new(Notice { why, prepayment, ..*notice }))
    };
    samples.extend(
        [
            Why::Answered,
            Why::Cancelled,
            Why::NoShow,
            Why::Penalized,
            Why::DepositCharged,
            Why::Refunded { number: 1, tries: 1 },
            Why::RefundFailed { number: 2, tries: 3 },
        ]
        .map(told),
    );
    for sample in &samples {
        match sample {
            Effect::Pay { .. }
            | Effect::Abandon { .. }
            | Effect::Collect { what: Collecting::Deposit | Collecting::Fee, .. }
            | Effect::Refund { .. }
            | Effect::Tell(_) => {}
        }
    }
    samples
}

fn replies() -> Vec<Reply> {
    let samples: Vec<Reply> = (0..8).map(|kind| Dice::fixed().reply(kind)).collect();
    for sample in &samples {
        match sample {
            Reply::Created(_)
            | Reply::Stands(_)
            | Reply::Paying { .. }
            | Reply::Unclaimed
            | Reply::Failed(_)
            | Reply::Challenged { .. }
            | Reply::Adopted { .. }
            | Reply::Nothing => {}
        }
    }
    samples
}

#[test]
fn booking_codec_samples_show_both_modes_of_confirmation() {
    let modes: Vec<_> = [Dice::fixed(), Dice::new(vec![1])].map(|mut dice| dice.agreement().confirmation).into();
    assert_eq!(modes, [ConfirmationMode::Synchronous, ConfirmationMode::Asynchronous]);
}
