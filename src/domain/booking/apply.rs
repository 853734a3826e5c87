//! The replay. Total: an event that does not fit its state leaves it unchanged, for `decide` never makes one.

use std::sync::Arc;

use super::agreement::Agreement;
use super::message::{Collecting, Event, Failure};
use super::state::{
    Booked, Challenged, Charge, Dispute, Failed, Fee, Later, Means, Past, Paying, Receipt, Refund, RefundStanding,
    State, Unclaimed,
};
use super::words::{BookingStatus, FailureCause};
use crate::domain::Timestamp;
use crate::domain::catalog::ConfirmationMode;

pub(super) fn apply(state: State, event: &Event) -> State {
    match (state, event) {
        (before @ (State::Unheard | State::Failed(_) | State::Challenged(_)), Event::Booked { agreement }) => {
            State::Booked(Box::new(booked(agreement, before.past(), None)))
        }
        (
            before @ (State::Unheard | State::Failed(_) | State::Challenged(_)),
            Event::Attempted { agreement, means, answer_by },
        ) => {
            let mut past = before.past();
            past.attempts = past.attempts.saturating_add(1);
            let (agreement, means, answer_by) = (agreement.clone(), means.clone(), *answer_by);
            State::Paying(Box::new(Paying { agreement, past, means, answer_by }))
        }
        (State::Paying(paying), Event::Paid(receipt)) => {
            State::Booked(Box::new(booked(&paying.agreement, paying.past, Some(receipt.clone()))))
        }
        (State::Paying(paying), Event::PaidLate { receipt, until }) => {
            let Paying { agreement, past, .. } = *paying;
            State::Unclaimed(Box::new(Unclaimed { agreement, past, receipt: receipt.clone(), until: *until }))
        }
        (State::Paying(paying), Event::AttemptFailed(failure)) => {
            State::Failed(Box::new(failed(paying.agreement, paying.past, failure.clone())))
        }
        (State::Paying(paying), Event::Challenged { challenge, until }) => {
            let Paying { agreement, past, means, .. } = *paying;
            let token = match means {
                Means::Token(digest) => Some(digest),
                Means::Challenge(_) | Means::Adopted(_) => None,
            };
            let (challenge, until) = (challenge.clone(), *until);
            State::Challenged(Box::new(Challenged { agreement, past, challenge, until, token, adopted_by: None }))
        }
        (State::Challenged(mut challenged), Event::Adopted { by }) => {
            challenged.adopted_by = Some(*by);
            State::Challenged(challenged)
        }
        (State::Challenged(challenged), Event::ChallengeDropped) => {
            let failure = Failure::new(FailureCause::PaymentError, "the challenge was not passed in time");
            State::Failed(Box::new(failed(challenged.agreement, challenged.past, failure)))
        }
        (State::Unclaimed(unclaimed), Event::Claimed) => {
            let Unclaimed { agreement, past, receipt, .. } = *unclaimed;
            State::Booked(Box::new(booked(&agreement, past, Some(receipt))))
        }
        (State::Unclaimed(unclaimed), Event::Expired) => {
            let failure = Failure::new(FailureCause::PaymentError, "paid too late, and given back");
            State::Failed(Box::new(failed(unclaimed.agreement, unclaimed.past, failure)))
        }
        (State::Booked(mut booked), event) => {
            happen(&mut booked, event);
            State::Booked(booked)
        }
        // Refunds of money that never became a booking go on beside whatever else happens.
        (mut state, Event::RefundBegan { .. } | Event::RefundStands { .. } | Event::RefundRetried { .. }) => {
            if let Some(past) = past_of(&mut state) {
                refund(past, event);
            }
            state
        }
        (mut state, Event::OrphanDisputed(said)) => {
            if let Some(past) = past_of(&mut state) {
                dispute(&mut past.disputes, said);
            }
            state
        }
        (
            state,
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
            | Event::Disputed(_),
        ) => state,
    }
}

fn failed(agreement: Arc<Agreement>, past: Past, failure: Failure) -> Failed {
    Failed { agreement, past, failure }
}

