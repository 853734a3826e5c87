//! Statements that are not what they should be: a finding on the row or a clear refusal, totals exact, nothing half stored.

use serde_json::{Value, json};

use super::{Booked, account, office};
use crate::harness::remittance::{Statement, Told, amount, captured};
use crate::harness::{MINUTE, World};

const RUPEE: i64 = 1_000_000;

/// A page that is no page, and then the right one.
async fn recovers(id: &str, bad: impl Fn(&Value) -> Told + Send + Sync + 'static) {
    let world = office(account("")).await;
    world.book(&[Booked::capture("rq-1", 5 * RUPEE), Booked::capture("rq-2", 5 * RUPEE)]).await;
    let events = vec![captured("rq-1", 5 * RUPEE, 0), captured("rq-2", 5 * RUPEE, 0)];
    let statement = Statement::new(id, 10 * RUPEE, events).with(|statement| statement.page = 1);
    let right = statement.clone();
    world
        .announce_after(&statement, move |call, before| {
            let second = call["eventOffset"] == 1;
            (second && before < 4).then(|| bad(&right.told(call)))
        })
        .await;
    world.google.statements.calls("remittanceStatementDetails", id, 2).await;
    let shown = world.json(&format!("statements/{id}")).await;
    assert_eq!((&shown["state"], &shown["progress"]["fetchedEvents"]), (&json!("Fetching"), &json!(1)), "{id}");
    let shown = world.passes_until(id, "Matched").await;
    assert_eq!(shown["totals"]["events"], 2, "{id}: nothing lost, nothing twice");
}

#[actix_web::test]
async fn a_page_with_bad_utf_8_is_refused_whole() {
    recovers("utf-8", |page| {
        let text = page.to_string().replace("rq-2", "rq\u{1}2").into_bytes();
        Told::Bytes(text.into_iter().map(|byte| if byte == 1 { 0xFF } else { byte }).collect())
    })
    .await;
}

#[actix_web::test]
async fn a_page_that_is_cut_off_is_refused_whole() {
    recovers("cut", |page| {
        let text = page.to_string();
        Told::Bytes(text.as_bytes()[..text.len() / 2].to_vec())
    })
    .await;
}

#[actix_web::test]
async fn a_page_whose_lists_are_no_lists_is_refused_whole() {
    recovers("no-list", |page| {
        let mut page = page.clone();
        page["captureEvents"] = json!("everything");
        Told::Members(page)
    })
    .await;
}

#[actix_web::test]
async fn a_page_with_nothing_on_it_that_names_another_is_refused_whole() {
    recovers("empty", |page| {
        let mut page = page.clone();
        page["captureEvents"] = json!([]);
        page["nextEventOffset"] = json!(2);
        Told::Members(page)
    })
    .await;
}

/// Reconciles one statement of these rows and says what was found.
async fn rows(world: &World, total: i64, rows: Vec<Value>) -> (Value, Vec<(u64, String)>) {
    let events = rows.into_iter().map(|row| ("captureEvents", row)).collect();
    let shown = world.reconciled(&Statement::new("stmt-1", total, events), "Disputed").await;
    let found = world.found("stmt-1").await;
    (shown, found)
}

#[actix_web::test]
async fn what_cannot_be_read_keeps_its_row_and_the_statement_cannot_be_accepted() {
    let world = office(account("")).await;
    world.book(&[Booked::capture("rq-1", 5 * RUPEE)]).await;
    let huge = json!({"amountMicros": "99999999999999999999", "currencyCode": "INR"});
    let (shown, found) = rows(
        &world,
        12 * RUPEE,
        vec![
            json!({"eventRequestId": "rq-1", "eventAmount": amount(5 * RUPEE, "INR")}),
            json!({"eventRequestId": "huge", "eventAmount": huge}),
            json!({"eventRequestId": "float", "eventAmount": {"amountMicros": 1.5, "currencyCode": "INR"}}),
            json!({"eventRequestId": "coin", "eventAmount": {"amountMicros": "1", "currencyCode": "COIN"}}),
            json!({"eventRequestId": "two", "eventAmount": amount(1, "INR"), "amount": amount(2, "INR")}),
            json!({"eventRequestId": "nothing"}),
            json!("not even an object"),
            json!({"eventAmount": amount(3 * RUPEE, "INR")}),
            json!({"eventAmount": amount(4 * RUPEE, "INR")}),
        ],
    )
    .await;
    let kinds: Vec<(u64, &str)> = found.iter().map(|(line, kind)| (*line, kind.as_str())).collect();
    let unreadable = (2..=7).map(|line| (line, "unreadable"));
    assert_eq!(kinds, unreadable.chain([(8, "unknown"), (9, "unknown")]).collect::<Vec<_>>());
    assert_eq!((&shown["totals"]["events"], &shown["totals"]["amountMicros"]), (&json!(9), &json!("12000000")));
    // What can be read adds up here; Google owes an explanation for the rest.
    let reasons = json!({"reasons": {"unreadable": "asked Google", "unknown": "asked Google"}});
    assert_eq!(world.accept("ann", "stmt-1", &reasons).await.status, 202);
}

