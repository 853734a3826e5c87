use super::Place;

#[test]
fn wrong_usage_is_status_2_and_says_how() {
    let place = Place::new();
    for args in [
        &["fly"][..],
        &["migrate", "sideways"],
        &["migrate", "down", "--steps", "0"],
        &["keys"],
        &["keys", "generate", "--scheme", "pgp"],
        &["keys", "generate", "--scheme", "pgp", "--out", "x"],
        &["keys", "generate", "--scheme", "jose", "--out", "x", "--bits", "1024"],
        &["keys", "generate", "--scheme", "jose", "--out", "x", "--days", "731"],
        &["keys", "generate", "--scheme", "url", "--out", "x", "--kid", "a b"],
        &["keys", "export", "--key", "x"],
        &["outbox", "retry"],
        &["outbox", "discard", "7"],
        &["token", "create"],
        &["token", "create", "--scopes", "money:read"],
        &["token", "revoke", "x"],
        &["user", "add", "ada"],
        &["user", "add", "ada", "--role", "emperor"],
        &["user", "add", " ada", "--role", "viewer"],
        &["user", "disable"],
        &["doctor", "--fast"],
        &["certify"],
        &["certify", "booking", "--url", "http://127.0.0.1:1"],
    ] {
        let run = place.run(args);
        assert_eq!(run.status, 2, "{args:?}: {run:?}");
        assert!(run.out.is_empty() && run.err.contains("--help"), "{args:?}: {run:?}");
    }
    assert!(!place.path("x").exists());
}

#[test]
fn every_command_explains_itself() {
    let place = Place::empty();
    for args in [
        &["--help"][..],
        &["migrate", "--help"],
        &["keys", "--help"],
        &["keys", "generate", "--help"],
        &["keys", "list", "--help"],
        &["keys", "export", "--help"],
        &["keys", "import", "--help"],
        &["doctor", "--help"],
        &["outbox", "--help"],
        &["outbox", "retry", "--help"],
        &["token", "--help"],
        &["token", "create", "--help"],
        &["user", "--help"],
        &["user", "add", "--help"],
    ] {
        let out = place.must(args);
        assert!(out.contains("Usage: roundtrip") && out.contains("--config <FILE>"), "{args:?}: {out}");
    }
}

#[test]
fn a_missing_configuration_is_status_1_and_says_what_to_do() {
    let place = Place::empty();
    for args in
        [&["migrate", "status"][..], &["keys", "list"], &["token", "list"], &["outbox", "list"], &["user", "list"]]
    {
        let error = place.must_fail(args);
        for part in ["roundtrip.toml", "--config FILE", "ROUNDTRIP_CONFIG", "roundtrip sandbox"] {
            assert!(error.contains(part), "{args:?}: {part} is not in {error}");
        }
    }
}

#[test]
fn the_configuration_is_named_by_option_or_variable() {
    let place = Place::new();
    std::fs::rename(place.path("roundtrip.toml"), place.path("other.toml")).unwrap();
    assert_eq!(place.run(&["keys", "list"]).status, 1);
    place.must(&["keys", "list", "--config", "other.toml"]);
    place.must(&["--config", "other.toml", "keys", "list"]);
    let run = place.run_with(&["keys", "list"], &[("ROUNDTRIP_CONFIG", "other.toml")]);
    assert_eq!(run.status, 0, "{run:?}");
}

#[test]
fn variables_reach_the_configuration_and_slips_in_them_are_named() {
    let place = Place::new();
    let run = place.run_with(&["keys", "list"], &[("ROUNDTRIP__SIGNING__KEYS__0__ID", "from-outside")]);
    assert!(run.status == 0 && run.out.contains("from-outside"), "{run:?}");
    let run = place.run_with(&["keys", "list"], &[("ROUNDTRIP__SERVER__LISTN", "127.0.0.1:1")]);
    assert!(run.status == 1 && run.err.contains("ROUNDTRIP__SERVER__LISTN"), "{run:?}");
    assert!(run.err.contains("did you mean `server.listen`?"), "{run:?}");
}
