//! What can go wrong between a decision and its row.

use std::sync::Arc;

use sea_orm::{DbErr, RuntimeErr, SqlErr};

use super::CodecError;
use super::remittance::LISTED_MEANWHILE;
use crate::domain::ClaimRefused;

/// Storage did not do what it was asked. Whatever the variant, nothing that was not acknowledged may be relied upon, and
/// nothing of what was asked may be assumed undone: reload.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StorageError {
    /// The database refused or could not be reached.
    #[error("database: {0}")]
    Database(Arc<DbErr>),
    /// Too many commits wait already (answer 503 with Retry-After).
    #[error("too many commits are waiting")]
    Overloaded,
    /// The store is being closed.
    #[error("the store is closed")]
    Closed,
    /// A row that this binary cannot read: damaged, or written by a later one.
    #[error("corrupt row: {table}.{column} of {row}: {reason}")]
    CorruptRow {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// The row's key.
        row: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The commit breaks a rule that every machine must keep.
    #[error("malformed commit: {0}")]
    Malformed(&'static str),
    /// A load of the feeds that wrote nothing for so long that its rows were removed.
    #[error("the load of the feeds was given up: it wrote nothing for too long")]
    LoadGivenUp,
    /// The database's address cannot be used. The address itself is not repeated: it may hold a password.
    #[error("database.url: {0}")]
    Address(&'static str),
    /// The schema is older than this binary: migrate up.
    #[error("the schema is older than this binary; {} pending: run `roundtrip migrate up`", pending.join(", "))]
    SchemaOlder {
        /// Names of the migrations that are missing.
        pending: Vec<String>,
    },
    /// The schema is newer than this binary: run the later binary.
    #[error("the schema is newer than this binary, which does not know {}", unknown.join(", "))]
    SchemaNewer {
        /// Names of the applied migrations that this binary does not have.
        unknown: Vec<String>,
    },
}

impl StorageError {
    pub(super) fn corrupt(table: &'static str, column: &'static str, row: impl ToString, why: CodecError) -> Self {
        Self::CorruptRow { table, column, row: row.to_string(), reason: why.0 }
    }

    /// Whether the database as a whole is at fault (unreachable, locked, full, shutting down), not the statement: trying
    /// the members of a batch one by one would only fail each of them again, and slowly.
    pub(super) fn is_general(&self) -> bool {
        use sea_orm::sqlx::Error;
        let Self::Database(error) = self else { return false };
        let inner = match error.as_ref() {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => return true,
            DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => inner.as_ref(),
            _ => return false,
        };
        match inner {
            Error::Io(_) | Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed => true,
            Error::Database(reported) => reported.code().is_some_and(|code| is_general_code(&code)),
            _ => false,
        }
    }

    /// PostgreSQL gave up one of two transactions that stood in each other's way: worth deciding again. So is a
    /// statement whose events another one has listed meanwhile.
    pub(super) fn is_contention(&self) -> bool {
        let Self::Database(error) = self else { return false };
        if matches!(error.as_ref(), DbErr::Custom(text) if text == LISTED_MEANWHILE) {
            return true;
        }
        let (DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner))) = error.as_ref()
        else {
            return false;
        };
        let code = inner.as_database_error().and_then(sea_orm::sqlx::error::DatabaseError::code);
        matches!(code.as_deref(), Some("40001" | "40P01"))
    }

    /// Whether a unique key stood in the way: somebody else was first.
    pub(super) fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))))
    }
}

/// PostgreSQL: SQLSTATE classes 08 connection, 53 resources, 57 operator, 58 system. SQLite: 5 busy, 6 locked,
/// 8 read-only, 10 I/O, 11 corrupt, 13 full, 14 cannot open, in the low byte of the extended code.
fn is_general_code(code: &str) -> bool {
    match code.len() {
        5 => ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)),
        _ => code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 11 | 13 | 14)),
    }
}

impl From<DbErr> for StorageError {
    fn from(error: DbErr) -> Self {
        Self::Database(Arc::new(error))
    }
}

/// Why a commit was not done. In every case nothing of it is stored (but see [`StorageError`]).
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// The version is stale, or the transaction exists already: reload and decide again.
    #[error("somebody else changed the transaction")]
    Conflict,
    /// The request log has this key already: look it up with [`Store::remembered`](super::Store::remembered).
    #[error("the request was answered before")]
    RequestKnown,
    /// What the commit wanted to take is not there.
    #[error(transparent)]
    Refused(#[from] ClaimRefused),
    /// The ledger entries do not sum to zero (architecture section 6).
    #[error("the ledger entries do not sum to zero")]
    Unbalanced,
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<DbErr> for CommitError {
    fn from(error: DbErr) -> Self {
        Self::Storage(error.into())
    }
}
