//! Server to server: status and refund, signed both ways (contract section 5).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::Value;

use super::book::{Key, Record, Refund, RefundOutcome};
use super::{Desk, SandboxIssuer, courier};
use crate::crypto::{UnverifiedWebhook, random_token};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusRequest {
    transaction_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RefundRequest {
    refund_id: String,
    transaction_id: String,
    issuer_reference: String,
    /// A string of digits, or a number (contract section 5).
    amount_micros: Value,
    currency: String,
}

/// `POST /{issuerId}/status`: 404 for a payment that never came here.
pub(super) async fn status(
    desk: web::Data<Desk>,
    path: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let desk = desk.into_inner();
    let issuer = match verified(&desk, &path, &request, &body) {
        Ok(issuer) => issuer,
        Err(status) => return plain(status),
    };
    let Ok(asked) = serde_json::from_slice::<StatusRequest>(&body) else { return plain(StatusCode::BAD_REQUEST) };
    if let Err(error) = courier::settle_due(&desk) {
        return out_of_order(&error.to_string());
    }
    let key = Key { issuer: issuer.id.clone(), transaction_id: asked.transaction_id };
    match desk.journal.read(|book| book.payments.get(&key).map(super::book::Payment::answer)) {
        Some(answer) => signed(&desk, issuer, &answer),
        None => plain(StatusCode::NOT_FOUND),
    }
}

/// `POST /{issuerId}/refund`: idempotent on `refundId`; the same id with other content is a conflict.
pub(super) async fn refund(
    desk: web::Data<Desk>,
    path: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let desk = desk.into_inner();
    let issuer = match verified(&desk, &path, &request, &body) {
        Ok(issuer) => issuer,
        Err(status) => return plain(status),
    };
    let asked = serde_json::from_slice::<RefundRequest>(&body).ok();
    let Some((asked, amount_micros)) =
        asked.and_then(|asked| amount(&asked.amount_micros).map(|micros| (asked, micros)))
    else {
        return plain(StatusCode::BAD_REQUEST);
    };
    let now = desk.clock.now();
    let key = Key { issuer: issuer.id.clone(), transaction_id: asked.transaction_id };
    let decided = desk.journal.decide(|book| {
        if let Some(known) = book.refunds.get(&(issuer.id.clone(), asked.refund_id.clone())) {
            let same = known.key == key
                && known.amount_micros == amount_micros
                && known.currency == asked.currency
                && known.issuer_reference == asked.issuer_reference;
            return (vec![], same.then(|| known.answer()));
        }
        let fits = book
            .payments
            .get(&key)
            .is_some_and(|paid| paid.reference == asked.issuer_reference && paid.currency == asked.currency)
            && amount_micros <= book.refundable_micros(&key);
        let (outcome, later) = if fits {
            book.policy.judge(amount_micros, now)
        } else {
            (RefundOutcome::Refused("other".to_owned()), None)
        };
        let refund = Refund {
            key: key.clone(),
            id: asked.refund_id.clone(),
            issuer_reference: asked.issuer_reference.clone(),
            amount_micros,
            currency: asked.currency.clone(),
            reference: format!("RF-{}", random_token().chars().take(12).collect::<String>()),
            at_ms: now.as_millis(),
            outcome,
            later,
        };
        let answer = refund.answer();
        (vec![Record::RefundAsked(refund)], Some(answer))
    });
    match decided {
        Ok(Some(answer)) => signed(&desk, issuer, &answer),
        Ok(None) => plain(StatusCode::CONFLICT),
        Err(error) => out_of_order(&error.to_string()),
    }
}

/// A positive amount, as digits in a string or as a number.
fn amount(value: &Value) -> Option<i64> {
    let micros = match value {
        Value::String(digits) => digits.parse::<i64>().ok(),
        Value::Number(number) => number.as_i64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    micros.filter(|micros| *micros > 0)
}

fn verified<'a>(
    desk: &'a Desk,
    issuer: &str,
    request: &HttpRequest,
    body: &[u8],
) -> Result<&'a SandboxIssuer, StatusCode> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let unverified = UnverifiedWebhook {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body,
    };
    let issuer = desk.issuers.get(issuer).ok_or(StatusCode::NOT_FOUND)?;
    issuer.keys.verify_webhook(&unverified, desk.clock.now()).map_err(|error| {
        tracing::warn!(issuer = issuer.id, %error, "a request to the issuer stand-in is not signed by the integrator");
        StatusCode::UNAUTHORIZED
    })?;
    Ok(issuer)
}

fn signed(desk: &Desk, issuer: &SandboxIssuer, answer: &Value) -> HttpResponse {
    let (now, body) = (desk.clock.now(), answer.to_string());
    let id = format!("msg_{}", random_token());
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header(("webhook-timestamp", now.as_secs().to_string()))
        .insert_header(("webhook-signature", issuer.keys.sign_webhook(&id, now, body.as_bytes())))
        .insert_header(("webhook-id", id))
        .body(body)
}

fn plain(status: StatusCode) -> HttpResponse {
    HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(status.to_string())
}

fn out_of_order(error: &str) -> HttpResponse {
    tracing::error!(error, "the issuer stand-in cannot write");
    plain(StatusCode::SERVICE_UNAVAILABLE)
}
