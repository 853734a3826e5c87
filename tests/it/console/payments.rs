//! Payments in the console: found by any name and by what they have in common, shown as they stand and as they stood, and
//! what each role does about them.

use roundtrip::domain::Role;
use roundtrip::storage::{JobId, JobState};
use serde_json::json;

use super::visitor::{Visitor, console};
use crate::harness::{Bank, Visit, Word, World, until};

/// The id of the payment that Google started under this request id.
async fn id_of(world: &World, request_id: &str) -> String {
    world.payment(request_id).await.expect("a payment")["transactionId"].as_str().unwrap().to_owned()
}

/// Google knows it as declined, and the issuer took the money all the same; a person decides.
async fn paid_after_close(world: &World, request_id: &str) -> Visit {
    let visit = world.at_bank(request_id).await;
    let home = world.goes_home(&visit, &Word::DECLINED.reason("risk")).await;
    assert_eq!(home.result(), &json!({"riskDeclined": {}}));
    world.google.accepted(request_id).await;
    let approved = Bank::event(&visit, &Word::APPROVED);
    let message = format!("msg_{request_id}");
    world.bank().check_acknowledged(&world.bank().send(&world.browser, &world.origin, &message, &approved).await);
    visit
}

#[tokio::test]
async fn con_3_any_name_leads_straight_to_the_payment() {
    let world = console().start().await;
    world.paid("rq-0001").await;
    world.settled().await;
    let id = id_of(&world, "rq-0001").await;
    let mut visitor = Visitor::signed_in(&world, Role::Viewer).await;
    let page = format!("/console/payments/{id}");
    for name in [id.as_str(), &id.to_uppercase(), "rq-0001", "%20rq-0001%20", Word::APPROVED.reference] {
        let found = visitor.get(&format!("/console/payments?q={name}")).await;
        assert_eq!((found.status, found.header("location")), (303, page.as_str()), "{name}");
    }
    assert_eq!(visitor.get("/console/payments?q=nobody").await.status, 200);
    visitor.sees("Nothing is called");
    assert_eq!(visitor.get("/console/payments/01930d2c-7a44-8000-8000-0123456789ab").await.status, 404);
    assert_eq!(visitor.get("/console/payments/x").await.status, 404);
}

#[tokio::test]
async fn con_3_the_list_shows_what_fits_the_filter_and_says_what_does_not_fit_a_field() {
    let world = console().start().await;
    world.paid("rq-0001").await;
    world.at_bank("rq-0002").await;
    let mut visitor = Visitor::signed_in(&world, Role::Viewer).await;
    let list = |query: &str| format!("/console/payments?{query}");
    for (query, paid, open) in [
        ("", true, true),
        ("state=Paid", true, false),
        ("state=AtIssuer&issuer=BANK_A", false, true),
        ("attention=1", false, false),
        ("amount=109.90&currency=inr", true, true),
        ("amount=1&amount_to=100", false, false),
        ("from=2020-01-01T00:00&until=2020-01-02", false, false),
        ("account=ExamplePay_INR", true, true),
        ("account=invoices%3A", false, false),
    ] {
        let page = visitor.get(&list(query)).await;
        assert_eq!(page.status, 200, "{query}");
        let text = page.text();
        assert_eq!((text.contains("rq-0001"), text.contains("rq-0002")), (paid, open), "{query}");
        assert_eq!(text.contains("No payment fits"), !(paid || open), "{query}");
    }
    for query in ["amount=1,000.00", "currency=XQZ", "until=soon", "amount=2&amount_to=1"] {
        let page = visitor.get(&list(query)).await;
        assert_eq!(page.status, 422, "{query}");
        visitor.sees("class=\"wrong\"");
    }
}

#[tokio::test]
async fn con_3_one_payment_shows_its_timeline_its_channels_its_books_and_any_moment_of_its_past() {
    let world = console().start().await;
    world.paid("rq-0001").await;
    world.settled().await;
    let id = id_of(&world, "rq-0001").await;
    let mut visitor = Visitor::signed_in(&world, Role::Viewer).await;
    let page = format!("/console/payments/{id}");
    assert_eq!(visitor.get(&page).await.status, 200);
    for words in [
        "All channels agree",
        "received and acknowledged",
        "The bank took",
        "issuer_receivable:BANK_A",
        "Entry 1: message",
        "rq-0001",
        "[redacted]",
    ] {
        visitor.sees(words);
    }
    let now = visitor.last.as_ref().unwrap().text();
    assert!(!now.contains("callback_url\": \"http"), "{now}");
    assert!(!now.contains("does not lead"), "the journal leads to the snapshot");
    assert_eq!(visitor.get(&format!("{page}?at=1")).await.status, 200);
    visitor.sees("As it was after entry 1");
    visitor.sees("not decided yet");
    let then = visitor.last.as_ref().unwrap().text();
    assert!(!then.contains("The bank took") && !then.contains("issuer_receivable"), "{then}");
    visitor.get(&format!("{page}?at=2020-01-01")).await;
    visitor.sees("Nothing was known");
    assert_eq!(visitor.get(&format!("{page}?at=yesterday")).await.status, 422);
    visitor.language = "de";
    visitor.get(&page).await;
    visitor.sees("Alle Wege sagen dasselbe");
}

