//! What an invoice does, state by state and input by input.

use std::sync::Arc;

use super::planted::{
    DAY_MS, GROUND, History, NOW, TOTAL, WAIT_MS, at_bank, bank, by_card, charged, content, declined, fiona, pay,
    shipped, usd,
};
use super::*;
use crate::domain::booking::Dispute;
use crate::domain::redirect_payment::{Decline, Negative, Outcome};
use crate::domain::{Account, Record};

fn ended(attempt: u32, outcome: Outcome) -> Input {
    Input::PaymentEnded { attempt, outcome, issuer: Some(bank()) }
}

fn left() -> Outcome {
    Outcome::Negative(Negative { decline: Decline::PayerLeft, raw: None })
}

fn refund(amount_micros: Option<i64>) -> Input {
    Input::Refund { amount_micros, by: Some(fiona()) }
}

fn refunded(number: u32, tries: u32, standing: RefundStanding) -> Input {
    Input::Refunded { number, tries, standing }
}

fn given() -> RefundStanding {
    RefundStanding::Done { id: "re-1".into() }
}

fn failed() -> RefundStanding {
    RefundStanding::Failed { code: "lost_or_stolen_card".into() }
}

fn mark_paid() -> Input {
    Input::MarkPaid { by: fiona(), note: "statement 12".into() }
}

fn cancel() -> Input {
    Input::Cancel { by: None }
}

fn disputed(standing: DisputeStanding) -> Input {
    Input::ChargeDisputed(Dispute { id: "dp-1".into(), amount: usd(TOTAL), standing })
}

/// The columns of the table: unheard, open, being charged, at the bank, paid by card, by redirect, by transfer, cancelled.
fn states() -> [History; 8] {
    let sent = History::sent;
    let started = Input::PaymentStarted { attempt: 1 };
    [
        History::default(),
        sent(),
        sent().after(&[pay(1, NOW)]),
        sent().after(&[at_bank(), started.clone()]),
        sent().after(&[pay(1, NOW), charged(1, "pi-1")]),
        sent().after(&[at_bank(), started, ended(1, Outcome::Success)]),
        sent().after(&[mark_paid()]),
        sent().after(&[cancel()]),
    ]
}

/// `+Event` for the first event, `=` for an answer that changes nothing, `!Rejection`.
fn judged(history: &History, input: &Input) -> String {
    let first = |debug: String| debug.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
    let mut history = history.clone();
    let known = history.journal.len();
    match history.tell(input, NOW.plus_millis(1)) {
        Ok(_) => history.journal.get(known).map_or("=".to_owned(), |event| format!("+{}", first(format!("{event:?}")))),
        Err(rejection) => format!("!{}", first(format!("{rejection:?}"))),
    }
}

