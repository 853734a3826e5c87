use std::sync::Arc;

use super::Place;
use crate::harness::listener::{Answer, Listener};

#[test]
fn migrations_go_up_down_and_up() {
    let place = Place::new();
    let pending = place.must(&["migrate", "status"]);
    assert!(pending.lines().count() > 0 && pending.lines().all(|line| line.starts_with("pending  ")), "{pending}");
    for args in [&["migrate", "up"][..], &["migrate"]] {
        let applied = place.must(args);
        assert_eq!(applied, pending.replace("pending", "applied"), "{args:?}");
    }
    assert!(place.path("var/roundtrip.db").exists(), "sqlite:// is relative to the configuration");
    assert_eq!(place.must(&["migrate", "down", "--all"]), pending);
    assert_eq!(place.must(&["migrate", "up"]), pending.replace("pending", "applied"));
}

#[test]
fn an_older_schema_is_not_used() {
    let place = Place::new();
    place.must(&["migrate", "up"]);
    place.must(&["migrate", "down", "--all"]);
    let run = place.run_with(&["token", "list"], &[("ROUNDTRIP__DATABASE__MIGRATE_ON_START", "false")]);
    assert!(run.status == 1 && run.err.contains("roundtrip migrate up"), "{run:?}");
}

#[test]
fn a_token_stands_alone_on_the_last_line_and_only_its_hash_is_stored() {
    let place = Place::new();
    let args = ["token", "create", "--scopes", "payments:read,refunds:write", "--name", "partner", "--user", "ada"];
    let out = place.must(&args);
    let token = out.lines().last().unwrap();
    assert!(token.len() >= 43 && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{out}");
    assert_ne!(place.must(&args).lines().last().unwrap(), token);

    let list = place.must(&["token", "list"]);
    let line = list.lines().next().unwrap();
    for part in ["good", "ada", "payments:read,refunds:write", "partner"] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    for file in std::fs::read_dir(place.path("var")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()), "the token itself is stored");
    }

    let id = line.split_whitespace().next().unwrap();
    assert!(place.must(&["token", "revoke", id]).contains(id));
    assert!(place.must(&["token", "list"]).contains("revoked"));
    assert!(place.must_fail(&["token", "revoke", id]).contains("no good token"));
}

#[test]
fn an_empty_outbox_has_no_dead_letters() {
    let place = Place::new();
    assert_eq!(place.must(&["outbox", "list"]), "no dead letters\n");
    assert_eq!(place.must(&["outbox", "retry", "--all"]), "retrying 0\n");
    let id = "01930d2c-7a44-7000-8000-0123456789ab/1";
    for act in ["retry", "discard"] {
        assert!(place.must_fail(&["outbox", act, id]).contains("is not a dead letter"));
    }
}

#[test]
fn doctor_finds_a_sound_server_sound() {
    let place = Place::new();
    place.must(&["migrate", "up"]);
    for args in [&["doctor"][..], &["doctor", "--verify-journal"]] {
        let out = place.must(args);
        for area in ["configuration", "keys", "reachability", "database", "ledger", "outbox", "journal", "audit"] {
            let found = out.lines().any(|line| line.starts_with("ok ") && line.split_whitespace().nth(1) == Some(area));
            assert!(found, "{area} is not ok in {out}");
        }
        assert!(!out.contains("fail") && !out.contains("warn"), "{out}");
    }
}

/// What `doctor` says of the booking server's settings, with these more of them.
fn doctor_on_booking(place: &Place, rtu: &str, more: &str) -> crate::cli::Run {
    place.write("keys/password", "correct horse battery staple");
    place.write("keys/stripe", "sk_test_1");
    place.write("feed.json", "{}");
    place.write("roundtrip.toml", super::MINIMAL);
    place.configure(&format!(
        "[processor.stripe]\nendpoint = \"{rtu}\"\nsecret_key_file = \"keys/stripe\"\n\
         [booking]\nfeeds = [\"feed.json\"]\nrtu_endpoint = \"{rtu}\"\npartner_id = \"1\"\n\
         credentials = [{{ user = \"google\", password_file = \"keys/password\" }}]\n{more}"
    ));
    place.run(&["doctor"])
}

