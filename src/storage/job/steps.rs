//! Who works on a job, and what a step leaves behind.

use entity::job::{Column, Entity, Model};
use entity::job_part;
use sea_orm::sea_query::{Expr, ExprTrait as _, LockBehavior, LockType};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait,
    IntoActiveModel as _, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::Value;
use uuid::Uuid;

use super::{Job, JobId, JobState, OUT, signed};
use crate::domain::Timestamp;
use crate::storage::outbox::shortened;
use crate::storage::writer::begin;
use crate::storage::{NodeId, OutboxKey, StorageError, Store, dead_letters};

/// What becomes of dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterAct {
    /// They are due now, with a new series of attempts.
    Retry,
    /// They are given up for good.
    Discard,
}

/// A step after which there are more.
#[derive(Debug, Clone, Default)]
pub struct JobGoesOn {
    /// Where the next step begins.
    pub cursor: Value,
    /// How much is done by now, without `letters`.
    pub done: u64,
    /// How much there is, where it is known.
    pub total: Option<u64>,
    /// What is added to the file.
    pub parts: Vec<Vec<u8>>,
    /// Whether the file begins anew with these parts.
    pub anew: bool,
    /// Dead letters that the step decides; those that are still dead count as done.
    pub letters: Option<(LetterAct, Vec<OutboxKey>)>,
}

/// How a job ends.
#[derive(Debug, Clone)]
pub enum JobOutcome {
    /// It is done.
    Done {
        /// What it came to: counts.
        summary: Value,
        /// How much is done.
        done: u64,
        /// The rest of the file.
        parts: Vec<Vec<u8>>,
        /// Name and media type of the file, if there is one.
        file: Option<(String, String)>,
    },
    /// It cannot be done.
    Failed {
        /// Why, for people; no personal data.
        error: String,
    },
    /// Somebody wanted it to end.
    Cancelled,
}

/// What a step leads to.
#[derive(Debug, Clone)]
pub enum JobNext {
    /// Another step.
    GoesOn(JobGoesOn),
    /// The end.
    Ends(JobOutcome),
    /// The step was not done; it can be tried again by anybody.
    PutOff {
        /// When.
        until: Timestamp,
        /// Why; `None`: the server stops, which is no attempt.
        error: Option<String>,
    },
}

/// A step of a job that this node leases.
#[derive(Debug, Clone)]
pub struct JobStep {
    /// The job.
    pub id: JobId,
    /// Who did it.
    pub node: NodeId,
    /// When.
    pub now: Timestamp,
    /// Until when the lease lasts after it.
    pub lease_until: Timestamp,
    /// What it leads to.
    pub next: JobNext,
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum JobStepped {
    /// It is durable; the job stands so.
    Written(Box<Job>),
    /// Nothing of it was written: somebody wants the job to end.
    CancelAsked,
    /// Nothing of it was written: somebody else works on the job.
    Lost,
}

impl Store {
    /// When the next job may be taken up, or a lease ends.
    pub async fn next_job_due(&self) -> Result<Option<Timestamp>, StorageError> {
        let due: Option<Option<i64>> = Entity::find()
            .select_only()
            .expr(Expr::col(Column::DueMs).min())
            .filter(Column::DueMs.is_not_null())
            .into_tuple()
            .one(&self.0.read)
            .await?;
        Ok(due.flatten().map(Timestamp::from_millis))
    }

    /// Leases up to `limit` jobs to `node`, the longest due first.
    pub async fn claim_jobs(
        &self,
        node: NodeId,
        (now, lease_until): (Timestamp, Timestamp),
        limit: u64,
    ) -> Result<Vec<Job>, StorageError> {
        // Looking costs the writer nothing.
        if limit == 0 || self.next_job_due().await?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let transaction = begin(&self.0.write).await?;
        let mut free = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::DueMs.lte(now.as_millis()))
            .order_by_asc(Column::DueMs)
            .limit(limit);
        if transaction.get_database_backend() == DbBackend::Postgres {
            free = free.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        }
        let ids: Vec<Uuid> = free.into_tuple().all(&transaction).await?;
        let rows = Entity::update_many()
            .col_expr(Column::State, Expr::value(JobState::Running.as_str()))
            .col_expr(Column::LeaseNode, Expr::value(node.as_uuid()))
            .col_expr(Column::DueMs, Expr::value(lease_until.as_millis()))
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
            .col_expr(Column::UpdatedMs, Expr::value(now.as_millis()))
            .filter(Column::Id.is_in(ids))
            .exec_with_returning(&transaction)
            .await?;
        transaction.commit().await?;
        rows.into_iter().map(Job::try_from).collect()
    }

    /// Extends the leases of `node`; answers those that it still holds, and whether they are to end.
    pub async fn renew_jobs(
        &self,
        node: NodeId,
        ids: &[JobId],
        lease_until: Timestamp,
    ) -> Result<Vec<(JobId, bool)>, StorageError> {
        let rows = Entity::update_many()
            .col_expr(Column::DueMs, Expr::value(lease_until.as_millis()))
            .filter(Column::Id.is_in(ids.iter().map(JobId::as_uuid)))
            .filter(Column::LeaseNode.eq(node.as_uuid()))
            .exec_with_returning(&self.0.write)
            .await?;
        Ok(rows.into_iter().map(|row| (JobId(row.id), row.cancel_asked)).collect())
    }

