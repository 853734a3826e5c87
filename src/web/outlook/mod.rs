//! Outlook's calls (outlook-payments sections 5 to 8 and 13): the payment pane asks and approves, cards act.
//!
//! All are let in alike: method, bearer token, media type, length, and only then is anything of the body read (section 7.3).

mod actions;
mod complete;
mod request;

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use url::Url;

use super::LONGEST_BODY;
use super::surface::{InvoiceSurface, OutlookSurface, Surface};
use crate::actors::{InvoiceError, Unwritten};
use crate::crypto::{BearerClaims, BearerRefused, bearer_of};
use crate::domain::Timestamp;
use crate::domain::invoice::{InvoiceReference, View};
use crate::protocol::outlook::{
    BearerFailed, JSON_TYPE, OutlookError, Party, Permit, ShownInvoice, UnverifiedContext, check_media_type,
};

/// The routes; only with `[outlook]` (contract section 3).
pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(web::resource("/outlook/payment-request").route(web::to(request::payment_request)))
        .service(web::resource("/outlook/payment-complete").route(web::to(complete::payment_complete)))
        .service(web::resource("/outlook/actions/{action}").route(web::to(actions::action)));
}

/// A call that has to be let in.
struct Arrived<'a> {
    surface: &'a Surface,
    request: &'a HttpRequest,
    unverified: web::Payload,
}

/// A call whose bearer token is genuine, with its body as it came.
struct Call<'a> {
    invoices: &'a InvoiceSurface,
    outlook: &'a OutlookSurface,
    claims: BearerClaims,
    body: web::Bytes,
    now: Timestamp,
}

impl<'a> Arrived<'a> {
    /// Lets a call in (section 7.3 steps 1 to 6, and section 8).
    async fn admit(self) -> Result<Call<'a>, OutlookError> {
        let Self { surface, request, unverified } = self;
        // Without Outlook there is no route that leads here.
        let outlook = surface.invoices.outlook.as_ref().ok_or(OutlookError::UnknownContext)?;
        if request.method() != Method::POST {
            return Err(OutlookError::Method);
        }
        let now = surface.clock.now();
        let claims = caller(outlook, request, now).await?;
        // What cannot be read as text is no type of ours, and not a missing one.
        let media_type = request.headers().get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?"));
        check_media_type(media_type)?;
        let body = match unverified.to_bytes_limited(LONGEST_BODY).await {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => return Err(OutlookError::Malformed("the body broke off")),
            Err(_) => return Err(OutlookError::TooLong),
        };
        Ok(Call { invoices: &surface.invoices, outlook, claims, body, now })
    }
}

/// Who calls, by a bearer token that is genuine.
async fn caller(outlook: &OutlookSurface, request: &HttpRequest, now: Timestamp) -> Result<BearerClaims, OutlookError> {
    // A header that is no text counts, and is none of the right form.
    let headers = request.headers().get_all(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
    let refused = |reason: BearerRefused| {
        tracing::info!(reason = %reason, "refused a call in Outlook's name");
        OutlookError::Unauthorized
    };
    let token = bearer_of(headers).map_err(refused)?;
    outlook.keys.verify(token, &outlook.profile, now).await.map_err(|failed| match failed {
        BearerFailed::Refused(reason) => refused(reason),
        BearerFailed::Unavailable(why) => {
            tracing::warn!(error = %why, "a call in Outlook's name cannot be judged");
            OutlookError::Unavailable
        }
    })
}

impl Call<'_> {
    /// The invoice that a product context names, only for its recipient (section 7.4). An unknown invoice and a wrong nonce
    /// are told alike.
    async fn invoice(&self, context: &UnverifiedContext) -> Result<View, OutlookError> {
        let found = self.invoices.desk.find(&context.reference).await.map_err(unavailable)?;
        let view = found.ok_or(OutlookError::UnknownContext)?;
        context.verify(&view.content)?;
        self.permit(&view)?;
        Ok(view)
    }

    /// Whether the right person acts, from the right mail.
    fn permit(&self, view: &View) -> Result<(), OutlookError> {
        let party = Party {
            sender: &self.outlook.sender,
            recipient: &view.content.recipient.email,
            policy: self.outlook.user_policy,
        };
        if party.permit(&self.claims)? == Permit::OtherUser {
            tracing::warn!(invoice.reference = %view.content.reference, "another user than the recipient acts");
        }
        Ok(())
    }

    /// The link to the invoice's page, good for a week from `since`.
    fn page(&self, reference: &InvoiceReference, since: Timestamp) -> Result<Url, OutlookError> {
        self.invoices.letters.page(reference, since).map_err(unwritten)
    }

    /// The invoice as Outlook is shown it.
    fn shown<'b>(&'b self, view: &'b View, page: &'b Url) -> ShownInvoice<'b> {
        ShownInvoice { account: &self.outlook.account, content: &view.content, page }
    }
}

fn unwritten(error: Unwritten) -> OutlookError {
    tracing::error!(error = %error, "an invoice cannot be shown");
    OutlookError::Unavailable
}

/// The desk has logged what there is to log.
fn unavailable(_error: InvoiceError) -> OutlookError {
    OutlookError::Unavailable
}

/// 200, for a JSON body (section 8).
fn accepted() -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store")).content_type(JSON_TYPE);
    response
}

/// A refusal's status and headers; its body is the caller's matter.
fn refusal(error: OutlookError) -> HttpResponseBuilder {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    if let Some(challenge) = error.challenge() {
        response.insert_header((header::WWW_AUTHENTICATE, challenge));
    }
    if error == OutlookError::Method {
        response.insert_header((header::ALLOW, "POST"));
    }
    if error == OutlookError::Unavailable {
        response.insert_header((header::RETRY_AFTER, "1"));
    }
    response
}

/// What a webhook answers: 200 with its body, or a status with a short plain text (section 8).
fn webhook(answered: Result<String, OutlookError>) -> HttpResponse {
    match answered {
        Ok(body) => accepted().body(body),
        Err(error @ OutlookError::Unauthorized) => refusal(error).finish(),
        Err(error) => refusal(error).content_type("text/plain; charset=utf-8").body(error.body()),
    }
}
