//! The admin API's invoices (contract section 6).

pub(in crate::web) mod draft;

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::admin::{Caller, allowed, moment, not_allowed, person, person_if_known, unavailable};
use super::respond::problem;
use super::statements::{Answered, amount, either, no_store, remember};
use super::surface::Surface;
use crate::actors::{Act, InvoiceError};
use crate::domain::booking::{DisputeStanding, RefundStanding};
use crate::domain::invoice::{By, InvoiceReference, Rejection, Stage, Via, View};
use crate::domain::{Day, Timestamp, TransactionId, UserName};
use crate::storage::{InvoiceFilter, InvoicePlace, ListedInvoice};

/// Lines of a list, unless `limit` says otherwise.
const USUAL_LIMIT: u64 = 50;

/// The routes.
pub(super) fn routes(app: &mut web::ServiceConfig) {
    let posts = |path: &str| web::resource(path).default_service(web::to(not_allowed));
    app.service(
        web::resource("/api/v1/invoices")
            .route(web::get().to(list))
            .route(web::post().to(create))
            .default_service(web::to(not_allowed)),
    )
    .service(
        web::resource("/api/v1/invoices/{reference}").route(web::get().to(show)).default_service(web::to(not_allowed)),
    )
    .service(posts("/api/v1/invoices/{reference}/send").route(web::post().to(send)))
    .service(posts("/api/v1/invoices/{reference}/cancel").route(web::post().to(cancel)))
    .service(posts("/api/v1/invoices/{reference}/refund").route(web::post().to(refund)))
    .service(posts("/api/v1/invoices/{reference}/resolve").route(web::post().to(resolve)))
    .service(posts("/api/v1/invoices/{reference}/mark-paid").route(web::post().to(mark_paid)));
}

/// `POST /api/v1/invoices`: the same content again is the same invoice.
pub(super) async fn create(surface: web::Data<Surface>, request: HttpRequest, unverified: web::Bytes) -> HttpResponse {
    let created = async {
        let caller = allowed(&surface, &request, "invoices:write").await?;
        let content = draft::read(&unverified, &nonce(&surface), surface.clock.now())
            .map_err(|bad| problem(StatusCode::BAD_REQUEST, &bad.to_string()))?;
        let remember = remember(&request, &caller, &unverified)?;
        let view = surface.invoices.desk.create(content, remember).await.map_err(refused)?;
        let location = format!("/api/v1/invoices/{}", view.content.reference);
        Ok(HttpResponse::Created()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::LOCATION, location))
            .json(whole(&surface, &view)))
    };
    either(created.await)
}

/// What nobody guesses: 128 bits.
pub(in crate::web) fn nonce(surface: &Surface) -> String {
    let bits = [surface.entropy.next_u64().to_be_bytes(), surface.entropy.next_u64().to_be_bytes()].concat();
    URL_SAFE_NO_PAD.encode(bits)
}

/// Which invoices are asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    reference: Option<String>,
    state: Option<String>,
    overdue: Option<bool>,
    attention: Option<bool>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// A state by the name that the API gives it, and the names in which it is stored.
pub(in crate::web) const STATES: [(&str, &[&str]); 4] =
    [("open", &["Open"]), ("being_paid", &["BeingPaid"]), ("paid", &["Paid"]), ("cancelled", &["Cancelled"])];

impl Wanted {
    fn filter(&self, now: Timestamp) -> Result<InvoiceFilter, HttpResponse> {
        let bad = |text: &str| problem(StatusCode::BAD_REQUEST, text);
        let states = match &self.state {
            None => Vec::new(),
            Some(wanted) => {
                let known = STATES.iter().find(|(name, _)| name == wanted);
                let (_, stored) = known.ok_or_else(|| bad("state: expected open, being_paid, paid or cancelled"))?;
                stored.iter().map(|&name| name.to_owned()).collect()
            }
        };
        let not_ours = || bad("cursor: expected the nextCursor of an earlier answer");
        let reference = self.reference.as_ref().map(|text| InvoiceReference::parse(text)).transpose();
        Ok(InvoiceFilter {
            reference: reference.map_err(|error| bad(&error.to_string()))?,
            states,
            overdue_on: self.overdue.unwrap_or(false).then(|| Day::of(now)),
            before_finance: self.attention.unwrap_or(false),
            // Personal: it has no place in an address.
            recipient: None,
            after: self.cursor.as_ref().map(|cursor| place(cursor).ok_or_else(not_ours)).transpose()?,
        })
    }
}

