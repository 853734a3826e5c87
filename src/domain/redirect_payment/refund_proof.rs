//! What refunds promise, rule by rule; `refund_property.rs` has what holds for every history.

use std::collections::BTreeSet;

use super::proof::{History, at, bank, chosen, declined, inr, report, report_of, start};
use super::refund_property::{explained, is_googles, is_open, refunds};
use super::*;
use crate::domain::{Account, Currency, Money, RefundId, RemittableStanding, RequestId, TransactionId, UserName};

pub(super) const PAID: i64 = 109_900_000;
/// One paisa.
pub(super) const MINOR: i64 = 10_000;
/// When the money of these histories was taken.
pub(super) const TAKEN_MS: i64 = 10;
pub(super) const DAY_MS: i64 = 86_400_000;
const WINDOW_MS: i64 = 30 * DAY_MS;

pub(super) fn order(micros: i64, request_id: &str) -> Input {
    order_of(inr(micros), request_id)
}

pub(super) fn order_of(amount: Money, request_id: &str) -> Input {
    let request_id = RequestId::parse(request_id).unwrap();
    Input::Refund(RefundOrder { request_id, amount, window_ms: WINDOW_MS })
}

pub(super) fn said(number: u32, word: RefundWord) -> Input {
    said_by("BANK_A", number, word)
}

pub(super) fn said_by(issuer: &str, number: u32, word: RefundWord) -> Input {
    let payment = TransactionId::parse("01930d2c-7a44-8000-8000-0123456789ab").unwrap();
    Input::RefundReport(RefundReport { id: RefundId { payment, number }, issuer: bank(issuer), word })
}

pub(super) fn refunded() -> RefundWord {
    RefundWord::Refunded { reference: Some("R-1".into()) }
}

fn refusal(reason: RefundDecline) -> RefundRefusal {
    RefundRefusal { reason, raw: None }
}

pub(super) fn refused(reason: RefundDecline) -> RefundWord {
    RefundWord::Refused(refusal(reason))
}

pub(super) fn ann() -> UserName {
    UserName::parse("ann").unwrap()
}

/// A payment that Google knows as paid.
pub(super) fn paid() -> History {
    let mut history = History::default();
    history.tell(&start(Flow::Begin, chosen("BANK_A")), at(0)).unwrap();
    history.tell(&report("BANK_A", IssuerWord::Approved), at(TAKEN_MS)).unwrap();
    history
}

/// A payment that Google knows as declined, whose money was taken all the same.
pub(super) fn late() -> History {
    let mut history = History::default();
    history.tell(&start(Flow::Begin, chosen("BANK_A")), at(0)).unwrap();
    history.tell(&report("BANK_A", declined(Decline::Risk)), at(5)).unwrap();
    history.tell(&report("BANK_A", IssuerWord::Approved), at(TAKEN_MS)).unwrap();
    history
}

#[test]
fn ref_1_an_order_is_acknowledged_booked_and_asked_of_the_issuer() {
    let mut history = paid();
    assert_eq!(history.tell(&order(50_000_000, "rf-1"), at(100)), Ok(Reply::RefundAcknowledged));
    assert_eq!(history.questions(1), [0]);
    assert!(history.told(1).is_empty(), "the result is not known yet");
    assert_eq!(history.balances(), explained(&history.state));
    assert_eq!(history.balances()[&Account::RefundsInFlight(bank("BANK_A"))], -50_000_000);
    assert_eq!(history.remittable(1), Some(RemittableStanding::Open));
    history.tell(&said(1, refunded()), at(200)).unwrap();
    assert_eq!(history.told(1), [RefundResult::Success]);
    assert_eq!(history.balances()[&Account::IssuerReceivable(bank("BANK_A"))], PAID - 50_000_000);
    assert_eq!(history.balances(), explained(&history.state));
    assert_eq!(history.remittable(1), Some(RemittableStanding::Done));
    assert_eq!(history.attention(), None);
    history.tell(&Input::RefundResultAccepted { number: 1 }, at(300)).unwrap();
    assert!(history.refund(1).notified);
    let journal = history.journal.len();
    history.tell(&Input::RefundResultAccepted { number: 1 }, at(400)).unwrap();
    assert_eq!(history.journal.len(), journal, "acknowledged once");
    assert_eq!(history.state.verdict(), Verdict::Final(Outcome::Success), "the payment stays paid");
}

