//! Google's server-to-server methods (API section 5).

use std::time::{Duration, Instant};

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};

use super::begin::{new_start, not_offered};
use super::surface::{GoogleSurface, PayPath, Surface};
use crate::actors::{Ask, AskError, Asked, RememberAs, Told};
use crate::crypto::{statement_id, transaction_id};
use crate::domain::redirect_payment::{Flow, Input, RedirectPayment, RefundOrder, Rejection, Reply};
use crate::domain::remittance::{self, Notice, Remittance};
use crate::domain::{Money, Piaid, RequestId, TransactionId};
use crate::protocol::google_redirect::{
    Answer, Call, ErrorCode, ProtocolError, Refusal, Request, StartRequest, StatementSummary, Wanted,
};
use crate::storage::RequestKey;

/// What an unauthenticated caller reads, whatever was wrong (flows-security section 8.2).
pub(super) const GENERIC: &str = "There was an error. Please try again later.";

/// Answers to unauthenticated callers leave at a whole multiple of this after their arrival, so that time tells nothing.
const UNIFORM: Duration = Duration::from_millis(250);

/// The current paths and the older ones (API section 1.2).
pub(super) fn routes(app: &mut web::ServiceConfig, base_path: &str) {
    let methods = [
        ("v1/echo", Wanted::Echo),
        ("redirect-fop-v1/echo", Wanted::Echo),
        ("v1/payment-integrator-redirect/generateRedirectPaymentUrl", Wanted::GenerateUrl),
        ("redirect-fop-v1/generateRedirectPaymentUrl", Wanted::GenerateUrl),
        ("v1/payment-integrator-redirect/getRedirectPaymentStatus", Wanted::Status),
        ("redirect-fop-v1/getRedirectPaymentStatus", Wanted::Status),
        ("v1/payment-integrator-redirect/asynchronousRefund", Wanted::Refund),
        ("redirect-fop-v1/asynchronousRefund", Wanted::Refund),
        ("v1/remittanceStatementNotification", Wanted::Statement),
        ("redirect-fop-v1/remittanceStatementNotification", Wanted::Statement),
    ];
    for (path, wanted) in methods {
        let handler = move |surface: web::Data<Surface>, body: web::Bytes| call(surface, body, wanted);
        app.service(web::resource(format!("{base_path}/{path}")).route(web::post().to(handler)));
    }
}

/// The name of a method's figures.
const fn series(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Echo => "google:echo",
        Wanted::GenerateUrl => "google:generateRedirectPaymentUrl",
        Wanted::Status => "google:getRedirectPaymentStatus",
        Wanted::Refund => "google:asynchronousRefund",
        Wanted::Statement => "google:remittanceStatementNotification",
    }
}

/// Sleeps until the next multiple of [`UNIFORM`] since `arrived`.
pub(super) async fn wait_uniformly(arrived: Instant) {
    let spent = arrived.elapsed();
    let periods = spent.as_millis() / UNIFORM.as_millis() + 1;
    let until = UNIFORM * u32::try_from(periods).unwrap_or(u32::MAX);
    tokio::time::sleep(until.saturating_sub(spent)).await;
}

async fn call(surface: web::Data<Surface>, unverified: web::Bytes, wanted: Wanted) -> HttpResponse {
    let arrived = Instant::now();
    let Some(google) = &surface.google else { return HttpResponse::NotFound().finish() };
    let now = surface.clock.now();
    let (account, answer) = match google.accounts.unseal(&unverified, wanted, now) {
        Ok(call) => {
            let answer = answer(&surface, google, &call).await;
            (call.account, answer)
        }
        Err(ProtocolError::Refused { account, refusal }) => (account, Err(refusal)),
        Err(ProtocolError::Unauthenticated { code, .. }) => {
            tracing::info!(google.method = ?wanted, reason = ?code, "refused a call that nobody we know has signed");
            metrics::counter!("google_calls_unauthenticated_total", "reason" => if code.status() == 401 { "signature" } else { "encryption" }).increment(1);
            wait_uniformly(arrived).await;
            return HttpResponse::build(status(&code)).content_type("text/plain; charset=utf-8").body(GENERIC);
        }
    };
    let response = respond(&surface, google, account, answer);
    // Only Google's: what nobody signed says nothing of how Google is served.
    surface.figures.note(series(wanted), !response.status().is_server_error(), arrived.elapsed());
    response
}