/// What [`cursor`] wrote.
pub(in crate::web) fn place(cursor: &str) -> Option<InvoicePlace> {
    let (created_ms, id) = cursor.split_once('~')?;
    let created_at = Timestamp::from_millis(created_ms.parse().ok()?);
    Some(InvoicePlace { created_at, id: TransactionId::parse(id).ok()? })
}

/// Where a list that ended here goes on.
pub(in crate::web) fn cursor(last: &ListedInvoice) -> String {
    format!("{}~{}", last.created_at.as_millis(), last.id)
}

/// `GET /api/v1/invoices`: the newest first.
pub(super) async fn list(
    surface: web::Data<Surface>,
    request: HttpRequest,
    wanted: web::Query<Wanted>,
) -> HttpResponse {
    let listed = async {
        allowed(&surface, &request, "invoices:read").await?;
        let limit @ 1..=1_000 = wanted.limit.unwrap_or(USUAL_LIMIT) else {
            return Err(problem(StatusCode::BAD_REQUEST, "limit: expected 1 to 1000"));
        };
        let filter = wanted.filter(surface.clock.now())?;
        let found = surface.invoices.desk.list(&filter, limit).await.map_err(refused)?;
        let next = found.last().filter(|_| found.len() as u64 == limit);
        let next = next.map(cursor);
        Ok(no_store(json!({"invoices": found.iter().map(brief).collect::<Vec<_>>(), "nextCursor": next})))
    };
    either(listed.await)
}

fn brief(listed: &ListedInvoice) -> Value {
    let state = STATES.iter().find(|(_, stored)| stored.contains(&listed.state.as_str())).map(|(name, _)| *name);
    json!({
        "reference": listed.reference,
        "state": state,
        "dueDate": listed.due.to_string(),
        "total": amount(listed.total),
        "paidAtMs": listed.paid_at.map(Timestamp::as_millis),
        "createdAtMs": listed.created_at.as_millis(),
        "attention": listed.attention,
    })
}

/// `GET /api/v1/invoices/{reference}`
pub(super) async fn show(
    surface: web::Data<Surface>,
    reference: web::Path<String>,
    request: HttpRequest,
) -> HttpResponse {
    let shown = async {
        allowed(&surface, &request, "invoices:read").await?;
        let view = surface.invoices.desk.find(&parsed(&reference)?).await.map_err(refused)?.ok_or_else(unknown)?;
        let journal = surface.store.journal(view.content.id).await.map_err(|error| unavailable(&error))?;
        let mut body = whole(&surface, &view);
        if let Some(members) = body.as_object_mut() {
            members.insert("timeline".into(), journal.iter().map(moment).collect());
        }
        Ok(no_store(body))
    };
    either(shown.await)
}

fn parsed(reference: &str) -> Result<InvoiceReference, HttpResponse> {
    InvoiceReference::parse(reference).map_err(|_| unknown())
}

fn unknown() -> HttpResponse {
    problem(StatusCode::NOT_FOUND, "no such invoice")
}

/// What it says, how it stands, and where the money is. The link is a fresh one, good for a week.
fn whole(surface: &Surface, view: &View) -> Value {
    let now = surface.clock.now();
    let content = &view.content;
    let hosted = surface.invoices.letters.page(&content.reference, now).ok().map(String::from);
    let lines = content.lines.iter().map(|line| json!({"label": line.label, "amountMicros": line.micros}));
    json!({
        "reference": content.reference.as_str(),
        "hostedUrl": hosted,
        "state": match &view.stage {
            Stage::Open => "open",
            Stage::BeingPaid(_) => "being_paid",
            Stage::Paid { .. } => "paid",
            Stage::Cancelled { .. } => "cancelled",
        },
        "overdue": view.is_overdue(now),
        "recipient": {
            "name": content.recipient.name,
            "email": content.recipient.email,
            "locale": content.recipient.language.tag(),
        },
        "currency": content.total.currency().code(),
        "lines": lines.collect::<Vec<_>>(),
        "taxMicros": content.tax_micros,
        "total": amount(content.total),
        "dueDate": content.due.to_string(),
        "shipping": content.shipping.iter().map(|way| {
            json!({"id": way.id, "label": way.label, "amountMicros": way.micros, "countries": way.countries})
        }).collect::<Vec<_>>(),
        "createdAtMs": content.created_at.as_millis(),
        "sentAtMs": view.sent.map(Timestamp::as_millis),
        "attempt": attempt(&view.stage),
        "payment": payment(&view.stage),
        "refunds": view.refunds.iter().map(refunded).collect::<Vec<_>>(),
        "saidTransferredAtMs": view.marks.transferred.map(Timestamp::as_millis),
        "disputedAtMs": view.marks.disputed.map(Timestamp::as_millis),
    })
}

