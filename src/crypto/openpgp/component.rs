//! Single OpenPGP keys (a primary key or a subkey) made ready for use: RSA on aws-lc-rs behind rPGP's traits, every other
//! algorithm through rPGP's own code.

use std::fmt;

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::rsa::{KeyPair, Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey, PublicKeyComponents};
use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
};
use pgp::composed::{PlainSessionKey, RawSessionKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::crypto::rsa::SecretKey as RsaSecretKey;
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::errors::{Error, Result};
use pgp::packet::{PublicKey, PublicSubkey, SecretKey, SecretSubkey};
use pgp::ser::Serialize;
use pgp::types::{
    DecryptionKey, EncryptionKey, EskType, Fingerprint, KeyDetails, KeyId, KeyVersion, Mpi, Password, PkeskBytes,
    PlainSecretParams, PublicParams, SecretParams, SignatureBytes, SigningKey, Timestamp, VerifyingKey,
};
use rand_core_06::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::crypto::rsa::{self, RsaNumbers};

/// What every operation asks of a key, worked out once: rPGP hashes the key anew for each call.
#[derive(Debug, Clone)]
struct Details {
    version: KeyVersion,
    key_id: KeyId,
    fingerprint: Fingerprint,
    algorithm: PublicKeyAlgorithm,
    created: Timestamp,
    params: PublicParams,
}

impl Details {
    fn of(key: &impl KeyDetails) -> Self {
        Self {
            version: key.version(),
            key_id: key.legacy_key_id(),
            fingerprint: key.fingerprint(),
            algorithm: key.algorithm(),
            created: key.created_at(),
            params: key.public_params().clone(),
        }
    }
}

macro_rules! details_from_field {
    ($name:ident) => {
        impl KeyDetails for $name {
            fn version(&self) -> KeyVersion {
                self.details.version
            }
            fn legacy_key_id(&self) -> KeyId {
                self.details.key_id
            }
            fn fingerprint(&self) -> Fingerprint {
                self.details.fingerprint.clone()
            }
            fn algorithm(&self) -> PublicKeyAlgorithm {
                self.details.algorithm
            }
            fn created_at(&self) -> Timestamp {
                self.details.created
            }
            fn legacy_v3_expiration_days(&self) -> Option<u16> {
                None
            }
            fn public_params(&self) -> &PublicParams {
                &self.details.params
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({}, [redacted])", stringify!($name), self.details.fingerprint)
            }
        }
    };
}

/// A private key of ours.
pub(in crate::crypto) struct SecretComponent {
    details: Details,
    engine: SecretEngine,
}

enum SecretEngine {
    Rsa { sign: KeyPair, decrypt: Pkcs1PrivateDecryptingKey },
    Primary(Box<SecretKey>),
    Subkey(Box<SecretSubkey>),
}

/// A public key of a peer.
pub(in crate::crypto) struct PublicComponent {
    details: Details,
    engine: PublicEngine,
}

enum PublicEngine {
    Rsa { sha256: ParsedPublicKey, sha384: ParsedPublicKey, sha512: ParsedPublicKey, encrypt: Pkcs1PublicEncryptingKey },
    Primary(Box<PublicKey>),
    Subkey(Box<PublicSubkey>),
}

details_from_field!(SecretComponent);
details_from_field!(PublicComponent);

/// The modulus and exponent of an RSA key.
pub(in crate::crypto) fn rsa_public(params: &PublicParams) -> Option<(Vec<u8>, Vec<u8>)> {
    let PublicParams::RSA(rsa) = params else {
        return None;
    };
    let bytes = rsa.to_bytes().ok()?;
    let mut reader = bytes.as_slice();
    let n = Mpi::try_from_reader(&mut reader).ok()?;
    let e = Mpi::try_from_reader(&mut reader).ok()?;
    Some((n.as_ref().to_vec(), e.as_ref().to_vec()))
}

impl SecretComponent {
    /// None if the secret part is missing or locked, or if aws-lc-rs refuses it.
    pub(super) fn primary(key: &SecretKey) -> Option<Self> {
        let engine = match key.secret_params() {
            SecretParams::Encrypted(_) => return None,
            SecretParams::Plain(PlainSecretParams::RSA(secret)) => rsa_engine(secret, key.public_params())?,
            SecretParams::Plain(_) => SecretEngine::Primary(Box::new(key.clone())),
        };
        Some(Self { details: Details::of(key), engine })
    }

    /// None if the secret part is missing or locked, or if aws-lc-rs refuses it.
    pub(super) fn subkey(key: &SecretSubkey) -> Option<Self> {
        let engine = match key.secret_params() {
            SecretParams::Encrypted(_) => return None,
            SecretParams::Plain(PlainSecretParams::RSA(secret)) => rsa_engine(secret, key.public_params())?,
            SecretParams::Plain(_) => SecretEngine::Subkey(Box::new(key.clone())),
        };
        Some(Self { details: Details::of(key), engine })
    }

    /// Uses a freshly made RSA key under the identity of its public packet.
    pub(in crate::crypto) fn from_pair(public: &impl KeyDetails, sign: KeyPair) -> Option<Self> {
        let decrypt = Pkcs1PrivateDecryptingKey::new(rsa::decrypting(&sign)?).ok()?;
        Some(Self { details: Details::of(public), engine: SecretEngine::Rsa { sign, decrypt } })
    }
}

#[allow(clippy::many_single_char_names, reason = "the names of RFC 8017")]
fn rsa_engine(secret: &RsaSecretKey, public: &PublicParams) -> Option<SecretEngine> {
    let (n, e) = rsa_public(public)?;
    let (d, p, q, u) = secret.to_bytes();
    let (d, p) = (Zeroizing::new(d), Zeroizing::new(p));
    let (q, u) = (Zeroizing::new(q), Zeroizing::new(u));
    // OpenPGP's u is p^-1 mod q, RFC 8017's qInv is q^-1 mod p: the primes change places.
    let (dp, dq) = (rsa::crt_exponent(&d, &q), rsa::crt_exponent(&d, &p));
    let numbers = RsaNumbers { n, e, d, p: q, q: p, dp, dq, qi: u };
    let sign = numbers.key_pair()?;
    let decrypt = Pkcs1PrivateDecryptingKey::new(rsa::decrypting(&sign)?).ok()?;
    Some(SecretEngine::Rsa { sign, decrypt })
}

fn refused() -> Error {
    std::io::Error::other("refused").into()
}

impl SigningKey for SecretComponent {
    fn sign(&self, key_pw: &Password, hash: HashAlgorithm, data: &[u8]) -> Result<SignatureBytes> {
        let pair = match &self.engine {
            SecretEngine::Rsa { sign, .. } => sign,
            SecretEngine::Primary(key) => return SigningKey::sign(&**key, key_pw, hash, data),
            SecretEngine::Subkey(key) => return SigningKey::sign(&**key, key_pw, hash, data),
        };
        let (algorithm, encoding) = match hash {
            HashAlgorithm::Sha256 => (&digest::SHA256, &RSA_PKCS1_SHA256),
            HashAlgorithm::Sha384 => (&digest::SHA384, &RSA_PKCS1_SHA384),
            HashAlgorithm::Sha512 => (&digest::SHA512, &RSA_PKCS1_SHA512),
            _ => return Err(refused()),
        };
        let digest = Digest::import_less_safe(data, algorithm).map_err(|_| refused())?;
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign_digest(encoding, &digest, &mut signature).map_err(|_| refused())?;
        Ok(SignatureBytes::Mpis(vec![Mpi::from_slice(&signature)]))
    }

    fn hash_alg(&self) -> HashAlgorithm {
        HashAlgorithm::Sha384
    }
}

impl DecryptionKey for SecretComponent {
    fn decrypt(&self, key_pw: &Password, values: &PkeskBytes, typ: EskType) -> Result<Result<PlainSessionKey>> {
        match &self.engine {
            SecretEngine::Rsa { decrypt, .. } => {
                let PkeskBytes::Rsa { mpi } = values else {
                    return Ok(Err(refused()));
                };
                Ok(rsa_session_key(decrypt, mpi.as_ref()).ok_or_else(refused))
            }
            SecretEngine::Primary(key) => key.decrypt(key_pw, values, typ),
            SecretEngine::Subkey(key) => key.decrypt(key_pw, values, typ),
        }
    }
}

/// RFC 9580 section 5.1.3: algorithm, session key, and a checksum of two octets.
fn rsa_session_key(key: &Pkcs1PrivateDecryptingKey, encrypted: &[u8]) -> Option<PlainSessionKey> {
    let size = key.key_size_bytes();
    let mut padded = vec![0; size.checked_sub(encrypted.len())?];
    padded.extend_from_slice(encrypted);
    let mut buffer = Zeroizing::new(vec![0; key.min_output_size()]);
    let plain = key.decrypt(&padded, &mut buffer).ok()?;
    let (algorithm, rest) = plain.split_first()?;
    let (session, checksum) = rest.split_last_chunk::<2>()?;
    let sum = session.iter().fold(0_u16, |sum, &byte| sum.wrapping_add(u16::from(byte)));
    let sym_alg = SymmetricKeyAlgorithm::from(*algorithm);
    (sum.to_be_bytes() == *checksum).then(|| PlainSessionKey::V3_4 { sym_alg, key: RawSessionKey::from(session) })
}

impl PublicComponent {
    /// None if aws-lc-rs refuses the key.
    pub(super) fn primary(key: &PublicKey) -> Option<Self> {
        let engine = match key.public_params() {
            PublicParams::RSA(_) => rsa_public_engine(key.public_params())?,
            _ => PublicEngine::Primary(Box::new(key.clone())),
        };
        Some(Self { details: Details::of(key), engine })
    }

    /// None if aws-lc-rs refuses the key.
    pub(super) fn subkey(key: &PublicSubkey) -> Option<Self> {
        let engine = match key.public_params() {
            PublicParams::RSA(_) => rsa_public_engine(key.public_params())?,
            _ => PublicEngine::Subkey(Box::new(key.clone())),
        };
        Some(Self { details: Details::of(key), engine })
    }
}

fn rsa_public_engine(params: &PublicParams) -> Option<PublicEngine> {
    let (n, e) = rsa_public(params)?;
    let components = PublicKeyComponents { n: &n, e: &e };
    let parsed = |algorithm| components.to_parsed_public_key(algorithm).ok();
    let encrypt = Pkcs1PublicEncryptingKey::new(rsa::encrypting(&n, &e)?).ok()?;
    Some(PublicEngine::Rsa {
        sha256: parsed(&RSA_PKCS1_2048_8192_SHA256)?,
        sha384: parsed(&RSA_PKCS1_2048_8192_SHA384)?,
        sha512: parsed(&RSA_PKCS1_2048_8192_SHA512)?,
        encrypt,
    })
}

impl VerifyingKey for PublicComponent {
    fn verify(&self, hash: HashAlgorithm, data: &[u8], sig: &SignatureBytes) -> Result<()> {
        let (algorithm, key, encrypt) = match (&self.engine, hash) {
            (PublicEngine::Rsa { sha256, encrypt, .. }, HashAlgorithm::Sha256) => (&digest::SHA256, sha256, encrypt),
            (PublicEngine::Rsa { sha384, encrypt, .. }, HashAlgorithm::Sha384) => (&digest::SHA384, sha384, encrypt),
            (PublicEngine::Rsa { sha512, encrypt, .. }, HashAlgorithm::Sha512) => (&digest::SHA512, sha512, encrypt),
            (PublicEngine::Rsa { .. }, _) => return Err(refused()),
            (PublicEngine::Primary(key), _) => return key.verify(hash, data, sig),
            (PublicEngine::Subkey(key), _) => return key.verify(hash, data, sig),
        };
        let SignatureBytes::Mpis(mpis) = sig else {
            return Err(refused());
        };
        let [mpi] = mpis.as_slice() else {
            return Err(refused());
        };
        let digest = Digest::import_less_safe(data, algorithm).map_err(|_| refused())?;
        // An MPI drops leading zeros; the signature is as long as the modulus.
        let missing = encrypt.key_size_bytes().checked_sub(mpi.len()).ok_or_else(refused)?;
        let mut signature = vec![0; missing];
        signature.extend_from_slice(mpi.as_ref());
        key.verify_digest_sig(&digest, &signature).map_err(|_| refused())
    }
}

impl EncryptionKey for PublicComponent {
    fn encrypt<R: CryptoRng + RngCore>(&self, rng: R, plain: &[u8], typ: EskType) -> Result<PkeskBytes> {
        match &self.engine {
            PublicEngine::Rsa { encrypt, .. } => {
                let mut buffer = vec![0; encrypt.ciphertext_size()];
                let ciphertext = encrypt.encrypt(plain, &mut buffer).map_err(|_| refused())?;
                Ok(PkeskBytes::Rsa { mpi: Mpi::from_slice(ciphertext) })
            }
            PublicEngine::Primary(key) => key.encrypt(rng, plain, typ),
            PublicEngine::Subkey(key) => key.encrypt(rng, plain, typ),
        }
    }
}
