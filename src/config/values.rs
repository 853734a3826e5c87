//! The words of the configuration: each is parsed once and well-formed ever after.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

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
        if let Some(rest) = text.strip_prefix("sqlite:") {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
            let in_memory = path.contains(":memory:") || query.is_some_and(|query| query.contains("mode=memory"));
            if path.is_empty() || in_memory {
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

    /// Whether it is a SQLite file.
    pub fn is_sqlite(&self) -> bool {
        self.0.starts_with("sqlite:")
    }

    /// The SQLite file, if it is one.
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        let path = self.0.strip_prefix("sqlite://")?;
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        Some(PathBuf::from(unescaped(path)))
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

/// Takes the escapes of a URL back; what is none stays as it stands.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        if let Some(byte) = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            bytes.extend(part.bytes().skip(2));
        } else {
            bytes.push(b'%');
            bytes.extend(part.bytes());
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
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
                let (scheme, user, path) = (url.scheme(), url.username(), url.path());
                write!(f, "{scheme}://{user}:[redacted]@{host}{port}{path}")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_end_without_a_slash_and_keep_their_prefix() {
        for (text, shown, prefix) in [
            ("https://pay.example.com", "https://pay.example.com", ""),
            ("https://pay.example.com/", "https://pay.example.com", ""),
            ("https://pay.example.com/a/b//", "https://pay.example.com/a/b", "/a/b"),
            ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x", "/x"),
        ] {
            let url = BaseUrl::parse(text).unwrap();
            assert_eq!((url.as_str(), url.path_prefix()), (shown, prefix));
            assert_eq!(url.join("/begin"), format!("{shown}/begin"));
        }
        for text in ["pay.example.com", "ftp://a/", "https://a/?b", "https://a/#b", "https://u:p@a/", "https://", ""] {
            assert_eq!(BaseUrl::parse(text), None, "{text}");
        }
    }

    #[test]
    fn payers_go_only_to_the_hosts_that_are_listed() {
        let allows = |host: &str, url: &str| CallbackHost::parse(host).unwrap().allows(&Url::parse(url).unwrap());
        assert!(allows("payments.google.com", "https://payments.google.com/cb?x=1"));
        assert!(allows("payments.google.com", "https://PAYMENTS.google.com:443/cb"));
        assert!(allows("payments.google.com:443", "https://payments.google.com/cb"));
        assert!(allows("127.0.0.1:9001", "http://127.0.0.1:9001/cb"));
        assert!(allows("[::1]:9001", "http://[::1]:9001/cb"));
        for (host, url) in [
            ("payments.google.com", "https://payments.google.com.evil.example/cb"),
            ("payments.google.com", "https://evil.example/payments.google.com"),
            ("payments.google.com", "https://a@payments.google.com/cb"),
            ("payments.google.com", "https://payments.google.com:8443/cb"),
            ("payments.google.com", "http://payments.google.com/cb"),
            ("payments.google.com:80", "http://payments.google.com/cb"),
            ("payments.google.com", "ftp://payments.google.com/cb"),
            ("payments.google.com", "https://sub.payments.google.com/cb"),
            ("127.0.0.1:9001", "http://127.0.0.1:9002/cb"),
            ("127.0.0.1", "http://127.0.0.1:9002/cb"),
        ] {
            assert!(!allows(host, url), "{host} {url}");
        }
        for text in ["", "https://a", "a/b", "a:", "a:0", "a:x", "*.a", "u@a", "a b", "a:1:2"] {
            assert_eq!(CallbackHost::parse(text), None, "{text}");
        }
    }

    #[test]
    fn sqlite_paths_are_relative_to_the_configuration() {
        let parse = |text: &str| DatabaseUrl::parse(text, Path::new("/etc/pay 100%")).map(|url| url.0);
        assert_eq!(parse("sqlite://var/a.db").as_deref(), Some("sqlite:///etc/pay 100%25/var/a.db"));
        assert_eq!(parse("sqlite:a.db").as_deref(), Some("sqlite:///etc/pay 100%25/a.db"));
        assert_eq!(parse("sqlite:///srv/a.db?mode=rwc").as_deref(), Some("sqlite:///srv/a.db?mode=rwc"));
        assert_eq!(parse("postgresql://a@b/c").as_deref(), Some("postgresql://a@b/c"));
        let file = DatabaseUrl::parse("sqlite://var/a.db?mode=rwc", Path::new("/etc/pay 100%")).unwrap().sqlite_file();
        assert_eq!(file.as_deref(), Some(Path::new("/etc/pay 100%/var/a.db")));
        for text in ["sqlite://", "sqlite::memory:", "sqlite://a?mode=memory", "mysql://a/b", "var/a.db", ""] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn words_are_judged() {
        assert!(network("10.0.0.0/8").is_some() && network("10.0.0.1").is_some() && network("10.0.0").is_none());
        assert_eq!(url_path("/a/b/").as_deref(), Some("/a/b"));
        assert_eq!(url_path("").as_deref(), Some(""));
        assert!(url_path("a").is_none() && url_path("/a?b").is_none() && url_path("/a//b").is_none());
        assert!(mailbox("A <a@b.example>").is_some() && mailbox("a@b").is_some());
        assert!(mailbox("a").is_none() && mailbox("A <a@b").is_none() && mailbox("a @b").is_none());
        assert!(log_level("info,sqlx=warn").is_some() && log_level("DEBUG").is_some() && log_level("loud").is_none());
    }
}