fn status(code: &ErrorCode) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn respond(surface: &Surface, google: &GoogleSurface, account: usize, answer: Result<Answer, Refusal>) -> HttpResponse {
    let (mut response, answer) = match answer {
        Ok(answer) => (HttpResponse::Ok(), answer),
        Err(refusal) => {
            let id = format!("err-{:016x}", surface.entropy.next_u64());
            tracing::info!(error.id = id, reason = ?refusal.code, "answered a call of Google with an error");
            let mut response = HttpResponse::build(status(&refusal.code));
            if refusal.code == ErrorCode::Unavailable {
                response.insert_header((header::RETRY_AFTER, "1"));
            }
            (response, Answer::Error(refusal, id))
        }
    };
    let Some(scheme) = google.accounts.get(account).map(|account| account.keyring.scheme()) else {
        return HttpResponse::InternalServerError().body(GENERIC);
    };
    match google.accounts.seal(account, &answer, surface.clock.now()) {
        Ok(body) => response.insert_header((header::CONTENT_TYPE, scheme.content_type())).body(body),
        Err(error) => {
            tracing::error!(error = %error, "an answer to Google could not be sealed: check this account's keys");
            HttpResponse::InternalServerError().content_type("text/plain; charset=utf-8").body(GENERIC)
        }
    }
}

async fn answer(surface: &Surface, google: &GoogleSurface, call: &Call) -> Result<Answer, Refusal> {
    match &call.request {
        Request::Echo { client_message } => {
            if let Some(stale) = &call.stale {
                return Err(stale.clone());
            }
            let id = payment_id(&call.piaid, &call.request_id);
            let ask = Ask { id, input: Input::Echo, remember: Some(remember(call, "echo")), settles: None };
            told(call, surface.payments.ask(ask).await, "requestHeader.requestId")?;
            Ok(Answer::Echo { client_message: client_message.clone() })
        }
        Request::GenerateUrl(start) => generate(surface, google, call, start).await,
        Request::Status { redirect_request_id } => status_of(surface, call, redirect_request_id).await,
        Request::Refund { capture_request_id, amount } => {
            refund(surface, google, call, (capture_request_id, *amount)).await
        }
        Request::Statement(summary) => announced(surface, call, summary).await,
    }
}

async fn generate(
    surface: &Surface,
    google: &GoogleSurface,
    call: &Call,
    start: &StartRequest,
) -> Result<Answer, Refusal> {
    let callback = google
        .callback_hosts
        .check(&start.callback_url)
        .map_err(|reason| Refusal::new(ErrorCode::InvalidFieldValue("callbackUrl".into()), reason.to_string()))?;
    if callback.query_pairs().any(|(name, value)| name == "redirectRequestId" && value != call.request_id.as_str()) {
        return Err(Refusal::new(
            ErrorCode::InvalidFieldValue("callbackUrl".into()),
            "redirectRequestId in callbackUrl is not requestHeader.requestId",
        ));
    }
    let who = (&call.piaid, &call.request_id, call.account);
    let mut started = new_start(surface, google, who, start, Flow::Generate);
    started.stale = call.stale.is_some();
    started.link =
        surface.pay_link(started.terms.id, PayPath::Page, started.terms.link_expires).map(|url| url.to_string());
    let remember = remember(call, "generateRedirectPaymentUrl");
    let id = started.terms.id;
    let ask = Ask { id, input: Input::Start(Box::new(started)), remember: Some(remember), settles: None };
    match told(call, surface.payments.ask(ask).await, "redirectRequestId")? {
        Reply::Link(url) => Ok(Answer::Link(url)),
        Reply::Refused(negative) => Ok(Answer::Declined(negative)),
        _ => Err(Refusal::idempotency_violation()),
    }
}

async fn status_of(surface: &Surface, call: &Call, redirect_request_id: &RequestId) -> Result<Answer, Refusal> {
    let remember = remember(call, "getRedirectPaymentStatus");
    if let Some(stale) = &call.stale {
        // Only a replay may be this old.
        let replay = surface.payments.recall(&remember).await;
        let replay = replay.unwrap_or(Err(AskError::Rejected(Rejection::Stale)));
        return status_answer(told(call, replay, "redirectRequestId"), stale);
    }
    let id = payment_id(&call.piaid, redirect_request_id);
    let ask = Ask { id, input: Input::AskStatus, remember: Some(remember), settles: None };
    let asked = surface.payments.ask(ask).await;
    status_answer(told(call, asked, "redirectRequestId"), &Refusal::identifier("redirectRequestId"))
}

fn status_answer(reply: Result<Reply, Refusal>, otherwise: &Refusal) -> Result<Answer, Refusal> {
    match reply? {
        Reply::Status(verdict, issuer) => Ok(Answer::Status(verdict, issuer)),
        _ => Err(otherwise.clone()),
    }
}

