//! The payer's pages and forms (contract section 3, "How payers move").

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use url::Url;

use super::pages::{
    Choose, ISSUER_FIELD, Neutral, NotConfirmed, NotConfirmedReason, SEARCH_ABOVE, SEARCH_FIELD, Search,
    TakingYouToBank, choose as choose_page, not_confirmed, taking_you_to_bank,
};
use super::respond::{self, Visitor};
use super::surface::{InvoicePath, PayPath, Surface};
use crate::actors::{Ask, AskError, Asked, Told};
use crate::crypto::{ExpiryCheck, Purpose, SignedUrlError};
use crate::domain::redirect_payment::{
    GoogleStart, Input, Origin, RedirectPayment, Rejection, Reply, Stage, Standing, Terms, Verdict,
};
use crate::domain::{IssuerId, Timestamp, TransactionId};
use crate::issuer::SignedRedirect;
use crate::protocol::google_redirect::complete_url;

/// How the payer got here: it decides what is straight ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    /// From Google, for the first time or again.
    Begin,
    /// Our page's address.
    Page,
    /// The choice form.
    Choose,
    /// The cancel form.
    Cancel,
    /// Back from the issuer.
    Return,
}

/// Where the payer goes from `standing`: straight to the issuer or to Google wherever there is such a target.
pub(super) fn follow(surface: &Surface, visitor: &Visitor<'_>, (standing, entry): (&Standing, Entry)) -> HttpResponse {
    let terms = &*standing.terms;
    let now = surface.clock.now();
    match (&standing.stage, entry) {
        (Stage::Choosing, Entry::Page) => show_choice(surface, visitor, (terms, None)),
        (Stage::Choosing, Entry::Begin | Entry::Choose | Entry::Cancel | Entry::Return) => {
            to_page(surface, visitor, terms)
        }
        (Stage::AtIssuer { issuer, sent_now, until: Some(until) }, entry) if *until > now => match entry {
            Entry::Page if !sent_now => show_at_issuer(surface, visitor, (terms, issuer, *until)),
            // Where another issuer was chosen before, in another tab, that one still holds the payment.
            Entry::Page | Entry::Begin | Entry::Choose | Entry::Cancel | Entry::Return => {
                to_issuer(surface, visitor, (terms, issuer, *until))
            }
        },
        (Stage::Undecided { issuer, differs: true }, Entry::Page | Entry::Return) => {
            show_undecided(surface, visitor, (terms, issuer, NotConfirmedReason::AmountDiffers))
        }
        // The time to pay is over and the issuer is being asked: nobody is sent there to pay any more.
        (Stage::Undecided { issuer, differs: false } | Stage::AtIssuer { issuer, .. }, Entry::Page) => {
            show_undecided(surface, visitor, (terms, issuer, NotConfirmedReason::Pending))
        }
        (Stage::Undecided { differs: true, .. }, Entry::Begin | Entry::Choose | Entry::Cancel) => {
            to_page(surface, visitor, terms)
        }
        (
            Stage::Undecided { issuer, differs: false } | Stage::AtIssuer { issuer, .. },
            Entry::Begin | Entry::Choose | Entry::Cancel | Entry::Return,
        ) => home(surface, visitor, (terms, &Verdict::Pending, Some(issuer))),
        (Stage::Closed { outcome, issuer }, _) => {
            home(surface, visitor, (terms, &Verdict::Final(outcome.clone()), issuer.as_ref()))
        }
    }
}

/// Home, with the outcome or `pending`.
fn home(
    surface: &Surface,
    visitor: &Visitor<'_>,
    (terms, verdict, issuer): (&Terms, &Verdict, Option<&IssuerId>),
) -> HttpResponse {
    match way_home(surface, (terms, verdict, issuer)) {
        Some(url) => visitor.redirect(&url),
        None => visitor.neutral(Neutral::Unavailable),
    }
}

