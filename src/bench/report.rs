//! What one run found, as text while it goes, and as JSON at the end.

use serde::Serialize;

use super::ceilings::{BareCommit, BareCrypto, BareRoute};
use super::figures::{Latency, figure, heading, remark, rounded, words};
use super::load::{ClosedLoop, OpenLoop};
use super::machine::Machine;
use super::standing::{Residents, Standing};

/// Everything.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) machine: Machine,
    pub(super) scheme: &'static str,
    pub(super) database: &'static str,
    pub(super) status_percent: u8,
    pub(super) bare_crypto: BareCrypto,
    pub(super) bare_route: BareRoute,
    pub(super) closed_loops: Vec<ClosedLoop>,
    pub(super) half_load: OpenLoop,
    /// In groups as small as at half load, and as large as at the most.
    pub(super) bare_commits: Vec<BareCommit>,
    pub(super) standing: Standing,
    pub(super) residents: Residents,
    pub(super) targets: Vec<Target>,
}

/// A target of the project and what was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Target {
    pub(super) name: &'static str,
    pub(super) found: f64,
    /// `at most` or `at least`.
    pub(super) bound: &'static str,
    pub(super) wanted: f64,
    pub(super) unit: &'static str,
    pub(super) reached: bool,
}

impl Target {
    /// Reached when what was found is at most what is wanted.
    pub(super) fn at_most(name: &'static str, (found, wanted): (f64, f64), unit: &'static str) -> Self {
        Self { name, found, bound: "at most", wanted, unit, reached: found <= wanted }
    }

    /// Reached when what was found is at least what is wanted.
    pub(super) fn at_least(name: &'static str, (found, wanted): (f64, f64), unit: &'static str) -> Self {
        Self { name, found, bound: "at least", wanted, unit, reached: found >= wanted }
    }
}

const MEGABYTE: f64 = 1_000_000.0;

pub(super) fn machine(machine: &Machine) {
    heading("Machine");
    words("processor", &machine.cpu);
    figure("cores", machine.cores as f64, "");
    figure("memory", machine.memory_bytes as f64 / 1e9, "GB");
    figure("disk: 4 KiB appended and made durable", machine.disk_syncs_per_s, "/s");
    words("roundtrip", machine.version);
    if machine.optimised {
        words("build", "release");
    } else {
        words("build", "debug");
        remark("WARNING: a debug build; its figures say nothing. Use cargo run --release");
    }
}

pub(super) fn crypto(crypto: &BareCrypto, status_percent: u8) {
    heading("Bare cryptography of one payment, CPU on one thread");
    figure("begin: decrypt, verify", crypto.open_begin_us, "µs");
    figure("C1: sign, encrypt", crypto.seal_callback_us, "µs");
    figure("C2: sign, encrypt the notification", crypto.seal_notification_us, "µs");
    figure("C2: decrypt, verify the acknowledgement", crypto.open_acknowledgement_us, "µs");
    figure("C3: decrypt, verify the question", crypto.open_question_us, "µs");
    figure("C3: sign, encrypt the answer", crypto.seal_status_us, "µs");
    figure(&format!("one payment, C3 for {status_percent} %"), crypto.payment_us, "µs");
}

pub(super) fn route(route: &BareRoute) {
    heading("Bare route, same client");
    figure("requests", route.requests_per_s, "/s");
    figure("CPU of the web server's threads for one request", route.request_us, "µs");
}

pub(super) fn closed(closed: &ClosedLoop) {
    let stretch = &closed.stretch;
    println!(
        "  {:>11} {:>12} {:>14} {:>16} {:>11} {:>13}",
        closed.under_way,
        rounded(stretch.payments_per_s),
        rounded(stretch.server_cpu_us_per_payment),
        rounded(stretch.generator_cpu_us_per_payment),
        rounded(stretch.cores_busy),
        stretch.commits_per_group.map_or_else(|| "-".to_owned(), rounded),
    );
}

pub(super) fn closed_heading() {
    heading("Load, closed loop: payments under way from begin to C2");
    println!(
        "  {:>11} {:>12} {:>14} {:>16} {:>11} {:>13}",
        "under way", "payments/s", "server CPU µs", "generator CPU µs", "cores busy", "commits/group"
    );
}

