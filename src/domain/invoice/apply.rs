//! Replays events. Total: `decide` has already judged, so that what does not fit leaves the state as it is.

use super::message::Event;
use super::post;
use super::state::{
    Attempt, By, Cancelled, End, Ended, Letter, Open, Paid, Past, Payment, Refund, State, Via, Waiting,
};
use crate::domain::booking::{Dispute, RefundStanding};

pub(super) fn apply(state: State, event: &Event) -> State {
    match (state, event) {
        (State::Unheard, Event::Created { content }) => {
            State::Open(Box::new(Open { past: Past::new(content.clone()), under_way: None }))
        }
        (State::Open(mut open), Event::Attempted(attempt)) => {
            open.under_way = Some(attempt.clone());
            State::Open(open)
        }
        (State::Open(mut open), Event::PaymentStarted { attempt }) => {
            if let Some(Attempt { number, by: By::Redirect { started, .. }, .. }) = &mut open.under_way
                && number == attempt
            {
                *started = true;
            }
            State::Open(open)
        }
        (State::Open(mut open), Event::AttemptFailed { end }) => {
            if let Some(attempt) = open.under_way.take() {
                open.past.ended.push(ended(&attempt, end.clone()));
            }
            State::Open(open)
        }
        (State::Open(open), Event::Paid(payment)) => State::Paid(Box::new(paid(*open, payment))),
        (State::Open(open), Event::Cancelled { by, at }) => {
            State::Cancelled(Box::new(Cancelled { past: open.past, by: by.clone(), at: *at }))
        }
        (State::Paid(mut paid), Event::ChargeDisputed(dispute)) => {
            note(&mut paid.disputes, dispute);
            State::Paid(paid)
        }
        // What goes on whatever becomes of the invoice: letters, refunds, marks.
        (
            mut state,
            Event::LetterAsked { .. }
            | Event::Mailed { .. }
            | Event::NotMailed { .. }
            | Event::Reminded { .. }
            | Event::RefundBegan(_)
            | Event::RefundRetried { .. }
            | Event::RefundStands { .. }
            | Event::Transferred { .. }
            | Event::Disputed { .. }
            | Event::Resolved { .. },
        ) => {
            if let Some(past) = state.past_mut() {
                happen(past, event);
            }
            state
        }
        (
            state,
            Event::Created { .. }
            | Event::Attempted(_)
            | Event::PaymentStarted { .. }
            | Event::AttemptFailed { .. }
            | Event::Paid(_)
            | Event::Cancelled { .. }
            | Event::ChargeDisputed(_),
        ) => state,
    }
}

fn ended(attempt: &Attempt, end: End) -> Ended {
    let digest = match attempt.by {
        By::Card { digest, .. } => Some(digest),
        By::Redirect { .. } => None,
    };
    Ended { digest, amount: attempt.order.total, end }
}

fn paid(open: Open, payment: &Payment) -> Paid {
    let Open { mut past, under_way } = open;
    match (&payment.via, under_way) {
        (Via::Card { .. } | Via::Redirect { .. }, Some(attempt)) => past.ended.push(ended(&attempt, End::Paid)),
        (Via::Card { .. } | Via::Redirect { .. }, None) | (Via::Transfer { .. }, _) => {}
    }
    Paid { past, payment: payment.clone(), disputes: Vec::new() }
}

fn note(disputes: &mut Vec<Dispute>, dispute: &Dispute) {
    match disputes.iter_mut().find(|known| known.id == dispute.id) {
        Some(known) => known.standing = dispute.standing,
        None => disputes.push(dispute.clone()),
    }
}

fn refund(past: &mut Past, number: u32) -> Option<&mut Refund> {
    (number as usize).checked_sub(1).and_then(|place| past.refunds.get_mut(place))
}

/// What happens to what stays.
fn happen(past: &mut Past, event: &Event) {
    match event {
        Event::LetterAsked { number, letter, at } => {
            past.post.letters = *number;
            past.post.waiting.push(Waiting { number: *number, letter: *letter, at: *at });
            if *letter == Letter::FreshLink {
                post::keep_fresh(&mut past.post.fresh, *at);
            }
        }
        Event::Mailed { number, at } => {
            let letter = past.post.waiting.iter().find(|waiting| waiting.number == *number).map(|found| found.letter);
            if letter == Some(Letter::Invoice) {
                past.post.sent.get_or_insert(*at);
            }
            past.post.waiting.retain(|waiting| waiting.number != *number);
        }
        Event::NotMailed { number } => past.post.waiting.retain(|waiting| waiting.number != *number),
        Event::Reminded { reminders } => past.post.reminders = *reminders,
        Event::RefundBegan(refund) => past.refunds.push(refund.clone()),
        Event::RefundRetried { number, .. } => {
            if let Some(refund) = refund(past, *number) {
                refund.standing = RefundStanding::InFlight;
                refund.tries = refund.tries.saturating_add(1);
            }
        }
        Event::RefundStands { number, standing } => {
            if let Some(refund) = refund(past, *number) {
                refund.standing = standing.clone();
            }
        }
        Event::Transferred { at } => past.marks.transferred = Some(*at),
        Event::Disputed { at } => past.marks.disputed = Some(*at),
        Event::Resolved { .. } => past.marks = super::Marks::default(),
        Event::Created { .. }
        | Event::Attempted(_)
        | Event::PaymentStarted { .. }
        | Event::AttemptFailed { .. }
        | Event::Paid(_)
        | Event::Cancelled { .. }
        | Event::ChargeDisputed(_) => {}
    }
}
