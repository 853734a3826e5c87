//! `kill -9` at the worst moments: what was acknowledged stays, what was begun goes on, nothing happens twice.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use roundtrip::crypto::statement_id;
use roundtrip::domain::remittance::Remittance;
use roundtrip::domain::{Machine as _, Piaid, RequestId};
use roundtrip::storage::{LinePage, Store, StoreOptions};
use serde_json::{Value, json};

use super::{Booked, book, hire};
use crate::harness::node::Process;
use crate::harness::remittance::{Statement, Told, captured};
use crate::harness::{Google, Outside, PIAID, Setup, until};

const RUPEE: i64 = 1_000_000;

/// The built binary with everything around it.
struct Scene {
    outside: Outside,
    google: Google,
}

impl Scene {
    async fn new(setup: Setup) -> Self {
        let outside = Outside::new(setup).await;
        let google = Google::start(vec![outside.peer.clone()]);
        Self { outside, google }
    }

    async fn serve(&self) -> Process {
        self.outside.serve(0, &self.google.endpoint(), &[]).await
    }

    async fn store(&self) -> Store {
        Store::open(StoreOptions::new(self.outside.database())).await.unwrap()
    }

    /// The statement's row, looked at from outside.
    async fn row(&self, store: &Store, id: &str) -> Option<&'static str> {
        let id = statement_id(&Piaid::parse(PIAID).unwrap(), &RequestId::parse(id).unwrap());
        store.load::<Remittance>(id).await.unwrap().map(|loaded| Remittance::state_name(&loaded.state))
    }

    async fn announce(&self, statement: &Statement) -> u16 {
        let clear = statement.notification(&self.outside.peer);
        let origin = self.outside.origin(0);
        let method = "remittanceStatementNotification";
        let called = self.outside.peer.call(&self.outside.browser, &origin, method, &clear).await;
        assert_eq!(called.ok()["result"], json!({"accepted": {}}));
        called.status()
    }

    async fn api(&self, path: &str) -> Value {
        let url = format!("{}/api/v1/{path}", self.outside.admin(0));
        let page = self.outside.browser.get_with(url, &[("authorization", "Bearer ann")]).await;
        serde_json::from_slice(&page.body).unwrap_or_default()
    }

    async fn post(&self, path: &str) -> u16 {
        let url = format!("{}/api/v1/{path}", self.outside.admin(0));
        self.outside.browser.post(url, &[("authorization", "Bearer ann")], "{}").await.status
    }

    async fn reaches(&self, id: &str, state: &str) -> Value {
        until(&format!("{id} is {state}"), async || {
            let shown = self.api(&format!("statements/{id}")).await;
            (shown["state"] == state).then_some(shown)
        })
        .await
    }
}

fn events(count: usize) -> Vec<(&'static str, Value)> {
    (0..count).map(|number| captured(&format!("rq-{number}"), RUPEE, 0)).collect()
}

/// Every capture of [`events`] in our books.
async fn book_all(scene: &Scene, count: usize) {
    let ids: Vec<String> = (0..count).map(|number| format!("rq-{number}")).collect();
    let items: Vec<Booked<'_>> = ids.iter().map(|id| Booked::capture(id, RUPEE)).collect();
    for some in items.chunks(500) {
        book(scene.outside.database(), some).await;
    }
}

