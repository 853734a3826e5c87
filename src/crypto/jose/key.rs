//! JWKs made ready for use on aws-lc-rs.

use std::fmt;

use aws_lc_rs::agreement;
use aws_lc_rs::rsa::{
    KeyPair, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey,
    PublicKeyComponents,
};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED, ECDSA_P384_SHA384_FIXED_SIGNING,
    EcdsaKeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384,
};

use super::algorithms::{JweAlg, JwsAlg};
use super::jwk::{Jwk, MEMBERS, Purpose};
use crate::crypto::key::KeyError;
use crate::crypto::rsa::{self, RsaNumbers};
use crate::domain::Timestamp;

/// The curves of the allow list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
}

impl Curve {
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "P-256" => Some(Self::P256),
            "P-384" => Some(Self::P384),
            _ => None,
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        }
    }

    pub(super) const fn coordinate_bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }

    pub(super) const fn bits(self) -> u32 {
        match self {
            Self::P256 => 256,
            Self::P384 => 384,
        }
    }

    pub(super) const fn agreement(self) -> &'static agreement::Algorithm {
        match self {
            Self::P256 => &agreement::ECDH_P256,
            Self::P384 => &agreement::ECDH_P384,
        }
    }

    /// The uncompressed point of two coordinates.
    pub(super) fn point(self, x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
        let size = self.coordinate_bytes();
        (x.len() == size && y.len() == size).then(|| [&[4], x, y].concat())
    }
}

/// Identity, life and purpose of a key.
#[derive(Debug)]
pub(in crate::crypto) struct Profile {
    kid: String,
    purpose: Purpose,
    begins: Option<Timestamp>,
    ends: Option<Timestamp>,
    created: Option<i64>,
    /// SHA-256 of the public key: the same key in two files is one key.
    pub(super) material: [u8; 32],
}

impl Profile {
    fn of(jwk: &Jwk) -> Result<Self, KeyError> {
        Ok(Self {
            kid: jwk.name(),
            purpose: jwk.purpose()?,
            begins: jwk.begins(),
            ends: jwk.ends(),
            created: jwk.nbf.or(jwk.iat),
            material: super::describe::material(jwk),
        })
    }

    fn is_alive(&self, now: Timestamp) -> bool {
        self.begins.is_none_or(|begin| begin <= now) && self.ends.is_none_or(|end| now < end)
    }
}

/// A private key of ours.
pub(in crate::crypto) struct OwnJwk {
    pub(super) profile: Profile,
    pub(super) secret: SecretKey,
}

pub(super) enum SecretKey {
    Rsa { sign: Box<KeyPair>, oaep: OaepPrivateDecryptingKey, pkcs1: Pkcs1PrivateDecryptingKey },
    Ec { curve: Curve, sign: Box<EcdsaKeyPair>, agree: Box<agreement::PrivateKey> },
}

/// A public key of a peer.
pub(in crate::crypto) struct PeerJwk {
    pub(super) profile: Profile,
    pub(super) public: PublicKey,
}

pub(super) enum PublicKey {
    Rsa(Box<RsaPublicKey>),
    Ec { curve: Curve, verify: ParsedPublicKey, point: Vec<u8> },
}

pub(super) struct RsaPublicKey {
    rs256: ParsedPublicKey,
    rs384: ParsedPublicKey,
    ps256: ParsedPublicKey,
    ps384: ParsedPublicKey,
    pub(super) oaep: OaepPublicEncryptingKey,
    pub(super) pkcs1: Pkcs1PublicEncryptingKey,
}

macro_rules! shared_by_both {
    ($name:ident) => {
        impl $name {
            /// The `kid`.
            pub(in crate::crypto) fn kid(&self) -> &str {
                &self.profile.kid
            }

            /// Whether signatures of this key count at `now`.
            pub(super) fn signs_at(&self, now: Timestamp) -> bool {
                self.profile.purpose.signs && self.profile.is_alive(now)
            }

            /// The `alg` that the JWK prescribes for signatures.
            pub(super) fn prescribed_jws_alg(&self) -> Option<JwsAlg> {
                self.profile.purpose.jws_alg
            }

            /// Whether `use` and `alg` let the key encrypt.
            pub(super) fn encrypts(&self) -> bool {
                self.profile.purpose.encrypts
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({}, [redacted])", stringify!($name), self.profile.kid)
            }
        }
    };
}

shared_by_both!(OwnJwk);
shared_by_both!(PeerJwk);

