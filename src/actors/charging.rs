//! What charges of bookings and of invoices have in common: how long an attempt is tried, refunds, and what a failed call means
//! to the outbox.

use super::registry::Registry;
use super::route::Failure as Undone;
use super::unexplained::unexplained;
use crate::domain::Money;
use crate::domain::alarm::Alarm;
use crate::domain::booking::RefundStanding;
use crate::processor::{CallFailed, Refund, RefundOutcome, Stripe};
use crate::storage::OutboxRow;

/// So long an attempt is sent to the processor.
pub(super) const SENT_FOR_MS: i64 = 90_000;
/// An attempt that the processor has not seen after so long was never made: what was sent last had 90 seconds.
pub(super) const NEVER_SEEN_MS: i64 = 180_000;
/// How soon a refund that the processor has pending is looked at again.
const PENDING_MS: i64 = 60_000;

/// Gives a charge, or a part of it, back. One whose outcome is not known is asked for before it is made again.
pub(super) async fn refund(
    stripe: &Stripe,
    (intent, amount): (&str, Money),
    row: &OutboxRow,
) -> Result<RefundStanding, Undone> {
    let known = if row.fresh {
        None
    } else {
        stripe.find_refund(intent, &row.idempotency_key).await.map_err(|failed| undone(&failed))?
    };
    let outcome = if let Some(known) = known {
        known
    } else {
        let wanted = Refund { intent, amount, attempt: &row.idempotency_key };
        stripe.refund(&wanted).await.map_err(|failed| undone(&failed))?
    };
    match outcome {
        RefundOutcome::Refunded { id } => Ok(RefundStanding::Done { id: id.into() }),
        RefundOutcome::Failed { code, .. } => Ok(RefundStanding::Failed { code: code.into() }),
        RefundOutcome::Pending { .. } => Err(Undone {
            description: "the processor has the refund pending".to_owned(),
            retry_after_ms: Some(PENDING_MS),
            refused: false,
        }),
    }
}

/// An answer about another payment is an alarm, too: somebody is mistaken about whose money it is.
pub(super) async fn undone_aloud(alarms: &Registry<Alarm>, failed: &CallFailed) -> Undone {
    if let CallFailed::Another { intent } = failed {
        let said = format!("The processor answered about the payment {intent} when it was asked about another one.");
        if let Err(untold) = unexplained(alarms, intent, &said).await {
            return Undone::failed(untold.to_string());
        }
    }
    undone(failed)
}

/// When the outbox tries again.
pub(super) fn undone(failed: &CallFailed) -> Undone {
    let retry_after_ms = match failed {
        CallFailed::Busy { retry_after_ms } => *retry_after_ms,
        CallFailed::NotSent
        | CallFailed::Unknown { .. }
        | CallFailed::Another { .. }
        | CallFailed::InUse
        | CallFailed::Refused { .. }
        | CallFailed::Amount(_) => None,
    };
    let refused = matches!(failed, CallFailed::Refused { .. } | CallFailed::Amount(_));
    Undone { description: failed.to_string(), retry_after_ms, refused }
}
