//! The hosted page of an invoice (contract section 3): what its recipient sees and does there, with a signed link and nothing
//! else. Looking changes nothing: mail scanners follow links too (outlook-payments section 13.2).

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use url::form_urlencoded;

use super::invoice_sheet::{Guest, Refused, refused};
use super::pages::{
    ADDRESS_FIELD, COUNTRY_FIELD, Entered, ISSUER_FIELD, LANGUAGE_FIELD, LinkExpired, Neutral, Trouble, WAY_FIELD,
    link_asked, link_expired, link_not_now,
};
use super::pay::{Entry, field, follow, standing};
use super::respond::{Visitor, form_policy};
use super::surface::{InvoicePath, Surface};
use super::texts::Locale;
use crate::actors::{Ask, InvoiceError};
use crate::crypto::{ExpiryCheck, Purpose, SignedUrlError};
use crate::domain::invoice::{Address, InvoiceReference, Payer, RedirectOrder, Rejection, Stage, View, quote};
use crate::domain::redirect_payment::Input;
use crate::domain::{IssuerId, Timestamp};

/// More lines than any address has, and more characters than any line.
const LONGEST_ADDRESS: (usize, usize) = (10, 120);

/// `GET /invoices/{reference}`, and in a language of its own below that.
pub(super) async fn show(surface: web::Data<Surface>, request: HttpRequest) -> HttpResponse {
    let work = async {
        let guest = admit(&surface, &request, InvoicePath::Page(language_of(&request)))?;
        let (guest, looked) = guest.look().await?;
        Ok(guest.sheet(looked, None))
    };
    work.await.unwrap_or_else(|response: Refused| *response)
}

/// `GET /invoices/{reference}/receipt`, and in a language of its own. What is not paid has none.
pub(super) async fn receipt(surface: web::Data<Surface>, request: HttpRequest) -> HttpResponse {
    let work = async {
        let guest = admit(&surface, &request, InvoicePath::Receipt(language_of(&request)))?;
        let (guest, looked) = guest.look().await?;
        match looked.view.stage {
            Stage::Paid { .. } => Ok(guest.receipt(looked.view)),
            Stage::Open | Stage::BeingPaid(_) | Stage::Cancelled { .. } => Ok(guest.to_page()),
        }
    };
    work.await.unwrap_or_else(|response: Refused| *response)
}

/// `POST /invoices/{reference}/pay`: on to the bank or wallet, with the payment that is under way if there is one.
pub(super) async fn pay(
    surface: web::Data<Surface>,
    request: HttpRequest,
    unverified_form: web::Bytes,
) -> HttpResponse {
    let work = async {
        let guest = admit(&surface, &request, InvoicePath::Pay)?.reading(chosen_language(&unverified_form));
        let (guest, looked) = guest.look().await?;
        let order = match order(&surface, &looked.view, &unverified_form) {
            Ok(Some(order)) => order,
            // Nothing was chosen, or nothing is to be paid.
            Ok(None) => return Ok(guest.to_page()),
            Err(trouble) => return Ok(guest.sheet(looked, Some((trouble, entered(&unverified_form))))),
        };
        match surface.invoices.desk.pay_by_redirect(&guest.reference, order).await {
            Ok(payment) => {
                let asked = surface.payments.ask(Ask::plain(payment, Input::Visit)).await;
                let standing = standing(&guest.visitor, asked)?;
                Ok(follow(&surface, &guest.visitor, (&standing, Entry::Choose)))
            }
            Err(InvoiceError::Rejected(Rejection::NotShipped)) => {
                Ok(guest.sheet(looked, Some((Trouble::NotShipped, entered(&unverified_form)))))
            }
            Err(InvoiceError::Rejected(Rejection::TooManyAttempts)) => {
                Ok(guest.sheet(looked, Some((Trouble::TooManyAttempts, Entered::default()))))
            }
            Err(error) => Ok(guest.after(Err(error))),
        }
    };
    work.await.unwrap_or_else(|response: Refused| *response)
}

