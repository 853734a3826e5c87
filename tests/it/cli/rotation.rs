//! Keys rotated and retired by the commands, and the API's document printed (contract section 1).

use roundtrip::storage::{AuditFilter, Store, StoreOptions};

use super::Place;
use super::keys::{account, generate, printed, value};

fn text(place: &Place) -> String {
    std::fs::read_to_string(place.path("roundtrip.toml")).unwrap()
}

/// The files of `roundtrip.toml` as it was.
fn copies(place: &Place) -> usize {
    std::fs::read_dir(place.folder())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".bak"))
        .count()
}

/// Today, as the commands name files and keys for it.
fn today() -> String {
    roundtrip::ports::Clock::now(&roundtrip::ports::SystemClock).to_day()
}

/// The lists of the configuration, as TOML reads them.
fn read(place: &Place) -> toml::Value {
    toml::from_str(&text(place)).unwrap()
}

fn texts(list: &toml::Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

fn ids(list: &toml::Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|key| key["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn con_6_a_key_of_an_account_is_rotated_in_two_steps_and_retired() {
    for (scheme, word, extension) in [("pgp", "fingerprint ", "asc"), ("jose", "kid ", "json")] {
        let place = Place::new();
        let ours = generate(&place, scheme, "own");
        generate(&place, scheme, "google");
        place.configure(&account(scheme, printed(&ours), "peer_keys = [\"given/google.pub\"] # theirs"));
        let old = value(&ours, word).to_owned();
        let before = text(&place);
        let rotate = ["keys", "rotate", "--account", "ExamplePay_INR"];

        let dry = place.must(&[&rotate[..], &["--dry-run"]].concat());
        assert!(dry.lines().any(|line| line.starts_with('+') && line.contains("keys/own-ExamplePay_INR")), "{dry}");
        assert_eq!((text(&place) == before, copies(&place)), (true, 0), "{scheme}: a dry run changes nothing");
        assert!(place.must_fail(&[&rotate[..], &["--activate"]].concat()).contains("no next key"));

        let made = place.must(&rotate);
        let name = format!("keys/own-ExamplePay_INR-{}", today());
        assert!(place.path(&format!("{name}.{extension}")).exists(), "{made}");
        let public = std::fs::read_to_string(place.path(&format!("{name}.pub.{extension}"))).unwrap();
        assert!(!public.contains("PRIVATE") && !public.contains("\"d\""), "what Google gets is public");
        let own = |place: &Place| texts(&read(place)["google"]["accounts"][0]["own_keys"]);
        assert_eq!(
            own(&place),
            ["keys/own".to_owned(), format!("{name}.{extension}")],
            "it decrypts, and does not sign"
        );
        assert!(text(&place).contains("# theirs"), "comments stay");
        assert_eq!(copies(&place), 1);
        let step = |word: &str| made.find(word).unwrap_or_else(|| panic!("{word}: {made}"));
        assert!(step("restart every server") < step("to Google") && step("to Google") < step("--activate"));
        assert!(step("--activate") < step("keys retire"), "{made}");
        assert!(place.must_fail(&rotate).contains("--activate"), "one rotation at a time");
        assert!(place.must_fail(&["keys", "retire", &old]).contains("signs"));

        let list = place.must(&["keys", "list"]);
        assert!(list.contains(&old), "{list}");
        place.must(&[&rotate[..], &["--activate"]].concat());
        assert_eq!(own(&place), [format!("{name}.{extension}"), "keys/own".to_owned()]);
        let exported = place.must(&["keys", "export"]);
        assert_eq!(exported.trim(), public.trim(), "the new one is advertised");

        let retired = place.must(&["keys", "retire", &old, "--account", "ExamplePay_INR"]);
        assert!(retired.contains("its file stays"), "{retired}");
        assert_eq!(own(&place), [format!("{name}.{extension}")]);
        assert!(place.path("keys/own").exists() && copies(&place) == 3);
        let new = exported_id(&place);
        assert!(place.must_fail(&["keys", "retire", &new]).contains("only one"));
    }
}

/// The id of the only own key.
fn exported_id(place: &Place) -> String {
    let list = place.must(&["keys", "list"]);
    let row =
        list.lines().find(|line| line.starts_with("ExamplePay_INR") && line.split_whitespace().nth(1) == Some("own"));
    row.unwrap().split_whitespace().nth(2).unwrap().to_owned()
}

#[test]
fn con_6_a_signing_key_is_kept_while_what_it_signed_is_honoured() {
    let place = Place::new();
    let rotate = ["keys", "rotate", "--signing"];
    let made = place.must(&rotate);
    let secret = std::fs::read_to_string(place.path(&format!("keys/url-{}", today()))).unwrap();
    assert!(!made.contains(secret.trim()), "the secret stands in its file alone");
    assert_eq!(ids(&read(&place)["signing"]["keys"]), ["2026-11".to_owned(), today()]);
    place.must(&[&rotate[..], &["--activate"]].concat());
    let keys = &read(&place)["signing"]["keys"];
    assert_eq!(ids(keys), [today(), "2026-11".to_owned()]);
    assert_eq!(keys[1]["signed_until"].as_str(), Some(today().as_str()));
    assert!(place.must_fail(&["keys", "retire", &today()]).contains("signs"));
    let refused = place.must_fail(&["keys", "retire", "2026-11"]);
    assert!(refused.contains("honoured until"), "{refused}");

    // Long enough ago: a link of ours is honoured for 37 days at most.
    let stopped = text(&place).replace(&format!("signed_until = \"{}\"", today()), "signed_until = \"2020-01-01\"");
    place.write("roundtrip.toml", &stopped);
    let dry = place.must(&["keys", "retire", "2026-11", "--dry-run"]);
    assert!(dry.lines().any(|line| line.starts_with('-') && line.contains("keys/url")), "{dry}");
    assert_eq!(text(&place), stopped);
    place.must(&["keys", "retire", "2026-11"]);
    assert_eq!(ids(&read(&place)["signing"]["keys"]), [today()]);
    assert!(place.path("keys/url").exists());
}

#[test]
fn con_6_nobody_guesses_since_when_a_key_signs_no_more() {
    let place = Place::new();
    place.must(&["keys", "generate", "--scheme", "url", "--out", "keys/url-2"]);
    let both = r#"keys = [{ id = "new", secret_file = "keys/url-2" }, { id = "2026-11", secret_file = "keys/url" }]"#;
    let by_hand: Vec<String> = text(&place)
        .lines()
        .map(|line| if line.starts_with("keys = ") { both.to_owned() } else { line.to_owned() })
        .collect();
    place.write("roundtrip.toml", &by_hand.join("\n"));
    let refused = place.must_fail(&["keys", "retire", "2026-11", "--signing"]);
    assert!(refused.contains("--stopped"), "{refused}");
    let refused = place.must_fail(&["keys", "retire", "2026-11", "--signing", "--stopped", &today()]);
    assert!(refused.contains("honoured until"), "{refused}");
    place.must(&["keys", "retire", "2026-11", "--signing", "--stopped", "2020-01-01"]);
    assert_eq!(ids(&read(&place)["signing"]["keys"]), ["new"]);
}

#[test]
fn con_6_an_issuers_secret_is_rotated_and_other_keys_of_its_name_are_not_meant() {
    let place = Place::new();
    let ours = generate(&place, "jose", "own");
    generate(&place, "jose", "google");
    let more = account("jose", printed(&ours), "peer_keys = [\"given/google.pub\"]").replace("\"a1\"", "\"2026-11\"");
    place.configure(&more);
    let refused = place.must_fail(&["keys", "retire", "2026-11"]);
    assert!(refused.contains("--issuer") && refused.contains("BANK_A"), "{refused}");
    let made = place.must(&["keys", "rotate", "--issuer", "BANK_A"]);
    assert!(made.contains("BANK_A"), "{made}");
    assert_eq!(ids(&read(&place)["issuers"][0]["keys"]), ["2026-11".to_owned(), today()]);
    assert_eq!(ids(&read(&place)["signing"]["keys"]), ["2026-11"]);
    // A rotation that is given up: the new key never signed.
    place.must(&["keys", "retire", &today(), "--issuer", "BANK_A"]);
    assert_eq!(ids(&read(&place)["issuers"][0]["keys"]), ["2026-11"]);
    assert!(place.must_fail(&["keys", "rotate", "--issuer", "BANK_X"]).contains("BANK_X"));
}

#[test]
fn con_6_a_configuration_that_would_be_refused_is_not_written() {
    let place = Place::new();
    let before = text(&place);
    // A name in the file system, but none that a configuration takes: the content of a key.
    let out = "-----BEGIN";
    let error = place.must_fail(&["keys", "rotate", "--signing", "--out", &format!("./{out}")]);
    assert!(error.contains("stays as it was"), "{error}");
    assert_eq!((text(&place) == before, copies(&place), place.path(out).exists()), (true, 0, false));
}

/// What the audit log of a place says: actor, action, subject, outcome, the oldest first.
fn audited(place: &Place) -> Vec<[String; 4]> {
    let url = format!("sqlite://{}", place.path("var/roundtrip.db").display());
    let rows = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = Store::open(StoreOptions::new(&url)).await.unwrap();
        let rows = store.audit(&AuditFilter::default(), None, 100).await.unwrap();
        store.close().await;
        rows
    });
    rows.into_iter().rev().map(|row| [row.actor, row.action, row.subject, row.outcome.as_str().to_owned()]).collect()
}

