//! Services of the feeds.

use sea_orm::entity::prelude::*;

/// One service.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "services")]
pub struct Model {
    /// The load.
    #[sea_orm(primary_key, auto_increment = false)]
    pub generation: i64,
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub merchant_id: String,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub service_id: String,
    /// The rest, as JSON.
    pub body: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
