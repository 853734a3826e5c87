//! Looks at what can go wrong, and tells the alarms (contract section 2).
//!
//! Every node looks, at the same rows; an alarm is a transaction like any other, so that it is raised once however many
//! nodes see it. What a look could not judge (the database does not answer, Google has not been spoken to) leaves its
//! alarms as they are.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;

use super::registry::Registry;
use super::shell::{Ask, AskError};
use crate::crypto::{KEY_ENDS_SOON_MS, alarm_id};
use crate::domain::alarm::{About, Alarm, AlarmKind, Input, State};
use crate::domain::payout::Payout;
use crate::domain::redirect_payment::RedirectPayment;
use crate::domain::remittance;
use crate::domain::{Attention, EffectLane, Timestamp};
use crate::ports::Clock;
use crate::protocol::google_redirect::ClockSkew;
use crate::storage::{Codec as _, Overdue, Overview, StorageError, Store};

/// How often it is asked whether a look is due. The look itself follows the server's clock.
const TICK: Duration = Duration::from_millis(500);
/// How often is looked.
const LOOK_EVERY_MS: i64 = 30_000;
/// How often the ledger is added up: that reads all of it.
const ADD_UP_EVERY_MS: i64 = 10 * 60 * 1_000;
/// A notification to Google that waits for longer is late (flows-security section 5.3).
const LATE_MS: i64 = 3 * 60 * 1_000;
/// A statement that is due sooner than this wants a decision.
const DUE_SOON_MS: i64 = 48 * 3_600 * 1_000;
/// Clocks that are further apart are wrong (flows-security section 9.1).
const MOST_SKEW_MS: i64 = 10_000;
/// What has stood before finance for longer needs a reminder.
const FINANCE_MS: i64 = 24 * 3_600 * 1_000;

/// What of bookings stands before finance and cannot wait for a day: evidence has a deadline, and a payer waits for money.
const AT_ONCE: [(Attention, AlarmKind); 4] = [
    (Attention::Disputed, AlarmKind::ChargeDisputed),
    (Attention::RefundFailed, AlarmKind::RefundFailed),
    (Attention::DepositNotCharged, AlarmKind::DepositNotCharged),
    (Attention::PayoutFailed, AlarmKind::PayoutFailed),
];

/// A key with an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingKey {
    /// Whose, and which: `ExamplePay_INR own 0123ABCD`.
    pub name: String,
    /// When it ends.
    pub ends: Timestamp,
}

/// The actor.
pub struct Watch {
    /// Where the rows are.
    pub store: Store,
    /// The alarms.
    pub alarms: Registry<Alarm>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What Google's answers said about our clock.
    pub skew: ClockSkew,
    /// Every key with an end.
    pub keys: Arc<[EndingKey]>,
    /// How it has looked so far.
    pub looked: Looked,
}

/// When was looked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Looked {
    last: Option<Timestamp>,
    added_up: Option<Timestamp>,
    busy: bool,
}

impl Actor for Watch {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.look_if_due(ctx);
        ctx.run_interval(TICK, Self::look_if_due);
    }
}

impl Watch {
    fn look_if_due(&mut self, ctx: &mut Context<Self>) {
        let now = self.clock.now();
        let Looked { last, added_up, busy } = self.looked;
        if busy || last.is_some_and(|last| now.millis_since(last) < LOOK_EVERY_MS) {
            return;
        }
        // Not at the start, when others have a claim on the database.
        let added_up = added_up.unwrap_or(now);
        let adds_up = now.millis_since(added_up) >= ADD_UP_EVERY_MS;
        self.looked = Looked { last: Some(now), added_up: Some(if adds_up { now } else { added_up }), busy: true };
        let (store, alarms) = (self.store.clone(), self.alarms.clone());
        let (keys, skew) = (self.keys.clone(), self.skew.measured());
        let task = actix_rt::spawn(async move {
            let mut look = Look { now, seen: HashMap::new(), judged: HashSet::new() };
            look.keys(&keys);
            look.skew(skew);
            look.rows(&store, adds_up).await;
            look.tell(&store, &alarms).await;
        });
        let look = async move {
            if let Err(error) = task.await {
                tracing::error!(error = %error, "a look at what can go wrong ended abnormally");
            }
        };
        ctx.spawn(look.into_actor(self).map(|(), watch, _| watch.looked.busy = false));
    }
}

