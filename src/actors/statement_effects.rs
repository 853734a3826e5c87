//! Carries out the effects of remittance statements: fetching, judging, counting, accepting.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use actix_rt::task::JoinHandle;

use super::figures::Figures;
use super::preview::{self, Description};
use super::registry::Registry;
use super::route::{Carried, Effects, Failure};
use super::shell::{Ask, AskError};
use crate::domain::remittance::{
    Batch, Effect, FeeSchedule, Input, MissingAge, MissingSum, Notice, Page, PageProblem, Remittance, Rules,
};
use crate::domain::{Piaid, RequestId, Timestamp, TransactionId};
use crate::ports::Clock;
use crate::protocol::google_redirect::{Accounts, CallFailed, GoogleClient, StatementCall};
use crate::storage::{LinePage, OutboxRow, StorageError, Store};

/// How often a page that is none is asked for again.
const PATIENCE: i32 = 3;
/// Events that are judged in one commit.
const JUDGED_AT_ONCE: u64 = 5_000;
/// So close to the end of a billing period, Google may account for an event in the next one (flows-security section 5.5).
const PERIOD_EDGE_MS: i64 = 2 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// What the configuration says about an account's statements.
#[derive(Debug, Clone, Copy, Default)]
pub struct StatementPolicy {
    /// Who may accept.
    pub rules: Rules,
    /// What we earn on a capture; without it fees are not judged.
    pub fees: Option<FeeSchedule>,
}

/// The outside world of remittance statements.
#[derive(Clone)]
pub struct StatementEffects {
    /// Google's accounts and keys.
    pub accounts: Arc<Accounts>,
    /// Google.
    pub google: GoogleClient,
    /// Our books.
    pub store: Store,
    /// The other statements.
    pub statements: Registry<Remittance>,
    /// Per account.
    pub policies: Arc<HashMap<Piaid, StatementPolicy>>,
    /// How calls end is noted here.
    pub figures: Figures,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The next page of a statement, fetched while the last one is being stored.
    pub ahead: Arc<Ahead>,
}

type Fetching = JoinHandle<Result<Result<Page, PageProblem>, CallFailed>>;

/// Statements whose next page is kept ready; a statement that stopped in the middle gives way to another.
const MOST_AHEAD: usize = 8;

/// Pages that are being fetched ahead. Only a cache: what is lost is fetched again.
#[derive(Default)]
pub struct Ahead(Mutex<HashMap<TransactionId, (u64, Fetching)>>);

impl Ahead {
    fn take(&self, id: TransactionId, offset: Option<u64>) -> Option<Fetching> {
        let mut ahead = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (at, fetching) = ahead.remove(&id)?;
        (Some(at) == offset).then_some(fetching)
    }

    fn put(&self, id: TransactionId, offset: u64, fetching: Fetching) {
        let mut ahead = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if ahead.len() >= MOST_AHEAD
            && let Some(other) = ahead.keys().next().copied()
            && let Some((_, fetching)) = ahead.remove(&other)
        {
            fetching.abort();
        }
        ahead.insert(id, (offset, fetching));
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self::failed(error.to_string())
    }
}

impl Effects for StatementEffects {
    type Machine = Remittance;

    async fn describe(&self, effect: Effect, row: &OutboxRow) -> Description {
        preview::statements::describe(self, &effect, row)
    }

    async fn carry_out(&self, effect: Effect, row: &OutboxRow) -> Carried<Input> {
        let done = match effect {
            Effect::ReplaceEarlier { notice } => self.replace_earlier(&notice).await,
            Effect::FetchPage { id, piaid, statement_id, offset } => {
                self.page(id, (&piaid, &statement_id), offset, row).await
            }
            Effect::Judge { id, piaid, round, after } => self.judge(id, &piaid, (round, after)).await,
            Effect::CountMissing { notice, round } => self.count_missing(&notice, round).await,
            Effect::Accept { piaid, statement_id, modification, .. } => {
                let call =
                    StatementCall { request_id: &row.idempotency_key, piaid: &piaid, statement_id: &statement_id };
                let now = self.clock.now();
                let call = self.google.accept_statement(&self.accounts, call, &modification, now);
                let accepted = self.figures.watch("to-google:acceptRemittanceStatement", call).await;
                accepted.map(|modified_total| Input::AcceptanceAcknowledged { modified_total }).map_err(Into::into)
            }
        };
        match done {
            Ok(input) => Carried::Done(Box::new(input)),
            Err(failure) => Carried::Failed(failure),
        }
    }
}

impl StatementEffects {
    fn policy(&self, piaid: &Piaid) -> StatementPolicy {
        self.policies.get(piaid).copied().unwrap_or_default()
    }

