//! Floor 5: what Google's test client does to a booking server, done to any booking server (google-booking-server
//! section 10).
//!
//! Architecture invariant: a foreign reader. It shares nothing with the server but what crosses the wire: `json.rs` and
//! `messages.rs` read answers as strictly as Google's parser does, `feed.rs`, `lenient.rs` and `terms.rs` read the feeds for
//! themselves.
//!
//! `server.rs` calls, `steps.rs` holds the steps that look and book, `changes.rs` those that change bookings,
//! `payments.rs` those that pay, `findings.rs`
//! says the result in the shape of Google's own client.

mod changes;
mod feed;
mod findings;
mod json;
mod lenient;
mod messages;
mod payments;
mod server;
mod steps;
mod terms;

pub use feed::FeedError;
pub use payments::PaymentTokens;

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use crate::domain::Timestamp;
use crate::ports::{Entropy, SeededEntropy};
use feed::Slot;
use findings::Findings;
use server::Server;
use steps::Trial;

/// What is tried, and where.
pub struct CertifyOptions {
    /// The "Booking Server URL" of the partner portal: what stands before `/v3/…`.
    pub url: Url,
    /// HTTP Basic.
    pub user: String,
    /// HTTP Basic.
    pub password: SecretString,
    /// Availability feeds, services feeds, which say what takes payment, and merchants feeds, which say what is taxed.
    pub feeds: Vec<PathBuf>,
    /// What slots that take payment are booked with; without, none of them is.
    pub tokens: Option<PaymentTokens>,
    /// How many slots are booked, at most.
    pub slots: usize,
    /// Which ones: the same seed takes the same slots of the same feeds.
    pub seed: u64,
}

/// Why nothing could be tried.
#[derive(Debug, thiserror::Error)]
pub enum CertifyError {
    /// A feed.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The feeds hold slots, but none that fits.
    #[error("none of the feeds' slots is open, in the future and free of payment, which the test needs (section 10.3)")]
    NothingToBook,
    /// The HTTP client.
    #[error("cannot make an HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// Tries the server and says line by line what came of it; whether it passed.
///
/// # Errors
/// Nothing could be tried. What the server does wrong is no error but a finding.
pub async fn certify(
    options: &CertifyOptions,
    now: Timestamp,
    say: &mut dyn FnMut(&str),
) -> Result<bool, CertifyError> {
    let feed::Bookable { free: mut slots, mut paid } = feed::bookable(&options.feeds, now.as_secs())?;
    if slots.is_empty() {
        return Err(CertifyError::NothingToBook);
    }
    shuffle(&mut slots, &SeededEntropy::new(options.seed));
    shuffle(&mut paid, &SeededEntropy::new(options.seed));
    let chosen: Vec<Slot> = slots.iter().take(options.slots).cloned().collect();
    let mut findings = Findings::new(say);
    let trial = Trial::new(Server::new(options)?);

    trial.health(&mut findings).await;
    let open = trial.check_availability(&chosen, &mut findings).await;
    trial.batch_availability(&open, &mut findings).await;
    let booked = trial.create_bookings(&open, &mut findings).await;
    trial.spots(&open, &booked, &mut findings).await;
    trial.list_bookings(&booked, &mut findings).await;
    trial.booking_status(&booked, &mut findings).await;
    let duplicate = trial.duplicate(&booked, &mut findings).await;
    trial.cancel_all(&booked, &mut findings).await;
    trial.retry(duplicate, &mut findings).await;
    trial.reschedule(&slots, &mut findings).await;
    trial.payments(&paid, options.tokens.as_ref(), &mut findings).await;
    Ok(findings.finish())
}

/// Fisher and Yates.
fn shuffle<T>(slots: &mut [T], entropy: &SeededEntropy) {
    for last in (1..slots.len()).rev() {
        let other = entropy.next_u64() % (last as u64 + 1);
        slots.swap(last, usize::try_from(other).unwrap_or(last));
    }
}
