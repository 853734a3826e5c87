//! Lists of alarms, and what of other rows can be a cause for one.

use entity::{outbox, transaction};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use crate::domain::alarm::{Alarm, State};
use crate::domain::{EffectLane, Timestamp};
use crate::storage::{Codec, StorageError, Store};

/// Rows that have waited for too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// What kind of thing they are.
    pub name: String,
    /// How many.
    pub count: u64,
    /// Since when the oldest waits.
    pub oldest: Timestamp,
}

/// The name of the state that lasts.
const RAISED: &str = "Raised";

impl Store {
    /// Alarms that last, the oldest first.
    pub async fn raised_alarms(&self) -> Result<Vec<State>, StorageError> {
        let raised = alarms().filter(transaction::Column::State.eq(RAISED));
        self.read_alarms(raised.order_by_asc(transaction::Column::CreatedMs)).await
    }

    /// Alarms, those that last first, then those that changed last; at most `limit`.
    pub async fn alarms(&self, limit: u64) -> Result<Vec<State>, StorageError> {
        use transaction::Column;
        // `Raised` is after `Quiet` in the alphabet.
        self.read_alarms(alarms().order_by_desc(Column::State).order_by_desc(Column::UpdatedMs).limit(limit)).await
    }

    async fn read_alarms(&self, select: Select<transaction::Entity>) -> Result<Vec<State>, StorageError> {
        let rows = select.all(&self.0.read).await?;
        let decoded = |row: transaction::Model| {
            Alarm::decode_state(&row.snapshot)
                .map_err(|why| StorageError::corrupt("transactions", "snapshot", row.id, why))
        };
        rows.into_iter().map(decoded).collect()
    }

    /// What stands before finance in transactions that began before `began_before`, by the reason's name.
    pub async fn before_finance(&self, began_before: Timestamp) -> Result<Vec<Overdue>, StorageError> {
        use transaction::Column;
        let rows: Vec<(String, i64, i64)> = transaction::Entity::find()
            .select_only()
            .column(Column::Attention)
            .expr(Expr::col(Column::Id).count())
            .expr(Expr::col(Column::CreatedMs).min())
            .filter(Column::Attention.is_not_null())
            .filter(Column::CreatedMs.lte(began_before.as_millis()))
            .group_by(Column::Attention)
            .order_by_asc(Column::Attention)
            .into_tuple()
            .all(&self.0.read)
            .await?;
        Ok(rows.into_iter().map(overdue).collect())
    }

    /// Effects in `lane` that were decided before `decided_before` and are still to be carried out, by the kind of their
    /// transaction.
    pub async fn waiting_effects(
        &self,
        lane: EffectLane,
        decided_before: Timestamp,
    ) -> Result<Vec<Overdue>, StorageError> {
        use outbox::Column;
        let rows: Vec<(String, i64, i64)> = outbox::Entity::find()
            .select_only()
            .column(Column::Kind)
            .expr(Expr::col(Column::Number).count())
            .expr(Expr::col(Column::CreatedMs).min())
            .filter(Column::ParkedMs.is_null())
            .filter(Column::Lane.eq(lane.as_str()))
            .filter(Column::CreatedMs.lte(decided_before.as_millis()))
            .group_by(Column::Kind)
            .order_by_asc(Column::Kind)
            .into_tuple()
            .all(&self.0.read)
            .await?;
        Ok(rows.into_iter().map(overdue).collect())
    }
}

fn alarms() -> Select<transaction::Entity> {
    // Written out, not bound: only so does SQLite see that the index of alarms serves.
    transaction::Entity::find().filter(Expr::cust(format!("\"kind\" = '{}'", Alarm::KIND)))
}

fn overdue((name, count, oldest): (String, i64, i64)) -> Overdue {
    Overdue { name, count: u64::try_from(count).unwrap_or(0), oldest: Timestamp::from_millis(oldest) }
}
