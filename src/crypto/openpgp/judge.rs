//! What a certificate's own signatures say about its keys: life, purpose, revocation. rPGP leaves this to its caller.

use pgp::composed::SignedKeyDetails;
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::packet::{PublicKey, PublicSubkey, Signature, SignatureType, SubpacketData};
use pgp::types::{Duration, KeyDetails, Tag};

use crate::domain::Timestamp;

/// What holds for one key of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::crypto) struct Verdict {
    /// A valid self-signature ties the key to the certificate.
    pub bound: bool,
    /// The key, or the whole certificate, was revoked.
    pub revoked: bool,
    /// When the key ends, Unix seconds; the certificate's end included.
    pub expires_secs: Option<i64>,
    /// Its flags allow signing (`CAN_SIGN`).
    pub signs: bool,
    /// Its flags allow encryption (`ENCRYPT_COMMS`, `ENCRYPT_STORAGE`).
    pub encrypts: bool,
}

impl Verdict {
    /// Whether the key may be relied on at `now`.
    pub(in crate::crypto) fn is_alive(&self, now: Timestamp) -> bool {
        self.bound && !self.revoked && self.expires_secs.is_none_or(|end| now.as_secs() < end)
    }

    /// When the key ends.
    pub(in crate::crypto) fn expires(&self) -> Option<Timestamp> {
        self.expires_secs.map(Timestamp::from_secs)
    }
}

/// Judges a primary key by its newest valid self-signature.
pub(in crate::crypto) fn judge_primary(primary: &PublicKey, details: &SignedKeyDetails) -> Verdict {
    let direct = details
        .direct_signatures
        .iter()
        .filter(|sig| sig.typ() == Some(SignatureType::Key) && is_sound(sig) && sig.verify_key(primary).is_ok());
    let of_users = details.users.iter().flat_map(|user| {
        user.signatures.iter().filter(|sig| {
            sig.typ() != Some(SignatureType::CertRevocation)
                && is_sound(sig)
                && sig.verify_certification(primary, Tag::UserId, &user.id).is_ok()
        })
    });
    let newest = direct.chain(of_users).max_by_key(|sig| sig.created());
    let revoked = details
        .revocation_signatures
        .iter()
        .any(|sig| sig.typ() == Some(SignatureType::KeyRevocation) && sig.verify_key(primary).is_ok());
    let mut verdict = from_self_signature(primary, newest);
    verdict.revoked = revoked;
    if newest.is_some_and(|sig| !has_flags(sig)) {
        verdict.signs = can_sign(primary.algorithm());
        verdict.encrypts = can_encrypt(primary.algorithm());
    }
    verdict
}

/// Judges a subkey by its newest valid binding; it cannot outlive its certificate.
pub(in crate::crypto) fn judge_subkey(
    primary: (&PublicKey, Verdict),
    subkey: &PublicSubkey,
    signatures: &[Signature],
) -> Verdict {
    let (primary_key, certificate) = primary;
    let newest = signatures
        .iter()
        .filter(|sig| {
            sig.typ() == Some(SignatureType::SubkeyBinding)
                && is_sound(sig)
                && sig.verify_subkey_binding(primary_key, subkey).is_ok()
        })
        .max_by_key(|sig| sig.created());
    let revoked = signatures.iter().any(|sig| {
        sig.typ() == Some(SignatureType::SubkeyRevocation) && sig.verify_subkey_binding(primary_key, subkey).is_ok()
    });
    let mut verdict = from_self_signature(subkey, newest);
    if newest.is_some_and(|sig| !has_flags(sig)) {
        verdict.encrypts = can_encrypt(subkey.algorithm());
    }
    // A subkey that signs must itself agree to belong here, or someone else's signing key could be adopted.
    verdict.signs = verdict.signs
        && newest
            .and_then(Signature::embedded_signature)
            .is_some_and(|back| is_sound(back) && back.verify_primary_key_binding(subkey, primary_key).is_ok());
    verdict.bound &= certificate.bound;
    verdict.revoked = revoked || certificate.revoked;
    verdict.expires_secs = earlier(verdict.expires_secs, certificate.expires_secs);
    verdict
}

fn from_self_signature(key: &impl KeyDetails, newest: Option<&Signature>) -> Verdict {
    let Some(sig) = newest else {
        return Verdict { bound: false, revoked: false, expires_secs: None, signs: false, encrypts: false };
    };
    let ends = |from: Option<i64>, life: Option<u32>| {
        life.filter(|&secs| secs > 0).and_then(|secs| from.map(|from| from + i64::from(secs)))
    };
    let key_ends = ends(Some(i64::from(key.created_at().as_secs())), sig.key_expiration_time().map(Duration::as_secs));
    let sig_ends =
        ends(sig.created().map(|t| i64::from(t.as_secs())), sig.signature_expiration_time().map(Duration::as_secs));
    let flags = sig.key_flags();
    Verdict {
        bound: true,
        revoked: false,
        expires_secs: earlier(key_ends, sig_ends),
        signs: flags.sign() && can_sign(key.algorithm()),
        encrypts: (flags.encrypt_comms() || flags.encrypt_storage()) && can_encrypt(key.algorithm()),
    }
}

fn earlier(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}

fn has_flags(sig: &Signature) -> bool {
    sig.config().is_some_and(|c| c.hashed_subpackets().any(|p| matches!(p.data, SubpacketData::KeyFlags(_))))
}

/// Self-signatures of old keys are SHA-1; the file itself was handed over by people, so only MD5 is beyond use here.
fn is_sound(sig: &Signature) -> bool {
    sig.hash_alg().is_some_and(|hash| !matches!(hash, HashAlgorithm::None | HashAlgorithm::Md5))
}

fn can_sign(algorithm: PublicKeyAlgorithm) -> bool {
    matches!(
        algorithm,
        PublicKeyAlgorithm::RSA
            | PublicKeyAlgorithm::RSASign
            | PublicKeyAlgorithm::ECDSA
            | PublicKeyAlgorithm::EdDSALegacy
            | PublicKeyAlgorithm::Ed25519
            | PublicKeyAlgorithm::Ed448
    )
}

fn can_encrypt(algorithm: PublicKeyAlgorithm) -> bool {
    matches!(
        algorithm,
        PublicKeyAlgorithm::RSA
            | PublicKeyAlgorithm::RSAEncrypt
            | PublicKeyAlgorithm::ECDH
            | PublicKeyAlgorithm::X25519
            | PublicKeyAlgorithm::X448
    )
}
