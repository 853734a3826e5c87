//! Jobs of real servers.

use std::io::Write as _;

use futures_util::future::join_all;
use roundtrip::actors::{NewJob, PeriodWork, Report, SubmitError, Work};
use roundtrip::domain::{Role, TransactionId, UserName};
use roundtrip::ports::Clock as _;
use roundtrip::report::{Day, Format};
use roundtrip::storage::{DeadLetterFilter, Job, JobId, JobState, LetterAct, NewJobRow, PaymentFilter, Store};
use serde_json::json;

use super::bench::{fiona, knows_fiona, output};
use crate::harness::{DAY, SECOND, Script, Setup, Word, until};

fn asked(work: Work) -> NewJob {
    NewJob { work, by: fiona(), input: None }
}

fn export(format: Format) -> NewJob {
    asked(Work::PaymentsExport(PaymentFilter::default(), format))
}

async fn over(store: &Store, id: JobId) -> Job {
    until("the job is over", async || store.job(id).await.unwrap().filter(|job| job.state.is_over())).await
}

async fn text(store: &Store, id: JobId) -> String {
    String::from_utf8(output(store, id).await).unwrap()
}

#[tokio::test]
async fn con_7_a_server_exports_reports_and_imports() {
    let world = Setup::pgp().start().await;
    world.paid("rq-1").await;
    let visit = world.at_bank("rq-2").await;
    world.goes_home(&visit, &Word::DECLINED).await;
    let (jobs, store) = (&world.nodes[0].jobs, &world.nodes[0].store);

    let job = over(store, jobs.submit(export(Format::Csv)).await.unwrap()).await;
    assert_eq!((job.state, job.done, job.by.as_str()), (JobState::Done, 2, "fiona"), "{job:?}");
    let csv = text(store, job.id).await;
    assert!(csv.contains(",rq-1,") && csv.contains(",rq-2,") && csv.contains(",BANK_A,Paid,"), "{csv}");
    let job = over(store, jobs.submit(export(Format::Xlsx)).await.unwrap()).await;
    assert_eq!(job.summary.as_ref().unwrap()["lines"], 2, "{job:?}");
    assert!(output(store, job.id).await.starts_with(b"PK"));

    let day = Day::parse("2025-01-01").unwrap();
    let period = PeriodWork { from: day, to: day, account: None, merchant: None, surface: "redirect".to_owned() };
    let period = Work::Report(Report::Period(period), Format::Csv);
    let job = over(store, jobs.submit(asked(period)).await.unwrap()).await;
    assert_eq!(
        job.file.as_ref().map(|file| file.name.as_str()),
        Some("period-2025-01-01-to-2025-01-01.csv"),
        "{job:?}"
    );
    assert!(text(store, job.id).await.contains("rq-1"), "its entries are in the books");
    let lines = job.summary.as_ref().unwrap()["lines"].as_u64().unwrap();
    assert!(lines > 0 && (job.done, job.total) == (lines, Some(lines)), "{job:?}");

    let mut input = tempfile::tempfile().unwrap();
    let two = crate::bank::two_payments();
    input.write_all(&two).unwrap();
    let import = NewJob { work: Work::BankImport, by: fiona(), input: Some(input) };
    let job = over(store, jobs.submit(import).await.unwrap()).await;
    let bytes = two.len() as u64;
    assert_eq!((job.state, job.done, job.total), (JobState::Done, bytes, Some(bytes)), "{job:?}");
    assert_eq!(store.bank_transfers(None, None, 10).await.unwrap().len(), 2);

    let mut broken = tempfile::tempfile().unwrap();
    broken.write_all(b"no XML").unwrap();
    let import = NewJob { work: Work::BankImport, by: fiona(), input: Some(broken) };
    let job = over(store, jobs.submit(import).await.unwrap()).await;
    assert_eq!(job.state, JobState::Failed);
    assert!(job.error.as_ref().unwrap().ends_with("nothing of the file is booked"), "{job:?}");
    let unknown = Report::Statement(TransactionId::from_uuid(uuid::Uuid::from_u128(404)));
    let job = over(store, jobs.submit(asked(Work::Report(unknown, Format::Csv))).await.unwrap()).await;
    assert_eq!(job.error.as_deref(), Some("no such statement"));
}

