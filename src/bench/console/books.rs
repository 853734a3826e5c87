//! A database as a busy integrator's: many payments over thirty days, on several accounts, at several issuers, ended in every
//! way; a few hundred dead letters; a statement as long as the account's payments.
//!
//! Every row is decided by the machines and written by commits, each payment in one.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _};

use crate::bench::invented::{At, Course, Inventor};
use crate::domain::remittance::{Batch, Input, Notice, Page, Remittance, Rules, State, StatedEvent};
use crate::domain::{Currency, IssuerId, Machine, Money, Piaid, RemittableKind, RequestId, Timestamp, TransactionId};
use crate::storage::{Change, Commit, FailedAttempt, LinePage, NodeId, Position, Store, StoreOptions};

/// Commits under way.
const SIDE_BY_SIDE: usize = 2_000;
const DAY_MS: i64 = 86_400_000;
/// How far back the oldest payment lies.
const SPREAD_MS: i64 = 30 * DAY_MS;
/// Payments that have not ended are no older.
const OPEN_MS: i64 = 30 * 60_000;
/// Calls that were given up.
const DEAD_LETTERS: u64 = 300;
/// Events on one page of a statement, and judged at once.
const AT_ONCE: usize = 5_000;

/// Accounts with their currencies: of a hundred payments so many.
const ACCOUNTS: [(&str, &str, u64); 4] = [
    ("BenchPay_INR", "INR", 70),
    ("BenchPay_EUR", "EUR", 24),
    ("BenchShop_EUR", "EUR", 5),
    ("BenchTest_USD", "USD", 1),
];
/// Issuers: the first have most.
const ISSUERS: [&str; 6] = ["BANK_A", "BANK_A", "BANK_A", "BANK_B", "BANK_B", "BANK_C"];
/// Once in so many payments another.
const RARE_ISSUER: (&str, u64) = ("BANK_Z", 1_009);
/// What most things cost.
const PRICES_MICROS: [i64; 8] =
    [99_000_000, 109_900_000, 199_000_000, 249_500_000, 499_000_000, 999_000_000, 1_499_000_000, 4_999_000_000];

/// What the pages are asked about.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// A payment that was paid and partly given back.
    pub(super) payment: TransactionId,
    /// Google's id of it.
    pub(super) request_id: String,
    /// The issuer's reference of it.
    pub(super) reference: String,
    /// Google's id of the statement.
    pub(super) statement: String,
    /// Ours.
    pub(super) statement_id: TransactionId,
    /// The line in the middle of it.
    pub(super) middle: u64,
    /// How long filling took, in seconds.
    pub(super) seconds: f64,
}

/// One payment to be.
struct Plan {
    inventor: Inventor,
    course: Course,
    now: Timestamp,
}

/// The numbers of a sequence that looks like chance and is the same every time.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn account(dice: u64) -> (&'static str, &'static str) {
    let mut left = dice % 100;
    for (account, currency, share) in ACCOUNTS {
        if left < share {
            return (account, currency);
        }
        left -= share;
    }
    ("BenchPay_INR", "INR")
}

fn course(dice: u64, age_ms: i64) -> Course {
    match dice % 1_000 {
        0..=9 if age_ms < OPEN_MS => Course::Choosing,
        10..=199 if age_ms < OPEN_MS => Course::AtIssuer,
        200..=279 => Course::Declined,
        280..=309 => Course::Cancelled,
        310..=349 => Course::Expired,
        350 => Course::PaidLate,
        351..=370 => Course::Refunded,
        _ => Course::Paid,
    }
}

