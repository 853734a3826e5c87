//! Payments as people look for them, however many there are: by what they have in common, by amount, by any of their
//! names. Nothing here reads a table from end to end: see the indexes `payments_…`, and `tests/it/storage/plans.rs`.

mod find;
pub(super) mod groups;
pub(super) mod hours;
mod outcomes;

pub use find::Found;
pub use outcomes::IssuerOutcome;

use std::collections::HashMap;

use entity::{payment_group, transaction};
use sea_orm::sea_query::{Alias, Expr, Order, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{Overview, StorageError, Store};
use crate::domain::{Timestamp, TransactionId};
use groups::{newest, of_group, of_payments, within};

/// Which payments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PaymentFilter {
    /// Of this account (PIAID, or [`INVOICES`](super::INVOICES)).
    pub account: Option<String>,
    /// At this issuer.
    pub issuer: Option<String>,
    /// In this state, by its name.
    pub state: Option<String>,
    /// Only those that stand before finance.
    pub needs_attention: bool,
    /// In this currency (ISO 4217).
    pub currency: Option<String>,
    /// Of at least and at most so many micros.
    pub amount: Option<(i64, i64)>,
    /// That began at this moment or later.
    pub from: Option<Timestamp>,
    /// That began before this one.
    pub until: Option<Timestamp>,
}

/// The place of a payment in a list: when it began, and which it is. The newest come first.
type Place = (Timestamp, TransactionId);

/// A span of time: from a moment on, before another.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

/// Combinations that one statement names; SQLite takes 500.
const BRANCHES: usize = 200;
/// An amount that fewer payments have is looked up by itself.
const RARE: u64 = 2_000;
/// How far back is looked first for what only the amount decides; then four times as far, and again.
const FIRST_LOOK_MS: i64 = 6 * 3_600_000;
/// Beyond that, all that is left is looked through.
const LAST_LOOK_MS: i64 = 400 * 24 * 3_600_000;

impl PaymentFilter {
    fn span(&self) -> Span {
        Span { from: self.from, until: self.until }
    }

    /// Whether payments may be told apart by what they have in common.
    const fn names_group(&self) -> bool {
        self.account.is_some() || self.issuer.is_some() || self.state.is_some() || self.currency.is_some()
    }

    fn fits(&self, row: &transaction::Model) -> bool {
        let same = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        same(&self.account, &row.account)
            && same(&self.issuer, row.issuer.as_deref().unwrap_or_default())
            && same(&self.state, &row.state)
            && same(&self.currency, &row.currency)
            && self.amount.is_none_or(|(least, most)| (least..=most).contains(&row.amount_micros))
            && self.from.is_none_or(|from| row.created_ms >= from.as_millis())
            && self.until.is_none_or(|until| row.created_ms < until.as_millis())
    }
}

impl Store {
    /// Redirect payments that fit, the newest first: at most `limit`, of those that began before `before`. Fewer than
    /// `limit`: there are no more.
    pub async fn search_payments(
        &self,
        filter: &PaymentFilter,
        before: Option<(Timestamp, TransactionId)>,
        limit: u64,
    ) -> Result<Vec<Overview>, StorageError> {
        if filter.needs_attention {
            return self.standing_payments(filter, before, limit).await;
        }
        let Some(amount) = filter.amount else {
            let groups = groups::fitting(&self.0.read, filter).await?;
            let keys = self.newest_of(&groups, (filter, filter.span()), (before, limit)).await?;
            return self.overviews(keys).await;
        };
        if self.is_rare(amount).await? {
            return self.of_rare_amount(filter, amount, (before, limit)).await;
        }
        if amount.0 == amount.1 && !filter.names_group() {
            let mut select = of_amount(amount);
            within(&mut select, filter.span());
            newest(&mut select, before, limit);
            let keys = self.places(&select).await?;
            return self.overviews(keys).await;
        }
        let keys = self.further_and_further(filter, (before, limit)).await?;
        self.overviews(keys).await
    }

    /// Payments that stand before finance: never many, so all of them are looked through.
    async fn standing_payments(
        &self,
        filter: &PaymentFilter,
        before: Option<Place>,
        limit: u64,
    ) -> Result<Vec<Overview>, StorageError> {
        use transaction::Column;
        let rows = transaction::Entity::find()
            .filter(of_payments())
            .filter(Column::Attention.is_not_null())
            .all(&self.0.read)
            .await?;
        newest_fitting(rows, filter, (before, limit))
    }

    /// Whether so few payments have the amount that they are all read.
    async fn is_rare(&self, amount: (i64, i64)) -> Result<bool, StorageError> {
        let mut some = of_amount(amount);
        some.expr(Expr::value(1)).limit(RARE + 1);
        let count = Query::select().expr(Expr::cust("count(*)")).from_subquery(some, Alias::new("some")).to_owned();
        let row = self.0.read.query_one(&count).await?;
        let count: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
        Ok(u64::try_from(count).unwrap_or(0) <= RARE)
    }

    async fn of_rare_amount(
        &self,
        filter: &PaymentFilter,
        (least, most): (i64, i64),
        page: (Option<Place>, u64),
    ) -> Result<Vec<Overview>, StorageError> {
        use transaction::Column;
        let select = transaction::Entity::find().filter(of_payments());
        let rows = select.filter(Column::AmountMicros.between(least, most)).all(&self.0.read).await?;
        newest_fitting(rows, filter, page)
    }

