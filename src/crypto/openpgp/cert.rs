//! Certificates: OpenPGP key files, read and made ready for use.

use pgp::composed::{PublicOrSecret, SignedPublicKey, SignedSecretKey};
use pgp::types::{KeyDetails, PublicParams, SecretParams};

use super::component::{PublicComponent, SecretComponent, rsa_public};
use super::judge::{Verdict, judge_primary, judge_subkey};
use crate::crypto::key::KeyError;
use crate::crypto::rsa;
use crate::domain::Timestamp;

const SMALLEST_RSA_BITS: u32 = 2048;
const ARMOUR: &str = "-----BEGIN PGP";

/// One key of a certificate with what may be done with it.
#[derive(Debug)]
pub(in crate::crypto) struct Part<C> {
    pub component: C,
    pub verdict: Verdict,
    is_primary: bool,
}

/// A certificate whose keys are ready for use.
#[derive(Debug)]
pub(in crate::crypto) struct Cert<C> {
    id: String,
    parts: Vec<Part<C>>,
}

/// A certificate of ours.
pub(in crate::crypto) type OwnCert = Cert<SecretComponent>;
/// A certificate of a peer.
pub(in crate::crypto) type PeerCert = Cert<PublicComponent>;

impl<C: KeyDetails> Cert<C> {
    /// The fingerprint of the primary key, upper-case hex.
    pub(in crate::crypto) fn id(&self) -> &str {
        &self.id
    }

    /// All keys: the primary key, then the subkeys.
    pub(in crate::crypto) fn parts(&self) -> &[Part<C>] {
        &self.parts
    }

    /// The newest living subkey that signs, else the primary key if it does.
    pub(in crate::crypto) fn signer(&self, now: Timestamp) -> Option<&C> {
        self.newest(|verdict| verdict.signs && verdict.is_alive(now))
    }

    /// The newest living subkey that may be encrypted to, else the primary key if it may.
    pub(in crate::crypto) fn encryptor(&self, now: Timestamp) -> Option<&C> {
        self.newest(|verdict| verdict.encrypts && verdict.is_alive(now))
    }

    fn newest(&self, fits: impl Fn(&Verdict) -> bool) -> Option<&C> {
        self.parts
            .iter()
            .filter(|part| fits(&part.verdict))
            .max_by_key(|part| (!part.is_primary, part.component.created_at()))
            .map(|part| &part.component)
    }
}

/// Reads the certificates of a file: binary, or any number of armoured blocks.
pub(in crate::crypto) fn parse(file: &[u8]) -> Result<Vec<PublicOrSecret>, KeyError> {
    let unreadable = |reason: String| KeyError::Unreadable {
        scheme: "OpenPGP",
        reason,
        expected: "an armoured or binary key as `gpg --export` or `roundtrip keys export` writes it",
    };
    let mut keys = Vec::new();
    for block in blocks(file).map_err(|reason| unreadable(reason.to_owned()))? {
        let (found, _) = PublicOrSecret::from_reader_many(block).map_err(|e| unreadable(brief(&e)))?;
        for key in found {
            keys.push(key.map_err(|e| unreadable(brief(&e)))?);
        }
    }
    if keys.is_empty() {
        return Err(unreadable("it holds no key".to_owned()));
    }
    Ok(keys)
}

/// The kind of an rPGP error, without the content it may quote.
fn brief(error: &pgp::errors::Error) -> String {
    let text = error.to_string();
    text.split(['\n', ':']).next().unwrap_or_default().chars().take(80).collect()
}

fn blocks(file: &[u8]) -> Result<Vec<&[u8]>, &'static str> {
    match file.first() {
        None => return Err("it is empty"),
        Some(first) if first & 0x80 != 0 => return Ok(vec![file]),
        Some(_) => {}
    }
    let text = std::str::from_utf8(file).map_err(|_| "it is neither armoured text nor an OpenPGP packet")?;
    let starts: Vec<usize> = text.match_indices(ARMOUR).map(|(at, _)| at).collect();
    if starts.is_empty() {
        return Err("no -----BEGIN PGP line");
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    Ok(starts.iter().zip(ends).filter_map(|(&from, to)| file.get(from..to)).collect())
}

/// The fingerprint as files and logs show it.
pub(in crate::crypto) fn fingerprint(key: &impl KeyDetails) -> String {
    format!("{:X}", key.fingerprint())
}