#[test]
fn ref_2_partial_refunds_go_on_until_nothing_remains() {
    let mut history = paid();
    history.tell(&order(PAID / 2, "rf-1"), at(100)).unwrap();
    history.tell(&order(PAID / 2, "rf-2"), at(101)).unwrap();
    assert_eq!((history.questions(1), history.questions(2)), (vec![0], vec![0]));
    history.tell(&said(2, refunded()), at(200)).unwrap();
    history.tell(&said(1, refunded()), at(201)).unwrap();
    assert_eq!((history.told(1), history.told(2)), (vec![RefundResult::Success], vec![RefundResult::Success]));
    assert_eq!(history.tell(&order(MINOR, "rf-3"), at(300)), Err(Rejection::RefundExceeds(inr(0))));
    assert!(history.balances().is_empty(), "nobody owes anybody anything");
}

#[test]
fn ref_4_one_minor_unit_too_much_is_refused_with_what_remains() {
    let mut history = paid();
    let exceeds = |history: &mut History, micros, left| {
        let journal = history.journal.len();
        assert_eq!(history.tell(&order(micros, "rf-x"), at(100)), Err(Rejection::RefundExceeds(inr(left))));
        assert_eq!(history.journal.len(), journal);
    };
    exceeds(&mut history, PAID + MINOR, PAID);
    history.tell(&order(9_900_000, "rf-1"), at(100)).unwrap();
    exceeds(&mut history, 100_000_000 + MINOR, 100_000_000);
    exceeds(&mut history, i64::MAX, 100_000_000);
    history.tell(&order(100_000_000, "rf-2"), at(100)).unwrap();
    exceeds(&mut history, MINOR, 0);
}

#[test]
fn a_refund_in_another_currency_is_told_the_payments() {
    let (eur, inr) = (Currency::parse("EUR").unwrap(), Currency::parse("INR").unwrap());
    let asked = paid().tell(&order_of(Money::new(MINOR, eur), "rf-1"), at(100));
    assert_eq!(asked, Err(Rejection::RefundCurrency(inr)));
}

#[test]
fn the_window_ends_after_its_last_millisecond() {
    let mut history = paid();
    history.tell(&order(MINOR, "rf-1"), at(TAKEN_MS + WINDOW_MS)).unwrap();
    assert_eq!(history.questions(1), [0], "the last moment");
    let asked = history.tell(&order(PAID - MINOR, "rf-2"), at(TAKEN_MS + WINDOW_MS + 1));
    assert_eq!(asked, Ok(Reply::RefundAcknowledged), "understood, and declined as business");
    assert!(history.questions(2).is_empty(), "the issuer is not asked");
    assert_eq!(history.told(2), [RefundResult::Refused(refusal(RefundDecline::WindowExceeded))]);
    assert_eq!(history.remittable(2), Some(RemittableStanding::Failed));
    assert_eq!(history.balances(), explained(&history.state), "nothing is booked of it");
    // What does not fit is refused first, whatever the time; and a refund in time runs on beyond the window.
    let asked = history.tell(&order(PAID, "rf-3"), at(TAKEN_MS + WINDOW_MS + 1));
    assert_eq!(asked, Err(Rejection::RefundExceeds(inr(PAID - MINOR))));
    history.tell(&said(1, refunded()), at(TAKEN_MS + 2 * WINDOW_MS)).unwrap();
    assert_eq!(history.told(1), [RefundResult::Success]);
}

#[test]
fn a_refused_refund_gives_its_amount_free_again() {
    let mut history = paid();
    for (number, reason) in (1..).zip([
        RefundDecline::AccountClosed,
        RefundDecline::AccountOnHold,
        RefundDecline::ExceedsMaximumBalance,
        RefundDecline::WindowExceeded,
    ]) {
        history.tell(&order(PAID, &format!("rf-{number}")), at(100)).unwrap();
        let raw = RawCode::new("77");
        let refusal = RefundRefusal { reason, raw };
        history.tell(&said(number, RefundWord::Refused(refusal.clone())), at(200)).unwrap();
        assert_eq!(history.told(number), [RefundResult::Refused(refusal)]);
        assert_eq!(history.remittable(number), Some(RemittableStanding::Failed));
        assert_eq!(history.balances(), explained(&history.state));
        assert_eq!(history.balances()[&Account::IssuerReceivable(bank("BANK_A"))], PAID, "the money is where it was");
    }
    assert_eq!(history.attention(), None);
}

