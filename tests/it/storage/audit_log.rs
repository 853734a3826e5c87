//! The log of what people and tokens did.

use roundtrip::domain::UserName;
use roundtrip::storage::{AuditActor, AuditFault, AuditFilter, AuditFinding, AuditNote, AuditOutcome};
use serde_json::json;
use uuid::Uuid;

use super::fixture::{Home, NOW, open};
use super::on_both;

on_both! {
    con_1_acts_are_listed_as_they_were_noted => con_1_audit_log_lists_sqlite, con_1_audit_log_lists_postgres;
    con_1_a_changed_row_shows => con_1_audit_log_changed_sqlite, con_1_audit_log_changed_postgres;
    con_1_a_rewritten_row_shows_at_the_next => con_1_audit_log_rewritten_sqlite, con_1_audit_log_rewritten_postgres;
    con_1_a_missing_row_shows => con_1_audit_log_gap_sqlite, con_1_audit_log_gap_postgres;
    con_1_acts_at_once_make_one_chain => con_1_audit_log_concurrent_sqlite, con_1_audit_log_concurrent_postgres;
}

fn ada() -> UserName {
    UserName::parse("ada").unwrap()
}

fn note(number: usize) -> AuditNote {
    AuditNote::new(AuditActor::User(ada()), "POST /console/x/{id}", format!("/console/x/{number}"), AuditOutcome::Asked)
}

async fn log(home: &Home, rows: usize) {
    for number in 1..=rows {
        assert_eq!(home.store.note(&note(number), NOW).await.unwrap(), i64::try_from(number).unwrap());
    }
}

async fn findings(home: &Home) -> Vec<(i64, AuditFault)> {
    let report = home.store.verify_audit().await.unwrap();
    assert_eq!((report.faulty, report.is_sound()), (report.findings.len() as u64, report.findings.is_empty()));
    report.findings.iter().map(|AuditFinding { seq, fault }| (*seq, *fault)).collect()
}

