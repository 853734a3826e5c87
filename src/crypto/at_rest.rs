//! Secrets that have to be used again, at rest: kept cards, which charge a payer without the payer, and second factors are
//! stored encrypted (architecture section 7). What browsers keep for us is sealed in the same way.
//!
//! AES-256-GCM under keys that are derived from the signing keys, others for each purpose: the first seals, all open. So a
//! signing key has to stay in the configuration for as long as what it sealed may be used.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use zeroize::Zeroizing;

use super::random::random_bytes;
use super::signed_url::UrlKeys;

const NONCE_BYTES: usize = 12;

/// What is sealed. Each purpose has keys of its own: nothing that was sealed for one opens for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// A card that may be charged later; bound to its booking's id.
    Card,
    /// The secret of a second factor; bound to its person.
    SecondFactor,
    /// That somebody has signed in with a browser before, kept by the browser; bound to the person and their password.
    KnownBrowser,
}

impl Kept {
    /// What the keys are derived by. Never changes while anything is sealed.
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Card => b"roundtrip card seal 1",
            Self::SecondFactor => b"roundtrip second factor seal 1",
            Self::KnownBrowser => b"roundtrip known browser seal 1",
        }
    }

    /// How the stored text begins.
    const fn version(self) -> &'static str {
        match self {
            Self::Card => "c1",
            Self::SecondFactor => "t1",
            Self::KnownBrowser => "b1",
        }
    }
}

/// Why something cannot be sealed or opened. Says nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AtRestError {
    /// Not what [`AtRest::seal`] wrote, or for another purpose or owner.
    #[error("what was kept sealed was damaged, or belongs elsewhere")]
    Damaged,
    /// The key that sealed it is not configured any more.
    #[error("it was sealed under the signing key {0}: put it back into signing.keys")]
    UnknownKey(String),
    /// The library refuses.
    #[error("it cannot be sealed")]
    Refused,
}

/// Seals and opens what is kept for one purpose.
pub struct AtRest {
    keys: Vec<(String, LessSafeKey)>,
    version: &'static str,
}

impl fmt::Debug for AtRest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AtRest([redacted])")
    }
}

impl AtRest {
    /// For this purpose, with keys derived from these.
    pub fn new(keys: &UrlKeys, kept: Kept) -> Result<Self, AtRestError> {
        let derived = keys.keys().iter().map(|key| {
            let bytes = Zeroizing::new(<[u8; 32]>::from(key.mac().chain_update(kept.label()).finalize().into_bytes()));
            let unbound = UnboundKey::new(&AES_256_GCM, bytes.as_slice()).map_err(|_| AtRestError::Refused)?;
            Ok((key.id().to_owned(), LessSafeKey::new(unbound)))
        });
        Ok(Self { keys: derived.collect::<Result<Vec<_>, _>>()?, version: kept.version() })
    }

    /// Seals `plain` for one owner, whom `binding` names.
    pub fn seal(&self, binding: &[u8], plain: &str) -> Result<String, AtRestError> {
        let (id, key) = self.keys.first().ok_or(AtRestError::Refused)?;
        let nonce: [u8; NONCE_BYTES] = random_bytes();
        let mut data = plain.as_bytes().to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(binding), &mut data)
            .map_err(|_| AtRestError::Refused)?;
        let sealed: Vec<u8> = nonce.into_iter().chain(data).collect();
        Ok(format!("{}.{}.{}", self.version, URL_SAFE_NO_PAD.encode(id), URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// Opens what was sealed for this owner.
    pub fn open(&self, binding: &[u8], sealed: &str) -> Result<Zeroizing<String>, AtRestError> {
        let mut parts = sealed.split('.');
        let (Some(version), Some(id), Some(sealed), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(AtRestError::Damaged);
        };
        if version != self.version {
            return Err(AtRestError::Damaged);
        }
        let text = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| AtRestError::Damaged);
        let id = String::from_utf8(text(id)?).map_err(|_| AtRestError::Damaged)?;
        let (_, key) =
            self.keys.iter().find(|(known, _)| *known == id).ok_or_else(|| AtRestError::UnknownKey(id.clone()))?;
        let sealed = text(sealed)?;
        let (nonce, data) = sealed.split_at_checked(NONCE_BYTES).ok_or(AtRestError::Damaged)?;
        let nonce = <[u8; NONCE_BYTES]>::try_from(nonce).map_err(|_| AtRestError::Damaged)?;
        let mut data = Zeroizing::new(data.to_vec());
        let plain = key
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(binding), data.as_mut_slice())
            .map_err(|_| AtRestError::Damaged)?;
        let plain = std::str::from_utf8(plain).map_err(|_| AtRestError::Damaged)?;
        Ok(Zeroizing::new(plain.to_owned()))
    }
}

