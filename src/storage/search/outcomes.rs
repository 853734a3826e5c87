//! How payments end, per issuer: counted in the index alone.

use std::collections::BTreeMap;

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::Expr;

use super::groups::{fitting, of_group};
use super::hours::{Counts, HOUR_MS, add, began, settled};
use super::{BRANCHES, PaymentFilter, Span, united};
use crate::domain::Timestamp;
use crate::storage::{StorageError, Store};

/// How many payments of an issuer are in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerOutcome {
    /// The issuer; `None`: the payer has not come to one.
    pub issuer: Option<String>,
    /// The state's name.
    pub state: String,
    /// How many.
    pub count: u64,
}

impl Store {
    /// How the payments that began in `[from, until)` stand, per issuer and state, as seen at `now`. Hours that ended more
    /// than two hours ago may be told as they stood a sixteenth of that time ago: a payment that changes so late is seen in
    /// the search at once and here a little later. Of every other hour an entry of an index is read for each payment.
    pub async fn issuer_outcomes(
        &self,
        from: Timestamp,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<IssuerOutcome>, StorageError> {
        let hours = settled(from, until, now);
        let mut counts = Counts::new();
        let mut spans = vec![(from, until)];
        if !hours.is_empty() {
            spans = vec![(from, began(hours.start)), (began(hours.end), until)];
            for run in self.0.hours.known(hours, now, &mut counts) {
                let found = self.count_by_hour(began(run.start), began(run.end)).await?;
                for hour in found.values() {
                    add(&mut counts, hour);
                }
                self.0.hours.keep(run, now, found);
            }
        }
        for (from, until) in spans.into_iter().filter(|(from, until)| from < until) {
            for hour in self.count_by_hour(from, until).await?.values() {
                add(&mut counts, hour);
            }
        }
        let outcome = |((issuer, state), count): ((String, String), u64)| IssuerOutcome {
            issuer: Some(issuer).filter(|issuer| !issuer.is_empty()),
            state,
            count,
        };
        Ok(counts.into_iter().filter(|(_, count)| *count > 0).map(outcome).collect())
    }

    /// The payments that began in a span, counted by the hour they began in.
    async fn count_by_hour(&self, from: Timestamp, until: Timestamp) -> Result<BTreeMap<i64, Counts>, StorageError> {
        let groups = fitting(&self.0.read, &PaymentFilter::default()).await?;
        let span = Span { from: Some(from), until: Some(until) };
        let mut hours: BTreeMap<i64, Counts> = BTreeMap::new();
        for chunk in groups.chunks(BRANCHES) {
            let branches = (0_i32..).zip(chunk).map(|(number, group)| {
                let hour = Expr::cust(format!("\"created_ms\" / {HOUR_MS}"));
                let mut select = of_group(group, span);
                select
                    .expr_as(Expr::value(number), "number")
                    .expr_as(hour.clone(), "hour")
                    .expr_as(Expr::cust("count(*)"), "count")
                    .add_group_by([hour]);
                select
            });
            let Some(all) = united(branches) else { continue };
            for row in self.0.read.query_all(&all).await? {
                let number: i32 = row.try_get_by_index(0)?;
                let (hour, count): (i64, i64) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
                let Some(group) = usize::try_from(number).ok().and_then(|number| chunk.get(number)) else { continue };
                let counts = hours.entry(hour).or_default();
                *counts.entry((group.issuer.clone(), group.state.clone())).or_default() +=
                    u64::try_from(count).unwrap_or(0);
            }
        }
        Ok(hours)
    }
}
