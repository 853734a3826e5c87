//! Opening databases: one pool that writes, one that only reads.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use super::StorageError;

/// SQLite has one writer; group commit makes it fast (see `writer.rs`).
const SQLITE_READERS: u32 = 4;
/// More than eight connections buy nothing; one of them is for the outbox's own writes.
const POSTGRES_WRITERS: u32 = 5;
const POSTGRES_READERS: u32 = 3;
/// Group commits that PostgreSQL carries out at once.
pub(super) const POSTGRES_BATCHES: usize = POSTGRES_WRITERS as usize - 1;
/// How long a call waits for a free connection, and SQLite for another process's write.
const PATIENCE: Duration = Duration::from_secs(5);

/// How to open a store.
#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite://path` or `postgres://…`; may hold a password.
    pub url: String,
    /// How many commits one database transaction takes at most.
    pub max_batch: usize,
    /// How many commits may wait; more are refused as [`StorageError::Overloaded`].
    pub max_waiting: usize,
    /// Hears every statement, with its values: for tests of how the database carries it out. Its words are
    /// payers' data, and belong into no log.
    pub observer: Option<Observer>,
}

/// Hears statements of SQL.
pub type Observer = Arc<dyn Fn(&str) + Send + Sync>;

impl StoreOptions {
    /// The defaults for a database.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), max_batch: 256, max_waiting: 4096, observer: None }
    }
}

impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions")
            .field("url", &"[redacted]")
            .field("max_batch", &self.max_batch)
            .field("max_waiting", &self.max_waiting)
            .field("observer", &self.observer.is_some())
            .finish()
    }
}

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

/// Checks the address and says which database it names.
pub(super) fn engine(url: &str) -> Result<Engine, StorageError> {
    if url.starts_with("sqlite:") {
        let options: SqliteConnectOptions =
            url.parse().map_err(|_| StorageError::Address("not of the form sqlite://path"))?;
        if url.contains(":memory:") || url.contains("mode=memory") {
            return Err(StorageError::Address("a database in memory loses payments: name a file"));
        }
        create_folder(options.get_filename())?;
        Ok(Engine::Sqlite)
    } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        url.parse::<PgConnectOptions>()
            .map_err(|_| StorageError::Address("not of the form postgres://user@host/database"))?;
        Ok(Engine::Postgres)
    } else {
        Err(StorageError::Address("neither sqlite:// nor postgres://"))
    }
}

fn create_folder(file: &Path) -> Result<(), StorageError> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::create_dir_all(folder)
            .map_err(|_| StorageError::Address("the folder of the SQLite file cannot be created")),
        Some(_) | None => Ok(()),
    }
}

/// The pool that writes. On SQLite it has a single connection: whoever writes waits for it.
pub(super) async fn writing(of: &StoreOptions, engine: Engine) -> Result<DatabaseConnection, StorageError> {
    let mut options = quiet(&of.url);
    match engine {
        Engine::Sqlite => {
            options.max_connections(1).min_connections(1).test_before_acquire(false);
            options.map_sqlx_sqlite_opts(|sqlite| {
                sqlite
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    // NORMAL can lose the last acknowledged commits at power loss.
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(PATIENCE)
                    .pragma("cache_size", "-65536")
                    // Another connection copies the log back (`checkpoint.rs`); beyond so many pages the writer does what is
                    // left, and begins the log anew.
                    .pragma("wal_autocheckpoint", "32768")
                    .statement_cache_capacity(300)
            });
        }
        Engine::Postgres => {
            options.max_connections(POSTGRES_WRITERS).min_connections(1);
            options.test_before_acquire_if_idle_for(Duration::from_secs(1));
        }
    }
    Ok(observed(Database::connect(options).await?, of))
}

fn observed(mut db: DatabaseConnection, of: &StoreOptions) -> DatabaseConnection {
    if let Some(observer) = of.observer.clone() {
        db.set_metric_callback(move |info| observer(&info.statement.to_string()));
    }
    db
}

/// The pool that reads. On SQLite it cannot write at all.
pub(super) async fn reading(of: &StoreOptions, engine: Engine) -> Result<DatabaseConnection, StorageError> {
    let mut options = quiet(&of.url);
    match engine {
        Engine::Sqlite => {
            options.max_connections(SQLITE_READERS).min_connections(1).test_before_acquire(false);
            options.map_sqlx_sqlite_opts(|sqlite| {
                sqlite
                    .create_if_missing(false)
                    .busy_timeout(PATIENCE)
                    .pragma("query_only", "ON")
                    // The inner pages of a million slots, and some of their leaves.
                    .pragma("cache_size", "-8192")
            });
        }
        Engine::Postgres => {
            options.max_connections(POSTGRES_READERS).min_connections(1);
            options.test_before_acquire_if_idle_for(Duration::from_secs(1));
        }
    }
    Ok(observed(Database::connect(options).await?, of))
}

/// The connection that copies SQLite's log back into the database.
pub(super) async fn checkpointing(url: &str) -> Result<DatabaseConnection, StorageError> {
    let mut options = quiet(url);
    options.max_connections(1).min_connections(1).test_before_acquire(false);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .create_if_missing(false)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::ZERO)
            .pragma("wal_autocheckpoint", "0")
    });
    Ok(Database::connect(options).await?)
}

/// Statements are never logged: their values are payers' data.
fn quiet(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_never_show_in_debug_output_or_errors() {
        let options = StoreOptions::new("postgres://pay:hunter2@db/pay");
        assert!(!format!("{options:?}").contains("hunter2"));
        let refused = engine("mysql://pay:hunter2@db/pay").expect_err("not supported");
        assert!(!format!("{refused} {refused:?}").contains("hunter2"));
    }

    #[test]
    fn databases_in_memory_are_refused() {
        assert!(engine("sqlite::memory:").is_err());
        assert!(engine("sqlite://x.db?mode=memory").is_err());
    }
}
