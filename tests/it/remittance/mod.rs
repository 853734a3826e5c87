//! Remittance over the wire: a statement is announced, fetched, compared with our books, accepted, reported (flows-security
//! section 5.5, API sections 5.5 and 6.5 to 6.7).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod accept;
mod announce;
mod bad_input;
mod fetch;
mod findings;
mod reports;
mod restart;

use roundtrip::domain::{Role, Timestamp, UserName};
use roundtrip::storage::{NewApiToken, NewUser, Store};
use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use serde_json::{Value, json};

use crate::harness::remittance::{Statement, captured};
use crate::harness::{Called, PIAID, Page, START_MS, Setup, World, until};

/// What a payment of the harness comes to.
const PRICE: i64 = 109_900_000;

/// A user of each kind and a token without one; the token is the name.
const PEOPLE: [(&str, Option<Role>, &str); 6] = [
    ("ann", Some(Role::Finance), "statements:read,statements:write,reports:read"),
    ("bob", Some(Role::Finance), "statements:read,statements:write,reports:read"),
    ("eve", Some(Role::Viewer), "statements:read,statements:write,reports:read"),
    ("vouched-for", None, "statements:read,statements:write"),
    ("reader", Some(Role::Finance), "statements:read"),
    ("payments", Some(Role::Finance), "payments:read"),
];

/// Adds [`PEOPLE`], and `nobody`: a token that is no person's.
async fn hire(store: &Store) {
    let created_at = Timestamp::from_millis(START_MS);
    for (name, role, _) in PEOPLE {
        if let Some(role) = role {
            let name = UserName::parse(name).unwrap();
            assert!(store.create_user(NewUser { name, role, created_at }).await.unwrap());
        }
    }
    let nobody = ("nobody", None, "statements:read,statements:write");
    for (number, (name, user, scopes)) in
        (100..).zip(PEOPLE.map(|(name, _, scopes)| (name, Some(name), scopes)).into_iter().chain([nobody]))
    {
        let token = NewApiToken {
            id: uuid::Uuid::from_u128(number),
            name: name.to_owned(),
            scopes: scopes.to_owned(),
            user_name: user.map(str::to_owned),
            sha256: roundtrip::crypto::content_hash(name.as_bytes()),
            created_at,
        };
        store.create_token(token).await.unwrap();
    }
}

/// Started, with everybody there.
async fn office(setup: Setup) -> World {
    let world = setup.start().await;
    hire(&world.nodes[0].store).await;
    world
}

/// With further lines of the first account.
fn account(more: &str) -> Setup {
    Setup::pgp().with(|setup| more.clone_into(&mut setup.accounts[0].more))
}

/// Fees of 2 %: 2.198 of a payment of the harness, rounded to 2.20.
const TWO_PERCENT: &str = "fee = { percent = \"2\" }";
const FEE: i64 = 2_200_000;

/// A capture or refund in our books, without the payment that it belongs to.
#[derive(Clone)]
pub(crate) struct Booked<'a> {
    id: &'a str,
    kind: &'a str,
    micros: i64,
    currency: &'a str,
    standing: &'a str,
    at_ms: i64,
}

impl<'a> Booked<'a> {
    pub(crate) const fn capture(id: &'a str, micros: i64) -> Self {
        Self { id, kind: "capture", micros, currency: "INR", standing: "done", at_ms: START_MS - 3_600_000 * 12 }
    }

    const fn refund(id: &'a str, micros: i64, standing: &'a str) -> Self {
        Self { kind: "refund", standing, ..Self::capture(id, micros) }
    }
}

