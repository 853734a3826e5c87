//! Claims jobs, keeps their leases, and removes what is no longer kept: what jobs have left behind, and old figures.

use std::collections::HashMap;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::{oneshot, watch};

use super::steps::JobSettings;
use super::stop::{Ending, Stop};
use crate::storage::{Job, JobId};

/// How often the table is looked at: what a killed process held goes on within 5 s (contract section 7).
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often held leases are renewed.
const RENEW_EVERY: Duration = Duration::from_millis(1_200);
/// How often what is no longer kept is looked for.
const TIDY_EVERY: Duration = Duration::from_mins(1);
/// How much is removed in one look.
const TIDY_STEPS: usize = 200;
/// Jobs at once: payments share the database with them.
const SIDE_BY_SIDE: usize = 2;
/// How long a stopping server waits for the steps that are under way.
const DRAIN: Duration = Duration::from_secs(1);

/// The actor.
pub struct JobRunner {
    settings: JobSettings,
    /// What this node works on, and how it is told to end.
    held: HashMap<JobId, watch::Sender<Ending>>,
    looking: bool,
    tidying: bool,
    draining: bool,
    drained: Vec<oneshot::Sender<()>>,
}

impl JobRunner {
    /// A runner that has not looked yet.
    pub fn new(settings: JobSettings) -> Self {
        Self { settings, held: HashMap::new(), looking: false, tidying: false, draining: false, drained: Vec::new() }
    }

    fn look(&mut self, ctx: &mut Context<Self>) {
        let free = SIDE_BY_SIDE.saturating_sub(self.held.len()) as u64;
        if self.looking || self.draining || free == 0 {
            return;
        }
        self.looking = true;
        let JobSettings { store, clock, node, lease_ms, .. } = self.settings.clone();
        let claim = async move {
            let now = clock.now();
            store.claim_jobs(node, (now, now.plus_millis(lease_ms)), free).await
        };
        ctx.spawn(claim.into_actor(self).map(|claimed, runner, ctx| {
            runner.looking = false;
            match claimed {
                Ok(jobs) => jobs.into_iter().for_each(|job| runner.begin(job, ctx)),
                Err(error) => tracing::error!(error = %error, "jobs could not be read"),
            }
        }));
    }

    fn begin(&mut self, job: Job, ctx: &mut Context<Self>) {
        let id = job.id;
        let (sender, stop) = Stop::new();
        if self.draining {
            // Claimed while the server began to stop: it is given back.
            sender.send_replace(Ending::Left);
        }
        self.held.insert(id, sender);
        let settings = self.settings.clone();
        // A task of its own: should it ever panic, the runner goes on and the lease ends by itself.
        let task = actix_rt::spawn(async move { settings.run(job, stop).await });
        let work = async move {
            if let Err(error) = task.await {
                tracing::error!(job.id = %id, error = %error, "a step of a job ended abnormally");
            }
        };
        ctx.spawn(work.into_actor(self).map(move |(), runner, ctx| {
            runner.held.remove(&id);
            if runner.held.is_empty() {
                runner.drained.drain(..).for_each(|waits| waits.send(()).unwrap_or_default());
            }
            runner.look(ctx);
        }));
    }

    fn renew(&mut self, ctx: &mut Context<Self>) {
        if self.held.is_empty() {
            return;
        }
        let ids: Vec<_> = self.held.keys().copied().collect();
        let JobSettings { store, clock, node, lease_ms, .. } = self.settings.clone();
        let renew = async move {
            let renewed = store.renew_jobs(node, &ids, clock.now().plus_millis(lease_ms)).await;
            (ids, renewed)
        };
        ctx.spawn(renew.into_actor(self).map(|(ids, renewed), runner, _| match renewed {
            Ok(ours) => {
                let ours: HashMap<_, _> = ours.into_iter().collect();
                for id in ids {
                    match ours.get(&id) {
                        Some(true) => runner.tell(id, Ending::Cancelled),
                        Some(false) => {}
                        // Over by now, or somebody else's.
                        None => runner.tell(id, Ending::Left),
                    }
                }
            }
            Err(error) => tracing::error!(error = %error, "leases of jobs could not be renewed"),
        }));
    }

    fn tell(&self, id: JobId, ending: Ending) {
        if let Some(held) = self.held.get(&id) {
            held.send_replace(ending);
        }
    }

    fn tidy(&mut self, ctx: &mut Context<Self>) {
        if self.tidying || self.draining {
            return;
        }
        self.tidying = true;
        let JobSettings { store, clock, .. } = self.settings.clone();
        let tidy = async move {
            for _ in 0..TIDY_STEPS {
                match store.tidy_jobs(clock.now()).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        return tracing::error!(error = %error, "what jobs have left behind could not be removed");
                    }
                }
            }
            for _ in 0..TIDY_STEPS {
                match store.tidy_figures(clock.now()).await {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(error) => return tracing::error!(error = %error, "old figures could not be removed"),
                }
            }
        };
        ctx.spawn(tidy.into_actor(self).map(|(), runner, _| runner.tidying = false));
    }
}

impl Actor for JobRunner {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.look(ctx);
        self.tidy(ctx);
        ctx.run_interval(LOOK_EVERY, Self::look);
        ctx.run_interval(RENEW_EVERY, Self::renew);
        ctx.run_interval(TIDY_EVERY, Self::tidy);
    }
}

/// Somebody has asked for a job.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct LookNow;

impl Handler<LookNow> for JobRunner {
    type Result = ();

    fn handle(&mut self, _: LookNow, ctx: &mut Self::Context) {
        self.look(ctx);
    }
}

/// Somebody wants a job to end, and the database knows.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct CancelNow(pub(super) JobId);

impl Handler<CancelNow> for JobRunner {
    type Result = ();

    fn handle(&mut self, CancelNow(id): CancelNow, _: &mut Self::Context) {
        self.tell(id, Ending::Cancelled);
    }
}

/// No new jobs; those that run are left after their step, for the next start or another node.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DrainJobs;

impl Handler<DrainJobs> for JobRunner {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: DrainJobs, _: &mut Self::Context) -> Self::Result {
        self.draining = true;
        let (sender, left) = oneshot::channel();
        for held in self.held.values() {
            held.send_replace(Ending::Left);
        }
        if !self.held.is_empty() {
            self.drained.push(sender);
        }
        Box::pin(async move {
            // What is not left in time is found when its lease has ended.
            let _in_time = actix_rt::time::timeout(DRAIN, left).await;
        })
    }
}
