//! What people do with dead letters: look, see what would be sent, send again, give up (contract section 6).

use std::sync::Arc;

use super::preview::{Description, flat};
use super::route::Routes;
use crate::domain::{EffectLane, Timestamp, TransactionId};
use crate::ports::Clock;
use crate::storage::{DeadLetterFilter, DeadLetterPlace, OutboxKey, OutboxRow, StorageError, Store};

/// An effect that was given up, without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its key.
    pub key: OutboxKey,
    /// The kind of transaction that asked for it.
    pub kind: String,
    /// Where it goes ([`EffectLane::as_str`](crate::domain::EffectLane::as_str)).
    pub lane: String,
    /// The same on every attempt.
    pub idempotency_key: String,
    /// How many attempts of the last series have failed.
    pub attempts: i32,
    /// What the last one came to.
    pub last_error: Option<String>,
    /// When it was decided.
    pub created_at: Timestamp,
    /// When the last series of attempts began.
    pub trying_since: Timestamp,
    /// When it was given up.
    pub parked_at: Option<Timestamp>,
}

impl From<&OutboxRow> for DeadLetter {
    fn from(row: &OutboxRow) -> Self {
        Self {
            key: row.key,
            kind: row.kind.clone(),
            lane: row.lane.clone(),
            idempotency_key: row.idempotency_key.clone(),
            attempts: row.attempts,
            last_error: row.last_error.clone(),
            created_at: row.created_at,
            trying_since: row.trying_since,
            parked_at: row.parked_at,
        }
    }
}

/// A dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// What was tried, and what came of it.
    pub letter: DeadLetter,
    /// How long ago it was decided, in milliseconds.
    pub age_ms: i64,
    /// What would be sent now; `None`: this node carries out no effects of its kind, or cannot read this one.
    pub now: Option<Description>,
    /// The effect as stored: paths and values, without secrets and without what belongs to a payer.
    pub stored: Vec<(String, String)>,
}

/// Where dead letters are dealt with. Cheap to clone.
#[derive(Clone)]
pub struct DeadLetters {
    /// Where they are.
    pub store: Store,
    /// Who would carry them out.
    pub routes: Routes,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl DeadLetters {
    /// Those after `after`, the longest parked first.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn list(
        &self,
        filter: &DeadLetterFilter,
        after: Option<DeadLetterPlace>,
        limit: u64,
    ) -> Result<Vec<DeadLetter>, StorageError> {
        let rows = self.store.dead_letters_page(filter, after, limit).await?;
        Ok(rows.iter().map(DeadLetter::from).collect())
    }

    /// What would be sent if it were taken up again now. Nothing is sent, and nothing changes. `None`: there is no such dead
    /// letter.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn preview(&self, key: OutboxKey) -> Result<Option<Preview>, StorageError> {
        let Some(row) = self.store.dead_letter(key).await? else { return Ok(None) };
        let now = match self.routes.describe(&row).await {
            Some(Ok(described)) => Some(described),
            Some(Err(error)) => {
                tracing::warn!(outbox.key = %key, error = %error, "a dead letter cannot be read");
                None
            }
            None => None,
        };
        // What is no JSON was written by nobody of ours, and is not shown.
        let stored = serde_json::from_str(&row.payload).map(|payload| flat(&payload)).unwrap_or_default();
        let age_ms = self.clock.now().millis_since(row.created_at);
        Ok(Some(Preview { letter: DeadLetter::from(&row), age_ms, now, stored }))
    }

    /// Makes what waits of one lane of a transaction due now, unless somebody works on it. `false`: there is nothing.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn hasten(&self, transaction: TransactionId, lane: EffectLane) -> Result<bool, StorageError> {
        self.store.hasten(transaction, lane, self.clock.now()).await
    }

    /// Takes it up again: due now, with a new series of attempts. `false`: there is no such dead letter.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn retry(&self, key: OutboxKey) -> Result<bool, StorageError> {
        self.store.retry(key, self.clock.now()).await
    }

    /// Gives it up for good: it is never sent. `false`: there is no such dead letter.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn discard(&self, key: OutboxKey) -> Result<bool, StorageError> {
        self.store.discard(key).await
    }
}
