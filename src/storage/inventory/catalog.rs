//! Merchants and services in memory: every call of Google needs some, and they change only with a load.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Mutex;

use crate::domain::catalog::{Merchant, MerchantId, Service, ServiceId};
use crate::storage::{StorageError, Store};

/// Rows in one statement.
const PAGE: u64 = 1_000;

/// The merchants and services of one load.
#[derive(Debug, Default)]
pub struct Catalog {
    generation: i64,
    merchants: HashMap<MerchantId, Offered>,
}

#[derive(Debug)]
struct Offered {
    merchant: Arc<Merchant>,
    services: HashMap<ServiceId, Arc<Service>>,
}

impl Catalog {
    /// The number of the load; 0: none was ever loaded.
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// Whether another load may have been in force before: what this one does not have, that one may have had.
    pub const fn replaced_another(&self) -> bool {
        self.generation > 1
    }

    /// A merchant.
    pub fn merchant(&self, id: &MerchantId) -> Option<&Arc<Merchant>> {
        self.merchants.get(id).map(|offered| &offered.merchant)
    }

    /// A service.
    pub fn service(&self, merchant: &MerchantId, id: &ServiceId) -> Option<&Arc<Service>> {
        self.merchants.get(merchant)?.services.get(id)
    }

    /// All merchants, in no order.
    pub fn merchants(&self) -> impl Iterator<Item = &Arc<Merchant>> {
        self.merchants.values().map(|offered| &offered.merchant)
    }

    /// All services of a merchant, in no order.
    pub fn services(&self, merchant: &MerchantId) -> impl Iterator<Item = &Arc<Service>> {
        self.merchants.get(merchant).into_iter().flat_map(|offered| offered.services.values())
    }
}

/// The catalogue that was read last.
#[derive(Debug, Default)]
pub(in crate::storage) struct CatalogCache {
    last: RwLock<Arc<Catalog>>,
    /// One reads, the others wait for what it read.
    reading: Mutex<()>,
}

impl CatalogCache {
    /// The catalogue of this load, if it was read.
    pub(super) fn of(&self, generation: i64) -> Option<Arc<Catalog>> {
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
        (last.generation == generation).then(|| last.clone())
    }

    fn keep(&self, catalog: &Arc<Catalog>) {
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = catalog.clone();
    }
}

impl Store {
    /// The catalogue in force: from memory, after a look at which load is in force.
    pub async fn catalog(&self) -> Result<Arc<Catalog>, StorageError> {
        let in_force = self.inventory_in_force().await?;
        if let Some(catalog) = self.0.catalog.of(in_force.generation) {
            return Ok(catalog);
        }
        let _others_wait = self.0.catalog.reading.lock().await;
        let mut generation = self.inventory_in_force().await?.generation;
        loop {
            if let Some(catalog) = self.0.catalog.of(generation) {
                return Ok(catalog);
            }
            let catalog = Arc::new(self.read_catalog(generation).await?);
            // If another one came into force meanwhile, rows of this one may have been gone.
            let now = self.inventory_in_force().await?.generation;
            if now == generation {
                self.0.catalog.keep(&catalog);
                return Ok(catalog);
            }
            generation = now;
        }
    }

    /// A merchant in force.
    pub async fn merchant(&self, id: &MerchantId) -> Result<Option<Arc<Merchant>>, StorageError> {
        Ok(self.catalog().await?.merchant(id).cloned())
    }

    /// A service in force.
    pub async fn service(&self, merchant: &MerchantId, id: &ServiceId) -> Result<Option<Arc<Service>>, StorageError> {
        Ok(self.catalog().await?.service(merchant, id).cloned())
    }

    async fn read_catalog(&self, generation: i64) -> Result<Catalog, StorageError> {
        let mut merchants: HashMap<MerchantId, Offered> = HashMap::new();
        let mut after = None;
        loop {
            let page = self.published_merchants(generation, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.offer.id.clone());
            for merchant in page {
                let offered = Offered { merchant: Arc::new(merchant.offer), services: HashMap::new() };
                merchants.insert(offered.merchant.id.clone(), offered);
            }
        }
        let mut after = None;
        loop {
            let page = self.published_services(generation, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.offer.merchant.clone(), last.offer.id.clone()));
            for service in page {
                let service = Arc::new(service.offer);
                if let Some(offered) = merchants.get_mut(&service.merchant) {
                    offered.services.insert(service.id.clone(), service);
                }
            }
        }
        Ok(Catalog { generation, merchants })
    }
}
