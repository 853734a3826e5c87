//! Probes, metrics, and the admin API's view of payments (contract sections 3 and 6).

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::alarms;
use super::respond::problem;
use super::statements::amount;
use super::surface::Surface;
use crate::actors::{Ask, AskError};
use crate::crypto::content_hash;
use crate::domain::redirect_payment::{Input, RedirectPayment, Refund, RefundOrigin, RefundStanding, Rejection, State};
use crate::domain::{Person, RefundId, Role, TransactionId, UserName};
use crate::storage::{AuditActor, AuditNote, AuditOutcome, Codec as _, JournalRow, Overview, StorageError};

pub(super) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// 200 when the database answers.
pub(super) async fn readyz(surface: web::Data<Surface>) -> HttpResponse {
    let asked = surface.readiness.look(&surface.store).await;
    match asked {
        Ok(()) => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"),
        Err(error) => {
            tracing::warn!(error = %error, "the database does not answer");
            HttpResponse::ServiceUnavailable()
                .content_type("text/plain; charset=utf-8")
                .body("the database does not answer\n")
        }
    }
}

pub(super) async fn metrics(surface: web::Data<Surface>) -> HttpResponse {
    metrics::gauge!("payment_actors_resident").set(surface.payments.residents().await as f64);
    if let Ok(figures) = surface.store.outbox_figures().await {
        metrics::gauge!("outbox_waiting").set(figures.waiting as f64);
        metrics::gauge!("outbox_dead_letters").set(figures.parked as f64);
        let age_ms = figures.oldest_created.map_or(0, |oldest| surface.clock.now().millis_since(oldest).max(0));
        metrics::gauge!("outbox_oldest_seconds").set(age_ms as f64 / 1000.0);
    }
    alarms::count(&surface.store).await;
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body((surface.metrics)())
}

pub(super) async fn not_allowed() -> HttpResponse {
    problem(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method")
}

pub(super) async fn not_found() -> HttpResponse {
    problem(StatusCode::NOT_FOUND, "there is nothing at this path")
}

/// Who holds a token that is good for what they ask.
pub(super) struct Caller {
    /// The token's id.
    pub(super) token: uuid::Uuid,
    person: Option<Person>,
}

impl Caller {
    /// The role of a known user.
    fn role(&self) -> Option<Role> {
        self.person.as_ref().and_then(|person| person.role)
    }
}

/// The named person who decides about money: a token without a user is none (contract section 1), and a known user needs
/// the role. A name that `roundtrip user` does not know is one that the operator who made the token vouches for.
pub(super) async fn person(_: &Surface, caller: &Caller) -> Result<UserName, HttpResponse> {
    match &caller.person {
        None => Err(problem(
            StatusCode::FORBIDDEN,
            "a person has to decide this: use a token made with `roundtrip token create --user NAME`",
        )),
        Some(Person { role: Some(role), .. }) if !role.decides_about_money() => {
            Err(problem(StatusCode::FORBIDDEN, "this user's role does not decide about money"))
        }
        Some(Person { name, .. }) => Ok(name.clone()),
    }
}

/// The person behind a token, where there is one: what a merchant's system may do too. A known user still needs the role.
pub(super) fn person_if_known(caller: &Caller) -> Result<Option<UserName>, HttpResponse> {
    match &caller.person {
        None => Ok(None),
        Some(Person { role: Some(role), .. }) if !role.decides_about_money() => {
            Err(problem(StatusCode::FORBIDDEN, "this user's role does not decide about money"))
        }
        Some(Person { name, .. }) => Ok(Some(name.clone())),
    }
}

/// A bearer token with `scope`, or the problem to answer: 401 without a valid token, 403 outside its scopes and outside of
/// what its user's role allows. Whatever changes something stands in the audit log before it is tried.
pub(super) async fn allowed(surface: &Surface, request: &HttpRequest, scope: &str) -> Result<Caller, HttpResponse> {
    let unauthorised = || {
        let mut response =
            problem(StatusCode::UNAUTHORIZED, "a bearer token is required: see `roundtrip token create`");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        response
    };
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = given.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim).ok_or_else(unauthorised)?;
    // Found by its digest: the comparison tells nothing about the token.
    let found = surface.store.find_token(&content_hash(token.as_bytes())).await.map_err(|error| unavailable(&error))?;
    let token = found.filter(|token| token.revoked_at.is_none()).ok_or_else(unauthorised)?;
    let person = surface.store.person_of(&token).await.map_err(|error| unavailable(&error))?;
    let caller = Caller { token: token.id, person };
    let refused = if !token.scopes.split([' ', ',']).any(|held| held == scope) {
        Some(problem(StatusCode::FORBIDDEN, &format!("this token lacks the scope {scope}")))
    } else if caller.role().is_some_and(|role| !role.allows_scope(scope)) {
        Some(problem(StatusCode::FORBIDDEN, &format!("this token's user has a role that does not allow {scope}")))
    } else {
        None
    };
    if scope.ends_with(":write") {
        let outcome = if refused.is_some() { AuditOutcome::Refused } else { AuditOutcome::Asked };
        noted(surface, request, &caller, outcome).await?;
    }
    match refused {
        Some(refused) => Err(refused),
        None => Ok(caller),
    }
}

