//! Four eyes against one administrator: whoever can be both persons is one.

use roundtrip::domain::{Role, UserName};
use roundtrip::storage::NewApiToken;
use secrecy::SecretString;

use super::visitor::{PASSWORD, Visitor, add_person, console};
use crate::harness::browser::Page;
use crate::harness::remittance::{Statement, captured};
use crate::harness::{World, until};
use crate::remittance::Booked;

const RUPEE: i64 = 1_000_000;
const OWN: &str = "a password of her own";

/// A statement that matches, above what one person decides; its page.
async fn matched() -> (World, String) {
    let setup = console().with(|setup| "two_persons_above_micros = 50000000".clone_into(&mut setup.accounts[0].more));
    let world = setup.start().await;
    world.book(&[Booked::capture("rq-1", 100 * RUPEE)]).await;
    let events = vec![captured("rq-1", 100 * RUPEE, 2 * RUPEE)];
    world.announce(&Statement::new("stmt-1", 98 * RUPEE, events)).await.ok();
    let row = until("stmt-1 is matched", async || {
        let found = world.nodes[0].store.find_statement("stmt-1").await.ok()?.pop()?;
        (found.state.name() == "Matched").then_some(found)
    })
    .await;
    (world, format!("/console/statements/{}", row.id))
}

async fn state(world: &World) -> &'static str {
    world.nodes[0].store.find_statement("stmt-1").await.unwrap().pop().unwrap().state.name()
}

/// Says yes to what the page shows, whether or not it has a button.
async fn approves(world: &World, who: &mut Visitor, page: &str) -> Page {
    let row = world.nodes[0].store.find_statement("stmt-1").await.unwrap().pop().unwrap();
    let seen = row.updated_at.as_millis().to_string();
    assert_eq!(who.get(&format!("{page}/accept")).await.status, 200);
    who.submit(&format!("{page}/accept"), &[("vat", ""), ("rate", ""), ("seen", &seen)]).await
}

/// An administrator adds somebody; the password that the page shows once.
async fn makes(admin: &mut Visitor, who: &str, role: Role) -> String {
    admin.does("/console/people", "/console/people", &[("name", who), ("role", role.as_str())]).await;
    gives(admin, who).await
}

async fn gives(admin: &mut Visitor, who: &str) -> String {
    admin.get(&format!("/console/people/{who}")).await;
    let page = admin.submit(&format!("/console/people/{who}/password"), &[]).await;
    let text = page.text();
    let (_, rest) = text.split_once("<code class=\"secret\">").unwrap_or_else(|| panic!("no password in {text}"));
    rest.split('<').next().unwrap().to_owned()
}

/// Signs in with a password that was given, and chooses another.
async fn first_enters(world: &World, who: &str, given: &str) -> Visitor {
    let mut visitor = Visitor::new(world);
    assert_eq!(visitor.sign_in(who, given).await.status, 303);
    visitor
        .does("/console/account", "/console/account/password", &[("old", given), ("new", OWN), ("again", OWN)])
        .await;
    visitor.sees("Your password is changed");
    visitor
}

/// What `roundtrip user passwd` does.
async fn at_the_shell(world: &World, who: &str) {
    let now = roundtrip::ports::Clock::now(&world.clock);
    let password = SecretString::from(PASSWORD.to_owned());
    let name = UserName::parse(who).unwrap();
    roundtrip::people::set_password(&world.nodes[0].store, &name, &password, now).await.unwrap();
}

/// Accepts over the admin API with a token of this person's.
async fn by_token(world: &World, who: &str) -> Page {
    let token = NewApiToken {
        id: uuid::Uuid::from_u128(77),
        name: String::new(),
        scopes: "statements:write".to_owned(),
        user_name: Some(who.to_owned()),
        sha256: roundtrip::crypto::content_hash(b"token"),
        created_at: roundtrip::ports::Clock::now(&world.clock),
    };
    world.nodes[0].store.create_token(token).await.unwrap();
    world.accept_as(&[("authorization", "Bearer token")], "stmt-1", &serde_json::json!({})).await
}

