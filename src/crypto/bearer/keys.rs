//! What a key server publishes: the discovery document and the key set (OpenID Connect Discovery 1.0, RFC 7517).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use url::Url;

use super::super::rsa::bit_length;

/// More keys than any issuer publishes; the rest is not looked at.
const MOST_KEYS: usize = 100;

/// Why published keys cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeys {
    /// No discovery document.
    #[error("the discovery document has no issuer and jwks_uri")]
    Discovery,
    /// The keys are somewhere that is not asked: neither https nor loopback.
    #[error("jwks_uri is neither https nor loopback")]
    Address,
    /// No key set, or none of its keys is an RSA key that signs.
    #[error("the key set holds no RSA key that signs")]
    Keys,
}

/// What of the discovery document counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// Who issues; may hold `{tenantid}`.
    pub issuer: String,
    /// Where the keys are.
    pub jwks_uri: Url,
}

impl Discovery {
    /// Reads the document.
    pub fn parse(unverified: &[u8]) -> Result<Self, InvalidKeys> {
        #[derive(Deserialize)]
        struct Document {
            issuer: String,
            jwks_uri: String,
        }
        let document: Document = serde_json::from_slice(unverified).map_err(|_| InvalidKeys::Discovery)?;
        let jwks_uri = Url::parse(&document.jwks_uri).map_err(|_| InvalidKeys::Discovery)?;
        if !Self::may_be_asked(&jwks_uri) {
            return Err(InvalidKeys::Address);
        }
        Ok(Self { issuer: document.issuer, jwks_uri })
    }

    /// https, or http that does not leave the machine.
    pub fn may_be_asked(url: &Url) -> bool {
        match (url.scheme(), url.host()) {
            ("https", Some(_)) => true,
            ("http", Some(url::Host::Domain(name))) => name == "localhost",
            ("http", Some(url::Host::Ipv4(address))) => address.is_loopback(),
            ("http", Some(url::Host::Ipv6(address))) => address.is_loopback(),
            _ => false,
        }
    }
}

pub(super) struct BearerKey {
    kid: String,
    /// Whose tokens it signs, where the set says so; may hold `{tenantid}`.
    pub issuer: Option<String>,
    pub key: DecodingKey,
}

/// The keys of one issuer, ready to verify.
pub struct BearerKeys {
    issuer: String,
    keys: Vec<BearerKey>,
}

impl fmt::Debug for BearerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<&str> = self.keys.iter().map(|key| key.kid.as_str()).collect();
        f.debug_struct("BearerKeys").field("issuer", &self.issuer).field("kids", &kids).finish()
    }
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    issuer: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl BearerKeys {
    /// Reads the key set of `issuer` (as the discovery document names it). Keys that cannot have signed with RS256 are passed over.
    pub fn parse(issuer: &str, jwks: &[u8]) -> Result<Self, InvalidKeys> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }
        let set: Set = serde_json::from_slice(jwks).map_err(|_| InvalidKeys::Keys)?;
        let keys: Vec<BearerKey> = set
            .keys
            .into_iter()
            .take(MOST_KEYS)
            .filter_map(|key| serde_json::from_value(key).ok())
            .filter_map(usable)
            .collect();
        if keys.is_empty() {
            return Err(InvalidKeys::Keys);
        }
        Ok(Self { issuer: issuer.to_owned(), keys })
    }

    /// Whether a key goes by this name.
    pub fn knows(&self, kid: &str) -> bool {
        self.find(kid).is_some()
    }

    /// Who issues, as the discovery document says it.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn find(&self, kid: &str) -> Option<&BearerKey> {
        self.keys.iter().find(|key| key.kid == kid)
    }
}

fn usable(jwk: Jwk) -> Option<BearerKey> {
    let signs = jwk.kty == "RSA"
        && jwk.usage.is_none_or(|usage| usage == "sig")
        && jwk.alg.is_none_or(|algorithm| algorithm == "RS256");
    let decoded = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?.trim_end_matches('=')).ok();
    let (n, e) = (decoded(jwk.n)?, decoded(jwk.e)?);
    let fits = signs && (2048..=8192).contains(&bit_length(&n)) && !e.is_empty();
    fits.then_some(())?;
    Some(BearerKey { kid: jwk.kid?, issuer: jwk.issuer, key: DecodingKey::from_rsa_raw_components(&n, &e) })
}
