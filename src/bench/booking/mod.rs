//! `roundtrip bench booking`: a server that has loaded a million availabilities, looked up and booked by Google over
//! loopback, with a processor that answers at once.
//!
//! One run: the feeds are loaded; lookups, then bookings that are paid on arrival, then ahead, each by closed loops of
//! growing width and an open loop at half of the most. Then the server is killed, and its books must hold every booking
//! that it has answered. Beside it what bounds it: the bare route, the bare commit, the bare query.

mod bare;
mod books;
mod calls;
mod load;
mod others;
mod shop;
mod show;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde::Serialize;

use self::bare::Bare;
use self::books::{Answered, Books};
use self::calls::{Caller, Kind, USER};
use self::load::{Load, World};
use self::others::Others;
use self::shop::{FEEDS, Shop};
use super::ceilings::{BareRoute, bare_route};
use super::http::Client;
use super::machine::Machine;
use super::parties::{Configured, free_addresses};
use super::report::{self, Target};
use super::scratch::Scratch;
use super::server::Server;
use crate::app::install_crypto_provider;
use crate::crypto::{generate_url_key, random_token};
use crate::ports::{Clock, Entropy, SystemClock, SystemEntropy};
use crate::storage::{Store, StoreOptions};

/// `roundtrip bench booking`: inventory, lookups and bookings under load.
#[derive(Debug, Clone, clap::Args)]
pub struct BookingOptions {
    /// Slots of the largest inventory; lookups are also measured on a tenth, a hundredth and a thousandth of them
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(10_000..=10_000_000))]
    pub slots: u64,
    /// How long each load at half of the most is measured, in seconds
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(2..=3600))]
    pub seconds: u32,
    /// Everything small: shows that the benchmark runs, in seconds; its figures mean little
    #[arg(long)]
    pub quick: bool,
    /// Writes the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Where the files of the run are made, and removed at its end; the disk that is measured. Default: temporary files
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
}

/// What loading the feeds took.
#[derive(Debug, Clone, Serialize)]
struct Loading {
    slots: u64,
    feed_bytes: u64,
    /// From the start of the process to `/readyz`.
    seconds: f64,
    peak_resident_bytes: u64,
}

/// Lookups on an inventory of a size.
#[derive(Debug, Clone, Serialize)]
struct Sized {
    slots: u64,
    lookups: Load,
}

/// What one kind of call came to.
#[derive(Debug, Clone, Serialize)]
struct Phase {
    closed_loops: Vec<Load>,
    half_load: Load,
}

/// Everything.
#[derive(Serialize)]
struct Report {
    machine: Machine,
    bare_route: BareRoute,
    loading: Loading,
    lookups: Phase,
    lookups_by_size: Vec<Sized>,
    arrivals: Phase,
    prepaid: Phase,
    books: Books,
    updates_to_google: u64,
    bare_commit: Bare,
    bare_lookup: Bare,
    resident_bytes: u64,
    targets: Vec<Target>,
}

/// How long and how wide everything is measured.
struct Plan {
    slots: u64,
    route: Duration,
    width: Duration,
    widths: Vec<usize>,
    open: Duration,
    commit: Duration,
}

impl Plan {
    fn of(options: &BookingOptions) -> Self {
        let (seconds, millis) = (Duration::from_secs, Duration::from_millis);
        if options.quick {
            return Self {
                slots: options.slots.min(20_000),
                route: millis(500),
                width: millis(800),
                widths: vec![4, 16],
                open: seconds(2),
                commit: millis(500),
            };
        }
        Self {
            slots: options.slots,
            route: seconds(3),
            width: seconds(5),
            widths: vec![1, 4, 16, 64, 256],
            open: seconds(u64::from(options.seconds)) * 5 / 4,
            commit: seconds(4),
        }
    }
}

/// Runs the benchmark and prints what it finds. A figure that misses a target is no error; a call that is not answered as
/// it has to be, and a book that does not hold what was answered, is one.
pub fn run(options: BookingOptions) -> anyhow::Result<()> {
    let thread = std::thread::Builder::new().name("bench".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            tokio::select! {
                done = measure(&options) => done,
                stopped = super::stopped() => stopped,
            }
        })
    })?;
    thread.join().map_err(|_| anyhow!("the benchmark panicked"))?
}

