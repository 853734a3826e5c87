//! Slots whose spots Google has not been told (google-booking-server section 8.5).

use entity::slot;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::in_force;
use crate::domain::catalog::{MerchantId, ServiceId, SlotKey};
use crate::storage::batch::KEYS_AT_ONCE;
use crate::storage::{CodecError, StorageError, Store};

/// A slot with other spots than Google knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UntoldSlot {
    /// Which.
    pub key: SlotKey,
    /// Whose.
    pub merchant: MerchantId,
    /// Of which service.
    pub service: ServiceId,
    /// When it begins, in seconds since the Unix epoch.
    pub start_s: i64,
    /// The mark of its last change; every change gives it another one.
    pub mark: i64,
}

impl Store {
    /// What Google has not been told, by service and time; at most `limit`.
    pub async fn untold_slots(&self, limit: u64) -> Result<Vec<UntoldSlot>, StorageError> {
        use slot::Column;
        let rows: Vec<(Uuid, String, String, i64, i64)> = slot::Entity::find()
            .select_only()
            .columns([Column::Key, Column::MerchantId, Column::ServiceId, Column::StartS, Column::UntoldMs])
            .filter(in_force())
            .filter(Column::UntoldMs.is_not_null())
            .order_by_asc(Column::MerchantId)
            .order_by_asc(Column::ServiceId)
            .order_by_asc(Column::StartS)
            .limit(limit)
            .into_tuple()
            .all(&self.0.read)
            .await?;
        rows.into_iter()
            .map(|(key, merchant, service, start_s, mark)| {
                let corrupt = |column, why: String| StorageError::corrupt("slots", column, key, CodecError(why));
                Ok(UntoldSlot {
                    key: SlotKey::from_uuid(key),
                    merchant: MerchantId::parse(&merchant).map_err(|why| corrupt("merchant_id", why.to_string()))?,
                    service: ServiceId::parse(&service).map_err(|why| corrupt("service_id", why.to_string()))?,
                    start_s,
                    mark,
                })
            })
            .collect()
    }

    /// Somebody else has taken it on to tell Google of these changes. What has changed since keeps its mark.
    pub async fn clear_untold(&self, taken_on: &[UntoldSlot]) -> Result<u64, StorageError> {
        use slot::Column;
        let mut cleared = 0;
        // In the order in which everybody locks slots.
        let mut taken_on: Vec<&UntoldSlot> = taken_on.iter().collect();
        taken_on.sort_unstable_by_key(|slot| slot.key);
        for chunk in taken_on.chunks(KEYS_AT_ONCE) {
            let these = chunk.iter().fold(Condition::any(), |any, slot| {
                any.add(Column::Key.eq(slot.key.as_uuid()).and(Column::UntoldMs.eq(slot.mark)))
            });
            let done = slot::Entity::update_many()
                .col_expr(Column::UntoldMs, Expr::value(None::<i64>))
                .filter(in_force())
                // By the key first: an OR alone would look at every slot of the load, and hold the writer meanwhile.
                .filter(Column::Key.is_in(chunk.iter().map(|slot| slot.key.as_uuid())))
                .filter(these)
                .exec(&self.0.write)
                .await?;
            cleared += done.rows_affected;
        }
        Ok(cleared)
    }
}
