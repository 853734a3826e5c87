//! Bearer tokens of the admin API.

use sea_orm::entity::prelude::*;

/// One token; the token itself is not here, only its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_tokens")]
pub struct Model {
    /// Id, for lists and revocation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is for.
    pub name: String,
    /// Scopes, comma-separated.
    pub scopes: String,
    /// The person it is tied to.
    pub user_name: Option<String>,
    /// SHA-256 of the token; unique.
    pub sha256: Vec<u8>,
    /// When it was made.
    pub created_ms: i64,
    /// When it was revoked.
    pub revoked_ms: Option<i64>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
