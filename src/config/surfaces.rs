//! The sections of surfaces beside the redirect form of payment: `[processor.stripe]`, `[booking]`, `[invoices]`,
//! `[outlook]`, `[alerts]`, `[smtp]`. Each is off while its section is absent.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::reader::Section;
use super::values::{is_loopback, mailbox, url_path, web_url};
use super::{BaseUrl, ConfigError, Secret, SecretText};

/// `[processor.stripe]`.
#[derive(Debug, Clone)]
pub struct Stripe {
    /// `endpoint` (default `https://api.stripe.com`).
    pub endpoint: BaseUrl,
    /// `secret_key_file`.
    pub secret_key: SecretText,
    /// `webhook_secret_file`: without it there is no `POST /processor/stripe/events`.
    pub webhook_secret: Option<SecretText>,
    /// `timeout_ms` (default 2500).
    pub timeout: Duration,
}

/// `[booking]`.
#[derive(Debug, Clone)]
pub struct Booking {
    /// `path` (default `/v3`).
    pub path: String,
    /// `feeds`: Google's own format, `.gz` and shards too.
    pub feeds: Vec<PathBuf>,
    /// `service_account_file`: without it real-time updates are sent unauthenticated (loopback only).
    pub service_account: Option<Secret>,
    /// `credentials`: HTTP Basic pairs of Google; two may be valid at once.
    pub credentials: Vec<Credential>,
    /// `rtu_endpoint` (default `https://mapsbooking.googleapis.com`).
    pub rtu_endpoint: BaseUrl,
    /// `partner_id`.
    pub partner_id: String,
}

/// A user with a password.
#[derive(Debug, Clone)]
pub struct Credential {
    /// `user`.
    pub user: String,
    /// `password_file`.
    pub password: SecretText,
}

/// `[outlook]`.
#[derive(Debug, Clone)]
pub struct Outlook {
    /// `merchant_id`.
    pub merchant_id: String,
    /// `display_id`.
    pub display_id: String,
    /// `originator`.
    pub originator: String,
    /// `mode` (default `entra`): which bearer tokens are accepted.
    pub mode: OutlookMode,
    /// `openid_configuration`: Microsoft's discovery document.
    pub openid_configuration: Url,
    /// `audience`.
    pub audience: String,
    /// `issuer`: instead of what the mode says of `iss`.
    pub issuer: Option<String>,
    /// `scope`: what `scp` of Entra's tokens has to hold.
    pub scope: Option<String>,
    /// `tenants`: whose users may act; empty: every tenant's.
    pub tenants: Vec<String>,
    /// `user_check` (default `strict`): what happens to another user than the invoice's recipient.
    pub user_check: UserCheck,
    /// `signing_key_file`: an RSA key (PEM) that signs what stands in the mail; its public half is registered with Microsoft.
    pub signing_key: Option<Secret>,
    /// `iat_as_text` (default false): as the one published sample of a signed payment request has it.
    pub iat_as_text: bool,
    /// `networks` (default visa, mastercard, amex): which cards are taken.
    pub networks: Vec<&'static str>,
    /// `types` (default credit, debit): which kinds of them.
    pub types: Vec<&'static str>,
}

/// What happens to another user than the recipient of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserCheck {
    /// Refused.
    Strict,
    /// Noted in the log, and allowed.
    Warn,
}

/// `[invoices]`: who sends them. Everything has a default.
#[derive(Debug, Clone, Default)]
pub struct Invoices {
    /// `name`: the merchant's, as recipients read it. Default: the name in `smtp.from`, else the host of `server.public_url`.
    pub name: Option<String>,
    /// `logo_url`: an https image for letters and cards.
    pub logo_url: Option<Url>,
}

/// Which bearer tokens of Outlook are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutlookMode {
    /// Microsoft Entra.
    Entra,
    /// The older tokens of actionable messages.
    Legacy,
}

/// `[alerts]`.
#[derive(Debug, Clone)]
pub struct Alerts {
    /// `mail_to`.
    pub mail_to: Vec<String>,
    /// `webhook_url` with `webhook_secret_file`: Standard Webhooks.
    pub webhook: Option<AlertWebhook>,
}