#[tokio::test]
async fn con_3_finance_gives_late_money_back_and_nobody_else_does() {
    let world = console().start().await;
    let visit = paid_after_close(&world, "rq-0001").await;
    world.settled().await;
    let id = id_of(&world, "rq-0001").await;
    let (page, act) = (format!("/console/payments/{id}"), format!("/console/payments/{id}/give-back"));
    for role in [Role::Viewer, Role::Operator] {
        let mut other = Visitor::signed_in(&world, role).await;
        other.get(&page).await;
        assert!(!other.last.as_ref().unwrap().text().contains("/give-back"), "{role:?}");
        let refused = other.submit(&act, &[("give-back-why", "because"), ("version", "1")]).await;
        assert_eq!(refused.status, 403, "{role:?}");
    }
    assert!(world.bank().refund_calls(&visit).is_empty());
    let mut finance = Visitor::signed_in(&world, Role::Finance).await;
    finance.get(&page).await;
    finance.sees("Money came after the end");
    let version = version_on(&finance);
    let silent = finance.submit(&act, &[("version", &version), ("give-back-why", " ")]).await;
    assert_eq!(silent.status, 422, "a reason is needed");
    let stale = finance.submit(&act, &[("version", "1"), ("give-back-why", "because")]).await;
    assert_eq!(stale.status, 409, "what was not seen is not decided");
    assert!(world.bank().refund_calls(&visit).is_empty());
    finance.does(&page, &act, &[("version", &version), ("give-back-why", "told the payer")]).await;
    finance.sees("The bank is told to give the money back");
    world.settled().await;
    assert_eq!(world.bank().gave_back(&visit).len(), 1);
    finance.get(&page).await;
    finance.sees("finance");
    finance.sees("Refunded");
    let twice = finance.submit(&act, &[("version", &version_now(&world, &id).await), ("give-back-why", "again")]).await;
    assert_eq!(twice.status, 409, "there is nothing left");
    assert_eq!(world.bank().gave_back(&visit).len(), 1);
}

#[tokio::test]
async fn con_3_a_person_records_that_it_was_dealt_with_once_and_for_everybody_to_see() {
    let world = console().start().await;
    paid_after_close(&world, "rq-0001").await;
    world.settled().await;
    let id = id_of(&world, "rq-0001").await;
    let (page, act) = (format!("/console/payments/{id}"), format!("/console/payments/{id}/dealt-with"));
    let mut finance = Visitor::signed_in(&world, Role::Finance).await;
    finance.get(&page).await;
    let version = version_on(&finance);
    let why = "the bank gives it back by hand <b>";
    let fields = [("version", version.as_str()), ("about", "paid_after_close"), ("dealt-with-why", why)];
    finance.does(&page, &act, &fields).await;
    finance.sees("no longer needs a decision");
    finance.sees("the bank gives it back by hand &lt;b&gt;");
    assert!(world.attention("rq-0001").await.is_null());
    let again = finance.submit(&act, &fields).await;
    assert_eq!(again.status, 409, "the page was an older one");
    finance.get("/console/payments?attention=1").await;
    finance.sees("No payment fits");
    finance.get(&format!("{page}?at=3")).await;
    assert!(!finance.last.as_ref().unwrap().text().contains("by hand"), "the past does not know of it");
}

