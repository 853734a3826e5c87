//! Transfers that pay remittance statements, or do not (flows-security section 5.5).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::desk::{Desk, PAID_MICROS, Who};
use super::{Entry, camt};

const MEMO: &str = "stmt-1AB-pp0-invisi";
/// As a bank prints it.
const PRINTED: &str = "REMITTANCE STMT 1AB PP0 INVISI OCT";

fn books(sums: &[(&str, i64)]) -> BTreeMap<String, i64> {
    sums.iter().map(|(account, micros)| (format!("{account} INR"), *micros)).collect()
}

/// All that is left is what the issuer owes us, and what we paid out.
fn all_is_paid() -> BTreeMap<String, i64> {
    books(&[("bank", -PAID_MICROS), ("issuer_receivable:BANK_A", PAID_MICROS)])
}

#[tokio::test]
async fn a_transfer_with_the_memo_pays_the_accepted_statement_and_suspense_nets_to_zero() {
    let desk = Desk::open().await;
    let statement = desk.matched("rs-1", "rq-0001", MEMO).await;
    desk.accept("rs-1").await;
    let file = camt(&[Entry::paid("R1", "109.90", PRINTED)]);
    let told = desk.import(file.as_str()).await;
    assert_eq!((&told["booked"], &told["offered"], &told["unexplained"]), (&json!(1), &json!(1), &json!(0)));
    let transfer = desk.becomes("R1", "Matched").await;
    assert_eq!(transfer["attention"], Value::Null);
    assert_eq!(transfer["statement"]["statementId"], "rs-1");
    assert_eq!(desk.state(statement).await, "Paid");
    assert_eq!(desk.books().await, all_is_paid());
    let shown = desk.get(Who::Fiona, "statements/rs-1").await;
    let shown: Value = serde_json::from_slice(&shown.body).unwrap();
    assert_eq!(shown["transfer"]["transactionId"], transfer["transactionId"]);

    let rows = desk.world.rows().await;
    let told = desk.import(file).await;
    assert_eq!((&told["known"], &told["matched"]), (&json!(1), &json!(1)));
    assert_eq!(desk.world.rows().await, rows);

    // The same statement paid a second time: the money waits in suspense.
    desk.import(camt(&[Entry::paid("R2", "109.90", PRINTED)])).await;
    assert_eq!(desk.becomes("R2", "Differs").await["refusal"], "already_paid");
    assert_eq!(desk.books().await["suspense INR"], PAID_MICROS);
}

#[tokio::test]
async fn another_amount_stays_in_suspense_before_finance() {
    let desk = Desk::open().await;
    let statement = desk.matched("rs-1", "rq-0001", MEMO).await;
    desk.accept("rs-1").await;
    let credit = Entry { direction: "CRDT", ..Entry::paid("R2", "109.90", PRINTED) };
    let file = camt(&[Entry::paid("R1", "109.89", PRINTED), credit]);
    desk.import(file.as_str()).await;
    for reference in ["R1", "R2"] {
        let transfer = desk.becomes(reference, "Differs").await;
        assert_eq!(
            (&transfer["refusal"], &transfer["attention"]),
            (&json!("wrong_amount"), &json!("unexplained_transfer"))
        );
    }
    assert_eq!(desk.state(statement).await, "Accepted");
    assert_eq!(desk.books().await["suspense INR"], 109_890_000 - 109_900_000);
    assert_eq!(desk.transfers("?state=Differs").await.len(), 2);
    assert_eq!(desk.transfers("?state=Matched").await.len(), 0);
    // What was refused for a reason that still stands is not asked again.
    let rows = desk.world.rows().await;
    assert_eq!(desk.import(file).await["unexplained"], json!(2));
    assert_eq!(desk.world.rows().await, rows);
}

#[tokio::test]
async fn a_transfer_before_the_acceptance_finds_its_statement_at_the_next_import() {
    let desk = Desk::open().await;
    let file = camt(&[Entry::paid("R1", "109.90", PRINTED)]);
    assert_eq!(desk.import(file.as_str()).await["unexplained"], json!(1));
    desk.becomes("R1", "Unmatched").await;
    let statement = desk.matched("rs-1", "rq-0001", MEMO).await;
    assert_eq!(desk.import(file.as_str()).await["offered"], json!(1));
    assert_eq!(desk.becomes("R1", "Differs").await["refusal"], "not_accepted");
    desk.accept("rs-1").await;
    let told = desk.import(file).await;
    assert_eq!((&told["known"], &told["offered"]), (&json!(1), &json!(1)));
    desk.becomes("R1", "Matched").await;
    assert_eq!(desk.state(statement).await, "Paid");
    assert_eq!(desk.books().await, all_is_paid());
}

