//! How calls were answered, hour by hour.

use sea_orm::entity::prelude::*;

/// Calls of one hour, one series and one outcome, as one node has seen them.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "figures")]
pub struct Model {
    /// When the hour began.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hour_ms: i64,
    /// Whose calls, and which.
    #[sea_orm(primary_key, auto_increment = false)]
    pub series: String,
    /// `ok` or `failed`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub outcome: String,
    /// The node.
    #[sea_orm(primary_key, auto_increment = false)]
    pub node: Uuid,
    /// How many.
    pub count: i64,
    /// How long all of them took.
    pub total_ms: i64,
    /// That took up to 10 ms.
    pub to_10: i64,
    /// Up to 25 ms, and more than the one before; so the others.
    pub to_25: i64,
    /// Up to 50 ms.
    pub to_50: i64,
    /// Up to 100 ms.
    pub to_100: i64,
    /// Up to 250 ms.
    pub to_250: i64,
    /// Up to 500 ms.
    pub to_500: i64,
    /// Up to 1 s.
    pub to_1000: i64,
    /// Up to 2.5 s.
    pub to_2500: i64,
    /// Up to 5 s.
    pub to_5000: i64,
    /// Up to 10 s.
    pub to_10000: i64,
    /// Longer.
    pub beyond: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
