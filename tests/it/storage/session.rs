//! Sessions, failures and credentials as rows.

use roundtrip::domain::{Hands, Language, Role, Timestamp, UserName};
use roundtrip::storage::{Failures, Managed, NewUser, PasswordFrom, Proof, SessionRow, SessionStage};

use super::fixture::{Home, NOW};
use super::on_both;

on_both! {
    con_1_a_session_goes_on_in_place_of_another => con_1_session_replaces_sqlite, con_1_session_replaces_postgres;
    con_1_sessions_end_with_role_password_factor_and_user => con_1_session_ends_sqlite, con_1_session_ends_postgres;
    con_1_a_sign_in_under_way_ends_with_the_password_that_it_proved => con_1_session_proof_sqlite, con_1_session_proof_postgres;
    con_1_a_step_is_used_once => con_1_session_step_once_sqlite, con_1_session_step_once_postgres;
    con_1_failures_count_what_stands => con_1_session_failures_sqlite, con_1_session_failures_postgres;
    con_1_a_second_factor_is_confirmed_as_it_was_offered => con_1_session_factor_sqlite, con_1_session_factor_postgres;
    con_1_an_unknown_stage_is_a_named_error => con_1_session_stage_sqlite, con_1_session_stage_postgres;
}

fn name(text: &str) -> UserName {
    UserName::parse(text).unwrap()
}

fn session(id: u8, user: &str) -> SessionRow {
    SessionRow {
        id: [id; 32],
        user: name(user),
        stage: SessionStage::Full,
        created_at: NOW,
        seen_at: NOW,
        expires_at: NOW.plus_millis(10_000),
    }
}

async fn add(home: &Home, user: &str) {
    let new = NewUser { name: name(user), role: Role::Finance, created_at: NOW };
    assert!(home.store.create_user(new).await.unwrap());
    assert!(home.store.set_password(&name(user), "hash", PasswordFrom::Shell(NOW)).await.unwrap());
}

/// The password of everybody here.
const PROOF: Proof<'_> = Proof::Password("hash");

async fn con_1_a_session_goes_on_in_place_of_another(home: &Home) {
    let store = &home.store;
    add(home, "ada").await;
    add(home, "ben").await;
    let first = SessionRow { stage: SessionStage::SecondFactor, ..session(1, "ada") };
    assert!(store.begin_session(first.clone(), PROOF).await.unwrap());
    assert_eq!(store.find_session(&[1; 32]).await.unwrap(), Some(first));
    assert!(store.begin_session(session(2, "ada"), Proof::Session([1; 32])).await.unwrap());
    assert_eq!(store.find_session(&[1; 32]).await.unwrap(), None);
    assert!(
        !store.begin_session(session(3, "ada"), Proof::Session([1; 32])).await.unwrap(),
        "what is over goes on nowhere"
    );
    assert_eq!(store.find_session(&[3; 32]).await.unwrap(), None);

    store.touch_session(&[2; 32], NOW.plus_millis(5)).await.unwrap();
    store.touch_session(&[2; 32], NOW.plus_millis(4)).await.unwrap();
    assert_eq!(store.find_session(&[2; 32]).await.unwrap().unwrap().seen_at, NOW.plus_millis(5));
    assert!(store.end_session(&[2; 32]).await.unwrap());
    assert!(!store.end_session(&[2; 32]).await.unwrap());

    store.begin_session(session(4, "ada"), PROOF).await.unwrap();
    let later = NOW.plus_millis(10_000);
    let later = SessionRow { created_at: later, seen_at: later, expires_at: later.plus_millis(1), ..session(5, "ben") };
    store.begin_session(later, PROOF).await.unwrap();
    assert_eq!(store.find_session(&[4; 32]).await.unwrap(), None, "what is over is removed");
}

async fn con_1_a_sign_in_under_way_ends_with_the_password_that_it_proved(home: &Home) {
    let (store, ada) = (&home.store, name("ada"));
    add(home, "ada").await;
    let first = SessionRow { stage: SessionStage::SecondFactor, ..session(1, "ada") };
    assert!(store.begin_session(first, PROOF).await.unwrap());
    // Given anew while the old one was being looked at.
    assert!(store.set_password(&ada, "another", PasswordFrom::Shell(NOW)).await.unwrap());
    assert!(!store.begin_session(session(2, "ada"), PROOF).await.unwrap());
    assert!(!store.begin_session(session(2, "ada"), Proof::Session([1; 32])).await.unwrap());
    assert_eq!(store.find_session(&[2; 32]).await.unwrap(), None);
    assert!(store.begin_session(session(2, "ada"), Proof::Password("another")).await.unwrap());
    assert!(store.disable_user(&ada, NOW).await.unwrap());
    assert!(!store.begin_session(session(3, "ada"), Proof::Password("another")).await.unwrap());
    assert!(!store.begin_session(session(3, "nobody"), PROOF).await.unwrap());
    let secret = Proof::Password("$argon2id$");
    assert!(!format!("{secret:?}").contains("argon2id"));
}

