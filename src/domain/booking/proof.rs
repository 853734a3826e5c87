//! What the machine promises, rule by rule, up to the booking; `after_proof.rs` goes on, `property.rs` has what holds for
//! every history.

use std::sync::Arc;

use super::planted::{
    DEPOSIT, DEPOSIT_S, FULL, History, NOW, PRICE, START_S, WAIT_MS, agreed, ask, challenged, declined, id, merchant,
    on_arrival, prepaid, receipt, secs, usd, with_deposit, with_fee,
};
use super::*;
use crate::domain::catalog::ConfirmationMode;
use crate::domain::{Account, Currency, Money, Record};

/// The attempt that is being paid.
fn paying(reply: &Reply) -> u32 {
    let Reply::Paying { attempt, .. } = reply else { panic!("nothing is being paid: {reply:?}") };
    *attempt
}

fn failed_by(reply: &Reply) -> (FailureCause, &str) {
    let Reply::Failed(failure) = reply else { panic!("not a failure: {reply:?}") };
    (failure.cause, &failure.description)
}

#[test]
fn bk_5_1_what_costs_nothing_is_booked_at_once() {
    let mut history = History::default();
    let Reply::Created(view) = history.create(ask(agreed(on_arrival()), NOW), NOW) else { panic!("created") };
    assert_eq!((view.status, view.prepayment), (BookingStatus::Confirmed, PrepaymentStatus::NotProvided));
    assert!(history.effects.is_empty() && history.entries.is_empty(), "a token that came along is not used (6.3)");
    let waits = Agreement { confirmation: ConfirmationMode::Asynchronous, ..agreed(on_arrival()) };
    assert_eq!(History::booked_as(waits).booking().status, BookingStatus::PendingMerchantConfirmation);
}

#[test]
fn bk_5_1_rules_1_and_6_a_booked_token_gets_its_booking_again_whatever_the_request_says() {
    let mut history = History::booked(prepaid());
    let first = history.create(ask(agreed(prepaid()), NOW), NOW);
    let Reply::Created(view) = &first else { panic!("created") };
    assert_eq!((view.status, view.transaction_id.as_deref()), (BookingStatus::Confirmed, Some("pi-1")));
    let mut other = agreed(with_fee());
    other.slot.start_s += 60;
    other.guest.user_id = "u-56".into();
    let late = secs(START_S + 86_400);
    assert_eq!(history.create(Request { token: None, ..ask(other, late) }, late), first);
    history.tell(&Input::Cancel { by: Canceller::Merchant }, NOW).unwrap();
    assert_eq!(history.create(ask(agreed(prepaid()), NOW), NOW), first, "as it was answered, not as it stands");
    assert_eq!((history.attempts().len(), history.journal.len()), (1, 4), "no second charge, nothing stored");
}

#[test]
fn bk_5_1_rule_1_a_moved_booking_is_answered_as_it_was_answered_first() {
    let mut history = History::booked(prepaid());
    let first = history.create(ask(agreed(prepaid()), NOW), NOW);
    for days in 1..=2 {
        let mut there = agreed(prepaid());
        there.slot.start_s += days * 86_400;
        there.slot_key = crate::domain::catalog::SlotKey::from_uuid(uuid::Uuid::from_u128(1 + days as u128));
        there.slot_echo = format!("{{\"day\":{days}}}").into();
        let closes_s = there.slot.start_s;
        let wanted = Move { agreement: Arc::new(there), opens_s: None, closes_s };
        let Ok(Reply::Stands(view)) = history.tell(&Input::Move(Box::new(wanted)), NOW) else { panic!("moves") };
        assert_eq!(&*view.agreement.slot_echo, format!("{{\"day\":{days}}}"));
        assert_eq!(history.create(ask(agreed(prepaid()), NOW), NOW), first, "moved {days} times");
    }
    history.tell(&Input::Cancel { by: Canceller::User }, NOW).unwrap();
    assert_eq!(history.create(ask(agreed(prepaid()), NOW), NOW), first, "and cancelled");
}

#[test]
fn bk_5_1_rule_4_a_failed_attempt_is_tried_again_with_keys_of_its_own() {
    let mut history = History::default();
    for attempt in 1..=3 {
        assert_eq!(paying(&history.create(ask(agreed(prepaid()), NOW), NOW)), attempt);
        assert_eq!(history.spots(), 1);
        assert_eq!(failed_by(&history.outcome(declined(), NOW)).0, FailureCause::CardDeclined);
        assert_eq!(history.spots(), 0, "the spot is free again");
    }
    history.create(ask(agreed(prepaid()), NOW), NOW);
    let reply = history.outcome(Outcome::Succeeded(receipt(&prepaid(), "pi-4")), NOW);
    assert!(matches!(reply, Reply::Created(_)), "{reply:?}");
    assert_eq!(history.attempts().len(), 4);
}

