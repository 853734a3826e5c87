//! A service account of Google's: its key file, and the signed assertion that is exchanged for an access token (RFC 7523
//! section 2.1; google-booking-server section 8.1).

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;
use zeroize::Zeroizing;

use super::rsa;
use crate::domain::Timestamp;

/// How long an assertion can be used; Google takes no longer than an hour.
const LIFE_S: i64 = 3600;
/// How far the clocks of signer and reader may differ.
const TOLERANCE_S: i64 = 60;

/// Why a service account's key file cannot be used. Says nothing of its content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceAccountError {
    /// Not Google's JSON.
    #[error("not the JSON of a service account's key; it has client_email, private_key and token_uri")]
    Unreadable,
    /// `token_uri`.
    #[error("token_uri: use an https address, or http on loopback")]
    TokenUri,
    /// `private_key`.
    #[error("private_key: use the RSA key in PEM (PKCS #8, 2048 bits or more) that Google made")]
    Key,
    /// The library refused to sign.
    #[error("the key does not sign")]
    Signing,
}

#[derive(Deserialize)]
struct KeyFile {
    client_email: String,
    private_key: String,
    /// Google's files have it; without one the assertion names no key.
    private_key_id: Option<String>,
    token_uri: String,
}

/// A service account, ready to sign.
pub struct ServiceAccount {
    email: String,
    key_id: Option<String>,
    token_uri: Url,
    key: KeyPair,
}

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAccount")
            .field("email", &self.email)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    scope: String,
    aud: String,
    iat: i64,
    exp: i64,
}

impl ServiceAccount {
    /// Reads the JSON file that Google's console hands out.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn parse(json: &[u8]) -> Result<Self, ServiceAccountError> {
        let file: KeyFile = serde_json::from_slice(json).map_err(|_| ServiceAccountError::Unreadable)?;
        let pem = Zeroizing::new(file.private_key);
        let token_uri = Url::parse(&file.token_uri).ok().filter(may_be_asked).ok_or(ServiceAccountError::TokenUri)?;
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes());
        let der = der.map_err(|_| ServiceAccountError::Key)?;
        let key = KeyPair::from_pkcs8(der.secret_pkcs8_der()).map_err(|_| ServiceAccountError::Key)?;
        Ok(Self { email: file.client_email, key_id: file.private_key_id, token_uri, key })
    }

    /// Where the assertion is exchanged: `token_uri`.
    pub const fn token_uri(&self) -> &Url {
        &self.token_uri
    }

    /// The assertion for an access token with `scope`: a JWT, signed with RS256, for an hour from `now`. Secret: who has it
    /// can ask for tokens.
    ///
    /// # Errors
    /// A key that does not sign.
    pub fn assertion(&self, scope: &str, now: Timestamp) -> Result<Zeroizing<String>, ServiceAccountError> {
        let header = match &self.key_id {
            Some(key_id) => json!({"alg": "RS256", "typ": "JWT", "kid": key_id}),
            None => json!({"alg": "RS256", "typ": "JWT"}),
        };
        let header = header.to_string();
        let claims = json!({
            "iss": self.email,
            "scope": scope,
            "aud": self.token_uri.as_str(),
            "iat": now.as_secs(),
            "exp": now.as_secs().saturating_add(LIFE_S),
        });
        let mut text = Zeroizing::new(URL_SAFE_NO_PAD.encode(header));
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut text);
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|_| ServiceAccountError::Signing)?;
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut text);
        Ok(text)
    }

    /// What verifies its assertions, for whoever plays Google.
    pub fn verifier(&self) -> AssertionVerifier {
        AssertionVerifier {
            email: self.email.clone(),
            key_id: self.key_id.clone(),
            audience: self.token_uri.as_str().to_owned(),
            public_key: self.key.public_key().as_ref().to_vec(),
        }
    }
}

/// https, or http that does not leave the machine.
fn may_be_asked(url: &Url) -> bool {
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(url::Host::Domain(name))) => name == "localhost",
        ("http", Some(url::Host::Ipv4(address))) => address.is_loopback(),
        ("http", Some(url::Host::Ipv6(address))) => address.is_loopback(),
        _ => false,
    }
}

/// A new service account's key file with a key of 2048 bits, as Google's console would write it: for stand-ins. `None` if
/// the library makes no key.
pub fn generate_service_account(email: &str, token_uri: &Url) -> Option<Zeroizing<String>> {
    let pair = rsa::generate(2048)?;
    let pem = super::card_signer::private_pem(&pair)?;
    let key_id = super::hex(&super::random_bytes::<20>());
    let file = json!({
        "type": "service_account",
        "private_key_id": key_id,
        "private_key": pem.as_str(),
        "client_email": email,
        "token_uri": token_uri.as_str(),
    });
    Some(Zeroizing::new(file.to_string()))
}

/// The public half of a service account.
#[derive(Debug, Clone)]
pub struct AssertionVerifier {
    email: String,
    key_id: Option<String>,
    audience: String,
    public_key: Vec<u8>,
}

