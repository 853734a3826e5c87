//! What the accounts of the ledger come to, kept with every commit, so that nobody adds up a million entries to see it.

use std::collections::BTreeMap;

use entity::ledger_balance::{Column, Entity, Model};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, Insert, QueryOrder, QuerySelect, Select};

use super::batch::KEYS_AT_ONCE;
use super::ledger::account_sum;
use super::rows::Rows;
use super::{AccountSum, StorageError, Store};

/// Nodes that add to parts of their own; two that share one only wait for each other.
const NODES: i32 = 16;
/// Writers of one node.
const WRITERS: i32 = 16;

/// Which part of the sums a batch adds to, so that batches which are written at once do not wait for each other.
pub(super) fn shard(writer: usize, members: &[&Rows]) -> i32 {
    let node = members.first().map_or(0, |member| i32::from(member.lease.node.as_bytes()[15]) % NODES);
    let writer = i32::try_from(writer).unwrap_or(0) % WRITERS;
    node * WRITERS + writer
}

/// Adds the entries of a batch to the sums, in the database transaction that appends them.
pub(super) async fn add(db: &DatabaseTransaction, live: &[&Rows], shard: i32) -> Result<(), DbErr> {
    let mut sums: BTreeMap<(&str, &str), i128> = BTreeMap::new();
    for entry in live.iter().flat_map(|member| &member.ledger) {
        *sums.entry((&entry.account, &entry.currency)).or_default() += i128::from(entry.amount_micros);
    }
    let row = |((account, currency), micros): ((&str, &str), i128)| {
        let micros = i64::try_from(micros).map_err(|_| DbErr::Custom("a sum beyond 64 bits".to_owned()))?;
        Ok(Model { account: account.to_owned(), currency: currency.to_owned(), shard, micros })
    };
    // In the order of their keys: two batches that share a part cannot wait for each other in a circle.
    let rows = sums.into_iter().map(row).collect::<Result<Vec<Model>, DbErr>>()?;
    let sum = Expr::col((Entity, Column::Micros)).add(Expr::col(("excluded", Column::Micros)));
    let known =
        OnConflict::columns([Column::Account, Column::Currency, Column::Shard]).value(Column::Micros, sum).to_owned();
    for chunk in rows.chunks(KEYS_AT_ONCE) {
        Insert::many(chunk.iter().cloned()).on_conflict(known.clone()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// An account whose kept sum is not the sum of its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceDisagreement {
    /// The account of the ledger.
    pub account: String,
    /// ISO 4217 code.
    pub currency: String,
    /// What is kept, in micros.
    pub kept: i128,
    /// What the entries come to.
    pub entries: i128,
}

impl Store {
    /// What every account comes to in every currency, by account and currency. Reads a few rows, however large the ledger
    /// is; [`Store::ledger_balance`] adds up the entries.
    pub async fn balances(&self) -> Result<Vec<AccountSum>, StorageError> {
        kept(&self.0.read, sums()).await
    }

    /// Compares what is kept with the entries, in one view of both. Reads the whole ledger: for `doctor`.
    pub async fn balance_disagreements(&self) -> Result<Vec<BalanceDisagreement>, StorageError> {
        let view = self.view().await?;
        let kept = kept(&view, sums()).await?;
        let entries = super::ledger::added_up(&view).await?;
        view.commit().await?;
        let mut both: BTreeMap<(String, String), (i128, i128)> = BTreeMap::new();
        for AccountSum { account, currency, micros } in kept {
            both.entry((account, currency)).or_default().0 = micros;
        }
        for AccountSum { account, currency, micros } in entries {
            both.entry((account, currency)).or_default().1 = micros;
        }
        let differ = both.into_iter().filter(|(_, (kept, entries))| kept != entries);
        Ok(differ
            .map(|((account, currency), (kept, entries))| BalanceDisagreement { account, currency, kept, entries })
            .collect())
    }
}

/// The sums, by account and currency.
pub(super) fn sums() -> Select<Entity> {
    Entity::find()
        .select_only()
        .columns([Column::Account, Column::Currency])
        // As text: PostgreSQL's sum of bigints is a numeric, wider than any integer of ours.
        .expr(Expr::col(Column::Micros).sum().cast_as(Alias::new("text")))
        .group_by(Column::Account)
        .group_by(Column::Currency)
        .order_by_asc(Column::Account)
        .order_by_asc(Column::Currency)
}

/// Reads such sums.
pub(super) async fn kept<C: ConnectionTrait>(db: &C, sums: Select<Entity>) -> Result<Vec<AccountSum>, StorageError> {
    let rows: Vec<(String, String, String)> = sums.into_tuple().all(db).await?;
    rows.into_iter().map(account_sum).collect()
}
