//! Decrypt, inflate, verify (flows-security section 3.2, "PGP receive").

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

use pgp::armor::Dearmor;
use pgp::composed::{PlainSessionKey, RawSessionKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::packet::{
    CompressedData, Packet, PacketParser, PublicKeyEncryptedSessionKey, Signature, SignatureType, SubpacketData,
    SymEncryptedProtectedData,
};
use pgp::ser::Serialize as _;
use pgp::types::{CompressionAlgorithm, DecryptionKey, EskType, KeyDetails, KeyId, Password, Seipdv1ReadMode};
use zeroize::Zeroizing;

use super::cert::Part;
use super::component::{PublicComponent, SecretComponent};
use super::{OwnCert, PeerCert};
use crate::crypto::deflate::{Wrapping, inflate};
use crate::crypto::keyring::{Keyring, OpenError, Opened, Ring};
use crate::crypto::random::random_bytes;
use crate::crypto::wire::Scheme;
use crate::domain::Timestamp;

/// How many private key operations one message can cost us.
const MAX_DECRYPTIONS: usize = 3;
/// How many signatures of one message are looked at.
const MAX_SIGNATURES: usize = 8;

/// A certificate and the rings that hold it.
#[derive(Debug)]
struct Holding<C> {
    cert: Arc<C>,
    rings: Vec<usize>,
}

/// Opens OpenPGP messages for all accounts.
#[derive(Debug)]
pub(in crate::crypto) struct PgpOpener {
    own: Vec<Holding<OwnCert>>,
    peers: Vec<Holding<PeerCert>>,
    /// Key id of a decrypting key -> index in `own` and of the part.
    by_key_id: HashMap<KeyId, Vec<(usize, usize)>>,
}

impl PgpOpener {
    pub(in crate::crypto) fn new(rings: &[Arc<Keyring>]) -> Self {
        let mut opener = Self { own: Vec::new(), peers: Vec::new(), by_key_id: HashMap::new() };
        for (index, ring) in rings.iter().enumerate() {
            let Ring::Pgp(ring) = &ring.0 else { continue };
            for cert in &ring.own {
                hold(&mut opener.own, cert, index);
            }
            for cert in &ring.peers {
                hold(&mut opener.peers, cert, index);
            }
        }
        for (at, holding) in opener.own.iter().enumerate() {
            for (part_at, part) in holding.cert.parts().iter().enumerate().filter(|(_, part)| part.verdict.encrypts) {
                opener.by_key_id.entry(part.component.legacy_key_id()).or_default().push((at, part_at));
            }
        }
        opener
    }

    pub(in crate::crypto) fn open(&self, bytes: &[u8], now: Timestamp, max: usize) -> Result<Opened, OpenError> {
        let message = Encrypted::read(bytes)?;
        let recipient = message.recipient_ids().find_map(|id| self.ring_of(id));
        let undecryptable = OpenError::Undecryptable { recipient };
        let (inner, rings) = self.decrypt(&message, max).ok_or(undecryptable)?;
        let signed = Signed::read(&inner, max).ok_or(OpenError::Unverified { recipient })?;
        let trusted_by = self.trusting_rings(&signed, &rings, now);
        if trusted_by.is_empty() {
            return Err(OpenError::Unverified { recipient });
        }
        Ok(Opened { plaintext: signed.literal, scheme: Scheme::Pgp, trusted_by })
    }

    fn ring_of(&self, id: KeyId) -> Option<usize> {
        let (at, _) = self.by_key_id.get(&id)?.first()?;
        self.own.get(*at)?.rings.first().copied()
    }

    /// Tries every private key that the message names. A key that fails is replaced by a random session key, so that
    /// bad padding and a bad session key fail at the same place (the integrity check).
    fn decrypt(&self, message: &Encrypted, max: usize) -> Option<(Zeroizing<Vec<u8>>, Vec<usize>)> {
        let attempts = message.session_keys.iter().flat_map(|esk| self.candidates(esk).map(move |found| (esk, found)));
        for (esk, part) in attempts.take(MAX_DECRYPTIONS) {
            let session = session_key(&part.component, esk).unwrap_or_else(random_session);
            if let Some(inner) = decrypt_data(&message.data, &session, max) {
                return Some((inner, self.rings_with(part.component.legacy_key_id())));
            }
        }
        None
    }

    /// The rings that hold a decrypting key, each in an export of its own.
    fn rings_with(&self, id: KeyId) -> Vec<usize> {
        let holders = self.by_key_id.get(&id).into_iter().flatten().filter_map(|(at, _)| self.own.get(*at));
        holders.flat_map(|holding| holding.rings.iter().copied()).collect()
    }

    /// The keys that may fit, each once however many rings hold it.
    fn candidates<'a>(
        &'a self,
        esk: &PublicKeyEncryptedSessionKey,
    ) -> impl Iterator<Item = &'a Part<SecretComponent>> + use<'a> {
        let named = esk.id().ok().filter(|id| !id.is_wildcard());
        let anonymous = esk.id().is_ok_and(KeyId::is_wildcard);
        let by_name = named.and_then(|id| self.by_key_id.get(id)).into_iter();
        let all = anonymous.then(|| self.by_key_id.values()).into_iter().flatten();
        by_name.chain(all).filter_map(|holders| {
            let &(at, part_at) = holders.first()?;
            self.own.get(at)?.cert.parts().get(part_at)
        })
    }

    /// Which of `rings` trust a key that validly signed.
    fn trusting_rings(&self, signed: &Signed, rings: &[usize], now: Timestamp) -> Vec<usize> {
        let mut trusting: Vec<usize> = self
            .peers
            .iter()
            .filter(|holding| holding.rings.iter().any(|ring| rings.contains(ring)))
            .filter(|holding| {
                let living = |part: &&Part<PublicComponent>| part.verdict.signs && part.verdict.is_alive(now);
                holding.cert.parts().iter().filter(living).any(|part| signed.is_signed_by(&part.component, now))
            })
            .flat_map(|holding| holding.rings.iter().copied())
            .filter(|ring| rings.contains(ring))
            .collect();
        trusting.sort_unstable();
        trusting.dedup();
        trusting
    }
}

