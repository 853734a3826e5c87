//! The sections that every server needs: `[server]`, `[database]`, `[log]`, `[signing]`, `[limits]`, `[actors]`.

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;

use super::reader::Section;
use super::values::{is_loopback, key_id, log_level, network};
use super::{BaseUrl, ConfigError, DatabaseUrl, Secret, SecretText};
use crate::domain::Day;

/// `[server]`: where we listen and what we are called outside.
#[derive(Debug, Clone)]
pub struct Server {
    /// `listen` (default `127.0.0.1:8080`): payers, Google, issuers, Outlook.
    pub listen: SocketAddr,
    /// `admin_listen` (default `127.0.0.1:8081`): console, admin API, metrics. Never expose it to the internet.
    pub admin_listen: SocketAddr,
    /// `public_url`: origin and optional path prefix of every URL that we mint.
    pub public_url: BaseUrl,
    /// `tls_cert_file` and `tls_key_file`: without them a proxy terminates TLS.
    pub tls: Option<Tls>,
    /// `trusted_proxies`: whose `X-Forwarded-For` is believed. A single address counts as a range of one.
    pub trusted_proxies: Vec<IpNet>,
    /// `workers` (default: one per core).
    pub workers: usize,
    /// `shutdown_timeout_s` (default 2, at most 2: SIGTERM must have drained within 3 s): how long requests may still run.
    pub shutdown_timeout: Duration,
    /// `admin_body_timeout_s` (default 30): how long is waited for the whole body of a form or call on the admin listener.
    pub admin_body_timeout: Duration,
    /// `admin_upload_window_s` (default 10): in so long at least 64 KiB of an upload have to come, again and again.
    pub admin_upload_window: Duration,
}

/// Certificate chain and private key, both PEM.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The chain, own certificate first.
    pub cert_pem: Vec<u8>,
    /// The private key.
    pub key_pem: Secret,
}

/// `[database]`.
#[derive(Debug, Clone)]
pub struct Database {
    /// `url`, or `url_file` where a password stands in it.
    pub url: DatabaseUrl,
    /// `migrate_on_start` (default true): bring an older schema up to date instead of refusing to start.
    pub migrate_on_start: bool,
    /// `commit_timeout_ms` (default 5000): how long one commit may take before it counts as failed.
    pub commit_timeout: Duration,
}

/// `[log]`.
#[derive(Debug, Clone)]
pub struct Log {
    /// `format` (default `text`).
    pub format: LogFormat,
    /// `level` (default `info`): a level, or directives as `info,sqlx=warn`.
    pub level: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// One key of a list in which the first signs and all verify.
#[derive(Debug, Clone)]
pub struct NamedSecret {
    /// `id`: the `kid` in signed URLs.
    pub id: String,
    /// `secret_file`, decoded: at least 32 bytes.
    pub secret: Secret,
    /// `made`: the day on which `keys rotate` made it.
    pub made: Option<Day>,
    /// `signed_until`: the day on which `keys rotate --activate` put another one first.
    pub signed_until: Option<Day>,
}

/// `[limits]`: what one address may ask for; beyond that 429 with Retry-After.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// `requests_per_minute` (default 10000).
    pub requests_per_minute: u32,
    /// `parallel` (default 200): requests at once.
    pub parallel: u32,
}

/// `[actors]`.
#[derive(Debug, Clone, Copy)]
pub struct Actors {
    /// `idle_s` (default 60): when an actor that nobody asks lets go of its memory.
    pub idle: Duration,
}

pub(super) const SERVER: &[&str] = &[
    "listen",
    "admin_listen",
    "public_url",
    "tls_cert_file",
    "tls_key_file",
    "tls_key",
    "trusted_proxies",
    "workers",
    "shutdown_timeout_s",
    "admin_body_timeout_s",
    "admin_upload_window_s",
];
pub(super) const DATABASE: &[&str] = &["url", "url_file", "migrate_on_start", "commit_timeout_ms"];
pub(super) const LOG: &[&str] = &["format", "level"];
pub(super) const SIGNING: &[&str] = &["keys"];
pub(super) const LIMITS: &[&str] = &["requests_per_minute", "parallel"];
pub(super) const ACTORS: &[&str] = &["idle_s"];
const NAMED_SECRET: &[&str] = &["id", "secret_file", "secret", "made", "signed_until"];

impl Server {
    pub(super) fn read(section: &Section<'_>, warnings: &mut Vec<String>) -> Result<Self, ConfigError> {
        let address = "an address and port such as 127.0.0.1:8080";
        let listen = section.parsed("listen", address, |text| text.parse().ok())?;
        let listen: SocketAddr = listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080)));
        let admin_listen = section.parsed("admin_listen", address, |text| text.parse().ok())?;
        let admin_listen: SocketAddr = admin_listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8081)));
        if listen == admin_listen && listen.port() != 0 {
            return Err(section.invalid("admin_listen", "another address than server.listen: it must stay inside"));
        }
        if !admin_listen.ip().is_loopback() {
            warnings
                .push(format!("server.admin_listen is {admin_listen}: see to it that the internet cannot reach it"));
        }
        let expected = "an http or https origin with an optional path prefix, such as https://pay.example.com";
        let public_url = section.required("public_url", expected, BaseUrl::parse)?;
        if public_url.url().scheme() == "http" && !is_loopback(public_url.url()) {
            warnings.push(format!("server.public_url is {public_url}: payers need https"));
        }
        let seconds = |name, usual| -> Result<Duration, ConfigError> {
            Ok(Duration::from_secs(section.number(name, 1..=3_600)?.unwrap_or(usual).unsigned_abs()))
        };
        Ok(Self {
            listen,
            admin_listen,
            public_url,
            tls: Tls::read(section)?,
            trusted_proxies: section.parsed_list("trusted_proxies", "networks such as 10.0.0.0/8", network)?,
            workers: section.number("workers", 1..=1024)?.map_or_else(cores, |workers| workers as usize),
            shutdown_timeout: Duration::from_secs(section.number("shutdown_timeout_s", 0..=2)?.unwrap_or(2) as u64),
            admin_body_timeout: seconds("admin_body_timeout_s", 30)?,
            admin_upload_window: seconds("admin_upload_window_s", 10)?,
        })
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

