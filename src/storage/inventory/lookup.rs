//! Slots by their keys, and by time.

use std::sync::Arc;

use entity::slot;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Catalog, in_force, values};
use crate::crypto::{slot_key, slot_keys_between};
use crate::domain::catalog::{MerchantId, ServiceId, SlotId, SlotOffer};
use crate::storage::{StorageError, Store};

/// Slots, with the catalogue that they belong to.
#[derive(Debug, Clone)]
pub struct Availability {
    /// One for each identity, in their order; `None`: there is no such slot.
    pub slots: Vec<Option<SlotOffer>>,
    /// Merchants and services of the same load.
    pub catalog: Arc<Catalog>,
}

impl Store {
    /// The slots in force with these identities, as they stand now, one for each (google-booking-server section 4.2).
    pub async fn slots(&self, slots: &[SlotId]) -> Result<Vec<Option<SlotOffer>>, StorageError> {
        Ok(self.find_slots(slots).await?.1)
    }

    /// As [`Store::slots`], with the catalogue. One query, as long as one of the slots is there.
    pub async fn availability(&self, slots: &[SlotId]) -> Result<Availability, StorageError> {
        let (generation, slots) = self.find_slots(slots).await?;
        let catalog = match generation.and_then(|generation| self.0.catalog.of(generation)) {
            Some(catalog) => catalog,
            None => self.catalog().await?,
        };
        Ok(Availability { slots, catalog })
    }

    async fn find_slots(&self, slots: &[SlotId]) -> Result<(Option<i64>, Vec<Option<SlotOffer>>), StorageError> {
        let keys = slots.iter().map(|slot| slot_key(slot).as_uuid()).collect();
        let found = self.0.lookups.find(keys).await?;
        let generation = found.iter().flatten().map(|found| found.generation).next();
        let offers =
            slots.iter().zip(found).map(|(slot, found)| found.map(|found| values::offer(slot, found)).transpose());
        Ok((generation, offers.collect::<Result<_, _>>()?))
    }

    /// The slots in force of a service that begin within `[start_s, end_s)`, in seconds since the Unix epoch, as they stand
    /// now, by their start.
    pub async fn slots_between(
        &self,
        merchant: &MerchantId,
        service: &ServiceId,
        start_s: i64,
        end_s: i64,
    ) -> Result<Vec<SlotOffer>, StorageError> {
        use slot::Column;
        let (low, high) = slot_keys_between(merchant, service, start_s, end_s);
        let rows = slot::Entity::find()
            .filter(in_force())
            .filter(Column::Key.between(low.as_uuid(), high.as_uuid()))
            .filter(Column::StartS.gte(start_s))
            .filter(Column::StartS.lt(end_s))
            // Two services may share the first bytes of their keys.
            .filter(Column::MerchantId.eq(merchant.as_str()))
            .filter(Column::ServiceId.eq(service.as_str()))
            .order_by_asc(Column::StartS)
            .order_by_asc(Column::Key)
            .all(&self.0.read)
            .await?;
        rows.into_iter().map(|row| Ok(values::slot(row)?.offer)).collect()
    }

    /// How many slots are in force.
    pub async fn slot_count(&self) -> Result<u64, StorageError> {
        let count: Option<i64> = slot::Entity::find()
            .select_only()
            .expr(slot::Column::Key.count())
            .filter(in_force())
            .into_tuple()
            .one(&self.0.read)
            .await?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }

    /// How many spots of the slots in force are taken.
    pub async fn spots_taken(&self) -> Result<u64, StorageError> {
        use slot::Column;
        // As text: PostgreSQL's sum is wider than any integer of ours.
        let taken = Expr::col(Column::SpotsTotal).sub(Expr::col(Column::SpotsOpen));
        let sum: Option<Option<String>> = slot::Entity::find()
            .select_only()
            .expr(Func::sum(taken).cast_as(Alias::new("text")))
            .filter(in_force())
            .into_tuple()
            .one(&self.0.read)
            .await?;
        Ok(sum.flatten().and_then(|sum| sum.parse().ok()).unwrap_or(0))
    }
}
