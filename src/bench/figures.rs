//! Latencies as percentiles, and lines of aligned text.

use std::time::Duration;

use serde::Serialize;

/// The distribution of one step's latency, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Latency {
    pub(super) count: usize,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) p999_ms: f64,
    pub(super) most_ms: f64,
}

impl Latency {
    /// From every single sample: nothing is rounded into buckets. `None` without samples.
    pub(super) fn of(mut samples: Vec<Duration>) -> Option<Self> {
        samples.sort_unstable();
        // The smallest sample that at least this share of all samples does not exceed.
        let rank = |share: f64| ((samples.len() as f64 * share).ceil() as usize).clamp(1, samples.len().max(1)) - 1;
        let at = |share: f64| samples.get(rank(share)).map(|sample| sample.as_secs_f64() * 1000.0);
        Some(Self { count: samples.len(), p50_ms: at(0.5)?, p99_ms: at(0.99)?, p999_ms: at(0.999)?, most_ms: at(1.0)? })
    }
}

/// A heading.
pub(super) fn heading(text: &str) {
    println!("\n{text}");
}

/// A line with one figure.
pub(super) fn figure(label: &str, value: f64, unit: &str) {
    println!("  {label:<52}{:>12} {unit}", rounded(value));
}

/// A line with words.
pub(super) fn words(label: &str, text: &str) {
    println!("  {label:<52}{text:>12}");
}

/// A remark below a figure.
pub(super) fn remark(text: &str) {
    println!("  ({text})");
}

/// Three significant digits at least, no more decimals than they need.
pub(super) fn rounded(value: f64) -> String {
    let decimals = if value == 0.0 || value.abs() >= 100.0 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples_and_never_below_their_share() {
        let ms = |n: u64| Duration::from_millis(n);
        let latency = Latency::of((1..=1000).rev().map(ms).collect()).unwrap();
        let found = [latency.p50_ms, latency.p99_ms, latency.p999_ms, latency.most_ms].map(rounded);
        assert_eq!(found, ["500", "990", "999", "1000"]);
        let one = Latency::of(vec![ms(7)]).unwrap();
        assert_eq!([one.p50_ms, one.p999_ms].map(rounded), ["7.00", "7.00"]);
        assert_eq!(Latency::of(Vec::new()), None);
    }

    #[test]
    fn figures_keep_three_digits() {
        assert_eq!([0.0, 1.234, 12.34, 1234.5].map(rounded), ["0", "1.23", "12.3", "1234"]);
    }
}
