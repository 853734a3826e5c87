//! Bearer tokens of the admin API. Only their SHA-256 is stored (contract section 6).

use entity::api_token::{Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{StorageError, Store, User};
use crate::domain::{Person, Timestamp, UserName};

/// A token to be stored.
pub struct NewApiToken {
    /// Its id, for lists and revocation.
    pub id: Uuid,
    /// What it is for, in its creator's words.
    pub name: String,
    /// `area:read` or `area:write`, comma-separated.
    pub scopes: String,
    /// The person it is tied to; without one it never counts as a person.
    pub user_name: Option<String>,
    /// SHA-256 of the token.
    pub sha256: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
}

/// A stored token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Its id.
    pub id: Uuid,
    /// What it is for.
    pub name: String,
    /// `area:read` or `area:write`, comma-separated.
    pub scopes: String,
    /// The person it is tied to.
    pub user_name: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Store {
    /// Stores a token.
    pub async fn create_token(&self, token: NewApiToken) -> Result<(), StorageError> {
        let row = Model {
            id: token.id,
            name: token.name,
            scopes: token.scopes,
            user_name: token.user_name,
            sha256: token.sha256.to_vec(),
            created_ms: token.created_at.as_millis(),
            revoked_ms: None,
        };
        Entity::insert(row.into_active_model()).exec_without_returning(&self.0.write).await?;
        Ok(())
    }

    /// All tokens, revoked ones included, the newest last.
    pub async fn tokens(&self) -> Result<Vec<ApiToken>, StorageError> {
        let rows = Entity::find().order_by_asc(Column::CreatedMs).order_by_asc(Column::Id).all(&self.0.read).await?;
        Ok(rows.into_iter().map(ApiToken::from).collect())
    }

    /// Revokes a token. `false`: there is none with this id that is still good.
    pub async fn revoke_token(&self, id: Uuid, now: Timestamp) -> Result<bool, StorageError> {
        let revoked = Entity::update_many()
            .col_expr(Column::RevokedMs, Expr::value(now.as_millis()))
            .filter(Column::Id.eq(id))
            .filter(Column::RevokedMs.is_null())
            .exec(&self.0.write)
            .await?;
        Ok(revoked.rows_affected > 0)
    }

    /// The token with this SHA-256, unless it was revoked or its user is disabled. (A search by the digest of a random
    /// token gives nothing away by its time.)
    pub async fn find_token(&self, sha256: &[u8; 32]) -> Result<Option<ApiToken>, StorageError> {
        let row = Entity::find()
            .filter(Column::Sha256.eq(sha256.to_vec()))
            .filter(Column::RevokedMs.is_null())
            .one(&self.0.read)
            .await?;
        let Some(token) = row.map(ApiToken::from) else { return Ok(None) };
        let user = self.user_of(&token).await?;
        Ok(user.is_none_or(|user| user.disabled_at.is_none()).then_some(token))
    }

    /// Who a token stands for. `None`: nobody, it never counts as a person (contract section 1).
    pub async fn person_of(&self, token: &ApiToken) -> Result<Option<Person>, StorageError> {
        let Some(name) = token.user()? else { return Ok(None) };
        let role = self.find_user(&name).await?.map(|user| user.role);
        Ok(Some(Person { name, role }))
    }

    async fn user_of(&self, token: &ApiToken) -> Result<Option<User>, StorageError> {
        match token.user()? {
            Some(name) => self.find_user(&name).await,
            None => Ok(None),
        }
    }
}

impl ApiToken {
    fn user(&self) -> Result<Option<UserName>, StorageError> {
        let name = self.user_name.as_deref().map(UserName::parse).transpose();
        name.map_err(|why| StorageError::corrupt("api_tokens", "user_name", self.id, why.into()))
    }
}

impl From<Model> for ApiToken {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            scopes: row.scopes,
            user_name: row.user_name,
            created_at: Timestamp::from_millis(row.created_ms),
            revoked_at: row.revoked_ms.map(Timestamp::from_millis),
        }
    }
}
