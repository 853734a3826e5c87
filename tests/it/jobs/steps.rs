//! Every kind of work, killed after every step: what it comes to is the same.

use std::io::Write as _;
use std::sync::Arc;

use futures_util::FutureExt as _;
use roundtrip::actors::{Advanced, JobSettings, MadeReport, Report, Stop, Unmade, Work};
use roundtrip::domain::{Role, TransactionId};
use roundtrip::report::{Format, Written};
use roundtrip::storage::{
    DeadLetterFilter, FailedAttempt, JobId, JobState, LetterAct, NewJobRow, OutboxKey, PaymentFilter,
};
use serde_json::json;
use uuid::Uuid;

use super::bench::{Bench, fiona, knows_fiona, row};
use super::on_both;
use crate::harness::until;
use crate::storage::fixture::{Home, NODE, NOW, Payment, choose, declined, start};

on_both! {
    an_export_survives_a_kill_at_every_step => con_7_export_killed_at_every_step_sqlite, con_7_export_killed_at_every_step_postgres;
    a_workbook_survives_a_kill_at_every_step => con_7_workbook_killed_at_every_step_sqlite, con_7_workbook_killed_at_every_step_postgres;
    an_export_has_what_was_asked_for => con_7_export_is_what_was_asked_sqlite, con_7_export_is_what_was_asked_postgres;
    letters_survive_a_kill_at_every_step => con_7_letters_killed_at_every_step_sqlite, con_7_letters_killed_at_every_step_postgres;
    letters_are_decided_as_the_role_allows_by_then => con_7_letters_by_role_sqlite, con_7_letters_by_role_postgres;
    letters_are_decided_by_filter => con_7_letters_by_filter_sqlite, con_7_letters_by_filter_postgres;
    errors_are_told => con_7_errors_are_told_sqlite, con_7_errors_are_told_postgres;
    what_fails_again_and_again_is_given_up => con_7_given_up_sqlite, con_7_given_up_postgres;
    a_report_says_how_far_it_is => con_7_a_report_says_how_far_it_is_sqlite, con_7_a_report_says_how_far_it_is_postgres;
    an_import_survives_a_kill => con_7_import_killed_sqlite, con_7_import_killed_postgres;
}

const NONE: [usize; 0] = [];

fn csv() -> Work {
    Work::PaymentsExport(PaymentFilter::default(), Format::Csv)
}

/// So many payments, two of them of the same moment; the newest last.
async fn payments(home: &Home, count: i64) -> Vec<Payment> {
    let mut all = Vec::new();
    for number in 0..count {
        let mut payment = Payment::new();
        let mut terms = (*payment.terms).clone();
        let at = NOW.plus_millis(number / 2 * 10);
        terms.created_at = at;
        payment.step_at(&home.store, start(terms), at).await;
        all.push(payment);
    }
    all
}

async fn an_export_survives_a_kill_at_every_step(home: &Home) {
    let bench = Bench::new(home);
    let all = payments(home, 7).await;
    let (job, steps) = bench.undisturbed(&csv()).await;
    assert_eq!((job.done, job.summary, steps), (7, Some(json!({"lines": 7})), 4));
    let file = job.file.unwrap();
    assert_eq!((file.name.as_str(), file.mime.as_str()), ("payments-2027-01-15.csv", "text/csv; charset=utf-8"));
    let undisturbed = String::from_utf8(bench.output(job.id).await).unwrap();
    let lines: Vec<_> = undisturbed.split("\r\n").collect();
    assert!(lines[0].starts_with("began,changed,transaction_id,request_id,"), "{}", lines[0]);
    for payment in &all {
        assert_eq!(undisturbed.matches(&payment.id.to_string()).count(), 1, "each of them once");
    }
    assert_eq!(lines[1..8].iter().filter(|line| line.ends_with(",INR,109.90")).count(), 7);
    assert!(lines[8].replace(',', "").is_empty(), "an empty row after the payments: {}", lines[8]);
    assert!(undisturbed.contains("Payments,7,") && undisturbed.contains("Amount INR,769.30,"), "{undisturbed}");

    for killed_after in 0..steps {
        // At the same moment: the job's own time stands in the file.
        let other = Bench::new(home);
        let job = other.killed_after(killed_after, &csv()).await;
        assert_eq!((job.state, job.done), (JobState::Done, 7));
        assert_eq!(String::from_utf8(other.output(job.id).await).unwrap(), undisturbed, "killed after {killed_after}");
    }
}

