//! `POST /processor/stripe/events`: what the card processor tells us by itself (contract section 3).
//!
//! An event is answered with 204 once everything that follows from it is stored, and 503 until then: the processor sends it
//! again.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::respond::problem;
use super::surface::Surface;
use crate::actors::{Ask, AskError, ChargeEvents, NotHeard, Registry};
use crate::crypto::{StripeEventKey, processor_payout_id};
use crate::domain::payout::{Input, Payout, PayoutReference, ProcessorPayout, Rejection};
use crate::domain::{Money, Timestamp};
use crate::processor::{EventError, Happened, ProcessorEvent, UnverifiedEvent, open_event};

/// The processor's way in, and the bookings behind it.
pub struct ProcessorEvents {
    /// Who is let in, and where payouts are booked.
    pub desk: ProcessorSurface,
    /// Where disputes and refunds are heard.
    pub charges: ChargeEvents,
}

pub(super) async fn event(
    surface: web::Data<Surface>,
    request: HttpRequest,
    unverified_body: web::Bytes,
) -> HttpResponse {
    let Some(processor) = &surface.processor else {
        return problem(StatusCode::NOT_FOUND, "there is nothing at this path");
    };
    let signature = request.headers().get("stripe-signature").and_then(|value| value.to_str().ok());
    let unverified = UnverifiedEvent { signature: signature.unwrap_or_default(), body: &unverified_body };
    match processor.desk.hear(&unverified, surface.clock.now()).await {
        Heard::Answered(response) => response,
        Heard::OfBooking(event) => match processor.charges.hear(&event).await {
            Ok(()) => acknowledged(),
            Err(NotHeard::Unavailable | NotHeard::NotYet) => unavailable(),
        },
    }
}

/// The processor's way in; absent without `processor.stripe.webhook_secret_file`: its path answers 404.
pub struct ProcessorSurface {
    /// `processor.stripe.webhook_secret_file`
    pub key: StripeEventKey,
    /// What the processor pays out.
    pub payouts: Registry<Payout>,
}

/// What is left to do with an event.
#[derive(Debug)]
pub enum Heard {
    /// Nothing: this is the answer.
    Answered(HttpResponse),
    /// A booking has to hear of it: [`acknowledged`] once it has. A dispute or a refund, verified.
    OfBooking(ProcessorEvent),
}

impl ProcessorSurface {
    /// Verifies an event and books payouts. The processor sends an event again until it is answered with 2xx; what could
    /// not be stored is answered with 503.
    pub async fn hear(&self, unverified: &UnverifiedEvent<'_>, now: Timestamp) -> Heard {
        let event = match open_event(&self.key, unverified, now) {
            Ok(event) => event,
            Err(EventError::Refused(reason)) => {
                tracing::info!(reason = %reason, "refused an event of the processor");
                return Heard::Answered(problem(StatusCode::UNAUTHORIZED, "the event is not signed by the processor"));
            }
            Err(error @ EventError::Invalid(_)) => {
                return Heard::Answered(problem(StatusCode::BAD_REQUEST, &error.to_string()));
            }
        };
        match &event.what {
            Happened::PayoutPaid { payout, amount, arrival } => {
                self.book(Input::ProcessorPaid, (payout, *amount, *arrival)).await
            }
            Happened::PayoutFailed { payout, amount, arrival } => {
                self.book(Input::ProcessorFailed, (payout, *amount, *arrival)).await
            }
            Happened::DisputeOpened { .. }
            | Happened::DisputeClosed { .. }
            | Happened::DisputeFundsWithdrawn { .. }
            | Happened::DisputeFundsReinstated { .. }
            | Happened::RefundFailed { .. }
            | Happened::RefundUpdated { .. } => Heard::OfBooking(event),
            Happened::Other(kind) => {
                tracing::debug!(event.kind = kind, "the processor tells what nothing follows from");
                Heard::Answered(acknowledged())
            }
        }
    }

    async fn book(
        &self,
        input: fn(Arc<ProcessorPayout>) -> Input,
        (payout, amount, arrives_at): (&str, Money, Timestamp),
    ) -> Heard {
        let Ok(reference) = PayoutReference::parse(payout) else {
            return Heard::Answered(problem(StatusCode::BAD_REQUEST, "the payout has no id"));
        };
        let id = processor_payout_id(&reference);
        let payout = Arc::new(ProcessorPayout { reference, amount, arrives_at });
        Heard::Answered(match self.payouts.ask(Ask::plain(id, input(payout))).await {
            Ok(_) => acknowledged(),
            // Nothing moved.
            Err(AskError::Rejected(Rejection::Amount)) => acknowledged(),
            Err(AskError::Rejected(rejection)) => {
                // Sent again it would be refused again; the processor need not try for days.
                tracing::error!(payout.id = %id, reason = %rejection, "a payout of the processor contradicts what it said before");
                acknowledged()
            }
            Err(
                AskError::IdempotencyViolation | AskError::Refused(_) | AskError::Overloaded | AskError::Unavailable,
            ) => unavailable(),
        })
    }
}

/// The event is stored, or nothing follows from it.
pub fn acknowledged() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// The event is not stored; the processor sends it again.
pub fn unavailable() -> HttpResponse {
    problem(StatusCode::SERVICE_UNAVAILABLE, "temporarily unavailable, send it again")
}
