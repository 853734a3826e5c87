//! `roundtrip user`, and tokens tied to people.

use super::Place;

const TOKEN_OF_ADA: &[&str] = &["token", "create", "--scopes", "statements:write", "--user", "ada"];

#[test]
fn users_are_added_listed_and_disabled() {
    let place = Place::new();
    assert_eq!(place.must(&["user", "list"]).trim(), "no users");
    assert!(place.must(&["user", "add", "Ada", "--role", "finance"]).contains("added ada, finance"));
    assert!(place.must_fail(&["user", "add", "ada", "--role", "viewer"]).contains("a user ada already"));
    place.must(&["user", "add", "ben", "--role", "admin"]);
    let list = place.must(&["user", "list"]);
    let lines: Vec<Vec<&str>> = list.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!((lines[0][0], lines[0][1], lines[0][3]), ("ada", "finance", "enabled"), "{list}");
    assert_eq!((lines[1][0], lines[1][1], lines.len()), ("ben", "admin", 2), "{list}");
    place.must(&["user", "disable", "ada"]);
    assert!(place.must(&["user", "list"]).lines().next().unwrap().contains("disabled 20"));
    assert!(place.must_fail(&["user", "disable", "ada"]).contains("no enabled user ada"));
}

#[test]
fn a_token_of_an_unknown_user_says_so_and_a_disabled_one_gets_none() {
    let place = Place::new();
    let run = place.run(TOKEN_OF_ADA);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.err.contains("ada is no known user"), "{run:?}");
    place.must(&["user", "add", "ada", "--role", "finance"]);
    let run = place.run(TOKEN_OF_ADA);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{run:?}");
    place.must(&["user", "disable", "ada"]);
    assert!(place.must_fail(TOKEN_OF_ADA).contains("the user ada is disabled"));
    assert!(place.must_fail(&["token", "create", "--scopes", "payments:read", "--user", "ADA"]).contains("disabled"));
}
