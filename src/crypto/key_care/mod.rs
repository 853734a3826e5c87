//! Making, describing and judging keys: what the `keys` command and `doctor` need.

mod generate;
mod lint;
mod ring;

use zeroize::Zeroizing;

pub use generate::{GeneratedKey, JwkKind, NewJwk, NewOpenPgpKey, generate_jwk, generate_openpgp};
pub use lint::{Finding, KEY_ENDS_SOON_MS, Severity, lint_disjoint, lint_keys};
pub use ring::{KeyHealth, KeyPlace, KeyRing, KeyRole, NextStep, RingKey, SharedKey};

use super::key::KeyError;
use super::wire::Scheme;
use super::{jose, openpgp, signed_url};
use crate::domain::Timestamp;

/// What a key file holds, one entry per key; nothing secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDescription {
    /// Which scheme.
    pub scheme: Scheme,
    /// Fingerprint (OpenPGP, upper-case hex) or `kid` (JOSE).
    pub id: String,
    /// `RSA`, `EC P-256`, `Ed25519`, ….
    pub algorithm: String,
    /// Size of the key in bits.
    pub bits: u32,
    /// Whether the file holds the private part.
    pub private: bool,
    /// When it was made, if the file says so.
    pub created: Option<Timestamp>,
    /// When it ends, if ever.
    pub expires: Option<Timestamp>,
    /// Whether its owner revoked it.
    pub revoked: bool,
    /// Whether it may sign messages.
    pub signs: bool,
    /// Whether it may be encrypted to.
    pub encrypts: bool,
    /// OpenPGP user ids; empty for JOSE.
    pub user_ids: Vec<String>,
    /// OpenPGP subkeys, in the file's order; empty for JOSE.
    pub subkeys: Vec<KeyDescription>,
    /// SHA-256 of the public key itself: equal exactly when the key material is the same.
    pub material: [u8; 32],
}

/// Lists the keys of a file, own or public, also ones that could not serve.
pub fn describe_keys(scheme: Scheme, file: &[u8]) -> Result<Vec<KeyDescription>, KeyError> {
    match scheme {
        Scheme::Pgp => openpgp::describe::describe(file),
        Scheme::Jose => jose::describe::describe(file),
    }
}

/// The public part of a private key file, to be given to the peer: armoured OpenPGP, or a JWK set. A public file comes
/// back in the same form.
pub fn export_public(scheme: Scheme, file: &[u8]) -> Result<String, KeyError> {
    match scheme {
        Scheme::Pgp => openpgp::describe::export(file),
        Scheme::Jose => jose::describe::export(file),
    }
}

/// The content of a new key file for signed URLs or webhooks: 32 random bytes in base64.
pub fn generate_url_key() -> Zeroizing<String> {
    signed_url::new_secret()
}
