//! Decisions that fall due, and events on their way to the integrator.
//!
//! Events are retried until the integrator answers 204 with a signature that verifies (contract section 5). The clock
//! decides when "decide later" is due; the pace of retries is real time, so that a test whose clock stands still still
//! sees them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Response;
use tokio::time::Instant;

use super::Desk;
use super::book::{Book, Event, Payment, Record, Refund, payment_event, refund_event};
use super::words::{Outcome, Word};
use crate::crypto::UnverifiedWebhook;
use crate::sandbox::journal::JournalError;

const TICK: Duration = Duration::from_millis(100);
const FIRST_RETRY: Duration = Duration::from_millis(250);
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// Attempts at delivery. Not kept over a restart: what was not delivered is tried again at once.
#[derive(Default)]
pub(super) struct Courier {
    attempts: Mutex<HashMap<String, Attempt>>,
}

struct Attempt {
    not_before: Instant,
    delay: Duration,
    problem: Option<String>,
}

impl Courier {
    fn attempts(&self) -> MutexGuard<'_, HashMap<String, Attempt>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps an event back for a while.
    pub(super) fn hold(&self, event: &str, delay: Duration) {
        let attempt = Attempt { not_before: Instant::now() + delay, delay: FIRST_RETRY, problem: None };
        self.attempts().insert(event.to_owned(), attempt);
    }

    /// Why the last attempt failed.
    pub(super) fn problem(&self, event: &str) -> Option<String> {
        self.attempts().get(event).and_then(|attempt| attempt.problem.clone())
    }

    fn is_due(&self, event: &str) -> bool {
        self.attempts().get(event).is_none_or(|attempt| attempt.not_before <= Instant::now())
    }

    fn failed(&self, event: &str, problem: String) {
        let mut attempts = self.attempts();
        let delay = attempts.get(event).map_or(FIRST_RETRY, |attempt| attempt.delay);
        let next = (delay * 2).min(LONGEST_RETRY);
        let attempt = Attempt { not_before: Instant::now() + delay, delay: next, problem: Some(problem) };
        attempts.insert(event.to_owned(), attempt);
    }
}

/// Runs until the server and its state are gone.
pub(super) async fn run(desk: Weak<Desk>) {
    while let Some(desk) = desk.upgrade() {
        if let Err(error) = settle_due(&desk) {
            tracing::error!(%error, "the issuer stand-in cannot write");
        }
        let due: Vec<Event> = desk
            .journal
            .read(|book| book.events.values().filter(|event| desk.courier.is_due(&event.id)).cloned().collect());
        join_all(due.into_iter().map(|event| deliver(&desk, event))).await;
        // Let go before the pause, so that a server that has stopped is found gone.
        drop(desk);
        tokio::time::sleep(TICK).await;
    }
}

/// Takes every decision that has fallen due.
pub(super) fn settle_due(desk: &Arc<Desk>) -> Result<(), JournalError> {
    let now = desk.clock.now();
    let is_due = |due_ms: i64| due_ms <= now.as_millis();
    if !desk
        .journal
        .read(|book| due_payments(book, is_due).next().is_some() || due_refunds(book, is_due).next().is_some())
    {
        return Ok(());
    }
    desk.journal.decide(|book| {
        let payments = due_payments(book, is_due).map(|payment| {
            let word = payment
                .later
                .as_ref()
                .map_or_else(|| Word::of(Outcome::Cancelled, payment.amount_micros), |later| later.then.clone());
            // A payer who let the link expire was never here for the issuer's books: the integrator asks at its deadline.
            let told = payment.later.is_some();
            let decided = Payment { word: Some(word.clone()), later: None, ..payment.clone() };
            let event = told.then(|| payment_event(&decided, now));
            Record::Decided { key: payment.key.clone(), word, later: None, event }
        });
        let refunds = due_refunds(book, is_due).filter_map(|refund| {
            let outcome = refund.later.as_ref()?.then.clone();
            let decided = Refund { outcome: outcome.clone(), later: None, ..refund.clone() };
            Some(Record::RefundDecided {
                refund_id: refund.id.clone(),
                issuer: refund.key.issuer.clone(),
                outcome,
                event: refund_event(&decided, now),
            })
        });
        (payments.chain(refunds).collect(), ())
    })
}

fn due_payments(book: &Book, is_due: impl Fn(i64) -> bool) -> impl Iterator<Item = &Payment> {
    book.payments.values().filter(move |payment| match &payment.later {
        Some(later) => is_due(later.due_ms),
        None => payment.word.is_none() && is_due(payment.expires_ms),
    })
}

fn due_refunds(book: &Book, is_due: impl Fn(i64) -> bool) -> impl Iterator<Item = &Refund> {
    book.refunds.values().filter(move |refund| refund.later.as_ref().is_some_and(|later| is_due(later.due_ms)))
}

/// One attempt. True when the integrator has the event.
pub(super) async fn deliver(desk: &Arc<Desk>, event: Event) -> bool {
    let outcome = match attempt(desk, &event).await {
        Ok(()) => desk.journal.record(Record::Delivered { event: event.id.clone() }).map_err(|e| e.to_string()),
        Err(problem) => Err(problem),
    };
    match outcome {
        Ok(()) => {
            desk.courier.attempts().remove(&event.id);
            true
        }
        Err(problem) => {
            tracing::debug!(event.id = event.id, problem, "the integrator has not taken an event");
            desk.courier.failed(&event.id, problem);
            false
        }
    }
}

async fn attempt(desk: &Desk, event: &Event) -> Result<(), String> {
    let issuer = desk.issuers.get(&event.issuer).ok_or("the issuer is gone")?;
    let url = format!("{}/issuers/{}/events", desk.integrator.as_str().trim_end_matches('/'), event.issuer);
    let now = desk.clock.now();
    let request = desk
        .http
        .post(url)
        .header("content-type", "application/json")
        .header("webhook-id", &event.id)
        .header("webhook-timestamp", now.as_secs().to_string())
        .header("webhook-signature", issuer.keys.sign_webhook(&event.id, now, event.body.as_bytes()))
        .body(event.body.clone());
    let response = request.send().await.map_err(|error| error.without_url().to_string())?;
    if response.status() != reqwest::StatusCode::NO_CONTENT {
        return Err(format!("answered {}", response.status()));
    }
    let [id, timestamp, signature] =
        ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| header(&response, name));
    let answer = UnverifiedWebhook { id: &id, timestamp: &timestamp, signature: &signature, body: b"" };
    issuer.keys.verify_webhook(&answer, desk.clock.now()).map_err(|error| format!("answered 204, but the {error}"))
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
