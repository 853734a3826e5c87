//! What reconciliation found on the events of remittance statements. An event that matches has no row.

use sea_orm::entity::prelude::*;

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "statement_findings")]
pub struct Model {
    /// The statement.
    #[sea_orm(primary_key, auto_increment = false)]
    pub statement_id: Uuid,
    /// The event's place.
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: i64,
    /// What is wrong.
    pub kind: String,
    /// Google's id of the event.
    pub request_id: String,
    /// What Google states, refunds negative; null where it could not be read.
    pub stated_micros: Option<i64>,
    /// What our books say, refunds negative.
    pub ours_micros: Option<i64>,
    /// The fee as stated.
    pub fee_micros: Option<i64>,
    /// The fee by the schedule, where it was judged.
    pub expected_fee_micros: Option<i64>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
