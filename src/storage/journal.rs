//! The audit trail: one hash-chained row per event.

use std::collections::HashMap;

use entity::{journal, transaction};
use sea_orm::{
    AccessMode, ColumnTrait, DatabaseTransaction, EntityTrait, IsolationLevel, QueryFilter, QueryOrder, QuerySelect,
    Select, TransactionTrait,
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
            let heads = heads(next_page(after), &view).await?;
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

    /// Recomputes the chains of the newest `count` transactions: a look that costs the same however large the database is.
    pub async fn verify_newest(&self, count: u64) -> Result<JournalReport, StorageError> {
        let mut report = JournalReport::default();
        let view = self.view().await?;
        let heads = heads(newest(count), &view).await?;
        for page in heads.chunks(PAGE as usize) {
            let ids = page.iter().map(|head| head.id);
            let select = journal::Entity::find()
                .filter(journal::Column::TransactionId.is_in(ids))
                .order_by_asc(journal::Column::TransactionId)
                .order_by_asc(journal::Column::Seq);
            let mut rows = by_transaction(select.all(&view).await?);
            for head in page {
                let rows = rows.remove(&head.id).unwrap_or_default();
                report.transactions += 1;
                report.rows += rows.len() as u64;
                report.note(head.id, fault(head, &rows));
            }
        }
        view.commit().await?;
        Ok(report)
    }

    /// One state of the database, whatever is written meanwhile.
    pub(super) async fn view(&self) -> Result<DatabaseTransaction, StorageError> {
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

fn next_page(after: Option<Uuid>) -> Select<transaction::Entity> {
    let select = transaction::Entity::find().order_by_asc(transaction::Column::Id).limit(PAGE);
    match after {
        Some(after) => select.filter(transaction::Column::Id.gt(after)),
        None => select,
    }
}

fn newest(count: u64) -> Select<transaction::Entity> {
    transaction::Entity::find().order_by_desc(transaction::Column::CreatedMs).limit(count)
}

async fn heads(select: Select<transaction::Entity>, view: &DatabaseTransaction) -> Result<Vec<Head>, StorageError> {
    use transaction::Column;
    let select = select.select_only().columns([Column::Id, Column::JournalSeq, Column::JournalHead]);
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
    Ok(by_transaction(select.all(view).await?))
}

fn by_transaction(rows: Vec<journal::Model>) -> HashMap<Uuid, Vec<journal::Model>> {
    let mut sorted = HashMap::<Uuid, Vec<journal::Model>>::new();
    for row in rows {
        sorted.entry(row.transaction_id).or_default().push(row);
    }
    sorted
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