fn attempt(stage: &Stage) -> Option<Value> {
    let Stage::BeingPaid(attempt) = stage else { return None };
    let (by, issuer) = match &attempt.by {
        By::Card { .. } => ("card", None),
        By::Redirect { issuer, .. } => ("redirect", issuer.as_ref().map(ToString::to_string)),
    };
    Some(json!({
        "number": attempt.number,
        "by": by,
        "issuerId": issuer,
        "amount": amount(attempt.order.total),
        "sinceMs": attempt.at.as_millis(),
    }))
}

fn payment(stage: &Stage) -> Option<Value> {
    let Stage::Paid { payment, receipt, disputes } = stage else { return None };
    let (by, reference) = match &payment.via {
        Via::Card { intent } => ("card", Some(intent.to_string())),
        Via::Redirect { issuer } => ("redirect", issuer.as_ref().map(ToString::to_string)),
        Via::Transfer { note, .. } => ("transfer", Some(note.to_string())),
    };
    let marked_by = match &payment.via {
        Via::Transfer { by, .. } => Some(by.as_str()),
        Via::Card { .. } | Via::Redirect { .. } => None,
    };
    let address = payment.order.address.as_ref();
    Some(json!({
        "by": by,
        "detail": reference,
        "markedBy": marked_by,
        "attempt": payment.attempt,
        "confirmationNumber": receipt,
        "amount": amount(payment.order.total),
        "atMs": payment.at.as_millis(),
        "shippingOption": payment.order.way,
        // The merchant has to send it there.
        "shippingAddress": address.map(|address| json!({
            "country": address.country,
            "addressLine": address.lines,
            "region": address.region,
            "city": address.city,
            "dependentLocality": address.dependent_locality,
            "postalCode": address.postal_code,
            "sortingCode": address.sorting_code,
            "organization": address.organization,
            "recipient": address.recipient,
            "phone": address.phone,
        })),
        "payer": {"name": payment.order.payer.name, "email": payment.order.payer.email, "phone": payment.order.payer.phone},
        "disputes": disputes.iter().map(|dispute| {
            let state = match dispute.standing {
                DisputeStanding::Open => "open",
                DisputeStanding::Won => "won",
                DisputeStanding::Lost => "lost",
            };
            json!({"id": dispute.id, "amount": amount(dispute.amount), "state": state})
        }).collect::<Vec<_>>(),
    }))
}

fn refunded(refund: &crate::domain::invoice::Refund) -> Value {
    let (state, detail) = match &refund.standing {
        RefundStanding::InFlight => ("in_flight", None),
        RefundStanding::Done { id } => ("done", Some(id)),
        RefundStanding::Failed { code } => ("failed", Some(code)),
    };
    json!({
        "amount": amount(refund.amount),
        "state": state,
        "detail": detail,
        "tries": refund.tries,
        "late": refund.late,
        "orderedBy": refund.by.as_ref().map(UserName::as_str),
    })
}

/// `POST /api/v1/invoices/{reference}/send`
pub(super) async fn send(
    surface: web::Data<Surface>,
    reference: web::Path<String>,
    request: HttpRequest,
    unverified: web::Bytes,
) -> HttpResponse {
    either(acted(&surface, &reference, (&request, &unverified), |_| Ok(Act::Send)).await)
}

