//! Refunds of one payment at the same time (checklist REF-3), on both databases and on several nodes.

use futures_util::future::join_all;
use serde_json::json;

use super::{MINOR, PAID};
use crate::harness::settings::Engine;
use crate::harness::{Called, Setup, World, until};

/// Orders until it is answered: 409 and 503 ask to be tried again.
async fn order(world: &World, node: usize, id: &str, micros: i64) -> Called {
    until("an answer", async || {
        let request = world.peer().refund_request(id, "rq-0001", (micros, "INR"));
        let node = &world.nodes[node % world.nodes.len()].public;
        let called = world.peer().call(&world.browser, node, "asynchronousRefund", &request).await;
        (!matches!(called.status(), 409 | 503)).then_some(called)
    })
    .await
}

/// 64 orders of `micros` at once: `fit` of them are acknowledged and carried out, all others are refused.
async fn race(world: World, micros: i64, fit: usize) {
    let visit = world.paid("rq-0001").await;
    let orders = (0..64_usize).map(async |number| {
        let id = format!("rf-{number}");
        (order(&world, number, &id, micros).await, id)
    });
    let (accepted, refused): (Vec<_>, Vec<_>) =
        join_all(orders).await.into_iter().partition(|(called, _)| called.status() == 200);
    assert_eq!(accepted.len(), fit);
    for (called, id) in &refused {
        assert_eq!((called.status(), called.error().as_str()), (400, "preconditionViolation"), "{id}");
    }
    for (called, id) in &accepted {
        assert_eq!(called.ok()["result"], json!({"acknowledged": {}}));
        assert_eq!(world.google.result(id).await.clear["result"], json!({"success": {}}));
    }
    // What was acknowledged is acknowledged again, by any node, and what was refused is refused again.
    assert_eq!(order(&world, 1, &accepted[0].1, micros).await.status(), 200);
    assert_eq!(order(&world, 0, &refused[0].1, micros).await.status(), 400);
    let rest = PAID - micros * i64::try_from(fit).unwrap();
    assert_eq!(order(&world, 0, "rf-too-much", rest + MINOR).await.status(), 400);
    let mut expected = vec![micros; fit];
    if rest > 0 {
        assert_eq!(order(&world, 1, "rf-rest", rest).await.status(), 200);
        world.google.result("rf-rest").await;
        expected.push(rest);
    }
    assert_eq!(world.bank().gave_back(&visit), expected);
    for (_, id) in &refused {
        assert!(world.google.results(id).is_empty(), "{id} was never acknowledged");
    }
    let ledger = world.nodes[0].store.ledger_balance().await.unwrap();
    assert!(ledger.is_sound(), "{ledger:?}");
}

#[tokio::test]
async fn ref_3_of_64_refunds_of_60_percent_one_is_acknowledged_on_sqlite() {
    race(Setup::pgp().start().await, 65_940_000, 1).await;
}

#[tokio::test]
async fn ref_3_of_64_refunds_of_60_percent_one_is_acknowledged_on_postgresql() {
    race(Setup::jose().with(|setup| setup.engine = Engine::Postgres).start().await, 65_940_000, 1).await;
}

#[tokio::test]
async fn ref_3_of_64_refunds_of_60_percent_at_two_nodes_one_is_acknowledged() {
    race(Setup::jose().nodes(2).start().await, 65_940_000, 1).await;
}

#[tokio::test]
async fn ref_3_of_64_refunds_of_a_tenth_ten_are_acknowledged() {
    race(Setup::jose().start().await, PAID / 10, 10).await;
    race(Setup::jose().nodes(2).start().await, PAID / 10, 10).await;
}
