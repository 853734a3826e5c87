//! Floor 5: `roundtrip bench`. `booking` measures the booking server, `console` its pages, `remittance.rs` statements; the rest is `bench redirect`, the load generator that plays Google, the issuer and the payers over loopback
//! sockets, with the ceilings of the same machine beside it.
//!
//! One run: the machine; the bare cryptography and the bare route; the server as a process of its own under closed loops
//! of growing width, then an open loop at half of the most that it took; the bare commit in groups as large as the load's;
//! a database full of open payments; idle actors. The generator costs little on purpose (its own HTTP client, everything
//! sealed ahead and opened afterwards) and its CPU is told beside the server's.
//!
//! Architecture invariant: the server is measured from outside, by what crosses the wire and by what the kernel counts;
//! nothing in it knows that it is measured.

mod booking;
mod ceilings;
mod console;
mod figures;
mod google;
mod http;
mod invented;
mod load;
mod machine;
mod orders;
mod parties;
mod payer;
mod plan;
mod process;
mod remittance;
mod report;
mod scratch;
mod server;
mod standing;
pub mod statement_google;
mod world;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};

pub use self::booking::{BookingOptions, run as run_booking};
pub use self::console::{ConsoleOptions, run as run_console};
pub use self::remittance::{RemittanceOptions, run as run_remittance};

use self::ceilings::{BareCommit, bare_commits, bare_crypto, bare_route};
use self::google::Google;
use self::invented::Inventor;
use self::load::{ClosedLoop, OpenLoop};
use self::machine::Machine;
use self::orders::Stock;
use self::parties::{Configured, Parties, Wanted};
use self::plan::Plan;
use self::report::{Report, Target};
use self::scratch::Scratch;
use self::standing::Standing;
use self::world::World;
use crate::crypto::Scheme;
use crate::ports::{Clock, Entropy, SystemClock, SystemEntropy};

/// `roundtrip bench redirect`: redirect payments under load, and what bounds them on this machine.
#[derive(Debug, Clone, clap::Args)]
pub struct BenchOptions {
    /// How long the load at half of the most is measured, in seconds
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=3600))]
    pub seconds: u32,
    /// How many open payments the database holds when its start is measured
    #[arg(long, default_value_t = 1_000_000)]
    pub open_payments: u64,
    /// A database of its own for this run (postgres://…); what it leaves there stays. Default: SQLite, removed at the end
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// How messages are sealed, with RSA of 2048 bits: pgp or jose
    #[arg(long, default_value = "pgp", value_parser = scheme)]
    pub scheme: Scheme,
    /// How many of a hundred payments Google asks about (C3)
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub status_percent: u8,
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

fn scheme(text: &str) -> Result<Scheme, String> {
    Scheme::parse(text).ok_or_else(|| "pgp or jose".to_owned())
}

/// Runs the benchmark and prints what it finds. Figures that miss a target are no errors; a payment that fails is one.
pub fn run(options: BenchOptions) -> anyhow::Result<()> {
    // A thread of its own: the caller may be in a runtime, and the generator needs one that does nothing else.
    let thread = std::thread::Builder::new().name("bench".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            tokio::select! {
                done = measure(&options) => done,
                stopped = stopped() => stopped,
            }
        })
    })?;
    thread.join().map_err(|_| anyhow!("the benchmark panicked"))?
}

/// Ends the run as an error when it is told to stop, so that servers and files go with it.
async fn stopped() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    bail!("stopped before the end")
}

/// What all phases share.
struct Bench<'a> {
    options: &'a BenchOptions,
    plan: Plan,
    /// Distinguishes this run's payments in a database that has seen others.
    run: String,
    scratch: Scratch,
    parties: Arc<Parties>,
    google: Arc<Google>,
}

async fn measure(options: &BenchOptions) -> anyhow::Result<()> {
    let run = format!("{:08x}", SystemEntropy.next_u64() >> 32);
    let scratch = Scratch::make(options.dir.as_deref(), &run)?;
    let plan = Plan::of(options);
    let machine = Machine::look(&scratch, plan.disk)?;
    report::machine(&machine);

    let parties = Arc::new(Parties::make(&scratch, options.scheme, SystemClock.now())?);
    let google = Google::start(&parties, options.scheme.content_type()).await?;
    let bench = Bench { options, plan, run, scratch, parties, google };
    let status_share = f64::from(options.status_percent) / 100.0;
    let crypto = bare_crypto(&bench.parties, status_share, bench.plan.crypto).await?;
    report::crypto(&crypto, options.status_percent);
    let route = bare_route(bench.plan.route).await?;
    report::route(&route);

    let most_per_s = machine.cores as f64 * 1e6 / crypto.payment_us;
    let (closed_loops, half_load) = bench.load(most_per_s).await?;
    let most = most_of(&closed_loops)?;
    let bare_commits = bench.commits(&half_load, most).await?;
    report::commits(&bare_commits);
    let (standing, residents) = bench.standing().await?;

    let mut targets = cost_targets((crypto.payment_us, &bare_commits), (&half_load, most));
    targets.extend(standing_targets(&half_load, &standing, residents.bytes_each));
    report::targets(&targets);
    let report = Report {
        scheme: options.scheme.as_str(),
        database: if bench.database("").starts_with("sqlite") { "sqlite" } else { "postgres" },
        status_percent: options.status_percent,
        bare_crypto: crypto,
        bare_route: route,
        machine,
        closed_loops,
        half_load,
        bare_commits,
        standing,
        residents,
        targets,
    };
    match &options.json {
        Some(file) => std::fs::write(file, serde_json::to_vec_pretty(&report)?)
            .with_context(|| format!("cannot write {}", file.display())),
        None => Ok(()),
    }
}