impl Tls {
    fn read(section: &Section<'_>) -> Result<Option<Self>, ConfigError> {
        let cert = section.path_of("tls_cert_file")?;
        let key = section.secret_bytes("tls_key", "a private key in PEM")?;
        match (cert, key) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(section.missing("tls_key_file", "the private key of server.tls_cert_file")),
            (None, Some(_)) => Err(section.missing("tls_cert_file", "the certificate chain of server.tls_key_file")),
            (Some(path), Some(key)) => {
                let cert_pem = section.read("tls_cert_file", &path, "a certificate chain in PEM")?;
                Ok(Some(Self { cert_pem, key_pem: Secret::new(key) }))
            }
        }
    }
}

impl Database {
    pub(super) fn read(
        section: &Section<'_>,
        base: &std::path::Path,
        warnings: &mut Vec<String>,
    ) -> Result<Self, ConfigError> {
        let expected = "sqlite://path or postgres://user@host/name";
        let (key, text) = if let Some(text) = section.text("url")? {
            ("url", SecretText::new(text))
        } else {
            ("url_file", section.url_from_file()?.ok_or_else(|| section.missing("url", expected))?)
        };
        // The address is not shown: a password could stand in it, even where the rest is wrong.
        let url = DatabaseUrl::parse(text.expose().trim(), base)
            .ok_or_else(|| section.refuse(key, "an address of another form", expected))?;
        if url.has_password() && section.in_file("url") {
            warnings.push(
                "database.url holds a password: move the address into a file named by database.url_file, or into \
                 ROUNDTRIP__DATABASE__URL"
                    .to_owned(),
            );
        }
        let timeout = section.number("commit_timeout_ms", 100..=60_000)?.unwrap_or(5_000);
        Ok(Self {
            url,
            migrate_on_start: section.flag("migrate_on_start")?.unwrap_or(true),
            commit_timeout: Duration::from_millis(timeout as u64),
        })
    }
}

impl Log {
    pub(super) fn read(section: Option<&Section<'_>>) -> Result<Self, ConfigError> {
        let Some(section) = section else { return Ok(Self::default()) };
        let format = section.parsed("format", "\"text\" or \"json\"", |text| match text {
            "text" => Some(LogFormat::Text),
            "json" => Some(LogFormat::Json),
            _ => None,
        })?;
        let expected = "error, warn, info, debug, trace or off, or directives such as \"info,sqlx=warn\"";
        Ok(Self {
            format: format.unwrap_or(LogFormat::Text),
            level: section.parsed("level", expected, log_level)?.unwrap_or_else(|| "info".to_owned()),
        })
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}

/// The keys of a section, first signing: at least one, no id twice.
pub(super) fn named_secrets(section: &Section<'_>) -> Result<Vec<NamedSecret>, ConfigError> {
    let mut keys: Vec<NamedSecret> = Vec::new();
    for entry in section.sections("keys", NAMED_SECRET)? {
        let id = entry.required("id", "1 to 100 characters of a-z A-Z 0-9 : - _ .", key_id)?;
        if keys.iter().any(|key| key.id == id) {
            return Err(entry.invalid("id", "an id that no other key of the list has"));
        }
        let day = |name| entry.parsed(name, "a day as \"2026-11-22\"", Day::parse);
        let (made, signed_until) = (day("made")?, day("signed_until")?);
        keys.push(NamedSecret { id, secret: entry.secret_key("secret")?, made, signed_until });
    }
    if keys.is_empty() {
        return Err(section.missing("keys", "at least one key as { id = \"2026-11\", secret_file = \"keys/url\" }"));
    }
    Ok(keys)
}

impl Limits {
    pub(super) fn read(section: Option<&Section<'_>>) -> Result<Self, ConfigError> {
        let number = |name, default| match section {
            Some(section) => Ok(section.number(name, 1..=i64::from(u32::MAX))?.map_or(default, |n| n as u32)),
            None => Ok::<u32, ConfigError>(default),
        };
        Ok(Self { requests_per_minute: number("requests_per_minute", 10_000)?, parallel: number("parallel", 200)? })
    }
}

impl Actors {
    pub(super) fn read(section: Option<&Section<'_>>) -> Result<Self, ConfigError> {
        let idle_s = section.map(|section| section.number("idle_s", 1..=86_400)).transpose()?.flatten();
        Ok(Self { idle: Duration::from_secs(idle_s.unwrap_or(60) as u64) })
    }
}
