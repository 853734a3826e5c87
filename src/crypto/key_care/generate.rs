//! New keys.
use zeroize::Zeroizing;

use crate::crypto::key::KeyError;
use crate::domain::Timestamp;

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

/// Makes an OpenPGP key.
pub fn generate_openpgp(wanted: &NewOpenPgpKey<'_>) -> Result<GeneratedKey, KeyError> {
    let _ = wanted;
    Err(KeyError::ring("not built", ""))
}

/// Makes a JWK.
pub fn generate_jwk(wanted: &NewJwk<'_>) -> Result<GeneratedKey, KeyError> {
    let _ = wanted;
    Err(KeyError::ring("not built", ""))
}
