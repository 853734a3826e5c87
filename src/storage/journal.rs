//! The audit trail: one hash-chained row per event.

use std::collections::HashMap;

use entity::{journal, transaction};
use sea_orm::{
    AccessMode, ColumnTrait, DatabaseTransaction, EntityTrait, IsolationLevel, QueryFilter, QueryOrder, QuerySelect,
    TransactionTrait,
};
use uuid::Uuid;

use super::connect::Engine;
use super::rows::chained;
use super::{Codec, StorageError, Store};
use crate::domain::{Machine, Timestamp, TransactionId};

/// One event as it was journaled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// Its number in the transaction, from 1.
    pub seq: i64,
    /// When it was decided.
    pub at: Timestamp,
    /// The event's name.
    pub event: String,
    /// The event as stored; see [`JournalRow::decode`].
    pub payload: String,
    /// The chain's hash up to and including this row.
    pub hash: Vec<u8>,
}

impl JournalRow {
    /// Reads the event.
    pub fn decode<M: Codec>(&self) -> Result<M::Event, StorageError> {
        M::decode_event(&self.payload).map_err(|why| StorageError::corrupt("journal", "payload", self.seq, why))
    }
}

impl From<journal::Model> for JournalRow {
    fn from(row: journal::Model) -> Self {
        Self {
            seq: row.seq,
            at: Timestamp::from_millis(row.at_ms),
            event: row.event,
            payload: row.payload,
            hash: row.hash,
        }
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

/// How many transactions are checked at a time.
const PAGE: u64 = 200;

impl Store {
    /// The journal of one transaction, in order.
    pub async fn journal(&self, id: TransactionId) -> Result<Vec<JournalRow>, StorageError> {
        let rows = journal::Entity::find()
            .filter(journal::Column::TransactionId.eq(id.as_uuid()))
            .order_by_asc(journal::Column::Seq)
            .all(&self.0.read)
            .await?;
        Ok(rows.into_iter().map(JournalRow::from).collect())
    }

    /// The state to which the journal of one transaction leads.
    pub async fn replay<M: Codec>(&self, id: TransactionId) -> Result<M::State, StorageError> {
        let mut state = <M as Machine>::State::default();
        for row in self.journal(id).await? {
            state = M::apply(state, &row.decode::<M>()?);
        }
        Ok(state)
    }

    /// Recomputes the chain of every transaction, in constant memory, beside a running server.
    pub async fn verify_journal(&self) -> Result<JournalReport, StorageError> {
        let mut report = JournalReport::default();
        let mut after = None;
        loop {
            // One view of heads and rows, however much is written meanwhile.
            let view = self.view().await?;
            let heads = heads_after(&view, after).await?;
            let last = heads.last().map(|head| head.id);
            let mut rows = rows_between(&view, after, last).await?;
            view.commit().await?;
            for head in heads {
                report.transactions += 1;
                let rows = rows.remove(&head.id).unwrap_or_default();
                report.rows += rows.len() as u64;
                report.note(head.id, fault(&head, &rows));
            }
            for (id, rows) in rows {
                report.rows += rows.len() as u64;
                report.note(id, rows.first().map(|row| (row.seq, JournalFault::Orphaned)));
            }
            if last.is_none() {
                return Ok(report);
            }
            after = last;
        }
    }

    async fn view(&self) -> Result<DatabaseTransaction, StorageError> {
        Ok(match self.0.engine {
            // A reading transaction of SQLite sees one state of the database anyway.
            Engine::Sqlite => self.0.read.begin().await?,
            Engine::Postgres => {
                let (isolation, access) = (IsolationLevel::RepeatableRead, AccessMode::ReadOnly);
                self.0.read.begin_with_config(Some(isolation), Some(access)).await?
            }
        })
    }
}

impl JournalReport {
    fn note(&mut self, transaction: Uuid, fault: Option<(i64, JournalFault)>) {
        let Some((seq, fault)) = fault else { return };
        self.faulty += 1;
        if self.findings.len() < Self::MOST_FINDINGS {
            self.findings.push(JournalFinding { transaction: TransactionId::from_uuid(transaction), seq, fault });
        }
    }
}

struct Head {
    id: Uuid,
    seq: i64,
    hash: Vec<u8>,
}

async fn heads_after(view: &DatabaseTransaction, after: Option<Uuid>) -> Result<Vec<Head>, StorageError> {
    use transaction::Column;
    let mut select = transaction::Entity::find()
        .select_only()
        .columns([Column::Id, Column::JournalSeq, Column::JournalHead])
        .order_by_asc(Column::Id)
        .limit(PAGE);
    if let Some(after) = after {
        select = select.filter(Column::Id.gt(after));
    }
    let rows: Vec<(Uuid, i64, Vec<u8>)> = select.into_tuple().all(view).await?;
    Ok(rows.into_iter().map(|(id, seq, hash)| Head { id, seq, hash }).collect())
}

/// The rows of a page of transactions, and of what lies between them; after the last transaction, all that is left.
async fn rows_between(
    view: &DatabaseTransaction,
    after: Option<Uuid>,
    last: Option<Uuid>,
) -> Result<HashMap<Uuid, Vec<journal::Model>>, StorageError> {
    use journal::Column;
    let mut select = journal::Entity::find().order_by_asc(Column::TransactionId).order_by_asc(Column::Seq);
    if let Some(after) = after {
        select = select.filter(Column::TransactionId.gt(after));
    }
    match last {
        Some(last) => select = select.filter(Column::TransactionId.lte(last)),
        None => select = select.limit(PAGE),
    }
    let mut rows = HashMap::<Uuid, Vec<journal::Model>>::new();
    for row in select.all(view).await? {
        rows.entry(row.transaction_id).or_default().push(row);
    }
    Ok(rows)
}

/// The first fault of one transaction's journal, and the row at which it shows.
fn fault(head: &Head, rows: &[journal::Model]) -> Option<(i64, JournalFault)> {
    let mut hash = [0; 32];
    for (seq, row) in (1..).zip(rows) {
        if row.seq != seq {
            return Some((seq, JournalFault::Gap));
        }
        if seq > head.seq {
            return Some((seq, JournalFault::Surplus));
        }
        hash = chained(&hash, row);
        if row.hash != hash {
            return Some((seq, JournalFault::Altered));
        }
    }
    let count = rows.len() as i64;
    if count < head.seq {
        return Some((count + 1, JournalFault::Truncated));
    }
    (head.hash != hash).then_some((count, JournalFault::Altered))
}
