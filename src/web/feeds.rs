//! `POST /api/v1/booking/feeds`: merchants, services and availability, in Google's own format (contract section 6).

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::admin::{allowed, not_found, unavailable};
use super::respond::problem;
use super::spool::receive;
use super::statements::{Answered, either, no_store};
use super::surface::Surface;
use crate::actors::{InventoryError, InventoryLoaded};
use crate::protocol::booking_feeds::{FeedFile, FeedKind, InvalidFeed};
use crate::storage::Placed;

/// The body is `{"feeds":[…]}` with the three feeds, or all their shards, in any order; plain or gzip.
pub(super) async fn load(surface: web::Data<Surface>, request: HttpRequest, unverified: web::Payload) -> HttpResponse {
    either(loaded(&surface, &request, unverified).await)
}

async fn loaded(surface: &Surface, request: &HttpRequest, unverified: web::Payload) -> Answered {
    allowed(surface, request, "bookings:write").await?;
    let Some(load) = surface.inventory.clone() else { return Err(not_found().await) };
    let file = receive(request, unverified).await?;
    let files = vec![FeedFile { name: String::new(), file }];
    // A task of its own: a load that has begun is finished, whether or not somebody waits for its answer.
    match actix_rt::spawn(async move { load.run(files).await }).await {
        Ok(Ok(loaded)) => Ok(no_store(told(&loaded))),
        Ok(Err(InventoryError::Refused(why))) => Err(refused(&why)),
        Ok(Err(InventoryError::Storage(error))) => Err(unavailable(&error)),
        Ok(Err(error @ InventoryError::BrokenOff)) => {
            Err(problem(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error}; nothing has changed")))
        }
        Err(error) => {
            tracing::error!(error = %error, "a load of feeds ended abnormally");
            Err(problem(StatusCode::INTERNAL_SERVER_ERROR, "the load ended abnormally"))
        }
    }
}

fn told(loaded: &InventoryLoaded) -> Value {
    let totals = &loaded.totals;
    let mut warnings: Vec<String> = totals.warnings.first.iter().map(ToString::to_string).collect();
    let outcome = match loaded.placed {
        Placed::InForce => "inForce",
        Placed::Known => "alreadyInForce",
        Placed::Older { in_force } => {
            let ours = totals.generation;
            warnings.insert(0, format!("generation_timestamp {ours} is ignored: {in_force} is in force, and newer"));
            "ignored"
        }
    };
    json!({
        "outcome": outcome,
        "generationTimestamp": totals.generation,
        "merchants": totals.merchants,
        "services": totals.services,
        "slots": totals.slots,
        "warnings": warnings,
        "moreWarnings": totals.warnings.more,
    })
}

/// Names feed, entity and field, each in a member of its own as well (RFC 9457, section 3.2).
fn refused(why: &InvalidFeed) -> HttpResponse {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let body = json!({
        "type": "about:blank",
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "detail": format!("{why}; nothing has changed"),
        "file": why.file,
        "feed": why.feed.map(FeedKind::file_name),
        "entity": why.entity,
        "field": why.field,
        "line": why.position.map(|(line, _)| line),
        "column": why.position.map(|(_, column)| column),
        "problem": why.problem,
    });
    HttpResponse::build(status)
        .content_type("application/problem+json")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body.to_string())
}
