//! Where payers may be sent back to: the allow list of Google hosts (flows-security section 4.1, architecture section 7).

use url::{Host, Url};

/// Hosts that a `callbackUrl` may name.
#[derive(Debug, Clone)]
pub struct CallbackHosts(Vec<(String, Option<u16>)>);

/// Why a `callbackUrl` was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCallback {
    /// Longer than the specification allows.
    #[error("callbackUrl has more than 512 characters")]
    TooLong,
    /// Not a URL, or one with parts that have no place in it.
    #[error("callbackUrl is not an absolute https URL without user name and fragment")]
    NotAUrl,
    /// Off the list.
    #[error("the host of callbackUrl is not on the list of allowed hosts")]
    HostNotAllowed,
    /// Names a parameter that is ours to add.
    #[error("callbackUrl already holds paymentIntegratorAccountId or redirectResponse, or redirectRequestId twice")]
    ReservedParameter,
}

/// The longest `callbackUrl` (flows-security section 4.1).
const LONGEST: usize = 512;

impl CallbackHosts {
    /// From `host` or `host:port` entries.
    pub fn new<'a>(entries: impl IntoIterator<Item = &'a str>) -> Self {
        let parse = |entry: &str| match entry.rsplit_once(':') {
            Some((host, port)) if !host.ends_with(':') && port.parse::<u16>().is_ok() => {
                (host.to_ascii_lowercase(), port.parse().ok())
            }
            Some(_) | None => (entry.to_ascii_lowercase(), None),
        };
        Self(entries.into_iter().map(parse).collect())
    }

    /// Parses and checks an unverified `callbackUrl`.
    pub fn check(&self, unverified: &str) -> Result<Url, InvalidCallback> {
        if unverified.len() > LONGEST {
            return Err(InvalidCallback::TooLong);
        }
        let url = Url::parse(unverified).map_err(|_| InvalidCallback::NotAUrl)?;
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let loopback = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => return Err(InvalidCallback::NotAUrl),
        };
        if !plain || !(url.scheme() == "https" || url.scheme() == "http" && loopback) {
            return Err(InvalidCallback::NotAUrl);
        }
        let host = url.host_str().unwrap_or_default();
        let default_port = if url.scheme() == "https" { 443 } else { 80 };
        let port = url.port().unwrap_or(default_port);
        if !self.0.iter().any(|(name, allowed)| name == host && allowed.unwrap_or(default_port) == port) {
            return Err(InvalidCallback::HostNotAllowed);
        }
        let count = |wanted: &str| url.query_pairs().filter(|(name, _)| name == wanted).count();
        if count("paymentIntegratorAccountId") + count("redirectResponse") > 0 || count("redirectRequestId") > 1 {
            return Err(InvalidCallback::ReservedParameter);
        }
        Ok(url)
    }
}

/// The `redirectRequestId` in a callback's query, if there is one.
pub(super) fn request_id_in(url: &Url) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == "redirectRequestId").map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beg_5_callbacks_are_short_https_and_on_the_list() {
        let hosts = CallbackHosts::new(["payments.google.com", "pay.example:8443", "127.0.0.1:8082", "localhost"]);
        for good in [
            "https://payments.google.com/return?redirectRequestId=a",
            "https://PAYMENTS.google.com:443/x",
            "https://pay.example:8443/",
            "http://127.0.0.1:8082/return/url",
            "http://localhost/x",
        ] {
            assert!(hosts.check(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("http://payments.google.com/", InvalidCallback::NotAUrl),
            ("https://payments.google.com.evil.example/", InvalidCallback::HostNotAllowed),
            ("https://evil.example/?payments.google.com", InvalidCallback::HostNotAllowed),
            ("https://payments.google.com@evil.example/", InvalidCallback::NotAUrl),
            ("https://payments.google.com:8443/", InvalidCallback::HostNotAllowed),
            ("https://pay.example/", InvalidCallback::HostNotAllowed),
            ("javascript:alert(1)", InvalidCallback::NotAUrl),
            ("//payments.google.com/", InvalidCallback::NotAUrl),
            ("/return", InvalidCallback::NotAUrl),
            ("https://payments.google.com/#x", InvalidCallback::NotAUrl),
            ("https://payments.google.com/?redirectResponse=x", InvalidCallback::ReservedParameter),
            (
                "https://payments.google.com/?redirectRequestId=a&redirectRequestId=b",
                InvalidCallback::ReservedParameter,
            ),
            (r"https://payments.google.com\@evil.example/?redirectResponse=1", InvalidCallback::ReservedParameter),
        ] {
            assert_eq!(hosts.check(bad), Err(why), "{bad}");
        }
        let long = format!("https://payments.google.com/{}", "a".repeat(485));
        assert_eq!(hosts.check(&long), Err(InvalidCallback::TooLong));
        assert!(hosts.check(&long[..512]).is_ok());
    }
}
