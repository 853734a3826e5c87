//! Payments for an export, page by page.

use entity::transaction::{Column, Entity};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::redirect_payment::RedirectPayment;
use crate::domain::{Timestamp, TransactionId};
use crate::storage::{Codec as _, Overview, StorageError, Store};

/// Which payments: everything that is said holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaymentFilter {
    /// Of one account.
    pub account: Option<String>,
    /// At one issuer.
    pub issuer: Option<String>,
    /// In one state.
    pub state: Option<String>,
    /// Only those that stand before finance.
    pub needs_attention: bool,
    /// In one currency.
    pub currency: Option<String>,
    /// From the first to the second, both included, in micros.
    pub amount: Option<(i64, i64)>,
    /// Begun then or later.
    pub from: Option<Timestamp>,
    /// Begun before.
    pub until: Option<Timestamp>,
}

impl Store {
    /// Payments, the newest first; `before`: those that come after this one in the list.
    pub async fn search_payments(
        &self,
        filter: &PaymentFilter,
        before: Option<(Timestamp, TransactionId)>,
        limit: u64,
    ) -> Result<Vec<Overview>, StorageError> {
        let said = |column: Column, value: &Option<String>| value.as_ref().map(|value| column.eq(value));
        let mut all = Condition::all()
            .add(Column::Kind.eq(RedirectPayment::KIND))
            .add_option(said(Column::Account, &filter.account))
            .add_option(said(Column::Issuer, &filter.issuer))
            .add_option(said(Column::State, &filter.state))
            .add_option(said(Column::Currency, &filter.currency))
            .add_option(filter.needs_attention.then(|| Column::Attention.is_not_null()))
            .add_option(filter.amount.map(|(least, most)| Column::AmountMicros.between(least, most)))
            .add_option(filter.from.map(|from| Column::CreatedMs.gte(from.as_millis())))
            .add_option(filter.until.map(|until| Column::CreatedMs.lt(until.as_millis())));
        if let Some((at, id)) = before {
            let same = Condition::all().add(Column::CreatedMs.eq(at.as_millis())).add(Column::Id.lt(id.as_uuid()));
            all = all
                .add(Column::CreatedMs.lte(at.as_millis()))
                .add(Condition::any().add(Column::CreatedMs.lt(at.as_millis())).add(same));
        }
        let select = Entity::find().filter(all).order_by_desc(Column::CreatedMs).order_by_desc(Column::Id).limit(limit);
        select.all(&self.0.read).await?.into_iter().map(Overview::try_from).collect()
    }
}
