//! The stand-in for Google's side of C2: takes notifications and acknowledges them.
//!
//! Its answers are sealed ahead, a handful that is used in turn, and what arrives is only kept: it is opened when the
//! measurement is over. So the generator does no RSA while the server is being measured.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::http::Connection;
use super::machine::cores;
use super::orders::accepted;
use super::parties::Parties;
use crate::crypto::Carrier;
use crate::ports::{Clock, SystemClock};

/// Answers that are sealed ahead. An answer names no request, so any fits any.
const ANSWERS: usize = 64;

/// The stand-in.
pub(super) struct Google {
    /// Where it listens.
    pub(super) address: SocketAddr,
    answers: Vec<Vec<u8>>,
    arrived: AtomicU64,
    /// Room for further payments: each notification makes some.
    gate: Mutex<Option<Arc<Semaphore>>>,
    /// What arrived, while it is to be looked at later.
    kept: Mutex<Option<Vec<Arrival>>>,
}

/// A notification as it arrived.
pub(super) struct Arrival {
    at: Instant,
    sealed: Vec<u8>,
}

impl Google {
    /// Listens on loopback and answers from now on.
    pub(super) async fn start(parties: &Parties, content_type: &str) -> anyhow::Result<Arc<Self>> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("cannot listen on loopback")?;
        let now = SystemClock.now();
        let answer = || -> anyhow::Result<Vec<u8>> {
            let body = parties.google.seal(accepted(now).to_string().as_bytes(), Carrier::Body, now)?;
            let length = body.len();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n");
            Ok([head.as_bytes(), body.as_bytes()].concat())
        };
        let google = Arc::new(Self {
            address: listener.local_addr()?,
            answers: (0..ANSWERS).map(|_| answer()).collect::<anyhow::Result<_>>()?,
            arrived: AtomicU64::new(0),
            gate: Mutex::new(None),
            kept: Mutex::new(None),
        });
        let serving = google.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        Ok(google)
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let Ok(mut connection) = Connection::new(stream) else { return };
        while let Ok(Some(message)) = connection.receive().await {
            let at = Instant::now();
            let number = self.arrived.fetch_add(1, Ordering::Relaxed);
            if let Some(kept) = &mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner) {
                kept.push(Arrival { at, sealed: message.body });
            }
            self.give_room();
            let Some(answer) = self.answers.get(number as usize % ANSWERS) else { return };
            if connection.send(answer).await.is_err() {
                return;
            }
        }
    }

    /// How many notifications have arrived.
    pub(super) fn arrived(&self) -> u64 {
        self.arrived.load(Ordering::Relaxed)
    }

    /// From now on each notification adds a permit to `gate`.
    pub(super) fn open_gate(&self, gate: Option<Arc<Semaphore>>) {
        *self.gate.lock().unwrap_or_else(PoisonError::into_inner) = gate;
    }

    /// Makes room for a payment in place of a notification that will not come.
    pub(super) fn give_room(&self) {
        if let Some(gate) = &*self.gate.lock().unwrap_or_else(PoisonError::into_inner) {
            gate.add_permits(1);
        }
    }

    /// From now on notifications are kept.
    pub(super) fn keep(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::new());
    }

    /// What was kept; no more is kept.
    pub(super) fn kept(&self) -> Vec<Arrival> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }

    /// Waits until `expected` notifications have arrived in all; answers whether they did.
    pub(super) async fn wait_for(&self, expected: u64, patience: Duration) -> bool {
        let started = Instant::now();
        while self.arrived() < expected {
            if started.elapsed() > patience {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        true
    }
}

/// When the success of each payment was first notified. Fails on anything that Google would not accept.
pub(super) async fn notified(
    parties: &Arc<Parties>,
    arrivals: Vec<Arrival>,
) -> anyhow::Result<HashMap<String, Instant>> {
    let share = arrivals.len().div_ceil(cores()).max(1);
    let mut shares = Vec::new();
    let mut rest = arrivals.into_iter();
    loop {
        let part: Vec<Arrival> = rest.by_ref().take(share).collect();
        if part.is_empty() {
            break;
        }
        let parties = parties.clone();
        shares.push(tokio::task::spawn_blocking(move || -> anyhow::Result<Vec<(String, Instant)>> {
            part.iter().map(|arrival| Ok((success_in(&parties, &arrival.sealed, Carrier::Body)?, arrival.at))).collect()
        }));
    }
    let mut first = HashMap::new();
    for opened in futures_util::future::join_all(shares).await {
        for (request_id, at) in opened.context("opening was interrupted")?? {
            first.entry(request_id).and_modify(|known: &mut Instant| *known = at.min(*known)).or_insert(at);
        }
    }
    Ok(first)
}

/// Opens a message of the server to Google that must speak of success, and says of which payment, if it says that.
pub(super) fn success_in(parties: &Parties, sealed: &[u8], carrier: Carrier) -> anyhow::Result<String> {
    let opened = parties.google_opener.open(sealed, carrier, SystemClock.now())?;
    let clear: Value = serde_json::from_slice(&opened.plaintext).context("a message to Google is not JSON")?;
    let success = clear.pointer("/result/success").is_some();
    ensure!(success, "the server told Google something else than success");
    Ok(clear.get("redirectRequestId").and_then(Value::as_str).unwrap_or_default().to_owned())
}
