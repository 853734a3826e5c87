//! The load: closed loops to find the most that the server takes, then an open loop at half of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde::Serialize;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::figures::Latency;
use super::google::notified;
use super::orders::Stock;
use super::payer::{Paid, pay};
use super::world::{Stretch, World};
use crate::ports::{Entropy, SeededEntropy};

/// One payment in so many has its C1 and C3 opened afterwards.
const CHECK_EVERY: usize = 20;

/// A closed loop with so many payments under way.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ClosedLoop {
    pub(super) under_way: usize,
    #[serde(flatten)]
    pub(super) stretch: Stretch,
}

/// An open loop at a fixed rate.
#[derive(Debug, Serialize)]
pub(super) struct OpenLoop {
    pub(super) wanted_per_s: f64,
    #[serde(flatten)]
    pub(super) stretch: Stretch,
    pub(super) begin: Option<Latency>,
    #[serde(rename = "return")]
    pub(super) back: Option<Latency>,
    /// From sending the payer back to the notification's arrival at Google.
    pub(super) notification: Option<Latency>,
    pub(super) status: Option<Latency>,
    /// From the intended beginning to the notification's arrival.
    pub(super) whole: Option<Latency>,
    pub(super) resident_bytes: u64,
    pub(super) longest_callback_bytes: usize,
}

type Results = JoinSet<anyhow::Result<Paid>>;

fn spawn(world: &Arc<World>, results: &mut Results, (stock, intended): (&mut Stock, Instant)) -> anyhow::Result<()> {
    let order = stock.take().context("the benchmark sealed too few requests ahead")?;
    let world = world.clone();
    results.spawn(async move {
        let paid = pay((&world.client, &world.parties), order, intended).await;
        if paid.is_err() {
            // No notification will make room for the next one.
            world.google.give_room();
        }
        paid
    });
    Ok(())
}

/// Waits for all payments; any failure is an error that counts them by kind.
async fn finish(world: &World, mut results: Results) -> anyhow::Result<Vec<Paid>> {
    let mut paid = Vec::new();
    let mut failures = BTreeMap::<String, usize>::new();
    while let Some(result) = results.join_next().await {
        match result.context("a payment was interrupted")? {
            Ok(one) => paid.push(one),
            Err(error) => *failures.entry(format!("{error:#}")).or_default() += 1,
        }
    }
    let listed: Vec<String> = failures.iter().map(|(error, count)| format!("{count} x {error}")).collect();
    ensure!(listed.is_empty(), "payments failed: {}\n{}", listed.join("; "), world.server.last_words());
    Ok(paid)
}

/// Keeps `under_way` payments under way, from their beginning to the arrival of their notification. The first fifth of
/// `length` is not measured.
pub(super) async fn closed(
    world: &Arc<World>,
    stock: &mut Stock,
    (under_way, length): (usize, Duration),
) -> anyhow::Result<ClosedLoop> {
    let gate = Arc::new(Semaphore::new(under_way));
    world.google.open_gate(Some(gate.clone()));
    let arrived_before = world.google.arrived();
    let started = Instant::now();
    let mut results = JoinSet::new();
    let mut opening = None;
    while started.elapsed() < length {
        let Ok(room) = tokio::time::timeout(Duration::from_secs(10), gate.acquire()).await else {
            finish(world, results).await?;
            anyhow::bail!("the server sends no notifications any more:\n{}", world.server.last_words());
        };
        room?.forget();
        if opening.is_none() && started.elapsed() > length / 5 {
            opening = Some((world.server.groups().await?, world.moment()?));
        }
        spawn(world, &mut results, (stock, Instant::now()))?;
    }
    let (groups, opening) = opening.context("the closed loop was too short")?;
    let stretch = opening.until(&world.moment()?, (groups, world.server.groups().await?));
    let paid = finish(world, results).await?;
    ensure!(world.settle(arrived_before, paid.len() as u64).await, "notifications are missing");
    world.google.open_gate(None);
    check(world, &paid)?;
    Ok(ClosedLoop { under_way, stretch })
}