/// A booking as it begins.
fn booked(agreement: &Arc<Agreement>, past: Past, receipt: Option<Receipt>) -> Booked {
    let status = match agreement.confirmation {
        ConfirmationMode::Synchronous => BookingStatus::Confirmed,
        ConfirmationMode::Asynchronous => BookingStatus::PendingMerchantConfirmation,
    };
    let charge = receipt
        .as_ref()
        .and_then(|receipt| receipt.charged.map(|amount| Charge { intent: receipt.transaction_id.clone(), amount }));
    let later = match (agreement.terms.due_later(), receipt.as_ref().and_then(|receipt| receipt.vault.as_ref())) {
        (Some((_, from_s)), Some(_)) => {
            Later::Due { at: Timestamp::from_millis(from_s.saturating_mul(1_000)), number: 1 }
        }
        (Some(_), None) | (None, Some(_) | None) => Later::Nothing,
    };
    Booked {
        agreement: agreement.clone(),
        first: None,
        past,
        status,
        answered: status,
        receipt,
        charge,
        later,
        fee: Fee::Nothing,
        cancelled: None,
        disputes: Vec::new(),
    }
}

fn past_of(state: &mut State) -> Option<&mut Past> {
    match state {
        State::Unheard => None,
        State::Paying(paying) => Some(&mut paying.past),
        State::Failed(failed) => Some(&mut failed.past),
        State::Challenged(challenged) => Some(&mut challenged.past),
        State::Unclaimed(unclaimed) => Some(&mut unclaimed.past),
        State::Booked(booked) => Some(&mut booked.past),
    }
}

/// What happens to refunds.
fn refund(past: &mut Past, event: &Event) {
    let place = |number: &u32| (*number as usize).checked_sub(1);
    if let Event::RefundBegan { charge, orphan, .. } = event {
        let (charge, orphan) = (charge.clone(), *orphan);
        past.refunds.push(Refund { charge, orphan, standing: RefundStanding::InFlight, tries: 1 });
    }
    if let Event::RefundStands { number, standing } = event
        && let Some(refund) = place(number).and_then(|place| past.refunds.get_mut(place))
    {
        refund.standing = standing.clone();
    }
    if let Event::RefundRetried { number, .. } = event
        && let Some(refund) = place(number).and_then(|place| past.refunds.get_mut(place))
    {
        refund.standing = RefundStanding::InFlight;
        refund.tries = refund.tries.saturating_add(1);
    }
}

/// What happens to disputes.
fn dispute(disputes: &mut Vec<Dispute>, said: &Dispute) {
    match disputes.iter_mut().find(|known| known.id == said.id) {
        Some(known) => known.standing = said.standing,
        None => disputes.push(said.clone()),
    }
}

/// What happens to a booking.
fn happen(booked: &mut Booked, event: &Event) {
    match event {
        Event::Cancelled(cancelled) => {
            booked.status = BookingStatus::Canceled;
            booked.cancelled = Some(*cancelled);
            if let Later::Due { .. } = booked.later {
                booked.later = Later::Nothing;
            }
        }
        Event::Moved { agreement } => {
            let left = std::mem::replace(&mut booked.agreement, agreement.clone());
            booked.first.get_or_insert(left);
            if let (Later::Due { at, .. }, Some((_, from_s))) = (&mut booked.later, agreement.terms.due_later()) {
                *at = Timestamp::from_millis(from_s.saturating_mul(1_000));
            }
        }
        Event::Accepted => booked.status = BookingStatus::Confirmed,
        Event::DeclinedByMerchant => booked.status = BookingStatus::DeclinedByMerchant,
        Event::NoShow => {
            // A late cancellation stays one until its fee is paid.
            if booked.status == BookingStatus::Confirmed {
                booked.status = BookingStatus::NoShow;
            }
        }
        Event::Collecting { what: Collecting::Deposit, number } => booked.later = Later::Charging { number: *number },
        Event::Collecting { what: Collecting::Fee, number } => booked.fee = Fee::Charging { number: *number },
        Event::Collected { what: Collecting::Deposit, charge } => {
            booked.later = Later::Nothing;
            booked.charge = Some(charge.clone());
        }
        Event::Collected { what: Collecting::Fee, charge } => {
            booked.fee = Fee::Charged(charge.clone());
            booked.status = BookingStatus::NoShowPenalized;
        }
        Event::CollectingFailed { what: Collecting::Deposit, number, code, again } => {
            booked.later = match again {
                Some(at) => Later::Due { at: *at, number: number.saturating_add(1) },
                None => Later::GivenUp { code: code.clone() },
            };
        }
        Event::CollectingFailed { what: Collecting::Fee, number, code, .. } => {
            booked.fee = Fee::Declined { number: *number, code: code.clone() };
        }
        Event::RefundBegan { .. } | Event::RefundStands { .. } | Event::RefundRetried { .. } => {
            refund(&mut booked.past, event);
        }
        Event::Disputed(said) => dispute(&mut booked.disputes, said),
        Event::OrphanDisputed(said) => dispute(&mut booked.past.disputes, said),
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
        | Event::Abandoned { .. } => {}
    }
}
