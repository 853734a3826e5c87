//! What the server has to show for its speed: every booking, its spot, its charge, and a ledger that balances.

use anyhow::{Context as _, ensure};
use serde::Serialize;

use crate::storage::{BookingFilter, Store, StoreOptions};

/// 200 USD and 6.75 % of it.
const CHARGED_MICROS: i128 = 213_500_000;
/// More bookings than a run makes.
const MOST_LISTED: u64 = 10_000_000;

/// What was answered with a booking.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answered {
    pub(super) arrivals: u64,
    pub(super) prepaid: u64,
    /// Payments that the processor took.
    pub(super) charges: u64,
}

/// What the books say.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Books {
    pub(super) bookings: u64,
    pub(super) spots_taken: u64,
    pub(super) charges: u64,
    pub(super) charged_micros: String,
}

/// Reads the books of a server that was killed. What does not agree with its answers is an error.
pub(super) async fn check(database: &str, answered: Answered) -> anyhow::Result<Books> {
    let store = Store::open(StoreOptions::new(database)).await.context("cannot open the database")?;
    let balance = store.ledger_balance().await?;
    let listed = store.bookings(&BookingFilter::default(), MOST_LISTED).await?;
    let bookings = listed.iter().filter(|booking| booking.status == "CONFIRMED").count() as u64;
    drop(listed);
    let spots_taken = store.spots_taken().await?;
    store.close().await;
    let wanted = answered.arrivals + answered.prepaid;
    ensure!(bookings == wanted, "{wanted} bookings were confirmed, {bookings} stand in the books");
    ensure!(spots_taken == wanted, "{wanted} bookings took {spots_taken} spots");
    ensure!(answered.charges == answered.prepaid, "{} bookings, {} charges", answered.prepaid, answered.charges);
    ensure!(balance.is_sound(), "the ledger does not balance");
    let held = balance.accounts.iter().filter(|sum| sum.account == "processor_receivable");
    let charged: i128 = held.map(|sum| sum.micros).sum();
    ensure!(charged == i128::from(answered.prepaid) * CHARGED_MICROS, "the processor owes {charged} micros");
    Ok(Books { bookings, spots_taken, charges: answered.charges, charged_micros: charged.to_string() })
}
