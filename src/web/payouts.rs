//! Payouts over the admin API: what finance paid out to merchants, what the card processor paid out to us, and what is owed
//! (contract section 6).

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::admin::{allowed, person, unavailable};
use super::respond::problem;
use super::statements::{Answered, Listing, amount, cursor, either, no_store, remember};
use super::surface::Surface;
use crate::actors::{Ask, AskError, Told};
use crate::crypto::{merchant_payout_id, processor_payout_id};
use crate::domain::catalog::MerchantId;
use crate::domain::payout::{Input, MerchantPayout, Payout, PayoutReference, Rejection, Reply, Standing, State};
use crate::domain::{Attention, Currency, Machine as _, Money, TransactionId, UserName};
use crate::storage::{AccountSum, Loaded, PayoutRow, PayoutsOf, StorageError};

/// How long a reason may be, in characters.
pub(super) const LONGEST_REASON: usize = 1_000;

fn bad(text: &str) -> HttpResponse {
    problem(StatusCode::BAD_REQUEST, text)
}

/// The merchant that the path names: one whose services are offered, or whose money is in the books.
async fn merchant(surface: &Surface, id: &str) -> Result<(MerchantId, Vec<AccountSum>), HttpResponse> {
    let unknown = || problem(StatusCode::NOT_FOUND, "no such merchant");
    if surface.booking.is_none() {
        return Err(problem(StatusCode::NOT_FOUND, "no booking server is configured"));
    }
    known_merchant(surface, id).await.map_err(|error| unavailable(&error))?.ok_or_else(unknown)
}

/// The merchant of this id with what the books say of it; `None`: neither feeds nor books know it.
pub(super) async fn known_merchant(
    surface: &Surface,
    id: &str,
) -> Result<Option<(MerchantId, Vec<AccountSum>)>, StorageError> {
    let Ok(merchant) = MerchantId::parse(id) else { return Ok(None) };
    let balance = surface.store.merchant_balance(&merchant).await?;
    let catalog = surface.store.catalog().await?;
    let known = !balance.is_empty() || catalog.merchant(&merchant).is_some();
    Ok(known.then_some((merchant, balance)))
}

/// A payout as it is recorded, with its id. What is known already was sent when it was first recorded.
pub(super) async fn to_record(
    surface: &Surface,
    merchant: MerchantId,
    (reference, amount): (PayoutReference, Money),
    by: UserName,
) -> Result<(TransactionId, Arc<MerchantPayout>), StorageError> {
    let id = merchant_payout_id(&merchant, &reference);
    let sent_at = match surface.store.load::<Payout>(id).await? {
        Some(Loaded { state: State::Recorded { payout } | State::TakenBack { payout, .. }, .. }) => payout.sent_at,
        Some(Loaded {
            state: State::Unheard | State::Paid { .. } | State::Failed { .. } | State::Closed { .. },
            ..
        })
        | None => surface.clock.now(),
    };
    Ok((id, Arc::new(MerchantPayout { merchant, reference, amount, sent_at, by })))
}

/// `GET /api/v1/merchants/{merchantId}/payouts`: the newest first, and what is owed.
pub(super) async fn of_merchant(
    surface: web::Data<Surface>,
    id: web::Path<String>,
    request: HttpRequest,
    listing: web::Query<Listing>,
) -> HttpResponse {
    let listed = async {
        allowed(&surface, &request, "bookings:read").await?;
        let (merchant, balance) = merchant(&surface, &id).await?;
        let mut body = listed(&surface, &PayoutsOf::Merchant(merchant.clone()), &listing).await?;
        if let Some(members) = body.as_object_mut() {
            members.insert("merchantId".into(), merchant.as_str().into());
            members.insert("owed".into(), balance.iter().map(owed).collect());
        }
        Ok(no_store(body))
    };
    either(listed.await)
}

/// `GET /api/v1/processor/payouts`: the newest first.
pub(super) async fn of_processor(
    surface: web::Data<Surface>,
    request: HttpRequest,
    listing: web::Query<Listing>,
) -> HttpResponse {
    let listed = async {
        allowed(&surface, &request, "bookings:read").await?;
        Ok(no_store(listed(&surface, &PayoutsOf::Processor, &listing).await?))
    };
    either(listed.await)
}

