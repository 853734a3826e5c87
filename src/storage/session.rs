//! Sessions of the console: under the SHA-256 of their token, in the database, so that every server knows them and ending
//! one ends it everywhere.

use std::fmt;

use entity::session::{Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter};

use super::user::lock_user;
use super::writer::begin;
use super::{CodecError, StorageError, Store};
use crate::domain::{Timestamp, UserName};

/// How far a sign-in has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionStage {
    /// The password fitted; the code is still to come.
    SecondFactor,
    /// The password fitted; a second factor has to be set up.
    Enrol,
    /// Signed in.
    Full,
}

impl SessionStage {
    const ALL: [Self; 3] = [Self::SecondFactor, Self::Enrol, Self::Full];

    const fn as_str(self) -> &'static str {
        match self {
            Self::SecondFactor => "second_factor",
            Self::Enrol => "enrol",
            Self::Full => "full",
        }
    }
}

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// SHA-256 of its token.
    pub id: [u8; 32],
    /// Whose it is.
    pub user: UserName,
    /// How far the sign-in has come.
    pub stage: SessionStage,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
    /// When it ends, however much it is used.
    pub expires_at: Timestamp,
}

/// What a session begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Proof<'a> {
    /// Their password, as it is stored: with another by now nothing begins.
    Password(&'a str),
    /// A session that it takes the place of: with that gone nothing begins.
    Session([u8; 32]),
}

impl fmt::Debug for Proof<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password([redacted])",
            Self::Session(_) => "Session([redacted])",
        })
    }
}

impl Store {
    /// Begins a session with what was proved, and removes those whose time is up. `false`: that proves nothing any more, or the
    /// person is disabled, and nothing began. Whatever ends the sessions of a person waits for this, or this for it.
    pub async fn begin_session(&self, new: SessionRow, from: Proof<'_>) -> Result<bool, StorageError> {
        let transaction = begin(&self.0.write).await?;
        match replace(&transaction, new, from).await {
            Ok(true) => {
                transaction.commit().await?;
                Ok(true)
            }
            Ok(false) => {
                transaction.rollback().await?;
                Ok(false)
            }
            Err(error) => {
                let _the_first_error_counts = transaction.rollback().await;
                Err(error)
            }
        }
    }

    /// The session of this id, over or not.
    pub async fn find_session(&self, id: &[u8; 32]) -> Result<Option<SessionRow>, StorageError> {
        let row = Entity::find_by_id(id.to_vec()).one(&self.0.read).await?;
        row.map(SessionRow::try_from).transpose()
    }

    /// Notes that a session was used.
    pub async fn touch_session(&self, id: &[u8; 32], now: Timestamp) -> Result<(), StorageError> {
        Entity::update_many()
            .col_expr(Column::SeenMs, Expr::value(now.as_millis()))
            .filter(Column::Id.eq(id.to_vec()))
            .filter(Column::SeenMs.lt(now.as_millis()))
            .exec(&self.0.write)
            .await?;
        Ok(())
    }

    /// Ends a session. `false`: it was over.
    pub async fn end_session(&self, id: &[u8; 32]) -> Result<bool, StorageError> {
        Ok(Entity::delete_by_id(id.to_vec()).exec(&self.0.write).await?.rows_affected > 0)
    }

    /// Ends all sessions of a user. How many there were.
    pub async fn end_sessions(&self, user: &UserName) -> Result<u64, StorageError> {
        end_all(&self.0.write, user).await
    }
}

/// Ends all sessions of a user.
pub(super) async fn end_all(db: &impl ConnectionTrait, user: &UserName) -> Result<u64, StorageError> {
    Ok(Entity::delete_many().filter(Column::UserName.eq(user.as_str())).exec(db).await?.rows_affected)
}

async fn replace(db: &DatabaseTransaction, new: SessionRow, from: Proof<'_>) -> Result<bool, StorageError> {
    let now = new.seen_at.as_millis();
    // The row is locked: who resets a password, say, and ends the sessions sees this one too, or this one sees the new password.
    let hash = match from {
        Proof::Password(hash) => Some(hash),
        Proof::Session(_) => None,
    };
    if !lock_user(db, &new.user, hash).await? {
        return Ok(false);
    }
    if let Proof::Session(from) = from
        && Entity::delete_by_id(from.to_vec()).exec(db).await?.rows_affected == 0
    {
        return Ok(false);
    }
    Entity::delete_many().filter(Column::ExpiresMs.lte(now)).exec(db).await?;
    let row = Model {
        id: new.id.to_vec(),
        user_name: new.user.as_str().to_owned(),
        stage: new.stage.as_str().to_owned(),
        created_ms: new.created_at.as_millis(),
        seen_ms: now,
        expires_ms: new.expires_at.as_millis(),
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(true)
}

impl TryFrom<Model> for SessionRow {
    type Error = StorageError;

    fn try_from(row: Model) -> Result<Self, StorageError> {
        let corrupt = |column, why| StorageError::corrupt("sessions", column, &row.user_name, why);
        let unknown = || CodecError(format!("is {}, no stage that this binary knows", row.stage));
        let stage = SessionStage::ALL.into_iter().find(|stage| stage.as_str() == row.stage);
        let id = row.id.as_slice().try_into();
        Ok(Self {
            id: id.map_err(|_| corrupt("id", CodecError("is no SHA-256".to_owned())))?,
            user: UserName::parse(&row.user_name).map_err(|why| corrupt("user_name", why.into()))?,
            stage: stage.ok_or_else(|| corrupt("stage", unknown()))?,
            created_at: Timestamp::from_millis(row.created_ms),
            seen_at: Timestamp::from_millis(row.seen_ms),
            expires_at: Timestamp::from_millis(row.expires_ms),
        })
    }
}
