//! Jobs in rows: who holds them, what a step leaves behind, what is removed.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use roundtrip::actors::Work;
use roundtrip::domain::Timestamp;
use roundtrip::report::Format;
use roundtrip::storage::{
    Job, JobCancel, JobGoesOn, JobId, JobNext, JobOutcome, JobState, JobStep, JobStepped, NewJobRow, NodeId,
    PaymentFilter, Store,
};
use serde_json::json;
use uuid::Uuid;

use super::bench::{fresh_id, row};
use super::on_both;
use crate::storage::fixture::{Home, LEASE_MS, NODE, NOW, OTHER_NODE, open};

on_both! {
    two_nodes_never_hold_one_job => con_7_two_nodes_never_hold_one_job_sqlite, con_7_two_nodes_never_hold_one_job_postgres;
    nodes_share_jobs_out => con_7_nodes_share_jobs_out_sqlite, con_7_nodes_share_jobs_out_postgres;
    what_is_cancelled_stays_cancelled => con_7_cancelled_stays_cancelled_sqlite, con_7_cancelled_stays_cancelled_postgres;
    a_starting_server_takes_leases_back => con_7_leases_are_taken_back_sqlite, con_7_leases_are_taken_back_postgres;
    jobs_are_listed_in_pages => con_7_jobs_are_listed_in_pages_sqlite, con_7_jobs_are_listed_in_pages_postgres;
    files_are_kept_for_seven_days => con_7_files_are_kept_for_seven_days_sqlite, con_7_files_are_kept_for_seven_days_postgres;
    half_an_upload_is_never_taken_up => con_7_half_an_upload_sqlite, con_7_half_an_upload_postgres;
}

const DAY_MS: i64 = 86_400_000;

fn later(millis: i64) -> Timestamp {
    NOW.plus_millis(millis)
}

fn export() -> Work {
    Work::PaymentsExport(PaymentFilter::default(), Format::Csv)
}

async fn submitted(store: &Store, at: Timestamp) -> JobId {
    let row = row(&export(), at);
    let id = row.id;
    store.create_job(row).await.unwrap();
    id
}

async fn claimed(store: &Store, node: NodeId, now: Timestamp) -> Vec<Job> {
    store.claim_jobs(node, (now, now.plus_millis(LEASE_MS)), 10).await.unwrap()
}

fn step(id: JobId, node: NodeId, (now, next): (Timestamp, JobNext)) -> JobStep {
    JobStep { id, node, now, lease_until: now.plus_millis(LEASE_MS), next }
}

fn more(text: &str) -> JobNext {
    let parts = vec![text.as_bytes().to_vec()];
    JobNext::GoesOn(JobGoesOn { cursor: json!(text), done: 1, total: Some(2), parts, ..JobGoesOn::default() })
}

fn done() -> JobNext {
    let file = Some(("a.csv".to_owned(), "text/csv".to_owned()));
    JobNext::Ends(JobOutcome::Done { summary: json!({"lines": 2}), done: 2, parts: vec![b"end".to_vec()], file })
}

async fn two_nodes_never_hold_one_job(home: &Home) {
    let store = &home.store;
    let id = submitted(store, NOW).await;
    let [job] = claimed(store, NODE, NOW).await.try_into().expect("one job");
    assert_eq!((job.id, job.state, job.attempts), (id, JobState::Running, 1));
    assert_eq!(claimed(store, OTHER_NODE, later(LEASE_MS - 1)).await, []);
    assert_eq!(store.renew_jobs(NODE, &[id], later(2 * LEASE_MS)).await.unwrap(), [(id, false)]);
    assert_eq!(claimed(store, OTHER_NODE, later(LEASE_MS)).await, [], "it was renewed");
    let again = claimed(store, OTHER_NODE, later(2 * LEASE_MS)).await;
    assert_eq!(again.iter().map(|job| (job.id, job.attempts)).collect::<Vec<_>>(), [(id, 2)]);

    // Whoever comes back from the dead changes nothing.
    let now = later(2 * LEASE_MS + 1);
    for next in [more("mine"), done(), JobNext::Ends(JobOutcome::Cancelled)] {
        assert_eq!(store.write_job_step(step(id, NODE, (now, next))).await.unwrap(), JobStepped::Lost);
    }
    assert_eq!(store.renew_jobs(NODE, &[id], later(9 * LEASE_MS)).await.unwrap(), []);
    assert_eq!(store.job_output(id, 0).await.unwrap(), None);
    let JobStepped::Written(job) = store.write_job_step(step(id, OTHER_NODE, (now, more("theirs")))).await.unwrap()
    else {
        panic!("theirs")
    };
    assert_eq!((job.done, job.total, job.attempts, job.cursor.as_ref()), (1, Some(2), 0, Some(&json!("theirs"))));
    store.write_job_step(step(id, OTHER_NODE, (now, done()))).await.unwrap();
    let job = store.job(id).await.unwrap().unwrap();
    assert_eq!((job.state, job.ended_at, job.summary), (JobState::Done, Some(now), Some(json!({"lines": 2}))));
    let file = job.file.unwrap();
    assert_eq!((file.name.as_str(), file.bytes, file.parts), ("a.csv", 9, 2));
    assert_eq!(claimed(store, NODE, later(DAY_MS)).await, [], "what is done is done");
}

