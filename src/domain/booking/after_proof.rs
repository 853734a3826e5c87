//! What the machine promises after the booking, rule by rule: section 9, other slots, the merchant's word, absence, later
//! deposits, refunds and disputes.

use std::sync::Arc;

use super::planted::{
    CANCEL_BY_S, DEPOSIT, DEPOSIT_S, FEE, FULL, History, NOW, REFUND_BY_S, START_S, agreed, ask, merchant, on_arrival,
    pack, prepaid, receipt, secs, usd, with_deposit, with_fee,
};
use super::*;
use crate::domain::catalog::{ConfirmationMode, SlotKey, Terms};
use crate::domain::{Account, Record, UserName};

pub(super) fn fiona() -> UserName {
    UserName::parse("fiona").unwrap()
}

pub(super) fn give_back() -> Input {
    Input::GiveBack { charge: None, by: fiona() }
}

pub(super) fn refunded(number: u32, tries: u32, standing: RefundStanding) -> Input {
    Input::Refunded { number, tries, standing }
}

pub(super) fn done() -> RefundStanding {
    RefundStanding::Done { id: "re-1".into() }
}

pub(super) fn failed() -> RefundStanding {
    RefundStanding::Failed { code: "lost_or_stolen_card".into() }
}

pub(super) fn collected(what: Collecting, number: u32) -> Input {
    let intent = Arc::from(format!("{what:?}-{number}"));
    Input::Collected { what, number, outcome: Collected::Charged { intent } }
}

fn not_collected(what: Collecting, number: u32) -> Input {
    Input::Collected { what, number, outcome: Collected::Declined { code: "do_not_honor".into() } }
}

const NO_SHOW: Input = Input::NoShow { charge: false };
pub(super) const PENALTY: Input = Input::NoShow { charge: true };

/// What a cancellation comes to.
#[derive(Debug, PartialEq, Eq)]
enum Cancel {
    /// Cancelled; this much goes back, and whether a fee may be charged afterwards.
    Done { back: i64, fee: bool },
    /// Google is told no.
    Refused(FailureCause),
    /// The merchant is told no.
    Rejected,
}

fn cancel(terms: Terms, by: Canceller, now: Timestamp) -> Cancel {
    let mut history = History::booked(terms);
    match history.tell(&Input::Cancel { by }, now) {
        Ok(Reply::Stands(view)) => {
            assert_eq!((view.status, history.spots()), (BookingStatus::Canceled, 0));
            let told: Vec<_> = history.told().into_iter().map(|(why, status, _)| (why, status)).collect();
            let expected = if by == Canceller::User { vec![] } else { vec![(Why::Cancelled, BookingStatus::Canceled)] };
            assert_eq!(told, expected, "the user's is told in the answer (6.10)");
            let back = history.given_back().iter().map(|(.., micros)| micros).sum();
            let fee = history.tell(&PENALTY, secs(START_S)).is_ok();
            Cancel::Done { back, fee }
        }
        Ok(Reply::Failed(failure)) => Cancel::Refused(failure.cause),
        Ok(reply) => panic!("{reply:?}"),
        Err(rejection) => {
            assert_eq!((rejection, history.spots()), (Rejection::WrongStatus, 1));
            Cancel::Rejected
        }
    }
}

