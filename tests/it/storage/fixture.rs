//! Databases and payments to test with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use roundtrip::domain::redirect_payment::{
    Flow, GoogleStart, Input, IssuerReport, IssuerWord, Negative, Opening, Origin, RedirectPayment, Reply, Start,
    State, Terms,
};
use roundtrip::domain::{Currency, IssuerId, Machine, Money, Piaid, RequestId, Timestamp, TransactionId};
use roundtrip::storage::{
    Answer, Change, Commit, CommitError, Committed, NodeId, OutboxKey, Position, RequestKey, Store, StoreOptions,
};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const NODE: NodeId = NodeId::from_uuid(Uuid::from_u128(1));
pub(crate) const OTHER_NODE: NodeId = NodeId::from_uuid(Uuid::from_u128(2));
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
pub(crate) const LEASE_MS: i64 = 5_000;

/// A fresh database with the newest schema.
pub(crate) struct Home {
    pub(crate) url: String,
    pub(crate) store: Store,
    pub(crate) shared: bool,
    _folder: Option<TempDir>,
}

impl Home {
    pub(crate) async fn sqlite() -> Self {
        let home = Self::empty_sqlite().await;
        home.store.migrate_up().await.unwrap();
        home
    }

    pub(crate) async fn postgres() -> Self {
        let home = Self::empty_postgres().await;
        home.store.migrate_up().await.unwrap();
        home
    }

    pub(crate) async fn empty_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The folder between is missing too.
        let url = format!("sqlite://{}", folder.path().join("var/roundtrip.db").display());
        let store = open(&url).await;
        Self { url, store, shared: false, _folder: Some(folder) }
    }

    pub(crate) async fn empty_postgres() -> Self {
        let url = crate::postgres::fresh_database().await;
        let store = open(&url).await;
        Self { url, store, shared: true, _folder: None }
    }

    /// The database without the store.
    pub(crate) async fn raw(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(&self.url);
        options.sqlx_logging(false).max_connections(1);
        Database::connect(options).await.unwrap()
    }

    /// Changes rows behind the store's back.
    pub(crate) async fn tamper(&self, sql: &str) {
        let raw = self.raw().await;
        assert!(raw.execute_unprepared(sql).await.unwrap().rows_affected() > 0, "{sql} changes nothing");
        raw.close().await.unwrap();
    }
}

pub(crate) async fn open(url: &str) -> Store {
    Store::open(StoreOptions::new(url)).await.unwrap()
}

pub(crate) fn inr(micros: i64) -> Money {
    Money::new(micros, Currency::parse("INR").unwrap())
}

pub(crate) fn bank(name: &str) -> IssuerId {
    IssuerId::parse(name).unwrap()
}

pub(crate) fn google(request_id: &str) -> RequestKey {
    RequestKey { scope: "google:ExamplePay_INR".to_owned(), request_id: request_id.to_owned() }
}

/// A number that no other payment of this process has.
pub(crate) fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

pub(crate) fn terms(number: u64) -> Terms {
    // Scattered, as ids derived by a hash are.
    let id = Uuid::from_u64_pair(number.wrapping_mul(0x9E37_79B9_7F4A_7C15), number);
    Terms {
        id: TransactionId::from_uuid(id),
        origin: Origin::Google(GoogleStart {
            piaid: Piaid::parse("ExamplePay_INR").unwrap(),
            request_id: RequestId::parse(&format!("rq-{number}")).unwrap(),
            callback_url: "https://payments.google.com/payments/cb?x=1&y=2".to_owned(),
            flow: Flow::Begin,
        }),
        amount: inr(109_900_000),
        description: "Ein Lied – für „dich“".to_owned(),
        created_at: NOW,
        choose_by: NOW.plus_millis(1_800_000),
        link_expires: NOW.plus_millis(86_400_000),
    }
}

pub(crate) fn start(terms: Terms) -> Input {
    Input::Start(Box::new(Start { terms, opening: Opening::PayerChooses, stale: false, link: None }))
}

pub(crate) fn choose() -> Input {
    Input::Choose { issuer: bank("BANK_A"), timeout_ms: 60_000 }
}

pub(crate) fn report(word: IssuerWord) -> Input {
    Input::Report(IssuerReport {
        issuer: bank("BANK_A"),
        reference: "A/77 ä".to_owned(),
        amount: inr(109_900_000),
        word,
    })
}

pub(crate) fn approved() -> Input {
    report(IssuerWord::Approved)
}

pub(crate) fn declined() -> Input {
    report(IssuerWord::Declined(Negative::payer_left()))
}

/// One payment as an actor would hold it.
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    pub(crate) id: TransactionId,
    pub(crate) terms: Arc<Terms>,
    pub(crate) state: State,
    pub(crate) position: Option<Position>,
}

impl Payment {
    /// What Google said when it started it.
    pub(crate) fn google(&self) -> &GoogleStart {
        self.terms.origin.google().unwrap()
    }

    pub(crate) fn new() -> Self {
        let terms = Arc::new(terms(next()));
        Self { id: terms.id, terms, state: State::default(), position: None }
    }

    /// Decides; the commit that results, and the snapshot that it leads to.
    pub(crate) fn decide(&self, input: &Input, now: Timestamp) -> (Commit<RedirectPayment>, State, Reply) {
        let decision = RedirectPayment::decide(&self.state, input, now).expect("the machine agrees");
        let state = decision.events.iter().fold(self.state.clone(), RedirectPayment::apply);
        let change = (!decision.events.is_empty()).then(|| Change {
            state: state.clone(),
            events: decision.events,
            effects: decision.effects,
            entries: decision.entries,
            records: decision.records,
        });
        let commit = Commit {
            id: self.id,
            position: self.position,
            change,
            answer: None,
            settles: None,
            now,
            node: NODE,
            lease_ms: LEASE_MS,
        };
        (commit, state, decision.reply)
    }

    /// Decides and commits.
    pub(crate) async fn step(&mut self, store: &Store, input: Input) -> Committed {
        self.step_at(store, input, NOW).await
    }

    pub(crate) async fn step_at(&mut self, store: &Store, input: Input, now: Timestamp) -> Committed {
        let (commit, state, _) = self.decide(&input, now);
        let committed = store.commit(commit).await.unwrap();
        self.state = state;
        self.position = Some(committed.position);
        committed
    }

    /// A payment that has been started.
    pub(crate) async fn started(store: &Store) -> Self {
        let mut payment = Self::new();
        payment.step(store, start((*payment.terms).clone())).await;
        payment
    }

    /// A payment whose payer is at the issuer.
    pub(crate) async fn at_issuer(store: &Store) -> Self {
        let mut payment = Self::started(store).await;
        payment.step(store, choose()).await;
        payment
    }

    /// A commit that only settles an effect.
    pub(crate) fn settling(&self, key: OutboxKey) -> Commit<RedirectPayment> {
        Commit { settles: Some(key), ..self.checking() }
    }

    /// A commit that changes nothing.
    pub(crate) fn checking(&self) -> Commit<RedirectPayment> {
        Commit {
            id: self.id,
            position: self.position,
            change: None,
            answer: None,
            settles: None,
            now: NOW,
            node: NODE,
            lease_ms: LEASE_MS,
        }
    }
}

pub(crate) fn answer(key: RequestKey, reply: Reply) -> Answer<RedirectPayment> {
    Answer { key, method: "generateRedirectPaymentUrl", content_hash: [7; 32], reply }
}

pub(crate) fn is_conflict(result: &Result<Committed, CommitError>) -> bool {
    matches!(result, Err(CommitError::Conflict))
}
