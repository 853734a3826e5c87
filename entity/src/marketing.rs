//! Who wants to hear of offers.

use sea_orm::entity::prelude::*;

/// One user's wish.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "marketing_preferences")]
pub struct Model {
    /// Google's id of the user.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: String,
    /// The merchant of the user's last booking; empty: none.
    #[sea_orm(primary_key, auto_increment = false)]
    pub merchant_id: String,
    /// Whether.
    pub wanted: bool,
    /// When it was said.
    pub at_ms: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
