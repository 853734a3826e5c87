//! Probes, metrics, and the admin API's view of payments (contract sections 3 and 6).

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::alarms;
use super::respond::problem;
use super::surface::Surface;
use crate::crypto::content_hash;
use crate::domain::TransactionId;
use crate::domain::redirect_payment::RedirectPayment;
use crate::storage::{Codec as _, JournalRow, Overview, StorageError};

pub(super) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// 200 when the database answers.
pub(super) async fn readyz(surface: web::Data<Surface>) -> HttpResponse {
    let asked = surface.readiness.look(&surface.store).await;
    match asked {
        Ok(()) => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"),
        Err(error) => {
            tracing::warn!(error = %error, "the database does not answer");
            HttpResponse::ServiceUnavailable()
                .content_type("text/plain; charset=utf-8")
                .body("the database does not answer\n")
        }
    }
}

pub(super) async fn metrics(surface: web::Data<Surface>) -> HttpResponse {
    metrics::gauge!("payment_actors_resident").set(surface.payments.residents().await as f64);
    if let Ok(figures) = surface.store.outbox_figures().await {
        metrics::gauge!("outbox_waiting").set(figures.waiting as f64);
        metrics::gauge!("outbox_dead_letters").set(figures.parked as f64);
        let age_ms = figures.oldest_created.map_or(0, |oldest| surface.clock.now().millis_since(oldest).max(0));
        metrics::gauge!("outbox_oldest_seconds").set(age_ms as f64 / 1000.0);
    }
    alarms::count(&surface.store).await;
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body((surface.metrics)())
}

pub(super) async fn not_allowed() -> HttpResponse {
    problem(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method")
}

pub(super) async fn not_found() -> HttpResponse {
    problem(StatusCode::NOT_FOUND, "there is nothing at this path")
}

/// A bearer token with `scope`, or the problem to answer: 401 without a valid token, 403 outside its scopes.
pub(super) async fn allowed(surface: &Surface, request: &HttpRequest, scope: &str) -> Result<(), HttpResponse> {
    let unauthorised = || {
        let mut response =
            problem(StatusCode::UNAUTHORIZED, "a bearer token is required: see `roundtrip token create`");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        response
    };
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = given.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim).ok_or_else(unauthorised)?;
    // Found by its digest: the comparison tells nothing about the token.
    let found = surface.store.find_token(&content_hash(token.as_bytes())).await.map_err(|error| unavailable(&error))?;
    let token = found.filter(|token| token.revoked_at.is_none()).ok_or_else(unauthorised)?;
    if token.scopes.split([' ', ',']).any(|held| held == scope) {
        Ok(())
    } else {
        Err(problem(StatusCode::FORBIDDEN, &format!("this token lacks the scope {scope}")))
    }
}

pub(super) fn unavailable(error: &StorageError) -> HttpResponse {
    tracing::error!(error = %error, "storage failed");
    problem(StatusCode::SERVICE_UNAVAILABLE, "temporarily unavailable")
}

/// `GET /api/v1/payments?requestId=…`: the payment that Google started under this id. 404 if there is none; with several
/// accounts that used the same id, a list.
pub(super) async fn find_payments(surface: web::Data<Surface>, request: HttpRequest) -> HttpResponse {
    if let Err(response) = allowed(&surface, &request, "payments:read").await {
        return response;
    }
    let query = url::form_urlencoded::parse(request.query_string().as_bytes());
    let given: Vec<_> = query.filter(|(name, _)| name == "requestId").map(|(_, value)| value.into_owned()).collect();
    let [request_id] = given.as_slice() else {
        return problem(StatusCode::BAD_REQUEST, "requestId: expected the id of the start request, once");
    };
    match surface.store.find_payment(None, request_id).await {
        Ok(found) => match found.as_slice() {
            [] => problem(StatusCode::NOT_FOUND, "no payment was started under this requestId"),
            [one] => whole(&surface, one).await,
            several => HttpResponse::Ok().json(json!({"payments": several.iter().map(brief).collect::<Vec<_>>()})),
        },
        Err(error) => unavailable(&error),
    }
}

/// `GET /api/v1/payments/{transactionId}`
pub(super) async fn payment(surface: web::Data<Surface>, id: web::Path<String>, request: HttpRequest) -> HttpResponse {
    if let Err(response) = allowed(&surface, &request, "payments:read").await {
        return response;
    }
    let Ok(id) = TransactionId::parse(&id) else { return problem(StatusCode::NOT_FOUND, "no such payment") };
    match surface.store.overview(id).await {
        Ok(Some(found)) if found.kind == RedirectPayment::KIND => whole(&surface, &found).await,
        Ok(Some(_) | None) => problem(StatusCode::NOT_FOUND, "no such payment"),
        Err(error) => unavailable(&error),
    }
}

async fn whole(surface: &Surface, found: &Overview) -> HttpResponse {
    match surface.store.journal(found.id).await {
        Ok(journal) => {
            let mut body = brief(found);
            if let Some(members) = body.as_object_mut() {
                members.insert("timeline".into(), journal.iter().map(moment).collect());
            }
            HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body)
        }
        Err(error) => unavailable(&error),
    }
}

fn brief(found: &Overview) -> Value {
    json!({
        "transactionId": found.id.to_string(),
        "requestId": found.request_id,
        "paymentIntegratorAccountId": found.account,
        "state": found.state,
        "issuerId": found.issuer,
        "amount": {
            "amountMicros": found.amount.micros().to_string(),
            "currencyCode": found.amount.currency().code(),
        },
        "refunds": [],
        "attention": found.attention,
        "createdAtMs": found.created_at.as_millis(),
        "updatedAtMs": found.updated_at.as_millis(),
    })
}

fn moment(row: &JournalRow) -> Value {
    json!({"seq": row.seq, "event": row.event, "atMs": row.at.as_millis()})
}
