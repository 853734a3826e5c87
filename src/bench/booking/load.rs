//! Calls under load: as many at once as wanted, then at random moments at half of what was found.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;
use tokio::task::JoinSet;

use super::calls::{Caller, Kind};
use crate::bench::figures::Latency;
use crate::bench::load::arrivals;
use crate::bench::process::own_cpu_us;
use crate::bench::server::Server;

/// The server and who calls it.
pub(super) struct World {
    pub(super) server: Server,
    pub(super) caller: Caller,
}

/// What a stretch of calls came to.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Load {
    /// Calls at once; `None`: they began at random moments.
    pub(super) under_way: Option<usize>,
    pub(super) seconds: f64,
    pub(super) calls: usize,
    pub(super) calls_per_s: f64,
    pub(super) server_cpu_us_per_call: f64,
    /// Google and the processor together.
    pub(super) generator_cpu_us_per_call: f64,
    pub(super) cores_busy: f64,
    /// Commits in one database transaction, on average.
    pub(super) commits_per_group: Option<f64>,
    pub(super) latency: Option<Latency>,
}

/// When a call was to begin, and how long it took from there.
type Sample = (Instant, Duration);

/// Keeps `under_way` calls under way. The first fifth of `length` is not measured.
pub(super) async fn closed(
    world: &Arc<World>,
    kind: Kind,
    (under_way, length): (usize, Duration),
) -> anyhow::Result<Load> {
    let stop = Arc::new(AtomicBool::new(false));
    let mut lanes = JoinSet::new();
    for _ in 0..under_way {
        let (world, stop) = (world.clone(), stop.clone());
        lanes.spawn(async move {
            let mut samples: Vec<Sample> = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let Some(body) = world.caller.next(kind) else { break };
                let begun = Instant::now();
                world.caller.call(kind, body).await?;
                samples.push((begun, begun.elapsed()));
            }
            anyhow::Ok(samples)
        });
    }
    tokio::time::sleep(length / 5).await;
    let clocks = Clocks::read(world).await?;
    tokio::time::sleep(length * 4 / 5).await;
    let after = Clocks::read(world).await?;
    stop.store(true, Ordering::Relaxed);
    let mut samples = Vec::new();
    while let Some(lane) = lanes.join_next().await {
        samples.extend(lane.context("a call was interrupted")?.with_context(|| world.server.last_words())?);
    }
    Ok(clocks.until(&after, samples, Some(under_way)))
}

/// Begins calls at random moments, `rate` in a second on average, whether earlier ones are done or not. The first fifth
/// of `length` is not measured. Latency counts from the moment in which a call was to begin.
pub(super) async fn open(world: &Arc<World>, kind: Kind, (rate, length): (f64, Duration)) -> anyhow::Result<Load> {
    let started = Instant::now();
    let mut beginnings = arrivals(rate, (started, started + length));
    let (mut calls, mut clocks) = (JoinSet::new(), None);
    let mut samples: Vec<Sample> = Vec::new();
    while let Some(intended) = beginnings.recv().await {
        if clocks.is_none() && intended >= started + length / 5 {
            clocks = Some(Clocks::read(world).await?);
        }
        let Some(body) = world.caller.next(kind) else { break };
        let world = world.clone();
        calls.spawn(async move {
            world.caller.call(kind, body).await?;
            anyhow::Ok((intended, intended.elapsed()))
        });
        // What is done makes room.
        while let Some(done) = calls.try_join_next() {
            samples.push(done.context("a call was interrupted")??);
        }
    }
    while let Some(done) = calls.join_next().await {
        samples.push(done.context("a call was interrupted")?.with_context(|| world.server.last_words())?);
    }
    let after = Clocks::read(world).await?;
    Ok(clocks.context("the open loop was too short")?.until(&after, samples, None))
}

/// The clocks at one moment.
struct Clocks {
    at: Instant,
    server_us: u64,
    generator_us: u64,
    groups: Option<crate::bench::server::Groups>,
}

impl Clocks {
    async fn read(world: &World) -> anyhow::Result<Self> {
        let groups = world.server.groups().await?;
        Ok(Self { at: Instant::now(), server_us: world.server.cpu_us()?, generator_us: own_cpu_us()?, groups })
    }

    fn until(&self, end: &Self, samples: Vec<Sample>, under_way: Option<usize>) -> Load {
        let ended = |(begun, took): &Sample| *begun + *took;
        let within = |sample: &&Sample| (self.at..end.at).contains(&ended(sample));
        let measured: Vec<Duration> = samples.iter().filter(within).map(|(_, took)| *took).collect();
        let seconds = end.at.duration_since(self.at).as_secs_f64();
        let calls = measured.len();
        let each = |us: u64| us as f64 / calls.max(1) as f64;
        let (server_us, generator_us) = (end.server_us - self.server_us, end.generator_us - self.generator_us);
        Load {
            under_way,
            seconds,
            calls,
            calls_per_s: calls as f64 / seconds,
            server_cpu_us_per_call: each(server_us),
            generator_cpu_us_per_call: each(generator_us),
            cores_busy: (server_us + generator_us) as f64 / 1e6 / seconds,
            commits_per_group: end.groups.and_then(|after| after.mean_since(self.groups)),
            latency: Latency::of(measured),
        }
    }
}
