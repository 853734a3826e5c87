//! By which ids the processor speaks of an invoice.

use sea_orm::entity::prelude::*;

/// One id.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_charges")]
pub struct Model {
    /// The processor's id of a charge.
    #[sea_orm(primary_key, auto_increment = false)]
    pub intent: String,
    /// The invoice.
    pub invoice_id: Uuid,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
