use roundtrip::config::Config;

use super::{Place, SECRET};

const WHOLE: &str = r#"
    [server]
    public_url = "https://pay.example.com/"
    [database]
    url = "sqlite://var/roundtrip.db"
    [signing]
    keys = [{ id = "2026-11", secret_file = "keys/url" }]
    [google]
    endpoint = "https://vgw.sandbox.google.com/gsp"
    callback_hosts = ["payments.google.com", "127.0.0.1:9001"]
    [[google.accounts]]
    piaid = "ExamplePay_INR"
    scheme = "pgp"
    own_keys = ["keys/own.asc"]
    peer_keys = ["keys/peer.asc"]
    issuers = ["BANK_A"]
    [[issuers]]
    id = "BANK_A"
    name = "Bank A"
    authorize_url = "https://bank-a.example/authorize"
    status_url = "https://bank-a.example/status"
    refund_url = "https://bank-a.example/refund"
    keys = [{ id = "a1", secret_file = "keys/url" }]
    currencies = ["INR"]
    [processor.stripe]
    secret_key_file = "keys/stripe"
    timeout_ms = 2500
    [booking]
    credentials = [{ user = "google", password_file = "keys/stripe" }]
    partner_id = "12345678"
    [limits]
    requests_per_minute = 10000
    [alerts]
    mail_to = ["ops@example.com"]
    webhook_url = "https://hooks.example/alerts"
    webhook_secret_file = "keys/url"
    [smtp]
    url = "smtp://127.0.0.1:1025"
    from = "Example Pay <invoices@example.com>"
"#;

struct Slip {
    desc: &'static str,
    from: &'static str,
    to: &'static str,
    said: &'static [&'static str],
}