async fn a_workbook_survives_a_kill_at_every_step(home: &Home) {
    payments(home, 5).await;
    let bench = Bench::new(home);
    let work = Work::PaymentsExport(PaymentFilter::default(), Format::Xlsx);
    let (job, _) = bench.undisturbed(&work).await;
    assert!(bench.output(job.id).await.starts_with(b"PK"), "a workbook is an archive");
    assert_eq!(job.file.unwrap().name, "payments-2027-01-15.xlsx");
    let lines = job.summary.unwrap()["lines"].clone();
    assert_eq!(lines, 5);

    // A larger file, in parts: a process that dies takes its file with it.
    let bench = with_report(Bench::new(home), |path| {
        let content: Vec<u8> = (0..1_200_000_u32).map(|number| (number % 251) as u8).collect();
        std::fs::File::create(path).unwrap().write_all(&content).unwrap();
        let written = Written { sha256: [0; 32], bytes: content.len() as u64, lines: 3 };
        Ok(MadeReport { written, name: "statement-s-1".to_owned() })
    });
    let work = Work::Report(Report::Statement(TransactionId::from_uuid(Uuid::from_u128(5))), Format::Csv);
    let (job, steps) = bench.undisturbed(&work).await;
    assert_eq!((job.done, job.total, steps), (3, Some(3), 5));
    let undisturbed = bench.output(job.id).await;
    assert_eq!(undisturbed.len(), 1_200_000);
    for killed_after in 0..steps {
        let job = bench.killed_after(killed_after, &work).await;
        assert_eq!(job.state, JobState::Done, "{job:?}");
        assert!(bench.output(job.id).await == undisturbed, "killed after {killed_after}");
    }
}

fn with_report(
    mut bench: Bench,
    make: impl Fn(&std::path::Path) -> Result<MadeReport, Unmade> + Send + Sync + 'static,
) -> Bench {
    let make = Arc::new(make);
    bench.settings = JobSettings {
        reports: Arc::new(move |_, _, (path, _)| {
            let make = make.clone();
            async move { make(&path) }.boxed_local()
        }),
        ..bench.settings
    };
    bench
}

async fn a_report_says_how_far_it_is(home: &Home) {
    let mut bench = Bench::new(home);
    let work = Work::Report(Report::Statement(TransactionId::from_uuid(Uuid::from_u128(5))), Format::Csv);
    let id = bench.submit(&work).await;
    let store = home.store.clone();
    bench.settings.reports = Arc::new(move |_, _, (path, progress)| {
        let store = store.clone();
        async move {
            progress.promise(10);
            for done in [4, 9] {
                progress.reach(done);
                let told = async || {
                    let job = store.job(id).await.unwrap().unwrap();
                    ((job.done, job.total) == (done, Some(10)) && job.state == JobState::Running).then_some(())
                };
                until("the page of the job says so", told).await;
            }
            std::fs::write(path, "x").unwrap();
            let written = Written { sha256: [0; 32], bytes: 1, lines: 10 };
            Ok(MadeReport { written, name: "statement-s-1".to_owned() })
        }
        .boxed_local()
    });
    bench.work(1, usize::MAX).await;
    let job = bench.job(id).await;
    assert_eq!((job.state, job.done, job.total), (JobState::Done, 10, Some(10)), "{job:?}");
    // Whoever does not work on it (any more) says nothing.
    let other = roundtrip::storage::NodeId::from_uuid(Uuid::from_u128(404));
    home.store.tell_job_progress((id, other), (1, None), bench.now()).await.unwrap();
    assert_eq!(bench.job(id).await, job);
}

