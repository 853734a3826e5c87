//! Bookings, as they are searched. The booking itself is a transaction.

use sea_orm::entity::prelude::*;

/// One booking.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bookings")]
pub struct Model {
    /// Id: the transaction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub booking_id: Uuid,
    /// Google's id of the user.
    pub user_id: String,
    /// At whose.
    pub merchant_id: String,
    /// Which service.
    pub service_id: String,
    /// Which slot.
    pub slot_key: Uuid,
    /// When it begins, in seconds since the Unix epoch.
    pub start_s: i64,
    /// When it ends.
    pub end_s: i64,
    /// How it stands.
    pub status: String,
    /// When it was made.
    pub created_ms: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