/// Where alarms are posted to.
#[derive(Debug, Clone)]
pub struct AlertWebhook {
    /// `webhook_url`.
    pub url: Url,
    /// `webhook_secret_file`, decoded: at least 32 bytes.
    pub secret: Secret,
}

/// `[smtp]`.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// `url`, or `url_file` where a password stands in it: `smtp://` is plain (loopback only), `smtps://` is TLS.
    pub url: SecretText,
    /// `from`: name and address that mail is sent from.
    pub from: String,
}

pub(super) const PROCESSOR: &[&str] = &["stripe"];
pub(super) const STRIPE: &[&str] =
    &["endpoint", "secret_key_file", "secret_key", "webhook_secret_file", "webhook_secret", "timeout_ms"];
pub(super) const BOOKING: &[&str] =
    &["path", "feeds", "service_account_file", "service_account", "credentials", "rtu_endpoint", "partner_id"];
pub(super) const OUTLOOK: &[&str] = &[
    "merchant_id",
    "display_id",
    "originator",
    "mode",
    "openid_configuration",
    "audience",
    "issuer",
    "scope",
    "tenants",
    "user_check",
    "signing_key_file",
    "signing_key",
    "iat_as_text",
    "networks",
    "types",
];
pub(super) const INVOICES: &[&str] = &["name", "logo_url"];
const NETWORKS: [&str; 6] = ["visa", "mastercard", "amex", "discover", "diners", "jcb"];
const CARD_TYPES: [&str; 3] = ["credit", "debit", "prepaid"];
pub(super) const ALERTS: &[&str] = &["mail_to", "webhook_url", "webhook_secret_file", "webhook_secret"];
pub(super) const SMTP: &[&str] = &["url", "url_file", "from"];

fn name(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

impl Stripe {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let endpoint = section.parsed("endpoint", "an http or https address", BaseUrl::parse)?;
        let default = || BaseUrl::parse("https://api.stripe.com");
        let timeout = section.number("timeout_ms", 1..=60_000)?.unwrap_or(2500);
        Ok(Self {
            endpoint: endpoint.or_else(default).ok_or_else(|| section.missing("endpoint", "an address"))?,
            secret_key: section
                .secret_text("secret_key")?
                .ok_or_else(|| section.missing("secret_key_file", "the path of a file with Stripe's secret key"))?,
            webhook_secret: section.secret_text("webhook_secret")?,
            timeout: Duration::from_millis(timeout as u64),
        })
    }
}

impl Booking {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let rtu = section.parsed("rtu_endpoint", "an http or https address", BaseUrl::parse)?;
        let default = || BaseUrl::parse("https://mapsbooking.googleapis.com");
        let mut credentials = Vec::new();
        for entry in section.sections("credentials", &["user", "password_file", "password"])? {
            let user = |text: &str| name(text).filter(|user| !user.contains(':'));
            credentials.push(Credential {
                user: entry.required("user", "a name without a colon", user)?,
                password: entry
                    .secret_text("password")?
                    .ok_or_else(|| entry.missing("password_file", "the path of a file with the password"))?,
            });
        }
        if credentials.is_empty() {
            return Err(section.missing("credentials", "at least one { user = \"google\", password_file = \"…\" }"));
        }
        Ok(Self {
            path: section
                .parsed("path", "a path that begins with a slash, such as /v3", url_path)?
                .unwrap_or_else(|| "/v3".to_owned()),
            feeds: section.paths_of("feeds")?,
            service_account: section
                .secret_bytes("service_account", "the service account's key as JSON")?
                .map(Secret::new),
            credentials,
            rtu_endpoint: rtu.or_else(default).ok_or_else(|| section.missing("rtu_endpoint", "an address"))?,
            partner_id: section.required("partner_id", "the partner id in quotes, such as \"12345678\"", name)?,
        })
    }
}

