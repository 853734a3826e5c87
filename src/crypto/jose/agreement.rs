//! ECDH-ES (RFC 7518 section 4.6): an ephemeral key agrees with the recipient's; a hash of the result is the key.

use aws_lc_rs::agreement::{self, UnparsedPublicKey};
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::key::Curve;

/// What both sides mix into the agreed key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    /// `enc` for direct agreement, `alg` where the content key is wrapped.
    pub algorithm: &'a str,
    /// `apu`, decoded.
    pub party_u: &'a [u8],
    /// `apv`, decoded.
    pub party_v: &'a [u8],
    /// Octets wanted.
    pub length: usize,
}

/// Agrees on a key with a fresh ephemeral key. Returns it with the ephemeral public point.
pub(super) fn agree_with(
    curve: Curve,
    recipient: &[u8],
    context: Context<'_>,
) -> Option<(Zeroizing<Vec<u8>>, Vec<u8>)> {
    let ephemeral = agreement::PrivateKey::generate(curve.agreement()).ok()?;
    let point = ephemeral.compute_public_key().ok()?.as_ref().to_vec();
    Some((agree(&ephemeral, curve, recipient, context)?, point))
}

/// Agrees on a key with our own private key and the sender's ephemeral point.
pub(super) fn agree(
    own: &agreement::PrivateKey,
    curve: Curve,
    point: &[u8],
    context: Context<'_>,
) -> Option<Zeroizing<Vec<u8>>> {
    let theirs = UnparsedPublicKey::new(curve.agreement(), point);
    agreement::agree(own, theirs, (), |shared| Ok(derive(shared, context))).ok()
}

/// The Concat KDF of NIST SP 800-56A with SHA-256 (RFC 7518 section 4.6.2).
fn derive(shared: &[u8], context: Context<'_>) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(Vec::with_capacity(context.length + 32));
    let mut round = 1_u32;
    while key.len() < context.length {
        let mut hasher = Sha256::new();
        hasher.update(round.to_be_bytes());
        hasher.update(shared);
        for part in [context.algorithm.as_bytes(), context.party_u, context.party_v] {
            hasher.update((part.len() as u32).to_be_bytes());
            hasher.update(part);
        }
        hasher.update((context.length as u32 * 8).to_be_bytes());
        key.extend_from_slice(&hasher.finalize());
        round += 1;
    }
    key.truncate(context.length);
    key
}

/// Wraps a content key with AES-256 (RFC 3394).
pub(super) fn wrap(kek: &[u8], content_key: &[u8]) -> Option<Vec<u8>> {
    let mut wrapped = vec![0; content_key.len() + 8];
    let length = AesKek::new(&AES_256, kek).ok()?.wrap(content_key, &mut wrapped).ok()?.len();
    wrapped.truncate(length);
    Some(wrapped)
}

/// Unwraps a content key.
pub(super) fn unwrap(kek: &[u8], wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut content_key = Zeroizing::new(vec![0; wrapped.len().checked_sub(8)?.max(16)]);
    let length = AesKek::new(&AES_256, kek).ok()?.unwrap(wrapped, &mut content_key).ok()?.len();
    content_key.truncate(length);
    Some(content_key)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    /// RFC 7518 appendix C.
    #[test]
    fn jose_1_agreement_gives_the_rfcs_key() {
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let alice = decode("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo");
        let bob = Curve::P256
            .point(
                &decode("weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ"),
                &decode("e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"),
            )
            .unwrap();
        let own = agreement::PrivateKey::from_private_key(&agreement::ECDH_P256, &alice).unwrap();
        let context = Context { algorithm: "A128GCM", party_u: b"Alice", party_v: b"Bob", length: 16 };
        let key = agree(&own, Curve::P256, &bob, context).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(&*key), "VqqN6vgjbSBcIijNcacQGg");
    }

    /// RFC 3394 section 4.6.
    #[test]
    fn jose_1_key_wrapping_gives_the_rfcs_ciphertext() {
        let kek: Vec<u8> = (0..32).collect();
        let key: Vec<u8> = (0..16_u8).map(|b| b * 0x11).chain(0..16).collect();
        let wrapped = wrap(&kek, &key).unwrap();
        assert_eq!(wrapped[..8], [0x28, 0xc9, 0xf4, 0x04, 0xc4, 0xb8, 0x10, 0xf4]);
        assert_eq!(*unwrap(&kek, &wrapped).unwrap(), key);
        assert!(unwrap(&kek, &wrapped[..16]).is_none());
        assert!(unwrap(&kek, &[]).is_none());
    }
}
