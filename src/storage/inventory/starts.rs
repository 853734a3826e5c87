//! Slots by when they begin, for requests that leave their length out.

use entity::slot;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::{in_force, values};
use crate::crypto::slot_keys_between;
use crate::domain::catalog::{MerchantId, ServiceId, SlotOffer};
use crate::storage::{StorageError, Store};

/// Starts in one statement: each is a range of the index of its own.
const STARTS_AT_ONCE: usize = 100;

impl Store {
    /// The slots in force of a merchant that begin at these times, as they stand now: a service with seconds since the Unix
    /// epoch. In no order; a start that is named twice is found once.
    pub async fn slots_beginning(
        &self,
        merchant: &MerchantId,
        starts: &[(&ServiceId, i64)],
    ) -> Result<Vec<SlotOffer>, StorageError> {
        use slot::Column;
        let mut starts = starts.to_vec();
        starts.sort_unstable();
        starts.dedup();
        let mut found = Vec::new();
        for starts in starts.chunks(STARTS_AT_ONCE) {
            let these = starts.iter().fold(Condition::any(), |any, (service, at_s)| {
                let (low, high) = slot_keys_between(merchant, service, *at_s, *at_s);
                let near = Column::Key.between(low.as_uuid(), high.as_uuid());
                // Services, and times of a neighbourhood, share the first bytes of their keys.
                any.add(near.and(Column::StartS.eq(*at_s)).and(Column::ServiceId.eq(service.as_str())))
            });
            let rows = slot::Entity::find()
                .filter(in_force())
                .filter(these)
                .filter(Column::MerchantId.eq(merchant.as_str()))
                .all(&self.0.read)
                .await?;
            for row in rows {
                found.push(values::slot(row)?.offer);
            }
        }
        Ok(found)
    }
}
