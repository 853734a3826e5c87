//! The database: reachable, schema, journal chain, audit chain, ledger, dead letters.

use super::{AUDIT, DATABASE, JOURNAL, Report};
use crate::cli::store;
use crate::config::Config;
use crate::storage::{
    AuditFault, AuditReport, BalanceDisagreement, Disagreement, JournalReport, LedgerBalance, StorageError, Store,
};

/// How many transactions a quick look verifies.
const NEWEST: u64 = 1_000;

pub(super) async fn check(config: &Config, all_journals: bool, report: &mut Report) {
    let url = &config.database.url;
    // Looking must not make the file.
    if let Some(file) = url.sqlite_file().filter(|file| !file.exists()) {
        let message = format!("{} does not exist yet; `roundtrip migrate up` or the server makes it", file.display());
        return if config.database.migrate_on_start {
            report.warn("database", message);
        } else {
            report.fail("database", message);
        };
    }
    let store = match tokio::time::timeout(DATABASE, store::open(config)).await {
        Ok(Ok(store)) => store,
        Ok(Err(error)) => return report.fail("database", format_args!("{error:#}")),
        Err(_) => {
            return report.fail("database", format_args!("{url} does not answer within {} s", DATABASE.as_secs()));
        }
    };
    let checks = async {
        let current = schema(config, &store, report).await;
        if current {
            contents(&store, report).await;
        }
        current
    };
    match tokio::time::timeout(DATABASE, checks).await {
        Ok(true) => {
            journals(&store, all_journals, report).await;
            audits(&store, all_journals, report).await;
        }
        Ok(false) => {}
        Err(_) => report.fail("database", format_args!("{url} takes longer than {} s to answer", DATABASE.as_secs())),
    }
    store.close().await;
}

/// Whether the schema is as this binary needs it.
async fn schema(config: &Config, store: &Store, report: &mut Report) -> bool {
    match store.require_current().await {
        Ok(()) => {
            report.ok("database", format_args!("{} answers, its schema is current", config.database.url));
            true
        }
        Err(crate::storage::StorageError::SchemaOlder { pending }) if config.database.migrate_on_start => {
            report.warn("database", format_args!("the server will migrate it when it starts: {}", pending.join(", ")));
            false
        }
        Err(error) => {
            report.fail("database", error);
            false
        }
    }
}

async fn contents(store: &Store, report: &mut Report) {
    match store.ledger_balance().await {
        Ok(balance) => ledger(&balance, report),
        Err(error) => report.fail("ledger", error),
    }
    match store.balance_disagreements().await {
        Ok(found) if found.is_empty() => report.ok("ledger", "the kept balances are what the entries come to"),
        Ok(found) => {
            for BalanceDisagreement { account, currency, kept, entries } in found {
                let sums =
                    format_args!("{account}: {kept} micros {currency} are kept, but the entries sum to {entries}");
                report.fail("ledger", sums);
            }
        }
        Err(error) => report.fail("ledger", error),
    }
    match disagreements(store).await {
        Ok(found) if found.is_empty() => report.ok("ledger", "agrees with the payments and refunds"),
        Ok(found) => {
            for Disagreement { what, account, currency, ledger, records } in found {
                let sums =
                    format_args!("{what} of {account}: {ledger} micros {currency}, but the records say {records}");
                report.fail("ledger", sums);
            }
        }
        Err(error) => report.fail("ledger", error),
    }
    match store.outbox_figures().await {
        Ok(figures) if figures.parked > 0 => {
            report.warn("outbox", format_args!("{} dead letters; see `roundtrip outbox list`", figures.parked));
        }
        Ok(figures) => report.ok("outbox", format_args!("{} waiting, no dead letters", figures.waiting)),
        Err(error) => report.fail("outbox", error),
    }
}

fn ledger(balance: &LedgerBalance, report: &mut Report) {
    if balance.is_sound() {
        return report.ok("ledger", format_args!("balanced over {} accounts", balance.accounts.len()));
    }
    for (currency, micros) in balance.per_currency().into_iter().filter(|(_, micros)| *micros != 0) {
        report.fail("ledger", format_args!("off by {micros} micros {currency}"));
    }
    for transaction in &balance.unbalanced {
        report.fail("ledger", format_args!("the entries of {transaction} do not sum to zero"));
    }
}

/// A payment that is committed between two sums is no disagreement: only what two looks find is one.
async fn disagreements(store: &Store) -> Result<Vec<Disagreement>, StorageError> {
    let mut found = store.ledger_disagreements().await?;
    for _ in 0..3 {
        if found.is_empty() {
            break;
        }
        let again = store.ledger_disagreements().await?;
        found.retain(|one| again.contains(one));
    }
    Ok(found)
}

/// Verifies the chains: all of them if asked to, else those of the newest transactions.
async fn journals(store: &Store, all: bool, report: &mut Report) {
    if all {
        return match store.verify_journal().await {
            Ok(outcome) => journal(&outcome, report),
            Err(error) => report.fail("journal", error),
        };
    }
    match tokio::time::timeout(JOURNAL, store.verify_newest(NEWEST)).await {
        Ok(Ok(outcome)) => journal(&outcome, report),
        Ok(Err(error)) => report.fail("journal", error),
        Err(_) => report.warn("journal", format_args!("not verified: it took longer than {} s", JOURNAL.as_secs())),
    }
}

fn journal(outcome: &JournalReport, report: &mut Report) {
    if outcome.is_sound() {
        let (transactions, rows) = (outcome.transactions, outcome.rows);
        return report.ok("journal", format_args!("the chains of {transactions} transactions hold ({rows} rows)"));
    }
    for finding in &outcome.findings {
        let (transaction, seq, fault) = (finding.transaction, finding.seq, finding.fault);
        report.fail("journal", format_args!("{transaction}: {fault:?} at {seq}; somebody changed the database"));
    }
    report.fail("journal", format_args!("{} of {} transactions do not hold", outcome.faulty, outcome.transactions));
}

/// Verifies the audit log: all of it if asked to, else its newest rows.
async fn audits(store: &Store, all: bool, report: &mut Report) {
    if all {
        return match store.verify_audit().await {
            Ok(outcome) => audit(&outcome, report),
            Err(error) => report.fail("audit", error),
        };
    }
    match tokio::time::timeout(AUDIT, store.verify_newest_audit(NEWEST)).await {
        Ok(Ok(outcome)) => audit(&outcome, report),
        Ok(Err(error)) => report.fail("audit", error),
        Err(_) => report.warn("audit", format_args!("not verified: it took longer than {} s", AUDIT.as_secs())),
    }
}

fn audit(outcome: &AuditReport, report: &mut Report) {
    if outcome.is_sound() {
        let Some((seq, hash)) = &outcome.head else { return report.ok("audit", "is empty") };
        let (rows, hash) = (outcome.rows, crate::crypto::hex(hash));
        return report.ok("audit", format_args!("the chain of {rows} rows holds; row {seq} is {hash}"));
    }
    for finding in &outcome.findings {
        let what = match finding.fault {
            AuditFault::Altered => "was changed, or the one before it",
            AuditFault::Gap => "follows rows that are missing",
        };
        report.fail("audit", format_args!("row {} {what}; somebody changed the database", finding.seq));
    }
    report.fail("audit", format_args!("{} of {} rows do not hold", outcome.faulty, outcome.rows));
}
