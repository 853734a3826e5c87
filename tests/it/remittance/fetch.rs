//! Details, page by page (API section 6.7).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{account, office, problem};
use crate::harness::remittance::{Statement, Told, captured};
use crate::harness::{Called, MINUTE, World, until};

/// So many events that nobody knows, of a rupee each.
fn long(id: &str, events: usize) -> Statement {
    let events: Vec<_> = (0..events).map(|number| captured(&format!("rq-{number}"), 1_000_000, 0)).collect();
    Statement::new(id, 1_000_000 * i64::try_from(events.len()).unwrap(), events)
}

fn pages(world: &World, id: &str) -> Vec<(Value, String)> {
    let calls = world.google.statements.heard("remittanceStatementDetails", id);
    let about = |call: &Value| (call["eventOffset"].clone(), call["requestHeader"]["requestId"].to_string());
    assert!(calls.iter().all(|heard| heard.clear["numberOfEvents"] == 1_000), "the most that Google gives at once");
    calls.iter().map(|heard| about(&heard.clear)).collect()
}

#[actix_web::test]
async fn rem_2_every_page_is_fetched_whatever_its_size_and_wherever_counting_begins() {
    let world = office(account("")).await;
    // An overlap is what a careless integrator makes of an offset; here each event comes once.
    for (number, (page, first, expected)) in
        [(1_000, 0, vec![1_000, 2_000]), (1_000, 1, vec![1_001, 2_001]), (999, 0, vec![999, 1_998]), (2_500, 1, vec![])]
            .into_iter()
            .enumerate()
    {
        let id = format!("stmt-{number}");
        let statement = long(&id, 2_500)
            .with(|statement| (statement.page, statement.first) = (page, first))
            .earlier(i64::try_from(number).unwrap());
        let shown = world.reconciled(&statement, "Disputed").await;
        assert_eq!(shown["totals"]["events"], 2_500);
        assert_eq!(shown["totals"]["events"], shown["totalEvents"], "as many as the statement says");
        assert_eq!(shown["totals"]["amountMicros"], "2500000000");
        assert_eq!(shown["totals"]["addsUp"], true);
        let asked = pages(&world, &id);
        let offsets: Vec<Value> =
            std::iter::once(Value::Null).chain(expected.into_iter().map(|at| json!(at))).collect();
        assert_eq!(asked.iter().map(|(offset, _)| offset.clone()).collect::<Vec<_>>(), offsets);
        let ids: BTreeSet<&String> = asked.iter().map(|(_, id)| id).collect();
        assert_eq!(ids.len(), asked.len(), "each call has a request id of its own");
    }
}

#[actix_web::test]
async fn rem_2_pages_of_one_and_of_seven() {
    let world = office(account("")).await;
    for (id, events, page) in [("stmt-1", 9, 1), ("stmt-7", 64, 7)] {
        let statement = long(id, events).with(|statement| statement.page = page).earlier(i64::try_from(page).unwrap());
        let shown = world.reconciled(&statement, "Disputed").await;
        assert_eq!(shown["totals"]["events"], events);
        assert_eq!(pages(&world, id).len(), events.div_ceil(page));
    }
}

#[actix_web::test]
async fn rem_2_a_page_that_fails_is_asked_for_again_under_its_own_id() {
    let world = office(account("")).await;
    let statement = long("stmt-1", 30).with(|statement| statement.page = 10);
    world.announce_after(&statement, |_, before| (before < 3).then_some(Told::Status(503))).await;
    let shown = world.passes_until(&statement.id, "Disputed").await;
    assert_eq!(shown["totals"]["events"], 30);
    let mut last = 0;
    for (offset, id) in pages(&world, "stmt-1") {
        let offset = offset.as_u64().unwrap_or(0);
        assert!(offset >= last, "in order");
        last = offset;
        let mark = if offset == 0 { "-first\"".to_owned() } else { format!("-{offset}\"") };
        assert!(id.ends_with(&mark), "{id} at {offset}");
    }
}

#[actix_web::test]
async fn rem_2_a_count_that_is_not_the_events_cannot_be_accepted() {
    let world = office(account("")).await;
    for (number, change) in [1_i64, -1].into_iter().enumerate() {
        let id = format!("stmt-{number}");
        let statement = long(&id, 20).earlier(i64::try_from(number).unwrap()).with(|statement| {
            statement.page = 10;
            statement.summary["totalEvents"] = json!(20 + change);
        });
        let shown = world.reconciled(&statement, "Disputed").await;
        assert_eq!(shown["totals"]["addsUp"], false);
        let refused = problem(&world.accept("ann", &id, &json!({"reasons": {"unknown": "new shop"}})).await);
        assert_eq!(refused.0, 409);
        assert!(refused.1.contains("not as many events as it says"), "{refused:?}");
    }
}

