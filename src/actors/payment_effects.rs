//! Carries out the effects of redirect payments: C2 and refund results to Google, questions and refunds to issuers.

use std::collections::HashMap;
use std::sync::Arc;

use super::figures::Figures;
use super::preview::{self, Description};
use super::registry::Registry;
use super::route::{Carried, Effects, Failure};
use super::shell::{Ask, AskError};
use crate::domain::booking::RefundStanding;
use crate::domain::invoice::{self, Invoice, parse_refund_order};
use crate::domain::redirect_payment::{Effect, Input, RedirectPayment, RefundDecline, RefundRefusal, RefundResult};
use crate::domain::{IssuerId, Piaid, TransactionId};
use crate::issuer::{IssuerCallFailed, Issuers, RefundCall, SignedRedirect, StatusAnswer};
use crate::ports::Clock;
use crate::protocol::google_redirect::{Accounts, CallFailed, GoogleClient, Notification, RefundNotification};
use crate::storage::OutboxRow;

/// What happens to money that an issuer took after Google was told that there is none (flows-security section 5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LateMoney {
    /// It goes back by itself.
    GoesBack,
    /// A person decides.
    WaitsForPerson,
}

/// The outside world of redirect payments.
pub struct PaymentEffects {
    /// Google's accounts and keys.
    pub accounts: Arc<Accounts>,
    /// Google.
    pub google: GoogleClient,
    /// The issuers.
    pub issuers: Arc<Issuers>,
    /// The invoices whose attempts are payments.
    pub invoices: Registry<Invoice>,
    /// Per account; an account that is not here leaves it to a person.
    pub late_money: HashMap<Piaid, LateMoney>,
    /// How calls end is noted here.
    pub figures: Figures,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl From<CallFailed> for Failure {
    fn from(failed: CallFailed) -> Self {
        Self { description: failed.description, retry_after_ms: failed.retry_after_ms, refused: failed.refused }
    }
}

impl From<IssuerCallFailed> for Failure {
    fn from(failed: IssuerCallFailed) -> Self {
        Self::failed(failed.to_string())
    }
}

fn done<E: Into<Failure>>(outcome: Result<Input, E>) -> Carried<Input> {
    match outcome {
        Ok(input) => Carried::Done(Box::new(input)),
        Err(failed) => Carried::Failed(failed.into()),
    }
}

/// Why a refund was refused, in a word.
const fn code(refusal: &RefundRefusal) -> &'static str {
    match refusal.reason {
        RefundDecline::AccountClosed => "account_closed",
        RefundDecline::AccountOnHold => "account_on_hold",
        RefundDecline::ExceedsMaximumBalance => "exceeds_maximum_balance",
        RefundDecline::WindowExceeded => "refund_window_exceeded",
    }
}

impl PaymentEffects {
    /// What an invoice refuses to hear it has heard before, or never asked for: telling it again changes nothing.
    async fn tell_invoice(&self, id: TransactionId, heard: invoice::Input) -> Result<(), Failure> {
        match self.invoices.ask(Ask::plain(id, heard)).await {
            Ok(_) => Ok(()),
            Err(AskError::Rejected(rejection)) => {
                tracing::warn!(invoice.id = %id, reason = %rejection, "an invoice refuses the outcome of its payment");
                Ok(())
            }
            Err(
                AskError::Overloaded | AskError::Unavailable | AskError::IdempotencyViolation | AskError::Refused(_),
            ) => Err(Failure::failed("the invoice could not be told now")),
        }
    }

    /// Another node's configuration may be ahead of ours.
    fn issuer(&self, issuer: &IssuerId) -> Result<&Arc<SignedRedirect>, Failure> {
        self.issuers.get(issuer).ok_or_else(|| Failure::refused(format!("issuer {issuer} is not configured")))
    }
}

impl Effects for PaymentEffects {
    type Machine = RedirectPayment;

