//! The schema: up, down, up; older and newer than the binary.

use roundtrip::storage::StorageError;

use super::fixture::{Home, Payment, approved, open};

#[tokio::test]
async fn schema_goes_up_down_up_sqlite() {
    up_down_up(&Home::empty_sqlite().await).await;
}

#[tokio::test]
async fn schema_goes_up_down_up_postgres() {
    up_down_up(&Home::empty_postgres().await).await;
}

async fn up_down_up(home: &Home) {
    let store = &home.store;
    assert!(!store.is_current().await.unwrap());
    let Err(StorageError::SchemaOlder { pending }) = store.require_current().await else { panic!("an empty database") };
    let all = pending.len();
    assert!(all >= 2, "{pending:?}");
    store.migrate_up().await.unwrap();
    store.require_current().await.unwrap();
    store.migrate_up().await.unwrap();
    Payment::started(store).await;

    store.migrate_down(Some(1)).await.unwrap();
    let states = store.migration_status().await.unwrap();
    assert_eq!(states.iter().filter(|state| state.applied).count(), all - 1);
    assert!(!store.is_current().await.unwrap());
    store.migrate_up().await.unwrap();
    Payment::started(store).await;
    store.migrate_down(None).await.unwrap();
    let states = store.migration_status().await.unwrap();
    assert_eq!(states.iter().filter(|state| state.applied).count(), 0);
    store.migrate_up().await.unwrap();
    assert_eq!(store.verify_journal().await.unwrap().transactions, 0);
    Payment::started(store).await;
}

#[tokio::test]
async fn schema_lists_what_was_paid_before_it_sqlite() {
    lists_what_was_paid(&Home::sqlite().await).await;
}

#[tokio::test]
async fn schema_lists_what_was_paid_before_it_postgres() {
    lists_what_was_paid(&Home::postgres().await).await;
}

/// Payments of a server that knew no statements yet will be on Google's all the same.
async fn lists_what_was_paid(home: &Home) {
    let store = &home.store;
    let mut payment = Payment::at_issuer(store).await;
    payment.step(store, approved()).await;
    let (piaid, request_id) = (&payment.google().piaid, payment.google().request_id.as_str());
    let ours =
        async || store.ours(piaid, (payment.id, payment.terms.amount.currency()), &[request_id]).await.unwrap().items;
    let before = ours().await;
    assert_eq!(before[request_id].0.our_id, payment.id.to_string());

    let newer = store.migration_status().await.unwrap().len() as u32 - 2;
    store.migrate_down(Some(newer)).await.unwrap();
    store.migrate_up().await.unwrap();
    assert_eq!(ours().await, before);
    assert_eq!(store.ledger_disagreements().await.unwrap(), []);
}

#[tokio::test]
async fn schema_newer_than_the_binary_is_refused_sqlite() {
    newer(&Home::sqlite().await).await;
}

#[tokio::test]
async fn schema_newer_than_the_binary_is_refused_postgres() {
    newer(&Home::postgres().await).await;
}

async fn newer(home: &Home) {
    home.tamper("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_later', 1)").await;
    let later = ["m29990101_000001_later".to_owned()];
    let Err(StorageError::SchemaNewer { unknown }) = home.store.require_current().await else { panic!("newer") };
    assert_eq!(unknown, later);
    let refused = home.store.migrate_up().await;
    assert!(matches!(refused, Err(StorageError::SchemaNewer { .. })), "{refused:?}");
    let refused = home.store.migrate_down(None).await;
    assert!(matches!(refused, Err(StorageError::SchemaNewer { .. })), "{refused:?}");
    let states = home.store.migration_status().await.unwrap();
    let last = states.last().unwrap();
    assert_eq!((last.name.as_str(), last.applied, last.known), (later[0].as_str(), true, false));
    Payment::started(&home.store).await;
}

#[tokio::test]
async fn schema_changes_on_many_nodes_at_once_postgres() {
    let home = Home::empty_postgres().await;
    let mut nodes = Vec::new();
    for _ in 0..4 {
        let store = open(&home.url).await;
        nodes.push(tokio::spawn(async move { store.migrate_up().await }));
    }
    for node in nodes {
        node.await.unwrap().unwrap();
    }
    home.store.require_current().await.unwrap();
}