#[actix_web::test]
async fn rem_1_what_was_acknowledged_survives_and_what_was_not_is_taken_again() {
    let scene = Scene::new(Setup::pgp()).await;
    let mut server = scene.serve().await;
    let store = scene.store().await;
    for number in 0..4 {
        let id = format!("stmt-{number}");
        let statement = Statement::new(&id, 0, Vec::new()).earlier(number);
        // Before anything is announced: the server asks at once, and waits long after a refusal.
        let told = statement.clone();
        scene.google.statements.details(&id, move |call, _| Told::Members(told.told(call)));
        if number % 2 == 0 {
            assert_eq!(scene.announce(&statement).await, 200);
            server.kill();
            assert!(scene.row(&store, &id).await.is_some(), "it is stored before it is acknowledged");
        } else {
            // Killed as soon as the row is there: the acknowledgement may be lost.
            let peer = scene.outside.peer.clone();
            let origin = scene.outside.origin(0);
            let clear = statement.notification(&peer);
            let sealed = peer.seal(&clear, roundtrip::crypto::Carrier::Body);
            let sending = actix_web::rt::spawn(async move {
                let url = format!("{origin}/v1/remittanceStatementNotification");
                let client = reqwest::Client::builder().no_proxy().build().unwrap();
                client.post(url).header("content-type", peer.scheme.content_type()).body(sealed).send().await.is_ok()
            });
            until("the row", async || scene.row(&store, &id).await).await;
            server.kill();
            let _heard_or_not = sending.await.unwrap();
        }
        server = scene.serve().await;
        if number == 0 {
            hire(&store).await;
        }
        assert_eq!(scene.announce(&statement).await, 200, "the retry is answered as the first time");
        scene.reaches(&id, "Matched").await;
    }
    assert_eq!(scene.api("statements").await["statements"].as_array().unwrap().len(), 4);
    let journal = store.verify_journal().await.unwrap();
    assert!(journal.is_sound(), "{journal:?}");
    server.kill();
}

#[actix_web::test]
async fn rem_2_killed_between_pages_it_continues_where_it_stopped() {
    const EVENTS: usize = 60;
    let scene = Scene::new(Setup::pgp()).await;
    let mut server = scene.serve().await;
    let store = scene.store().await;
    hire(&store).await;
    book_all(&scene, EVENTS).await;
    let statement =
        Statement::new("stmt-1", RUPEE * EVENTS as i64, events(EVENTS)).with(|statement| statement.page = 10);
    // Pages from here on are not answered yet.
    let open = Arc::new(AtomicU64::new(0));
    let (told, shut) = (statement.clone(), open.clone());
    scene.google.statements.details("stmt-1", move |call, _| {
        let offset = call["eventOffset"].as_u64().unwrap_or(0);
        if offset > shut.load(Ordering::SeqCst) { Told::Nothing } else { Told::Members(told.told(call)) }
    });
    scene.announce(&statement).await;
    for offset in [0, 10, 20, 40] {
        open.store(offset, Ordering::SeqCst);
        until("the page is stored", async || {
            let shown = scene.api("statements/stmt-1").await;
            (shown["progress"]["fetchedEvents"] == offset + 10).then_some(())
        })
        .await;
        server.kill();
        server = scene.serve().await;
    }
    open.store(u64::MAX, Ordering::SeqCst);
    let shown = scene.reaches("stmt-1", "Matched").await;
    assert_eq!(shown["totals"]["events"], EVENTS, "nothing lost, nothing twice");
    let calls = scene.google.statements.heard("remittanceStatementDetails", "stmt-1");
    let first = calls.iter().filter(|heard| heard.clear.get("eventOffset").is_none()).count();
    assert_eq!(first, 1, "it does not begin anew");
    let asked = |heard: &crate::harness::remittance::Heard| {
        (heard.clear["eventOffset"].to_string(), heard.clear["requestHeader"]["requestId"].to_string())
    };
    let asked: BTreeSet<(String, String)> = calls.iter().map(asked).collect();
    assert_eq!(asked.len(), EVENTS / 10, "each page under one request id, however often it was asked for");
    let id = statement_id(&Piaid::parse(PIAID).unwrap(), &RequestId::parse("stmt-1").unwrap());
    let lines = store.stated_events(LinePage { statement: id, after: 0, limit: 1_000 }).await.unwrap();
    let ids: Vec<String> = lines.into_iter().map(|(_, event)| event.request_id).collect();
    assert_eq!(ids, (0..EVENTS).map(|number| format!("rq-{number}")).collect::<Vec<_>>());
    server.kill();
}

