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
//! Keys that contract section 2 does not name: `server.workers`, `server.shutdown_timeout_s`, `database.url_file`,
//! `database.commit_timeout_ms`, `google.choice_timeout_s`, `google.replay_before_clock`, `google.accounts[].jose`,
//! `google.accounts[].sign_with_all`, `google.accounts[].environment`, `limits.parallel`, `actors.idle_s`,
//! `smtp.url_file`. They are described where their fields stand.

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

pub use error::ConfigError;
pub use google::{Account, Environment, Google, JoseSettings, OwnKeyFile, PeerKeyFile};
pub use issuers::{Connector, Issuer};
pub use secret::{Secret, SecretText};
pub use server::{Actors, Database, Limits, Log, LogFormat, NamedSecret, Server, Tls};
pub use surfaces::{AlertWebhook, Alerts, Booking, Credential, Outlook, OutlookMode, Smtp, Stripe};
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