/// One look.
struct Look {
    now: Timestamp,
    /// What is wrong: kind and subject, and what is to be said of it.
    seen: HashMap<(AlarmKind, String), String>,
    /// The kinds that this look could judge.
    judged: HashSet<AlarmKind>,
}

impl Look {
    fn keys(&mut self, keys: &[EndingKey]) {
        self.judged.insert(AlarmKind::KeyExpiry);
        for key in keys.iter().filter(|key| key.ends.millis_since(self.now) <= KEY_ENDS_SOON_MS) {
            let verb = if key.ends <= self.now { "ended" } else { "ends" };
            let detail = format!(
                "The key {} {verb} on {}. Make a new one with `roundtrip keys generate`, or ask the peer for theirs.",
                key.name,
                key.ends.to_utc()
            );
            self.seen.insert((AlarmKind::KeyExpiry, key.name.clone()), detail);
        }
    }

    /// Without an answer of Google nothing is known of the clock.
    fn skew(&mut self, skew_ms: Option<i64>) {
        let Some(skew_ms) = skew_ms else { return };
        self.judged.insert(AlarmKind::ClockSkew);
        if skew_ms.abs() > MOST_SKEW_MS {
            // In steps of 10 s, so that every answer does not say something new.
            let direction = if skew_ms > 0 { "behind" } else { "ahead of" };
            let least = skew_ms.abs() / 10_000 * 10;
            let detail = format!(
                "Our clock is at least {least} s {direction} Google's. Beyond 60 s Google refuses what we send: check NTP."
            );
            self.seen.insert((AlarmKind::ClockSkew, "google".to_owned()), detail);
        }
    }

    async fn rows(&mut self, store: &Store, adds_up: bool) {
        let late = self.late(store).await;
        self.judge(AlarmKind::NotificationLate, late);
        let letters = Self::dead_letters(store).await;
        self.judge(AlarmKind::DeadLetters, letters);
        let waiting = self.before_finance(store).await;
        self.judge(AlarmKind::BeforeFinance, waiting);
        for (attention, kind) in AT_ONCE {
            let standing = store.standing_before_finance(attention).await;
            self.judge(kind, standing.map(|found| found.into_iter().map(|found| at_once(kind, &found)).collect()));
        }
        let due = store.open_statements().await;
        let due = due.map(|open| open.iter().filter_map(|statement| self.due(&statement.state)).collect());
        self.judge(AlarmKind::StatementDue, due);
        if adds_up {
            let imbalance = Self::imbalance(store).await;
            self.judge(AlarmKind::LedgerImbalance, imbalance);
        }
    }

    fn judge(&mut self, kind: AlarmKind, found: Result<Vec<(String, String)>, StorageError>) {
        match found {
            Ok(found) => {
                self.judged.insert(kind);
                self.seen.extend(found.into_iter().map(|(subject, detail)| ((kind, subject), detail)));
            }
            Err(error) => tracing::error!(error = %error, alarm.kind = kind.as_str(), "could not look"),
        }
    }

    async fn late(&self, store: &Store) -> Result<Vec<(String, String)>, StorageError> {
        let waiting = store.waiting_effects(EffectLane::Google, self.now.plus_millis(-LATE_MS)).await?;
        let say = |late: Overdue| {
            let detail = format!(
                "Calls to Google that have waited for more than 3 minutes: {}, the oldest since {}. They are tried again \
                 until Google answers 200; the log says what it answers.",
                late.count,
                late.oldest.to_utc()
            );
            (late.name, detail)
        };
        // Statements are fetched for as long as that takes.
        Ok(waiting.into_iter().filter(|late| late.name == RedirectPayment::KIND).map(say).collect())
    }

