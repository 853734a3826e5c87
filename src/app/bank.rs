//! Bank statement imports, in the server and beside it.

use std::sync::Arc;
use std::time::Duration;

use super::{Hands, Surroundings};
use crate::actors::{BankImport, OutboxHandle, Registry, RegistrySettings};
use crate::config::Config;
use crate::domain::bank_transfer::BankTransfer;
use crate::storage::{NodeId, Store};

/// A file touches each of its transfers once: there is nothing to gain by keeping them.
const SETTINGS: RegistrySettings = RegistrySettings { shards: 1, idle: Duration::from_secs(1), most_resident: 1_000 };

pub(super) fn registry(hands: &Hands<'_>) -> Registry<BankTransfer> {
    Registry::start(Arc::new(hands.shell()), SETTINGS)
}

/// For `roundtrip bank import`: books into `store` and carries nothing out. That is left to the server beside it, or to its
/// next start. Must be called within an actix system.
pub fn bank_import(config: &Config, store: &Store) -> BankImport {
    let around = Surroundings::system();
    let outbox = OutboxHandle::default();
    let node = NodeId::from_uuid(uuid::Uuid::from_u64_pair(around.entropy.next_u64(), around.entropy.next_u64()));
    // Leased to nobody for any time: whoever looks next takes them.
    let hands = Hands { config, store, around: &around, outbox: &outbox, node, lease_ms: 0 };
    BankImport { store: store.clone(), transfers: registry(&hands), clock: around.clock.clone() }
}
