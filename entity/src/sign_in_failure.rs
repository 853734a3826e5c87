//! Failed attempts to sign in.

use sea_orm::entity::prelude::*;

/// How often in a row a name failed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_failures")]
pub struct Model {
    /// SHA-256 of the name as it was given: a password typed into the wrong field is not kept.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name_digest: Vec<u8>,
    /// How often in a row.
    pub failures: i64,
    /// When it was tried last.
    pub last_ms: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
