//! Double entry: entries of one commit sum to zero per currency; no entry is ever changed, only reversed
//! (architecture section 6).

use std::borrow::Cow;

use super::catalog::MerchantId;
use super::{Currency, IssuerId, Money, Piaid, UserName};

/// An account of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Account {
    /// What an issuer owes us for approved payments.
    IssuerReceivable(IssuerId),
    /// What we owe Google, per account.
    PayableToGoogle(Piaid),
    /// Refunds that were promised to Google, or decided by us, and that the issuer has not carried out yet.
    RefundsInFlight(IssuerId),
    /// What we earn by an account's payments: the fees that a statement deducts from what we owe.
    FeeIncome(Piaid),
    /// The part of those fees that is tax.
    Vat(Piaid),
    /// What the card processor holds for us: charged, and not paid out yet.
    ProcessorReceivable,
    /// What the processor keeps for its work.
    ProcessorFees,
    /// Refunds of charges that were promised and that the processor has not carried out yet.
    ProcessorRefunds,
    /// What the processor has taken back while a payer disputes a charge.
    Disputed,
    /// What we owe a merchant for the bookings that were paid through us.
    PayableToMerchant(MerchantId),
    /// What we owe whoever bills with us: the invoices that were paid.
    PayableToBiller,
    /// Our own account at the bank, as the bank's statements tell it.
    Bank,
    /// Money whose owner is not decided: a success after we had reported a negative outcome, a transfer that fits no
    /// statement, the accepted difference between a statement and our books. Also money under way to or from our bank: a
    /// payout that the bank's statement has not shown yet.
    Suspense,
}

/// One line of the ledger. Debits are positive, credits negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// The account that moves.
    pub account: Account,
    /// By how much: positive is a debit, negative a credit.
    pub amount: Money,
    /// Why, in the ledger's own words, for example `payment`, or in those of the person who decided it.
    pub reason: Cow<'static, str>,
    /// The person who decided it; `None` where a machine followed from what happened.
    pub author: Option<UserName>,
}

impl LedgerEntry {
    /// The two lines that move `amount` from `credit` to `debit`.
    pub fn pair(debit: Account, credit: Account, amount: Money, reason: impl Into<Cow<'static, str>>) -> Vec<Self> {
        Self::pair_by(debit, credit, amount, (reason.into(), None))
    }

    /// As [`LedgerEntry::pair`], with the person who decided it.
    pub fn pair_by(
        debit: Account,
        credit: Account,
        amount: Money,
        (reason, author): (Cow<'static, str>, Option<UserName>),
    ) -> Vec<Self> {
        let line = |account, amount| Self { account, amount, reason: reason.clone(), author: author.clone() };
        vec![line(debit, amount), line(credit, amount.negated())]
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