#[actix_web::test]
async fn an_unreadable_amount_that_the_total_contains_cannot_be_explained_away() {
    let world = office(account("")).await;
    let huge = json!({"amountMicros": "9223372036854775808", "currencyCode": "INR"});
    let (shown, _) = rows(&world, RUPEE, vec![json!({"eventRequestId": "huge", "eventAmount": huge})]).await;
    assert_eq!(shown["totals"]["addsUp"], false);
    let page = world.accept("ann", "stmt-1", &json!({"reasons": {"unreadable": "asked Google"}})).await;
    assert_eq!(page.status, 409, "{}", page.text());
}

#[actix_web::test]
async fn totals_are_exact_beyond_64_bits() {
    let world = office(account("")).await;
    let most = amount(i64::MAX, "INR");
    let row = |id: &str| json!({"eventRequestId": id, "eventAmount": most});
    let (shown, _) = rows(&world, i64::MAX, vec![row("a"), row("b"), row("c")]).await;
    assert_eq!(shown["totals"]["amountMicros"], (3 * i128::from(i64::MAX)).to_string());
    assert_eq!(shown["findings"]["unknown"]["statedMicros"], (3 * i128::from(i64::MAX)).to_string());
    assert_eq!(shown["totals"]["addsUp"], false);
}

#[actix_web::test]
async fn mixed_currencies_are_found_and_not_added() {
    let world = office(account("")).await;
    world.book(&[Booked::capture("rq-1", 5 * RUPEE), Booked::capture("rq-2", 5 * RUPEE)]).await;
    let fee_in_usd =
        json!({"eventRequestId": "rq-2", "eventAmount": amount(5 * RUPEE, "INR"), "feeAmount": amount(9, "USD")});
    let dollars = json!({"eventRequestId": "rq-1", "eventAmount": amount(5 * RUPEE, "USD")});
    let (shown, found) = rows(&world, 5 * RUPEE, vec![dollars, fee_in_usd]).await;
    assert_eq!(found, [(1, "currency_differs".to_owned()), (2, "unreadable".to_owned())]);
    assert_eq!((&shown["totals"]["amountMicros"], &shown["totals"]["feeMicros"]), (&json!("0"), &json!("0")));
    assert_eq!(shown["findings"]["currency_differs"]["differenceMicros"], "-5000000");
}

#[actix_web::test]
async fn text_that_could_be_a_formula_or_end_a_string_is_kept_and_harmless() {
    let world = office(account("")).await;
    let long = "x".repeat(300);
    let strange = [
        json!({"eventRequestId": "=cmd()", "paymentIntegratorEventId": "@our", "eventAmount": amount(RUPEE, "INR")}),
        json!({"eventRequestId": "nul\u{0}'; DROP TABLE x; --", "eventAmount": amount(RUPEE, "INR"), "more": "+1+1"}),
        json!({"eventRequestId": long, "eventAmount": amount(RUPEE, "INR")}),
        json!({"eventRequestId": "rücklauf \u{202E}", "eventAmount": amount(RUPEE, "INR")}),
    ];
    let (_, found) = rows(&world, 4 * RUPEE, strange.to_vec()).await;
    assert_eq!(found.len(), 4);
    assert_eq!(world.accept("ann", "stmt-1", &json!({"reasons": {"unknown": "=1+1"}})).await.status, 202);
    let csv = world.api("ann", "statements/stmt-1/report.csv").await.text();
    let mut lines = csv::ReaderBuilder::new().from_reader(csv.as_bytes());
    let first = lines.records().next().unwrap().unwrap();
    assert_eq!((&first[2], &first[3], &first[12]), ("'=cmd()", "'@our", "'=1+1"));
    assert_eq!(world.json("statements/stmt-1/findings").await["findings"][0]["eventRequestId"], "=cmd()");
}

/// Whatever is in the way, time alone never makes a statement half.
#[actix_web::test]
async fn google_may_be_silent_for_days() {
    let world = office(account("")).await;
    world.book(&[Booked::capture("rq-1", 5 * RUPEE)]).await;
    let statement = Statement::new("stmt-1", 5 * RUPEE, vec![captured("rq-1", 5 * RUPEE, 0)]);
    world.announce_after(&statement, |_, before| (before < 6).then_some(Told::Nothing)).await;
    let shown = world.passes_until("stmt-1", "Matched").await;
    assert_eq!(shown["totals"]["events"], 1);
    world.pass(MINUTE);
}
