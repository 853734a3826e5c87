//! What finance has on its desk: a server, tokens, statements, the books.

use std::collections::BTreeMap;

use roundtrip::actors::Ask;
use roundtrip::crypto::statement_id;
use roundtrip::domain::remittance::{Input, Notice, Page, Remittance, StatedEvent};
use roundtrip::domain::{Currency, Money, Piaid, RemittableKind, RequestId, TransactionId};
use roundtrip::ports::Clock as _;
use roundtrip::storage::NewApiToken;
use serde_json::{Value, json};

use crate::harness::browser::Page as Answer;
use crate::harness::{PIAID, Setup, World, until};

/// The amount of every payment of the harness.
pub(super) const PAID_MICROS: i64 = 109_900_000;

/// A server with finance staff.
pub(super) struct Desk {
    pub(super) world: World,
}

/// Who asks: the tokens of the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// A person who decides about money.
    Fiona,
    /// A program: everything that Fiona may do, but nobody's.
    Program,
    /// Somebody who may look at payments alone.
    Visitor,
}

impl Who {
    const ALL: [(Self, &'static str, Option<&'static str>); 3] = [
        (Self::Fiona, "statements:read,statements:write,reports:read", Some("fiona")),
        (Self::Program, "statements:read,statements:write", None),
        (Self::Visitor, "payments:read", None),
    ];

    fn token(self) -> String {
        format!("rt_token_of_{self:?}")
    }
}

impl Desk {
    pub(super) async fn open() -> Self {
        Self::with(Setup::pgp()).await
    }

    pub(super) async fn with(setup: Setup) -> Self {
        let world = setup.start().await;
        for ((who, scopes, user), id) in Who::ALL.into_iter().zip(100..) {
            let token = NewApiToken {
                id: uuid::Uuid::from_u128(id),
                name: String::new(),
                scopes: scopes.to_owned(),
                user_name: user.map(str::to_owned),
                sha256: roundtrip::crypto::content_hash(who.token().as_bytes()),
                created_at: world.clock.now(),
            };
            world.nodes[0].store.create_token(token).await.unwrap();
        }
        Self { world }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.world.nodes[0].admin)
    }

    pub(super) async fn post(&self, who: Who, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        let authorization = format!("Bearer {}", who.token());
        self.world.browser.post(self.url(path), &[("authorization", &authorization)], body).await
    }

    pub(super) async fn get(&self, who: Who, path: &str) -> Answer {
        let authorization = format!("Bearer {}", who.token());
        self.world.browser.get_with(self.url(path), &[("authorization", &authorization)]).await
    }

    /// Without a token.
    pub(super) async fn anonymous(&self, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.world.browser.post(self.url(path), &[], body).await
    }

    /// Imports a file that must be good: what it came to.
    pub(super) async fn import(&self, file: impl Into<Vec<u8>>) -> Value {
        let answer = self.post(Who::Program, "bank/statements", file).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// Transfers in the list.
    pub(super) async fn transfers(&self, query: &str) -> Vec<Value> {
        let answer = self.get(Who::Fiona, &format!("bank/transfers{query}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
        serde_json::from_value(body["transfers"].take()).unwrap()
    }

    /// Waits until the only transfer with this reference of the bank is in this state.
    pub(super) async fn becomes(&self, reference: &str, state: &str) -> Value {
        until(&format!("{reference} becomes {state}"), async || {
            let mut found = self.transfers("").await;
            found.retain(|transfer| transfer["bankReference"] == reference);
            assert_eq!(found.len(), 1, "{found:?}");
            found.pop().filter(|transfer| transfer["state"] == state)
        })
        .await
    }

    /// The trial balance without what is zero: account and micros.
    pub(super) async fn books(&self) -> BTreeMap<String, i64> {
        let answer = self.get(Who::Fiona, "ledger").await;
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body["balances"], json!(true), "{body}");
        let sum = |row: &Value| {
            let micros: i64 = row["micros"].as_str().unwrap().parse().unwrap();
            (format!("{} {}", row["account"].as_str().unwrap(), row["currencyCode"].as_str().unwrap()), micros)
        };
        let sums = body["accounts"].as_array().unwrap().iter().map(sum);
        sums.filter(|(_, micros)| *micros != 0).collect()
    }

    /// The statement's state, as it is stored.
    pub(super) async fn state(&self, statement: TransactionId) -> &'static str {
        let loaded = self.world.nodes[0].store.load::<Remittance>(statement).await.unwrap();
        loaded.map_or("none", |loaded| loaded.state.name())
    }

    pub(super) async fn statement_becomes(&self, statement: TransactionId, state: &str) {
        until(&format!("the statement becomes {state}"), async || (self.state(statement).await == state).then_some(()))
            .await;
    }

    async fn ask(&self, statement: TransactionId, input: Input) {
        self.world.nodes[0].statements.ask(Ask::plain(statement, input)).await.unwrap();
    }

    /// A statement that lists one payment, is right in everything, and waits to be accepted. Google's part is spoken to its
    /// actor directly.
    pub(super) async fn matched(&self, name: &str, request_id: &str, memo: &str) -> TransactionId {
        self.world.paid(request_id).await;
        let (piaid, request) = (Piaid::parse(PIAID).unwrap(), RequestId::parse(name).unwrap());
        let inr = Currency::parse("INR").unwrap();
        let id = statement_id(&piaid, &request);
        let notice = Notice {
            id,
            piaid,
            statement_id: request,
            statement_date: None,
            period_start: None,
            period_end: None,
            due: None,
            total: Money::new(PAID_MICROS, inr),
            total_fees: None,
            total_events: Some(1),
            memo_line: Some(memo.to_owned()),
            received_at: self.world.clock.now(),
        };
        self.ask(id, Input::Notify(Box::new(notice))).await;
        self.statement_becomes(id, "Fetching").await;
        let event = StatedEvent {
            kind: RemittableKind::Capture,
            request_id: request_id.to_owned(),
            our_id: None,
            currency: Some(inr),
            amount_micros: Some(PAID_MICROS),
            fee_micros: Some(0),
            note: None,
        };
        self.ask(id, Input::Page(Page { offset: None, events: vec![event], next_offset: None, total_events: None }))
            .await;
        self.statement_becomes(id, "Matched").await;
        id
    }

    /// Fiona accepts a statement.
    pub(super) async fn accept(&self, name: &str) {
        let answer = self.post(Who::Fiona, &format!("statements/{name}/accept"), "{}").await;
        assert_eq!(answer.status, 202, "{}", answer.text());
    }
}