/// `POST /api/v1/invoices/{reference}/cancel`
pub(super) async fn cancel(
    surface: web::Data<Surface>,
    reference: web::Path<String>,
    request: HttpRequest,
    unverified: web::Bytes,
) -> HttpResponse {
    either(acted(&surface, &reference, (&request, &unverified), |_| Ok(Act::Cancel)).await)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct RefundBody {
    amount_micros: Option<Value>,
}

/// `POST /api/v1/invoices/{reference}/refund`: all that remains, or a part.
pub(super) async fn refund(
    surface: web::Data<Surface>,
    reference: web::Path<String>,
    request: HttpRequest,
    unverified: web::Bytes,
) -> HttpResponse {
    let read = |unverified: &[u8]| {
        let expected = || problem(StatusCode::BAD_REQUEST, "amountMicros: expected a positive whole number of micros");
        if unverified.iter().all(u8::is_ascii_whitespace) {
            return Ok(Act::Refund(None));
        }
        let body: RefundBody = serde_json::from_slice(unverified).map_err(|_| expected())?;
        let micros = match &body.amount_micros {
            None | Some(Value::Null) => return Ok(Act::Refund(None)),
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(digits)) => digits.parse().ok(),
            Some(_) => None,
        };
        micros.filter(|micros| *micros > 0).map(|micros| Act::Refund(Some(micros))).ok_or_else(expected)
    };
    either(acted(&surface, &reference, (&request, &unverified), read).await)
}

async fn acted(
    surface: &Surface,
    reference: &str,
    (request, unverified): (&HttpRequest, &[u8]),
    read: impl FnOnce(&[u8]) -> Result<Act, HttpResponse>,
) -> Answered {
    let caller = allowed(surface, request, "invoices:write").await?;
    let act = read(unverified)?;
    let by = person_if_known(&caller)?;
    let remember = remember(request, &caller, unverified)?;
    let view = surface.invoices.desk.act(&parsed(reference)?, act, (by, remember)).await.map_err(refused)?;
    Ok(accepted(surface, &view))
}

/// `POST /api/v1/invoices/{reference}/resolve`: a person has dealt with what the recipient said.
pub(super) async fn resolve(
    surface: web::Data<Surface>,
    reference: web::Path<String>,
    request: HttpRequest,
) -> HttpResponse {
    let resolved = async {
        let (_, by) = decider(&surface, &request).await?;
        let view = surface.invoices.desk.resolve(&parsed(&reference)?, by).await.map_err(refused)?;
        Ok(accepted(&surface, &view))
    };
    either(resolved.await)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MarkPaidBody {
    note: String,
}

/// `POST /api/v1/invoices/{reference}/mark-paid`: a person has found the money on our bank account.
pub(super) async fn mark_paid(
    surface: web::Data<Surface>,
    reference: web::Path<String>,
    request: HttpRequest,
    unverified: web::Bytes,
) -> HttpResponse {
    let marked = async {
        let (_, by) = decider(&surface, &request).await?;
        let expected = || problem(StatusCode::BAD_REQUEST, "note: expected where the money is, in 1 to 200 characters");
        let body: MarkPaidBody = serde_json::from_slice(&unverified).map_err(|_| expected())?;
        let note = transfer_note(&body.note).ok_or_else(expected)?;
        let view = surface.invoices.desk.mark_paid(&parsed(&reference)?, by, note).await.map_err(refused)?;
        Ok(accepted(&surface, &view))
    };
    either(marked.await)
}

/// Where the money of a transfer is to be found: one line of at most 200 characters.
pub(in crate::web) fn transfer_note(given: &str) -> Option<Arc<str>> {
    let note = given.trim();
    let fits = !note.is_empty() && note.chars().count() <= 200 && !note.contains(char::is_control);
    fits.then(|| note.into())
}

async fn decider(surface: &Surface, request: &HttpRequest) -> Result<(Caller, UserName), HttpResponse> {
    let caller = allowed(surface, request, "invoices:write").await?;
    let by = person(surface, &caller).await?;
    Ok((caller, by))
}

fn accepted(surface: &Surface, view: &View) -> HttpResponse {
    HttpResponse::Accepted().insert_header((header::CACHE_CONTROL, "no-store")).json(whole(surface, view))
}

fn refused(error: InvoiceError) -> HttpResponse {
    match error {
        InvoiceError::Rejected(Rejection::Unknown) => unknown(),
        InvoiceError::Rejected(rejection) => problem(StatusCode::CONFLICT, &rejection.to_string()),
        InvoiceError::OtherRequest => {
            problem(StatusCode::CONFLICT, "Idempotency-Key was used before with different content")
        }
        InvoiceError::NoMail => problem(StatusCode::CONFLICT, "no mail server is configured: see [smtp]"),
        InvoiceError::NoProcessor => {
            problem(StatusCode::CONFLICT, "no processor is configured: see [processor.stripe]")
        }
        InvoiceError::Overloaded | InvoiceError::Unavailable => {
            problem(StatusCode::SERVICE_UNAVAILABLE, "temporarily unavailable")
        }
    }
}
