//! The admin API's view of remittance statements, and the decisions that people take there (contract section 6).

use std::collections::{BTreeMap, HashSet};

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::admin::{Caller, allowed, person, unavailable};
use super::respond::problem;
use super::surface::Surface;
use crate::actors::{Ask, AskError, RememberAs, Told};
use crate::crypto::content_hash;
use crate::domain::remittance::{
    Acceptance, Approval, FindingKind, Input, KindSum, MissingAge, MissingSum, Modification, Reconciled, Rejection,
    Reply, State,
};
use crate::domain::{Hands, Money, Piaid, Timestamp, TransactionId};
use crate::storage::{LinePage, RequestKey, StatementRow, StorageError, Store};

/// Lines of a list, unless `limit` says otherwise.
const USUAL_LIMIT: u64 = 50;
/// Lines of a list at most.
const MOST_LISTED: u64 = 1_000;
/// How long a reason may be, in characters.
const LONGEST_REASON: usize = 1_000;

/// How a list is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Listing {
    limit: Option<u64>,
    cursor: Option<String>,
    account: Option<String>,
    kind: Option<String>,
    pub(super) state: Option<String>,
}

impl Listing {
    pub(super) fn limit(&self) -> Result<u64, HttpResponse> {
        match self.limit {
            None => Ok(USUAL_LIMIT),
            Some(limit) if (1..=MOST_LISTED).contains(&limit) => Ok(limit),
            Some(_) => Err(problem(StatusCode::BAD_REQUEST, "limit: expected 1 to 1000")),
        }
    }

    /// Where a list from the newest to the oldest goes on.
    pub(super) fn before(&self) -> Result<Option<(Timestamp, TransactionId)>, HttpResponse> {
        let bad = || problem(StatusCode::BAD_REQUEST, "cursor: expected the nextCursor of an earlier answer");
        self.cursor.as_deref().map(|cursor| read_cursor(cursor).ok_or_else(bad)).transpose()
    }

    fn account(&self) -> Result<Option<Piaid>, HttpResponse> {
        let account = self.account.as_deref().map(Piaid::parse).transpose();
        account.map_err(|_| problem(StatusCode::BAD_REQUEST, "account: expected a paymentIntegratorAccountId"))
    }
}

/// What [`read_cursor`] reads.
pub(super) fn cursor(at: Timestamp, id: TransactionId) -> String {
    format!("{}~{id}", at.as_millis())
}

/// Where a list from the newest to the oldest goes on.
pub(super) fn read_cursor(unverified: &str) -> Option<(Timestamp, TransactionId)> {
    let (at, id) = unverified.split_once('~')?;
    Some((Timestamp::from_millis(at.parse().ok()?), TransactionId::parse(id).ok()?))
}

pub(super) type Answered = Result<HttpResponse, HttpResponse>;

pub(super) fn either(answered: Answered) -> HttpResponse {
    answered.unwrap_or_else(|refused| refused)
}

pub(super) fn no_store(body: Value) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body)
}

/// `GET /api/v1/statements`: the newest first.
pub(super) async fn list(
    surface: web::Data<Surface>,
    request: HttpRequest,
    listing: web::Query<Listing>,
) -> HttpResponse {
    either(listed(&surface, &request, &listing).await)
}

async fn listed(surface: &Surface, request: &HttpRequest, listing: &Listing) -> Answered {
    allowed(surface, request, "statements:read").await?;
    let limit = listing.limit()?;
    let before = listing.before()?;
    let account = listing.account()?;
    let found = surface.store.statements(account.as_ref(), before, limit).await.map_err(|error| unavailable(&error))?;
    let next = found.last().filter(|_| found.len() as u64 == limit);
    let next = next.map(|last| cursor(last.created_at, last.id));
    Ok(no_store(json!({"statements": found.iter().map(brief).collect::<Vec<_>>(), "nextCursor": next})))
}

/// What a path names.
pub(super) enum Sought {
    /// This statement.
    One(Box<StatementRow>),
    /// Several accounts have a statement of this id of Google's.
    Several,
    /// Nothing.
    Nothing,
}

