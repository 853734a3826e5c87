//! What people do at the desk: ask an issuer before its time, and record that what stood before finance was dealt with.

use super::RedirectPayment;
use super::decide::{ask_issuer, record, stands};
use super::refund;
use super::state::{Event, Rejection, State};
use crate::domain::{Attention, Decision, Timestamp, UserName};

/// Why a payment stands before finance, whether or not somebody has dealt with it.
pub(super) fn reason(state: &State) -> Option<Attention> {
    match state {
        State::PaidAfterClose { refunds, .. } => {
            if refund::holds_late_money(state) {
                Some(Attention::PaidAfterClose)
            } else {
                refunds.contradicted().then_some(Attention::Contradiction)
            }
        }
        State::Paid { contradicted, refunds, .. } => {
            (*contradicted || refunds.contradicted() || refund::holds_late_money(state))
                .then_some(Attention::Contradiction)
        }
        State::Unstarted
        | State::AwaitingIssuerChoice { .. }
        | State::AtIssuer { .. }
        | State::Pending { .. }
        | State::Declined(_)
        | State::Abandoned(_)
        | State::Expired(_) => state.difference().map(|_| Attention::AmountDiffers),
    }
}

/// A person dealt with what `about` names. What has changed since the person looked is not dealt with: another reason is
/// refused. Said twice, it stands.
pub(super) fn dealt_with(
    state: &State,
    about: Attention,
    (by, why): (&UserName, &str),
) -> Result<Decision<RedirectPayment>, Rejection> {
    if reason(state) != Some(about) {
        return Err(Rejection::NothingToDealWith);
    }
    if state.is_dealt_with() {
        return stands(state);
    }
    Ok(record(state, vec![Event::DealtWith { about, by: by.clone(), why: why.to_owned() }]))
}

/// Asks the issuer now instead of at the next scheduled time: about the payment, or about its refunds. Before its deadline a
/// payment is not asked about: the payer may still be paying, and a 404 would then end it (contract section 5).
pub(super) fn ask_now(state: &State, now: Timestamp) -> Result<Decision<RedirectPayment>, Rejection> {
    match state {
        State::AtIssuer { terms, issuer, deadline: Some(deadline) } if *deadline <= now => {
            Ok(ask_issuer(state, terms, issuer, 0))
        }
        State::Pending { terms, issuer, next_ask: Some(_), asked, .. } => {
            Ok(ask_issuer(state, terms, issuer, asked.saturating_add(1)))
        }
        // It is being asked already.
        State::AtIssuer { deadline: None, .. } | State::Pending { next_ask: None, .. } => stands(state),
        State::Paid { .. } | State::PaidAfterClose { .. } => {
            refund::ask_about(state, |_| true).ok_or(Rejection::NothingToAsk)
        }
        State::Unstarted => Err(Rejection::Unknown),
        State::AwaitingIssuerChoice { .. }
        | State::AtIssuer { .. }
        | State::Declined(_)
        | State::Abandoned(_)
        | State::Expired(_) => Err(Rejection::NothingToAsk),
    }
}
