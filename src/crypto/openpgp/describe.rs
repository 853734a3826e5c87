//! What an OpenPGP key file holds, also where it could not serve.

use pgp::composed::{ArmorOptions, PublicOrSecret, SignedPublicKey};
use pgp::ser::Serialize;
use pgp::types::{EcdhPublicParams, KeyDetails, PublicParams};

use super::cert::{fingerprint, parse};
use super::component::rsa_public;
use super::judge::{Verdict, judge_primary, judge_subkey};
use crate::crypto::hashes::content_hash;
use crate::crypto::key::KeyError;
use crate::crypto::key_care::KeyDescription;
use crate::crypto::rsa;
use crate::crypto::wire::Scheme;
use crate::domain::Timestamp;

/// Lists the keys of a file.
pub(in crate::crypto) fn describe(file: &[u8]) -> Result<Vec<KeyDescription>, KeyError> {
    Ok(parse(file)?.into_iter().map(|key| describe_one(&key)).collect())
}

/// The public part of every key of a file, armoured.
pub(in crate::crypto) fn export(file: &[u8]) -> Result<String, KeyError> {
    let mut out = String::new();
    for key in parse(file)? {
        let public = public_part(key);
        let armoured = public.to_armored_string(ArmorOptions::default()).map_err(|_| {
            KeyError::unusable(fingerprint(&public), "it cannot be written out", "export it with gpg instead")
        })?;
        out.push_str(&armoured);
    }
    Ok(out)
}

fn public_part(key: PublicOrSecret) -> SignedPublicKey {
    match key {
        PublicOrSecret::Public(key) => key,
        PublicOrSecret::Secret(key) => key.to_public_key(),
    }
}

fn describe_one(key: &PublicOrSecret) -> KeyDescription {
    let private = key.is_secret();
    let key = public_part(key.clone());
    let certificate = judge_primary(&key.primary_key, &key.details);
    let mut description = describe_part(&key.primary_key, certificate, private);
    description.user_ids =
        key.details.users.iter().map(|user| String::from_utf8_lossy(user.id.id()).into_owned()).collect();
    description.subkeys = key
        .public_subkeys
        .iter()
        .map(|subkey| {
            let verdict = judge_subkey((&key.primary_key, certificate), &subkey.key, &subkey.signatures);
            describe_part(&subkey.key, verdict, private)
        })
        .collect();
    description
}

fn describe_part(key: &impl KeyDetails, verdict: Verdict, private: bool) -> KeyDescription {
    let params = key.public_params();
    let (algorithm, bits) = algorithm(params);
    KeyDescription {
        scheme: Scheme::Pgp,
        id: fingerprint(key),
        algorithm: algorithm.to_owned(),
        bits,
        private,
        created: Some(Timestamp::from_secs(i64::from(key.created_at().as_secs()))),
        expires: verdict.expires(),
        revoked: verdict.revoked,
        signs: verdict.bound && verdict.signs,
        encrypts: verdict.bound && verdict.encrypts,
        user_ids: Vec::new(),
        subkeys: Vec::new(),
        material: material(params),
    }
}

/// RSA keys hash by modulus, so that the same key is found again in a JWK.
fn material(params: &PublicParams) -> [u8; 32] {
    match rsa_public(params) {
        Some((n, _)) => content_hash(rsa::trimmed(&n)),
        None => content_hash(&params.to_bytes().unwrap_or_default()),
    }
}

fn algorithm(params: &PublicParams) -> (&'static str, u32) {
    match params {
        PublicParams::RSA(_) => ("RSA", rsa_public(params).map_or(0, |(n, _)| rsa::bit_length(&n))),
        PublicParams::EdDSALegacy(_) | PublicParams::Ed25519(_) => ("Ed25519", 256),
        PublicParams::X25519(_) | PublicParams::ECDH(EcdhPublicParams::Curve25519Legacy { .. }) => ("X25519", 256),
        PublicParams::ECDSA(_) => ("ECDSA", 0),
        PublicParams::ECDH(_) => ("ECDH", 0),
        PublicParams::Ed448(_) => ("Ed448", 448),
        PublicParams::X448(_) => ("X448", 448),
        PublicParams::DSA(_) => ("DSA", 0),
        PublicParams::Elgamal(_) => ("ElGamal", 0),
        PublicParams::Unknown { .. } => ("unknown", 0),
    }
}
