//! The outbox: the only place that carries out effects (architecture section 5).
//!
//! Rows that this node has just committed come by hand, already leased; all others are claimed by a look at the table.
//! While a row is held its lease is renewed, so that a dead process loses it within one lease.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix::prelude::*;

use super::route::{Delivered, Failure, Pace, Routes};
use crate::ports::{Clock, Entropy};
use crate::storage::{FailedAttempt, NodeId, OutboxKey, OutboxRow, Store};

/// How often the table is looked at for rows that nobody holds.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often held leases are renewed.
const RENEW_EVERY: Duration = Duration::from_millis(1_200);
/// Calls in flight at once. A call holds its place until its outcome is committed, and a payer may wait for it.
const SIDE_BY_SIDE: usize = 256;
/// Rows held at once; beyond it they wait in the table.
const MOST_HELD: usize = 4_096;
/// First interval, doubled after each attempt.
const FIRST_RETRY_MS: i64 = 1_000;
/// Longest interval.
const LONGEST_RETRY_MS: i64 = 15 * 60 * 1_000;
/// Longest interval at [`Pace::Prompt`], in the first hours and later: less than the five minutes within which Google has to
/// hear of a booking (google-booking-server section 8.1).
const LONGEST_PROMPT_MS: (i64, i64) = (60 * 1_000, 4 * 60 * 1_000);
/// The first hours.
const FIRST_HOURS_MS: i64 = 6 * HOUR_MS;
const HOUR_MS: i64 = 3_600 * 1_000;
/// After this a row becomes a dead letter.
const GIVE_UP_MS: i64 = 7 * 24 * HOUR_MS;
/// As [`GIVE_UP_MS`], at [`Pace::Prompt`] and for what is refused.
const GIVE_UP_REFUSED_MS: i64 = 24 * HOUR_MS;

/// What the outbox works with.
#[derive(Clone)]
pub struct OutboxSettings {
    /// Where the rows are.
    pub store: Store,
    /// Who carries out the effects of which kind of transaction, and hears of their outcome.
    pub routes: Routes,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub entropy: Arc<dyn Entropy>,
    /// This process.
    pub node: NodeId,
    /// How long a lease lasts (contract section 7: at most 5 s).
    pub lease_ms: i64,
}

/// Hands rows to the outbox. Exists before the outbox does, because the actors need it first.
#[derive(Clone, Default)]
pub struct OutboxHandle(Arc<OnceLock<Addr<Outbox>>>);

impl OutboxHandle {
    /// Connects the handle; the first call counts.
    pub fn connect(&self, outbox: Addr<Outbox>) {
        let _connected_before = self.0.set(outbox);
    }

    /// Carries out rows leased to this node. Lost ones are found again when their lease ends.
    pub fn carry_out(&self, rows: Vec<OutboxRow>) {
        if let Some(outbox) = self.0.get() {
            outbox.do_send(Leased(rows));
        }
    }

    /// Looks at the table now: somebody has made a row due.
    pub fn look(&self) {
        if let Some(outbox) = self.0.get() {
            outbox.do_send(LookNow);
        }
    }
}

/// The actor.
pub struct Outbox {
    settings: OutboxSettings,
    waiting: VecDeque<OutboxRow>,
    /// Everything leased to us, and whether its call is in flight.
    held: HashMap<OutboxKey, bool>,
    flying: usize,
    looking: bool,
    draining: bool,
}

impl Outbox {
    /// An outbox that has not looked yet.
    pub fn new(settings: OutboxSettings) -> Self {
        Self { settings, waiting: VecDeque::new(), held: HashMap::new(), flying: 0, looking: false, draining: false }
    }

    fn look(&mut self, ctx: &mut Context<Self>) {
        if self.looking || self.draining || self.held.len() >= MOST_HELD {
            return;
        }
        self.looking = true;
        let OutboxSettings { store, clock, node, lease_ms, .. } = self.settings.clone();
        let limit = SIDE_BY_SIDE as u64 * 4;
        let claim = async move { store.claim(node, clock.now(), lease_ms, limit).await };
        ctx.spawn(claim.into_actor(self).map(move |claimed, outbox, ctx| {
            outbox.looking = false;
            match claimed {
                Ok(rows) => {
                    let more = rows.len() as u64 == limit;
                    outbox.hold(rows, ctx);
                    if more {
                        outbox.look(ctx);
                    }
                }
                Err(error) => tracing::error!(error = %error, "the outbox could not be read"),
            }
        }));
    }

    fn hold(&mut self, rows: Vec<OutboxRow>, ctx: &mut Context<Self>) {
        for row in rows {
            if self.held.len() < MOST_HELD && !self.held.contains_key(&row.key) {
                self.held.insert(row.key, false);
                self.waiting.push_back(row);
            }
        }
        self.fly(ctx);
    }

