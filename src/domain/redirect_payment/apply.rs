//! Replays events. Total: an event that does not fit its state leaves it unchanged, for `decide` never makes one.

use super::outcome::{Negative, Receipt};
use super::refund::{self, RefundChange, Refunds};
use super::state::{ClosedAs, Closing, Event, State};

pub(super) fn apply(state: State, event: &Event) -> State {
    match event {
        Event::Started { terms, preselected } => {
            State::AwaitingIssuerChoice { terms: terms.clone(), preselected: preselected.clone() }
        }
        Event::SentToIssuer { issuer, deadline } => match state.terms() {
            Some(terms) => State::AtIssuer { terms, issuer: issuer.clone(), deadline: Some(*deadline) },
            None => state,
        },
        Event::IssuerAsked => asked(state),
        Event::StillPending { next_ask } => pending(state, |pending| {
            if let State::Pending { next_ask: next, .. } = pending {
                *next = Some(*next_ask);
            }
        }),
        Event::AmountDiffered { reported, next_ask, .. } => pending(state, |pending| {
            if let State::Pending { next_ask: next, difference, dealt_with, .. } = pending {
                *next = Some(*next_ask);
                *difference = Some(*reported);
                *dealt_with = false;
            }
        }),
        Event::Paid(receipt) => match state.terms() {
            Some(terms) => State::Paid {
                terms,
                receipt: receipt.clone(),
                notified: false,
                // It had approved another amount first: that stays before finance.
                contradicted: state.difference().is_some(),
                further: Vec::new(),
                refunds: Refunds::default(),
                dealt_with: false,
            },
            None => state,
        },
        Event::PaidAgain(again) => paid_again(state, again),
        Event::Declined(negative) => closed(state, negative, State::Declined),
        Event::Abandoned(negative) => closed(state, negative, State::Abandoned),
        Event::Expired => closed(state, &Negative::payer_left(), State::Expired),
        Event::PaidAfterClose(receipt) => {
            let (closing, closed_as) = match state {
                State::Declined(closing) => (closing, ClosedAs::Declined),
                State::Abandoned(closing) => (closing, ClosedAs::Abandoned),
                State::Expired(closing) => (closing, ClosedAs::Expired),
                State::Unstarted
                | State::AwaitingIssuerChoice { .. }
                | State::AtIssuer { .. }
                | State::Pending { .. }
                | State::Paid { .. }
                | State::PaidAfterClose { .. } => return state,
            };
            State::PaidAfterClose {
                closing,
                closed_as,
                receipt: receipt.clone(),
                further: Vec::new(),
                refunds: Refunds::default(),
                dealt_with: false,
            }
        }
        Event::Contradicted { .. } => match state {
            State::Paid { terms, receipt, notified, further, refunds, .. } => {
                State::Paid { terms, receipt, notified, contradicted: true, further, refunds, dealt_with: false }
            }
            other => other,
        },
        Event::Notified => notified(state),
        Event::RefundOrdered(refund) => refunded(state, &RefundChange::Ordered(refund)),
        Event::RefundAsked { number } => refunded(state, &RefundChange::Asked(*number)),
        Event::RefundStillPending { number, next_ask } => {
            refunded(state, &RefundChange::StillPending(*number, *next_ask))
        }
        Event::RefundClosed { number, standing } => {
            let held = refund::holds_late_money(&state);
            let after = refunded(state, &RefundChange::Closed(*number, standing));
            // The issuer refused to take late money back: it is with us again.
            if refund::holds_late_money(&after) && !held { marked(after, false) } else { after }
        }
        Event::RefundContradicted { number, moved } => {
            marked(refunded(state, &RefundChange::Contradicted(*number, *moved)), false)
        }
        Event::RefundNotified { number } => refunded(state, &RefundChange::Notified(*number)),
        Event::DealtWith { .. } => marked(state, true),
    }
}

/// Whether somebody has dealt with what stands before finance.
fn marked(mut state: State, dealt: bool) -> State {
    match &mut state {
        State::Pending { dealt_with, .. }
        | State::Paid { dealt_with, .. }
        | State::PaidAfterClose { dealt_with, .. } => {
            *dealt_with = dealt;
        }
        State::Declined(closing) | State::Abandoned(closing) | State::Expired(closing) => closing.dealt_with = dealt,
        State::Unstarted | State::AwaitingIssuerChoice { .. } | State::AtIssuer { .. } => {}
    }
    state
}

fn refunded(mut state: State, change: &RefundChange<'_>) -> State {
    match &mut state {
        State::Paid { refunds, .. } | State::PaidAfterClose { refunds, .. } => refund::apply(refunds, change),
        State::Unstarted
        | State::AwaitingIssuerChoice { .. }
        | State::AtIssuer { .. }
        | State::Pending { .. }
        | State::Declined(_)
        | State::Abandoned(_)
        | State::Expired(_) => {}
    }
    state
}

fn asked(state: State) -> State {
    match state {
        State::AtIssuer { terms, issuer, .. } => State::AtIssuer { terms, issuer, deadline: None },
        State::Pending { terms, issuer, gives_up, asked, difference, dealt_with, .. } => {
            let asked = asked.saturating_add(1);
            State::Pending { terms, issuer, gives_up, next_ask: None, asked, difference, dealt_with }
        }
        other => other,
    }
}

/// Into `Pending`, keeping what it already knew.
fn pending(state: State, change: impl FnOnce(&mut State)) -> State {
    let mut state = match state {
        State::AtIssuer { terms, issuer, deadline } => {
            // Without a deadline the issuer was asked because it had passed: from now on a 404 ends the payment.
            let gives_up = deadline.unwrap_or(terms.created_at);
            State::Pending { terms, issuer, gives_up, next_ask: None, asked: 0, difference: None, dealt_with: false }
        }
        other => other,
    };
    change(&mut state);
    state
}

fn closed(state: State, negative: &Negative, into: fn(Closing) -> State) -> State {
    let Some(terms) = state.terms() else { return state };
    let (issuer, difference, dealt_with) = (state.issuer(), state.difference(), state.is_dealt_with());
    into(Closing { terms, issuer, negative: negative.clone(), notified: false, difference, dealt_with })
}

fn paid_again(mut state: State, again: &Receipt) -> State {
    if let State::Paid { further, .. } | State::PaidAfterClose { further, .. } = &mut state {
        further.push(again.clone());
    }
    marked(state, false)
}

fn notified(mut state: State) -> State {
    match &mut state {
        State::Paid { notified, .. } => *notified = true,
        State::Declined(closing)
        | State::Abandoned(closing)
        | State::Expired(closing)
        | State::PaidAfterClose { closing, .. } => closing.notified = true,
        State::Unstarted | State::AwaitingIssuerChoice { .. } | State::AtIssuer { .. } | State::Pending { .. } => {}
    }
    state
}