#[test]
fn bk_5_1_rule_5_a_second_request_waits_for_the_first() {
    let mut history = History::default();
    history.create(ask(agreed(prepaid()), NOW), NOW);
    let again = Request { token: Some([2; 32]), ..ask(agreed(prepaid()), NOW) };
    assert_eq!(paying(&history.create(again, NOW)), 1);
    assert_eq!(paying(&history.tell(&Input::Recall, NOW).unwrap()), 1);
    assert_eq!(history.attempts(), [(1, Means::Token([1; 32]))]);
}

#[test]
fn bk_6_4_what_cannot_be_tried_is_refused_and_leaves_nothing() {
    let judged = |request: Request, now: Timestamp| {
        let mut history = History::default();
        let reply = history.create(request, now);
        assert!(history.state == State::Unheard && history.effects.is_empty() && history.records.is_empty());
        reply
    };
    let asked = || ask(agreed(prepaid()), NOW);
    let stated = |price, tax| Stated { price, tax, ..Stated::default() };
    for (desc, request, why) in [
        ("another price", Request { stated: stated(Some(usd(PRICE + 1)), None), ..asked() }, "amount mismatch: price"),
        ("another tax", Request { stated: stated(None, Some(usd(0))), ..asked() }, "amount mismatch: tax_amount"),
        (
            "another currency",
            Request { stated: stated(Some(Money::new(PRICE, Currency::parse("EUR").unwrap())), None), ..asked() },
            "amount mismatch: price",
        ),
        ("no token", Request { token: None, ..asked() }, "a payment token is needed"),
        (
            "no token, and an answer to a challenge that is not open (6.8)",
            Request { token: None, resumes: Some(Resumed { first: id(7), attempt: 1 }), ..asked() },
            "there is no such challenge",
        ),
        (
            "another processor's",
            Request { chargeable: false, ..asked() },
            "the payment token is of no processor that can be charged",
        ),
        (
            "the merchant would have to confirm (6.1)",
            ask(Agreement { confirmation: ConfirmationMode::Asynchronous, ..agreed(prepaid()) }, NOW),
            "no payments on slots with asynchronous confirmation",
        ),
    ] {
        assert_eq!(failed_by(&judged(request, NOW)), (FailureCause::PaymentError, why), "{desc}");
    }
    let exact = Request { stated: stated(Some(usd(PRICE)), Some(usd(FULL - PRICE))), ..asked() };
    assert_eq!(paying(&History::default().create(exact, NOW)), 1);
}

#[test]
fn bk_7_6_slots_are_booked_within_their_window_both_ends_included() {
    let window = |now: Timestamp| {
        let request =
            Request { opens_s: Some(START_S - 200), closes_s: START_S - 100, ..ask(agreed(on_arrival()), now) };
        match History::default().create(request, now) {
            Reply::Created(_) => true,
            reply => {
                assert_eq!(failed_by(&reply).0, FailureCause::SlotUnavailable);
                false
            }
        }
    };
    let moments = [secs(START_S - 200).plus_millis(-1), secs(START_S - 200), secs(START_S - 100)];
    assert_eq!(moments.map(window), [false, true, true]);
    assert!(!window(secs(START_S - 100).plus_millis(1)));
}