    fn fly(&mut self, ctx: &mut Context<Self>) {
        while self.flying < SIDE_BY_SIDE && !self.draining {
            let Some(row) = self.waiting.pop_front() else { return };
            // A lease that was lost while the row waited belongs to somebody else now.
            let Some(in_flight) = self.held.get_mut(&row.key) else { continue };
            *in_flight = true;
            self.flying += 1;
            let settings = self.settings.clone();
            let key = row.key;
            // A task of its own: should it ever panic, the outbox goes on and the lease ends by itself.
            let task = actix_rt::spawn(async move { attempt(&settings, row).await });
            let work = async move {
                if let Err(error) = task.await {
                    tracing::error!(error = %error, "an outbound call ended abnormally");
                }
            };
            ctx.spawn(work.into_actor(self).map(move |(), outbox, ctx| {
                outbox.flying -= 1;
                outbox.held.remove(&key);
                outbox.fly(ctx);
            }));
        }
    }

    fn renew(&mut self, ctx: &mut Context<Self>) {
        if self.held.is_empty() {
            return;
        }
        let keys: Vec<_> = self.held.keys().copied().collect();
        let OutboxSettings { store, clock, node, lease_ms, .. } = self.settings.clone();
        let renew = async move {
            let renewed = store.renew(node, &keys, clock.now().plus_millis(lease_ms)).await;
            (keys, renewed)
        };
        ctx.spawn(renew.into_actor(self).map(|(keys, renewed), outbox, _| match renewed {
            Ok(ours) => {
                let ours: std::collections::HashSet<_> = ours.into_iter().collect();
                for key in keys.iter().filter(|key| !ours.contains(key)) {
                    // A call in flight is finished all the same: its settling commit finds out.
                    if outbox.held.get(key) == Some(&false) {
                        outbox.held.remove(key);
                    }
                }
            }
            Err(error) => tracing::error!(error = %error, "outbox leases could not be renewed"),
        }));
    }
}

impl Actor for Outbox {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.look(ctx);
        ctx.run_interval(LOOK_EVERY, Self::look);
        ctx.run_interval(RENEW_EVERY, Self::renew);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Leased(Vec<OutboxRow>);

impl Handler<Leased> for Outbox {
    type Result = ();

    fn handle(&mut self, Leased(rows): Leased, ctx: &mut Self::Context) {
        if !self.draining {
            self.hold(rows, ctx);
        }
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct LookNow;

impl Handler<LookNow> for Outbox {
    type Result = ();

    fn handle(&mut self, _: LookNow, ctx: &mut Self::Context) {
        self.look(ctx);
    }
}

/// No new calls, and the leases of rows that wait end at once. Calls in flight are not waited for: what they do not settle
/// is carried out again under the same idempotency key.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Drain;

impl Handler<Drain> for Outbox {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Drain, _: &mut Self::Context) -> Self::Result {
        self.draining = true;
        let waiting: Vec<_> = self.waiting.drain(..).map(|row| row.key).collect();
        let OutboxSettings { store, clock, node, .. } = self.settings.clone();
        let release = async move {
            if !waiting.is_empty() {
                let _later = store.renew(node, &waiting, clock.now()).await;
            }
        };
        Box::pin(release.into_actor(self))
    }
}

/// One attempt, and what it leads to.
async fn attempt(settings: &OutboxSettings, row: OutboxRow) {
    match settings.routes.deliver(&row).await {
        Delivered::Settled => {}
        Delivered::Unrecorded => {
            let failure = Failure::failed("done, but its outcome could not be recorded");
            put_off(settings, row, failure).await;
        }
        Delivered::Unwanted => park(settings, row, "done, but the transaction refuses its outcome").await,
        Delivered::Failed(failure) => put_off(settings, row, failure).await,
    }
}

async fn put_off(settings: &OutboxSettings, row: OutboxRow, failure: Failure) {
    let now = settings.clock.now();
    let tried = Tried {
        pace: settings.routes.pace(&row),
        attempts: row.attempts,
        for_ms: now.millis_since(row.trying_since),
        refused: failure.refused,
        retry_after_ms: failure.retry_after_ms.unwrap_or(0),
    };
    if tried.is_given_up() {
        return park(settings, row, &failure.description).await;
    }
    let next = now.plus_millis(tried.backoff_ms(settings.entropy.next_u64()));
    tracing::warn!(
        transaction.id = %row.key.transaction,
        outbox.lane = row.lane,
        outbox.attempts = row.attempts + 1,
        outbox.next_attempt_ms = next.millis_since(now),
        reason = failure.description,
        "an outbound call did not succeed and is tried again"
    );
    let failed = failed_attempt(settings, row, &failure.description);
    if let Err(error) = settings.store.reschedule(failed, next).await {
        tracing::error!(error = %error, "an outbox row could not be put off; its lease ends by itself");
    }
}

async fn park(settings: &OutboxSettings, row: OutboxRow, description: &str) {
    tracing::error!(
        transaction.id = %row.key.transaction,
        outbox.lane = row.lane,
        reason = description,
        "an outbound call is parked as a dead letter: see `roundtrip outbox list`"
    );
    let failed = failed_attempt(settings, row, description);
    if let Err(error) = settings.store.park(failed, settings.clock.now()).await {
        tracing::error!(error = %error, "an outbox row could not be parked; its lease ends by itself");
    }
}

fn failed_attempt(settings: &OutboxSettings, row: OutboxRow, description: &str) -> FailedAttempt {
    FailedAttempt {
        key: row.key,
        node: settings.node,
        attempts: row.attempts.saturating_add(1),
        error: description.to_owned(),
    }
}

/// How often and for how long a call was tried, and what came of it last.
struct Tried {
    pace: Pace,
    /// How often before this time.
    attempts: i32,
    for_ms: i64,
    refused: bool,
    /// What the peer asked for; 0: nothing.
    retry_after_ms: i64,
}

impl Tried {
    fn is_given_up(&self) -> bool {
        let longest = match (self.pace, self.refused) {
            (Pace::Prompt, true) => GIVE_UP_REFUSED_MS,
            (Pace::Patient | Pace::Prompt, _) => GIVE_UP_MS,
        };
        self.for_ms >= longest
    }

