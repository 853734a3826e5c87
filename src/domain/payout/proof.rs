//! What the machine promises, for every history: tables for the named rules, properties for the rest.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::catalog::MerchantId;
use crate::domain::{Account, Currency, LedgerEntry, Money, UserName, unbalanced_currency};

const NOW: Timestamp = Timestamp::from_secs(1_794_009_600);

fn usd(micros: i64) -> Money {
    Money::new(micros, Currency::parse("USD").unwrap())
}

fn user(name: &str) -> UserName {
    UserName::parse(name).unwrap()
}

fn from_processor(micros: i64) -> Arc<ProcessorPayout> {
    let reference = PayoutReference::parse("po_1").unwrap();
    Arc::new(ProcessorPayout { reference, amount: usd(micros), arrives_at: NOW })
}

fn to_merchant(micros: i64, by: &str) -> Arc<MerchantPayout> {
    Arc::new(MerchantPayout {
        merchant: MerchantId::parse("spa-1").unwrap(),
        reference: PayoutReference::parse("2026-11 spa-1").unwrap(),
        amount: usd(micros),
        sent_at: NOW,
        by: user(by),
    })
}

fn take_back() -> Input {
    Input::TakeBack { by: user("carl"), why: "returned by the bank".into() }
}

fn close() -> Input {
    Input::Close { by: user("carl"), why: "paid anew".into() }
}

/// A history: every decision is applied; rejections change nothing.
#[derive(Default)]
struct History {
    state: State,
    journal: Vec<Event>,
    entries: Vec<LedgerEntry>,
}

impl History {
    fn tell(&mut self, input: &Input) -> Result<Reply, Rejection> {
        let decision = Payout::decide(&self.state, input, NOW)?;
        assert!(decision.effects.is_empty() && decision.records.is_empty());
        assert_eq!(unbalanced_currency(&decision.entries), None, "{input:?}");
        self.state = decision.events.iter().fold(std::mem::take(&mut self.state), Payout::apply);
        self.journal.extend(decision.events);
        self.entries.extend(decision.entries);
        Ok(decision.reply)
    }

    fn moved(&self, account: &Account) -> i64 {
        self.entries.iter().filter(|entry| entry.account == *account).map(|entry| entry.amount.micros()).sum()
    }
}