#[test]
fn bk_6_9_each_outcome_of_an_attempt_in_time_and_late() {
    for (terms, charged) in
        [(prepaid(), FULL), (with_deposit(None), DEPOSIT), (with_fee(), 0), (with_deposit(Some(DEPOSIT_S)), 0)]
    {
        for late in [0, 1] {
            let mut history = History::default();
            history.create(ask(agreed(terms.clone()), NOW), NOW);
            let now = NOW.plus_millis(WAIT_MS + late);
            let reply = history.outcome(Outcome::Succeeded(receipt(&terms, "pi-1")), now);
            let credited = if late == 0 { Account::PayableToMerchant(merchant()) } else { Account::Suspense };
            assert_eq!(history.balance(&Account::ProcessorReceivable), charged);
            assert_eq!(history.balance(&credited), -charged);
            let charge = Record::BookingCharge { booking: id(7), intent: "pi-1".into() };
            assert!(history.records.contains(&charge), "the processor will speak of it");
            assert_eq!(history.spots(), 1);
            match reply {
                Reply::Created(view) => assert_eq!((late, view.prepayment), (0, PrepaymentStatus::Provided)),
                reply => assert_eq!((late, reply), (1, Reply::Unclaimed)),
            }
        }
    }
    for late in [0, WAIT_MS + 1] {
        for outcome in [declined(), Outcome::NotReached] {
            let mut history = History::default();
            history.create(ask(agreed(prepaid()), NOW), NOW);
            let reply = history.outcome(outcome.clone(), NOW.plus_millis(late));
            let Reply::Failed(failure) = reply else { panic!("failed") };
            assert_eq!(failure.not_reached, outcome == Outcome::NotReached);
            assert_eq!((history.spots(), history.entries.len()), (0, 0));
            assert_eq!(history.tell(&Input::Recall, NOW), Ok(Reply::Failed(failure)));
        }
    }
}

#[test]
fn bk_6_4_a_charge_of_another_amount_is_no_payment_and_goes_back_whole() {
    for (late, taken) in [(0, FULL - 10_000), (WAIT_MS + 1, FULL + 10_000)] {
        let mut history = History::default();
        history.create(ask(agreed(prepaid()), NOW), NOW);
        let other = Charge { intent: "pi-1".into(), amount: usd(taken) };
        let reply = history.outcome(Outcome::ChargedOther(other), NOW.plus_millis(late));
        assert_eq!(failed_by(&reply), (FailureCause::PaymentError, "the processor charged another amount"));
        assert_eq!((history.spots(), history.given_back()), (0, vec![(1, 1, taken)]));
        assert_eq!(history.balance(&Account::ProcessorReceivable), taken);
        assert_eq!(history.balance(&Account::ProcessorRefunds), -taken);
        let charge = Record::BookingCharge { booking: id(7), intent: "pi-1".into() };
        assert!(history.records.contains(&charge), "the processor will speak of it");
        let done = RefundStanding::Done { id: "re-1".into() };
        history.tell(&Input::Refunded { number: 1, tries: 1, standing: done }, NOW).unwrap();
        assert!(history.balances().is_empty() && history.told().is_empty());
    }
}

#[test]
fn bk_6_9_an_outcome_that_is_delivered_twice_changes_nothing() {
    let outcomes =
        [Outcome::Succeeded(receipt(&prepaid(), "pi-1")), declined(), challenged("pi-1"), Outcome::NotReached];
    for first in &outcomes {
        for second in &outcomes {
            let mut history = History::default();
            history.create(ask(agreed(prepaid()), NOW), NOW);
            history.outcome(first.clone(), NOW);
            let (state, journal) = (history.state.clone(), history.journal.len());
            history.outcome(second.clone(), NOW);
            assert_eq!((&history.state, history.journal.len()), (&state, journal));
        }
    }
    let mut history = History::default();
    history.create(ask(agreed(prepaid()), NOW), NOW);
    history.outcome(declined(), NOW);
    history.create(ask(agreed(prepaid()), NOW), NOW);
    let first = Input::Paid { attempt: 1, outcome: Outcome::Succeeded(receipt(&prepaid(), "pi-1")) };
    assert_eq!(paying(&history.tell(&first, NOW).unwrap()), 2, "it is not about this attempt");
}

/// An attempt that was paid when nobody waited any more.
fn unclaimed() -> (History, Timestamp) {
    let mut history = History::default();
    history.create(ask(agreed(prepaid()), NOW), NOW);
    let late = NOW.plus_millis(WAIT_MS + 1);
    history.outcome(Outcome::Succeeded(receipt(&prepaid(), "pi-1")), late);
    (history, late)
}

#[test]
fn bk_6_9_a_late_success_is_booked_when_google_asks_again_within_ten_minutes() {
    let (mut history, late) = unclaimed();
    let until = late.plus_millis(CLAIM_MS);
    assert_eq!((CLAIM_MS, Booking::deadline(&history.state)), (600_000, Some(until)));
    let before = until.plus_millis(-1);
    assert_eq!(history.tell(&Input::DeadlineReached, before), Ok(Reply::Unclaimed), "not yet");
    let reply = history.create(Request { token: None, ..ask(agreed(with_fee()), before) }, before);
    assert!(matches!(reply, Reply::Created(_)), "{reply:?}");
    assert_eq!(history.balance(&Account::PayableToMerchant(merchant())), -FULL);
    assert_eq!((history.attempts().len(), history.spots(), history.given_back().len()), (1, 1, 0));
}

