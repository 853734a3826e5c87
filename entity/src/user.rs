//! People who work with the console and the admin API.

use sea_orm::entity::prelude::*;

/// One person.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// The name, in lower case.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// What they may do.
    pub role: String,
    /// When they were added.
    pub created_ms: i64,
    /// When they were disabled.
    pub disabled_ms: Option<i64>,
    /// A salted hash of the password, in the form that names its method.
    pub password_hash: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
