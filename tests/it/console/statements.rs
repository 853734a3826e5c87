//! Statements in the console: reasons over several visits, a preview, four eyes, acceptance, and the report.

use roundtrip::domain::Role;
use roundtrip::domain::remittance::State;
use roundtrip::storage::StatementRow;

use super::visitor::{Visitor, add_person, console};
use crate::harness::remittance::{Statement, captured};
use crate::harness::{World, until};
use crate::remittance::Booked;

const RUPEE: i64 = 1_000_000;
const HOSTILE: &str = "<script>alert(1)</script>";

/// The statement as it stands.
async fn statement(world: &World) -> StatementRow {
    world.nodes[0].store.find_statement("stmt-1").await.unwrap().pop().expect("it was announced")
}

async fn reaches(world: &World, state: &str) -> StatementRow {
    until(&format!("stmt-1 is {state}"), async || {
        let found = world.nodes[0].store.find_statement("stmt-1").await.ok()?.pop()?;
        (found.state.name() == state).then_some(found)
    })
    .await
}

/// One event with ten rupees too many, two that nobody knows; above 50 rupees two persons decide.
async fn disputed() -> (World, String) {
    let setup = console().with(|setup| "two_persons_above_micros = 50000000".clone_into(&mut setup.accounts[0].more));
    let world = setup.start().await;
    world.book(&[Booked::capture("ten-more", 100 * RUPEE)]).await;
    let events = vec![
        captured("ten-more", 110 * RUPEE, 2 * RUPEE),
        captured("stranger-1", 5 * RUPEE, 0),
        captured(HOSTILE, 7 * RUPEE, 0),
    ];
    world.announce(&Statement::new("stmt-1", 120 * RUPEE, events)).await.ok();
    let row = reaches(&world, "Disputed").await;
    (world, format!("/console/statements/{}", row.id))
}

async fn explains(finance: &mut Visitor, page: &str, fields: &[(&str, &str)]) {
    let (kind, about) = (fields[0].1, fields[1].1);
    let at = format!("{page}/findings?kind={kind}&about={about}");
    finance.does(&at, &format!("{page}/reasons"), fields).await;
    finance.sees("The reason is kept.");
}

#[tokio::test]
async fn con_4_reasons_are_collected_over_several_visits_and_two_persons_accept_what_they_saw() {
    let (world, page) = disputed().await;
    let mut finance = Visitor::signed_in(&world, Role::Finance).await;
    finance.get("/console/statements").await;
    finance.sees("stmt-1");
    finance.sees("reasons for 2 kinds of differences");
    finance.get(&page).await;
    for words in ["no reason yet", "stmt-1AB-pp", "14 days left", "Nobody has approved it yet"] {
        finance.sees(words);
    }
    finance.get(&format!("{page}/findings?kind=unknown")).await;
    finance.sees("&lt;script&gt;alert(1)");
    assert!(!finance.last.as_ref().unwrap().text().contains("<script>alert"), "an id of Google's is text");

    // First visit: a kind as a whole. Second visit: a single event.
    explains(&mut finance, &page, &[("kind", "unknown"), ("about", "unknown"), ("text", "asked\nGoogle")]).await;
    finance.get(&format!("{page}/accept")).await;
    finance.sees("These differences still need one");
    assert!(!finance.last.as_ref().unwrap().text().contains("name=\"seen\""), "there is no button yet");
    explains(&mut finance, &page, &[("kind", "amount_differs"), ("about", "ten-more"), ("text", HOSTILE)]).await;

    // The preview is what will be booked; 15 % of two rupees.
    finance.get(&format!("{page}/accept?vat=15&rate=")).await;
    for words in ["0.30", "1.70", "Approve", "as the first of two persons", "two different persons"] {
        finance.sees(words);
    }
    let seen = statement(&world).await.updated_at.as_millis().to_string();
    let fields = [("vat", "15"), ("rate", ""), ("seen", seen.as_str())];
    let stale = finance.submit(&format!("{page}/accept"), &[("vat", "15"), ("rate", ""), ("seen", "1")]).await;
    assert_eq!(stale.status, 409, "somebody changed it meanwhile");
    finance.does(&format!("{page}/accept?vat=15&rate="), &format!("{page}/accept"), &fields).await;
    finance.sees("Another person has to approve it now");

    finance.get(&format!("{page}/accept")).await;
    finance.sees("You have approved this statement already.");
    let seen = statement(&world).await.updated_at.as_millis().to_string();
    let fields = [("vat", "15"), ("rate", ""), ("seen", seen.as_str())];
    finance.get(&format!("{page}/findings?kind=unknown")).await;
    let again = finance.submit(&format!("{page}/accept"), &fields).await;
    assert_eq!((again.status, again.text().contains("Another person has to approve it now")), (409, true));

    add_person(&world, "second", Role::Finance).await;
    let mut second = Visitor::enters(&world, "second").await;
    second.get(&format!("{page}/accept?vat=&rate=")).await;
    second.sees("The first person approved another modification");
    second.does(&format!("{page}/accept"), &format!("{page}/accept"), &fields).await;
    second.sees("The statement is accepted.");
    let row = statement(&world).await;
    let State::AcceptedWithModifications(acceptance) = &row.state else { panic!("{}", row.state.name()) };
    let approvals = &acceptance.reconciled.approvals;
    let names: Vec<_> = approvals.iter().map(|one| one.by.as_ref().unwrap().as_str()).collect();
    assert_eq!(names, ["finance", "second"]);
    for approval in approvals {
        assert_eq!(approval.reasons["unknown"], "asked Google");
        assert_eq!(approval.reasons["ten-more"], HOSTILE);
    }
    let shown = second.get(&page).await;
    assert!(!shown.text().contains("<script>alert"), "a reason is text");

    let report = second.get(&format!("{page}/report.csv")).await;
    assert_eq!(report.status, 200);
    assert!(report.header("content-disposition").contains("statement-stmt-1.csv"));
    assert!(report.text().contains("asked Google"));
}

