//! Long work of people: exports, reports, imports, bulk decisions about dead letters, a step at a time (`storage/job` has the rows).
//!
//! [`Jobs`] is what pages use. `runner.rs` claims jobs and keeps their leases, `steps.rs` does one step after the other, `work.rs`
//! says what can be asked for; the other files are the kinds.

mod bank;
mod files;
mod letters;
mod payments;
mod runner;
mod steps;
mod stop;
mod work;

use std::fs::File;
use std::io::{self, SeekFrom};
use std::sync::Arc;

use actix::Addr;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

pub use files::{MadeReport, MakeReport, Unmade};
pub use runner::{DrainJobs, JobRunner};
pub use steps::{Advanced, AtOnce, HeldJob, JobSettings};
pub use stop::Stop;
pub use work::{PeriodWork, Report, Work};

use crate::domain::UserName;
use crate::ports::Clock;
use crate::storage::{JobCancel, JobId, NewJobRow, StorageError, Store};

/// How many bytes one part of a file has at most.
const PART: usize = 256 * 1024;

/// A job that somebody asks for.
#[derive(Debug)]
pub struct NewJob {
    /// What is to be done.
    pub work: Work,
    /// Who asks.
    pub by: UserName,
    /// The file that the work is about, for [`Work::BankImport`]: plain or gzip, unverified.
    pub input: Option<File>,
}

/// Jobs of one person that wait or run at once. Asked for at the same moment, it may be some more.
pub const MOST_UNDER_WAY: u64 = 5;

/// Why there is no job.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// So many jobs of this person wait or run already: others want theirs too.
    #[error("{MOST_UNDER_WAY} jobs of this person wait or run already")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The file could not be read from its beginning.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] io::Error),
}

/// Where jobs are asked for. Cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    store: Store,
    clock: Arc<dyn Clock>,
    runner: Addr<JobRunner>,
}

impl Jobs {
    /// In front of a runner.
    pub fn new(store: Store, clock: Arc<dyn Clock>, runner: Addr<JobRunner>) -> Self {
        Self { store, clock, runner }
    }

    /// Stores the job, and has it taken up.
    ///
    /// # Errors
    /// [`SubmitError`]: then nothing will be done.
    pub async fn submit(&self, new: NewJob) -> Result<JobId, SubmitError> {
        if self.store.jobs_under_way(&new.by).await? >= MOST_UNDER_WAY {
            return Err(SubmitError::TooMany);
        }
        let id = JobId::from_uuid(uuid::Builder::from_random_bytes(crate::crypto::random_bytes()).into_uuid());
        let row = NewJobRow {
            id,
            kind: new.work.kind(),
            params: new.work.params(),
            by: new.by,
            created_at: self.clock.now(),
            input_follows: new.input.is_some(),
        };
        self.store.create_job(row).await?;
        if let Some(input) = new.input {
            // Half a file is never taken up: it is removed when nobody has completed it in time.
            self.keep(id, input).await?;
            self.store.begin_job(id, self.clock.now()).await?;
        }
        self.runner.do_send(runner::LookNow);
        Ok(id)
    }

    /// Somebody wants the job to end: what waits is cancelled at once, what runs after the step that is under way.
    pub async fn cancel(&self, id: JobId) -> Result<JobCancel, StorageError> {
        let cancelled = self.store.cancel_job(id, self.clock.now()).await?;
        self.runner.do_send(runner::CancelNow(id));
        Ok(cancelled)
    }

    async fn keep(&self, id: JobId, input: File) -> Result<(), SubmitError> {
        let mut input = tokio::fs::File::from_std(input);
        input.seek(SeekFrom::Start(0)).await?;
        let mut number = 0;
        loop {
            let mut part = Vec::with_capacity(PART);
            if (&mut input).take(PART as u64).read_to_end(&mut part).await? == 0 {
                return Ok(());
            }
            self.store.add_job_input(id, number, part).await?;
            number += 1;
        }
    }
}