/// Begins payments at random moments, `rate` in a second on average, whether earlier ones are done or not. The first
/// fifth of `length` is not measured. Latency counts from the moment in which a step was to begin.
pub(super) async fn open(
    world: &Arc<World>,
    stock: &mut Stock,
    (rate, length): (f64, Duration),
) -> anyhow::Result<OpenLoop> {
    let arrived_before = world.google.arrived();
    let groups = world.server.groups().await?;
    world.google.keep();
    let started = Instant::now();
    let measured_from = started + length / 5;
    let mut beginnings = arrivals(rate, (started, started + length));
    let mut results = JoinSet::new();
    let mut opening = None;
    while let Some(intended) = beginnings.recv().await {
        if opening.is_none() && intended >= measured_from {
            opening = Some(world.moment()?);
        }
        spawn(world, &mut results, (stock, intended))?;
    }
    let closing = world.moment()?;
    let opening = opening.context("the open loop was too short")?;
    let stretch = opening.until(&closing, (groups, world.server.groups().await?));
    let resident_bytes = world.server.resident_bytes()?;
    let mut paid = finish(world, results).await?;
    ensure!(world.settle(arrived_before, paid.len() as u64).await, "notifications are missing");
    check(world, &paid)?;
    let notified = notified(&world.parties, world.google.kept()).await?;
    let silent = paid.iter().filter(|paid| !notified.contains_key(&paid.request_id)).count();
    ensure!(silent == 0, "Google heard nothing of {silent} payments");
    paid.retain(|paid| paid.intended >= measured_from);
    let of = |sample: &dyn Fn(&Paid) -> Option<Duration>| Latency::of(paid.iter().filter_map(sample).collect());
    let heard = |paid: &Paid| notified.get(&paid.request_id).copied();
    Ok(OpenLoop {
        wanted_per_s: rate,
        stretch,
        begin: of(&|paid| Some(paid.begin)),
        back: of(&|paid| Some(paid.back)),
        notification: of(&|paid| Some(heard(paid)?.saturating_duration_since(paid.back_sent))),
        status: of(&|paid| paid.status),
        whole: of(&|paid| Some(heard(paid)?.saturating_duration_since(paid.intended))),
        resident_bytes,
        longest_callback_bytes: paid.iter().map(Paid::callback_bytes).max().unwrap_or(0),
    })
}

fn check(world: &World, paid: &[Paid]) -> anyhow::Result<()> {
    paid.iter().step_by(CHECK_EVERY).try_for_each(|paid| paid.check(&world.parties))
}

/// Tells when payments are to begin: a Poisson process, the same one in every run. A thread of its own sleeps between
/// them, because the runtime's timer only knows whole milliseconds.
pub(super) fn arrivals(rate: f64, (started, end): (Instant, Instant)) -> mpsc::UnboundedReceiver<Instant> {
    let (tell, told) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let random = SeededEntropy::new(2);
        let mut next = started;
        loop {
            // 53 bits make a number in (0, 1]; minus its logarithm is the wait.
            let uniform = ((random.next_u64() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
            next += Duration::from_secs_f64(-uniform.ln() / rate);
            if next >= end {
                break;
            }
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
            if tell.send(next).is_err() {
                break;
            }
        }
    });
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn arrivals_come_at_their_rate_and_at_random() {
        let started = Instant::now();
        let mut told = arrivals(20_000.0, (started, started + Duration::from_millis(500)));
        let mut moments = Vec::new();
        while let Some(moment) = told.recv().await {
            moments.push(moment);
        }
        assert!((9_000..11_000).contains(&moments.len()), "{}", moments.len());
        let mean = Duration::from_micros(50);
        let short = moments.windows(2).filter(|pair| pair[1] - pair[0] < mean).count();
        // Of exponential waits 63 % are shorter than their mean; of equal ones none or all.
        assert!((5_000..7_500).contains(&short), "{short}");
    }
}
