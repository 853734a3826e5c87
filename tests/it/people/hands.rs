//! Whose hands a person's way in has gone through, and that somebody is left who manages people.

use roundtrip::crypto::Totp;
use roundtrip::domain::{Hands, Role, UserName};
use roundtrip::people::{ChangeRefused, PasswordNotSet, SecondFactor, Stage};
use roundtrip::ports::Clock as _;
use roundtrip::storage::{Managed, PasswordFrom, Store};

use super::{House, PASSWORD, name, secret};
use crate::storage::fixture::{Home, NOW};
use crate::storage::on_both;

on_both! {
    con_1_who_can_be_somebody_else_is_known => con_1_people_hands_sqlite, con_1_people_hands_postgres;
    con_1_whoever_has_the_password_sets_the_factor_up => con_1_people_hands_factor_sqlite, con_1_people_hands_factor_postgres;
    con_1_what_goes_through_two_hands_is_in_both => con_1_people_hands_chain_sqlite, con_1_people_hands_chain_postgres;
    con_1_what_the_shell_gave_is_not_changed_by_who_held_it_before => con_1_people_hands_late_sqlite, con_1_people_hands_late_postgres;
    con_1_somebody_is_left_who_manages_people => con_1_people_last_admin_sqlite, con_1_people_last_admin_postgres;
    con_1_two_admins_do_not_end_each_other => con_1_people_two_admins_sqlite, con_1_people_two_admins_postgres;
}

fn hands(names: &[&str]) -> Hands {
    Hands::of(names.iter().map(|one| name(one)))
}

async fn held(store: &Store, who: &str) -> Vec<String> {
    let user = store.find_user(&name(who)).await.unwrap().unwrap();
    user.held_by().iter().map(ToString::to_string).collect()
}

/// Signs in as `who` for the first time, and sets up a second factor.
async fn enters(house: &House, who: &str, password: &str) {
    let new = house.password(who, password).await.unwrap();
    let session = house.session(&new).await.unwrap();
    assert_eq!(session.stage, Stage::Enrol);
    let shown = house.people.enrolment(&session).await.unwrap();
    let totp = Totp::from_secret(&shown.secret_base32, who, "x").unwrap();
    house.people.enrol(&session, &totp.code_at(house.clock.now()), None).await.unwrap();
}

async fn con_1_who_can_be_somebody_else_is_known(home: &Home) {
    let house = House::with(home, SecondFactor::Required).await;
    let (people, store) = (&house.people, &house.store);
    let (root, chief, ben) = (hands(&["root"]), hands(&["chief"]), name("ben"));
    assert!(held(store, "ada").await.is_empty(), "nobody gave ada anything but the shell");
    assert!(people.add_user(ben.clone(), Role::Finance, &root).await.unwrap());
    assert_eq!(held(store, "ben").await, ["root"]);
    let given = people.reset_password(&ben, &root).await.unwrap();
    enters(&house, "ben", &given).await;
    assert_eq!(held(store, "ben").await, ["root"], "whoever signed in first may have been root");
    let session = house.session(&house.password("ben", &given).await.unwrap()).await.unwrap();
    assert_eq!(people.held_by(&session).await.unwrap(), Some(root.clone()));

    let given = people.reset_password(&ben, &chief).await.unwrap();
    assert!(held(store, "ben").await.is_empty(), "chief lacks the second factor, root the password");
    assert_eq!(people.held_by(&session).await.unwrap(), None, "that session is over");
    people.reset_second_factor(&ben, &root).await.unwrap();
    assert_eq!(held(store, "ben").await, ["chief"], "who has the password may set up the second factor");
    enters(&house, "ben", &given).await;
    assert_eq!(held(store, "ben").await, ["chief"]);

    people.set_password(&ben, &secret(PASSWORD)).await.unwrap();
    assert!(held(store, "ben").await.is_empty(), "the shell is outside of the rule");
    people.reset_second_factor(&ben, &root).await.unwrap();
    enters(&house, "ben", PASSWORD).await;
    assert!(held(store, "ben").await.is_empty(), "the password was ben's own");
    people.reset_password(&ben, &root).await.unwrap();
    assert!(held(store, "ben").await.is_empty(), "and so is the second factor");
}

async fn con_1_whoever_has_the_password_sets_the_factor_up(home: &Home) {
    let house = House::with(home, SecondFactor::Required).await;
    let (people, store, ben) = (&house.people, &house.store, name("ben"));
    // Added by one, given a password by another, who then is alone able to set up everything.
    people.add_user(ben.clone(), Role::Finance, &hands(&["root"])).await.unwrap();
    let given = people.reset_password(&ben, &hands(&["chief"])).await.unwrap();
    assert_eq!(held(store, "ben").await, ["chief"]);
    enters(&house, "ben", &given).await;
    assert_eq!(held(store, "ben").await, ["chief"]);
}