/// Notes a call in the audit log, by its path: a query may hold what does not belong there. What could not be noted is not
/// done.
async fn noted(
    surface: &Surface,
    request: &HttpRequest,
    caller: &Caller,
    outcome: AuditOutcome,
) -> Result<(), HttpResponse> {
    let person = caller.person.as_ref().map(|person| person.name.clone());
    let template = request.match_pattern().unwrap_or_default();
    let action = format!("{} {template}", request.method());
    let note = AuditNote::new(AuditActor::Token(caller.token, person), action, request.path(), outcome);
    surface.store.note(&note, surface.clock.now()).await.map_err(|error| unavailable(&error))?;
    Ok(())
}

pub(super) fn unavailable(error: &StorageError) -> HttpResponse {
    tracing::error!(error = %error, "storage failed");
    problem(StatusCode::SERVICE_UNAVAILABLE, "temporarily unavailable")
}

/// `GET /api/v1/payments?requestId=…`: the payment that Google started under this id. 404 if there is none; with several
/// accounts that used the same id, a list.
pub(super) async fn find_payments(surface: web::Data<Surface>, request: HttpRequest) -> HttpResponse {
    if let Err(response) = allowed(&surface, &request, "payments:read").await {
        return response;
    }
    let query = url::form_urlencoded::parse(request.query_string().as_bytes());
    let given: Vec<_> = query.filter(|(name, _)| name == "requestId").map(|(_, value)| value.into_owned()).collect();
    let [request_id] = given.as_slice() else {
        return problem(StatusCode::BAD_REQUEST, "requestId: expected the id of the start request, once");
    };
    match surface.store.find_payment(None, request_id).await {
        Ok(found) => match found.as_slice() {
            [] => problem(StatusCode::NOT_FOUND, "no payment was started under this requestId"),
            [one] => whole(&surface, one).await,
            several => {
                let mut payments = Vec::with_capacity(several.len());
                for found in several {
                    match with_history(&surface, found).await {
                        Ok(body) => payments.push(body),
                        Err(error) => return unavailable(&error),
                    }
                }
                HttpResponse::Ok()
                    .insert_header((header::CACHE_CONTROL, "no-store"))
                    .json(json!({"payments": payments}))
            }
        },
        Err(error) => unavailable(&error),
    }
}

/// `GET /api/v1/payments/{transactionId}`
pub(super) async fn payment(surface: web::Data<Surface>, id: web::Path<String>, request: HttpRequest) -> HttpResponse {
    if let Err(response) = allowed(&surface, &request, "payments:read").await {
        return response;
    }
    let Ok(id) = TransactionId::parse(&id) else { return problem(StatusCode::NOT_FOUND, "no such payment") };
    match surface.store.overview(id).await {
        Ok(Some(found)) if found.kind == RedirectPayment::KIND => whole(&surface, &found).await,
        Ok(Some(_) | None) => problem(StatusCode::NOT_FOUND, "no such payment"),
        Err(error) => unavailable(&error),
    }
}

async fn whole(surface: &Surface, found: &Overview) -> HttpResponse {
    match with_history(surface, found).await {
        Ok(body) => HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body),
        Err(error) => unavailable(&error),
    }
}

/// State, amounts, refunds and timeline (contract section 6).
async fn with_history(surface: &Surface, found: &Overview) -> Result<Value, StorageError> {
    let journal = surface.store.journal(found.id).await?;
    let loaded = surface.store.load::<RedirectPayment>(found.id).await?;
    let mut body = brief(found);
    if let Some(members) = body.as_object_mut() {
        members.insert("timeline".into(), journal.iter().map(moment).collect());
        if let Some(State::Paid { refunds, .. } | State::PaidAfterClose { refunds, .. }) =
            loaded.as_ref().map(|loaded| &loaded.state)
        {
            members.insert("refunds".into(), refunds.iter().map(|refund| refunded(found.id, refund)).collect());
        }
    }
    Ok(body)
}

