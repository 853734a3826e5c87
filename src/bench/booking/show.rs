//! The figures of bookings, as text.

use super::bare::Bare;
use super::books::Books;
use super::calls::Kind;
use super::load::Load;
use super::{Loading, Sized};
use crate::bench::figures::{figure, heading, remark, rounded};

const MEGABYTE: f64 = 1e6;

pub(super) fn loading(loading: &Loading) {
    heading("Loading the feeds, from the start of the process to /readyz 200");
    figure("slots", loading.slots as f64, "");
    figure("feeds", loading.feed_bytes as f64 / MEGABYTE, "MB");
    figure("loaded and in force after", loading.seconds, "s");
    figure("peak resident memory", loading.peak_resident_bytes as f64 / MEGABYTE, "MB");
}

pub(super) fn heading_of(kind: Kind) {
    heading(match kind {
        Kind::Lookup => "BatchAvailabilityLookup of 10 slots; the last line at half of the most, at random moments",
        Kind::Arrival => "CreateBooking, paid on arrival; the last line at half of the most, at random moments",
        Kind::Prepaid => "CreateBooking, paid ahead; the last line at half of the most, at random moments",
    });
    println!(
        "  {:>9} {:>9} {:>11} {:>14} {:>8} {:>9} {:>9} {:>9} {:>9}",
        "under way", "calls/s", "server µs", "generator µs", "cores", "group", "p50 ms", "p99 ms", "most ms"
    );
}

pub(super) fn line(load: &Load) {
    let latency = |of: fn(&crate::bench::figures::Latency) -> f64| {
        load.latency.as_ref().map_or_else(|| "-".to_owned(), |latency| rounded(of(latency)))
    };
    println!(
        "  {:>9} {:>9} {:>11} {:>14} {:>8} {:>9} {:>9} {:>9} {:>9}",
        load.under_way.map_or_else(|| "half".to_owned(), |width| width.to_string()),
        rounded(load.calls_per_s),
        rounded(load.server_cpu_us_per_call),
        rounded(load.generator_cpu_us_per_call),
        rounded(load.cores_busy),
        load.commits_per_group.map_or_else(|| "-".to_owned(), rounded),
        latency(|latency| latency.p50_ms),
        latency(|latency| latency.p99_ms),
        latency(|latency| latency.most_ms),
    );
}

pub(super) fn by_size(sizes: &[Sized]) {
    heading("Lookups by the size of the inventory");
    println!("  {:>9} {:>9} {:>11} {:>9} {:>9}", "slots", "calls/s", "server µs", "p50 ms", "p99 ms");
    for Sized { slots, lookups } in sizes {
        let (p50, p99) = lookups.latency.as_ref().map_or((0.0, 0.0), |latency| (latency.p50_ms, latency.p99_ms));
        println!(
            "  {slots:>9} {:>9} {:>11} {:>9} {:>9}",
            rounded(lookups.calls_per_s),
            rounded(lookups.server_cpu_us_per_call),
            rounded(p50),
            rounded(p99)
        );
    }
}

pub(super) fn books((books, updates): (&Books, u64), resident_bytes: u64) {
    heading("The books, after the server was killed");
    figure("bookings, each answered once", books.bookings as f64, "");
    figure("spots taken", books.spots_taken as f64, "");
    figure("charges, one for each booking paid ahead", books.charges as f64, "");
    figure("updates of availability told to Google meanwhile", updates as f64, "");
    figure("resident memory of the server at the end", resident_bytes as f64 / MEGABYTE, "MB");
    remark("the ledger balances, and the processor owes what was charged");
}

pub(super) fn bare(commit: &Bare, lookup: &Bare) {
    heading("Without HTTP, on the same database");
    figure(&format!("commits of bookings, {} side by side", commit.side_by_side), commit.per_s, "/s");
    figure("CPU of all threads for one commit", commit.each_us, "µs");
    figure(&format!("ten slots by their keys, {} side by side", lookup.side_by_side), lookup.per_s, "/s");
    figure("CPU of all threads for one such query", lookup.each_us, "µs");
}
