//! Floor 5: stand-ins for Google, for issuers, for the card processor and for Outlook, speaking the real protocols over real
//! sockets.
//!
//! Each stand-in is a server of its own with its own keys and its own memory ([`google`], [`issuer`], [`stripe`], [`outlook`]); it shares nothing
//! with the integrator but what crosses the wire. `keys.rs` makes all keys on the first start, `bookings.rs` what the booking
//! server and its stand-ins ([`actions_center`], [`stripe`]) share, `invoicing.rs` what invoices and [`outlook`] do, [`settings`] the integrator's configuration and the ports.

pub mod actions_center;
mod bookings;
pub mod google;
mod invoicing;
pub mod issuer;
mod journal;
mod keys;
pub mod outlook;
mod page;
mod run;
pub mod settings;
pub mod stripe;

pub use journal::JournalError;
pub use run::{Standing, run, start};

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use self::actions_center::ActionsCenterOptions;
use self::bookings::Known;
use self::google::GoogleOptions;
use self::issuer::{IssuerOptions, SandboxIssuer};
use self::outlook::OutlookOptions;
use self::settings::{ISSUERS, Listeners, Ports, Settings, Wanted};
use self::stripe::StripeOptions;
use crate::ports::Clock;

/// Why the sandbox cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A port cannot be served.
    #[error("cannot listen: {0}")]
    Listen(std::io::Error),
    /// A file of the sandbox cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of the sandbox is not what it should be.
    #[error("{path}: {reason}; remove it to have it made again")]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A stand-in's memory.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A key.
    #[error(transparent)]
    Key(#[from] crate::crypto::KeyError),
    /// The HTTP client.
    #[error("cannot make an HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// A client that follows no redirect: where the integrator sends a browser is what the stand-ins want to see.
pub(crate) fn http_client() -> Result<reqwest::Client, SandboxError> {
    // A second call finds the provider installed already; that is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(30))
        .no_proxy()
        .build()?;
    Ok(client)
}

/// Everything a sandbox needs, made or found under its directory; nothing runs yet.
pub struct Prepared {
    /// The integrator's configuration.
    pub settings: PathBuf,
    /// The addresses, in [`Ports`]' order: all on `127.0.0.1`.
    pub ports: Ports,
    /// Bound for the integrator's public side. Hand it over, or drop it just before binding `server.listen`.
    pub server: std::net::TcpListener,
    /// Bound for the integrator's admin side; likewise.
    pub admin: std::net::TcpListener,
    /// For [`google::server`].
    pub google: GoogleOptions,
    /// For [`issuer::server`].
    pub issuer: IssuerOptions,
    /// For [`actions_center::server`], still without access to the admin API.
    pub actions_center: ActionsCenterOptions,
    /// For [`stripe::server`].
    pub processor: StripeOptions,
    /// For [`outlook::server`], still without access to the admin API.
    pub outlook: OutlookOptions,
}

/// Makes on the first start, and finds later, the keys, settings and memory of a sandbox under `dir`. `wanted` counts for
/// the first start only; a port that is taken gives way to a free one.
pub fn prepare(dir: &Path, wanted: impl Into<Wanted>, clock: Arc<dyn Clock>) -> Result<Prepared, SandboxError> {
    keys::make_missing(dir, clock.now())?;
    let Settings { file, ports, listeners } = settings::prepare(dir, wanted)?;
    let Listeners { server, admin, google, issuer, actions_center, processor, outlook, smtp } = listeners;
    bookings::make_missing(dir, ports, clock.now())?;
    invoicing::make_missing(dir)?;
    let edited = settings::edited(&file)?;
    let known = Known { dir, settings: &file, edited: &edited, clock: Arc::clone(&clock) };
    let (actions_center, processor) = (known.actions_center(actions_center)?, known.processor(processor)?);
    let integrator = Url::parse(&edited.public_url)
        .map_err(|error| SandboxError::Unreadable { path: file.clone(), reason: format!("public_url: {error}") })?;
    let registration = (&edited.outlook, integrator.clone());
    let outlook = invoicing::options(dir, (outlook, smtp), registration, Arc::clone(&clock))?;
    let issuers = ISSUERS.iter().map(|spec| {
        let keys = keys::issuer_keys(dir, spec.id)?;
        Ok(SandboxIssuer { id: spec.id.to_owned(), name: spec.name.to_owned(), keys })
    });
    Ok(Prepared {
        settings: file,
        ports,
        server,
        admin,
        google: GoogleOptions {
            listen: google,
            dir: dir.to_owned(),
            integrator: integrator.clone(),
            accounts: keys::google_accounts(dir)?,
            issuers: ISSUERS.iter().map(|spec| (spec.id.to_owned(), spec.name.to_owned())).collect(),
            clock: Arc::clone(&clock),
            base_path: edited.base_path,
            begin_path: edited.begin_path,
        },
        issuer: IssuerOptions {
            listen: issuer,
            dir: dir.to_owned(),
            integrator,
            issuers: issuers.collect::<Result<_, SandboxError>>()?,
            clock,
        },
        actions_center,
        processor,
        outlook,
    })
}
