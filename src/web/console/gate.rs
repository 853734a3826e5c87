//! What stands before every page of the console: who comes, whether they may, whether the form is ours, and what the audit
//! log has to know before anything is done. Denies by default.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::cookie::time::Duration as CookieLife;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpResponse, web};

use super::PREFIX;
use super::form::Fields;
use super::frame;
use super::routes::{self, Needs, Route, Verb, routes};
use super::signed::{At, CSRF, Signed, Token};
use super::trouble::Trouble;
use super::words::Words;
use crate::crypto::random_token;
use crate::people::{NewSession, Session, Stage};
use crate::storage::{AuditActor, AuditNote, AuditOutcome};
use crate::web::locale::Locale;
use crate::web::slow::too_slow;
use crate::web::surface::Surface;

/// The cookie of the session.
pub(super) const COOKIE: &str = "roundtrip_console";
/// The cookie by which a browser is known again that somebody has signed in with.
const KNOWN: &str = "roundtrip_known";
/// How many fields of a form the audit log keeps, and how much of each, in characters.
const MOST_NOTED: usize = 24;
const LONGEST_NOTED: usize = 300;
/// What somebody may do whose password somebody else has chosen: choose another, and leave.
const BEFORE_A_PASSWORD: [&str; 4] = ["/account", "/account/password", "/account/sessions", "/sign-out"];
/// The cookie of the language.
const LANGUAGE: &str = "roundtrip_language";
/// The language link's parameter.
const LANGUAGE_PARAMETER: &str = "lang";
/// Scripts and styles of our own alone; no frames; forms stay here.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The middleware of the console.
pub(super) async fn gate(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(surface) = request.app_data::<web::Data<Surface>>().cloned() else {
        return Ok(request.into_response(HttpResponse::ServiceUnavailable()).map_into_boxed_body());
    };
    let language = language(&request);
    let (token, drawn) = match request.cookie(COOKIE) {
        Some(cookie) if !cookie.value().is_empty() => (cookie.value().to_owned(), false),
        _ => (random_token(), true),
    };
    let at = At {
        words: Words::of(language),
        path: request.path().to_owned(),
        page: page_of(&request),
        query: request.query_string().to_owned(),
        token: Token(token),
        unverified_mark: request.cookie(KNOWN).map(|cookie| Token(cookie.value().to_owned())),
    };
    let admitted = admit(&surface, &mut request, &at).await;
    let signed = request.extensions().get::<Signed>().cloned();
    let mut response = match admitted {
        Ok(()) => next.call(request).await?.map_into_boxed_body(),
        Err(turned) => {
            let response = match turned {
                Turned::Away(response) => response,
                Turned::Trouble(trouble) => HttpResponse::from_error(trouble),
            };
            // With its error, from which the page is drawn: `into_response` would drop it.
            ServiceResponse::new(request.into_parts().0, response)
        }
    };
    let trouble = response.response().error().and_then(|error| error.as_error::<Trouble>()).cloned();
    if let Some(mut trouble) = trouble {
        if trouble == Trouble::Body && too_slow(response.request()) {
            trouble = Trouble::TooSlow;
        }
        note_refusal(&surface, response.request(), signed.as_ref(), &trouble).await;
        let drawn = frame::trouble(&at, signed.as_ref(), &trouble);
        response = response.into_response(drawn).map_into_boxed_body();
    }
    protect(&mut response, &surface, (language, drawn.then_some(&at.token)));
    Ok(response)
}

/// Why a request goes no further.
enum Turned {
    Away(HttpResponse),
    Trouble(Trouble),
}

