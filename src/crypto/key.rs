//! Keys of ours and of peers, read from files and made ready for use.

use std::fmt;
use std::sync::Arc;

use super::jose::{OwnJwk, PeerJwk, jwk};
use super::openpgp::{OwnCert, PeerCert, cert};
use super::wire::Scheme;

/// Why a key or a set of keys cannot be used, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The bytes are no key file of the scheme.
    #[error("not a readable {scheme} key file ({reason}); expected {expected}")]
    Unreadable {
        /// `OpenPGP`, `JWK` or `URL signing`.
        scheme: &'static str,
        /// What was wrong, without any content of the file.
        reason: String,
        /// What would have been accepted.
        expected: &'static str,
    },
    /// A key is readable but cannot serve.
    #[error("key {id}: {reason}; {remedy}")]
    Unusable {
        /// Fingerprint, `kid` or configured id.
        id: String,
        /// What is wrong.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The keys of a ring do not fit together.
    #[error("{reason}; {remedy}")]
    Ring {
        /// What is wrong.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
}

impl KeyError {
    pub(super) fn unusable(id: impl Into<String>, reason: impl Into<String>, remedy: &'static str) -> Self {
        Self::Unusable { id: id.into(), reason: reason.into(), remedy }
    }

    pub(super) fn ring(reason: impl Into<String>, remedy: &'static str) -> Self {
        Self::Ring { reason: reason.into(), remedy }
    }
}

/// A private key of ours, ready to sign and to decrypt. Cloning shares the key.
#[derive(Clone)]
pub struct OwnKey(pub(super) Own);

#[derive(Clone)]
pub(super) enum Own {
    Pgp(Arc<OwnCert>),
    Jose(Arc<OwnJwk>),
}

/// A public key of a peer, ready to verify and to encrypt to. Cloning shares the key.
#[derive(Clone)]
pub struct PeerKey(pub(super) Peer);

#[derive(Clone)]
pub(super) enum Peer {
    Pgp(Arc<PeerCert>),
    Jose(Arc<PeerJwk>),
}

impl OwnKey {
    /// Fingerprint (OpenPGP, upper-case hex) or `kid` (JOSE).
    pub fn id(&self) -> &str {
        match &self.0 {
            Own::Pgp(cert) => cert.id(),
            Own::Jose(key) => key.kid(),
        }
    }

    /// Which scheme the key belongs to.
    pub fn scheme(&self) -> Scheme {
        match &self.0 {
            Own::Pgp(_) => Scheme::Pgp,
            Own::Jose(_) => Scheme::Jose,
        }
    }
}

impl PeerKey {
    /// Fingerprint (OpenPGP, upper-case hex) or `kid` (JOSE).
    pub fn id(&self) -> &str {
        match &self.0 {
            Peer::Pgp(cert) => cert.id(),
            Peer::Jose(key) => key.kid(),
        }
    }

    /// Which scheme the key belongs to.
    pub fn scheme(&self) -> Scheme {
        match &self.0 {
            Peer::Pgp(_) => Scheme::Pgp,
            Peer::Jose(_) => Scheme::Jose,
        }
    }
}

impl fmt::Debug for OwnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnKey({} {}, [redacted])", self.scheme().as_str(), self.id())
    }
}

impl fmt::Debug for PeerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerKey({} {})", self.scheme().as_str(), self.id())
    }
}

/// Reads private keys: OpenPGP armoured or binary (no passphrase), or a JWK or JWK set with a `kid` each.
pub fn load_own_keys(scheme: Scheme, file: &[u8]) -> Result<Vec<OwnKey>, KeyError> {
    match scheme {
        Scheme::Pgp => Ok(cert::load_own(file)?.into_iter().map(|c| OwnKey(Own::Pgp(Arc::new(c)))).collect()),
        Scheme::Jose => Ok(jwk::load_own(file)?.into_iter().map(|k| OwnKey(Own::Jose(Arc::new(k)))).collect()),
    }
}

/// Reads a peer's public keys: OpenPGP armoured or binary, or a JWK or JWK set with a `kid` each. A file that holds a
/// private key is refused: a peer's private key must never be in our hands.
pub fn load_peer_keys(scheme: Scheme, file: &[u8]) -> Result<Vec<PeerKey>, KeyError> {
    match scheme {
        Scheme::Pgp => Ok(cert::load_peers(file)?.into_iter().map(|c| PeerKey(Peer::Pgp(Arc::new(c)))).collect()),
        Scheme::Jose => Ok(jwk::load_peers(file)?.into_iter().map(|k| PeerKey(Peer::Jose(Arc::new(k)))).collect()),
    }
}
