//! Loads of the feeds: staged beside what is in force, and put in force in one step.

use entity::{inventory, merchant, service, slot, staging};
use sea_orm::sea_query::{Expr, ExprTrait, LockType, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, IntoActiveModel,
    QueryFilter, QuerySelect,
};

use super::values;
use crate::domain::Timestamp;
use crate::domain::catalog::{Merchant, Published, Service, SlotKey, SlotOffer};
use crate::storage::batch::insert;
use crate::storage::writer::begin;
use crate::storage::{StorageError, Store};

/// A load that wrote nothing for so long is given up: its process has ended.
const GIVEN_UP_MS: i64 = 5 * 60_000;
/// Rows that are removed in one database transaction.
const REMOVED_AT_ONCE: u64 = 5_000;

/// A load that is under way. Unless it is put in force or discarded, what it wrote is removed by a later
/// [`Store::tidy_inventory`].
#[derive(Debug)]
pub struct Staging {
    generation: i64,
    feed_generation: i64,
}

/// Some rows of a load. Merchants and services are unique by their ids, slots by their keys, or staging fails.
#[derive(Debug)]
pub enum FeedBatch {
    /// Merchants.
    Merchants(Vec<Published<Merchant>>),
    /// Services.
    Services(Vec<Published<Service>>),
    /// Slots with their keys (`crypto::slot_key`).
    Slots(Vec<(SlotKey, Published<SlotOffer>)>),
}

/// Which load is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InForce {
    /// The number of the load; 0: none was ever loaded.
    pub generation: i64,
    /// `generation_timestamp` of its feeds, in seconds since the Unix epoch; 0: none.
    pub feed_generation: i64,
    /// When it came into force.
    pub loaded_at: Timestamp,
}

/// What became of a load (contract section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// In force: it replaces all that was.
    InForce,
    /// The same generation of the feeds is in force already: nothing has changed.
    Known,
    /// A newer one is in force: nothing has changed.
    Older {
        /// Its `generation_timestamp`.
        in_force: i64,
    },
}

impl InForce {
    /// What would become of feeds of this generation.
    pub fn takes(&self, feed_generation: i64) -> Placed {
        match feed_generation.cmp(&self.feed_generation) {
            std::cmp::Ordering::Greater => Placed::InForce,
            std::cmp::Ordering::Equal => Placed::Known,
            std::cmp::Ordering::Less => Placed::Older { in_force: self.feed_generation },
        }
    }
}

impl From<inventory::Model> for InForce {
    fn from(row: inventory::Model) -> Self {
        Self {
            generation: row.generation,
            feed_generation: row.feed_generation,
            loaded_at: Timestamp::from_millis(row.loaded_ms),
        }
    }
}

fn missing() -> StorageError {
    StorageError::Malformed("the row of the table inventory is missing")
}

impl Store {
    /// Which load is in force.
    pub async fn inventory_in_force(&self) -> Result<InForce, StorageError> {
        Ok(inventory::Entity::find_by_id(1).one(&self.0.read).await?.ok_or_else(missing)?.into())
    }

    /// Begins a load of feeds with this `generation_timestamp` (seconds since the Unix epoch).
    pub async fn begin_load(&self, feed_generation: i64, now: Timestamp) -> Result<Staging, StorageError> {
        let transaction = begin(&self.0.write).await?;
        // The row's lock keeps two nodes from taking one number.
        inventory::Entity::update_many()
            .col_expr(inventory::Column::LastStaged, Expr::col(inventory::Column::LastStaged).add(1))
            .filter(inventory::Column::Id.eq(1))
            .exec(&transaction)
            .await?;
        let row = inventory::Entity::find_by_id(1).one(&transaction).await?.ok_or_else(missing)?;
        let generation = row.last_staged;
        let staging = staging::Model { generation, feed_generation, alive_ms: now.as_millis() };
        insert::<staging::Entity>(&transaction, vec![staging]).await?;
        transaction.commit().await?;
        Ok(Staging { generation, feed_generation })
    }

    /// Writes some rows of a load. Some thousands at a time leave room for bookings in between.
    pub async fn stage(&self, staging: &Staging, batch: FeedBatch, now: Timestamp) -> Result<(), StorageError> {
        let generation = staging.generation;
        let transaction = begin(&self.0.write).await?;
        let alive = staging::Entity::update_many()
            .col_expr(staging::Column::AliveMs, Expr::value(now.as_millis()))
            .filter(staging::Column::Generation.eq(generation))
            .exec(&transaction)
            .await?;
        if alive.rows_affected == 0 {
            return Err(StorageError::LoadGivenUp);
        }
        match batch {
            FeedBatch::Merchants(merchants) => {
                let rows = merchants.iter().map(|merchant| values::merchant_row(generation, merchant));
                insert::<merchant::Entity>(&transaction, rows.collect::<Result<_, _>>()?).await?;
            }
            FeedBatch::Services(services) => {
                let rows = services.iter().map(|service| values::service_row(generation, service));
                insert::<service::Entity>(&transaction, rows.collect::<Result<_, _>>()?).await?;
            }
            FeedBatch::Slots(mut slots) => {
                // In the order of the index.
                slots.sort_unstable_by_key(|(key, _)| *key);
                let rows = slots.iter().map(|slot| values::slot_row(generation, slot));
                insert::<slot::Entity>(&transaction, rows.collect::<Result<_, _>>()?).await?;
            }
        }
        Ok(transaction.commit().await?)
    }

