//! An invoice, for whoever shows it.

use std::sync::Arc;

use super::receipt::confirmation_number;
use super::state::{Attempt, By, End, Marks, Past, Payment, Refund, State};
use super::words::Content;
use crate::domain::booking::{Dispute, RefundStanding};
use crate::domain::{Money, Timestamp};

/// How an invoice stands. Whether it is overdue is a matter of the time: [`View::is_overdue`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// What it says.
    pub content: Arc<Content>,
    /// How far it is.
    pub stage: Stage,
    /// What the recipient said.
    pub marks: Marks,
    /// When it first went out by mail.
    pub sent: Option<Timestamp>,
    /// Every refund, in order, also of money that never paid it.
    pub refunds: Vec<Refund>,
}

/// How far an invoice is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// To be paid.
    Open,
    /// An attempt is under way, or its outcome is not known yet.
    BeingPaid(Attempt),
    /// Paid.
    Paid {
        /// How, when, by whom, and sent where.
        payment: Payment,
        /// `confirmationNumber` (outlook-payments section 4.7).
        receipt: Arc<str>,
        /// Disputes about the charge, at the processor.
        disputes: Vec<Dispute>,
    },
    /// Not to be paid any more.
    Cancelled {
        /// When.
        at: Timestamp,
    },
}

impl View {
    /// Whether it should have been paid by `now`; the day it is due on is in time.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        match self.stage {
            Stage::Open | Stage::BeingPaid(_) => now >= self.content.due.plus_days(1).start(),
            Stage::Paid { .. } | Stage::Cancelled { .. } => false,
        }
    }

    /// Whether money is still wanted.
    pub const fn is_payable(&self) -> bool {
        match self.stage {
            Stage::Open | Stage::BeingPaid(_) => true,
            Stage::Paid { .. } | Stage::Cancelled { .. } => false,
        }
    }

    /// What has gone back of what was paid.
    pub fn refunded(&self) -> Money {
        self.sum(|standing| matches!(standing, RefundStanding::Done { .. }))
    }

    /// What is on its way back of what was paid.
    pub fn refunding(&self) -> Money {
        self.sum(|standing| matches!(standing, RefundStanding::InFlight))
    }

    fn sum(&self, counts: impl Fn(&RefundStanding) -> bool) -> Money {
        let own = self.refunds.iter().filter(|refund| !refund.late && counts(&refund.standing));
        let micros = own.fold(0_i64, |sum, refund| sum.saturating_add(refund.amount.micros()));
        Money::new(micros, self.content.total.currency())
    }
}

/// The view of a state; `None`: there is no invoice.
pub fn view(state: &State) -> Option<View> {
    let (past, stage) = match state {
        State::Unheard => return None,
        State::Open(open) => (&open.past, open.under_way.clone().map_or(Stage::Open, Stage::BeingPaid)),
        State::Paid(paid) => {
            let payment = paid.payment.clone();
            let receipt = confirmation_number(paid.past.content.id, payment.attempt);
            (&paid.past, Stage::Paid { payment, receipt, disputes: paid.disputes.clone() })
        }
        State::Cancelled(cancelled) => (&cancelled.past, Stage::Cancelled { at: cancelled.at }),
    };
    Some(shown(past, stage))
}

/// What became of a one-time token that was heard before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenStanding {
    /// It is being charged, or its outcome is not known yet.
    UnderWay,
    /// Its attempt is over.
    Ended {
        /// Which attempt.
        attempt: u32,
        /// How it ended; this stands.
        end: End,
    },
}

/// What became of the token with this digest; `None`: it may be tried (outlook-payments section 6.7).
pub fn token_standing(state: &State, digest: &[u8; 32]) -> Option<TokenStanding> {
    if let Some((attempt, end)) = state.past()?.ended_by(digest) {
        return Some(TokenStanding::Ended { attempt, end: end.clone() });
    }
    let State::Open(open) = state else { return None };
    match &open.under_way.as_ref()?.by {
        By::Card { digest: theirs, .. } => (theirs == digest).then_some(TokenStanding::UnderWay),
        By::Redirect { .. } => None,
    }
}

fn shown(past: &Past, stage: Stage) -> View {
    let Past { content, refunds, post, marks, .. } = past;
    View { content: content.clone(), stage, marks: *marks, sent: post.sent, refunds: refunds.clone() }
}
