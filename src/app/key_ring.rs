//! The keys of a configuration, described and judged: for the server's alarms and console, `keys` and `doctor`.

use super::assemble::scheme_of;
use crate::config::{Account, Config, Environment, NamedSecret};
use crate::crypto::{self, Finding, KeyDescription, KeyError, KeyRing, SharedKey};
use crate::domain::{Day, Timestamp};

/// What one account's key files hold, or why a file cannot be used.
pub struct Described {
    /// Ours, in the order of the configuration.
    pub own: Vec<KeyDescription>,
    /// The peer's.
    pub peers: Vec<KeyDescription>,
    /// Files that cannot be used: the path and why.
    pub unusable: Vec<(String, KeyError)>,
}

/// Describes the keys of an account, and loads them as the server would.
pub fn describe(account: &Account) -> Described {
    let scheme = scheme_of(account.scheme);
    let mut described = Described { own: Vec::new(), peers: Vec::new(), unusable: Vec::new() };
    for file in &account.own_keys {
        let loaded = crypto::load_own_keys(scheme, file.bytes.expose());
        match loaded.and_then(|_| crypto::describe_keys(scheme, file.bytes.expose())) {
            Ok(keys) => described.own.extend(keys),
            Err(error) => described.unusable.push((file.path.display().to_string(), error)),
        }
    }
    for file in &account.peer_keys {
        let loaded = crypto::load_peer_keys(scheme, &file.bytes);
        match loaded.and_then(|_| crypto::describe_keys(scheme, &file.bytes)) {
            Ok(keys) => described.peers.extend(keys),
            Err(error) => described.unusable.push((file.path.display().to_string(), error)),
        }
    }
    described
}

/// PGP-6 and JOSE-5: what is wrong with the keys of one account.
pub fn judge(described: &Described, now: Timestamp) -> Vec<Finding> {
    crypto::lint_keys(&described.own, &described.peers, now)
}

/// KEY-1: own keys that accounts of the sandbox share with accounts of production.
pub fn shared_between_environments(config: &Config) -> Vec<Finding> {
    let accounts = config.google.iter().flat_map(|google| &google.accounts);
    let (mut sandbox, mut production) = (Vec::new(), Vec::new());
    for account in accounts {
        let keys = |described: Described| described.own.into_iter().chain(described.peers);
        match account.environment {
            Some(Environment::Sandbox) => sandbox.extend(keys(describe(account))),
            Some(Environment::Production) => production.extend(keys(describe(account))),
            None => {}
        }
    }
    crypto::lint_disjoint(&sandbox, &production)
}

/// Every key of the configuration as operators see it. Files that hold no key are passed over: [`describe`] names them.
pub fn ring(config: &Config) -> KeyRing {
    let mut ring = KeyRing::default();
    for account in config.google.iter().flat_map(|google| &google.accounts) {
        let described = describe(account);
        ring.add_account(account.piaid.clone(), described.own, described.peers);
    }
    for issuer in &config.issuers {
        ring.add_shared(Some(issuer.id.clone()), issuer.keys.iter().map(shared).collect());
    }
    ring.add_shared(None, config.signing.iter().map(shared).collect());
    ring
}

fn shared(key: &NamedSecret) -> SharedKey {
    SharedKey {
        id: key.id.clone(),
        bits: u32::try_from(key.secret.expose().len() * 8).unwrap_or(u32::MAX),
        made: key.made.map(Day::start),
        // It may have signed until the day was over.
        signed_until: key.signed_until.map(|day| day.plus_days(1).start()),
    }
}