impl AssertionVerifier {
    /// Checks an assertion: algorithm, key, signature, who, for whom, for what and when.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn verify(&self, unverified: &str, scope: &str, now: Timestamp) -> Result<(), &'static str> {
        #[derive(Deserialize)]
        struct Header {
            alg: String,
            kid: Option<String>,
        }
        let (signed, signature) = unverified.rsplit_once('.').ok_or("not a JWT")?;
        let (header, claims) = signed.split_once('.').ok_or("not a JWT")?;
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| "not base64url");
        let header: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| "not the header of a JWT")?;
        if header.alg != "RS256" || header.kid != self.key_id {
            return Err("another algorithm or key");
        }
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public_key)
            .verify(signed.as_bytes(), &decoded(signature)?)
            .map_err(|_| "the signature does not verify")?;
        let claims: Claims = serde_json::from_slice(&decoded(claims)?).map_err(|_| "not the claims of an assertion")?;
        let now = now.as_secs();
        match claims {
            Claims { iss, .. } if iss != self.email => Err("iss is another account"),
            Claims { aud, .. } if aud != self.audience => Err("aud is not the token address"),
            Claims { scope: asked, .. } if asked != scope => Err("another scope"),
            Claims { iat, exp, .. } if exp.saturating_sub(iat) > LIFE_S => Err("valid for longer than an hour"),
            Claims { iat, .. } if iat > now.saturating_add(TOLERANCE_S) => Err("issued in the future"),
            Claims { exp, .. } if exp < now.saturating_sub(TOLERANCE_S) => Err("expired"),
            Claims { .. } => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: &str = "https://www.googleapis.com/auth/mapsbooking";
    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn key_file() -> Zeroizing<String> {
        generate_service_account("rtu@example.iam", &Url::parse("https://oauth2.example.com/token").unwrap()).unwrap()
    }

    #[test]
    fn bk_8_1_an_assertion_is_a_jwt_that_the_public_key_verifies() {
        let account = ServiceAccount::parse(key_file().as_bytes()).unwrap();
        let assertion = account.assertion(SCOPE, NOW).unwrap();
        let verifier = account.verifier();
        assert_eq!(verifier.verify(&assertion, SCOPE, NOW), Ok(()));
        assert_eq!(verifier.verify(&assertion, SCOPE, NOW.plus_millis(3_600_000)), Ok(()));
        assert_eq!(verifier.verify(&assertion, SCOPE, NOW.plus_millis(3_661_000)), Err("expired"));
        assert_eq!(verifier.verify(&assertion, SCOPE, NOW.plus_millis(-61_000)), Err("issued in the future"));
        assert_eq!(verifier.verify(&assertion, "another", NOW), Err("another scope"));
        let claims: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap()).unwrap()).unwrap();
        assert_eq!(
            claims,
            json!({"iss": "rtu@example.iam", "scope": SCOPE, "aud": "https://oauth2.example.com/token",
                   "iat": 1_800_000_000, "exp": 1_800_003_600})
        );
    }

    #[test]
    fn an_assertion_of_another_key_or_with_a_changed_word_does_not_verify() {
        let account = ServiceAccount::parse(key_file().as_bytes()).unwrap();
        let stranger = ServiceAccount::parse(key_file().as_bytes()).unwrap();
        let verifier = account.verifier();
        assert_eq!(
            verifier.verify(&stranger.assertion(SCOPE, NOW).unwrap(), SCOPE, NOW),
            Err("another algorithm or key")
        );
        let assertion = account.assertion(SCOPE, NOW).unwrap();
        let parts: Vec<&str> = assertion.split('.').collect();
        let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        let changed = URL_SAFE_NO_PAD.encode(claims.replace("rtu@", "rtv@"));
        let forged = format!("{}.{changed}.{}", parts[0], parts[2]);
        assert_eq!(verifier.verify(&forged, SCOPE, NOW), Err("the signature does not verify"));
        for bad in ["", "a.b", "a.b.c", &format!("{}.{}", parts[0], parts[1])] {
            assert!(verifier.verify(bad, SCOPE, NOW).is_err(), "{bad}");
        }
    }

    #[test]
    fn bad_key_files_are_refused_without_being_quoted() {
        let good: serde_json::Value = serde_json::from_str(&key_file()).unwrap();
        let with = |name: &str, value: &str| {
            let mut file = good.clone();
            file[name] = json!(value);
            ServiceAccount::parse(file.to_string().as_bytes()).unwrap_err()
        };
        assert_eq!(with("token_uri", "http://oauth2.example.com/token"), ServiceAccountError::TokenUri);
        assert_eq!(with("private_key", "secret"), ServiceAccountError::Key);
        assert_eq!(ServiceAccount::parse(b"{}").unwrap_err(), ServiceAccountError::Unreadable);
        let account = ServiceAccount::parse(good.to_string().as_bytes()).unwrap();
        assert!(!format!("{account:?}").contains("PRIVATE"));
    }
}
