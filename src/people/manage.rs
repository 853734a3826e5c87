//! Who there is, and what they may do. Whoever calls this has noted it before.

use super::{People, Session};
use crate::domain::{Hands, Language, Role, UserName};
use crate::storage::{Managed, NewUser, StorageError, User};

impl People {
    /// Everybody, disabled ones too, by name.
    pub async fn users(&self) -> Result<Vec<User>, StorageError> {
        self.0.store.users().await
    }

    /// Who else could have begun this session, alone. `None`: it is over by now.
    pub async fn held_by(&self, session: &Session) -> Result<Option<Hands>, StorageError> {
        let user = self.0.store.find_user(&session.user).await?;
        // Credentials that are given anew end the session with it: while it lasts, they are those that it began with.
        let lasts = self.0.store.find_session(&session.id).await?.is_some();
        Ok(user.filter(|_| lasts).map(|user| user.held_by()))
    }

    /// Everybody who may be the one of this session. `None`: it is over by now.
    pub async fn hands(&self, session: &Session) -> Result<Option<Hands>, StorageError> {
        Ok(self.held_by(session).await?.map(|held_by| held_by.and(session.user.clone())))
    }

    /// Adds somebody, who cannot sign in before they have a password; `by` is who may do so instead of them. `false`: the name
    /// is taken, perhaps by somebody who is disabled.
    pub async fn add_user(&self, name: UserName, role: Role, by: &Hands) -> Result<bool, StorageError> {
        let new = NewUser { name, role, created_at: self.0.clock.now() };
        self.0.store.create_user_by(new, by).await
    }

    /// Disables somebody, unless they are the last who can sign in and manage people; their sessions and tokens end.
    pub async fn disable_user(&self, name: &UserName) -> Result<Managed, StorageError> {
        self.0.store.disable_user_but_the_last(name, self.0.clock.now()).await
    }

    /// Gives somebody another role, unless nobody would be left who can sign in and manage people; their sessions end.
    pub async fn set_role(&self, name: &UserName, role: Role) -> Result<Managed, StorageError> {
        self.0.store.set_role(name, role).await
    }

    /// Takes somebody's second factor away, for who lost it; their sessions end. `false`: there is none of this name.
    pub async fn reset_second_factor(&self, name: &UserName, by: &Hands) -> Result<bool, StorageError> {
        self.0.store.reset_second_factor(name, by).await
    }

    /// Keeps the language that somebody chose.
    pub async fn set_language(&self, name: &UserName, language: Language) -> Result<(), StorageError> {
        self.0.store.set_language(name, language).await
    }
}
