//! Values to text and back: every variant, golden and at random.

use std::sync::Arc;

use proptest::prelude::*;
use roundtrip::domain::invoice::InvoiceReference;
use roundtrip::domain::redirect_payment::{
    ClosedAs, Closing, Decline, Effect, Event, GoogleStart, InvoiceAttempt, Negative, Origin, Outcome, RawCode,
    Receipt, RedirectPayment, Refund, RefundDecline, RefundOrigin, RefundRefusal, RefundResult, RefundStanding,
    Refunds, Reply, Stage, Standing, State, Terms, Verdict,
};
use roundtrip::domain::{Attention, RefundId, RequestId, TransactionId, UserName};
use roundtrip::storage::Codec;

use super::codec_dice::{any_effect, any_event, any_reply, any_state};
use super::fixture::{NOW, bank, inr, terms};

/// Rows that exist are read for ever: when one of these lines changes, stored payments can no longer be read.
const GOLDEN: &str = include_str!("golden.txt");

type Recoded = Box<dyn Fn(&str) -> String>;

/// A sample of every variant as text, with the function that reads it and writes it again.
fn samples() -> Vec<(String, Recoded)> {
    let mut samples: Vec<(String, Recoded)> = Vec::new();
    for state in states() {
        let recode = |text: &str| RedirectPayment::encode_state(&RedirectPayment::decode_state(text).unwrap()).unwrap();
        samples.push((RedirectPayment::encode_state(&state).unwrap(), Box::new(recode)));
    }
    for event in events() {
        let recode = |text: &str| RedirectPayment::encode_event(&RedirectPayment::decode_event(text).unwrap()).unwrap();
        samples.push((RedirectPayment::encode_event(&event).unwrap(), Box::new(recode)));
    }
    for effect in effects() {
        let recode =
            |text: &str| RedirectPayment::encode_effect(&RedirectPayment::decode_effect(text).unwrap()).unwrap();
        samples.push((RedirectPayment::encode_effect(&effect).unwrap(), Box::new(recode)));
    }
    for reply in replies() {
        let recode = |text: &str| RedirectPayment::encode_reply(&RedirectPayment::decode_reply(text).unwrap()).unwrap();
        samples.push((RedirectPayment::encode_reply(&reply).unwrap(), Box::new(recode)));
    }
    samples
}

#[test]
fn storage_codec_writes_what_is_already_stored() {
    let written: Vec<String> = samples().into_iter().map(|(text, _)| text).collect();
    let golden: Vec<&str> = GOLDEN.lines().collect();
    assert_eq!(written.len(), golden.len(), "one line for each sample:\n{}", written.join("\n"));
    for (written, golden) in written.iter().zip(golden) {
        assert_eq!(written, golden);
    }
}

#[test]
fn storage_codec_reads_what_is_already_stored() {
    for ((_, recode), golden) in samples().into_iter().zip(GOLDEN.lines()) {
        assert_eq!(recode(golden), golden);
    }
}

#[test]
fn storage_codec_reads_members_that_it_does_not_know() {
    let text = RedirectPayment::encode_event(&Event::SentToIssuer { issuer: bank("B"), deadline: NOW }).unwrap();
    let later = text.replacen("\"issuer\"", "\"colour\":{\"deep\":[1]},\"issuer\"", 1);
    assert_ne!(text, later);
    assert_eq!(RedirectPayment::decode_event(&later), RedirectPayment::decode_event(&text));
}

#[test]
fn storage_codec_refuses_what_it_cannot_understand() {
    for text in ["", "{", "null", "\"Refunded\"", "{\"Refunded\":{}}", "{\"SentToIssuer\":{\"deadline_ms\":1}}"] {
        assert!(RedirectPayment::decode_event(text).is_err(), "{text}");
        assert!(RedirectPayment::decode_state(text).is_err(), "{text}");
        assert!(RedirectPayment::decode_effect(text).is_err(), "{text}");
        assert!(RedirectPayment::decode_reply(text).is_err(), "{text}");
    }
    let negative = "{\"Declined\":{\"decline\":\"Whim\",\"raw\":null}}";
    assert!(RedirectPayment::decode_event(negative).is_err());
    let currency =
        "{\"Paid\":{\"issuer\":\"B\",\"reference\":\"r\",\"amount\":{\"micros\":1,\"currency\":\"inr\"},\"at_ms\":1}}";
    assert!(RedirectPayment::decode_event(currency).is_err());
}

