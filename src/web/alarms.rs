//! Alarms as operators see them (contract section 2).

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::admin::{allowed, person, unavailable};
use super::respond::problem;
use super::statements::either;
use super::surface::Surface;
use crate::actors::{Ask, AskError};
use crate::domain::alarm::{Alarm, AlarmKind, Input, Rejection, State};
use crate::domain::{Machine, Timestamp, TransactionId};
use crate::storage::{Loaded, Store};

/// How many are listed: those that last first.
const MOST_LISTED: u64 = 500;

/// `GET /api/v1/alarms`: those that last, and those that are over.
pub(super) async fn alarms(surface: web::Data<Surface>, request: HttpRequest) -> HttpResponse {
    if let Err(response) = allowed(&surface, &request, "outbox:read").await {
        return response;
    }
    match surface.store.alarms(MOST_LISTED).await {
        Ok(alarms) => {
            let alarms: Vec<Value> = alarms.iter().filter_map(shown).collect();
            HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(json!({"alarms": alarms}))
        }
        Err(error) => unavailable(&error),
    }
}

/// `POST /api/v1/alarms/{alarmId}/end`: a person has looked at a charge that no booking explains. Every other alarm ends by
/// itself, when its cause does.
pub(super) async fn end(surface: web::Data<Surface>, id: web::Path<String>, request: HttpRequest) -> HttpResponse {
    let ended = async {
        let caller = allowed(&surface, &request, "bookings:write").await?;
        let by = person(&surface, &caller).await?;
        let unknown = || problem(StatusCode::NOT_FOUND, "no such alarm");
        let id = TransactionId::parse(&id).map_err(|_| unknown())?;
        let loaded = surface.store.load::<Alarm>(id).await.map_err(|error| unavailable(&error))?;
        let kind = loaded.and_then(|Loaded { state, .. }| state.about().map(|about| about.kind)).ok_or_else(unknown)?;
        if kind != AlarmKind::UnexplainedCharge {
            return Err(problem(StatusCode::CONFLICT, "this alarm ends when its cause does"));
        }
        match surface.alarms.ask(Ask::plain(id, Input::Gone)).await {
            Ok(_) => {
                tracing::info!(alarm.id = %id, user.name = %by, "an alarm was ended");
                Ok(HttpResponse::Accepted().json(json!({"alarmId": id.to_string()})))
            }
            Err(AskError::Rejected(Rejection::Unknown)) => Err(unknown()),
            Err(
                AskError::Refused(_) | AskError::IdempotencyViolation | AskError::Overloaded | AskError::Unavailable,
            ) => Err(problem(StatusCode::SERVICE_UNAVAILABLE, "temporarily unavailable")),
        }
    };
    either(ended.await)
}

fn shown(state: &State) -> Option<Value> {
    let (about, since, last_told, tellings, detail, ended) = match state {
        State::Unheard => return None,
        State::Quiet { about, since, last_told, tellings, ended } => {
            (about, since, last_told, tellings, None, Some(*ended))
        }
        State::Raised { about, since, last_told, tellings, detail } => {
            (about, since, last_told, tellings, Some(detail), None)
        }
    };
    Some(json!({
        "alarmId": about.id.to_string(),
        "kind": about.kind.as_str(),
        "subject": about.subject,
        "title": about.kind.title(),
        "state": Alarm::state_name(state),
        "detail": detail,
        "sinceMs": since.as_millis(),
        "lastToldMs": last_told.as_millis(),
        "tellings": tellings,
        "endedMs": ended.map(Timestamp::as_millis),
    }))
}

/// `alarm_raised{kind}`: how many alarms of each kind last.
pub(super) async fn count(store: &Store) {
    let Ok(raised) = store.raised_alarms().await else { return };
    for kind in AlarmKind::ALL {
        let lasting = raised.iter().filter(|state| state.about().is_some_and(|about| about.kind == kind)).count();
        metrics::gauge!("alarm_raised", "kind" => kind.as_str()).set(lasting as f64);
    }
}