/// The statement that a path names: by Google's id of its notification, or by our own.
pub(super) async fn seek(store: &Store, id: &str, account: Option<&Piaid>) -> Result<Sought, StorageError> {
    let mut found = store.find_statement(id).await?;
    if let Some(account) = account {
        found.retain(|row| row.state.notice().is_some_and(|notice| notice.piaid == *account));
    }
    if found.is_empty()
        && let Ok(own) = TransactionId::parse(id)
    {
        found.extend(store.statement(own).await?);
    }
    Ok(match (found.pop(), found.is_empty()) {
        (Some(one), true) => Sought::One(Box::new(one)),
        (Some(_), false) => Sought::Several,
        (None, _) => Sought::Nothing,
    })
}

/// The same, or what the API answers.
pub(super) async fn find(surface: &Surface, id: &str, account: Option<&Piaid>) -> Result<StatementRow, HttpResponse> {
    match seek(&surface.store, id, account).await.map_err(|error| unavailable(&error))? {
        Sought::One(one) => Ok(*one),
        Sought::Several => {
            Err(problem(StatusCode::CONFLICT, "several accounts have a statement of this id: add ?account=PIAID"))
        }
        Sought::Nothing => Err(problem(StatusCode::NOT_FOUND, "no such statement")),
    }
}

/// `GET /api/v1/statements/{id}`
pub(super) async fn show(
    surface: web::Data<Surface>,
    id: web::Path<String>,
    request: HttpRequest,
    listing: web::Query<Listing>,
) -> HttpResponse {
    let shown = async {
        allowed(&surface, &request, "statements:read").await?;
        let row = find(&surface, &id, listing.account()?.as_ref()).await?;
        Ok(no_store(whole(&row)))
    };
    either(shown.await)
}

/// `GET /api/v1/statements/{id}/findings?kind=…`: what does not match, event by event.
pub(super) async fn findings(
    surface: web::Data<Surface>,
    id: web::Path<String>,
    request: HttpRequest,
    listing: web::Query<Listing>,
) -> HttpResponse {
    let shown = async {
        allowed(&surface, &request, "statements:read").await?;
        let row = find(&surface, &id, listing.account()?.as_ref()).await?;
        let limit = listing.limit()?;
        let kind = listing.kind.as_deref().map(|kind| FindingKind::parse(kind).ok_or(kind)).transpose();
        let kind = kind.map_err(|_| problem(StatusCode::BAD_REQUEST, "kind: expected the name of a finding"))?;
        let after = listing.cursor.as_deref().map_or(Ok(0), str::parse);
        let after = after.map_err(|_| problem(StatusCode::BAD_REQUEST, "cursor: expected an earlier nextCursor"))?;
        let page = LinePage { statement: row.id, after, limit };
        let found = surface.store.findings(page, kind).await.map_err(|error| unavailable(&error))?;
        let next = found.last().filter(|_| found.len() as u64 == limit).map(|last| last.line.to_string());
        let shown: Vec<Value> = found
            .iter()
            .map(|finding| {
                json!({
                    "line": finding.line,
                    "kind": finding.kind.as_str(),
                    "eventRequestId": finding.request_id,
                    "statedMicros": finding.stated_micros.map(|micros| micros.to_string()),
                    "oursMicros": finding.ours_micros.map(|micros| micros.to_string()),
                    "feeMicros": finding.fee_micros.map(|micros| micros.to_string()),
                    "expectedFeeMicros": finding.expected_fee_micros.map(|micros| micros.to_string()),
                })
            })
            .collect();
        Ok(no_store(json!({"findings": shown, "nextCursor": next})))
    };
    either(shown.await)
}

/// The body of an acceptance.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AcceptBody {
    #[serde(default)]
    reasons: BTreeMap<String, String>,
    fee_to_vat_ratio_micros: Option<Micros>,
    settlement_exchange_rate_modification: Option<serde_json::Map<String, Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Micros {
    Number(i64),
    Text(String),
}