proptest! {
    #[test]
    fn storage_codec_loses_nothing_of_a_state(state in any_state()) {
        let text = RedirectPayment::encode_state(&state).unwrap();
        prop_assert_eq!(RedirectPayment::decode_state(&text).unwrap(), state);
    }

    #[test]
    fn storage_codec_loses_nothing_of_an_event(event in any_event()) {
        let text = RedirectPayment::encode_event(&event).unwrap();
        prop_assert_eq!(RedirectPayment::decode_event(&text).unwrap(), event);
    }

    #[test]
    fn storage_codec_loses_nothing_of_an_effect(effect in any_effect()) {
        let text = RedirectPayment::encode_effect(&effect).unwrap();
        prop_assert_eq!(RedirectPayment::decode_effect(&text).unwrap(), effect);
    }

    #[test]
    fn storage_codec_loses_nothing_of_a_reply(reply in any_reply()) {
        let text = RedirectPayment::encode_reply(&reply).unwrap();
        prop_assert_eq!(RedirectPayment::decode_reply(&text).unwrap(), reply);
    }

    #[test]
    fn storage_codec_never_panics(text in "\\PC{0,80}") {
        let _ = RedirectPayment::decode_state(&text);
        let _ = RedirectPayment::decode_event(&text);
    }
}

// One value of every variant.

fn agreed() -> Arc<Terms> {
    Arc::new(terms(7))
}

fn invoice() -> TransactionId {
    TransactionId::parse("01930d2c-7a44-8000-8000-00000000000f").unwrap()
}

fn of_invoice() -> Arc<Terms> {
    let reference = InvoiceReference::parse("INV-1").unwrap();
    Arc::new(Terms {
        origin: Origin::Invoice(InvoiceAttempt { invoice: invoice(), reference, attempt: 2 }),
        ..terms(7)
    })
}

fn agreed_google() -> GoogleStart {
    agreed().origin.google().unwrap().clone()
}

fn receipt() -> Receipt {
    Receipt { issuer: bank("BANK_A"), reference: "A/77 ä".to_owned(), amount: inr(109_900_000), at: NOW }
}

fn closing(negative: Negative) -> Closing {
    Closing {
        terms: agreed(),
        issuer: Some(bank("BANK_A")),
        negative,
        notified: false,
        difference: None,
        dealt_with: false,
    }
}

fn negatives() -> Vec<Negative> {
    let declines = [
        Decline::InsufficientFunds,
        Decline::OverLimit(inr(50_000_000)),
        Decline::UnderLimit(Some(inr(1_000_000))),
        Decline::UnderLimit(None),
        Decline::CurrencyNotSupported,
        Decline::Risk,
        Decline::ByIssuer,
        Decline::PayerLeft,
    ];
    declines.into_iter().map(|decline| Negative { decline, raw: RawCode::new("51") }).collect()
}

pub(super) fn refusals() -> Vec<RefundRefusal> {
    let reasons = [
        RefundDecline::AccountClosed,
        RefundDecline::AccountOnHold,
        RefundDecline::ExceedsMaximumBalance,
        RefundDecline::WindowExceeded,
    ];
    reasons.into_iter().map(|reason| RefundRefusal { reason, raw: RawCode::new("r7") }).collect()
}

fn standings() -> Vec<RefundStanding> {
    let mut samples = vec![
        RefundStanding::AtIssuer { asked: 2, next_ask: Some(NOW) },
        RefundStanding::Refunded { reference: Some("R/9".to_owned()), at: NOW },
    ];
    samples.extend(refusals().into_iter().map(|refusal| RefundStanding::Refused { refusal, at: NOW, moved: true }));
    samples
}

fn refund(number: u32, origin: RefundOrigin, standing: RefundStanding) -> Refund {
    let (reference, amount) = ("A/77 ä".to_owned(), inr(50_000_000));
    Refund { number, origin, reference, amount, ordered_at: NOW, standing, notified: false, contradicted: true }
}