#[test]
fn a_pending_refund_is_asked_about_at_growing_intervals() {
    let mut history = paid();
    history.tell(&order(PAID, "rf-1"), at(100)).unwrap();
    assert_eq!(RedirectPayment::deadline(&history.state), None, "it is being asked");
    let (mut now, mut intervals) = (at(200), Vec::new());
    for question in 1..=14 {
        history.tell(&said(1, RefundWord::Pending), now).unwrap();
        let due = RedirectPayment::deadline(&history.state).unwrap();
        history.tell(&said(1, RefundWord::Pending), now.plus_millis(1_000)).unwrap();
        assert_eq!(RedirectPayment::deadline(&history.state), Some(due), "the same word again puts no question off");
        intervals.push(due.millis_since(now));
        history.tell(&Input::DeadlineReached, due.plus_millis(-1)).unwrap();
        assert_eq!(history.questions(1), (0..question).collect::<Vec<_>>(), "too early");
        history.tell(&Input::DeadlineReached, due).unwrap();
        history.tell(&Input::DeadlineReached, due).unwrap();
        assert_eq!(history.questions(1), (0..=question).collect::<Vec<_>>(), "once, though swept twice");
        assert_eq!(RedirectPayment::deadline(&history.state), None);
        now = due.plus_millis(5);
    }
    assert_eq!(intervals[..3], [30_000, 60_000, 120_000]);
    assert_eq!(intervals.last(), Some(&(6 * 3_600_000)));
    assert!(history.told(1).is_empty());
    history.tell(&said(1, refunded()), now).unwrap();
    assert_eq!(history.told(1), [RefundResult::Success]);
    assert_eq!(RedirectPayment::deadline(&history.state), None);
}

#[test]
fn each_pending_refund_has_a_time_of_its_own() {
    let mut history = paid();
    for (number, ms) in [(1, 0), (2, 10_000)] {
        history.tell(&order(MINOR, &format!("rf-{number}")), at(100)).unwrap();
        history.tell(&said(number, RefundWord::Pending), at(1_000 + ms)).unwrap();
    }
    assert_eq!(RedirectPayment::deadline(&history.state), Some(at(31_000)));
    history.tell(&Input::DeadlineReached, at(31_000)).unwrap();
    assert_eq!((history.questions(1), history.questions(2)), (vec![0, 1], vec![0]));
    assert_eq!(RedirectPayment::deadline(&history.state), Some(at(41_000)));
    history.tell(&said(1, RefundWord::Pending), at(32_000)).unwrap();
    history.tell(&Input::DeadlineReached, at(200_000)).unwrap();
    assert_eq!((history.questions(1), history.questions(2)), (vec![0, 1, 2], vec![0, 1]), "both were due");
}

#[test]
fn event_and_answer_may_come_in_any_order() {
    let words = [refunded(), refused(RefundDecline::AccountClosed)];
    for first in &words {
        let mut history = paid();
        history.tell(&order(PAID, "rf-1"), at(100)).unwrap();
        history.tell(&said(1, first.clone()), at(200)).unwrap();
        let (journal, told) = (history.journal.len(), history.told(1));
        assert_eq!(told.len(), 1);
        for late_word in [first.clone(), RefundWord::Pending] {
            history.tell(&said(1, late_word), at(300)).unwrap();
        }
        assert_eq!((history.journal.len(), history.told(1)), (journal, told), "{first:?}: it repeats itself");
        assert_eq!(history.attention(), None);
    }
}

#[test]
fn ref_5_refused_after_refunded_is_shown_and_changes_nothing() {
    let mut history = paid();
    history.tell(&order(PAID, "rf-1"), at(100)).unwrap();
    history.tell(&said(1, refunded()), at(200)).unwrap();
    let before = history.balances();
    for _ in 0..2 {
        history.tell(&said(1, refused(RefundDecline::AccountClosed)), at(300)).unwrap();
    }
    assert_eq!(history.attention(), Some(Attention::Contradiction));
    let noted = history.journal.iter().filter(|event| matches!(event, Event::RefundContradicted { .. })).count();
    assert_eq!((noted, history.told(1)), (1, vec![RefundResult::Success]));
    assert_eq!(history.refund(1).result(), Some(RefundResult::Success));
    assert_eq!(history.balances(), before);
    assert!(history.tell(&order(MINOR, "rf-2"), at(400)).is_err(), "its amount stays spoken for");
}

