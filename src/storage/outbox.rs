//! Effects waiting to be carried out: leases, retries, dead letters (architecture section 5, contract section 7).

use std::fmt;

use entity::outbox::{Column, Entity, Model};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, LockBehavior, LockType, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::batch::KEYS_AT_ONCE;
use super::writer::begin;
use super::{Codec, NodeId, StorageError, Store};
use crate::domain::{EffectLane, Timestamp, TransactionId};

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
    /// When it may be taken next; while somebody works on it, when the lease ends. Says nothing of a dead letter.
    pub due_at: Timestamp,
    /// Whether somebody works on it.
    pub leased: bool,
    /// Whether this process has just committed it, and nobody can have tried it yet.
    pub fresh: bool,
}

impl OutboxRow {
    /// As handed over by the commit that wrote it.
    pub(super) fn fresh(row: Model) -> Self {
        Self { fresh: true, ..Self::from(row) }
    }

    /// Reads the effect.
    pub fn effect<M: Codec>(&self) -> Result<M::Effect, StorageError> {
        M::decode_effect(&self.payload).map_err(|why| StorageError::corrupt("outbox", "payload", self.key, why))
    }
}

impl From<Model> for OutboxRow {
    fn from(row: Model) -> Self {
        Self {
            key: OutboxKey { transaction: TransactionId::from_uuid(row.transaction_id), number: row.number },
            kind: row.kind,
            lane: row.lane,
            idempotency_key: row.idempotency_key,
            payload: row.payload,
            attempts: row.attempts,
            created_at: Timestamp::from_millis(row.created_ms),
            trying_since: Timestamp::from_millis(row.trying_since_ms),
            last_error: row.last_error,
            parked_at: row.parked_ms.map(Timestamp::from_millis),
            due_at: Timestamp::from_millis(row.due_ms),
            leased: row.lease_node.is_some(),
            fresh: false,
        }
    }
}

