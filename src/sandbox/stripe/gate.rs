//! What every request passes: the key, the faults, and the memory of `Idempotency-Key`.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::book::{Record, Remembered};
use super::faults::Fault;
use super::form::{Form, Refusal};
use super::{Desk, Work};
use crate::crypto::secrets_equal;

/// Keys whose requests are being worked on.
#[derive(Default)]
pub(super) struct InUse(Mutex<HashSet<String>>);

/// One of them, until its answer is gone.
struct Using<'a>(&'a InUse, String);

impl InUse {
    fn keys(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, key: &str) -> Option<Using<'_>> {
        self.keys().insert(key.to_owned()).then(|| Using(self, key.to_owned()))
    }
}

impl Drop for Using<'_> {
    fn drop(&mut self) {
        self.0.keys().remove(&self.1);
    }
}

/// A request that passed the first gate.
struct Asked {
    method: String,
    path: String,
    form: Form,
    /// Of path and fields, as they were sent.
    fingerprint: String,
    key: Option<String>,
}

/// An answer and what the caller may know of it.
struct Reply {
    status: u16,
    body: Value,
    replayed: bool,
}

impl Reply {
    fn error(status: u16, error: Value) -> Self {
        Self { status, body: json!({"error": error}), replayed: false }
    }

    fn respond(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        if self.replayed {
            response.insert_header(("idempotent-replayed", "true"));
        }
        response.json(self.body)
    }
}

/// `/v1/…`, all of it.
pub(super) async fn api(desk: web::Data<Desk>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let expected = format!("Bearer {}", desk.secret_key);
    if !secrets_equal(header("authorization").as_bytes(), expected.as_bytes()) {
        let error = json!({"type": "invalid_request_error", "message": "Invalid API Key provided"});
        return Reply::error(401, error).respond();
    }
    let posts = request.method() == actix_web::http::Method::POST;
    let fields = if posts { &body[..] } else { request.query_string().as_bytes() };
    let (path, form) = (request.path().trim_end_matches('/').to_owned(), Form::parse(fields));
    let mut asked = Asked {
        method: request.method().to_string(),
        fingerprint: form.fingerprint(&path),
        path,
        form,
        key: Some(header("idempotency-key")).filter(|key| posts && !key.is_empty()).map(str::to_owned),
    };
    let name = format!("{} {}", asked.method, asked.path);
    desk.requests.lock().unwrap_or_else(PoisonError::into_inner).push(name.clone());
    let _using = match &asked.key {
        Some(key) => {
            let Some(using) = desk.in_use.begin(key) else {
                let error = json!({"type": "idempotency_error", "code": "idempotency_key_in_use"});
                return Reply::error(409, error).respond();
            };
            Some(using)
        }
        None => None,
    };
    let fault = desk.faults.next(&name);
    if let Some(Fault::Changed(field, value)) = fault {
        asked.form = asked.form.with(field, value);
    }
    faulty(&desk, &asked, fault).await
}

async fn faulty(desk: &Desk, asked: &Asked, fault: Option<Fault>) -> HttpResponse {
    let broken = || Reply::error(500, json!({"type": "api_error", "message": "Something went wrong."}));
    match fault {
        None | Some(Fault::Changed(..)) => answered(desk, asked, false).respond(),
        Some(Fault::Busy) => {
            Reply::error(429, json!({"type": "invalid_request_error", "code": "rate_limit"})).respond()
        }
        Some(Fault::ErrorBefore) => broken().respond(),
        Some(Fault::ErrorAfter) => {
            answered(desk, asked, true);
            broken().respond()
        }
        Some(Fault::DropBefore) => dropped(),
        Some(Fault::DropAfter) => {
            answered(desk, asked, false);
            dropped()
        }
        Some(Fault::Late(delay)) => {
            let reply = answered(desk, asked, false);
            tokio::time::sleep(delay).await;
            reply.respond()
        }
        Some(Fault::Held) => {
            let released = desk.faults.held();
            let reply = answered(desk, asked, false);
            released.await;
            reply.respond()
        }
    }
}

/// A body that fails before its first byte ends the connection before any of the answer is sent.
fn dropped() -> HttpResponse {
    let broken = std::io::Error::other("dropped on purpose");
    HttpResponse::Ok().streaming(futures_util::stream::once(async { Err::<web::Bytes, _>(broken) }))
}

/// The work, under one lock with the memory of the key. `fails` remembers an error in place of the answer.
fn answered(desk: &Desk, asked: &Asked, fails: bool) -> Reply {
    let decided = desk.journal.decide(|book| {
        if let Some(known) = asked.key.as_ref().and_then(|key| book.remembered.get(key)) {
            return (Vec::new(), replay(known, &asked.fingerprint));
        }
        let work = Work { book, form: &asked.form, now: desk.clock.now(), origin: &desk.origin };
        let (mut records, reply) = match route(&work, &asked.method, &asked.path) {
            Ok((records, body)) => (records, Reply { status: 200, body, replayed: false }),
            Err(Refusal { status, error, records }) => (records, Reply::error(status, error)),
        };
        // What fails validation is not remembered.
        if let (Some(key), 200 | 402) = (&asked.key, reply.status) {
            let error = json!({"error": {"type": "api_error", "message": "Something went wrong."}});
            let (status, body) = if fails { (500, error) } else { (reply.status, reply.body.clone()) };
            let (key, fingerprint) = (key.clone(), asked.fingerprint.clone());
            records.push(Record::Remembered(Remembered { key, fingerprint, status, body }));
        }
        (records, reply)
    });
    decided.unwrap_or_else(|error| {
        tracing::error!(%error, "the processor's stand-in cannot write");
        Reply::error(500, json!({"type": "api_error", "message": "out of order"}))
    })
}

fn replay(known: &Remembered, fingerprint: &str) -> Reply {
    if known.fingerprint == fingerprint {
        return Reply { status: known.status, body: known.body.clone(), replayed: true };
    }
    let message = "Keys for idempotent requests can only be used with the same parameters they were first used with.";
    Reply::error(400, json!({"type": "idempotency_error", "message": message}))
}

fn route(work: &Work<'_>, method: &str, path: &str) -> super::form::Done {
    let segments: Vec<&str> = path.split('/').skip(2).collect();
    match (method, segments.as_slice()) {
        ("POST", ["payment_methods"]) => work.make_method(),
        ("POST", ["payment_methods", id, "attach"]) => work.attach(id),
        ("POST", ["customers"]) => work.make_customer(),
        ("POST", ["payment_intents"]) => work.make_intent(),
        ("POST", ["payment_intents", id, "confirm"]) => work.confirm_intent(id),
        ("POST", ["payment_intents", id, "capture"]) => work.capture(id),
        ("POST", ["payment_intents", id, "cancel"]) => work.cancel(id),
        ("POST", ["setup_intents"]) => work.make_setup(),
        ("POST", ["setup_intents", id, "confirm"]) => work.confirm_setup(id),
        ("POST", ["refunds"]) => work.make_refund(),
        ("GET", [kind]) => work.list(kind),
        ("GET", [kind, id]) => work.show(kind, id),
        _ => {
            let message = format!("Unrecognized request URL ({method}: {path}).");
            Err(Refusal { status: 404, ..Refusal::invalid("", "", &message) })
        }
    }
}
