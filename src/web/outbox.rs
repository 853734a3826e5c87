//! Dead letters over the admin API: what could not be sent, what would be sent now, and what becomes of it (contract section 6).

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::admin::{Caller, allowed, person, unavailable};
use super::respond::problem;
use super::statements::{Answered, either, no_store, remember};
use super::surface::Surface;
use crate::actors::{DeadLetter, Description, Hindrance, Preview, Since};
use crate::domain::{EffectLane, Timestamp, TransactionId};
use crate::storage::{DeadLetterFilter, DeadLetterPlace, LetterAct, LetterDecision, OutboxKey};

/// Letters of a list, unless `limit` says otherwise.
const USUAL_LIMIT: u64 = 50;

/// Which dead letters are asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    lane: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

impl Wanted {
    fn filter(&self) -> Result<DeadLetterFilter, HttpResponse> {
        let lane = self.lane.as_deref().map(|name| EffectLane::parse(name).ok_or_else(no_lane)).transpose()?;
        Ok(DeadLetterFilter { lane, ..DeadLetterFilter::default() })
    }

    fn after(&self) -> Result<Option<DeadLetterPlace>, HttpResponse> {
        let place = |cursor: &String| {
            let mut parts = cursor.split('~');
            let (Some(parked), Some(id), Some(number), None) = (parts.next(), parts.next(), parts.next(), parts.next())
            else {
                return None;
            };
            let parked_at = Timestamp::from_millis(parked.parse().ok()?);
            Some(DeadLetterPlace { parked_at, key: key(id, number)? })
        };
        let bad = || problem(StatusCode::BAD_REQUEST, "cursor: expected the nextCursor of an earlier answer");
        self.cursor.as_ref().map(|cursor| place(cursor).ok_or_else(bad)).transpose()
    }
}

fn no_lane() -> HttpResponse {
    let lanes = EffectLane::ALL.map(EffectLane::as_str).join(", ");
    problem(StatusCode::BAD_REQUEST, &format!("lane: expected one of {lanes}"))
}

fn key(id: &str, number: &str) -> Option<OutboxKey> {
    Some(OutboxKey { transaction: TransactionId::parse(id).ok()?, number: number.parse().ok()? })
}

fn unknown() -> HttpResponse {
    problem(StatusCode::NOT_FOUND, "no such dead letter")
}

/// `GET /api/v1/outbox/dead-letters`: the longest parked first.
pub(super) async fn list(
    surface: web::Data<Surface>,
    request: HttpRequest,
    wanted: web::Query<Wanted>,
) -> HttpResponse {
    let listed = async {
        allowed(&surface, &request, "outbox:read").await?;
        let limit @ 1..=1_000 = wanted.limit.unwrap_or(USUAL_LIMIT) else {
            return Err(problem(StatusCode::BAD_REQUEST, "limit: expected 1 to 1000"));
        };
        let (filter, after) = (wanted.filter()?, wanted.after()?);
        let found = surface.dead_letters.list(&filter, after, limit).await.map_err(|error| unavailable(&error))?;
        let next = found.last().filter(|_| found.len() as u64 == limit).and_then(cursor);
        Ok(no_store(json!({"deadLetters": found.iter().map(brief).collect::<Vec<_>>(), "nextCursor": next})))
    };
    either(listed.await)
}

fn cursor(last: &DeadLetter) -> Option<String> {
    let parked_at = last.parked_at?;
    Some(format!("{}~{}~{}", parked_at.as_millis(), last.key.transaction, last.key.number))
}

fn brief(letter: &DeadLetter) -> Value {
    json!({
        "transactionId": letter.key.transaction.to_string(),
        "number": letter.key.number,
        "kind": letter.kind,
        "lane": letter.lane,
        "idempotencyKey": letter.idempotency_key,
        "attempts": letter.attempts,
        "lastError": letter.last_error,
        "createdAtMs": letter.created_at.as_millis(),
        "tryingSinceMs": letter.trying_since.as_millis(),
        "parkedAtMs": letter.parked_at.map(Timestamp::as_millis),
        "movesMoney": letter.moves_money,
    })
}

