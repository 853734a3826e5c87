//! How payments end, per issuer: counted in the index alone.

use std::collections::BTreeMap;

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::Expr;

use super::groups::{fitting, of_group};
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
    /// How the payments that began in `[from, until)` stand now, per issuer and state. Reads an entry of an index for each
    /// of them.
    pub async fn issuer_outcomes(&self, from: Timestamp, until: Timestamp) -> Result<Vec<IssuerOutcome>, StorageError> {
        let groups = fitting(&self.0.read, &PaymentFilter::default()).await?;
        let span = Span { from: Some(from), until: Some(until) };
        let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
        for chunk in groups.chunks(BRANCHES) {
            let branches = (0_i32..).zip(chunk).map(|(number, group)| {
                let mut select = of_group(group, span);
                select.expr_as(Expr::value(number), "number").expr_as(Expr::cust("count(*)"), "count");
                select
            });
            let Some(all) = united(branches) else { continue };
            for row in self.0.read.query_all(&all).await? {
                let (number, count): (i32, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
                let Some(group) = usize::try_from(number).ok().and_then(|number| chunk.get(number)) else { continue };
                *counts.entry((group.issuer.clone(), group.state.clone())).or_default() +=
                    u64::try_from(count).unwrap_or(0);
            }
        }
        let outcome = |((issuer, state), count): ((String, String), u64)| IssuerOutcome {
            issuer: Some(issuer).filter(|issuer| !issuer.is_empty()),
            state,
            count,
        };
        Ok(counts.into_iter().filter(|(_, count)| *count > 0).map(outcome).collect())
    }
}
