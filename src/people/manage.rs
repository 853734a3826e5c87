//! Who there is, and what they may do. Whoever calls this has noted it before.

use super::People;
use crate::domain::{Language, Role, UserName};
use crate::storage::{NewUser, StorageError, User};

impl People {
    /// Everybody, disabled ones too, by name.
    pub async fn users(&self) -> Result<Vec<User>, StorageError> {
        self.0.store.users().await
    }

    /// Adds somebody, who cannot sign in before they have a password. `false`: the name is taken, perhaps by somebody who is
    /// disabled.
    pub async fn add_user(&self, name: UserName, role: Role) -> Result<bool, StorageError> {
        self.0.store.create_user(NewUser { name, role, created_at: self.0.clock.now() }).await
    }

    /// Disables somebody; their sessions and tokens end. `false`: there is none of this name that is enabled.
    pub async fn disable_user(&self, name: &UserName) -> Result<bool, StorageError> {
        self.0.store.disable_user(name, self.0.clock.now()).await
    }

    /// Gives somebody another role; their sessions end. `false`: there is none of this name that is enabled.
    pub async fn set_role(&self, name: &UserName, role: Role) -> Result<bool, StorageError> {
        self.0.store.set_role(name, role).await
    }

    /// Takes somebody's second factor away, for who lost it; their sessions end. `false`: there is none of this name.
    pub async fn reset_second_factor(&self, name: &UserName) -> Result<bool, StorageError> {
        self.0.store.reset_second_factor(name).await
    }

    /// Keeps the language that somebody chose.
    pub async fn set_language(&self, name: &UserName, language: Language) -> Result<(), StorageError> {
        self.0.store.set_language(name, language).await
    }
}