impl Plan {
    fn of(basis: &Inventor, number: u64, (count, end): (u64, Timestamp)) -> anyhow::Result<Self> {
        let dice = mixed(number);
        let age_ms = SPREAD_MS / i64::try_from(count.max(1))? * i64::try_from(count - number)?;
        let (piaid, currency) = account(dice >> 32);
        let issuer = match number % RARE_ISSUER.1 {
            7 => RARE_ISSUER.0,
            _ => ISSUERS.get((dice >> 16) as usize % ISSUERS.len()).copied().unwrap_or(RARE_ISSUER.0),
        };
        let micros = match dice % 5 {
            0..=3 => PRICES_MICROS.get((dice >> 8) as usize % PRICES_MICROS.len()).copied().unwrap_or(1_000_000),
            _ => 10_000 * (1 + i64::try_from((dice >> 4) % 5_000_000)?),
        };
        let amount = Money::payable(micros, Currency::parse(currency)?)?;
        let inventor = basis.with(Piaid::parse(piaid)?, IssuerId::parse(issuer)?, amount);
        Ok(Self { inventor, course: course(dice >> 48, age_ms), now: end.plus_millis(-age_ms) })
    }
}

/// Opens a database and fills it with `count` payments that ended before `end`, numbered from 0.
pub(super) async fn fill(database: &str, (basis, count): (&Inventor, u64), end: Timestamp) -> anyhow::Result<Known> {
    let started = Instant::now();
    let options =
        StoreOptions { max_batch: SIDE_BY_SIDE, max_waiting: 2 * SIDE_BY_SIDE, ..StoreOptions::new(database) };
    let store = Store::open(options).await.context("cannot open the database")?;
    store.migrate_up().await.context("cannot make the schema")?;
    let (known, reference) = payments(&store, basis, (count, end)).await?;
    let (payment, request_id) = known.context("no payment was paid and given back: ask for more payments")?;
    dead_letters(&store, basis, (count, end)).await?;
    let statement = format!("stmt-{request_id}");
    let (statement_id, lines) = a_statement(&store, (basis, count), (&statement, end)).await?;
    store.close().await;
    let seconds = started.elapsed().as_secs_f64();
    Ok(Known { payment, request_id, reference, statement, statement_id, middle: lines / 2, seconds })
}

type PaidAndGivenBack = Option<(TransactionId, String)>;

async fn payments(
    store: &Store,
    basis: &Inventor,
    (count, end): (u64, Timestamp),
) -> anyhow::Result<(PaidAndGivenBack, String)> {
    let (mut known, mut reference) = (None, String::new());
    let mut told = Instant::now();
    let mut stored = futures_util::stream::iter(0..count)
        .map(|number| async move {
            let Plan { inventor, course, now } = Plan::of(basis, number, (count, end))?;
            let script = inventor.whole(number, course, now)?;
            let id = script.id();
            for step in script.steps {
                store.commit(inventor.commit(id, step, &At { position: None, leased: None, now })).await?;
            }
            let given_back = (course == Course::Refunded).then_some(id);
            anyhow::Ok((number, given_back))
        })
        .buffered(SIDE_BY_SIDE);
    while let Some((number, given_back)) = stored.try_next().await? {
        if let Some(id) = given_back {
            known = Some((id, basis.request_id(number)?.to_string()));
            reference = Inventor::reference(number);
        }
        if told.elapsed() > Duration::from_secs(10) {
            told = Instant::now();
            eprintln!("  … {number} of {count} payments stored");
        }
    }
    Ok((known, reference))
}

/// Notifications that Google never acknowledged.
async fn dead_letters(store: &Store, basis: &Inventor, (count, end): (u64, Timestamp)) -> anyhow::Result<()> {
    for number in count..count + DEAD_LETTERS {
        let now = end.plus_millis(-8 * DAY_MS);
        let script = basis.paid(number, false, now)?;
        let id = script.id();
        let mut position: Option<Position> = None;
        // All but the acknowledgement.
        for step in script.steps.into_iter().take(2) {
            let committed = store.commit(basis.commit(id, step, &At { position, leased: None, now })).await?;
            position = Some(committed.position);
            for row in committed.leased {
                let error = "HTTP 503 from Google".to_owned();
                let failed = FailedAttempt { key: row.key, node: basis.node(), attempts: 40, error };
                store.park(failed, end.plus_millis(-DAY_MS)).await?;
            }
        }
    }
    Ok(())
}

