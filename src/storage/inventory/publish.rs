//! Everything of a load, page by page, with the words that it was published in.

use entity::{merchant, service, slot};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::values;
use crate::domain::catalog::{Merchant, MerchantId, Published, Service, ServiceId, SlotKey, SlotOffer};
use crate::storage::{StorageError, Store};

impl Store {
    /// Merchants of a load after `after`, by their ids.
    pub async fn published_merchants(
        &self,
        generation: i64,
        after: Option<&MerchantId>,
        limit: u64,
    ) -> Result<Vec<Published<Merchant>>, StorageError> {
        use merchant::Column;
        let mut select = merchant::Entity::find().filter(Column::Generation.eq(generation));
        if let Some(after) = after {
            select = select.filter(Column::MerchantId.gt(after.as_str()));
        }
        let rows = select.order_by_asc(Column::MerchantId).limit(limit).all(&self.0.read).await?;
        rows.iter().map(values::merchant).collect()
    }

    /// Services of a load after `after`, by the ids of merchant and service.
    pub async fn published_services(
        &self,
        generation: i64,
        after: Option<&(MerchantId, ServiceId)>,
        limit: u64,
    ) -> Result<Vec<Published<Service>>, StorageError> {
        use service::Column;
        let mut select = service::Entity::find().filter(Column::Generation.eq(generation));
        if let Some((merchant, service)) = after {
            let same = Column::MerchantId.eq(merchant.as_str()).and(Column::ServiceId.gt(service.as_str()));
            select = select.filter(Column::MerchantId.gt(merchant.as_str()).or(same));
        }
        let rows = select
            .order_by_asc(Column::MerchantId)
            .order_by_asc(Column::ServiceId)
            .limit(limit)
            .all(&self.0.read)
            .await?;
        rows.iter().map(values::service).collect()
    }

    /// Slots of a load after `after`, by their keys, as they stand now.
    pub async fn published_slots(
        &self,
        generation: i64,
        after: Option<SlotKey>,
        limit: u64,
    ) -> Result<Vec<(SlotKey, Published<SlotOffer>)>, StorageError> {
        use slot::Column;
        let mut select = slot::Entity::find().filter(Column::Generation.eq(generation));
        if let Some(after) = after {
            select = select.filter(Column::Key.gt(after.as_uuid()));
        }
        let rows = select.order_by_asc(Column::Key).limit(limit).all(&self.0.read).await?;
        rows.into_iter().map(|row| Ok((SlotKey::from_uuid(row.key), values::slot(row)?))).collect()
    }
}
