//! Sign, compress, encrypt (flows-security section 3.2, "PGP send").

use std::sync::Arc;

use pgp::composed::RawSessionKey;
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::errors::Result;
use pgp::packet::{
    OnePassSignature, PacketHeader, PacketTrait, PublicKeyEncryptedSessionKey, SignatureConfig, SignatureType,
    Subpacket, SubpacketData, SymEncryptedProtectedData,
};
use pgp::ser::Serialize;
use pgp::types::{CompressionAlgorithm, KeyDetails, Password, Tag, Timestamp as PgpTime};
use zeroize::Zeroizing;

use super::component::{PublicComponent, SecretComponent};
use super::{OwnCert, PeerCert};
use crate::crypto::deflate::deflate;
use crate::crypto::keyring::SealError;
use crate::crypto::random::{AwsRng, random_bytes};
use crate::domain::Timestamp;

/// One account's OpenPGP keys.
#[derive(Debug)]
pub(in crate::crypto) struct PgpRing {
    pub own: Vec<Arc<OwnCert>>,
    pub peers: Vec<Arc<PeerCert>>,
    pub sign_with_all: bool,
}

impl PgpRing {
    /// Signs with our first living key (or all), encrypts to the peer's newest living one.
    pub(in crate::crypto) fn seal(&self, plain: &[u8], now: Timestamp) -> std::result::Result<Vec<u8>, SealError> {
        let wanted = if self.sign_with_all { usize::MAX } else { 1 };
        let signers: Vec<&SecretComponent> = self.own.iter().filter_map(|cert| cert.signer(now)).take(wanted).collect();
        if signers.is_empty() {
            return Err(SealError::NoSigningKey);
        }
        let recipient = self
            .peers
            .iter()
            .filter_map(|cert| cert.encryptor(now))
            .max_by_key(KeyDetails::created_at)
            .ok_or(SealError::NoEncryptionKey)?;
        build(plain, &signers, recipient, now).map_err(|_| SealError::Failed)
    }
}

fn build(plain: &[u8], signers: &[&SecretComponent], recipient: &PublicComponent, now: Timestamp) -> Result<Vec<u8>> {
    let signed = sign(plain, signers, now)?;
    let compressed = compress(&signed)?;
    let session: Zeroizing<[u8; 32]> = Zeroizing::new(random_bytes());
    let cipher = SymmetricKeyAlgorithm::AES256;
    let key = RawSessionKey::from(session.as_slice());
    let esk = PublicKeyEncryptedSessionKey::from_session_key_v3(AwsRng, &key, cipher, recipient)?;
    let data = SymEncryptedProtectedData::encrypt_seipdv1(AwsRng, cipher, session.as_slice(), &compressed)?;
    let mut out = Vec::with_capacity(compressed.len() + 640);
    esk.to_writer_with_header(&mut out)?;
    data.to_writer_with_header(&mut out)?;
    Ok(out)
}

/// One-pass signatures, the literal data, the signatures in reverse order.
pub(super) fn sign(plain: &[u8], signers: &[&SecretComponent], now: Timestamp) -> Result<Vec<u8>> {
    let hash = HashAlgorithm::Sha384;
    let kind = SignatureType::Binary;
    let mut out = Vec::with_capacity(plain.len() + 640 * signers.len());
    for (at, signer) in signers.iter().enumerate() {
        let mut announced = OnePassSignature::v3(kind, hash, signer.algorithm(), signer.legacy_key_id());
        if at + 1 < signers.len() {
            announced.set_is_nested();
        }
        announced.to_writer_with_header(&mut out)?;
    }
    // Binary, no file name, no date: the message's own time stands in the signature.
    PacketHeader::new_fixed(Tag::LiteralData, u32::try_from(plain.len() + 6)?).to_writer(&mut out)?;
    out.extend_from_slice(&[b'b', 0, 0, 0, 0, 0]);
    out.extend_from_slice(plain);
    let created = PgpTime::from_secs(u32::try_from(now.as_secs()).unwrap_or(0));
    for signer in signers.iter().rev() {
        let mut config = SignatureConfig::v4(kind, signer.algorithm(), hash);
        config.hashed_subpackets = vec![
            Subpacket::regular(SubpacketData::SignatureCreationTime(created))?,
            Subpacket::regular(SubpacketData::IssuerFingerprint(signer.fingerprint()))?,
        ];
        config.unhashed_subpackets = vec![Subpacket::regular(SubpacketData::IssuerKeyId(signer.legacy_key_id()))?];
        let signature = config.sign(*signer, &Password::empty(), plain)?;
        signature.to_writer_with_header(&mut out)?;
    }
    Ok(out)
}

fn compress(signed: &[u8]) -> Result<Vec<u8>> {
    let deflated = deflate(signed).ok_or_else(|| std::io::Error::other("deflate"))?;
    let mut out = Vec::with_capacity(deflated.len() + 8);
    PacketHeader::new_fixed(Tag::CompressedData, u32::try_from(deflated.len() + 1)?).to_writer(&mut out)?;
    out.push(CompressionAlgorithm::ZIP.into());
    out.extend_from_slice(&deflated);
    Ok(out)
}
