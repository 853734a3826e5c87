//! The bare cryptography of one payment: what the server must seal and open for it, and nothing else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;
use serde_json::json;

use crate::bench::orders;
use crate::bench::parties::{ISSUER, Parties};
use crate::bench::process::thread_cpu_us;
use crate::crypto::{Carrier, Keyring, Opener};
use crate::domain::Timestamp;
use crate::ports::{Clock, SystemClock};

/// CPU time of the server's cryptographic operations, in microseconds, on one thread.
#[derive(Debug, Clone, Serialize)]
#[allow(clippy::struct_field_names, reason = "units stand last in every name")]
pub(in crate::bench) struct BareCrypto {
    /// Begin Redirect: decrypt and verify.
    pub(in crate::bench) open_begin_us: f64,
    /// C1: sign and encrypt.
    pub(in crate::bench) seal_callback_us: f64,
    /// C2: sign and encrypt the notification.
    pub(in crate::bench) seal_notification_us: f64,
    /// C2: decrypt and verify the acknowledgement.
    pub(in crate::bench) open_acknowledgement_us: f64,
    /// C3: decrypt and verify the question.
    pub(in crate::bench) open_question_us: f64,
    /// C3: sign and encrypt the answer.
    pub(in crate::bench) seal_status_us: f64,
    /// Of one payment of the mix.
    pub(in crate::bench) payment_us: f64,
}

struct Sides {
    server: Arc<Parties>,
    now: Timestamp,
}

impl Sides {
    fn seal(&self, by: &Keyring, clear: &serde_json::Value, carrier: Carrier) -> anyhow::Result<String> {
        Ok(by.seal(clear.to_string().as_bytes(), carrier, self.now)?)
    }
}

/// Measures each operation for a sixth of `length`. `status_share` of the payments are asked for their status.
pub(in crate::bench) async fn bare_crypto(
    parties: &Arc<Parties>,
    status_share: f64,
    length: Duration,
) -> anyhow::Result<BareCrypto> {
    let sides = Sides { server: parties.clone(), now: SystemClock.now() };
    let measured = tokio::task::spawn_blocking(move || measure(&sides, length / 6));
    let [open_begin, seal_callback, seal_notification, open_acknowledgement, open_question, seal_status] =
        measured.await.context("the measurement was interrupted")??;
    Ok(BareCrypto {
        open_begin_us: open_begin,
        seal_callback_us: seal_callback,
        seal_notification_us: seal_notification,
        open_acknowledgement_us: open_acknowledgement,
        open_question_us: open_question,
        seal_status_us: seal_status,
        payment_us: open_begin
            + seal_callback
            + seal_notification
            + open_acknowledgement
            + status_share * (open_question + seal_status),
    })
}

fn measure(sides: &Sides, each: Duration) -> anyhow::Result<[f64; 6]> {
    let (parties, now) = (&sides.server, sides.now);
    let request_id = "bench-crypto-00000001";
    let begin = sides.seal(&parties.google, &orders::begin(request_id, now), Carrier::UrlParameter)?;
    let acknowledgement = sides.seal(&parties.google, &orders::accepted(now), Carrier::Body)?;
    let question = sides.seal(&parties.google, &orders::status(request_id, now), Carrier::Body)?;
    let outcome = json!({"success": {}});
    let form = json!({"issuerId": {"value": ISSUER}});
    let callback = json!({"redirectRequestId": request_id, "result": outcome, "formOfPayment": form});
    let mut notification = orders::status(request_id, now);
    if let Some(members) = notification.as_object_mut() {
        members.insert("result".into(), outcome.clone());
        members.insert("formOfPayment".into(), form.clone());
    }
    let time = json!({"responseTimestamp": {"epochMillis": now.to_string()}});
    let status = json!({"responseHeader": time, "result": outcome, "formOfPayment": form});
    let open = |sealed: &str, carrier| opened(&parties.server_opener, sealed, (carrier, now));
    Ok([
        mean_us(each, || open(&begin, Carrier::UrlParameter))?,
        mean_us(each, || sides.seal(&parties.server, &callback, Carrier::UrlParameter).map(drop))?,
        mean_us(each, || sides.seal(&parties.server, &notification, Carrier::Body).map(drop))?,
        mean_us(each, || open(&acknowledgement, Carrier::Body))?,
        mean_us(each, || open(&question, Carrier::Body))?,
        mean_us(each, || sides.seal(&parties.server, &status, Carrier::Body).map(drop))?,
    ])
}

fn opened(opener: &Opener, sealed: &str, (carrier, now): (Carrier, Timestamp)) -> anyhow::Result<()> {
    std::hint::black_box(opener.open(sealed.as_bytes(), carrier, now)?);
    Ok(())
}

/// CPU time of one call, on average over `length`.
fn mean_us(length: Duration, mut call: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    call()?;
    let (started, cpu, mut calls) = (Instant::now(), thread_cpu_us()?, 0_u32);
    while started.elapsed() < length {
        call()?;
        calls += 1;
    }
    Ok((thread_cpu_us()? - cpu) / f64::from(calls.max(1)))
}
