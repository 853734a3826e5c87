//! The Maps Booking API and its token address, as the booking server calls them.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Center;
use super::book::{Record, Update};
use super::updates::{self, Judged};
use crate::crypto::random_token;
use crate::sandbox::google::strict;

/// What tokens are for.
const SCOPE: &str = "https://www.googleapis.com/auth/mapsbooking";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// How long a token is good.
const LIFE_S: i64 = 3_599;

#[derive(Deserialize)]
pub(super) struct TokenForm {
    grant_type: String,
    assertion: String,
}

/// `POST /token` (RFC 7523 section 2.1).
pub(super) async fn token(center: web::Data<Center>, form: web::Form<TokenForm>) -> HttpResponse {
    let now = center.clock.now();
    let refused =
        |error: &str, why: &str| HttpResponse::BadRequest().json(json!({"error": error, "error_description": why}));
    if form.grant_type != GRANT {
        return refused("unsupported_grant_type", "only the grant of RFC 7523");
    }
    let Some(verifier) = &center.verifier else { return refused("invalid_client", "there is no service account") };
    if let Err(why) = verifier.verify(&form.assertion, SCOPE, now) {
        return refused("invalid_grant", why);
    }
    let token = random_token();
    let mut tokens = center.tokens.lock().unwrap_or_else(PoisonError::into_inner);
    tokens.retain(|_, until| *until > now);
    tokens.insert(token.clone(), now.plus_millis(LIFE_S * 1000));
    HttpResponse::Ok().json(json!({"access_token": token, "expires_in": LIFE_S, "token_type": "Bearer"}))
}

impl Center {
    /// Whether the caller has a token of ours, or needs none.
    fn authorized(&self, request: &HttpRequest) -> Judged<()> {
        if self.verifier.is_none() {
            return Ok(());
        }
        let given = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        let token = given.and_then(|given| given.strip_prefix("Bearer ")).unwrap_or_default();
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        match tokens.get(token) {
            Some(until) if self.clock.now() < *until => Ok(()),
            Some(_) | None => Err((401, "UNAUTHENTICATED: no good access token".to_owned())),
        }
    }

    /// Who may not, and the tester's wish to refuse.
    fn admit(&self, request: &HttpRequest) -> Judged<()> {
        self.authorized(request)?;
        let times = &self.misbehaving.times;
        let taken = times.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match taken {
            Ok(_) => Err((self.misbehaving.status.load(Ordering::SeqCst), "the tester wants it so".to_owned())),
            Err(_) => Ok(()),
        }
    }

    fn update(&self, request: &HttpRequest, body: &[u8], judged: &Judged<()>) -> Update {
        Update {
            at_ms: self.clock.now().as_millis(),
            call: format!("{} {}", request.method(), request.uri()),
            sent: String::from_utf8_lossy(body).into_owned(),
            problem: judged.as_ref().err().map(|(_, why)| why.clone()),
            status: judged.as_ref().err().map_or(200, |(status, _)| *status),
        }
    }
}

fn parsed(body: &[u8]) -> Judged<Value> {
    strict::parse(body).map_err(|why| (400, format!("not strict JSON: {why}")))
}

/// `bookings.patch` (section 8.2).
pub(super) async fn patch_booking(
    center: web::Data<Center>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    body: web::Bytes,
) -> HttpResponse {
    let (partner, booking) = path.into_inner();
    let name = format!("partners/{partner}/bookings/{booking}");
    let read = center.admit(&request).and_then(|()| parsed(&body));
    let judged = read.clone().and_then(|value| {
        if partner != center.partner_id {
            return Err((403, "PERMISSION_DENIED: another partner".to_owned()));
        }
        center.journal.read(|book| updates::patch(&name, request.query_string(), &value, book.booking(&booking)))
    });
    let update = center.update(&request, &body, &judged);
    let patch = read.unwrap_or_default();
    let recorded = center.journal.record(Record::Updated { booking, update, patch: patch.clone() });
    answer(judged.map(|()| patch), recorded.is_ok())
}

/// `availability:replace` of one service (section 8.5).
pub(super) async fn replace_availability(
    center: web::Data<Center>,
    request: HttpRequest,
    path: web::Path<(String, String, String)>,
    body: web::Bytes,
) -> HttpResponse {
    let (partner, merchant, service) = path.into_inner();
    let judged = center.admit(&request).and_then(|()| parsed(&body)).and_then(|value| {
        if partner != center.partner_id {
            return Err((403, "PERMISSION_DENIED: another partner".to_owned()));
        }
        let at_ms = center.clock.now().as_millis();
        let known = center.catalog().services.contains_key(&(merchant.clone(), service.clone()));
        updates::replace((&merchant, &service), known, &value, at_ms)
    });
    let update = center.update(&request, &body, &judged.as_ref().map(|_| ()).map_err(Clone::clone));
    let replaced = judged.as_ref().ok().cloned();
    let recorded = center.journal.record(Record::InventoryUpdated { update, replaced: replaced.clone() });
    if let (Ok(()), Some(replaced)) = (&recorded, &replaced) {
        center.catalog().replace(replaced);
    }
    answer(judged.map(|_| json!({})), recorded.is_ok())
}

/// The resource, or Google's error.
fn answer(judged: Judged<Value>, recorded: bool) -> HttpResponse {
    let (status, message) = match judged {
        Ok(resource) if recorded => return HttpResponse::Ok().json(resource),
        Ok(_) => (500, "cannot write".to_owned()),
        Err(refused) => refused,
    };
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(code).json(json!({"error": {"code": code.as_u16(), "message": message}}))
}