#[actix_web::test]
async fn rem_2_without_a_total_the_pages_alone_say_how_many_there_are() {
    let world = office(account("")).await;
    let statement = long("stmt-1", 25).with(|statement| {
        statement.page = 10;
        statement.summary.as_object_mut().unwrap().remove("totalEvents");
    });
    let shown = world.reconciled(&statement, "Disputed").await;
    assert_eq!((&shown["totals"]["events"], &shown["totals"]["addsUp"]), (&json!(25), &json!(true)));
}

#[actix_web::test]
async fn rem_2_a_page_that_repeats_is_found_and_comes_to_an_end() {
    let world = office(account("")).await;
    let statement = long("stmt-1", 20).with(|statement| statement.page = 10);
    let first = statement.clone();
    world
        .announce_after(&statement, move |call, _| {
            // The first page again and again, always with a next one.
            let mut members = first.told(&json!({}));
            members["nextEventOffset"] = json!(call["eventOffset"].as_u64().unwrap_or(0) + 10);
            Some(Told::Members(members))
        })
        .await;
    let shown = world.reaches("stmt-1", "Disputed").await;
    assert_eq!(shown["totals"]["events"], 30, "no further than one page too many");
    assert_eq!(
        (&shown["findings"]["unknown"]["count"], &shown["findings"]["duplicate"]["count"]),
        (&json!(10), &json!(20))
    );
    let reasons = json!({"reasons": {"unknown": "a", "duplicate": "b"}});
    assert_eq!(world.accept("ann", "stmt-1", &reasons).await.status, 409);
}

#[actix_web::test]
async fn rem_2_a_page_that_skips_is_found() {
    let world = office(account("")).await;
    let statement = long("stmt-1", 30).with(|statement| statement.page = 10);
    let whole = statement.clone();
    world
        .announce_after(&statement, move |call, _| {
            let mut members = whole.told(call);
            if call.get("eventOffset").is_none() {
                members["nextEventOffset"] = json!(20);
            }
            Some(Told::Members(members))
        })
        .await;
    let shown = world.reaches("stmt-1", "Disputed").await;
    assert_eq!((&shown["totals"]["events"], &shown["totals"]["addsUp"]), (&json!(20), &json!(false)));
    let refused = world.accept("ann", "stmt-1", &json!({"reasons": {"unknown": "new shop"}})).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
}

/// A next offset that does not go on, or a page with nothing on it that names another one, is refused, not followed.
#[actix_web::test]
async fn rem_2_a_next_offset_that_does_not_move_is_refused_and_not_followed() {
    let world = office(account("")).await;
    for (number, next) in [10_u64, 9, 0].into_iter().enumerate() {
        let id = format!("stmt-{number}");
        let statement = long(&id, 30).with(|statement| statement.page = 10).earlier(i64::try_from(number).unwrap());
        let whole = statement.clone();
        world
            .announce_after(&statement, move |call, _| {
                let mut members = whole.told(call);
                if call["eventOffset"] == 10 {
                    members["nextEventOffset"] = json!(next);
                }
                Some(Told::Members(members))
            })
            .await;
        // Once; then slowly, and not for ever.
        world.google.statements.calls("remittanceStatementDetails", &id, 2).await;
        // The second page is asked for ahead, while the first is still being stored.
        until("the first page is stored", async || {
            let shown = world.json(&format!("statements/{id}")).await;
            (shown["progress"]["fetchedEvents"] == 10).then_some(())
        })
        .await;
        for _ in 0..5 {
            world.pass(MINUTE);
            let shown = world.json(&format!("statements/{id}")).await;
            assert_eq!((&shown["state"], &shown["progress"]["fetchedEvents"]), (&json!("Fetching"), &json!(10)));
        }
        assert_eq!(world.google.statements.heard("remittanceStatementDetails", &id).len(), 2, "not endless");
        let shown = world.passes_until(&id, "Disputed").await;
        assert_eq!((&shown["totals"]["events"], &shown["totals"]["addsUp"]), (&json!(10), &json!(false)));
    }
}

impl World {
    /// As [`World::announce`], but for the details that `first` answers otherwise.
    pub(super) async fn announce_after(
        &self,
        statement: &Statement,
        first: impl Fn(&Value, usize) -> Option<Told> + Send + Sync + 'static,
    ) -> Called {
        let told = statement.clone();
        self.google.statements.details(&statement.id, move |call, before| {
            first(call, before).unwrap_or_else(|| Told::Members(told.told(call)))
        });
        let called = self.call("remittanceStatementNotification", &statement.notification(self.peer())).await;
        assert_eq!(called.status(), 200);
        called
    }

    /// Lets time pass until it is in this state.
    pub(super) async fn passes_until(&self, id: &str, state: &str) -> Value {
        until(&format!("{id} is {state}"), async || {
            self.pass(MINUTE);
            let shown = self.json(&format!("statements/{id}")).await;
            (shown["state"] == state).then_some(shown)
        })
        .await
    }
}
