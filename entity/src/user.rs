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
    /// The second factor's secret, sealed.
    pub totp_secret: Option<String>,
    /// A secret that was shown but not confirmed yet, sealed.
    pub totp_pending: Option<String>,
    /// The last 30 seconds whose code was used, counted from the epoch.
    pub totp_step: Option<i64>,
    /// When they chose the password; null while it is one that they were given.
    pub password_changed_ms: Option<i64>,
    /// Who else may know the password: names, a line each; null where nobody does.
    pub password_by: Option<String>,
    /// Who else may have set up the second factor: names, a line each; null where nobody has.
    pub second_factor_by: Option<String>,
    /// The language that they chose.
    pub language: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
