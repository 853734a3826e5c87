//! What belongs to one transaction beside its snapshot and its journal, each found by the key that begins with its id.

use entity::{ledger, outbox};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{CodecError, OutboxRow, StorageError, Store};
use crate::domain::{Currency, Money, Timestamp, TransactionId};

/// More lines of the ledger, or effects that wait, than a transaction of ours ever has.
const MOST: u64 = 500;

/// One line of the ledger that a transaction caused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerLine {
    /// The journal row that caused it.
    pub journal_seq: i64,
    /// The account of the ledger.
    pub account: String,
    /// Positive is a debit.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// The person who decided it.
    pub author: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// An effect of a transaction that has not been carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    /// The effect, its attempts and its last error.
    pub row: OutboxRow,
    /// When it is tried next; while somebody works on it, when the lease ends. Says nothing of a dead letter.
    pub due_at: Timestamp,
    /// Whether somebody works on it.
    pub leased: bool,
}

impl Store {
    /// What a transaction has booked, in order; at most 500 lines.
    ///
    /// # Errors
    /// The database does not answer, or a row cannot be read.
    pub async fn ledger_of(&self, transaction: TransactionId) -> Result<Vec<LedgerLine>, StorageError> {
        use ledger::Column;
        let rows = ledger::Entity::find()
            .filter(Column::TransactionId.eq(transaction.as_uuid()))
            .order_by_asc(Column::JournalSeq)
            .order_by_asc(Column::Line)
            .limit(MOST)
            .all(&self.0.read)
            .await?;
        rows.into_iter().map(line).collect()
    }

    /// What a transaction still has to tell or ask, in order; at most 500.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn outbox_of(&self, transaction: TransactionId) -> Result<Vec<Unsettled>, StorageError> {
        use outbox::Column;
        let rows = outbox::Entity::find()
            .filter(Column::TransactionId.eq(transaction.as_uuid()))
            .order_by_asc(Column::Number)
            .limit(MOST)
            .all(&self.0.read)
            .await?;
        let unsettled = |row: outbox::Model| Unsettled {
            due_at: Timestamp::from_millis(row.due_ms),
            leased: row.lease_node.is_some(),
            row: OutboxRow::from(row),
        };
        Ok(rows.into_iter().map(unsettled).collect())
    }
}

fn line(row: ledger::Model) -> Result<LedgerLine, StorageError> {
    let currency = Currency::parse(&row.currency).map_err(|why| {
        StorageError::corrupt("ledger", "currency", row.transaction_id, CodecError(why.to_string()))
    })?;
    Ok(LedgerLine {
        journal_seq: row.journal_seq,
        account: row.account,
        amount: Money::new(row.amount_micros, currency),
        reason: row.reason,
        author: row.author,
        at: Timestamp::from_millis(row.at_ms),
    })
}
