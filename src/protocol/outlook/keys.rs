//! The keys that Microsoft signs bearer tokens with: fetched, kept for a day, and fetched anew when a token names one that is not
//! known (outlook-payments section 7.3).

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use reqwest::StatusCode;
use tokio::sync::{Mutex, MutexGuard};
use url::Url;

use crate::crypto::{BearerClaims, BearerKeys, BearerProfile, BearerRefused, Discovery, UnverifiedBearer};
use crate::domain::Timestamp;

/// Keys are fetched anew after a day.
const FRESH_MS: i64 = 24 * 3600 * 1000;
/// While the key server is down they are used for so long, as Microsoft's own validators do.
const USABLE_MS: i64 = 5 * FRESH_MS;
/// Unknown keys have them fetched anew so often at most: whoever makes up key names costs one call.
const UNKNOWN_KEY_MS: i64 = 5 * 60 * 1000;
/// After a failure the key server is left alone for so long, if there are keys.
const PAUSE_MS: i64 = 10_000;
/// The same while there are none.
const PAUSE_WITHOUT_KEYS_MS: i64 = 1_000;
/// What an answer may weigh.
const LONGEST_ANSWER: usize = 512 * 1024;

/// Why there are no keys. For the log: a status, never a payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no keys for bearer tokens: {0}")]
pub struct KeysUnavailable(String);

/// Why a bearer token is not honoured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BearerFailed {
    /// 401.
    #[error(transparent)]
    Refused(#[from] BearerRefused),
    /// 503: it cannot be judged.
    #[error(transparent)]
    Unavailable(#[from] KeysUnavailable),
}

/// What a fetch left behind.
#[derive(Default)]
struct Kept {
    keys: Option<(Arc<BearerKeys>, Timestamp)>,
    failed_at: Option<Timestamp>,
    /// When keys were last fetched because of a token that named an unknown one.
    asked_for_unknown: Option<Timestamp>,
}

struct Inner {
    discovery: Url,
    http: reqwest::Client,
    kept: RwLock<Kept>,
    /// Held while keys are fetched: callers who come meanwhile wait for them, or use those that there are.
    fetching: Mutex<()>,
}

/// The published keys. Cheap to clone.
#[derive(Clone)]
pub struct KeySource(Arc<Inner>);

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySource").field("discovery", &self.0.discovery.as_str()).finish_non_exhaustive()
    }
}