impl PeerJwk {
    /// Whether it may be encrypted to at `now`.
    pub(super) fn encrypts_at(&self, now: Timestamp) -> bool {
        self.profile.purpose.encrypts && self.profile.is_alive(now)
    }

    /// The `alg` that the JWK prescribes for encryption.
    pub(super) fn prescribed_jwe_alg(&self) -> Option<JweAlg> {
        self.profile.purpose.jwe_alg
    }

    /// When it was made, to find the newest: `nbf`, else `iat`.
    pub(super) fn created(&self) -> Option<i64> {
        self.profile.created
    }
}

impl OwnJwk {
    pub(super) fn prepare(jwk: &Jwk) -> Result<Self, KeyError> {
        if !jwk.is_private() {
            return Err(jwk.unusable(
                "it is a public key, but own_keys needs the private one",
                "name the file that `roundtrip keys generate` wrote",
            ));
        }
        let secret = match jwk.kty.as_str() {
            "RSA" => rsa_secret(jwk)?,
            "EC" => ec_secret(jwk)?,
            _ => {
                return Err(jwk.unusable("its kty is not supported", "use RSA (Google asks for it) or EC"));
            }
        };
        Ok(Self { profile: Profile::of(jwk)?, secret })
    }

    /// Whether `use` and `alg` let the key sign.
    pub(super) fn signs(&self) -> bool {
        self.profile.purpose.signs
    }

    /// Whether the key can make signatures of this algorithm.
    pub(super) fn fits(&self, alg: JwsAlg) -> bool {
        let kind = match &self.secret {
            SecretKey::Rsa { .. } => matches!(alg, JwsAlg::Rs256 | JwsAlg::Rs384 | JwsAlg::Ps256 | JwsAlg::Ps384),
            SecretKey::Ec { curve, .. } => alg == jws_of(*curve),
        };
        kind && self.prescribed_jws_alg().is_none_or(|only| only == alg)
    }

    /// What it signs with unless the account says otherwise (flows-security section 3.3).
    pub(super) fn default_jws_alg(&self) -> JwsAlg {
        self.prescribed_jws_alg().unwrap_or(match &self.secret {
            SecretKey::Rsa { .. } => JwsAlg::Rs256,
            SecretKey::Ec { curve, .. } => jws_of(*curve),
        })
    }
}

const fn jws_of(curve: Curve) -> JwsAlg {
    match curve {
        Curve::P256 => JwsAlg::Es256,
        Curve::P384 => JwsAlg::Es384,
    }
}

fn rsa_secret(jwk: &Jwk) -> Result<SecretKey, KeyError> {
    let public =
        |name, member: &Option<String>| jwk.bytes(name, member.as_deref()).map(|bytes| rsa::trimmed(&bytes).to_vec());
    let secret = |name, member: &Option<super::jwk::Secret>| jwk.bytes(name, member.as_ref().map(|s| s.0.as_str()));
    let n = public("n", &jwk.n)?;
    too_small(jwk, &n)?;
    let numbers = RsaNumbers {
        n,
        e: public("e", &jwk.e)?,
        d: secret("d", &jwk.d)?,
        p: secret("p", &jwk.p)?,
        q: secret("q", &jwk.q)?,
        dp: secret("dp", &jwk.dp)?,
        dq: secret("dq", &jwk.dq)?,
        qi: secret("qi", &jwk.qi)?,
    };
    let prepared = || {
        let sign = Box::new(numbers.key_pair()?);
        let oaep = OaepPrivateDecryptingKey::new(rsa::decrypting(&sign)?).ok()?;
        let pkcs1 = Pkcs1PrivateDecryptingKey::new(rsa::decrypting(&sign)?).ok()?;
        Some(SecretKey::Rsa { sign, oaep, pkcs1 })
    };
    prepared().ok_or_else(|| jwk.unusable("its numbers do not belong together", MEMBERS))
}

fn too_small(jwk: &Jwk, n: &[u8]) -> Result<(), KeyError> {
    match rsa::bit_length(n) {
        2048..=8192 => Ok(()),
        bits => Err(jwk.unusable(
            &format!("RSA of {bits} bits is not within 2048 to 8192"),
            "use a key of at least 2048 bits (`roundtrip keys generate`)",
        )),
    }
}

