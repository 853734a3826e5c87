//! The API that Google hosts (API section 6): echo here, the methods that have an effect in the files beside.
//!
//! Until a signature verifies an answer is the same plain text, whatever failed (API section 1.4); afterwards errors are
//! sealed `ErrorResponse`s in the order of flows-security section 8.3.

mod payment;
mod refund;
mod statement;

pub(super) use self::payment::payment_complete;
pub(super) use self::refund::refund_result;
pub(super) use self::statement::{accept, accept_with_modifications, details};

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::book::{Accepted, Book, Misbehaviour, Record};
use super::exchange::Hosted;
use super::messages::{content, set, text};
use super::{GoogleAccount, Shop, strict};
use crate::crypto::Carrier;
use crate::domain::{RequestId, Timestamp};

/// How far a `requestTimestamp` may be from now, in milliseconds (API section 3.3).
const CLOCK_WINDOW_MS: i64 = 60_000;

/// A member of `ErrorResponseResult` with its status (API section 3.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) member: &'static str,
    pub(super) why: &'static str,
}

impl Refusal {
    pub(super) const fn new(status: u16, member: &'static str, why: &'static str) -> Self {
        Self { status, member, why }
    }
}

/// A request whose signature holds.
struct Received<'a> {
    account: &'a GoogleAccount,
    clear: String,
}

/// `POST /gsp/v1/echo/{piaid}`.
pub(super) async fn echo(shop: web::Data<Shop>, piaid: web::Path<String>, body: web::Bytes) -> HttpResponse {
    let Some(received) = receive(&shop, &piaid, &body) else { return generic() };
    let now = shop.clock.now();
    let echoed = checked(&received, now).and_then(|request| {
        let message = text(&request, "/clientMessage").map(str::to_owned);
        message.ok_or(Refusal::new(400, "missingRequiredField", "clientMessage is required"))
    });
    match echoed {
        Ok(message) => {
            let answer = json!({
                "responseHeader": response_header(now),
                "clientMessage": message,
                "serverMessage": "Sandbox stand-in for Google",
            });
            sealed(&received, 200, &answer, now)
        }
        Err(refusal) => refused(&received, refusal, now),
    }
}

/// A request whose header holds.
struct Asked<'a> {
    account: &'a GoogleAccount,
    /// The clear text, as it came.
    clear: &'a str,
    request: &'a Value,
    now: Timestamp,
}

/// How a request is answered.
enum Verdict {
    /// 200 with these members beside the header.
    Answer(Value),
    Refused(Refusal),
    Misbehave(Misbehaviour),
}

/// Whether a request came before (flows-security section 7).
enum Before {
    /// No: what to remember if it is answered with 200.
    New(Accepted),
    /// Yes, and it was answered with 200.
    Repeated,
    /// Its `requestId` came with other content, or in another method.
    Violated,
}

const VIOLATION: Refusal = Refusal::new(412, "idempotencyViolation", "the same requestId came with other content");

impl Asked<'_> {
    fn request_id(&self) -> &str {
        text(self.request, "/requestHeader/requestId").unwrap_or_default()
    }

    fn before(&self, book: &Book, method: Hosted) -> Before {
        let accepted = Accepted {
            method,
            piaid: self.account.piaid.clone(),
            request_id: self.request_id().to_owned(),
            content: content(self.request),
        };
        match book.accepted.get(&(accepted.piaid.clone(), accepted.request_id.clone())) {
            None => Before::New(accepted),
            Some(known) if known.method == method && known.content == accepted.content => Before::Repeated,
            Some(_) => Before::Violated,
        }
    }
}