#[tokio::test]
async fn a_person_names_the_statement_where_the_memo_was_forgotten() {
    let desk = Desk::open().await;
    let statement = desk.matched("rs-1", "rq-0001", MEMO).await;
    desk.matched("rs-2", "rq-0002", "stmt-2CD-pp0").await;
    desk.accept("rs-1").await;
    desk.import(camt(&[Entry::paid("R1", "109.90", "remittance")])).await;
    let transfer = desk.becomes("R1", "Unmatched").await;
    let path = format!("bank/transfers/{}/match", transfer["transactionId"].as_str().unwrap());
    let name = |statement: &str| json!({"statementId": statement}).to_string();

    assert_eq!(desk.anonymous(&path, name("rs-1")).await.status, 401);
    assert_eq!(desk.post(Who::Visitor, &path, name("rs-1")).await.status, 403);
    let program = desk.post(Who::Program, &path, name("rs-1")).await;
    assert_eq!(program.status, 403, "a person decides about money");
    assert_eq!(desk.post(Who::Fiona, &path, name("rs-9")).await.status, 404);
    assert_eq!(desk.post(Who::Fiona, &path, "{}").await.status, 400);
    let elsewhere = json!({"statementId": "rs-1", "paymentIntegratorAccountId": "Other"}).to_string();
    assert_eq!(desk.post(Who::Fiona, &path, elsewhere).await.status, 404);
    let no_transfer = format!("bank/transfers/{statement}/match");
    assert_eq!(desk.post(Who::Fiona, &no_transfer, name("rs-1")).await.status, 404, "that is a statement");
    desk.becomes("R1", "Unmatched").await;

    let answer = desk.post(Who::Fiona, &path, name("rs-1")).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let transfer = desk.becomes("R1", "Matched").await;
    assert_eq!(desk.state(statement).await, "Paid");
    let id = roundtrip::domain::TransactionId::parse(transfer["transactionId"].as_str().unwrap()).unwrap();
    let journal = desk.world.nodes[0].store.journal(id).await.unwrap();
    assert_eq!(journal.iter().map(|row| row.event.as_str()).collect::<Vec<_>>(), ["Booked", "Offered", "Taken"]);
    assert!(journal[1].payload.contains("fiona"), "{:?}", journal[1]);

    assert_eq!(desk.post(Who::Fiona, &path, name("rs-1")).await.status, 202, "the same wish again");
    assert_eq!(desk.post(Who::Fiona, &path, name("rs-2")).await.status, 409, "it has paid another one");
}

#[tokio::test]
async fn con_4_a_match_that_was_a_mistake_is_taken_back_and_the_books_are_as_before() {
    let desk = Desk::open().await;
    let wrong = desk.matched("rs-1", "rq-0001", MEMO).await;
    let right = desk.matched("rs-2", "rq-0002", "stmt-2CD-pp0").await;
    desk.accept("rs-1").await;
    desk.accept("rs-2").await;
    let file = camt(&[Entry::paid("R1", "109.90", "remittance")]);
    desk.import(file.as_str()).await;
    let transfer = desk.becomes("R1", "Unmatched").await;
    let before = desk.books().await;
    let id = transfer["transactionId"].as_str().unwrap().to_owned();
    let (path, back) = (format!("bank/transfers/{id}/match"), format!("bank/transfers/{id}/take-back"));
    let name = |statement: &str| json!({"statementId": statement}).to_string();
    let why = || json!({"why": "typed the wrong one"}).to_string();
    assert_eq!(desk.post(Who::Fiona, &back, why()).await.status, 409, "nothing has taken it");
    assert_eq!(desk.post(Who::Fiona, &path, name("rs-1")).await.status, 202);
    desk.becomes("R1", "Matched").await;
    assert_ne!(desk.books().await, before);

    assert_eq!(desk.anonymous(&back, why()).await.status, 401);
    assert_eq!(desk.post(Who::Visitor, &back, why()).await.status, 403);
    assert_eq!(desk.post(Who::Program, &back, why()).await.status, 403, "a person decides about money");
    assert_eq!(desk.post(Who::Fiona, &back, "{}").await.status, 400);
    assert_eq!(desk.post(Who::Fiona, &format!("bank/transfers/{wrong}/take-back"), why()).await.status, 404);
    for _ in 0..2 {
        let answer = desk.post(Who::Fiona, &back, why()).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        let shown = desk.becomes("R1", "Differs").await;
        assert_eq!((&shown["refusal"], &shown["attention"]), (&json!("taken_back"), &json!("unexplained_transfer")));
        assert_eq!((desk.books().await, desk.state(wrong).await), (before.clone(), "Accepted"));
    }
    let entries = desk.world.nodes[0].store.ledger_of(wrong).await.unwrap();
    let last = entries.last().unwrap();
    assert_eq!((last.author.as_deref(), &*last.reason), (Some("fiona"), "typed the wrong one"));

    assert_eq!(desk.post(Who::Fiona, &path, name("rs-2")).await.status, 202);
    desk.becomes("R1", "Matched").await;
    assert_eq!((desk.state(wrong).await, desk.state(right).await), ("Accepted", "Paid"));
}

/// What the memo says does not outweigh the person.
#[tokio::test]
async fn con_4_no_import_repeats_a_match_that_was_taken_back() {
    let desk = Desk::open().await;
    let statement = desk.matched("rs-1", "rq-0001", MEMO).await;
    desk.accept("rs-1").await;
    let file = camt(&[Entry::paid("R1", "109.90", PRINTED)]);
    desk.import(file.as_str()).await;
    let transfer = desk.becomes("R1", "Matched").await;
    let id = transfer["transactionId"].as_str().unwrap().to_owned();
    let why = json!({"why": "paid for another account"}).to_string();
    assert_eq!(desk.post(Who::Fiona, &format!("bank/transfers/{id}/take-back"), why).await.status, 202);
    desk.becomes("R1", "Differs").await;
    let rows = desk.world.rows().await;
    let told = desk.import(file.as_str()).await;
    assert_eq!((&told["known"], &told["unexplained"]), (&json!(1), &json!(1)));
    assert_eq!((desk.world.rows().await, desk.state(statement).await), (rows, "Accepted"));
    // Another transfer pays it.
    desk.import(camt(&[Entry::paid("R2", "109.90", PRINTED)])).await;
    desk.becomes("R2", "Matched").await;
    assert_eq!(desk.state(statement).await, "Paid");
}