#[test]
#[rustfmt::skip]
fn every_state_has_an_answer_to_every_input() {
    let other = Input::Create(Arc::new(Content { total: usd(1_000_000), ..content() }));
    let same = Content { nonce: "another".into(), created_at: NOW.plus_millis(5), ..content() };
    let unmailed = Input::NotMailed { number: 99 };
    let table = [
        ("the same", Input::Create(Arc::new(same)), "+Created = = = = = = ="),
        ("another", other, "+Created !OtherContent !OtherContent !OtherContent !OtherContent !OtherContent !OtherContent !OtherContent"),
        ("look", Input::Visit, "!Unknown = = = = = = ="),
        ("send", Input::Send, "!Unknown +LetterAsked +LetterAsked +LetterAsked !Paid !Paid !Paid !Cancelled"),
        ("mailed", Input::Mailed { number: 1 }, "!Unknown = = = = = = ="),
        ("not mailed", unmailed, "!Unknown !NotOurs !NotOurs !NotOurs !NotOurs !NotOurs !NotOurs !NotOurs"),
        ("fresh link", Input::AskFreshLink, "!Unknown +LetterAsked +LetterAsked +LetterAsked +LetterAsked +LetterAsked +LetterAsked +LetterAsked"),
        ("deadline", Input::DeadlineReached, "!Unknown = = = = = = ="),
        ("cancel", cancel(), "!Unknown +Cancelled !BeingPaid !BeingPaid !Paid !Paid !Paid ="),
        ("the token", pay(1, NOW), "!Unknown +Attempted = !BeingPaid = !Paid !Paid !Cancelled"),
        ("a token", pay(2, NOW), "!Unknown +Attempted !BeingPaid !BeingPaid !Paid !Paid !Paid !Cancelled"),
        ("charged", charged(1, "pi-1"), "!Unknown !NoAttempt +Paid !NoAttempt = !NoAttempt !NoAttempt !NoAttempt"),
        ("charged again", charged(1, "pi-9"), "!Unknown !NoAttempt +Paid !NoAttempt +RefundBegan !NoAttempt !NoAttempt !NoAttempt"),
        ("declined", declined(1), "!Unknown !NoAttempt +AttemptFailed !NoAttempt = !NoAttempt !NoAttempt !NoAttempt"),
        ("at the bank", at_bank(), "!Unknown +Attempted !BeingPaid = !Paid !Paid !Paid !Cancelled"),
        ("started", Input::PaymentStarted { attempt: 1 }, "!Unknown !NoAttempt !NoAttempt = !NoAttempt = !NoAttempt !NoAttempt"),
        ("paid", ended(1, Outcome::Success), "!Unknown !NoAttempt !NoAttempt +Paid !NoAttempt = !NoAttempt !NoAttempt"),
        ("not paid", ended(1, left()), "!Unknown !NoAttempt !NoAttempt +AttemptFailed !NoAttempt = !NoAttempt !NoAttempt"),
        ("refund", refund(None), "!Unknown !NotPaid !NotPaid !NotPaid +RefundBegan +RefundBegan !PaidByTransfer !NotPaid"),
        ("refunded", refunded(1, 1, given()), "!Unknown !NotOurs !NotOurs !NotOurs !NotOurs !NotOurs !NotOurs !NotOurs"),
        ("transferred", Input::SayTransferred, "!Unknown +Transferred +Transferred +Transferred = = = ="),
        ("wrong", Input::Dispute, "!Unknown +Disputed +Disputed +Disputed = = = ="),
        ("resolve", Input::Resolve { by: fiona() }, "!Unknown = = = = = = ="),
        ("mark paid", mark_paid(), "!Unknown +Paid !BeingPaid !BeingPaid !Paid !Paid = !Cancelled"),
        ("dispute", disputed(DisputeStanding::Open), "!Unknown !NotOurs !NotOurs !NotOurs +ChargeDisputed !NotOurs !NotOurs !NotOurs"),
    ];
    for (desc, input, expected) in table {
        let answers: Vec<String> = states().iter().map(|history| judged(history, &input)).collect();
        assert_eq!(answers.join(" "), expected, "{desc}");
    }
}

#[test]
fn c3_a_repeated_token_gets_its_own_answer_whatever_has_happened_since() {
    let mut history = History::sent().after(&[pay(1, NOW), declined(1)]);
    let Ok(no @ Reply::CardEnded { attempt: 1, .. }) = history.tell(&pay(1, NOW), NOW) else { panic!("declined") };
    history.tell(&pay(2, NOW), NOW).unwrap();
    history.tell(&charged(2, "pi-2"), NOW).unwrap();
    let yes = Reply::CardEnded { attempt: 2, end: End::Paid };
    assert_eq!(history.tell(&pay(2, NOW), NOW), Ok(yes));
    assert_eq!(history.tell(&pay(1, NOW), NOW), Ok(no));
    assert_eq!(history.tell(&pay(3, NOW), NOW), Err(Rejection::Paid));
    let charges = history.effects.iter().filter(|effect| matches!(effect, Effect::Charge { .. })).count();
    assert_eq!(charges, 2, "a token is charged once");
    assert_eq!(history.letters(), [Letter::Invoice, Letter::Receipt]);
}

