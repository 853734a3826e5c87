//! The slots of a window with all their words, for whoever says them again (google-booking-server section 8.5).

use entity::slot;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{in_force, values};
use crate::crypto::slot_keys_between;
use crate::domain::catalog::{MerchantId, Published, ServiceId, SlotOffer};
use crate::storage::{StorageError, Store};

impl Store {
    /// As [`Store::slots_between`], with what the feed says beside the offers.
    pub async fn published_between(
        &self,
        merchant: &MerchantId,
        service: &ServiceId,
        start_s: i64,
        end_s: i64,
    ) -> Result<Vec<Published<SlotOffer>>, StorageError> {
        use slot::Column;
        let (low, high) = slot_keys_between(merchant, service, start_s, end_s);
        let rows = slot::Entity::find()
            .filter(in_force())
            .filter(Column::Key.between(low.as_uuid(), high.as_uuid()))
            .filter(Column::StartS.gte(start_s).and(Column::StartS.lt(end_s)))
            // Two services may share the first bytes of their keys.
            .filter(Column::MerchantId.eq(merchant.as_str()))
            .filter(Column::ServiceId.eq(service.as_str()))
            .order_by_asc(Column::StartS)
            .order_by_asc(Column::Key)
            .all(&self.0.read)
            .await?;
        rows.into_iter().map(values::slot).collect()
    }
}