#[tokio::test]
async fn con_4_one_administrator_is_not_two_persons() {
    let (world, page) = matched().await;
    let mut admin = Visitor::signed_in(&world, Role::Admin).await;
    let given = makes(&mut admin, "ben", Role::Finance).await;
    admin.sees("signs in with what admin gave");
    admin.get("/console/people").await;
    admin.sees("signs in with what admin gave");
    assert_eq!(approves(&world, &mut admin, &page).await.status, 303);

    // The administrator signs in as the other person.
    let mut ben = first_enters(&world, "ben", &given).await;
    let shown = ben.get(&format!("{page}/accept")).await;
    assert!(!shown.text().contains("name=\"seen\""), "there is no button");
    ben.sees("ben signs in with what admin gave");
    let refused = approves(&world, &mut ben, &page).await;
    assert_eq!(refused.status, 409);
    assert!(refused.text().contains("roundtrip user passwd ben"), "{}", refused.text());
    ben.get(&format!("{page}/accept?lang=de")).await;
    ben.sees("ben meldet sich mit dem an, was admin vergeben hat");
    let refused = by_token(&world, "ben").await;
    assert_eq!(refused.status, 409);
    assert!(refused.text().contains("ben signs in with what admin gave"), "{}", refused.text());
    assert_eq!(state(&world).await, "Matched");

    // Through another account of an administrator it is the same.
    let given = makes(&mut admin, "puppet", Role::Admin).await;
    let mut puppet = first_enters(&world, "puppet", &given).await;
    let given = gives(&mut puppet, "ben").await;
    let mut ben = first_enters(&world, "ben", &given).await;
    assert_eq!(approves(&world, &mut ben, &page).await.status, 409);
    assert_eq!(state(&world).await, "Matched");

    // The shell makes two persons of them.
    at_the_shell(&world, "ben").await;
    let mut ben = Visitor::enters(&world, "ben").await;
    assert_eq!(approves(&world, &mut ben, &page).await.status, 303);
    assert_eq!(state(&world).await, "Accepted");
    admin.get("/console/people/ben").await;
    assert!(!admin.last.as_ref().unwrap().text().contains("signs in with what"));
}

#[tokio::test]
async fn con_4_the_administrator_is_refused_after_whom_they_hold_and_a_third_person_is_not() {
    let (world, page) = matched().await;
    let mut admin = Visitor::signed_in(&world, Role::Admin).await;
    let given = makes(&mut admin, "ben", Role::Finance).await;
    let mut ben = first_enters(&world, "ben", &given).await;
    assert_eq!(approves(&world, &mut ben, &page).await.status, 303, "as the first of two");
    admin.get(&format!("{page}/accept")).await;
    admin.sees("ben signs in with what admin gave");
    assert_eq!(approves(&world, &mut admin, &page).await.status, 409);
    let given = makes(&mut admin, "carol", Role::Finance).await;
    let mut carol = first_enters(&world, "carol", &given).await;
    assert_eq!(approves(&world, &mut carol, &page).await.status, 409, "both in the same hands");
    add_person(&world, "finance", Role::Finance).await;
    let mut finance = Visitor::enters(&world, "finance").await;
    assert_eq!(approves(&world, &mut finance, &page).await.status, 303);
    assert_eq!(state(&world).await, "Accepted");
}

#[tokio::test]
async fn con_4_two_real_persons_accept_whoever_let_them_in() {
    let (world, page) = matched().await;
    let mut admin = Visitor::signed_in(&world, Role::Admin).await;
    add_person(&world, "chief", Role::Admin).await;
    let mut chief = Visitor::enters(&world, "chief").await;
    let given = makes(&mut admin, "ben", Role::Finance).await;
    let mut ben = first_enters(&world, "ben", &given).await;
    let given = makes(&mut chief, "carol", Role::Finance).await;
    let mut carol = first_enters(&world, "carol", &given).await;
    assert_eq!(approves(&world, &mut ben, &page).await.status, 303);
    assert_eq!(approves(&world, &mut carol, &page).await.status, 303);
    assert_eq!(state(&world).await, "Accepted");
}

#[tokio::test]
async fn con_1_somebody_who_manages_people_is_left() {
    let world = console().start().await;
    let mut admin = Visitor::signed_in(&world, Role::Admin).await;
    add_person(&world, "chief", Role::Admin).await;
    admin.get("/console/people/chief").await;
    assert_eq!(admin.submit("/console/people/admin/disable", &[]).await.status, 409, "nobody ends themselves");
    // Whoever looks may have lost the way in meanwhile, and still have a session.
    let locked_out = "UPDATE users SET password_hash = NULL WHERE name = 'admin'";
    let raw = sea_orm::Database::connect(world.database()).await.unwrap();
    let kept = "CREATE TABLE kept AS SELECT password_hash FROM users WHERE name = 'admin'";
    let back = "UPDATE users SET password_hash = (SELECT password_hash FROM kept) WHERE name = 'admin'";
    for sql in [kept, locked_out] {
        sea_orm::ConnectionTrait::execute_unprepared(&raw, sql).await.unwrap();
    }
    for (act, fields) in [("disable", [].as_slice()), ("role", &[("role", "viewer")])] {
        let refused = admin.submit(&format!("/console/people/chief/{act}"), fields).await;
        assert_eq!(refused.status, 409, "{act}");
        assert!(refused.text().contains("Nobody would be left who can sign in and manage people"), "{act}");
    }
    sea_orm::ConnectionTrait::execute_unprepared(&raw, back).await.unwrap();
    raw.close().await.unwrap();
    admin.does("/console/people/chief", "/console/people/chief/role", &[("role", "viewer")]).await;
    admin.sees("The role is changed.");
    admin.does("/console/people/chief", "/console/people/chief/disable", &[]).await;
    admin.sees("The person is disabled.");
}