async fn con_1_sessions_end_with_role_password_factor_and_user(home: &Home) {
    let store = &home.store;
    add(home, "ada").await;
    add(home, "ben").await;
    store.begin_session(session(9, "ben"), PROOF).await.unwrap();
    let there = async || {
        let gone = store.find_session(&[1; 32]).await.unwrap().is_none();
        store.end_sessions(&name("ada")).await.unwrap();
        store.begin_session(session(1, "ada"), PROOF).await.unwrap();
        !gone
    };
    assert!(!there().await);
    assert!(there().await, "it stays until something happens");
    assert_eq!(store.set_role(&name("ada"), Role::Viewer).await.unwrap(), Managed::Done);
    assert!(!there().await, "another role");
    assert!(store.set_password(&name("ada"), "hash", PasswordFrom::Shell(NOW)).await.unwrap());
    assert!(!there().await, "another password");
    assert!(store.reset_second_factor(&name("ada"), &Hands::none()).await.unwrap());
    assert!(!there().await, "no second factor any more");
    let late = PasswordFrom::Owner { at: NOW, before: "not it" };
    assert!(!store.set_password(&name("ada"), "other", late).await.unwrap());
    assert!(there().await, "what changed nothing ended nothing");
    assert!(store.disable_user(&name("ada"), NOW).await.unwrap());
    assert!(!there().await, "no user any more");
    for (who, role) in [("ada", Role::Admin), ("ada", Role::Viewer), ("eve", Role::Admin), ("eve", Role::Viewer)] {
        assert_eq!(store.set_role(&name(who), role).await.unwrap(), Managed::Unknown, "of nobody who is enabled");
    }
    assert!(!store.set_password(&name("ada"), "other", PasswordFrom::Given(&Hands::none())).await.unwrap());
    assert!(!there().await, "and nothing begins");
    assert!(store.find_session(&[9; 32]).await.unwrap().is_some(), "others stay");
    store.set_language(&name("ben"), Language::German).await.unwrap();
    let ada = store.credentials(&name("ada")).await.unwrap().unwrap();
    assert_eq!((ada.user.role, ada.password_hash.as_deref()), (Role::Viewer, Some("hash")));
    assert_eq!((ada.user.has_password, ada.user.password_changed_at), (true, Some(NOW)));
    assert!(!format!("{ada:?}").contains("hash\""), "{ada:?}");
    assert_eq!(store.find_user(&name("ben")).await.unwrap().unwrap().language, Some(Language::German));
}

async fn con_1_a_step_is_used_once(home: &Home) {
    add(home, "ada").await;
    let uses: Vec<_> = (0..8)
        .map(|_| {
            let store = home.store.clone();
            tokio::spawn(async move { store.use_step(&name("ada"), 100).await.unwrap() })
        })
        .collect();
    let mut used = 0;
    for one in uses {
        used += u32::from(one.await.unwrap());
    }
    assert_eq!(used, 1, "of several at once one is let through");
    assert!(!home.store.use_step(&name("ada"), 99).await.unwrap(), "nor an earlier one");
    assert!(home.store.use_step(&name("ada"), 101).await.unwrap());
}

async fn con_1_failures_count_what_stands(home: &Home) {
    let store = &home.store;
    let at = |count, millis| Failures { count, last: NOW.plus_millis(millis) };
    let stands = async || store.failures(&[1; 32]).await.unwrap();
    assert_eq!(stands().await, None);
    assert!(store.note_failures(&[1; 32], None, at(1, 0)).await.unwrap());
    assert!(!store.note_failures(&[1; 32], None, at(1, 0)).await.unwrap(), "somebody was first");
    assert!(!store.note_failures(&[1; 32], Some(at(1, 1)), at(2, 2)).await.unwrap());
    assert!(store.note_failures(&[1; 32], Some(at(1, 0)), at(2, 5)).await.unwrap());
    assert_eq!(stands().await, Some(at(2, 5)));
    store.note_failures(&[2; 32], None, at(1, 9)).await.unwrap();
    assert_eq!(store.forget_failures(Timestamp::from_millis(NOW.as_millis() + 9)).await.unwrap(), 1);
    assert_eq!(stands().await, None);
    store.clear_failures(&[2; 32]).await.unwrap();
    assert_eq!(store.failures(&[2; 32]).await.unwrap(), None);
}

async fn con_1_a_second_factor_is_confirmed_as_it_was_offered(home: &Home) {
    let store = &home.store;
    let ada = name("ada");
    add(home, "ada").await;
    assert!(store.offer_second_factor(&ada, "one").await.unwrap());
    assert!(store.offer_second_factor(&ada, "two").await.unwrap());
    assert!(!store.confirm_second_factor(&ada, ("one", "sealed"), 7).await.unwrap(), "another one is offered");
    assert!(store.confirm_second_factor(&ada, ("two", "sealed"), 7).await.unwrap());
    assert!(!store.confirm_second_factor(&ada, ("two", "sealed"), 8).await.unwrap());
    assert!(!store.offer_second_factor(&ada, "three").await.unwrap(), "there is one");
    let known = store.credentials(&ada).await.unwrap().unwrap();
    assert_eq!((known.totp_secret.as_deref(), known.totp_pending.as_deref()), (Some("sealed"), None));
    assert!(!store.use_step(&ada, 7).await.unwrap(), "the code that proved it is used up");
    assert!(store.reset_second_factor(&ada, &Hands::none()).await.unwrap());
    assert!(!store.find_user(&ada).await.unwrap().unwrap().has_second_factor);
    assert!(store.offer_second_factor(&ada, "four").await.unwrap());
}

async fn con_1_an_unknown_stage_is_a_named_error(home: &Home) {
    add(home, "ada").await;
    home.store.begin_session(session(1, "ada"), PROOF).await.unwrap();
    home.tamper("UPDATE sessions SET stage = 'emperor'").await;
    let error = home.store.find_session(&[1; 32]).await.unwrap_err().to_string();
    assert!(error.contains("sessions.stage of ada") && error.contains("emperor"), "{error}");
}
