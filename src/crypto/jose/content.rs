//! Content encryption (RFC 7518 section 5): AES-GCM, and AES-CBC with HMAC.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

use super::algorithms::JweEnc;
use crate::crypto::random::random_bytes;

/// What an encryption leaves behind.
pub(super) struct Ciphertext {
    pub iv: Vec<u8>,
    pub data: Vec<u8>,
    pub tag: Vec<u8>,
}

impl JweEnc {
    /// Octets of the content key.
    pub(super) const fn key_bytes(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A256Gcm | Self::A128CbcHs256 => 32,
            Self::A256CbcHs512 => 64,
        }
    }

    /// Encrypts `plain` in place of itself. None if the library refuses.
    pub(super) fn encrypt(self, key: &[u8], aad: &[u8], plain: Vec<u8>) -> Option<Ciphertext> {
        match self {
            Self::A128Gcm | Self::A256Gcm => {
                let iv: [u8; 12] = random_bytes();
                let mut data = plain;
                let key = self.gcm(key)?;
                let nonce = Nonce::assume_unique_for_key(iv);
                let tag = key
                    .seal_in_place_separate_tag(nonce, Aad::from(aad), &mut data)
                    .ok()?;
                Some(Ciphertext {
                    iv: iv.to_vec(),
                    data,
                    tag: tag.as_ref().to_vec(),
                })
            }
            Self::A128CbcHs256 | Self::A256CbcHs512 => {
                let iv: [u8; 16] = random_bytes();
                let (mac_key, enc_key) = key.split_at_checked(self.key_bytes() / 2)?;
                let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(self.cbc(enc_key)?).ok()?;
                let mut data = plain;
                cipher
                    .less_safe_encrypt(&mut data, EncryptionContext::Iv128(FixedLength::from(iv)))
                    .ok()?;
                let tag = self.mac(mac_key, aad, &iv, &data)?;
                Some(Ciphertext {
                    iv: iv.to_vec(),
                    data,
                    tag,
                })
            }
        }
    }

    /// Checks the tag, then decrypts. None for every kind of failure.
    pub(super) fn decrypt(
        self,
        key: &[u8],
        aad: &[u8],
        sealed: Ciphertext,
    ) -> Option<Zeroizing<Vec<u8>>> {
        if key.len() != self.key_bytes() {
            return None;
        }
        let Ciphertext { iv, mut data, tag } = sealed;
        match self {
            Self::A128Gcm | Self::A256Gcm => {
                let iv = <[u8; 12]>::try_from(iv).ok()?;
                if tag.len() != 16 {
                    return None;
                }
                data.extend_from_slice(&tag);
                let nonce = Nonce::assume_unique_for_key(iv);
                let length = self
                    .gcm(key)?
                    .open_in_place(nonce, Aad::from(aad), &mut data)
                    .ok()?
                    .len();
                data.truncate(length);
                Some(Zeroizing::new(data))
            }
            Self::A128CbcHs256 | Self::A256CbcHs512 => {
                let iv = <[u8; 16]>::try_from(iv).ok()?;
                let (mac_key, enc_key) = key.split_at_checked(self.key_bytes() / 2)?;
                let expected = self.mac(mac_key, aad, &iv, &data)?;
                if !crate::crypto::secrets_equal(&expected, &tag) {
                    return None;
                }
                let cipher = PaddedBlockDecryptingKey::cbc_pkcs7(self.cbc(enc_key)?).ok()?;
                let length = cipher
                    .decrypt(&mut data, DecryptionContext::Iv128(FixedLength::from(iv)))
                    .ok()?
                    .len();
                data.truncate(length);
                Some(Zeroizing::new(data))
            }
        }
    }

    fn gcm(self, key: &[u8]) -> Option<LessSafeKey> {
        let algorithm = if self == Self::A128Gcm {
            &AES_128_GCM
        } else {
            &AES_256_GCM
        };
        UnboundKey::new(algorithm, key).ok().map(LessSafeKey::new)
    }

    fn cbc(self, key: &[u8]) -> Option<UnboundCipherKey> {
        let algorithm = if self == Self::A128CbcHs256 {
            &AES_128
        } else {
            &AES_256
        };
        UnboundCipherKey::new(algorithm, key).ok()
    }

    /// RFC 7518 section 5.2.2.1: the first half of HMAC over AAD, IV, ciphertext and the AAD's length in bits.
    fn mac(self, key: &[u8], aad: &[u8], iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        let bits = (aad.len() as u64 * 8).to_be_bytes();
        let parts = [aad, iv, data, &bits];
        let full = if self == Self::A128CbcHs256 {
            let mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
            parts
                .iter()
                .fold(mac, |mac, part| mac.chain_update(part))
                .finalize()
                .into_bytes()
                .to_vec()
        } else {
            let mac = Hmac::<Sha512>::new_from_slice(key).ok()?;
            parts
                .iter()
                .fold(mac, |mac, part| mac.chain_update(part))
                .finalize()
                .into_bytes()
                .to_vec()
        };
        full.get(..self.key_bytes() / 2).map(<[u8]>::to_vec)
    }
}
