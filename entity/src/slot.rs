//! What can be booked, with its spots.

use sea_orm::entity::prelude::*;

/// One slot.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "slots")]
pub struct Model {
    /// The load.
    #[sea_orm(primary_key, auto_increment = false)]
    pub generation: i64,
    /// Its identity, hashed.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: Uuid,
    /// Whose it is.
    pub merchant_id: String,
    /// Of which service.
    pub service_id: String,
    /// When it begins, in seconds since the Unix epoch.
    pub start_s: i64,
    /// How long it takes.
    pub duration_s: i64,
    /// By whom.
    pub staff_id: Option<String>,
    /// Where.
    pub room_id: Option<String>,
    /// For how many.
    pub party_size: Option<i32>,
    /// `availability_tag`.
    pub tag: Option<String>,
    /// How many spots there are.
    pub spots_total: i32,
    /// How many of them are free.
    pub spots_open: i32,
    /// Whether the merchant confirms later.
    pub asynchronous: bool,
    /// What differs from the service, as JSON.
    pub overrides: Option<String>,
    /// Since when Google has not been told of its spots; null: Google knows.
    pub untold_ms: Option<i64>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