#[test]
fn bk_6_9_a_late_success_that_nobody_claims_goes_back_and_frees_the_spot() {
    let (mut history, late) = unclaimed();
    let until = late.plus_millis(CLAIM_MS);
    history.tell(&Input::DeadlineReached, until).unwrap();
    assert_eq!((history.spots(), history.given_back()), (0, vec![(1, 1, FULL)]));
    assert_eq!(history.balance(&Account::ProcessorRefunds), -FULL);
    assert_eq!(Booking::deadline(&history.state), None);
    // The next request is a new attempt; the refund goes on beside it and Google hears nothing of it.
    assert_eq!(paying(&history.create(ask(agreed(prepaid()), until), until)), 2);
    history.outcome(Outcome::Succeeded(receipt(&prepaid(), "pi-2")), until);
    let done = RefundStanding::Done { id: "re-1".into() };
    history.tell(&Input::Refunded { number: 1, tries: 1, standing: done }, until).unwrap();
    assert_eq!(history.balance(&Account::ProcessorReceivable), FULL);
    assert!(history.told().is_empty());
    let Ok(Reply::Stands(view)) = history.tell(&Input::Recall, until) else { panic!("it stands") };
    assert_eq!((view.prepayment, view.transaction_id.as_deref()), (PrepaymentStatus::Provided, Some("pi-2")));
}

#[test]
fn bk_6_9_a_card_that_was_only_kept_too_late_is_no_money_to_give_back() {
    let mut history = History::default();
    history.create(ask(agreed(with_fee()), NOW), NOW);
    let late = NOW.plus_millis(WAIT_MS + 1);
    history.outcome(Outcome::Succeeded(receipt(&with_fee(), "seti-1")), late);
    history.tell(&Input::DeadlineReached, late.plus_millis(CLAIM_MS)).unwrap();
    assert_eq!((history.spots(), history.given_back().len(), history.entries.len()), (0, 0, 0));
}

/// A booking whose payer has to pass a challenge.
fn at_challenge() -> History {
    let mut history = History::default();
    history.create(ask(agreed(prepaid()), NOW), NOW);
    let reply = history.outcome(challenged("pi-1"), NOW);
    assert!(matches!(reply, Reply::Challenged { attempt: 1, .. }), "{reply:?}");
    assert_eq!(history.spots(), 0, "the spot is released meanwhile");
    history
}

#[test]
fn bk_6_8_the_answer_to_a_challenge_goes_on_with_its_transaction() {
    let mut history = at_challenge();
    let resumes = Some(Resumed { first: id(7), attempt: 1 });
    let request = Request { resumes, token: None, ..ask(agreed(prepaid()), NOW) };
    assert_eq!(paying(&history.create(request, NOW)), 2);
    assert_eq!(history.attempts()[1], (2, Means::Challenge("pi-1".into())));
    history.outcome(Outcome::Succeeded(receipt(&prepaid(), "pi-1")), NOW);
    assert_eq!(history.booking().status, BookingStatus::Confirmed);
    assert!(history.abandoned().is_empty());
}

#[test]
fn bk_6_8_a_challenge_whose_answer_was_lost_is_given_again() {
    let mut history = at_challenge();
    let again = history.create(ask(agreed(prepaid()), NOW), NOW);
    assert!(matches!(again, Reply::Challenged { attempt: 1, .. }), "{again:?}");
    assert_eq!((history.attempts().len(), history.abandoned().len()), (1, 0), "the token is used up");
    let mut other = agreed(prepaid());
    other.guest.user_id = "u-56".into();
    history.create(ask(other, NOW), NOW);
    assert_eq!(history.abandoned().len(), 1, "for somebody else it is another request");
}

#[test]
fn bk_6_8_a_request_without_the_answer_gives_the_challenged_transaction_up() {
    for (resumes, token) in [(None, 2), (Some(Resumed { first: id(7), attempt: 9 }), 1)] {
        let mut history = at_challenge();
        history.create(Request { resumes, token: Some([token; 32]), ..ask(agreed(prepaid()), NOW) }, NOW);
        assert_eq!(history.attempts()[1], (2, Means::Token([token; 32])), "a new transaction");
        assert_eq!(&*history.abandoned()[0], "pi-1", "the first can never be paid as well");
    }
}

