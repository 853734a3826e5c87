//! What is removed of jobs that are over: input at once, files after seven days, the job itself after ninety.

use entity::job::{Column, Entity, Model};
use entity::job_part;
use sea_orm::sea_query::Condition;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel as _, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::{IN, JobState, OUT};
use crate::domain::Timestamp;
use crate::storage::writer::begin;
use crate::storage::{StorageError, Store};

const DAY_MS: i64 = 86_400_000;
/// How long a file can be had.
const FILE_MS: i64 = 7 * DAY_MS;
/// How long a job is listed.
const JOB_MS: i64 = 90 * DAY_MS;
/// Parts that are removed at once: payments wait for the writer meanwhile.
const PARTS_AT_ONCE: u64 = 64;

impl Store {
    /// Removes a little of what is no longer kept. `true`: there may be more.
    pub async fn tidy_jobs(&self, now: Timestamp) -> Result<bool, StorageError> {
        let late = || Entity::find().filter(Column::TidyMs.lte(now.as_millis())).order_by_asc(Column::TidyMs);
        // Looking costs the writer nothing.
        if late().limit(1).one(&self.0.read).await?.is_none() {
            return Ok(false);
        }
        let transaction = begin(&self.0.write).await?;
        let Some(row) = late().limit(1).one(&transaction).await? else { return Ok(false) };
        tidy(&transaction, row, now).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

async fn tidy(transaction: &DatabaseTransaction, mut row: Model, now: Timestamp) -> Result<(), StorageError> {
    let left_of = |since: i64, kept: i64| Some(since.saturating_add(kept)).filter(|until| *until > now.as_millis());
    if remove_parts(transaction, &row, IN).await? {
        return Ok(());
    }
    // A job that never began has nobody who waits for it: its upload broke off.
    let Some(ended) = row.ended_ms else { return remove(transaction, row).await };
    let file_until = left_of(ended, FILE_MS).filter(|_| row.state == JobState::Done.as_str() && row.out_parts > 0);
    if let Some(until) = file_until {
        row.tidy_ms = Some(until);
    } else if remove_parts(transaction, &row, OUT).await? {
        // Half a file is none.
        (row.out_parts, row.out_bytes) = (0, 0);
    } else if let Some(until) = left_of(ended, JOB_MS) {
        row.tidy_ms = Some(until);
        (row.out_parts, row.out_bytes) = (0, 0);
    } else {
        return remove(transaction, row).await;
    }
    row.into_active_model().reset_all().update(transaction).await?;
    Ok(())
}

/// `false`: there was none left.
async fn remove_parts(transaction: &DatabaseTransaction, row: &Model, direction: &str) -> Result<bool, StorageError> {
    use job_part::{Column, Entity};
    let of_job = || Condition::all().add(Column::JobId.eq(row.id)).add(Column::Direction.eq(direction));
    let numbers: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::Number)
        .filter(of_job())
        .order_by_asc(Column::Number)
        .limit(PARTS_AT_ONCE)
        .into_tuple()
        .all(transaction)
        .await?;
    let Some(last) = numbers.last() else { return Ok(false) };
    Entity::delete_many().filter(of_job()).filter(Column::Number.lte(*last)).exec(transaction).await?;
    Ok(true)
}

async fn remove(transaction: &DatabaseTransaction, row: Model) -> Result<(), StorageError> {
    Entity::delete_by_id(row.id).exec(transaction).await?;
    Ok(())
}
