//! Effects waiting to be carried out: leases, retries, dead letters (architecture section 5, contract section 7).

use super::{Codec, NodeId, StorageError, Store};
use crate::domain::{Timestamp, TransactionId};

/// Names one effect for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutboxKey {
    /// The transaction.
    pub transaction: TransactionId,
    /// Unique in the transaction, and in the order of the decisions.
    pub number: i64,
}

/// One effect in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its key.
    pub key: OutboxKey,
    /// The machine that asked for it ([`Codec::KIND`]).
    pub kind: String,
    /// The destination whose order it keeps ([`EffectLane::as_str`](crate::domain::EffectLane::as_str)).
    pub lane: String,
    /// The same on every attempt.
    pub idempotency_key: String,
    /// The effect as stored; see [`OutboxRow::effect`].
    pub payload: String,
    /// How many attempts have failed.
    pub attempts: i32,
    /// When it was decided.
    pub created_at: Timestamp,
    /// When the present series of attempts began: the decision, or a person's `retry`. Seven days after it the row is parked.
    pub trying_since: Timestamp,
    /// What the last attempt came to.
    pub last_error: Option<String>,
    /// When it was parked as a dead letter.
    pub parked_at: Option<Timestamp>,
}

impl OutboxRow {
    /// Reads the effect.
    pub fn effect<M: Codec>(&self) -> Result<M::Effect, StorageError> {
        todo!()
    }
}

/// A failed attempt.
#[derive(Debug, Clone)]
pub struct FailedAttempt {
    /// Which effect.
    pub key: OutboxKey,
    /// Who tried: nothing is written when somebody else leases the row by now.
    pub node: NodeId,
    /// How many attempts have failed, this one included.
    pub attempts: i32,
    /// What it came to; no secrets, no personal data.
    pub error: String,
}

/// How the outbox stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxFigures {
    /// Rows that are to be carried out.
    pub waiting: u64,
    /// Dead letters.
    pub parked: u64,
    /// When the oldest waiting row was decided.
    pub oldest_created: Option<Timestamp>,
}

impl Store {
    /// Leases up to `limit` due effects to `node` for `lease_ms`, the longest due first: not leased by anybody, not
    /// parked, and with no earlier unparked effect of the same transaction and lane.
    pub async fn claim(
        &self,
        node: NodeId,
        now: Timestamp,
        lease_ms: i64,
        limit: u64,
    ) -> Result<Vec<OutboxRow>, StorageError> {
        todo!()
    }

    /// Extends the leases of `node`; answers those that it still holds.
    pub async fn renew(
        &self,
        node: NodeId,
        keys: &[OutboxKey],
        lease_until: Timestamp,
    ) -> Result<Vec<OutboxKey>, StorageError> {
        todo!()
    }

    /// Ends the lease; the effect is due again at `next_attempt`. `false`: somebody else holds it, or it is gone.
    pub async fn reschedule(&self, failed: FailedAttempt, next_attempt: Timestamp) -> Result<bool, StorageError> {
        todo!()
    }

    /// Ends the lease and parks the effect as a dead letter. `false`: somebody else holds it, or it is gone.
    pub async fn park(&self, failed: FailedAttempt, now: Timestamp) -> Result<bool, StorageError> {
        todo!()
    }

    /// Ends every lease at once: for a starting server on SQLite, where nobody else can hold one. Answers how many.
    pub async fn take_back_all(&self, now: Timestamp) -> Result<u64, StorageError> {
        todo!()
    }

    /// When the next effect is due, or a lease ends.
    pub async fn next_outbox_due(&self) -> Result<Option<Timestamp>, StorageError> {
        todo!()
    }

    /// Dead letters, the oldest first.
    pub async fn dead_letters(&self, limit: u64) -> Result<Vec<OutboxRow>, StorageError> {
        todo!()
    }

    /// Takes a dead letter up again: due now, with a new series of attempts. `false`: there is no such dead letter.
    pub async fn retry(&self, key: OutboxKey, now: Timestamp) -> Result<bool, StorageError> {
        todo!()
    }

    /// Gives a dead letter up for good. `false`: there is no such dead letter.
    pub async fn discard(&self, key: OutboxKey) -> Result<bool, StorageError> {
        todo!()
    }

    /// How the outbox stands.
    pub async fn outbox_figures(&self) -> Result<OutboxFigures, StorageError> {
        todo!()
    }
}
