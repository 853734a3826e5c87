//! By which ids the processor speaks of a booking.

use sea_orm::entity::prelude::*;

/// One id.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "booking_charges")]
pub struct Model {
    /// The processor's id of a charge, or of a card that was kept.
    #[sea_orm(primary_key, auto_increment = false)]
    pub intent: String,
    /// The booking.
    pub booking_id: Uuid,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
