//! What does not match, as finance sees it.

use serde_json::{Value, json};

use super::{Booked, FEE, PRICE, TWO_PERCENT, account, office, problem, right};
use crate::harness::remittance::{Statement, amount, captured, refunded};
use crate::harness::{DAY, HOUR, START_MS, World};

const RUPEE: i64 = 1_000_000;

/// Books of a hundred rupees each, and a statement with one difference of every kind.
async fn mixed(world: &World, id: &str) -> Statement {
    let hundred = 100 * RUPEE;
    world.begin("not-paid", Some("BANK_A")).await;
    let foreign = Booked { currency: "USD", ..Booked::capture("ours-in-usd", hundred) };
    let captures = ["right", "amount", "fee", "usd", "huge", "wrong-list"].map(|id| Booked::capture(id, hundred));
    world.book(&captures).await;
    world.book(&[foreign, Booked::refund("refund", 40 * RUPEE, "done")]).await;
    world.book(&[Booked::refund("open", 10 * RUPEE, "open"), Booked::refund("failed", 20 * RUPEE, "failed")]).await;
    let fee = 2 * RUPEE;
    let list = "captureEvents";
    let in_usd =
        json!({"eventRequestId": "usd", "eventAmount": amount(hundred, "USD"), "feeAmount": amount(fee, "USD")});
    let beyond = json!({"amountMicros": "9223372036854775808000000", "currencyCode": "INR"});
    let huge = json!({"eventRequestId": "huge", "eventAmount": beyond, "feeAmount": amount(fee, "INR")});
    let events = vec![
        captured("right", hundred, fee),
        captured("amount", 101 * RUPEE, fee),
        captured("fee", hundred, fee + 10_000),
        (list, in_usd),
        captured("ours-in-usd", hundred, fee),
        (list, huge),
        captured("right", hundred, fee),
        captured("stranger", 5 * RUPEE, 0),
        captured("stranger", 5 * RUPEE, 0),
        captured("not-paid", PRICE, FEE),
        refunded("refund", 40 * RUPEE),
        refunded("open", 10 * RUPEE),
        refunded("failed", 20 * RUPEE),
        refunded("wrong-list", hundred),
    ];
    let captured = 5 * hundred + RUPEE + 2 * 5 * RUPEE + PRICE;
    let fees = 5 * fee + 10_000 + FEE;
    let back = 40 + 10 + 20 + 100;
    Statement::new(id, captured - fees - back * RUPEE, events)
}

const EXPECTED: [(u64, &str); 12] = [
    (2, "amount_differs"),
    (3, "fee_differs"),
    (4, "currency_differs"),
    (5, "currency_differs"),
    (6, "unreadable"),
    (7, "duplicate"),
    (8, "unknown"),
    (9, "duplicate"),
    (10, "not_paid"),
    (12, "refund_not_succeeded"),
    (13, "refund_not_succeeded"),
    (14, "unknown"),
];

async fn every_kind(world: &World) {
    let statement = mixed(world, "stmt-1").await;
    let shown = world.reconciled(&statement, "Disputed").await;
    let found = world.found("stmt-1").await;
    let found: Vec<(u64, &str)> = found.iter().map(|(line, kind)| (*line, kind.as_str())).collect();
    assert_eq!(found, EXPECTED);
    let sum = |kind: &str| {
        let sum = &shown["findings"][kind];
        [&sum["count"], &sum["statedMicros"], &sum["oursMicros"], &sum["differenceMicros"]].map(Value::clone)
    };
    assert_eq!(sum("matched"), [json!(2), json!("60000000"), json!("60000000"), json!("0")]);
    assert_eq!(sum("amount_differs"), [json!(1), json!("101000000"), json!("100000000"), json!("1000000")]);
    assert_eq!(sum("fee_differs"), [json!(1), json!("100000000"), json!("100000000"), json!("0")]);
    // What is stated in dollars is not in a total in rupees; what we hold in dollars is not in our rupees.
    assert_eq!(sum("currency_differs"), [json!(2), json!("100000000"), json!("100000000"), json!("0")]);
    assert_eq!(sum("unreadable"), [json!(1), json!("0"), json!("100000000"), json!("-100000000")]);
    // A refund in flight has left our books already, one that was refused has come back.
    assert_eq!(sum("refund_not_succeeded"), [json!(2), json!("-30000000"), json!("-10000000"), json!("-20000000")]);
    assert_eq!(shown["missing"]["due"], json!({"count": 1, "oursMicros": "100000000"}), "the one in the wrong list");
}

