//! Payouts in lists, and what is owed to merchants.

use entity::{ledger_balance, transaction};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::PROCESSOR;
use crate::domain::catalog::MerchantId;
use crate::domain::payout::{Payout, State};
use crate::domain::{Account, Timestamp, TransactionId};
use crate::storage::balances::{kept, sums};
use crate::storage::booking::merchant_account;
use crate::storage::rows::account_name;
use crate::storage::{AccountSum, Codec, StorageError, Store};

/// Whose payouts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayoutsOf {
    /// What the card processor pays out to us.
    Processor,
    /// What we pay out to this merchant.
    Merchant(MerchantId),
}

/// A payout as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct PayoutRow {
    /// Our id.
    pub id: TransactionId,
    /// The snapshot.
    pub state: State,
    /// When it was first heard of.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Store {
    /// Payouts, the newest first: older than `before`.
    pub async fn payouts(
        &self,
        of: &PayoutsOf,
        before: Option<(Timestamp, TransactionId)>,
        limit: u64,
    ) -> Result<Vec<PayoutRow>, StorageError> {
        use transaction::Column;
        let account = match of {
            PayoutsOf::Processor => PROCESSOR.to_owned(),
            PayoutsOf::Merchant(merchant) => merchant_account(merchant),
        };
        // Written out, not bound: only so does SQLite see that the index of everything but payments serves.
        let mut select = transaction::Entity::find()
            .filter(Expr::cust(format!("\"kind\" = '{}'", Payout::KIND)))
            .filter(Expr::cust("\"kind\" <> 'redirect_payment'"))
            .filter(Column::Account.eq(account));
        if let Some((at, id)) = before {
            let same_moment = Column::CreatedMs.eq(at.as_millis()).and(Column::Id.lt(id.as_uuid()));
            select = select.filter(Column::CreatedMs.lt(at.as_millis()).or(same_moment));
        }
        let newest = select.order_by_desc(Column::CreatedMs).order_by_desc(Column::Id).limit(limit);
        newest.all(&self.0.read).await?.into_iter().map(row).collect()
    }

    /// Payouts that were sent, in both directions, and have changed since then.
    pub async fn sent_payouts(&self, since: Timestamp) -> Result<Vec<PayoutRow>, StorageError> {
        use transaction::Column;
        let rows = transaction::Entity::find()
            .filter(Expr::cust(format!("\"kind\" = '{}'", Payout::KIND)))
            .filter(Expr::cust("\"kind\" <> 'redirect_payment'"))
            .filter(Column::State.is_in(["Paid", "Recorded"]))
            .filter(Column::UpdatedMs.gte(since.as_millis()))
            .all(&self.0.read)
            .await?;
        rows.into_iter().map(row).collect()
    }

    /// What the books say of a merchant, in every currency: negative is what we owe it. Empty: nothing was ever booked.
    pub async fn merchant_balance(&self, merchant: &MerchantId) -> Result<Vec<AccountSum>, StorageError> {
        let account = account_name(&Account::PayableToMerchant(merchant.clone()));
        kept(&self.0.read, sums().filter(ledger_balance::Column::Account.eq(account))).await
    }
}

fn row(row: transaction::Model) -> Result<PayoutRow, StorageError> {
    let id = TransactionId::from_uuid(row.id);
    Ok(PayoutRow {
        id,
        state: Payout::decode_state(&row.snapshot)
            .map_err(|why| StorageError::corrupt("transactions", "snapshot", id, why))?,
        created_at: Timestamp::from_millis(row.created_ms),
        updated_at: Timestamp::from_millis(row.updated_ms),
    })
}