#[test]
fn bk_9_every_row_of_the_table_on_every_side_of_its_deadlines() {
    use Canceller::{Customer, Merchant, User};
    const OUTSIDE: Cancel = Cancel::Refused(FailureCause::OutsideCancellationWindow);
    const OVER: Cancel = Cancel::Refused(FailureCause::BookingNotCancellable);
    let just = |second| secs(second).plus_millis(1);
    let (online, back, start) = (secs(CANCEL_BY_S), secs(REFUND_BY_S), secs(START_S));
    let gone = |back, fee| Cancel::Done { back, fee };
    for (desc, by, now, of_prepaid, of_deposit, of_fee) in [
        ("user, exactly at the deadline", User, online, gone(FULL, false), gone(DEPOSIT, false), gone(0, false)),
        ("user, too late", User, just(CANCEL_BY_S), OUTSIDE, OUTSIDE, OUTSIDE),
        ("user, at the start", User, start, OVER, OVER, OVER),
        ("phone, in time", Customer, online, gone(FULL, false), gone(DEPOSIT, false), gone(0, false)),
        ("phone, deposit in time", Customer, back, gone(0, false), gone(DEPOSIT, false), gone(0, true)),
        ("phone, late", Customer, just(REFUND_BY_S), gone(0, false), gone(0, false), gone(0, true)),
        ("phone, at the start", Customer, start, Cancel::Rejected, Cancel::Rejected, Cancel::Rejected),
        ("merchant, early", Merchant, NOW, gone(FULL, false), gone(DEPOSIT, false), gone(0, false)),
        ("merchant, late", Merchant, just(REFUND_BY_S), gone(FULL, false), gone(DEPOSIT, false), gone(0, false)),
        ("merchant, begun", Merchant, just(START_S), gone(FULL, false), gone(DEPOSIT, false), gone(0, false)),
    ] {
        assert_eq!(cancel(prepaid(), by, now), of_prepaid, "prepayment: {desc}");
        assert_eq!(cancel(with_deposit(None), by, now), of_deposit, "deposit: {desc}");
        assert_eq!(cancel(with_fee(), by, now), of_fee, "fee: {desc}");
    }
}

#[test]
fn bk_9_refunds_have_a_clock_of_their_own() {
    // Refunded until six hours before, cancelled online until four: between the two the user cancels and gets nothing.
    let terms = Terms { refund_by_s: START_S - 21_600, ..with_deposit(None) };
    let gone = |back| Cancel::Done { back, fee: false };
    assert_eq!(cancel(terms.clone(), Canceller::User, secs(START_S - 21_600)), gone(DEPOSIT));
    assert_eq!(cancel(terms, Canceller::User, secs(CANCEL_BY_S)), gone(0));
}

#[test]
fn bk_5_2_cancelling_again_is_harmless_and_somebody_elses_is_said() {
    for (first, again) in [
        (Canceller::User, None),
        (Canceller::Merchant, Some(FailureCause::BookingAlreadyCancelled)),
        (Canceller::Customer, Some(FailureCause::BookingAlreadyCancelled)),
    ] {
        let mut history = History::booked(prepaid());
        history.tell(&Input::Cancel { by: first }, NOW).unwrap();
        let journal = history.journal.len();
        let cause = match history.tell(&Input::Cancel { by: Canceller::User }, secs(START_S)).unwrap() {
            Reply::Failed(failure) => Some(failure.cause),
            Reply::Stands(_) => None,
            reply => panic!("{reply:?}"),
        };
        assert_eq!(cause, again);
        for by in [Canceller::Merchant, Canceller::Customer] {
            assert!(matches!(history.tell(&Input::Cancel { by }, NOW), Ok(Reply::Stands(_))));
        }
        assert_eq!((history.journal.len(), history.given_back().len()), (journal, 1));
    }
}

#[test]
fn bk_9_a_late_cancellation_may_cost_the_fee_and_takes_no_spot_again() {
    let agreement = Agreement { pack: Some(pack(false)), ..agreed(with_fee()) };
    let mut history = History::booked_as(agreement);
    history.tell(&Input::Cancel { by: Canceller::Customer }, secs(CANCEL_BY_S).plus_millis(1)).unwrap();
    assert_eq!(history.tell(&PENALTY, secs(START_S).plus_millis(-1)), Err(Rejection::NotBegun));
    assert_eq!(history.tell(&NO_SHOW, secs(START_S)), Err(Rejection::WrongStatus));
    history.tell(&PENALTY, secs(START_S)).unwrap();
    let records = history.records.len();
    let Ok(Reply::Stands(view)) = history.tell(&collected(Collecting::Fee, 2), secs(START_S)) else { panic!("stands") };
    assert_eq!((view.status, view.pack_left), (BookingStatus::NoShowPenalized, Some(5)));
    let taken = |record: &&Record| matches!(record, Record::SpotTaken(_) | Record::PackUsed(_));
    assert_eq!(history.records[records..].iter().find(taken), None, "somebody else may sit there");
    assert_eq!((history.spots(), history.packs()), (0, 0));
    assert_eq!(history.told().last(), Some(&(Why::Penalized, BookingStatus::NoShowPenalized, None)));
}

