//! Packs of visits and memberships that users bought.

use sea_orm::entity::prelude::*;

/// One pack or membership.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "packs")]
pub struct Model {
    /// `user_payment_option_id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Google's id of the user.
    pub user_id: String,
    /// What was bought.
    pub option_id: String,
    /// At whose.
    pub merchant_id: String,
    /// `payment_option_type`.
    pub kind: String,
    /// Visits that were bought.
    pub original_count: i32,
    /// Visits that are left.
    pub current_count: i32,
    /// From when it can be used, in seconds since the Unix epoch; null: not activated, or unbounded.
    pub valid_from_s: Option<i64>,
    /// Until when.
    pub valid_until_s: Option<i64>,
    /// The booking that bought it.
    pub bought_by: Uuid,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
