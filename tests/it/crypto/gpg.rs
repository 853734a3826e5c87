//! GnuPG as a foreign peer, with a home of its own.

use std::io::Write;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A gpg with an empty key ring. Its agent ends with it.
pub struct Gpg {
    home: TempDir,
}

/// What one run gave.
pub struct Run {
    pub ok: bool,
    pub stdout: Vec<u8>,
    pub status: String,
}

impl Gpg {
    pub fn new() -> Self {
        // A socket's path is short, so not below a deep target folder.
        let home = tempfile::Builder::new().prefix("rt-gpg").tempdir().expect("a folder for gpg");
        Self { home }
    }

    pub fn run(&self, arguments: &[&str], input: &[u8]) -> Run {
        let mut child = Command::new("gpg")
            .args(["--batch", "--yes", "--no-tty", "--quiet", "--trust-model", "always", "--status-fd", "2"])
            .args(["--pinentry-mode", "loopback", "--passphrase", ""])
            .args(arguments)
            .env("GNUPGHOME", self.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("gpg runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        let input = input.to_vec();
        // Beside the reading of its output, or both would wait for each other. gpg may refuse before it has read all.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().expect("gpg ends");
        writer.join().expect("the writer ends");
        Run {
            ok: output.status.success(),
            stdout: output.stdout,
            status: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub fn must(&self, arguments: &[&str], input: &[u8]) -> Run {
        let run = self.run(arguments, input);
        assert!(run.ok, "gpg {arguments:?}: {}", run.status);
        run
    }

    pub fn import(&self, key: &str) {
        // gpg's key box does not take two imports at once.
        static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.must(&["--import"], key.as_bytes());
    }

    /// Makes a key and gives its fingerprint.
    pub fn generate(&self, user: &str, algorithm: &str, life: &str) -> String {
        let run = self.must(&["--quick-generate-key", user, algorithm, "cert,sign", life], b"");
        let created = run.status.lines().find_map(|line| line.strip_prefix("[GNUPG:] KEY_CREATED "));
        let fingerprint = created.and_then(|rest| rest.split(' ').nth(1)).expect("KEY_CREATED").to_owned();
        let subkey = if algorithm.starts_with("ed") { "cv25519" } else { algorithm };
        self.must(&["--quick-add-key", &fingerprint, subkey, "encr", life], b"");
        fingerprint
    }

    pub fn export(&self, fingerprint: &str) -> Vec<u8> {
        self.must(&["--armor", "--export", fingerprint], b"").stdout
    }

    pub fn export_secret(&self, fingerprint: &str) -> Vec<u8> {
        self.must(&["--export-secret-keys", fingerprint], b"").stdout
    }

    pub fn decrypt(&self, message: &[u8]) -> Run {
        self.run(&["--decrypt"], message)
    }

    /// The ids of a key's encryption subkeys, oldest first.
    pub fn encryption_subkeys(&self, fingerprint: &str) -> Vec<String> {
        let listing = self.must(&["--with-colons", "--list-keys", fingerprint], b"").stdout;
        String::from_utf8_lossy(&listing)
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .filter(|fields| fields[0] == "sub" && fields[11].contains('e'))
            .map(|fields| fields[4].to_owned())
            .collect()
    }

    /// Reads the revocation certificate that gpg prepared when it made the key.
    pub fn revoke(&self, fingerprint: &str) {
        let path = self.home.path().join("openpgp-revocs.d").join(format!("{fingerprint}.rev"));
        let armoured = std::fs::read_to_string(path).expect("a revocation").replace(":-----BEGIN", "-----BEGIN");
        self.import(&armoured);
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        let _ = Command::new("gpgconf").args(["--kill", "all"]).env("GNUPGHOME", self.home.path()).status();
    }
}