/// Where the payer goes when there is nothing more to do here: to Google with a sealed response (C1), or to the invoice's
/// page, which knows how it stands.
fn way_home(surface: &Surface, (terms, verdict, issuer): (&Terms, &Verdict, Option<&IssuerId>)) -> Option<Url> {
    match &terms.origin {
        Origin::Google(start) => callback(surface, terms.id, (start, verdict, issuer)),
        Origin::Invoice(of) => surface.invoice_link(&of.reference, InvoicePath::Page(None)),
    }
}

fn callback(
    surface: &Surface,
    id: TransactionId,
    (start, verdict, issuer): (&GoogleStart, &Verdict, Option<&IssuerId>),
) -> Option<Url> {
    let google = surface.google.as_ref()?;
    // Checked at the start, and again now: we never redirect to a host that is not on the list any more.
    let callback = google.callback_hosts.check(&start.callback_url).ok()?;
    let (account, _) = google.accounts.find(&start.piaid)?;
    let response = (&start.request_id, Ok((verdict, issuer)));
    match complete_url(&google.accounts, account, &callback, response, surface.clock.now()) {
        Ok(url) => {
            metrics::histogram!("redirect_response_url_bytes").record(url.as_str().len() as f64);
            if url.as_str().len() > 2048 {
                // flows-security section 3.5: alert, still redirect, C2 is the net.
                tracing::warn!(transaction.id = %id, url.bytes = url.as_str().len(), "a callback URL is longer than 2,048 characters");
            }
            Some(url)
        }
        Err(error) => {
            tracing::error!(error = %error, "a callback could not be sealed: check this account's keys");
            None
        }
    }
}

/// Whom the payer may choose from: what the account offers, or for an invoice every issuer, as far as currency and limits fit.
fn offered<'a>(surface: &'a Surface, terms: &Terms) -> Vec<&'a Arc<SignedRedirect>> {
    match &terms.origin {
        Origin::Google(start) => {
            let google = surface.google.as_ref();
            let account = google.and_then(|google| Some((google, google.accounts.find(&start.piaid)?.0)));
            let listed = account.and_then(|(google, account)| google.offers.get(account));
            surface.issuers.fitting(listed.map(Vec::as_slice).unwrap_or_default(), terms.amount)
        }
        Origin::Invoice(_) => surface.issuers.fitting_of_all(terms.amount),
    }
}

/// The policy of a page whose forms lead to `targets` or home.
fn policy(targets: &[&Url], terms: &Terms) -> String {
    respond::form_policy(targets, terms.origin.google().map(|start| start.callback_url.as_str()))
}

fn to_issuer(
    surface: &Surface,
    visitor: &Visitor<'_>,
    (terms, issuer, until): (&Terms, &IssuerId, Timestamp),
) -> HttpResponse {
    match surface.issuers.get(issuer) {
        Some(connector) => visitor.redirect(&connector.authorize(terms, until)),
        None => visitor.neutral(Neutral::Unavailable),
    }
}

fn to_page(surface: &Surface, visitor: &Visitor<'_>, terms: &Terms) -> HttpResponse {
    match surface.pay_link(terms.id, PayPath::Page, terms.link_expires) {
        Some(url) => visitor.redirect(&url),
        None => visitor.neutral(Neutral::Unavailable),
    }
}

fn show_choice(surface: &Surface, visitor: &Visitor<'_>, (terms, searched): (&Terms, Option<&str>)) -> HttpResponse {
    let fitting = offered(surface, terms);
    let targets: Vec<&Url> = fitting.iter().map(|issuer| &issuer.authorize_url).collect();
    let policy = policy(&targets, terms);
    let total = fitting.len();
    let wanted = searched.unwrap_or_default().trim().to_lowercase();
    let issuers = fitting
        .iter()
        .map(|issuer| (issuer.id().clone(), surface.mark(issuer.id())))
        .filter(|(_, mark)| mark.name.to_lowercase().contains(&wanted))
        .collect();
    let search = (total > SEARCH_ABOVE).then(|| Search {
        action: surface.pay_action(terms, PayPath::Search),
        query: searched.unwrap_or_default().trim().chars().take(100).collect(),
        total,
    });
    let view = Choose {
        amount: terms.amount,
        description: terms.description.clone(),
        issuers,
        choose_action: surface.pay_action(terms, PayPath::Choose),
        cancel_action: surface.pay_action(terms, PayPath::Cancel),
        search,
    };
    visitor.page(choose_page(&view, &surface.assets, visitor.texts), &policy)
}

