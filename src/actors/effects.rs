//! Carries out the effects of redirect payments: C2 to Google, questions to issuers.

use std::sync::Arc;

use crate::domain::redirect_payment::{Effect, Input, RedirectPayment};
use crate::issuer::{Issuers, StatusAnswer};
use crate::ports::Clock;
use crate::protocol::google_redirect::{Accounts, GoogleClient, Notification};
use crate::storage::OutboxRow;

/// What one attempt gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// It is done; this is what the machine hears.
    Done(Box<Input>),
    /// It is not done. Never terminal: the outbox tries again.
    Failed {
        /// For the log and the dead letter.
        description: String,
        /// What the peer asked for, in milliseconds.
        retry_after_ms: Option<i64>,
        /// Refused rather than failed: retried slowly (flows-security section 8.4).
        refused: bool,
    },
}

fn refused(description: String) -> Carried {
    Carried::Failed { description, retry_after_ms: None, refused: true }
}

/// The outside world of redirect payments.
pub struct RedirectEffects {
    /// Google's accounts and keys.
    pub accounts: Arc<Accounts>,
    /// Google.
    pub google: GoogleClient,
    /// The issuers.
    pub issuers: Arc<Issuers>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl RedirectEffects {
    /// One attempt at the effect in `row`.
    pub async fn carry_out(&self, row: &OutboxRow) -> Carried {
        let effect = match row.effect::<RedirectPayment>() {
            Ok(effect) => effect,
            // A newer node may have written it: one that knows it will carry it out.
            Err(error) => return refused(error.to_string()),
        };
        match effect {
            Effect::NotifyPaymentComplete { piaid, redirect_request_id, outcome, issuer, .. } => {
                let notification = Notification {
                    request_id: &row.idempotency_key,
                    piaid: &piaid,
                    redirect_request_id: &redirect_request_id,
                    outcome: &outcome,
                    issuer: issuer.as_ref(),
                };
                match self.google.notify_payment_complete(&self.accounts, &notification, self.clock.now()).await {
                    Ok(()) => Carried::Done(Box::new(Input::NotificationAccepted)),
                    Err(failed) => Carried::Failed {
                        description: failed.description,
                        retry_after_ms: failed.retry_after_ms,
                        refused: failed.refused,
                    },
                }
            }
            Effect::AskIssuerForStatus { payment, issuer, .. } => {
                let Some(connector) = self.issuers.get(&issuer) else {
                    // Another node's configuration may be ahead of ours.
                    return refused(format!("issuer {issuer} is not configured"));
                };
                match connector.ask_status(payment, &row.idempotency_key, self.clock.now()).await {
                    Ok(StatusAnswer::Report(report)) => Carried::Done(Box::new(Input::Report(report))),
                    Ok(StatusAnswer::NeverSeen) => Carried::Done(Box::new(Input::NeverSeen { issuer })),
                    Err(failed) => {
                        Carried::Failed { description: failed.to_string(), retry_after_ms: None, refused: false }
                    }
                }
            }
        }
    }
}
