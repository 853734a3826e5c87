//! Effects waiting to be carried out.

use sea_orm::entity::prelude::*;

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    /// The transaction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub transaction_id: Uuid,
    /// Number in the transaction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// The machine that asked for it.
    pub kind: String,
    /// The destination whose order it keeps.
    pub lane: String,
    /// The same on every attempt.
    pub idempotency_key: String,
    /// The effect as JSON.
    pub payload: String,
    /// Failed attempts.
    pub attempts: i32,
    /// When it was decided.
    pub created_ms: i64,
    /// When the present series of attempts began.
    pub trying_since_ms: i64,
    /// When it may be taken next: the next attempt, or the end of the lease.
    pub due_ms: i64,
    /// Who leases it.
    pub lease_node: Option<Uuid>,
    /// When it became a dead letter.
    pub parked_ms: Option<i64>,
    /// What the last attempt came to.
    pub last_error: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
