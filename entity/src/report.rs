//! Reports that were made, by their digest.

use sea_orm::entity::prelude::*;

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reports")]
pub struct Model {
    /// What it is about: a statement or a period with its filters.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    /// `csv` or `xlsx`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub format: String,
    /// SHA-256 of the file, in hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: i64,
    /// How many lines it has.
    pub lines: i64,
    /// When it was first made so.
    pub made_ms: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
