//! Google's requests, sealed ahead of the time in which they are sent: the generator's own RSA would otherwise compete
//! with the server's for the same cores.

use std::collections::VecDeque;
use std::sync::Arc;

use anyhow::Context as _;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::invented::{DESCRIPTION, callback_url};
use super::machine::cores;
use super::parties::{AMOUNT_MICROS, CURRENCY, ISSUER, PIAID, Parties};
use crate::crypto::{Carrier, Keyring};
use crate::domain::Timestamp;
use crate::ports::{Clock, SystemClock};

/// One payment to be made.
pub(super) struct Order {
    /// Its request id.
    pub(super) request_id: String,
    /// The target of the browser's request to begin.
    pub(super) begin: String,
    /// The body of Google's request for the status, if it will ask.
    pub(super) status: Option<String>,
}

/// Orders that are ready to be sent.
pub(super) struct Stock {
    parties: Arc<Parties>,
    prefix: String,
    status_percent: u64,
    made: u64,
    ready: VecDeque<Order>,
}

impl Stock {
    /// An empty stock. `status_percent` of the payments are asked for their status.
    pub(super) fn new(parties: Arc<Parties>, prefix: &str, status_percent: u8) -> Self {
        let prefix = prefix.to_owned();
        Self { parties, prefix, status_percent: u64::from(status_percent), made: 0, ready: VecDeque::new() }
    }

    /// The next order; `None` when the stock was filled too sparingly.
    pub(super) fn take(&mut self) -> Option<Order> {
        self.ready.pop_front()
    }

    /// Seals until at least `wanted` orders are ready, on all cores.
    pub(super) async fn fill(&mut self, wanted: usize) -> anyhow::Result<()> {
        let missing = wanted.saturating_sub(self.ready.len()) as u64;
        let (first, end) = (self.made, self.made + missing);
        let threads = cores() as u64;
        let tasks = (0..threads).map(|thread| {
            let (parties, prefix, percent) = (self.parties.clone(), self.prefix.clone(), self.status_percent);
            tokio::task::spawn_blocking(move || -> anyhow::Result<Vec<Order>> {
                let numbers = (first..end).filter(|number| number % threads == thread);
                numbers.map(|number| order(&parties.google, &prefix, (number, is_asked(number, percent)))).collect()
            })
        });
        for made in futures_util::future::join_all(tasks).await {
            self.ready.extend(made.context("sealing was interrupted")??);
        }
        self.made = end;
        Ok(())
    }
}

/// Spreads `percent` of all payments evenly.
pub(super) const fn is_asked(number: u64, percent: u64) -> bool {
    (number + 1) * percent / 100 > number * percent / 100
}

fn order(google: &Keyring, prefix: &str, (number, asked): (u64, bool)) -> anyhow::Result<Order> {
    let request_id = format!("{prefix}-{number:08}");
    let now = SystemClock.now();
    let sealed = google.seal(begin(&request_id, now).to_string().as_bytes(), Carrier::UrlParameter, now)?;
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("callbackUrl", &callback_url(&request_id))
        .append_pair("redirectRequest", &sealed)
        .finish();
    let status = if asked {
        let clear = status(&request_id, now).to_string();
        Some(google.seal(clear.as_bytes(), Carrier::Body, now)?)
    } else {
        None
    };
    Ok(Order { request_id, begin: format!("/begin?{query}"), status })
}

fn header(request_id: &str, now: Timestamp) -> Value {
    json!({
        "protocolVersion": {"major": 1},
        "requestId": request_id,
        "requestTimestamp": {"epochMillis": now.to_string()},
        "paymentIntegratorAccountId": PIAID,
    })
}

/// The browser's request with an issuer chosen at Google (API section 4.1).
pub(super) fn begin(request_id: &str, now: Timestamp) -> Value {
    json!({
        "requestHeader": header(request_id, now),
        "transactionAmount": {"amountMicros": AMOUNT_MICROS.to_string(), "currencyCode": CURRENCY},
        "transactionDescription": DESCRIPTION,
        "formOfPayment": {"issuerId": {"value": ISSUER}},
    })
}

/// getRedirectPaymentStatus (API section 5.3).
pub(super) fn status(request_id: &str, now: Timestamp) -> Value {
    json!({"requestHeader": header(&format!("{request_id}-s"), now), "redirectRequestId": request_id})
}

/// Google's answer to a notification (API section 6.3).
pub(super) fn accepted(now: Timestamp) -> Value {
    json!({
        "responseHeader": {"responseTimestamp": {"epochMillis": now.to_string()}},
        "result": {"accepted": {}},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_asked_payments_is_exact_and_spread() {
        let asked = |percent| (0..1000).filter(|number| is_asked(*number, percent)).count();
        assert_eq!([0, 10, 33, 100].map(asked), [0, 100, 330, 1000]);
        assert_eq!((0..10).filter(|number| is_asked(*number, 10)).count(), 1);
    }
}
