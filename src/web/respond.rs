//! What leaves the public listener: pages, redirects, assets, problems, each with its headers (architecture section 7).

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use maud::Markup;
use url::Url;

use super::pages::{self, Neutral, neutral};
use super::surface::Surface;
use super::texts::{Locale, Texts};
use crate::domain::IssuerId;

/// No script at all, nothing from elsewhere, no frames.
const BASE_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action ";

/// Who looks: their language and method.
pub(super) struct Visitor<'a> {
    surface: &'a Surface,
    pub(super) texts: &'static Texts,
    after_form: bool,
}

impl<'a> Visitor<'a> {
    pub(super) fn of(surface: &'a Surface, request: &HttpRequest) -> Self {
        let wanted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let texts = Texts::of(Locale::from_accept_language(wanted));
        Self { surface, texts, after_form: request.method() == Method::POST }
    }

    /// The same in a language that is known better than from what the browser says.
    pub(super) fn speaking(self, locale: Locale) -> Self {
        Self { texts: Texts::of(locale), ..self }
    }

    /// A page of a payment. `policy` is the whole Content-Security-Policy.
    pub(super) fn page(&self, markup: Markup, policy: &str) -> HttpResponse {
        self.html(StatusCode::OK, markup, policy)
    }

    /// The same with a status of its own.
    pub(super) fn page_as(&self, status: StatusCode, markup: Markup, policy: &str) -> HttpResponse {
        self.html(status, markup, policy)
    }

    /// A page that tells nothing of any payment.
    pub(super) fn neutral(&self, kind: Neutral) -> HttpResponse {
        let status = match kind {
            Neutral::Refused => StatusCode::FORBIDDEN,
            Neutral::Expired => StatusCode::GONE,
            Neutral::NotFound => StatusCode::NOT_FOUND,
            Neutral::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Neutral::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Neutral::BadRequest => StatusCode::BAD_REQUEST,
        };
        let policy = format!("{BASE_POLICY}'none'");
        let mut response = self.html(status, neutral(kind, &self.surface.assets, self.texts), &policy);
        if matches!(kind, Neutral::Unavailable | Neutral::TooMany) {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
        }
        response
    }

    fn html(&self, status: StatusCode, markup: Markup, policy: &str) -> HttpResponse {
        HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CONTENT_LANGUAGE, self.texts.locale().tag()))
            .insert_header((header::VARY, "Accept-Language"))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::REFERRER_POLICY, "no-referrer"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((header::CONTENT_SECURITY_POLICY, policy))
            .body(markup.into_string())
    }

    /// 303 after a form, so that a reload repeats nothing; 302 otherwise (flows-security section 4.2).
    pub(super) fn redirect(&self, to: &Url) -> HttpResponse {
        redirect(if self.after_form { StatusCode::SEE_OTHER } else { StatusCode::FOUND }, to)
    }
}

/// 302.
pub(super) fn found(to: &Url) -> HttpResponse {
    redirect(StatusCode::FOUND, to)
}

fn redirect(status: StatusCode, to: &Url) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::LOCATION, to.as_str()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish()
}

/// The policy of a page with forms. Browsers hold every redirect after a form to `form-action` too, and a bank may send
/// the payer on to hosts of its own: any https target, and those of the configuration that are plain (loopback).
pub(super) fn form_policy(targets: &[&Url], callback: Option<&str>) -> String {
    let callback = callback.and_then(|callback| Url::parse(callback).ok());
    let plain = targets.iter().copied().chain(callback.as_ref()).filter(|url| url.scheme() != "https");
    let mut origins: Vec<String> = plain.map(|url| url.origin().ascii_serialization()).collect();
    origins.sort_unstable();
    origins.dedup();
    format!("{BASE_POLICY}'self' https: {}", origins.join(" ")).trim_end().to_owned()
}

/// `application/problem+json` (RFC 9457).
pub(super) fn problem(status: StatusCode, detail: &str) -> HttpResponse {
    let body = serde_json::json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("Error"),
        "status": status.as_u16(),
        "detail": detail,
    });
    HttpResponse::build(status)
        .content_type("application/problem+json")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body.to_string())
}

pub(super) async fn not_found(surface: web::Data<Surface>, request: HttpRequest) -> HttpResponse {
    Visitor::of(&surface, &request).neutral(Neutral::NotFound)
}

/// `/static/…`: built-in files under addresses that change with their content.
pub(super) async fn asset(surface: web::Data<Surface>, request: HttpRequest) -> HttpResponse {
    let path = request.path();
    let path = path.strip_prefix(surface.path_prefix.as_str()).unwrap_or(path);
    match pages::assets::find(path) {
        Some(found) => {
            let caching = if found.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
            image(found.mime, caching).body(found.bytes)
        }
        None => HttpResponse::NotFound().finish(),
    }
}

/// `/issuers/{issuerId}/logo`
pub(super) async fn logo(surface: web::Data<Surface>, id: web::Path<String>) -> HttpResponse {
    let look = IssuerId::parse(&id).ok().and_then(|id| surface.looks.get(&id));
    match look.and_then(|look| look.logo.as_ref()) {
        Some((bytes, mime)) => image(mime, "public, max-age=3600").body(bytes.clone()),
        None => HttpResponse::NotFound().finish(),
    }
}

fn image(mime: &str, caching: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .content_type(mime)
        .insert_header((header::CACHE_CONTROL, caching))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // A logo is somebody's SVG: opened by itself it must not run anything either.
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"));
    response
}
