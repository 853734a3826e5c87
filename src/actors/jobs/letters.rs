//! `outbox.retry`, `outbox.discard`: a page of dead letters per step, decided in the step's own transaction.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::steps::{Fault, JobSettings};
use crate::actors::letter_kind::moves_money;
use crate::domain::{Capability, Timestamp, TransactionId};
use crate::storage::{DeadLetterFilter, DeadLetterPlace, Job, JobGoesOn, JobNext, JobOutcome, LetterAct, OutboxKey};

/// The last letter that was looked at.
#[derive(Serialize, Deserialize)]
struct Cursor {
    parked_ms: i64,
    transaction: String,
    number: i64,
    /// How many were left alone: whoever asked does not decide about money.
    #[serde(default)]
    left: u64,
}

impl Cursor {
    fn read(job: &Job) -> Option<(DeadLetterPlace, u64)> {
        let Self { parked_ms, transaction, number, left } = Self::deserialize(job.cursor.as_ref()?).ok()?;
        let transaction = TransactionId::parse(&transaction).ok()?;
        let parked_at = Timestamp::from_millis(parked_ms);
        Some((DeadLetterPlace { parked_at, key: OutboxKey { transaction, number } }, left))
    }
}

impl JobSettings {
    pub(super) async fn letters(
        &self,
        job: &Job,
        act: LetterAct,
        mut filter: DeadLetterFilter,
    ) -> Result<JobNext, Fault> {
        let about_money = self.may_decide(job, act).await?;
        // What dies later, or again, is not what the person saw.
        let asked = job.created_at.plus_millis(1);
        filter.parked_before = Some(filter.parked_before.map_or(asked, |before| before.min(asked)));
        let total = match job.total {
            Some(total) => total,
            None => self.store.dead_letter_count(&filter).await?,
        };
        let (after, mut left) = match &job.cursor {
            None => (None, 0),
            Some(_) => Cursor::read(job).map(|(at, left)| (Some(at), left)).ok_or_else(Fault::strange_cursor)?,
        };
        let letters = self.store.dead_letters_page(&filter, after, self.at_once.letters).await?;
        let Some((last, parked)) = letters.last().and_then(|last| last.parked_at.map(|parked| (last.key, parked)))
        else {
            let summary = match act {
                LetterAct::Retry => json!({"retried": job.done}),
                LetterAct::Discard if left > 0 => json!({"discarded": job.done, "left": left}),
                LetterAct::Discard => json!({"discarded": job.done}),
            };
            return Ok(JobNext::Ends(JobOutcome::Done { summary, done: job.done, parts: Vec::new(), file: None }));
        };
        let looked_at = letters.len();
        let keys: Vec<_> =
            letters.into_iter().filter(|letter| about_money || !moves_money(letter)).map(|letter| letter.key).collect();
        left = left.saturating_add(looked_at.saturating_sub(keys.len()) as u64);
        let cursor = json!(Cursor {
            parked_ms: parked.as_millis(),
            transaction: last.transaction.to_string(),
            number: last.number,
            left,
        });
        let letters = Some((act, keys));
        Ok(JobNext::GoesOn(JobGoesOn { cursor, done: job.done, total: Some(total), letters, ..JobGoesOn::default() }))
    }

    /// Whether whoever ordered the job may decide about every letter, or only about those on which no money hangs. Asked at
    /// every step: a role may have changed since.
    async fn may_decide(&self, job: &Job, act: LetterAct) -> Result<bool, Fault> {
        let person = self.store.find_user(&job.by).await?.filter(|user| user.disabled_at.is_none());
        let may = |what| person.as_ref().is_some_and(|user| user.role.may(what));
        if !may(Capability::Operate) {
            return Err(Fault::Refused("whoever ordered it may not decide about dead letters (any more)".to_owned()));
        }
        Ok(match act {
            LetterAct::Retry => true,
            LetterAct::Discard => may(Capability::DecideMoney),
        })
    }
}
