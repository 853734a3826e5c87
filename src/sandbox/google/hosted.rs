//! The API that Google hosts: echo and redirectPaymentCompleteNotification (API sections 6.2 and 6.3).
//!
//! Until a signature verifies an answer is the same plain text, whatever failed (API section 1.4); afterwards errors are
//! sealed `ErrorResponse`s in the order of flows-security section 8.3.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::book::{Accepted, Arrival, Book, Case, Misbehaviour, Record};
use super::channels::Word;
use super::messages::{content, text};
use super::{GoogleAccount, Shop, strict};
use crate::crypto::Carrier;
use crate::domain::{RequestId, Timestamp};

/// How far a `requestTimestamp` may be from now, in milliseconds (API section 3.3).
const CLOCK_WINDOW_MS: i64 = 60_000;

/// A member of `ErrorResponseResult` with its status (API section 3.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Refusal {
    status: u16,
    member: &'static str,
    why: &'static str,
}

impl Refusal {
    const fn new(status: u16, member: &'static str, why: &'static str) -> Self {
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

/// `POST /gsp/redirect-fop-v1/redirectPaymentCompleteNotification/{piaid}`: channel C2.
pub(super) async fn payment_complete(
    shop: web::Data<Shop>,
    piaid: web::Path<String>,
    body: web::Bytes,
) -> HttpResponse {
    let Some(received) = receive(&shop, &piaid, &body) else { return generic() };
    let now = shop.clock.now();
    let request = match checked(&received, now) {
        Ok(request) => request,
        Err(refusal) => return refused(&received, refusal, now),
    };
    let Some(order) = text(&request, "/redirectRequestId").map(str::to_owned) else {
        let refusal = Refusal::new(400, "missingRequiredField", "redirectRequestId is required");
        return refused(&received, refusal, now);
    };
    let notification = Notification { order: &order, request: &request, received: &received, now };
    match shop.journal.decide(|book| notification.judge(book)) {
        Ok(Verdict::Accepted) => {
            let answer = json!({"responseHeader": response_header(now), "result": {"accepted": {}}});
            sealed(&received, 200, &answer, now)
        }
        Ok(Verdict::Refused(refusal)) => refused(&received, refusal, now),
        Ok(Verdict::Misbehave(how)) => misbehave(how),
        Err(error) => {
            tracing::error!(%error, "the Google stand-in cannot write");
            plain(503, "The service is unavailable.")
        }
    }
}

enum Verdict {
    Accepted,
    Refused(Refusal),
    Misbehave(Misbehaviour),
}

struct Notification<'a> {
    order: &'a str,
    request: &'a Value,
    received: &'a Received<'a>,
    now: Timestamp,
}

impl Notification<'_> {
    fn judge(&self, book: &Book) -> (Vec<Record>, Verdict) {
        let known = book.cases.get(self.order).filter(|case| case.order.piaid == self.received.account.piaid);
        let Some(case) = known else {
            let refusal = Refusal::new(404, "invalidIdentifier", "redirectRequestId is not known");
            return (vec![], Verdict::Refused(refusal));
        };
        let misbehaviour = book.misbehaviour(self.order);
        let mut records: Vec<Record> =
            misbehaviour.iter().map(|(whose, _)| Record::Misbehaved { order: whose.clone() }).collect();
        let verdict = match misbehaviour.map(|(_, how)| how) {
            Some(how @ (Misbehaviour::Unavailable | Misbehaviour::Plain | Misbehaviour::Empty)) => {
                records.push(self.refused(how.status(), "answered with a failure on purpose"));
                Verdict::Misbehave(how)
            }
            lost @ (Some(Misbehaviour::Lost) | None) => {
                let (record, verdict) = self.take(book, case, lost);
                records.push(record);
                verdict
            }
        };
        (records, verdict)
    }

    fn take(&self, book: &Book, case: &Case, lost: Option<Misbehaviour>) -> (Record, Verdict) {
        let fate = |verdict: Verdict| lost.map_or(verdict, Verdict::Misbehave);
        let status = lost.map_or(200, Misbehaviour::status);
        let refuse = |refusal: Refusal| (self.refused(refusal.status, refusal.why), Verdict::Refused(refusal));
        let key = (self.received.account.piaid.clone(), self.request_id().to_owned());
        let content = content(self.request);
        if let Some(before) = book.accepted.get(&key) {
            return if before.content == content {
                (self.refused(status, "a repeated notification, answered as before"), fate(Verdict::Accepted))
            } else {
                refuse(Refusal::new(412, "idempotencyViolation", "the same requestId came with other content"))
            };
        }
        let word = match Word::read(self.request) {
            Ok(word) if word.is_final() => word,
            Ok(_) => return refuse(Refusal::new(400, "invalidFieldValue", "result must be final in a notification")),
            Err(_) => {
                let why = "result and formOfPayment must each hold exactly one member";
                return refuse(Refusal::new(400, "missingRequiredField", why));
            }
        };
        if case.notified().iter().any(|before| **before != word) {
            return refuse(Refusal::new(400, "preconditionViolation", "another outcome was notified before"));
        }
        let accepted = Accepted { piaid: key.0, request_id: key.1, content };
        let record = Record::Notified {
            order: self.order.to_owned(),
            arrival: Arrival { word: Some(word), ..self.arrival(status, None) },
            accepted: Some(accepted),
        };
        (record, fate(Verdict::Accepted))
    }

    fn request_id(&self) -> &str {
        text(self.request, "/requestHeader/requestId").unwrap_or_default()
    }

    /// An arrival that does not count, with the reason.
    fn refused(&self, status: u16, why: &str) -> Record {
        Record::Notified { order: self.order.to_owned(), arrival: self.arrival(status, Some(why)), accepted: None }
    }

    fn arrival(&self, status: u16, problem: Option<&str>) -> Arrival {
        Arrival {
            at_ms: self.now.as_millis(),
            request_id: Some(self.request_id().to_owned()),
            clear: self.received.clear.clone(),
            word: None,
            problem: problem.map(str::to_owned),
            status: Some(status),
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