fn refunded(payment: TransactionId, refund: &Refund) -> Value {
    let (state, issuer_reference) = match &refund.standing {
        RefundStanding::AtIssuer { next_ask: None, .. } => ("at_issuer", None),
        RefundStanding::AtIssuer { next_ask: Some(_), .. } => ("pending", None),
        RefundStanding::Refunded { reference, .. } => ("refunded", reference.as_deref()),
        RefundStanding::Refused { moved: false, .. } => ("refused", None),
        RefundStanding::Refused { moved: true, .. } => ("refunded_after_refusal", None),
    };
    let (request_id, by) = match &refund.origin {
        RefundOrigin::Ordered(request_id) => (Some(request_id.as_str()), None),
        RefundOrigin::House(by) => (None, by.as_ref().map(UserName::as_str)),
    };
    json!({
        "refundId": RefundId { payment, number: refund.number }.to_string(),
        "refundRequestId": request_id,
        "orderedBy": by,
        "state": state,
        "issuerRefundReference": issuer_reference,
        "amount": amount(refund.amount),
        "orderedAtMs": refund.ordered_at.as_millis(),
        "toldGoogle": refund.notified,
    })
}

/// `POST /api/v1/payments/{transactionId}/refund`: money that Google knows nothing of goes back to whoever paid it. What
/// Google knows as paid is refunded when Google says so.
pub(super) async fn give_back(
    surface: web::Data<Surface>,
    id: web::Path<String>,
    request: HttpRequest,
) -> HttpResponse {
    let decided = async {
        let caller = allowed(&surface, &request, "refunds:write").await?;
        let by = person(&surface, &caller).await?;
        let unknown = || problem(StatusCode::NOT_FOUND, "no such payment");
        let id = TransactionId::parse(&id).map_err(|_| unknown())?;
        let remember = super::statements::remember(&request, &caller, b"")?;
        let ask = Ask { id, input: Input::GiveBack { by: Some(by) }, remember, settles: None };
        match surface.payments.ask(ask).await {
            Ok(_) => Ok(HttpResponse::Accepted().json(json!({"transactionId": id.to_string()}))),
            Err(AskError::Rejected(Rejection::Unknown)) => Err(unknown()),
            Err(AskError::Rejected(rejection)) => Err(problem(StatusCode::CONFLICT, &rejection.to_string())),
            Err(AskError::IdempotencyViolation | AskError::Refused(_)) => {
                Err(problem(StatusCode::CONFLICT, "Idempotency-Key was used before with different content"))
            }
            Err(AskError::Overloaded | AskError::Unavailable) => {
                Err(problem(StatusCode::SERVICE_UNAVAILABLE, "temporarily unavailable"))
            }
        }
    };
    decided.await.unwrap_or_else(|refused: HttpResponse| refused)
}

/// `GET /api/v1/ledger`: the trial balance, per account and currency.
pub(super) async fn ledger(surface: web::Data<Surface>, request: HttpRequest) -> HttpResponse {
    if let Err(response) = allowed(&surface, &request, "reports:read").await {
        return response;
    }
    match surface.store.ledger_balance().await {
        Ok(balance) => {
            let accounts: Vec<Value> = balance
                .accounts
                .iter()
                .map(|sum| json!({"account": sum.account, "currencyCode": sum.currency, "micros": sum.micros.to_string()}))
                .collect();
            HttpResponse::Ok()
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .json(json!({"accounts": accounts, "balances": balance.is_sound()}))
        }
        Err(error) => unavailable(&error),
    }
}

fn brief(found: &Overview) -> Value {
    json!({
        "transactionId": found.id.to_string(),
        "requestId": found.request_id,
        "paymentIntegratorAccountId": found.account,
        "state": found.state,
        "issuerId": found.issuer,
        "amount": amount(found.amount),
        "refunds": [],
        "attention": found.attention,
        "createdAtMs": found.created_at.as_millis(),
        "updatedAtMs": found.updated_at.as_millis(),
    })
}

pub(super) fn moment(row: &JournalRow) -> Value {
    json!({"seq": row.seq, "event": row.event, "atMs": row.at.as_millis()})
}
