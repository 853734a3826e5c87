//! The service token: ours, for one act on one invoice by one recipient, carried in a link or in a card's action
//! (outlook-payments section 13.8).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::hashes::hex;
use super::signed_url::UrlKeys;
use crate::domain::Timestamp;
use crate::domain::invoice::InvoiceReference;

const VERSION: u8 = 1;
/// The longest life (section 13.8): 35 days, and a minute for clocks that differ.
const LONGEST_LIFE_MS: i64 = 35 * 24 * 3600 * 1000 + 60_000;
/// Longer than any that we make, in bytes.
const LONGEST_TOKEN: usize = 1024;

/// What a token is good for: nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceAct {
    /// To see the invoice.
    View,
    /// To open the page that it is paid on.
    Pay,
    /// To have it sent again.
    Copy,
    /// To say that it was paid by transfer.
    Transferred,
    /// To dispute it.
    Dispute,
    /// To have the card drawn anew.
    Refresh,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceToken {
    /// `act`.
    pub act: ServiceAct,
    /// `inv`.
    pub invoice: InvoiceReference,
    /// `rcp`: [`recipient_digest`] of whom it was made for.
    pub recipient: String,
    /// `exp`, in whole seconds; at most 35 days ahead.
    pub expires: Timestamp,
    /// `jti`: random.
    pub id: String,
}

/// Why a token is not honoured; the caller is told the same for both: 403 (section 13.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ServiceTokenError {
    /// Not ours, for another act, or malformed.
    #[error("the service token is refused")]
    Refused,
    /// Ours, but its time is over.
    #[error("the service token has expired")]
    Expired,
}

/// The recipient in a token: the first 16 hex digits of SHA-256 of the address in lower case.
pub fn recipient_digest(address: &str) -> String {
    let mut digest = hex(&Sha256::digest(address.to_lowercase().as_bytes()));
    digest.truncate(16);
    digest
}

#[derive(Serialize, Deserialize)]
struct Payload {
    v: u8,
    act: ServiceAct,
    inv: String,
    rcp: String,
    exp: i64,
    jti: String,
}

/// Makes and opens tokens, under keys derived from the signing keys: the first signs, all open.
#[derive(Clone)]
pub struct ServiceTokens(Vec<Hmac<Sha256>>);

impl fmt::Debug for ServiceTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceTokens([redacted])")
    }
}

impl ServiceTokens {
    /// With keys derived from these.
    pub fn new(keys: &UrlKeys) -> Self {
        let derived = keys.keys().iter().filter_map(|key| {
            let secret = key.mac().chain_update(b"roundtrip service token 1").finalize().into_bytes();
            Hmac::<Sha256>::new_from_slice(&secret).ok()
        });
        Self(derived.collect())
    }

    /// Writes a token.
    pub fn mint(&self, token: &ServiceToken) -> String {
        let payload = Payload {
            v: VERSION,
            act: token.act,
            inv: token.invoice.as_str().to_owned(),
            rcp: token.recipient.clone(),
            exp: token.expires.as_secs(),
            jti: token.id.clone(),
        };
        let mut text = serde_json::to_vec(&payload).map(|json| URL_SAFE_NO_PAD.encode(json)).unwrap_or_default();
        if let Some(key) = self.0.first() {
            let tag = key.clone().chain_update(text.as_bytes()).finalize().into_bytes();
            text.push('.');
            URL_SAFE_NO_PAD.encode_string(tag, &mut text);
        }
        text
    }

    /// Opens a token that was made for `act`.
    ///
    /// # Errors
    /// It is not honoured.
    pub fn open(&self, unverified: &str, act: ServiceAct, now: Timestamp) -> Result<ServiceToken, ServiceTokenError> {
        let refused = ServiceTokenError::Refused;
        if unverified.len() > LONGEST_TOKEN {
            return Err(refused);
        }
        let (text, tag) = unverified.split_once('.').ok_or(refused)?;
        let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| refused)?;
        // `verify_slice` compares in constant time.
        let genuine = |key: &Hmac<Sha256>| key.clone().chain_update(text.as_bytes()).verify_slice(&tag).is_ok();
        if !self.0.iter().any(genuine) {
            return Err(refused);
        }
        let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| refused)?;
        let payload: Payload = serde_json::from_slice(&json).map_err(|_| refused)?;
        let expires = Timestamp::from_secs(payload.exp);
        if payload.v != VERSION || payload.act != act || expires.millis_since(now) > LONGEST_LIFE_MS {
            return Err(refused);
        }
        let invoice = InvoiceReference::parse(&payload.inv).map_err(|_| refused)?;
        if expires <= now {
            return Err(ServiceTokenError::Expired);
        }
        Ok(ServiceToken { act, invoice, recipient: payload.rcp, expires, id: payload.jti })
    }
}

