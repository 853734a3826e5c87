//! Loads the feeds: reads them as a stream, stages them beside what is in force, and puts them in force when every line of
//! them is good (google-booking-server section 7, contract section 6).

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::{JoinError, spawn_blocking};

use crate::ports::Clock;
use crate::protocol::booking_feeds::{FeedError, FeedFile, FeedTotals, Feeds, FromFeed, InvalidFeed};
use crate::storage::{FeedBatch, Placed, Staging, StorageError, Store};

/// Batches that wait while one is written: memory does not grow with the feeds.
const AHEAD: usize = 2;

/// Loads feeds. Cheap to clone.
#[derive(Clone)]
pub struct InventoryLoad {
    /// Where they go.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What became of feeds that are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryLoaded {
    /// In force, or not and why.
    pub placed: Placed,
    /// What they came to; feeds that were not read count nothing.
    pub totals: FeedTotals,
}

/// Why feeds were not loaded. In every case what was in force still is.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// They are refused.
    #[error(transparent)]
    Refused(Box<InvalidFeed>),
    /// They could not be stored.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Ours: reading ended abnormally.
    #[error("reading the feeds broke off")]
    BrokenOff,
}

impl From<JoinError> for InventoryError {
    fn from(error: JoinError) -> Self {
        tracing::error!(error = %error, "reading feeds ended abnormally");
        Self::BrokenOff
    }
}

impl From<InvalidFeed> for InventoryError {
    fn from(invalid: InvalidFeed) -> Self {
        Self::Refused(Box::new(invalid))
    }
}

impl From<FeedError> for InventoryError {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::Invalid(invalid) => Self::Refused(invalid),
            FeedError::Stopped => Self::BrokenOff,
        }
    }
}

impl From<FromFeed> for FeedBatch {
    fn from(read: FromFeed) -> Self {
        match read {
            FromFeed::Merchants(merchants) => Self::Merchants(merchants),
            FromFeed::Services(services) => Self::Services(services),
            FromFeed::Slots(slots) => Self::Slots(slots),
        }
    }
}

impl InventoryLoad {
    /// Loads feeds, whatever order their files come in. They are read to their end even if they are not newer than what is
    /// in force: whoever sends them learns what is wrong with them.
    pub async fn run(&self, files: Vec<FeedFile>) -> Result<InventoryLoaded, InventoryError> {
        let feeds = spawn_blocking(move || Feeds::survey(files)).await??;
        let placed = self.store.inventory_in_force().await?.takes(feeds.generation());
        let loaded = match placed {
            Placed::InForce => self.load(feeds).await?,
            Placed::Known | Placed::Older { .. } => {
                let totals = spawn_blocking(move || feeds.read(|_| true)).await??;
                InventoryLoaded { placed, totals }
            }
        };
        Ok(Self::told(loaded))
    }

    /// As [`InventoryLoad::run`] at a start: feeds that are not newer than what is in force are not read again.
    pub async fn run_at_start(&self, files: Vec<FeedFile>) -> Result<InventoryLoaded, InventoryError> {
        let feeds = spawn_blocking(move || Feeds::survey(files)).await??;
        let placed = self.store.inventory_in_force().await?.takes(feeds.generation());
        let loaded = match placed {
            Placed::InForce => self.load(feeds).await?,
            Placed::Known | Placed::Older { .. } => {
                let totals = FeedTotals { generation: feeds.generation(), ..FeedTotals::default() };
                InventoryLoaded { placed, totals }
            }
        };
        Ok(Self::told(loaded))
    }

    /// Removes what loads have left behind, in the background.
    pub fn tidy(&self) {
        let load = self.clone();
        tokio::spawn(async move {
            match load.store.tidy_inventory(load.clock.now()).await {
                Ok(0) => {}
                Ok(removed) => tracing::info!(inventory.removed = removed, "removed slots that are in force no more"),
                // The next load or start removes them.
                Err(error) => tracing::warn!(error = %error, "slots that are in force no more were not all removed"),
            }
        });
    }

    async fn load(&self, feeds: Feeds) -> Result<InventoryLoaded, InventoryError> {
        let staging = self.store.begin_load(feeds.generation(), self.clock.now()).await?;
        match self.stage(feeds, &staging).await {
            Ok(totals) => {
                let placed = self.store.put_in_force(staging, self.clock.now()).await?;
                // So that Google's next call finds merchants and services in memory; it would read them itself.
                let _ready = self.store.catalog().await;
                self.tidy();
                Ok(InventoryLoaded { placed, totals })
            }
            Err(error) => {
                if let Err(failed) = self.store.discard_load(staging).await {
                    tracing::warn!(error = %failed, "a load that failed was not discarded: it is removed later");
                }
                self.tidy();
                Err(error)
            }
        }
    }

    async fn stage(&self, feeds: Feeds, staging: &Staging) -> Result<FeedTotals, InventoryError> {
        let (sender, mut receiver) = mpsc::channel(AHEAD);
        let reading = spawn_blocking(move || feeds.read(|batch| sender.blocking_send(batch).is_ok()));
        while let Some(batch) = receiver.recv().await {
            // Leaving here closes the channel, and that ends the reading.
            self.store.stage(staging, batch.into(), self.clock.now()).await?;
        }
        Ok(reading.await??)
    }

    fn told(loaded: InventoryLoaded) -> InventoryLoaded {
        let InventoryLoaded { placed, totals } = &loaded;
        for warning in &totals.warnings.first {
            tracing::warn!("{warning}");
        }
        if totals.warnings.more > 0 {
            tracing::warn!("the feeds have {} more warnings", totals.warnings.more);
        }
        match placed {
            Placed::InForce => tracing::info!(
                inventory.generation = totals.generation,
                inventory.merchants = totals.merchants,
                inventory.services = totals.services,
                inventory.slots = totals.slots,
                "the feeds are in force"
            ),
            Placed::Known => {
                tracing::info!(inventory.generation = totals.generation, "the feeds are in force already");
            }
            Placed::Older { in_force } => tracing::warn!(
                inventory.generation = totals.generation,
                inventory.in_force = in_force,
                "the feeds are ignored: newer ones are in force"
            ),
        }
        loaded
    }
}
