//! Calls to Google (API section 6): notifications and echo. One attempt each; the outbox decides about the next one.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use url::Url;

use super::read::Object;
use super::skew::ClockSkew;
use super::unseal::{Accounts, LONGEST_ANSWER};
use super::write::{form_of_payment, outcome_json, refund_result_json, timestamp};
use crate::crypto::Carrier;
use crate::domain::redirect_payment::{Outcome, RefundResult};
use crate::domain::{IssuerId, Piaid, RefundId, RequestId, Timestamp};
use crate::protocol::json::{InvalidJson, parse_strict};

/// Where Google is: `https://vgw.googleapis.com/gsp` or the sandbox (API section 1.2).
#[derive(Debug, Clone)]
pub struct GoogleEndpoint(Url);

impl GoogleEndpoint {
    /// The base; a trailing slash makes no difference.
    pub const fn new(base: Url) -> Self {
        Self(base)
    }

    /// The PIAID is the last path segment (checklist URL-1); only `echo` lives under `/v1` (API section 6.1).
    fn method(&self, method: &str, piaid: &Piaid) -> Url {
        let prefix = if method == "echo" { "v1" } else { "redirect-fop-v1" };
        let mut url = self.0.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend([prefix, method, piaid.as_str()]);
        }
        url
    }
}

/// An attempt that did not succeed. None is terminal (flows-security sections 7 and 8.4).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{description}")]
pub struct CallFailed {
    /// For the log and the dead letter: a status and a kind, never a payload.
    pub description: String,
    /// What the peer asked for in `Retry-After`, in milliseconds.
    pub retry_after_ms: Option<i64>,
    /// Refused rather than failed (400, 404 …): worth retrying only slowly.
    pub refused: bool,
    /// Signed by Google, and no strict JSON: it will not be another time.
    pub malformed: bool,
}

impl CallFailed {
    fn transport(error: &reqwest::Error) -> Self {
        let description = if error.is_timeout() {
            "no answer in time"
        } else if error.is_connect() {
            "no connection"
        } else {
            "the connection broke"
        };
        Self { description: description.to_owned(), retry_after_ms: None, refused: false, malformed: false }
    }

    pub(super) fn answer(description: impl Into<String>) -> Self {
        Self { description: description.into(), retry_after_ms: None, refused: false, malformed: false }
    }
}

/// What `echo` brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EchoAnswer {
    /// Whether our text came back unchanged.
    pub same_message: bool,
    /// Google's clock.
    pub responded_at: Timestamp,
}

/// Calls Google for all accounts.
#[derive(Debug, Clone)]
pub struct GoogleClient {
    endpoint: GoogleEndpoint,
    http: reqwest::Client,
    skew: ClockSkew,
}

impl GoogleClient {
    /// `http` must not follow redirects and has the time limits of flows-security section 8.4.
    pub fn new(endpoint: GoogleEndpoint, http: reqwest::Client) -> Self {
        Self { endpoint, http, skew: ClockSkew::default() }
    }

    /// What the answers say about our clock.
    pub fn clock_skew(&self) -> ClockSkew {
        self.skew.clone()
    }

    /// Where a method of an account is called.
    pub fn address(&self, method: &str, piaid: &Piaid) -> Url {
        self.endpoint.method(method, piaid)
    }

    /// C2, `redirectPaymentCompleteNotification` (API section 6.3). `request_id` is the same on every attempt; the
    /// timestamp is fresh.
    pub async fn notify_payment_complete(
        &self,
        accounts: &Accounts,
        notification: &Notification<'_>,
        now: Timestamp,
    ) -> Result<(), CallFailed> {
        let call = (Notification::METHOD, notification.piaid);
        let answer = self.call(accounts, call, &notification.message(now), now).await?;
        acknowledged(&answer)
    }

