//! The books.

use sea_orm::entity::prelude::*;

/// One line of one entry.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger")]
pub struct Model {
    /// The transaction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub transaction_id: Uuid,
    /// The journal row that caused it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub journal_seq: i64,
    /// Number of the line, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: i32,
    /// The account.
    pub account: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Positive is a debit.
    pub amount_micros: i64,
    /// Why.
    pub reason: String,
    /// When.
    pub at_ms: i64,
    /// The person who decided it.
    pub author: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