const fn slip(desc: &'static str, from: &'static str, to: &'static str, said: &'static [&'static str]) -> Slip {
    Slip { desc, from, to, said }
}

const FORM: &[Slip] = &[
    slip("no TOML", "[server]", "[server", &["line 2, column", "TOML"]),
    slip("no section", "[signing]\n    keys", "[log]\n    level", &["log.level: given a list of 1"]),
    slip("no key", "public_url = \"https://pay.example.com/\"", "", &["server.public_url: missing", "https"]),
    slip("unknown section", "[smtp]", "[smpt]", &["smpt: unknown key", "did you mean `smtp`"]),
    slip("unknown key", "timeout_ms", "timeot_ms", &["processor.stripe.timeot_ms", "`processor.stripe.timeout_ms`"]),
    slip("in a list", "peer_keys", "per_keys", &["google.accounts[0].per_keys", "`google.accounts[0].peer_keys`"]),
    slip("text for a number", "timeout_ms = 2500", "timeout_ms = \"2500\"", &["given \"2500\"", "1 to 60000"]),
    slip("number for text", "\"12345678\"", "12345678", &["booking.partner_id: given 12345678", "in quotes"]),
    slip("fraction", "per_minute = 10000", "per_minute = 1.5", &["requests_per_minute: given 1.5", "whole number"]),
    slip("out of range", "per_minute = 10000", "per_minute = 0", &["given 0", "from 1"]),
    slip("no list", "[\"INR\"]", "\"INR\"", &["issuers[0].currencies: given \"INR\"", "list of ISO 4217"]),
    slip("no table", "[booking]", "[[booking]]", &["booking: given a list of 1", "section [booking]"]),
];

const MEANING: &[Slip] = &[
    slip("no currency", "[\"INR\"]", "[\"INX\"]", &["issuers[0].currencies: given \"INX\"", "ISO 4217"]),
    slip("no scheme", "\"pgp\"", "\"gpg\"", &["accounts[0].scheme: given \"gpg\"", "\"pgp\" or \"jose\""]),
    slip(
        "unknown issuer",
        "issuers = [\"BANK_A\"]",
        "issuers = [\"B\"]",
        &["accounts[0].issuers: given \"B\"", "BANK_A"],
    ),
    slip(
        "URL for a host",
        "\"payments.g",
        "\"https://payments.g",
        &["google.callback_hosts: given", "without a scheme"],
    ),
    slip("origin with query", "example.com/", "example.com/?a=b", &["server.public_url: given", "origin"]),
    slip("half of TLS", "[server]", "[server]\ntls_cert_file = \"keys/url\"", &["server.tls_key_file: missing"]),
    slip("one address twice", "[server]", "[server]\nadmin_listen = \"127.0.0.1:8080\"", &["another address"]),
    slip(
        "limits",
        "currencies",
        "min_amount_micros = 5\nmax_amount_micros = 4\ncurrencies",
        &["given 5", "which is 4"],
    ),
    slip(
        "a key twice",
        "keys/url\" }]",
        "keys/url\" }, { id = \"2026-11\" }]",
        &["signing.keys[1].id", "no other key"],
    ),
    slip("bad level", "[limits]", "[log]\nlevel = \"loud\"\n[limits]", &["log.level: given \"loud\"", "trace"]),
    slip("mail in the clear", "127.0.0.1:1025", "mail.example", &["smtp.url: given smtp:// to another", "smtps"]),
    slip("kind of database", "sqlite://var/roundtrip.db", "mysql://a:hush@b/c", &["database.url: given", "sqlite://"]),
    slip("hook alone", "webhook_secret_file = \"keys/url\"", "", &["alerts.webhook_secret_file: missing"]),
];

const SECRETS: &[Slip] = &[
    slip("no file", "keys/own.asc", "keys/gone.asc", &["own_keys: cannot read the file", "gone.asc", "private key"]),
    slip("short", "keys/url", "keys/short", &["signing.keys[0].secret_file: given a secret of 3 bytes", "32 or more"]),
    slip("no base64", "keys/url", "keys/odd", &["given a secret that is not base64", "keys generate"]),
    slip(
        "inline key",
        "secret_file = \"keys/url\"",
        "secret = \"aHVzaA==\"",
        &["signing.keys[0].secret: a secret must not stand", "secret_file", "ROUNDTRIP__SIGNING__KEYS__0__SECRET"],
    ),
    slip(
        "inline password",
        "secret_key_file = \"keys/stripe\"",
        "secret_key = \"hush\"",
        &["processor.stripe.secret_key: a secret must not", "ROUNDTRIP__PROCESSOR__STRIPE__SECRET_KEY"],
    ),
    slip("inline armour", "keys/own.asc", "-----BEGIN PGP hush", &["own_keys: given the content of a key", "paths"]),
    slip("mail password", "smtp://127.0.0.1:1025", "smtps://a:hush@mail.example", &["smtp.url: a secret must not"]),
];

/// Every slip names its key, what was given, what was expected; and no secret.
#[test]
fn slips_are_named() {
    let place = Place::empty();
    for (name, content) in [
        ("keys/url", SECRET),
        ("keys/own.asc", "private"),
        ("keys/peer.asc", "public"),
        ("keys/stripe", "sk_test_hush"),
        ("keys/short", "AAEC"),
        ("keys/odd", "hush!"),
    ] {
        place.write(name, content);
    }
    Config::from_toml_str(WHOLE, place.folder()).unwrap();
    for Slip { desc, from, to, said } in FORM.iter().chain(MEANING).chain(SECRETS) {
        assert!(WHOLE.contains(from), "{desc}");
        let error = Config::from_toml_str(&WHOLE.replacen(from, to, 1), place.folder()).unwrap_err().to_string();
        for part in *said {
            assert!(error.contains(part), "{desc}: {part:?} is not in {error:?}");
        }
        assert!(!error.contains("hush") && !error.contains("aHVzaA"), "{desc}: a secret in {error:?}");
    }
}

#[test]
fn every_required_section_is_asked_for() {
    let place = Place::empty();
    place.write("keys/url", SECRET);
    for section in ["server", "database", "signing"] {
        let parts = [
            ("server", "[server]\npublic_url = \"https://a.example\"\n"),
            ("database", "[database]\nurl = \"sqlite://a.db\"\n"),
            ("signing", "[signing]\nkeys = [{ id = \"1\", secret_file = \"keys/url\" }]\n"),
        ];
        let text: String = parts.iter().filter(|(name, _)| *name != section).map(|(_, text)| *text).collect();
        let error = Config::from_toml_str(&text, place.folder()).unwrap_err().to_string();
        assert!(error.contains(&format!("{section}: missing")) && error.contains(&format!("[{section}]")), "{error}");
    }
}
