//! The keys of a configuration, described and judged; shared by `keys` and `doctor`.

use crate::config::{Account, Config, Environment, KeyScheme};
use crate::crypto::{self, Finding, KeyDescription, KeyError, Scheme};
use crate::domain::Timestamp;

/// The scheme of an account's keys.
pub(crate) fn scheme(account: &Account) -> Scheme {
    match account.scheme {
        KeyScheme::Pgp => Scheme::Pgp,
        KeyScheme::Jose => Scheme::Jose,
    }
}

/// What one account's key files hold, or why a file cannot be used.
pub(crate) struct Described {
    /// Ours, in the order of the configuration.
    pub(crate) own: Vec<KeyDescription>,
    /// The peer's.
    pub(crate) peers: Vec<KeyDescription>,
    /// Files that cannot be used: the path and why.
    pub(crate) unusable: Vec<(String, KeyError)>,
}

/// Describes the keys of an account, and loads them as the server would.
pub(crate) fn describe(account: &Account) -> Described {
    let scheme = scheme(account);
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
pub(crate) fn judge(described: &Described, now: Timestamp) -> Vec<Finding> {
    crypto::lint_keys(&described.own, &described.peers, now)
}

/// KEY-1: own keys that accounts of the sandbox share with accounts of production.
pub(crate) fn shared_between_environments(config: &Config) -> Vec<Finding> {
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
