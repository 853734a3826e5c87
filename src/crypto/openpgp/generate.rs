//! New OpenPGP keys in the shape that Google asks for (flows-security section 3.2): an RSA primary key that certifies and
//! signs, and a separate RSA encryption subkey, both of limited life.

use aws_lc_rs::rsa::KeyPair;
use pgp::composed::{ArmorOptions, SignedKeyDetails, SignedSecretKey, SignedSecretSubKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::errors::{Error, Result};
use pgp::packet::{
    Features, KeyFlags, PubKeyInner, PublicKey, PublicSubkey, SecretKey, SecretSubkey, SignatureConfig, SignatureType,
    Subpacket, SubpacketData, UserId,
};
use pgp::ser::Serialize;
use pgp::types::{
    CompressionAlgorithm, Duration, KeyDetails, KeyVersion, Mpi, PacketHeaderVersion, Password, PlainSecretParams,
    PublicParams, RsaPublicParams, SecretParams, SignedUser, Tag, Timestamp as PgpTime,
};
use zeroize::Zeroizing;

use super::cert::fingerprint;
use super::component::SecretComponent;
use crate::crypto::key_care::{GeneratedKey, NewOpenPgpKey};
use crate::crypto::rsa::{self, RsaNumbers};

/// Makes the key. None if a parameter does not fit or the library refuses.
pub(in crate::crypto) fn generate(wanted: &NewOpenPgpKey<'_>) -> Option<GeneratedKey> {
    let (primary, subkey) = (rsa::generate(wanted.bits)?, rsa::generate(wanted.bits)?);
    let key = assemble(wanted, primary, subkey).ok()?;
    let private = Zeroizing::new(key.to_armored_string(ArmorOptions::default()).ok()?);
    let public = key.to_public_key().to_armored_string(ArmorOptions::default()).ok()?;
    Some(GeneratedKey { id: fingerprint(key.primary_key.public_key()), private, public })
}

fn impossible() -> Error {
    std::io::Error::other("refused").into()
}

fn assemble(wanted: &NewOpenPgpKey<'_>, primary: KeyPair, subkey: KeyPair) -> Result<SignedSecretKey> {
    let created = PgpTime::from_secs(u32::try_from(wanted.created.as_secs()).unwrap_or(0));
    let (params, secret) = material(&primary)?;
    let public = PublicKey::from_inner(inner(created, params)?)?;
    let primary_key = SecretKey::new(public.clone(), SecretParams::Plain(secret))?;
    let (params, secret) = material(&subkey)?;
    let public_subkey = PublicSubkey::from_inner(inner(created, params)?)?;
    let secret_subkey = SecretSubkey::new(public_subkey.clone(), SecretParams::Plain(secret))?;

    let signer = SecretComponent::from_pair(&public, primary).ok_or_else(impossible)?;
    let user = UserId::from_str(PacketHeaderVersion::New, wanted.user_id)?;
    let password = Password::empty();
    let certification = self_certification(&signer, wanted, created)?;
    let certification = certification.sign_certification(&signer, &public, &password, Tag::UserId, &user)?;
    let mut flags = KeyFlags::default();
    flags.set_encrypt_comms(true);
    flags.set_encrypt_storage(true);
    let binding = config(&signer, SignatureType::SubkeyBinding, (created, wanted.valid_days), flags)?;
    let binding = binding.sign_subkey_binding(&signer, &public, &password, &public_subkey)?;

    let details = SignedKeyDetails::new(vec![], vec![], vec![SignedUser::new(user, vec![certification])], vec![]);
    let subkeys = vec![SignedSecretSubKey::new(secret_subkey, vec![binding])];
    Ok(SignedSecretKey::new(primary_key, details, vec![], subkeys))
}

fn self_certification(
    signer: &SecretComponent,
    wanted: &NewOpenPgpKey<'_>,
    created: PgpTime,
) -> Result<SignatureConfig> {
    let mut flags = KeyFlags::default();
    flags.set_certify(true);
    flags.set_sign(true);
    let mut features = Features::new();
    features.set_seipd_v1(true);
    let mut config = config(signer, SignatureType::CertPositive, (created, wanted.valid_days), flags)?;
    let ciphers = vec![SymmetricKeyAlgorithm::AES256, SymmetricKeyAlgorithm::AES192, SymmetricKeyAlgorithm::AES128];
    let digests = vec![HashAlgorithm::Sha384, HashAlgorithm::Sha512, HashAlgorithm::Sha256];
    let compression = vec![CompressionAlgorithm::ZIP, CompressionAlgorithm::ZLIB, CompressionAlgorithm::Uncompressed];
    config.hashed_subpackets.extend([
        Subpacket::regular(SubpacketData::IsPrimary(true))?,
        Subpacket::regular(SubpacketData::Features(features))?,
        Subpacket::regular(SubpacketData::PreferredSymmetricAlgorithms(ciphers.into()))?,
        Subpacket::regular(SubpacketData::PreferredHashAlgorithms(digests.into()))?,
        Subpacket::regular(SubpacketData::PreferredCompressionAlgorithms(compression.into()))?,
    ]);
    Ok(config)
}

fn config(
    signer: &SecretComponent,
    kind: SignatureType,
    (created, days): (PgpTime, u16),
    flags: KeyFlags,
) -> Result<SignatureConfig> {
    let mut config = SignatureConfig::v4(kind, signer.algorithm(), HashAlgorithm::Sha384);
    config.hashed_subpackets = vec![
        Subpacket::regular(SubpacketData::SignatureCreationTime(created))?,
        Subpacket::regular(SubpacketData::IssuerFingerprint(signer.fingerprint()))?,
        Subpacket::critical(SubpacketData::KeyFlags(flags))?,
        Subpacket::critical(SubpacketData::KeyExpirationTime(Duration::from_secs(u32::from(days) * 86_400)))?,
    ];
    config.unhashed_subpackets = vec![Subpacket::regular(SubpacketData::IssuerKeyId(signer.legacy_key_id()))?];
    Ok(config)
}

fn inner(created: PgpTime, params: PublicParams) -> Result<PubKeyInner> {
    PubKeyInner::new(KeyVersion::V4, PublicKeyAlgorithm::RSA, created, None, params)
}

/// The same numbers in OpenPGP's packets: p is the smaller prime, so p and q change places.
fn material(pair: &KeyPair) -> Result<(PublicParams, PlainSecretParams)> {
    let numbers = RsaNumbers::of(pair).ok_or_else(impossible)?;
    let mut public = Vec::new();
    for number in [&numbers.n, &numbers.e] {
        Mpi::from_slice(number).to_writer(&mut public)?;
    }
    let params = PublicParams::RSA(RsaPublicParams::try_from_reader(public.as_slice())?);
    let mut secret = Zeroizing::new(Vec::with_capacity(4096));
    for number in [&numbers.d, &numbers.q, &numbers.p, &numbers.qi] {
        Mpi::from_slice(number).to_writer(&mut *secret)?;
    }
    let secret = PlainSecretParams::try_from_reader_no_checksum(
        secret.as_slice(),
        KeyVersion::V4,
        PublicKeyAlgorithm::RSA,
        &params,
    )?;
    Ok((params, secret))
}
