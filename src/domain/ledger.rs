//! Double entry: entries of one commit sum to zero per currency; no entry is ever changed, only reversed
//! (architecture section 6).

use super::{Currency, IssuerId, Money, Piaid};

/// An account of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Account {
    /// What an issuer owes us for approved payments.
    IssuerReceivable(IssuerId),
    /// What we owe Google, per account.
    PayableToGoogle(Piaid),
    /// Money whose owner is not decided: a success after we had reported a negative outcome.
    Suspense,
}

/// One line of the ledger. Debits are positive, credits negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// The account that moves.
    pub account: Account,
    /// By how much: positive is a debit, negative a credit.
    pub amount: Money,
    /// Why, in the ledger's own words, for example `payment`.
    pub reason: &'static str,
}

impl LedgerEntry {
    /// The two lines that move `amount` from `credit` to `debit`.
    pub fn pair(debit: Account, credit: Account, amount: Money, reason: &'static str) -> Vec<Self> {
        vec![Self { account: debit, amount, reason }, Self { account: credit, amount: amount.negated(), reason }]
    }
}

/// The first currency in which `entries` do not sum to zero, if any. A commit with such entries is refused.
pub fn unbalanced_currency(entries: &[LedgerEntry]) -> Option<Currency> {
    let mut sums = std::collections::BTreeMap::<Currency, i128>::new();
    for entry in entries {
        *sums.entry(entry.amount.currency()).or_default() += i128::from(entry.amount.micros());
    }
    sums.into_iter().find(|(_, sum)| *sum != 0).map(|(currency, _)| currency)
}
