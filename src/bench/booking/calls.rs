//! Google's calls, and whether they were answered as they have to be.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, ensure};
use base64::Engine as _;

use super::shop::{LOOKED_UP, Shop};
use crate::bench::http::Client;

/// Who calls.
pub(super) const USER: &str = "google";

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// BatchAvailabilityLookup of ten slots.
    Lookup,
    /// CreateBooking of a slot that is paid on arrival.
    Arrival,
    /// CreateBooking of a slot that is paid ahead.
    Prepaid,
}

/// Google, as far as it calls.
pub(super) struct Caller {
    client: Client,
    head: String,
    run: String,
    /// What it asks about.
    pub(super) shop: Shop,
    lookups: AtomicU64,
    arrivals: AtomicU64,
    prepaid: AtomicU64,
}

impl Caller {
    /// Calls the server that `client` knows.
    pub(super) fn new(client: Client, (shop, run, password): (Shop, &str, &str)) -> Self {
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{password}"));
        let head = format!(
            "host: {}\r\nauthorization: Basic {pair}\r\ncontent-type: application/json\r\ncontent-length: ",
            client.address()
        );
        let [lookups, arrivals, prepaid] = [0; 3].map(AtomicU64::new);
        Self { client, head, run: run.to_owned(), shop, lookups, arrivals, prepaid }
    }

    const fn counter(&self, kind: Kind) -> &AtomicU64 {
        match kind {
            Kind::Lookup => &self.lookups,
            Kind::Arrival => &self.arrivals,
            Kind::Prepaid => &self.prepaid,
        }
    }

    /// How many calls of this kind were made.
    pub(super) fn made(&self, kind: Kind) -> u64 {
        self.counter(kind).load(Ordering::Relaxed)
    }

    /// The body of the next CreateBooking, or lookup; `None`: no slot is left.
    pub(super) fn next(&self, kind: Kind) -> Option<String> {
        let number = self.made(kind);
        let body = match kind {
            Kind::Lookup => Some(self.shop.lookup(number)),
            Kind::Arrival | Kind::Prepaid => self.shop.create(kind, (&self.run, number)),
        }?;
        self.counter(kind).store(number + 1, Ordering::Relaxed);
        Some(body)
    }

    /// Makes one call. An answer that is not the one to be expected is an error.
    pub(super) async fn call(&self, kind: Kind, body: String) -> anyhow::Result<()> {
        let method = match kind {
            Kind::Lookup => "BatchAvailabilityLookup",
            Kind::Arrival | Kind::Prepaid => "CreateBooking",
        };
        let request = format!("POST /v3/{method} HTTP/1.1\r\n{}{}\r\n\r\n{body}", self.head, body.len());
        let answer = self.client.call(request.into_bytes()).await.context("no answer")?;
        let text = || String::from_utf8_lossy(&answer.body).into_owned();
        ensure!(answer.status() == 200, "HTTP {}: {}", answer.status(), text());
        match kind {
            Kind::Lookup => {
                let open = count(&answer.body, b"\"available\":true");
                ensure!(open == LOOKED_UP, "{open} slots are available: {}", text());
            }
            Kind::Arrival | Kind::Prepaid => {
                ensure!(count(&answer.body, b"\"status\":\"CONFIRMED\"") == 1, "not booked: {}", text());
            }
        }
        Ok(())
    }
}

fn count(body: &[u8], wanted: &[u8]) -> u64 {
    body.windows(wanted.len()).filter(|window| *window == wanted).count() as u64
}
