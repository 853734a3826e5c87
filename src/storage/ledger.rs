//! The books: reading and checking them. Entries are written by commits alone.

use std::collections::BTreeMap;

use entity::ledger::{Column, Entity};
use entity::transaction;
use sea_orm::sea_query::{Alias, Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::redirect_payment::INVOICES;
use super::{CodecError, StorageError, Store};
use crate::domain::{Currency, Money, Timestamp, TransactionId};

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
    /// Adds up the ledger's entries, all of them. What they come to is kept beside them: [`Store::balances`].
    pub async fn ledger_balance(&self) -> Result<LedgerBalance, StorageError> {
        let accounts = added_up(&self.0.read).await?;
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
        Ok(LedgerBalance { accounts, unbalanced: unbalanced.into_iter().map(TransactionId::from_uuid).collect() })
    }
}

/// The sums of all entries, by account and currency.
pub(super) async fn added_up<C: ConnectionTrait>(db: &C) -> Result<Vec<AccountSum>, StorageError> {
    let accounts: Vec<(String, String, String)> = Entity::find()
        .select_only()
        .columns([Column::Account, Column::Currency])
        // As text: PostgreSQL's sum of bigints is a numeric, wider than any integer of ours.
        .expr(Expr::col(Column::AmountMicros).sum().cast_as(Alias::new("text")))
        .group_by(Column::Account)
        .group_by(Column::Currency)
        .order_by_asc(Column::Account)
        .order_by_asc(Column::Currency)
        .into_tuple()
        .all(db)
        .await?;
    accounts.into_iter().map(account_sum).collect()
}

/// Which lines of the ledger.
#[derive(Debug, Clone)]
pub struct LedgerFilter {
    /// From this moment on.
    pub from: Timestamp,
    /// Before this one.
    pub until: Timestamp,
    /// Of transactions of this account (PIAID or its counterpart), or of all.
    pub account: Option<String>,
    /// Of transactions of these kinds, or of all.
    pub kinds: Option<&'static [&'static str]>,
    /// Redirect payments of invoices: with those kinds, or without them; `None`: as the kinds say.
    pub payments_of_invoices: Option<bool>,
}

/// A line's place in a list: by time, then by what it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerPlace {
    at_ms: i64,
    transaction: Uuid,
    journal_seq: i64,
    line: i32,
}

impl LedgerPlace {
    /// The row of the transaction's journal that caused it.
    pub const fn journal_seq(&self) -> i64 {
        self.journal_seq
    }
}

/// One line with the transaction that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// Its place in the list.
    pub place: LedgerPlace,
    /// The transaction.
    pub transaction: TransactionId,
    /// The machine ([`Codec::KIND`](super::Codec::KIND)).
    pub kind: String,
    /// The transaction's account.
    pub account: String,
    /// The request that started the transaction.
    pub request_id: String,
    /// The account of the ledger.
    pub ledger_account: String,
    /// Positive is a debit.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// The person who decided it.
    pub author: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What an account comes to before and within a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodSum {
    /// The account of the ledger.
    pub account: String,
    /// The currency.
    pub currency: Currency,
    /// Before the period.
    pub opening: i128,
    /// Within it.
    pub debits: i128,
    /// Within it; positive.
    pub credits: i128,
}

type Columns = (Uuid, i64, i32, String, String, i64, String, i64, Option<String>, String, String, String);

impl Store {
    /// Lines of the ledger after `after`, in the order of their time.
    pub async fn ledger_rows(
        &self,
        filter: &LedgerFilter,
        after: Option<LedgerPlace>,
        limit: u64,
    ) -> Result<Vec<LedgerRow>, StorageError> {
        let mut select = lines(filtered(filter))
            .filter(Column::AtMs.gte(after.map_or(filter.from.as_millis(), |place| place.at_ms)));
        if let Some(place) = after {
            let later_line = Column::JournalSeq.eq(place.journal_seq).and(Column::Line.gt(place.line));
            let later_event = Column::JournalSeq.gt(place.journal_seq).or(later_line);
            let later_here = Column::TransactionId.eq(place.transaction).and(later_event);
            let same_moment =
                Column::AtMs.eq(place.at_ms).and(Column::TransactionId.gt(place.transaction).or(later_here));
            select = select.filter(Column::AtMs.gt(place.at_ms).or(same_moment));
        }
        let rows: Vec<Columns> = select
            .order_by_asc(Column::AtMs)
            .order_by_asc(Column::TransactionId)
            .order_by_asc(Column::JournalSeq)
            .order_by_asc(Column::Line)
            .limit(limit)
            .into_tuple()
            .all(&self.0.read)
            .await?;
        rows.into_iter().map(ledger_row).collect()
    }

