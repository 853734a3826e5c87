//! A server, a Google and an issuer that play together, and what a stretch of time cost them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::google::Google;
use super::http::Client;
use super::parties::{Configured, Parties};
use super::process;
use super::server::{Groups, Server};

/// Everything that a load needs.
pub(super) struct World {
    /// All keys.
    pub(super) parties: Arc<Parties>,
    /// The stand-in for Google.
    pub(super) google: Arc<Google>,
    /// To the server's public listener.
    pub(super) client: Client,
    /// The server.
    pub(super) server: Server,
}

/// The clocks at one moment.
pub(super) struct Moment {
    at: Instant,
    notified: u64,
    server_us: u64,
    generator_us: u64,
}

/// What happened between two moments.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Stretch {
    pub(super) seconds: f64,
    /// Payments whose notification arrived.
    pub(super) payments: u64,
    pub(super) payments_per_s: f64,
    pub(super) server_cpu_us_per_payment: f64,
    /// Payer, issuer and Google together.
    pub(super) generator_cpu_us_per_payment: f64,
    /// How many cores server and generator kept busy.
    pub(super) cores_busy: f64,
    /// Commits in one database transaction, on average.
    pub(super) commits_per_group: Option<f64>,
}

impl World {
    /// Starts the server and brings it together with the others.
    pub(super) async fn start(
        parties: &Arc<Parties>,
        google: &Arc<Google>,
        configured: &Configured,
    ) -> anyhow::Result<Self> {
        let server = Server::start(configured).await?;
        Ok(Self { parties: parties.clone(), google: google.clone(), client: Client::new(server.public), server })
    }

    /// Reads the clocks.
    pub(super) fn moment(&self) -> anyhow::Result<Moment> {
        Ok(Moment {
            at: Instant::now(),
            notified: self.google.arrived(),
            server_us: self.server.cpu_us()?,
            generator_us: process::own_cpu_us()?,
        })
    }

    /// Waits until the server has nothing left to tell: all notifications of `paid` payments since `before`.
    pub(super) async fn settle(&self, before: u64, paid: u64) -> bool {
        self.google.wait_for(before + paid, Duration::from_secs(15)).await
    }
}

impl Moment {
    /// What happened until `end`. `groups` are the server's at both ends, as near as they could be read.
    pub(super) fn until(&self, end: &Self, groups: (Option<Groups>, Option<Groups>)) -> Stretch {
        let seconds = end.at.duration_since(self.at).as_secs_f64();
        let payments = end.notified - self.notified;
        let each = |us: u64| us as f64 / payments.max(1) as f64;
        let (server_us, generator_us) = (end.server_us - self.server_us, end.generator_us - self.generator_us);
        Stretch {
            seconds,
            payments,
            payments_per_s: payments as f64 / seconds,
            server_cpu_us_per_payment: each(server_us),
            generator_cpu_us_per_payment: each(generator_us),
            cores_busy: (server_us + generator_us) as f64 / 1e6 / seconds,
            commits_per_group: groups.1.and_then(|after| after.mean_since(groups.0)),
        }
    }
}
