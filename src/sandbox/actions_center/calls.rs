//! Google as the caller: one request and what came back. Never fails: what went wrong is part of the exchange.

use std::sync::{MutexGuard, PoisonError};

use reqwest::RequestBuilder;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::Center;
use super::book::{Exchange, Record};
use super::catalog::Catalog;
use crate::sandbox::journal::JournalError;

/// How much of an answer is kept.
const LONGEST_SHOWN: usize = 100_000;

impl Center {
    /// What the feeds and updates say.
    pub(super) fn catalog(&self) -> MutexGuard<'_, Catalog> {
        self.catalog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls a method of the booking server (section 2).
    pub(super) async fn call(&self, method: &str, message: Value) -> Exchange {
        let url = format!("{}/v3/{method}/", self.booking_server.as_str().trim_end_matches('/'));
        let (user, password) = &self.credentials;
        let request = self.http.post(url).basic_auth(user, Some(password.expose_secret()));
        self.exchange(method.to_owned(), request, message).await
    }

    /// Calls the booking server's admin API about a booking (contract section 6).
    pub(super) async fn administer(&self, booking: &str, what: &str, body: Value) -> Exchange {
        let path = format!("/api/v1/bookings/{booking}/{what}");
        let Some(admin) = &self.admin else {
            let at_ms = self.clock.now().as_millis();
            let answer = "no access to the admin API".to_owned();
            return Exchange { method: path, at_ms, sent: body, status: None, answer };
        };
        let url = format!("{}{path}", admin.url.as_str().trim_end_matches('/'));
        let request = self.http.post(url).bearer_auth(admin.token.expose_secret());
        self.exchange(path, request, body).await
    }

    async fn exchange(&self, method: String, request: RequestBuilder, sent: Value) -> Exchange {
        let at_ms = self.clock.now().as_millis();
        let (status, answer) = match request.json(&sent).send().await {
            Ok(response) => {
                let status = response.status().as_u16();
                let text = response.text().await.unwrap_or_default();
                (Some(status), text.chars().take(LONGEST_SHOWN).collect())
            }
            Err(error) => (None, error.without_url().to_string()),
        };
        Exchange { method, at_ms, sent, status, answer }
    }

    /// Calls and remembers.
    pub(super) async fn told(&self, case: &str, method: &str, message: Value) -> Result<(), JournalError> {
        let exchange = self.call(method, message).await;
        self.journal.record(Record::Exchanged { case: case.to_owned(), exchange })
    }

    /// GetBookingStatus (section 5.3).
    pub(super) async fn ask_status(&self, case: &str, booking: &str) -> Result<(), JournalError> {
        self.told(case, "GetBookingStatus", json!({"booking_id": booking})).await
    }
}
