//! `roundtrip bench console`: a database with a million payments, and how fast the console answers over it.
//!
//! One run: the database is filled; the questions that pages ask of the storage are asked in this process, one after the
//! other; then a server is started on it, a person signs in, and every page is requested over HTTP. Beside it what bounds
//! it: the bare route, with the same client.

mod books;
mod pages;
mod questions;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde::Serialize;

use self::books::Known;
use super::ceilings::bare_answers;
use super::figures::{Latency, figure, heading, remark, rounded};
use super::invented::Inventor;
use super::machine::Machine;
use super::parties::{Configured, Parties, Wanted};
use super::report::{self, Target};
use super::scratch::Scratch;
use super::server::Server;
use crate::app::install_crypto_provider;
use crate::crypto::Scheme;
use crate::ports::{Clock, Entropy, SystemClock, SystemEntropy};
use crate::storage::{Store, StoreOptions};

/// What a page may take at most.
const MOST_MS: f64 = 100.0;

/// `roundtrip bench console`: pages over many payments.
#[derive(Debug, Clone, clap::Args)]
pub struct ConsoleOptions {
    /// How many payments the database holds
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    pub payments: u64,
    /// How often each question and each page is asked
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(3..=100_000))]
    pub times: u32,
    /// A database of its own for this run (postgres://…); what it leaves there stays. Default: SQLite, removed at the end
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// Writes the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Where the files of the run are made, and removed at its end. Default: temporary files
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
}

/// How fast one thing is answered.
#[derive(Debug, Clone, Serialize)]
struct Answered {
    what: &'static str,
    latency: Latency,
}

#[derive(Serialize)]
struct Report {
    machine: Machine,
    payments: u64,
    fill_seconds: f64,
    questions: Vec<Answered>,
    bare_route: Latency,
    pages: Vec<Answered>,
    targets: Vec<Target>,
}

/// Runs the benchmark and prints what it finds. A figure that misses the target is no error; a page that is not answered
/// is one.
pub fn run(options: ConsoleOptions) -> anyhow::Result<()> {
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

async fn measure(options: &ConsoleOptions) -> anyhow::Result<()> {
    install_crypto_provider();
    let run = format!("{:08x}", SystemEntropy.next_u64() >> 32);
    let scratch = Scratch::make(options.dir.as_deref(), &run)?;
    let machine = Machine::look(&scratch, Duration::from_secs(1))?;
    report::machine(&machine);
    let database = options.database.clone().unwrap_or_else(|| scratch.database("console.db"));
    let inventor = Inventor::new(&run)?;
    let known = books::fill(&database, (&inventor, options.payments), SystemClock.now()).await?;
    heading(&format!("A database of {} payments over thirty days", options.payments));
    figure("filling it, not counted", known.seconds, "s");

    let store = Store::open(StoreOptions::new(&database)).await.context("cannot open the database")?;
    let questions = questions::ask(&store, (&known, options.times), SystemClock.now()).await?;
    show("What the pages ask of the storage, in this process", &questions);
    let bare_route = latency(bare_answers(options.times as usize).await?)?;
    let pages = over_http(options, (&scratch, &database), (&store, &known)).await?;
    store.close().await;
    show("Pages over HTTP, one after the other", &pages);
    let remarks = format!("the bare route: p50 {}, p99 {} ms", rounded(bare_route.p50_ms), rounded(bare_route.p99_ms));
    remark(&remarks);
    let targets = vec![slowest("the slowest question, p99", &questions), slowest("the slowest page, p99", &pages)];
    report::targets(&targets);
    let fill_seconds = known.seconds;
    let payments = options.payments;
    let report = Report { machine, payments, fill_seconds, questions, bare_route, pages, targets };
    match &options.json {
        Some(file) => std::fs::write(file, serde_json::to_vec_pretty(&report)?)
            .with_context(|| format!("cannot write {}", file.display())),
        None => Ok(()),
    }
}

/// Starts a server on the database and requests every page as somebody who has signed in.
async fn over_http(
    options: &ConsoleOptions,
    (scratch, database): (&Scratch, &str),
    (store, known): (&Store, &Known),
) -> anyhow::Result<Vec<Answered>> {
    Parties::make(scratch, Scheme::Pgp, SystemClock.now())?;
    // Nobody is there: nothing that was filled in is to be sent.
    let [google, _] = super::parties::free_addresses()?;
    let wanted = Wanted { name: "console.toml", database, google, scheme: Scheme::Pgp, idle_s: 60, account: "" };
    let configured = Configured::write(scratch, &wanted)?;
    let server = Server::start(&configured).await?;
    let found = pages::request(&configured, (store, known), options.times).await;
    found.with_context(|| server.last_words())
}

fn latency(took: Vec<Duration>) -> anyhow::Result<Latency> {
    Latency::of(took).context("nothing was measured")
}

fn show(title: &str, answered: &[Answered]) {
    heading(title);
    println!("  {:<52}{:>10} {:>10} {:>10} {:>12}", "", "p50 ms", "p99 ms", "most ms", "p99 wanted");
    for Answered { what, latency } in answered {
        let verdict = if latency.p99_ms <= MOST_MS { "" } else { "missed" };
        println!(
            "  {what:<52}{:>10} {:>10} {:>10} {:>12} {verdict}",
            rounded(latency.p50_ms),
            rounded(latency.p99_ms),
            rounded(latency.most_ms),
            rounded(MOST_MS),
        );
    }
}

fn slowest(name: &'static str, answered: &[Answered]) -> Target {
    let most = answered.iter().map(|answered| answered.latency.p99_ms).fold(0.0, f64::max);
    Target::at_most(name, (most, MOST_MS), "ms")
}