/// What all phases share.
struct Bench {
    plan: Plan,
    run: String,
    scratch: Scratch,
    others: Arc<Others>,
    others_at: SocketAddr,
    password: String,
}

async fn measure(options: &BookingOptions) -> anyhow::Result<()> {
    install_crypto_provider();
    let run = format!("{:08x}", SystemEntropy.next_u64() >> 32);
    let scratch = Scratch::make(options.dir.as_deref(), &run)?;
    let machine = Machine::look(&scratch, Duration::from_secs(1))?;
    report::machine(&machine);
    let plan = Plan::of(options);
    let bare_route = bare_route(plan.route).await?;
    report::route(&bare_route);
    let (others, others_at) = Others::start().await?;
    let bench = Bench { plan, run, scratch, others, others_at, password: random_token() };
    bench.secrets()?;

    let mut lookups_by_size = Vec::new();
    for part in [1_000, 100, 10] {
        lookups_by_size.push(bench.sized(bench.plan.slots / part).await?);
    }
    let (world, loading) = bench.open("load", bench.plan.slots).await?;
    show::loading(&loading);
    let lookups = bench.phase(&world, Kind::Lookup).await?;
    lookups_by_size.push(Sized { slots: world.caller.shop.slots(), lookups: most_of(&lookups)?.clone() });
    show::by_size(&lookups_by_size);
    let arrivals = bench.phase(&world, Kind::Arrival).await?;
    let prepaid = bench.phase(&world, Kind::Prepaid).await?;
    let resident_bytes = world.server.resident_bytes()?;

    let world = Arc::into_inner(world).context("a call is still under way")?;
    let answered = Answered {
        arrivals: world.caller.made(Kind::Arrival),
        prepaid: world.caller.made(Kind::Prepaid),
        charges: bench.others.charges(),
    };
    // Killed, as if it had crashed: what was answered is durable.
    drop(world.server);
    let books = books::check(&bench.scratch.database("load.db"), answered).await?;
    show::books((&books, bench.others.updates()), resident_bytes);
    let (bare_commit, bare_lookup) = bench.bare(&world.caller, most_of(&arrivals)?).await?;
    show::bare(&bare_commit, &bare_lookup);

    let targets = targets(&loading, [&lookups, &arrivals, &prepaid])?;
    report::targets(&targets);
    let report = Report {
        machine,
        bare_route,
        loading,
        lookups,
        lookups_by_size,
        arrivals,
        prepaid,
        books,
        updates_to_google: bench.others.updates(),
        bare_commit,
        bare_lookup,
        resident_bytes,
        targets,
    };
    match &options.json {
        Some(file) => std::fs::write(file, serde_json::to_vec_pretty(&report)?)
            .with_context(|| format!("cannot write {}", file.display())),
        None => Ok(()),
    }
}

impl Bench {
    fn secrets(&self) -> anyhow::Result<()> {
        self.scratch.write("links.secret", generate_url_key().as_bytes())?;
        self.scratch.write("password", self.password.as_bytes())?;
        self.scratch.write("stripe", b"sk_test_bench")?;
        Ok(())
    }

    /// Writes feeds of a size and starts a server on a new database that loads them.
    async fn open(&self, name: &str, slots: u64) -> anyhow::Result<(Arc<World>, Loading)> {
        let shop = Shop::of(slots, SystemClock.now().as_secs());
        let feeds = self.scratch.path(&format!("{name}-feeds"));
        std::fs::create_dir_all(&feeds)?;
        let feed_bytes = shop.write(&feeds)?;
        let server = Server::start(&self.configure(name)?).await?;
        let loading = Loading {
            slots: shop.slots(),
            feed_bytes,
            seconds: server.ready_after.as_secs_f64(),
            peak_resident_bytes: server.peak_resident_bytes()?,
        };
        std::fs::remove_dir_all(&feeds)?;
        let caller = Caller::new(Client::new(server.public), (shop, &self.run, &self.password));
        Ok((Arc::new(World { server, caller }), loading))
    }

