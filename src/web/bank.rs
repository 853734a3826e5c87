//! The bank's side over the admin API: import of bank statements, and the transfers that they hold (contract section 6).

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::admin::{allowed, person, unavailable};
use super::payouts::reason;
use super::respond::problem;
use super::spool::{Spooling, receive};
use super::statements::{Answered, Listing, amount, cursor, either, find, no_store, remember};
use super::surface::Surface;
use crate::actors::{Ask, AskError, ImportError, Imported, Told};
use crate::domain::bank_transfer::{BankDay, BankTransfer, Direction, Input, Rejection, Reply, Standing, State};
use crate::domain::{Attention, Machine as _, Piaid, TransactionId};
use crate::protocol::camt053::{BalanceCheck, StatementClose};
use crate::report::Progress;
use crate::storage::{Codec as _, TransferRow};

/// The states that a list can be narrowed to.
const STATES: [&str; 6] = ["Unmatched", "Offered", "Matched", "TakingBack", "Differs", "PaidOut"];

/// `POST /api/v1/bank/statements`: a camt.053 file, plain or gzip, as the body.
pub(super) async fn import(
    surface: web::Data<Surface>,
    request: HttpRequest,
    unverified: web::Payload,
) -> HttpResponse {
    either(imported(&surface, &request, unverified).await)
}

async fn imported(surface: &Surface, request: &HttpRequest, unverified: web::Payload) -> Answered {
    allowed(surface, request, "statements:write").await?;
    let file = receive(request, unverified).await?;
    let import = surface.bank.clone();
    // A task of its own: an import that has begun is finished, whether or not somebody waits for its answer.
    match actix_rt::spawn(async move { import.run(file, &Progress::default()).await }).await {
        Ok(Ok(imported)) => Ok(no_store(told(&imported))),
        Ok(Err(ImportError::Refused(error))) => {
            Err(problem(StatusCode::UNPROCESSABLE_ENTITY, &format!("{error}; nothing of the file is booked")))
        }
        Ok(Err(ImportError::Storage(error))) => Err(unavailable(&error)),
        Ok(Err(ImportError::BrokenOff)) => {
            Err(problem(StatusCode::SERVICE_UNAVAILABLE, &ImportError::BrokenOff.to_string()))
        }
        Ok(Err(ImportError::Unreadable(error))) => Err(Spooling::Ours(error).into()),
        Err(error) => {
            tracing::error!(error = %error, "an import ended abnormally");
            Err(problem(StatusCode::INTERNAL_SERVER_ERROR, &ImportError::BrokenOff.to_string()))
        }
    }
}

fn told(imported: &Imported) -> Value {
    let (passed_over, balances) = (imported.passed_over, &imported.balances);
    json!({
        "bankStatements": imported.statements,
        "booked": imported.booked,
        "known": imported.known,
        "offered": imported.offered,
        "matched": imported.matched,
        "unexplained": imported.unexplained,
        "passedOver": {
            "pending": passed_over.pending,
            "information": passed_over.information,
            "other": passed_over.other,
        },
        "balances": {
            "hold": balances.hold,
            "differ": balances.differ,
            "unchecked": balances.unchecked,
            "differing": balances.differing.iter().filter_map(differing).collect::<Vec<_>>(),
        },
    })
}

fn differing(close: &StatementClose) -> Option<Value> {
    let BalanceCheck::Differs { computed_micros, stated_micros, currency } = close.balance else { return None };
    Some(json!({
        "bankStatementId": close.statement,
        "bankAccount": close.account,
        "computedMicros": computed_micros.to_string(),
        "statedMicros": stated_micros.to_string(),
        "currencyCode": currency.code(),
    }))
}

/// `GET /api/v1/bank/transfers?state=…`: the newest first.
pub(super) async fn list(
    surface: web::Data<Surface>,
    request: HttpRequest,
    listing: web::Query<Listing>,
) -> HttpResponse {
    let listed = async {
        allowed(&surface, &request, "statements:read").await?;
        let (limit, before) = (listing.limit()?, listing.before()?);
        let state = listing.state.as_deref();
        if state.is_some_and(|state| !STATES.contains(&state)) {
            let expected = format!("state: expected one of {}", STATES.join(", "));
            return Err(problem(StatusCode::BAD_REQUEST, &expected));
        }
        let found = surface.store.bank_transfers(state, before, limit).await.map_err(|error| unavailable(&error))?;
        let statements: Vec<_> = found.iter().filter_map(|row| statement_of(&row.state)).collect();
        let names = surface.store.statement_names(&statements).await.map_err(|error| unavailable(&error))?;
        let next = found.last().filter(|_| found.len() as u64 == limit);
        let next = next.map(|last| cursor(last.created_at, last.id));
        let shown = |row: &TransferRow| {
            let mut body = shown(row);
            let statement = statement_of(&row.state);
            if let (Some(members), Some(id)) = (body.as_object_mut(), statement) {
                let name = names.get(&id);
                let statement = json!({
                    "transactionId": id.to_string(),
                    "statementId": name.map(|name| &name.statement_id),
                    "paymentIntegratorAccountId": name.map(|name| &name.account),
                });
                members.insert("statement".into(), statement);
            }
            body
        };
        Ok(no_store(json!({"transfers": found.iter().map(shown).collect::<Vec<_>>(), "nextCursor": next})))
    };
    either(listed.await)
}