/// Every ring is judged by its own export of a key: another's may lack a newer subkey, or a revocation.
fn hold<C>(holdings: &mut Vec<Holding<C>>, cert: &Arc<C>, ring: usize) {
    match holdings.iter_mut().find(|holding| Arc::ptr_eq(&holding.cert, cert)) {
        Some(holding) => holding.rings.push(ring),
        None => holdings.push(Holding { cert: Arc::clone(cert), rings: vec![ring] }),
    }
}

/// The outer packets: encrypted session keys and integrity-protected data.
struct Encrypted {
    session_keys: Vec<PublicKeyEncryptedSessionKey>,
    data: SymEncryptedProtectedData,
}

impl Encrypted {
    fn read(bytes: &[u8]) -> Result<Self, OpenError> {
        let mut binary = Vec::new();
        let bytes = if bytes.starts_with(b"-----BEGIN PGP MESSAGE-----") {
            Dearmor::new(bytes).read_to_end(&mut binary).map_err(|_| OpenError::Undecodable)?;
            binary.as_slice()
        } else {
            bytes
        };
        let mut session_keys = Vec::new();
        for packet in PacketParser::new(bytes) {
            match packet.map_err(|_| OpenError::Undecodable)? {
                Packet::PublicKeyEncryptedSessionKey(esk) => session_keys.push(esk),
                Packet::SymKeyEncryptedSessionKey(_) | Packet::Marker(_) | Packet::Padding(_) => {}
                Packet::SymEncryptedProtectedData(data) => return Ok(Self { session_keys, data }),
                // Without integrity protection, or not encrypted at all.
                _ => return Err(OpenError::Undecryptable { recipient: None }),
            }
        }
        Err(OpenError::Undecodable)
    }