fn refunds() -> Vec<Refund> {
    let origins = [
        RefundOrigin::Ordered(RequestId::parse("rf-0001").unwrap()),
        RefundOrigin::House(None),
        RefundOrigin::House(Some(UserName::parse("ada").unwrap())),
    ];
    let with = |(number, (origin, standing))| refund(number, origin, standing);
    (1..).zip(origins.into_iter().cycle().zip(standings())).map(with).collect()
}

/// The match makes a new variant fail to compile here, until it has a sample.
pub(crate) fn states() -> Vec<State> {
    let mut samples = vec![
        State::Unstarted,
        State::AwaitingIssuerChoice { terms: agreed(), preselected: Some((bank("BANK_A"), 60_000)) },
        State::AtIssuer { terms: agreed(), issuer: bank("BANK_A"), deadline: Some(NOW) },
        State::AtIssuer { terms: of_invoice(), issuer: bank("BANK_A"), deadline: Some(NOW) },
        State::Pending {
            terms: agreed(),
            issuer: bank("BANK_A"),
            gives_up: NOW,
            next_ask: None,
            asked: 3,
            difference: Some(inr(1)),
            dealt_with: false,
        },
        State::Paid {
            terms: agreed(),
            receipt: receipt(),
            notified: true,
            contradicted: false,
            further: Vec::new(),
            refunds: Refunds::default(),
            dealt_with: false,
        },
        State::Abandoned(closing(Negative::payer_left())),
        State::Expired(Closing { issuer: None, notified: true, ..closing(Negative::payer_left()) }),
        State::PaidAfterClose {
            closing: closing(Negative::payer_left()),
            closed_as: ClosedAs::Expired,
            receipt: receipt(),
            further: Vec::new(),
            refunds: Refunds::default(),
            dealt_with: false,
        },
        State::Paid {
            terms: agreed(),
            receipt: receipt(),
            notified: true,
            contradicted: false,
            further: Vec::new(),
            refunds: Refunds::from_vec(refunds()),
            dealt_with: false,
        },
        State::Expired(Closing { difference: Some(inr(1)), dealt_with: true, ..closing(Negative::payer_left()) }),
        State::Paid {
            terms: agreed(),
            receipt: receipt(),
            notified: true,
            contradicted: true,
            further: Vec::new(),
            refunds: Refunds::default(),
            dealt_with: true,
        },
    ];
    samples.extend(negatives().into_iter().map(|negative| State::Declined(closing(negative))));
    for sample in &samples {
        match sample {
            State::Unstarted
            | State::AwaitingIssuerChoice { .. }
            | State::AtIssuer { .. }
            | State::Pending { .. }
            | State::Paid { .. }
            | State::Declined(_)
            | State::Abandoned(_)
            | State::Expired(_)
            | State::PaidAfterClose { .. } => {}
        }
    }
    samples
}

fn events() -> Vec<Event> {
    let samples = vec![
        Event::Started { terms: agreed(), preselected: None },
        Event::SentToIssuer { issuer: bank("BANK_A"), deadline: NOW },
        Event::IssuerAsked,
        Event::StillPending { next_ask: NOW },
        Event::AmountDiffered { reported: inr(5), reference: "r".to_owned(), next_ask: NOW },
        Event::Paid(receipt()),
        Event::Declined(Negative { decline: Decline::Risk, raw: None }),
        Event::Abandoned(Negative::payer_left()),
        Event::Expired,
        Event::PaidAfterClose(receipt()),
        Event::PaidAgain(receipt()),
        Event::Contradicted { word: "declined", reference: "r".to_owned() },
        Event::Notified,
        Event::RefundOrdered(refunds().remove(0)),
        Event::RefundAsked { number: 1 },
        Event::RefundStillPending { number: 1, next_ask: NOW },
        Event::RefundClosed { number: 1, standing: standings().remove(1) },
        Event::RefundContradicted { number: 1, moved: true },
        Event::RefundNotified { number: 1 },
        Event::DealtWith {
            about: Attention::Contradiction,
            by: UserName::parse("ada").unwrap(),
            why: "asked the bank".to_owned(),
        },
    ];
    for sample in &samples {
        match sample {
            Event::Started { .. }
            | Event::SentToIssuer { .. }
            | Event::IssuerAsked
            | Event::StillPending { .. }
            | Event::AmountDiffered { .. }
            | Event::Paid(_)
            | Event::Declined(_)
            | Event::Abandoned(_)
            | Event::Expired
            | Event::PaidAfterClose(_)
            | Event::PaidAgain(_)
            | Event::Contradicted { .. }
            | Event::Notified
            | Event::RefundOrdered(_)
            | Event::RefundAsked { .. }
            | Event::RefundStillPending { .. }
            | Event::RefundClosed { .. }
            | Event::RefundContradicted { .. }
            | Event::RefundNotified { .. }
            | Event::DealtWith { .. } => {}
        }
    }
    samples
}

