//! The runner itself: what it does with work that takes long.

use std::sync::{Arc, Mutex};

use actix::Actor as _;
use futures_util::FutureExt as _;
use roundtrip::actors::{DrainJobs, JobRunner, JobSettings, Jobs, NewJob, Report, Work};
use roundtrip::domain::TransactionId;
use roundtrip::report::Format;
use roundtrip::storage::{JobCancel, JobState};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::bench::{Bench, fiona};
use super::on_both;
use crate::harness::until;
use crate::storage::fixture::Home;

on_both! {
    long_work_is_cancelled => con_7_long_work_is_cancelled_sqlite, con_7_long_work_is_cancelled_postgres;
    a_stopping_server_leaves_long_work => con_7_stopping_leaves_long_work_sqlite, con_7_stopping_leaves_long_work_postgres;
}

fn statement() -> NewJob {
    let report = Report::Statement(TransactionId::from_uuid(Uuid::from_u128(5)));
    NewJob { work: Work::Report(report, Format::Xlsx), by: fiona(), input: None }
}

/// A runner whose reports take for ever, and who says when the first one has begun.
fn runner(bench: &Bench) -> (Jobs, actix::Addr<JobRunner>, oneshot::Receiver<()>) {
    let (begun, begins) = oneshot::channel();
    let begun = Arc::new(Mutex::new(Some(begun)));
    let settings = JobSettings {
        reports: Arc::new(move |_, _, _| {
            if let Some(begun) = begun.lock().unwrap().take() {
                begun.send(()).unwrap();
            }
            std::future::pending().boxed_local()
        }),
        ..bench.settings.clone()
    };
    let runner = JobRunner::new(settings).start();
    (Jobs::new(bench.store.clone(), Arc::new(bench.clock.clone()), runner.clone()), runner, begins)
}

async fn long_work_is_cancelled(home: &Home) {
    let bench = Bench::new(home);
    let (jobs, _runner, begins) = runner(&bench);
    let id = jobs.submit(statement()).await.unwrap();
    begins.await.unwrap();
    assert_eq!(bench.job(id).await.state, JobState::Running);
    assert_eq!(jobs.cancel(id).await.unwrap(), JobCancel::Asked);
    until("the job is cancelled", async || (bench.job(id).await.state == JobState::Cancelled).then_some(())).await;
}

async fn a_stopping_server_leaves_long_work(home: &Home) {
    let bench = Bench::new(home);
    let (jobs, runner, begins) = runner(&bench);
    let id = jobs.submit(statement()).await.unwrap();
    begins.await.unwrap();
    runner.send(DrainJobs).await.unwrap();
    let (_, held) = bench.claim(7).await.expect("it can be taken up at once");
    assert_eq!((held.job.id, held.job.state, held.job.attempts), (id, JobState::Running, 1), "that was no attempt");
    // What is asked for now is for somebody else.
    let later = jobs.submit(statement()).await.unwrap();
    runner.send(DrainJobs).await.unwrap();
    assert_eq!(bench.job(later).await.state, JobState::Waiting);
}
