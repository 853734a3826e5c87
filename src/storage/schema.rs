//! The schema's version.

use super::{StorageError, Store};

/// A migration and whether it was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// Its name.
    pub name: String,
    /// Applied to this database.
    pub applied: bool,
    /// Known to this binary.
    pub known: bool,
}

impl Store {
    /// Applies every pending migration, in one database transaction; safe on several nodes at once.
    pub async fn migrate_up(&self) -> Result<(), StorageError> {
        todo!()
    }

    /// Takes back the last `steps` migrations, or all of them. Data goes with its tables.
    pub async fn migrate_down(&self, steps: Option<u32>) -> Result<(), StorageError> {
        todo!()
    }

    /// Every migration that the database or this binary knows, in order.
    pub async fn migration_status(&self) -> Result<Vec<MigrationState>, StorageError> {
        todo!()
    }

    /// Whether the schema is on the newest migration of this binary, neither older nor newer.
    pub async fn is_current(&self) -> Result<bool, StorageError> {
        todo!()
    }

    /// As [`Store::is_current`], but says what is wrong: `SchemaOlder` or `SchemaNewer`.
    pub async fn require_current(&self) -> Result<(), StorageError> {
        todo!()
    }
}