async fn con_1_acts_are_listed_as_they_were_noted(home: &Home) {
    let store = &home.store;
    let empty = store.verify_audit().await.unwrap();
    assert_eq!((empty.rows, empty.head.is_none(), empty.is_sound()), (0, true, true));
    let id = Uuid::from_u128(7);
    let (token, nobody) = (AuditActor::Token(id, Some(ada())), AuditActor::Token(id, None));
    let told = AuditNote { detail: json!({"reason": "Ä\"\n"}), ..note(1) };
    store.note(&told, NOW).await.unwrap();
    let long = "x\0".repeat(5_000);
    for (actor, outcome) in
        [(token, AuditOutcome::Refused), (nobody, AuditOutcome::Done), (AuditActor::Shell, AuditOutcome::Asked)]
    {
        store.note(&AuditNote::new(actor, "act", long.clone(), outcome), NOW.plus_millis(1)).await.unwrap();
    }
    let rows = store.audit(&AuditFilter::default(), None, 10).await.unwrap();
    let shown: Vec<_> = rows.iter().map(|row| (row.seq, row.actor.as_str(), row.outcome)).collect();
    let by_token = format!("token:{id} user:ada");
    let expected = [
        (4, "shell", AuditOutcome::Asked),
        (3, &by_token[..42], AuditOutcome::Done),
        (2, &by_token, AuditOutcome::Refused),
        (1, "user:ada", AuditOutcome::Asked),
    ];
    assert_eq!(shown, expected);
    assert_eq!((rows[3].detail.as_str(), rows[3].at), (r#"{"reason":"Ä\"\n"}"#, NOW));
    assert_eq!(
        (rows[0].detail.as_str(), rows[0].subject.as_str()),
        ("{}", "x".repeat(1000).as_str()),
        "cut, without NUL"
    );

    let seqs = async |filter: &AuditFilter, before, limit| {
        let rows = store.audit(filter, before, limit).await.unwrap();
        rows.iter().map(|row| row.seq).collect::<Vec<_>>()
    };
    assert_eq!(seqs(&AuditFilter::default(), Some(4), 2).await, [3, 2]);
    let by = |actor: &str| AuditFilter { actor: Some(actor.to_owned()), ..AuditFilter::default() };
    assert_eq!(seqs(&by(&by_token), None, 10).await, [2]);
    let acts = AuditFilter { action: Some("act".to_owned()), ..AuditFilter::default() };
    assert_eq!(seqs(&acts, None, 10).await, [4, 3, 2]);
    assert_eq!(seqs(&AuditFilter { subject: Some("/console/x/1".to_owned()), ..by("user:ada") }, None, 10).await, [1]);
    assert_eq!(
        seqs(&AuditFilter { subject: Some("/console/x/1".to_owned()), ..by("shell") }, None, 10).await,
        [0_i64; 0]
    );
    let report = store.verify_audit().await.unwrap();
    assert_eq!((report.rows, report.is_sound(), report.head), (4, true, Some((4, rows[0].hash.clone()))));
}

async fn con_1_a_changed_row_shows(home: &Home) {
    log(home, 4).await;
    let changes = [
        ("subject = '/console/x/9'", "subject = '/console/x/2'"),
        ("actor = 'user:eve'", "actor = 'user:ada'"),
        ("action = 'GET'", "action = 'POST /console/x/{id}'"),
        ("outcome = 'refused'", "outcome = 'asked'"),
        ("at_ms = at_ms + 1", "at_ms = at_ms - 1"),
        ("detail = '{\"a\":1}'", "detail = '{}'"),
    ];
    for (there, back) in changes {
        home.tamper(&format!("UPDATE audit_log SET {there} WHERE seq = 2")).await;
        assert_eq!(findings(home).await, [(2, AuditFault::Altered)], "{there}");
        let newest = home.store.verify_newest_audit(2).await.unwrap();
        assert_eq!((newest.rows, newest.is_sound()), (2, true), "a short look goes no further back");
        assert!(!home.store.verify_newest_audit(3).await.unwrap().is_sound());
        home.tamper(&format!("UPDATE audit_log SET {back} WHERE seq = 2")).await;
        assert_eq!(findings(home).await, []);
    }
}

async fn con_1_a_rewritten_row_shows_at_the_next(home: &Home) {
    log(home, 3).await;
    // Somebody who knows the chain makes the second row anew: what it was follows no more from what it is.
    let other = "SELECT hash FROM audit_log WHERE seq = 1";
    home.tamper(&format!("UPDATE audit_log SET hash = ({other}) WHERE seq = 2")).await;
    assert_eq!(findings(home).await, [(2, AuditFault::Altered), (3, AuditFault::Altered)]);
}

async fn con_1_a_missing_row_shows(home: &Home) {
    log(home, 4).await;
    home.tamper("DELETE FROM audit_log WHERE seq = 2").await;
    assert_eq!(findings(home).await, [(3, AuditFault::Gap)]);
    home.tamper("DELETE FROM audit_log WHERE seq = 1").await;
    assert_eq!(findings(home).await, [(3, AuditFault::Gap)]);
    assert_eq!(home.store.verify_newest_audit(10).await.unwrap().faulty, 1, "the first row is number 1");
    assert_eq!(home.store.note(&note(5), NOW).await.unwrap(), 5, "the log goes on all the same");
    assert_eq!(home.store.verify_audit().await.unwrap().rows, 3);
}

async fn con_1_acts_at_once_make_one_chain(home: &Home) {
    // Two nodes where there may be two, else two processes' worth of handles.
    let other = open(&home.url).await;
    let tasks: Vec<_> = (0..24)
        .map(|number| {
            let store = if number % 2 == 0 { home.store.clone() } else { other.clone() };
            tokio::spawn(async move { store.note(&note(number), NOW).await.unwrap() })
        })
        .collect();
    let mut seqs = Vec::new();
    for task in tasks {
        seqs.push(task.await.unwrap());
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=24).collect::<Vec<i64>>());
    assert_eq!(findings(home).await, []);
    other.close().await;
}