    /// Limits per address are out of the way: Google calls from one.
    fn configure(&self, name: &str) -> anyhow::Result<Configured> {
        let [public, admin] = free_addresses()?;
        let database = toml::Value::String(self.scratch.database(&format!("{name}.db")));
        let feeds = FEEDS.map(|file| format!("\"{name}-feeds/{file}\"")).join(", ");
        let others = self.others_at;
        let text = format!(
            r#"[server]
listen = "{public}"
admin_listen = "{admin}"
public_url = "http://{public}"

[database]
url = {database}

[log]
level = "warn"

[signing]
keys = [{{ id = "b1", secret_file = "links.secret" }}]

[limits]
requests_per_minute = 1000000000
parallel = 100000

[processor.stripe]
endpoint = "http://{others}"
secret_key_file = "stripe"

[booking]
feeds = [{feeds}]
credentials = [{{ user = "{USER}", password_file = "password" }}]
rtu_endpoint = "http://{others}"
partner_id = "12345678"
"#
        );
        Ok(Configured { file: self.scratch.write(&format!("{name}.toml"), text.as_bytes())?, public, admin })
    }

    /// Lookups on an inventory of this size, with the widest loop but one.
    async fn sized(&self, slots: u64) -> anyhow::Result<Sized> {
        let (world, _) = self.open(&format!("of-{slots}"), slots).await?;
        let width = self.plan.widths.iter().rev().nth(1).copied().unwrap_or(16);
        let lookups = load::closed(&world, Kind::Lookup, (width, self.plan.width)).await?;
        Ok(Sized { slots: world.caller.shop.slots(), lookups })
    }

    /// Closed loops of all widths, then the open loop.
    async fn phase(&self, world: &Arc<World>, kind: Kind) -> anyhow::Result<Phase> {
        show::heading_of(kind);
        let mut closed_loops = Vec::new();
        for width in &self.plan.widths {
            let found = load::closed(world, kind, (*width, self.plan.width)).await?;
            show::line(&found);
            closed_loops.push(found);
        }
        let most = closed_loops.iter().map(|one| one.calls_per_s).fold(0.0, f64::max);
        let half_load = load::open(world, kind, (most / 2.0, self.plan.open)).await?;
        show::line(&half_load);
        Ok(Phase { closed_loops, half_load })
    }

    async fn bare(&self, caller: &Caller, most: &Load) -> anyhow::Result<(Bare, Bare)> {
        let store = Store::open(StoreOptions::new(self.scratch.database("load.db"))).await?;
        let width = most.under_way.unwrap_or(1);
        let commit = bare::commits(&store, caller, (width, self.plan.commit)).await?;
        let lookup = bare::lookups(&store, caller, self.plan.commit).await?;
        store.close().await;
        Ok((commit, lookup))
    }
}

fn most_of(phase: &Phase) -> anyhow::Result<&Load> {
    let loops = phase.closed_loops.iter();
    loops.max_by(|a, b| a.calls_per_s.total_cmp(&b.calls_per_s)).context("no closed loop was run")
}

fn targets(loading: &Loading, phases: [&Phase; 3]) -> anyhow::Result<Vec<Target>> {
    let mut targets = vec![
        Target::at_most("loading the feeds", (loading.seconds, 30.0), "s"),
        Target::at_most("peak memory while loading", (loading.peak_resident_bytes as f64 / 1e6, 500.0), "MB"),
    ];
    let names = [
        ("lookups of 10 slots", "p99 of a lookup at half load", 5_000.0),
        ("bookings paid on arrival", "p99 of a booking paid on arrival, at half load", 3_000.0),
        ("bookings paid ahead", "p99 of a booking paid ahead, at half load", 3_000.0),
    ];
    for ((rate, latency, least), phase) in names.into_iter().zip(phases) {
        targets.push(Target::at_least(rate, (most_of(phase)?.calls_per_s, least), "/s"));
        let p99 = phase.half_load.latency.context("nothing was measured at half load")?.p99_ms;
        targets.push(Target::at_most(latency, (p99, 50.0), "ms"));
    }
    Ok(targets)
}