    /// Says how far the step is that `node` works on; nothing if somebody else does by now.
    pub async fn tell_job_progress(
        &self,
        (id, node): (JobId, NodeId),
        (done, total): (u64, Option<u64>),
        now: Timestamp,
    ) -> Result<(), StorageError> {
        Entity::update_many()
            .col_expr(Column::Done, Expr::value(signed(done)))
            .col_expr(Column::Total, Expr::value(total.map(signed)))
            .col_expr(Column::UpdatedMs, Expr::value(now.as_millis()))
            .filter(Column::Id.eq(id.0))
            .filter(Column::LeaseNode.eq(node.as_uuid()))
            .exec(&self.0.write)
            .await?;
        Ok(())
    }

    /// Ends every lease at once: for a starting server on SQLite, where nobody else can hold one. Answers how many.
    pub async fn take_back_jobs(&self, now: Timestamp) -> Result<u64, StorageError> {
        let ended = Entity::update_many()
            .col_expr(Column::LeaseNode, Expr::value(None::<Uuid>))
            .col_expr(Column::DueMs, Expr::value(now.as_millis()))
            .filter(Column::DueMs.is_not_null())
            .filter(Column::LeaseNode.is_not_null())
            .exec(&self.0.write)
            .await?;
        Ok(ended.rows_affected)
    }

    /// Writes a step with all that belongs to it, unless somebody else leases the job by now.
    pub async fn write_job_step(&self, step: JobStep) -> Result<JobStepped, StorageError> {
        let transaction = begin(&self.0.write).await?;
        let mut held = Entity::find_by_id(step.id.0).filter(Column::LeaseNode.eq(step.node.as_uuid()));
        if transaction.get_database_backend() == DbBackend::Postgres {
            held = held.lock(LockType::Update);
        }
        let Some(mut row) = held.one(&transaction).await? else {
            transaction.rollback().await?;
            return Ok(JobStepped::Lost);
        };
        row.updated_ms = step.now.as_millis();
        match step.next {
            JobNext::GoesOn(_) if row.cancel_asked => {
                transaction.rollback().await?;
                return Ok(JobStepped::CancelAsked);
            }
            JobNext::GoesOn(more) => {
                goes_on(&transaction, &mut row, (more, step.now)).await?;
                row.due_ms = Some(step.lease_until.as_millis());
            }
            JobNext::Ends(outcome) => ends(&transaction, &mut row, (outcome, step.now)).await?,
            JobNext::PutOff { until, error } => {
                if error.is_none() {
                    row.attempts = row.attempts.saturating_sub(1);
                }
                row.error = error.as_deref().map(shortened);
                row.lease_node = None;
                row.due_ms = Some(until.as_millis());
            }
        }
        let row = row.into_active_model().reset_all().update(&transaction).await?;
        transaction.commit().await?;
        Ok(JobStepped::Written(Box::new(Job::try_from(row)?)))
    }
}

async fn goes_on(
    transaction: &DatabaseTransaction,
    row: &mut Model,
    (more, now): (JobGoesOn, Timestamp),
) -> Result<(), StorageError> {
    if more.anew {
        job_part::Entity::delete_many()
            .filter(job_part::Column::JobId.eq(row.id))
            .filter(job_part::Column::Direction.eq(OUT))
            .exec(transaction)
            .await?;
        (row.out_parts, row.out_bytes) = (0, 0);
    }
    add_parts(transaction, row, more.parts).await?;
    let decided = match more.letters {
        Some((act, keys)) => dead_letters::decide(transaction, act, (&keys, now)).await?,
        None => 0,
    };
    row.done = signed(more.done.saturating_add(decided));
    row.total = more.total.map(signed);
    row.cursor = Some(more.cursor.to_string());
    row.error = None;
    row.attempts = 0;
    Ok(())
}

async fn ends(
    transaction: &DatabaseTransaction,
    row: &mut Model,
    (outcome, now): (JobOutcome, Timestamp),
) -> Result<(), StorageError> {
    let (state, error) = match outcome {
        JobOutcome::Done { summary, done, parts, file } => {
            add_parts(transaction, row, parts).await?;
            row.done = signed(done);
            if file.is_some() {
                // A file that is there is whole.
                row.total = Some(row.done);
            }
            row.summary = Some(summary.to_string());
            (row.file_name, row.mime) = file.unzip();
            (JobState::Done, None)
        }
        JobOutcome::Failed { error } => (JobState::Failed, Some(shortened(&error))),
        JobOutcome::Cancelled => (JobState::Cancelled, None),
    };
    state.as_str().clone_into(&mut row.state);
    row.error = error;
    row.cursor = None;
    row.lease_node = None;
    row.due_ms = None;
    row.ended_ms = Some(now.as_millis());
    // What it was given is of no more use.
    row.tidy_ms = Some(now.as_millis());
    Ok(())
}

async fn add_parts(
    transaction: &DatabaseTransaction,
    row: &mut Model,
    parts: Vec<Vec<u8>>,
) -> Result<(), StorageError> {
    for bytes in parts.into_iter().filter(|bytes| !bytes.is_empty()) {
        row.out_bytes = row.out_bytes.saturating_add(i64::try_from(bytes.len()).unwrap_or(i64::MAX));
        let part = job_part::Model { job_id: row.id, direction: OUT.to_owned(), number: row.out_parts, bytes };
        row.out_parts = row.out_parts.saturating_add(1);
        job_part::Entity::insert(part.into_active_model()).exec_without_returning(transaction).await?;
    }
    Ok(())
}