impl fmt::Display for OutboxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.transaction, self.number)
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
        // Looking costs the writer nothing.
        if self.next_outbox_due().await?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let transaction = begin(&self.0.write).await?;
        let mut free = due(now, limit);
        if transaction.get_database_backend() == DbBackend::Postgres {
            free = free.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        }
        let keys: Vec<(Uuid, i64)> = free.into_tuple().all(&transaction).await?;
        let keys: Vec<OutboxKey> = keys.into_iter().map(key).collect();
        let mut rows = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(KEYS_AT_ONCE) {
            let leased = Entity::update_many()
                .col_expr(Column::LeaseNode, Expr::value(node.as_uuid()))
                .col_expr(Column::DueMs, Expr::value(now.plus_millis(lease_ms).as_millis()))
                .filter(keyed(chunk))
                .exec_with_returning(&transaction)
                .await?;
            rows.extend(leased.into_iter().map(OutboxRow::from));
        }
        transaction.commit().await?;
        rows.sort_unstable_by_key(|row| (row.created_at, row.key));
        Ok(rows)
    }

    /// Extends the leases of `node`; answers those that it still holds.
    pub async fn renew(
        &self,
        node: NodeId,
        keys: &[OutboxKey],
        lease_until: Timestamp,
    ) -> Result<Vec<OutboxKey>, StorageError> {
        let mut held = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(KEYS_AT_ONCE) {
            let rows = Entity::update_many()
                .col_expr(Column::DueMs, Expr::value(lease_until.as_millis()))
                .filter(keyed(chunk))
                .filter(Column::LeaseNode.eq(node.as_uuid()))
                .exec_with_returning(&self.0.write)
                .await?;
            held.extend(rows.into_iter().map(|row| key((row.transaction_id, row.number))));
        }
        Ok(held)
    }

    /// Ends the lease; the effect is due again at `next_attempt`. `false`: somebody else holds it, or it is gone.
    pub async fn reschedule(&self, failed: FailedAttempt, next_attempt: Timestamp) -> Result<bool, StorageError> {
        self.end_lease(failed, next_attempt, None).await
    }

    /// Ends the lease and parks the effect as a dead letter. `false`: somebody else holds it, or it is gone.
    pub async fn park(&self, failed: FailedAttempt, now: Timestamp) -> Result<bool, StorageError> {
        self.end_lease(failed, now, Some(now)).await
    }

    async fn end_lease(
        &self,
        failed: FailedAttempt,
        due: Timestamp,
        parked: Option<Timestamp>,
    ) -> Result<bool, StorageError> {
        let ended = Entity::update_many()
            .col_expr(Column::LeaseNode, Expr::value(None::<Uuid>))
            .col_expr(Column::DueMs, Expr::value(due.as_millis()))
            .col_expr(Column::ParkedMs, Expr::value(parked.map(Timestamp::as_millis)))
            .col_expr(Column::Attempts, Expr::value(failed.attempts))
            .col_expr(Column::LastError, Expr::value(shortened(&failed.error)))
            .filter(keyed(&[failed.key]))
            .filter(Column::LeaseNode.eq(failed.node.as_uuid()))
            .exec(&self.0.write)
            .await?;
        Ok(ended.rows_affected > 0)
    }

    /// Ends every lease at once: for a starting server on SQLite, where nobody else can hold one. Answers how many.
    pub async fn take_back_all(&self, now: Timestamp) -> Result<u64, StorageError> {
        let ended = Entity::update_many()
            .col_expr(Column::LeaseNode, Expr::value(None::<Uuid>))
            .col_expr(Column::DueMs, Expr::value(now.as_millis()))
            .filter(Column::LeaseNode.is_not_null())
            .filter(Column::ParkedMs.is_null())
            .exec(&self.0.write)
            .await?;
        Ok(ended.rows_affected)
    }

    /// When the next effect is due, or a lease ends; what has an earlier effect before it counts too.
    pub async fn next_outbox_due(&self) -> Result<Option<Timestamp>, StorageError> {
        let due: Option<Option<i64>> = Entity::find()
            .select_only()
            .expr(Expr::col(Column::DueMs).min())
            .filter(Column::ParkedMs.is_null())
            .into_tuple()
            .one(&self.0.read)
            .await?;
        Ok(due.flatten().map(Timestamp::from_millis))
    }

    /// What is to be carried out of one transaction, and its dead letters, in the order of the decisions.
    pub async fn outbox_of(&self, transaction: TransactionId) -> Result<Vec<OutboxRow>, StorageError> {
        let select = Entity::find().filter(Column::TransactionId.eq(transaction.as_uuid()));
        let rows = select.order_by_asc(Column::Number).all(&self.0.read).await?;
        Ok(rows.into_iter().map(OutboxRow::from).collect())
    }

    /// Dead letters, the oldest first.
    pub async fn dead_letters(&self, limit: u64) -> Result<Vec<OutboxRow>, StorageError> {
        let rows = Entity::find()
            .filter(Column::ParkedMs.is_not_null())
            .order_by_asc(Column::ParkedMs)
            .limit(limit)
            .all(&self.0.read)
            .await?;
        Ok(rows.into_iter().map(OutboxRow::from).collect())
    }

    /// One dead letter. `None`: there is no such dead letter.
    pub async fn dead_letter(&self, key: OutboxKey) -> Result<Option<OutboxRow>, StorageError> {
        let found = Entity::find_by_id((key.transaction.as_uuid(), key.number))
            .filter(Column::ParkedMs.is_not_null())
            .one(&self.0.read)
            .await?;
        Ok(found.map(OutboxRow::from))
    }

    /// Makes what waits of one lane of a transaction due now, unless somebody works on it. `false`: there is nothing.
    pub async fn hasten(
        &self,
        transaction: TransactionId,
        lane: EffectLane,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let hastened = Entity::update_many()
            .col_expr(Column::DueMs, Expr::value(now.as_millis()))
            .filter(Column::TransactionId.eq(transaction.as_uuid()))
            .filter(Column::Lane.eq(lane.as_str()))
            .filter(Column::LeaseNode.is_null())
            .filter(Column::ParkedMs.is_null())
            .exec(&self.0.write)
            .await?;
        Ok(hastened.rows_affected > 0)
    }

    /// Takes a dead letter up again: due now, with a new series of attempts. `false`: there is no such dead letter.
    pub async fn retry(&self, key: OutboxKey, now: Timestamp) -> Result<bool, StorageError> {
        let revived =
            revived(now).filter(keyed(&[key])).filter(Column::ParkedMs.is_not_null()).exec(&self.0.write).await?;
        Ok(revived.rows_affected > 0)
    }

    /// Gives a dead letter up for good. `false`: there is no such dead letter.
    pub async fn discard(&self, key: OutboxKey) -> Result<bool, StorageError> {
        // The transaction's `outbox_open` stays one too high: that only means that its next effect waits for a claim.
        let gone = Entity::delete_many()
            .filter(keyed(&[key]))
            .filter(Column::ParkedMs.is_not_null())
            .exec(&self.0.write)
            .await?;
        Ok(gone.rows_affected > 0)
    }

    /// How the outbox stands.
    pub async fn outbox_figures(&self) -> Result<OutboxFigures, StorageError> {
        let read = &self.0.read;
        let parked = Entity::find().filter(Column::ParkedMs.is_not_null()).count(read).await?;
        let waiting: Option<(i64, Option<i64>)> = Entity::find()
            .select_only()
            .expr(Expr::col(Column::Number).count())
            .expr(Expr::col(Column::CreatedMs).min())
            .filter(Column::ParkedMs.is_null())
            .into_tuple()
            .one(read)
            .await?;
        let (waiting, oldest) = waiting.unwrap_or_default();
        let waiting = u64::try_from(waiting).unwrap_or(0);
        Ok(OutboxFigures { waiting, parked, oldest_created: oldest.map(Timestamp::from_millis) })
    }
}

