//! The sandbox's keys: made on the first start, kept ever after.
//!
//! ```text
//! keys/integrator/  openpgp.asc openpgp.pub.asc sandbox.jwk sandbox.pub.jwk url
//! keys/google/      the stand-in's own, the same but for url
//! keys/issuers/     one secret for each issuer, shared with the integrator
//! ```
//!
//! A real partner would hand over the public halves only; here both sides live in one directory.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SandboxError;
use super::google::GoogleAccount;
use super::settings::{ACCOUNTS, ISSUERS};
use crate::crypto::{
    GeneratedKey, JoseAlgorithms, JwkKind, Keyring, NewJwk, NewOpenPgpKey, Scheme, UrlKey, UrlKeys, export_public,
    generate_jwk, generate_openpgp, generate_url_key, load_own_keys, load_peer_keys,
};
use crate::domain::Timestamp;

/// Below two years, the longest life that Google allows (flows-security section 3.2).
const VALID_DAYS: u16 = 700;
/// What Google asks for at least, and what keeps URLs short (flows-security section 3.5).
const RSA_BITS: u32 = 2048;
/// `kid` of the secrets for URLs and webhooks.
pub(super) const URL_KEY_ID: &str = "s1";

/// The side whose private keys are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Integrator,
    Google,
}

impl Owner {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Integrator => "integrator",
            Self::Google => "google",
        }
    }
}

/// The private key file of an owner, relative to the sandbox's directory.
pub(super) fn private_file(owner: Owner, scheme: Scheme) -> String {
    let name = match scheme {
        Scheme::Pgp => "openpgp.asc",
        Scheme::Jose => "sandbox.jwk",
    };
    format!("keys/{}/{name}", owner.as_str())
}

/// The public key file of an owner, relative to the sandbox's directory.
pub(super) fn public_file(owner: Owner, scheme: Scheme) -> String {
    let name = match scheme {
        Scheme::Pgp => "openpgp.pub.asc",
        Scheme::Jose => "sandbox.pub.jwk",
    };
    format!("keys/{}/{name}", owner.as_str())
}

/// The integrator's secret for the URLs that it signs for itself, relative to the sandbox's directory.
pub(super) const URL_FILE: &str = "keys/integrator/url";

/// The secret that an issuer shares with the integrator, relative to the sandbox's directory.
pub(super) fn issuer_file(issuer: &str) -> String {
    format!("keys/issuers/{issuer}")
}

/// Makes every key that is missing under `dir`. `now` is where the life of new keys begins.
pub(super) fn make_missing(dir: &Path, now: Timestamp) -> Result<(), SandboxError> {
    for owner in [Owner::Integrator, Owner::Google] {
        for scheme in [Scheme::Pgp, Scheme::Jose] {
            make_pair(dir, owner, scheme, now)?;
        }
    }
    let secrets = std::iter::once(URL_FILE.to_owned()).chain(ISSUERS.iter().map(|issuer| issuer_file(issuer.id)));
    for secret in secrets {
        let path = dir.join(secret);
        if !path.exists() {
            write_new(&path, generate_url_key().as_bytes())?;
        }
    }
    Ok(())
}

fn make_pair(dir: &Path, owner: Owner, scheme: Scheme, now: Timestamp) -> Result<(), SandboxError> {
    let (private, public) = (dir.join(private_file(owner, scheme)), dir.join(public_file(owner, scheme)));
    if !private.exists() {
        write_new(&private, generate(owner, scheme, now)?.private.as_bytes())?;
        // Written by the step below, now and after an interruption alike.
        remove(&public)?;
    }
    if !public.exists() {
        write_new(&public, export_public(scheme, &read(&private)?)?.as_bytes())?;
    }
    Ok(())
}

fn generate(owner: Owner, scheme: Scheme, now: Timestamp) -> Result<GeneratedKey, SandboxError> {
    let name = owner.as_str();
    let key = match scheme {
        Scheme::Pgp => generate_openpgp(&NewOpenPgpKey {
            user_id: &format!("Roundtrip sandbox {name} <{name}@sandbox.invalid>"),
            bits: RSA_BITS,
            valid_days: VALID_DAYS,
            created: now,
        })?,
        Scheme::Jose => generate_jwk(&NewJwk {
            kind: JwkKind::Rsa { bits: RSA_BITS },
            kid: &format!("sandbox-{name}"),
            valid_days: VALID_DAYS,
            created: now,
        })?,
    };
    Ok(key)
}

/// The accounts as Google sees them: its own private keys and the integrator's public ones.
pub(super) fn google_accounts(dir: &Path) -> Result<Vec<GoogleAccount>, SandboxError> {
    ACCOUNTS.iter().map(|(piaid, scheme)| google_account(dir, piaid, *scheme)).collect()
}

fn google_account(dir: &Path, piaid: &str, scheme: Scheme) -> Result<GoogleAccount, SandboxError> {
    let own = load_own_keys(scheme, &read(&dir.join(private_file(Owner::Google, scheme)))?)?;
    let peer = load_peer_keys(scheme, &read(&dir.join(public_file(Owner::Integrator, scheme)))?)?;
    let keyring = Keyring::new(scheme, own, peer, JoseAlgorithms::default())?;
    Ok(GoogleAccount { piaid: piaid.to_owned(), keyring: Arc::new(keyring) })
}

/// The keys of one issuer.
pub(super) fn issuer_keys(dir: &Path, issuer: &str) -> Result<UrlKeys, SandboxError> {
    let secret = read(&dir.join(issuer_file(issuer)))?;
    Ok(UrlKeys::new(vec![UrlKey::from_file(URL_KEY_ID, &secret)?])?)
}

fn read(path: &Path) -> Result<Vec<u8>, SandboxError> {
    std::fs::read(path).map_err(|source| SandboxError::File { path: path.to_owned(), source })
}

fn remove(path: &Path) -> Result<(), SandboxError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(SandboxError::File { path: path.to_owned(), source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes a file that only its owner can read, whole or not at all.
pub(super) fn write_new(path: &Path, content: &[u8]) -> Result<(), SandboxError> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    write_private(&part, content)
        .and_then(|()| std::fs::rename(&part, path))
        .map_err(|source| SandboxError::File { path: path.to_owned(), source })
}

fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut folder = DirBuilder::new();
    let mut file = OpenOptions::new();
    folder.recursive(true);
    file.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        folder.mode(0o700);
        file.mode(0o600);
    }
    if let Some(parent) = path.parent() {
        folder.create(parent)?;
    }
    let mut file = file.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
