use super::{Place, SECRET};

/// `[google]` with one account that uses these key files.
pub(super) fn account(scheme: &str, own: &str, peer: &str) -> String {
    format!(
        r#"
        [google]
        endpoint = "http://127.0.0.1:1"
        [[google.accounts]]
        piaid = "ExamplePay_INR"
        scheme = "{scheme}"
        {own}
        {peer}
        issuers = ["BANK_A"]
        [[issuers]]
        id = "BANK_A"
        name = "Bank A"
        authorize_url = "https://bank-a.example/authorize"
        status_url = "https://bank-a.example/status"
        refund_url = "https://bank-a.example/refund"
        keys = [{{ id = "a1", secret_file = "keys/url" }}]
        currencies = ["INR"]
        "#
    )
}

/// The line of configuration that a command prints last.
pub(super) fn printed(out: &str) -> &str {
    out.lines().last().unwrap()
}

/// What stands behind `word` in a command's output.
pub(super) fn value<'a>(out: &'a str, word: &str) -> &'a str {
    out.lines().find_map(|line| line.strip_prefix(word)).unwrap().trim()
}

pub(super) fn generate(place: &Place, scheme: &str, name: &str) -> String {
    let (private, public) = (format!("keys/{name}"), format!("given/{name}.pub"));
    let mut args = vec!["keys", "generate", "--scheme", scheme, "--out", &private, "--public-out", &public];
    if scheme == "pgp" {
        args.extend(["--name", "Example Pay <pay@example.com>"]);
    } else {
        args.extend(["--kid", name]);
    }
    place.must(&args)
}

#[test]
fn keys_are_made_exchanged_and_used_as_the_commands_say() {
    for (scheme, word) in [("pgp", "fingerprint "), ("jose", "kid ")] {
        let place = Place::new();
        let ours = generate(&place, scheme, "own");
        let theirs = generate(&place, scheme, "google");
        let imported =
            place.must(&["keys", "import", "given/google.pub", "--scheme", scheme, "--out", "keys/google-2026"]);
        assert!(imported.contains(value(&theirs, word)), "{scheme}: {imported}");
        assert_eq!(printed(&ours), "own_keys = [\"keys/own\"]");
        assert_eq!(printed(&imported), "peer_keys = [\"keys/google-2026\"]");
        place.configure(&account(scheme, printed(&ours), printed(&imported)));

        let list = place.must(&["keys", "list"]);
        for (role, id) in [("own", value(&ours, word)), ("peer", value(&theirs, word))] {
            let found = list.lines().any(|line| {
                let cells: Vec<_> = line.split_whitespace().collect();
                cells.starts_with(&["ExamplePay_INR", role, id]) && cells.contains(&"2048")
            });
            assert!(found, "{scheme}: {role} {id} is not in {list}");
        }
        for owner in ["BANK_A", "signing"] {
            assert!(list.lines().any(|line| line.starts_with(owner) && line.contains("256")), "{owner}: {list}");
        }
        assert!(!list.contains("fail") && !list.contains(SECRET), "{scheme}: {list}");

        let public = std::fs::read_to_string(place.path("given/own.pub")).unwrap();
        assert_eq!(place.must(&["keys", "export"]).trim(), public.trim(), "{scheme}");
        place.must(&["keys", "export", "--account", "ExamplePay_INR", "--id", value(&ours, word), "--out", "a/b"]);
        let from_file = place.must(&["keys", "export", "--key", "keys/own", "--scheme", scheme]);
        assert_eq!(from_file.trim(), std::fs::read_to_string(place.path("a/b")).unwrap().trim(), "{scheme}");
        assert!(place.must_fail(&["keys", "export", "--id", "other"]).contains("keys list"));
        assert!(place.must_fail(&["keys", "export", "--account", "other"]).contains("ExamplePay_INR"));
    }
}

#[test]
fn private_files_are_private_and_nothing_is_overwritten() {
    for scheme in ["pgp", "jose"] {
        let place = Place::new();
        generate(&place, scheme, "own");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(place.path("keys/own")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{scheme}");
        }
        let before = std::fs::read(place.path("keys/own")).unwrap();
        for args in [
            &["keys", "generate", "--scheme", scheme, "--out", "keys/own", "--name", "A <a@b>"][..],
            &["keys", "generate", "--scheme", scheme, "--out", "x", "--public-out", "keys/own", "--name", "A <a@b>"],
            &["keys", "generate", "--scheme", "url", "--out", "keys/own"],
            &["keys", "import", "given/own.pub", "--scheme", scheme, "--out", "keys/own"],
            &["keys", "export", "--key", "keys/own", "--scheme", scheme, "--out", "keys/own"],
        ] {
            assert!(place.must_fail(args).contains("not overwritten"), "{args:?}");
        }
        assert_eq!(std::fs::read(place.path("keys/own")).unwrap(), before);
        assert!(!place.path("x").exists(), "nothing is made where half of it could not be");
    }
}

