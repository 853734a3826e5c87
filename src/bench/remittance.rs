//! `roundtrip bench remittance`: statements of growing length, fetched, reconciled, accepted and written as CSV and XLSX by
//! a server process, with Google played beside it over loopback.
//!
//! The books are made first, by commits as the server makes them. Then the clock starts: the notification is posted; it
//! stops when both reports are downloaded. The server accepts by itself because everything matches.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde::Serialize;

use super::figures::{figure, heading, remark, rounded, words};
use super::invented::{At, Inventor};
use super::machine::Machine;
use super::parties::{AMOUNT_MICROS, CURRENCY, Configured, PIAID, Parties, Wanted};
use super::report::{self, Target};
use super::scratch::Scratch;
use super::server::Server;
use super::statement_google::{Side, StatedEvent, StatementGoogle, StatementKeys, StatementPlan};
use super::{process, scheme};
use crate::app::install_crypto_provider;
use crate::crypto::{Scheme, content_hash, random_token};
use crate::ports::{Clock, Entropy, SystemClock, SystemEntropy};
use crate::storage::{NewApiToken, Store, StoreOptions};

/// Commits under way while the books are filled.
const SIDE_BY_SIDE: usize = 2_000;
/// How long a statement may take to be accepted.
const PATIENCE: Duration = Duration::from_mins(20);
/// 2 % of the amount, rounded to the minor unit: 2.198 is 2.20.
const FEE_MICROS: i64 = 2_200_000;
/// What the issue asks of a million events.
const MOST_SECONDS: f64 = 60.0;
const MOST_MEGABYTES: f64 = 300.0;

/// `roundtrip bench remittance`: how long a statement takes from its notification to its reports.
#[derive(Debug, Clone, clap::Args)]
pub struct RemittanceOptions {
    /// Events of the longest statement; a tenth and a hundredth of it are measured before
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(100..=10_000_000))]
    pub events: u64,
    /// How messages are sealed, with RSA of 2048 bits: pgp or jose
    #[arg(long, default_value = "pgp", value_parser = scheme)]
    pub scheme: Scheme,
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

/// One statement.
#[derive(Debug, Clone, Serialize)]
struct Found {
    events: u64,
    fill_seconds: f64,
    /// From the notification to Google's knowledge of the acceptance.
    reconciled_seconds: f64,
    /// Both reports, side by side.
    reports_seconds: f64,
    seconds: f64,
    us_per_event: f64,
    server_cpu_us_per_event: f64,
    generator_cpu_us_per_event: f64,
    peak_resident_bytes: u64,
    pages: u64,
    csv_bytes: u64,
    xlsx_bytes: u64,
}

#[derive(Serialize)]
struct Report {
    machine: Machine,
    scheme: &'static str,
    statements: Vec<Found>,
    targets: Vec<Target>,
}

