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
            if let State::Pending { next_ask: next, difference, .. } = pending {
                *next = Some(*next_ask);
                *difference = Some(*reported);
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
            }
        }
        Event::Contradicted { .. } => match state {
            State::Paid { terms, receipt, notified, further, refunds, .. } => {
                State::Paid { terms, receipt, notified, contradicted: true, further, refunds }
            }
            other => other,
        },
        Event::Notified => notified(state),
        Event::RefundOrdered(refund) => refunded(state, &RefundChange::Ordered(refund)),
        Event::RefundAsked { number } => refunded(state, &RefundChange::Asked(*number)),
        Event::RefundStillPending { number, next_ask } => {
            refunded(state, &RefundChange::StillPending(*number, *next_ask))
        }
        Event::RefundClosed { number, standing } => refunded(state, &RefundChange::Closed(*number, standing)),
        Event::RefundContradicted { number, moved } => refunded(state, &RefundChange::Contradicted(*number, *moved)),
        Event::RefundNotified { number } => refunded(state, &RefundChange::Notified(*number)),
    }
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
        State::Pending { terms, issuer, gives_up, asked, difference, .. } => {
            State::Pending { terms, issuer, gives_up, next_ask: None, asked: asked.saturating_add(1), difference }
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
            State::Pending { terms, issuer, gives_up, next_ask: None, asked: 0, difference: None }
        }
        other => other,
    };
    change(&mut state);
    state
}

fn closed(state: State, negative: &Negative, into: fn(Closing) -> State) -> State {
    let Some(terms) = state.terms() else { return state };
    let difference = state.difference();
    into(Closing { terms, issuer: state.issuer(), negative: negative.clone(), notified: false, difference })
}

fn paid_again(state: State, again: &Receipt) -> State {
    match state {
        State::Paid { terms, receipt, notified, contradicted, mut further, refunds } => {
            further.push(again.clone());
            State::Paid { terms, receipt, notified, contradicted, further, refunds }
        }
        State::PaidAfterClose { closing, closed_as, receipt, mut further, refunds } => {
            further.push(again.clone());
            State::PaidAfterClose { closing, closed_as, receipt, further, refunds }
        }
        other => other,
    }
}

fn notified(state: State) -> State {
    let told = |closing: Closing| Closing { notified: true, ..closing };
    match state {
        State::Paid { terms, receipt, contradicted, further, refunds, .. } => {
            State::Paid { terms, receipt, notified: true, contradicted, further, refunds }
        }
        State::Declined(closing) => State::Declined(told(closing)),
        State::Abandoned(closing) => State::Abandoned(told(closing)),
        State::Expired(closing) => State::Expired(told(closing)),
        State::PaidAfterClose { closing, closed_as, receipt, further, refunds } => {
            State::PaidAfterClose { closing: told(closing), closed_as, receipt, further, refunds }
        }
        other @ (State::Unstarted
        | State::AwaitingIssuerChoice { .. }
        | State::AtIssuer { .. }
        | State::Pending { .. }) => other,
    }
}