pub(super) fn open(open: &OpenLoop) {
    heading("Load, open loop at half of the most, payments begin at random moments");
    figure("payments wanted", open.wanted_per_s, "/s");
    figure("payments made", open.stretch.payments_per_s, "/s");
    figure("server CPU for one payment", open.stretch.server_cpu_us_per_payment, "µs");
    figure("generator CPU for one payment", open.stretch.generator_cpu_us_per_payment, "µs");
    figure("cores busy, generator included", open.stretch.cores_busy, "");
    if let Some(group) = open.stretch.commits_per_group {
        figure("commits in one database transaction", group, "");
    }
    figure("resident memory of the server", open.resident_bytes as f64 / MEGABYTE, "MB");
    figure("longest callback URL", open.longest_callback_bytes as f64, "bytes");
    println!("  {:<24}{:>9} {:>9} {:>9} {:>9} {:>9}", "latency, ms", "count", "p50", "p99", "p99.9", "most");
    for (name, latency) in steps(open) {
        if let Some(latency) = latency {
            println!(
                "  {name:<24}{:>9} {:>9} {:>9} {:>9} {:>9}",
                latency.count,
                rounded(latency.p50_ms),
                rounded(latency.p99_ms),
                rounded(latency.p999_ms),
                rounded(latency.most_ms)
            );
        }
    }
    remark("begin counts from the intended moment; C2 from sending the return to its arrival at Google");
}

/// The steps that a person or a peer waits for, and the whole.
fn steps(open: &OpenLoop) -> [(&'static str, Option<Latency>); 5] {
    [
        ("begin", open.begin),
        ("return", open.back),
        ("C2 after return", open.notification),
        ("C3", open.status),
        ("whole payment", open.whole),
    ]
}

/// The slowest step's 99th percentile; of the whole payment each step is only a part.
pub(super) fn slowest_p99_ms(open: &OpenLoop) -> f64 {
    [open.begin, open.back, open.notification, open.status].iter().flatten().map(|step| step.p99_ms).fold(0.0, f64::max)
}

pub(super) fn commits(commits: &[BareCommit]) {
    heading("Bare commit of one payment, CPU of all threads");
    println!(
        "  {:>12} {:>14} {:>12} {:>12} {:>12}",
        "group wanted", "commits/group", "side by side", "CPU µs", "payments/s"
    );
    for commit in commits {
        println!(
            "  {:>12} {:>14} {:>12} {:>12} {:>12}",
            rounded(commit.wanted_group),
            commit.commits_per_group.map_or_else(|| "-".to_owned(), rounded),
            commit.side_by_side,
            rounded(commit.payment_us),
            rounded(commit.payments_per_s)
        );
    }
    remark("the first line in groups as at half load, the second as at the most, the rest for comparison");
}

pub(super) fn standing(standing: &Standing) {
    heading("Open payments in the database");
    figure("open payments", standing.open_payments as f64, "");
    figure("storing them took", standing.fill_seconds, "s");
    figure("start of the process to /readyz 200", standing.ready_after_ms, "ms");
    figure("resident memory when ready", standing.resident_bytes_when_ready as f64 / MEGABYTE, "MB");
    figure(
        "resident memory after a trickle of payments",
        standing.resident_bytes_after_trickle as f64 / MEGABYTE,
        "MB",
    );
    remark("the database was written just before: the system's file cache is warm");
}

pub(super) fn residents(residents: &Residents) {
    heading("Idle actors in memory");
    figure("actors", residents.actors as f64, "");
    figure("resident memory before", residents.resident_bytes_before as f64 / MEGABYTE, "MB");
    figure("resident memory after", residents.resident_bytes_after as f64 / MEGABYTE, "MB");
    figure("for one actor", residents.bytes_each, "bytes");
    remark("growth of resident memory while payers open the pages of further payments, after a warm-up with others");
}

pub(super) fn targets(targets: &[Target]) {
    heading("Targets");
    for target in targets {
        let verdict = if target.reached { "reached" } else { "missed" };
        let (found, wanted) = (rounded(target.found), rounded(target.wanted));
        let bound = target.bound;
        println!("  {:<60}{found:>9}  wanted {bound} {wanted:>6} {:<6} {verdict}", target.name, target.unit);
    }
}
