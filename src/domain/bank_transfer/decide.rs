//! The whole machine in one `match (state, input)`, and the replay. Every pair is listed; each arm cites its rule.

use std::sync::Arc;

use super::BankTransfer;
use super::entry::{Direction, Transfer};
use super::state::{Answer, Effect, Event, Input, Offer, Refusal, Rejection, Reply, State};
use crate::domain::{Account, Decision, LedgerEntry, TransactionId, UserName};

type Verdicts = Result<Decision<BankTransfer>, Rejection>;

pub(super) fn decide(state: &State, input: &Input) -> Verdicts {
    match (state, input) {
        // architecture 6: what the bank booked is in the books, explained or not.
        (State::Unheard, Input::Book { transfer, statement }) => Ok(book(transfer, *statement)),
        // A file may be imported again, and statements of a bank may overlap: the entry is known.
        (
            State::Unmatched { .. }
            | State::Offered { .. }
            | State::Matched { .. }
            | State::TakingBack { .. }
            | State::PaidOut { .. }
            | State::Differs { .. },
            Input::Book { .. },
        ) => stands(state),

        // There is nothing to ask about.
        (
            State::Unheard,
            Input::Rematch { .. }
            | Input::PaidOut { .. }
            | Input::TakeBack { .. }
            | Input::Answered { .. }
            | Input::DeadlineReached,
        ) => Err(Rejection::Unknown),

        // What no statement has taken may be a payout; it stood against suspense when it was sent, so nothing is booked.
        (State::Unmatched { .. } | State::Differs { .. }, Input::PaidOut { payout }) => {
            Ok(record(state, vec![Event::PaidOut { payout: *payout }]))
        }
        (State::PaidOut { payout: known, .. }, Input::PaidOut { payout }) if known == payout => stands(state),
        (State::Offered { .. } | State::TakingBack { .. }, Input::PaidOut { .. }) => Err(Rejection::BeingAsked),
        (State::Matched { .. } | State::PaidOut { .. }, Input::PaidOut { .. }) => Err(Rejection::Explained),

        // What is before finance may find its statement later.
        (State::Unmatched { transfer }, Input::Rematch { statement, by }) => Ok(rematch(
            state,
            transfer,
            Offer { statement: *statement, number: 1, by_person: by.is_some() },
            by.as_ref(),
        )),
        // What a person has taken back or offered by hand no import offers again, to whatever statement: the memo says what it
        // said then.
        (State::Differs { why: Refusal::TakenBack, .. }, Input::Rematch { by: None, .. }) => stands(state),
        (State::Differs { offer, .. }, Input::Rematch { by: None, .. }) if offer.by_person => stands(state),
        (State::Differs { transfer, offer, .. }, Input::Rematch { statement, by }) => {
            let next = Offer { statement: *statement, number: offer.number.saturating_add(1), by_person: by.is_some() };
            Ok(rematch(state, transfer, next, by.as_ref()))
        }
        // The same wish again.
        (State::Offered { offer, .. } | State::Matched { offer, .. }, Input::Rematch { statement, .. })
            if offer.statement == *statement =>
        {
            stands(state)
        }
        // One question at a time: two statements could both take it.
        (State::Offered { .. } | State::TakingBack { .. }, Input::Rematch { .. }) => Err(Rejection::BeingAsked),
        // flows-security 5.5: one transfer per statement; what has paid one pays no other.
        (State::Matched { .. } | State::PaidOut { .. }, Input::Rematch { .. }) => Err(Rejection::Explained),

        // A match that was a mistake: nobody outside has heard that the statement is paid, so it may always be taken back.
        (State::Matched { transfer, offer }, Input::TakeBack { by, why }) => {
            Ok(take_back(state, (transfer.id, *offer), (by, why)))
        }
        // The same wish again.
        (State::TakingBack { .. } | State::Differs { why: Refusal::TakenBack, .. }, Input::TakeBack { .. }) => {
            stands(state)
        }
        (State::Offered { .. }, Input::TakeBack { .. }) => Err(Rejection::BeingAsked),
        (State::Unmatched { .. } | State::Differs { .. }, Input::TakeBack { .. }) => Err(Rejection::NotMatched),
        // It has booked nothing that could be booked back: the payout has.
        (State::PaidOut { .. }, Input::TakeBack { .. }) => Err(Rejection::IsPayout),
        (State::TakingBack { offer, .. }, Input::Answered { number, answer: Answer::LetGo })
            if offer.number == *number =>
        {
            Ok(record(state, vec![Event::TakenBack]))
        }

        // The statement's answer to the offer that is open.
        (State::Offered { offer, .. }, Input::Answered { number, answer: Answer::Taken })
            if offer.number == *number =>
        {
            Ok(record(state, vec![Event::Taken]))
        }
        (State::Offered { offer, .. }, Input::Answered { number, answer: Answer::Refused(why) })
            if offer.number == *number =>
        {
            Ok(record(state, vec![Event::Refused(*why)]))
        }
        // An older answer, delivered twice.
        (
            State::Unmatched { .. }
            | State::Offered { .. }
            | State::Matched { .. }
            | State::TakingBack { .. }
            | State::PaidOut { .. }
            | State::Differs { .. },
            Input::Answered { .. },
        ) => stands(state),

        // A transfer waits for people and statements, not for a time.
        (
            State::Unmatched { .. }
            | State::Offered { .. }
            | State::Matched { .. }
            | State::TakingBack { .. }
            | State::PaidOut { .. }
            | State::Differs { .. },
            Input::DeadlineReached,
        ) => stands(state),
    }
}

