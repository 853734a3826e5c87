//! Every page of the console, requested as somebody who has signed in.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use secrecy::SecretString;

use super::books::Known;
use super::{Answered, latency};
use crate::bench::http::Client;
use crate::bench::parties::Configured;
use crate::crypto::random_token;
use crate::domain::{Role, UserName};
use crate::people::set_password;
use crate::ports::{Clock as _, SystemClock};
use crate::storage::{NewUser, Store};

/// Every page: what it is, and where. `{payment}`, `{request}`, `{reference}`, `{statement}` and `{middle}` are filled in.
const PAGES: &[(&str, &str)] = &[
    ("today", "/console/"),
    ("today, a week", "/console/?span=week"),
    ("payments, the newest", "/console/payments"),
    ("payments of an issuer in a state", "/console/payments?issuer=BANK_B&state=Declined"),
    ("payments of a usual amount", "/console/payments?amount=109.90&currency=INR"),
    ("payments before finance", "/console/payments?attention=yes"),
    ("payments, found by a request id", "/console/payments?q={request}"),
    ("payments, found by a reference", "/console/payments?q={reference}"),
    ("one payment", "/console/payments/{payment}"),
    ("one payment, as it was", "/console/payments/{payment}?at=2"),
    ("statements", "/console/statements"),
    ("one statement", "/console/statements/{statement}"),
    ("differences of a statement", "/console/statements/{statement}/findings"),
    (
        "differences of one kind, from the middle",
        "/console/statements/{statement}/findings?kind=amount_differs&cursor={middle}",
    ),
    ("what accepting it comes to", "/console/statements/{statement}/accept"),
    ("bank", "/console/bank"),
    ("bookings", "/console/bookings"),
    ("invoices", "/console/invoices"),
    ("payouts", "/console/payouts"),
    ("outbox and dead letters", "/console/outbox"),
    ("keys", "/console/keys"),
    ("issuers", "/console/issuers"),
    ("audit log", "/console/audit"),
    ("trial balance", "/console/ledger"),
    ("jobs", "/console/jobs"),
    ("people", "/console/people"),
];

/// Who looks.
const NAME: &str = "bench";

/// The value between two marks of a text.
fn between<'a>(text: &'a str, before: &str, after: &str) -> anyhow::Result<&'a str> {
    let rest = text.split_once(before).map(|(_, rest)| rest).with_context(|| format!("{before} is not there"))?;
    Ok(rest.split_once(after).map_or(rest, |(value, _)| value))
}

/// Signs somebody in by the forms, as a browser does: the header that carries the session.
async fn session(client: &Client, store: &Store) -> anyhow::Result<String> {
    let (name, now) = (UserName::parse(NAME)?, SystemClock.now());
    let password = random_token();
    store.create_user(NewUser { name: name.clone(), role: Role::Admin, created_at: now }).await?;
    set_password(store, &name, &SecretString::from(password.clone()), now).await?;
    let form = client.get("/console/sign-in").await?;
    ensure!(form.status() == 200, "the sign-in page was answered with HTTP {}", form.status());
    let drawn = between(form.header("set-cookie").unwrap_or_default(), "", ";")?.to_owned();
    let page = String::from_utf8_lossy(&form.body).into_owned();
    let csrf = between(&page, "name=\"csrf\" value=\"", "\"")?;
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("csrf", csrf), ("name", NAME), ("password", &password)])
        .finish();
    let host = client.address();
    let request = format!(
        "POST /console/sign-in HTTP/1.1\r\nhost: {host}\r\ncookie: {drawn}\r\ncontent-type: \
         application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let entered = client.call(request.into_bytes()).await?;
    ensure!(entered.status() == 303, "signing in was answered with HTTP {}", entered.status());
    Ok(between(entered.header("set-cookie").unwrap_or_default(), "", ";")?.to_owned())
}

/// Requests every page `times` times, one after the other.
pub(super) async fn request(
    configured: &Configured,
    (store, known): (&Store, &Known),
    times: u32,
) -> anyhow::Result<Vec<Answered>> {
    let client = Client::new(configured.admin);
    let cookie = session(&client, store).await?;
    let mut answered = Vec::new();
    for (what, path) in PAGES {
        let path = path
            .replace("{payment}", &known.payment.to_string())
            .replace("{request}", &known.request_id)
            .replace("{reference}", &known.reference.replace('/', "%2F"))
            .replace("{statement}", &known.statement)
            .replace("{middle}", &known.middle.to_string());
        let host = configured.admin;
        let asks = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\n\r\n").into_bytes();
        let mut took = Vec::new();
        for _ in 0..times {
            let began = Instant::now();
            let answer = client.call(asks.clone()).await?;
            // What is found by its id leads straight to its page.
            ensure!([200, 303].contains(&answer.status()), "{path} was answered with HTTP {}", answer.status());
            took.push(began.elapsed());
        }
        answered.push(Answered { what, latency: latency(took)? });
    }
    Ok(answered)
}