fn elsewhere(terms: Terms, start_s: i64) -> Move {
    let mut agreement = agreed(terms);
    agreement.slot.start_s = start_s;
    agreement.slot_key = SlotKey::from_uuid(uuid::Uuid::from_u128(2));
    Move { agreement: Arc::new(agreement), opens_s: None, closes_s: start_s }
}

#[test]
fn bk_5_2_a_booking_moves_to_a_slot_on_the_same_terms() {
    let mut history = History::booked(prepaid());
    let later = elsewhere(Terms { cancel_by_s: START_S, refund_by_s: START_S, ..prepaid() }, START_S + 86_400);
    for again in 0..2 {
        let now = secs(CANCEL_BY_S);
        let Ok(Reply::Stands(view)) = history.tell(&Input::Move(Box::new(later.clone())), now) else { panic!("moves") };
        assert_eq!((view.agreement.slot.start_s, view.status), (START_S + 86_400, BookingStatus::Confirmed));
        assert_eq!(history.journal.len(), 3, "asked {again} times before: applied once");
    }
    assert_eq!((history.spots(), history.told().len(), history.attempts().len()), (1, 0, 1));
    assert!(matches!(history.tell(&Input::Cancel { by: Canceller::User }, secs(START_S)), Ok(Reply::Stands(_))));
    assert_eq!(history.given_back(), [(1, 1, FULL)], "the new slot's deadlines count");
}

#[test]
fn bk_5_2_other_terms_a_closed_window_and_what_has_begun_or_is_over_do_not_move() {
    let refused = |history: &mut History, wanted: Move, now, cause| {
        let journal = history.journal.len();
        let Ok(Reply::Failed(failure)) = history.tell(&Input::Move(Box::new(wanted)), now) else { panic!("refused") };
        assert_eq!((failure.cause, history.journal.len()), (cause, journal));
    };
    let next = START_S + 86_400;
    let unavailable = FailureCause::SlotUnavailable;
    // Whoever can no longer cancel cannot move out of the deadlines either.
    let late = (secs(CANCEL_BY_S).plus_millis(1), FailureCause::OutsideCancellationWindow);
    refused(&mut History::booked(prepaid()), elsewhere(prepaid(), next), late.0, late.1);
    for other in [
        on_arrival(),
        with_deposit(None),
        Terms { price: Some(usd(1)), ..prepaid() },
        Terms { tax: None, ..prepaid() },
        Terms { no_show_fee: with_fee().no_show_fee, ..prepaid() },
        Terms { card_required: true, ..prepaid() },
    ] {
        refused(&mut History::booked(prepaid()), elsewhere(other, next), NOW, unavailable);
    }
    let mut asynchronous = elsewhere(prepaid(), next);
    let confirmation = ConfirmationMode::Asynchronous;
    asynchronous.agreement = Arc::new(Agreement { confirmation, ..(*asynchronous.agreement).clone() });
    refused(&mut History::booked(prepaid()), asynchronous, NOW, unavailable);
    let closed = Move { closes_s: NOW.as_secs() - 1, ..elsewhere(prepaid(), next) };
    refused(&mut History::booked(prepaid()), closed, NOW, unavailable);
    let ahead = Move { opens_s: Some(NOW.as_secs() + 1), ..elsewhere(prepaid(), next) };
    refused(&mut History::booked(prepaid()), ahead, NOW, unavailable);
    let over = FailureCause::BookingNotCancellable;
    refused(&mut History::booked(prepaid()), elsewhere(prepaid(), next), secs(START_S), over);
    let mut absent = History::booked(prepaid());
    absent.tell(&NO_SHOW, secs(START_S)).unwrap();
    refused(&mut absent, elsewhere(prepaid(), next), NOW, over);
    let mut cancelled = History::booked(prepaid());
    cancelled.tell(&Input::Cancel { by: Canceller::User }, NOW).unwrap();
    refused(&mut cancelled, elsewhere(prepaid(), next), NOW, FailureCause::BookingAlreadyCancelled);
}

