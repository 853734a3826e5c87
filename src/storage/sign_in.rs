//! Failed attempts to sign in, by the SHA-256 of the name that was given, whether or not somebody has it.

use entity::sign_in_failure::{Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, UpdateMany};

use super::{StorageError, Store};
use crate::domain::Timestamp;

/// How often in a row a name failed, and when it was tried last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// How often.
    pub count: i64,
    /// When it was tried last.
    pub last: Timestamp,
}

impl Store {
    /// The failures of a name; `None`: there are none.
    pub async fn failures(&self, name_digest: &[u8; 32]) -> Result<Option<Failures>, StorageError> {
        // From the connection that writes: what was just noted counts.
        let row = Entity::find_by_id(name_digest.to_vec()).one(&self.0.write).await?;
        Ok(row.map(|row| Failures { count: row.failures, last: Timestamp::from_millis(row.last_ms) }))
    }

    /// Notes failures where `before` still stands. `false`: somebody else noted something meanwhile; look again.
    pub async fn note_failures(
        &self,
        name_digest: &[u8; 32],
        before: Option<Failures>,
        after: Failures,
    ) -> Result<bool, StorageError> {
        if let Some(before) = before {
            let changed = standing(name_digest, before)
                .col_expr(Column::Failures, Expr::value(after.count))
                .col_expr(Column::LastMs, Expr::value(after.last.as_millis()));
            return Ok(changed.exec(&self.0.write).await?.rows_affected > 0);
        }
        let row = Model { name_digest: name_digest.to_vec(), failures: after.count, last_ms: after.last.as_millis() };
        match Entity::insert(row.into_active_model()).exec_without_returning(&self.0.write).await {
            Ok(_) => Ok(true),
            Err(error) => {
                let error = StorageError::from(error);
                if error.is_unique_violation() { Ok(false) } else { Err(error) }
            }
        }
    }

    /// Forgets the failures of a name.
    pub async fn clear_failures(&self, name_digest: &[u8; 32]) -> Result<(), StorageError> {
        Entity::delete_by_id(name_digest.to_vec()).exec(&self.0.write).await?;
        Ok(())
    }

    /// Forgets what was tried last before `before`.
    pub async fn forget_failures(&self, before: Timestamp) -> Result<u64, StorageError> {
        let old = Entity::delete_many().filter(Column::LastMs.lt(before.as_millis()));
        Ok(old.exec(&self.0.write).await?.rows_affected)
    }
}

fn standing(name_digest: &[u8; 32], failures: Failures) -> UpdateMany<Entity> {
    Entity::update_many()
        .filter(Column::NameDigest.eq(name_digest.to_vec()))
        .filter(Column::Failures.eq(failures.count))
        .filter(Column::LastMs.eq(failures.last.as_millis()))
}
