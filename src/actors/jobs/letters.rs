//! `outbox.retry`, `outbox.discard`: a page of dead letters per step, decided in the step's own transaction.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::steps::{Fault, JobSettings};
use crate::domain::{Timestamp, TransactionId};
use crate::storage::{DeadLetterFilter, DeadLetterPlace, Job, JobGoesOn, JobNext, JobOutcome, LetterAct, OutboxKey};

/// The last letter that was looked at.
#[derive(Serialize, Deserialize)]
struct Cursor {
    parked_ms: i64,
    transaction: String,
    number: i64,
}

impl Cursor {
    fn read(job: &Job) -> Option<DeadLetterPlace> {
        let Self { parked_ms, transaction, number } = Self::deserialize(job.cursor.as_ref()?).ok()?;
        let transaction = TransactionId::parse(&transaction).ok()?;
        let parked_at = Timestamp::from_millis(parked_ms);
        Some(DeadLetterPlace { parked_at, key: OutboxKey { transaction, number } })
    }
}

impl JobSettings {
    pub(super) async fn letters(
        &self,
        job: &Job,
        act: LetterAct,
        mut filter: DeadLetterFilter,
    ) -> Result<JobNext, Fault> {
        // What dies later, or again, is not what the person saw.
        let asked = job.created_at.plus_millis(1);
        filter.parked_before = Some(filter.parked_before.map_or(asked, |before| before.min(asked)));
        let total = match job.total {
            Some(total) => total,
            None => self.store.dead_letter_count(&filter).await?,
        };
        let after = match &job.cursor {
            None => None,
            Some(_) => Some(Cursor::read(job).ok_or_else(Fault::strange_cursor)?),
        };
        let letters = self.store.dead_letters_page(&filter, after, self.at_once.letters).await?;
        let Some((last, parked)) = letters.last().and_then(|last| last.parked_at.map(|parked| (last.key, parked)))
        else {
            let summary = match act {
                LetterAct::Retry => json!({"retried": job.done}),
                LetterAct::Discard => json!({"discarded": job.done}),
            };
            return Ok(JobNext::Ends(JobOutcome::Done { summary, done: job.done, parts: Vec::new(), file: None }));
        };
        let cursor = json!(Cursor {
            parked_ms: parked.as_millis(),
            transaction: last.transaction.to_string(),
            number: last.number,
        });
        let keys = letters.into_iter().map(|letter| letter.key).collect();
        let letters = Some((act, keys));
        Ok(JobNext::GoesOn(JobGoesOn { cursor, done: job.done, total: Some(total), letters, ..JobGoesOn::default() }))
    }
}
