//! What payments have in common: account, currency, issuer and state. The combinations that have ever occurred are few, and
//! kept in a table of their own. A search names the fitting ones one by one, so that the index of payments gives each in
//! the order of time, and nothing has to be read that is not asked for.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use entity::payment_group::{Column, Entity, Model};
use entity::transaction;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement};
use sea_orm::{ColumnTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, Insert, QueryFilter};

use super::{PaymentFilter, Place, Span};
use crate::domain::redirect_payment::RedirectPayment;
use crate::storage::Codec as _;
use crate::storage::batch::KEYS_AT_ONCE;
use crate::storage::rows::Rows;

/// The combinations that this process knows to stand in the table.
#[derive(Debug, Default)]
pub(in crate::storage) struct KnownGroups(Mutex<HashSet<Model>>);

impl KnownGroups {
    /// Those of `members` that are not known to stand there, in the table's order.
    pub(in crate::storage) fn unknown(&self, members: &[&Rows]) -> BTreeSet<Model> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let payments = members.iter().filter_map(|member| member.transaction.as_ref());
        payments
            .filter(|row| row.kind == RedirectPayment::KIND)
            .map(|row| Model {
                account: row.account.clone(),
                currency: row.currency.clone(),
                issuer: row.issuer.clone().unwrap_or_default(),
                state: row.state.clone(),
            })
            .filter(|group| !known.contains(group))
            .collect()
    }

    /// These have been committed.
    pub(in crate::storage) fn learn(&self, groups: BTreeSet<Model>) {
        if !groups.is_empty() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(groups);
        }
    }

    /// The schema is changed: the table may be another.
    pub(in crate::storage) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Writes combinations that may be new, in the database transaction of the payments that have them.
pub(in crate::storage) async fn write(db: &DatabaseTransaction, groups: &BTreeSet<Model>) -> Result<(), DbErr> {
    let key = [Column::Account, Column::Currency, Column::Issuer, Column::State];
    let known = OnConflict::columns(key).do_nothing().to_owned();
    let groups: Vec<&Model> = groups.iter().collect();
    for chunk in groups.chunks(KEYS_AT_ONCE) {
        let rows = chunk.iter().map(|group| (*group).clone());
        Insert::many(rows).on_conflict(known.clone()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// The combinations that fit a filter.
pub(super) async fn fitting(db: &DatabaseConnection, filter: &PaymentFilter) -> Result<Vec<Model>, DbErr> {
    let mut select = Entity::find();
    let wanted = [
        (Column::Account, &filter.account),
        (Column::Currency, &filter.currency),
        (Column::Issuer, &filter.issuer),
        (Column::State, &filter.state),
    ];
    for (column, value) in wanted {
        if let Some(value) = value {
            select = select.filter(column.eq(value));
        }
    }
    select.all(db).await
}

/// Only payments. Written out, not bound: only so do both databases see that their indexes serve.
pub(super) fn of_payments() -> Expr {
    Expr::cust("\"kind\" = 'redirect_payment'")
}

/// The payments of one combination in a span of time.
pub(super) fn of_group(group: &Model, span: Span) -> SelectStatement {
    use transaction::Column;
    let issuer = match group.issuer.as_str() {
        "" => Column::Issuer.is_null(),
        issuer => Column::Issuer.eq(issuer),
    };
    let mut select = Query::select();
    select
        .from(transaction::Entity)
        .and_where(of_payments())
        .and_where(Column::Account.eq(&group.account))
        .and_where(Column::Currency.eq(&group.currency))
        .and_where(issuer)
        .and_where(Column::State.eq(&group.state));
    within(&mut select, span);
    select
}

/// Restricts to a span of time.
pub(super) fn within(select: &mut SelectStatement, span: Span) {
    use transaction::Column;
    if let Some(from) = span.from {
        select.and_where(Column::CreatedMs.gte(from.as_millis()));
    }
    if let Some(until) = span.until {
        select.and_where(Column::CreatedMs.lt(until.as_millis()));
    }
}

/// The places before `before`, the newest first.
pub(super) fn newest(select: &mut SelectStatement, before: Option<Place>, limit: u64) {
    use sea_orm::sea_query::Order;
    use transaction::Column;
    if let Some((at, id)) = before {
        let at = at.as_millis();
        // The first says where the index is entered.
        select.and_where(Column::CreatedMs.lte(at));
        select.and_where(Column::CreatedMs.lt(at).or(Column::Id.lt(id.as_uuid())));
    }
    select
        .columns([Column::CreatedMs, Column::Id])
        .order_by(Column::CreatedMs, Order::Desc)
        .order_by(Column::Id, Order::Desc)
        .limit(limit);
}
