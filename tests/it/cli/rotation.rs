//! Keys rotated and retired by the commands, and the API's document printed (contract section 1).

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

#[test]
fn con_6_the_openapi_document_is_printed_without_a_configuration() {
    let place = Place::empty();
    let printed: serde_json::Value = serde_json::from_str(&place.must(&["openapi"])).unwrap();
    assert_eq!(printed["openapi"], "3.1.0");
    assert!(printed["paths"]["/api/v1/outbox/dead-letters"]["get"].is_object());
}
