//! What the accounts of the ledger come to.

use sea_orm::entity::prelude::*;

/// A part of one account's sum in one currency.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_balances")]
pub struct Model {
    /// The account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: String,
    /// ISO 4217 code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: String,
    /// Which part: each writer adds to its own.
    #[sea_orm(primary_key, auto_increment = false)]
    pub shard: i32,
    /// Positive is a debit.
    pub micros: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
