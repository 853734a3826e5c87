//! The words of the configuration: each is parsed once and well-formed ever after.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;

use url::{Host, Url};

/// An `http` or `https` address that paths are appended to: an origin with an optional path prefix, without a slash at
/// its end, without query, fragment and user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Parses an address; slashes at its end are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let mut url = web_url(text)?;
        if url.query().is_some() || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Some(Self(url))
    }

    /// The address without a slash at its end.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// The path prefix: empty, or `/…` without a slash at its end.
    pub fn path_prefix(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The address with `path`, which begins with a slash, appended.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.as_str())
    }

    /// The address as a URL. An empty path shows as one slash.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An `http` or `https` URL without a fragment.
pub(super) fn web_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let fits = matches!(url.scheme(), "http" | "https") && url.has_host() && url.fragment().is_none();
    fits.then_some(url)
}

/// Whether what is sent to `url` stays on this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A host that payers may be sent back to: `host` (the scheme's own port) or `host:port` (contract section 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackHost {
    host: Host<String>,
    port: Option<u16>,
}

impl CallbackHost {
    /// Parses `host` or `host:port`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains(['/', '?', '#', '@', '\\', '*']) || text.chars().any(char::is_whitespace) {
            return None;
        }
        let url = Url::parse(&format!("https://{text}/")).ok()?;
        let host = url.host()?.to_owned();
        // `url` drops the port that is the scheme's own: what is written still counts.
        let written = text.rsplit_once(':').filter(|(before, _)| !before.contains(':') || before.ends_with(']'));
        let port = written.map(|(_, port)| port.parse::<u16>().ok().filter(|port| *port != 0));
        match port {
            Some(None) => None,
            Some(some) => Some(Self { host, port: some }),
            None => Some(Self { host, port: None }),
        }
    }

    /// Whether a callback URL may be followed: this host and port, no user in it, `https`, and `http` only for loopback.
    pub fn allows(&self, callback: &Url) -> bool {
        let secure = match callback.scheme() {
            "https" => true,
            "http" => is_loopback(callback),
            _ => return false,
        };
        let default_port = if callback.scheme() == "https" { 443 } else { 80 };
        secure
            && callback.username().is_empty()
            && callback.password().is_none()
            && callback.host().is_some_and(|host| host.to_owned() == self.host)
            && callback.port_or_known_default() == Some(self.port.unwrap_or(default_port))
    }
}

impl fmt::Display for CallbackHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => write!(f, "{}", self.host),
        }
    }
}

/// Where the database is: `sqlite://path`, made absolute, or `postgres://…`. A password in it shows as `[redacted]`.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Parses an address; a relative SQLite path is relative to `base`.
    pub fn parse(text: &str, base: &Path) -> Option<Self> {
        if text == "sqlite::memory:" || text == "sqlite://:memory:" {
            return Some(Self("sqlite::memory:".to_owned()));
        }
        if let Some(rest) = text.strip_prefix("sqlite:") {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
            if path.is_empty() {
                return None;
            }
            let base = std::path::absolute(base).ok()?;
            let full = if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", escaped(&base)?) };
            let query = query.map_or_else(String::new, |query| format!("?{query}"));
            return Some(Self(format!("sqlite://{full}{query}")));
        }
        let url = Url::parse(text).ok()?;
        matches!(url.scheme(), "postgres" | "postgresql").then(|| Self(text.to_owned()))
    }

    /// The address with whatever password it holds, for the one who connects.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is a SQLite file or memory.
    pub fn is_sqlite(&self) -> bool {
        self.0.starts_with("sqlite:")
    }

    /// Whether a password stands in it.
    pub(super) fn has_password(&self) -> bool {
        !self.is_sqlite() && Url::parse(&self.0).is_ok_and(|url| holds_password(&url))
    }
}

fn holds_password(url: &Url) -> bool {
    url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password")
}

/// The folder as it stands in a SQLite URL, where `%`, `?` and `#` mean something else.
fn escaped(folder: &Path) -> Option<String> {
    let text = folder.to_str()?.trim_end_matches('/');
    Some(text.replace('%', "%25").replace('?', "%3F").replace('#', "%23"))
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.has_password() {
            return f.write_str(&self.0);
        }
        match Url::parse(&self.0) {
            Ok(url) => {
                let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
                let host = url.host_str().unwrap_or_default();
                write!(f, "{}://{}:[redacted]@{host}{port}{}", url.scheme(), url.username(), url.path())
            }
            Err(_) => f.write_str("[redacted]"),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Which of Google's two schemes an account uses (flows-security section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyScheme {
    /// OpenPGP.
    Pgp,
    /// JWS in JWE.
    Jose,
}

impl KeyScheme {
    /// The word in the configuration: `pgp` or `jose`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pgp => "pgp",
            Self::Jose => "jose",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "pgp" => Some(Self::Pgp),
            "jose" => Some(Self::Jose),
            _ => None,
        }
    }
}

/// A range of addresses, or one address.
pub(super) fn network(text: &str) -> Option<ipnet::IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(ipnet::IpNet::from))
}

/// A path on our own server: empty, or beginning with a slash and not ending in one.
pub(super) fn url_path(text: &str) -> Option<String> {
    let path = text.trim_end_matches('/');
    let fits = path.is_empty() || path.starts_with('/');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'~');
    (fits && path.bytes().all(plain) && !path.contains("//")).then(|| path.to_owned())
}

/// The id of a key: 1 to 100 characters of `a-z A-Z 0-9 : - _ .`.
pub(super) fn key_id(text: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'_' | b'.');
    ((1..=100).contains(&text.len()) && text.bytes().all(plain)).then(|| text.to_owned())
}

/// A mail address, with or without a name before it. Looked at only closely enough to find slips.
pub(super) fn mailbox(text: &str) -> Option<String> {
    let address = match text.strip_suffix('>') {
        Some(text) => text.rsplit_once('<')?.1,
        None => text,
    };
    let (user, host) = address.rsplit_once('@')?;
    let fits = !user.is_empty() && !host.is_empty() && !address.contains(char::is_whitespace) && !user.contains('@');
    (fits && !text.contains(['\r', '\n'])).then(|| text.to_owned())
}

/// A log level, or directives as `info,sqlx=warn`.
pub(super) fn log_level(text: &str) -> Option<String> {
    let level = |word: &str| {
        matches!(word.to_ascii_lowercase().as_str(), "off" | "error" | "warn" | "info" | "debug" | "trace")
    };
    let directive = |part: &str| match part.trim().rsplit_once('=') {
        Some((target, word)) => !target.is_empty() && level(word),
        None => level(part.trim()),
    };
    text.split(',').all(directive).then(|| text.to_owned())
}
