//! Long work of people: asked for, listed, cancelled. `steps.rs` has the leases and the steps, `tidy.rs` what is removed.
//!
//! A job is a sequence of steps, each of which is one database transaction with its cursor, its progress and its output. So a
//! process that is killed loses at most the step that it was in, and any node goes on with the next one.

mod steps;
mod tidy;

use std::fmt;

use entity::job::{Column, Entity, Model};
use entity::job_part;
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;
use uuid::Uuid;

pub use steps::{JobGoesOn, JobNext, JobOutcome, JobStep, JobStepped, LetterAct};

use super::{StorageError, Store};
use crate::domain::{InvalidId, Timestamp, UserName};

/// Bytes of the file that a job was given.
const IN: &str = "in";
/// Bytes of the file that a job makes.
const OUT: &str = "out";
/// An upload that takes longer was given up by whoever sent it.
const UPLOAD_MS: i64 = 3_600_000;

/// Names one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(Uuid);

impl JobId {
    /// Wraps a UUID.
    pub const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// The UUID.
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }

    /// Reads what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        crate::domain::TransactionId::parse(text).map(|id| Self(id.as_uuid()))
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobState {
    /// Nobody has begun.
    Waiting,
    /// Somebody works on it, or did when the server stopped.
    Running,
    /// Done; its file can be had for seven days.
    Done,
    /// It cannot be done: [`Job::error`] says why.
    Failed,
    /// Somebody wanted it to end.
    Cancelled,
}

impl JobState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more will happen.
    pub const fn is_over(self) -> bool {
        match self {
            Self::Waiting | Self::Running => false,
            Self::Done | Self::Failed | Self::Cancelled => true,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// The file that a job has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFile {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// How many parts it has: [`Store::job_output`] from 0.
    pub parts: u64,
}

/// A job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// With what.
    pub params: Value,
    /// Who asked for it.
    pub by: UserName,
    /// How it stands.
    pub state: JobState,
    /// How much is done, in units of its kind.
    pub done: u64,
    /// How much there is, where it is known.
    pub total: Option<u64>,
    /// Where the next step begins; `None`: at the beginning.
    pub cursor: Option<Value>,
    /// What it came to: counts.
    pub summary: Option<Value>,
    /// Why it failed, or what its last attempt came to. No personal data.
    pub error: Option<String>,
    /// Whether somebody wants it to end.
    pub cancel_asked: bool,
    /// How often it was taken up since its last step.
    pub attempts: u32,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Its file, once it is done and until the file is removed.
    pub file: Option<JobFile>,
    /// Whether it had a file, which was removed.
    pub file_removed: bool,
}

/// A job to be stored.
#[derive(Debug, Clone)]
pub struct NewJobRow {
    /// Its id.
    pub id: JobId,
    /// What is to be done.
    pub kind: &'static str,
    /// With what.
    pub params: Value,
    /// Who asks for it.
    pub by: UserName,
    /// When.
    pub created_at: Timestamp,
    /// Whether a file follows: then it waits for [`Store::begin_job`].
    pub input_follows: bool,
}

/// What became of the wish that a job ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobCancel {
    /// It had not begun, and is cancelled.
    Cancelled,
    /// Whoever works on it ends it after the step that is under way.
    Asked,
    /// It is over already.
    Over,
    /// There is no such job.
    Unknown,
}

impl Store {
    /// Stores a job. Nobody takes it up before its input is complete.
    pub async fn create_job(&self, new: NewJobRow) -> Result<(), StorageError> {
        let created = new.created_at.as_millis();
        let row = Model {
            id: new.id.0,
            kind: new.kind.to_owned(),
            params: new.params.to_string(),
            asked_by: new.by.as_str().to_owned(),
            state: JobState::Waiting.as_str().to_owned(),
            done: 0,
            total: None,
            cursor: None,
            summary: None,
            error: None,
            cancel_asked: false,
            attempts: 0,
            created_ms: created,
            updated_ms: created,
            ended_ms: None,
            lease_node: None,
            due_ms: (!new.input_follows).then_some(created),
            tidy_ms: new.input_follows.then(|| created.saturating_add(UPLOAD_MS)),
            file_name: None,
            mime: None,
            out_parts: 0,
            out_bytes: 0,
        };
        Entity::insert(row.into_active_model()).exec_without_returning(&self.0.write).await?;
        Ok(())
    }

    /// Stores one part of a job's input; numbers begin at 0.
    pub async fn add_job_input(&self, id: JobId, number: u64, bytes: Vec<u8>) -> Result<(), StorageError> {
        let part = job_part::Model { job_id: id.0, direction: IN.to_owned(), number: signed(number), bytes };
        job_part::Entity::insert(part.into_active_model()).exec_without_returning(&self.0.write).await?;
        Ok(())
    }

    /// The input is complete: the job may be taken up. `false`: it was cancelled meanwhile, or removed.
    pub async fn begin_job(&self, id: JobId, now: Timestamp) -> Result<bool, StorageError> {
        let begun = Entity::update_many()
            .col_expr(Column::DueMs, Expr::value(now.as_millis()))
            .col_expr(Column::TidyMs, Expr::value(None::<i64>))
            .filter(Column::Id.eq(id.0))
            .filter(Column::State.eq(JobState::Waiting.as_str()))
            .exec(&self.0.write)
            .await?;
        Ok(begun.rows_affected > 0)
    }