    /// A statement that is not paid, and whose `dateDue` is near or past.
    fn due(&self, state: &remittance::State) -> Option<(String, String)> {
        let notice = state.notice()?;
        if state.acceptance().is_some_and(|acceptance| acceptance.due().micros() == 0) {
            // Nothing will be transferred.
            return None;
        }
        let due = notice.due.filter(|due| due.millis_since(self.now) <= DUE_SOON_MS)?;
        let verb = if due <= self.now { "was" } else { "is" };
        let detail = format!(
            "The remittance statement {} of {} {verb} due on {} and is {}.",
            notice.statement_id,
            notice.piaid,
            due.to_utc(),
            state.name(),
        );
        Some((format!("{} {}", notice.piaid, notice.statement_id), detail))
    }

    async fn dead_letters(store: &Store) -> Result<Vec<(String, String)>, StorageError> {
        let parked = store.outbox_figures().await?.parked;
        let oldest = store.dead_letters(1).await?.first().and_then(|letter| letter.parked_at);
        let Some(oldest) = oldest.filter(|_| parked > 0) else { return Ok(Vec::new()) };
        let detail = format!(
            "Calls that were given up: {parked}, the first on {}. See `roundtrip outbox list`, then `retry` or `discard`.",
            oldest.to_utc()
        );
        Ok(vec![("outbox".to_owned(), detail)])
    }

    async fn before_finance(&self, store: &Store) -> Result<Vec<(String, String)>, StorageError> {
        let waiting = store.before_finance(self.now.plus_millis(-FINANCE_MS)).await?;
        let say = |waiting: Overdue| {
            let detail = format!(
                "Transactions before finance for more than a day: {} ({}), the oldest begun on {}.",
                waiting.count,
                waiting.name,
                waiting.oldest.to_utc()
            );
            (waiting.name, detail)
        };
        Ok(waiting.into_iter().map(say).collect())
    }

    async fn imbalance(store: &Store) -> Result<Vec<(String, String)>, StorageError> {
        let balance = store.ledger_balance().await?;
        let sums = balance.per_currency().into_iter().filter(|(_, sum)| *sum != 0);
        let mut found: Vec<_> = sums
            .map(|(currency, sum)| {
                let detail = format!("The ledger sums to {sum} micros in {currency}. See `roundtrip doctor`.");
                (currency, detail)
            })
            .collect();
        if let Some(first) = balance.unbalanced.first() {
            let count = balance.unbalanced.len();
            let detail =
                format!("Transactions that do not sum to zero: {count}, such as {first}. See `roundtrip doctor`.");
            found.push(("transactions".to_owned(), detail));
        }
        Ok(found)
    }

    /// Tells what is seen, and what is seen no more.
    async fn tell(self, store: &Store, alarms: &Registry<Alarm>) {
        let raised = match store.raised_alarms().await {
            Ok(raised) => raised,
            Err(error) => return tracing::error!(error = %error, "the alarms could not be read"),
        };
        let mut asks = Vec::new();
        for state in &raised {
            let State::Raised { about, .. } = state else { continue };
            let known = (about.kind, about.subject.clone());
            if self.judged.contains(&about.kind) && !self.seen.contains_key(&known) {
                asks.push(Ask::plain(about.id, Input::Gone));
            }
        }
        for ((kind, subject), detail) in self.seen {
            let id = alarm_id(kind.as_str(), &subject);
            let unchanged = raised.iter().any(|state| {
                matches!(state, State::Raised { about, detail: known, .. } if about.id == id && *known == detail)
            });
            if !unchanged {
                asks.push(Ask::plain(id, Input::Seen { about: Arc::new(About { id, kind, subject }), detail }));
            }
        }
        for ask in asks {
            let id = ask.id;
            match alarms.ask(ask).await {
                // Another node was faster.
                Ok(_) | Err(AskError::Rejected(_)) => {}
                Err(
                    AskError::Overloaded
                    | AskError::Refused(_)
                    | AskError::IdempotencyViolation
                    | AskError::Unavailable,
                ) => {
                    tracing::error!(transaction.id = %id, "an alarm could not be told; the next look tells it");
                }
            }
        }
    }
}

