//! What became of an attempt whose answer never came: asked before anything is done again (google-booking-server section
//! 6.9). The processor's search lags behind its writes, so the list is read and filtered here.

use super::calls::{CallFailed, Form, Stripe};
use super::charge::outcome;
use super::vault::{VaultOutcome, kept};
use super::wire::{Intent, Page};
use super::words::Outcome;
use crate::domain::Timestamp;

/// How many pages of a hundred are read at most.
const MOST_PAGES: usize = 100;
/// How far the processor's clock may be behind ours.
const CLOCKS_DIFFER_S: i64 = 300;

/// An attempt that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// [`Charge::attempt`](super::Charge::attempt).
    pub key: &'a str,
    /// When it was first made; five minutes more are looked at. `None` reads everything.
    pub since: Option<Timestamp>,
}

impl Stripe {
    /// What became of a charge or authorisation; `None`: the processor never saw it, so nothing was taken. While an earlier
    /// request may still be on its way, that is true only after its time limit.
    pub async fn find_charge(&self, attempt: &Attempt<'_>) -> Result<Option<Outcome>, CallFailed> {
        let found = self.intents("payment_intents", attempt).await?;
        let outcomes = found.into_iter().map(|intent| outcome(intent, None)).collect::<Result<Vec<_>, _>>()?;
        // One key makes one intent. Were there two, the one that has money would be the one to know of.
        Ok(outcomes.into_iter().max_by_key(|outcome| match outcome {
            Outcome::Charged(_) => 4,
            Outcome::Held(_) => 3,
            Outcome::Undecided { .. } => 2,
            Outcome::Challenge(_) => 1,
            Outcome::Declined(_) | Outcome::Voided { .. } => 0,
        }))
    }

    /// What became of the keeping of a card; `None`: the processor never saw it.
    pub async fn find_vault(&self, attempt: &Attempt<'_>) -> Result<Option<VaultOutcome>, CallFailed> {
        let found = self.intents("setup_intents", attempt).await?;
        let outcomes = found.into_iter().map(|intent| kept(intent, None)).collect::<Result<Vec<_>, _>>()?;
        Ok(outcomes.into_iter().max_by_key(|outcome| matches!(outcome, VaultOutcome::Kept { .. })))
    }

    async fn intents(&self, list: &str, attempt: &Attempt<'_>) -> Result<Vec<Intent>, CallFailed> {
        let mut found = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut query: Form<'_> = vec![("limit", "100".to_owned())];
            let since = attempt.since.map(|since| since.as_secs().saturating_sub(CLOCKS_DIFFER_S));
            query.extend(since.map(|since| ("created[gte]", since.to_string())));
            query.extend(after.take().map(|id| ("starting_after", id)));
            let page: Page<Intent> = self.get(&[list], &query, self.deadline()).await?.done()?;
            after = page.data.last().map(|intent| intent.id.clone());
            found.extend(page.data.into_iter().filter(|intent| {
                let metadata = intent.metadata.as_ref();
                metadata.and_then(|metadata| metadata.get("attempt")).is_some_and(|key| key == attempt.key)
            }));
            // The newest stand first, and one attempt makes one.
            if !found.is_empty() || !page.has_more || after.is_none() {
                return Ok(found);
            }
        }
        Err(CallFailed::Unknown { money: false, why: "the list is too long" })
    }
}
