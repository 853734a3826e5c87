//! Slots whose spots Google has not been told (google-booking-server section 8.5).

use entity::slot;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};

use super::in_force;
use crate::domain::Timestamp;
use crate::domain::catalog::{MerchantId, ServiceId};
use crate::storage::{CodecError, StorageError, Store};

/// Slots of one service, at most a day apart, of which Google has not been told some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UntoldWindow {
    /// Whose.
    pub merchant: MerchantId,
    /// Of which service.
    pub service: ServiceId,
    /// When the first of them begins, in seconds since the Unix epoch.
    pub start_s: i64,
    /// One second after the last of them begins.
    pub end_s: i64,
    /// Since when the one that has waited longest is untold.
    pub oldest: Timestamp,
    /// When the last of them changed: what is told after a look at the slots covers changes up to here.
    pub newest: Timestamp,
}

/// A day, in seconds.
const WINDOW_S: i64 = 86_400;

impl Store {
    /// What Google has not been told, the longest waiting first; at most `limit` windows.
    pub async fn untold_services(&self, limit: u64) -> Result<Vec<UntoldWindow>, StorageError> {
        use slot::Column;
        let day = || Expr::cust(format!("\"start_s\" / {WINDOW_S}"));
        let rows: Vec<(String, String, i64, i64, i64, i64)> = slot::Entity::find()
            .select_only()
            .columns([Column::MerchantId, Column::ServiceId])
            .expr(Column::StartS.min())
            .expr(Column::StartS.max())
            .expr(Column::UntoldMs.min())
            .expr(Column::UntoldMs.max())
            .filter(in_force())
            .filter(Column::UntoldMs.is_not_null())
            .group_by(Column::MerchantId)
            .group_by(Column::ServiceId)
            .group_by(day())
            .order_by(Expr::col(Column::UntoldMs).min(), Order::Asc)
            .limit(limit)
            .into_tuple()
            .all(&self.0.read)
            .await?;
        rows.into_iter()
            .map(|(merchant, service, first, last, oldest, newest)| {
                let corrupt = |column, why: String| StorageError::corrupt("slots", column, &merchant, CodecError(why));
                Ok(UntoldWindow {
                    merchant: MerchantId::parse(&merchant).map_err(|why| corrupt("merchant_id", why.to_string()))?,
                    service: ServiceId::parse(&service).map_err(|why| corrupt("service_id", why.to_string()))?,
                    start_s: first,
                    end_s: last.saturating_add(1),
                    oldest: Timestamp::from_millis(oldest),
                    newest: Timestamp::from_millis(newest),
                })
            })
            .collect()
    }

    /// Google was told of the slots of this window as they stood; those that changed after [`UntoldWindow::newest`] stay
    /// untold.
    pub async fn clear_untold(&self, told: &UntoldWindow) -> Result<u64, StorageError> {
        use slot::Column;
        let cleared = slot::Entity::update_many()
            .col_expr(Column::UntoldMs, Expr::value(None::<i64>))
            .filter(in_force())
            .filter(Column::MerchantId.eq(told.merchant.as_str()))
            .filter(Column::ServiceId.eq(told.service.as_str()))
            .filter(Column::StartS.gte(told.start_s))
            .filter(Column::StartS.lt(told.end_s))
            .filter(Column::UntoldMs.is_not_null())
            .filter(Column::UntoldMs.lte(told.newest.as_millis()))
            .exec(&self.0.write)
            .await?;
        Ok(cleared.rows_affected)
    }
}
