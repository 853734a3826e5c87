//! New JWKs.

use aws_lc_rs::encoding::AsBigEndian;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::jwk::{Jwk, JwkSet, Secret};
use crate::crypto::key_care::{GeneratedKey, JwkKind, NewJwk};
use crate::crypto::rsa::{self, RsaNumbers};

/// Makes the key. None if a parameter does not fit or the library refuses.
pub(in crate::crypto) fn generate(wanted: &NewJwk<'_>) -> Option<GeneratedKey> {
    let mut jwk = match wanted.kind {
        JwkKind::Rsa { bits } => new_rsa(bits)?,
        JwkKind::EcP256 => new_p256()?,
    };
    let begins = wanted.created.as_secs();
    jwk.kid = Some(wanted.kid.to_owned());
    jwk.iat = Some(begins);
    jwk.nbf = Some(begins);
    jwk.exp = Some(begins + i64::from(wanted.valid_days) * 86_400);
    let private = Zeroizing::new(serde_json::to_string_pretty(&jwk).ok()?);
    let public = serde_json::to_string_pretty(&JwkSet { keys: vec![jwk.public()] }).ok()?;
    Some(GeneratedKey { id: wanted.kid.to_owned(), private, public })
}

fn new_rsa(bits: u32) -> Option<Jwk> {
    let numbers = RsaNumbers::of(&rsa::generate(bits)?)?;
    let secret = |number: &[u8]| Some(Secret(URL_SAFE_NO_PAD.encode(number)));
    Some(Jwk {
        kty: "RSA".to_owned(),
        n: Some(URL_SAFE_NO_PAD.encode(&numbers.n)),
        e: Some(URL_SAFE_NO_PAD.encode(&numbers.e)),
        d: secret(&numbers.d),
        p: secret(&numbers.p),
        q: secret(&numbers.q),
        dp: secret(&numbers.dp),
        dq: secret(&numbers.dq),
        qi: secret(&numbers.qi),
        ..Jwk::default()
    })
}

fn new_p256() -> Option<Jwk> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
    let (x, y) = pair.public_key().as_ref().get(1..)?.split_at_checked(32)?;
    let secret: aws_lc_rs::encoding::EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes().ok()?;
    Some(Jwk {
        kty: "EC".to_owned(),
        crv: Some("P-256".to_owned()),
        x: Some(URL_SAFE_NO_PAD.encode(x)),
        y: Some(URL_SAFE_NO_PAD.encode(y)),
        d: Some(Secret(URL_SAFE_NO_PAD.encode(secret.as_ref()))),
        ..Jwk::default()
    })
}
