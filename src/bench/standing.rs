//! What stands without moving: many open payments in the database, many idle actors in memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde::Serialize;
use url::Url;

use super::google::Google;
use super::invented::{At, Inventor};
use super::load;
use super::orders::Stock;
use super::parties::{Configured, Parties};
use super::server::{Server, metric};
use super::world::World;
use crate::crypto::Purpose;
use crate::ports::{Clock, SystemClock};
use crate::storage::{Store, StoreOptions};

/// Commits under way while a database is filled.
const SIDE_BY_SIDE: usize = 2_000;
/// Payments a second of the trickle.
const TRICKLE_PER_S: f64 = 10.0;
/// Payers who look at their page at once.
const VISITORS: usize = 16;

/// A server on a database full of open payments.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Standing {
    pub(super) open_payments: u64,
    pub(super) fill_seconds: f64,
    pub(super) ready_after_ms: f64,
    pub(super) resident_bytes_when_ready: u64,
    pub(super) resident_bytes_after_trickle: u64,
}

/// Idle actors in memory.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Residents {
    pub(super) actors: u64,
    pub(super) resident_bytes_before: u64,
    pub(super) resident_bytes_after: u64,
    pub(super) bytes_each: f64,
}

/// Stores `count` open payments with deadlines far ahead, by the commits that the server makes, many in one database
/// transaction. Answers how long it took.
pub(super) async fn fill(database: &str, inventor: &Inventor, count: u64) -> anyhow::Result<f64> {
    let started = Instant::now();
    let options =
        StoreOptions { max_batch: SIDE_BY_SIDE, max_waiting: 2 * SIDE_BY_SIDE, ..StoreOptions::new(database) };
    let store = Store::open(options).await.context("cannot open the database")?;
    store.migrate_up().await.context("cannot make the schema")?;
    let mut told = Instant::now();
    let mut stored = futures_util::stream::iter(0..count)
        .map(|number| {
            let store = &store;
            async move {
                let now = SystemClock.now();
                let script = inventor.open(number, now)?;
                let id = script.id();
                let mut at = At { position: None, leased: None, now };
                for step in script.steps {
                    at.position = Some(store.commit(inventor.commit(id, step, &at)).await?.position);
                }
                anyhow::Ok(number)
            }
        })
        .buffered(SIDE_BY_SIDE);
    while let Some(number) = stored.try_next().await? {
        if told.elapsed() > Duration::from_secs(10) {
            told = Instant::now();
            eprintln!("  … {number} of {count} open payments stored");
        }
    }
    drop(stored);
    store.close().await;
    Ok(started.elapsed().as_secs_f64())
}

/// Starts a server on that database: how soon it is ready, and what it weighs before and after a trickle of payments.
pub(super) async fn start(
    (parties, google): (&Arc<Parties>, &Arc<Google>),
    configured: &Configured,
    (stock, trickle): (&mut Stock, Duration),
) -> anyhow::Result<Standing> {
    let world = Arc::new(World::start(parties, google, configured).await?);
    let resident_bytes_when_ready = world.server.resident_bytes()?;
    let trickled = load::open(&world, stock, (TRICKLE_PER_S, trickle)).await?;
    Ok(Standing {
        open_payments: 0,
        fill_seconds: 0.0,
        ready_after_ms: world.server.ready_after.as_secs_f64() * 1000.0,
        resident_bytes_when_ready,
        resident_bytes_after_trickle: trickled.resident_bytes,
    })
}

/// Has payers look at their pages on a server that keeps idle actors: the first `warm` so that buffers, pools and caches
/// have their size, then the next `count`. What memory grows by is theirs.
pub(super) async fn residents(
    (parties, inventor): (&Parties, &Inventor),
    configured: &Configured,
    (warm, count): (u64, u64),
) -> anyhow::Result<Residents> {
    let server = Server::start(configured).await?;
    let client = super::http::Client::new(server.public);
    let expires = SystemClock.now().plus_millis(3_600_000);
    let look = async |numbers: std::ops::Range<u64>| {
        futures_util::stream::iter(numbers)
            .map(|number| {
                let client = &client;
                let origin = format!("http://{}", server.public);
                async move {
                    let page = Url::parse(&format!("{origin}/pay/{}", inventor.id(number)?))?;
                    let signed = parties.links.sign(Purpose::Pay, page, expires);
                    let answer = client.get(&signed[url::Position::BeforePath..]).await?;
                    ensure!(answer.status() == 200, "a payer's page answered HTTP {}", answer.status());
                    Ok(())
                }
            })
            .buffer_unordered(VISITORS)
            .try_collect::<Vec<()>>()
            .await
    };
    // Twice, so that what one visit needs for a moment is there already.
    look(0..warm).await?;
    look(0..warm).await?;
    let (actors_before, before) = (actors(&server).await?, server.resident_bytes()?);
    look(warm..warm + count).await?;
    let (actors_after, after) = (actors(&server).await?, server.resident_bytes()?);
    // A payment whose last step the trickle's server did not finish may have come by itself.
    let actors = actors_after.saturating_sub(actors_before);
    ensure!(actors >= count, "{actors} actors stayed of {count}");
    Ok(Residents {
        actors,
        resident_bytes_before: before,
        resident_bytes_after: after,
        bytes_each: after.saturating_sub(before) as f64 / actors.max(1) as f64,
    })
}

async fn actors(server: &Server) -> anyhow::Result<u64> {
    let metrics = server.metrics().await?;
    Ok(metric(&metrics, "payment_actors_resident").context("no metric payment_actors_resident")? as u64)
}