async fn nodes_share_jobs_out(home: &Home) {
    let mut ids = BTreeSet::new();
    for _ in 0..20 {
        ids.insert(submitted(&home.store, NOW).await);
    }
    let other = open(&home.url).await;
    let claims = (0..10_u128).map(|number| {
        let store = if number % 2 == 0 { &home.store } else { &other };
        store.claim_jobs(NodeId::from_uuid(Uuid::from_u128(number)), (NOW, later(LEASE_MS)), 3)
    });
    let mut held = Vec::new();
    for claim in join_all(claims).await {
        held.extend(claim.unwrap().into_iter().map(|job| job.id));
    }
    // One that found the others' rows locked may have come away with less.
    held.extend(store_rest(&home.store).await);
    assert_eq!(held.len(), 20, "nothing twice: {held:?}");
    assert_eq!(held.into_iter().collect::<BTreeSet<_>>(), ids);
}

async fn store_rest(store: &Store) -> Vec<JobId> {
    let rest = store.claim_jobs(NODE, (NOW, later(LEASE_MS)), 100).await.unwrap();
    rest.into_iter().map(|job| job.id).collect()
}

async fn what_is_cancelled_stays_cancelled(home: &Home) {
    let store = &home.store;
    let waiting = submitted(store, NOW).await;
    assert_eq!(store.cancel_job(waiting, later(1)).await.unwrap(), JobCancel::Cancelled);
    assert_eq!(store.cancel_job(waiting, later(2)).await.unwrap(), JobCancel::Over);
    assert_eq!(store.cancel_job(fresh_id(), later(2)).await.unwrap(), JobCancel::Unknown);
    assert!(!store.begin_job(waiting, later(3)).await.unwrap());
    assert_eq!(claimed(store, NODE, later(DAY_MS)).await, []);

    let running = submitted(store, NOW).await;
    assert_eq!(claimed(store, NODE, NOW).await.len(), 1);
    store.write_job_step(step(running, NODE, (NOW, more("one")))).await.unwrap();
    assert_eq!(store.cancel_job(running, later(1)).await.unwrap(), JobCancel::Asked);
    assert_eq!(store.renew_jobs(NODE, &[running], later(LEASE_MS)).await.unwrap(), [(running, true)]);
    let refused = store.write_job_step(step(running, NODE, (later(2), more("two")))).await.unwrap();
    assert_eq!(refused, JobStepped::CancelAsked);
    assert_eq!(store.job_output(running, 1).await.unwrap(), None, "nothing of the step was written");
    // The node dies; who takes the job up hears of it.
    let [job] = claimed(store, OTHER_NODE, later(LEASE_MS)).await.try_into().expect("one job");
    assert!(job.cancel_asked);
    let ends = JobNext::Ends(JobOutcome::Cancelled);
    store.write_job_step(step(running, OTHER_NODE, (later(LEASE_MS), ends))).await.unwrap();
    assert_eq!(store.take_back_jobs(later(DAY_MS)).await.unwrap(), 0);
    assert_eq!(claimed(store, NODE, later(DAY_MS)).await, []);
    assert_eq!(store.job(running).await.unwrap().unwrap().state, JobState::Cancelled);
}

