//! The access token: an assertion of the service account, exchanged at its `token_uri` (RFC 7523 section 2.1;
//! google-booking-server section 8.1).

use serde::Deserialize;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::client::{UpdateFailed, read_bounded, refused_or_failed};
use crate::crypto::ServiceAccount;
use crate::domain::Timestamp;

/// What the token is for.
const SCOPE: &str = "https://www.googleapis.com/auth/mapsbooking";
/// RFC 7523.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// So long before its end a token is no longer used: a call must not arrive with an expired one.
const MARGIN_S: i64 = 60;
/// How long a token is taken to live that does not say it.
const LIFE_S: i64 = 3_600;

#[derive(Clone)]
struct AccessToken {
    text: Zeroizing<String>,
    until: Timestamp,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    /// Recommended only (RFC 6749 section 5.1).
    expires_in: Option<i64>,
}

/// The account and the token that is in use.
pub(super) struct Tokens {
    account: ServiceAccount,
    // Held while a token is fetched: callers who come meanwhile wait for it and ask for none themselves.
    current: Mutex<Option<AccessToken>>,
}

impl Tokens {
    pub(super) fn of(account: ServiceAccount) -> Self {
        Self { account, current: Mutex::new(None) }
    }

    /// A token that is good at `now`.
    pub(super) async fn token(
        &self,
        http: &reqwest::Client,
        now: Timestamp,
    ) -> Result<Zeroizing<String>, UpdateFailed> {
        let mut current = self.current.lock().await;
        if let Some(token) = current.as_ref().filter(|token| now < token.until) {
            return Ok(token.text.clone());
        }
        let token = self.fetch(http, now).await?;
        *current = Some(token.clone());
        Ok(token.text)
    }

    /// Google no longer takes this token.
    pub(super) async fn refused(&self, token: &str) {
        let mut current = self.current.lock().await;
        // Another caller may have a new one already.
        if current.as_ref().is_some_and(|known| known.text.as_str() == token) {
            *current = None;
        }
    }

    async fn fetch(&self, http: &reqwest::Client, now: Timestamp) -> Result<AccessToken, UpdateFailed> {
        let assertion =
            self.account.assertion(SCOPE, now).map_err(|error| UpdateFailed::refused(format!("token: {error}")))?;
        let response = http
            .post(self.account.token_uri().clone())
            .form(&[("grant_type", GRANT), ("assertion", assertion.as_str())])
            .send()
            .await
            .map_err(|error| UpdateFailed::transport("token: ", &error))?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(refused_or_failed("token: ", &response));
        }
        let body = Zeroizing::new(read_bounded(response).await?);
        let answer: TokenAnswer =
            serde_json::from_slice(&body).map_err(|_| UpdateFailed::failed("token: HTTP 200 without access_token"))?;
        let life_s = answer.expires_in.unwrap_or(LIFE_S).saturating_sub(MARGIN_S).max(0);
        Ok(AccessToken {
            text: Zeroizing::new(answer.access_token),
            until: now.plus_millis(life_s.saturating_mul(1000)),
        })
    }
}
