//! The events of remittance statements, as Google stated them.

use sea_orm::entity::prelude::*;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "statement_lines")]
pub struct Model {
    /// The statement.
    #[sea_orm(primary_key, auto_increment = false)]
    pub statement_id: Uuid,
    /// Its place, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: i64,
    /// `capture` or `refund`: the list it stood in.
    pub kind: String,
    /// Google's id of the event.
    pub request_id: String,
    /// Our id of it, as Google states it.
    pub our_id: Option<String>,
    /// ISO 4217 code, if it could be read.
    pub currency: Option<String>,
    /// As stated: refunds negative; null where it could not be read.
    pub amount_micros: Option<i64>,
    /// The fee as stated.
    pub fee_micros: Option<i64>,
    /// Members that we do not know, and what could not be read.
    pub note: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
