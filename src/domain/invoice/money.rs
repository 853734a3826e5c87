//! Money that goes back, and disputes (contract section 6; ledger: architecture section 6).
//!
//! What came by card is booked here. A redirect payment books its own money and its own refunds.

use super::Invoice;
use super::decide::{Verdict, record, stands};
use super::message::{Effect, Event, Rejection, Reply};
use super::state::{Paid, Past, Refund, Source, State, Via};
use crate::domain::booking::{Dispute, DisputeStanding, RefundStanding};
use crate::domain::{Account, Decision, LedgerEntry, Money, UserName};

/// Has `refund` carried out; it is the `number`th of the invoice.
fn effect(past: &Past, number: u32, refund: &Refund) -> Effect {
    let (invoice, tries, amount) = (past.content.id, refund.tries, refund.amount);
    match &refund.of {
        Source::Card { intent } => Effect::RefundCard { invoice, number, tries, intent: intent.clone(), amount },
        Source::Redirect { attempt } => Effect::RefundPayment { invoice, attempt: *attempt, number, tries, amount },
    }
}

fn next_number(past: &Past) -> u32 {
    u32::try_from(past.refunds.len()).unwrap_or(u32::MAX).saturating_add(1)
}

fn begin(state: &State, past: &Past, refund: Refund, entries: Vec<LedgerEntry>) -> Decision<Invoice> {
    let effect = effect(past, next_number(past), &refund);
    Decision { entries, ..record(state, vec![Event::RefundBegan(refund)], vec![effect]) }
}

/// Gives back what came when nobody waited for it any more: never silent, never kept.
pub(super) fn give_back_late(state: &State, of: Source, amount: Money) -> Decision<Invoice> {
    let Some(past) = state.past() else { return Decision::answer(Reply::Nothing) };
    let entries = match &of {
        Source::Card { .. } => {
            let (held, goes_back) = (Account::ProcessorReceivable, Account::ProcessorRefunds);
            LedgerEntry::pair(held, goes_back, amount, "late charge goes back")
        }
        Source::Redirect { .. } => Vec::new(),
    };
    let refund = Refund { of, amount, late: true, by: None, standing: RefundStanding::InFlight, tries: 1 };
    begin(state, past, refund, entries)
}

/// Tries the first failed refund again that `wanted` names.
fn retry(state: &State, wanted: impl Fn(&Refund) -> bool, by: Option<&UserName>) -> Option<Decision<Invoice>> {
    let past = state.past()?;
    let failed = |refund: &Refund| matches!(refund.standing, RefundStanding::Failed { .. });
    let (number, refund) = (1..).zip(&past.refunds).find(|(_, refund)| failed(refund) && wanted(refund))?;
    let again = Refund { tries: refund.tries.saturating_add(1), ..refund.clone() };
    let event = Event::RefundRetried { number, by: by.cloned() };
    Some(record(state, vec![event], vec![effect(past, number, &again)]))
}

/// Tries the first failed refund again of money that never paid the invoice.
pub(super) fn retry_late(state: &State, by: Option<&UserName>) -> Option<Decision<Invoice>> {
    retry(state, |refund| refund.late, by)
}

/// Tries every failed refund again.
fn retry_all(past: &Past, by: Option<&UserName>) -> (Vec<Event>, Vec<Effect>) {
    let failed = |refund: &Refund| matches!(refund.standing, RefundStanding::Failed { .. });
    let all = (1..).zip(&past.refunds).filter(|(_, refund)| failed(refund));
    all.map(|(number, refund)| {
        let again = Refund { tries: refund.tries.saturating_add(1), ..refund.clone() };
        (Event::RefundRetried { number, by: by.cloned() }, effect(past, number, &again))
    })
    .unzip()
}

