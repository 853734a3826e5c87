//! How fast and how well calls are answered: noted where they end, written by the hour, shown to finance in Google's terms.
//!
//! Noting costs a lock and an addition. What could not be written is written the next time; what a killed process had not
//! written yet is lost: at most ten seconds of figures, and nobody's money.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::ports::Clock;
use crate::storage::{NodeId, Noted, Store, Tally};

/// How often what was noted is written.
const WRITE_EVERY: Duration = Duration::from_secs(10);

/// So many writes apart the outcomes of the last week are counted, the first time soon after the start: the store keeps what it
/// counts of long past hours, so that no person waits for it.
const COUNT_EVERY: u32 = 30;
const COUNT_FIRST: u32 = 2;
const WEEK_MS: i64 = 7 * 86_400_000;

/// Calls that went well, and calls that did not.
type Tallies = [Tally; 2];

/// Takes notes of calls. Cheap to clone. The series are few: methods of Google's, and the configured issuers' calls.
#[derive(Debug, Clone, Default)]
pub struct Figures(Arc<Mutex<HashMap<String, Tallies>>>);

impl Figures {
    /// A call of this series has ended.
    pub fn note(&self, series: &str, ok: bool, took: Duration) {
        let mut one = Tally::default();
        one.note(took);
        self.add(series, ok, &one);
    }

    /// Notes how a call of ours ends, and how long it takes.
    pub async fn watch<T, E>(&self, series: &str, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let began = Instant::now();
        let ended = call.await;
        self.note(series, ended.is_ok(), began.elapsed());
        ended
    }

    fn add(&self, series: &str, ok: bool, calls: &Tally) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !noted.contains_key(series) {
            noted.insert(series.to_owned(), Tallies::default());
        }
        if let Some([well, badly]) = noted.get_mut(series) {
            if ok { well.add(calls) } else { badly.add(calls) }
        }
    }

    /// Everything that was noted since the last time.
    fn take(&self) -> Vec<Noted> {
        let noted = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut calls: Vec<Noted> = noted
            .into_iter()
            .flat_map(|(series, [well, badly])| {
                [Noted { series: series.clone(), ok: true, tally: well }, Noted { series, ok: false, tally: badly }]
            })
            .filter(|noted| noted.tally.count() > 0)
            .collect();
        // In the order of the table's keys: two nodes that write at once only wait for each other.
        calls.sort_unstable_by(|a, b| (&a.series, a.ok).cmp(&(&b.series, b.ok)));
        calls
    }
}

/// Writes what was noted.
#[derive(Clone)]
pub struct FigureKeeper {
    /// The notes.
    pub figures: Figures,
    /// Where they go.
    pub store: Store,
    /// Whose they are.
    pub node: NodeId,
    /// Says to which hour they belong.
    pub clock: Arc<dyn Clock>,
}

impl FigureKeeper {
    /// Writes what was noted since the last time. What cannot be written stays noted.
    pub async fn write(&self) {
        let noted = self.figures.take();
        if noted.is_empty() {
            return;
        }
        if let Err(error) = self.store.add_figures(self.node, self.clock.now(), &noted).await {
            tracing::warn!(error = %error, "the figures of calls could not be written now");
            for Noted { series, ok, tally } in &noted {
                self.figures.add(series, *ok, tally);
            }
        }
    }

    /// Counts the outcomes of the last week, so that the next page finds most of them counted.
    async fn count(&self) {
        let now = self.clock.now();
        if let Err(error) = self.store.issuer_outcomes(now.plus_millis(-WEEK_MS), now, now).await {
            tracing::debug!(error = %error, "the outcomes of the last week were not counted ahead");
        }
    }

    /// Writes every ten seconds, for ever.
    pub async fn keep_writing(self) {
        let mut every = tokio::time::interval(WRITE_EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for write in (0..COUNT_EVERY).cycle() {
            every.tick().await;
            self.write().await;
            if write == COUNT_FIRST {
                self.count().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[actix_rt::test]
    async fn con_2_calls_are_noted_as_they_end_and_taken_once() {
        let figures = Figures::default();
        figures.note("google:echo", true, ms(3));
        figures.note("google:echo", false, ms(30));
        figures.clone().note("google:echo", true, ms(4));
        let failed: Result<(), &str> = figures.watch("issuer:BANK_A:refund", async { Err("no") }).await;
        assert_eq!(failed, Err("no"));
        let taken: Vec<_> =
            figures.take().into_iter().map(|noted| (noted.series, noted.ok, noted.tally.count())).collect();
        let wanted = [("google:echo", false, 1), ("google:echo", true, 2), ("issuer:BANK_A:refund", false, 1)];
        assert_eq!(taken, wanted.map(|(series, ok, count)| (series.to_owned(), ok, count)));
        assert_eq!(figures.take(), []);
    }
}