/// Two people press the same button of the same page at once: one of them acts, the other one is told that it has changed.
#[tokio::test]
async fn con_3_of_two_who_decide_on_the_same_page_at_once_one_acts() {
    let world = console().start().await;
    let visit = paid_after_close(&world, "rq-0001").await;
    paid_after_close(&world, "rq-0002").await;
    world.settled().await;
    let mut one = Visitor::signed_in(&world, Role::Finance).await;
    let mut other = Visitor::signed_in(&world, Role::Admin).await;

    let id = id_of(&world, "rq-0001").await;
    let (page, act) = (format!("/console/payments/{id}"), format!("/console/payments/{id}/give-back"));
    one.get(&page).await;
    other.get(&page).await;
    let fields = [("give-back-why", "told the payer")];
    let (first, second) = futures_util::future::join(one.submit(&act, &fields), other.submit(&act, &fields)).await;
    let mut told = [first.status, second.status];
    told.sort_unstable();
    assert_eq!(told, [303, 409], "{} {}", first.text(), second.text());
    world.settled().await;
    assert_eq!(world.bank().gave_back(&visit).len(), 1);

    let id = id_of(&world, "rq-0002").await;
    let (page, act) = (format!("/console/payments/{id}"), format!("/console/payments/{id}/dealt-with"));
    one.get(&page).await;
    other.get(&page).await;
    let fields = [("about", "paid_after_close"), ("dealt-with-why", "by hand")];
    let (first, second) = futures_util::future::join(one.submit(&act, &fields), other.submit(&act, &fields)).await;
    let mut told = [first.status, second.status];
    told.sort_unstable();
    assert_eq!(told, [303, 409], "{} {}", first.text(), second.text());
    let late = if first.status == 409 { first } else { second };
    assert!(late.text().contains("The payment has changed since you opened this page"), "{}", late.text());
    let transaction = roundtrip::domain::TransactionId::parse(&id).unwrap();
    let journal = world.nodes[0].store.journal(transaction).await.unwrap();
    assert_eq!(journal.iter().filter(|row| row.event == "DealtWith").count(), 1);
}

#[tokio::test]
async fn con_3_an_operator_has_the_bank_asked_and_what_waits_tried_at_once() {
    let world = console().start().await;
    let visit = world.at_bank("rq-0001").await;
    world.returns(&visit, &Word::PENDING).await;
    let id = id_of(&world, "rq-0001").await;
    let page = format!("/console/payments/{id}");
    let mut operator = Visitor::signed_in(&world, Role::Operator).await;
    operator.does(&page, &format!("{page}/ask"), &[]).await;
    operator.sees("The bank is being asked");
    operator.sees("The bank was asked how the payment stands");
    let gone = operator.submit(&format!("{page}/retry"), &[("number", "999")]).await;
    assert_eq!((gone.status, gone.header("location")), (303, format!("{page}?done=payment-nothing-waits").as_str()));
    world.settled().await;
    operator.get(&page).await;
    operator.sees("Nothing waits");
}

/// The version that stands in the forms of the page that was seen last.
fn version_on(visitor: &Visitor) -> String {
    let text = visitor.last.as_ref().unwrap().text();
    let (_, rest) = text.split_once("name=\"version\" value=\"").expect("a form of an act");
    rest.split('"').next().unwrap().to_owned()
}

async fn version_now(world: &World, id: &str) -> String {
    let id = roundtrip::domain::TransactionId::parse(id).unwrap();
    world.nodes[0].store.version(id).await.unwrap().expect("a payment").to_string()
}

#[tokio::test]
async fn con_3_what_a_search_finds_is_exported_by_a_job_with_the_same_filter() {
    let world = console().start().await;
    world.paid("rq-0001").await;
    world.at_bank("rq-0002").await;
    let mut visitor = Visitor::signed_in(&world, Role::Finance).await;
    visitor.get("/console/payments?state=Paid&amount=109.90").await;
    visitor.sees("name=\"state\" value=\"Paid\"");
    let export = "/console/payments/export";
    let wrong = visitor.submit(export, &[("format", "pdf")]).await;
    assert_eq!(wrong.status, 422);
    visitor.get("/console/payments?state=Paid").await;
    let asked = visitor.submit(export, &[("state", "Paid"), ("amount", "109.90"), ("format", "csv")]).await;
    assert_eq!(asked.status, 303, "{}", asked.text());
    let job = asked.header("location").strip_prefix("/console/jobs/").expect("a job's page").to_owned();
    let job = JobId::parse(&job).unwrap();
    let store = &world.nodes[0].store;
    let done =
        until("the file", async || store.job(job).await.unwrap().filter(|job| job.state == JobState::Done)).await;
    assert_eq!((done.kind.as_str(), done.by.as_str(), done.done), ("payments.export", "finance", 1));
    let file = store.job_output(job, 0).await.unwrap().expect("a part");
    let text = String::from_utf8(file).unwrap();
    assert!(text.contains("rq-0001") && !text.contains("rq-0002"), "{text}");
}
