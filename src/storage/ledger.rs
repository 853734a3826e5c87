//! The books: reading and checking them. Entries are written by commits alone.

use super::{StorageError, Store};
use crate::domain::TransactionId;

/// What an account comes to in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSum {
    /// The account's name in the ledger.
    pub account: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Micros; positive is a debit.
    pub micros: i128,
}

/// The trial balance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerBalance {
    /// Every account in every currency.
    pub accounts: Vec<AccountSum>,
    /// Transactions whose entries do not sum to zero; at most 100 are listed.
    pub unbalanced: Vec<TransactionId>,
}

impl LedgerBalance {
    /// The sum over all accounts, per currency; zero in sound books.
    pub fn per_currency(&self) -> std::collections::BTreeMap<String, i128> {
        let mut sums = std::collections::BTreeMap::new();
        for account in &self.accounts {
            *sums.entry(account.currency.clone()).or_default() += account.micros;
        }
        sums
    }

    /// Whether the books balance.
    pub fn is_sound(&self) -> bool {
        self.unbalanced.is_empty() && self.per_currency().values().all(|sum| *sum == 0)
    }
}

impl Store {
    /// Adds up the ledger.
    pub async fn ledger_balance(&self) -> Result<LedgerBalance, StorageError> {
        todo!()
    }
}
