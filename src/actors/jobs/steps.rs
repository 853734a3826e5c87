//! One step of a job after the other.

use std::sync::Arc;
use std::time::Duration;

use super::files::{MadeFile, MakeReport};
use super::stop::{Ending, Stop};
use super::work::Work;
use crate::actors::{BankImport, OutboxHandle};
use crate::ports::Clock;
use crate::report::Progress;
use crate::storage::{Job, JobNext, JobOutcome, JobState, JobStep, JobStepped, NodeId, StorageError, Store};

/// How often a step is tried before the job is given up. A step that is done begins the count anew.
const MOST_ATTEMPTS: u32 = 10;
/// How long is waited after the first attempt, doubled each time.
const FIRST_RETRY_MS: i64 = 1_000;
/// How long is waited at most.
const LONGEST_RETRY_MS: i64 = 60_000;

/// How much one step takes: little enough that a server can stop after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtOnce {
    /// Payments.
    pub payments: u64,
    /// Dead letters.
    pub letters: u64,
    /// Parts of a file that is made.
    pub parts: usize,
}

impl Default for AtOnce {
    fn default() -> Self {
        Self { payments: 2_000, letters: 200, parts: 16 }
    }
}

/// What jobs work with.
#[derive(Clone)]
pub struct JobSettings {
    /// Where they are.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// This process.
    pub node: NodeId,
    /// How long a lease lasts (contract section 7: at most 5 s).
    pub lease_ms: i64,
    /// How much one step takes.
    pub at_once: AtOnce,
    /// How often a long step says how far it is.
    pub tell_every: Duration,
    /// Hears of dead letters that are due again.
    pub outbox: OutboxHandle,
    /// Makes finance's reports.
    pub reports: MakeReport,
    /// Imports bank statements.
    pub bank: BankImport,
}

/// A job that this node leases, with what it has of it in memory alone: after a crash it is made again.
pub struct HeldJob {
    /// As it stands in the database.
    pub job: Job,
    pub(super) made: Option<MadeFile>,
}

impl HeldJob {
    /// As it was claimed.
    pub fn new(job: Job) -> Self {
        Self { job, made: None }
    }
}

/// What became of a job by one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advanced {
    /// There is more to do.
    GoesOn,
    /// Nothing more to do here: it is over, or was put off.
    Ended,
    /// It is somebody else's, or its step could not be written: the lease ends by itself.
    Lost,
}

/// Why a step was not done.
#[derive(Debug)]
pub(super) enum Fault {
    /// It was stopped.
    Stopped,
    /// It can never be done; for people, without personal data.
    Refused(String),
    /// Ours, and worth trying again; for people, without personal data.
    Ours(String),
}

impl Fault {
    /// A later binary has begun the job.
    pub(super) fn strange_cursor() -> Self {
        Self::Refused("this server cannot go on where another one stopped".to_owned())
    }
}

impl From<StorageError> for Fault {
    fn from(error: StorageError) -> Self {
        tracing::error!(error = %error, "a job could not read or write the database");
        match error {
            StorageError::CorruptRow { table, .. } => {
                Self::Refused(format!("a row of {table} cannot be read; see the log"))
            }
            StorageError::Database(_)
            | StorageError::Overloaded
            | StorageError::Closed
            | StorageError::Malformed(_)
            | StorageError::LoadGivenUp
            | StorageError::Address(_)
            | StorageError::SchemaOlder { .. }
            | StorageError::SchemaNewer { .. } => Self::Ours("the database did not answer".to_owned()),
        }
    }
}

impl JobSettings {
    /// Works on a job until it is over, or somebody else's.
    pub(super) async fn run(&self, job: Job, mut stop: Stop) {
        let mut held = HeldJob::new(job);
        while self.advance(&mut held, &mut stop).await == Advanced::GoesOn {}
    }

