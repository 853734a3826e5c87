//! The bank's side over the admin API: import of bank statements, and the transfers that they hold (contract section 6).

use std::fs::File;

use actix_web::error::PayloadError;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{Stream, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::admin::{allowed, person, unavailable};
use super::respond::problem;
use super::statements::{Answered, Listing, amount, cursor, either, find, no_store, remember};
use super::surface::Surface;
use crate::actors::{Ask, AskError, ImportError, Imported, Told};
use crate::domain::bank_transfer::{BankDay, BankTransfer, Direction, Input, Rejection, Reply, Standing, State};
use crate::domain::{Attention, Machine as _, Piaid, TransactionId};
use crate::protocol::camt053::{BalanceCheck, StatementClose};
use crate::storage::{Codec as _, TransferRow};

/// What a bank statement may weigh as it is sent (contract section 3).
const LONGEST_FILE: u64 = 1 << 30;
/// The states that a list can be narrowed to.
const STATES: [&str; 4] = ["Unmatched", "Offered", "Matched", "Differs"];

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
    let text = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or("?").to_ascii_lowercase());
    // Whether it is gzip, its content says: the header may speak of the transport or of the file.
    if text(header::CONTENT_ENCODING).is_some_and(|coding| !["gzip", "x-gzip", "identity"].contains(&coding.as_str())) {
        let expected = "Content-Encoding: expected gzip, or none";
        return Err(problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, expected));
    }
    // Refused before it is sent, where that can be known.
    if text(header::CONTENT_LENGTH)
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: u64| length > LONGEST_FILE)
    {
        return Err(Spooling::TooLong.into());
    }
    let name = format!("roundtrip-bank-{:016x}{:016x}", surface.entropy.next_u64(), surface.entropy.next_u64());
    let file = spool(&std::env::temp_dir().join(name), unverified, LONGEST_FILE).await?;
    let import = surface.bank.clone();
    // A task of its own: an import that has begun is finished, whether or not somebody waits for its answer.
    match actix_rt::spawn(async move { import.run(file).await }).await {
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

/// Why a body is not in a file.
#[derive(Debug)]
enum Spooling {
    TooLong,
    /// The sender broke off.
    Theirs,
    Ours(std::io::Error),
}

impl From<std::io::Error> for Spooling {
    fn from(error: std::io::Error) -> Self {
        Self::Ours(error)
    }
}

impl From<Spooling> for HttpResponse {
    fn from(why: Spooling) -> Self {
        match why {
            Spooling::TooLong => problem(StatusCode::PAYLOAD_TOO_LARGE, "a bank statement may have 1 GiB"),
            Spooling::Theirs => problem(StatusCode::BAD_REQUEST, "the body broke off"),
            Spooling::Ours(error) => {
                tracing::error!(error = %error, "a bank statement could not be kept in a file");
                problem(StatusCode::INTERNAL_SERVER_ERROR, "the file could not be kept on the server")
            }
        }
    }
}

/// Writes a body to a file that only this process knows, chunk by chunk.
async fn spool(
    path: &std::path::Path,
    unverified: impl Stream<Item = Result<web::Bytes, PayloadError>>,
    longest: u64,
) -> Result<File, Spooling> {
    let mut options = tokio::fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(path).await?;
    // Without a name nobody else opens it, and it is gone with this process, however that ends.
    tokio::fs::remove_file(path).await?;
    let mut unverified = std::pin::pin!(unverified);
    let mut left = longest;
    while let Some(chunk) = unverified.next().await {
        let chunk = chunk.map_err(|_| Spooling::Theirs)?;
        left = left.checked_sub(chunk.len() as u64).ok_or(Spooling::TooLong)?;
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    Ok(file.into_std().await)
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

const fn statement_of(state: &State) -> Option<TransactionId> {
    match state {
        State::Unheard | State::Unmatched { .. } => None,
        State::Offered { offer, .. } | State::Matched { offer, .. } | State::Differs { offer, .. } => {
            Some(offer.statement)
        }
    }
}

fn shown(row: &TransferRow) -> Value {
    let Some(transfer) = row.state.transfer() else { return Value::Null };
    let entry = &transfer.entry;
    let refusal = match &row.state {
        State::Differs { why, .. } => Some(why.as_str()),
        State::Unheard | State::Unmatched { .. } | State::Offered { .. } | State::Matched { .. } => None,
    };
    json!({
        "transactionId": row.id.to_string(),
        "state": BankTransfer::state_name(&row.state),
        "attention": BankTransfer::attention(&row.state).map(Attention::as_str),
        "refusal": refusal,
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
struct MatchBody {
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
    let unknown = || problem(StatusCode::NOT_FOUND, "no such bank transfer");
    let body: MatchBody =
        serde_json::from_slice(unverified).map_err(|error| bad(format!("the body names no statement: {error}")))?;
    let account = body.payment_integrator_account_id.as_deref().map(Piaid::parse).transpose();
    let account = account.map_err(|error| bad(format!("paymentIntegratorAccountId: {error}")))?;
    let id = TransactionId::parse(id).map_err(|_| unknown())?;
    let known = surface.store.overview(id).await.map_err(|error| unavailable(&error))?;
    known.filter(|found| found.kind == BankTransfer::KIND).ok_or_else(unknown)?;
    let statement = find(surface, &body.statement_id, account.as_ref()).await?.id;
    let remember = remember(request, &caller, unverified)?;
    let ask = Ask { id, input: Input::Rematch { statement, by: Some(by) }, remember, settles: None };
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
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _};

    use futures_util::stream;

    use super::*;

    type Chunks = Vec<Result<web::Bytes, PayloadError>>;

    async fn spooled(chunks: Chunks, longest: u64) -> Result<Vec<u8>, Spooling> {
        let folder = tempfile::tempdir()?;
        let spooled = spool(&folder.path().join("body"), stream::iter(chunks), longest).await;
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 0, "nothing is left behind");
        let mut content = Vec::new();
        let mut file = spooled?;
        file.rewind()?;
        file.read_to_end(&mut content)?;
        Ok(content)
    }

    fn chunks() -> Chunks {
        vec![Ok(web::Bytes::from_static(b"<a>")), Ok(web::Bytes::from_static(b"</a>"))]
    }

    #[tokio::test]
    async fn a_body_goes_to_a_file_without_a_name_up_to_its_limit() {
        assert_eq!(spooled(chunks(), 7).await.unwrap(), b"<a></a>");
        assert!(matches!(spooled(chunks(), 6).await, Err(Spooling::TooLong)));
        let mut broken = chunks();
        broken.push(Err(PayloadError::Incomplete(None)));
        assert!(matches!(spooled(broken, 100).await, Err(Spooling::Theirs)));
    }
}
