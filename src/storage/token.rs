//! Bearer tokens of the admin API. Only their SHA-256 is stored (contract section 6).

use uuid::Uuid;

use super::{StorageError, Store};
use crate::domain::Timestamp;

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
        todo!()
    }

    /// All tokens, revoked ones included, the newest last.
    pub async fn tokens(&self) -> Result<Vec<ApiToken>, StorageError> {
        todo!()
    }

    /// Revokes a token. `false`: there is none with this id that is still good.
    pub async fn revoke_token(&self, id: Uuid, now: Timestamp) -> Result<bool, StorageError> {
        todo!()
    }

    /// The token with this SHA-256, unless it was revoked.
    pub async fn find_token(&self, sha256: &[u8; 32]) -> Result<Option<ApiToken>, StorageError> {
        todo!()
    }
}
