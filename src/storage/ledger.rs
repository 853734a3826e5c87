//! The books: reading and checking them. Entries are written by commits alone.

use std::collections::BTreeMap;

use entity::ledger::{Column, Entity};
use sea_orm::sea_query::{Alias, Expr, ExprTrait};
use sea_orm::{EntityTrait, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{CodecError, StorageError, Store};
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
    pub fn per_currency(&self) -> BTreeMap<String, i128> {
        let mut sums = BTreeMap::new();
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

/// How many unbalanced transactions are listed.
const MOST_LISTED: u64 = 100;

impl Store {
    /// Adds up the ledger.
    pub async fn ledger_balance(&self) -> Result<LedgerBalance, StorageError> {
        // As text: PostgreSQL's sum of bigints is a numeric, wider than any integer of ours.
        let sum = || Expr::col(Column::AmountMicros).sum().cast_as(Alias::new("text"));
        let accounts: Vec<(String, String, String)> = Entity::find()
            .select_only()
            .columns([Column::Account, Column::Currency])
            .expr(sum())
            .group_by(Column::Account)
            .group_by(Column::Currency)
            .order_by_asc(Column::Account)
            .order_by_asc(Column::Currency)
            .into_tuple()
            .all(&self.0.read)
            .await?;
        let unbalanced: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::TransactionId)
            .distinct()
            .group_by(Column::TransactionId)
            .group_by(Column::JournalSeq)
            .group_by(Column::Currency)
            .having(Expr::col(Column::AmountMicros).sum().ne(0))
            .limit(MOST_LISTED)
            .into_tuple()
            .all(&self.0.read)
            .await?;
        Ok(LedgerBalance {
            accounts: accounts.into_iter().map(account_sum).collect::<Result<_, _>>()?,
            unbalanced: unbalanced.into_iter().map(TransactionId::from_uuid).collect(),
        })
    }
}

fn account_sum((account, currency, sum): (String, String, String)) -> Result<AccountSum, StorageError> {
    let micros = sum.parse().map_err(|_| {
        StorageError::corrupt("ledger", "amount_micros", &account, CodecError("the sum is not a number".to_owned()))
    })?;
    Ok(AccountSum { account, currency, micros })
}
