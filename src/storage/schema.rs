//! The schema's version.

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend};

use super::writer::begin;
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

/// One schema change at a time, on however many nodes: a lock of PostgreSQL that ends with its transaction.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(7308604762384)";

impl Store {
    /// Applies every pending migration, in one database transaction; safe on several nodes at once.
    pub async fn migrate_up(&self) -> Result<(), StorageError> {
        let transaction = self.begin_schema_change().await?;
        Migrator::up(&transaction, None).await?;
        Ok(transaction.commit().await?)
    }

    /// Takes back the last `steps` migrations, or all of them. Data goes with its tables.
    pub async fn migrate_down(&self, steps: Option<u32>) -> Result<(), StorageError> {
        let transaction = self.begin_schema_change().await?;
        Migrator::down(&transaction, steps).await?;
        transaction.commit().await?;
        self.0.writer.forget_groups();
        Ok(())
    }

    /// A schema that a later binary made is none that this one may change.
    async fn begin_schema_change(&self) -> Result<DatabaseTransaction, StorageError> {
        let transaction = begin(&self.0.write).await?;
        if transaction.get_database_backend() == DbBackend::Postgres {
            transaction.execute_unprepared(ONE_AT_A_TIME).await?;
        }
        let states = states(migration::applied(&transaction).await?);
        let unknown: Vec<String> = states.into_iter().filter(|state| !state.known).map(|state| state.name).collect();
        if unknown.is_empty() { Ok(transaction) } else { Err(StorageError::SchemaNewer { unknown }) }
    }

    /// Every migration that the database or this binary knows, in order.
    pub async fn migration_status(&self) -> Result<Vec<MigrationState>, StorageError> {
        Ok(states(migration::applied(&self.0.read).await?))
    }

    /// Whether the schema is on the newest migration of this binary, neither older nor newer.
    pub async fn is_current(&self) -> Result<bool, StorageError> {
        Ok(self.migration_status().await?.iter().all(|state| state.applied && state.known))
    }

    /// As [`Store::is_current`], but says what is wrong: `SchemaOlder` or `SchemaNewer`.
    pub async fn require_current(&self) -> Result<(), StorageError> {
        let states = self.migration_status().await?;
        let named = |wrong: fn(&MigrationState) -> bool| -> Vec<String> {
            states.iter().filter(|state| wrong(state)).map(|state| state.name.clone()).collect()
        };
        let unknown = named(|state| !state.known);
        if !unknown.is_empty() {
            return Err(StorageError::SchemaNewer { unknown });
        }
        let pending = named(|state| !state.applied);
        if pending.is_empty() { Ok(()) } else { Err(StorageError::SchemaOlder { pending }) }
    }
}

fn states(mut applied: Vec<String>) -> Vec<MigrationState> {
    let known = migration::known();
    let mut states: Vec<MigrationState> = known
        .iter()
        .map(|name| MigrationState { name: name.clone(), applied: applied.contains(name), known: true })
        .collect();
    applied.retain(|name| !known.contains(name));
    states.extend(applied.into_iter().map(|name| MigrationState { name, applied: true, known: false }));
    states.sort_by(|a, b| a.name.cmp(&b.name));
    states
}