#[test]
fn bk_3_7_the_merchant_says_yes_or_no_once_and_google_hears_of_it() {
    let waits = || {
        let confirmation = ConfirmationMode::Asynchronous;
        History::booked_as(Agreement { confirmation, ..agreed(on_arrival()) })
    };
    for (says, opposite, status, spots) in [
        (Input::Accept, Input::Decline, BookingStatus::Confirmed, 1),
        (Input::Decline, Input::Accept, BookingStatus::DeclinedByMerchant, 0),
    ] {
        let mut history = waits();
        assert_eq!(history.tell(&PENALTY, secs(START_S)), Err(Rejection::WrongStatus));
        for _ in 0..2 {
            history.tell(&says, NOW).unwrap();
        }
        assert_eq!((history.booking().status, history.spots()), (status, spots));
        assert_eq!(history.told(), [(Why::Answered, status, None)]);
        assert_eq!(history.tell(&opposite, NOW), Err(Rejection::WrongStatus));
        let again = history.create(ask(agreed(on_arrival()), NOW), NOW);
        let Reply::Created(view) = again else { panic!("created") };
        assert_eq!(view.status, BookingStatus::PendingMerchantConfirmation, "as it was answered at first");
    }
    let mut cancelled = waits();
    cancelled.tell(&Input::Cancel { by: Canceller::User }, NOW).unwrap();
    assert_eq!(cancelled.tell(&Input::Accept, NOW), Err(Rejection::WrongStatus));
}

#[test]
fn bk_6_5_absence_without_a_fee_is_told_once_and_never_before_the_start() {
    let mut history = History::booked(prepaid());
    assert_eq!(history.tell(&NO_SHOW, secs(START_S).plus_millis(-1)), Err(Rejection::NotBegun));
    assert_eq!(history.tell(&PENALTY, secs(START_S)), Err(Rejection::NoFee), "none was agreed");
    for _ in 0..2 {
        history.tell(&NO_SHOW, secs(START_S)).unwrap();
    }
    assert_eq!(history.told(), [(Why::NoShow, BookingStatus::NoShow, None)]);
    assert!(history.given_back().is_empty(), "what was paid is kept");
    assert_eq!(history.tell(&Input::Cancel { by: Canceller::Merchant }, secs(START_S)), Err(Rejection::WrongStatus));
}

#[test]
fn bk_6_5_a_fee_of_another_amount_goes_back_and_is_not_the_fee() {
    let mut history = History::booked(with_fee());
    history.tell(&PENALTY, secs(START_S)).unwrap();
    let outcome = Collected::ChargedOther(Charge { intent: "pi-9".into(), amount: usd(FEE + 1) });
    history.tell(&Input::Collected { what: Collecting::Fee, number: 1, outcome }, secs(START_S)).unwrap();
    assert_eq!((history.booking().status, history.given_back()), (BookingStatus::NoShow, vec![(1, 1, FEE + 1)]));
    assert_eq!(history.told(), [(Why::NoShow, BookingStatus::NoShow, None)]);
    history.tell(&refunded(1, 1, done()), secs(START_S)).unwrap();
    assert!(history.balances().is_empty());
}

#[test]
fn bk_6_5_the_fee_is_charged_once() {
    let mut history = History::booked(with_fee());
    for _ in 0..2 {
        history.tell(&PENALTY, secs(START_S)).unwrap();
    }
    assert_eq!((history.collections(), history.told()), (vec![(Collecting::Fee, 1, FEE)], vec![]));
    for _ in 0..2 {
        history.tell(&collected(Collecting::Fee, 1), secs(START_S)).unwrap();
        history.tell(&PENALTY, secs(START_S)).unwrap();
    }
    assert_eq!(history.told(), [(Why::Penalized, BookingStatus::NoShowPenalized, None)]);
    assert_eq!(history.collections().len(), 1);
    assert_eq!(history.balance(&Account::PayableToMerchant(merchant())), -FEE);
}

