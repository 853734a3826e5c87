//! Floor 3: people sign in. Passwords, second factors, sessions, lockout; who exists and what they may do.
//!
//! A sign-in goes through stages ([`Stage`]), each with a session and a token of its own: what was handed out before a stage
//! is worth nothing after it. Only [`Stage::Full`] opens pages. Whoever is refused learns neither why nor whether there is
//! such a person, and learns it at the same time: the same rows are written and the same hash is computed for everybody.
//! Who keeps guessing at a name locks it for strangers, but not for a browser that somebody of this name has signed in with
//! before (`known_browser.rs`).
//!
//! Architecture invariant: tokens, passwords, codes and secrets are arguments and answers, never in `Debug`, logs or errors.

mod enrolment;
mod known_browser;
mod lockout;
mod manage;
mod password;
mod session;
mod sign_in;

use std::fmt;
use std::sync::Arc;

use tokio::sync::Semaphore;

pub use enrolment::{Enrolment, EnrolmentRefused};
pub use password::{ChangeRefused, PasswordNotSet, PasswordRefused, set_password};
pub use session::{NewSession, Session};

/// How far a sign-in has come, and what its session may do: only [`Stage::Full`] opens pages.
pub use crate::storage::SessionStage as Stage;

use crate::crypto::{AtRest, AtRestError, Kept, UrlKeys};
use crate::ports::Clock;
use crate::storage::{AuditNote, StorageError, Store};

/// Whether everybody needs a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondFactor {
    /// Whoever has none sets one up before anything else.
    Required,
    /// Whoever has one uses it.
    Optional,
}

/// How people sign in.
#[derive(Debug, Clone)]
pub struct PeopleSettings {
    /// How long a session may be unused, in milliseconds.
    pub idle_ms: i64,
    /// How long a session lasts at most, in milliseconds.
    pub absolute_ms: i64,
    /// Whether everybody needs a second factor.
    pub second_factor: SecondFactor,
    /// What authenticators show beside the name: the host of `server.public_url`.
    pub issuer_name: String,
}

/// Why a sign-in does not go on.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SignInRefused {
    /// The name, the password or the code is wrong, the user is disabled, or the sign-in was over: nobody is told which.
    #[error("this does not fit")]
    Wrong,
    /// Too many failures under this name: nothing is looked at for so many seconds.
    #[error("too many failures: try again in {retry_after_s} s")]
    TooMany {
        /// Seconds.
        retry_after_s: u64,
    },
    /// Storage failed, or what it keeps sealed cannot be opened.
    #[error(transparent)]
    Unavailable(#[from] StorageError),
}

/// How many passwords are hashed at a time: each takes 19 MiB and tens of milliseconds of a core.
const HASHES_AT_ONCE: usize = 2;

/// People and their sessions. Cheap to clone.
#[derive(Clone)]
pub struct People(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    seal: AtRest,
    browsers: AtRest,
    settings: PeopleSettings,
    hashing: Arc<Semaphore>,
}

impl fmt::Debug for People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("People").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl People {
    /// `keys` are the signing keys: those that seal second factors and know browsers again are derived from them.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        keys: &UrlKeys,
        settings: PeopleSettings,
    ) -> Result<Self, AtRestError> {
        let (seal, browsers) = (AtRest::new(keys, Kept::SecondFactor)?, AtRest::new(keys, Kept::KnownBrowser)?);
        let hashing = Arc::new(Semaphore::new(HASHES_AT_ONCE));
        Ok(Self(Arc::new(Inner { store, clock, seal, browsers, settings, hashing })))
    }

    /// How people sign in.
    pub fn settings(&self) -> &PeopleSettings {
        &self.0.settings
    }

    /// Notes an act in the audit log; its number there, once it is durable. What could not be noted may not be done.
    pub async fn note(&self, note: AuditNote) -> Result<i64, StorageError> {
        self.0.store.note(&note, self.0.clock.now()).await
    }

    /// Carries out a hash beside the threads that answer requests, when one of the places is free. `None`: the machine is
    /// shutting down.
    async fn hashing<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let place = self.0.hashing.clone().acquire_owned().await.ok()?;
        let work = move || {
            // The place is taken for as long as the work lasts, whoever still waits for it.
            let _place = place;
            work()
        };
        tokio::task::spawn_blocking(work).await.ok()
    }
}