#[test]
fn ref_5_refunded_after_refused_counts_and_is_booked_from_suspense() {
    let mut history = paid();
    history.tell(&order(60_000_000, "rf-1"), at(100)).unwrap();
    history.tell(&said(1, refused(RefundDecline::AccountOnHold)), at(200)).unwrap();
    for _ in 0..2 {
        history.tell(&said(1, refunded()), at(300)).unwrap();
    }
    let told = RefundResult::Refused(refusal(RefundDecline::AccountOnHold));
    assert_eq!((history.told(1), history.refund(1).result()), (vec![told.clone()], Some(told)));
    assert_eq!(history.attention(), Some(Attention::Contradiction));
    assert_eq!(history.balances()[&Account::Suspense], 60_000_000, "gone, though Google was told otherwise");
    assert_eq!(history.balances(), explained(&history.state));
    assert_eq!(
        history.tell(&order(PAID - 60_000_000 + MINOR, "rf-2"), at(400)),
        Err(Rejection::RefundExceeds(inr(PAID - 60_000_000)))
    );
    history.tell(&order(PAID - 60_000_000, "rf-2"), at(400)).unwrap();
}

/// The money went back twice: by the refund that the issuer had refused, and by the one that took its place.
#[test]
fn what_remains_is_never_less_than_nothing() {
    let mut history = paid();
    history.tell(&order(PAID, "rf-1"), at(100)).unwrap();
    history.tell(&said(1, refused(RefundDecline::AccountOnHold)), at(200)).unwrap();
    history.tell(&order(PAID, "rf-2"), at(300)).unwrap();
    history.tell(&said(1, refunded()), at(400)).unwrap();
    assert_eq!(history.tell(&order(MINOR, "rf-3"), at(500)), Err(Rejection::RefundExceeds(inr(0))));
    assert_eq!(history.balances(), explained(&history.state));
}

#[test]
fn only_its_issuer_speaks_of_a_refund_and_only_of_one_that_was_ordered() {
    let mut history = paid();
    assert_eq!(history.tell(&said(1, refunded()), at(50)), Err(Rejection::UnknownRefund));
    history.tell(&order(PAID, "rf-1"), at(100)).unwrap();
    assert_eq!(history.tell(&said_by("BANK_B", 1, refunded()), at(200)), Err(Rejection::NotThisIssuer));
    for number in [0, 2, u32::MAX] {
        assert_eq!(history.tell(&said(number, refunded()), at(200)), Err(Rejection::UnknownRefund));
    }
    assert!(is_open(&history.refund(1)));
}

#[test]
fn only_what_google_knows_as_paid_can_be_refunded() {
    let word = |word| Some(report("BANK_A", word));
    for (ending, state) in [
        (None, "AtIssuer"),
        (word(IssuerWord::Pending), "Pending"),
        (word(declined(Decline::Risk)), "Declined"),
        (Some(Input::Cancel), "Abandoned"),
    ] {
        let mut history = History::default();
        history.tell(&start(Flow::Begin, chosen("BANK_A")), at(0)).unwrap();
        if let Some(ending) = ending {
            history.tell(&ending, at(5)).unwrap();
        }
        assert_eq!(RedirectPayment::state_name(&history.state), state);
        let journal = history.journal.len();
        assert_eq!(history.tell(&order(MINOR, "rf-1"), at(10)), Err(Rejection::NotPaid), "{state}");
        assert_eq!(history.tell(&said(1, refunded()), at(10)), Err(Rejection::UnknownRefund), "{state}");
        for by in [None, Some(ann())] {
            assert_eq!(history.tell(&Input::GiveBack { by }, at(10)), Err(Rejection::NothingToGiveBack), "{state}");
        }
        history.tell(&Input::RefundResultAccepted { number: 1 }, at(10)).unwrap();
        history.tell(&Input::LeaveToPerson, at(10)).unwrap();
        assert_eq!(history.journal.len(), journal, "{state}: nothing happened");
    }
    assert_eq!(late().tell(&order(MINOR, "rf-1"), at(100)), Err(Rejection::NotPaid), "Google was told that it is not");
}

