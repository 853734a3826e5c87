//! What redirect payments have in common: every combination that has occurred.

use sea_orm::entity::prelude::*;

/// One combination.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveEntityModel)]
#[sea_orm(table_name = "payment_groups")]
pub struct Model {
    /// The partner's account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: String,
    /// ISO 4217 code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: String,
    /// The issuer; empty: none yet.
    #[sea_orm(primary_key, auto_increment = false)]
    pub issuer: String,
    /// The state's name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub state: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
