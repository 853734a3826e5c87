//! Everything that can be paid: one row each.

use sea_orm::entity::prelude::*;

/// One transaction: its snapshot, and what of it is searched.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "transactions")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The machine.
    pub kind: String,
    /// Goes up by one with every change, from 1.
    pub version: i64,
    /// The state's name.
    pub state: String,
    /// The partner's account.
    pub account: String,
    /// The partner's id of the request that started it.
    pub request_id: String,
    /// The issuer.
    pub issuer: Option<String>,
    /// ISO 4217 code.
    pub currency: String,
    /// What is to be paid.
    pub amount_micros: i64,
    /// Why it stands before finance.
    pub attention: Option<String>,
    /// The snapshot as JSON.
    pub snapshot: String,
    /// When the machine wants to be woken.
    pub deadline_ms: Option<i64>,
    /// Rows in the outbox, at most.
    pub outbox_open: i64,
    /// Number of the last journal row.
    pub journal_seq: i64,
    /// Hash of the last journal row.
    pub journal_head: Vec<u8>,
    /// When it began.
    pub created_ms: i64,
    /// When it last changed.
    pub updated_ms: i64,
    /// The issuer's own reference of the money that it took.
    pub issuer_reference: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