impl AcceptBody {
    fn modification(&self) -> Result<Modification, HttpResponse> {
        let ratio = match &self.fee_to_vat_ratio_micros {
            None => None,
            Some(Micros::Number(ratio)) => Some(Some(*ratio)),
            Some(Micros::Text(text)) => Some(text.parse().ok()),
        };
        let vat_to_fee_millionths = match ratio {
            None => None,
            Some(Some(ratio @ 0..=1_000_000)) => Some(ratio),
            Some(Some(_) | None) => {
                let expected = "feeToVatRatioMicros: expected 0 to 1000000, the share of the fees that is VAT";
                return Err(problem(StatusCode::BAD_REQUEST, expected));
            }
        };
        let exchange_rate =
            self.settlement_exchange_rate_modification.clone().map(|members| Value::Object(members).to_string());
        Ok(Modification { vat_to_fee_millionths, exchange_rate })
    }

    fn check_reasons(&self) -> Result<(), HttpResponse> {
        match self.reasons.iter().find(|(_, text)| !fits_reason(text)) {
            Some((about, _)) => Err(problem(
                StatusCode::BAD_REQUEST,
                &format!("reasons.{about}: expected 1 to {LONGEST_REASON} characters, no control characters"),
            )),
            None => Ok(()),
        }
    }
}

/// Whether a text can be a reason.
pub(super) fn fits_reason(unverified: &str) -> bool {
    !unverified.trim().is_empty()
        && unverified.chars().count() <= LONGEST_REASON
        && !unverified.chars().any(char::is_control)
}

/// `POST /api/v1/statements/{id}/accept`
pub(super) async fn accept(
    surface: web::Data<Surface>,
    id: web::Path<String>,
    request: HttpRequest,
    listing: web::Query<Listing>,
    body: web::Bytes,
) -> HttpResponse {
    either(accepted(&surface, &id, (&request, &listing), &body).await)
}

async fn accepted(
    surface: &Surface,
    id: &str,
    (request, listing): (&HttpRequest, &Listing),
    unverified: &[u8],
) -> Answered {
    let caller = allowed(surface, request, "statements:write").await?;
    let by = person(surface, &caller).await?;
    let body: AcceptBody = match unverified {
        [] => serde_json::from_str("{}"),
        given => serde_json::from_slice(given),
    }
    .map_err(|error| problem(StatusCode::BAD_REQUEST, &format!("the body is not an acceptance: {error}")))?;
    let modification = body.modification()?;
    body.check_reasons()?;
    let row = find(surface, id, listing.account()?.as_ref()).await?;
    let notice = row.state.notice().ok_or_else(|| problem(StatusCode::NOT_FOUND, "no such statement"))?;
    let round = row.state.reconciled().map_or(0, |done| done.round);
    let covered = covered(surface, &row, &body.reasons).await?;
    let rules = surface.policies.get(&notice.piaid).copied().unwrap_or_default().rules;
    let user = surface.store.find_user(&by).await.map_err(|error| unavailable(&error))?;
    let held_by = user.map_or_else(Hands::none, |user| user.held_by());
    let approval = Approval { by: Some(by), held_by, at: surface.clock.now(), reasons: body.reasons, modification };
    let ask = Ask {
        id: row.id,
        input: Input::Approve { approval, round, covered, rules },
        remember: remember(request, &caller, unverified)?,
        settles: None,
    };
    match surface.statements.ask(ask).await.map(Told::into_reply) {
        Ok(reply) => Ok(HttpResponse::Accepted().insert_header((header::CACHE_CONTROL, "no-store")).json(match reply {
            Reply::Standing { state, second_person } => {
                json!({"statementId": notice.statement_id.as_str(), "state": state, "secondPersonNeeded": second_person})
            }
            Reply::Noted | Reply::TransferTaken | Reply::TransferRefused(_) | Reply::TransferLetGo => {
                json!({"statementId": notice.statement_id.as_str()})
            }
        })),
        Err(AskError::Rejected(Rejection::Unknown)) => Err(problem(StatusCode::NOT_FOUND, "no such statement")),
        Err(AskError::Rejected(rejection)) => Err(problem(StatusCode::CONFLICT, &rejection.to_string())),
        Err(AskError::IdempotencyViolation | AskError::Refused(_)) => {
            Err(problem(StatusCode::CONFLICT, "Idempotency-Key was used before with different content"))
        }
        Err(AskError::Overloaded | AskError::Unavailable) => {
            Err(problem(StatusCode::SERVICE_UNAVAILABLE, "temporarily unavailable"))
        }
    }
}