/// Writes into the books behind the server's back.
async fn book(database: &str, items: &[Booked<'_>]) {
    let mut options = ConnectOptions::new(database);
    options.sqlx_logging(false).max_connections(1);
    let raw = Database::connect(options).await.unwrap();
    let payment = if database.starts_with("postgres") {
        "'01930d2c-7a44-8000-8000-0123456789ac'"
    } else {
        "x'01930d2c7a44800080000123456789ac'"
    };
    let row = |item: &Booked<'_>| {
        let Booked { id, kind, micros, currency, standing, at_ms } = item;
        format!(
            "('{PIAID}','{id}','{kind}',{payment},'our-{id}','BANK_A','{currency}',{micros},'{standing}',{at_ms},NULL)"
        )
    };
    let rows: Vec<String> = items.iter().map(row).collect();
    let sql = format!(
        "INSERT INTO remittables (account, request_id, kind, payment_id, our_id, issuer, currency, amount_micros, \
         standing, at_ms, statement_id) VALUES {}",
        rows.join(",")
    );
    raw.execute_unprepared(&sql).await.unwrap();
    raw.close().await.unwrap();
}

impl World {
    pub(crate) async fn book(&self, items: &[Booked<'_>]) {
        book(self.database(), items).await;
    }

    /// Google has issued it, and says so.
    pub(crate) async fn announce(&self, statement: &Statement) -> Called {
        let told = statement.clone();
        self.google
            .statements
            .details(&statement.id, move |call, _| crate::harness::remittance::Told::Members(told.told(call)));
        self.call("remittanceStatementNotification", &statement.notification(self.peer())).await
    }

    /// The admin API as this person.
    async fn api(&self, who: &str, path: &str) -> Page {
        let authorization = format!("Bearer {who}");
        let url = format!("{}/api/v1/{path}", self.nodes[0].admin);
        self.browser.get_with(url, &[("authorization", &authorization)]).await
    }

    async fn json(&self, path: &str) -> Value {
        let page = self.api("ann", path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        serde_json::from_slice(&page.body).unwrap()
    }

    /// The statement, once it is in this state.
    async fn reaches(&self, id: &str, state: &str) -> Value {
        until(&format!("{id} is {state}"), async || {
            let page = self.api("ann", &format!("statements/{id}")).await;
            let shown: Value = serde_json::from_slice(&page.body).ok()?;
            (shown["state"] == state).then_some(shown)
        })
        .await
    }

    /// Announces it and waits for the end of the reconciliation.
    async fn reconciled(&self, statement: &Statement, state: &str) -> Value {
        assert_eq!(self.announce(statement).await.ok()["result"], json!({"accepted": {}}));
        self.reaches(&statement.id, state).await
    }

    async fn accept(&self, who: &str, id: &str, body: &Value) -> Page {
        self.accept_as(&[("authorization", &format!("Bearer {who}"))], id, body).await
    }

    pub(crate) async fn accept_as(&self, headers: &[(&'static str, &str)], id: &str, body: &Value) -> Page {
        let url = format!("{}/api/v1/statements/{id}/accept", self.nodes[0].admin);
        let headers: Vec<_> = headers.iter().copied().chain([("content-type", "application/json")]).collect();
        self.browser.post(url, &headers, body.to_string()).await
    }

    /// Line and kind of everything found.
    async fn found(&self, id: &str) -> Vec<(u64, String)> {
        let listed = self.json(&format!("statements/{id}/findings?limit=1000")).await;
        let finding = |one: &Value| (one["line"].as_u64().unwrap(), one["kind"].as_str().unwrap().to_owned());
        listed["findings"].as_array().unwrap().iter().map(finding).collect()
    }

    /// What the trial balance says of an account, in micros; credits are negative.
    async fn balance(&self, account: &str) -> i128 {
        let balance = self.nodes[0].store.ledger_balance().await.unwrap();
        assert!(balance.is_sound(), "{balance:?}");
        balance.accounts.iter().filter(|sum| sum.account.starts_with(account)).map(|sum| sum.micros).sum()
    }
}

/// A statement of payments of the harness, right to the last micro by [`TWO_PERCENT`].
fn right(id: &str, payments: &[&str]) -> Statement {
    let events: Vec<_> = payments.iter().map(|payment| captured(payment, PRICE, FEE)).collect();
    Statement::new(id, (PRICE - FEE) * i64::try_from(payments.len()).unwrap(), events)
}

fn problem(page: &Page) -> (u16, String) {
    let body: Value = serde_json::from_slice(&page.body).unwrap_or_default();
    (page.status, format!("{} {}", body["title"].as_str().unwrap_or(""), body["detail"].as_str().unwrap_or("")))
}