impl Bench<'_> {
    /// The database of a phase: a file of its own, or the one that was given.
    fn database(&self, name: &str) -> String {
        self.options.database.clone().unwrap_or_else(|| self.scratch.database(&format!("{name}.db")))
    }

    fn configure(&self, name: &str, (database, idle_s): (&str, u32)) -> anyhow::Result<Configured> {
        let wanted =
            Wanted { name, database, google: self.google.address, scheme: self.options.scheme, idle_s, account: "" };
        Configured::write(&self.scratch, &wanted)
    }

    fn stock(&self, phase: &str) -> Stock {
        Stock::new(self.parties.clone(), &format!("{}-{phase}", self.run), self.options.status_percent)
    }

    /// Closed loops until more width brings no more, then the open loop. `most_per_s` is what the cryptography alone would
    /// allow: so many orders are made ready for each second.
    async fn load(&self, most_per_s: f64) -> anyhow::Result<(Vec<ClosedLoop>, OpenLoop)> {
        let configured = self.configure("load.toml", (&self.database("load"), 60))?;
        let world = Arc::new(World::start(&self.parties, &self.google, &configured).await?);
        let mut stock = self.stock("load");
        report::closed_heading();
        let mut loops: Vec<ClosedLoop> = Vec::new();
        for width in &self.plan.widths {
            stock.fill((most_per_s * self.plan.width.as_secs_f64()) as usize + 2 * width).await?;
            let found = load::closed(&world, &mut stock, (*width, self.plan.width)).await?;
            report::closed(&found);
            loops.push(found);
            if most_of(&loops)?.under_way * 4 <= *width {
                // Twice doubled in vain.
                break;
            }
        }
        let half = most_of(&loops)?.stretch.payments_per_s / 2.0;
        let length = self.plan.open;
        stock.fill((half * length.as_secs_f64() * 1.2) as usize + 200).await?;
        let open = load::open(&world, &mut stock, (half, length)).await?;
        report::open(&open);
        Ok((loops, open))
    }

    /// The bare commit: in groups as at half load, as at the most, and of fixed sizes for comparison.
    async fn commits(&self, half: &OpenLoop, most: &ClosedLoop) -> anyhow::Result<Vec<BareCommit>> {
        let given = [half.stretch.commits_per_group, most.stretch.commits_per_group];
        let mut groups: Vec<f64> = given.iter().map(|group| group.unwrap_or(1.0)).collect();
        groups.extend(&self.plan.commit_groups);
        bare_commits(&ceilings::Wanted {
            database: &self.database("commit"),
            prefix: &format!("{}-commit", self.run),
            status_percent: self.options.status_percent,
            groups: &groups,
            each: self.plan.commit,
        })
        .await
    }

    /// Fills a database, starts on it, then keeps its actors.
    async fn standing(&self) -> anyhow::Result<(Standing, standing::Residents)> {
        let database = self.database("open");
        let inventor = Inventor::new(&format!("{}-open", self.run))?;
        let open_payments = self.plan.open_payments;
        let fill_seconds = standing::fill(&database, &inventor, open_payments).await?;
        let configured = self.configure("open.toml", (&database, 60))?;
        let mut stock = self.stock("trickle");
        stock.fill((self.plan.trickle.as_secs_f64() * 20.0) as usize + 50).await?;
        let started = standing::start((&self.parties, &self.google), &configured, (&mut stock, self.plan.trickle));
        let found = Standing { open_payments, fill_seconds, ..started.await? };
        report::standing(&found);
        let configured = self.configure("idle.toml", (&database, 86_400))?;
        let residents =
            standing::residents((&self.parties, &inventor), &configured, (self.plan.warm, self.plan.residents)).await?;
        report::residents(&residents);
        Ok((found, residents))
    }
}

fn most_of(loops: &[ClosedLoop]) -> anyhow::Result<&ClosedLoop> {
    let rate = |one: &&ClosedLoop| one.stretch.payments_per_s;
    loops.iter().max_by(|a, b| rate(a).total_cmp(&rate(b))).context("no closed loop was run")
}

/// The server's CPU against the sum of the ceilings, in both loads.
fn cost_targets((crypto_us, commits): (f64, &[BareCommit]), (half, most): (&OpenLoop, &ClosedLoop)) -> Vec<Target> {
    let names = ["server CPU for one payment at half load", "server CPU for one payment at the most"];
    let loads = [&half.stretch, &most.stretch];
    let bounds = commits.iter().map(|commit| 2.0 * (crypto_us + commit.payment_us));
    let found = loads.iter().map(|load| load.server_cpu_us_per_payment);
    let each = names.iter().zip(found.zip(bounds));
    each.map(|(name, (found, bound))| Target::at_most(name, (found, bound), "µs")).collect()
}

fn standing_targets(half: &OpenLoop, standing: &Standing, bytes_each: f64) -> [Target; 4] {
    let memory = standing.resident_bytes_when_ready.max(standing.resident_bytes_after_trickle) as f64 / 1e6;
    [
        Target::at_most("p99 of the slowest step at half load", (report::slowest_p99_ms(half), 50.0), "ms"),
        Target::at_most("start to ready on the open payments", (standing.ready_after_ms, 1000.0), "ms"),
        Target::at_most("resident memory on the open payments", (memory, 200.0), "MB"),
        Target::at_most("resident memory of one idle actor", (bytes_each, 2048.0), "bytes"),
    ]
}