    /// Somebody wants the job to end.
    pub async fn cancel_job(&self, id: JobId, now: Timestamp) -> Result<JobCancel, StorageError> {
        let ended = Entity::update_many()
            .col_expr(Column::State, Expr::value(JobState::Cancelled.as_str()))
            .col_expr(Column::CancelAsked, Expr::value(true))
            .col_expr(Column::UpdatedMs, Expr::value(now.as_millis()))
            .col_expr(Column::EndedMs, Expr::value(now.as_millis()))
            .col_expr(Column::DueMs, Expr::value(None::<i64>))
            .col_expr(Column::TidyMs, Expr::value(now.as_millis()))
            .filter(Column::Id.eq(id.0))
            .filter(Column::State.eq(JobState::Waiting.as_str()))
            .exec(&self.0.write)
            .await?;
        if ended.rows_affected > 0 {
            return Ok(JobCancel::Cancelled);
        }
        let asked = Entity::update_many()
            .col_expr(Column::CancelAsked, Expr::value(true))
            .col_expr(Column::UpdatedMs, Expr::value(now.as_millis()))
            .filter(Column::Id.eq(id.0))
            .filter(Column::State.eq(JobState::Running.as_str()))
            .exec(&self.0.write)
            .await?;
        if asked.rows_affected > 0 {
            return Ok(JobCancel::Asked);
        }
        Ok(if self.job(id).await?.is_some() { JobCancel::Over } else { JobCancel::Unknown })
    }

    /// Jobs, the newest first; `before`: those that come after this one in the list.
    pub async fn jobs(&self, before: Option<(Timestamp, JobId)>, limit: u64) -> Result<Vec<Job>, StorageError> {
        let mut select = Entity::find().order_by_desc(Column::CreatedMs).order_by_desc(Column::Id).limit(limit);
        if let Some((at, id)) = before {
            let same = Condition::all().add(Column::CreatedMs.eq(at.as_millis())).add(Column::Id.lt(id.0));
            select = select
                // The index is entered here; the second condition alone would not say where.
                .filter(Column::CreatedMs.lte(at.as_millis()))
                .filter(Condition::any().add(Column::CreatedMs.lt(at.as_millis())).add(same));
        }
        let rows = select.all(&self.0.read).await?;
        rows.into_iter().map(Job::try_from).collect()
    }

    /// How many jobs of somebody wait or run.
    pub async fn jobs_under_way(&self, by: &UserName) -> Result<u64, StorageError> {
        let under_way = Entity::find().filter(Column::DueMs.is_not_null()).filter(Column::AskedBy.eq(by.as_str()));
        Ok(under_way.count(&self.0.read).await?)
    }

    /// One job.
    pub async fn job(&self, id: JobId) -> Result<Option<Job>, StorageError> {
        let row = Entity::find_by_id(id.0).one(&self.0.read).await?;
        row.map(Job::try_from).transpose()
    }

    /// One part of the file that a job makes, from 0. `None`: there is none, or it was removed.
    pub async fn job_output(&self, id: JobId, number: u64) -> Result<Option<Vec<u8>>, StorageError> {
        self.part(id, OUT, number).await
    }

    /// One part of the file that a job was given, from 0. `None`: there is no further one.
    pub async fn job_input(&self, id: JobId, number: u64) -> Result<Option<Vec<u8>>, StorageError> {
        self.part(id, IN, number).await
    }

    async fn part(&self, id: JobId, direction: &str, number: u64) -> Result<Option<Vec<u8>>, StorageError> {
        let key = (id.0, direction.to_owned(), signed(number));
        let row = job_part::Entity::find_by_id(key).one(&self.0.read).await?;
        Ok(row.map(|part| part.bytes))
    }
}

impl TryFrom<Model> for Job {
    type Error = StorageError;

    fn try_from(row: Model) -> Result<Self, StorageError> {
        let corrupt = |column, why| StorageError::corrupt("jobs", column, row.id, why);
        let json = |column, text: &str| {
            serde_json::from_str::<Value>(text).map_err(|why| corrupt(column, super::CodecError::from(why)))
        };
        let optional = |column, text: Option<&str>| text.map(|text| json(column, text)).transpose();
        let unknown = || super::CodecError(format!("is {}, no state that this binary knows", row.state));
        let state = JobState::parse(&row.state).ok_or_else(|| corrupt("state", unknown()))?;
        let by = UserName::parse(&row.asked_by).map_err(|why| corrupt("asked_by", why.into()))?;
        let (params, cursor) = (json("params", &row.params)?, optional("cursor", row.cursor.as_deref())?);
        let summary = optional("summary", row.summary.as_deref())?;
        let (bytes, parts) = (unsigned(row.out_bytes), unsigned(row.out_parts));
        let file = row.file_name.zip(row.mime).map(|(name, mime)| JobFile { name, mime, bytes, parts });
        Ok(Self {
            id: JobId(row.id),
            kind: row.kind,
            params,
            by,
            state,
            done: unsigned(row.done),
            total: row.total.map(unsigned),
            cursor,
            summary,
            error: row.error,
            cancel_asked: row.cancel_asked,
            attempts: u32::try_from(row.attempts).unwrap_or(0),
            created_at: Timestamp::from_millis(row.created_ms),
            updated_at: Timestamp::from_millis(row.updated_ms),
            ended_at: row.ended_ms.map(Timestamp::from_millis),
            file_removed: file.is_some() && parts == 0,
            file: file.filter(|_| parts > 0),
        })
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