    /// `refundResultNotification` (API section 6.4). `request_id` is the same on every attempt; the result never changes
    /// (checklist REF-5).
    pub async fn notify_refund_result(
        &self,
        accounts: &Accounts,
        notification: &RefundNotification<'_>,
        now: Timestamp,
    ) -> Result<(), CallFailed> {
        let call = (RefundNotification::METHOD, notification.piaid);
        let answer = self.call(accounts, call, &notification.message(now), now).await?;
        acknowledged(&answer)
    }

    /// `echo` (API section 6.2).
    pub async fn echo(
        &self,
        accounts: &Accounts,
        call: (&Piaid, &RequestId),
        now: Timestamp,
    ) -> Result<EchoAnswer, CallFailed> {
        let (piaid, request_id) = call;
        let message = "roundtrip doctor";
        let body = json!({"requestHeader": header(request_id.as_str(), piaid, now), "clientMessage": message});
        let answer = self.call(accounts, ("echo", piaid), &body, now).await?;
        let root = Object::root(&answer).map_err(|refusal| CallFailed::answer(refusal.to_string()))?;
        let responded_at = root
            .object("responseHeader")
            .and_then(|header| header.timestamp("responseTimestamp"))
            .map_err(|refusal| CallFailed::answer(refusal.to_string()))?;
        Ok(EchoAnswer { same_message: root.text("clientMessage") == Ok(message), responded_at })
    }

    pub(super) async fn call(
        &self,
        accounts: &Accounts,
        (method, piaid): (&str, &Piaid),
        body: &Value,
        now: Timestamp,
    ) -> Result<Value, CallFailed> {
        let (index, account) =
            accounts.find(piaid).ok_or_else(|| CallFailed::answer(format!("account {piaid} is not configured")))?;
        let sealed = accounts
            .seal_json(index, body, Carrier::Body, now)
            .map_err(|error| CallFailed::answer(format!("cannot seal: {error}")))?;
        let began = Instant::now();
        let response = self
            .http
            .post(self.endpoint.method(method, piaid))
            .header(reqwest::header::CONTENT_TYPE, account.keyring.scheme().content_type())
            .body(sealed)
            .send()
            .await
            .map_err(|error| CallFailed::transport(&error))?;
        let status = response.status();
        let retry_after_ms = retry_after(response.headers());
        let unverified = read_bounded(response).await?;
        let opened = accounts.open_answer(index, &unverified, now);
        if let Some(responded) = opened.as_ref().and_then(|opened| opened.as_ref().ok()).and_then(response_timestamp) {
            self.skew.note(now, i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX), responded);
        }
        if status != reqwest::StatusCode::OK {
            // An empty, plain or sealed body alike (checklist ERR-3): the description says which, and no more.
            let kind = match (&opened, unverified.is_empty()) {
                (Some(Ok(answer)), _) => error_member(answer),
                (Some(Err(_)), _) => "a signed body that is no JSON".to_owned(),
                (None, true) => "empty body".to_owned(),
                (None, false) => "generic body".to_owned(),
            };
            let refused = status.is_client_error() && !matches!(status.as_u16(), 408 | 409 | 423 | 429);
            return Err(CallFailed {
                description: format!("HTTP {}, {kind}", status.as_u16()),
                retry_after_ms,
                refused,
                malformed: false,
            });
        }
        match opened {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => Err(CallFailed {
                refused: true,
                malformed: true,
                ..CallFailed::answer(format!("HTTP 200, signed, but {error}"))
            }),
            None => Err(CallFailed::answer("HTTP 200 whose body is not signed by this account's peer")),
        }
    }
}

/// Any member is an acknowledgement: others than `accepted` are UNCONFIRMED (API sections 6.3 and 6.4).
pub(super) fn acknowledged(answer: &Value) -> Result<(), CallFailed> {
    let root = Object::root(answer).map_err(|refusal| CallFailed::answer(refusal.to_string()))?;
    root.require(&["result"]).map_err(|refusal| CallFailed::answer(refusal.to_string()))
}

