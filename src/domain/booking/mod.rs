//! A booking: an appointment made through Google's Actions Center, with the money that it costs
//! (google-booking-server sections 3.7, 5, 6 and 9).
//!
//! Its id is derived from Google's idempotency token, so that a request and its retries meet in one actor. What costs
//! nothing is booked in one commit. Otherwise an attempt takes the spot, the outbox pays it, and the outcome makes it a
//! booking or gives the spot back; a success that comes when nobody waits any more is kept for a while and then refunded.
//! The booking then lives on: cancellation, another slot, absence with its fee, deposits charged later, refunds and
//! disputes. `create.rs` holds what happens up to the booking, `after.rs` and `money.rs` what comes after it.

mod after;
#[cfg(test)]
mod after_proof;
mod agreement;
mod apply;
mod create;
mod decide;
mod message;
mod money;
#[cfg(test)]
mod money_proof;
#[cfg(test)]
mod planted;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod property;
mod state;
mod view;
mod words;

use super::{Attention, Decision, EffectLane, Machine, Timestamp};

pub use agreement::{Agreement, Guest, PackUse, Request, Resumed, Stated};
pub use create::{CHALLENGE_MS, CLAIM_MS, is_open};
pub use message::{
    Collected, Collecting, Effect, Event, Failure, Input, Move, Notice, Outcome, Rejection, Reply, View, Why,
};
pub use money::may_charge_card;
pub use state::{
    Booked, Cancelled, Canceller, Challenge, Challenged, Charge, Dispute, DisputeStanding, Failed, Fee, Later, Means,
    Past, Paying, Receipt, Refund, RefundStanding, SealedCard, State, Unclaimed,
};
pub use view::{created, view};
pub use words::{BookingStatus, FailureCause, PrepaymentStatus};

/// The machine of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booking;

impl Machine for Booking {
    type State = State;
    type Input = Input;
    type Event = Event;
    type Effect = Effect;
    type Reply = Reply;
    type Rejection = Rejection;

    fn decide(state: &State, input: &Input, now: Timestamp) -> Result<Decision<Self>, Rejection> {
        decide::decide(state, input, now)
    }

    fn apply(state: State, event: &Event) -> State {
        apply::apply(state, event)
    }

    fn remembered(reply: &Reply) -> Reply {
        reply.clone()
    }

    fn deadline(state: &State) -> Option<Timestamp> {
        match state {
            State::Unclaimed(unclaimed) => Some(unclaimed.until),
            State::Challenged(challenged) if challenged.adopted_by.is_none() => Some(challenged.until),
            State::Booked(booked) => match booked.later {
                Later::Due { at, .. } if booked.status == BookingStatus::Confirmed => Some(at),
                Later::Due { .. } | Later::Nothing | Later::Charging { .. } | Later::GivenUp { .. } => None,
            },
            State::Unheard | State::Paying(_) | State::Failed(_) | State::Challenged(_) => None,
        }
    }

    fn deadline_reached() -> Input {
        Input::DeadlineReached
    }

    fn attention(state: &State) -> Option<Attention> {
        let past = state.past();
        let booked = match state {
            State::Booked(booked) => Some(booked),
            State::Unheard | State::Paying(_) | State::Failed(_) | State::Challenged(_) | State::Unclaimed(_) => None,
        };
        // One reason is shown, the most urgent: evidence is wanted within days, or the money is lost.
        let open = |dispute: &Dispute| dispute.standing == DisputeStanding::Open;
        if booked.map(|booked| &booked.disputes).into_iter().flatten().chain(&past.disputes).any(open) {
            return Some(Attention::Disputed);
        }
        let failed = |refund: &Refund| matches!(refund.standing, RefundStanding::Failed { .. });
        if past.refunds.iter().any(failed) {
            return Some(Attention::RefundFailed);
        }
        let booked = booked?;
        if matches!(booked.later, Later::GivenUp { .. }) && booked.status == BookingStatus::Confirmed {
            Some(Attention::DepositNotCharged)
        } else {
            None
        }
    }

    fn state_name(state: &State) -> &'static str {
        match state {
            State::Unheard => "Unheard",
            State::Paying(_) => "Paying",
            State::Failed(_) => "Failed",
            State::Challenged(_) => "Challenged",
            State::Unclaimed(_) => "Unclaimed",
            State::Booked(booked) => booked.status.as_str(),
        }
    }

    fn lane(effect: &Effect) -> EffectLane {
        match effect {
            Effect::Pay { .. } | Effect::Abandon { .. } | Effect::Collect { .. } | Effect::Refund { .. } => {
                EffectLane::Processor
            }
            Effect::Tell(_) => EffectLane::Google,
        }
    }

    fn idempotency_key(effect: &Effect) -> String {
        match effect {
            Effect::Pay { attempt, agreement, .. } => format!("pay-{}-{attempt}", agreement.id),
            Effect::Abandon { booking, intent, .. } => format!("abandon-{booking}-{intent}"),
            Effect::Collect { booking, what: Collecting::Deposit, number, .. } => format!("deposit-{booking}-{number}"),
            Effect::Collect { booking, what: Collecting::Fee, number, .. } => format!("fee-{booking}-{number}"),
            Effect::Refund { booking, number, tries, .. } => format!("refund-{booking}-{number}-{tries}"),
            Effect::Tell(notice) => match notice.why {
                Why::Answered => format!("tell-{}-answered", notice.booking),
                Why::Cancelled => format!("tell-{}-cancelled", notice.booking),
                Why::NoShow => format!("tell-{}-no-show", notice.booking),
                Why::Penalized => format!("tell-{}-penalized", notice.booking),
                Why::DepositCharged => format!("tell-{}-deposit", notice.booking),
                Why::Refunded { number, tries } => format!("tell-{}-refund-{number}-{tries}", notice.booking),
                Why::RefundFailed { number, tries } => {
                    format!("tell-{}-refund-{number}-{tries}-failed", notice.booking)
                }
            },
        }
    }
}
