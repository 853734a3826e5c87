//! Merchants of the feeds.

use sea_orm::entity::prelude::*;

/// One merchant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merchants")]
pub struct Model {
    /// The load.
    #[sea_orm(primary_key, auto_increment = false)]
    pub generation: i64,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub merchant_id: String,
    /// The rest, as JSON.
    pub body: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
