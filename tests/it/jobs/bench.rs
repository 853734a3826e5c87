//! What jobs work with, on a database without a server, and a worker that can be stopped after any step.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use roundtrip::actors::{
    Advanced, AtOnce, BankImport, HeldJob, JobSettings, OutboxHandle, Registry, RegistrySettings, Shell, Stop, Work,
};
use roundtrip::app;
use roundtrip::domain::{Role, Timestamp, UserName};
use roundtrip::ports::{Clock as _, ManualClock};
use roundtrip::storage::{Job, JobId, JobState, Managed, NewJobRow, NewUser, NodeId, Store};
use uuid::Uuid;

use crate::storage::fixture::{Home, LEASE_MS, NODE, NOW};

/// How much a step takes here: so little that every kind needs several.
pub(super) const AT_ONCE: AtOnce = AtOnce { payments: 2, letters: 2, parts: 1 };

pub(super) fn fiona() -> UserName {
    UserName::parse("fiona").unwrap()
}

/// Makes fiona somebody whom the store knows.
pub(super) async fn knows_fiona(store: &Store, role: Role) {
    let new = NewUser { name: fiona(), role, created_at: NOW };
    if !store.create_user(new).await.unwrap() {
        assert_eq!(store.set_role(&fiona(), role).await.unwrap(), Managed::Done);
    }
}

/// An id that no other job has; later ones are greater.
pub(super) fn fresh_id() -> JobId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    JobId::from_uuid(Uuid::from_u128(u128::from(NEXT.fetch_add(1, Ordering::SeqCst))))
}

pub(super) fn row(work: &Work, at: Timestamp) -> NewJobRow {
    NewJobRow {
        id: fresh_id(),
        kind: work.kind(),
        params: work.params(),
        by: fiona(),
        created_at: at,
        input_follows: false,
    }
}

/// A node without a runner.
pub(super) struct Bench {
    pub(super) store: Store,
    pub(super) clock: ManualClock,
    pub(super) settings: JobSettings,
}

impl Bench {
    pub(super) fn new(home: &Home) -> Self {
        let (store, clock) = (home.store.clone(), ManualClock::at(NOW.plus_millis(1_000_000)));
        let time = Arc::new(clock.clone());
        let shell = Shell {
            store: store.clone(),
            clock: time.clone(),
            outbox: OutboxHandle::default(),
            node: NODE,
            commit_timeout: Duration::from_secs(30),
            lease_ms: LEASE_MS,
            machine: std::marker::PhantomData,
        };
        let registry = RegistrySettings { shards: 1, idle: Duration::from_secs(1), most_resident: 100 };
        let bank = BankImport {
            store: store.clone(),
            transfers: Registry::start(Arc::new(shell), registry),
            clock: time.clone(),
        };
        let settings = JobSettings {
            store: store.clone(),
            clock: time.clone(),
            node: NODE,
            lease_ms: LEASE_MS,
            at_once: AT_ONCE,
            tell_every: Duration::from_millis(5),
            outbox: OutboxHandle::default(),
            reports: app::reports(store.clone(), time),
            bank,
        };
        Self { store, clock, settings }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) async fn submit(&self, work: &Work) -> JobId {
        let row = row(work, self.now());
        let id = row.id;
        self.store.create_job(row).await.unwrap();
        id
    }

    pub(super) async fn job(&self, id: JobId) -> Job {
        self.store.job(id).await.unwrap().unwrap()
    }

    /// Claims the one job that is due, as a process with this number.
    pub(super) async fn claim(&self, process: u128) -> Option<(JobSettings, HeldJob)> {
        let node = NodeId::from_uuid(Uuid::from_u128(process));
        let now = self.now();
        let mut jobs = self.store.claim_jobs(node, (now, now.plus_millis(LEASE_MS)), 1).await.unwrap();
        let settings = JobSettings { node, ..self.settings.clone() };
        jobs.pop().map(|job| (settings, HeldJob::new(job)))
    }

    /// Claims the job and works on it until it is over. At most `steps` steps: then the process is gone, with what it had in
    /// memory. Answers how many steps it did.
    pub(super) async fn work(&self, process: u128, steps: usize) -> usize {
        let (settings, mut held) = self.claim(process).await.expect("a job that is due");
        for done in 0..steps {
            match settings.advance(&mut held, &mut Stop::never()).await {
                Advanced::GoesOn => {}
                Advanced::Ended => return done + 1,
                Advanced::Lost => panic!("nobody else is here"),
            }
        }
        steps
    }

    /// After a crash: another process may go on once the lease has ended.
    pub(super) async fn crashed(&self) {
        assert!(self.claim(999).await.is_none(), "the lease of a dead process lasts until it ends");
        self.clock.advance(LEASE_MS);
    }

    /// What a job has made.
    pub(super) async fn output(&self, id: JobId) -> Vec<u8> {
        output(&self.store, id).await
    }

    /// Does a job without a disturbance; how many steps it took.
    pub(super) async fn undisturbed(&self, work: &Work) -> (Job, usize) {
        let id = self.submit(work).await;
        let steps = self.work(1, usize::MAX).await;
        let job = self.job(id).await;
        assert_eq!(job.state, JobState::Done, "{job:?}");
        (job, steps)
    }

    /// Does a job by two processes, the first of which is killed after so many steps.
    pub(super) async fn killed_after(&self, steps: usize, work: &Work) -> Job {
        let id = self.submit(work).await;
        assert_eq!(self.work(1, steps).await, steps);
        assert_eq!(self.job(id).await.state, JobState::Running, "after {steps} steps");
        self.crashed().await;
        self.work(2, usize::MAX).await;
        self.job(id).await
    }
}

/// The whole file of a job.
pub(super) async fn output(store: &Store, id: JobId) -> Vec<u8> {
    let file = store.job(id).await.unwrap().unwrap().file.expect("a file");
    let mut content = Vec::new();
    for number in 0..file.parts {
        content.extend(store.job_output(id, number).await.unwrap().expect("a part"));
    }
    assert_eq!(store.job_output(id, file.parts).await.unwrap(), None);
    assert_eq!(content.len() as u64, file.bytes);
    content
}