/// `POST /invoices/{reference}/transferred`: the recipient says that it was paid by transfer.
pub(super) async fn transferred(
    surface: web::Data<Surface>,
    request: HttpRequest,
    unverified_form: web::Bytes,
) -> HttpResponse {
    let work = async {
        let guest = admit(&surface, &request, InvoicePath::Transferred)?.reading(chosen_language(&unverified_form));
        Ok(guest.after(surface.invoices.desk.said_transferred(&guest.reference).await))
    };
    work.await.unwrap_or_else(|response: Refused| *response)
}

/// `POST /invoices/{reference}/dispute`: the recipient says that it is wrong.
pub(super) async fn dispute(
    surface: web::Data<Surface>,
    request: HttpRequest,
    unverified_form: web::Bytes,
) -> HttpResponse {
    let work = async {
        let guest = admit(&surface, &request, InvoicePath::Dispute)?.reading(chosen_language(&unverified_form));
        Ok(guest.after(surface.invoices.desk.dispute(&guest.reference).await))
    };
    work.await.unwrap_or_else(|response: Refused| *response)
}

/// `POST /invoices/{reference}/fresh-link`: a new link goes to the invoice's recipient, and to nobody else. Who asks with a
/// genuine link, however old, is told the same whatever comes of it.
pub(super) async fn fresh_link(surface: web::Data<Surface>, request: HttpRequest, _unread: web::Bytes) -> HttpResponse {
    let visitor = Visitor::of(&surface, &request);
    let policy = form_policy(&[], None);
    let reference = named(&request).filter(|reference| {
        let of_page = |path: &InvoicePath| match signed(&surface, (reference, *path), &request) {
            Ok(_) | Err(SignedUrlError::Expired) => true,
            Err(SignedUrlError::Refused(_)) => false,
        };
        InvoicePath::RUN_OUT.iter().any(of_page)
    });
    let Some(reference) = reference else { return visitor.neutral(Neutral::Refused) };
    match surface.invoices.desk.fresh_link(&reference).await {
        Ok(_) | Err(InvoiceError::Rejected(_)) => visitor.page(link_asked(&surface.assets, visitor.texts), &policy),
        Err(InvoiceError::NoMail) => {
            visitor.page_as(StatusCode::SERVICE_UNAVAILABLE, link_not_now(&surface.assets, visitor.texts), &policy)
        }
        Err(
            InvoiceError::NoProcessor
            | InvoiceError::OtherRequest
            | InvoiceError::Overloaded
            | InvoiceError::Unavailable,
        ) => visitor.neutral(Neutral::Unavailable),
    }
}

/// Who comes with a genuine link to `path`, or the page that says why not: 403 for what is not genuine, 410 with a button for
/// what has run out. Nothing of the invoice is looked at before.
fn admit<'a>(surface: &'a Surface, request: &HttpRequest, path: InvoicePath) -> Result<Guest<'a>, Refused> {
    let visitor = Visitor::of(surface, request);
    let language = language_of(request);
    let visitor = match language {
        Some(locale) => visitor.speaking(locale),
        None => visitor,
    };
    let Some(reference) = named(request) else { return Err(refused(&visitor, Neutral::Refused)) };
    match signed(surface, (&reference, path), request) {
        Ok(expires) => Ok(Guest { surface, visitor, reference, expires, language }),
        Err(SignedUrlError::Expired) => {
            let fresh_link_action = fresh_link_action(surface, &reference, request);
            let page = link_expired(&LinkExpired { fresh_link_action }, &surface.assets, visitor.texts);
            let status = StatusCode::GONE;
            Err(Box::new(visitor.page_as(status, page, &form_policy(&[], None))))
        }
        Err(SignedUrlError::Refused(reason)) => {
            tracing::info!(reason, "refused a signed URL");
            Err(refused(&visitor, Neutral::Refused))
        }
    }
}

/// When a genuine link expires. It carries `exp`, `kid` and `sig`, and nothing else (contract section 6).
fn signed(
    surface: &Surface,
    (reference, path): (&InvoiceReference, InvoicePath),
    request: &HttpRequest,
) -> Result<Timestamp, SignedUrlError> {
    let (address, query) = (surface.invoice_address(reference, path), request.query_string());
    if form_urlencoded::parse(query.as_bytes()).count() != 3 {
        return Err(SignedUrlError::Refused("other parameters than exp, kid and sig"));
    }
    let check = ExpiryCheck::within_a_week(surface.clock.now());
    surface.links.verify(Purpose::Invoice, &address, query, check)?;
    let expires = field(query.as_bytes(), "exp").and_then(|text| text.parse().ok());
    expires.map(Timestamp::from_secs).ok_or(SignedUrlError::Refused("exp is not a number of seconds"))
}