    /// An amount that many have, among others: the combinations are walked through, but first only a little way back.
    async fn further_and_further(
        &self,
        filter: &PaymentFilter,
        (before, limit): (Option<Place>, u64),
    ) -> Result<Vec<Place>, StorageError> {
        let groups = groups::fitting(&self.0.read, filter).await?;
        let anything = PaymentFilter { amount: None, ..filter.clone() };
        let Some((newest, _)) =
            self.newest_of(&groups, (&anything, filter.span()), (before, 1)).await?.into_iter().next()
        else {
            return Ok(Vec::new());
        };
        let mut look_ms = FIRST_LOOK_MS;
        loop {
            let back = newest.plus_millis(-look_ms);
            let all = look_ms > LAST_LOOK_MS || filter.from.is_some_and(|from| back <= from);
            let from = if all { filter.from } else { Some(back) };
            let keys = self.newest_of(&groups, (filter, Span { from, ..filter.span() }), (before, limit)).await?;
            if all || keys.len() as u64 >= limit {
                return Ok(keys);
            }
            look_ms *= 4;
        }
    }

    /// The newest places of these combinations.
    async fn newest_of(
        &self,
        groups: &[payment_group::Model],
        (filter, span): (&PaymentFilter, Span),
        (before, limit): (Option<Place>, u64),
    ) -> Result<Vec<Place>, StorageError> {
        let mut found = Vec::new();
        for chunk in groups.chunks(BRANCHES) {
            let branches = chunk.iter().map(|group| {
                let mut select = of_group(group, span);
                if let Some((least, most)) = filter.amount {
                    select.and_where(transaction::Column::AmountMicros.between(least, most));
                }
                newest(&mut select, before, limit);
                select
            });
            let Some(all) = united(branches) else { continue };
            found.extend(self.places(&newest_overall(all, limit)).await?);
        }
        Ok(newest_first(found, limit))
    }

    async fn places(&self, select: &SelectStatement) -> Result<Vec<Place>, StorageError> {
        let rows = self.0.read.query_all(select).await?;
        let place = |row: sea_orm::QueryResult| {
            let (at_ms, id): (i64, Uuid) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            Ok((Timestamp::from_millis(at_ms), TransactionId::from_uuid(id)))
        };
        rows.into_iter().map(place).collect()
    }

    /// The lines of these transactions, in this order. What has gone meanwhile is left out.
    async fn overviews(&self, keys: Vec<Place>) -> Result<Vec<Overview>, StorageError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = HashMap::with_capacity(keys.len());
        for chunk in keys.chunks(LINES_AT_ONCE) {
            let ids = chunk.iter().map(|(_, id)| id.as_uuid());
            let rows = transaction::Entity::find().filter(transaction::Column::Id.is_in(ids)).all(&self.0.read).await?;
            found.extend(rows.into_iter().map(|row| (row.id, row)));
        }
        keys.iter().filter_map(|(_, id)| found.remove(&id.as_uuid())).map(Overview::try_from).collect()
    }
}

/// Ids in one statement of SQL; both databases take more.
const LINES_AT_ONCE: usize = 5_000;

fn of_amount((least, most): (i64, i64)) -> SelectStatement {
    let amount = transaction::Column::AmountMicros;
    let such = if least == most { amount.eq(least) } else { amount.between(least, most) };
    Query::select().from(transaction::Entity).and_where(of_payments()).and_where(such).to_owned()
}

/// One statement of many. Each stands in a subquery, because it has an order and a limit of its own.
fn united(branches: impl Iterator<Item = SelectStatement>) -> Option<SelectStatement> {
    let mut whole: Option<SelectStatement> = None;
    for (number, branch) in branches.enumerate() {
        let one =
            Query::select().expr(Expr::cust("*")).from_subquery(branch, Alias::new(format!("b{number}"))).to_owned();
        match &mut whole {
            None => whole = Some(one),
            Some(whole) => {
                whole.union(UnionType::All, one);
            }
        }
    }
    whole
}

fn newest_overall(all: SelectStatement, limit: u64) -> SelectStatement {
    use transaction::Column;
    Query::select()
        .columns([Column::CreatedMs, Column::Id])
        .from_subquery(all, Alias::new("found"))
        .order_by(Column::CreatedMs, Order::Desc)
        .order_by(Column::Id, Order::Desc)
        .limit(limit)
        .to_owned()
}

fn newest_first(mut places: Vec<Place>, limit: u64) -> Vec<Place> {
    places.sort_unstable_by(|a, b| b.cmp(a));
    places.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    places
}

fn newest_fitting(
    rows: Vec<transaction::Model>,
    filter: &PaymentFilter,
    (before, limit): (Option<Place>, u64),
) -> Result<Vec<Overview>, StorageError> {
    let place = |row: &transaction::Model| (Timestamp::from_millis(row.created_ms), TransactionId::from_uuid(row.id));
    let mut rows: Vec<_> =
        rows.into_iter().filter(|row| filter.fits(row) && before.is_none_or(|before| place(row) < before)).collect();
    rows.sort_unstable_by_key(|row| std::cmp::Reverse(place(row)));
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    rows.into_iter().map(Overview::try_from).collect()
}
