//! The whole machine in one `match (state, input)`, and the replay. Every pair is listed; each arm cites its rule.

use super::Payout;
use super::state::{Event, Input, MerchantPayout, ProcessorPayout, Rejection, Reply, Standing, State};
use crate::domain::{Account, Decision, LedgerEntry, UserName};

type Verdicts = Result<Decision<Payout>, Rejection>;

pub(super) fn decide(state: &State, input: &Input) -> Verdicts {
    match (state, input) {
        // architecture 6: nobody books nothing.
        (State::Unheard, Input::ProcessorPaid(payout) | Input::ProcessorFailed(payout))
            if payout.amount.micros() == 0 =>
        {
            Err(Rejection::Amount)
        }
        (State::Unheard, Input::Record(payout)) if payout.amount.micros() <= 0 => Err(Rejection::Amount),

        // architecture 6: what the processor has sent it holds no longer.
        (State::Unheard, Input::ProcessorPaid(payout)) => {
            Ok(book(Event::Paid { payout: payout.clone() }, Standing::Paid, sent(payout, "payout")))
        }
        // The word that it came back may overtake the word that it was sent: then nothing was booked, and nothing is.
        (State::Unheard, Input::ProcessorFailed(payout)) => {
            Ok(book(Event::Failed { payout: payout.clone() }, Standing::Failed, Vec::new()))
        }
        (State::Unheard, Input::Record(payout)) => {
            Ok(book(Event::Recorded { payout: payout.clone() }, Standing::Recorded, recorded(payout)))
        }
        // There is nothing to ask about.
        (State::Unheard, Input::TakeBack { .. } | Input::Close { .. } | Input::DeadlineReached) => {
            Err(Rejection::Unknown)
        }

        // The processor's words come more than once, but never say anything else.
        (
            State::Paid { payout: known } | State::Failed { payout: known } | State::Closed { payout: known, .. },
            Input::ProcessorPaid(payout),
        )
        | (State::Failed { payout: known } | State::Closed { payout: known, .. }, Input::ProcessorFailed(payout)) => {
            if same(known, payout) {
                stands(state)
            } else {
                Err(Rejection::Differs)
            }
        }
        (State::Paid { payout: known }, Input::ProcessorFailed(payout)) => {
            if !same(known, payout) {
                return Err(Rejection::Differs);
            }
            let entries = reversed(sent(known, "payout failed"));
            Ok(book(Event::Failed { payout: known.clone() }, Standing::Failed, entries))
        }

        // What did not arrive is with the processor again, and was booked so: a person only says that they know.
        (State::Failed { .. }, Input::Close { by, why }) => {
            let event = Event::Closed { by: by.clone(), why: why.clone() };
            Ok(book(event, Standing::Closed, Vec::new()))
        }
        (State::Closed { .. }, Input::Close { .. }) => stands(state),
        (State::Paid { .. } | State::Recorded { .. } | State::TakenBack { .. }, Input::Close { .. }) => {
            Err(Rejection::NotFailed)
        }

        // Recorded again, by whomever: the same payout is one payout.
        (State::Recorded { payout: known }, Input::Record(payout)) => {
            if same_record(known, payout) {
                stands(state)
            } else {
                Err(Rejection::Differs)
            }
        }
        (State::Recorded { payout }, Input::TakeBack { by, why }) => {
            let event = Event::TakenBack { by: by.clone(), why: why.clone() };
            Ok(book(event, Standing::TakenBack, taken_back(payout, by, why)))
        }
        (State::TakenBack { .. }, Input::Record(_)) => Err(Rejection::TakenBack),
        (State::TakenBack { .. }, Input::TakeBack { .. }) => stands(state),

        // A payout is one of the two kinds and never the other.
        (
            State::Paid { .. } | State::Failed { .. } | State::Closed { .. },
            Input::Record(_) | Input::TakeBack { .. },
        )
        | (State::Recorded { .. } | State::TakenBack { .. }, Input::ProcessorPaid(_) | Input::ProcessorFailed(_)) => {
            Err(Rejection::Differs)
        }

        // A payout waits for no time.
        (
            State::Paid { .. }
            | State::Failed { .. }
            | State::Closed { .. }
            | State::Recorded { .. }
            | State::TakenBack { .. },
            Input::DeadlineReached,
        ) => stands(state),
    }
}

