//! Begin Redirect: the payer arrives from Google (flows-security sections 4.1 and 5.1).

use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, web};

use super::google::{payment_id, request_key, wait_uniformly};
use super::pages::Neutral;
use super::pay::{Entry, follow};
use super::respond::{self, Visitor};
use super::surface::{GoogleSurface, Surface};
use crate::actors::{Ask, AskError, RememberAs, Told};
use crate::domain::redirect_payment::{Flow, GoogleStart, Input, Opening, Origin, Rejection, Reply, Start, Terms};
use crate::domain::{Piaid, RequestId};
use crate::protocol::google_redirect::{
    BeginCall, BeginError, BeginQuery, ErrorCode, ProtocolError, Refusal, StartRequest, complete_url,
};

pub(super) async fn begin(surface: web::Data<Surface>, request: HttpRequest) -> HttpResponse {
    let arrived = Instant::now();
    let visitor = Visitor::of(&surface, &request);
    let Some(google) = &surface.google else { return visitor.neutral(Neutral::NotFound) };
    let Some(query) = BeginQuery::parse(request.query_string()) else {
        wait_uniformly(arrived).await;
        return visitor.neutral(Neutral::BadRequest);
    };
    let now = surface.clock.now();
    match google.accounts.begin(&query, &google.callback_hosts, now) {
        Ok(call) => {
            let response = begun(&surface, google, &visitor, call).await;
            surface.figures.note("google:begin", !response.status().is_server_error(), arrived.elapsed());
            response
        }
        Err(refused) => {
            let BeginError { error, way_back } = *refused;
            let (account, refusal, authenticated) = match error {
                ProtocolError::Refused { account, refusal } => (account, refusal, true),
                // Without a verified account the way back speaks for the one the bytes were addressed to, else the first.
                ProtocolError::Unauthenticated { code, recipient } => {
                    (recipient.unwrap_or(0), Refusal::new(code, "the request could not be verified"), false)
                }
            };
            tracing::info!(reason = ?refusal.code, "refused a Begin Redirect request");
            let response = match way_back {
                Some((callback, id)) => {
                    match complete_url(&google.accounts, account, &callback, (&id, Err(&refusal)), now) {
                        Ok(url) => respond::found(&url),
                        Err(_) => visitor.neutral(Neutral::BadRequest),
                    }
                }
                None => visitor.neutral(Neutral::BadRequest),
            };
            if !authenticated {
                wait_uniformly(arrived).await;
            }
            response
        }
    }
}

async fn begun(surface: &Surface, google: &GoogleSurface, visitor: &Visitor<'_>, call: BeginCall) -> HttpResponse {
    let who = (&call.piaid, &call.request_id, call.account);
    let mut start = new_start(surface, google, who, &call.start, Flow::Begin);
    start.stale = call.stale.is_some();
    let id = start.terms.id;
    let key = request_key(&call.piaid, &call.request_id);
    let remember = RememberAs { key, method: "begin", content_hash: call.content_hash };
    let ask = Ask { id, input: Input::Start(Box::new(start)), remember: Some(remember), settles: None };
    let asked = match surface.payments.ask(ask).await {
        // A reload, a bookmark, a second tab: the same session goes on, at any age (contract section 7).
        Ok(Told::Replayed(_)) => surface.payments.ask(Ask::plain(id, Input::Visit)).await,
        fresh => fresh,
    };
    match asked.map(Told::into_reply) {
        Ok(Reply::Standing(standing)) => follow(surface, visitor, (&standing, Entry::Begin)),
        Err(AskError::Rejected(Rejection::Stale)) => {
            let refusal = call.stale.clone().unwrap_or_else(Refusal::idempotency_violation);
            send_back(surface, google, visitor, (&call, refusal))
        }
        Err(AskError::Rejected(Rejection::NotOffered)) => send_back(surface, google, visitor, (&call, not_offered())),
        // Nothing else answers a start: the id belongs to something else.
        Ok(_) | Err(AskError::IdempotencyViolation | AskError::Refused(_) | AskError::Rejected(_)) => {
            send_back(surface, google, visitor, (&call, Refusal::idempotency_violation()))
        }
        Err(AskError::Overloaded | AskError::Unavailable) => visitor.neutral(Neutral::Unavailable),
    }
}

/// Back to Google with an `errorResponse`: the payment stays as it was (API section 4.2).
fn send_back(
    surface: &Surface,
    google: &GoogleSurface,
    visitor: &Visitor<'_>,
    (call, refusal): (&BeginCall, Refusal),
) -> HttpResponse {
    let Ok(callback) = google.callback_hosts.check(&call.start.callback_url) else {
        return visitor.neutral(Neutral::BadRequest);
    };
    let response = (&call.request_id, Err(&refusal));
    match complete_url(&google.accounts, call.account, &callback, response, surface.clock.now()) {
        Ok(url) => respond::found(&url),
        Err(_) => visitor.neutral(Neutral::Unavailable),
    }
}

/// The issuer that came with the request is not one of the account's.
pub(super) fn not_offered() -> Refusal {
    let field = "formOfPayment.issuerId.value";
    Refusal::new(ErrorCode::InvalidIdentifier(field.into()), format!("{field} is not an issuer of this account"))
}

/// What is agreed at the start, in either flow.
pub(super) fn new_start(
    surface: &Surface,
    google: &GoogleSurface,
    (piaid, request_id, account): (&Piaid, &RequestId, usize),
    start: &StartRequest,
    flow: Flow,
) -> Start {
    let now = surface.clock.now();
    let offered = google.offers.get(account).map(Vec::as_slice).unwrap_or_default();
    let asked_for = start.issuer.as_ref().map_or(offered, std::slice::from_ref);
    let fitting = surface.issuers.fitting(asked_for, start.amount);
    let longest = fitting.iter().map(|issuer| issuer.payment_timeout_ms).max().unwrap_or(0);
    let opening = match (fitting.first(), &start.issuer) {
        (_, Some(issuer)) if !offered.contains(issuer) => Opening::NotOffered,
        (None, _) => Opening::NobodyCan(surface.issuers.why_none(asked_for, start.amount)),
        (Some(issuer), Some(_)) => {
            Opening::Chosen { issuer: issuer.id().clone(), timeout_ms: issuer.payment_timeout_ms }
        }
        (Some(_), None) => Opening::PayerChooses,
    };
    let choose_by = now.plus_millis(google.choice_timeout_ms);
    let terms = Terms {
        id: payment_id(piaid, request_id),
        origin: Origin::Google(GoogleStart {
            piaid: piaid.clone(),
            request_id: request_id.clone(),
            callback_url: start.callback_url.clone(),
            flow,
        }),
        amount: start.amount,
        description: start.description.clone(),
        created_at: now,
        choose_by,
        link_expires: choose_by.plus_millis(longest),
    };
    Start { terms, opening, stale: false, link: None }
}