/// How many events of each finding have a reason of their own. A reason about nothing is a mistake worth telling.
async fn covered(
    surface: &Surface,
    row: &StatementRow,
    reasons: &BTreeMap<String, String>,
) -> Result<BTreeMap<FindingKind, u64>, HttpResponse> {
    let about = reasons.keys().map(String::as_str);
    let found = Covered::load(&surface.store, row.id, about).await.map_err(|error| unavailable(&error))?;
    match found.unknown.first() {
        Some(id) => {
            let text = format!("reasons.{id}: neither the name of a finding nor the eventRequestId of one");
            Err(problem(StatusCode::BAD_REQUEST, &text))
        }
        None => Ok(found.events),
    }
}

/// What reasons of single events come to.
#[derive(Debug, Default)]
pub(super) struct Covered {
    /// How many events of each finding have a reason of their own.
    pub(super) events: BTreeMap<FindingKind, u64>,
    /// Of what reasons are about: neither the name of a finding nor an event with one.
    pub(super) unknown: Vec<String>,
}

impl Covered {
    pub(super) async fn load(
        store: &Store,
        statement: TransactionId,
        about: impl Iterator<Item = &str>,
    ) -> Result<Self, StorageError> {
        let ids: Vec<String> = about.filter(|about| FindingKind::parse(about).is_none()).map(str::to_owned).collect();
        let mut covered = Self::default();
        if ids.is_empty() {
            return Ok(covered);
        }
        let found = store.findings_of(statement, &ids).await?;
        let known: HashSet<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
        covered.unknown = ids.iter().filter(|id| !known.contains(id.as_str())).cloned().collect();
        for (_, kind) in &found {
            *covered.events.entry(*kind).or_default() += 1;
        }
        Ok(covered)
    }
}

/// An optional `Idempotency-Key`: the same request again is answered again, and does nothing (contract section 6).
pub(super) fn remember(
    request: &HttpRequest,
    caller: &Caller,
    body: &[u8],
) -> Result<Option<RememberAs>, HttpResponse> {
    let Some(given) = request.headers().get("idempotency-key") else { return Ok(None) };
    let key = given.to_str().ok().filter(|key| (1..=255).contains(&key.len()));
    let key =
        key.ok_or_else(|| problem(StatusCode::BAD_REQUEST, "Idempotency-Key: expected 1 to 255 ASCII characters"))?;
    let mut content = request.uri().to_string().into_bytes();
    content.push(b'\n');
    content.extend_from_slice(body);
    Ok(Some(RememberAs {
        key: RequestKey { scope: format!("api:{}", caller.token), request_id: key.to_owned() },
        method: "api",
        content_hash: content_hash(&content),
    }))
}

/// `POST /api/v1/statements/{id}/reconcile`: judge every event again, because our books or the fee schedule have changed.
pub(super) async fn reconcile(
    surface: web::Data<Surface>,
    id: web::Path<String>,
    request: HttpRequest,
    listing: web::Query<Listing>,
) -> HttpResponse {
    let begun = async {
        let caller = allowed(&surface, &request, "statements:write").await?;
        // It takes back a first person's approval.
        person(&surface, &caller).await?;
        let row = find(&surface, &id, listing.account()?.as_ref()).await?;
        match surface.statements.ask(Ask::plain(row.id, Input::ReconcileAgain)).await.map(Told::into_reply) {
            Ok(Reply::Standing { state: "Reconciling", .. }) => {
                Ok(HttpResponse::Accepted().json(json!({"state": "Reconciling"})))
            }
            Ok(_) => Err(problem(StatusCode::CONFLICT, "the statement is not waiting for a decision")),
            Err(AskError::Rejected(_) | AskError::IdempotencyViolation | AskError::Refused(_)) => {
                Err(problem(StatusCode::CONFLICT, "the statement is not waiting for a decision"))
            }
            Err(AskError::Overloaded | AskError::Unavailable) => {
                Err(problem(StatusCode::SERVICE_UNAVAILABLE, "temporarily unavailable"))
            }
        }
    };
    either(begun.await)
}

