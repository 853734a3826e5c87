//! Slots by when they begin, for requests that leave their length out.

use entity::slot;
use sea_orm::sea_query::{SelectStatement, UnionType};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryTrait};

use super::{in_force, values};
use crate::crypto::slot_keys_between;
use crate::domain::catalog::{MerchantId, ServiceId, SlotOffer};
use crate::storage::{StorageError, Store};

/// Starts in one statement: each is a range of the index of its own. SQLite takes 500.
const STARTS_AT_ONCE: usize = 100;

impl Store {
    /// The slots in force of a merchant that begin at these times, as they stand now: a service with seconds since the Unix
    /// epoch. In no order; a start that is named twice is found once.
    pub async fn slots_beginning(
        &self,
        merchant: &MerchantId,
        starts: &[(&ServiceId, i64)],
    ) -> Result<Vec<SlotOffer>, StorageError> {
        let mut starts = starts.to_vec();
        starts.sort_unstable();
        starts.dedup();
        let mut found = Vec::new();
        for starts in starts.chunks(STARTS_AT_ONCE) {
            // A union, as SQLite would look at every slot of the load for an OR.
            let mut arms = starts.iter().map(|(service, at_s)| beginning(merchant, service, *at_s));
            let Some(mut query) = arms.next() else { break };
            for arm in arms {
                query.union(UnionType::All, arm);
            }
            let statement = self.0.read.get_database_backend().build(&query);
            let rows = slot::Model::find_by_statement(statement).all(&self.0.read).await?;
            for row in rows {
                found.push(values::slot(row)?.offer);
            }
        }
        Ok(found)
    }
}

fn beginning(merchant: &MerchantId, service: &ServiceId, at_s: i64) -> SelectStatement {
    use slot::Column;
    let (low, high) = slot_keys_between(merchant, service, at_s, at_s);
    slot::Entity::find()
        .filter(in_force())
        .filter(Column::Key.between(low.as_uuid(), high.as_uuid()))
        // Times of a neighbourhood, and perhaps two services, share the first bytes of their keys.
        .filter(Column::StartS.eq(at_s))
        .filter(Column::MerchantId.eq(merchant.as_str()))
        .filter(Column::ServiceId.eq(service.as_str()))
        .into_query()
}