#[cfg(test)]
mod tests {
    use super::super::UrlKey;
    use super::*;

    const VECTOR: &str = "eyJ2IjoxLCJhY3QiOiJwYXkiLCJpbnYiOiJJTlYtMjAxOS0wNDQ3IiwicmNwIjoiYWFlY2QyNDkwOWFkOGRhNiIsImV4cCI6MTc2NzIyNTYwMCwianRpIjoiNmMyZjBhMWUifQ.aK8yg2ISCahuSIbYtW67YeFfCDaSFxDTqRm0-PeVYL4";
    const NOW: Timestamp = Timestamp::from_secs(1_767_225_000);

    fn of_secret(secret: &[u8]) -> ServiceTokens {
        ServiceTokens(vec![Hmac::new_from_slice(secret).unwrap()])
    }

    fn token() -> ServiceToken {
        ServiceToken {
            act: ServiceAct::Pay,
            invoice: InvoiceReference::parse("INV-2019-0447").unwrap(),
            recipient: recipient_digest("Dana.Lindqvist@fabrikat.example"),
            expires: Timestamp::from_secs(1_767_225_600),
            id: "6c2f0a1e".to_owned(),
        }
    }

    #[test]
    fn s1_section_13_8_the_vector_is_made_and_opened() {
        let tokens = of_secret(b"0123456789abcdef0123456789abcdef");
        assert_eq!(token().recipient, "aaecd24909ad8da6");
        assert_eq!(tokens.mint(&token()), VECTOR);
        assert_eq!(tokens.open(VECTOR, ServiceAct::Pay, NOW), Ok(token()));
    }

    #[test]
    fn s1_section_13_8_a_token_is_good_for_its_act_and_time_alone() {
        let tokens = of_secret(b"0123456789abcdef0123456789abcdef");
        let refused = Err(ServiceTokenError::Refused);
        for act in [ServiceAct::View, ServiceAct::Copy, ServiceAct::Transferred, ServiceAct::Dispute] {
            assert_eq!(tokens.open(VECTOR, act, NOW), refused);
        }
        let at_its_end = Timestamp::from_secs(1_767_225_600);
        assert_eq!(tokens.open(VECTOR, ServiceAct::Pay, at_its_end), Err(ServiceTokenError::Expired));
        let long_before = at_its_end.plus_millis(-36 * 24 * 3600 * 1000);
        assert_eq!(tokens.open(VECTOR, ServiceAct::Pay, long_before), refused);
        for (place, _) in VECTOR.char_indices() {
            let mut bytes = VECTOR.as_bytes().to_vec();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(bytes).unwrap();
            // The last character of the tag holds bits that say nothing; the decoder refuses them.
            assert_eq!(tokens.open(&forged, ServiceAct::Pay, NOW), refused, "{place}");
        }
        for bad in ["", ".", "a.b", &"x".repeat(2000)] {
            assert_eq!(tokens.open(bad, ServiceAct::Pay, NOW), refused);
        }
    }

    #[test]
    fn s1_section_13_8_tokens_outlive_a_rotation_and_are_not_the_signing_key_s_own() {
        let key = |id, byte| UrlKey::from_secret(id, &[byte; 32]).unwrap();
        let old = ServiceTokens::new(&UrlKeys::new(vec![key("old", 1)]).unwrap());
        let rotated = ServiceTokens::new(&UrlKeys::new(vec![key("new", 2), key("old", 1)]).unwrap());
        let minted = old.mint(&token());
        assert_eq!(rotated.open(&minted, ServiceAct::Pay, NOW), Ok(token()));
        assert_eq!(old.open(&rotated.mint(&token()), ServiceAct::Pay, NOW), Err(ServiceTokenError::Refused));
        assert_eq!(of_secret(&[1; 32]).open(&minted, ServiceAct::Pay, NOW), Err(ServiceTokenError::Refused));
        assert!(format!("{old:?}").contains("redacted"));
    }
}