fn curve_and_point(jwk: &Jwk) -> Result<(Curve, Vec<u8>), KeyError> {
    let curve = jwk
        .crv
        .as_deref()
        .and_then(Curve::parse)
        .ok_or_else(|| jwk.unusable("its curve is not P-256 or P-384", "use RSA, P-256 or P-384"))?;
    let (x, y) = (jwk.bytes("x", jwk.x.as_deref())?, jwk.bytes("y", jwk.y.as_deref())?);
    let point = curve.point(&x, &y).ok_or_else(|| jwk.unusable("its coordinates have the wrong length", MEMBERS))?;
    Ok((curve, point))
}

fn ec_secret(jwk: &Jwk) -> Result<SecretKey, KeyError> {
    let (curve, point) = curve_and_point(jwk)?;
    let d = jwk.bytes("d", jwk.d.as_ref().map(|s| s.0.as_str()))?;
    let algorithm = match curve {
        Curve::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
        Curve::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
    };
    let prepared = || {
        let sign = Box::new(EcdsaKeyPair::from_private_key_and_public_key(algorithm, &d, &point).ok()?);
        let agree = Box::new(agreement::PrivateKey::from_private_key(curve.agreement(), &d).ok()?);
        Some(SecretKey::Ec { curve, sign, agree })
    };
    prepared().ok_or_else(|| jwk.unusable("its numbers do not belong together", MEMBERS))
}

impl PeerJwk {
    pub(super) fn prepare(jwk: &Jwk) -> Result<Self, KeyError> {
        if jwk.is_private() {
            return Err(jwk.unusable(
                "it is a private key, but peer_keys needs the peer's public one",
                "keep only the public members, and ask whose private key this is",
            ));
        }
        let public = match jwk.kty.as_str() {
            "RSA" => rsa_public(jwk)?,
            "EC" => ec_public(jwk)?,
            _ => {
                return Err(jwk.unusable("its kty is not supported", "ask the peer for an RSA or EC key"));
            }
        };
        Ok(Self { profile: Profile::of(jwk)?, public })
    }

    /// The key that verifies signatures of this algorithm, if it may.
    pub(super) fn verifier(&self, alg: JwsAlg) -> Option<&ParsedPublicKey> {
        if self.prescribed_jws_alg().is_some_and(|only| only != alg) {
            return None;
        }
        match (&self.public, alg) {
            (PublicKey::Rsa(key), JwsAlg::Rs256) => Some(&key.rs256),
            (PublicKey::Rsa(key), JwsAlg::Rs384) => Some(&key.rs384),
            (PublicKey::Rsa(key), JwsAlg::Ps256) => Some(&key.ps256),
            (PublicKey::Rsa(key), JwsAlg::Ps384) => Some(&key.ps384),
            (PublicKey::Ec { curve, verify, .. }, alg) if alg == jws_of(*curve) => Some(verify),
            _ => None,
        }
    }
}

fn rsa_public(jwk: &Jwk) -> Result<PublicKey, KeyError> {
    let (n, e) = (jwk.bytes("n", jwk.n.as_deref())?, jwk.bytes("e", jwk.e.as_deref())?);
    let (n, e) = (rsa::trimmed(&n), rsa::trimmed(&e));
    too_small(jwk, n)?;
    let parsed = |algorithm| PublicKeyComponents { n, e }.to_parsed_public_key(algorithm).ok();
    let prepared = || {
        Some(PublicKey::Rsa(Box::new(RsaPublicKey {
            rs256: parsed(&RSA_PKCS1_2048_8192_SHA256)?,
            rs384: parsed(&RSA_PKCS1_2048_8192_SHA384)?,
            ps256: parsed(&RSA_PSS_2048_8192_SHA256)?,
            ps384: parsed(&RSA_PSS_2048_8192_SHA384)?,
            oaep: OaepPublicEncryptingKey::new(rsa::encrypting(n, e)?).ok()?,
            pkcs1: Pkcs1PublicEncryptingKey::new(rsa::encrypting(n, e)?).ok()?,
        })))
    };
    prepared().ok_or_else(|| jwk.unusable("its numbers are no RSA key", MEMBERS))
}

fn ec_public(jwk: &Jwk) -> Result<PublicKey, KeyError> {
    let (curve, point) = curve_and_point(jwk)?;
    let parsed = match curve {
        Curve::P256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point),
        Curve::P384 => ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, &point),
    };
    let verify = parsed.map_err(|_| jwk.unusable("its point is not on the curve", MEMBERS))?;
    Ok(PublicKey::Ec { curve, verify, point })
}