#[test]
fn con_6_what_is_done_to_keys_stands_in_the_audit_log() {
    let place = Place::new();
    let mut expected: Vec<[String; 4]> = Vec::new();
    let mut note = |action: &str, subject: &str, outcome: &str| {
        expected.push(["shell", action, subject, outcome].map(str::to_owned));
        expected.clone()
    };
    place.must(&["keys", "rotate", "--signing", "--dry-run"]);
    assert!(!place.path("var/roundtrip.db").exists(), "a dry run changes nothing, and notes nothing");
    place.must(&["keys", "rotate", "--signing"]);
    assert_eq!(audited(&place), note("keys rotate", "signing.keys", "asked"));
    note("keys rotate", "signing.keys", "asked");
    place.must_fail(&["keys", "rotate", "--signing"]);
    assert_eq!(audited(&place), note("keys rotate", "signing.keys", "refused"));
    place.must(&["keys", "rotate", "--signing", "--activate"]);
    assert_eq!(audited(&place), note("keys rotate --activate", "signing.keys", "asked"));
    let stopped = text(&place).replace(&format!("signed_until = \"{}\"", today()), "signed_until = \"2020-01-01\"");
    place.write("roundtrip.toml", &stopped);
    place.must(&["keys", "retire", "2026-11"]);
    assert_eq!(audited(&place), note("keys retire", "2026-11 of signing.keys", "asked"));
}

#[test]
fn con_6_no_key_changes_where_the_audit_log_cannot_note_it() {
    let place = Place::new();
    // A file stands where the database's folder would be.
    place.write("var", "");
    let before = text(&place);
    for args in [&["keys", "rotate", "--signing"][..], &["keys", "rotate", "--signing", "--activate"][..]] {
        let error = place.must_fail(args);
        assert!(error.contains("nothing was changed") && error.contains("roundtrip doctor"), "{error}");
    }
    let keys = std::fs::read_dir(place.path("keys")).unwrap().count();
    assert_eq!((text(&place) == before, copies(&place), keys), (true, 0, 1));
}

#[test]
fn con_6_the_openapi_document_is_printed_without_a_configuration() {
    let place = Place::empty();
    let printed: serde_json::Value = serde_json::from_str(&place.must(&["openapi"])).unwrap();
    assert_eq!(printed["openapi"], "3.1.0");
    assert!(printed["paths"]["/api/v1/outbox/dead-letters"]["get"].is_object());
}
