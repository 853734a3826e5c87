//! Loads of the feeds that are under way.

use sea_orm::entity::prelude::*;

/// One load.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stagings")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub generation: i64,
    /// `generation_timestamp` of its feeds.
    pub feed_generation: i64,
    /// When it last wrote.
    pub alive_ms: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
