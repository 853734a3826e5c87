//! Bank transfers in lists.

use std::collections::{HashMap, HashSet};

use entity::transaction;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::domain::bank_transfer::{BankTransfer, State};
use crate::domain::{Timestamp, TransactionId};
use crate::storage::{Codec, StorageError, Store};

/// A transfer as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct TransferRow {
    /// Our id.
    pub id: TransactionId,
    /// The snapshot.
    pub state: State,
    /// When it was imported.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What people call a remittance statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementName {
    /// The account.
    pub account: String,
    /// Google's id.
    pub statement_id: String,
}

impl Store {
    /// Bank transfers, the newest first: older than `before`, in one state or in all.
    pub async fn bank_transfers(
        &self,
        state: Option<&str>,
        before: Option<(Timestamp, TransactionId)>,
        limit: u64,
    ) -> Result<Vec<TransferRow>, StorageError> {
        use transaction::Column;
        // Written out, not bound: only so does SQLite see that the index of everything but payments serves.
        let mut select = transaction::Entity::find()
            .filter(Expr::cust(format!("\"kind\" = '{}'", BankTransfer::KIND)))
            .filter(Expr::cust("\"kind\" <> 'redirect_payment'"));
        if let Some(state) = state {
            select = select.filter(Column::State.eq(state));
        }
        if let Some((at, id)) = before {
            let same_moment = Column::CreatedMs.eq(at.as_millis()).and(Column::Id.lt(id.as_uuid()));
            select = select.filter(Column::CreatedMs.lt(at.as_millis()).or(same_moment));
        }
        let rows =
            select.order_by_desc(Column::CreatedMs).order_by_desc(Column::Id).limit(limit).all(&self.0.read).await?;
        rows.into_iter().map(row).collect()
    }

    /// The transfer with our id.
    pub async fn bank_transfer(&self, id: TransactionId) -> Result<Option<TransferRow>, StorageError> {
        let own = transaction::Entity::find_by_id(id.as_uuid());
        let found = own.filter(transaction::Column::Kind.eq(BankTransfer::KIND)).one(&self.0.read).await?;
        found.map(row).transpose()
    }

    /// The payouts that a transfer imported since then was recognised as.
    pub async fn explained_payouts(&self, since: Timestamp) -> Result<HashSet<TransactionId>, StorageError> {
        use transaction::Column;
        let rows = transaction::Entity::find()
            .filter(Expr::cust(format!("\"kind\" = '{}'", BankTransfer::KIND)))
            .filter(Expr::cust("\"kind\" <> 'redirect_payment'"))
            .filter(Column::State.eq("PaidOut"))
            .filter(Column::CreatedMs.gte(since.as_millis()))
            .all(&self.0.read)
            .await?;
        let mut payouts = HashSet::new();
        for found in rows {
            if let State::PaidOut { payout, .. } = row(found)?.state {
                payouts.insert(payout);
            }
        }
        Ok(payouts)
    }

    /// What people call these statements; ids of nothing are left out.
    pub async fn statement_names(
        &self,
        ids: &[TransactionId],
    ) -> Result<HashMap<TransactionId, StatementName>, StorageError> {
        use transaction::Column;
        let rows: Vec<(Uuid, String, String)> = transaction::Entity::find()
            .select_only()
            .columns([Column::Id, Column::Account, Column::RequestId])
            .filter(Column::Id.is_in(ids.iter().map(TransactionId::as_uuid)))
            .into_tuple()
            .all(&self.0.read)
            .await?;
        let named =
            |(id, account, statement_id)| (TransactionId::from_uuid(id), StatementName { account, statement_id });
        Ok(rows.into_iter().map(named).collect())
    }
}

fn row(row: transaction::Model) -> Result<TransferRow, StorageError> {
    let id = TransactionId::from_uuid(row.id);
    Ok(TransferRow {
        id,
        state: BankTransfer::decode_state(&row.snapshot)
            .map_err(|why| StorageError::corrupt("transactions", "snapshot", id, why))?,
        created_at: Timestamp::from_millis(row.created_ms),
        updated_at: Timestamp::from_millis(row.updated_ms),
    })
}