async fn an_export_has_what_was_asked_for(home: &Home) {
    let bench = Bench::new(home);
    let mut all = payments(home, 6).await;
    all[1].step(&home.store, choose()).await;
    all[4].step(&home.store, choose()).await;
    let found = async |asked: PaymentFilter| {
        let (job, _) = bench.undisturbed(&Work::PaymentsExport(asked, Format::Csv)).await;
        let text = String::from_utf8(bench.output(job.id).await).unwrap();
        let holds = |payment: &Payment| text.contains(&payment.id.to_string());
        (0..all.len()).filter(|number| holds(&all[*number])).collect::<Vec<_>>()
    };
    let everything = PaymentFilter::default();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(found(PaymentFilter { issuer: some("BANK_A"), ..everything.clone() }).await, [1, 4]);
    assert_eq!(found(PaymentFilter { account: some("Nobody"), ..everything.clone() }).await, NONE);
    assert_eq!(found(PaymentFilter { currency: some("EUR"), ..everything.clone() }).await, NONE);
    assert_eq!(found(PaymentFilter { needs_attention: true, ..everything.clone() }).await, NONE);
    assert_eq!(found(PaymentFilter { amount: Some((109_900_000, 109_900_000)), ..everything.clone() }).await.len(), 6);
    assert_eq!(found(PaymentFilter { amount: Some((0, 109_899_999)), ..everything.clone() }).await, NONE);
    let (from, until) = (Some(NOW.plus_millis(10)), Some(NOW.plus_millis(20)));
    assert_eq!(found(PaymentFilter { from, until, ..everything.clone() }).await, [2, 3]);

    // What begins while the export is under way is not in it.
    let id = bench.submit(&csv()).await;
    assert_eq!(bench.work(1, 1).await, 1);
    bench.crashed().await;
    let mut late = Payment::new();
    let mut terms = (*late.terms).clone();
    terms.created_at = bench.now();
    late.step_at(&home.store, start(terms), bench.now()).await;
    bench.work(2, usize::MAX).await;
    assert_eq!(bench.job(id).await.done, 6);
}

/// So many dead letters, and one that waits.
async fn letters(home: &Home, count: i64) -> Vec<OutboxKey> {
    let mut keys = Vec::new();
    for number in 0..count {
        let key = letter(home).await;
        let failed = FailedAttempt { key, node: NODE, attempts: 3, error: "503".to_owned() };
        assert!(home.store.park(failed, NOW.plus_millis(number / 2)).await.unwrap());
        keys.push(key);
    }
    letter(home).await;
    keys
}

async fn letter(home: &Home) -> OutboxKey {
    let mut payment = Payment::at_issuer(&home.store).await;
    payment.step(&home.store, declined()).await.leased[0].key
}

async fn letters_survive_a_kill_at_every_step(home: &Home) {
    let bench = Bench::new(home);
    knows_fiona(&home.store, Role::Admin).await;
    for (act, word) in [(LetterAct::Retry, "retried"), (LetterAct::Discard, "discarded")] {
        let work = Work::Letters(act, DeadLetterFilter::default());
        letters(home, 5).await;
        let (job, steps) = bench.undisturbed(&work).await;
        assert_eq!((job.summary, job.done, job.total, steps), (Some(json!({word: 5})), 5, Some(5), 4));
        assert_eq!(job.file, None);
        for killed_after in 0..steps {
            letters(home, 5).await;
            let before = home.store.outbox_figures().await.unwrap();
            assert_eq!(before.parked, 5);
            let job = bench.killed_after(killed_after, &work).await;
            assert_eq!(
                (job.state, job.summary),
                (JobState::Done, Some(json!({word: 5}))),
                "killed after {killed_after}"
            );
            let after = home.store.outbox_figures().await.unwrap();
            let revived = if act == LetterAct::Retry { 5 } else { 0 };
            assert_eq!((after.parked, after.waiting), (0, before.waiting + revived));
        }
    }
}