impl From<Trouble> for Turned {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

async fn admit(surface: &Surface, request: &mut ServiceRequest, at: &At) -> Result<(), Turned> {
    let route = found(request);
    let needs = route.map_or(Needs::SignedIn, |route| route.needs);
    let session = match needs {
        Needs::Nothing => None,
        Needs::SigningIn | Needs::SignedIn | Needs::Capability(_) | Needs::Either(..) => {
            surface.console.people.session(&at.token.0).await.map_err(Trouble::from)?
        }
    };
    request.extensions_mut().insert(at.clone());
    match (needs, session) {
        (Needs::Nothing, _) => {}
        (Needs::SigningIn, Some(session)) if session.stage != Stage::Full => {
            request.extensions_mut().insert(session);
        }
        // A password that somebody else has chosen opens nothing but the way to another.
        (Needs::SignedIn | Needs::Capability(_) | Needs::Either(..), Some(session))
            if session.stage == Stage::Full
                && session.must_change_password
                && !route.is_some_and(|route| BEFORE_A_PASSWORD.contains(&route.path)) =>
        {
            return Err(Turned::Away(see_other(&format!("{PREFIX}/account?done=new-password-needed"))));
        }
        (Needs::SignedIn, Some(session)) if session.stage == Stage::Full => signed_in(request, at, session),
        (Needs::Capability(_) | Needs::Either(..), Some(session)) if session.stage == Stage::Full => {
            let role = session.role;
            signed_in(request, at, session);
            if !needs.allows(role) {
                return Err(Trouble::Forbidden.into());
            }
        }
        (Needs::SigningIn | Needs::SignedIn | Needs::Capability(_) | Needs::Either(..), _) => {
            return Err(to_sign_in(request).map_or(Turned::Trouble(Trouble::Forbidden), Turned::Away));
        }
    }
    let Some(route) = route else { return Ok(()) };
    if let Verb::Post { act, fields } = route.verb {
        of_our_own_page(request)?;
        let noted = match fields {
            routes::Fields::File => None,
            routes::Fields::Noted | routes::Fields::Secret => Some(read_form(request, at).await?),
        };
        let told = noted.filter(|_| fields == routes::Fields::Noted);
        let signed = request.extensions().get::<Signed>().cloned();
        if let Some(signed) = signed {
            let note = note(&signed, (act, &at.path), AuditOutcome::Asked, told.as_ref());
            surface.console.people.note(note).await.map_err(Trouble::from)?;
        }
    }
    Ok(())
}

fn signed_in(request: &ServiceRequest, at: &At, session: Session) {
    let signed = Signed { user: session.user.clone(), role: session.role, at: at.clone(), session };
    request.extensions_mut().insert(signed);
}

/// The row of the table for this request.
fn found(request: &ServiceRequest) -> Option<&'static Route> {
    let pattern = request.match_pattern()?;
    let path = pattern.strip_prefix(PREFIX)?;
    routes().find(|route| route.path == path && route.method() == request.method().as_str())
}

/// The page that a request is about: a form's address may only take forms, and then stands below the form's page.
fn page_of(request: &ServiceRequest) -> String {
    let path = request.path();
    let shown = |route: &Route| routes().any(|other| other.path == route.path && other.verb == Verb::Get);
    match found(request) {
        Some(route) if !shown(route) => path.rsplit_once('/').map_or(path, |(above, _)| above).to_owned(),
        Some(_) | None => path.to_owned(),
    }
}

/// Whoever looks is led to the sign-in, and back; whoever sends a form is not.
fn to_sign_in(request: &ServiceRequest) -> Option<HttpResponse> {
    if request.method() != Method::GET {
        return None;
    }
    let here = request.uri().path_and_query().map_or(request.path(), |here| here.as_str());
    let back: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
    let to = if here == format!("{PREFIX}/") {
        format!("{PREFIX}/sign-in")
    } else {
        format!("{PREFIX}/sign-in?next={back}")
    };
    Some(see_other(&to))
}

/// 303, for after a form.
pub(super) fn see_other(to: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, to)).finish()
}

/// What browsers say of where a form comes from. Old ones say nothing: for them the CSRF token stands alone.
fn of_our_own_page(request: &ServiceRequest) -> Result<(), Trouble> {
    let said = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("?").to_owned());
    if said("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(Trouble::Forged);
    }
    let host = said("host").unwrap_or_default();
    match said("origin") {
        Some(origin) if origin.split_once("://").is_none_or(|(_, authority)| authority != host) => Err(Trouble::Forged),
        Some(_) | None => Ok(()),
    }
}

/// Reads the form, holds its CSRF token against the session, and leaves its fields to the handler.
async fn read_form(request: &mut ServiceRequest, at: &At) -> Result<Fields, Trouble> {
    let body = request.extract::<web::Bytes>().await.map_err(|_| Trouble::Body)?;
    let fields = Fields::parse(&body).ok_or(Trouble::Body)?;
    if !fields.raw(CSRF).is_some_and(|given| at.csrf_fits(given)) {
        return Err(Trouble::Forged);
    }
    request.set_payload(Payload::None);
    request.extensions_mut().insert(fields.clone());
    Ok(fields)
}