#[test]
fn c4_a_token_that_reached_nobody_may_try_again_and_a_decline_blocks_nobody() {
    let not_reached = Input::Charged { attempt: 1, outcome: CardOutcome::NotReached };
    let mut history = History::sent().after(&[pay(1, NOW), not_reached]);
    let again = history.tell(&pay(1, NOW), NOW);
    assert_eq!(again, Ok(Reply::Charging { attempt: 2, answer_by: NOW.plus_millis(WAIT_MS) }));
    history.tell(&declined(2), NOW).unwrap();
    assert!(matches!(history.tell(&pay(2, NOW), NOW), Ok(Reply::Charging { attempt: 3, .. })));
}

#[test]
fn c5_only_what_it_costs_is_charged_and_only_what_can_be_sent() {
    let refused = |content: Content, order: CardOrder| {
        History::of(content).tell(&Input::PayByCard(Box::new(order)), NOW).unwrap_err()
    };
    let asked = || by_card(1, NOW);
    let to = |country: &str| Some(Address { country: Some(country.into()), ..Address::default() });
    let more = CardOrder { approved: usd(TOTAL + 1), ..asked() };
    assert_eq!(refused(content(), more), Rejection::AmountDiffers(usd(TOTAL)));
    assert_eq!(refused(shipped(), asked()), Rejection::NotShipped);
    assert_eq!(refused(shipped(), CardOrder { address: to("DE"), ..asked() }), Rejection::NotShipped);
    let without = CardOrder { address: to("US"), ..asked() };
    assert_eq!(refused(shipped(), without.clone()), Rejection::AmountDiffers(usd(TOTAL + GROUND)));
    let right = CardOrder { approved: usd(TOTAL + GROUND), ..without };
    let mut history = History::of(shipped());
    history.tell(&Input::PayByCard(Box::new(right)), NOW).unwrap();
    let Some(Effect::Charge { amount, .. }) = history.effects.first() else { panic!("a charge") };
    assert_eq!(*amount, usd(TOTAL + GROUND));
}

#[test]
fn c3_a_charge_that_succeeds_after_its_attempt_was_given_up_goes_back() {
    let not_reached = Input::Charged { attempt: 1, outcome: CardOutcome::NotReached };
    for then in [vec![], vec![cancel()], vec![pay(2, NOW)], vec![pay(2, NOW), charged(2, "pi-2")]] {
        let mut history = History::sent().after(&[pay(1, NOW), not_reached.clone()]).after(&then);
        let before = Invoice::state_name(&history.state);
        history.tell(&charged(1, "pi-1"), NOW).unwrap();
        assert_eq!(Invoice::state_name(&history.state), before, "{then:?}");
        let Some(Effect::RefundCard { intent, amount, number: 1, tries: 1, .. }) = history.effects.last() else {
            panic!("it goes back: {then:?}")
        };
        assert_eq!((&**intent, *amount), ("pi-1", usd(TOTAL)));
        let known = history.journal.len();
        history.tell(&charged(1, "pi-1"), NOW).unwrap();
        assert_eq!(history.journal.len(), known, "delivered twice");
        let named = |record: &Record| matches!(record, Record::InvoiceCharge { intent, .. } if **intent == *"pi-1");
        assert_eq!(history.records.iter().filter(|record| named(record)).count(), 1, "the processor may speak of it");
    }
}

#[test]
fn c3_an_unknown_outcome_blocks_others_and_the_recipient_hears_of_its_end() {
    let late = NOW.plus_millis(WAIT_MS + 1);
    let mut history = History::sent().after(&[pay(1, NOW)]);
    assert_eq!(history.tell(&pay(2, late), late), Err(Rejection::BeingPaid));
    assert_eq!(history.tell(&at_bank(), late), Err(Rejection::BeingPaid));
    history.tell(&declined(1), late).unwrap();
    assert_eq!(history.letters(), [Letter::Invoice, Letter::NotPaid]);
    assert!(history.tell(&pay(2, late), late).is_ok());
}