fn show_at_issuer(
    surface: &Surface,
    visitor: &Visitor<'_>,
    (terms, issuer, until): (&Terms, &IssuerId, Timestamp),
) -> HttpResponse {
    let Some(connector) = surface.issuers.get(issuer) else { return visitor.neutral(Neutral::Unavailable) };
    let policy = policy(&[&connector.authorize_url], terms);
    let view = TakingYouToBank {
        issuer: surface.mark(issuer),
        amount: terms.amount,
        continue_url: connector.authorize(terms, until).into(),
        check_again_url: surface.pay_action(terms, PayPath::Page),
        cancel_action: Some(surface.pay_action(terms, PayPath::Cancel)),
    };
    visitor.page(taking_you_to_bank(&view, &surface.assets, visitor.texts), &policy)
}

fn show_undecided(
    surface: &Surface,
    visitor: &Visitor<'_>,
    (terms, issuer, reason): (&Terms, &IssuerId, NotConfirmedReason),
) -> HttpResponse {
    let back = way_home(surface, (terms, &Verdict::Pending, Some(issuer)));
    let view = NotConfirmed {
        amount: terms.amount,
        issuer: surface.mark(issuer),
        reason,
        back_to_shop_url: back.map(String::from),
        check_again_url: Some(surface.pay_action(terms, PayPath::Page)),
    };
    visitor.page(not_confirmed(&view, &surface.assets, visitor.texts), &policy(&[], terms))
}

/// The transaction of a signed address, or the neutral page: 403 for what is not genuine, 410 for what has run out.
fn authentic(
    surface: &Surface,
    visitor: &Visitor<'_>,
    (unverified_id, path): (&str, PayPath),
    request: &HttpRequest,
) -> Result<TransactionId, Box<HttpResponse>> {
    let refused = |kind| Box::new(visitor.neutral(kind));
    let id = TransactionId::parse(unverified_id).map_err(|_| refused(Neutral::Refused))?;
    let check = ExpiryCheck::not_past(surface.clock.now());
    let address = surface.pay_address(id, path);
    surface.links.verify(Purpose::Pay, &address, request.query_string(), check).map_err(|error| match error {
        SignedUrlError::Expired => refused(Neutral::Expired),
        SignedUrlError::Refused(reason) => {
            tracing::info!(reason, "refused a signed URL");
            refused(Neutral::Refused)
        }
    })?;
    Ok(id)
}

/// The standing that an input led to, or the page that says why there is none.
pub(super) fn standing(visitor: &Visitor<'_>, asked: Asked<RedirectPayment>) -> Result<Standing, Box<HttpResponse>> {
    let refused = |kind| Box::new(visitor.neutral(kind));
    match asked.map(Told::into_reply) {
        Ok(Reply::Standing(standing)) => Ok(standing),
        Ok(_) => Err(refused(Neutral::Unavailable)),
        Err(AskError::Rejected(Rejection::Unknown)) => Err(refused(Neutral::NotFound)),
        Err(AskError::Rejected(_) | AskError::IdempotencyViolation | AskError::Refused(_)) => {
            Err(refused(Neutral::Refused))
        }
        Err(AskError::Overloaded | AskError::Unavailable) => Err(refused(Neutral::Unavailable)),
    }
}

