//! One request and its answer.

use std::fmt;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use url::Url;

use super::wire::{Problem, Refusal};

/// The version of the processor's API that the fields in `wire.rs` and the forms are taken from.
const VERSION: &str = "2024-06-20";
/// What an answer may weigh: a page of a hundred intents with room to spare.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;
/// How often a connection is tried within one call.
const MOST_CONNECTS: u32 = 3;
const BETWEEN_CONNECTS: Duration = Duration::from_millis(50);

/// Where the processor is and who we are there.
#[derive(Clone)]
pub struct StripeSettings {
    /// `https://api.stripe.com`; paths are appended.
    pub endpoint: Url,
    /// `sk_…` or `rk_…`.
    pub secret_key: SecretString,
    /// For one operation in all, however many requests it takes (google-booking-server section 2.5).
    pub timeout: Duration,
}

impl fmt::Debug for StripeSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StripeSettings")
            .field("endpoint", &self.endpoint.as_str())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Settings that no call can be made with.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSettings {
    /// The key has characters that no header can carry.
    #[error("the processor's secret key is not printable ASCII")]
    Key,
    /// The HTTP client cannot be made.
    #[error("cannot make an HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// A call that gave no answer to rely on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFailed {
    /// The processor was not reached: no request of the operation ever left.
    #[error("the processor cannot be reached")]
    NotSent,
    /// The processor is too busy, and has done nothing of the operation.
    #[error("the processor is too busy")]
    Busy {
        /// What it asked for, in milliseconds.
        retry_after_ms: Option<i64>,
    },
    /// The request was sent, and what became of it is not known: ask before doing it again.
    #[error("the processor's answer is missing: {why}")]
    Unknown {
        /// Whether that request moves money. While it is false, nothing was charged, held or given back.
        money: bool,
        /// For the log.
        why: &'static str,
    },
    /// The processor answered about another payment than the one that was asked about: what became of ours is not known.
    #[error("the processor answered about another payment: {intent}")]
    Another {
        /// `pi_…` of the other one.
        intent: String,
    },
    /// An earlier request with the same key is still being worked on.
    #[error("the processor is still working on the same request")]
    InUse,
    /// A no that is none of the payer's: a wrong key, a malformed request.
    #[error("the processor refused the request: HTTP {status}, {code}")]
    Refused {
        /// HTTP.
        status: u16,
        /// The processor's word.
        code: String,
    },
    /// The amount cannot be charged; nothing was sent.
    #[error(transparent)]
    Amount(#[from] super::NotChargeable),
}

impl CallFailed {
    /// The same after an earlier request of the operation: that one may have used up its token, so only the same keys can
    /// go on. It is not known not to have happened.
    pub(super) fn halfway(self) -> Self {
        match self {
            Self::NotSent | Self::Busy { .. } => {
                Self::Unknown { money: false, why: "the processor was lost between two requests" }
            }
            other @ (Self::Unknown { .. }
            | Self::Another { .. }
            | Self::InUse
            | Self::Refused { .. }
            | Self::Amount(_)) => other,
        }
    }

    /// Whether money may have moved all the same: ask what became of the attempt before doing anything else.
    pub const fn may_have_moved_money(&self) -> bool {
        match self {
            // Of the same key, somebody else's request is under way.
            Self::InUse | Self::Another { .. } => true,
            Self::Unknown { money, .. } => *money,
            Self::NotSent | Self::Busy { .. } | Self::Refused { .. } | Self::Amount(_) => false,
        }
    }
}

/// The processor. Cheap to clone.
#[derive(Clone)]
pub struct Stripe {
    endpoint: Url,
    authorization: HeaderValue,
    timeout: Duration,
    http: reqwest::Client,
}

impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripe").field("endpoint", &self.endpoint.as_str()).finish_non_exhaustive()
    }
}

/// The fields of a request, in order.
pub(super) type Form<'a> = Vec<(&'a str, String)>;

/// What a POST is beside its fields.
pub(super) struct Step<'a> {
    /// `Idempotency-Key`: the attempt's key and the step's name.
    pub(super) key: String,
    pub(super) path: &'a [&'a str],
    /// Whether it charges, holds or gives back.
    pub(super) money: bool,
}

/// An answer that can be relied on.
pub(super) enum Answer<T> {
    Done(T),
    /// 400, 402 or 404 with the processor's error object.
    Refused(u16, Problem),
}

impl<T> Answer<T> {
    /// For requests that nobody's card can be the reason to refuse.
    pub(super) fn done(self) -> Result<T, CallFailed> {
        match self {
            Self::Done(value) => Ok(value),
            Self::Refused(status, problem) => Err(refused(status, &problem)),
        }
    }
}

