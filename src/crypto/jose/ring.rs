//! One account's JWKs, and the opener over all accounts.

use std::sync::Arc;

use super::algorithms::{JoseAlgorithms, JweAlg, JweEnc, Zip};
use super::jwe::{self, Choice, UnverifiedJwe};
use super::jws::{self, UnverifiedJws};
use super::key::{OwnJwk, PeerJwk, PublicKey, SecretKey};
use crate::crypto::key::KeyError;
use crate::crypto::keyring::{Keyring, OpenError, Opened, Ring, SealError};
use crate::crypto::wire::{Carrier, Scheme};
use crate::domain::Timestamp;

/// How many private key operations one message can cost us.
const MAX_DECRYPTIONS: usize = 8;

/// One account's JOSE keys and settings.
#[derive(Debug)]
pub(in crate::crypto) struct JoseRing {
    own: Vec<Arc<OwnJwk>>,
    peers: Vec<Arc<PeerJwk>>,
    algorithms: JoseAlgorithms,
}

impl JoseRing {
    /// Checks that the settings fit the keys, so that a wrong word shows at the start and not at the first payment.
    pub(in crate::crypto) fn new(
        own: Vec<Arc<OwnJwk>>,
        peers: Vec<Arc<PeerJwk>>,
        algorithms: JoseAlgorithms,
    ) -> Result<Self, KeyError> {
        unique(own.iter().map(|key| key.kid()), "own_keys")?;
        unique(peers.iter().map(|key| key.kid()), "peer_keys")?;
        if let Some(alg) = algorithms.jws_alg
            && !own.iter().any(|key| key.signs() && key.fits(alg))
        {
            let reason = format!("no own key can sign with {}", alg.as_str());
            return Err(KeyError::ring(reason, "change jose.jws_alg or the key"));
        }
        if let Some(alg) = algorithms.jwe_alg {
            if alg == JweAlg::Rsa15 && !algorithms.allow_rsa1_5 {
                return Err(KeyError::ring("RSA1_5 is not allowed", "use RSA-OAEP-256 in jose.jwe_alg"));
            }
            if !peers.iter().any(|key| key.encrypts() && fits(key, alg)) {
                let reason = format!("no peer key can be encrypted to with {}", alg.as_str());
                return Err(KeyError::ring(reason, "change jose.jwe_alg or the key"));
            }
        }
        Ok(Self { own, peers, algorithms })
    }

    pub(in crate::crypto) fn seal(&self, plain: &[u8], carrier: Carrier, now: Timestamp) -> Result<String, SealError> {
        let wanted = self.algorithms.jws_alg;
        let signer = self
            .own
            .iter()
            .find(|key| key.signs_at(now) && wanted.is_none_or(|alg| key.fits(alg)))
            .ok_or(SealError::NoSigningKey)?;
        let recipient = self
            .peers
            .iter()
            .filter(|key| key.encrypts_at(now) && self.algorithms.jwe_alg.is_none_or(|alg| fits(key, alg)))
            .rev()
            .max_by_key(|key| key.created())
            .ok_or(SealError::NoEncryptionKey)?;
        let choice = Choice {
            alg: self.algorithms.jwe_alg.unwrap_or_else(|| default_jwe_alg(recipient)),
            enc: self.algorithms.jwe_enc.unwrap_or(JweEnc::A256Gcm),
            zip: match self.algorithms.zip {
                Zip::Auto => carrier == Carrier::UrlParameter,
                Zip::Always => true,
                Zip::Never => false,
            },
        };
        let alg = wanted.unwrap_or_else(|| signer.default_jws_alg());
        let signed = jws::sign(plain, signer, alg).ok_or(SealError::Failed)?;
        jwe::encrypt(signed.as_bytes(), recipient, choice).ok_or(SealError::Failed)
    }
}

fn unique<'a>(kids: impl Iterator<Item = &'a str>, which: &str) -> Result<(), KeyError> {
    let mut seen = std::collections::HashSet::new();
    for kid in kids {
        if !seen.insert(kid) {
            return Err(KeyError::ring(format!("kid {kid} stands twice in {which}"), "give each key a kid of its own"));
        }
    }
    Ok(())
}

fn fits(key: &PeerJwk, alg: JweAlg) -> bool {
    let kind = match alg {
        JweAlg::RsaOaep256 | JweAlg::RsaOaep | JweAlg::Rsa15 => {
            matches!(key.public, PublicKey::Rsa(_))
        }
        JweAlg::EcdhEs | JweAlg::EcdhEsA256Kw => matches!(key.public, PublicKey::Ec { .. }),
    };
    kind && key.prescribed_jwe_alg().is_none_or(|only| only == alg)
}

