//! Requests that were answered.

use sea_orm::entity::prelude::*;

/// One request and its answer.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "request_log")]
pub struct Model {
    /// Whose ids these are.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    /// The id that the partner gave the request.
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_id: String,
    /// What was asked.
    pub method: String,
    /// SHA-256 of the canonical content.
    pub content_hash: Vec<u8>,
    /// The answer as JSON.
    pub reply: String,
    /// The transaction that answered.
    pub transaction_id: Uuid,
    /// When.
    pub at_ms: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