/// One alarm for each transaction.
fn at_once(kind: AlarmKind, found: &Overview) -> (String, String) {
    let advice = match kind {
        AlarmKind::ChargeDisputed => {
            "The processor has taken the money back meanwhile: send it evidence before its deadline."
        }
        AlarmKind::RefundFailed => {
            "The money is with us again: `POST /api/v1/bookings/{bookingId}/refund` tries it again."
        }
        AlarmKind::DepositNotCharged => "The guest's card was declined: ask the guest, or cancel the booking.",
        AlarmKind::PayoutFailed => "The money is with the processor again: check the bank account that it pays out to.",
        AlarmKind::StatementDue
        | AlarmKind::NotificationLate
        | AlarmKind::DeadLetters
        | AlarmKind::KeyExpiry
        | AlarmKind::ClockSkew
        | AlarmKind::LedgerImbalance
        | AlarmKind::BeforeFinance
        | AlarmKind::UnexplainedCharge => "",
    };
    let Overview { id, kind: machine, account, request_id, .. } = found;
    let name = if machine == Payout::KIND { request_id.clone() } else { format!("{machine} {id} of {account}") };
    (id.to_string(), format!("{}: {name}. {advice}", kind.title()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Currency, Money, Piaid, RequestId};

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn look() -> Look {
        Look { now: NOW, seen: HashMap::new(), judged: HashSet::new() }
    }

    #[test]
    fn a_key_is_an_alarm_from_thirty_days_before_its_end() {
        let key = |name: &str, ms: i64| EndingKey { name: name.to_owned(), ends: NOW.plus_millis(ms) };
        let mut look = look();
        look.keys(&[key("past", -1), key("soon", KEY_ENDS_SOON_MS), key("later", KEY_ENDS_SOON_MS + 1)]);
        let mut seen: Vec<_> = look.seen.iter().map(|((_, name), detail)| (name.as_str(), detail.as_str())).collect();
        seen.sort_unstable();
        assert!(
            matches!(seen.as_slice(), [("past", past), ("soon", soon)]
            if past.contains("ended on 2027-01-15") && soon.contains("ends on 2027-02-14")),
            "{seen:?}"
        );
        assert!(look.judged.contains(&AlarmKind::KeyExpiry));
    }

    #[test]
    fn a_statement_is_an_alarm_from_two_days_before_it_is_due() {
        let state = |due: Option<i64>| {
            remittance::State::Notified(Arc::new(remittance::Notice {
                id: alarm_id("statement", "st-1"),
                piaid: Piaid::parse("ExamplePay_INR").unwrap(),
                statement_id: RequestId::parse("st-1").unwrap(),
                statement_date: None,
                period_start: None,
                period_end: None,
                due: due.map(|ms| NOW.plus_millis(ms)),
                total: Money::new(1, Currency::parse("INR").unwrap()),
                total_fees: None,
                total_events: None,
                memo_line: None,
                received_at: NOW,
            }))
        };
        for (due, said) in [
            (None, None),
            (Some(DUE_SOON_MS + 1), None),
            (Some(DUE_SOON_MS), Some("is due")),
            (Some(0), Some("was due")),
        ] {
            let seen = look().due(&state(due));
            assert_eq!(seen.is_some(), said.is_some(), "{due:?}");
            assert!(seen.is_none_or(|(subject, detail)| {
                subject == "ExamplePay_INR st-1" && detail.contains(said.unwrap_or_default())
            }));
        }
        assert!(look().due(&remittance::State::Unheard).is_none());
    }

    #[test]
    fn a_clock_is_wrong_beyond_ten_seconds_and_unknown_before_the_first_answer() {
        for (skew, judged, said) in [
            (None, false, None),
            (Some(10_000), true, None),
            (Some(-10_000), true, None),
            (Some(10_001), true, Some("at least 10 s behind")),
            (Some(-35_000), true, Some("at least 30 s ahead of")),
            (Some(i64::MIN + 1), true, Some("ahead of")),
        ] {
            let mut look = look();
            look.skew(skew);
            assert_eq!(look.judged.contains(&AlarmKind::ClockSkew), judged, "{skew:?}");
            let detail = look.seen.values().next();
            assert_eq!(detail.is_some(), said.is_some(), "{skew:?}");
            assert!(detail.is_none_or(|detail| detail.contains(said.unwrap_or_default())), "{detail:?}");
        }
    }
}
