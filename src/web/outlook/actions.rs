//! `POST /outlook/actions/{action}`: what is pressed on a card, and the card drawn anew (outlook-payments sections 13.5 to 13.8).
//!
//! What an action does it does once; the answer is the card as the invoice stands then.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::{Arrived, Call, Surface, accepted, refusal, unavailable, unwritten};
use crate::crypto::recipient_digest;
use crate::domain::Timestamp;
use crate::domain::invoice::View;
use crate::protocol::outlook::{CARD_STATUS, CARD_UPDATE, CardAction, OutlookError, status_sentence, unseal_action};

/// As much of an id of theirs as the log takes, in characters.
const LONGEST_ID: usize = 64;

pub(super) async fn action(
    surface: web::Data<Surface>,
    action: web::Path<String>,
    request: HttpRequest,
    unverified: web::Payload,
) -> HttpResponse {
    let answered = answer(&action, Arrived { surface: &surface, request: &request, unverified }).await;
    let response = match answered {
        Ok(card) => accepted().insert_header(CARD_UPDATE).body(card),
        // A bad token is told nothing (section 13.7).
        Err(error @ (OutlookError::Unauthorized | OutlookError::Method)) => refusal(error).finish(),
        Err(error) => refusal(error).insert_header((CARD_STATUS, status_sentence(error))).finish(),
    };
    note(&request, &action, response.status());
    response
}

async fn answer(segment: &str, arrived: Arrived<'_>) -> Result<String, OutlookError> {
    let call = arrived.admit().await?;
    let action = CardAction::parse(segment).ok_or(OutlookError::UnknownContext)?;
    let unverified_token = unseal_action(&call.body)?;
    let (view, until) = meant(&call, action, &unverified_token).await?;
    let (desk, reference) = (&call.invoices.desk, &view.content.reference);
    let view = match action {
        CardAction::Refresh => view,
        CardAction::Transferred => desk.said_transferred(reference).await.map_err(unavailable)?,
        CardAction::Dispute => desk.dispute(reference).await.map_err(unavailable)?,
    };
    call.invoices.letters.card(&view, call.now, until).map_err(unwritten)?.ok_or(OutlookError::Unavailable)
}

/// The invoice that the service token is for, and until when: this act, this recipient. All that is wrong is told alike (section 13.8).
async fn meant(call: &Call<'_>, action: CardAction, unverified_token: &str) -> Result<(View, Timestamp), OutlookError> {
    let opened = call.outlook.tokens.open(unverified_token, action.act(), call.now);
    let token = opened.map_err(|_| OutlookError::WrongParty)?;
    let found = call.invoices.desk.find(&token.invoice).await.map_err(unavailable)?;
    let ours = |view: &View| recipient_digest(&view.content.recipient.email) == token.recipient;
    let view = found.filter(ours).ok_or(OutlookError::WrongParty)?;
    call.permit(&view)?;
    Ok((view, token.expires))
}

/// Section 13.5: both ids go to the log.
fn note(request: &HttpRequest, action: &str, status: StatusCode) {
    let id = |name: &str| {
        let text = request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        cleaned(text)
    };
    tracing::info!(
        card.action = CardAction::parse(action).map_or("(none)", CardAction::segment),
        card.correlation_id = id("card-correlation-id"),
        card.request_id = id("action-request-id"),
        http.status = status.as_u16(),
        "a card's action was answered"
    );
}

/// Ids are GUIDs: nothing else gets into the log.
fn cleaned(id: &str) -> String {
    id.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').take(LONGEST_ID).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s5_ids_of_theirs_are_bounded_and_clean_in_the_log() {
        assert_eq!(cleaned("0f0c3f0e-6a56-4f4e-9a77-5b9d4f0f2a10"), "0f0c3f0e-6a56-4f4e-9a77-5b9d4f0f2a10");
        assert_eq!(cleaned("a\u{1b}[31m b\"{}ä"), "a31mb");
        assert_eq!(cleaned(&"x".repeat(1_000)).len(), LONGEST_ID);
    }
}
