//! `POST /issuers/{issuerId}/events`: the issuer's signed webhook (contract section 5).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::respond::problem;
use super::surface::Surface;
use crate::actors::{Ask, AskError, RememberAs};
use crate::crypto::UnverifiedWebhook;
use crate::domain::IssuerId;
use crate::domain::redirect_payment::{Input, Rejection};
use crate::issuer::{EventError, EventMessage, InvalidMessage};
use crate::storage::RequestKey;

pub(super) async fn event(
    surface: web::Data<Surface>,
    unverified_issuer: web::Path<String>,
    request: HttpRequest,
    unverified_body: web::Bytes,
) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let message = UnverifiedWebhook {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: &unverified_body,
    };
    let issuer = IssuerId::parse(&unverified_issuer).ok().and_then(|id| surface.issuers.get(&id));
    let Some(issuer) = issuer else { return problem(StatusCode::UNAUTHORIZED, "the event is not signed by an issuer") };
    let now = surface.clock.now();
    if message.id.is_empty() || message.id.len() > 255 {
        return problem(StatusCode::UNAUTHORIZED, "the event is not signed by an issuer");
    }
    let (id, input) = match issuer.read_event(&message, now) {
        Ok(EventMessage::Payment(id, report)) => (id, Input::Report(report)),
        Ok(EventMessage::Refund(report)) => (report.id.payment, Input::RefundReport(report)),
        Err(EventError::Refused(reason)) => {
            tracing::info!(issuer.id = %issuer.id(), reason = %reason, "refused an event");
            return problem(StatusCode::UNAUTHORIZED, "the event is not signed by an issuer");
        }
        // An id that we never gave away names no refund, whatever it looks like.
        Err(EventError::Invalid(InvalidMessage { field: "refundId", .. })) => {
            return problem(StatusCode::NOT_FOUND, "refundId: no such refund");
        }
        Err(EventError::Invalid(reason)) => return problem(StatusCode::BAD_REQUEST, &reason.to_string()),
    };
    // A duplicate webhook-id is the same event, whatever else it says: stored once, answered alike.
    let remember = RememberAs {
        key: RequestKey { scope: format!("issuer:{}", issuer.id()), request_id: message.id.to_owned() },
        method: "event",
        content_hash: [0; 32],
    };
    let ask = Ask { id, input, remember: Some(remember), settles: None };
    match surface.payments.ask(ask).await {
        Ok(_) => HttpResponse::NoContent()
            .insert_header(("webhook-id", message.id))
            .insert_header(("webhook-timestamp", now.as_secs().to_string()))
            .insert_header(("webhook-signature", issuer.sign_answer(message.id, now, b"")))
            .finish(),
        Err(AskError::Rejected(Rejection::Unknown)) => problem(StatusCode::NOT_FOUND, "transactionId: no such payment"),
        Err(AskError::Rejected(Rejection::UnknownRefund)) => problem(StatusCode::NOT_FOUND, "refundId: no such refund"),
        Err(AskError::Rejected(_) | AskError::IdempotencyViolation | AskError::Refused(_)) => {
            problem(StatusCode::FORBIDDEN, "transactionId: the payment was not sent to this issuer")
        }
        Err(AskError::Overloaded | AskError::Unavailable) => {
            problem(StatusCode::SERVICE_UNAVAILABLE, "temporarily unavailable, send it again with the same webhook-id")
        }
    }
}