impl KeySource {
    /// For a discovery document at an https address, or http on loopback. Connects to nothing yet. `timeout` is for one call.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(discovery: Url, timeout: Duration) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(timeout.min(Duration::from_secs(5)))
            .timeout(timeout)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("roundtrip")
            .tls_version_min(reqwest::tls::Version::TLS_1_2)
            .build()?;
        let (kept, fetching) = (RwLock::default(), Mutex::default());
        Ok(Self(Arc::new(Inner { discovery, http, kept, fetching })))
    }

    /// Judges a bearer token, with keys that are fetched if need be (section 7.3 steps 2 to 6).
    ///
    /// # Errors
    /// It is not honoured, or cannot be judged.
    pub async fn verify(
        &self,
        unverified: &str,
        profile: &BearerProfile,
        now: Timestamp,
    ) -> Result<BearerClaims, BearerFailed> {
        let token = UnverifiedBearer::parse(unverified)?;
        let keys = self.keys(token.kid(), now).await?;
        Ok(profile.verify(&token, &keys, now)?)
    }

    /// The keys, of which one should go by the name `kid`; if none does, no other keys are to be had at present.
    ///
    /// # Errors
    /// There are none.
    pub async fn keys(&self, kid: &str, now: Timestamp) -> Result<Arc<BearerKeys>, KeysUnavailable> {
        let (known, wanted) = self.standing(kid, now);
        let Some(keys) = known else {
            let turn = self.0.fetching.lock().await;
            // Whoever waited for the first keys takes them as they are.
            return match self.standing(kid, now) {
                (Some(keys), _) => Ok(keys),
                (None, _) => self.fetch_unless_there(&turn, (kid, now)).await,
            };
        };
        match wanted {
            Wanted::No => Ok(keys),
            // Old keys serve while new ones are on their way.
            Wanted::Fresh => match self.0.fetching.try_lock() {
                Ok(turn) => self.fetch_unless_there(&turn, (kid, now)).await,
                Err(_) => Ok(keys),
            },
            Wanted::Unknown => {
                let turn = self.0.fetching.lock().await;
                self.fetch_unless_there(&turn, (kid, now)).await
            }
        }
    }

    /// The usable keys, and whether others are wanted now.
    fn standing(&self, kid: &str, now: Timestamp) -> (Option<Arc<BearerKeys>>, Wanted) {
        let kept = self.0.kept.read().unwrap_or_else(PoisonError::into_inner);
        let since = |then: Option<Timestamp>| then.map_or(i64::MAX, |then| now.millis_since(then));
        let Some((keys, fetched_at)) = kept.keys.as_ref().filter(|(_, at)| now.millis_since(*at) < USABLE_MS) else {
            let paused = since(kept.failed_at) < PAUSE_WITHOUT_KEYS_MS;
            return (None, if paused { Wanted::No } else { Wanted::Fresh });
        };
        let wanted = if since(kept.failed_at) < PAUSE_MS {
            Wanted::No
        } else if now.millis_since(*fetched_at) >= FRESH_MS {
            Wanted::Fresh
        } else if !keys.knows(kid) && since(kept.asked_for_unknown) >= UNKNOWN_KEY_MS {
            Wanted::Unknown
        } else {
            Wanted::No
        };
        (Some(keys.clone()), wanted)
    }

    /// With the turn to fetch: another caller may have done it meanwhile.
    async fn fetch_unless_there(
        &self,
        _turn: &MutexGuard<'_, ()>,
        (kid, now): (&str, Timestamp),
    ) -> Result<Arc<BearerKeys>, KeysUnavailable> {
        let (known, wanted) = self.standing(kid, now);
        if matches!(wanted, Wanted::No) {
            return known.ok_or_else(|| KeysUnavailable("the key server failed a moment ago".to_owned()));
        }
        let fetched = self.fetch().await;
        let mut kept = self.0.kept.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(wanted, Wanted::Unknown) {
            // Also when it failed: whoever makes up key names costs one call.
            kept.asked_for_unknown = Some(now);
        }
        match fetched {
            Ok(keys) => {
                let keys = Arc::new(keys);
                kept.keys = Some((keys.clone(), now));
                kept.failed_at = None;
                Ok(keys)
            }
            Err(error) => {
                kept.failed_at = Some(now);
                match known {
                    Some(keys) => {
                        tracing::warn!(%error, "bearer keys could not be fetched: the known ones are used");
                        Ok(keys)
                    }
                    None => Err(error),
                }
            }
        }
    }

    async fn fetch(&self) -> Result<BearerKeys, KeysUnavailable> {
        let invalid = |error: crate::crypto::InvalidKeys| KeysUnavailable(error.to_string());
        let discovery = Discovery::parse(&self.get(&self.0.discovery).await?).map_err(invalid)?;
        BearerKeys::parse(&discovery.issuer, &self.get(&discovery.jwks_uri).await?).map_err(invalid)
    }

    async fn get(&self, url: &Url) -> Result<Vec<u8>, KeysUnavailable> {
        let broken = |error: reqwest::Error| {
            let why = if error.is_timeout() {
                "no answer in time"
            } else if error.is_connect() {
                "no connection"
            } else {
                "the connection broke"
            };
            KeysUnavailable(why.to_owned())
        };
        if !Discovery::may_be_asked(url) {
            return Err(KeysUnavailable("the address is neither https nor loopback".to_owned()));
        }
        let mut response = self.0.http.get(url.clone()).send().await.map_err(broken)?;
        if response.status() != StatusCode::OK {
            return Err(KeysUnavailable(format!("HTTP {}", response.status().as_u16())));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(KeysUnavailable("the answer is longer than 512 KiB".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Whether keys are to be fetched.
#[derive(Clone, Copy)]
enum Wanted {
    No,
    /// There are none, or they are old.
    Fresh,
    /// A token names one that is not known.
    Unknown,
}
