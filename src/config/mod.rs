//! Every setting, parsed once; secrets are redacted in every output (contract section 2).
//!
//! The settings are a TOML file. Every key can be overridden by a variable `ROUNDTRIP__SECTION__KEY`; an element of a
//! list by its place: `ROUNDTRIP__GOOGLE__ACCOUNTS__0__PIAID`. Lists and tables in a variable are written as in TOML, a
//! list of texts also as `a,b`. Unknown keys and unknown variables are errors that name the nearest known key.
//!
//! Secrets stand in files that `…_file` keys name, or in the variable of the same key without `_file`, for example
//! `ROUNDTRIP__PROCESSOR__STRIPE__SECRET_KEY` or `ROUNDTRIP__SIGNING__KEYS__0__SECRET`; the variable wins. Never in the
//! file itself. Relative paths are relative to the configuration file.
//!
//! Keys that contract section 2 does not name: `server.workers`, `server.shutdown_timeout_s`,
//! `server.admin_body_timeout_s`, `server.admin_upload_window_s`, `database.url_file`,
//! `database.commit_timeout_ms`, `google.choice_timeout_s`, `google.replay_before_clock`, `google.accounts[].jose`,
//! `google.accounts[].paid_after_close`,
//! `google.accounts[].two_persons_above_micros`, `google.accounts[].fee`, `google.accounts[].sign_with_all`, `google.accounts[].environment`, `limits.parallel`, `actors.idle_s`,
//! `smtp.url_file`, and `[console]`. They are described where their fields stand.

mod console;
mod error;
mod google;
mod issuers;
mod reader;
mod secret;
mod server;
mod source;
mod surfaces;
mod values;

use std::path::{Path, PathBuf};

pub use console::Console;
pub use error::ConfigError;
pub use google::{Account, Environment, FeeSettings, Google, JoseSettings, OwnKeyFile, PaidAfterClose, PeerKeyFile};
pub use issuers::{Connector, Issuer};
pub use secret::{Secret, SecretText};
pub use server::{Actors, Database, Limits, Log, LogFormat, NamedSecret, Server, Tls};
pub use surfaces::{
    AlertWebhook, Alerts, Booking, Credential, Invoices, Outlook, OutlookMode, Smtp, Stripe, UserCheck,
};
pub use values::{BaseUrl, CallbackHost, DatabaseUrl, KeyScheme, is_loopback};

use reader::{Reader, Section};
use source::Source;

use crate::domain::IssuerId;

/// All settings of one server.
#[derive(Debug, Clone)]
pub struct Config {
    /// What relative paths are relative to: the folder of the configuration file.
    pub base_dir: PathBuf,
    /// `[server]`. Required.
    pub server: Server,
    /// `[database]`. Required.
    pub database: Database,
    /// `[log]`.
    pub log: Log,
    /// `[signing]`: keys of the URLs that we sign for ourselves; the first signs, all verify. Required.
    pub signing: Vec<NamedSecret>,
    /// `[google]`: without it its paths answer 404.
    pub google: Option<Google>,
    /// `[[issuers]]`; may be empty.
    pub issuers: Vec<Issuer>,
    /// `[processor.stripe]`.
    pub stripe: Option<Stripe>,
    /// `[booking]`.
    pub booking: Option<Booking>,
    /// `[console]`.
    pub console: Console,
    /// `[invoices]`.
    pub invoices: Invoices,
    /// `[outlook]`.
    pub outlook: Option<Outlook>,
    /// `[limits]`.
    pub limits: Limits,
    /// `[actors]`.
    pub actors: Actors,
    /// `[alerts]`.
    pub alerts: Option<Alerts>,
    /// `[smtp]`.
    pub smtp: Option<Smtp>,
    /// What is allowed but should not stay so; to be logged at the start. Holds no secret.
    pub warnings: Vec<String>,
}

const SECTIONS: &[&str] = &[
    "server",
    "database",
    "log",
    "signing",
    "google",
    "issuers",
    "processor",
    "booking",
    "console",
    "invoices",
    "outlook",
    "limits",
    "actors",
    "alerts",
    "smtp",
];

