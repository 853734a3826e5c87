//! The built binary with everything around it, in real time.

use std::path::Path;
use std::sync::Arc;

use roundtrip::ports::SystemClock;
use serde_json::Value;
use tempfile::TempDir;

use super::account::Peer;
use super::browser::Browser;
use super::issuer::Bank;
use super::keys;
use super::node::Process;
use super::ports::free_port;
use super::settings::{Engine, File, Setup};

/// One account, its issuers, and the addresses of servers that can be started.
pub(crate) struct Outside {
    setup: Setup,
    dirs: Vec<TempDir>,
    ports: Vec<(u16, u16)>,
    pub(crate) database: String,
    pub(crate) peer: Peer,
    pub(crate) banks: Vec<Bank>,
    pub(crate) browser: Browser,
}

impl Outside {
    pub(crate) async fn new(setup: Setup) -> Self {
        let clock = Arc::new(SystemClock);
        let account = &setup.accounts[0];
        let files = |owner| keys::key_files_of_today(account.scheme, owner);
        let (google, ours) = (files("google"), files("ours"));
        let peer = Peer::new(&account.piaid, account.scheme, (&[&google], &[&ours]), clock.clone());
        let banks =
            setup.issuers.iter().zip(1..).map(|(issuer, seed)| Bank::start(issuer.id, seed, clock.clone())).collect();
        let dirs: Vec<_> = (0..setup.nodes).map(|_| tempfile::tempdir().unwrap()).collect();
        let database = match setup.engine {
            Engine::Sqlite => format!("sqlite://{}/roundtrip.db", dirs[0].path().display()),
            Engine::Postgres => crate::postgres::fresh_database().await,
        };
        let ports = dirs.iter().map(|_| (free_port(), free_port())).collect();
        Self { setup, dirs, ports, database, peer, banks, browser: Browser::new() }
    }

    /// A folder for a test's own files.
    pub(crate) fn dir(&self) -> &Path {
        self.dirs[0].path()
    }

    /// `database.url`
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// Where people reach a server.
    pub(crate) fn admin(&self, index: usize) -> String {
        format!("http://127.0.0.1:{}", self.ports[index].1)
    }

    /// Where a server is.
    pub(crate) fn origin(&self, index: usize) -> String {
        format!("http://127.0.0.1:{}", self.ports[index].0)
    }

    /// Starts a server, with Google at `endpoint`.
    pub(crate) async fn serve(&self, index: usize, endpoint: &str, environment: &[(&str, &Path)]) -> Process {
        let dir = self.dirs[index].path();
        let file = File {
            setup: &self.setup,
            dir,
            ports: self.ports[index],
            public_origin: &self.origin(0),
            database: &self.database,
            google_endpoint: endpoint,
            banks: &self.banks,
            keys: keys::key_files_of_today,
        };
        Process::serve(&file.write(), dir, self.ports[index].0, environment).await
    }

    /// What Google would be told by this server, as `result`.
    pub(crate) async fn ask(&self, index: usize, request_id: &str, of: &str) -> Value {
        let request = self.peer.status_request(request_id, of);
        let called = self.peer.call(&self.browser, &self.origin(index), "getRedirectPaymentStatus", &request).await;
        called.ok()["result"].clone()
    }
}
