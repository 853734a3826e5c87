//! Giving money back.

use super::amount::units;
use super::calls::{Answer, CallFailed, Form, Step, Stripe, refused};
use super::wire::{Page, Refunded};
use crate::domain::Money;

/// A refund that is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Refund<'a> {
    /// The charge's `pi_…`.
    pub intent: &'a str,
    /// How much goes back.
    pub amount: Money,
    /// The same on every retry; stands in `metadata[attempt]` and in the `Idempotency-Key`.
    pub attempt: &'a str,
}

/// How a refund stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The processor has given it back. It may still fail later, and tell us by an event.
    Refunded {
        /// `re_…`
        id: String,
    },
    /// On its way.
    Pending {
        /// `re_…`
        id: String,
    },
    /// It is not given back.
    Failed {
        /// `re_…`, if there ever was one.
        id: Option<String>,
        /// The processor's word, for people.
        code: String,
    },
}

impl Stripe {
    /// Gives `amount` of a charge back. The processor remembers keys for a day only: an older attempt whose outcome is
    /// unknown is asked for first ([`Stripe::find_refund`]).
    pub async fn refund(&self, wanted: &Refund<'_>) -> Result<RefundOutcome, CallFailed> {
        let form: Form<'_> = vec![
            ("payment_intent", wanted.intent.to_owned()),
            ("amount", units(wanted.amount)?.to_string()),
            ("metadata[attempt]", wanted.attempt.to_owned()),
        ];
        let step = Step { key: format!("{}-refund", wanted.attempt), path: &["refunds"], money: true };
        match self.post(step, &form, self.deadline()).await? {
            Answer::Done(refund) => Ok(outcome(refund)),
            // A parameter that it does not know is our mistake; the rest is about this charge: refunded already, disputed.
            Answer::Refused(status, problem)
                if problem.code.as_deref().is_some_and(|code| code.starts_with("parameter_")) =>
            {
                Err(refused(status, &problem))
            }
            Answer::Refused(_, problem) => Ok(RefundOutcome::Failed { id: None, code: problem.word() }),
        }
    }

    /// How a refund stands now.
    pub async fn refund_status(&self, id: &str) -> Result<RefundOutcome, CallFailed> {
        self.get(&["refunds", id], &Vec::new(), self.deadline()).await?.done().map(outcome)
    }

    /// What became of the refund of this charge with this key; `None`: it was never made.
    pub async fn find_refund(&self, intent: &str, attempt: &str) -> Result<Option<RefundOutcome>, CallFailed> {
        let query: Form<'_> = vec![("payment_intent", intent.to_owned()), ("limit", "100".to_owned())];
        let page: Page<Refunded> = self.get(&["refunds"], &query, self.deadline()).await?.done()?;
        let ours = |refund: &Refunded| {
            let metadata = refund.metadata.as_ref();
            metadata.and_then(|metadata| metadata.get("attempt")).is_some_and(|found| found == attempt)
        };
        match page.data.into_iter().find(ours) {
            Some(refund) => Ok(Some(outcome(refund))),
            // A charge with more refunds than a page holds is nobody's booking.
            None if page.has_more => Err(CallFailed::Unknown { money: false, why: "the charge has too many refunds" }),
            None => Ok(None),
        }
    }
}

fn outcome(refund: Refunded) -> RefundOutcome {
    let Refunded { id, status, failure_reason, .. } = refund;
    match status.as_deref() {
        None | Some("succeeded") => RefundOutcome::Refunded { id },
        Some(status @ ("failed" | "canceled")) => {
            RefundOutcome::Failed { id: Some(id), code: failure_reason.unwrap_or_else(|| status.to_owned()) }
        }
        // `pending`, `requires_action`, and what a later version may say.
        Some(_) => RefundOutcome::Pending { id },
    }
}