/// Killed again and again in the middle of judging, it comes to the same result.
async fn judged_through_kills(setup: Setup) {
    const EVENTS: usize = 12_000;
    let scene = Scene::new(setup).await;
    let mut server = scene.serve().await;
    let store = scene.store().await;
    hire(&store).await;
    book_all(&scene, EVENTS - 5).await;
    let statement = Statement::new("stmt-1", RUPEE * EVENTS as i64, events(EVENTS));
    let told = statement.clone();
    scene.google.statements.details("stmt-1", move |call, _| Told::Members(told.told(call)));
    scene.announce(&statement).await;
    scene.reaches("stmt-1", "Disputed").await;
    for _ in 0..4 {
        assert_eq!(scene.post("statements/stmt-1/reconcile").await, 202);
        server.kill();
        assert_eq!(scene.row(&store, "stmt-1").await, Some("Reconciling"), "killed in the middle");
        server = scene.serve().await;
        let shown = scene.reaches("stmt-1", "Disputed").await;
        let sums = [&shown["findings"]["matched"]["count"], &shown["findings"]["unknown"]["count"]];
        assert_eq!(sums, [EVENTS - 5, 5]);
        let found = scene.api("statements/stmt-1/findings?limit=1000").await;
        let lines: Vec<u64> =
            found["findings"].as_array().unwrap().iter().map(|one| one["line"].as_u64().unwrap()).collect();
        assert_eq!(lines, (EVENTS as u64 - 4..=EVENTS as u64).collect::<Vec<_>>());
        assert_eq!(shown["missing"], json!({}), "everything of ours stays listed");
    }
    server.kill();
}

#[actix_web::test]
async fn killed_while_judging_it_finds_the_same_on_sqlite() {
    judged_through_kills(Setup::pgp()).await;
}

#[actix_web::test]
async fn killed_while_judging_it_finds_the_same_on_postgres() {
    judged_through_kills(Setup::pgp().nodes(1)).await;
}

#[actix_web::test]
async fn rem_3_killed_while_accepting_it_accepts_once() {
    let scene = Scene::new(Setup::pgp()).await;
    let mut server = scene.serve().await;
    let store = scene.store().await;
    hire(&store).await;
    book_all(&scene, 3).await;
    let statement = Statement::new("stmt-1", 3 * RUPEE, events(3));
    let told = statement.clone();
    scene.google.statements.details("stmt-1", move |call, _| Told::Members(told.told(call)));
    // The first calls reach Google, but no answer comes back.
    scene.google.statements.accepting(|_, before| match before {
        0..3 => Told::Nothing,
        _ => Told::Members(json!({"result": {"success": {}}})),
    });
    scene.announce(&statement).await;
    scene.reaches("stmt-1", "Matched").await;
    assert_eq!(scene.post("statements/stmt-1/accept").await, 202);
    for calls in 1..=3 {
        scene.google.statements.calls("acceptRemittanceStatement", "stmt-1", calls).await;
        server.kill();
        assert_eq!(scene.row(&store, "stmt-1").await, Some("Accepted"));
        server = scene.serve().await;
        assert_eq!(scene.post("statements/stmt-1/accept").await, 202, "accepting again is harmless");
    }
    until("Google has acknowledged", async || {
        let shown = scene.api("statements/stmt-1").await;
        (shown["acceptance"]["toldGoogle"] == true).then_some(())
    })
    .await;
    let calls = scene.google.statements.heard("acceptRemittanceStatement", "stmt-1");
    let ids: BTreeSet<String> =
        calls.iter().map(|heard| heard.clear["requestHeader"]["requestId"].to_string()).collect();
    assert_eq!(ids.len(), 1, "one acceptance, however often it was sent");
    let ledger = store.ledger_balance().await.unwrap();
    assert!(ledger.is_sound(), "{ledger:?}");
    server.kill();
}
