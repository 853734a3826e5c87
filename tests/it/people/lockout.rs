//! Lockout with backoff, and what a refusal tells.

use roundtrip::domain::{Hands, Role};
use roundtrip::people::{SecondFactor, Stage};
use roundtrip::ports::Clock as _;

use super::{House, PASSWORD, is_wrong, locked_s, name};
use crate::storage::fixture::Home;
use crate::storage::on_both;

on_both! {
    con_1_five_failures_lock_a_name_longer_each_time => con_1_people_lockout_sqlite, con_1_people_lockout_postgres;
    con_1_codes_are_not_guessed_behind_a_right_password => con_1_people_codes_sqlite, con_1_people_codes_postgres;
    con_1_attempts_at_once_are_no_more_than_in_a_row => con_1_people_at_once_sqlite, con_1_people_at_once_postgres;
    con_1_a_refusal_tells_nothing => con_1_people_refusal_sqlite, con_1_people_refusal_postgres;
}

async fn con_1_five_failures_lock_a_name_longer_each_time(home: &Home) {
    let house = House::with(home, SecondFactor::Optional).await;
    for given in ["ada", "Ada", "ADA", " ada ", "ada"] {
        assert!(is_wrong(&house.password(given, "wrong wrong wrong").await), "{given}");
    }
    assert_eq!(locked_s(&house.password("ada", PASSWORD).await), Some(30), "not even the right one is looked at");
    house.clock.advance(29_001);
    assert_eq!(locked_s(&house.password("aDa", PASSWORD).await), Some(1), "nor does asking make it longer");
    house.clock.advance(999);
    assert!(is_wrong(&house.password("ada", "wrong wrong wrong").await));
    assert_eq!(locked_s(&house.password("ada", PASSWORD).await), Some(60));
    house.clock.advance(60_000);
    assert_eq!(house.password("ada", PASSWORD).await.unwrap().stage, Stage::Full);
    assert!(is_wrong(&house.password("ada", "wrong wrong wrong").await), "a success clears what was before it");
    assert!(house.password("ada", PASSWORD).await.is_ok());
}

async fn con_1_codes_are_not_guessed_behind_a_right_password(home: &Home) {
    let house = House::with(home, SecondFactor::Required).await;
    let (totp, _) = house.enrolled().await;
    house.clock.advance(60_000);
    for _ in 0..5 {
        // The right password each time: it does not clear what the codes count.
        let session = house.first_step().await;
        assert!(is_wrong(&house.people.second_factor(&session, "12345x", None).await));
    }
    assert_eq!(locked_s(&house.password("ada", PASSWORD).await), Some(30));
    house.clock.advance(30_000);
    let session = house.first_step().await;
    let new = house.people.second_factor(&session, &totp.code_at(house.clock.now()), None).await.unwrap();
    assert_eq!(new.stage, Stage::Full);
    house.clock.advance(60_000);
    let session = house.first_step().await;
    assert!(is_wrong(&house.people.second_factor(&session, "12345x", None).await), "the first in a row again");
    assert!(house.people.second_factor(&session, &totp.code_at(house.clock.now()), None).await.is_ok());
}

async fn con_1_attempts_at_once_are_no_more_than_in_a_row(home: &Home) {
    let house = House::with(home, SecondFactor::Required).await;
    let _enrolled = house.enrolled().await;
    house.clock.advance(60_000);
    let session = house.first_step().await;
    let guesses: Vec<_> = (0..20)
        .map(|_| {
            let (people, session) = (house.people.clone(), session.clone());
            tokio::spawn(async move { people.second_factor(&session, "12345x", None).await })
        })
        .collect();
    let mut looked_at = 0;
    for guess in guesses {
        looked_at += u32::from(is_wrong(&guess.await.unwrap()));
    }
    assert!((1..=5).contains(&looked_at), "{looked_at}");
    assert!(locked_s(&house.password("ada", PASSWORD).await).is_some());
}

async fn con_1_a_refusal_tells_nothing(home: &Home) {
    let house = House::with(home, SecondFactor::Optional).await;
    house.people.add_user(name("ben"), Role::Viewer, &Hands::none()).await.unwrap();
    house.people.add_user(name("carl"), Role::Viewer, &Hands::none()).await.unwrap();
    house.people.set_password(&name("carl"), &super::secret(PASSWORD)).await.unwrap();
    house.people.disable_user(&name("carl")).await.unwrap();
    // Wrong password, none, disabled, nobody's name, no name at all.
    let given = ["ada", "ben", "carl", "eve", "", "a\u{7}b", &"x".repeat(5_000)];
    for given in given {
        let password = if given == "ada" { "wrong wrong wrong" } else { PASSWORD };
        for attempt in 1..=5 {
            let refused = house.password(given, password).await;
            assert!(is_wrong(&refused), "{given} {attempt}");
        }
        assert_eq!(locked_s(&house.password(given, password).await), Some(30), "{given}: who is nobody is locked too");
    }
    let noted = house.noted().await;
    assert_eq!(noted.len(), given.len() * 5, "{noted:?}");
    assert!(noted.iter().all(|(actor, _, outcome)| actor == "anybody" && *outcome == "refused"));
    let subjects: Vec<_> = noted.iter().map(|(_, subject, _)| subject.as_str()).step_by(5).collect();
    assert_eq!(
        subjects,
        ["ada", "ben", "", "", "", "", ""],
        "what was typed for a name is not kept: it may be a password"
    );
}