    /// Exponential with full jitter from 1 s to the longest of its pace; never before what the peer asked for.
    fn backoff_ms(&self, random: u64) -> i64 {
        let (longest, least) = match self.pace {
            Pace::Patient if self.refused => (LONGEST_RETRY_MS, LONGEST_RETRY_MS / 2),
            Pace::Patient => (LONGEST_RETRY_MS, 0),
            Pace::Prompt if self.for_ms < FIRST_HOURS_MS => (LONGEST_PROMPT_MS.0, 0),
            Pace::Prompt => (LONGEST_PROMPT_MS.1, 0),
        };
        let least = least.max(self.retry_after_ms);
        let doublings = u32::try_from(self.attempts.clamp(0, 20)).unwrap_or(20);
        let ceiling = FIRST_RETRY_MS.saturating_mul(1_i64 << doublings).min(longest).max(least);
        let jitter = i64::try_from(random % u64::try_from(ceiling.saturating_add(1)).unwrap_or(1)).unwrap_or(0);
        jitter.max(least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANDOM: [u64; 5] = [0, 1, 999, u64::MAX, 0x1234_5678_9abc_def0];

    fn tried(attempts: i32) -> Tried {
        Tried { pace: Pace::Patient, attempts, for_ms: 0, refused: false, retry_after_ms: 0 }
    }

    #[test]
    fn cmp_7_retries_back_off_exponentially_with_full_jitter() {
        for (attempts, ceiling) in [(0, 1_000), (1, 2_000), (5, 32_000), (9, 512_000), (10, 900_000), (40, 900_000)] {
            for random in RANDOM {
                let wait = tried(attempts).backoff_ms(random);
                assert!((0..=ceiling).contains(&wait), "{attempts} {wait}");
            }
        }
        assert_eq!(tried(3).backoff_ms(0), 0, "full jitter may choose the whole range");
        assert_eq!(tried(3).backoff_ms(8_000), 8_000);
    }

    #[test]
    fn retry_after_and_the_slow_cap_are_honoured() {
        assert_eq!(Tried { retry_after_ms: 60_000, ..tried(0) }.backoff_ms(7), 60_000);
        let refused = Tried { refused: true, ..tried(0) };
        assert!(refused.backoff_ms(u64::MAX) >= LONGEST_RETRY_MS / 2);
        assert!(!Tried { for_ms: GIVE_UP_MS - 1, ..refused }.is_given_up());
        assert!(Tried { for_ms: GIVE_UP_MS, ..tried(0) }.is_given_up());
    }

    #[test]
    fn bk_8_1_what_google_must_hear_promptly_never_waits_five_minutes_whatever_it_was_answered() {
        for refused in [false, true] {
            for (for_ms, longest) in [(0, 60_000), (FIRST_HOURS_MS - 1, 60_000), (GIVE_UP_REFUSED_MS - 1, 240_000)] {
                for attempts in 0..2_000 {
                    let tried = Tried { pace: Pace::Prompt, for_ms, refused, ..tried(attempts) };
                    assert!(RANDOM.iter().all(|random| (0..=longest).contains(&tried.backoff_ms(*random))));
                    assert!(!tried.is_given_up());
                }
            }
        }
        let prompt = |refused, for_ms| Tried { pace: Pace::Prompt, refused, for_ms, ..tried(9) };
        assert!(prompt(true, GIVE_UP_REFUSED_MS).is_given_up(), "the transaction's later word is heard");
        assert!(!prompt(false, GIVE_UP_MS - 1).is_given_up() && prompt(false, GIVE_UP_MS).is_given_up());
        assert_eq!(Tried { retry_after_ms: 90_000, ..prompt(false, 0) }.backoff_ms(5), 90_000, "Google asks for it");
    }
}