/// Reads our private keys.
pub(in crate::crypto) fn load_own(file: &[u8]) -> Result<Vec<OwnCert>, KeyError> {
    parse(file)?
        .into_iter()
        .map(|key| match key {
            PublicOrSecret::Secret(key) => prepare_own(&key),
            PublicOrSecret::Public(key) => Err(KeyError::unusable(
                fingerprint(&key),
                "it is a public key, but own_keys needs the private one",
                "export it with `gpg --export-secret-keys -a`, or make one with `roundtrip keys generate`",
            )),
        })
        .collect()
}

/// Reads a peer's public keys.
pub(in crate::crypto) fn load_peers(file: &[u8]) -> Result<Vec<PeerCert>, KeyError> {
    parse(file)?
        .into_iter()
        .map(|key| match key {
            PublicOrSecret::Public(key) => prepare_peer(&key),
            PublicOrSecret::Secret(key) => Err(KeyError::unusable(
                fingerprint(&key.primary_key),
                "it is a private key, but peer_keys needs the peer's public one",
                "export the public part with `gpg --export -a`, and ask whose private key this is",
            )),
        })
        .collect()
}

fn prepare_own(key: &SignedSecretKey) -> Result<OwnCert, KeyError> {
    let primary = key.primary_key.public_key();
    let certificate = judge_primary(primary, &key.details);
    let mut parts = Vec::new();
    if let Some(component) = SecretComponent::primary(&key.primary_key) {
        parts.push(Part { component, verdict: certificate, is_primary: true });
    }
    for subkey in &key.secret_subkeys {
        let verdict = judge_subkey((primary, certificate), subkey.key.public_key(), &subkey.signatures);
        if let Some(component) = SecretComponent::subkey(&subkey.key) {
            parts.push(Part { component, verdict, is_primary: false });
        }
    }
    let locked = matches!(key.primary_key.secret_params(), SecretParams::Encrypted(_))
        || key.secret_subkeys.iter().any(|s| matches!(s.key.secret_params(), SecretParams::Encrypted(_)));
    if locked && !has_use(&parts) {
        return Err(KeyError::unusable(
            fingerprint(primary),
            "it is locked with a passphrase",
            "remove the passphrase (`gpg --change-passphrase`) and protect the file by its permissions",
        ));
    }
    let sizes = key.secret_subkeys.iter().map(|s| s.key.public_params());
    finish(fingerprint(primary), certificate, parts, [primary.public_params()].into_iter().chain(sizes))
}

fn prepare_peer(key: &SignedPublicKey) -> Result<PeerCert, KeyError> {
    let primary = &key.primary_key;
    let certificate = judge_primary(primary, &key.details);
    let mut parts = Vec::new();
    if let Some(component) = PublicComponent::primary(primary) {
        parts.push(Part { component, verdict: certificate, is_primary: true });
    }
    for subkey in &key.public_subkeys {
        let verdict = judge_subkey((primary, certificate), &subkey.key, &subkey.signatures);
        if let Some(component) = PublicComponent::subkey(&subkey.key) {
            parts.push(Part { component, verdict, is_primary: false });
        }
    }
    let sizes = key.public_subkeys.iter().map(|s| s.key.public_params());
    finish(fingerprint(primary), certificate, parts, [primary.public_params()].into_iter().chain(sizes))
}

fn has_use<C>(parts: &[Part<C>]) -> bool {
    parts.iter().any(|part| part.verdict.bound && (part.verdict.signs || part.verdict.encrypts))
}

fn finish<'a, C>(
    id: String,
    certificate: Verdict,
    parts: Vec<Part<C>>,
    mut params: impl Iterator<Item = &'a PublicParams>,
) -> Result<Cert<C>, KeyError> {
    if !certificate.bound {
        return Err(KeyError::unusable(id, "it has no valid self-signature", "export the whole key anew"));
    }
    let small = params.find_map(|params| {
        rsa_public(params).map(|(n, _)| rsa::bit_length(&n)).filter(|&bits| bits < SMALLEST_RSA_BITS)
    });
    if let Some(bits) = small {
        return Err(KeyError::unusable(
            id,
            format!("RSA of {bits} bits is too small"),
            "use a key of at least 2048 bits (`roundtrip keys generate`)",
        ));
    }
    if !has_use(&parts) {
        return Err(KeyError::unusable(
            id,
            "none of its keys may sign or be encrypted to",
            "use a key with a signing primary key and an encryption subkey (`roundtrip keys generate`)",
        ));
    }
    Ok(Cert { id, parts })
}
