//! Floor 5: stand-ins for Google and for issuers, speaking the real protocols over real sockets.
//!
//! Each stand-in is a server of its own with its own keys and its own memory ([`google`], [`issuer`]); it shares nothing
//! with the integrator but what crosses the wire. [`keys`] makes all keys on the first start, [`settings`] the
//! integrator's configuration and the ports.

pub mod google;
pub mod issuer;
mod journal;
pub mod keys;
mod page;
pub mod settings;

pub use journal::JournalError;

use std::path::PathBuf;
use std::time::Duration;

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