async fn listed(surface: &Surface, of: &PayoutsOf, listing: &Listing) -> Result<Value, HttpResponse> {
    let (limit, before) = (listing.limit()?, listing.before()?);
    let found = surface.store.payouts(of, before, limit).await.map_err(|error| unavailable(&error))?;
    let next = found.last().filter(|_| found.len() as u64 == limit);
    let next = next.map(|last| cursor(last.created_at, last.id));
    Ok(json!({"payouts": found.iter().map(shown).collect::<Vec<_>>(), "nextCursor": next}))
}

/// The ledger's credit is what we owe.
fn owed(sum: &AccountSum) -> Value {
    json!({"amountMicros": (-sum.micros).to_string(), "currencyCode": sum.currency})
}

fn shown(row: &PayoutRow) -> Value {
    let mut body = match &row.state {
        State::Unheard => return Value::Null,
        State::Paid { payout } | State::Failed { payout } => json!({
            "reference": payout.reference.as_str(),
            "amount": amount(payout.amount),
            "arrivesAtMs": payout.arrives_at.as_millis(),
        }),
        State::Closed { payout, by, why } => json!({
            "reference": payout.reference.as_str(),
            "amount": amount(payout.amount),
            "arrivesAtMs": payout.arrives_at.as_millis(),
            "closedBy": by.as_str(),
            "why": why,
        }),
        State::Recorded { payout } => recorded(payout),
        State::TakenBack { payout, by, why } => {
            let mut body = recorded(payout);
            if let Some(members) = body.as_object_mut() {
                members.insert("takenBackBy".into(), by.as_str().into());
                members.insert("why".into(), why.as_ref().into());
            }
            body
        }
    };
    if let Some(members) = body.as_object_mut() {
        members.insert("transactionId".into(), row.id.to_string().into());
        members.insert("state".into(), Payout::state_name(&row.state).into());
        members.insert("attention".into(), Payout::attention(&row.state).map(Attention::as_str).into());
        members.insert("createdAtMs".into(), row.created_at.as_millis().into());
        members.insert("updatedAtMs".into(), row.updated_at.as_millis().into());
    }
    body
}

fn recorded(payout: &MerchantPayout) -> Value {
    json!({
        "reference": payout.reference.as_str(),
        "amount": amount(payout.amount),
        "sentAtMs": payout.sent_at.as_millis(),
        "recordedBy": payout.by.as_str(),
    })
}

/// What was paid out to a merchant.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RecordBody {
    reference: String,
    /// Digits, or a number.
    amount_micros: Value,
    currency: String,
}

