//! People, and the tokens that stand for them.

use roundtrip::domain::{Person, Role, UserName};
use roundtrip::storage::{NewApiToken, NewUser};
use uuid::Uuid;

use super::fixture::{Home, NOW};
use super::on_both;

on_both! {
    users_are_added_once_and_disabled_once => users_added_once_sqlite, users_added_once_postgres;
    tokens_of_a_disabled_user_are_worth_nothing => tokens_of_disabled_sqlite, tokens_of_disabled_postgres;
    an_unknown_role_is_a_named_error => unknown_role_sqlite, unknown_role_postgres;
    second_factors_name_the_key_that_sealed_them => con_1_second_factors_name_their_key_sqlite, con_1_second_factors_name_their_key_postgres;
}

fn name(text: &str) -> UserName {
    UserName::parse(text).unwrap()
}

fn user(text: &str, role: Role) -> NewUser {
    NewUser { name: name(text), role, created_at: NOW }
}

async fn users_are_added_once_and_disabled_once(home: &Home) {
    let store = &home.store;
    assert!(store.create_user(user("ben", Role::Finance)).await.unwrap());
    assert!(store.create_user(user("ada", Role::Admin)).await.unwrap());
    assert!(!store.create_user(user("ADA", Role::Viewer)).await.unwrap(), "letter case makes no other person");
    assert!(store.disable_user(&name("ben"), NOW.plus_millis(1)).await.unwrap());
    assert!(!store.disable_user(&name("ben"), NOW.plus_millis(2)).await.unwrap());
    assert!(!store.disable_user(&name("eve"), NOW).await.unwrap());
    assert!(!store.create_user(user("ben", Role::Viewer)).await.unwrap(), "a name stays its owner's");
    let all = store.users().await.unwrap();
    let shown: Vec<_> = all.iter().map(|user| (user.name.as_str(), user.role, user.disabled_at)).collect();
    assert_eq!(shown, [("ada", Role::Admin, None), ("ben", Role::Finance, Some(NOW.plus_millis(1)))]);
    assert_eq!(store.find_user(&name("Ada")).await.unwrap().as_ref(), all.first());
    assert_eq!(store.find_user(&name("eve")).await.unwrap(), None);
}

fn token(digest: u8, user_name: Option<&str>) -> NewApiToken {
    NewApiToken {
        id: Uuid::from_u128(u128::from(digest)),
        name: String::new(),
        scopes: "statements:write".to_owned(),
        user_name: user_name.map(str::to_owned),
        sha256: [digest; 32],
        created_at: NOW,
    }
}

async fn tokens_of_a_disabled_user_are_worth_nothing(home: &Home) {
    let store = &home.store;
    store.create_user(user("ada", Role::Finance)).await.unwrap();
    for (digest, user) in [(1, Some("ada")), (2, Some("Ada")), (3, Some("carol")), (4, None)] {
        store.create_token(token(digest, user)).await.unwrap();
    }
    let person = async |digest: u8| {
        let token = store.find_token(&[digest; 32]).await.unwrap().expect("a good token");
        store.person_of(&token).await.unwrap()
    };
    let ada = Person { name: name("ada"), role: Some(Role::Finance) };
    assert_eq!((person(1).await, person(2).await), (Some(ada.clone()), Some(ada)));
    assert_eq!(person(3).await, Some(Person { name: name("carol"), role: None }));
    assert_eq!(person(4).await, None);

    store.disable_user(&name("ada"), NOW).await.unwrap();
    for digest in [1, 2] {
        assert_eq!(store.find_token(&[digest; 32]).await.unwrap(), None);
    }
    assert!(person(3).await.is_some() && person(4).await.is_none());
}

async fn an_unknown_role_is_a_named_error(home: &Home) {
    home.store.create_user(user("ada", Role::Viewer)).await.unwrap();
    home.tamper("UPDATE users SET role = 'emperor'").await;
    let error = home.store.find_user(&name("ada")).await.unwrap_err().to_string();
    assert!(error.contains("users.role of ada") && error.contains("emperor"), "{error}");
}

async fn second_factors_name_the_key_that_sealed_them(home: &Home) {
    let store = &home.store;
    // The ids of the keys, `k1` and `new`, stand there in base64url.
    for (who, sealed) in [("ada", "t1.azE.AAAA"), ("bob", "t1.bmV3.AAAA"), ("carol", "t1.azE.BBBB")] {
        store.create_user(user(who, Role::Finance)).await.unwrap();
        assert!(store.offer_second_factor(&name(who), "pending").await.unwrap());
        assert!(store.confirm_second_factor(&name(who), ("pending", sealed), 1).await.unwrap());
    }
    store.disable_user(&name("carol"), NOW).await.unwrap();
    assert_eq!(store.second_factors_under("k1").await.unwrap(), [name("ada")]);
    assert_eq!(store.second_factors_under("new").await.unwrap(), [name("bob")]);
    assert_eq!(store.second_factors_under("other").await.unwrap(), []);
}
