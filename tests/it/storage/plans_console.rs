//! What the console asks beside payments and lists: people, the audit log, jobs, dead letters, statements, figures. And that no
//! question of the console is without its case.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use roundtrip::domain::catalog::MerchantId;
use roundtrip::domain::{EffectLane, Piaid, Role, Timestamp, TransactionId, UserName};
use roundtrip::storage::{
    AuditActor, AuditFilter, AuditNote, AuditOutcome, DeadLetterFilter, DeadLetterPlace, Failures, JobId, LetterAct,
    LetterRequest, LinePage, NewJobRow, NewUser, OutboxKey, PasswordFrom, PayoutsOf, Proof, RequestKey, SessionRow,
    SessionStage,
};
use uuid::Uuid;

use super::fixture::{Home, NODE, NOW};
use super::on_both;
use super::plans::{Plans, Sorts};

on_both! {
    audit_log => con_8_no_question_to_the_audit_log_scans_sqlite, con_8_no_question_to_the_audit_log_scans_postgres;
    people => con_8_nothing_about_people_scans_sqlite, con_8_nothing_about_people_scans_postgres;
    jobs => con_8_nothing_about_jobs_scans_sqlite, con_8_nothing_about_jobs_scans_postgres;
    dead_letters => con_8_nothing_about_dead_letters_scans_sqlite, con_8_nothing_about_dead_letters_scans_postgres;
    money => con_8_nothing_about_statements_and_figures_scans_sqlite, con_8_nothing_about_statements_and_figures_scans_postgres;
}

const NOBODY: TransactionId = TransactionId::from_uuid(Uuid::from_u128(7));

fn fiona() -> UserName {
    UserName::parse("fiona").unwrap()
}

async fn audit_log(home: &Home) {
    let plans = Plans::of(home).await;
    let store = &plans.store;
    let some = |given: bool, text: &str| given.then(|| text.to_owned());
    for filters in 0..8_u32 {
        let filter = AuditFilter {
            actor: some(filters & 1 > 0, "user:fiona"),
            action: some(filters & 2 > 0, "outbox.discard"),
            subject: some(filters & 4 > 0, "/outbox"),
        };
        // By two at once there are few, and either index finds them.
        let sorts = if filters.count_ones() > 1 { Sorts::AFew } else { Sorts::Never };
        for before in [None, Some(1_000_000)] {
            plans.no_scan(&format!("{filter:?}"), sorts, store.audit(&filter, before, 50)).await;
        }
    }
    let note = AuditNote::new(AuditActor::Shell, "user add", "fiona", AuditOutcome::Asked);
    plans.no_scan("note", Sorts::Never, store.note(&note, NOW)).await;
    plans.no_scan("the newest of the chain", Sorts::Never, store.verify_newest_audit(1_000)).await;
}

async fn people(home: &Home) {
    let plans = Plans::of(home).await;
    let store = &plans.store;
    let new = NewUser { name: fiona(), role: Role::Finance, created_at: NOW };
    assert!(plans.no_scan("add", Sorts::Never, store.create_user(new)).await);
    assert!(store.set_password(&fiona(), "hash", PasswordFrom::Shell(NOW)).await.unwrap());
    let session = |number: u8| SessionRow {
        id: [number; 32],
        user: fiona(),
        stage: SessionStage::Full,
        created_at: NOW,
        seen_at: NOW,
        expires_at: NOW.plus_millis(1_000),
    };
    // With the end of those that are over.
    assert!(plans.no_scan("begin", Sorts::Never, store.begin_session(session(1), Proof::Password("hash"))).await);
    assert!(plans.no_scan("go on", Sorts::Never, store.begin_session(session(2), Proof::Session([1; 32]))).await);
    plans.no_scan("session", Sorts::Never, store.find_session(&[2; 32])).await.unwrap();
    plans.no_scan("seen", Sorts::Never, store.touch_session(&[2; 32], NOW)).await;
    plans.no_scan("end", Sorts::Never, store.end_session(&[2; 32])).await;
    plans.no_scan("end all", Sorts::Never, store.end_sessions(&fiona())).await;
    plans.no_scan("user", Sorts::Never, store.find_user(&fiona())).await.unwrap();
    plans.no_scan("credentials", Sorts::Never, store.credentials(&fiona())).await;
    plans.no_scan("role", Sorts::Never, store.set_role(&fiona(), Role::Admin)).await;

    let failures = Failures { count: 1, last: NOW };
    plans.no_scan("failures", Sorts::Never, store.failures(&[1; 32])).await;
    plans.no_scan("first failure", Sorts::Never, store.note_failures(&[1; 32], None, failures)).await;
    let more = Failures { count: 2, last: NOW };
    assert!(plans.no_scan("next failure", Sorts::Never, store.note_failures(&[1; 32], Some(failures), more)).await);
    plans.no_scan("old failures", Sorts::Never, store.forget_failures(NOW)).await;
    plans.no_scan("success", Sorts::Never, store.clear_failures(&[1; 32])).await;
}

