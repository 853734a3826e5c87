//! Floor 2: rows. The sole user of `entity`.
//!
//! A [`Commit`] is one database transaction that holds the new snapshot, the journal events, the effects to carry out
//! (outbox), the ledger entries and the remembered answer. Nothing is acknowledged before it is durable. The row is the
//! truth: rows carry a version, and a commit on a stale version is refused.

mod codec;
mod commit;
mod error;
mod journal;
mod ledger;
mod outbox;
mod read;
mod redirect_payment;
mod schema;
mod token;

pub use codec::{Codec, CodecError, Summary};
pub use commit::{Answer, Change, Commit, Committed, Loaded, NodeId, Position, Remembered, RequestKey};
pub use error::{CommitError, StorageError};
pub use journal::{JournalFault, JournalFinding, JournalReport, JournalRow};
pub use ledger::{AccountSum, LedgerBalance};
pub use outbox::{FailedAttempt, OutboxFigures, OutboxKey, OutboxRow};
pub use read::{Overview, StateCount};
pub use schema::MigrationState;
pub use token::{ApiToken, NewApiToken};

/// How to open a store.
#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite://path` or `postgres://…`; may hold a password.
    pub url: String,
    /// How many commits one database transaction takes at most.
    pub max_batch: usize,
    /// How many commits may wait; more are refused as [`StorageError::Overloaded`].
    pub max_waiting: usize,
}

impl StoreOptions {
    /// The defaults for a database.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), max_batch: 256, max_waiting: 4096 }
    }
}

/// The database, with group commit. Cheap to clone.
#[derive(Clone)]
pub struct Store;

impl Store {
    /// Opens the database. A missing SQLite file is created. Migrates nothing: see [`Store::require_current`].
    pub async fn open(options: StoreOptions) -> Result<Self, StorageError> {
        todo!()
    }

    /// Whether other nodes may write to it (PostgreSQL): what an actor holds in memory may be stale.
    pub fn is_shared(&self) -> bool {
        todo!()
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StorageError> {
        todo!()
    }

    /// Stores a decision as one, and returns once it is durable.
    pub async fn commit<M: Codec>(&self, commit: Commit<M>) -> Result<Committed, CommitError> {
        todo!()
    }

    /// Waits for the commits that are under way and closes the database. Later calls answer `Closed`.
    pub async fn close(&self) {
        todo!()
    }
}
