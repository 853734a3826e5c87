//! The remittance statement: Google says what is owed for a billing period, we compare it with our books event by event,
//! people accept it, the bank pays it (flows-security section 5.5, API sections 5.5 and 6.5 to 6.7).
//!
//! `state.rs` holds the snapshot, `answer.rs` what is answered, `decide.rs` the judgement, `decision.rs` what people decide, `accept.rs` what is decided
//! about money, `apply.rs` the replay, `finding.rs` what one event comes to, `fees.rs` the schedule and the rounding.

mod accept;
mod answer;
mod apply;
mod decide;
mod decision;
#[cfg(test)]
mod draft_proof;
mod fees;
mod finding;
#[cfg(test)]
mod hands_proof;
#[cfg(test)]
mod planted;
#[cfg(test)]
mod proof;
mod state;

pub use accept::Preview;
pub use answer::{Rejection, Reply, TransferRefusal};
pub use decision::{Approval, Draft, MOST_DRAFTS, Modification, Rules};
pub use fees::{FeeSchedule, share};
pub use finding::{Batch, FindingKind, Judgement, Ours, StatedEvent, judge};
pub use state::{
    Acceptance, Effect, Event, FeeConvention, Fetched, Finding, Input, Judged, KindSum, MissingAge, MissingSum, Notice,
    Page, PageProblem, Reconciled, State, Tally,
};

use std::sync::Arc;

use crate::domain::{Attention, Decision, EffectLane, Machine, Timestamp};

/// The machine of a remittance statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remittance;

impl State {
    /// A short, stable name of the state.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unheard => "Unheard",
            Self::Notified(_) => "Notified",
            Self::Fetching { .. } => "Fetching",
            Self::Reconciling { .. } => "Reconciling",
            Self::Matched(_) => "Matched",
            Self::Disputed(_) => "Disputed",
            Self::Accepted(_) => "Accepted",
            Self::AcceptedWithModifications(_) => "AcceptedWithModifications",
            Self::Paid { .. } => "Paid",
            Self::Replaced { .. } => "Replaced",
        }
    }

    /// What was notified, once it was.
    pub const fn notice(&self) -> Option<&Arc<Notice>> {
        match self {
            Self::Unheard => None,
            Self::Notified(notice)
            | Self::Fetching { notice, .. }
            | Self::Reconciling { notice, .. }
            | Self::Replaced { notice, .. } => Some(notice),
            Self::Matched(done) | Self::Disputed(done) => Some(&done.notice),
            Self::Accepted(acceptance)
            | Self::AcceptedWithModifications(acceptance)
            | Self::Paid { acceptance, .. } => Some(&acceptance.reconciled.notice),
        }
    }

    /// What reconciliation came to, once it is over.
    pub const fn reconciled(&self) -> Option<&Reconciled> {
        match self {
            Self::Matched(done) | Self::Disputed(done) => Some(done),
            Self::Accepted(acceptance)
            | Self::AcceptedWithModifications(acceptance)
            | Self::Paid { acceptance, .. } => Some(&acceptance.reconciled),
            Self::Replaced { done: Some(done), .. } => Some(done),
            Self::Unheard
            | Self::Notified(_)
            | Self::Fetching { .. }
            | Self::Reconciling { .. }
            | Self::Replaced { done: None, .. } => None,
        }
    }

    /// What was accepted, once it was.
    pub const fn acceptance(&self) -> Option<&Acceptance> {
        match self {
            Self::Accepted(acceptance)
            | Self::AcceptedWithModifications(acceptance)
            | Self::Paid { acceptance, .. } => Some(acceptance),
            Self::Unheard
            | Self::Notified(_)
            | Self::Fetching { .. }
            | Self::Reconciling { .. }
            | Self::Matched(_)
            | Self::Disputed(_)
            | Self::Replaced { .. } => None,
        }
    }

    const fn round(&self) -> u32 {
        match self {
            Self::Reconciling { round, .. } => *round,
            Self::Matched(done) | Self::Disputed(done) => done.round,
            Self::Unheard
            | Self::Notified(_)
            | Self::Fetching { .. }
            | Self::Accepted(_)
            | Self::AcceptedWithModifications(_)
            | Self::Paid { .. }
            | Self::Replaced { .. } => 0,
        }
    }
}

impl Reconciled {
    /// How its events add up to its total, or why they do not.
    pub fn adds_up(&self) -> Result<FeeConvention, &'static str> {
        decide::adds_up(&self.notice, &self.fetched)
    }
}

impl Machine for Remittance {
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

    fn remembered(_: &Reply) -> Reply {
        // The answer to a notification says only that it arrived.
        Reply::Noted
    }

    fn deadline(_: &State) -> Option<Timestamp> {
        None
    }

    fn deadline_reached() -> Input {
        Input::DeadlineReached
    }

    fn attention(state: &State) -> Option<Attention> {
        match state {
            State::Disputed(_) => Some(Attention::StatementDiffers),
            State::Unheard
            | State::Notified(_)
            | State::Fetching { .. }
            | State::Reconciling { .. }
            | State::Matched(_)
            | State::Accepted(_)
            | State::AcceptedWithModifications(_)
            | State::Paid { .. }
            | State::Replaced { .. } => None,
        }
    }

    fn state_name(state: &State) -> &'static str {
        state.name()
    }

    fn lane(effect: &Effect) -> EffectLane {
        match effect {
            Effect::FetchPage { .. } | Effect::Accept { .. } => EffectLane::Google,
            Effect::ReplaceEarlier { .. } | Effect::Judge { .. } | Effect::CountMissing { .. } => EffectLane::House,
        }
    }

    fn idempotency_key(effect: &Effect) -> String {
        match effect {
            Effect::ReplaceEarlier { notice } => format!("replace-{}", notice.id),
            // Each call of details has a requestId of its own (API section 6.7), the same on every attempt.
            Effect::FetchPage { id, offset, .. } => {
                format!("dt-{id}-{}", offset.map_or_else(|| "first".to_owned(), |at| at.to_string()))
            }
            Effect::Judge { id, round, after, .. } => format!("judge-{id}-{round}-{after}"),
            Effect::CountMissing { notice, round } => format!("missing-{}-{round}", notice.id),
            // There is one acceptance per statement.
            Effect::Accept { id, .. } => format!("ac-{id}"),
        }
    }
}
