//! Second factors.

use roundtrip::domain::Hands;
use roundtrip::people::{EnrolmentRefused, SecondFactor, SignInRefused, Stage};
use roundtrip::ports::Clock as _;

use super::{House, PASSWORD, is_wrong, keys, locked_s, name, people, secret};
use crate::storage::fixture::Home;
use crate::storage::on_both;

on_both! {
    con_1_who_has_no_second_factor_sets_one_up_first => con_1_people_enrol_sqlite, con_1_people_enrol_postgres;
    con_1_a_code_counts_once => con_1_people_replay_sqlite, con_1_people_replay_postgres;
    con_1_a_secret_is_shown_to_one_session_alone => con_1_people_secret_sqlite, con_1_people_secret_postgres;
    con_1_a_reset_factor_is_set_up_again => con_1_people_reset_sqlite, con_1_people_reset_postgres;
    con_1_a_session_alone_sets_no_factor_up => con_1_people_own_factor_sqlite, con_1_people_own_factor_postgres;
    con_1_a_sealed_factor_needs_its_key => con_1_people_key_sqlite, con_1_people_key_postgres;
}

async fn con_1_who_has_no_second_factor_sets_one_up_first(home: &Home) {
    let house = House::with(home, SecondFactor::Required).await;
    let session = house.first_step().await;
    assert_eq!((session.stage, session.has_second_factor), (Stage::Enrol, false));
    let shown = house.people.enrolment(&session).await.unwrap();
    assert_eq!(house.people.enrolment(&session).await.unwrap(), shown, "a page that is loaded again shows the same");
    assert!(is_wrong(&house.people.enrol(&session, "000000", None).await));
    assert!(is_wrong(&house.people.second_factor(&session, "000000", None).await), "there is none to give a code of");
    house.clock.advance(30_000);

    let (totp, new) = house.enrolled().await;
    let full = house.session(&new).await.unwrap();
    assert_eq!((new.stage, full.stage, full.has_second_factor), (Stage::Full, Stage::Full, true));
    assert!(matches!(house.people.enrolment(&full).await, Err(EnrolmentRefused::Already)));
    assert!(is_wrong(&house.people.enrol(&full, "000000", None).await));
    let proved = totp.code_at(house.clock.now());
    let again = house.first_step().await;
    assert_eq!(again.stage, Stage::SecondFactor);
    assert!(matches!(house.people.enrolment(&again).await, Err(EnrolmentRefused::Already)));
    assert!(is_wrong(&house.people.second_factor(&again, &proved, None).await), "the code that set it up is used up");
    let credentials = house.store.credentials(&name("ada")).await.unwrap().unwrap();
    assert!(!credentials.totp_secret.unwrap().contains(&*totp.secret()), "sealed at rest");
}

async fn con_1_a_code_counts_once(home: &Home) {
    let house = House::with(home, SecondFactor::Required).await;
    let (totp, _) = house.enrolled().await;
    house.clock.advance(60_000);
    let code = totp.code_at(house.clock.now());
    let (one, other) = (house.first_step().await, house.first_step().await);
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    let new = house.people.second_factor(&one, &spaced, None).await.unwrap();
    assert_eq!(new.stage, Stage::Full);
    assert!(is_wrong(&house.people.second_factor(&other, &code, None).await), "a code that was seen is worth nothing");
    let before = totp.code_at(house.clock.now().plus_millis(-30_000));
    assert!(is_wrong(&house.people.second_factor(&other, &before, None).await), "nor is an earlier one");
    house.clock.advance(30_000);
    let next = totp.code_at(house.clock.now());
    assert!(house.people.second_factor(&other, &next, None).await.is_ok());
}

