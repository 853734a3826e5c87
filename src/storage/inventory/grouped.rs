//! Lookups of slots, many in one query: while one query is carried out, further lookups queue; the next one takes them all.
//!
//! One lookup costs a statement, a connection and several threads that wake each other, whether it names one slot or a
//! hundred. Under load that is most of its price, and waiting lookups share it.

use std::collections::HashMap;
use std::sync::Arc;

use entity::slot;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QuerySelect};
use tokio::sync::{Mutex, mpsc, oneshot};
use uuid::Uuid;

use super::in_force;
use crate::storage::StorageError;

/// Queries at once: one is carried out while the rows of the other are read.
const SIDE_BY_SIDE: usize = 2;
/// Lookups that may wait; more are refused as [`StorageError::Overloaded`].
const MOST_WAITING: usize = 4_096;
/// Keys that one query takes, if its first lookup does not name more.
const KEYS_AT_ONCE: usize = 512;
/// The fewest places for keys of a statement. Their number doubles, so that few statements serve all.
const FEWEST_PLACES: usize = 16;

/// What a lookup reads of a slot: all that its identity does not tell.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) generation: i64,
    pub(super) tag: Option<String>,
    pub(super) spots_total: i32,
    pub(super) spots_open: i32,
    pub(super) asynchronous: bool,
    pub(super) overrides: Option<String>,
}

type Answer = Result<Vec<Option<Found>>, StorageError>;

struct Asked {
    keys: Vec<Uuid>,
    answer: oneshot::Sender<Answer>,
}

/// The queue of lookups.
pub(in crate::storage) struct GroupedLookups(mpsc::Sender<Asked>);

impl GroupedLookups {
    /// Begins to serve lookups on the runtime that calls it.
    pub(in crate::storage) fn start(read: &DatabaseConnection) -> Self {
        let (queue, waiting) = mpsc::channel(MOST_WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..SIDE_BY_SIDE {
            tokio::spawn(serve(read.clone(), waiting.clone()));
        }
        Self(queue)
    }

    /// One answer for each key, in their order.
    pub(super) async fn find(&self, keys: Vec<Uuid>) -> Answer {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let (answer, answered) = oneshot::channel();
        self.0.try_send(Asked { keys, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StorageError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StorageError::Closed,
        })?;
        answered.await.map_err(|_| StorageError::Closed)?
    }
}

async fn serve(read: DatabaseConnection, queue: Arc<Mutex<mpsc::Receiver<Asked>>>) {
    loop {
        let taken = {
            let mut queue = queue.lock().await;
            let Some(first) = queue.recv().await else { return };
            take(first, &mut queue)
        };
        // Who gave up has no use for the answer.
        let wanted: Vec<Asked> = taken.into_iter().filter(|asked| !asked.answer.is_closed()).collect();
        let keys: Vec<Uuid> = wanted.iter().flat_map(|asked| asked.keys.iter().copied()).collect();
        let found = query(&read, keys).await;
        for Asked { keys, answer } in wanted {
            let own = found.as_ref().map_err(Clone::clone);
            let own = own.map(|found| keys.iter().map(|key| found.get(key).cloned()).collect());
            let _gave_up_meanwhile = answer.send(own);
        }
    }
}

/// What waits behind `first`, as far as one query takes it.
fn take(first: Asked, queue: &mut mpsc::Receiver<Asked>) -> Vec<Asked> {
    let mut keys = first.keys.len();
    let mut taken = vec![first];
    while keys < KEYS_AT_ONCE {
        let Ok(next) = queue.try_recv() else { break };
        keys += next.keys.len();
        taken.push(next);
    }
    taken
}

async fn query(read: &DatabaseConnection, mut keys: Vec<Uuid>) -> Result<HashMap<Uuid, Found>, StorageError> {
    use slot::Column;
    type Row = (i64, Uuid, Option<String>, i32, i32, bool, Option<String>);
    keys.sort_unstable();
    keys.dedup();
    let mut found = HashMap::with_capacity(keys.len());
    for chunk in keys.chunks(KEYS_AT_ONCE) {
        let Some(last) = chunk.last() else { continue };
        let places = chunk.len().next_power_of_two().max(FEWEST_PLACES);
        let padded = chunk.iter().chain(std::iter::repeat(last)).take(places).copied();
        let rows: Vec<Row> = slot::Entity::find()
            .select_only()
            .columns([Column::Generation, Column::Key, Column::Tag, Column::SpotsTotal, Column::SpotsOpen])
            .columns([Column::Asynchronous, Column::Overrides])
            .filter(in_force())
            .filter(Column::Key.is_in(padded))
            .into_tuple()
            .all(read)
            .await?;
        found.extend(rows.into_iter().map(
            |(generation, key, tag, spots_total, spots_open, asynchronous, overrides)| {
                (key, Found { generation, tag, spots_total, spots_open, asynchronous, overrides })
            },
        ));
    }
    Ok(found)
}
