//! The server under test: this very program as a process of its own, so that its CPU and memory are its own.

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::http::Client;
use super::parties::Configured;
use super::process;

/// How long a server may take to be ready; it may have feeds to load.
const PATIENCE: Duration = Duration::from_mins(5);

/// A running server; killed when dropped.
pub(super) struct Server {
    child: Child,
    log: PathBuf,
    admin: Client,
    /// The public listener.
    pub(super) public: SocketAddr,
    /// From the start of the process to the first 200 of `/readyz`.
    pub(super) ready_after: Duration,
}

/// How many commits were made in how many groups so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Groups {
    pub(super) commits: f64,
    pub(super) groups: f64,
}

impl Server {
    /// Starts `serve` and waits until it is ready.
    pub(super) async fn start(configured: &Configured) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("cannot find this program's file")?;
        let log = configured.file.with_extension("log");
        let errors = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new(program);
        command.arg("serve").arg("--config").arg(&configured.file);
        // Settings of the shell that runs the benchmark are not the server's.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ROUNDTRIP")) {
            command.env_remove(name);
        }
        let started = Instant::now();
        let child = command
            .stdin(Stdio::null())
            .stdout(errors.try_clone()?)
            .stderr(errors)
            .spawn()
            .context("cannot start the server")?;
        let admin = Client::new(configured.admin);
        let mut server = Self { child, log, admin, public: configured.public, ready_after: Duration::ZERO };
        server.wait(started).await?;
        Ok(server)
    }

    async fn wait(&mut self, started: Instant) -> anyhow::Result<()> {
        let probe = Client::new(self.public);
        loop {
            if let Ok(answer) = probe.get("/readyz").await
                && answer.status() == 200
            {
                self.ready_after = started.elapsed();
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}:\n{}", self.last_words());
            }
            if started.elapsed() > PATIENCE {
                bail!("the server was not ready within {} s:\n{}", PATIENCE.as_secs(), self.last_words());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// The end of its log.
    pub(super) fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(15)..).unwrap_or_default().join("\n")
    }

    /// Its CPU time so far, in microseconds.
    pub(super) fn cpu_us(&self) -> anyhow::Result<u64> {
        process::cpu_us(self.child.id()).with_context(|| format!("the server is gone:\n{}", self.last_words()))
    }

    /// Its resident memory, in bytes.
    pub(super) fn resident_bytes(&self) -> anyhow::Result<u64> {
        process::resident_bytes(self.child.id()).with_context(|| format!("the server is gone:\n{}", self.last_words()))
    }

    /// The most memory that was resident so far, in bytes.
    pub(super) fn peak_resident_bytes(&self) -> anyhow::Result<u64> {
        let peak = process::peak_resident_bytes(self.child.id());
        peak.with_context(|| format!("the server is gone:\n{}", self.last_words()))
    }

    /// Its metrics, as text.
    pub(super) async fn metrics(&self) -> anyhow::Result<String> {
        let answer = self.admin.get("/metrics").await.context("the admin listener does not answer")?;
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// How its commits were grouped so far; `None` before the first.
    pub(super) async fn groups(&self) -> anyhow::Result<Option<Groups>> {
        Ok(Groups::read(&self.metrics().await?))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Either may fail only because it has ended already.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// One metric without labels.
pub(super) fn metric(text: &str, name: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

impl Groups {
    /// Reads the figures of group commit out of metrics.
    pub(super) fn read(metrics: &str) -> Option<Self> {
        Some(Self {
            commits: metric(metrics, "storage_commit_group_members_sum")?,
            groups: metric(metrics, "storage_commit_group_members_count")?,
        })
    }

    /// Commits in a group, on average, since `before`.
    pub(super) fn mean_since(self, before: Option<Self>) -> Option<f64> {
        let before = before.unwrap_or(Self { commits: 0.0, groups: 0.0 });
        let groups = self.groups - before.groups;
        (groups > 0.0).then(|| (self.commits - before.commits) / groups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_read_from_metrics() {
        let text = "# TYPE x summary\nstorage_commit_group_members{quantile=\"0.5\"} 3\n\
            storage_commit_group_members_sum 30\nstorage_commit_group_members_count 10\n";
        let groups = Groups::read(text).unwrap();
        assert_eq!(groups.mean_since(None), Some(3.0));
        assert_eq!(groups.mean_since(Some(Groups { commits: 10.0, groups: 6.0 })), Some(5.0));
        assert_eq!(groups.mean_since(Some(groups)), None);
        assert!(Groups::read("nothing 1\n").is_none());
    }
}
