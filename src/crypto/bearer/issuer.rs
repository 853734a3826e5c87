//! The issuer's side: keys and tokens, for whoever plays Microsoft.

use std::fmt;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::KeyPair;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::super::card_signer::compact;
use super::super::rsa::{self, RsaNumbers};

/// An RSA key with a name, that signs tokens.
pub struct BearerIssuer {
    kid: String,
    key: KeyPair,
}

impl fmt::Debug for BearerIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BearerIssuer({}, [redacted])", self.kid)
    }
}

impl BearerIssuer {
    /// A new key of 2048 bits. `None` if the library makes none.
    pub fn generate(kid: &str) -> Option<Self> {
        Some(Self { kid: kid.to_owned(), key: rsa::generate(2048)? })
    }

    /// A token with these claims: RS256, `typ` JWT, our `kid`. `None` if the library does not sign.
    pub fn token(&self, claims: &Value) -> Option<String> {
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": self.kid});
        compact(&self.key, &header.to_string(), &claims.to_string())
    }

    /// The public key as a member of a key set; `issuer` names whose tokens it signs, as Entra's sets do.
    pub fn jwk(&self, issuer: Option<&str>) -> Option<Value> {
        let numbers = RsaNumbers::of(&self.key)?;
        let text = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        let mut jwk = json!({
            "kty": "RSA", "use": "sig", "kid": self.kid, "n": text(&numbers.n), "e": text(&numbers.e),
        });
        if let (Some(issuer), Some(members)) = (issuer, jwk.as_object_mut()) {
            members.insert("issuer".to_owned(), json!(issuer));
        }
        Some(jwk)
    }

    /// The public key in DER (X.509 SubjectPublicKeyInfo).
    pub fn public_der(&self) -> Option<Vec<u8>> {
        use aws_lc_rs::encoding::PublicKeyX509Der;
        use aws_lc_rs::signature::KeyPair as _;
        let der: PublicKeyX509Der<'_> = self.key.public_key().as_der().ok()?;
        Some(der.as_ref().to_vec())
    }
}
