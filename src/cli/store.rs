//! The database as the commands use it, beside a running server.

use anyhow::Context;

use crate::config::Config;
use crate::ports::{Clock, SystemClock};
use crate::storage::{AuditActor, AuditNote, AuditOutcome, Store, StoreOptions};

/// Opens the database, whatever its schema.
pub(super) async fn open(config: &Config) -> anyhow::Result<Store> {
    let url = &config.database.url;
    Store::open(StoreOptions::new(url.expose())).await.with_context(|| format!("cannot open the database {url}"))
}

/// Opens the database for work: its schema must be this binary's. An empty database is migrated where
/// `database.migrate_on_start` allows it; an older schema only by `migrate up` or by the server.
pub(super) async fn open_current(config: &Config) -> anyhow::Result<Store> {
    let store = open(config).await?;
    let empty = store.migration_status().await?.iter().all(|migration| !migration.applied);
    if empty && config.database.migrate_on_start {
        store.migrate_up().await.context("cannot migrate the empty database")?;
    }
    store.require_current().await.with_context(|| format!("the database {} cannot be used", config.database.url))?;
    Ok(store)
}

/// Does something to people or tokens: notes it in the audit log first, and once more if it was refused. `action` is what was
/// typed, without what it was done to.
pub(super) async fn noted<T>(
    store: &Store,
    (action, subject): (&str, &str),
    act: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let note = async |outcome| {
        let note = AuditNote::new(AuditActor::Shell, action, subject, outcome);
        store.note(&note, SystemClock.now()).await.context("cannot note it in the audit log, so it is not done")
    };
    note(AuditOutcome::Asked).await?;
    let done = act.await;
    if done.is_err() {
        note(AuditOutcome::Refused).await?;
    }
    done
}