#[tokio::test]
async fn con_4_a_reason_that_does_not_fit_comes_back_with_what_was_typed() {
    let (world, page) = disputed().await;
    let mut finance = Visitor::signed_in(&world, Role::Finance).await;
    finance.get(&format!("{page}/findings?kind=unknown")).await;
    let long = "x".repeat(1_001);
    let fields = [("kind", "unknown"), ("about", "unknown"), ("text", long.as_str())];
    let refused = finance.submit(&format!("{page}/reasons"), &fields).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains(&long) && refused.text().contains("1 to 1,000 characters"));
    for (about, kind) in [("stranger-9", "unknown"), ("ten-more", "unknown"), ("amount_differs", "unknown")] {
        finance.get(&format!("{page}/findings?kind=unknown")).await;
        let fields = [("kind", kind), ("about", about), ("text", "so")];
        let refused = finance.submit(&format!("{page}/reasons"), &fields).await;
        assert_eq!(refused.status, 404, "{about} is no event of the kind");
    }
    assert!(statement(&world).await.state.reconciled().unwrap().drafts.is_empty());
    finance.get(&format!("{page}/accept?vat=150&rate=")).await;
    finance.sees("The share of VAT has to be 0 to 100 percent");
}

#[tokio::test]
async fn con_4_viewers_look_and_decide_nothing() {
    let (world, page) = disputed().await;
    let mut viewer = Visitor::signed_in(&world, Role::Viewer).await;
    let shown = viewer.get(&page).await;
    assert_eq!(shown.status, 200);
    assert!(!shown.text().contains("Review and accept") && !shown.text().contains("/reconcile"));
    assert_eq!(viewer.get(&format!("{page}/findings?kind=unknown")).await.status, 200);
    assert!(!viewer.last.as_ref().unwrap().text().contains("/reasons"));
    for act in ["accept", "reasons", "reconcile"] {
        viewer.get("/console/account").await;
        assert_eq!(viewer.submit(&format!("{page}/{act}"), &[]).await.status, 403, "{act}");
    }
    // What they see they may have as a file, at once or from a job, whoever asked for it.
    assert_eq!(viewer.get(&format!("{page}/report.csv")).await.status, 200);
    let mut finance = Visitor::signed_in(&world, Role::Finance).await;
    for (asker, act) in [(&mut viewer, format!("{page}/report")), (&mut finance, "/console/payments/export".to_owned())]
    {
        asker.get("/console/account").await;
        let asked = asker.submit(&act, &[("format", "csv")]).await;
        assert_eq!(asked.status, 303, "{}", asked.text());
        let job = asked.header("location").to_owned();
        until("the file is made", async || (asker.get(&format!("{job}/file")).await.status == 200).then_some(())).await;
    }
    for job in world.nodes[0].store.jobs(None, 10).await.unwrap() {
        assert_eq!(viewer.get(&format!("/console/jobs/{}/file", job.id)).await.status, 200);
        viewer.get(&format!("/console/jobs/{}", job.id)).await;
        viewer.sees("/file");
    }
    assert_eq!(statement(&world).await.state.name(), "Disputed");
}

#[tokio::test]
async fn con_4_it_is_judged_again_and_keeps_its_reasons() {
    let (world, page) = disputed().await;
    let mut finance = Visitor::signed_in(&world, Role::Finance).await;
    explains(&mut finance, &page, &[("kind", "unknown"), ("about", "unknown"), ("text", "asked Google")]).await;
    finance.does(&page, &format!("{page}/reconcile"), &[]).await;
    finance.sees("Every event is being compared again.");
    let row = until("it is judged again", async || {
        let row = statement(&world).await;
        row.state.reconciled().is_some_and(|done| done.round == 2).then_some(row)
    })
    .await;
    assert_eq!(row.state.reconciled().unwrap().drafts["unknown"].text, "asked Google");
}
