//! The bank in the console: a file is imported as a job, and a person says what a transfer belongs to.

use roundtrip::domain::Role;

use super::visitor::{Visitor, console};
use crate::bank::{Entry, camt};
use crate::harness::remittance::{Statement, captured};
use crate::harness::{World, until};
use crate::remittance::Booked;

const BOUNDARY: &str = "----of-these-tests";

/// A form with a file, as browsers send it.
fn form(csrf: &str, file: &[u8]) -> (String, Vec<u8>) {
    let mut body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--{BOUNDARY}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"camt.xml\"\r\nContent-Type: text/xml\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(file);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}

async fn transfers(world: &World) -> usize {
    world.nodes[0].store.bank_transfers(None, None, 100).await.unwrap().len()
}

#[tokio::test]
async fn con_4_a_bank_statement_is_imported_as_a_job_and_its_transfer_is_matched_by_a_person() {
    let world = console().start().await;
    world.book(&[Booked::capture("rq-1", 100_000_000)]).await;
    world.announce(&Statement::new("stmt-1", 98_000_000, vec![captured("rq-1", 100_000_000, 2_000_000)])).await.ok();
    let mut finance = Visitor::signed_in(&world, Role::Finance).await;
    finance.get("/console/bank/import").await;
    let hostile = "<img src=x onerror=alert(1)>".replace('<', "&lt;").replace('>', "&gt;");
    let file = camt(&[Entry::paid("ref-1", "98.00", &hostile)]);
    let (kind, body) = form(&finance.csrf(), file.as_bytes());
    let answer = finance.post_body("/console/bank/import", &kind, body).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert!(answer.header("location").starts_with("/console/jobs/"), "{}", answer.header("location"));
    until("the file is imported", async || (transfers(&world).await == 1).then_some(())).await;

    let row = world.nodes[0].store.bank_transfers(None, None, 1).await.unwrap().remove(0);
    let list = finance.get("/console/bank?state=Unmatched").await;
    finance.sees("in suspense: no statement found");
    assert!(!list.text().contains("<img") && list.text().contains("&lt;img"), "the bank's text is text");
    let page = format!("/console/bank/{}", row.id);
    let statement = until("it is reconciled", async || {
        let found = world.nodes[0].store.find_statement("stmt-1").await.ok()?.pop()?;
        (found.state.name() == "Matched").then_some(found)
    })
    .await;
    finance.get(&page).await;
    finance.sees("amount fits");
    let id = statement.id.to_string();
    finance.does(&page, &format!("{page}/match"), &[("statement", &id)]).await;
    finance.sees("The statement is being asked");
    until("nobody has accepted the statement yet", async || {
        let page = finance.get(&page).await;
        page.text().contains("nobody has accepted it yet").then_some(())
    })
    .await;
}

#[tokio::test]
async fn con_4_a_match_is_taken_back_with_what_follows_told_before() {
    let world = console().start().await;
    world.book(&[Booked::capture("rq-1", 100_000_000)]).await;
    world.announce(&Statement::new("stmt-1", 98_000_000, vec![captured("rq-1", 100_000_000, 2_000_000)])).await.ok();
    let store = &world.nodes[0].store;
    let find = async || store.find_statement("stmt-1").await.unwrap().pop();
    let statement =
        until("it is reconciled", async || find().await.filter(|found| found.state.name() == "Matched")).await;
    let mut finance = Visitor::signed_in(&world, Role::Finance).await;
    let accept = format!("/console/statements/{}/accept", statement.id);
    finance.does(&accept, &accept, &[]).await;
    finance.get("/console/bank/import").await;
    let (kind, body) = form(&finance.csrf(), camt(&[Entry::paid("ref-1", "98.00", "remittance")]).as_bytes());
    assert_eq!(finance.post_body("/console/bank/import", &kind, body).await.status, 303);
    until("the file is imported", async || (transfers(&world).await == 1).then_some(())).await;
    let row = store.bank_transfers(None, None, 1).await.unwrap().remove(0);
    let page = format!("/console/bank/{}", row.id);
    let (back, id) = (format!("{page}/take-back"), statement.id.to_string());
    finance.get(&back).await;
    finance.sees("there is nothing to take back");
    finance.does(&page, &format!("{page}/match"), &[("statement", &id)]).await;
    let state = async || find().await.unwrap().state.name();
    until("it is paid", async || (state().await == "Paid").then_some(())).await;
    until("the transfer knows", async || {
        finance.get(&page).await.text().contains("It has paid this statement").then_some(())
    })
    .await;

    finance.sees(&back);
    finance.get(&back).await;
    for words in ["booked back", "waits for its transfer again", "stands in suspense again", "Google is told nothing"] {
        finance.sees(words);
    }
    let stale = finance.submit(&back, &[("why", "wrong month"), ("version", "1")]).await;
    assert_eq!(stale.status, 409, "{}", stale.text());
    finance.sees("the transfer has changed since you opened this page");
    assert_eq!(finance.submit(&back, &[("why", " ")]).await.status, 422);
    assert_eq!(state().await, "Paid", "nothing has happened yet");
    finance.does(&back, &back, &[("why", "wrong month")]).await;
    until("the statement waits again", async || (state().await == "Accepted").then_some(())).await;
    until("the transfer is in suspense", async || {
        finance.get(&page).await.text().contains("a person has taken the match back").then_some(())
    })
    .await;
    let log = store.audit(&roundtrip::storage::AuditFilter::default(), None, 50).await.unwrap();
    assert!(log.iter().any(|row| row.action == "bank.take-back" && format!("{row:?}").contains("wrong month")));

    let mut viewer = Visitor::signed_in(&world, Role::Viewer).await;
    assert_eq!(viewer.get(&back).await.status, 403);
}

#[tokio::test]
async fn con_9_a_file_of_another_site_or_role_is_not_imported() {
    let world = console().start().await;
    let file = camt(&[Entry::paid("ref-1", "98.00", "one")]);
    let mut finance = Visitor::signed_in(&world, Role::Finance).await;
    for csrf in ["", "forged"] {
        let (kind, body) = form(csrf, file.as_bytes());
        assert_eq!(finance.post_body("/console/bank/import", &kind, body).await.status, 403, "{csrf:?}");
    }
    // The token has to come first.
    finance.get("/console/bank/import").await;
    let csrf = finance.csrf();
    let late = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{file}\r\n--{BOUNDARY}\r\n\
         Content-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--{BOUNDARY}--\r\n"
    );
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    assert_eq!(finance.post_body("/console/bank/import", &kind, late.into_bytes()).await.status, 403);
    let (kind, body) = form(&csrf, b"");
    assert_eq!(finance.post_body("/console/bank/import", &kind, body).await.status, 422, "an empty file");
    let broken =
        finance.post_body("/console/bank/import", "multipart/form-data; boundary=x", b"nothing".to_vec()).await;
    assert_eq!(broken.status, 400);
    let mut operator = Visitor::signed_in(&world, Role::Operator).await;
    operator.get("/console/account").await;
    let (kind, body) = form(&operator.csrf(), file.as_bytes());
    assert_eq!(operator.post_body("/console/bank/import", &kind, body).await.status, 403);
    assert_eq!(transfers(&world).await, 0);
}
