//! How fast and how well calls were answered, hour by hour: Google's to us, ours to Google, ours to issuers.

mod tally;

pub use tally::{Quantile, Tally};

use std::collections::BTreeMap;

use entity::figure::{self, Column, Entity};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, Insert, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::batch::KEYS_AT_ONCE;
use super::{CodecError, NodeId, StorageError, Store};
use crate::domain::Timestamp;

const HOUR_MS: i64 = 3_600_000;
/// How long an hour is kept: a year and a month, so that a month can be held beside the same one of the year before. Later
/// nobody asks: what became of a single call stands in its transaction's journal.
const KEPT_MS: i64 = 400 * 24 * HOUR_MS;

/// Calls of one series and one outcome, to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// Whose calls, and which: `google:echo`.
    pub series: String,
    /// Whether they went well.
    pub ok: bool,
    /// How long they took.
    pub tally: Tally,
}

/// What is known of one series in a span of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SeriesFigures {
    /// Whose calls, and which.
    pub series: String,
    /// Those that went well.
    pub ok: Tally,
    /// Those that did not.
    pub failed: Tally,
}

impl SeriesFigures {
    /// All calls.
    pub fn all(&self) -> Tally {
        let mut all = self.ok;
        all.add(&self.failed);
        all
    }

    /// How many of a million calls went well and took at most `bound_ms`; `None` without calls.
    pub fn good_per_million(&self, bound_ms: u64) -> Option<u64> {
        (self.ok.within(bound_ms) * 1_000_000).checked_div(self.all().count())
    }
}

const OK: &str = "ok";
const FAILED: &str = "failed";

const BUCKETS: [Column; Tally::BUCKETS] = [
    Column::To10,
    Column::To25,
    Column::To50,
    Column::To100,
    Column::To250,
    Column::To500,
    Column::To1000,
    Column::To2500,
    Column::To5000,
    Column::To10000,
    Column::Beyond,
];

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn row(noted: &Noted, (hour_ms, node): (i64, NodeId)) -> figure::Model {
    let counts = noted.tally.counts.map(signed);
    let [to_10, to_25, to_50, to_100, to_250, to_500, to_1000, to_2500, to_5000, to_10000, beyond] = counts;
    figure::Model {
        hour_ms,
        series: noted.series.clone(),
        outcome: if noted.ok { OK } else { FAILED }.to_owned(),
        node: node.as_uuid(),
        count: signed(noted.tally.count()),
        total_ms: signed(noted.tally.total_ms),
        to_10,
        to_25,
        to_50,
        to_100,
        to_250,
        to_500,
        to_1000,
        to_2500,
        to_5000,
        to_10000,
        beyond,
    }
}

impl Store {
    /// Adds calls to the hour of `now`, as `node` has seen them.
    pub async fn add_figures(&self, node: NodeId, now: Timestamp, noted: &[Noted]) -> Result<(), StorageError> {
        let hour_ms = now.as_millis() - now.as_millis().rem_euclid(HOUR_MS);
        let added = |column: Column| Expr::col((Entity, column)).add(Expr::col(("excluded", column)));
        let mut known = OnConflict::columns([Column::HourMs, Column::Series, Column::Outcome, Column::Node]);
        for column in BUCKETS.into_iter().chain([Column::Count, Column::TotalMs]) {
            known.value(column, added(column));
        }
        for chunk in noted.chunks(KEYS_AT_ONCE) {
            let rows = chunk.iter().map(|noted| row(noted, (hour_ms, node)));
            Insert::many(rows).on_conflict(known.clone()).exec_without_returning(&self.0.write).await?;
        }
        Ok(())
    }

    /// Removes the oldest hour if it is no longer kept: one at a time, a few rows for each series and node. `true`: there may be
    /// more.
    pub async fn tidy_figures(&self, now: Timestamp) -> Result<bool, StorageError> {
        let oldest: Option<i64> = Entity::find()
            .select_only()
            .column(Column::HourMs)
            .filter(Column::HourMs.lt(now.as_millis().saturating_sub(KEPT_MS)))
            .order_by_asc(Column::HourMs)
            .limit(1)
            .into_tuple()
            .one(&self.0.read)
            .await?;
        let Some(hour_ms) = oldest else { return Ok(false) };
        Entity::delete_many().filter(Column::HourMs.eq(hour_ms)).exec(&self.0.write).await?;
        Ok(true)
    }

    /// What was seen in the hours that begin in `[from, until)`, on all nodes, by series.
    pub async fn figures(&self, from: Timestamp, until: Timestamp) -> Result<Vec<SeriesFigures>, StorageError> {
        let mut select = Entity::find().select_only().columns([Column::Series, Column::Outcome]);
        let sums = BUCKETS.into_iter().chain([Column::TotalMs]);
        // As text: PostgreSQL's sum of bigints is a numeric.
        for column in sums {
            select = select.expr(Expr::col(column).sum().cast_as(Alias::new("text")));
        }
        let select = select
            .filter(Column::HourMs.gte(from.as_millis()))
            .filter(Column::HourMs.lt(until.as_millis()))
            .group_by(Column::Series)
            .group_by(Column::Outcome)
            .order_by_asc(Column::Series);
        let mut found: BTreeMap<String, SeriesFigures> = BTreeMap::new();
        for row in self.0.read.query_all(select.as_query()).await? {
            let (series, outcome): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let number = |place: usize| -> Result<u64, StorageError> {
                let text: String = row.try_get_by_index(place)?;
                text.parse().map_err(|_| {
                    let why = CodecError("the sum is not a number".to_owned());
                    StorageError::corrupt("figures", "count", &series, why)
                })
            };
            let mut tally = Tally { total_ms: number(2 + Tally::BUCKETS)?, ..Tally::default() };
            for (place, count) in tally.counts.iter_mut().enumerate() {
                *count = number(2 + place)?;
            }
            let known = found.entry(series.clone()).or_default();
            known.series = series;
            if outcome == OK { known.ok.add(&tally) } else { known.failed.add(&tally) }
        }
        Ok(found.into_values().collect())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn tally(took_ms: &[u64]) -> Tally {
        let mut tally = Tally::default();
        for ms in took_ms {
            tally.note(Duration::from_millis(*ms));
        }
        tally
    }

    #[test]
    fn con_2_late_answers_and_failures_both_count_against_the_limit() {
        let of =
            |ok: &[u64], failed: &[u64]| SeriesFigures { ok: tally(ok), failed: tally(failed), ..Default::default() };
        assert_eq!(of(&[5, 4_999, 5_000, 5_001], &[]).good_per_million(5_000), Some(750_000));
        assert_eq!(of(&[5, 5, 5], &[5]).good_per_million(5_000), Some(750_000));
        assert_eq!(of(&[], &[]).good_per_million(5_000), None);
    }
}