pub(super) fn amount(money: Money) -> Value {
    json!({"amountMicros": money.micros().to_string(), "currencyCode": money.currency().code()})
}

fn brief(row: &StatementRow) -> Value {
    let Some(notice) = row.state.notice() else { return Value::Null };
    let ms = |time: Option<Timestamp>| time.map(Timestamp::as_millis);
    let due = row.state.acceptance().map_or(notice.total, Acceptance::due);
    json!({
        "statementId": notice.statement_id.as_str(),
        "transactionId": notice.id.to_string(),
        "paymentIntegratorAccountId": notice.piaid.as_str(),
        "state": row.state.name(),
        "statementDateMs": ms(notice.statement_date),
        "billingPeriod": {"startDateMs": ms(notice.period_start), "endDateMs": ms(notice.period_end)},
        "dateDueMs": ms(notice.due),
        "totalDueByIntegrator": amount(notice.total),
        "toBeTransferred": amount(due),
        "totalEvents": notice.total_events,
        "memoLine": notice.memo(),
        "createdAtMs": row.created_at.as_millis(),
        "updatedAtMs": row.updated_at.as_millis(),
    })
}

fn whole(row: &StatementRow) -> Value {
    let mut body = brief(row);
    let Some(members) = body.as_object_mut() else { return body };
    if let State::Fetching { fetched, .. } = &row.state {
        members.insert("progress".into(), json!({"fetchedEvents": fetched.lines}));
    }
    if let State::Reconciling { fetched, tally, .. } = &row.state {
        members.insert("progress".into(), json!({"fetchedEvents": fetched.lines, "judgedEvents": tally.lines}));
    }
    if let State::Replaced { by, .. } = &row.state {
        members.insert("replacedBy".into(), json!(by.as_str()));
    }
    if let State::Paid { transfer, at, .. } = &row.state {
        members.insert("transfer".into(), json!({"transactionId": transfer.to_string(), "bookedAtMs": at.as_millis()}));
    }
    if let Some(done) = row.state.reconciled() {
        members.extend(reconciled(done));
    }
    if let Some(acceptance) = row.state.acceptance() {
        let modification = &acceptance.modification;
        members.insert(
            "acceptance".into(),
            json!({
                "toldGoogle": acceptance.told,
                "feeToVatRatioMicros": modification.vat_to_fee_millionths.map(|ratio| ratio.to_string()),
                "modifiedTotalDueByIntegrator": acceptance.modified_total.map(amount),
            }),
        );
    }
    body
}

fn reconciled(done: &Reconciled) -> serde_json::Map<String, Value> {
    let mut members = serde_json::Map::new();
    let fetched = &done.fetched;
    let adds_up = done.adds_up();
    members.insert(
        "totals".into(),
        json!({
            "events": fetched.lines,
            "captures": fetched.captures,
            "refunds": fetched.lines - fetched.captures,
            "amountMicros": fetched.amount.to_string(),
            "feeMicros": fetched.fee.to_string(),
            "addsUp": adds_up.is_ok(),
            "problem": adds_up.err(),
        }),
    );
    let finding = |(kind, sum): (&FindingKind, &KindSum)| {
        let members = json!({
            "count": sum.count,
            "statedMicros": sum.stated.to_string(),
            "oursMicros": sum.ours.to_string(),
            "differenceMicros": (sum.stated - sum.ours).to_string(),
            "reason": done.reason(*kind),
        });
        (kind.as_str().to_owned(), members)
    };
    members.insert("findings".into(), Value::Object(done.tally.kinds.iter().map(finding).collect()));
    let missing = |(age, sum): (&MissingAge, &MissingSum)| {
        (age.as_str().to_owned(), json!({"count": sum.count, "oursMicros": sum.ours.to_string()}))
    };
    members.insert("missing".into(), Value::Object(done.tally.missing.iter().map(missing).collect()));
    let approvals: Vec<Value> = done
        .approvals
        .iter()
        .map(|approval| {
            json!({
                "user": approval.by.as_ref().map(ToString::to_string),
                "automatic": approval.by.is_none(),
                "atMs": approval.at.as_millis(),
                "reasons": approval.reasons,
            })
        })
        .collect();
    members.insert("approvals".into(), Value::Array(approvals));
    members
}