fn run(steps: Vec<(&'static str, Input, Result<Reply, Rejection>)>) -> History {
    let mut history = History::default();
    for (desc, input, reply) in steps {
        assert_eq!(history.tell(&input), reply, "{desc}");
    }
    history
}

#[test]
fn what_the_processor_pays_out_moves_to_the_bank_once() {
    let paid = || Input::ProcessorPaid(from_processor(100_000_000));
    let later = ProcessorPayout { arrives_at: NOW.plus_millis(86_400_000), ..(*from_processor(100_000_000)).clone() };
    let history = run(vec![
        ("the event", paid(), Ok(Reply::Booked(Standing::Paid))),
        ("again", paid(), Ok(Reply::Stands(Standing::Paid))),
        ("it arrives later", Input::ProcessorPaid(Arc::new(later)), Ok(Reply::Stands(Standing::Paid))),
        ("another amount", Input::ProcessorPaid(from_processor(1)), Err(Rejection::Differs)),
        ("nobody's to take back", take_back(), Err(Rejection::Differs)),
    ]);
    assert_eq!(history.moved(&Account::Suspense), 100_000_000);
    assert_eq!(history.moved(&Account::ProcessorReceivable), -100_000_000);
    assert_eq!(Payout::attention(&history.state), None);
}

#[test]
fn a_payout_that_comes_back_is_with_the_processor_again() {
    let (paid, failed) = (from_processor(100_000_000), from_processor(100_000_000));
    let history = run(vec![
        ("the event", Input::ProcessorPaid(paid), Ok(Reply::Booked(Standing::Paid))),
        ("another amount", Input::ProcessorFailed(from_processor(1)), Err(Rejection::Differs)),
        ("it came back", Input::ProcessorFailed(failed.clone()), Ok(Reply::Booked(Standing::Failed))),
        ("again", Input::ProcessorFailed(failed.clone()), Ok(Reply::Stands(Standing::Failed))),
        ("the first word again", Input::ProcessorPaid(failed), Ok(Reply::Stands(Standing::Failed))),
    ]);
    assert_eq!((history.moved(&Account::Suspense), history.entries.len()), (0, 4));
    assert_eq!(Payout::attention(&history.state), Some(Attention::PayoutFailed));
}

#[test]
fn what_did_not_arrive_stands_before_finance_until_a_person_closes_it() {
    let payout = || from_processor(100_000_000);
    let history = run(vec![
        ("nothing to close", close(), Err(Rejection::Unknown)),
        ("the event", Input::ProcessorPaid(payout()), Ok(Reply::Booked(Standing::Paid))),
        ("it may still arrive", close(), Err(Rejection::NotFailed)),
        ("it came back", Input::ProcessorFailed(payout()), Ok(Reply::Booked(Standing::Failed))),
        ("looked into", close(), Ok(Reply::Booked(Standing::Closed))),
        ("again", close(), Ok(Reply::Stands(Standing::Closed))),
        ("the event again", Input::ProcessorFailed(payout()), Ok(Reply::Stands(Standing::Closed))),
        ("the first event again", Input::ProcessorPaid(payout()), Ok(Reply::Stands(Standing::Closed))),
        ("another amount", Input::ProcessorFailed(from_processor(1)), Err(Rejection::Differs)),
    ]);
    assert_eq!(Payout::attention(&history.state), None);
    assert_eq!(history.entries.len(), 4, "closing books nothing");
    assert!(matches!(&history.state, State::Closed { by, why, .. } if *by == user("carl") && &**why == "paid anew"));
}

#[test]
fn words_that_overtake_each_other_book_nothing() {
    let payout = from_processor(100_000_000);
    let history = run(vec![
        ("it came back", Input::ProcessorFailed(payout.clone()), Ok(Reply::Booked(Standing::Failed))),
        ("it was sent", Input::ProcessorPaid(payout), Ok(Reply::Stands(Standing::Failed))),
    ]);
    assert!(history.entries.is_empty());
}

#[test]
fn what_the_processor_takes_from_the_bank_moves_the_other_way() {
    let history =
        run(vec![("we owe it", Input::ProcessorPaid(from_processor(-5_000_000)), Ok(Reply::Booked(Standing::Paid)))]);
    assert_eq!(history.moved(&Account::Suspense), -5_000_000);
}

#[test]
fn a_payout_to_a_merchant_has_an_author_and_so_has_its_reversal() {
    let mut history = run(vec![
        ("recorded", Input::Record(to_merchant(80_000_000, "fiona")), Ok(Reply::Booked(Standing::Recorded))),
        ("by another", Input::Record(to_merchant(80_000_000, "ada")), Ok(Reply::Stands(Standing::Recorded))),
        ("another amount", Input::Record(to_merchant(1, "fiona")), Err(Rejection::Differs)),
        ("none of the processor's", Input::ProcessorPaid(from_processor(1)), Err(Rejection::Differs)),
    ]);
    let payable = Account::PayableToMerchant(MerchantId::parse("spa-1").unwrap());
    assert_eq!((history.moved(&payable), history.moved(&Account::Suspense)), (80_000_000, -80_000_000));
    assert!(history.entries.iter().all(|entry| entry.author == Some(user("fiona"))));
    assert_eq!(history.tell(&take_back()), Ok(Reply::Booked(Standing::TakenBack)));
    assert_eq!(history.tell(&take_back()), Ok(Reply::Stands(Standing::TakenBack)));
    assert_eq!(history.tell(&Input::Record(to_merchant(80_000_000, "fiona"))), Err(Rejection::TakenBack));
    assert_eq!((history.moved(&payable), history.moved(&Account::Suspense)), (0, 0));
    let last = history.entries.last().unwrap();
    assert_eq!((last.reason.as_ref(), &last.author), ("returned by the bank", &Some(user("carl"))));
}

#[test]
fn nothing_is_booked_of_nothing() {
    for input in [
        Input::ProcessorPaid(from_processor(0)),
        Input::ProcessorFailed(from_processor(0)),
        Input::Record(to_merchant(0, "fiona")),
        Input::Record(to_merchant(-1, "fiona")),
    ] {
        assert_eq!(History::default().tell(&input), Err(Rejection::Amount), "{input:?}");
    }
    for input in [take_back(), Input::DeadlineReached] {
        assert_eq!(History::default().tell(&input), Err(Rejection::Unknown), "{input:?}");
    }
}

#[test]
fn references_are_printable() {
    assert!(PayoutReference::parse("po_1").is_ok());
    for bad in ["", " a", "a\n", &"x".repeat(101)] {
        assert_eq!(PayoutReference::parse(bad), Err(InvalidReference), "{bad:?}");
    }
}

fn any_input() -> impl Strategy<Value = Input> {
    let amount = prop::sample::select(vec![-7_i64, 0, 5, 9]);
    (amount, 0..7, prop::sample::select(vec!["fiona", "ada"])).prop_map(|(amount, kind, by)| match kind {
        0 => Input::ProcessorPaid(from_processor(amount)),
        1 => Input::ProcessorFailed(from_processor(amount)),
        2 => Input::Record(to_merchant(amount, by)),
        3 => take_back(),
        4 => close(),
        _ => Input::DeadlineReached,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens, in whatever order: booked at most once, reversed at most once, and the journal folds to the
    /// snapshot.
    #[test]
    fn a_payout_is_booked_once_and_reversed_once(inputs in prop::collection::vec(any_input(), 0..20)) {
        let mut history = History::default();
        for input in inputs {
            let before = (history.state.clone(), history.journal.len());
            match history.tell(&input) {
                Err(_) | Ok(Reply::Stands(_)) => prop_assert_eq!(&before, &(history.state.clone(), history.journal.len())),
                Ok(Reply::Booked(standing)) => prop_assert_eq!(Some(standing), history.state.standing()),
            }
        }
        prop_assert!(history.journal.len() <= 3 && history.entries.len() <= 4);
        let bank = history.moved(&Account::Suspense);
        match &history.state {
            State::Unheard | State::Failed { .. } | State::Closed { .. } | State::TakenBack { .. } => {
                prop_assert_eq!(bank, 0);
            }
            State::Paid { payout } => prop_assert_eq!(bank, payout.amount.micros()),
            State::Recorded { payout } => prop_assert_eq!(bank, -payout.amount.micros()),
        }
        let folded = history.journal.iter().fold(State::default(), Payout::apply);
        prop_assert_eq!(&folded, &history.state, "fold(journal) == snapshot");
    }
}