/// `GET /api/v1/outbox/dead-letters/{transactionId}/{number}`: with what would be sent now.
pub(super) async fn show(
    surface: web::Data<Surface>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> HttpResponse {
    let shown = async {
        allowed(&surface, &request, "outbox:read").await?;
        let key = key(&path.0, &path.1).ok_or_else(unknown)?;
        let preview = surface.dead_letters.preview(key).await.map_err(|error| unavailable(&error))?;
        Ok(no_store(whole(&preview.ok_or_else(unknown)?)))
    };
    either(shown.await)
}

fn whole(preview: &Preview) -> Value {
    let mut body = brief(&preview.letter);
    if let Some(members) = body.as_object_mut() {
        let stored = preview.stored.iter().map(|(name, value)| json!({"name": name, "value": value}));
        members.insert("ageMs".into(), preview.age_ms.into());
        members.insert("stored".into(), stored.collect());
        members.insert("wouldSend".into(), preview.now.as_ref().map(described).into());
    }
    body
}

fn described(now: &Description) -> Value {
    let members = now.members.iter().map(|member| {
        let since = match member.since {
            Since::Decided => "decided",
            Since::Now => "now",
        };
        json!({"name": member.name, "value": member.value, "since": since})
    });
    let hindrance = now.hindrance.as_ref().map(|hindrance| match hindrance {
        Hindrance::NotConfigured(key) => json!({"kind": "not_configured", "detail": key}),
        Hindrance::NotTrueAnyMore => json!({"kind": "not_true_any_more", "detail": null}),
        Hindrance::TokenGone => json!({"kind": "token_gone", "detail": null}),
        Hindrance::Unwritten(why) => json!({"kind": "unwritten", "detail": why}),
    });
    json!({"to": now.to, "what": now.what, "members": members.collect::<Vec<_>>(), "hindrance": hindrance})
}

/// `POST /api/v1/outbox/dead-letters/{transactionId}/{number}/retry`: due now, with a new series of attempts.
pub(super) async fn retry(
    surface: web::Data<Surface>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let retried = async {
        let caller = allowed(&surface, &request, "outbox:write").await?;
        let key = key(&path.0, &path.1).ok_or_else(unknown)?;
        decided(&surface, (LetterAct::Retry, key), (&request, &caller, &body)).await
    };
    either(retried.await)
}

/// `POST /api/v1/outbox/dead-letters/{transactionId}/{number}/discard`: it is never sent. One that moves money, or tells what
/// became of money, a named person has to give up who decides about money.
pub(super) async fn discard(
    surface: web::Data<Surface>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let discarded = async {
        let caller = allowed(&surface, &request, "outbox:write").await?;
        let key = key(&path.0, &path.1).ok_or_else(unknown)?;
        decided(&surface, (LetterAct::Discard, key), (&request, &caller, &body)).await
    };
    either(discarded.await)
}

async fn decided(
    surface: &Surface,
    (act, key): (LetterAct, OutboxKey),
    (request, caller, body): (&HttpRequest, &Caller, &[u8]),
) -> Answered {
    let remember = remember(request, caller, body)?;
    if let Some(remember) = &remember {
        // The letter is gone by then.
        let before = surface.dead_letters.recall(remember).await.map_err(|error| unavailable(&error))?;
        if let Some(before) = before {
            return told((act, key), before);
        }
    }
    if act == LetterAct::Discard {
        let letter = surface.dead_letters.find(key).await.map_err(|error| unavailable(&error))?;
        if letter.ok_or_else(unknown)?.moves_money {
            person(surface, caller).await?;
        }
    }
    let decision = surface.dead_letters.decide((act, key), remember.as_ref()).await;
    told((act, key), decision.map_err(|error| unavailable(&error))?)
}

fn told((act, key): (LetterAct, OutboxKey), decision: LetterDecision) -> Answered {
    let state = match act {
        LetterAct::Retry => "waiting",
        LetterAct::Discard => "discarded",
    };
    match decision {
        LetterDecision::Decided => tracing::info!(outbox.key = %key, state, "a person decided about a dead letter"),
        LetterDecision::Replayed => {}
        LetterDecision::Unknown => return Err(unknown()),
        LetterDecision::KeyUsed => {
            return Err(problem(StatusCode::CONFLICT, "Idempotency-Key was used before with different content"));
        }
    }
    Ok(HttpResponse::Accepted()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(json!({"transactionId": key.transaction.to_string(), "number": key.number, "state": state})))
}