/// Whoever ordered the job is asked for their role at each step, not when they ordered it.
async fn letters_are_decided_as_the_role_allows_by_then(home: &Home) {
    let bench = Bench::new(home);
    let work = |act| Work::Letters(act, DeadLetterFilter::default());
    let parked = async || home.store.outbox_figures().await.unwrap().parked;
    let refused = "whoever ordered it may not decide about dead letters (any more)";
    letters(home, 6).await;
    for act in [LetterAct::Retry, LetterAct::Discard] {
        // Nobody knows them.
        let id = bench.submit(&work(act)).await;
        bench.work(1, usize::MAX).await;
        let job = bench.job(id).await;
        assert_eq!((job.state, job.error.as_deref()), (JobState::Failed, Some(refused)), "{act:?}");
    }
    knows_fiona(&home.store, Role::Admin).await;
    // Two are given up, and then it is no admin any more who ordered it.
    let id = bench.submit(&work(LetterAct::Discard)).await;
    assert_eq!((bench.work(1, 1).await, parked().await), (1, 4));
    bench.crashed().await;
    knows_fiona(&home.store, Role::Operator).await;
    bench.work(2, usize::MAX).await;
    let job = bench.job(id).await;
    assert_eq!((job.summary, job.done), (Some(json!({"discarded": 2, "left": 4})), 2), "these move money");
    for role in [Role::Viewer, Role::Finance] {
        knows_fiona(&home.store, role).await;
        let id = bench.submit(&work(LetterAct::Discard)).await;
        bench.work(1, usize::MAX).await;
        let job = bench.job(id).await;
        assert_eq!((job.state, job.error.as_deref()), (JobState::Failed, Some(refused)), "{role:?}");
    }
    knows_fiona(&home.store, Role::Operator).await;
    let id = bench.submit(&work(LetterAct::Retry)).await;
    assert_eq!(bench.work(1, 1).await, 1);
    bench.crashed().await;
    assert!(home.store.disable_user(&fiona(), bench.now()).await.unwrap());
    bench.work(2, usize::MAX).await;
    let job = bench.job(id).await;
    assert_eq!((job.state, job.error.as_deref(), parked().await), (JobState::Failed, Some(refused), 2));
}

async fn letters_are_decided_by_filter(home: &Home) {
    let bench = Bench::new(home);
    knows_fiona(&home.store, Role::Operator).await;
    let keys = letters(home, 6).await;
    let parked = async || {
        let dead = home.store.dead_letters(100).await.unwrap();
        dead.into_iter().map(|row| row.key).collect::<std::collections::BTreeSet<_>>()
    };
    let retry = |filter| Work::Letters(LetterAct::Retry, filter);
    let lane = DeadLetterFilter { lane: Some(roundtrip::domain::EffectLane::Mail), ..DeadLetterFilter::default() };
    let kind = DeadLetterFilter { kind: Some("booking".to_owned()), ..DeadLetterFilter::default() };
    for filter in [lane, kind] {
        let (job, _) = bench.undisturbed(&retry(filter)).await;
        assert_eq!((job.done, parked().await.len()), (0, 6));
    }
    let old = DeadLetterFilter {
        lane: Some(roundtrip::domain::EffectLane::Google),
        kind: Some("redirect_payment".to_owned()),
        parked_before: Some(NOW.plus_millis(1)),
    };
    let (job, _) = bench.undisturbed(&retry(old)).await;
    assert_eq!(job.done, 2);
    assert_eq!(parked().await, keys[2..].iter().copied().collect());
    // A person was faster with one of them, between two steps: it is not counted, and not done again.
    let id = bench.submit(&retry(DeadLetterFilter::default())).await;
    assert_eq!(bench.work(1, 1).await, 1);
    bench.crashed().await;
    let left = home.store.dead_letters(1).await.unwrap();
    assert!(home.store.discard(left[0].key).await.unwrap());
    bench.work(2, usize::MAX).await;
    let job = bench.job(id).await;
    assert_eq!((job.done, job.total, parked().await.len()), (3, Some(4), 0));
}