impl Outlook {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let text = |key| section.required(key, "text that is not empty", name);
        let mode = section.parsed("mode", "\"entra\" or \"legacy\"", |text| match text {
            "entra" => Some(OutlookMode::Entra),
            "legacy" => Some(OutlookMode::Legacy),
            _ => None,
        })?;
        let discovery = "the https address of the discovery document";
        Ok(Self {
            merchant_id: text("merchant_id")?,
            display_id: text("display_id")?,
            originator: text("originator")?,
            mode: mode.unwrap_or(OutlookMode::Entra),
            openid_configuration: section.required("openid_configuration", discovery, web_url)?,
            audience: text("audience")?,
            issuer: section.parsed("issuer", "text that is not empty", name)?,
            scope: section.parsed("scope", "text that is not empty", name)?,
            tenants: section.parsed_list("tenants", "ids of tenants", name)?,
            user_check: section
                .parsed("user_check", "\"strict\" or \"warn\"", |text| match text {
                    "strict" => Some(UserCheck::Strict),
                    "warn" => Some(UserCheck::Warn),
                    _ => None,
                })?
                .unwrap_or(UserCheck::Strict),
            signing_key: section.secret_bytes("signing_key", "an RSA key as PEM")?.map(Secret::new),
            iat_as_text: section.flag("iat_as_text")?.unwrap_or(false),
            networks: chosen(section, "networks", (&NETWORKS, 3))?,
            types: chosen(section, "types", (&CARD_TYPES, 2))?,
        })
    }
}

/// Some of `known`; without the setting the first ones.
fn chosen(
    section: &Section<'_>,
    key: &str,
    (known, by_default): (&'static [&'static str], usize),
) -> Result<Vec<&'static str>, ConfigError> {
    let find = |text: &str| known.iter().copied().find(|word| *word == text);
    let given = section.parsed_list(key, &format!("some of {}", known.join(", ")), find)?;
    Ok(if given.is_empty() { known.iter().copied().take(by_default).collect() } else { given })
}

impl Invoices {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let https = |text: &str| web_url(text).filter(|url| url.scheme() == "https");
        Ok(Self {
            name: section.parsed("name", "a name of one line", |text| {
                name(text).filter(|name| name.len() <= 200 && !name.contains(char::is_control))
            })?,
            logo_url: section.parsed("logo_url", "an https address of an image", https)?,
        })
    }
}

impl Alerts {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let url = section.parsed("webhook_url", "an http or https address", web_url)?;
        let has_secret = section.has("webhook_secret") || section.has("webhook_secret_file");
        let webhook = match (url, has_secret) {
            (None, false) => None,
            (None, true) => return Err(section.missing("webhook_url", "the address that the secret belongs to")),
            (Some(url), _) => Some(AlertWebhook { url, secret: section.secret_key("webhook_secret")? }),
        };
        Ok(Self { mail_to: section.parsed_list("mail_to", "mail addresses", mailbox)?, webhook })
    }
}

impl Smtp {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let expected = "smtp://host:port for loopback, or smtps://host";
        let text = match section.text("url")? {
            Some(text) => SecretText::new(text),
            None => section.url_from_file()?.ok_or_else(|| section.missing("url", expected))?,
        };
        let refused = |given: &str| section.refuse("url", given, expected);
        let url = Url::parse(text.expose().trim()).map_err(|_| refused("something that is not an address"))?;
        if url.password().is_some() && section.in_file("url") {
            return Err(section.inline_secret("url"));
        }
        match url.scheme() {
            "smtps" if url.has_host() => {}
            "smtp" if is_smtp_loopback(&url) => {}
            "smtp" => return Err(refused("smtp:// to another machine, which would send mail in the clear")),
            _ => return Err(refused("another scheme")),
        }
        let from = "a mail address, such as Example Pay <invoices@example.com>";
        Ok(Self { url: SecretText::new(url.to_string()), from: section.required("from", from, mailbox)? })
    }
}

/// The host of a scheme that the URL standard does not know is plain text: read it as a web address's.
fn is_smtp_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    Url::parse(&format!("http://{host}/")).is_ok_and(|url| is_loopback(&url))
}