#[test]
fn bk_6_5_a_declined_fee_is_a_no_show_and_may_be_tried_again() {
    let mut history = History::booked(with_fee());
    history.tell(&PENALTY, secs(START_S)).unwrap();
    history.tell(&not_collected(Collecting::Fee, 1), secs(START_S)).unwrap();
    assert_eq!(history.told(), [(Why::NoShow, BookingStatus::NoShow, None)]);
    for number in 2..=3 {
        history.tell(&PENALTY, secs(START_S)).unwrap();
        history.tell(&not_collected(Collecting::Fee, number), secs(START_S)).unwrap();
    }
    history.tell(&collected(Collecting::Fee, 3), secs(START_S)).unwrap();
    assert_eq!(history.booking().status, BookingStatus::NoShow, "that try was over");
    history.tell(&PENALTY, secs(START_S)).unwrap();
    history.tell(&collected(Collecting::Fee, 4), secs(START_S)).unwrap();
    let numbers: Vec<u32> = history.collections().iter().map(|(_, number, _)| *number).collect();
    assert_eq!((numbers, history.told().len()), (vec![1, 2, 3, 4], 2));
    assert_eq!(history.booking().status, BookingStatus::NoShowPenalized);
}

#[test]
fn bk_6_5_a_fee_after_a_plain_no_show_is_told_when_it_is_charged() {
    let mut history = History::booked(with_fee());
    history.tell(&NO_SHOW, secs(START_S)).unwrap();
    history.tell(&PENALTY, secs(START_S)).unwrap();
    history.tell(&not_collected(Collecting::Fee, 2), secs(START_S)).unwrap();
    assert_eq!(history.told().len(), 1, "Google knows of the absence");
    history.tell(&PENALTY, secs(START_S)).unwrap();
    history.tell(&collected(Collecting::Fee, 3), secs(START_S)).unwrap();
    assert_eq!(history.told().last().unwrap().0, Why::Penalized);
}

#[test]
fn bk_6_6_a_later_deposit_is_charged_when_it_falls_due_and_told() {
    let mut history = History::booked(with_deposit(Some(DEPOSIT_S)));
    let due = secs(DEPOSIT_S);
    assert_eq!(Booking::deadline(&history.state), Some(due));
    history.tell(&Input::DeadlineReached, due.plus_millis(-1)).unwrap();
    assert!(history.collections().is_empty());
    for _ in 0..2 {
        history.tell(&Input::DeadlineReached, due).unwrap();
    }
    assert_eq!(history.collections(), [(Collecting::Deposit, 1, DEPOSIT)]);
    assert_eq!(Booking::deadline(&history.state), None);
    for _ in 0..2 {
        history.tell(&collected(Collecting::Deposit, 1), due).unwrap();
    }
    let told = (Why::DepositCharged, BookingStatus::Confirmed, Some(PrepaymentStatus::Provided));
    assert_eq!((history.told(), history.balance(&Account::ProcessorReceivable)), (vec![told], DEPOSIT));
    history.tell(&Input::Cancel { by: Canceller::User }, secs(CANCEL_BY_S)).unwrap();
    assert_eq!(history.given_back(), [(1, 1, DEPOSIT)]);
}

#[test]
fn bk_6_6_a_deposit_that_is_declined_thrice_stands_before_finance() {
    let mut history = History::booked(with_deposit(Some(DEPOSIT_S)));
    for number in 1..=3 {
        assert_eq!(Booking::attention(&history.state), None);
        let due = Booking::deadline(&history.state).unwrap();
        history.tell(&Input::DeadlineReached, due).unwrap();
        history.tell(&not_collected(Collecting::Deposit, number), due).unwrap();
    }
    assert_eq!((history.collections().len(), Booking::deadline(&history.state)), (3, None));
    assert_eq!(Booking::attention(&history.state), Some(Attention::DepositNotCharged));
    assert!(history.told().is_empty() && history.entries.is_empty());
    history.tell(&Input::Cancel { by: Canceller::Merchant }, NOW).unwrap();
    assert_eq!(Booking::attention(&history.state), None, "nobody needs it any more");
    let mut near = History::booked(with_deposit(Some(START_S - 3_600)));
    near.tell(&Input::DeadlineReached, secs(START_S - 3_600)).unwrap();
    near.tell(&not_collected(Collecting::Deposit, 1), secs(START_S - 3_600)).unwrap();
    assert_eq!(Booking::deadline(&near.state), None, "no try after the start");
}

