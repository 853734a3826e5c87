//! What people do with dead letters: look, see what would be sent, send again, give up (contract section 6).

use std::sync::Arc;

use super::letter_kind::moves_money;
use super::preview::{Description, flat};
use super::route::Routes;
use super::shell::RememberAs;
use crate::domain::{EffectLane, Timestamp, TransactionId};
use crate::ports::Clock;
use crate::storage::{
    DeadLetterFilter, DeadLetterPlace, LetterAct, LetterDecision, LetterRequest, OutboxKey, OutboxRow, StorageError,
    Store,
};

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
    /// Whether it moves money or tells what became of money: to give it up for good is a decision about money.
    pub moves_money: bool,
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
            moves_money: moves_money(row),
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

    /// One of them. `None`: there is no such dead letter.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn find(&self, key: OutboxKey) -> Result<Option<DeadLetter>, StorageError> {
        Ok(self.store.dead_letter(key).await?.as_ref().map(DeadLetter::from))
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

    /// Gives it up for good: it is never sent. `false`: there is no such dead letter. Whether the person may do so with one that
    /// moves money ([`DeadLetter::moves_money`]) is the caller's to judge.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn discard(&self, key: OutboxKey) -> Result<bool, StorageError> {
        self.store.discard(key).await
    }

    /// Decides one for a request that may come again: the same request is answered again, and does nothing.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn decide(
        &self,
        (act, key): (LetterAct, OutboxKey),
        request: Option<&RememberAs>,
    ) -> Result<LetterDecision, StorageError> {
        let request = request.map(asked);
        self.store.decide_letter((act, key), request.as_ref(), self.clock.now()).await
    }

    /// What became of a request that was made before. `None`: it was not.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn recall(&self, request: &RememberAs) -> Result<Option<LetterDecision>, StorageError> {
        self.store.recall_letter(&asked(request)).await
    }
}

fn asked(request: &RememberAs) -> LetterRequest {
    LetterRequest { key: request.key.clone(), method: request.method, content_hash: request.content_hash }
}