fn key((transaction, number): (Uuid, i64)) -> OutboxKey {
    OutboxKey { transaction: TransactionId::from_uuid(transaction), number }
}

/// Due now, with a new series of attempts.
pub(super) fn revived(now: Timestamp) -> sea_orm::UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::ParkedMs, Expr::value(None::<i64>))
        .col_expr(Column::DueMs, Expr::value(now.as_millis()))
        .col_expr(Column::TryingSinceMs, Expr::value(now.as_millis()))
        .col_expr(Column::Attempts, Expr::value(0))
}

/// Somebody else's words, perhaps: PostgreSQL takes no NUL in a text, and nobody reads more than this.
pub(super) fn shortened(error: &str) -> String {
    error.chars().filter(|c| *c != '\0').take(500).collect()
}

/// Exactly these rows. (SQLite has no list of tuples.)
pub(super) fn keyed(keys: &[OutboxKey]) -> Condition {
    keys.iter().fold(Condition::any(), |any, key| {
        let transaction = Column::TransactionId.eq(key.transaction.as_uuid());
        any.add(Condition::all().add(transaction).add(Column::Number.eq(key.number)))
    })
}

/// Keys of rows that may be leased.
fn due(now: Timestamp, limit: u64) -> sea_orm::Select<Entity> {
    let earlier = Alias::new("earlier");
    let of_earlier = |column: Column| Expr::col((earlier.clone(), column));
    let of_this = |column: Column| Expr::col((Entity, column));
    let before_it = Query::select()
        .expr(Expr::value(1))
        .from_as(Entity, earlier.clone())
        .and_where(of_earlier(Column::TransactionId).eq(of_this(Column::TransactionId)))
        .and_where(of_earlier(Column::Lane).eq(of_this(Column::Lane)))
        .and_where(of_earlier(Column::Number).lt(of_this(Column::Number)))
        .and_where(of_earlier(Column::ParkedMs).is_null())
        .to_owned();
    Entity::find()
        .select_only()
        .columns([Column::TransactionId, Column::Number])
        .filter(Column::ParkedMs.is_null())
        .filter(Column::DueMs.lte(now.as_millis()))
        .filter(Expr::exists(before_it).not())
        .order_by_asc(Column::DueMs)
        .limit(limit)
}