pub(super) const fn statement_of(state: &State) -> Option<TransactionId> {
    match state {
        State::Unheard | State::Unmatched { .. } | State::PaidOut { .. } => None,
        State::Offered { offer, .. }
        | State::Matched { offer, .. }
        | State::TakingBack { offer, .. }
        | State::Differs { offer, .. } => Some(offer.statement),
    }
}

fn shown(row: &TransferRow) -> Value {
    let Some(transfer) = row.state.transfer() else { return Value::Null };
    let entry = &transfer.entry;
    let refusal = match &row.state {
        State::Differs { why, .. } => Some(why.as_str()),
        State::Unheard
        | State::Unmatched { .. }
        | State::Offered { .. }
        | State::Matched { .. }
        | State::TakingBack { .. }
        | State::PaidOut { .. } => None,
    };
    let payout = match &row.state {
        State::PaidOut { payout, .. } => Some(payout.to_string()),
        State::Unheard
        | State::Unmatched { .. }
        | State::Offered { .. }
        | State::Matched { .. }
        | State::TakingBack { .. }
        | State::Differs { .. } => None,
    };
    json!({
        "transactionId": row.id.to_string(),
        "state": BankTransfer::state_name(&row.state),
        "attention": BankTransfer::attention(&row.state).map(Attention::as_str),
        "refusal": refusal,
        "payoutTransactionId": payout,
        "direction": match entry.direction {
            Direction::Left => "paid",
            Direction::Came => "received",
        },
        "reversal": entry.reversal,
        "amount": amount(entry.amount),
        "bookedOn": entry.booked_on.to_string(),
        "valuedOn": entry.valued_on.as_ref().map(BankDay::to_string),
        "bankAccount": entry.account,
        "bankStatementId": entry.statement,
        "bankReference": entry.servicer_reference.as_ref().or(entry.entry_reference.as_ref()),
        "endToEndIds": entry.end_to_end,
        "texts": entry.texts,
        "counterparty": entry.counterparty,
        "createdAtMs": row.created_at.as_millis(),
        "updatedAtMs": row.updated_at.as_millis(),
    })
}

/// Which statement a transfer pays, in a person's judgement.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MatchBody {
    statement_id: String,
    payment_integrator_account_id: Option<String>,
}

/// `POST /api/v1/bank/transfers/{transactionId}/match`: a person names the statement, which is then asked as if the memo had.
pub(super) async fn rematch(
    surface: web::Data<Surface>,
    id: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    either(rematched(&surface, &id, &request, &body).await)
}

async fn rematched(surface: &Surface, id: &str, request: &HttpRequest, unverified: &[u8]) -> Answered {
    let caller = allowed(surface, request, "statements:write").await?;
    let by = person(surface, &caller).await?;
    let bad = |text: String| problem(StatusCode::BAD_REQUEST, &text);
    let body: MatchBody =
        serde_json::from_slice(unverified).map_err(|error| bad(format!("the body names no statement: {error}")))?;
    let account = body.payment_integrator_account_id.as_deref().map(Piaid::parse).transpose();
    let account = account.map_err(|error| bad(format!("paymentIntegratorAccountId: {error}")))?;
    let id = known(surface, id).await?;
    let statement = find(surface, &body.statement_id, account.as_ref()).await?.id;
    let remember = remember(request, &caller, unverified)?;
    told_of(surface, Ask { id, input: Input::Rematch { statement, by: Some(by) }, remember, settles: None }).await
}

/// `POST /api/v1/bank/transfers/{transactionId}/take-back`: a person says that it does not belong to the statement that has
/// taken it. The statement books its side back, and waits for its transfer again.
pub(super) async fn take_back(
    surface: web::Data<Surface>,
    id: web::Path<String>,
    request: HttpRequest,
    unverified: web::Bytes,
) -> HttpResponse {
    let taken = async {
        let caller = allowed(&surface, &request, "statements:write").await?;
        let by = person(&surface, &caller).await?;
        let why = reason(&unverified)?.to_string();
        let id = known(&surface, &id).await?;
        let remember = remember(&request, &caller, &unverified)?;
        told_of(&surface, Ask { id, input: Input::TakeBack { by, why }, remember, settles: None }).await
    };
    either(taken.await)
}

fn unknown() -> HttpResponse {
    problem(StatusCode::NOT_FOUND, "no such bank transfer")
}

async fn known(surface: &Surface, id: &str) -> Result<TransactionId, HttpResponse> {
    let id = TransactionId::parse(id).map_err(|_| unknown())?;
    let known = surface.store.overview(id).await.map_err(|error| unavailable(&error))?;
    known.filter(|found| found.kind == BankTransfer::KIND).map(|_| id).ok_or_else(unknown)
}

async fn told_of(surface: &Surface, ask: Ask<BankTransfer>) -> Answered {
    let id = ask.id;
    match surface.bank.transfers.ask(ask).await.map(Told::into_reply) {
        Ok(Reply::Booked(standing) | Reply::Stands(standing)) => Ok(HttpResponse::Accepted()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(json!({"transactionId": id.to_string(), "state": name(standing)}))),
        Err(AskError::Rejected(Rejection::Unknown)) => Err(unknown()),
        Err(AskError::Rejected(rejection)) => Err(problem(StatusCode::CONFLICT, &rejection.to_string())),
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
        Standing::Unmatched => "Unmatched",
        Standing::Offered(_) => "Offered",
        Standing::Matched(_) => "Matched",
        Standing::Differs(..) => "Differs",
        Standing::PaidOut(_) => "PaidOut",
        Standing::TakingBack(_) => "TakingBack",
    }
}
