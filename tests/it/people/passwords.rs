//! Passwords that change.

use roundtrip::domain::Hands;
use roundtrip::people::{ChangeRefused, PasswordNotSet, PasswordRefused, SecondFactor, SignInRefused, Stage};

use super::{House, PASSWORD, is_wrong, name, secret};
use crate::storage::fixture::Home;
use crate::storage::on_both;

on_both! {
    con_1_a_changed_password_ends_every_other_session => con_1_people_change_sqlite, con_1_people_change_postgres;
    con_1_a_given_password_has_to_be_changed => con_1_people_given_sqlite, con_1_people_given_postgres;
    con_1_rules_hold_whoever_sets_it => con_1_people_rules_sqlite, con_1_people_rules_postgres;
}

const OTHER: &str = "another horse's stable";

async fn con_1_a_changed_password_ends_every_other_session(home: &Home) {
    let house = House::with(home, SecondFactor::Optional).await;
    let (mine, elsewhere) =
        (house.password("ada", PASSWORD).await.unwrap(), house.password("ada", PASSWORD).await.unwrap());
    let session = house.session(&mine).await.unwrap();
    house.clock.advance(60_000);
    let refused =
        house.people.change_password(&session, (&secret(OTHER), &secret("something else at last")), None).await;
    assert!(matches!(refused, Err(ChangeRefused::NotProved(SignInRefused::Wrong))), "{refused:?}");
    let refused = house.people.change_password(&session, (&secret(PASSWORD), &secret(PASSWORD)), None).await;
    assert!(matches!(refused, Err(ChangeRefused::NotSet(PasswordNotSet::Refused(PasswordRefused::Same)))));
    assert!(house.session(&mine).await.is_some(), "nothing happened");

    let new = house.people.change_password(&session, (&secret(PASSWORD), &secret(OTHER)), None).await.unwrap();
    assert!(house.session(&mine).await.is_none() && house.session(&elsewhere).await.is_none());
    let after = house.session(&new).await.unwrap();
    assert_eq!((after.stage, after.expires_at), (Stage::Full, session.expires_at), "it lasts no longer");
    assert!(is_wrong(&house.password("ada", PASSWORD).await));
    assert!(house.password("ada", OTHER).await.is_ok());
    // Whoever holds a stolen session does not guess the old one either.
    for _ in 0..5 {
        let refused =
            house.people.change_password(&after, (&secret("guess guess guess"), &secret(PASSWORD)), None).await;
        assert!(matches!(refused, Err(ChangeRefused::NotProved(SignInRefused::Wrong))), "{refused:?}");
    }
    let refused = house.people.change_password(&after, (&secret(OTHER), &secret(PASSWORD)), None).await;
    assert!(
        matches!(refused, Err(ChangeRefused::NotProved(SignInRefused::TooMany { retry_after_s: 30 }))),
        "{refused:?}"
    );
}

async fn con_1_a_given_password_has_to_be_changed(home: &Home) {
    let house = House::with(home, SecondFactor::Optional).await;
    let before = house.password("ada", PASSWORD).await.unwrap();
    let given = house.people.reset_password(&name("ada"), &Hands::none()).await.unwrap();
    assert!(house.session(&before).await.is_none());
    assert!(is_wrong(&house.password("ada", PASSWORD).await));
    let new = house.password("ada", &given).await.unwrap();
    let session = house.session(&new).await.unwrap();
    assert!(session.must_change_password);
    let new = house.people.change_password(&session, (&secret(&given), &secret(OTHER)), None).await.unwrap();
    assert!(!house.session(&new).await.unwrap().must_change_password);
}

async fn con_1_rules_hold_whoever_sets_it(home: &Home) {
    let house = House::with(home, SecondFactor::Optional).await;
    let new = house.password("ada", PASSWORD).await.unwrap();
    let session = house.session(&new).await.unwrap();
    let refused = house.people.change_password(&session, (&secret(PASSWORD), &secret("short")), None).await;
    assert!(
        matches!(refused, Err(ChangeRefused::NotSet(PasswordNotSet::Refused(PasswordRefused::Short)))),
        "{refused:?}"
    );
    let refused = house.people.set_password(&name("ada"), &secret("aaaaaaaaaaaaaaa")).await;
    assert!(matches!(refused, Err(PasswordNotSet::Refused(PasswordRefused::Repeated))), "{refused:?}");
    let refused = house.people.set_password(&name("eve"), &secret(OTHER)).await;
    assert!(matches!(refused, Err(PasswordNotSet::Unknown)), "{refused:?}");
    assert!(house.session(&new).await.is_some());
}
