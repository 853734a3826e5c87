//! The redirect payments of invoices: started and refunded as any other, by the same machine.

use std::sync::Arc;

use super::registry::Registry;
use super::route::Failure as Undone;
use super::shell::{Ask, AskError, RememberAs};
use crate::crypto::{content_hash, invoice_payment_id};
use crate::domain::booking::RefundStanding;
use crate::domain::invoice::{InvoiceReference, refund_order};
use crate::domain::redirect_payment::{
    Input, InvoiceAttempt, Opening, Origin, RedirectPayment, RefundOrder, Rejection, Start, Terms,
};
use crate::domain::{IssuerId, Money, RequestId, Timestamp, TransactionId};
use crate::ports::Clock;
use crate::storage::RequestKey;

/// So long a payer may choose an issuer.
const CHOOSE_MS: i64 = 30 * 60 * 1_000;
/// So long after that links to the payment's page are honoured.
const LINK_MS: i64 = 24 * 3_600 * 1_000;
/// Invoices may be refunded for so long after they were paid, as Google's payments may be by default.
const REFUND_WINDOW_MS: i64 = 180 * 24 * 3_600 * 1_000;

/// A payment to be started.
#[derive(Debug)]
pub(super) struct ToStart {
    /// The invoice.
    pub(super) invoice: TransactionId,
    /// Its number.
    pub(super) reference: InvoiceReference,
    /// Which attempt.
    pub(super) attempt: u32,
    /// How much.
    pub(super) amount: Money,
    /// The issuer and its timeout in milliseconds; `None`: the payer chooses.
    pub(super) issuer: Option<(IssuerId, i64)>,
}

/// A refund to be ordered.
#[derive(Debug)]
pub(super) struct ToRefund {
    /// The invoice.
    pub(super) invoice: TransactionId,
    /// Which attempt.
    pub(super) attempt: u32,
    /// The refund's number and try.
    pub(super) number: (u32, u32),
    /// How much.
    pub(super) amount: Money,
}

/// Where redirect payments are asked. Cheap to clone.
#[derive(Clone)]
pub struct InvoicePayments {
    /// The payments.
    pub payments: Registry<RedirectPayment>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl InvoicePayments {
    /// Starts the payment of an attempt; one that was started before is started.
    pub(super) async fn start(&self, wanted: ToStart) -> Result<(), Undone> {
        let opening = match &wanted.issuer {
            Some((issuer, timeout_ms)) => Opening::Chosen { issuer: issuer.clone(), timeout_ms: *timeout_ms },
            None => Opening::PayerChooses,
        };
        let terms = terms(&wanted, self.clock.now());
        let id = terms.id;
        let start = Start { terms, opening, stale: false, link: None };
        match self.payments.ask(Ask::plain(id, Input::Start(Box::new(start)))).await {
            Ok(_) | Err(AskError::Rejected(Rejection::AlreadyStarted)) => Ok(()),
            Err(AskError::Rejected(rejection)) => Err(Undone::refused(rejection.to_string())),
            Err(
                AskError::Overloaded | AskError::Unavailable | AskError::IdempotencyViolation | AskError::Refused(_),
            ) => Err(Undone::failed("the payment could not be started now")),
        }
    }

    /// Orders a refund; one that was ordered before is on its way. Its end is told by the payment.
    pub(super) async fn refund(&self, wanted: ToRefund) -> Result<RefundStanding, Undone> {
        let (number, tries) = wanted.number;
        let order = refund_order(wanted.invoice, number, tries);
        let request_id = RequestId::parse(&order).map_err(|error| Undone::refused(error.to_string()))?;
        let remember = RememberAs {
            key: RequestKey { scope: "invoice".to_owned(), request_id: order.clone() },
            method: "refund",
            content_hash: content_hash(order.as_bytes()),
        };
        let input = Input::Refund(RefundOrder { request_id, amount: wanted.amount, window_ms: REFUND_WINDOW_MS });
        let id = invoice_payment_id(wanted.invoice, wanted.attempt);
        match self.payments.ask(Ask { id, input, remember: Some(remember), settles: None }).await {
            Ok(_) => Ok(RefundStanding::InFlight),
            Err(AskError::Rejected(rejection)) => Ok(RefundStanding::Failed { code: word(&rejection).into() }),
            Err(
                AskError::Overloaded | AskError::Unavailable | AskError::IdempotencyViolation | AskError::Refused(_),
            ) => Err(Undone::failed("the refund could not be ordered now")),
        }
    }
}

/// Why a payment orders no refund, in a word.
const fn word(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::NotPaid => "not_paid",
        Rejection::RefundCurrency(_) => "other_currency",
        Rejection::RefundExceeds(_) => "exceeds_what_remains",
        Rejection::Unknown
        | Rejection::AlreadyStarted
        | Rejection::Stale
        | Rejection::NotOffered
        | Rejection::NotThisIssuer
        | Rejection::UnknownRefund
        | Rejection::NothingToGiveBack
        | Rejection::NothingToAsk
        | Rejection::NothingToDealWith => "refused",
    }
}

/// What is agreed for the payment of an attempt.
fn terms(wanted: &ToStart, now: Timestamp) -> Terms {
    let ToStart { invoice, reference, attempt, .. } = wanted;
    let choose_by = now.plus_millis(CHOOSE_MS);
    let timeout_ms = wanted.issuer.as_ref().map_or(0, |(_, timeout_ms)| *timeout_ms);
    Terms {
        id: invoice_payment_id(*invoice, *attempt),
        origin: Origin::Invoice(InvoiceAttempt { invoice: *invoice, reference: reference.clone(), attempt: *attempt }),
        amount: wanted.amount,
        description: reference.to_string(),
        created_at: now,
        choose_by,
        link_expires: choose_by.plus_millis(timeout_ms).plus_millis(LINK_MS),
    }
}
