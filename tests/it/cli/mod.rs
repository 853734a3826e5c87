//! The command line, as the built binary shows it (contract section 1).

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod balances;
mod configuration;
mod database;
mod keys;
mod rotation;
mod usage;
mod user;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// 32 bytes, 00..1f, in base64.
pub const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A folder with a minimal configuration, in which the binary is run.
pub struct Place {
    folder: tempfile::TempDir,
}

/// What a run came to.
#[derive(Debug)]
pub struct Run {
    /// Exit status.
    pub status: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Place {
    /// A folder with `roundtrip.toml` (server, SQLite, one signing key) and the files it names.
    pub fn new() -> Self {
        let place = Self::empty();
        place.write("keys/url", SECRET);
        place.write("roundtrip.toml", MINIMAL);
        place
    }

    /// A folder with nothing in it.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, and its folder.
    pub fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Adds to the configuration.
    pub fn configure(&self, more: &str) {
        let text = std::fs::read_to_string(self.path("roundtrip.toml")).unwrap();
        self.write("roundtrip.toml", &format!("{text}\n{more}"));
    }

    /// Runs the binary in the folder.
    pub fn run(&self, args: &[&str]) -> Run {
        self.run_with(args, &[])
    }

    /// Runs the binary in the folder with these variables and none of ours beside them.
    pub fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Run {
        self.run_from(args, variables, Stdio::null())
    }

    fn run_from(&self, args: &[&str], variables: &[(&str, &str)], input: Stdio) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_roundtrip"));
        command.args(args).stdin(input).current_dir(self.folder.path()).envs(variables.iter().copied());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ROUNDTRIP")) {
            command.env_remove(name);
        }
        let Output { status, stdout, stderr } = command.output().unwrap();
        Run {
            status: status.code().unwrap_or(-1),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }

    /// As [`Self::run`], with this as standard input.
    pub fn run_fed(&self, args: &[&str], input: &str) -> Run {
        self.write("input", input);
        let input = std::fs::File::open(self.path("input")).unwrap();
        self.run_from(args, &[], input.into())
    }

    /// As [`Self::run`], and the command must succeed. Answers standard output.
    pub fn must(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.status, 0, "{args:?}: {run:?}");
        run.out
    }

    /// As [`Self::run`], and the command must fail, not by wrong usage. Answers standard error.
    pub fn must_fail(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.status, 1, "{args:?}: {run:?}");
        assert!(run.err.starts_with("error: "), "{run:?}");
        run.err
    }
}

const MINIMAL: &str = r#"
[server]
public_url = "https://pay.example.com"
[database]
url = "sqlite://var/roundtrip.db"
[signing]
keys = [{ id = "2026-11", secret_file = "keys/url" }]
"#;
