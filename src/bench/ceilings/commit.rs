//! The bare commit of one payment: the same rows through the same store, and nothing around it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Serialize;

use crate::bench::invented::{At, Inventor, Script};
use crate::bench::orders::is_asked;
use crate::bench::process::own_cpu_us;
use crate::bench::server::Groups;
use crate::ports::{Clock, SystemClock};
use crate::storage::{Store, StoreOptions};

/// So many payments are decided ahead for each second of a measurement, which ends when none is left.
const PAYMENTS_PER_S: f64 = 12_000.0;

/// What committing costs with so many payments side by side.
#[derive(Debug, Clone, Serialize)]
pub(in crate::bench) struct BareCommit {
    pub(in crate::bench) side_by_side: usize,
    /// How large its groups were to be.
    pub(in crate::bench) wanted_group: f64,
    /// Commits in one database transaction, on average.
    pub(in crate::bench) commits_per_group: Option<f64>,
    /// CPU time of all threads for one payment.
    pub(in crate::bench) payment_us: f64,
    pub(in crate::bench) payments_per_s: f64,
}

/// What is measured.
pub(in crate::bench) struct Wanted<'a> {
    pub(in crate::bench) database: &'a str,
    pub(in crate::bench) prefix: &'a str,
    pub(in crate::bench) status_percent: u8,
    /// Commits in one database transaction, on average.
    pub(in crate::bench) groups: &'a [f64],
    pub(in crate::bench) each: Duration,
}

/// Measures the commit in groups of each size. How many payments side by side make such groups is tried out first: while
/// one group is being written the next one gathers, so it takes about twice as many.
pub(in crate::bench) async fn bare_commits(wanted: &Wanted<'_>) -> anyhow::Result<Vec<BareCommit>> {
    let store = Store::open(StoreOptions::new(wanted.database)).await.context("cannot open the database")?;
    store.migrate_up().await.context("cannot make the schema")?;
    let mut figures = Vec::new();
    for (at, group) in wanted.groups.iter().enumerate() {
        let inventor = |part: &str| Inventor::new(&format!("{}-{at}{part}", wanted.prefix));
        let first = (group.round().max(1.0)) as usize;
        let tried = measure(&store, inventor("t")?, (wanted, first, wanted.each / 4)).await?;
        let scale = tried.commits_per_group.map_or(1.0, |found| group / found);
        let side_by_side = ((first as f64 * scale).round() as usize).max(1);
        let found = measure(&store, inventor("m")?, (wanted, side_by_side, wanted.each)).await?;
        figures.push(BareCommit { wanted_group: *group, ..found });
    }
    store.close().await;
    Ok(figures)
}

struct Lanes {
    store: Store,
    inventor: Inventor,
    scripts: Mutex<VecDeque<Script>>,
    commits: AtomicU64,
    stop: AtomicBool,
}

async fn measure(
    store: &Store,
    inventor: Inventor,
    (wanted, side_by_side, length): (&Wanted<'_>, usize, Duration),
) -> anyhow::Result<BareCommit> {
    let payments = (PAYMENTS_PER_S * length.as_secs_f64()) as u64;
    let percent = u64::from(wanted.status_percent);
    let now = SystemClock.now();
    let scripts: VecDeque<Script> = (0..payments)
        .map(|number| inventor.paid(number, is_asked(number, percent), now))
        .collect::<anyhow::Result<_>>()?;
    let lanes = Arc::new(Lanes {
        store: store.clone(),
        inventor,
        scripts: Mutex::new(scripts),
        commits: AtomicU64::new(0),
        stop: AtomicBool::new(false),
    });
    let running: Vec<_> = (0..side_by_side)
        .map(|lane| {
            let lanes = lanes.clone();
            // One after the other, so that begun, paid and notified payments share a group as they do in the server.
            let wait = Duration::from_millis(3 * lane as u64 % 50);
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                lanes.run().await
            })
        })
        .collect();
    tokio::time::sleep(length / 5).await;
    let (started, cpu, commits, groups) = (Instant::now(), own_cpu_us()?, lanes.done(), own_groups());
    while started.elapsed() < length * 4 / 5 && lanes.left() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (seconds, cpu, commits) = (started.elapsed().as_secs_f64(), own_cpu_us()? - cpu, lanes.done() - commits);
    let after = own_groups();
    lanes.stop.store(true, Ordering::Relaxed);
    for lane in running {
        lane.await.context("a lane was interrupted")??;
    }
    let payments = commits as f64 / (3.0 + f64::from(wanted.status_percent) / 100.0);
    Ok(BareCommit {
        side_by_side,
        wanted_group: 0.0,
        commits_per_group: after.and_then(|after| after.mean_since(groups)),
        payment_us: cpu as f64 / payments.max(1.0),
        payments_per_s: payments / seconds,
    })
}

impl Lanes {
    fn left(&self) -> usize {
        self.scripts.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn done(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    async fn run(&self) -> anyhow::Result<()> {
        while !self.stop.load(Ordering::Relaxed) {
            let script = self.scripts.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(script) = script else { return Ok(()) };
            let id = script.id();
            let mut at = At { position: None, leased: None, now: SystemClock.now() };
            for step in script.steps {
                at.now = SystemClock.now();
                let committed = self.store.commit(self.inventor.commit(id, step, &at)).await?;
                at.position = Some(committed.position);
                at.leased = committed.leased.first().map(|row| row.key).or(at.leased);
                self.commits.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }
}

/// The group figures of this process.
fn own_groups() -> Option<Groups> {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    let handle = RECORDER.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        // Where another recorder was first, the groups of the bare commit are not told; all else is.
        let _installed_before = metrics::set_global_recorder(recorder);
        handle
    });
    Groups::read(&handle.render())
}
