//! One payment, as payer, issuer and Google bring it about (contract section 3, flow A with a chosen issuer).

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use url::Url;

use super::google::success_in;
use super::http::{Client, Message};
use super::orders::Order;
use super::parties::{AMOUNT_MICROS, AUTHORIZE_URL, CURRENCY, ISSUER, Parties};
use crate::crypto::{Carrier, Purpose};
use crate::ports::{Clock, SystemClock};

/// The server's methods for Google (API section 5.3).
const STATUS_PATH: &str = "/v1/payment-integrator-redirect/getRedirectPaymentStatus";

/// What one payment took.
pub(super) struct Paid {
    /// Its request id.
    pub(super) request_id: String,
    /// When it was to begin.
    pub(super) intended: Instant,
    /// From the intended beginning to the redirect to the issuer.
    pub(super) begin: Duration,
    /// From sending the payer back to the redirect to Google.
    pub(super) back: Duration,
    /// When the payer was sent back with the issuer's word: the notification's lag counts from here.
    pub(super) back_sent: Instant,
    /// From asking for the status to the answer.
    pub(super) status: Option<Duration>,
    said: Said,
}

/// What the server said to Google, still sealed.
struct Said {
    callback: String,
    status: Option<Vec<u8>>,
}

/// Makes one payment. `intended` is when it was to begin: time lost before that is the server's.
pub(super) async fn pay(
    (client, parties): (&Client, &Parties),
    order: Order,
    intended: Instant,
) -> anyhow::Result<Paid> {
    let begun = client.get(&order.begin).await.context("begin")?;
    let begin = intended.elapsed();
    let back = at_issuer(parties, client, redirect(&begun).context("begin")?)?;

    let back_sent = Instant::now();
    let returned = client.get(&back).await.context("return")?;
    let took = back_sent.elapsed();
    let callback = redirect(&returned).context("return")?.to_owned();

    let mut status = None;
    let mut said = Said { callback, status: None };
    if let Some(sealed) = &order.status {
        let asked = Instant::now();
        let answer = client.post(STATUS_PATH, "application/octet-stream", sealed.as_bytes()).await.context("status")?;
        ensure!(answer.status() == 200, "status: HTTP {}", answer.status());
        status = Some(asked.elapsed());
        said.status = Some(answer.body);
    }
    Ok(Paid { request_id: order.request_id, intended, begin, back: took, back_sent, status, said })
}

/// Where a redirect leads.
fn redirect(answer: &Message) -> anyhow::Result<&str> {
    ensure!(answer.status() == 302, "HTTP {} instead of a redirect", answer.status());
    answer.header("location").context("a redirect without Location")
}

/// The issuer approves at once: the target of the payer's way back, signed (contract section 5).
fn at_issuer(parties: &Parties, client: &Client, location: &str) -> anyhow::Result<String> {
    ensure!(location.starts_with(AUTHORIZE_URL), "begin led somewhere else than to the issuer");
    let authorize = Url::parse(location)?;
    let (_, id) =
        authorize.query_pairs().find(|(name, _)| name == "transactionId").context("authorize without transactionId")?;
    let mut back = Url::parse(&format!("http://{}/return/{ISSUER}", client.address()))?;
    back.query_pairs_mut()
        .append_pair("transactionId", &id)
        .append_pair("outcome", "approved")
        .append_pair("issuerReference", &format!("A/{id}"))
        .append_pair("amountMicros", &AMOUNT_MICROS.to_string())
        .append_pair("currency", CURRENCY);
    let signed = parties.issuer.sign(Purpose::IssuerReturn, back, SystemClock.now().plus_millis(3_600_000));
    Ok(signed[url::Position::BeforePath..].to_owned())
}

impl Paid {
    /// Opens what the server said: C1 and C3 must both speak of success, C1 of this payment.
    pub(super) fn check(&self, parties: &Parties) -> anyhow::Result<()> {
        let callback = Url::parse(&self.said.callback)?;
        let (_, sealed) = callback
            .query_pairs()
            .find(|(name, _)| name == "redirectResponse")
            .context("a callback without redirectResponse")?;
        let request_id = success_in(parties, sealed.as_bytes(), Carrier::UrlParameter)?;
        ensure!(request_id == self.request_id, "a callback of another payment");
        if let Some(status) = &self.said.status {
            success_in(parties, status, Carrier::Body)?;
        }
        Ok(())
    }

    /// Bytes of the callback URL.
    pub(super) fn callback_bytes(&self) -> usize {
        self.said.callback.len()
    }
}