#[test]
fn doctor_asks_whom_the_booking_server_needs_and_reads_what_it_is_given() {
    let anybody = Listener::start(Arc::new(|_| Some(Answer { status: 404, headers: Vec::new(), body: Vec::new() })));
    let there = format!("http://{}", anybody.address);
    let place = Place::new();
    place.must(&["migrate", "up"]);
    let token_uri = url::Url::parse(&format!("{there}/token")).unwrap();
    let account = roundtrip::crypto::generate_service_account("rtu@example.iam", &token_uri).unwrap();
    place.write("keys/account", &account);
    let named = "service_account_file = \"keys/account\"\n";

    let run = doctor_on_booking(&place, &there, named);
    assert_eq!(run.status, 0, "{run:?}");
    for said in [
        "service_account_file: holds a key",
        "booking.rtu_endpoint: 127.0.0.1 answers",
        "token_uri: 127.0.0.1",
        "processor.stripe.endpoint: 127.0.0.1 answers",
        "booking.feeds: 1 files",
    ] {
        assert!(run.out.contains(said), "{said}: {run:?}");
    }
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let run = doctor_on_booking(&place, &format!("http://{nobody}"), "");
    assert_eq!(run.status, 1, "{run:?}");
    for said in [
        "booking.rtu_endpoint: 127.0.0.1: no connection",
        "processor.stripe.endpoint: 127.0.0.1: no connection",
        "updates go to this machine without a token",
    ] {
        assert!(run.out.contains(said), "{said}: {run:?}");
    }
    place.write("keys/account", "{\"private_key\": \"MySecretKey\"}");
    let run = doctor_on_booking(&place, &there, named);
    assert_eq!(run.status, 1, "{run:?}");
    let failed = run.out.lines().find(|line| line.starts_with("fail  booking")).unwrap();
    assert!(failed.contains("service_account_file") && !run.out.contains("MySecretKey"), "{run:?}");
    std::fs::remove_file(place.path("keys/account")).unwrap();
    assert!(doctor_on_booking(&place, &there, "").status == 0);
    std::fs::remove_file(place.path("feed.json")).unwrap();
    let run = place.run(&["doctor"]);
    assert!(run.status == 1 && run.out.contains("feed.json: does it exist?"), "{run:?}");
}

#[test]
fn doctor_looks_without_making_a_database() {
    let place = Place::new();
    let out = place.must(&["doctor"]);
    assert!(out.contains("warn  database") && out.contains("does not exist yet"), "{out}");
    let run = place.run_with(&["doctor"], &[("ROUNDTRIP__DATABASE__MIGRATE_ON_START", "false")]);
    assert!(run.status == 1 && run.out.contains("fail  database"), "{run:?}");
    assert!(!place.path("var").exists());
}

#[test]
fn doctor_fails_on_what_is_broken() {
    let place = Place::new();
    place.configure("[limits]\nparalel = 3");
    let run = place.run(&["doctor"]);
    assert_eq!(run.status, 1);
    assert!(run.out.starts_with("fail  configuration"), "{run:?}");
    assert!(run.out.contains("limits.paralel") && run.out.contains("`limits.parallel`"), "{run:?}");

    let place = Place::new();
    let began = std::time::Instant::now();
    let run = place.run_with(&["doctor"], &[("ROUNDTRIP__DATABASE__URL", "postgres://pay:hush@127.0.0.1:1/pay")]);
    assert!(run.status == 1 && run.out.contains("fail  database"), "{run:?}");
    assert!(!run.out.contains("hush") && !run.err.contains("hush"), "{run:?}");
    assert!(began.elapsed().as_secs() < 15);
}