fn note(
    signed: &Signed,
    (act, path): (&'static str, &str),
    outcome: AuditOutcome,
    fields: Option<&Fields>,
) -> AuditNote {
    let told = fields.map(|fields| {
        let fields = fields.iter().filter(|(name, value)| *name != CSRF && !value.is_empty());
        let noted = fields.take(MOST_NOTED).map(|(name, value)| (cut(name), cut(value).into()));
        serde_json::Value::Object(noted.collect())
    });
    AuditNote {
        actor: AuditActor::User(signed.user.clone()),
        action: act.to_owned(),
        subject: path.strip_prefix(PREFIX).unwrap_or(path).to_owned(),
        outcome,
        detail: told.unwrap_or(serde_json::Value::Null),
    }
}

/// The log is kept for ever: what stands there of a form is enough to know what was asked, and no more.
fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST_NOTED).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// A refusal stands in the audit log, too: what was tried matters as much as what was done.
async fn note_refusal(surface: &Surface, request: &actix_web::HttpRequest, signed: Option<&Signed>, trouble: &Trouble) {
    let Some(signed) = signed else { return };
    let pattern = request.match_pattern();
    let route = pattern
        .as_deref()
        .and_then(|pattern| pattern.strip_prefix(PREFIX))
        .and_then(|path| routes().find(|route| route.path == path && route.method() == request.method().as_str()));
    let act = match route.map(|route| route.verb) {
        Some(Verb::Post { act, .. }) => act,
        Some(Verb::Get) if *trouble == Trouble::Forbidden => "page.look",
        Some(Verb::Get) | None => return,
    };
    let mut refused = note(signed, (act, request.path()), AuditOutcome::Refused, None);
    refused.detail = serde_json::json!({"status": trouble.status().as_u16()});
    if let Err(error) = surface.console.people.note(refused).await {
        tracing::error!(error = %error, "a refusal could not be noted in the audit log");
    }
}

/// The headers of every answer, and the cookies.
fn protect(response: &mut ServiceResponse<BoxBody>, surface: &Surface, (language, drawn): (Locale, Option<&Token>)) {
    let asked = response.request().query_string().to_owned();
    let set = |name, value: &str| {
        let cookie = Cookie::build(name, value.to_owned());
        cookie.path(PREFIX).http_only(true).secure(surface.console.secure).same_site(SameSite::Strict).finish()
    };
    let already = response.headers().contains_key(header::SET_COOKIE);
    let mut cookies = Vec::new();
    if let Some(token) = drawn.filter(|_| !already) {
        cookies.push(set(COOKIE, &token.0));
    }
    if Fields::parse(asked.as_bytes()).is_some_and(|fields| fields.text(LANGUAGE_PARAMETER).is_some()) {
        let mut cookie = set(LANGUAGE, language.tag());
        cookie.set_max_age(CookieLife::days(365));
        cookies.push(cookie);
    }
    for cookie in cookies {
        if let Ok(value) = header::HeaderValue::from_str(&cookie.to_string()) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    let headers = response.headers_mut();
    let fixed = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // To ourselves browsers say where a form comes from; to nobody else anything.
        (header::REFERRER_POLICY, "same-origin"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_LANGUAGE, header::HeaderValue::from_static(language.tag()));
}

/// The session's cookie, for the answer that begins one; an empty token ends it.
pub(super) fn session_cookie(surface: &Surface, token: &str) -> Cookie<'static> {
    let mut cookie = Cookie::build(COOKIE, token.to_owned())
        .path(PREFIX)
        .http_only(true)
        .secure(surface.console.secure)
        .same_site(SameSite::Strict)
        .finish();
    if token.is_empty() {
        cookie.set_max_age(CookieLife::ZERO);
    }
    cookie
}

/// Hands a new session to the browser, and after a whole sign-in what it is known by from then on. A cookie that cannot be
/// written is no session: the next page asks again.
pub(super) fn let_in(surface: &Surface, session: &NewSession, response: &mut HttpResponse) {
    let _unwritable = response.add_cookie(&session_cookie(surface, &session.token));
    if let Some(mark) = &session.browser {
        let mut cookie = session_cookie(surface, mark);
        cookie.set_name(KNOWN);
        cookie.set_max_age(CookieLife::days(365));
        let _unwritable = response.add_cookie(&cookie);
    }
}

/// The language that was just chosen, else the one that was chosen before, else the browser's.
fn language(request: &ServiceRequest) -> Locale {
    let fields = Fields::parse(request.query_string().as_bytes()).unwrap_or_default();
    let chosen = fields.text(LANGUAGE_PARAMETER).and_then(Locale::of_tag);
    let kept = || request.cookie(LANGUAGE).and_then(|cookie| Locale::of_tag(cookie.value()));
    let browser = || {
        let wanted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Locale::from_accept_language(wanted)
    };
    chosen.or_else(kept).unwrap_or_else(browser)
}

/// The status of a page with trouble; here so that the frame needs not know HTTP.
pub(super) fn with_status(status: StatusCode, page: String) -> HttpResponse {
    HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page)
}
