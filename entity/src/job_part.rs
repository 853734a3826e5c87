//! The bytes of jobs, in parts.

use sea_orm::entity::prelude::*;

/// One part.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job_parts")]
pub struct Model {
    /// The job.
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: Uuid,
    /// `in` or `out`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub direction: String,
    /// Its place, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
