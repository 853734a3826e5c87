//! People who work with the console and the admin API (contract section 1).

use entity::user::{Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::{CodecError, StorageError, Store};
use crate::domain::{Role, Timestamp, UserName};

/// A user to be added.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name.
    pub name: UserName,
    /// What they may do.
    pub role: Role,
    /// When they were added.
    pub created_at: Timestamp,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name.
    pub name: UserName,
    /// What they may do.
    pub role: Role,
    /// When they were added.
    pub created_at: Timestamp,
    /// When they were disabled: since then their tokens are worth nothing.
    pub disabled_at: Option<Timestamp>,
}

impl Store {
    /// Adds a user. `false`: the name is taken, by a disabled user perhaps: names are never given to somebody else.
    pub async fn create_user(&self, user: NewUser) -> Result<bool, StorageError> {
        let row = Model {
            name: user.name.as_str().to_owned(),
            role: user.role.as_str().to_owned(),
            created_ms: user.created_at.as_millis(),
            disabled_ms: None,
            password_hash: None,
        };
        match Entity::insert(row.into_active_model()).exec_without_returning(&self.0.write).await {
            Ok(_) => Ok(true),
            Err(error) => {
                let error = StorageError::from(error);
                if error.is_unique_violation() { Ok(false) } else { Err(error) }
            }
        }
    }

    /// Disables a user, and with them all of their tokens. `false`: there is none of this name that is enabled.
    pub async fn disable_user(&self, name: &UserName, now: Timestamp) -> Result<bool, StorageError> {
        let disabled = Entity::update_many()
            .col_expr(Column::DisabledMs, Expr::value(now.as_millis()))
            .filter(Column::Name.eq(name.as_str()))
            .filter(Column::DisabledMs.is_null())
            .exec(&self.0.write)
            .await?;
        Ok(disabled.rows_affected > 0)
    }

    /// All users, disabled ones included, by name.
    pub async fn users(&self) -> Result<Vec<User>, StorageError> {
        let rows = Entity::find().order_by_asc(Column::Name).all(&self.0.read).await?;
        rows.into_iter().map(User::try_from).collect()
    }

    /// One user, disabled or not.
    pub async fn find_user(&self, name: &UserName) -> Result<Option<User>, StorageError> {
        let row = Entity::find_by_id(name.as_str().to_owned()).one(&self.0.read).await?;
        row.map(User::try_from).transpose()
    }
}

impl TryFrom<Model> for User {
    type Error = StorageError;

    fn try_from(row: Model) -> Result<Self, StorageError> {
        let unknown = || CodecError(format!("is {}, no role that this binary knows", row.role));
        let role =
            Role::parse(&row.role).ok_or_else(|| StorageError::corrupt("users", "role", &row.name, unknown()))?;
        Ok(Self {
            name: UserName::parse(&row.name)
                .map_err(|why| StorageError::corrupt("users", "name", &row.name, why.into()))?,
            role,
            created_at: Timestamp::from_millis(row.created_ms),
            disabled_at: row.disabled_ms.map(Timestamp::from_millis),
        })
    }
}