/// The merchant gives money back: a part, or all that remains with everything that has failed so far. A failed refund of the
/// same part is tried again instead.
pub(super) fn refund(paid: &Paid, amount_micros: Option<i64>, by: Option<&UserName>) -> Verdict {
    let state = State::Paid(Box::new(paid.clone()));
    let same = |refund: &Refund| amount_micros.is_some_and(|micros| !refund.late && refund.amount.micros() == micros);
    if let Some(again) = retry(&state, same, by) {
        return Ok(again);
    }
    let (mut events, mut effects) =
        if amount_micros.is_none() { retry_all(&paid.past, by) } else { (Vec::new(), Vec::new()) };
    let total = paid.payment.order.total;
    let remaining = i128::from(total.micros()) - paid.past.refunded_micros();
    let remaining = i64::try_from(remaining).unwrap_or_default().max(0);
    let micros = amount_micros.unwrap_or(remaining);
    if micros > remaining || remaining == 0 {
        // Everything is on its way already, some of it again.
        return if events.is_empty() {
            Err(Rejection::RefundExceeds(Money::new(remaining, total.currency())))
        } else {
            Ok(record(&state, events, effects))
        };
    }
    let of = match &paid.payment.via {
        Via::Card { intent } => Source::Card { intent: intent.clone() },
        Via::Redirect { .. } => Source::Redirect { attempt: paid.payment.attempt },
        Via::Transfer { .. } => return Err(Rejection::PaidByTransfer),
    };
    let amount = Money::payable(micros, total.currency()).map_err(|_| Rejection::NotPayable)?;
    let entries = match &of {
        Source::Card { .. } => {
            let reason = ("invoice refunded".into(), by.cloned());
            LedgerEntry::pair_by(Account::PayableToBiller, Account::ProcessorRefunds, amount, reason)
        }
        Source::Redirect { .. } => Vec::new(),
    };
    let refund = Refund { of, amount, late: false, by: by.cloned(), standing: RefundStanding::InFlight, tries: 1 };
    effects.push(effect(&paid.past, next_number(&paid.past), &refund));
    events.push(Event::RefundBegan(refund));
    Ok(Decision { entries, ..record(&state, events, effects) })
}

/// What became of a refund.
pub(super) fn refunded(state: &State, (number, tries): (u32, u32), standing: &RefundStanding) -> Verdict {
    let past = state.past().ok_or(Rejection::Unknown)?;
    let known = (number as usize).checked_sub(1).and_then(|place| past.refunds.get(place));
    let refund = known.ok_or(Rejection::NotOurs)?;
    // About an earlier try.
    if refund.tries != tries {
        return stands(state);
    }
    let (given, held) = (Account::ProcessorRefunds, Account::ProcessorReceivable);
    let entries = match (&refund.standing, standing) {
        (RefundStanding::InFlight, RefundStanding::Done { .. }) => {
            LedgerEntry::pair(given, held, refund.amount, "refund")
        }
        // It stays owed: a person decides.
        (RefundStanding::InFlight, RefundStanding::Failed { .. }) => Vec::new(),
        // The payer's bank sent it back, days later.
        (RefundStanding::Done { .. }, RefundStanding::Failed { .. }) => {
            LedgerEntry::pair(held, given, refund.amount, "refund failed")
        }
        (RefundStanding::InFlight, RefundStanding::InFlight)
        | (RefundStanding::Done { .. }, RefundStanding::InFlight | RefundStanding::Done { .. })
        | (
            RefundStanding::Failed { .. },
            RefundStanding::InFlight | RefundStanding::Done { .. } | RefundStanding::Failed { .. },
        ) => return stands(state),
    };
    let entries = match &refund.of {
        Source::Card { .. } => entries,
        Source::Redirect { .. } => Vec::new(),
    };
    let event = Event::RefundStands { number, standing: standing.clone() };
    Ok(Decision { entries, ..record(state, vec![event], Vec::new()) })
}

/// The processor's word about a dispute of the charge that paid the invoice: as with bookings.
pub(super) fn disputed(paid: &Paid, dispute: &Dispute) -> Verdict {
    let state = State::Paid(Box::new(paid.clone()));
    match paid.payment.via {
        Via::Card { .. } => {}
        Via::Redirect { .. } | Via::Transfer { .. } => return Err(Rejection::NotOurs),
    }
    let known = paid.disputes.iter().find(|known| known.id == dispute.id);
    // What was heard first is what comes back, whatever is said later: nothing stays disputed for ever.
    let amount = known.map_or(dispute.amount, |known| known.amount);
    let (held, away) = (Account::ProcessorReceivable, Account::Disputed);
    let owed = Account::PayableToBiller;
    let entries = match (known.map(|known| known.standing), dispute.standing) {
        (None, DisputeStanding::Open) => LedgerEntry::pair(away, held, amount, "disputed"),
        (Some(DisputeStanding::Open), DisputeStanding::Won) => LedgerEntry::pair(held, away, amount, "dispute won"),
        (Some(DisputeStanding::Open), DisputeStanding::Lost) => LedgerEntry::pair(owed, away, amount, "dispute lost"),
        // Its end was heard before its beginning.
        (None, DisputeStanding::Lost) => LedgerEntry::pair(owed, held, amount, "dispute lost"),
        (None, DisputeStanding::Won) => Vec::new(),
        (Some(DisputeStanding::Open), DisputeStanding::Open)
        | (
            Some(DisputeStanding::Won | DisputeStanding::Lost),
            DisputeStanding::Open | DisputeStanding::Won | DisputeStanding::Lost,
        ) => return stands(&state),
    };
    let event = Event::ChargeDisputed(Dispute { amount, ..dispute.clone() });
    Ok(Decision { entries, ..record(&state, vec![event], Vec::new()) })
}
