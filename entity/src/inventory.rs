//! Which load of the feeds is in force: one row.

use sea_orm::entity::prelude::*;

/// The row, `id` = 1.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inventory")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// The number of the load in force; 0: none was ever loaded.
    pub generation: i64,
    /// `generation_timestamp` of its feeds, in seconds since the Unix epoch; 0: none.
    pub feed_generation: i64,
    /// When it came into force.
    pub loaded_ms: i64,
    /// The highest number that was given to a load.
    pub last_staged: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
