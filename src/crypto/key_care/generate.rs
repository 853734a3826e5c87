//! New keys.

use zeroize::Zeroizing;

use crate::crypto::key::KeyError;
use crate::crypto::{jose, openpgp};
use crate::domain::Timestamp;

/// Two years at most (flows-security section 3.2).
const MAX_LIFE_DAYS: u16 = 730;

/// What an OpenPGP key shall be: a primary key that signs and certifies, and a separate encryption subkey
/// (flows-security section 3.2).
#[derive(Debug, Clone, Copy)]
pub struct NewOpenPgpKey<'a> {
    /// `Name <mail address>`.
    pub user_id: &'a str,
    /// 2048 (best for URLs), 3072 or 4096.
    pub bits: u32,
    /// Life in days: 1 to 730.
    pub valid_days: u16,
    /// When it begins.
    pub created: Timestamp,
}

/// Kinds of JWK that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwkKind {
    /// RSA of 2048, 3072 or 4096 bits: what Google asks for (JOSE-5).
    Rsa {
        /// Size of the modulus.
        bits: u32,
    },
    /// NIST P-256.
    EcP256,
}

/// What a JWK shall be. Its life is carried in the members `iat`, `nbf` and `exp` (seconds), which peers ignore.
#[derive(Debug, Clone, Copy)]
pub struct NewJwk<'a> {
    /// RSA or EC.
    pub kind: JwkKind,
    /// The `kid`.
    pub kid: &'a str,
    /// Life in days: 1 to 730.
    pub valid_days: u16,
    /// When it begins.
    pub created: Timestamp,
}

/// A new key in the form of its files.
#[derive(Debug)]
pub struct GeneratedKey {
    /// Fingerprint or `kid`.
    pub id: String,
    /// The private key file: armoured, or a JWK.
    pub private: Zeroizing<String>,
    /// The public key file to give to the peer: armoured, or a JWK set.
    pub public: String,
}

/// Makes an OpenPGP key. The primary key and the subkey end together.
pub fn generate_openpgp(wanted: &NewOpenPgpKey<'_>) -> Result<GeneratedKey, KeyError> {
    check_size(wanted.bits)?;
    check_life(wanted.valid_days)?;
    if wanted.user_id.trim().is_empty() || wanted.user_id.contains(['\n', '\r', '\0']) {
        return Err(KeyError::ring(
            "the user id is empty or has line breaks",
            "give one like `Example Pay <keys@example.com>`",
        ));
    }
    openpgp::generate::generate(wanted).ok_or_else(failed)
}

/// Makes a JWK.
pub fn generate_jwk(wanted: &NewJwk<'_>) -> Result<GeneratedKey, KeyError> {
    if let JwkKind::Rsa { bits } = wanted.kind {
        check_size(bits)?;
    }
    check_life(wanted.valid_days)?;
    if wanted.kid.is_empty() {
        return Err(KeyError::ring("the kid is empty", "give one like `examplepay-2026`"));
    }
    jose::generate::generate(wanted).ok_or_else(failed)
}

fn check_size(bits: u32) -> Result<(), KeyError> {
    if matches!(bits, 2048 | 3072 | 4096) {
        Ok(())
    } else {
        Err(KeyError::ring(format!("{bits} is no size for a new RSA key"), "use 2048, 3072 or 4096"))
    }
}

fn check_life(days: u16) -> Result<(), KeyError> {
    if (1..=MAX_LIFE_DAYS).contains(&days) {
        Ok(())
    } else {
        Err(KeyError::ring(format!("a life of {days} days is not allowed"), "use 1 to 730 days (PGP-6, JOSE-5)"))
    }
}

fn failed() -> KeyError {
    KeyError::ring("the key could not be made", "try again; if it persists the cryptographic library is broken")
}