/// Nothing changes; the asker sees how it stands.
fn stands(state: &State) -> Verdicts {
    state.standing().map(|standing| Decision::answer(Reply::Stands(standing))).ok_or(Rejection::Unknown)
}

/// Records `events` and answers with the standing they lead to.
fn record(state: &State, events: Vec<Event>) -> Decision<BankTransfer> {
    let after = events.iter().fold(state.clone(), apply);
    // Every event leads to a state with a standing.
    let reply = Reply::Stands(after.standing().unwrap_or(super::Standing::Unmatched));
    Decision { events, ..Decision::answer(reply) }
}

fn book(transfer: &Arc<Transfer>, statement: Option<TransactionId>) -> Decision<BankTransfer> {
    let mut events = vec![Event::Booked { transfer: transfer.clone() }];
    let offer = statement.map(|statement| Offer { statement, number: 1, by_person: false });
    events.extend(offer.map(|offer| Event::Offered { offer, by: None }));
    let mut decision = record(&State::Unheard, events);
    if let Reply::Stands(standing) = decision.reply {
        decision.reply = Reply::Booked(standing);
    }
    decision.effects.extend(offer.map(|offer| ask(transfer, offer)));
    // The statement that takes it books its own side: debit payable, credit suspense.
    let (debit, credit) = match transfer.entry.direction {
        Direction::Left => (Account::Suspense, Account::Bank),
        Direction::Came => (Account::Bank, Account::Suspense),
    };
    decision.entries = LedgerEntry::pair(debit, credit, transfer.entry.amount, "bank transfer");
    decision
}

fn rematch(state: &State, transfer: &Transfer, offer: Offer, by: Option<&UserName>) -> Decision<BankTransfer> {
    let mut decision = record(state, vec![Event::Offered { offer, by: by.cloned() }]);
    decision.effects.push(ask(transfer, offer));
    decision
}

fn take_back(
    state: &State,
    (transfer, offer): (TransactionId, Offer),
    (by, why): (&UserName, &str),
) -> Decision<BankTransfer> {
    let mut decision = record(state, vec![Event::TakeBackAsked { by: by.clone(), why: why.to_owned() }]);
    decision.effects.push(Effect::TakeFromStatement { transfer, offer, by: by.clone(), why: why.to_owned() });
    decision
}

fn ask(transfer: &Transfer, offer: Offer) -> Effect {
    Effect::OfferToStatement {
        transfer: transfer.id,
        offer,
        amount: transfer.entry.paid_by_us(),
        booked_at: transfer.entry.booked_on.begins(),
    }
}

/// Replays an event. Total: an event that does not fit its state leaves it unchanged, for `decide` never makes one.
pub(super) fn apply(state: State, event: &Event) -> State {
    match (state, event) {
        (State::Unheard, Event::Booked { transfer }) => State::Unmatched { transfer: transfer.clone() },
        (State::Unmatched { transfer } | State::Differs { transfer, .. }, Event::Offered { offer, .. }) => {
            State::Offered { transfer, offer: *offer }
        }
        (State::Offered { transfer, offer }, Event::Taken) => State::Matched { transfer, offer },
        (State::Offered { transfer, offer }, Event::Refused(why)) => State::Differs { transfer, offer, why: *why },
        (State::Unmatched { transfer } | State::Differs { transfer, .. }, Event::PaidOut { payout }) => {
            State::PaidOut { transfer, payout: *payout }
        }
        (State::Matched { transfer, offer }, Event::TakeBackAsked { .. }) => State::TakingBack { transfer, offer },
        (State::TakingBack { transfer, offer }, Event::TakenBack) => {
            State::Differs { transfer, offer, why: Refusal::TakenBack }
        }
        (
            other @ (State::Unheard
            | State::Unmatched { .. }
            | State::Offered { .. }
            | State::Matched { .. }
            | State::TakingBack { .. }
            | State::PaidOut { .. }
            | State::Differs { .. }),
            Event::Booked { .. }
            | Event::Offered { .. }
            | Event::Taken
            | Event::Refused(_)
            | Event::PaidOut { .. }
            | Event::TakeBackAsked { .. }
            | Event::TakenBack,
        ) => other,
    }
}