/// A statement of the largest account, which lists what of it is known, one in a thousand of it with another amount: our id
/// of it, and how many lines it has.
async fn a_statement(
    store: &Store,
    (basis, count): (&Inventor, u64),
    (name, now): (&str, Timestamp),
) -> anyhow::Result<(TransactionId, u64)> {
    let (piaid, currency) = (Piaid::parse("BenchPay_INR")?, Currency::parse("INR")?);
    let mut events = Vec::new();
    for number in 0..count {
        let plan = Plan::of(basis, number, (count, now))?;
        let (account, amount) = plan.inventor.of();
        if *account == piaid && plan.course == Course::Paid {
            let off = if number % 1_000 == 0 { 1_000_000 } else { 0 };
            events.push(StatedEvent {
                kind: RemittableKind::Capture,
                request_id: basis.request_id(number)?.to_string(),
                our_id: None,
                currency: Some(currency),
                amount_micros: Some(amount.micros() + off),
                fee_micros: None,
                note: None,
            });
        }
    }
    let statement_id = RequestId::parse(name)?;
    let id = crate::crypto::statement_id(&piaid, &statement_id);
    let notice = Notice {
        id,
        piaid: piaid.clone(),
        statement_id,
        statement_date: None,
        period_start: None,
        period_end: None,
        due: Some(now.plus_millis(3 * DAY_MS)),
        total: Money::new(1_000_000_000, currency),
        total_fees: None,
        total_events: None,
        memo_line: Some(format!("MEMO-{name}")),
        received_at: now,
    };
    let mut held = Held { store, id, state: State::default(), position: None, node: basis.node(), now };
    held.step(Input::Notify(Box::new(notice))).await?;
    held.step(Input::EarlierReplaced).await?;
    let pages = events.len().div_ceil(AT_ONCE).max(1);
    for (number, page) in events.chunks(AT_ONCE).enumerate() {
        let offset = |number: usize| u64::try_from(number * AT_ONCE).unwrap_or(u64::MAX);
        held.step(Input::Page(Page {
            offset: (number > 0).then(|| offset(number)),
            events: page.to_vec(),
            next_offset: (number + 1 < pages).then(|| offset(number + 1)),
            total_events: None,
        }))
        .await?;
    }
    for number in 0..pages {
        let after = u64::try_from(number * AT_ONCE)?;
        let page = LinePage { statement: id, after, limit: u64::try_from(AT_ONCE)? };
        let lines = store.stated_events(page).await?;
        let ids: Vec<&str> = lines.iter().map(|(_, event)| event.request_id.as_str()).collect();
        let ours = store.ours(&piaid, (id, currency), &ids).await?;
        let mut batch = Batch::new(currency, None, (1, after));
        for (line, event) in &lines {
            batch.take(*line, event, ours.of(&event.request_id));
        }
        held.step(Input::Judged(batch.judged())).await?;
    }
    held.step(Input::MissingCounted { round: 1, missing: BTreeMap::new(), rules: Rules::default() }).await?;
    Ok((id, u64::try_from(events.len())?))
}

/// The statement as its actor would hold it.
struct Held<'a> {
    store: &'a Store,
    id: TransactionId,
    state: State,
    position: Option<Position>,
    node: NodeId,
    now: Timestamp,
}

impl Held<'_> {
    async fn step(&mut self, input: Input) -> anyhow::Result<()> {
        let decision = Remittance::decide(&self.state, &input, self.now)?;
        self.state = decision.events.iter().fold(self.state.clone(), Remittance::apply);
        let change = Change::<Remittance> {
            state: self.state.clone(),
            events: decision.events,
            // Nobody shall carry them out.
            effects: Vec::new(),
            entries: decision.entries,
            records: decision.records,
        };
        let commit = Commit {
            id: self.id,
            position: self.position,
            change: Some(change),
            answer: None,
            settles: None,
            now: self.now,
            node: self.node,
            lease_ms: 5_000,
        };
        self.position = Some(self.store.commit(commit).await?.position);
        Ok(())
    }
}