/// The payment behind a signed address, as it stands. A link that claims to live longer than its payment's is forged, by
/// whomever the key was given to (contract section 4).
async fn visited(
    surface: &Surface,
    visitor: &Visitor<'_>,
    address: (&str, PayPath),
    request: &HttpRequest,
) -> Result<Standing, Box<HttpResponse>> {
    let id = authentic(surface, visitor, address, request)?;
    let standing = standing(visitor, surface.payments.ask(Ask::plain(id, Input::Visit)).await)?;
    let expires = url::form_urlencoded::parse(request.query_string().as_bytes())
        .find(|(name, _)| name == "exp")
        .and_then(|(_, value)| value.parse::<i64>().ok());
    if expires.is_none_or(|expires| expires > standing.terms.link_expires.as_secs()) {
        return Err(Box::new(visitor.neutral(Neutral::Refused)));
    }
    Ok(standing)
}

/// `GET /pay/{transactionId}`
pub(super) async fn show(surface: web::Data<Surface>, id: web::Path<String>, request: HttpRequest) -> HttpResponse {
    let visitor = Visitor::of(&surface, &request);
    match visited(&surface, &visitor, (&id, PayPath::Page), &request).await {
        Ok(standing) => follow(&surface, &visitor, (&standing, Entry::Page)),
        Err(response) => *response,
    }
}

/// `POST /pay/{transactionId}/cancel`. Its body says nothing, but is bounded like any.
pub(super) async fn cancel(
    surface: web::Data<Surface>,
    id: web::Path<String>,
    request: HttpRequest,
    _unread: web::Bytes,
) -> HttpResponse {
    let visitor = Visitor::of(&surface, &request);
    let work = async {
        let now = visited(&surface, &visitor, (&id, PayPath::Cancel), &request).await?;
        let asked = surface.payments.ask(Ask::plain(now.terms.id, Input::Cancel)).await;
        Ok(follow(&surface, &visitor, (&standing(&visitor, asked)?, Entry::Cancel)))
    };
    work.await.unwrap_or_else(|response: Box<HttpResponse>| *response)
}

/// `POST /pay/{transactionId}/choose`. The address is judged before the form is looked at.
pub(super) async fn choose(
    surface: web::Data<Surface>,
    id: web::Path<String>,
    request: HttpRequest,
    unverified_form: web::Bytes,
) -> HttpResponse {
    let visitor = Visitor::of(&surface, &request);
    let work = async {
        let now = visited(&surface, &visitor, (&id, PayPath::Choose), &request).await?;
        let fitting = offered(&surface, &now.terms);
        let chosen = field(&unverified_form, ISSUER_FIELD).and_then(|text| IssuerId::parse(&text).ok());
        let Some(connector) = chosen.and_then(|id| fitting.into_iter().find(|issuer| *issuer.id() == id)) else {
            // Nothing was chosen, or nothing of the list: back to it.
            return Ok(to_page(&surface, &visitor, &now.terms));
        };
        let input = Input::Choose { issuer: connector.id().clone(), timeout_ms: connector.payment_timeout_ms };
        let asked = surface.payments.ask(Ask::plain(now.terms.id, input)).await;
        Ok(follow(&surface, &visitor, (&standing(&visitor, asked)?, Entry::Choose)))
    };
    work.await.unwrap_or_else(|response: Box<HttpResponse>| *response)
}

/// `POST /pay/{transactionId}/search`: the choice page, narrowed.
pub(super) async fn search(
    surface: web::Data<Surface>,
    id: web::Path<String>,
    request: HttpRequest,
    unverified_form: web::Bytes,
) -> HttpResponse {
    let visitor = Visitor::of(&surface, &request);
    match visited(&surface, &visitor, (&id, PayPath::Search), &request).await {
        Ok(Standing { terms, stage: Stage::Choosing }) => {
            let query = field(&unverified_form, SEARCH_FIELD);
            show_choice(&surface, &visitor, (&terms, query.as_deref()))
        }
        Ok(standing) => follow(&surface, &visitor, (&standing, Entry::Page)),
        Err(response) => *response,
    }
}

/// A field of a plain form.
pub(super) fn field(unverified_form: &[u8], wanted: &str) -> Option<String> {
    url::form_urlencoded::parse(unverified_form).find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}