async fn jobs(home: &Home) {
    let plans = Plans::of(home).await;
    let store = &plans.store;
    let id = JobId::from_uuid(Uuid::from_u128(7));
    let new = NewJobRow {
        id,
        kind: "bank.import",
        params: serde_json::json!({}),
        by: fiona(),
        created_at: NOW,
        input_follows: false,
    };
    plans.no_scan("new", Sorts::Never, store.create_job(new)).await;
    for before in [None, Some((NOW, id))] {
        plans.no_scan("list", Sorts::Never, store.jobs(before, 50)).await;
    }
    plans.no_scan("under way", Sorts::Never, store.jobs_under_way(&fiona())).await;
    plans.no_scan("one", Sorts::Never, store.job(id)).await.unwrap();
    plans.no_scan("output", Sorts::Never, store.job_output(id, 0)).await;
    plans.no_scan("input", Sorts::Never, store.job_input(id, 0)).await;
    plans.no_scan("next", Sorts::Never, store.next_job_due()).await.unwrap();
    let lease = (NOW, NOW.plus_millis(5_000));
    // Those that are due, at most two at once.
    let claimed = plans.no_scan("claim", Sorts::AFew, store.claim_jobs(NODE, lease, 2)).await;
    assert_eq!(claimed.len(), 1);
    plans.no_scan("renew", Sorts::Never, store.renew_jobs(NODE, &[id], NOW.plus_millis(9_000))).await;
    plans.no_scan("progress", Sorts::Never, store.tell_job_progress((id, NODE), (1, Some(2)), NOW)).await;
    plans.no_scan("cancel", Sorts::Never, store.cancel_job(id, NOW)).await;
    let later = NOW.plus_millis(100 * 86_400_000);
    plans.no_scan("tidy", Sorts::Never, store.tidy_jobs(later)).await;
}

async fn dead_letters(home: &Home) {
    let plans = Plans::of(home).await;
    let store = &plans.store;
    let key = OutboxKey { transaction: NOBODY, number: 1 };
    for filters in 0..8_u32 {
        let filter = DeadLetterFilter {
            lane: (filters & 1 > 0).then_some(EffectLane::Google),
            kind: (filters & 2 > 0).then(|| "booking".to_owned()),
            parked_before: (filters & 4 > 0).then_some(NOW),
        };
        for after in [None, Some(DeadLetterPlace { parked_at: NOW, key })] {
            // What waits for a person: few, and few of one moment.
            plans.no_scan(&format!("{filter:?}"), Sorts::AFew, store.dead_letters_page(&filter, after, 200)).await;
        }
        plans.no_scan(&format!("how many: {filter:?}"), Sorts::Never, store.dead_letter_count(&filter)).await;
    }
    plans.no_scan("one", Sorts::Never, store.dead_letter(key)).await;
    let request = LetterRequest {
        key: RequestKey { scope: "api:x".to_owned(), request_id: "k".to_owned() },
        method: "api",
        content_hash: [7; 32],
    };
    plans.no_scan("recall", Sorts::Never, store.recall_letter(&request)).await;
    for act in [LetterAct::Retry, LetterAct::Discard] {
        plans.no_scan("decide", Sorts::Never, store.decide_letter((act, key), Some(&request), NOW)).await;
    }
    plans.no_scan("retry", Sorts::Never, store.retry(key, NOW)).await;
    plans.no_scan("discard", Sorts::Never, store.discard(key)).await;
    plans.no_scan("hasten", Sorts::Never, store.hasten(NOBODY, EffectLane::Issuer, NOW)).await;
    plans.no_scan("answered", Sorts::Never, store.answered(&request.key)).await;
}