    async fn describe(&self, effect: Effect, row: &OutboxRow) -> Description {
        preview::payments::describe(self, &effect, row)
    }

    async fn carry_out(&self, effect: Effect, row: &OutboxRow) -> Carried<Input> {
        let now = self.clock.now();
        let request_id = row.idempotency_key.as_str();
        match effect {
            Effect::NotifyPaymentComplete { piaid, redirect_request_id, outcome, issuer, .. } => {
                let notification = Notification {
                    request_id,
                    piaid: &piaid,
                    redirect_request_id: &redirect_request_id,
                    outcome: &outcome,
                    issuer: issuer.as_ref(),
                };
                let call = self.google.notify_payment_complete(&self.accounts, &notification, now);
                let told = self.figures.watch("to-google:redirectPaymentCompleteNotification", call).await;
                done(told.map(|()| Input::NotificationAccepted))
            }
            Effect::NotifyRefundResult { refund, piaid, refund_request_id, result } => {
                let notification = RefundNotification {
                    request_id,
                    piaid: &piaid,
                    refund: &refund,
                    refund_request_id: &refund_request_id,
                    result: &result,
                };
                let call = self.google.notify_refund_result(&self.accounts, &notification, now);
                let told = self.figures.watch("to-google:refundResultNotification", call).await;
                done(told.map(|()| Input::RefundResultAccepted { number: refund.number }))
            }
            Effect::AskIssuerForStatus { payment, issuer, .. } => match self.issuer(&issuer) {
                Err(failure) => Carried::Failed(failure),
                Ok(connector) => {
                    let call = connector.ask_status(payment, request_id, now);
                    let answer = self.figures.watch(&format!("issuer:{issuer}:status"), call).await;
                    done(answer.map(|answer| match answer {
                        StatusAnswer::Report(report) => Input::Report(report),
                        StatusAnswer::NeverSeen => Input::NeverSeen { issuer },
                    }))
                }
            },
            Effect::RefundAtIssuer { refund, issuer, reference, amount, .. } => match self.issuer(&issuer) {
                Err(failure) => Carried::Failed(failure),
                Ok(connector) => {
                    let call = RefundCall { refund: &refund, reference: &reference, amount };
                    let call = connector.refund(&call, request_id, now);
                    let answer = self.figures.watch(&format!("issuer:{issuer}:refund"), call).await;
                    done(answer.map(Input::RefundReport))
                }
            },
            Effect::ConsiderGivingBack { piaid, .. } => {
                // An invoice is paid by the attempt that it knows of, and by no other: the rest goes back.
                let policy = piaid.map_or(Some(LateMoney::GoesBack), |piaid| self.late_money.get(&piaid).copied());
                Carried::Done(Box::new(match policy {
                    Some(LateMoney::GoesBack) => Input::GiveBack { by: None },
                    Some(LateMoney::WaitsForPerson) | None => Input::LeaveToPerson,
                }))
            }
            Effect::TellInvoice { invoice, attempt, outcome, issuer, .. } => {
                let heard = invoice::Input::PaymentEnded { attempt, outcome, issuer };
                done(self.tell_invoice(invoice, heard).await.map(|()| Input::NotificationAccepted))
            }
            Effect::TellInvoiceOfRefund { refund, invoice, order, result } => {
                let accepted = Input::RefundResultAccepted { number: refund.number };
                let Some((number, tries)) = parse_refund_order(order.as_str()) else {
                    return Carried::Failed(Failure::refused("no order of an invoice's"));
                };
                let standing = match result {
                    RefundResult::Success => RefundStanding::Done { id: refund.to_string().into() },
                    RefundResult::Refused(refusal) => RefundStanding::Failed { code: code(&refusal).into() },
                };
                let heard = invoice::Input::Refunded { number, tries, standing };
                done(self.tell_invoice(invoice, heard).await.map(|()| accepted))
            }
        }
    }
}
