//! Browsers that are known: who guesses at a name keeps nobody out who has signed in before.

use roundtrip::domain::{Hands, Role};
use roundtrip::people::{NewSession, SecondFactor, SignInRefused, Stage};
use roundtrip::ports::Clock as _;

use super::{House, PASSWORD, is_wrong, keys, locked_s, name, people, secret};
use crate::storage::fixture::Home;
use crate::storage::on_both;

on_both! {
    con_1_a_locked_name_signs_in_from_its_known_browser => con_1_people_known_sqlite, con_1_people_known_postgres;
    con_1_every_step_counts_under_the_known_browser => con_1_people_known_steps_sqlite, con_1_people_known_steps_postgres;
    con_1_a_mark_is_good_for_one_name_and_one_password => con_1_people_known_alien_sqlite, con_1_people_known_alien_postgres;
    con_1_a_known_browser_has_no_more_attempts_than_a_name => con_1_people_known_bound_sqlite, con_1_people_known_bound_postgres;
}

const WRONG: &str = "wrong wrong wrong";
const OTHER: &str = "another horse's stable";

async fn from(house: &House, mark: &str, password: &str) -> Result<NewSession, SignInRefused> {
    house.people.password("ada", &secret(password), Some(mark)).await
}

/// What the browser keeps after a whole sign-in.
async fn mark(house: &House) -> String {
    let new = house.password("ada", PASSWORD).await.unwrap();
    assert!(!format!("{new:?}").contains(new.browser.as_deref().unwrap()));
    new.browser.unwrap()
}

/// Somebody guesses at a name from elsewhere until it is locked.
async fn locks(house: &House) {
    for _ in 0..5 {
        assert!(is_wrong(&house.password("ada", WRONG).await));
    }
    assert_eq!(locked_s(&house.password("ada", PASSWORD).await), Some(30));
}

async fn con_1_a_locked_name_signs_in_from_its_known_browser(home: &Home) {
    let house = House::with(home, SecondFactor::Optional).await;
    let mark = mark(&house).await;
    assert!(!mark.contains("ada"), "it does not say whose it is");
    locks(&house).await;
    let new = from(&house, &mark, PASSWORD).await.unwrap();
    assert_eq!(new.stage, Stage::Full);
    assert!(new.browser.is_some(), "kept for another year");
    assert!(locked_s(&house.password("ada", PASSWORD).await).is_some(), "elsewhere the name stays locked");
    // In any letter case, and from a browser that was known before the keys were rotated.
    assert!(house.people.password(" ADA ", &secret(PASSWORD), new.browser.as_deref()).await.is_ok());
}

async fn con_1_every_step_counts_under_the_known_browser(home: &Home) {
    let house = House::with(home, SecondFactor::Required).await;
    let (totp, first) = house.enrolled().await;
    let mark = first.browser.unwrap();
    house.clock.advance(60_000);
    locks(&house).await;
    let half = from(&house, &mark, PASSWORD).await.unwrap();
    assert!(half.stage == Stage::SecondFactor && half.browser.is_none(), "half a sign-in makes no browser known");
    let session = house.session(&half).await.unwrap();
    let code = totp.code_at(house.clock.now());
    assert!(locked_s(&house.people.second_factor(&session, &code, None).await).is_some());
    assert!(is_wrong(&house.people.second_factor(&session, "12345x", Some(&mark)).await));
    let whole = house.people.second_factor(&session, &code, Some(&mark)).await.unwrap();
    let session = house.session(&whole).await.unwrap();
    let new = house.people.change_password(&session, (&secret(PASSWORD), &secret(OTHER)), Some(&mark)).await.unwrap();
    assert_eq!(locked_s(&from(&house, &mark, OTHER).await), Some(30), "the old mark is worth nothing any more");
    let mark = new.browser.unwrap();
    assert!(from(&house, &mark, OTHER).await.is_ok(), "and there is a new one");
    house.people.reset_password(&name("ada"), &Hands::none()).await.unwrap();
    assert!(locked_s(&from(&house, &mark, OTHER).await).is_some(), "until somebody gives her another password");
}

async fn con_1_a_mark_is_good_for_one_name_and_one_password(home: &Home) {
    let house = House::with(home, SecondFactor::Optional).await;
    house.people.add_user(name("ben"), Role::Viewer, &Hands::none()).await.unwrap();
    house.people.set_password(&name("ben"), &secret(PASSWORD)).await.unwrap();
    let genuine = mark(&house).await;
    let alien = house.password("ben", PASSWORD).await.unwrap().browser.unwrap();
    let elsewhere = people(&house.store, &house.clock, SecondFactor::Optional, &keys("2027-01"));
    let unknown_key = elsewhere.password("ada", &secret(PASSWORD), None).await.unwrap().browser.unwrap();
    locks(&house).await;
    let swapped: String = genuine.chars().rev().collect();
    let as_factor = genuine.replacen("b1.", "t1.", 1);
    for forged in [&alien, &unknown_key, &swapped, &as_factor, "", "b1", "b1.azE.AAAA", &genuine[..genuine.len() - 1]] {
        assert!(locked_s(&from(&house, forged, PASSWORD).await).is_some(), "{forged}");
    }
    // Whose it is, is no help without the password; nor does it say whether there is somebody.
    assert!(is_wrong(&house.people.password("ben", &secret(WRONG), Some(&genuine)).await));
    for _ in 0..5 {
        assert!(is_wrong(&house.people.password("eve", &secret(PASSWORD), Some(&genuine)).await));
    }
    assert_eq!(locked_s(&house.people.password("eve", &secret(PASSWORD), Some(&genuine)).await), Some(30));
    assert!(from(&house, &genuine, PASSWORD).await.is_ok());
}

async fn con_1_a_known_browser_has_no_more_attempts_than_a_name(home: &Home) {
    let house = House::with(home, SecondFactor::Optional).await;
    let (mark, other) = (mark(&house).await, mark(&house).await);
    for _ in 0..5 {
        assert!(is_wrong(&from(&house, &mark, WRONG).await));
    }
    assert_eq!(locked_s(&from(&house, &mark, PASSWORD).await), Some(30));
    house.clock.advance(30_000);
    assert!(is_wrong(&from(&house, &mark, WRONG).await));
    assert_eq!(locked_s(&from(&house, &mark, PASSWORD).await), Some(60), "with the same backoff");
    assert!(house.password("ada", PASSWORD).await.is_ok(), "the name is not locked by it");
    let guesses: Vec<_> = (0..20)
        .map(|_| {
            let (people, mark) = (house.people.clone(), other.clone());
            tokio::spawn(async move { people.password("ada", &secret(WRONG), Some(&mark)).await })
        })
        .collect();
    let mut looked_at = 0;
    for guess in guesses {
        looked_at += u32::from(is_wrong(&guess.await.unwrap()));
    }
    assert!((1..=5).contains(&looked_at), "{looked_at}");
    assert!(locked_s(&from(&house, &other, PASSWORD).await).is_some());
    // A success clears its own count, and it stays the same browser.
    house.clock.advance(3_600_000);
    let again = from(&house, &mark, PASSWORD).await.unwrap().browser.unwrap();
    for used in [&mark, &again, &mark, &again, &mark] {
        assert!(is_wrong(&from(&house, used, WRONG).await));
    }
    assert_eq!(locked_s(&from(&house, &again, PASSWORD).await), Some(30));
}