/// What a refund's result says.
#[derive(Debug)]
pub struct RefundNotification<'a> {
    /// The stable id of this notification.
    pub request_id: &'a str,
    /// The account.
    pub piaid: &'a Piaid,
    /// Our id of the refund.
    pub refund: &'a RefundId,
    /// The order.
    pub refund_request_id: &'a RequestId,
    /// The final result.
    pub result: &'a RefundResult,
}

/// What C2 says.
#[derive(Debug)]
pub struct Notification<'a> {
    /// The stable id of this notification.
    pub request_id: &'a str,
    /// The account.
    pub piaid: &'a Piaid,
    /// The start request.
    pub redirect_request_id: &'a RequestId,
    /// The final outcome.
    pub outcome: &'a Outcome,
    /// The issuer, if one was chosen.
    pub issuer: Option<&'a IssuerId>,
}

impl RefundNotification<'_> {
    /// API section 6.4.
    pub const METHOD: &'static str = "refundResultNotification";

    /// In the clear: what is signed and encrypted when it is sent.
    pub fn message(&self, now: Timestamp) -> Value {
        json!({
            "requestHeader": header(self.request_id, self.piaid, now),
            "paymentIntegratorRefundId": self.refund.to_string(),
            "refundRequestId": self.refund_request_id.as_str(),
            "result": refund_result_json(self.result),
        })
    }
}

impl Notification<'_> {
    /// API section 6.3.
    pub const METHOD: &'static str = "redirectPaymentCompleteNotification";

    /// In the clear: what is signed and encrypted when it is sent.
    pub fn message(&self, now: Timestamp) -> Value {
        json!({
            "requestHeader": header(self.request_id, self.piaid, now),
            "redirectRequestId": self.redirect_request_id.as_str(),
            "result": outcome_json(self.outcome),
            "formOfPayment": form_of_payment(self.issuer),
        })
    }
}

impl Accounts {
    /// Google's answer, if it is signed by a key of this account's peer; an error for one that is no strict JSON.
    fn open_answer(&self, index: usize, unverified: &[u8], now: Timestamp) -> Option<Result<Value, InvalidJson>> {
        let opened = self.open_raw(unverified, now)?;
        if !opened.trusted_by.contains(&index) {
            return None;
        }
        Some(parse_strict(&opened.plaintext))
    }
}

pub(super) fn header(request_id: &str, piaid: &Piaid, now: Timestamp) -> Value {
    json!({
        "requestId": request_id,
        "requestTimestamp": timestamp(now),
        "protocolVersion": {"major": 1},
        "paymentIntegratorAccountId": piaid.as_str(),
    })
}

/// Google's clock, where the answer shows it.
fn response_timestamp(answer: &Value) -> Option<Timestamp> {
    Object::root(answer).ok()?.object("responseHeader").ok()?.timestamp("responseTimestamp").ok()
}

/// The member of `errorResponseResult`: a protocol word, safe to log.
fn error_member(answer: &Value) -> String {
    let result = answer.get("errorResponseResult").and_then(Value::as_object);
    let member = result.and_then(|members| members.keys().next());
    let word: String = member.map_or("", String::as_str).chars().filter(char::is_ascii_alphanumeric).take(60).collect();
    if word.is_empty() { "ErrorResponse".to_owned() } else { word }
}

/// `Retry-After` in seconds; the date form is treated as absent.
fn retry_after(headers: &reqwest::header::HeaderMap) -> Option<i64> {
    let seconds: i64 = headers.get(reqwest::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    (0..=86_400).contains(&seconds).then(|| seconds.saturating_mul(1000))
}

async fn read_bounded(mut response: reqwest::Response) -> Result<Vec<u8>, CallFailed> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| CallFailed::transport(&error))? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(CallFailed::answer("the answer is longer than 32 MiB"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The HTTP client for calls to Google and to issuers: connect 5 s, 30 s in all (flows-security section 8.4), host names
/// verified (checklist TLS-3), TLS 1.2 or newer (TLS-1), no redirects: nobody moves our messages elsewhere.
pub fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(30))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent("roundtrip")
        .tls_version_min(reqwest::tls::Version::TLS_1_2)
        .build()
}