#[actix_web::test]
async fn every_kind_of_difference_is_found_once_on_sqlite() {
    let world = office(account(TWO_PERCENT)).await;
    every_kind(&world).await;

    // In pages, and by kind.
    let mut cursor = String::new();
    let mut lines = Vec::new();
    loop {
        let page = world.json(&format!("statements/stmt-1/findings?limit=5{cursor}")).await;
        let found = page["findings"].as_array().unwrap().clone();
        lines.extend(found.iter().map(|one| one["line"].as_u64().unwrap()));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(lines, EXPECTED.map(|(line, _)| line));
    let page = world.json("statements/stmt-1/findings?kind=duplicate").await;
    let first = json!({
        "line": 7, "kind": "duplicate", "eventRequestId": "right", "statedMicros": "100000000", "oursMicros": null,
        "feeMicros": "2000000", "expectedFeeMicros": null,
    });
    assert_eq!((&page["findings"][0], page["findings"].as_array().unwrap().len()), (&first, 2));
    let page = world.json("statements/stmt-1/findings?kind=fee_differs").await;
    assert_eq!(
        (&page["findings"][0]["feeMicros"], &page["findings"][0]["expectedFeeMicros"]),
        (&json!("2010000"), &json!("2000000"))
    );
    for bad in ["kind=late", "limit=0", "limit=1001", "cursor=x"] {
        assert_eq!(world.api("ann", &format!("statements/stmt-1/findings?{bad}")).await.status, 400, "{bad}");
    }
    assert_eq!(world.api("ann", "statements/stmt-2/findings").await.status, 404);

    // Our own id leads to it as well, and lists are paged.
    let own = world.json("statements/stmt-1").await["transactionId"].as_str().unwrap().to_owned();
    assert_eq!(world.json(&format!("statements/{own}")).await["statementId"], "stmt-1");
    world.pass(1_000);
    world.reconciled(&right("stmt-2", &["nobody's"]).earlier(3), "Disputed").await;
    let first = world.json("statements?limit=1").await;
    assert_eq!(first["statements"][0]["statementId"], "stmt-2", "the newest first");
    let next = world.json(&format!("statements?limit=1&cursor={}", first["nextCursor"].as_str().unwrap())).await;
    assert_eq!(next["statements"][0]["statementId"], "stmt-1");
}

#[actix_web::test]
async fn every_kind_of_difference_is_found_once_on_postgres() {
    let world = office(account(TWO_PERCENT).nodes(1)).await;
    every_kind(&world).await;
}

#[actix_web::test]
async fn rem_5_a_zero_and_a_negative_total_are_reconciled_and_accepted() {
    let world = office(account("")).await;
    world.book(&[Booked::capture("c-1", 5 * RUPEE), Booked::refund("r-1", 5 * RUPEE, "done")]).await;
    let zero = Statement::new("stmt-0", 0, vec![captured("c-1", 5 * RUPEE, 0), refunded("r-1", 5 * RUPEE)]);
    world.reconciled(&zero, "Matched").await;
    assert_eq!(world.accept("ann", "stmt-0", &json!({})).await.status, 202);

    world.book(&[Booked::refund("r-2", 7 * RUPEE, "done"), Booked::refund("r-3", RUPEE, "done")]).await;
    // However Google writes the sign of a refund.
    let signed = ("refundEvents", json!({"eventRequestId": "r-3", "eventAmount": amount(-RUPEE, "INR")}));
    let negative = Statement::new("stmt-1", -8 * RUPEE, vec![refunded("r-2", 7 * RUPEE), signed]).earlier(1);
    let shown = world.reconciled(&negative, "Matched").await;
    assert_eq!(shown["toBeTransferred"], amount(-8 * RUPEE, "INR"));
    assert_eq!(world.accept("ann", "stmt-1", &json!({})).await.status, 202);

    let nothing = Statement::new("stmt-2", 0, Vec::new()).earlier(2);
    world.reconciled(&nothing, "Matched").await;
    assert_eq!(world.accept("ann", "stmt-2", &json!({})).await.status, 202);
}

#[actix_web::test]
async fn rem_6_what_happened_outside_the_period_matches_by_its_id() {
    let world = office(account("")).await;
    // Two seconds after the period of the statement ended, by our clock, and a month before it.
    let late = Booked { at_ms: START_MS + 2_000, ..Booked::capture("midnight", 5 * RUPEE) };
    let early = Booked { at_ms: START_MS - 31 * DAY, ..Booked::capture("last-month", 5 * RUPEE) };
    world.book(&[late, early]).await;
    let events = vec![captured("midnight", 5 * RUPEE, 0), captured("last-month", 5 * RUPEE, 0)];
    let shown = world.reconciled(&Statement::new("stmt-1", 10 * RUPEE, events), "Matched").await;
    assert_eq!(shown["missing"], json!({}));
}

#[actix_web::test]
async fn what_no_statement_lists_is_counted_by_its_age_and_carried_over() {
    let world = office(account("")).await;
    let ages = [
        ("after", START_MS + HOUR),
        ("edge", START_MS - HOUR),
        ("within", START_MS - 12 * HOUR),
        ("days", START_MS - 4 * DAY),
        ("weeks", START_MS - 20 * DAY),
        ("months", START_MS - 90 * DAY),
    ];
    let items = ages.map(|(id, at_ms)| Booked { at_ms, ..Booked::capture(id, RUPEE) });
    world.book(&items).await;
    world.book(&[Booked::refund("back", RUPEE / 2, "done"), Booked::refund("open", RUPEE, "open")]).await;
    let shown = world.reconciled(&Statement::new("stmt-1", 0, Vec::new()), "Matched").await;
    let one = json!({"count": 1, "oursMicros": "1000000"});
    let expected = json!({
        "not_yet_due": {"count": 2, "oursMicros": "2000000"},
        "due": {"count": 2, "oursMicros": "500000"},
        "overdue_1_to_7_days": one,
        "overdue_8_to_30_days": one,
        "overdue_over_30_days": one,
    });
    assert_eq!(shown["missing"], expected);
    // The next statement lists two of them.
    world.pass(1_000);
    let next = Statement::new("stmt-2", 2 * RUPEE, vec![captured("months", RUPEE, 0), captured("edge", RUPEE, 0)]);
    let shown = world.reconciled(&next.earlier(1), "Matched").await;
    assert_eq!(shown["missing"].get("overdue_over_30_days"), None);
}

#[actix_web::test]
async fn a_revised_statement_replaces_the_disputed_one_and_its_events_match_again() {
    let world = office(account("")).await;
    world.book(&[Booked::capture("c-1", 5 * RUPEE), Booked::capture("c-2", 5 * RUPEE)]).await;
    let wrong =
        Statement::new("stmt-1", 11 * RUPEE, vec![captured("c-1", 5 * RUPEE, 0), captured("c-2", 6 * RUPEE, 0)]);
    world.reconciled(&wrong, "Disputed").await;
    world.pass(1_000);
    // Of another period: it replaces nothing, and its event stands on the first.
    let other = Statement::new("stmt-other", 5 * RUPEE, vec![captured("c-1", 5 * RUPEE, 0)]).earlier(1);
    world.reconciled(&other, "Disputed").await;
    assert_eq!(world.found("stmt-other").await, [(1, "duplicate".to_owned())]);
    world.pass(1_000);
    let events = vec![captured("c-1", 5 * RUPEE, 0), captured("c-2", 5 * RUPEE, 0)];
    let revised = Statement::new("stmt-1b", 10 * RUPEE, events);
    world.reconciled(&revised, "Matched").await;
    let replaced = world.json("statements/stmt-1").await;
    assert_eq!((&replaced["state"], &replaced["replacedBy"]), (&json!("Replaced"), &json!("stmt-1b")));
    let refused = problem(&world.accept("ann", "stmt-1", &json!({})).await);
    assert_eq!(refused.0, 409, "{refused:?}");

    // What is accepted stays: then the events of another revision are all duplicates.
    assert_eq!(world.accept("ann", "stmt-1b", &json!({})).await.status, 202);
    world.pass(1_000);
    let events = vec![captured("c-1", 5 * RUPEE, 0), captured("c-2", 5 * RUPEE, 0)];
    world.reconciled(&Statement::new("stmt-1c", 10 * RUPEE, events), "Disputed").await;
    assert_eq!(world.json("statements/stmt-1b").await["state"], "Accepted");
    let kinds: Vec<String> = world.found("stmt-1c").await.into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, ["duplicate", "duplicate"]);
}

#[actix_web::test]
async fn a_person_may_have_everything_judged_again() {
    let world = office(account("")).await;
    let statement = Statement::new("stmt-1", 5 * RUPEE, vec![captured("late", 5 * RUPEE, 0)]);
    world.reconciled(&statement, "Disputed").await;
    world.book(&[Booked::capture("late", 5 * RUPEE)]).await;
    let again = async |who: &str| {
        let url = format!("{}/api/v1/statements/stmt-1/reconcile", world.nodes[0].admin);
        world.browser.post(url, &[("authorization", &format!("Bearer {who}"))], "").await.status
    };
    assert_eq!(again("reader").await, 403);
    assert_eq!(again("ann").await, 202);
    world.reaches("stmt-1", "Matched").await;
    assert_eq!(world.found("stmt-1").await, []);
    assert_eq!(world.accept("ann", "stmt-1", &json!({})).await.status, 202);
    assert_eq!(again("ann").await, 409);
}
