//! One call to the merchant, and what came back. Never fails: what went wrong is part of the call.

use std::sync::PoisonError;
use std::time::Duration;

use reqwest::RequestBuilder;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde_json::Value;
use uuid::Builder;

use super::Outlook;
use super::tokens::Actor;
use crate::crypto::random_bytes;

/// How much of an answer is kept.
const LONGEST_SHOWN: usize = 100_000;
/// Section 6.8: the payment webhooks' own limit was never documented; this is where patience ends.
const PAYMENT_LIMIT: Duration = Duration::from_secs(15);
/// Section 13.7: what comes later than that is not looked at.
pub(super) const AUTO_LIMIT: Duration = Duration::from_secs(2);
/// Section 13.7.
pub(super) const ACTION_LIMIT: Duration = Duration::from_secs(15);

/// A call and its answer.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Call {
    /// For people: the event, the action or the path.
    pub(super) what: String,
    pub(super) at_ms: i64,
    pub(super) address: String,
    pub(super) sent: Value,
    /// None: there was no answer.
    pub(super) status: Option<u16>,
    /// Those of the answer's headers that count.
    pub(super) headers: Vec<(String, String)>,
    /// The body, or why there is none.
    pub(super) answer: String,
    /// What the specification has against the answer.
    pub(super) complaints: Vec<String>,
}

impl Call {
    /// The body of a 200, if it is JSON.
    pub(super) fn body(&self) -> Option<Value> {
        if self.status == Some(200) { serde_json::from_str(&self.answer).ok() } else { None }
    }

    /// A header of the answer, named in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The answer's headers that are kept.
const KEPT: [&str; 4] = ["content-type", "www-authenticate", "card-update-in-body", "card-action-status"];

/// What a card's action asks for.
pub(super) struct Action<'a> {
    pub(super) what: &'a str,
    pub(super) url: &'a str,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: &'a str,
    /// `correlationId` of the card.
    pub(super) correlation: Option<&'a str>,
    pub(super) limit: Duration,
}

impl Outlook {
    /// What stands before the webhooks' paths.
    fn webhook(&self, path: &str) -> String {
        format!("{}{path}", self.registered.webhooks.as_str().trim_end_matches('/'))
    }

    fn bearer(&self, actor: &Actor) -> String {
        let forged = self.forging.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.tokens.mint(actor, self.clock.now(), forged)
    }

    /// Calls a webhook of the payment pane (sections 5.1 and 6.1).
    pub(super) async fn webhook_call(&self, (what, path): (&str, &str), actor: &Actor, message: &Value) -> Call {
        let url = self.webhook(path);
        let request = self
            .http
            .post(&url)
            .bearer_auth(self.bearer(actor))
            .header("content-type", "application/json; charset=utf-8")
            .body(message.to_string())
            .timeout(PAYMENT_LIMIT);
        self.call(what, &url, message.clone(), request).await
    }

    /// Carries out an `Action.Http` of a card (section 13.5). Only what is registered is called.
    pub(super) async fn action_call(&self, actor: &Actor, action: Action<'_>) -> Call {
        let sent = serde_json::from_str(action.body).unwrap_or_else(|_| Value::from(action.body));
        let mut request = self.http.post(action.url).bearer_auth(self.bearer(actor)).timeout(action.limit);
        for (name, value) in &action.headers {
            request = request.header(name, value);
        }
        if let Some(correlation) = action.correlation {
            request = request.header("Card-Correlation-Id", correlation);
        }
        let id = Builder::from_random_bytes(random_bytes()).into_uuid().to_string();
        let request = request.header("Action-Request-Id", id).body(action.body.to_owned());
        if !action.url.starts_with(&self.webhook("/")) {
            let answer = "the address is not under a registered one: not called".to_owned();
            return Call { answer, ..self.unanswered(action.what, action.url, sent) };
        }
        self.call(action.what, action.url, sent, request).await
    }

    /// Calls the server's admin API (contract section 6): GET without a body.
    pub(super) async fn administer(&self, path: &str, body: Option<Value>) -> Call {
        let Some(admin) = &self.admin else {
            let answer = "no access to the admin API".to_owned();
            return Call { answer, ..self.unanswered(path, path, Value::Null) };
        };
        let url = format!("{}{path}", admin.url.as_str().trim_end_matches('/'));
        let request = match &body {
            Some(body) => self.http.post(&url).json(body),
            None => self.http.get(&url),
        };
        let request = request.bearer_auth(admin.token.expose_secret());
        self.call(path, &url, body.unwrap_or_default(), request).await
    }

    fn unanswered(&self, what: &str, address: &str, sent: Value) -> Call {
        Call {
            what: what.to_owned(),
            at_ms: self.clock.now().as_millis(),
            address: address.to_owned(),
            sent,
            status: None,
            headers: Vec::new(),
            answer: String::new(),
            complaints: Vec::new(),
        }
    }

    async fn call(&self, what: &str, address: &str, sent: Value, request: RequestBuilder) -> Call {
        let mut call = self.unanswered(what, address, sent);
        match request.send().await {
            Ok(response) => {
                call.status = Some(response.status().as_u16());
                call.headers = KEPT
                    .into_iter()
                    .filter_map(|name| {
                        let value = response.headers().get(name)?;
                        Some((name.to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                    })
                    .collect();
                call.answer = response.text().await.unwrap_or_default().chars().take(LONGEST_SHOWN).collect();
            }
            Err(error) => call.answer = error.without_url().to_string(),
        }
        call
    }
}
