//! Sessions: their tokens, and when they are over.

use roundtrip::domain::{Language, Role};
use roundtrip::people::{People, SecondFactor, Stage};

use super::{ABSOLUTE_MS, House, IDLE_MS, PASSWORD, is_wrong, name};
use crate::storage::fixture::{Home, NOW};
use crate::storage::on_both;

on_both! {
    con_1_every_step_has_a_token_of_its_own => con_1_people_rotation_sqlite, con_1_people_rotation_postgres;
    con_1_a_session_ends_when_unused_and_when_old => con_1_people_timeouts_sqlite, con_1_people_timeouts_postgres;
    con_1_a_sign_in_is_finished_soon => con_1_people_unfinished_sqlite, con_1_people_unfinished_postgres;
    con_1_sessions_know_their_user_as_of_now => con_1_people_as_of_now_sqlite, con_1_people_as_of_now_postgres;
    con_1_a_sign_in_that_cannot_be_noted_is_none => con_1_people_noted_sqlite, con_1_people_noted_postgres;
}

async fn con_1_every_step_has_a_token_of_its_own(home: &Home) {
    let house = House::with(home, SecondFactor::Required).await;
    let first = house.password("ada", PASSWORD).await.unwrap();
    assert_eq!((first.stage, first.token.len()), (Stage::Enrol, 43));
    assert!(!format!("{first:?}").contains(&first.token));
    let session = house.session(&first).await.unwrap();
    let (_, full) = house.enrolled().await;
    assert_ne!(first.token, full.token);
    assert!(is_wrong(&house.people.enrol(&session, "000000", None).await));

    house.clock.advance(60_000);
    let before = house.password("ada", PASSWORD).await.unwrap();
    let session = house.session(&before).await.unwrap();
    let secret = house.store.credentials(&name("ada")).await.unwrap().unwrap();
    assert!(secret.user.has_second_factor);
    assert_eq!(session.stage, Stage::SecondFactor);
    // What was handed out at one step is worth nothing after it.
    house.people.sign_out(&session).await.unwrap();
    assert!(house.session(&before).await.is_none());
    assert!(is_wrong(&house.people.second_factor(&session, "000000", None).await));
    assert!(house.session(&full).await.is_some(), "other sessions stay");
    assert_eq!(house.people.sign_out_everywhere(&name("ada")).await.unwrap(), 2);
    assert!(house.session(&full).await.is_none() && house.session(&first).await.is_none());
    assert!(house.people.session("").await.unwrap().is_none());
    assert!(house.people.session("nobody's").await.unwrap().is_none());

    let csrf = People::csrf(&full.token);
    assert!(People::csrf_fits(&full.token, &csrf) && !People::csrf_fits(&first.token, &csrf));
    let (actors, outcomes): (Vec<_>, Vec<_>) =
        house.noted().await.into_iter().map(|(actor, _, outcome)| (actor, outcome)).unzip();
    assert_eq!((&actors[0][..], outcomes[0]), ("user:ada", "done"));
}

async fn con_1_a_session_ends_when_unused_and_when_old(home: &Home) {
    let house = House::with(home, SecondFactor::Optional).await;
    let idle = house.password("ada", PASSWORD).await.unwrap();
    house.clock.advance(IDLE_MS - 1);
    assert!(house.session(&idle).await.is_some());
    house.clock.advance(IDLE_MS - 1);
    assert!(house.session(&idle).await.is_some(), "it was used in between");
    house.clock.advance(IDLE_MS);
    assert!(house.session(&idle).await.is_none());
    house.clock.advance(-IDLE_MS);
    assert!(house.session(&idle).await.is_none(), "what is over stays over");

    let old = house.password("ada", PASSWORD).await.unwrap();
    let began = house.session(&old).await.unwrap();
    assert_eq!(began.expires_at.millis_since(began.created_at), ABSOLUTE_MS);
    for _ in 0..ABSOLUTE_MS / (IDLE_MS / 2) - 1 {
        house.clock.advance(IDLE_MS / 2);
        assert!(house.session(&old).await.is_some());
    }
    house.clock.advance(IDLE_MS / 2);
    assert!(house.session(&old).await.is_none(), "however much it was used");
}

async fn con_1_a_sign_in_is_finished_soon(home: &Home) {
    let house = House::with(home, SecondFactor::Required).await;
    let first = house.password("ada", PASSWORD).await.unwrap();
    house.clock.advance(599_999);
    assert!(house.session(&first).await.is_some());
    house.clock.advance(1);
    assert!(house.session(&first).await.is_none());
}

async fn con_1_sessions_know_their_user_as_of_now(home: &Home) {
    let house = House::with(home, SecondFactor::Optional).await;
    let new = house.password("Ada", PASSWORD).await.unwrap();
    let session = house.session(&new).await.unwrap();
    assert_eq!((session.user.as_str(), session.role, session.created_at), ("ada", Role::Finance, NOW));
    house.people.set_language(&name("ada"), Language::German).await.unwrap();
    assert_eq!(house.session(&new).await.unwrap().language, Some(Language::German));
    // Behind the server's back, so that the session stays.
    home.tamper("UPDATE users SET role = 'viewer'").await;
    assert_eq!(house.session(&new).await.unwrap().role, Role::Viewer);
    home.tamper("UPDATE users SET disabled_ms = 1").await;
    assert!(house.session(&new).await.is_none());
}

async fn con_1_a_sign_in_that_cannot_be_noted_is_none(home: &Home) {
    let house = House::with(home, SecondFactor::Optional).await;
    let raw = home.raw().await;
    sea_orm::ConnectionTrait::execute_unprepared(&raw, "ALTER TABLE audit_log RENAME TO audit_log_gone").await.unwrap();
    raw.close().await.unwrap();
    let refused = house.password("ada", PASSWORD).await;
    assert!(matches!(refused, Err(roundtrip::people::SignInRefused::Unavailable(_))), "{refused:?}");
}