impl Config {
    /// Reads the configuration file, the variables of this process and every file that they name.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let base = path.parent().unwrap_or(Path::new(""));
        let variables: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self::from_sources(&text, base, &variables)
    }

    /// Reads settings from text alone: no variables. Relative paths are relative to `base_dir`.
    pub fn from_toml_str(text: &str, base_dir: &Path) -> Result<Self, ConfigError> {
        Self::from_sources(text, base_dir, &[])
    }

    /// Reads settings from text and the given variables, name and value each; those that do not begin with `ROUNDTRIP__`
    /// are passed over.
    pub fn from_sources(text: &str, base_dir: &Path, variables: &[(String, String)]) -> Result<Self, ConfigError> {
        let base = std::path::absolute(if base_dir.as_os_str().is_empty() { Path::new(".") } else { base_dir })
            .unwrap_or_else(|_| base_dir.to_owned());
        let (source, table) = Source::merge(text, variables)?;
        let reader = Reader { source: &source, base: &base };
        let root = Section::root(&reader, table, SECTIONS)?;
        let config = Self::read(&root, &base)?;
        config.check_issuers_exist(&root)?;
        Ok(config)
    }

    fn read(root: &Section<'_>, base: &Path) -> Result<Self, ConfigError> {
        let mut warnings = Vec::new();
        let required =
            |name, known| root.section(name, known)?.ok_or_else(|| root.missing(name, format!("a section [{name}]")));
        let stripe = match root.section("processor", surfaces::PROCESSOR)? {
            Some(processor) => processor.section("stripe", surfaces::STRIPE)?,
            None => None,
        };
        Ok(Self {
            base_dir: base.to_owned(),
            server: Server::read(&required("server", server::SERVER)?, &mut warnings)?,
            database: Database::read(&required("database", server::DATABASE)?, base, &mut warnings)?,
            log: Log::read(root.section("log", server::LOG)?.as_ref())?,
            signing: server::named_secrets(&required("signing", server::SIGNING)?)?,
            google: root.section("google", google::GOOGLE)?.map(|section| Google::read(&section)).transpose()?,
            issuers: issuers::issuers(&root.sections("issuers", issuers::ISSUER)?)?,
            stripe: stripe.map(|section| Stripe::read(&section)).transpose()?,
            booking: root.section("booking", surfaces::BOOKING)?.map(|s| Booking::read(&s)).transpose()?,
            console: Console::read(root.section("console", console::CONSOLE)?.as_ref())?,
            invoices: root
                .section("invoices", surfaces::INVOICES)?
                .map(|section| Invoices::read(&section))
                .transpose()?
                .unwrap_or_default(),
            outlook: root.section("outlook", surfaces::OUTLOOK)?.map(|s| Outlook::read(&s)).transpose()?,
            limits: Limits::read(root.section("limits", server::LIMITS)?.as_ref())?,
            actors: Actors::read(root.section("actors", server::ACTORS)?.as_ref())?,
            alerts: root.section("alerts", surfaces::ALERTS)?.map(|s| Alerts::read(&s)).transpose()?,
            smtp: root.section("smtp", surfaces::SMTP)?.map(|s| Smtp::read(&s)).transpose()?,
            warnings,
        })
    }

    /// The issuer with this id.
    pub fn issuer(&self, id: &IssuerId) -> Option<&Issuer> {
        self.issuers.iter().find(|issuer| issuer.id == *id)
    }

    /// Every issuer that an account offers must be there.
    fn check_issuers_exist(&self, root: &Section<'_>) -> Result<(), ConfigError> {
        let accounts = self.google.iter().flat_map(|google| &google.accounts).enumerate();
        for (index, account) in accounts {
            if let Some(id) = account.issuers.iter().find(|id| self.issuer(id).is_none()) {
                let known: Vec<&str> = self.issuers.iter().map(|issuer| issuer.id.as_str()).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(ConfigError::Invalid {
                    key: root.path(&format!("google.accounts[{index}].issuers")),
                    given: format!("{:?}", id.as_str()),
                    expected: format!("ids of [[issuers]], which are: {known}"),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const REQUIRED: &str = r#"
        [server]
        public_url = "https://pay.example.com/"
        [database]
        url = "sqlite://var/roundtrip.db"
        [signing]
        keys = [{ id = "2026-11", secret_file = "keys/url" }]
    "#;
    const GOOGLE: &str = r#"
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
    "#;
    /// The rest of contract section 2.
    const SURFACES: &str = r#"
        [processor.stripe]
        endpoint = "https://api.stripe.com"
        secret_key_file = "keys/stripe"
        webhook_secret_file = "keys/stripe"
        timeout_ms = 2500
        [booking]
        path = "/v3"
        feeds = ["feeds/merchants.json", "feeds/services.json", "feeds/availability.json"]
        service_account_file = "keys/stripe"
        credentials = [{ user = "google", password_file = "keys/stripe" }]
        rtu_endpoint = "https://mapsbooking.googleapis.com"
        partner_id = "12345678"
        [outlook]
        merchant_id = "m"
        display_id = "d"
        originator = "o"
        mode = "entra"
        openid_configuration = "https://login.example/.well-known/openid-configuration"
        audience = "a"
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

    /// A folder with the files that the texts above name.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("keys")).unwrap();
        for (name, content) in [
            ("url", format!("{SECRET}\n")),
            ("own.asc", "private".to_owned()),
            ("peer.asc", "public".to_owned()),
            ("stripe", "sk_test_hush\r\n".to_owned()),
            ("pg", "postgres://pay:hush@db/pay\n".to_owned()),
        ] {
            std::fs::write(folder.path().join("keys").join(name), content).unwrap();
        }
        folder
    }

    fn read(text: &str) -> Result<Config, ConfigError> {
        Config::from_toml_str(text, folder().path())
    }

    fn read_with(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let variables: Vec<_> = variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Config::from_sources(text, folder().path(), &variables)
    }

    #[test]
    fn the_required_sections_suffice_and_the_rest_has_defaults() {
        let config = read(REQUIRED).unwrap();
        assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.server.admin_listen.to_string(), "127.0.0.1:8081");
        assert_eq!(config.server.public_url.join("/begin"), "https://pay.example.com/begin");
        assert!(config.database.migrate_on_start);
        assert_eq!((config.limits.requests_per_minute, config.limits.parallel), (10_000, 200));
        assert_eq!(config.signing[0].secret.expose(), (0..32).collect::<Vec<u8>>());
        assert!(config.google.is_none() && config.issuers.is_empty() && config.stripe.is_none());
        assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    }

    #[test]
    fn the_whole_contract_parses() {
        let config = read(&format!("{REQUIRED}{GOOGLE}{SURFACES}")).unwrap();
        let google = config.google.unwrap();
        assert_eq!(google.accounts[0].own_keys[0].bytes.expose(), b"private");
        assert_eq!(google.accounts[0].refund_window_days, 180);
        assert_eq!(google.clock_tolerance_ms, 60_000);
        assert_eq!(config.issuers[0].payment_timeout_s, 1800);
        assert_eq!(config.stripe.unwrap().secret_key.expose(), "sk_test_hush");
        assert_eq!(config.booking.unwrap().partner_id, "12345678");
        assert_eq!(config.smtp.unwrap().url.expose(), "smtp://127.0.0.1:1025");
        assert!(config.alerts.unwrap().webhook.is_some() && config.outlook.is_some());
    }

    #[test]
    fn the_example_file_parses() {
        let folder = folder();
        let text = include_str!("../../roundtrip.example.toml");
        for part in text.split('"').filter(|part| part.starts_with("keys/")) {
            std::fs::write(folder.path().join(part), SECRET).unwrap();
        }
        let config = Config::from_toml_str(text, folder.path()).unwrap();
        let google = config.google.unwrap();
        assert_eq!(google.accounts[1].jose.jws_alg.as_deref(), Some("PS256"));
        assert_eq!(google.accounts[0].environment, Some(Environment::Sandbox));
    }

    #[test]
    fn the_example_file_shows_every_key_of_its_sections() {
        let text = include_str!("../../roundtrip.example.toml");
        for keys in [
            server::SERVER,
            server::DATABASE,
            server::LOG,
            server::SIGNING,
            server::LIMITS,
            server::ACTORS,
            google::GOOGLE,
            google::ACCOUNT,
            google::JOSE,
            issuers::ISSUER,
            surfaces::STRIPE,
            surfaces::BOOKING,
            surfaces::ALERTS,
            surfaces::SMTP,
        ] {
            let inline = ["tls_key", "webhook_secret", "secret_key", "service_account"];
            for key in keys.iter().filter(|key| !inline.contains(key)) {
                let shown = text.contains(&format!("{key} = ")) || text.contains(&format!(".{key}]"));
                assert!(shown, "{key}");
            }
        }
    }

    #[test]
    fn a_secret_shows_nowhere() {
        let whole = format!("{REQUIRED}{GOOGLE}{SURFACES}");
        let config = read(&whole.replace("sqlite://var/roundtrip.db", "postgres://pay:hush@db/pay")).unwrap();
        let shown = format!("{config:?} {}", config.database.url);
        for secret in ["hush", "private", SECRET, "0, 1, 2, 3"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        assert_eq!(config.database.url.expose(), "postgres://pay:hush@db/pay");
        assert_eq!(config.warnings.len(), 1, "a password in the file is worth a warning");
        assert!(config.warnings[0].contains("database.url_file"));
    }

    #[test]
    fn variables_override_every_kind_of_key() {
        let text = format!("{REQUIRED}{GOOGLE}{SURFACES}");
        let config = read_with(
            &text,
            &[
                ("ROUNDTRIP__SERVER__LISTEN", "127.0.0.1:9"),
                ("ROUNDTRIP__DATABASE__MIGRATE_ON_START", "false"),
                ("ROUNDTRIP__LIMITS__PARALLEL", "7"),
                ("ROUNDTRIP__BOOKING__PARTNER_ID", "00123"),
                ("ROUNDTRIP__GOOGLE__CALLBACK_HOSTS", "a.example, b.example:8443"),
                ("ROUNDTRIP__GOOGLE__ACCOUNTS__0__PIAID", "Other_INR"),
                ("ROUNDTRIP__GOOGLE__ACCOUNTS__0__JOSE", "{ zip = \"DEF\" }"),
                ("ROUNDTRIP__ISSUERS__0__CURRENCIES", "[\"EUR\", \"INR\"]"),
                ("ROUNDTRIP__ISSUERS__0__KEYS__0__SECRET", SECRET),
                ("ROUNDTRIP__PROCESSOR__STRIPE__SECRET_KEY", "rk_test_other"),
                ("ROUNDTRIP__LOG__FORMAT", "json"),
                ("ROUNDTRIP_CONFIG", "elsewhere.toml"),
                ("PATH", "/bin"),
            ],
        )
        .unwrap();
        assert_eq!(config.server.listen.port(), 9);
        assert!(!config.database.migrate_on_start);
        assert_eq!(config.limits.parallel, 7);
        assert_eq!(config.booking.unwrap().partner_id, "00123");
        let google = config.google.unwrap();
        assert_eq!(
            google.callback_hosts.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["a.example", "b.example:8443"]
        );
        assert_eq!(google.accounts[0].piaid.as_str(), "Other_INR");
        assert_eq!(google.accounts[0].jose.zip.as_deref(), Some("always"));
        assert_eq!(config.issuers[0].currencies.len(), 2);
        assert_eq!(config.stripe.unwrap().secret_key.expose(), "rk_test_other");
        assert_eq!(config.log.format, LogFormat::Json);
    }

    #[test]
    fn secrets_may_come_from_variables_alone() {
        let text = REQUIRED.replace("keys = [{ id = \"2026-11\", secret_file = \"keys/url\" }]", "");
        let keys = format!("[{{ id = \"k\", secret = \"{SECRET}\" }}]");
        let config = read_with(&text, &[("ROUNDTRIP__SIGNING__KEYS", &keys)]).unwrap();
        assert_eq!(config.signing[0].id, "k");
        let config = read_with(
            &text,
            &[("ROUNDTRIP__SIGNING__KEYS__0__ID", "n"), ("ROUNDTRIP__SIGNING__KEYS__0__SECRET", SECRET)],
        )
        .unwrap();
        assert_eq!(config.signing[0].id, "n");
    }

    #[test]
    fn a_file_may_hold_the_database_s_address() {
        let config = read(&REQUIRED.replace("url = \"sqlite://var/roundtrip.db\"", "url_file = \"keys/pg\"")).unwrap();
        assert_eq!(config.database.url.expose(), "postgres://pay:hush@db/pay");
        assert_eq!(config.database.url.to_string(), "postgres://pay:[redacted]@db/pay");
        assert!(config.warnings.is_empty());
    }

    #[test]
    fn slips_in_variables_name_the_variable() {
        for (name, value, parts) in [
            ("ROUNDTRIP__SERVER__LISTN", "x", ["ROUNDTRIP__SERVER__LISTN", "`server.listen`"]),
            ("ROUNDTRIP__SEVER__LISTEN", "x", ["sever (from ROUNDTRIP__SEVER", "`server`"]),
            ("ROUNDTRIP__SERVER__LISTEN", "x", ["(from ROUNDTRIP__SERVER__LISTEN)", "given \"x\""]),
            ("ROUNDTRIP__LIMITS__PARALLEL", "many", ["(from ROUNDTRIP__LIMITS__PARALLEL)", "whole number"]),
            ("ROUNDTRIP__SIGNING__KEYS__5__ID", "x", ["ROUNDTRIP__SIGNING__KEYS__5__ID", "0 to 1"]),
            ("ROUNDTRIP____LISTEN", "x", ["ROUNDTRIP____LISTEN", "empty part"]),
            ("ROUNDTRIP__SIGNING__KEYS__0__SECRET", "hush!", ["(from ROUNDTRIP__SIGNING__KEYS__0__SECRET)", "base64"]),
        ] {
            let error = read_with(REQUIRED, &[(name, value)]).map(|_| ()).unwrap_err().to_string();
            for part in parts {
                assert!(error.contains(part), "{name}: {part:?} is not in {error:?}");
            }
            assert!(!error.contains("hush"), "{error}");
        }
    }

    #[test]
    fn a_missing_file_says_what_to_do() {
        let error = Config::load(Path::new("/nowhere/roundtrip.toml")).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("/nowhere/roundtrip.toml") && error.contains("--config FILE"), "{error}");
    }
}