pub(super) fn refused(status: u16, problem: &Problem) -> CallFailed {
    CallFailed::Refused { status, code: problem.word() }
}

/// Until when an operation may take.
#[derive(Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Stripe {
    /// A client for these settings. Calls nobody.
    pub fn new(settings: StripeSettings) -> Result<Self, InvalidSettings> {
        let StripeSettings { endpoint, secret_key, timeout } = settings;
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", secret_key.expose_secret()))
            .map_err(|_| InvalidSettings::Key)?;
        authorization.set_sensitive(true);
        let http = reqwest::Client::builder()
            // Shorter than the whole, so that "never reached" is told from "never answered".
            .connect_timeout(timeout / 2)
            // Before the other side ends it: a request on a connection that is ending would be an unknown outcome.
            .pool_idle_timeout(Duration::from_secs(20))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("roundtrip")
            .tls_version_min(reqwest::tls::Version::TLS_1_2)
            .build()?;
        Ok(Self { endpoint, authorization, timeout, http })
    }

    pub(super) fn deadline(&self) -> Deadline {
        Deadline(Instant::now() + self.timeout)
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        step: Step<'_>,
        form: &Form<'_>,
        deadline: Deadline,
    ) -> Result<Answer<T>, CallFailed> {
        let request = self.http.post(self.url(step.path)).header("idempotency-key", step.key).form(form);
        self.send(request, step.money, deadline).await
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &Form<'_>,
        deadline: Deadline,
    ) -> Result<Answer<T>, CallFailed> {
        self.send(self.http.get(self.url(path)).query(query), false, deadline).await
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.endpoint.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(path);
        }
        url
    }

    async fn send<T: DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
        money: bool,
        Deadline(deadline): Deadline,
    ) -> Result<Answer<T>, CallFailed> {
        let request = request.header(AUTHORIZATION, self.authorization.clone()).header("stripe-version", VERSION);
        let mut connects = 0;
        let mut response = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            // A body that was built in memory can always be sent again.
            let Some(attempt) = request.try_clone().filter(|_| !left.is_zero()) else {
                return Err(CallFailed::NotSent);
            };
            connects += 1;
            match attempt.timeout(left).send().await {
                Ok(response) => break response,
                // A host that did not even answer in half the time is not asked again.
                Err(error) if error.is_connect() && !error.is_timeout() && connects < MOST_CONNECTS => {
                    tokio::time::sleep(BETWEEN_CONNECTS).await;
                }
                Err(error) if error.is_connect() || error.is_builder() => return Err(CallFailed::NotSent),
                Err(error) => return Err(missing(&error, money)),
            }
        };
        let status = response.status();
        let retry_after_ms = retry_after(response.headers());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| missing(&error, money))? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(CallFailed::Unknown { money, why: "it is longer than 8 MiB" });
            }
            body.extend_from_slice(&chunk);
        }
        judge(status, &body, (money, retry_after_ms))
    }
}

fn missing(error: &reqwest::Error, money: bool) -> CallFailed {
    let why = if error.is_timeout() { "none came in time" } else { "the connection broke" };
    CallFailed::Unknown { money, why }
}

/// `Retry-After` in seconds; the date form is treated as absent.
fn retry_after(headers: &HeaderMap) -> Option<i64> {
    let seconds: i64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    (0..=86_400).contains(&seconds).then(|| seconds * 1000)
}

fn judge<T: DeserializeOwned>(
    status: StatusCode,
    body: &[u8],
    (money, retry_after_ms): (bool, Option<i64>),
) -> Result<Answer<T>, CallFailed> {
    if status.is_success() {
        let read = serde_json::from_slice(body);
        return read.map(Answer::Done).map_err(|_| CallFailed::Unknown { money, why: "it is not understood" });
    }
    match status {
        StatusCode::CONFLICT => return Err(CallFailed::InUse),
        StatusCode::TOO_MANY_REQUESTS => return Err(CallFailed::Busy { retry_after_ms }),
        other if other.is_server_error() => {
            return Err(CallFailed::Unknown { money, why: "it is an error of its own" });
        }
        _ => {}
    }
    let problem = serde_json::from_slice::<Refusal>(body).map(|refusal| refusal.error);
    let status = status.as_u16();
    match problem {
        // The same key for something else: our mistake, and the first use of the key stands.
        Ok(problem) if problem.kind.as_deref() == Some("idempotency_error") => {
            Err(CallFailed::Refused { status, code: "idempotency_error".to_owned() })
        }
        Ok(problem) if matches!(status, 400 | 402 | 404) => Ok(Answer::Refused(status, problem)),
        Ok(problem) => Err(refused(status, &problem)),
        Err(_) => Err(CallFailed::Refused { status, code: "unnamed".to_owned() }),
    }
}