fn effects() -> Vec<Effect> {
    let samples = vec![
        Effect::NotifyPaymentComplete {
            payment: agreed().id,
            piaid: agreed_google().piaid,
            redirect_request_id: agreed_google().request_id,
            outcome: Outcome::Success,
            issuer: Some(bank("BANK_A")),
        },
        Effect::AskIssuerForStatus { payment: agreed().id, issuer: bank("BANK_A"), number: 2 },
        Effect::RefundAtIssuer {
            refund: RefundId { payment: agreed().id, number: 1 },
            issuer: bank("BANK_A"),
            reference: "A/77 ä".to_owned(),
            amount: inr(50_000_000),
            question: 0,
        },
        Effect::NotifyRefundResult {
            refund: RefundId { payment: agreed().id, number: 1 },
            piaid: agreed_google().piaid,
            refund_request_id: RequestId::parse("rf-0001").unwrap(),
            result: RefundResult::Success,
        },
        Effect::ConsiderGivingBack { payment: agreed().id, piaid: Some(agreed_google().piaid), receipt: 1 },
        Effect::ConsiderGivingBack { payment: agreed().id, piaid: None, receipt: 1 },
        Effect::TellInvoice {
            payment: agreed().id,
            invoice: invoice(),
            attempt: 2,
            outcome: Outcome::Success,
            issuer: Some(bank("BANK_A")),
        },
        Effect::TellInvoiceOfRefund {
            refund: RefundId { payment: agreed().id, number: 1 },
            invoice: invoice(),
            order: RequestId::parse("rf-0001").unwrap(),
            result: RefundResult::Success,
        },
    ];
    for sample in &samples {
        match sample {
            Effect::NotifyPaymentComplete { .. }
            | Effect::AskIssuerForStatus { .. }
            | Effect::RefundAtIssuer { .. }
            | Effect::NotifyRefundResult { .. }
            | Effect::ConsiderGivingBack { .. }
            | Effect::TellInvoice { .. }
            | Effect::TellInvoiceOfRefund { .. } => {}
        }
    }
    samples
}

fn replies() -> Vec<Reply> {
    let standing = |stage| Reply::Standing(Standing { terms: agreed(), stage });
    let samples = vec![
        standing(Stage::Choosing),
        standing(Stage::AtIssuer { issuer: bank("BANK_A"), sent_now: true, until: Some(NOW) }),
        standing(Stage::Undecided { issuer: bank("BANK_A"), differs: false }),
        standing(Stage::Closed { outcome: Outcome::Success, issuer: Some(bank("BANK_A")) }),
        Reply::Noted,
        Reply::Link("https://pay.example.com/pay/x?sig=y".to_owned()),
        Reply::Refused(Negative { decline: Decline::CurrencyNotSupported, raw: None }),
        Reply::Status(Verdict::Pending, None),
        Reply::Status(Verdict::Final(Outcome::Negative(Negative::payer_left())), Some(bank("BANK_A"))),
        Reply::RefundAcknowledged,
    ];
    for sample in &samples {
        match sample {
            Reply::Standing(_)
            | Reply::Noted
            | Reply::Link(_)
            | Reply::Refused(_)
            | Reply::Status(..)
            | Reply::RefundAcknowledged => {}
        }
    }
    samples
}

// Values at random.
