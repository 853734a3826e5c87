//! Sessions of the console.

use sea_orm::entity::prelude::*;

/// One session; its token is not here, only the SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// SHA-256 of the token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Vec<u8>,
    /// Whose it is.
    pub user_name: String,
    /// How far the sign-in has come.
    pub stage: String,
    /// When it began.
    pub created_ms: i64,
    /// When it was last used, to the minute.
    pub seen_ms: i64,
    /// When it ends, however much it is used.
    pub expires_ms: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
