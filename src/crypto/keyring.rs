//! One account's keys, and the opener over all accounts.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::MAX_INFLATED_BYTES;
use super::jose::{JoseAlgorithms, JoseOpener, JoseRing};
use super::key::{KeyError, Own, OwnKey, Peer, PeerKey};
use super::openpgp::{PgpOpener, PgpRing};
use super::wire::{self, Carrier, Scheme, UnverifiedMessage};
use crate::domain::Timestamp;

/// Why a message could not be sealed. Ours to repair: nothing here depends on the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// No key of ours may sign now.
    #[error("no own key can sign at this time; add one that has not expired to own_keys")]
    NoSigningKey,
    /// No key of the peer may be encrypted to now.
    #[error("no peer key can be encrypted to at this time; ask the peer for a current one and add it to peer_keys")]
    NoEncryptionKey,
    /// The cryptographic library refused.
    #[error("sealing failed")]
    Failed,
}

/// Why a received message was not accepted. Never tell an unverified caller more than the variant's name
/// (flows-security section 8.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not base64url, or neither an OpenPGP message nor a compact JWE.
    #[error("the message cannot be decoded")]
    Undecodable,
    /// No key of ours decrypts it: unknown recipient, damaged, weak or unprotected encryption, too large. One value for all.
    #[error("the message cannot be decrypted")]
    Undecryptable {
        /// The ring that the message says it is for.
        recipient: Option<usize>,
    },
    /// Decrypted, but without a valid signature by a key that the recipient trusts.
    #[error("the message is not signed by a trusted key")]
    Unverified {
        /// The ring that the message says it is for.
        recipient: Option<usize>,
    },
}

impl OpenError {
    /// The ring whose own key the message is addressed to, by key id: an unverified hint for choosing the account of an
    /// error answer. None if unknown.
    pub const fn recipient_ring(&self) -> Option<usize> {
        match self {
            Self::Undecodable => None,
            Self::Undecryptable { recipient } | Self::Unverified { recipient } => *recipient,
        }
    }
}

/// A message that was decrypted and whose signature holds.
pub struct Opened {
    /// What was signed.
    pub plaintext: Zeroizing<Vec<u8>>,
    /// How it was sealed.
    pub scheme: Scheme,
    /// Indexes of the rings that accept the message: theirs is the key that decrypted it, and they trust a key that
    /// validly signed it. Never empty. The PIAID inside must belong to one of them (flows-security section 3.2).
    pub trusted_by: Vec<usize>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("plaintext", &format_args!("[{} bytes]", self.plaintext.len()))
            .field("scheme", &self.scheme)
            .field("trusted_by", &self.trusted_by)
            .finish()
    }
}

/// One account's keys: ours sign and decrypt, the peer's verify and are encrypted to.
#[derive(Debug)]
pub struct Keyring(pub(super) Ring);

#[derive(Debug)]
pub(super) enum Ring {
    Pgp(PgpRing),
    Jose(JoseRing),
}

impl Keyring {
    /// Puts the keys of one account together. The first own key that is valid signs, all own keys decrypt; any valid
    /// peer key verifies, the newest valid one is encrypted to. `jose` counts only for [`Scheme::Jose`].
    pub fn new(scheme: Scheme, own: Vec<OwnKey>, peers: Vec<PeerKey>, jose: JoseAlgorithms) -> Result<Self, KeyError> {
        if own.is_empty() {
            return Err(KeyError::ring("no own key", "name a private key file in own_keys"));
        }
        if peers.is_empty() {
            return Err(KeyError::ring("no peer key", "name the peer's public key file in peer_keys"));
        }
        let foreign = own.iter().map(OwnKey::scheme).chain(peers.iter().map(PeerKey::scheme)).any(|s| s != scheme);
        if foreign {
            return Err(KeyError::ring(
                format!("a key is not of the account's scheme {}", scheme.as_str()),
                "load all keys of an account with the account's scheme",
            ));
        }
        Ok(Self(match scheme {
            Scheme::Pgp => Ring::Pgp(PgpRing {
                own: own.into_iter().filter_map(|k| if let Own::Pgp(c) = k.0 { Some(c) } else { None }).collect(),
                peers: peers.into_iter().filter_map(|k| if let Peer::Pgp(c) = k.0 { Some(c) } else { None }).collect(),
                sign_with_all: false,
            }),
            Scheme::Jose => Ring::Jose(JoseRing::new(
                own.into_iter().filter_map(|k| if let Own::Jose(c) = k.0 { Some(c) } else { None }).collect(),
                peers.into_iter().filter_map(|k| if let Peer::Jose(c) = k.0 { Some(c) } else { None }).collect(),
                jose,
            )?),
        }))
    }

    /// Lets every valid own key sign, not only the first (PGP-7; while a peer moves from one of our keys to the next). A
    /// compact JWS carries one signature, so JOSE ignores it.
    pub fn sign_with_all(mut self, all: bool) -> Self {
        if let Ring::Pgp(ring) = &mut self.0 {
            ring.sign_with_all = all;
        }
        self
    }

    /// The scheme of all keys in the ring.
    pub fn scheme(&self) -> Scheme {
        match &self.0 {
            Ring::Pgp(_) => Scheme::Pgp,
            Ring::Jose(_) => Scheme::Jose,
        }
    }

    /// Signs `plain`, then encrypts it to the peer, and wraps it for `carrier` (flows-security sections 3.1 to 3.3).
    pub fn seal(&self, plain: &[u8], carrier: Carrier, now: Timestamp) -> Result<String, SealError> {
        match &self.0 {
            Ring::Pgp(ring) => Ok(wire::wrap_pgp(&ring.seal(plain, now)?, carrier)),
            Ring::Jose(ring) => Ok(wire::wrap_jose(ring.seal(plain, carrier, now)?, carrier)),
        }
    }
}

/// Opens what any account may receive: which account it is for is only known after decryption.
#[derive(Debug)]
pub struct Opener {
    pgp: PgpOpener,
    jose: JoseOpener,
    max_inflated: usize,
}

impl Opener {
    /// Opens for `rings`; their order gives the indexes in [`Opened::trusted_by`].
    pub fn new(rings: Vec<Arc<Keyring>>) -> Self {
        Self { pgp: PgpOpener::new(&rings), jose: JoseOpener::new(&rings), max_inflated: MAX_INFLATED_BYTES }
    }

    /// Bounds what a message may inflate to; [`MAX_INFLATED_BYTES`] unless told otherwise (32 MiB for Google's
    /// answers, contract section 3).
    pub fn max_inflated(mut self, bytes: usize) -> Self {
        self.max_inflated = bytes;
        self
    }

    /// Decodes, decrypts and verifies. Both carriers are read alike; `carrier` documents the caller's intent.
    pub fn open(&self, wire: &[u8], carrier: Carrier, now: Timestamp) -> Result<Opened, OpenError> {
        let (Carrier::Body | Carrier::UrlParameter) = carrier;
        match wire::unwrap(wire).ok_or(OpenError::Undecodable)? {
            UnverifiedMessage::Pgp(bytes) => self.pgp.open(&bytes, now, self.max_inflated),
            UnverifiedMessage::Jose(compact) => self.jose.open(&compact, now, self.max_inflated),
        }
    }
}