/// The id of the signing key that sealed this, of what we keep ourselves. `None`: nothing of ours sealed it.
pub fn sealed_under(sealed: &str) -> Option<String> {
    let (version, rest) = sealed.split_once('.')?;
    let (id, _) = rest.split_once('.')?;
    let ours = [Kept::Card, Kept::SecondFactor].iter().any(|kept| kept.version() == version);
    let id = URL_SAFE_NO_PAD.decode(id).ok().filter(|_| ours)?;
    String::from_utf8(id).ok()
}

#[cfg(test)]
mod tests {
    use super::super::UrlKey;
    use super::*;

    fn keys(ids: &[(&str, u8)]) -> UrlKeys {
        let key = |(id, byte): &(&str, u8)| UrlKey::from_secret(id, &[*byte; 32]).unwrap();
        UrlKeys::new(ids.iter().map(key).collect()).unwrap()
    }

    fn booking(number: u128) -> [u8; 16] {
        number.to_be_bytes()
    }

    /// Sealed by another implementation of the same: HMAC-SHA256 of the label, nonce 00..0b, the booking's id as associated
    /// data.
    #[test]
    fn bk_6_5_cards_that_were_kept_before_still_open() {
        let seal = AtRest::new(&keys(&[("2026-11", 1)]), Kept::Card).unwrap();
        let sealed = "c1.MjAyNi0xMQ.AAECAwQFBgcICQoLkbFyF1roCnmdK9kB6ZH1qtgy_DAJO-M9GDE";
        assert_eq!(seal.open(&booking(1), sealed).unwrap().as_str(), "cus_1 pm_1");
    }

    #[test]
    fn con_1_what_was_sealed_for_one_purpose_opens_for_no_other() {
        let keys = keys(&[("2026-11", 1)]);
        let (cards, factors) =
            (AtRest::new(&keys, Kept::Card).unwrap(), AtRest::new(&keys, Kept::SecondFactor).unwrap());
        let sealed = factors.seal(b"ada", "JBSWY3DP").unwrap();
        assert_eq!(factors.open(b"ada", &sealed).unwrap().as_str(), "JBSWY3DP");
        assert_eq!(factors.open(b"ben", &sealed).unwrap_err(), AtRestError::Damaged);
        let disguised = sealed.replacen("t1.", "c1.", 1);
        assert_eq!(cards.open(b"ada", &sealed).unwrap_err(), AtRestError::Damaged);
        assert_eq!(
            cards.open(b"ada", &disguised).unwrap_err(),
            AtRestError::Damaged,
            "other keys, not only another name"
        );
    }

    #[test]
    fn bk_6_5_a_kept_card_opens_for_its_booking_alone_and_shows_nothing() {
        let seal = AtRest::new(&keys(&[("2026-11", 1)]), Kept::Card).unwrap();
        let sealed = seal.seal(&booking(1), "cus_1 pm_1").unwrap();
        assert!(!sealed.contains("cus_1"));
        assert_ne!(sealed, seal.seal(&booking(1), "cus_1 pm_1").unwrap(), "each time another nonce");
        assert_eq!(seal.open(&booking(1), &sealed).unwrap().as_str(), "cus_1 pm_1");
        assert_eq!(seal.open(&booking(2), &sealed).unwrap_err(), AtRestError::Damaged);
        for (place, _) in sealed.char_indices() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[place] ^= 1;
            let damaged = String::from_utf8_lossy(&bytes).into_owned();
            assert!(seal.open(&booking(1), &damaged).is_err(), "{place}");
        }
        assert!(format!("{seal:?}").contains("redacted"));
    }

    #[test]
    fn bk_6_5_kept_cards_outlive_a_rotation_of_the_signing_keys() {
        let old = AtRest::new(&keys(&[("old", 1)]), Kept::Card).unwrap();
        let sealed = old.seal(&booking(1), "cus_1 pm_1").unwrap();
        let rotated = AtRest::new(&keys(&[("new", 2), ("old", 1)]), Kept::Card).unwrap();
        assert_eq!(rotated.open(&booking(1), &sealed).unwrap().as_str(), "cus_1 pm_1");
        let forgotten = AtRest::new(&keys(&[("new", 2)]), Kept::Card).unwrap();
        let error = forgotten.open(&booking(1), &sealed).unwrap_err();
        assert_eq!(error, AtRestError::UnknownKey("old".to_owned()));
        assert!(error.to_string().contains("signing.keys"));
    }
}
