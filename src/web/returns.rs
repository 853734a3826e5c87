//! `GET /return/{issuerId}`: the browser comes back from the issuer with its signed word (contract section 5).

use actix_web::{HttpRequest, HttpResponse, web};

use super::pages::Neutral;
use super::pay::{Entry, follow, standing};
use super::respond::Visitor;
use super::surface::Surface;
use crate::actors::{Ask, AskError};
use crate::domain::IssuerId;
use crate::domain::redirect_payment::{Input, Rejection};
use crate::issuer::ReturnError;

pub(super) async fn returned(
    surface: web::Data<Surface>,
    unverified_issuer: web::Path<String>,
    request: HttpRequest,
) -> HttpResponse {
    let visitor = Visitor::of(&surface, &request);
    let issuer = IssuerId::parse(&unverified_issuer).ok().and_then(|id| surface.issuers.get(&id));
    let Some(issuer) = issuer else { return visitor.neutral(Neutral::Refused) };
    let (id, report) = match issuer.read_return(request.query_string(), surface.clock.now()) {
        Ok(word) => word,
        Err(error) => {
            tracing::info!(issuer.id = %issuer.id(), reason = %error, "refused a return");
            return visitor.neutral(match error {
                ReturnError::Refused(_) => Neutral::Refused,
                ReturnError::Expired => Neutral::Expired,
                ReturnError::Invalid(_) => Neutral::BadRequest,
            });
        }
    };
    // The issuer's word decides at once; no status call within a return (contract section 5).
    match surface.payments.ask(Ask::plain(id, Input::Report(report))).await {
        Err(AskError::Rejected(Rejection::Unknown | Rejection::NotThisIssuer)) => visitor.neutral(Neutral::Refused),
        asked => match standing(&visitor, asked) {
            Ok(standing) => follow(&surface, &visitor, (&standing, Entry::Return)),
            Err(response) => *response,
        },
    }
}