#[test]
fn bk_6_8_an_abandoned_challenge_is_given_up_and_what_was_charged_meanwhile_goes_back() {
    let mut history = at_challenge();
    let until = NOW.plus_millis(CHALLENGE_MS);
    assert_eq!(Booking::deadline(&history.state), Some(until));
    history.tell(&Input::DeadlineReached, until.plus_millis(-1)).unwrap();
    assert!(history.abandoned().is_empty());
    history.tell(&Input::DeadlineReached, until).unwrap();
    assert_eq!(history.abandoned().len(), 1);
    assert!(matches!(history.state, State::Failed(_)));
    let charged = Some(usd(FULL));
    history.tell(&Input::Abandoned { intent: "pi-1".into(), charged }, until).unwrap();
    assert_eq!((history.entries.len(), history.balances().len()), (4, 0), "in the books, and gone");
    let found = Record::BookingCharge { booking: id(7), intent: "pi-1".into() };
    assert!(history.records.contains(&found), "the processor may still speak of it");
}

#[test]
fn bk_6_8_another_token_of_the_same_user_slot_and_terms_adopts_a_challenge_once() {
    let mut history = at_challenge();
    let adopt = |by, change: fn(&mut Agreement)| {
        let mut wants = Agreement { id: id(by), ..agreed(prepaid()) };
        change(&mut wants);
        Input::Adopt { attempt: 1, by: id(by), wants: Arc::new(wants) }
    };
    let others: [fn(&mut Agreement); 3] = [
        |wants| wants.guest.user_id = "u-56".into(),
        |wants| wants.slot.start_s += 60,
        |wants| wants.terms.price = Some(usd(1)),
    ];
    for other in others {
        assert_eq!(history.tell(&adopt(8, other), NOW), Err(Rejection::NoChallenge));
    }
    let wrong = Input::Adopt { attempt: 2, by: id(8), wants: Arc::new(agreed(prepaid())) };
    assert_eq!(history.tell(&wrong, NOW), Err(Rejection::NoChallenge));
    let given = Ok(Reply::Adopted { intent: "pi-1".into() });
    assert_eq!(history.tell(&adopt(8, |_| ()), NOW), given);
    assert_eq!(history.tell(&adopt(8, |_| ()), NOW), given, "asked again after a crash");
    assert_eq!(history.tell(&adopt(9, |_| ()), NOW), Err(Rejection::NoChallenge));
    assert_eq!(Booking::deadline(&history.state), None, "it is the other booking's now");
    history.create(Request { resumes: Some(Resumed { first: id(7), attempt: 1 }), ..ask(agreed(prepaid()), NOW) }, NOW);
    assert_eq!(history.attempts()[1].1, Means::Token([1; 32]), "nobody goes on with it twice");
    assert!(history.abandoned().is_empty(), "the other booking may be charging it");
}

#[test]
fn bk_6_8_the_adopting_booking_asks_for_the_challenge_of_the_first() {
    let mut history = History::default();
    let resumed = Resumed { first: id(3), attempt: 1 };
    history.create(Request { resumes: Some(resumed), ..ask(agreed(prepaid()), NOW) }, NOW);
    assert_eq!(history.attempts(), [(1, Means::Adopted(resumed))]);
    assert_eq!(
        history.tell(&Input::Adopt { attempt: 1, by: id(8), wants: Arc::new(agreed(prepaid())) }, NOW),
        Err(Rejection::NoChallenge)
    );
}

#[test]
fn nothing_can_be_done_to_what_is_not_booked() {
    let by = || crate::domain::UserName::parse("fiona").unwrap();
    let inputs = || {
        let wanted = Move { agreement: Arc::new(agreed(prepaid())), opens_s: None, closes_s: START_S };
        [
            Input::Cancel { by: Canceller::User },
            Input::Move(Box::new(wanted)),
            Input::Accept,
            Input::Decline,
            Input::NoShow { charge: true },
            Input::GiveBack { charge: None, by: by() },
        ]
    };
    for input in inputs() {
        let (mut failed, mut open) = (History::default(), unclaimed().0);
        failed.create(ask(agreed(prepaid()), NOW), NOW);
        assert_eq!(failed.tell(&input, NOW), Err(Rejection::Unknown), "{input:?}");
        failed.outcome(declined(), NOW);
        for history in [&mut History::default(), &mut failed, &mut at_challenge(), &mut open] {
            assert_eq!(history.tell(&input, NOW), Err(Rejection::Unknown), "{input:?}");
        }
    }
    assert_eq!(History::default().tell(&Input::Recall, NOW), Ok(Reply::Nothing));
}
