//! The audit trail: one hash-chained row per event.

use super::{Codec, StorageError, Store};
use crate::domain::{Timestamp, TransactionId};

/// One event as it was journaled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// Its number in the transaction, from 1.
    pub seq: i64,
    /// When it was decided.
    pub at: Timestamp,
    /// The event's name.
    pub event: String,
    /// The event as stored; see [`JournalRow::event`].
    pub payload: String,
    /// The chain's hash up to and including this row.
    pub hash: Vec<u8>,
}

impl JournalRow {
    /// Reads the event.
    pub fn decode<M: Codec>(&self) -> Result<M::Event, StorageError> {
        todo!()
    }
}

/// What is wrong with a transaction's journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalFault {
    /// A row does not hash to what it says: it, or one before it, was changed.
    Altered,
    /// A row is missing in the middle.
    Gap,
    /// The last rows are missing: the transaction knows of more.
    Truncated,
    /// There are more rows than the transaction knows of.
    Surplus,
    /// The rows belong to no transaction.
    Orphaned,
}

/// A transaction whose journal does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalFinding {
    /// Which.
    pub transaction: TransactionId,
    /// The row at which it shows.
    pub seq: i64,
    /// What is wrong.
    pub fault: JournalFault,
}

/// The outcome of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JournalReport {
    /// Transactions that were checked.
    pub transactions: u64,
    /// Rows that were checked.
    pub rows: u64,
    /// Transactions with a fault; one finding each, at most [`JournalReport::MOST_FINDINGS`] are listed.
    pub faulty: u64,
    /// The first of them.
    pub findings: Vec<JournalFinding>,
}

impl JournalReport {
    /// How many findings are listed; the rest is only counted.
    pub const MOST_FINDINGS: usize = 100;

    /// Whether every journal holds.
    pub fn is_sound(&self) -> bool {
        self.faulty == 0
    }
}

impl Store {
    /// The journal of one transaction, in order.
    pub async fn journal(&self, id: TransactionId) -> Result<Vec<JournalRow>, StorageError> {
        todo!()
    }

    /// The state to which the journal of one transaction leads.
    pub async fn replay<M: Codec>(&self, id: TransactionId) -> Result<M::State, StorageError> {
        todo!()
    }

    /// Recomputes the chain of every transaction, in constant memory, beside a running server.
    pub async fn verify_journal(&self) -> Result<JournalReport, StorageError> {
        todo!()
    }
}
