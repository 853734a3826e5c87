//! `roundtrip user`, and tokens tied to people.

use roundtrip::storage::{AuditFilter, Store, StoreOptions};

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

/// What the commands noted: action, subject, outcome, the oldest first.
fn noted(place: &Place) -> Vec<(String, String, String)> {
    let url = format!("sqlite://{}", place.path("var/roundtrip.db").display());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(StoreOptions::new(url)).await.unwrap();
        let rows = store.audit(&AuditFilter::default(), None, 100).await.unwrap();
        store.close().await;
        assert!(rows.iter().all(|row| row.actor == "shell"));
        rows.into_iter().rev().map(|row| (row.action, row.subject, row.outcome.as_str().to_owned())).collect()
    })
}

#[test]
fn con_1_a_password_is_set_from_standard_input_and_shown_nowhere() {
    let place = Place::new();
    assert!(place.must(&["user", "add", "ada", "--role", "finance"]).contains("roundtrip user passwd ada"));
    assert!(place.must(&["user", "list"]).contains("no password"));
    let secret = "correct horse battery";
    let run = place.run_fed(&["user", "passwd", "Ada"], &format!("{secret}\r\nsecond line"));
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{run:?}");
    assert!(run.out.contains("the password of ada is set") && !run.out.contains(secret), "{run:?}");
    let list = place.must(&["user", "list"]);
    assert!(!list.contains("no password") && list.contains("no second factor"), "{list}");
    for (name, input, word) in [
        ("ada", "too short\n", "at least 12 characters"),
        ("ada", "", "at least 12 characters"),
        ("ada", "aaaaaaaaaaaaaaaa\n", "one character repeated"),
        ("ben", "correct horse battery\n", "no enabled user ben"),
    ] {
        let run = place.run_fed(&["user", "passwd", name], input);
        assert!(run.status == 1 && run.err.contains(word), "{run:?}");
        assert!(input.is_empty() || !run.err.contains(input.trim()), "{run:?}");
    }
    let run = place.run_fed(&["user", "passwd", "ada", "--reset-second-factor"], secret);
    assert!(run.out.contains("the second factor of ada is taken away"), "{run:?}");
    for file in std::fs::read_dir(place.path("var")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(
            !bytes.windows(secret.len()).any(|window| window == secret.as_bytes()),
            "the password itself is stored"
        );
    }
}

#[test]
fn con_1_commands_that_change_people_and_tokens_are_noted_before_and_when_refused() {
    let place = Place::new();
    place.must(&["user", "add", "ada", "--role", "finance"]);
    place.must_fail(&["user", "add", "ada", "--role", "viewer"]);
    assert_eq!(place.run_fed(&["user", "passwd", "ada"], "correct horse battery").status, 0);
    let created = place.must(TOKEN_OF_ADA);
    let id = created.split_whitespace().nth(1).unwrap().trim_end_matches(',');
    place.must(&["token", "revoke", id]);
    place.must(&["user", "disable", "ada"]);
    place.must(&["user", "list"]);
    let expected = [
        ("user add", "ada", "asked"),
        ("user add", "ada", "asked"),
        ("user add", "ada", "refused"),
        ("user passwd", "ada", "asked"),
        ("token create", id, "asked"),
        ("token revoke", id, "asked"),
        ("user disable", "ada", "asked"),
    ];
    let expected =
        expected.map(|(action, subject, outcome)| (action.to_owned(), subject.to_owned(), outcome.to_owned()));
    assert_eq!(noted(&place), expected);
    let doctor = place.run(&["doctor", "--verify-journal"]).out;
    assert!(doctor.contains("the chain of 7 rows holds; row 7 is "), "{doctor}");
}

#[test]
fn con_1_the_last_administrator_goes_at_the_shell_with_a_warning() {
    let place = Place::new();
    for name in ["ada", "ben"] {
        place.must(&["user", "add", name, "--role", "admin"]);
        assert_eq!(place.run_fed(&["user", "passwd", name], "correct horse battery").status, 0);
    }
    place.must(&["user", "add", "without", "--role", "admin"]);
    let run = place.run(&["user", "disable", "ada"]);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "ben is left: {run:?}");
    let run = place.run(&["user", "disable", "ben"]);
    assert!(run.status == 0 && run.err.contains("nobody is left who can manage people"), "{run:?}");
    assert!(run.out.contains("disabled ben"), "{run:?}");
    let run = place.run(&["user", "disable", "without"]);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "who could not sign in takes nothing away: {run:?}");
}