#[test]
fn a_person_gives_up_an_attempt_that_nobody_answers_and_what_comes_after_all_goes_back() {
    const LATER: Timestamp = NOW.plus_millis(16 * 60 * 1_000);
    let by_fiona = Input::Cancel { by: Some(fiona()) };
    for begin in [pay(1, NOW), at_bank()] {
        let mut history = History::sent().after(std::slice::from_ref(&begin));
        assert_eq!(history.tell(&by_fiona, NOW), Err(Rejection::BeingPaid), "too early: {begin:?}");
        assert_eq!(history.tell(&cancel(), LATER), Err(Rejection::BeingPaid), "nobody decides: {begin:?}");
        assert_eq!(history.tell(&mark_paid(), NOW), Err(Rejection::BeingPaid), "too early: {begin:?}");
        let mut marked = history.clone();
        marked.tell(&mark_paid(), LATER).unwrap();
        history.tell(&by_fiona, LATER).unwrap();
        assert_eq!(Invoice::state_name(&history.state), "Cancelled");
        assert_eq!(Invoice::state_name(&marked.state), "Paid");
        for mut over in [history, marked] {
            let late = if begin == at_bank() { ended(1, Outcome::Success) } else { charged(1, "pi-1") };
            over.tell(&late, LATER).unwrap();
            let back = matches!(over.effects.last(), Some(Effect::RefundCard { .. } | Effect::RefundPayment { .. }));
            assert!(back, "{begin:?}");
        }
    }
}

#[test]
fn attempts_that_reached_nobody_do_not_use_up_the_fifty() {
    let mut history = History::sent();
    for number in 1..=60 {
        history.tell(&pay(1, NOW), NOW).unwrap();
        history.tell(&Input::Charged { attempt: number, outcome: CardOutcome::NotReached }, NOW).unwrap();
    }
    assert!(history.tell(&pay(1, NOW), NOW).is_ok());
}

#[test]
fn attempts_are_bounded() {
    let mut history = History::sent();
    for number in 1..=u8::try_from(MOST_ATTEMPTS).unwrap() {
        history = history.after(&[pay(number, NOW), declined(number.into())]);
    }
    assert_eq!(history.tell(&pay(200, NOW), NOW), Err(Rejection::TooManyAttempts));
    assert_eq!(history.tell(&at_bank(), NOW), Err(Rejection::TooManyAttempts));
    assert!(matches!(history.tell(&pay(1, NOW), NOW), Ok(Reply::CardEnded { attempt: 1, .. })));
}

#[test]
fn refunds_never_exceed_what_was_paid_and_failed_ones_are_tried_again() {
    let mut history = History::sent().after(&[pay(1, NOW), charged(1, "pi-1")]);
    assert_eq!(history.tell(&refund(Some(TOTAL + 10_000)), NOW), Err(Rejection::RefundExceeds(usd(TOTAL))));
    for wrong in [0, -10_000, 1] {
        assert_eq!(history.tell(&refund(Some(wrong)), NOW), Err(Rejection::NotPayable), "{wrong}");
    }
    history.tell(&refund(Some(12_300_000)), NOW).unwrap();
    history.tell(&refunded(1, 1, failed()), NOW).unwrap();
    assert_eq!(Invoice::attention(&history.state), Some(Attention::RefundFailed));
    // All of it: what has failed once more, and what remains.
    history.tell(&refund(None), NOW).unwrap();
    let [
        ..,
        Effect::RefundCard { number: 1, tries: 2, amount: again, .. },
        Effect::RefundCard { number: 2, amount, .. },
    ] = history.effects.as_slice()
    else {
        panic!("again, and the rest")
    };
    assert_eq!((*again, *amount), (usd(12_300_000), usd(TOTAL - 12_300_000)));
    history.tell(&refunded(1, 1, given()), NOW).unwrap();
    history.tell(&refunded(1, 2, given()), NOW).unwrap();
    history.tell(&refunded(2, 1, failed()), NOW).unwrap();
    // Nothing remains but what has failed: it is tried again.
    history.tell(&refund(None), NOW).unwrap();
    history.tell(&refunded(2, 2, given()), NOW).unwrap();
    assert_eq!(history.tell(&refund(None), NOW), Err(Rejection::RefundExceeds(usd(0))));
    assert!(history.balances().is_empty(), "all of it has gone back");
    let seen = view(&history.state).unwrap();
    assert_eq!((seen.refunded(), seen.refunding()), (usd(TOTAL), usd(0)));
}

