//! Floor 2: rows. The sole user of `entity`.
//!
//! A [`Commit`] is one database transaction that holds the new snapshot, the journal events, the effects to carry out
//! (outbox), the ledger entries and the remembered answer. Nothing is acknowledged before it is durable. The row is the
//! truth: rows carry a version, and a commit on a stale version is refused.

use std::fmt;
use std::sync::Arc;

use sea_orm::DatabaseConnection;

mod agreement;
mod alarm;
mod audit;
mod balances;
mod bank_transfer;
mod batch;
mod booking;
mod booking_lists;
mod checkpoint;
mod claims;
mod codec;
mod commit;
mod connect;
mod dead_letters;
mod error;
mod figures;
mod inventory;
mod inventory_watch;
mod invoice;
mod job;
mod journal;
mod kept_cards;
mod ledger;
mod outbox;
mod payout;
mod read;
mod redirect_payment;
mod remittance;
mod rows;
mod schema;
mod search;
mod session;
mod sign_in;
mod stored;
mod token;
mod user;
mod writer;

pub use agreement::Disagreement;
pub use alarm::Overdue;
pub use audit::{AuditActor, AuditFault, AuditFilter, AuditFinding, AuditNote, AuditOutcome, AuditReport, AuditRow};
pub use balances::BalanceDisagreement;
pub use bank_transfer::{StatementName, TransferRow};
pub use booking::merchant_account;
pub use booking_lists::{BookingFilter, ListedBooking, Pack, TroubledBooking};
pub use codec::{Codec, CodecError, Summary};
pub use commit::{Answer, Change, Commit, Committed, Loaded, NodeId, Position, Remembered, RequestKey};
pub use connect::{Observer, StoreOptions};
pub use dead_letters::{DeadLetterFilter, DeadLetterPlace, LetterDecision, LetterRequest};
pub use error::{CommitError, StorageError};
pub use figures::{Noted, Quantile, SeriesFigures, Tally};
pub use inventory::{Availability, Catalog, FeedBatch, InForce, Placed, Staging, UntoldSlot};
pub use invoice::{InvoiceFilter, InvoicePlace, ListedInvoice, SoughtRecipient};
pub use job::{
    Job, JobCancel, JobFile, JobGoesOn, JobId, JobNext, JobOutcome, JobState, JobStep, JobStepped, LetterAct, NewJobRow,
};
pub use journal::{JournalFault, JournalFinding, JournalReport, JournalRow};
pub use ledger::{AccountSum, LedgerBalance, LedgerFilter, LedgerPlace, LedgerRow, PeriodSum};
pub use outbox::{FailedAttempt, OutboxFigures, OutboxKey, OutboxRow};
pub use payout::{PayoutRow, PayoutsOf};
pub use read::{Overview, StateCount};
pub use redirect_payment::INVOICES;
pub use remittance::{LinePage, OursFound, ReportMade, StatedLine, StatementRow};
pub use schema::MigrationState;
pub use search::{Found, IssuerOutcome, PaymentFilter};
pub use session::{Proof, SessionRow, SessionStage};
pub use sign_in::Failures;
pub use token::{ApiToken, NewApiToken};
pub use user::{Credentials, Managed, NewUser, PasswordFrom, User};

use connect::Engine;
use writer::Writer;

/// The database, with group commit. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    writer: Writer,
    /// For the writes that are no commits: outbox, tokens, schema.
    write: DatabaseConnection,
    read: DatabaseConnection,
    engine: Engine,
    catalog: inventory::CatalogCache,
    lookups: inventory::GroupedLookups,
    hours: search::hours::CountedHours,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("engine", &self.0.engine).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database. A missing SQLite file is created. Migrates nothing: see [`Store::require_current`].
    pub async fn open(options: StoreOptions) -> Result<Self, StorageError> {
        let engine = connect::engine(&options.url)?;
        let (writer, write) = Writer::start(&options, engine).await?;
        let read = connect::reading(&options, engine).await?;
        let (catalog, lookups) = (inventory::CatalogCache::default(), inventory::GroupedLookups::start(&read));
        let hours = search::hours::CountedHours::default();
        Ok(Self(Arc::new(Inner { writer, write, read, engine, catalog, lookups, hours })))
    }

    /// Whether other nodes may write to it (PostgreSQL): what an actor holds in memory may be stale.
    pub fn is_shared(&self) -> bool {
        match self.0.engine {
            Engine::Sqlite => false,
            Engine::Postgres => true,
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StorageError> {
        Ok(self.0.read.ping().await?)
    }

    /// Stores a decision as one, and returns once it is durable. A caller that stops waiting does not undo it.
    pub async fn commit<M: Codec>(&self, commit: Commit<M>) -> Result<Committed, CommitError> {
        let (rows, position) = rows::rows(&commit)?;
        if rows.only_checks() {
            let version = self.version(commit.id).await?.unwrap_or(0);
            if version != rows.expected {
                return Err(CommitError::Conflict);
            }
            return Ok(Committed { position, leased: Vec::new() });
        }
        let written = self.0.writer.commit(rows).await?;
        let position = Position { outbox_open: written.outbox_open, ..position };
        Ok(Committed { position, leased: written.leased.into_iter().map(OutboxRow::fresh).collect() })
    }

    /// Waits for the commits that are under way and closes the database. Later commits answer `Closed`.
    pub async fn close(&self) {
        self.0.writer.close().await;
        let _nothing_left_to_save = self.0.read.close_by_ref().await;
    }
}
