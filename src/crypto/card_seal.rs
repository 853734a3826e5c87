//! Kept cards at rest: what charges a payer without the payer is stored encrypted (architecture section 7).
//!
//! AES-256-GCM under keys that are derived from the signing keys: the first seals, all open. So a signing key has to stay
//! in the configuration for as long as cards that it sealed may be charged.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use zeroize::Zeroizing;

use super::random::random_bytes;
use super::signed_url::UrlKeys;
use crate::domain::TransactionId;

const VERSION: &str = "c1";
const NONCE_BYTES: usize = 12;

/// Why a card cannot be sealed or opened. Says nothing of the card.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CardSealError {
    /// Not what [`CardSeal::seal`] wrote, or for another booking.
    #[error("the kept card was damaged, or belongs to another booking")]
    Damaged,
    /// The key that sealed it is not configured any more.
    #[error("the kept card was sealed under the signing key {0}: put it back into signing.keys")]
    UnknownKey(String),
    /// The library refuses.
    #[error("the card cannot be sealed")]
    Refused,
}

/// Seals and opens kept cards.
pub struct CardSeal(Vec<(String, LessSafeKey)>);

impl fmt::Debug for CardSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardSeal([redacted])")
    }
}

impl CardSeal {
    /// With keys derived from these.
    pub fn new(keys: &UrlKeys) -> Result<Self, CardSealError> {
        let derived = keys.keys().iter().map(|key| {
            let bytes = Zeroizing::new(<[u8; 32]>::from(
                key.mac().chain_update(b"roundtrip card seal 1").finalize().into_bytes(),
            ));
            let unbound = UnboundKey::new(&AES_256_GCM, bytes.as_slice()).map_err(|_| CardSealError::Refused)?;
            Ok((key.id().to_owned(), LessSafeKey::new(unbound)))
        });
        derived.collect::<Result<Vec<_>, _>>().map(Self)
    }

    /// Seals `plain` for one booking.
    pub fn seal(&self, booking: TransactionId, plain: &str) -> Result<String, CardSealError> {
        let (id, key) = self.0.first().ok_or(CardSealError::Refused)?;
        let nonce: [u8; NONCE_BYTES] = random_bytes();
        let mut data = plain.as_bytes().to_vec();
        let aad = Aad::from(*booking.as_uuid().as_bytes());
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut data)
            .map_err(|_| CardSealError::Refused)?;
        let sealed: Vec<u8> = nonce.into_iter().chain(data).collect();
        Ok(format!("{VERSION}.{}.{}", URL_SAFE_NO_PAD.encode(id), URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// Opens what was sealed for this booking.
    pub fn open(&self, booking: TransactionId, sealed: &str) -> Result<Zeroizing<String>, CardSealError> {
        let mut parts = sealed.split('.');
        let (Some(VERSION), Some(id), Some(sealed), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(CardSealError::Damaged);
        };
        let text = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| CardSealError::Damaged);
        let id = String::from_utf8(text(id)?).map_err(|_| CardSealError::Damaged)?;
        let (_, key) =
            self.0.iter().find(|(known, _)| *known == id).ok_or_else(|| CardSealError::UnknownKey(id.clone()))?;
        let sealed = text(sealed)?;
        let (nonce, data) = sealed.split_at_checked(NONCE_BYTES).ok_or(CardSealError::Damaged)?;
        let nonce = <[u8; NONCE_BYTES]>::try_from(nonce).map_err(|_| CardSealError::Damaged)?;
        let mut data = Zeroizing::new(data.to_vec());
        let aad = Aad::from(*booking.as_uuid().as_bytes());
        let plain = key
            .open_in_place(Nonce::assume_unique_for_key(nonce), aad, data.as_mut_slice())
            .map_err(|_| CardSealError::Damaged)?;
        let plain = std::str::from_utf8(plain).map_err(|_| CardSealError::Damaged)?;
        Ok(Zeroizing::new(plain.to_owned()))
    }
}

/// The id of the signing key that sealed a card. `None`: no sealed card.
pub fn sealed_under(sealed: &str) -> Option<String> {
    let (version, rest) = sealed.split_once('.')?;
    let (id, _) = rest.split_once('.')?;
    let id = URL_SAFE_NO_PAD.decode(id).ok().filter(|_| version == VERSION)?;
    String::from_utf8(id).ok()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::UrlKey;
    use super::*;

    fn keys(ids: &[(&str, u8)]) -> UrlKeys {
        let key = |(id, byte): &(&str, u8)| UrlKey::from_secret(id, &[*byte; 32]).unwrap();
        UrlKeys::new(ids.iter().map(key).collect()).unwrap()
    }

    fn booking(number: u128) -> TransactionId {
        TransactionId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn bk_6_5_a_kept_card_opens_for_its_booking_alone_and_shows_nothing() {
        let seal = CardSeal::new(&keys(&[("2026-11", 1)])).unwrap();
        let sealed = seal.seal(booking(1), "cus_1 pm_1").unwrap();
        assert!(!sealed.contains("cus_1"));
        assert_eq!((sealed_under(&sealed).as_deref(), sealed_under("cus_1.x.y")), (Some("2026-11"), None));
        assert_ne!(sealed, seal.seal(booking(1), "cus_1 pm_1").unwrap(), "each time another nonce");
        assert_eq!(seal.open(booking(1), &sealed).unwrap().as_str(), "cus_1 pm_1");
        assert_eq!(seal.open(booking(2), &sealed).unwrap_err(), CardSealError::Damaged);
        for (place, _) in sealed.char_indices() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[place] ^= 1;
            let damaged = String::from_utf8_lossy(&bytes).into_owned();
            assert!(seal.open(booking(1), &damaged).is_err(), "{place}");
        }
        assert!(format!("{seal:?}").contains("redacted"));
    }

    #[test]
    fn bk_6_5_kept_cards_outlive_a_rotation_of_the_signing_keys() {
        let old = CardSeal::new(&keys(&[("old", 1)])).unwrap();
        let sealed = old.seal(booking(1), "cus_1 pm_1").unwrap();
        let rotated = CardSeal::new(&keys(&[("new", 2), ("old", 1)])).unwrap();
        assert_eq!(rotated.open(booking(1), &sealed).unwrap().as_str(), "cus_1 pm_1");
        let forgotten = CardSeal::new(&keys(&[("new", 2)])).unwrap();
        let error = forgotten.open(booking(1), &sealed).unwrap_err();
        assert_eq!(error, CardSealError::UnknownKey("old".to_owned()));
        assert!(error.to_string().contains("signing.keys"));
    }
}
