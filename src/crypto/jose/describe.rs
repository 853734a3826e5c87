//! What a JWK file holds, also where it could not serve.

use super::jwk::{Jwk, JwkSet, parse};
use super::key::Curve;
use crate::crypto::hashes::content_hash;
use crate::crypto::key::KeyError;
use crate::crypto::key_care::KeyDescription;
use crate::crypto::rsa;
use crate::crypto::wire::Scheme;
use crate::domain::Timestamp;

/// Lists the keys of a file.
pub(in crate::crypto) fn describe(file: &[u8]) -> Result<Vec<KeyDescription>, KeyError> {
    Ok(parse(file)?.iter().map(describe_one).collect())
}

/// The public part of every key of a file, as a JWK set.
pub(in crate::crypto) fn export(file: &[u8]) -> Result<String, KeyError> {
    let keys = parse(file)?.iter().map(Jwk::public).collect();
    serde_json::to_string_pretty(&JwkSet { keys })
        .map_err(|_| KeyError::ring("the keys cannot be written out", "make new ones"))
}

fn describe_one(jwk: &Jwk) -> KeyDescription {
    let curve = jwk.crv.as_deref().and_then(Curve::parse);
    let (algorithm, bits) = match (jwk.kty.as_str(), curve) {
        ("RSA", _) => ("RSA".to_owned(), modulus(jwk).map_or(0, |n| rsa::bit_length(&n))),
        ("EC", Some(curve)) => (format!("EC {}", curve.as_str()), curve.bits()),
        (kty, _) => (kty.to_owned(), 0),
    };
    let purpose = jwk.purpose().ok();
    KeyDescription {
        scheme: Scheme::Jose,
        id: jwk.name(),
        algorithm,
        bits,
        private: jwk.is_private(),
        created: jwk.iat.or(jwk.nbf).map(Timestamp::from_secs),
        expires: jwk.ends(),
        revoked: false,
        signs: purpose.is_some_and(|purpose| purpose.signs),
        encrypts: purpose.is_some_and(|purpose| purpose.encrypts),
        user_ids: Vec::new(),
        subkeys: Vec::new(),
        material: material(jwk),
    }
}

fn modulus(jwk: &Jwk) -> Option<Vec<u8>> {
    let n = jwk.bytes("n", jwk.n.as_deref()).ok()?;
    Some(rsa::trimmed(&n).to_vec())
}

/// RSA keys hash by modulus, so that the same key is found again in an OpenPGP file.
pub(super) fn material(jwk: &Jwk) -> [u8; 32] {
    if let Some(n) = modulus(jwk) {
        return content_hash(&n);
    }
    let member = |member: &Option<String>| member.clone().unwrap_or_default();
    content_hash(format!("{} {} {}", member(&jwk.crv), member(&jwk.x), member(&jwk.y)).as_bytes())
}
