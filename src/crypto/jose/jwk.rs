//! JSON Web Keys as files hold them (RFC 7517): read, judged in form, written.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::algorithms::{JweAlg, JwsAlg};
use super::key::{OwnJwk, PeerJwk};
use crate::crypto::key::KeyError;
use crate::domain::Timestamp;

/// A member of a JWK that must not outlive its use.
#[derive(Default, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(in crate::crypto) struct Secret(pub String);

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The members that we read and write. `iat`, `nbf` and `exp` (Unix seconds) carry the key's life; they are not
/// registered for JWKs, and readers ignore members that they do not know (RFC 7517 section 4).
#[derive(Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::crypto) struct Jwk {
    pub kty: String,
    pub kid: Option<String>,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub d: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dp: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dq: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qi: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
}

/// Tells a set from a single key.
#[derive(Deserialize)]
struct Probe {
    keys: Option<serde::de::IgnoredAny>,
}

/// A JWK set (RFC 7517 section 5).
#[derive(Serialize, Deserialize)]
pub(in crate::crypto) struct JwkSet {
    pub keys: Vec<Jwk>,
}

/// The algorithms that `use` and `alg` leave open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::crypto) struct Purpose {
    pub signs: bool,
    pub encrypts: bool,
    pub jws_alg: Option<JwsAlg>,
    pub jwe_alg: Option<JweAlg>,
}

impl Jwk {
    /// The `kid`; "(without kid)" in messages about a key that has none.
    pub(in crate::crypto) fn name(&self) -> String {
        self.kid.clone().filter(|kid| !kid.is_empty()).unwrap_or_else(|| "(without kid)".to_owned())
    }

    pub(in crate::crypto) fn is_private(&self) -> bool {
        self.d.is_some()
    }

    /// What the key may be used for.
    pub(in crate::crypto) fn purpose(&self) -> Result<Purpose, KeyError> {
        let (signs, encrypts) = match self.usage.as_deref() {
            None => (true, true),
            Some("sig") => (true, false),
            Some("enc") => (false, true),
            Some(_) => {
                return Err(self.unusable("its use is neither sig nor enc", "correct or drop the member use"));
            }
        };
        let Some(alg) = self.alg.as_deref() else {
            return Ok(Purpose { signs, encrypts, jws_alg: None, jwe_alg: None });
        };
        let (jws_alg, jwe_alg) = (alg.parse::<JwsAlg>().ok(), alg.parse::<JweAlg>().ok());
        match (jws_alg, jwe_alg) {
            (None, None) => Err(self.unusable("its alg is not on the allow list", "correct or drop the member alg")),
            _ => Ok(Purpose {
                signs: signs && jws_alg.is_some(),
                encrypts: encrypts && (jwe_alg.is_some() || self.usage.is_none()),
                jws_alg,
                jwe_alg,
            }),
        }
    }

    pub(in crate::crypto) fn unusable(&self, reason: &str, remedy: &'static str) -> KeyError {
        KeyError::unusable(self.name(), reason, remedy)
    }

    /// A member that must stand, decoded.
    pub(in crate::crypto) fn bytes(&self, name: &str, member: Option<&str>) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let text = member.ok_or_else(|| self.unusable(&format!("its member {name} is missing"), MEMBERS))?;
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
        bytes.map(Zeroizing::new).map_err(|_| self.unusable(&format!("its member {name} is not base64url"), MEMBERS))
    }

    /// From when on the key may be used: `nbf`.
    pub(in crate::crypto) fn begins(&self) -> Option<Timestamp> {
        self.nbf.map(Timestamp::from_secs)
    }

    /// When it ends: `exp`.
    pub(in crate::crypto) fn ends(&self) -> Option<Timestamp> {
        self.exp.map(Timestamp::from_secs)
    }

    /// The key without its private members.
    pub(in crate::crypto) fn public(&self) -> Self {
        Self { d: None, p: None, q: None, dp: None, dq: None, qi: None, ..self.clone() }
    }
}

pub(in crate::crypto) const MEMBERS: &str =
    "write the key with all members of RFC 7518 section 6 (`roundtrip keys generate` does)";

/// Reads a JWK or a JWK set.
pub(in crate::crypto) fn parse(file: &[u8]) -> Result<Vec<Jwk>, KeyError> {
    let unreadable = |reason: String| KeyError::Unreadable {
        scheme: "JWK",
        reason,
        expected: "a JWK or a JWK set in JSON, each key with a kid",
    };
    // serde_json's own text may quote the file: only the place is passed on.
    let place = |e: serde_json::Error| unreadable(format!("line {}, column {}", e.line(), e.column()));
    let is_set = serde_json::from_slice::<Probe>(file).map_err(place)?.keys.is_some();
    let keys = if is_set {
        serde_json::from_slice::<JwkSet>(file).map_err(place)?.keys
    } else {
        vec![serde_json::from_slice::<Jwk>(file).map_err(place)?]
    };
    if keys.is_empty() {
        return Err(unreadable("the set is empty".to_owned()));
    }
    if let Some(key) = keys.iter().find(|key| key.kty == "oct") {
        return Err(key.unusable("it is a symmetric key", "use an RSA or EC key: the scheme needs asymmetric ones"));
    }
    if keys.iter().any(|key| key.kid.as_deref().is_none_or(str::is_empty)) {
        return Err(KeyError::unusable(
            "(without kid)",
            "a key has no kid",
            "give every key a kid that the peer knows",
        ));
    }
    Ok(keys)
}

/// Reads our private keys.
pub(in crate::crypto) fn load_own(file: &[u8]) -> Result<Vec<OwnJwk>, KeyError> {
    parse(file)?.iter().map(OwnJwk::prepare).collect()
}

/// Reads a peer's public keys.
pub(in crate::crypto) fn load_peers(file: &[u8]) -> Result<Vec<PeerJwk>, KeyError> {
    parse(file)?.iter().map(PeerJwk::prepare).collect()
}