async fn errors_are_told(home: &Home) {
    let bench = Bench::new(home);
    let unknown = Report::Statement(TransactionId::from_uuid(Uuid::from_u128(404)));
    let id = bench.submit(&Work::Report(unknown, Format::Csv)).await;
    bench.work(1, usize::MAX).await;
    let job = bench.job(id).await;
    assert_eq!((job.state, job.error.as_deref()), (JobState::Failed, Some("no such statement")));
    assert_eq!(job.ended_at, Some(bench.now()));

    let strange = NewJobRow { kind: "payments.forget", ..row(&csv(), bench.now()) };
    let id = strange.id;
    home.store.create_job(strange).await.unwrap();
    bench.work(1, usize::MAX).await;
    let job = bench.job(id).await;
    assert_eq!((job.state, job.error.as_deref()), (JobState::Failed, Some("this server does not know how to do it")));

    let id = uploaded(&bench, b"<Document><Name>Erika Mustermann</Name></Document>").await;
    bench.work(1, usize::MAX).await;
    let job = bench.job(id).await;
    let error = job.error.unwrap();
    assert_eq!(job.state, JobState::Failed);
    assert!(error.ends_with("nothing of the file is booked") && !error.contains("Erika"), "{error}");
}

async fn uploaded(bench: &Bench, file: &[u8]) -> JobId {
    let new = NewJobRow { input_follows: true, ..row(&Work::BankImport, bench.now()) };
    let id = new.id;
    bench.store.create_job(new).await.unwrap();
    for (part, number) in file.chunks(100).zip(0..) {
        bench.store.add_job_input(id, number, part.to_vec()).await.unwrap();
    }
    assert!(bench.store.begin_job(id, bench.now()).await.unwrap());
    id
}

async fn what_fails_again_and_again_is_given_up(home: &Home) {
    let bench = with_report(Bench::new(home), |_| Err(Unmade::File));
    let work = Work::Report(Report::Statement(TransactionId::from_uuid(Uuid::from_u128(5))), Format::Xlsx);
    let id = bench.submit(&work).await;
    let mut waited = Vec::new();
    for _ in 0..10 {
        bench.work(1, 1).await;
        let job = bench.job(id).await;
        assert_eq!(job.state, JobState::Running, "{job:?}");
        assert_eq!(job.error.as_deref(), Some("the file could not be written on the server"));
        let due = home.store.next_job_due().await.unwrap().unwrap();
        waited.push(due.millis_since(bench.now()));
        assert!(bench.claim(2).await.is_none(), "not before it is due");
        bench.clock.advance(due.millis_since(bench.now()));
    }
    assert_eq!(waited, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
    let (settings, mut held) = bench.claim(1).await.unwrap();
    assert_eq!(settings.advance(&mut held, &mut Stop::never()).await, Advanced::Ended);
    let job = bench.job(id).await;
    let told = "given up after 10 attempts: the file could not be written on the server";
    assert_eq!((job.state, job.error.as_deref()), (JobState::Failed, Some(told)));
}

async fn an_import_survives_a_kill(home: &Home) {
    let bench = Bench::new(home);
    let file = crate::bank::two_payments();
    let id = uploaded(&bench, &file).await;
    bench.work(1, 0).await;
    bench.crashed().await;
    bench.work(2, usize::MAX).await;
    let job = bench.job(id).await;
    let bytes = file.len() as u64;
    assert_eq!((job.state, job.done, job.total), (JobState::Done, bytes, Some(bytes)), "{job:?}");
    let summary = job.summary.unwrap();
    assert_eq!((&summary["booked"], &summary["known"]), (&json!(2), &json!(0)), "{summary}");
    // Once more: nothing is booked twice.
    let id = uploaded(&bench, &file).await;
    bench.work(1, usize::MAX).await;
    let summary = bench.job(id).await.summary.unwrap();
    assert_eq!((&summary["booked"], &summary["known"]), (&json!(0), &json!(2)), "{summary}");
}
