//! Every page of the console, requested as somebody who has signed in.

use std::time::Instant;

use anyhow::ensure;

use super::books::Known;
use super::{Answered, latency};
use crate::bench::http::Client;
use crate::bench::parties::Configured;
use crate::storage::Store;

/// Every page: what it is, and where. `{payment}`, `{request}`, `{reference}` and `{statement}` are filled in.
const PAGES: &[(&str, &str)] = &[
    ("today", "/console/"),
    ("payments, the newest", "/console/payments"),
    ("payments of an issuer in a state", "/console/payments?issuer=BANK_B&state=Declined"),
    ("payments of a usual amount", "/console/payments?amount=109.90&currency=INR"),
    ("payments before finance", "/console/payments?attention=on"),
    ("payments, found by a request id", "/console/payments?q={request}"),
    ("payments, found by a reference", "/console/payments?q={reference}"),
    ("one payment", "/console/payments/{payment}"),
    ("statements", "/console/statements"),
    ("one statement", "/console/statements/{statement}"),
    ("bookings", "/console/bookings"),
    ("invoices", "/console/invoices"),
    ("operations", "/console/operations"),
    ("outbox and dead letters", "/console/operations/outbox"),
    ("keys", "/console/operations/keys"),
    ("issuers", "/console/operations/issuers"),
    ("audit log", "/console/operations/audit"),
    ("trial balance", "/console/operations/ledger"),
    ("jobs", "/console/jobs"),
];

/// The header that carries a session. `None`: this server has no console.
async fn session(client: &Client, _people: &Store) -> anyhow::Result<Option<String>> {
    let answer = client.get("/console/sign-in").await?;
    if answer.status() == 404 {
        return Ok(None);
    }
    ensure!(answer.status() == 200, "the sign-in page was answered with HTTP {}", answer.status());
    anyhow::bail!("signing in is not written yet")
}

/// Requests every page `times` times, one after the other. Empty, if there is no console.
pub(super) async fn request(
    configured: &Configured,
    (store, known): (&Store, &Known),
    times: u32,
) -> anyhow::Result<Vec<Answered>> {
    let client = Client::new(configured.admin);
    let Some(cookie) = session(&client, store).await? else { return Ok(Vec::new()) };
    let mut answered = Vec::new();
    for (what, path) in PAGES {
        let path = path
            .replace("{payment}", &known.payment.to_string())
            .replace("{request}", &known.request_id)
            .replace("{reference}", &known.reference.replace('/', "%2F"))
            .replace("{statement}", &known.statement);
        let host = configured.admin;
        let asks = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\n\r\n").into_bytes();
        let mut took = Vec::new();
        for _ in 0..times {
            let began = Instant::now();
            let answer = client.call(asks.clone()).await?;
            ensure!(answer.status() == 200, "{path} was answered with HTTP {}", answer.status());
            took.push(began.elapsed());
        }
        answered.push(Answered { what, latency: latency(took)? });
    }
    Ok(answered)
}