/// Acknowledged once it is committed; the outcome comes as refundResultNotification (API section 5.4).
async fn refund(
    surface: &Surface,
    google: &GoogleSurface,
    call: &Call,
    (capture_request_id, amount): (&RequestId, Money),
) -> Result<Answer, Refusal> {
    const FIELD: &str = "captureRequestId";
    let remember = remember(call, "asynchronousRefund");
    let asked = if call.stale.is_some() {
        // Only a replay may be this old.
        surface.payments.recall(&remember).await.unwrap_or(Err(AskError::Rejected(Rejection::Stale)))
    } else {
        let window_ms = google.refund_windows_ms.get(call.account).copied().unwrap_or(0);
        let order = RefundOrder { request_id: call.request_id.clone(), amount, window_ms };
        let id = payment_id(&call.piaid, capture_request_id);
        let ask = Ask { id, input: Input::Refund(order), remember: Some(remember), settles: None };
        surface.payments.ask(ask).await
    };
    match told(call, asked, FIELD)? {
        Reply::RefundAcknowledged => Ok(Answer::Acknowledged),
        _ => Err(Refusal::idempotency_violation()),
    }
}

/// A statement exists: stored, then acknowledged; everything else follows from the stored row (API section 5.5).
async fn announced(surface: &Surface, call: &Call, summary: &StatementSummary) -> Result<Answer, Refusal> {
    let remember = remember(call, "remittanceStatementNotification");
    // A replay, or a request id that was used for something else: known before anything is decided.
    if let Some(asked) = surface.statements.recall(&remember).await {
        return noted(asked);
    }
    if let Some(stale) = &call.stale {
        return Err(stale.clone());
    }
    let notice = Notice {
        id: statement_id(&call.piaid, &call.request_id),
        piaid: call.piaid.clone(),
        statement_id: call.request_id.clone(),
        statement_date: summary.statement_date,
        period_start: summary.period.0,
        period_end: summary.period.1,
        due: summary.due,
        total: summary.total,
        total_fees: summary.total_fees,
        total_events: summary.total_events,
        memo_line: summary.memo_line.clone(),
        received_at: surface.clock.now(),
    };
    let input = remittance::Input::Notify(Box::new(notice.clone()));
    noted(surface.statements.ask(Ask { id: notice.id, input, remember: Some(remember), settles: None }).await)
}

fn noted(asked: Asked<Remittance>) -> Result<Answer, Refusal> {
    match asked {
        Ok(_) => Ok(Answer::Accepted),
        Err(AskError::Rejected(_) | AskError::IdempotencyViolation | AskError::Refused(_)) => {
            Err(Refusal::idempotency_violation())
        }
        Err(AskError::Overloaded | AskError::Unavailable) => {
            Err(Refusal::new(ErrorCode::Unavailable, "temporarily unavailable, retry with the same requestId"))
        }
    }
}

/// The payment that a start request of this account is.
pub(super) fn payment_id(piaid: &Piaid, request_id: &RequestId) -> TransactionId {
    transaction_id(piaid, request_id)
}

fn remember(call: &Call, method: &'static str) -> RememberAs {
    RememberAs { key: request_key(&call.piaid, &call.request_id), method, content_hash: call.content_hash }
}

/// The idempotency key: account and request id together satisfy both readings (API section 1.5).
pub(super) fn request_key(piaid: &Piaid, request_id: &RequestId) -> RequestKey {
    RequestKey { scope: format!("google:{piaid}"), request_id: request_id.as_str().to_owned() }
}

/// A committed answer, or the refusal in Google's words. `field` names the payment in this method's request.
fn told(call: &Call, asked: Asked<RedirectPayment>, field: &str) -> Result<Reply, Refusal> {
    let precondition = |text: String| Err(Refusal::new(ErrorCode::PreconditionViolation, text));
    match asked {
        Ok(told @ (Told::Fresh(_) | Told::Replayed(_))) => Ok(told.into_reply()),
        Err(AskError::Rejected(rejection)) => match rejection {
            Rejection::Unknown | Rejection::UnknownRefund => Err(Refusal::identifier(field)),
            Rejection::NotOffered => Err(not_offered()),
            Rejection::Stale => Err(call.stale.clone().unwrap_or_else(Refusal::idempotency_violation)),
            Rejection::AlreadyStarted | Rejection::NotThisIssuer => Err(Refusal::idempotency_violation()),
            Rejection::NotPaid
            | Rejection::NothingToGiveBack
            | Rejection::NothingToAsk
            | Rejection::NothingToDealWith => precondition(format!("{field}: {rejection}")),
            Rejection::RefundExceeds(_) => precondition(format!("refundAmount.amountMicros: {rejection}")),
            Rejection::RefundCurrency(_) => {
                let field = "refundAmount.currencyCode";
                Err(Refusal::new(ErrorCode::InvalidFieldValue(field.into()), format!("{field}: {rejection}")))
            }
        },
        Err(AskError::IdempotencyViolation | AskError::Refused(_)) => Err(Refusal::idempotency_violation()),
        Err(AskError::Overloaded | AskError::Unavailable) => {
            Err(Refusal::new(ErrorCode::Unavailable, "temporarily unavailable, retry with the same requestId"))
        }
    }
}
