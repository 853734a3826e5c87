//! `roundtrip keys list`.

use std::path::Path;

use crate::app::key_ring::{self as ring, Described};
use crate::cli::{load, write};
use crate::config::NamedSecret;
use crate::crypto::{KeyDescription, Severity};
use crate::domain::Timestamp;
use crate::ports::{Clock, SystemClock};

type Row = [String; 6];

pub(super) fn run(config: &Path) -> anyhow::Result<()> {
    let config = load(config)?;
    let now = SystemClock.now();
    let mut rows: Vec<Row> = vec![["OWNER", "ROLE", "ID", "ALGORITHM", "BITS", "EXPIRES"].map(str::to_owned)];
    let mut remarks = Vec::new();
    for account in config.google.iter().flat_map(|google| &google.accounts) {
        let described = ring::describe(account);
        for (role, keys) in [("own", &described.own), ("peer", &described.peers)] {
            for key in keys {
                rows.extend(key_rows(account.piaid.as_str(), role, key));
            }
        }
        remarks.extend(about(account.piaid.as_str(), &described, now));
    }
    for issuer in &config.issuers {
        rows.extend(issuer.keys.iter().map(|key| secret_row(issuer.id.as_str(), key)));
    }
    rows.extend(config.signing.iter().map(|key| secret_row("signing", key)));
    remarks.extend(
        ring::shared_between_environments(&config).into_iter().map(|f| format!("fail  {}  {}", f.id, f.message)),
    );
    for line in write::columns(&rows) {
        write::line(line)?;
    }
    for remark in remarks {
        write::line(remark)?;
    }
    Ok(())
}

fn key_rows(owner: &str, role: &str, key: &KeyDescription) -> Vec<Row> {
    let row = |role: String, key: &KeyDescription| {
        let end = key.expires.map_or_else(|| "never".to_owned(), Timestamp::to_day);
        let end = if key.revoked { "revoked".to_owned() } else { end };
        [owner.to_owned(), role, key.id.clone(), key.algorithm.clone(), key.bits.to_string(), end]
    };
    let subkeys = key.subkeys.iter().map(|subkey| row(format!("{role} subkey"), subkey));
    std::iter::once(row(role.to_owned(), key)).chain(subkeys).collect()
}

fn secret_row(owner: &str, key: &NamedSecret) -> Row {
    let bits = (key.secret.expose().len() * 8).to_string();
    [owner, "shared", &key.id, "HMAC-SHA256", &bits, "never"].map(str::to_owned)
}

fn about(owner: &str, described: &Described, now: Timestamp) -> Vec<String> {
    let unusable = described.unusable.iter().map(|(path, error)| format!("fail  {owner}  {path}: {error}"));
    let findings = ring::judge(described, now).into_iter().map(|finding| {
        let word = match finding.severity {
            Severity::Warning => "warn",
            Severity::Failure => "fail",
        };
        format!("{word}  {owner}  {}: {}", finding.id, finding.message)
    });
    unusable.chain(findings).collect()
}
