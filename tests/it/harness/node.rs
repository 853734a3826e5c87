//! A server under test: in this process with a clock of the test's own, or as the built binary.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;

use roundtrip::actors::{Jobs, Registry};
use roundtrip::app::{self, Surroundings};
use roundtrip::config::Config;
use roundtrip::domain::remittance::Remittance;
use roundtrip::ports::{ManualClock, SeededEntropy};
use roundtrip::storage::Store;
use tokio::sync::oneshot;

use super::browser::Browser;
use super::wait::until;

/// A server in this process, on a thread of its own.
pub(crate) struct Node {
    /// Where payers, Google and issuers reach it: `http://127.0.0.1:port`.
    pub(crate) public: String,
    /// Where operators reach it.
    pub(crate) admin: String,
    /// Its database.
    pub(crate) store: Store,
    /// Its remittance statements.
    pub(crate) statements: Registry<Remittance>,
    /// Its long work.
    pub(crate) jobs: Jobs,
    stop: Option<oneshot::Sender<bool>>,
    thread: Option<JoinHandle<()>>,
}

impl Node {
    /// Starts a server with the settings in `text`; relative paths are relative to `dir`.
    pub(crate) async fn start(text: &str, dir: &Path, clock: &ManualClock, seed: u64) -> Self {
        let config = Config::from_toml_str(text, dir).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let around = Surroundings { clock: Arc::new(clock.clone()), entropy: Arc::new(SeededEntropy::new(seed)) };
        let (stop, stopped) = oneshot::channel();
        let (ready, started) = oneshot::channel();
        let scheme = if config.server.tls.is_some() { "https" } else { "http" };
        let thread = std::thread::spawn(move || {
            let system = actix::System::new();
            system.block_on(async move {
                let running = match app::start(&config, around).await {
                    Ok(running) => running,
                    Err(error) => return ready.send(Err(format!("{error:#}"))).unwrap_or_default(),
                };
                let addresses = (running.public, running.admin);
                let parts = (running.store.clone(), running.statements.clone(), running.jobs.clone());
                ready.send(Ok((addresses, parts))).unwrap_or_default();
                // A node that nobody stops is dropped with its test: then it is not worth a graceful end.
                let graceful = stopped.await.unwrap_or(false);
                running.stop(graceful).await;
            });
            actix::System::current().stop();
            system.run().unwrap();
        });
        let ((public, admin), (store, statements, jobs)) =
            started.await.unwrap().unwrap_or_else(|error| panic!("{error}"));
        let (public, admin) = (format!("{scheme}://{public}"), format!("http://{admin}"));
        Self { public, admin, store, statements, jobs, stop: Some(stop), thread: Some(thread) }
    }

    /// Stops it and waits until everything of it is gone.
    pub(crate) async fn stop(mut self, graceful: bool) {
        self.end(graceful);
        let thread = self.thread.take().unwrap();
        tokio::task::spawn_blocking(move || thread.join().unwrap()).await.unwrap();
    }

    fn end(&mut self, graceful: bool) {
        if let Some(stop) = self.stop.take() {
            stop.send(graceful).unwrap_or_default();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.end(false);
    }
}

/// The built binary, in real time.
pub(crate) struct Process {
    child: Child,
    pub(crate) public: String,
}

impl Process {
    /// `roundtrip serve` with the settings in `text`, and waits until it is ready.
    pub(crate) async fn serve(text: &str, dir: &Path, port: u16, environment: &[(&str, &Path)]) -> Self {
        let file = dir.join("roundtrip.toml");
        std::fs::write(&file, text).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_roundtrip"))
            .args(["serve", "--config"])
            .arg(&file)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(dir.join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut process = Self { child, public: format!("http://127.0.0.1:{port}") };
        let browser = Browser::new();
        until("the binary is ready", async || {
            if let Some(status) = process.child.try_wait().unwrap() {
                panic!("roundtrip serve ended: {status}\n{}", std::fs::read_to_string(dir.join("log")).unwrap());
            }
            browser.try_get(format!("{}/readyz", process.public)).await.filter(|page| page.status == 200)
        })
        .await;
        process
    }

    /// `kill -9`
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Killed already, or ended by itself.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