fn default_jwe_alg(key: &PeerJwk) -> JweAlg {
    match (key.prescribed_jwe_alg(), &key.public) {
        (Some(alg), _) if alg != JweAlg::Rsa15 => alg,
        (_, PublicKey::Rsa(_)) => JweAlg::RsaOaep256,
        (_, PublicKey::Ec { .. }) => JweAlg::EcdhEs,
    }
}

/// A key and the rings that hold it.
#[derive(Debug)]
struct Holding<K> {
    key: Arc<K>,
    rings: Vec<usize>,
}

fn hold<K>(holdings: &mut Vec<Holding<K>>, key: &Arc<K>, ring: usize, same: impl Fn(&K) -> bool) {
    match holdings.iter_mut().find(|holding| same(&holding.key)) {
        Some(holding) => holding.rings.push(ring),
        None => holdings.push(Holding { key: Arc::clone(key), rings: vec![ring] }),
    }
}

/// Opens JOSE messages for all accounts.
#[derive(Debug)]
pub(in crate::crypto) struct JoseOpener {
    own: Vec<Holding<OwnJwk>>,
    peers: Vec<Holding<PeerJwk>>,
    /// The rings that accept `RSA1_5`.
    rsa1_5: Vec<usize>,
}

impl JoseOpener {
    pub(in crate::crypto) fn new(rings: &[Arc<Keyring>]) -> Self {
        let mut opener = Self { own: Vec::new(), peers: Vec::new(), rsa1_5: Vec::new() };
        for (index, ring) in rings.iter().enumerate() {
            let Ring::Jose(ring) = &ring.0 else { continue };
            for key in ring.own.iter().filter(|key| key.encrypts()) {
                let same = |held: &OwnJwk| held.kid() == key.kid() && held.profile.material == key.profile.material;
                hold(&mut opener.own, key, index, same);
            }
            for key in &ring.peers {
                let same = |held: &PeerJwk| held.kid() == key.kid() && held.profile.material == key.profile.material;
                hold(&mut opener.peers, key, index, same);
            }
            if ring.algorithms.allow_rsa1_5 {
                opener.rsa1_5.push(index);
            }
        }
        opener
    }

    pub(in crate::crypto) fn open(&self, text: &str, now: Timestamp, max: usize) -> Result<Opened, OpenError> {
        let message = UnverifiedJwe::parse(text).ok_or(OpenError::Undecryptable { recipient: None })?;
        let named = message.kid().and_then(|kid| self.own.iter().find(|holding| holding.key.kid() == kid));
        let recipient = named.and_then(|holding| holding.rings.first().copied());
        let candidates = self.own.iter().filter(|holding| {
            let kind = matches!(
                (&holding.key.secret, message.alg()),
                (SecretKey::Rsa { .. }, JweAlg::RsaOaep256 | JweAlg::RsaOaep | JweAlg::Rsa15)
                    | (SecretKey::Ec { .. }, JweAlg::EcdhEs | JweAlg::EcdhEsA256Kw)
            );
            let allowed = message.alg() != JweAlg::Rsa15 || holding.rings.iter().any(|r| self.rsa1_5.contains(r));
            kind && allowed && message.kid().is_none_or(|kid| kid == holding.key.kid())
        });
        let (inner, rings) = candidates
            .take(MAX_DECRYPTIONS)
            .find_map(|holding| Some((message.decrypt(&holding.key, max)?, &holding.rings)))
            .ok_or(OpenError::Undecryptable { recipient })?;
        let unverified = OpenError::Unverified { recipient };
        let signed = std::str::from_utf8(&inner).ok().and_then(UnverifiedJws::parse).ok_or(unverified)?;
        let mut trusted_by: Vec<usize> = self
            .peers
            .iter()
            .filter(|holding| holding.rings.iter().any(|ring| rings.contains(ring)))
            .filter(|holding| holding.key.signs_at(now) && signed.is_signed_by(&holding.key))
            .flat_map(|holding| holding.rings.iter().copied())
            .filter(|ring| rings.contains(ring))
            .collect();
        trusted_by.sort_unstable();
        trusted_by.dedup();
        let plaintext = signed.into_payload();
        if trusted_by.is_empty() || plaintext.len() > max {
            return Err(unverified);
        }
        Ok(Opened { plaintext, scheme: Scheme::Jose, trusted_by })
    }
}