/// Runs the benchmark and prints what it finds. A figure that misses a target is no error; a statement that is not
/// accepted is one.
pub fn run(options: RemittanceOptions) -> anyhow::Result<()> {
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

async fn measure(options: &RemittanceOptions) -> anyhow::Result<()> {
    install_crypto_provider();
    let run = format!("{:08x}", SystemEntropy.next_u64() >> 32);
    let scratch = Scratch::make(options.dir.as_deref(), &run)?;
    let machine = Machine::look(&scratch, Duration::from_secs(1))?;
    report::machine(&machine);
    let parties = Arc::new(Parties::make(&scratch, options.scheme, SystemClock.now())?);
    let mut statements = Vec::new();
    for events in [options.events / 100, options.events / 10, options.events] {
        let one = Statement { options, scratch: &scratch, parties: &parties, name: format!("{run}-{events}"), events };
        let found = one.measure().await?;
        show(&found);
        statements.push(found);
    }
    let targets = targets(&statements)?;
    report::targets(&targets);
    let report = Report { machine, scheme: options.scheme.as_str(), statements, targets };
    match &options.json {
        Some(file) => std::fs::write(file, serde_json::to_vec_pretty(&report)?)
            .with_context(|| format!("cannot write {}", file.display())),
        None => Ok(()),
    }
}

fn show(found: &Found) {
    heading(&format!("A statement of {} events", found.events));
    figure("filling the books, not counted", found.fill_seconds, "s");
    figure("fetched, reconciled and accepted", found.reconciled_seconds, "s");
    figure("CSV and XLSX, side by side", found.reports_seconds, "s");
    figure("together", found.seconds, "s");
    figure("for each event", found.us_per_event, "µs");
    figure("server CPU for each event", found.server_cpu_us_per_event, "µs");
    figure("Google's CPU for each event", found.generator_cpu_us_per_event, "µs");
    figure("peak resident memory of the server", found.peak_resident_bytes as f64 / 1e6, "MB");
    words("pages", &found.pages.to_string());
    remark(&format!(
        "CSV {} MB, XLSX {} MB",
        rounded(found.csv_bytes as f64 / 1e6),
        rounded(found.xlsx_bytes as f64 / 1e6)
    ));
}

fn targets(statements: &[Found]) -> anyhow::Result<Vec<Target>> {
    let (first, last) = statements.first().zip(statements.last()).context("no statement was measured")?;
    Ok(vec![
        Target::at_most("the longest statement, from notification to reports", (last.seconds, MOST_SECONDS), "s"),
        Target::at_most(
            "peak resident memory of the server",
            (last.peak_resident_bytes as f64 / 1e6, MOST_MEGABYTES),
            "MB",
        ),
        Target::at_most(
            "time for each event, the longest against the shortest",
            (last.us_per_event / first.us_per_event, 1.25),
            "times",
        ),
    ])
}

/// One statement to be measured.
struct Statement<'a> {
    options: &'a RemittanceOptions,
    scratch: &'a Scratch,
    parties: &'a Arc<Parties>,
    name: String,
    events: u64,
}