/// Nothing changes; the asker sees how it stands.
fn stands(state: &State) -> Verdicts {
    state.standing().map(|standing| Decision::answer(Reply::Stands(standing))).ok_or(Rejection::Unknown)
}

fn book(event: Event, standing: Standing, entries: Vec<LedgerEntry>) -> Decision<Payout> {
    Decision { events: vec![event], entries, ..Decision::answer(Reply::Booked(standing)) }
}

/// The day of arrival is an estimate, and may move.
fn same(known: &ProcessorPayout, said: &ProcessorPayout) -> bool {
    known.reference == said.reference && known.amount == said.amount
}

fn same_record(known: &MerchantPayout, said: &MerchantPayout) -> bool {
    known.merchant == said.merchant
        && known.reference == said.reference
        && known.amount == said.amount
        && known.sent_at == said.sent_at
}

/// Under way: what our bank account holds is said by the bank's own statements alone, which book an arriving payout as
/// bank against suspense. So it is in the bank's account once, and suspense is even when the statement is imported.
fn sent(payout: &ProcessorPayout, reason: &'static str) -> Vec<LedgerEntry> {
    LedgerEntry::pair(Account::Suspense, Account::ProcessorReceivable, payout.amount, reason)
}

/// Under way as well: the bank's statement books what left as suspense against bank.
fn recorded(payout: &MerchantPayout) -> Vec<LedgerEntry> {
    let payable = Account::PayableToMerchant(payout.merchant.clone());
    let (reason, by) = ("payout to merchant".into(), Some(payout.by.clone()));
    LedgerEntry::pair_by(payable, Account::Suspense, payout.amount, (reason, by))
}

/// The reversal stands under the name of who decided it, with their reason.
fn taken_back(payout: &MerchantPayout, by: &UserName, why: &str) -> Vec<LedgerEntry> {
    let payable = Account::PayableToMerchant(payout.merchant.clone());
    LedgerEntry::pair_by(Account::Suspense, payable, payout.amount, (why.to_owned().into(), Some(by.clone())))
}

fn reversed(mut entries: Vec<LedgerEntry>) -> Vec<LedgerEntry> {
    for entry in &mut entries {
        entry.amount = entry.amount.negated();
    }
    entries
}

/// Replays an event. Total: an event that does not fit its state leaves it unchanged, for `decide` never makes one.
pub(super) fn apply(state: State, event: &Event) -> State {
    match (state, event) {
        (State::Unheard, Event::Paid { payout }) => State::Paid { payout: payout.clone() },
        (State::Unheard | State::Paid { .. }, Event::Failed { payout }) => State::Failed { payout: payout.clone() },
        (State::Unheard, Event::Recorded { payout }) => State::Recorded { payout: payout.clone() },
        (State::Recorded { payout }, Event::TakenBack { by, why }) => {
            State::TakenBack { payout, by: by.clone(), why: why.clone() }
        }
        (State::Failed { payout }, Event::Closed { by, why }) => {
            State::Closed { payout, by: by.clone(), why: why.clone() }
        }
        (
            other @ (State::Unheard
            | State::Paid { .. }
            | State::Failed { .. }
            | State::Closed { .. }
            | State::Recorded { .. }
            | State::TakenBack { .. }),
            Event::Paid { .. }
            | Event::Failed { .. }
            | Event::Recorded { .. }
            | Event::TakenBack { .. }
            | Event::Closed { .. },
        ) => other,
    }
}