#[test]
fn late_money_goes_back_by_configuration_or_by_a_person() {
    for by in [None, Some(ann())] {
        let mut history = late();
        assert_eq!((history.considered(), history.attention()), (vec![1], Some(Attention::PaidAfterClose)));
        history.tell(&Input::LeaveToPerson, at(20)).unwrap();
        assert_eq!(history.attention(), Some(Attention::PaidAfterClose), "a person has to look");
        history.tell(&Input::GiveBack { by: by.clone() }, at(30)).unwrap();
        let refund = history.refund(1);
        assert_eq!(
            (refund.reference.as_str(), refund.amount, &refund.origin),
            ("ref-1", inr(PAID), &RefundOrigin::House(by.clone()))
        );
        assert_eq!((history.questions(1), history.attention()), (vec![0], None));
        let authors: BTreeSet<_> = history
            .entries
            .iter()
            .filter(|entry| entry.reason == "refund ordered")
            .map(|entry| entry.author.clone())
            .collect();
        assert_eq!(authors, BTreeSet::from([by]), "the books name who decided it");
        // There is nothing more: a person hears so, the configuration need not.
        for word in [RefundWord::Pending, refunded()] {
            assert_eq!(history.tell(&Input::GiveBack { by: Some(ann()) }, at(40)), Err(Rejection::NothingToGiveBack));
            let journal = history.journal.len();
            history.tell(&Input::GiveBack { by: None }, at(40)).unwrap();
            assert_eq!(history.journal.len(), journal);
            history.tell(&said(1, word), at(50)).unwrap();
        }
        assert!(history.balances().is_empty(), "nobody owes anybody anything");
        assert!(history.told(1).is_empty() && history.remittable(1).is_none(), "it is no business of Google's");
        assert_eq!((history.attention(), RedirectPayment::deadline(&history.state)), (None, None));
        assert_eq!(RedirectPayment::state_name(&history.state), "PaidAfterClose");
    }
}

#[test]
fn late_money_that_the_issuer_keeps_stands_before_finance_again() {
    let mut history = late();
    history.tell(&Input::GiveBack { by: None }, at(30)).unwrap();
    history.tell(&said(1, refused(RefundDecline::AccountClosed)), at(40)).unwrap();
    assert_eq!(history.attention(), Some(Attention::PaidAfterClose));
    assert_eq!(history.balances(), explained(&history.state));
    history.tell(&Input::GiveBack { by: Some(ann()) }, at(50)).unwrap();
    assert_eq!((history.questions(2), history.attention()), (vec![0], None));
    history.tell(&said(2, refunded()), at(60)).unwrap();
    assert!(history.balances().is_empty());
    // The first went back as well, after all.
    history.tell(&said(1, refunded()), at(70)).unwrap();
    assert_eq!(history.attention(), Some(Attention::Contradiction));
    assert_eq!(history.balances(), explained(&history.state));
}

#[test]
fn money_taken_again_goes_back_each_under_its_own_reference() {
    let again = |history: &mut History, reference: &str, micros| {
        history.tell(&report_of("BANK_A", IssuerWord::Approved, micros, reference), at(20)).unwrap();
    };
    let given_back = |history: &History| -> Vec<(String, i64)> {
        let houses = refunds(&history.state).into_iter().filter(|refund| !is_googles(refund));
        houses.map(|refund| (refund.reference.clone(), refund.amount.micros())).collect()
    };
    for (mut history, first, considered) in [(paid(), None, vec![2, 3]), (late(), Some("ref-1"), vec![1, 2, 3])] {
        again(&mut history, "ref-2", PAID);
        again(&mut history, "ref-3", 5_000_000);
        assert_eq!(history.considered(), considered, "each receipt is asked about once");
        assert!(history.attention().is_some());
        history.tell(&Input::GiveBack { by: None }, at(30)).unwrap();
        let mut expected = vec![("ref-2".to_owned(), PAID), ("ref-3".to_owned(), 5_000_000)];
        expected.splice(0..0, first.map(|reference| (reference.to_owned(), PAID)));
        assert_eq!(given_back(&history), expected);
        history.tell(&Input::GiveBack { by: None }, at(31)).unwrap();
        assert_eq!((given_back(&history), history.attention()), (expected.clone(), None), "not twice");
        // And once more: only what is new goes back.
        again(&mut history, "ref-4", PAID);
        assert!(history.attention().is_some());
        history.tell(&Input::GiveBack { by: None }, at(40)).unwrap();
        expected.push(("ref-4".to_owned(), PAID));
        assert_eq!(given_back(&history), expected);
        assert_eq!(history.balances(), explained(&history.state));
        if first.is_none() {
            history.tell(&order(PAID, "rf-1"), at(50)).expect("what Google may have back is all there");
        }
    }
}