impl Statement<'_> {
    async fn measure(&self) -> anyhow::Result<Found> {
        let database = self.options.database.clone();
        let database = database.unwrap_or_else(|| self.scratch.database(&format!("{}.db", self.name)));
        let inventor = Inventor::new(&self.name)?;
        let token = random_token();
        let fill_seconds = self.fill(&database, &inventor, &token).await?;

        let rule = inventor.clone();
        let plan = StatementPlan {
            statement_id: format!("stmt-{}", self.name),
            memo_line_id: format!("memo-{}", self.name),
            currency: CURRENCY.to_owned(),
            events: self.events,
            rule: Box::new(move |number| StatedEvent {
                side: Side::Capture,
                request_id: rule.request_id(number).map(|id| id.to_string()).unwrap_or_default(),
                amount_micros: AMOUNT_MICROS,
                fee_micros: FEE_MICROS,
            }),
        };
        let keys = StatementKeys { piaid: PIAID.to_owned(), keyring: self.parties.google.clone() };
        let google = StatementGoogle::start(keys, plan).await?;
        let configured = Configured::write(
            self.scratch,
            &Wanted {
                name: &format!("{}.toml", self.name),
                database: &database,
                google: google.address(),
                scheme: self.options.scheme,
                idle_s: 60,
                account: "auto_accept = true\nfee = { percent = \"2\" }",
            },
        )?;
        let server = Server::start(&configured).await?;
        self.statement(&server, &google, (&token, &configured), fill_seconds).await
    }

    async fn statement(
        &self,
        server: &Server,
        google: &StatementGoogle,
        (token, configured): (&str, &Configured),
        fill_seconds: f64,
    ) -> anyhow::Result<Found> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let (server_us, own_us, started) = (server.cpu_us()?, process::own_cpu_us()?, Instant::now());
        let answer = http
            .post(format!("http://{}/v1/remittanceStatementNotification", configured.public))
            .header("content-type", self.options.scheme.content_type())
            .body(google.notification()?)
            .send()
            .await?;
        ensure!(answer.status() == 200, "the notification was answered with HTTP {}", answer.status());
        while google.wait_until_accepted(Duration::from_secs(2)).await.is_none() {
            // Google's stand-in knows the moment; that nothing went wrong is asked seldom.
            let url = format!("http://{}/api/v1/statements/stmt-{}", configured.admin, self.name);
            let standing: serde_json::Value = http.get(url).bearer_auth(token).send().await?.json().await?;
            let state = standing.get("state").and_then(serde_json::Value::as_str).unwrap_or_default();
            if state == "Disputed" || started.elapsed() > PATIENCE {
                bail!("the statement is {state}:\n{standing}\n{}\n{:?}", server.last_words(), google.asked());
            }
        }
        let reconciled = started.elapsed();
        let report = |extension: &'static str| {
            let http = &http;
            let url = format!("http://{}/api/v1/statements/stmt-{}/report.{extension}", configured.admin, self.name);
            async move {
                let answer = http.get(url).bearer_auth(token).send().await?;
                ensure!(answer.status() == 200, "the {extension} was answered with HTTP {}", answer.status());
                let mut bytes = 0;
                let mut answer = answer;
                while let Some(chunk) = answer.chunk().await? {
                    bytes += chunk.len() as u64;
                }
                anyhow::Ok(bytes)
            }
        };
        let (csv_bytes, xlsx_bytes) = tokio::try_join!(report("csv"), report("xlsx"))?;
        let seconds = started.elapsed().as_secs_f64();
        let asked = google.asked();
        ensure!(asked.events >= self.events, "{} events were fetched of {}", asked.events, self.events);
        let each = |us: u64| us as f64 / self.events as f64;
        Ok(Found {
            events: self.events,
            fill_seconds,
            reconciled_seconds: reconciled.as_secs_f64(),
            reports_seconds: seconds - reconciled.as_secs_f64(),
            seconds,
            us_per_event: seconds * 1e6 / self.events as f64,
            server_cpu_us_per_event: each(server.cpu_us()? - server_us),
            generator_cpu_us_per_event: each(process::own_cpu_us()? - own_us),
            peak_resident_bytes: server.peak_resident_bytes()?,
            pages: asked.pages,
            csv_bytes,
            xlsx_bytes,
        })
    }

    /// Books with one captured payment for each event, and a token to ask with.
    async fn fill(&self, database: &str, inventor: &Inventor, token: &str) -> anyhow::Result<f64> {
        let started = Instant::now();
        let options =
            StoreOptions { max_batch: SIDE_BY_SIDE, max_waiting: 2 * SIDE_BY_SIDE, ..StoreOptions::new(database) };
        let store = Store::open(options).await.context("cannot open the database")?;
        store.migrate_up().await.context("cannot make the schema")?;
        futures_util::stream::iter(0..self.events)
            .map(|number| {
                let store = &store;
                async move {
                    let now = SystemClock.now();
                    let script = inventor.captured(number, now)?;
                    let id = script.id();
                    for step in script.steps {
                        store.commit(inventor.commit(id, step, &At { position: None, leased: None, now })).await?;
                    }
                    anyhow::Ok(())
                }
            })
            .buffered(SIDE_BY_SIDE)
            .try_for_each(|()| std::future::ready(Ok(())))
            .await?;
        let now = SystemClock.now();
        store
            .create_token(NewApiToken {
                id: uuid::Uuid::from_u64_pair(SystemEntropy.next_u64(), SystemEntropy.next_u64()),
                name: "bench".to_owned(),
                scopes: "reports:read,statements:read".to_owned(),
                user_name: None,
                sha256: content_hash(token.as_bytes()),
                created_at: now,
            })
            .await?;
        store.close().await;
        Ok(started.elapsed().as_secs_f64())
    }
}
