//! Bearer tokens of the admin API.

use roundtrip::storage::NewApiToken;
use uuid::Uuid;

use super::fixture::{Home, NOW};
use super::on_both;

on_both! {
    tokens_are_found_by_digest_until_revoked => tokens_found_until_revoked_sqlite, tokens_found_until_revoked_postgres;
}

fn token(id: u128, digest: u8) -> NewApiToken {
    NewApiToken {
        id: Uuid::from_u128(id),
        name: "nightly export".to_owned(),
        scopes: "payments:read,reports:read".to_owned(),
        user_name: (id == 2).then(|| "ada".to_owned()),
        sha256: [digest; 32],
        created_at: NOW,
    }
}

async fn tokens_are_found_by_digest_until_revoked(home: &Home) {
    let store = &home.store;
    store.create_token(token(1, 1)).await.unwrap();
    store.create_token(token(2, 2)).await.unwrap();
    assert!(store.create_token(token(3, 2)).await.is_err(), "one digest, one token");
    let found = store.find_token(&[2; 32]).await.unwrap().unwrap();
    assert_eq!((found.id, found.user_name.as_deref()), (Uuid::from_u128(2), Some("ada")));
    assert_eq!((found.scopes.as_str(), found.revoked_at), ("payments:read,reports:read", None));
    assert_eq!(store.find_token(&[9; 32]).await.unwrap(), None);

    assert!(store.revoke_token(found.id, NOW.plus_millis(1)).await.unwrap());
    assert!(!store.revoke_token(found.id, NOW.plus_millis(2)).await.unwrap());
    assert_eq!(store.find_token(&[2; 32]).await.unwrap(), None);
    let all = store.tokens().await.unwrap();
    assert_eq!(all.iter().map(|token| token.revoked_at).collect::<Vec<_>>(), [None, Some(NOW.plus_millis(1))]);
}