    /// An earlier statement of the same billing period that nobody has accepted gives way (flows-security section 5.5).
    async fn replace_earlier(&self, notice: &Notice) -> Result<Input, Failure> {
        if notice.period_start.is_some() && notice.period_end.is_some() {
            for earlier in self.store.open_statements().await? {
                let Some(other) = earlier.state.notice() else { continue };
                let same = other.id != notice.id
                    && other.piaid == notice.piaid
                    && other.total.currency() == notice.total.currency()
                    && (other.period_start, other.period_end) == (notice.period_start, notice.period_end)
                    // Of two that came at once one stays, whoever looks first.
                    && (other.statement_date, other.received_at, other.id)
                        < (notice.statement_date, notice.received_at, notice.id);
                if same && earlier.state.acceptance().is_none() {
                    let ask = Ask::plain(earlier.id, Input::Replace { by: notice.statement_id.clone() });
                    match self.statements.ask(ask).await {
                        Ok(_) => {}
                        Err(AskError::Overloaded | AskError::Unavailable) => {
                            return Err(Failure::failed("an earlier statement could not be replaced now"));
                        }
                        Err(AskError::Rejected(_) | AskError::IdempotencyViolation | AskError::Refused(_)) => {}
                    }
                }
            }
        }
        Ok(Input::EarlierReplaced)
    }

    async fn page(
        &self,
        id: TransactionId,
        of: (&Piaid, &RequestId),
        offset: Option<u64>,
        row: &OutboxRow,
    ) -> Result<Input, Failure> {
        let request_id = row.idempotency_key.as_str();
        let page = match self.ahead.take(id, offset) {
            Some(fetching) => match fetching.await {
                Ok(Ok(answer)) => answer,
                // Whatever went wrong ahead of time is tried once more in time.
                Ok(Err(_)) | Err(_) => self.fetch(of, offset, request_id).await?,
            },
            None => self.fetch(of, offset, request_id).await?,
        };
        let page = match page {
            Ok(page) => page,
            // A passing fault of the peer's is worth some patience; then the statement itself is at fault.
            Err(problem) if row.attempts < PATIENCE => return Err(Failure::refused(problem.as_str())),
            Err(problem) => return Ok(Input::PageRefused { offset, problem }),
        };
        if let Some(next) = page.next_offset {
            let ahead = self.clone();
            let (piaid, statement_id) = (of.0.clone(), of.1.clone());
            // The request id that this page's effect will have.
            let request_id = format!("dt-{id}-{next}");
            let fetching =
                actix_rt::spawn(async move { ahead.fetch((&piaid, &statement_id), Some(next), &request_id).await });
            self.ahead.put(id, next, fetching);
        }
        Ok(Input::Page(page))
    }

    async fn fetch(
        &self,
        (piaid, statement_id): (&Piaid, &RequestId),
        offset: Option<u64>,
        request_id: &str,
    ) -> Result<Result<Page, PageProblem>, CallFailed> {
        let call = StatementCall { request_id, piaid, statement_id };
        let call = self.google.statement_details(&self.accounts, call, offset, self.clock.now());
        self.figures.watch("to-google:remittanceStatementDetails", call).await
    }

    /// Judges the events after the first `after` ones, by id.
    async fn judge(&self, id: TransactionId, piaid: &Piaid, (round, after): (u32, u64)) -> Result<Input, Failure> {
        let page = LinePage { statement: id, after, limit: JUDGED_AT_ONCE };
        let events = self.store.stated_events(page).await?;
        let ids: Vec<&str> = events.iter().map(|(_, event)| event.request_id.as_str()).collect();
        let currency = match self.store.load::<Remittance>(id).await? {
            Some(loaded) => loaded.state.notice().map(|notice| notice.total.currency()),
            None => None,
        };
        let currency = currency.ok_or_else(|| Failure::failed("the statement has no row"))?;
        let ours = self.store.ours(piaid, (id, currency), &ids).await?;
        let fees = self.policy(piaid).fees;
        let mut batch = Batch::new(currency, fees.as_ref(), (round, after));
        for (line, event) in &events {
            batch.take(*line, event, ours.of(&event.request_id));
        }
        Ok(Input::Judged(batch.judged()))
    }

    /// What no statement lists, by its age at the end of the billing period.
    async fn count_missing(&self, notice: &Notice, round: u32) -> Result<Input, Failure> {
        let end = notice.period_end.unwrap_or(notice.received_at);
        let start = notice.period_start.unwrap_or(end.plus_millis(-DAY_MS));
        let edge = end.plus_millis(-PERIOD_EDGE_MS.min(end.millis_since(start) / 2));
        let ever = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
        let mut missing = BTreeMap::new();
        for age in MissingAge::ALL {
            let span = match age {
                MissingAge::NotYetDue => (edge, ever.1),
                MissingAge::Due => (start, edge),
                MissingAge::OverdueAWeek => (start.plus_millis(-7 * DAY_MS), start),
                MissingAge::OverdueAMonth => (start.plus_millis(-30 * DAY_MS), start.plus_millis(-7 * DAY_MS)),
                MissingAge::OverdueLonger => (ever.0, start.plus_millis(-30 * DAY_MS)),
            };
            let (count, ours) = self.store.unstated(&notice.piaid, notice.total.currency(), span).await?;
            if count > 0 {
                missing.insert(age, MissingSum { count, ours });
            }
        }
        Ok(Input::MissingCounted { round, missing, rules: self.policy(&notice.piaid).rules })
    }
}
