//! Keys: readable, large enough, alive (PGP-6, JOSE-5), and not shared by sandbox and production (KEY-1).

use super::Report;
use crate::app::key_ring as ring;
use crate::config::Config;
use crate::crypto::Severity;
use crate::domain::Timestamp;

pub(super) fn check(config: &Config, now: Timestamp, report: &mut Report) {
    for account in config.google.iter().flat_map(|google| &google.accounts) {
        let piaid = &account.piaid;
        let described = ring::describe(account);
        for (path, error) in &described.unusable {
            report.fail("keys", format_args!("{piaid}: {path}: {error}"));
        }
        let findings = ring::judge(&described, now);
        for finding in &findings {
            let message = format!("{piaid}: {}: {}", finding.id, finding.message);
            match finding.severity {
                Severity::Warning => report.warn("keys", message),
                Severity::Failure => report.fail("keys", message),
            }
        }
        if described.unusable.is_empty() && findings.is_empty() {
            let (own, peers) = (described.own.len(), described.peers.len());
            report.ok("keys", format_args!("{piaid}: {own} own, {peers} of the peer"));
        }
    }
    for finding in ring::shared_between_environments(config) {
        report.fail("keys", format_args!("{}: {}", finding.id, finding.message));
    }
    // Their length was checked when they were read.
    let issuers: usize = config.issuers.iter().map(|issuer| issuer.keys.len()).sum();
    report.ok("keys", format_args!("{} for signed URLs, {issuers} shared with issuers", config.signing.len()));
}