#[test]
fn bk_6_6_a_deposit_that_is_charged_while_it_is_cancelled_in_time_goes_back() {
    for (by, now, back) in [
        (Canceller::User, secs(DEPOSIT_S), vec![(1, 1, DEPOSIT)]),
        (Canceller::Customer, secs(REFUND_BY_S).plus_millis(1), vec![]),
        (Canceller::Merchant, secs(REFUND_BY_S).plus_millis(1), vec![(1, 1, DEPOSIT)]),
    ] {
        let mut history = History::booked(with_deposit(Some(DEPOSIT_S)));
        history.tell(&Input::DeadlineReached, secs(DEPOSIT_S)).unwrap();
        history.tell(&Input::Cancel { by }, now).unwrap();
        history.tell(&collected(Collecting::Deposit, 1), now).unwrap();
        assert_eq!(history.given_back(), back, "{by:?}");
        let told = history.told().iter().filter(|(why, ..)| *why == Why::DepositCharged).count();
        assert_eq!(told, usize::from(back.is_empty()), "{by:?}");
        assert_eq!(Booking::deadline(&history.state), None);
    }
    let mut history = History::booked(with_deposit(Some(DEPOSIT_S)));
    history.tell(&Input::Cancel { by: Canceller::User }, NOW).unwrap();
    assert_eq!(Booking::deadline(&history.state), None, "what is cancelled is not charged any more");
    history.tell(&Input::DeadlineReached, secs(DEPOSIT_S)).unwrap();
    assert!(history.collections().is_empty());
}

#[test]
fn bk_6_6_a_moved_booking_pays_its_deposit_by_the_new_slot() {
    let mut history = History::booked(with_deposit(Some(DEPOSIT_S)));
    let wanted = elsewhere(with_deposit(Some(DEPOSIT_S + 86_400)), START_S + 86_400);
    history.tell(&Input::Move(Box::new(wanted)), NOW).unwrap();
    assert_eq!(Booking::deadline(&history.state), Some(secs(DEPOSIT_S + 86_400)));
}

/// A prepaid booking that the user has cancelled.
fn cancelled() -> History {
    let mut history = History::booked(prepaid());
    history.tell(&Input::Cancel { by: Canceller::User }, NOW).unwrap();
    history
}

fn stands(history: &mut History) -> PrepaymentStatus {
    let Ok(Reply::Stands(view)) = history.tell(&Input::Recall, NOW) else { panic!("it stands") };
    view.prepayment
}

#[test]
fn bk_8_4_a_refund_that_is_done_is_told_once() {
    let mut history = cancelled();
    assert_eq!(history.balance(&Account::ProcessorRefunds), -FULL);
    assert_eq!(stands(&mut history), PrepaymentStatus::Provided, "not before it is done");
    for standing in [RefundStanding::InFlight, done(), done(), RefundStanding::InFlight] {
        history.tell(&refunded(1, 1, standing), NOW).unwrap();
    }
    assert_eq!(
        history.told(),
        [(Why::Refunded { number: 1, tries: 1 }, BookingStatus::Canceled, Some(PrepaymentStatus::Refunded))]
    );
    assert!(history.balances().is_empty(), "nobody owes anybody anything");
    assert_eq!(stands(&mut history), PrepaymentStatus::Refunded);
    assert_eq!(history.tell(&give_back(), NOW), Err(Rejection::NothingToRefund));
    for (number, tries) in [(0, 1), (2, 1), (1, 2), (u32::MAX, 1)] {
        history.tell(&refunded(number, tries, failed()), NOW).unwrap();
    }
    assert_eq!(history.told().len(), 1, "that was about no refund of this booking");
}

#[test]
fn bk_6_9_a_failed_refund_stands_before_finance_until_it_is_done() {
    let mut history = cancelled();
    history.tell(&refunded(1, 1, failed()), NOW).unwrap();
    assert_eq!(Booking::attention(&history.state), Some(Attention::RefundFailed));
    assert_eq!((history.balance(&Account::ProcessorRefunds), history.told().len()), (-FULL, 0));
    history.tell(&give_back(), NOW).unwrap();
    assert_eq!((Booking::attention(&history.state), history.given_back().len()), (None, 2));
    assert_eq!(history.tell(&give_back(), NOW), Err(Rejection::NothingToRefund), "it is on its way");
    history.tell(&refunded(1, 1, done()), NOW).unwrap();
    assert_eq!(history.balance(&Account::ProcessorRefunds), -FULL, "that try had failed");
    history.tell(&refunded(1, 2, done()), NOW).unwrap();
    assert!(history.balances().is_empty());
    assert_eq!(history.told().len(), 1);
}