/// Opens, checks, judges under the journal's lock, and answers.
fn answer<J>(shop: &Shop, (piaid, body): (&str, &[u8]), judge: J) -> HttpResponse
where
    J: FnOnce(&Asked<'_>, &Book) -> (Vec<Record>, Verdict),
{
    let Some(received) = receive(shop, piaid, body) else { return generic() };
    let now = shop.clock.now();
    let request = match checked(&received, now) {
        Ok(request) => request,
        Err(refusal) => return refused(&received, refusal, now),
    };
    let asked = Asked { account: received.account, clear: &received.clear, request: &request, now };
    match shop.journal.decide(|book| judge(&asked, book)) {
        Ok(Verdict::Answer(mut members)) => {
            set(&mut members, &["responseHeader"], response_header(now));
            sealed(&received, 200, &members, now)
        }
        Ok(Verdict::Refused(refusal)) => refused(&received, refusal, now),
        Ok(Verdict::Misbehave(how)) => misbehave(how),
        Err(error) => {
            tracing::error!(%error, "the Google stand-in cannot write");
            plain(503, "The service is unavailable.")
        }
    }
}

/// Opens a body for the account that the path names; `None` whatever failed.
fn receive<'a>(shop: &'a Shop, piaid: &str, body: &[u8]) -> Option<Received<'a>> {
    let (at, account) = shop.account(piaid)?;
    match shop.open(at, body, Carrier::Body) {
        Ok(clear) => Some(Received { account, clear: String::from_utf8(clear).unwrap_or_default() }),
        Err(error) => {
            tracing::warn!(account.piaid = piaid, error, "the Google stand-in cannot verify a request");
            None
        }
    }
}

/// Parses and checks what every request has (flows-security section 8.3).
fn checked(received: &Received<'_>, now: Timestamp) -> Result<Value, Refusal> {
    let request = strict::parse(received.clear.as_bytes())
        .map_err(|_| Refusal::new(400, "invalidDecryptedRequest", "not strict JSON"))?;
    if request.pointer("/requestHeader/protocolVersion/major").and_then(Value::as_i64) != Some(1) {
        return Err(Refusal::new(400, "invalidApiVersion", "protocolVersion.major must be 1"));
    }
    if text(&request, "/requestHeader/paymentIntegratorAccountId") != Some(&received.account.piaid) {
        return Err(Refusal::new(404, "invalidIdentifier", "paymentIntegratorAccountId is not the one of the path"));
    }
    // API section 3.1: emitted as a string, also accepted as a number.
    let stamp = request.pointer("/requestHeader/requestTimestamp/epochMillis");
    let millis = stamp.and_then(|stamp| stamp.as_i64().or_else(|| stamp.as_str()?.parse().ok()));
    let millis = millis.ok_or(Refusal::new(400, "missingRequiredField", "requestTimestamp is required"))?;
    if Timestamp::from_millis(millis).millis_since(now).abs() > CLOCK_WINDOW_MS {
        return Err(Refusal::new(400, "requestTimestampOutOfRange", "requestTimestamp is more than 60 s from now"));
    }
    match text(&request, "/requestHeader/requestId").map(RequestId::parse) {
        Some(Ok(_)) => Ok(request),
        Some(Err(_)) => Err(Refusal::new(400, "invalidFieldValue", "requestId is not well-formed")),
        None => Err(Refusal::new(400, "missingRequiredField", "requestId is required")),
    }
}

fn response_header(now: Timestamp) -> Value {
    json!({"responseTimestamp": {"epochMillis": now.as_millis().to_string()}})
}

fn refused(received: &Received<'_>, refusal: Refusal, now: Timestamp) -> HttpResponse {
    let answer = json!({
        "responseHeader": response_header(now),
        "errorDescription": refusal.why,
        "errorResponseResult": {refusal.member: {}},
    });
    sealed(received, refusal.status, &answer, now)
}

fn sealed(received: &Received<'_>, status: u16, answer: &Value, now: Timestamp) -> HttpResponse {
    match received.account.keyring.seal(answer.to_string().as_bytes(), Carrier::Body, now) {
        Ok(body) => HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST))
            .insert_header(("content-type", received.account.keyring.scheme().content_type()))
            .body(body),
        Err(error) => {
            tracing::error!(%error, "the Google stand-in cannot seal its answer");
            plain(503, "The service is unavailable.")
        }
    }
}

fn misbehave(how: Misbehaviour) -> HttpResponse {
    match how {
        Misbehaviour::Unavailable | Misbehaviour::Lost => plain(how.status(), "The service is unavailable."),
        Misbehaviour::Plain => plain(how.status(), "There was an error. Please try again later."),
        Misbehaviour::Empty => {
            HttpResponse::build(StatusCode::from_u16(how.status()).unwrap_or(StatusCode::NOT_FOUND)).finish()
        }
    }
}

/// The same for everyone whose signature does not verify (API section 1.4).
fn generic() -> HttpResponse {
    plain(404, "There was an error. Please try again later.")
}

fn plain(status: u16, text: &'static str) -> HttpResponse {
    HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .content_type("text/plain; charset=utf-8")
        .body(text)
}