async fn a_starting_server_takes_leases_back(home: &Home) {
    let store = &home.store;
    let id = submitted(store, NOW).await;
    claimed(store, NODE, NOW).await;
    assert_eq!(claimed(store, OTHER_NODE, later(1)).await, []);
    assert_eq!(store.take_back_jobs(later(1)).await.unwrap(), 1);
    assert_eq!(claimed(store, OTHER_NODE, later(1)).await.iter().map(|job| job.id).collect::<Vec<_>>(), [id]);
}

async fn jobs_are_listed_in_pages(home: &Home) {
    let mut ids = Vec::new();
    // Two of the same moment.
    for at in [3, 1, 2, 2, 5] {
        ids.push((at, submitted(&home.store, later(at)).await));
    }
    ids.sort_unstable_by(|one, two| two.cmp(one));
    let (mut listed, mut before) = (Vec::new(), None);
    loop {
        let page = home.store.jobs(before, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some((last.created_at, last.id));
        listed.extend(page.into_iter().map(|job| job.id));
    }
    assert_eq!(listed, ids.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
}

async fn tidied(store: &Store, now: Timestamp) {
    while store.tidy_jobs(now).await.unwrap() {}
}

async fn files_are_kept_for_seven_days(home: &Home) {
    let store = &home.store;
    let new = NewJobRow { input_follows: true, ..row(&Work::BankImport, NOW) };
    let id = new.id;
    store.create_job(new).await.unwrap();
    for number in 0..70 {
        store.add_job_input(id, number, vec![7; 10]).await.unwrap();
    }
    assert_eq!(claimed(store, NODE, later(1)).await, [], "the upload is not complete");
    assert!(store.begin_job(id, NOW).await.unwrap());
    claimed(store, NODE, NOW).await;
    tidied(store, later(DAY_MS)).await;
    assert!(store.job_input(id, 69).await.unwrap().is_some(), "it is still worked on");
    store.write_job_step(step(id, NODE, (NOW, done()))).await.unwrap();

    tidied(store, later(7 * DAY_MS - 1)).await;
    for number in 0..70 {
        assert_eq!(store.job_input(id, number).await.unwrap(), None, "what was uploaded is gone at once");
    }
    assert_eq!(store.job_output(id, 0).await.unwrap().as_deref(), Some(&b"end"[..]));
    assert!(!store.job(id).await.unwrap().unwrap().file_removed);
    tidied(store, later(7 * DAY_MS)).await;
    assert_eq!(store.job_output(id, 0).await.unwrap(), None);
    let job = store.job(id).await.unwrap().unwrap();
    assert!(job.file.is_none() && job.file_removed && job.state == JobState::Done, "{job:?}");
    tidied(store, later(90 * DAY_MS - 1)).await;
    assert!(store.job(id).await.unwrap().is_some());
    tidied(store, later(90 * DAY_MS)).await;
    assert_eq!(store.job(id).await.unwrap(), None);

    let failed = submitted(store, NOW).await;
    claimed(store, NODE, NOW).await;
    store.write_job_step(step(failed, NODE, (NOW, more("half")))).await.unwrap();
    let ends = JobNext::Ends(JobOutcome::Failed { error: "no\0 such statement".to_owned() });
    store.write_job_step(step(failed, NODE, (NOW, ends))).await.unwrap();
    tidied(store, NOW).await;
    assert_eq!(store.job_output(failed, 0).await.unwrap(), None, "half a file is none");
    let job = store.job(failed).await.unwrap().unwrap();
    assert_eq!((job.state, job.error.as_deref()), (JobState::Failed, Some("no such statement")));
}

async fn half_an_upload_is_never_taken_up(home: &Home) {
    let store = &home.store;
    let new = NewJobRow { input_follows: true, ..row(&Work::BankImport, NOW) };
    let id = new.id;
    store.create_job(new).await.unwrap();
    store.add_job_input(id, 0, vec![7]).await.unwrap();
    tidied(store, later(3_600_000 - 1)).await;
    assert!(store.job(id).await.unwrap().is_some(), "somebody may be sending it");
    assert_eq!(claimed(store, NODE, later(3_600_000)).await, []);
    tidied(store, later(3_600_000)).await;
    assert_eq!(store.job(id).await.unwrap(), None);
    assert_eq!(store.job_input(id, 0).await.unwrap(), None);
}
