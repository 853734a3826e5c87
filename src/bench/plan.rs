//! How long and how wide everything is measured.

use std::time::Duration;

use super::BenchOptions;

/// The lengths and widths of one run.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// Writing to the disk.
    pub(super) disk: Duration,
    /// All six cryptographic operations together.
    pub(super) crypto: Duration,
    /// The bare route.
    pub(super) route: Duration,
    /// Each group size of the bare commit.
    pub(super) commit: Duration,
    /// Group sizes of the bare commit beside those that the load gives.
    pub(super) commit_groups: Vec<f64>,
    /// Each closed loop.
    pub(super) width: Duration,
    /// Payments under way in the closed loops.
    pub(super) widths: Vec<usize>,
    /// The open loop with its warm-up of a fifth.
    pub(super) open: Duration,
    /// Open payments in the database.
    pub(super) open_payments: u64,
    /// The trickle of payments on that database.
    pub(super) trickle: Duration,
    /// Actors that warm the server up.
    pub(super) warm: u64,
    /// Idle actors that are weighed.
    pub(super) residents: u64,
}

impl Plan {
    /// From the command line.
    pub(super) fn of(options: &BenchOptions) -> Self {
        let (seconds, millis) = (Duration::from_secs, Duration::from_millis);
        if options.quick {
            return Self {
                disk: millis(200),
                crypto: millis(600),
                route: millis(500),
                commit: millis(500),
                commit_groups: vec![8.0],
                width: millis(800),
                widths: vec![4, 16],
                open: seconds(2),
                open_payments: options.open_payments.min(4_000),
                trickle: seconds(2),
                warm: 500.min(options.open_payments / 4),
                residents: 2_000.min(options.open_payments / 2),
            };
        }
        Self {
            disk: seconds(1),
            crypto: seconds(6),
            route: seconds(3),
            commit: seconds(4),
            commit_groups: vec![1.0, 8.0, 32.0],
            width: seconds(4),
            widths: vec![1, 2, 4, 8, 16, 32, 64, 128],
            open: seconds(u64::from(options.seconds)) * 5 / 4,
            open_payments: options.open_payments,
            trickle: seconds(10),
            warm: 5_000.min(options.open_payments / 4),
            residents: 20_000.min(options.open_payments / 2),
        }
    }
}
