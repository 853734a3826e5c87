//! Content encryption (RFC 7518 section 5): AES-GCM, and AES-CBC with HMAC.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey,
    UnboundCipherKey,
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
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(aad), &mut data).ok()?;
                Some(Ciphertext { iv: iv.to_vec(), data, tag: tag.as_ref().to_vec() })
            }
            Self::A128CbcHs256 | Self::A256CbcHs512 => {
                let iv: [u8; 16] = random_bytes();
                let (mac_key, enc_key) = key.split_at_checked(self.key_bytes() / 2)?;
                let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(self.cbc(enc_key)?).ok()?;
                let mut data = plain;
                cipher.less_safe_encrypt(&mut data, EncryptionContext::Iv128(FixedLength::from(iv))).ok()?;
                let tag = self.mac(mac_key, aad, &iv, &data)?;
                Some(Ciphertext { iv: iv.to_vec(), data, tag })
            }
        }
    }

    /// Checks the tag, then decrypts. None for every kind of failure.
    pub(super) fn decrypt(self, key: &[u8], aad: &[u8], sealed: Ciphertext) -> Option<Zeroizing<Vec<u8>>> {
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
                let length = self.gcm(key)?.open_in_place(nonce, Aad::from(aad), &mut data).ok()?.len();
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
                let length = cipher.decrypt(&mut data, DecryptionContext::Iv128(FixedLength::from(iv))).ok()?.len();
                data.truncate(length);
                Some(Zeroizing::new(data))
            }
        }
    }

    fn gcm(self, key: &[u8]) -> Option<LessSafeKey> {
        let algorithm = if self == Self::A128Gcm { &AES_128_GCM } else { &AES_256_GCM };
        UnboundKey::new(algorithm, key).ok().map(LessSafeKey::new)
    }

    fn cbc(self, key: &[u8]) -> Option<UnboundCipherKey> {
        let algorithm = if self == Self::A128CbcHs256 { &AES_128 } else { &AES_256 };
        UnboundCipherKey::new(algorithm, key).ok()
    }

    /// RFC 7518 section 5.2.2.1: the first half of HMAC over AAD, IV, ciphertext and the AAD's length in bits.
    fn mac(self, key: &[u8], aad: &[u8], iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        let bits = (aad.len() as u64 * 8).to_be_bytes();
        let parts = [aad, iv, data, &bits];
        let full = if self == Self::A128CbcHs256 {
            let mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
            parts.iter().fold(mac, Mac::chain_update).finalize().into_bytes().to_vec()
        } else {
            let mac = Hmac::<Sha512>::new_from_slice(key).ok()?;
            parts.iter().fold(mac, Mac::chain_update).finalize().into_bytes().to_vec()
        };
        full.get(..self.key_bytes() / 2).map(<[u8]>::to_vec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7518 appendices B.1 and B.3.
    #[test]
    fn jose_1_cbc_with_hmac_gives_the_rfcs_plaintext() {
        let bytes = |hex: &str| -> Vec<u8> {
            let digits: Vec<u32> = hex.chars().map(|c| c.to_digit(16).unwrap()).collect();
            digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
        };
        let short = "c80edfa32ddf39d5ef00c0b468834279a2e46a1b8049f792f76bfe54b903a9c9a94ac9b47ad2655c5f10f9aef71427e2\
            fc6f9b3f399a221489f16362c703233609d45ac69864e3321cf82935ac4096c86e133314c54019e8ca7980dfa4b9cf1b\
            384c486f3a54c51078158ee5d79de59fbd34d848b3d69550a67646344427ade54b8851ffb598f7f80074b9473c82e2db";
        let long = "4affaaadb78c31c5da4b1b590d10ffbd3dd8d5d302423526912da037ecbcc7bd822c301dd67c373bccb584ad3e9279c2\
            e6d12a1374b77f077553df829410446b36ebd97066296ae6427ea75c2e0846a11a09ccf5370dc80bfecbad28c73f09b3\
            a3b75e662a2594410ae496b2e2e6609e31e6e02cc837f053d21f37ff4f51950bbe2638d09dd7a4930930806d0703b1f6";
        let short_tag = "652c3fa36b0a7c5b3219fab3a30bc1c4";
        let long_tag = "4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5";
        for (enc, data, tag) in [(JweEnc::A128CbcHs256, short, short_tag), (JweEnc::A256CbcHs512, long, long_tag)] {
            let key: Vec<u8> = (0..64).take(enc.key_bytes()).collect();
            let sealed =
                |tag: Vec<u8>| Ciphertext { iv: bytes("1af38c2dc2b96ffdd86694092341bc04"), data: bytes(data), tag };
            let aad = b"The second principle of Auguste Kerckhoffs";
            let plain = enc.decrypt(&key, aad, sealed(bytes(tag))).unwrap();
            assert!(plain.starts_with(b"A cipher system must not be required to be secret"));
            let mut wrong = bytes(tag);
            wrong[0] ^= 1;
            assert!(enc.decrypt(&key, aad, sealed(wrong)).is_none());
            assert!(enc.decrypt(&key, aad, sealed(vec![])).is_none());
            assert!(enc.decrypt(&key, b"", sealed(bytes(tag))).is_none());
        }
    }

    #[test]
    fn what_is_encrypted_decrypts_again_and_only_unchanged() {
        for enc in [JweEnc::A128Gcm, JweEnc::A256Gcm, JweEnc::A128CbcHs256, JweEnc::A256CbcHs512] {
            let key = vec![7; enc.key_bytes()];
            let sealed = || enc.encrypt(&key, b"header", b"plain".to_vec()).unwrap();
            assert_eq!(enc.decrypt(&key, b"header", sealed()).unwrap().as_slice(), b"plain");
            assert!(enc.decrypt(&key, b"another", sealed()).is_none());
            let mut cut = sealed();
            cut.tag.pop();
            assert!(enc.decrypt(&key, b"header", cut).is_none(), "a shortened tag");
        }
    }
}