    fn recipient_ids(&self) -> impl Iterator<Item = KeyId> {
        self.session_keys.iter().filter_map(|esk| esk.id().ok().copied())
    }
}

fn session_key(key: &SecretComponent, esk: &PublicKeyEncryptedSessionKey) -> Option<PlainSessionKey> {
    key.decrypt(&Password::empty(), esk.values().ok()?, EskType::V3_4).ok()?.ok()
}

fn random_session() -> PlainSessionKey {
    PlainSessionKey::V3_4 {
        sym_alg: SymmetricKeyAlgorithm::AES256,
        key: RawSessionKey::from(Zeroizing::new(random_bytes::<32>()).as_slice()),
    }
}

fn decrypt_data(data: &SymEncryptedProtectedData, session: &PlainSessionKey, max: usize) -> Option<Zeroizing<Vec<u8>>> {
    let PlainSessionKey::V3_4 { sym_alg, key } = session else {
        return None;
    };
    let strong = matches!(
        sym_alg,
        SymmetricKeyAlgorithm::AES128
            | SymmetricKeyAlgorithm::AES192
            | SymmetricKeyAlgorithm::AES256
            | SymmetricKeyAlgorithm::Twofish
            | SymmetricKeyAlgorithm::Camellia128
            | SymmetricKeyAlgorithm::Camellia192
            | SymmetricKeyAlgorithm::Camellia256
    );
    // Version 2 needs another kind of session key and is not part of the profile.
    if !strong || key.len() != sym_alg.key_size() || data.version() != 1 || data.data().len() > max.saturating_add(4096)
    {
        return None;
    }
    let mode = Seipdv1ReadMode::CheckFirst { max_message_size: max.saturating_add(4096) };
    data.decrypt(key.as_ref(), Some(*sym_alg), mode).ok().map(Zeroizing::new)
}

/// The inner packets: exactly one literal and any number of signatures over it.
struct Signed {
    literal: Zeroizing<Vec<u8>>,
    signatures: Vec<Signature>,
}

impl Signed {
    fn read(bytes: &[u8], max: usize) -> Option<Self> {
        let inflated;
        let mut packets = PacketParser::new(bytes).peekable();
        let bytes = if let Some(Ok(Packet::CompressedData(data))) = packets.peek() {
            inflated = unpack(data, max)?;
            inflated.as_slice()
        } else {
            bytes
        };
        let mut literal = None;
        let mut signatures = Vec::new();
        for packet in PacketParser::new(bytes) {
            match packet.ok()? {
                Packet::LiteralData(data) if literal.is_none() => {
                    literal = Some(Zeroizing::new(data.data().to_vec()));
                }
                Packet::Signature(signature) if signatures.len() < MAX_SIGNATURES => {
                    signatures.push(signature);
                }
                Packet::OnePassSignature(_) | Packet::Marker(_) | Packet::Padding(_) | Packet::Signature(_) => {}
                _ => return None,
            }
        }
        literal.filter(|data| data.len() <= max).map(|literal| Self { literal, signatures })
    }

    fn is_signed_by(&self, key: &PublicComponent, now: Timestamp) -> bool {
        self.signatures
            .iter()
            .any(|signature| is_acceptable(signature, now) && signature.verify(key, self.literal.as_slice()).is_ok())
    }
}

/// The packet tells its algorithm only by writing itself: it comes first.
struct FirstByte(Option<u8>);