    /// Does one step, and writes what it came to.
    pub async fn advance(&self, held: &mut HeldJob, stop: &mut Stop) -> Advanced {
        let next = self.next(held, stop).await;
        let now = self.clock.now();
        let lease_until = now.plus_millis(self.lease_ms);
        let goes_on = matches!(next, JobNext::GoesOn(_));
        let wakes = matches!(&next, JobNext::GoesOn(more) if more.letters.is_some());
        let step = JobStep { id: held.job.id, node: self.node, now, lease_until, next };
        match self.store.write_job_step(step).await {
            Ok(JobStepped::Written(job)) => {
                if wakes {
                    self.outbox.look();
                }
                held.job = *job;
                tell(&held.job);
                if goes_on { Advanced::GoesOn } else { Advanced::Ended }
            }
            Ok(JobStepped::CancelAsked) => {
                held.job.cancel_asked = true;
                Advanced::GoesOn
            }
            Ok(JobStepped::Lost) => Advanced::Lost,
            Err(error) => {
                tracing::error!(job.id = %held.job.id, error = %error, "a job's step could not be written; its lease ends by itself");
                Advanced::Lost
            }
        }
    }

    async fn next(&self, held: &mut HeldJob, stop: &mut Stop) -> JobNext {
        let failed = |error: String| JobNext::Ends(JobOutcome::Failed { error });
        match stop.ending() {
            _ if held.job.cancel_asked => return JobNext::Ends(JobOutcome::Cancelled),
            Ending::Cancelled => return JobNext::Ends(JobOutcome::Cancelled),
            Ending::Left => return self.left(),
            Ending::No => {}
        }
        if held.job.attempts > MOST_ATTEMPTS {
            let why = held.job.error.as_deref().unwrap_or("the server stopped each time");
            return failed(format!("given up after {MOST_ATTEMPTS} attempts: {why}"));
        }
        match self.step(held, stop).await {
            Ok(next) => next,
            Err(Fault::Stopped) if stop.ending() == Ending::Cancelled => JobNext::Ends(JobOutcome::Cancelled),
            Err(Fault::Stopped) => self.left(),
            Err(Fault::Refused(why)) => failed(why),
            Err(Fault::Ours(why)) => {
                let doublings = held.job.attempts.saturating_sub(1).min(20);
                let wait = FIRST_RETRY_MS.saturating_mul(1_i64 << doublings).min(LONGEST_RETRY_MS);
                JobNext::PutOff { until: self.clock.now().plus_millis(wait), error: Some(why) }
            }
        }
    }

    /// Works, and says meanwhile how far it is. Nothing hangs on it: what cannot be said now is said later.
    pub(super) async fn telling<T>(&self, job: &Job, progress: &Progress, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        let mut every = tokio::time::interval(self.tell_every);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut told = Progress::default().now();
        loop {
            tokio::select! {
                // First: it says how much there is before it is asked.
                biased;
                done = &mut work => return done,
                _ = every.tick() => {}
            }
            let reached = progress.now();
            if reached == told {
                continue;
            }
            match self.store.tell_job_progress((job.id, self.node), reached, self.clock.now()).await {
                Ok(()) => told = reached,
                Err(error) => tracing::warn!(job.id = %job.id, error = %error, "how far a job is could not be written"),
            }
        }
    }

    fn left(&self) -> JobNext {
        JobNext::PutOff { until: self.clock.now(), error: None }
    }

    async fn step(&self, held: &mut HeldJob, stop: &mut Stop) -> Result<JobNext, Fault> {
        let Some(work) = Work::read(&held.job.kind, &held.job.params) else {
            return Err(Fault::Refused("this server does not know how to do it".to_owned()));
        };
        match work {
            Work::PaymentsExport(asked, crate::report::Format::Csv) => self.export_page(&held.job, asked).await,
            Work::PaymentsExport(asked, crate::report::Format::Xlsx) => self.export_book(held, asked, stop).await,
            Work::Report(report, format) => self.report(held, (report, format), stop).await,
            Work::BankImport => self.import(&held.job, stop).await,
            Work::Letters(act, filter) => self.letters(&held.job, act, filter).await,
        }
    }
}

fn tell(job: &Job) {
    match job.state {
        JobState::Done => tracing::info!(job.id = %job.id, job.kind = job.kind, job.done = job.done, "a job is done"),
        JobState::Cancelled => tracing::info!(job.id = %job.id, job.kind = job.kind, "a job was cancelled"),
        JobState::Failed => {
            let reason = job.error.as_deref().unwrap_or_default();
            tracing::warn!(job.id = %job.id, job.kind = job.kind, reason, "a job cannot be done");
        }
        JobState::Waiting | JobState::Running => {}
    }
}