async fn con_1_what_goes_through_two_hands_is_in_both(home: &Home) {
    let house = House::with(home, SecondFactor::Optional).await;
    let (people, store) = (&house.people, &house.store);
    people.add_user(name("chief"), Role::Admin, &hands(&["root"])).await.unwrap();
    let given = people.reset_password(&name("chief"), &hands(&["root"])).await.unwrap();
    let session = house.session(&house.password("chief", &given).await.unwrap()).await.unwrap();
    let by = people.hands(&session).await.unwrap().unwrap();
    assert_eq!(by, hands(&["chief", "root"]), "root may be who signed in as chief");
    people.add_user(name("ben"), Role::Finance, &by).await.unwrap();
    assert_eq!(held(store, "ben").await, ["chief", "root"]);
    // Changing it does not free anybody.
    let new = people.change_password(&session, (&secret(&given), &secret(PASSWORD)), None).await.unwrap();
    let session = house.session(&new).await.unwrap();
    assert_eq!(people.held_by(&session).await.unwrap(), Some(hands(&["root"])));
}

async fn con_1_what_the_shell_gave_is_not_changed_by_who_held_it_before(home: &Home) {
    let house = House::with(home, SecondFactor::Optional).await;
    let (people, store, ben) = (&house.people, &house.store, name("ben"));
    people.add_user(ben.clone(), Role::Finance, &hands(&["root"])).await.unwrap();
    let given = people.reset_password(&ben, &hands(&["root"])).await.unwrap();
    let session = house.session(&house.password("ben", &given).await.unwrap()).await.unwrap();
    let before = store.credentials(&ben).await.unwrap().unwrap().password_hash.unwrap();
    people.set_password(&ben, &secret(PASSWORD)).await.unwrap();
    // As if the change had looked at the old one before, and came to write after.
    let late = PasswordFrom::Owner { at: NOW, before: &before };
    assert!(!store.set_password(&ben, "hash", late).await.unwrap());
    let refused = people.change_password(&session, (&secret(&given), &secret("another horse's stable")), None).await;
    assert!(matches!(refused, Err(ChangeRefused::NotProved(_) | ChangeRefused::NotSet(PasswordNotSet::Unknown))));
    assert!(house.password("ben", PASSWORD).await.is_ok() && held(store, "ben").await.is_empty());
}

async fn admin(house: &House, who: &str) -> UserName {
    house.people.add_user(name(who), Role::Admin, &Hands::none()).await.unwrap();
    house.people.set_password(&name(who), &secret(PASSWORD)).await.unwrap();
    name(who)
}

async fn con_1_somebody_is_left_who_manages_people(home: &Home) {
    let house = House::with(home, SecondFactor::Optional).await;
    let people = &house.people;
    let root = admin(&house, "root").await;
    // Without a password nobody signs in, so this one does not count.
    people.add_user(name("without"), Role::Admin, &Hands::none()).await.unwrap();
    let session = house.session(&house.password("root", PASSWORD).await.unwrap()).await.unwrap();
    assert_eq!(people.disable_user(&root).await.unwrap(), Managed::LastAdmin);
    for role in [Role::Viewer, Role::Finance, Role::Operator] {
        assert_eq!(people.set_role(&root, role).await.unwrap(), Managed::LastAdmin);
    }
    assert!(people.hands(&session).await.unwrap().is_some(), "and nothing was done");
    assert_eq!(people.set_role(&root, Role::Admin).await.unwrap(), Managed::Done, "which takes nothing away");
    assert_eq!(people.disable_user(&name("without")).await.unwrap(), Managed::Done);
    assert_eq!(people.disable_user(&name("without")).await.unwrap(), Managed::Unknown);
    assert_eq!(people.disable_user(&name("ada")).await.unwrap(), Managed::Done, "of another role");
    admin(&house, "chief").await;
    assert_eq!(people.set_role(&root, Role::Viewer).await.unwrap(), Managed::Done);
    assert_eq!(people.disable_user(&name("chief")).await.unwrap(), Managed::LastAdmin);
    assert!(house.store.disable_user(&name("chief"), NOW).await.unwrap(), "at the shell it is done all the same");
}

async fn con_1_two_admins_do_not_end_each_other(home: &Home) {
    let house = House::with(home, SecondFactor::Optional).await;
    for round in 0..8 {
        let pair = [admin(&house, &format!("a{round}")).await, admin(&house, &format!("b{round}")).await];
        let ends = pair.clone().map(|who| {
            let people = house.people.clone();
            tokio::spawn(async move {
                if round % 2 == 0 { people.disable_user(&who).await } else { people.set_role(&who, Role::Viewer).await }
            })
        });
        let mut came = Vec::new();
        for end in ends {
            came.push(end.await.unwrap().unwrap());
        }
        came.sort_by_key(|managed| *managed == Managed::LastAdmin);
        assert_eq!(came, [Managed::Done, Managed::LastAdmin], "round {round}");
        for who in &pair {
            house.store.disable_user(who, NOW).await.unwrap();
        }
    }
}