#[test]
fn a_dispute_is_booked_as_it_goes() {
    let mut history = History::sent().after(&[pay(1, NOW), charged(1, "pi-1"), disputed(DisputeStanding::Open)]);
    assert_eq!(Invoice::attention(&history.state), Some(Attention::Disputed));
    assert_eq!(history.balances().get(&Account::Disputed), Some(&TOTAL));
    history.tell(&disputed(DisputeStanding::Lost), NOW).unwrap();
    assert!(history.balances().is_empty() && Invoice::attention(&history.state).is_none());
}

#[test]
fn a_redirect_payment_pays_and_books_nothing_here() {
    let history = History::sent().after(&[at_bank(), ended(1, Outcome::Success), Input::PaymentStarted { attempt: 1 }]);
    assert!(history.entries.is_empty());
    assert_eq!(history.letters(), [Letter::Invoice, Letter::Receipt]);
    let mut again = History::sent().after(&[at_bank(), ended(1, left())]);
    assert_eq!(again.tell(&at_bank(), NOW), Ok(Reply::AtPayment { attempt: 2, started: false }));
}

#[test]
fn reminders_go_out_before_and_after_the_day_but_not_to_who_has_spoken() {
    let day = |days: i64| NOW.plus_millis(days * DAY_MS + 8 * 3_600_000);
    let mut history = History::sent();
    assert_eq!(Invoice::deadline(&history.state), Some(day(27)));
    for (at, letter) in [(27, Letter::DueSoon), (31, Letter::Overdue), (37, Letter::Overdue), (44, Letter::Overdue)] {
        assert_eq!(Invoice::deadline(&history.state), Some(day(at)));
        history.tell(&Input::DeadlineReached, day(at)).unwrap();
        assert_eq!(history.letters().last(), Some(&letter), "day {at}");
    }
    assert_eq!((Invoice::deadline(&history.state), history.letters().len()), (None, 5));

    let mut late = History::sent();
    late.tell(&Input::DeadlineReached, day(38)).unwrap();
    assert_eq!(late.letters(), [Letter::Invoice, Letter::Overdue], "one for all that were missed");
    assert_eq!(Invoice::deadline(&late.state), Some(day(44)));

    let silent = [Input::SayTransferred, Input::Dispute, pay(1, NOW)];
    for input in silent {
        assert_eq!(Invoice::deadline(&History::sent().after(&[input]).state), None);
    }
    assert_eq!(Invoice::deadline(&History::of(content()).state), None, "never sent");
    let resolved = History::sent().after(&[Input::Dispute, Input::Resolve { by: fiona() }]);
    assert_eq!(Invoice::deadline(&resolved.state), Some(day(27)));
}

#[test]
fn fresh_links_are_mailed_once_in_ten_minutes_and_five_times_a_day() {
    let mut history = History::sent();
    let minute = |minutes: i64| NOW.plus_millis(minutes * 60_000);
    for turn in 0..5 {
        assert!(history.tell(&Input::AskFreshLink, minute(turn * 10)).is_ok(), "{turn}");
        assert_eq!(history.tell(&Input::AskFreshLink, minute(turn * 10 + 9)), Err(Rejection::TooOften), "{turn}");
    }
    assert_eq!(history.tell(&Input::AskFreshLink, minute(23 * 60)), Err(Rejection::TooOften));
    assert!(history.tell(&Input::AskFreshLink, minute(24 * 60)).is_ok());
}