/// Where an old link gets a new one mailed: with its own `exp`, `kid` and `sig`.
fn fresh_link_action(surface: &Surface, reference: &InvoiceReference, request: &HttpRequest) -> String {
    let pairs = form_urlencoded::parse(request.query_string().as_bytes());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let address = surface.invoice_address(reference, InvoicePath::FreshLink);
    // Without its origin: forms stay on the host that the payer sees.
    let path = url::Url::parse(&address).map(|url| url.path().to_owned()).unwrap_or_default();
    format!("{path}?{query}")
}

fn named(request: &HttpRequest) -> Option<InvoiceReference> {
    request.match_info().get("reference").and_then(|text| InvoiceReference::parse(text).ok())
}

/// The language that the path names.
fn language_of(request: &HttpRequest) -> Option<Locale> {
    request.match_info().get("language").and_then(Locale::of_tag)
}

/// The language that the form's page was read in, if it was another than the recipient's.
fn chosen_language(unverified_form: &[u8]) -> Option<Locale> {
    field(unverified_form, LANGUAGE_FIELD).and_then(|tag| Locale::of_tag(&tag))
}

/// What the form asks for, at the price that it has now. `None`: nothing.
fn order(surface: &Surface, view: &View, unverified_form: &[u8]) -> Result<Option<RedirectOrder>, Trouble> {
    let content = &view.content;
    let given = field(unverified_form, ISSUER_FIELD).filter(|text| !text.is_empty());
    let order = |issuer, address, way| RedirectOrder { issuer, address, way, payer: Payer::default() };
    match view.stage {
        // Goes on with what is under way.
        Stage::BeingPaid(_) => return Ok(Some(order(None, None, None))),
        Stage::Paid { .. } | Stage::Cancelled { .. } => return Ok(None),
        Stage::Open => {}
    }
    let chosen = given.as_ref().map(|text| IssuerId::parse(text).ok().and_then(|id| surface.issuers.get(&id)));
    let connector = match chosen {
        Some(Some(connector)) => Some(connector),
        // Nothing of the list: back to it.
        Some(None) => return Ok(None),
        // Sent without a button: the payer chooses on the payment's page.
        None => None,
    };
    let (address, way) = if content.shipping.is_empty() {
        (None, None)
    } else {
        (Some(address(unverified_form)), field(unverified_form, WAY_FIELD).filter(|way| !way.is_empty()))
    };
    let quote = quote(content, address.as_ref(), way.as_deref());
    if quote.pending || quote.refused.is_some() {
        return Err(Trouble::NotShipped);
    }
    let taken = match connector {
        Some(connector) => connector.refuses(quote.total).is_none(),
        None => !surface.issuers.fitting_of_all(quote.total).is_empty(),
    };
    if !taken {
        return Err(Trouble::NotTaken);
    }
    let issuer = connector.map(|connector| (connector.id().clone(), connector.payment_timeout_ms));
    Ok(Some(order(issuer, address, way.map(Arc::from))))
}

/// Where it is to be sent, as far as the form says.
fn address(unverified_form: &[u8]) -> Address {
    let Entered { country, address, .. } = entered(unverified_form);
    let is_code = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    let (most_lines, longest) = LONGEST_ADDRESS;
    let lines = address.lines().map(str::trim).filter(|line| !line.is_empty()).take(most_lines);
    let lines = lines.map(|line| Arc::from(line.chars().take(longest).collect::<String>())).collect();
    Address { country: is_code.then(|| country.into()), lines, ..Address::default() }
}

/// What the form holds, to be shown again.
fn entered(unverified_form: &[u8]) -> Entered {
    let text = |name, longest| -> String {
        let text = field(unverified_form, name).unwrap_or_default();
        text.chars().filter(|c| !c.is_control() || *c == '\n').take(longest).collect()
    };
    Entered { way: text(WAY_FIELD, 64), country: text(COUNTRY_FIELD, 8), address: text(ADDRESS_FIELD, 1_000) }
}
