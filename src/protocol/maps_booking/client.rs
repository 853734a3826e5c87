//! Sends updates to Google.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use url::Url;

use super::availability::ServiceWindow;
use super::patch::BookingPatch;
use super::token::Tokens;
use crate::crypto::ServiceAccount;
use crate::domain::Timestamp;

/// What an answer may weigh; nothing in it is needed.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// Where Google is and who we are there.
pub struct MapsBookingSettings {
    /// `https://mapsbooking.googleapis.com` or the sandbox (section 8.1).
    pub endpoint: Url,
    /// Our id at the Actions Center.
    pub partner_id: String,
    /// Without one, updates are sent unauthenticated: for stand-ins on loopback.
    pub service_account: Option<ServiceAccount>,
    /// For one call, its token's included twice at most.
    pub timeout: Duration,
}

/// An update that Google has not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{description}")]
pub struct UpdateFailed {
    /// For the log and the dead letter: a status, never a payload.
    pub description: String,
    /// What Google asked for in `Retry-After`, in milliseconds.
    pub retry_after_ms: Option<i64>,
    /// A 4xx other than 408 and 429: it will not be otherwise soon (section 8.1).
    pub refused: bool,
}

impl UpdateFailed {
    pub(super) fn failed(description: impl Into<String>) -> Self {
        Self { description: description.into(), retry_after_ms: None, refused: false }
    }

    pub(super) fn refused(description: impl Into<String>) -> Self {
        Self { refused: true, ..Self::failed(description) }
    }

    pub(super) fn transport(what: &str, error: &reqwest::Error) -> Self {
        let description = if error.is_timeout() {
            "no answer in time"
        } else if error.is_connect() {
            "no connection"
        } else {
            "the connection broke"
        };
        Self::failed(format!("{what}{description}"))
    }
}

/// The Maps Booking API. Cheap to clone.
#[derive(Clone)]
pub struct MapsBooking(Arc<Inner>);

struct Inner {
    endpoint: Url,
    partner_id: String,
    tokens: Option<Tokens>,
    http: reqwest::Client,
}

impl fmt::Debug for MapsBooking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapsBooking").field("partner_id", &self.0.partner_id).finish_non_exhaustive()
    }
}

impl MapsBooking {
    /// A client of its own: no redirects, host names verified, TLS 1.2 or newer.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(settings: MapsBookingSettings) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(settings.timeout.min(Duration::from_secs(5)))
            .timeout(settings.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("roundtrip")
            .tls_version_min(reqwest::tls::Version::TLS_1_2)
            .build()?;
        Ok(Self(Arc::new(Inner {
            endpoint: settings.endpoint,
            partner_id: settings.partner_id,
            tokens: settings.service_account.map(Tokens::of),
            http,
        })))
    }

    /// `notification.partners.bookings.patch` (sections 8.2 to 8.4). Telling the same twice is harmless.
    ///
    /// # Errors
    /// Google did not take it.
    pub async fn patch_booking(&self, patch: &BookingPatch, now: Timestamp) -> Result<(), UpdateFailed> {
        let (url, body) = self.patch_message(patch);
        self.send((Method::PATCH, url), &body, now).await
    }

    /// Where a patch goes, and what it says.
    pub fn patch_message(&self, patch: &BookingPatch) -> (Url, Value) {
        let written = patch.write(&self.0.partner_id);
        let mut url = self.url(&["notification", "partners", &self.0.partner_id, "bookings", &patch.booking_id]);
        url.set_query(Some(&written.query));
        (url, written.body)
    }

    /// `availability:replace` of one service (section 8.5).
    ///
    /// # Errors
    /// Google did not take it.
    pub async fn replace_availability(&self, window: &ServiceWindow, now: Timestamp) -> Result<(), UpdateFailed> {
        let (url, body) = self.availability_message(window);
        self.send((Method::POST, url), &body, now).await
    }

    /// Where the slots of a service go, and what is said of them.
    pub fn availability_message(&self, window: &ServiceWindow) -> (Url, Value) {
        let (merchant, service) = (window.merchant.as_str(), window.service.as_str());
        let partner = self.0.partner_id.as_str();
        let path =
            ["inventory", "partners", partner, "merchants", merchant, "services", service, "availability:replace"];
        (self.url(&path), window.body())
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.0.endpoint.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1alpha").extend(path);
        }
        url
    }

    async fn send(&self, to: (Method, Url), body: &Value, now: Timestamp) -> Result<(), UpdateFailed> {
        let mut response = self.attempt(&to, body, now).await?;
        // A token may be withdrawn before its time: once, a new one is asked for.
        if response.status() == StatusCode::UNAUTHORIZED && self.0.tokens.is_some() {
            response = self.attempt(&to, body, now).await?;
        }
        if response.status().is_success() {
            // The answer is the updated resource; reading it keeps the connection for the next call.
            return read_bounded(response).await.map(|_resource| ());
        }
        Err(refused_or_failed("", &response))
    }

    async fn attempt(&self, to: &(Method, Url), body: &Value, now: Timestamp) -> Result<Response, UpdateFailed> {
        let Inner { http, tokens, .. } = &*self.0;
        let (method, url) = to;
        let mut request = http.request(method.clone(), url.clone()).json(body);
        let token = match tokens {
            Some(tokens) => Some((tokens, tokens.token(http, now).await?)),
            None => None,
        };
        if let Some((_, token)) = &token {
            request = request.bearer_auth(token.as_str());
        }
        let response = request.send().await.map_err(|error| UpdateFailed::transport("", &error))?;
        if let (StatusCode::UNAUTHORIZED, Some((tokens, token))) = (response.status(), &token) {
            tokens.refused(token).await;
        }
        Ok(response)
    }
}

/// Section 8.1: 429 and 5xx are worth another attempt, other 4xx are not.
pub(super) fn refused_or_failed(what: &str, response: &Response) -> UpdateFailed {
    let status = response.status();
    UpdateFailed {
        description: format!("{what}HTTP {}", status.as_u16()),
        retry_after_ms: retry_after(response.headers()),
        refused: status.is_client_error() && !matches!(status.as_u16(), 408 | 429),
    }
}

/// `Retry-After` in seconds; the date form is treated as absent.
fn retry_after(headers: &reqwest::header::HeaderMap) -> Option<i64> {
    let seconds: i64 = headers.get(reqwest::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    (0..=86_400).contains(&seconds).then(|| seconds.saturating_mul(1000))
}

pub(super) async fn read_bounded(mut response: Response) -> Result<Vec<u8>, UpdateFailed> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| UpdateFailed::transport("", &error))? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(UpdateFailed::failed("the answer is longer than 1 MiB"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