impl std::io::Write for FirstByte {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.or_else(|| bytes.first().copied());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn unpack(data: &CompressedData, max: usize) -> Option<Zeroizing<Vec<u8>>> {
    // Room for the packets around the literal; one byte more would show an overlong message.
    let limit = max.saturating_add(16 * 1024);
    let mut first = FirstByte(None);
    data.to_writer(&mut first).ok()?;
    match CompressionAlgorithm::from(first.0?) {
        CompressionAlgorithm::ZIP => inflate(data.compressed_data(), Wrapping::Raw, limit),
        CompressionAlgorithm::ZLIB => inflate(data.compressed_data(), Wrapping::Zlib, limit),
        CompressionAlgorithm::Uncompressed => {
            (data.compressed_data().len() <= limit).then(|| Zeroizing::new(data.compressed_data().to_vec()))
        }
        _ => None,
    }
}

/// Digest, kind and life of a message signature (PGP-4). SHA-1, MD5 and RIPEMD-160 are not on the list.
fn is_acceptable(signature: &Signature, now: Timestamp) -> bool {
    let digest = matches!(
        signature.hash_alg(),
        Some(
            HashAlgorithm::Sha256
                | HashAlgorithm::Sha384
                | HashAlgorithm::Sha512
                | HashAlgorithm::Sha3_256
                | HashAlgorithm::Sha3_512
        )
    );
    let kind = matches!(signature.typ(), Some(SignatureType::Binary | SignatureType::Text));
    let Some(created) = signature.created() else {
        return false;
    };
    let ended = signature.signature_expiration_time().is_some_and(|life| {
        life.as_secs() > 0 && i64::from(created.as_secs()) + i64::from(life.as_secs()) <= now.as_secs()
    });
    let understood = signature.config().is_some_and(|config| {
        config.hashed_subpackets().all(|packet| {
            !packet.is_critical
                || !matches!(
                    packet.data,
                    SubpacketData::Other(..) | SubpacketData::Experimental(..) | SubpacketData::Notation(_)
                )
        })
    });
    digest && kind && !ended && understood
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use proptest::prelude::*;

    use super::*;
    use crate::crypto::{JoseAlgorithms, NewOpenPgpKey, generate_openpgp, load_own_keys, load_peer_keys};

    const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);

    fn keyring() -> &'static Arc<Keyring> {
        static RING: OnceLock<Arc<Keyring>> = OnceLock::new();
        RING.get_or_init(|| {
            let wanted = NewOpenPgpKey { user_id: "A <a@example.com>", bits: 2048, valid_days: 365, created: NOW };
            let key = generate_openpgp(&wanted).unwrap();
            let own = load_own_keys(Scheme::Pgp, key.private.as_bytes()).unwrap();
            let peers = load_peer_keys(Scheme::Pgp, key.public.as_bytes()).unwrap();
            Arc::new(Keyring::new(Scheme::Pgp, own, peers, JoseAlgorithms::default()).unwrap())
        })
    }

    fn inner() -> Vec<u8> {
        let Ring::Pgp(ring) = &keyring().0 else { panic!("an OpenPGP ring") };
        super::super::seal::sign(b"{}", &[ring.own[0].signer(NOW).unwrap()], NOW).unwrap()
    }

    #[test]
    fn the_inner_packets_are_read_and_measured() {
        let signed = Signed::read(&inner(), 2).unwrap();
        assert_eq!(signed.literal.as_slice(), b"{}");
        assert!(is_acceptable(&signed.signatures[0], NOW));
        assert!(Signed::read(&inner(), 1).is_none(), "longer than allowed");
        assert!(Signed::read(&[inner(), inner()].concat(), 2).is_none(), "two messages");
    }

    proptest! {
        #[test]
        fn hostile_packets_are_refused_without_a_panic(at in 0_usize..400, with: Vec<u8>, cut in 0_usize..400) {
            let mut bytes = inner();
            let at = at % bytes.len();
            let until = (at + with.len()).min(bytes.len());
            bytes.splice(at..until, with);
            bytes.truncate(bytes.len() - cut % bytes.len());
            if let Some(signed) = Signed::read(&bytes, 1024) {
                prop_assert!(signed.literal.len() <= 1024);
            }
        }

        #[test]
        fn hostile_messages_are_refused_without_a_panic(bytes: Vec<u8>) {
            let opener = PgpOpener::new(std::slice::from_ref(keyring()));
            prop_assert!(opener.open(&bytes, NOW, 1024).is_err());
        }
    }
}