async fn con_1_a_secret_is_shown_to_one_session_alone(home: &Home) {
    let house = House::with(home, SecondFactor::Required).await;
    // Somebody else knows the password, and asks first.
    let thief = house.first_step().await;
    let seen = house.people.enrolment(&thief).await.unwrap();
    let owner = house.first_step().await;
    let shown = house.people.enrolment(&owner).await.unwrap();
    assert_ne!(seen.secret_base32, shown.secret_base32);
    let code = roundtrip::crypto::Totp::from_secret(&seen.secret_base32, "ada", "x").unwrap();
    assert!(is_wrong(&house.people.enrol(&owner, &code.code_at(house.clock.now()), None).await));
    assert!(
        is_wrong(&house.people.enrol(&thief, &code.code_at(house.clock.now()), None).await),
        "not offered any more"
    );
}

async fn con_1_a_reset_factor_is_set_up_again(home: &Home) {
    let house = House::with(home, SecondFactor::Optional).await;
    let free = house.password("ada", PASSWORD).await.unwrap();
    assert_eq!(free.stage, Stage::Full, "nobody has to have one");
    let session = house.session(&free).await.unwrap();
    let shown = house.people.enrolment(&session).await.unwrap();
    let totp = roundtrip::crypto::Totp::from_secret(&shown.secret_base32, "ada", "x").unwrap();
    let code = totp.code_at(house.clock.now());
    assert!(is_wrong(&house.people.enrol(&session, &code, None).await), "not without the password");
    let new = house.people.enrol_own(&session, &secret(PASSWORD), (&code, None)).await.unwrap();
    assert!(house.session(&free).await.is_none(), "the session goes on under another token");
    let after = house.session(&new).await.unwrap();
    assert_eq!(after.expires_at, session.expires_at, "and lasts no longer");
    assert_eq!(house.first_step().await.stage, Stage::SecondFactor, "who has one uses it");

    assert!(house.people.reset_second_factor(&name("ada"), &Hands::none()).await.unwrap());
    assert!(house.session(&new).await.is_none());
    assert_eq!(house.first_step().await.stage, Stage::Full);
}

async fn con_1_a_session_alone_sets_no_factor_up(home: &Home) {
    let house = House::with(home, SecondFactor::Optional).await;
    let session = house.first_step().await;
    let shown = house.people.enrolment(&session).await.unwrap();
    let totp = roundtrip::crypto::Totp::from_secret(&shown.secret_base32, "ada", "x").unwrap();
    let code = totp.code_at(house.clock.now());
    for guess in ["", "guess guess guess", "correct horse batterx", "wrong", "wrong"] {
        assert!(is_wrong(&house.people.enrol_own(&session, &secret(guess), (&code, None)).await), "{guess}");
    }
    let locked = house.people.enrol_own(&session, &secret(PASSWORD), (&code, None)).await;
    assert_eq!(locked_s(&locked), Some(30), "guesses count as elsewhere");
    let user = house.store.find_user(&name("ada")).await.unwrap().unwrap();
    assert!(!user.has_second_factor);
    house.clock.advance(30_000);
    let wrong = house.people.enrol_own(&session, &secret(PASSWORD), ("000000", None)).await;
    assert!(is_wrong(&wrong), "nor the password alone");
    house.clock.advance(60_000);
    let code = totp.code_at(house.clock.now());
    let new = house.people.enrol_own(&session, &secret(PASSWORD), (&code, None)).await.unwrap();
    assert!(house.session(&new).await.unwrap().has_second_factor && house.session(&new).await.is_some());
    let again = house.session(&new).await.unwrap();
    assert!(is_wrong(&house.people.enrol_own(&again, &secret(PASSWORD), (&code, None)).await), "there is one already");
}

async fn con_1_a_sealed_factor_needs_its_key(home: &Home) {
    let house = House::with(home, SecondFactor::Required).await;
    let (totp, _) = house.enrolled().await;
    house.clock.advance(60_000);
    let session = house.first_step().await;
    let forgotten = people(&house.store, &house.clock, SecondFactor::Required, &keys("2027-01"));
    let code = totp.code_at(house.clock.now());
    let Err(SignInRefused::Unavailable(error)) = forgotten.second_factor(&session, &code, None).await else {
        panic!("no key")
    };
    let error = error.to_string();
    assert!(error.contains("2026-11") && error.contains("signing.keys") && !error.contains(&*totp.secret()), "{error}");
}
