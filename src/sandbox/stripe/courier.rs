//! Events on their way: signed, and sent again until they are taken.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use super::book::{Event, Record};
use super::{Desk, Work, new_id};
use crate::crypto::StripeEventKey;

const TICK: Duration = Duration::from_millis(100);
const FIRST_RETRY: Duration = Duration::from_millis(250);
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// Where events go.
#[derive(Debug, Clone)]
pub struct EventsTo {
    /// The endpoint.
    pub url: Url,
    /// What they are signed with.
    pub key: StripeEventKey,
}

/// Attempts at delivery: when the next one is due, and the pause after it. Not kept over a restart.
#[derive(Default)]
pub(super) struct Courier(Mutex<HashMap<String, (Instant, Duration)>>);

impl Courier {
    fn attempts(&self) -> MutexGuard<'_, HashMap<String, (Instant, Duration)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_due(&self, event: &str) -> bool {
        self.attempts().get(event).is_none_or(|(at, _)| *at <= Instant::now())
    }

    fn failed(&self, event: &str) {
        let mut attempts = self.attempts();
        let pause = attempts.get(event).map_or(FIRST_RETRY, |(_, pause)| *pause);
        attempts.insert(event.to_owned(), (Instant::now() + pause, (pause * 2).min(LONGEST_RETRY)));
    }
}

impl Work<'_> {
    /// An event about an object as it now stands.
    pub(super) fn event(&self, kind: &str, object: Value) -> Event {
        let id = new_id("evt");
        let body = json!({"id": id, "object": "event", "type": kind, "created": self.now(), "livemode": false,
                          "data": {"object": object}});
        Event { body: body.to_string(), id }
    }
}

/// Runs until the server and its state are gone.
pub(super) async fn run(desk: Weak<Desk>) {
    while let Some(desk) = desk.upgrade() {
        let due: Vec<Event> = desk
            .journal
            .read(|book| book.events.values().filter(|event| desk.courier.is_due(&event.id)).cloned().collect());
        for event in due {
            deliver(&desk, event).await;
        }
        // Let go before the pause, so that a server that has stopped is found gone.
        drop(desk);
        tokio::time::sleep(TICK).await;
    }
}

async fn deliver(desk: &Arc<Desk>, event: Event) {
    // Without an endpoint they wait for one.
    let Some(EventsTo { url, key }) = &desk.events else { return };
    let sent = desk
        .http
        .post(url.clone())
        .header("content-type", "application/json; charset=utf-8")
        .header("stripe-signature", key.sign(desk.clock.now(), event.body.as_bytes()))
        .body(event.body)
        .send()
        .await;
    if sent.is_ok_and(|response| response.status().is_success()) {
        if let Err(error) = desk.journal.record(Record::Delivered(event.id)) {
            tracing::error!(%error, "the processor's stand-in cannot write");
        }
    } else {
        desk.courier.failed(&event.id);
    }
}