impl RecordBody {
    fn read(unverified: &[u8]) -> Result<(PayoutReference, Money), HttpResponse> {
        let body: Self = serde_json::from_slice(unverified)
            .map_err(|error| bad(&format!("the body is no payout {{reference, amountMicros, currency}}: {error}")))?;
        let reference = PayoutReference::parse(&body.reference).map_err(|error| bad(&error.to_string()))?;
        let micros = match &body.amount_micros {
            Value::String(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
            Value::Number(number) => number.as_i64(),
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let micros = micros.filter(|micros| *micros > 0);
        let micros = micros.ok_or_else(|| bad("amountMicros: expected a positive number of micros"))?;
        let currency = Currency::parse(&body.currency).map_err(|error| bad(&format!("currency: {error}")))?;
        Ok((reference, Money::new(micros, currency)))
    }
}

/// `POST /api/v1/merchants/{merchantId}/payouts`: finance has paid a merchant. The same reference again with the same amount
/// changes nothing; with another one it is refused.
pub(super) async fn record(
    surface: web::Data<Surface>,
    id: web::Path<String>,
    request: HttpRequest,
    unverified: web::Bytes,
) -> HttpResponse {
    let recorded = async {
        let caller = allowed(&surface, &request, "bookings:write").await?;
        let by = person(&surface, &caller).await?;
        let (merchant, _) = merchant(&surface, &id).await?;
        let (reference, amount) = RecordBody::read(&unverified)?;
        let recorded = to_record(&surface, merchant, (reference, amount), by).await;
        let (id, payout) = recorded.map_err(|error| unavailable(&error))?;
        let remember = remember(&request, &caller, &unverified)?;
        told(&surface, Ask { id, input: Input::Record(payout), remember, settles: None }).await
    };
    either(recorded.await)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReasonBody {
    why: String,
}

/// What a person says of their decision.
pub(super) fn reason(unverified: &[u8]) -> Result<Arc<str>, HttpResponse> {
    let body: ReasonBody = serde_json::from_slice(unverified).map_err(|_| bad("why: expected the reason, in words"))?;
    let why = body.why.trim();
    if !(1..=LONGEST_REASON).contains(&why.chars().count()) {
        return Err(bad("why: expected the reason, in 1 to 1000 characters"));
    }
    Ok(why.into())
}

/// `POST /api/v1/merchants/{merchantId}/payouts/{reference}/take-back`: it never was, or the bank returned it.
pub(super) async fn take_back(
    surface: web::Data<Surface>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    unverified: web::Bytes,
) -> HttpResponse {
    let taken = async {
        let caller = allowed(&surface, &request, "bookings:write").await?;
        let by = person(&surface, &caller).await?;
        let (merchant, _) = merchant(&surface, &path.0).await?;
        let reference = PayoutReference::parse(&path.1).map_err(|_| unknown())?;
        let why = reason(&unverified)?;
        let id = merchant_payout_id(&merchant, &reference);
        let remember = remember(&request, &caller, &unverified)?;
        told(&surface, Ask { id, input: Input::TakeBack { by, why }, remember, settles: None }).await
    };
    either(taken.await)
}

/// `POST /api/v1/processor/payouts/{reference}/close`: a person has looked into a payout that did not arrive. Its money is
/// with the processor again, and comes with a later payout.
pub(super) async fn close(
    surface: web::Data<Surface>,
    reference: web::Path<String>,
    request: HttpRequest,
    unverified: web::Bytes,
) -> HttpResponse {
    let closed = async {
        let caller = allowed(&surface, &request, "bookings:write").await?;
        let by = person(&surface, &caller).await?;
        let reference = PayoutReference::parse(&reference).map_err(|_| unknown())?;
        let why = reason(&unverified)?;
        let remember = remember(&request, &caller, &unverified)?;
        let id = processor_payout_id(&reference);
        told(&surface, Ask { id, input: Input::Close { by, why }, remember, settles: None }).await
    };
    either(closed.await)
}

fn unknown() -> HttpResponse {
    problem(StatusCode::NOT_FOUND, "no such payout")
}

async fn told(surface: &Surface, ask: Ask<Payout>) -> Answered {
    let id: TransactionId = ask.id;
    match surface.payouts.ask(ask).await.map(Told::into_reply) {
        Ok(Reply::Booked(standing) | Reply::Stands(standing)) => Ok(HttpResponse::Accepted()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(json!({"transactionId": id.to_string(), "state": name(standing)}))),
        Err(AskError::Rejected(Rejection::Unknown)) => Err(unknown()),
        Err(AskError::Rejected(
            rejection @ (Rejection::Differs | Rejection::Amount | Rejection::TakenBack | Rejection::NotFailed),
        )) => Err(problem(StatusCode::CONFLICT, &rejection.to_string())),
        Err(AskError::IdempotencyViolation | AskError::Refused(_)) => {
            Err(problem(StatusCode::CONFLICT, "Idempotency-Key was used before with different content"))
        }
        Err(AskError::Overloaded | AskError::Unavailable) => {
            Err(problem(StatusCode::SERVICE_UNAVAILABLE, "temporarily unavailable"))
        }
    }
}

const fn name(standing: Standing) -> &'static str {
    match standing {
        Standing::Paid => "Paid",
        Standing::Failed => "Failed",
        Standing::Recorded => "Recorded",
        Standing::TakenBack => "TakenBack",
        Standing::Closed => "Closed",
    }
}