    /// What one transaction has booked, in the order of its decisions.
    pub async fn ledger_of(&self, id: TransactionId) -> Result<Vec<LedgerRow>, StorageError> {
        let everything = LedgerFilter {
            from: Timestamp::from_millis(i64::MIN),
            until: Timestamp::from_millis(i64::MAX),
            account: None,
            kinds: None,
            payments_of_invoices: None,
        };
        let rows: Vec<Columns> = lines(filtered(&everything))
            .filter(Column::TransactionId.eq(id.as_uuid()))
            .order_by_asc(Column::JournalSeq)
            .order_by_asc(Column::Line)
            .into_tuple()
            .all(&self.0.read)
            .await?;
        rows.into_iter().map(ledger_row).collect()
    }

    /// What every account comes to before and within the period, as far as the filter lets transactions through.
    pub async fn ledger_period(&self, filter: &LedgerFilter) -> Result<Vec<PeriodSum>, StorageError> {
        let mut sums: BTreeMap<(String, String), [i128; 3]> = BTreeMap::new();
        let before = Column::AtMs.lt(filter.from.as_millis());
        let within = Column::AtMs.gte(filter.from.as_millis());
        let debit = within.clone().and(Column::AmountMicros.gte(0));
        let credit = within.and(Column::AmountMicros.lt(0));
        for (index, part) in [before, debit, credit].into_iter().enumerate() {
            let rows: Vec<(String, String, String)> = filtered(filter)
                .select_only()
                .columns([Column::Account, Column::Currency])
                .expr(Expr::col((Entity, Column::AmountMicros)).sum().cast_as(Alias::new("text")))
                .filter(part)
                .group_by(Column::Account)
                .group_by(Column::Currency)
                .into_tuple()
                .all(&self.0.read)
                .await?;
            for row in rows {
                let sum = account_sum(row)?;
                let known = sums.entry((sum.account, sum.currency)).or_default();
                if let Some(known) = known.get_mut(index) {
                    *known = sum.micros;
                }
            }
        }
        let whole = |((account, code), [opening, debits, credits]): ((String, String), [i128; 3])| {
            let currency = currency(&code, &account)?;
            Ok(PeriodSum { account, currency, opening, debits, credits: -credits })
        };
        sums.into_iter().map(whole).collect()
    }
}

/// The columns of a line and of its transaction.
fn lines(select: sea_orm::Select<Entity>) -> sea_orm::Select<Entity> {
    select
        .select_only()
        .columns([
            Column::TransactionId,
            Column::JournalSeq,
            Column::Line,
            Column::Account,
            Column::Currency,
            Column::AmountMicros,
            Column::Reason,
            Column::AtMs,
            Column::Author,
        ])
        .expr(transaction_column(transaction::Column::Kind))
        .expr(transaction_column(transaction::Column::Account))
        .expr(transaction_column(transaction::Column::RequestId))
}

fn transaction_column(column: transaction::Column) -> Expr {
    Expr::col((transaction::Entity, column))
}

/// Lines with their transactions.
fn filtered(filter: &LedgerFilter) -> sea_orm::Select<Entity> {
    let belongs = Expr::col((Entity, Column::TransactionId)).equals((transaction::Entity, transaction::Column::Id));
    let mut select = Entity::find().filter(Column::AtMs.lt(filter.until.as_millis()));
    QuerySelect::query(&mut select).inner_join(transaction::Entity, belongs);
    if let Some(account) = &filter.account {
        select = select.filter(transaction::Column::Account.eq(account));
    }
    if let Some(kinds) = filter.kinds {
        let of_kind = transaction::Column::Kind.is_in(kinds.iter().copied());
        let of_invoice = transaction::Column::Account.eq(INVOICES);
        select = select.filter(match filter.payments_of_invoices {
            None => of_kind,
            Some(true) => of_kind.or(of_invoice),
            Some(false) => of_kind.and(transaction::Column::Account.ne(INVOICES)),
        });
    }
    select
}

fn currency(code: &str, row: &str) -> Result<Currency, StorageError> {
    Currency::parse(code).map_err(|why| StorageError::corrupt("ledger", "currency", row, CodecError(why.to_string())))
}

fn ledger_row(columns: Columns) -> Result<LedgerRow, StorageError> {
    let (id, journal_seq, line, ledger_account, code, micros, reason, at_ms, author, kind, account, request_id) =
        columns;
    Ok(LedgerRow {
        place: LedgerPlace { at_ms, transaction: id, journal_seq, line },
        transaction: TransactionId::from_uuid(id),
        kind,
        account,
        request_id,
        ledger_account,
        amount: Money::new(micros, currency(&code, &id.to_string())?),
        reason,
        author,
        at: Timestamp::from_millis(at_ms),
    })
}

pub(super) fn account_sum((account, currency, sum): (String, String, String)) -> Result<AccountSum, StorageError> {
    let micros = sum.parse().map_err(|_| {
        StorageError::corrupt("ledger", "amount_micros", &account, CodecError("the sum is not a number".to_owned()))
    })?;
    Ok(AccountSum { account, currency, micros })
}