async fn money(home: &Home) {
    let plans = Plans::of(home).await;
    let store = &plans.store;
    let account = Piaid::parse("ExamplePay_INR").unwrap();
    let merchant = MerchantId::parse("m1").unwrap();
    for before in [None, Some((NOW, NOBODY))] {
        for piaid in [None, Some(&account)] {
            for state in [None, Some("Ready")] {
                // Of one moment there are few.
                plans.no_scan("statements", Sorts::AFew, store.statements_in((piaid, state), before, 50)).await;
            }
        }
        plans.no_scan("transfers", Sorts::AFew, store.bank_transfers(None, before, 50)).await;
        let of = PayoutsOf::Merchant(merchant.clone());
        plans.no_scan("payouts of a merchant", Sorts::AFew, store.payouts(&of, before, 50)).await;
    }
    plans.no_scan("statement", Sorts::Never, store.statement(NOBODY)).await;
    plans.no_scan("names of statements", Sorts::Never, store.statement_names(&[NOBODY])).await;
    // What is open, or was paid lately.
    plans.no_scan("payable", Sorts::AFew, store.payable_statements(NOW)).await;
    let page = LinePage { statement: NOBODY, after: 500_000, limit: 50 };
    // Of one event there are few.
    plans.no_scan("findings of an event", Sorts::AFew, store.findings_on(page, "rq-1")).await;
    plans.no_scan("findings of events", Sorts::AFew, store.findings_of(NOBODY, &["rq-1".to_owned()])).await;
    plans.no_scan("payments of events", Sorts::Never, store.payments_of(&account, &["rq-1", "rq-2"])).await;
    plans.no_scan("transfer", Sorts::Never, store.bank_transfer(NOBODY)).await;
    plans.no_scan("booking of a charge", Sorts::Never, store.booking_of_charge("pi_1")).await;
    plans.no_scan("version", Sorts::Never, store.version(NOBODY)).await;

    let late = Timestamp::from_millis(NOW.as_millis() + 500 * 86_400_000);
    let noted = [roundtrip::storage::Noted {
        series: "google:echo".to_owned(),
        ok: true,
        tally: roundtrip::storage::Tally::default(),
    }];
    store.add_figures(NODE, NOW, &noted).await.unwrap();
    assert!(plans.no_scan("old figures", Sorts::Never, store.tidy_figures(late)).await);
}

/// What the console, and what it hands its work to, asks a store for, where no plan is looked at.
const REASONS: [(&str, &str); 14] = [
    ("add_job_input", "adds one row"),
    ("begin_job", "changes one row by its key"),
    ("catalog", "what is in force, read once for each generation and kept in memory"),
    ("confirm_second_factor", "changes one row by its key, among a handful"),
    ("create_user_by", "adds one row, as `create_user` does"),
    ("disable_user", "changes one row by its key, and ends sessions as `end_sessions` does"),
    ("disable_user_but_the_last", "looks at a handful of people, and does what `disable_user` does"),
    ("load", "reads one row by its key"),
    ("offer_second_factor", "changes one row by its key, among a handful"),
    ("reset_second_factor", "changes one row by its key, among a handful"),
    ("set_language", "changes one row by its key, among a handful"),
    ("set_password", "changes one row by its key, and ends sessions as `end_sessions` does"),
    ("use_step", "changes one row by its key, among a handful"),
    ("write_job_step", "changes one row by its key, and adds parts by theirs"),
];

fn sources(of: &Path, into: &mut Vec<PathBuf>) {
    if of.is_file() {
        return into.push(of.to_owned());
    }
    for entry in std::fs::read_dir(of).unwrap() {
        sources(&entry.unwrap().path(), into);
    }
}

fn texts(of: &[&str]) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for one in of {
        sources(&root.join(one), &mut paths);
    }
    paths.into_iter().map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap())).collect()
}

fn name(text: &str) -> &str {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next().unwrap_or_default()
}

/// The methods that are called on what is named `store`, on the same line or the next.
fn asked(text: &str) -> impl Iterator<Item = &str> {
    let calls = text.split("store").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('.'));
    calls.map(name).filter(|method| !method.is_empty())
}

#[test]
fn con_8_every_question_of_the_console_has_its_plan_or_a_reason() {
    let questions: BTreeSet<String> = texts(&["src/storage"])
        .iter()
        .flat_map(|(_, text)| text.split("pub async fn ").skip(1).map(|rest| name(rest).to_owned()).collect::<Vec<_>>())
        .collect();
    let planned: BTreeSet<String> = texts(&["tests/it/storage/plans.rs", "tests/it/storage/plans_console.rs"])
        .iter()
        .flat_map(|(_, text)| asked(text).map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let mut without: BTreeMap<String, String> = BTreeMap::new();
    let mut known = 0;
    let console = ["src/web/console", "src/people", "src/actors/jobs", "src/actors/dead_letters.rs"];
    for (path, text) in texts(&console) {
        for method in asked(&text).filter(|method| questions.contains(*method)) {
            known += 1;
            if !planned.contains(method) && !REASONS.iter().any(|(reasoned, _)| *reasoned == method) {
                without.insert(method.to_owned(), path.clone());
            }
        }
    }
    assert!(known > 80, "only {known} questions were found: are they asked in another way?");
    assert!(without.is_empty(), "neither a plan nor a reason: {without:#?}");
}