#[test]
fn bk_8_4_a_refund_that_comes_back_is_told_and_told_again_when_it_is_done_at_last() {
    let mut history = cancelled();
    for tries in 1..=2 {
        history.tell(&refunded(1, tries, done()), NOW).unwrap();
        history.tell(&refunded(1, tries, failed()), NOW).unwrap();
        assert_eq!(stands(&mut history), PrepaymentStatus::Provided);
        assert_eq!(Booking::attention(&history.state), Some(Attention::RefundFailed));
        history.tell(&give_back(), NOW).unwrap();
    }
    history.tell(&refunded(1, 3, done()), NOW).unwrap();
    let told: Vec<_> = history.told().into_iter().filter_map(|(.., prepayment)| prepayment).collect();
    let (paid, back) = (PrepaymentStatus::Provided, PrepaymentStatus::Refunded);
    assert_eq!(told, [back, paid, back, paid, back], "every turn has a key of its own");
}

#[test]
fn bk_6_9_a_failed_refund_of_what_never_became_a_booking_is_tried_again_too() {
    let mut history = History::default();
    history.create(ask(agreed(prepaid()), NOW), NOW);
    let late = secs(START_S);
    history.outcome(Outcome::Succeeded(receipt(&prepaid(), "pi-1")), late);
    history.tell(&Input::DeadlineReached, late.plus_millis(CLAIM_MS)).unwrap();
    assert_eq!(history.tell(&give_back(), late), Err(Rejection::Unknown), "it is on its way");
    history.tell(&refunded(1, 1, failed()), late).unwrap();
    assert_eq!(Booking::attention(&history.state), Some(Attention::RefundFailed));
    history.tell(&give_back(), late).unwrap();
    assert_eq!(history.given_back(), [(1, 1, FULL), (1, 2, FULL)]);
    history.tell(&refunded(1, 2, done()), late).unwrap();
    assert!(history.balances().is_empty() && history.told().is_empty());
}

#[test]
fn finance_gives_the_charge_back_then_the_fee_each_once() {
    let terms = Terms { no_show_fee: with_fee().no_show_fee, ..with_deposit(None) };
    let mut history = History::booked(terms);
    history.tell(&PENALTY, secs(START_S)).unwrap();
    history.tell(&collected(Collecting::Fee, 1), secs(START_S)).unwrap();
    for _ in 0..2 {
        history.tell(&give_back(), secs(START_S)).unwrap();
    }
    assert_eq!(history.tell(&give_back(), secs(START_S)), Err(Rejection::NothingToRefund));
    assert_eq!(history.given_back(), [(1, 1, DEPOSIT), (2, 1, FEE)]);
    let authors = history.entries.iter().filter(|entry| entry.author == Some(fiona())).count();
    assert_eq!(authors, 4, "the books say who");
    history.tell(&refunded(2, 1, done()), secs(START_S)).unwrap();
    assert_eq!(stands(&mut history), PrepaymentStatus::Provided, "a fee is no prepayment");
    assert_eq!(history.told().len(), 1, "Google knows nothing of it");
    assert_eq!(History::booked(with_fee()).tell(&give_back(), NOW), Err(Rejection::NothingToRefund));
}

pub(super) fn bought_option() -> crate::domain::catalog::PaymentOption {
    crate::domain::catalog::PaymentOption {
        id: pack(true).option,
        name: "Five visits".into(),
        price: usd(200_000_000),
        tax_rate: None,
        kind: pack(true).kind,
        purchase_interval: None,
        valid_interval: None,
        valid_duration_s: None,
        activation: crate::domain::catalog::Activation::OnPurchase,
        new_to_merchant: false,
        new_to_option: false,
    }
}