#[tokio::test]
async fn con_7_a_killed_server_goes_on_where_it_was() {
    let mut world = Setup::pgp().start().await;
    world.paid("rq-1").await;
    world.paid("rq-2").await;
    let undisturbed = {
        let node = &world.nodes[0];
        let job = over(&node.store, node.jobs.submit(export(Format::Csv)).await.unwrap()).await;
        text(&node.store, job.id).await
    };
    // Time stands still, so the leases of the dead never end: they are taken back.
    for _ in 0..5 {
        let mut ids = Vec::new();
        for format in [Format::Csv, Format::Xlsx, Format::Csv, Format::Csv] {
            ids.push(world.nodes[0].jobs.submit(export(format)).await.unwrap());
        }
        world.crash().await;
        for (id, at) in ids.into_iter().zip(0..) {
            let job = over(&world.nodes[0].store, id).await;
            assert_eq!(
                (job.state, job.summary.as_ref().unwrap()["lines"].clone()),
                (JobState::Done, json!(2)),
                "{job:?}"
            );
            if at != 1 {
                assert_eq!(text(&world.nodes[0].store, id).await, undisturbed);
            }
        }
    }
}

#[tokio::test]
async fn con_7_dead_letters_are_repaired_in_bulk_and_sent_at_once() {
    let world = Setup::pgp().start().await;
    world.google.script([Script::Empty(503), Script::Empty(503)]);
    world.paid("rq-1").await;
    world.google.attempts("rq-1", 1).await;
    world.pass(8 * DAY);
    let store = &world.nodes[0].store;
    world
        .pass_until(SECOND, "a dead letter", async || (store.outbox_figures().await.unwrap().parked == 1).then_some(()))
        .await;
    let sent = world.google.notifications("rq-1").len();
    knows_fiona(store, Role::Operator).await;
    let retry = Work::Letters(LetterAct::Retry, DeadLetterFilter::default());
    let job = over(store, world.nodes[0].jobs.submit(asked(retry)).await.unwrap()).await;
    assert_eq!((job.summary, job.done, job.total), (Some(json!({"retried": 1})), 1, Some(1)));
    // Whichever attempt was the last before: the next one is made without waiting, and time stands still.
    world.google.attempts("rq-1", sent + 1).await;
}

#[tokio::test]
async fn con_7_two_servers_do_each_job_once() {
    let world = Setup::pgp().nodes(2).start().await;
    world.paid("rq-1").await;
    // Of four people: one has five at most.
    let of =
        |number: usize| NewJob { by: UserName::parse(&format!("p{}", number / 3)).unwrap(), ..export(Format::Csv) };
    let submits = (0..12).map(|number| world.nodes[number % 2].jobs.submit(of(number)));
    let mut texts = Vec::new();
    for id in join_all(submits).await {
        let job = over(&world.nodes[0].store, id.unwrap()).await;
        assert_eq!((job.state, job.done), (JobState::Done, 1), "{job:?}");
        texts.push(text(&world.nodes[1].store, job.id).await);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "a part that was written twice would show");
}

#[tokio::test]
async fn con_7_one_person_leaves_room_for_others() {
    let world = Setup::pgp().start().await;
    let (jobs, store) = (&world.nodes[0].jobs, &world.nodes[0].store);
    for number in 0..5_u128 {
        assert!(jobs.submit(export(Format::Csv)).await.is_ok(), "{number}");
        // Not due before tomorrow: it waits.
        let row = NewJobRow {
            id: JobId::from_uuid(uuid::Uuid::from_u128(number)),
            kind: "payments.export",
            params: json!({}),
            by: UserName::parse("greta").unwrap(),
            created_at: world.clock.now().plus_millis(DAY),
            input_follows: false,
        };
        store.create_job(row).await.unwrap();
        let mine = store.jobs(None, 100).await.unwrap().into_iter().filter(|job| job.by == fiona());
        for job in mine {
            over(store, job.id).await;
        }
    }
    let of_greta = || NewJob { by: UserName::parse("greta").unwrap(), ..export(Format::Csv) };
    assert!(matches!(jobs.submit(of_greta()).await, Err(SubmitError::TooMany)));
    store.cancel_job(JobId::from_uuid(uuid::Uuid::from_u128(3)), world.clock.now()).await.unwrap();
    assert!(jobs.submit(of_greta()).await.is_ok(), "one of five is over");
}

#[tokio::test]
async fn con_7_what_a_dead_node_held_goes_on_when_its_lease_ends() {
    let mut world = Setup::pgp().nodes(2).start().await;
    world.paid("rq-1").await;
    let other = world.nodes.remove(1);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(other.jobs.submit(export(Format::Csv)).await.unwrap());
    }
    other.stop(false).await;
    let store = &world.nodes[0].store;
    for id in ids {
        let job = world
            .pass_until(SECOND, "the other node goes on", async || {
                store.job(id).await.unwrap().filter(|job| job.state.is_over())
            })
            .await;
        assert_eq!((job.state, job.done), (JobState::Done, 1), "{job:?}");
    }
}