#[test]
fn a_peer_s_private_key_is_refused() {
    for scheme in ["pgp", "jose"] {
        let place = Place::new();
        generate(&place, scheme, "google");
        let error = place.must_fail(&["keys", "import", "keys/google", "--scheme", scheme, "--out", "keys/peer"]);
        assert!(error.contains("private key") && !place.path("keys/peer").exists(), "{scheme}: {error}");
        let error = place.must_fail(&["keys", "import", "roundtrip.toml", "--scheme", scheme, "--out", "keys/peer"]);
        assert!(error.contains("roundtrip.toml") && error.contains("because:"), "{scheme}: {error}");
    }
}

#[test]
fn a_key_for_urls_serves_as_its_line_says() {
    let place = Place::new();
    let out = place.must(&["keys", "generate", "--scheme", "url", "--out", "keys/url-2027"]);
    assert_eq!(printed(&out), "keys = [{ id = \"url-2027\", secret_file = \"keys/url-2027\" }]");
    let text = std::fs::read_to_string(place.path("roundtrip.toml")).unwrap();
    let text: Vec<_> =
        text.lines().map(|line| if line.starts_with("keys = ") { printed(&out) } else { line }).collect();
    place.write("roundtrip.toml", &text.join("\n"));
    assert!(place.must(&["keys", "list"]).contains("url-2027"));
    let secret = std::fs::read_to_string(place.path("keys/url-2027")).unwrap();
    assert!(!out.contains(secret.trim()), "the secret stands in its file alone");
    let args = ["keys", "generate", "--scheme", "url", "--out", "keys/b", "--public-out", "keys/c"];
    assert!(place.must_fail(&args).contains("shared secret"));
}

/// A key that ends within 30 days is a warning, for `doctor` and in the list.
fn warned_of_keys_that_end_soon(scheme: &str, id: &str) {
    let place = Place::new();
    let short = ["keys", "generate", "--scheme", scheme, "--out", "keys/own", "--days", "20", "--name", "A <a@b.c>"];
    let ours = place.must(&short);
    generate(&place, scheme, "google");
    place.configure(&account(scheme, printed(&ours), "peer_keys = [\"given/google.pub\"]"));
    // The doctor fails all the same: nobody answers its echo.
    for (desc, out) in [("doctor", place.run(&["doctor"]).out), ("list", place.must(&["keys", "list"]))] {
        let told = |line: &&str| line.starts_with("warn") && line.contains("ExamplePay_INR") && line.contains(id);
        assert!(out.lines().any(|line| told(&line)), "{desc}: {out}");
    }
}

#[test]
fn pgp_6_a_key_that_ends_soon_is_a_warning() {
    warned_of_keys_that_end_soon("pgp", "PGP-6");
}

#[test]
fn jose_5_a_key_that_ends_soon_is_a_warning() {
    warned_of_keys_that_end_soon("jose", "JOSE-5");
}

/// KEY-1: sandbox and production share no keys.
#[test]
fn key_1_doctor_fails_on_keys_that_both_environments_share() {
    let place = Place::new();
    let ours = generate(&place, "jose", "own");
    generate(&place, "jose", "google");
    let first = account("jose", printed(&ours), "peer_keys = [\"given/google.pub\"]");
    let first = first.replace("[[issuers]]", "environment = \"sandbox\"\n[[issuers]]");
    let second = r#"
        [[google.accounts]]
        piaid = "ExamplePay_EUR"
        scheme = "jose"
        environment = "production"
        own_keys = ["keys/own"]
        peer_keys = ["given/google.pub"]
        issuers = ["BANK_A"]
    "#;
    place.configure(&format!("{first}{second}"));
    let run = place.run(&["doctor"]);
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.out.lines().any(|line| line.starts_with("fail  keys") && line.contains("KEY-1")), "{run:?}");
    assert!(place.must(&["keys", "list"]).contains("KEY-1"));
}

#[test]
fn doctor_fails_on_files_that_hold_no_key() {
    let place = Place::new();
    place.write("keys/own", "not a key");
    place.configure(&account("pgp", "own_keys = [\"keys/own\"]", "peer_keys = [\"keys/own\"]"));
    let run = place.run(&["doctor"]);
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.out.contains("fail  keys") && run.out.contains("keys/own"), "{run:?}");
}