    /// Puts a load in force, if its feeds are newer than those that are (contract section 6). Of two nodes that load the
    /// same feeds one wins; both may go on.
    pub async fn put_in_force(&self, staging: Staging, now: Timestamp) -> Result<Placed, StorageError> {
        let transaction = begin(&self.0.write).await?;
        let mut select = inventory::Entity::find_by_id(1);
        if transaction.get_database_backend() == DbBackend::Postgres {
            select = select.lock(LockType::Update);
        }
        let row = select.one(&transaction).await?.ok_or_else(missing)?;
        let placed = InForce::from(row.clone()).takes(staging.feed_generation);
        if !forget(&transaction, &staging).await? {
            return Err(StorageError::LoadGivenUp);
        }
        if placed == Placed::InForce {
            let row = inventory::Model {
                generation: staging.generation,
                feed_generation: staging.feed_generation,
                loaded_ms: now.as_millis(),
                ..row
            };
            row.into_active_model().reset_all().update(&transaction).await?;
        }
        transaction.commit().await?;
        Ok(placed)
    }

    /// Gives a load up. Its rows are removed by the next [`Store::tidy_inventory`].
    pub async fn discard_load(&self, staging: Staging) -> Result<(), StorageError> {
        let transaction = begin(&self.0.write).await?;
        forget(&transaction, &staging).await?;
        Ok(transaction.commit().await?)
    }

    /// Removes the rows of loads that are neither in force nor under way, some at a time. Returns how many slots went.
    pub async fn tidy_inventory(&self, now: Timestamp) -> Result<u64, StorageError> {
        let given_up = now.plus_millis(-GIVEN_UP_MS).as_millis();
        staging::Entity::delete_many().filter(staging::Column::AliveMs.lt(given_up)).exec(&self.0.write).await?;
        let (mut after, mut removed) = (0, 0);
        while let Some(generation) = self.next_generation(after).await? {
            // Asked in this order, a load that comes into force meanwhile is seen.
            let under_way = staging::Entity::find_by_id(generation).one(&self.0.read).await?.is_some();
            if !under_way && self.inventory_in_force().await?.generation != generation {
                removed += self.remove_generation(generation).await?;
            }
            after = generation;
        }
        Ok(removed)
    }

    /// The lowest generation above `after` that has rows: one step in each index.
    async fn next_generation(&self, after: i64) -> Result<Option<i64>, StorageError> {
        let slots: Option<Option<i64>> = slot::Entity::find()
            .select_only()
            .expr(slot::Column::Generation.min())
            .filter(slot::Column::Generation.gt(after))
            .into_tuple()
            .one(&self.0.read)
            .await?;
        let services: Option<Option<i64>> = service::Entity::find()
            .select_only()
            .expr(service::Column::Generation.min())
            .filter(service::Column::Generation.gt(after))
            .into_tuple()
            .one(&self.0.read)
            .await?;
        let merchants: Option<Option<i64>> = merchant::Entity::find()
            .select_only()
            .expr(merchant::Column::Generation.min())
            .filter(merchant::Column::Generation.gt(after))
            .into_tuple()
            .one(&self.0.read)
            .await?;
        Ok([slots, services, merchants].into_iter().flatten().flatten().min())
    }

    async fn remove_generation(&self, generation: i64) -> Result<u64, StorageError> {
        let mut removed = 0;
        loop {
            let some = Query::select()
                .column(slot::Column::Key)
                .from(slot::Entity)
                .and_where(slot::Column::Generation.eq(generation))
                .order_by(slot::Column::Key, sea_orm::Order::Asc)
                .limit(REMOVED_AT_ONCE)
                .to_owned();
            let deleted = slot::Entity::delete_many()
                .filter(slot::Column::Generation.eq(generation))
                .filter(slot::Column::Key.in_subquery(some))
                .exec(&self.0.write)
                .await?
                .rows_affected;
            removed += deleted;
            if deleted < REMOVED_AT_ONCE {
                break;
            }
            tokio::task::yield_now().await;
        }
        service::Entity::delete_many().filter(service::Column::Generation.eq(generation)).exec(&self.0.write).await?;
        merchant::Entity::delete_many().filter(merchant::Column::Generation.eq(generation)).exec(&self.0.write).await?;
        Ok(removed)
    }
}

/// Whether it was still under way.
async fn forget(db: &DatabaseTransaction, staging: &Staging) -> Result<bool, StorageError> {
    Ok(staging::Entity::delete_by_id(staging.generation).exec(db).await?.rows_affected > 0)
}
