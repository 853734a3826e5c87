//! The programs that the tests drive: the sandbox as a user starts it, and Chromium's driver. One of each serves all
//! tests that run at the same time; the last test to end stops them.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tempfile::TempDir;
use url::Url;

/// The one that runs, or a new one.
fn shared<T>(slot: &Mutex<Weak<T>>, start: impl FnOnce() -> T) -> Arc<T> {
    let mut slot = slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    slot.upgrade().unwrap_or_else(|| {
        let started = Arc::new(start());
        *slot = Arc::downgrade(&started);
        started
    })
}

/// Reads lines until `wanted` finds something in one; a program that ends before is a failure.
fn read_until<T>(lines: &mut BufReader<ChildStdout>, wanted: impl Fn(&str) -> Option<T>) -> T {
    let mut seen = String::new();
    loop {
        let mut line = String::new();
        let length = lines.read_line(&mut line).unwrap();
        assert!(length > 0, "the program ended after saying:\n{seen}");
        if let Some(found) = wanted(&line) {
            return found;
        }
        seen.push_str(&line);
    }
}

/// `roundtrip sandbox`, in a folder of its own. The addresses are those that it prints.
pub struct Sandbox {
    child: Child,
    /// Kept: a program that writes to a closed pipe fails.
    _out: BufReader<ChildStdout>,
    dir: TempDir,
    /// The shop, standing in for Google.
    pub shop: Url,
    /// Roundtrip itself.
    pub server: Url,
    /// The banks and wallets.
    pub issuers: Url,
    /// Where appointments are booked, standing in for Google's Actions Center.
    pub appointments: Url,
    /// Where mail is read, standing in for Outlook.
    pub mail: Url,
    /// The card processor.
    pub processor: Url,
    /// The finance console.
    pub console: Url,
}

impl Sandbox {
    /// The sandbox that runs, or a new one.
    pub fn shared() -> Arc<Self> {
        static SLOT: Mutex<Weak<Sandbox>> = Mutex::new(Weak::new());
        shared(&SLOT, Self::start)
    }

    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let log = File::create(dir.path().join("log.txt")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_roundtrip"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ROUNDTRIP")) {
            command.env_remove(name);
        }
        command.arg("sandbox").arg("--dir").arg(dir.path().join("sandbox")).current_dir(dir.path());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut address = |name: &str| {
            read_until(&mut out, |line| {
                let said = line.trim_start().strip_prefix(name)?;
                Some(Url::parse(said.split_whitespace().next()?).unwrap())
            })
        };
        let shop = address("Open this and pay");
        let appointments = address("Or book an appointment");
        let mail = address("Or get an invoice by mail");
        let server = address("Payer pages and partner API");
        let issuers = address("Banks and wallets");
        let processor = address("Card processor");
        let console = address("The finance console");
        read_until(&mut out, |line| line.starts_with("Stop with").then_some(()));
        Self { child, _out: out, dir, shop, server, issuers, appointments, mail, processor, console }
    }

    /// A file in the sandbox's folder.
    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.dir.path().join("sandbox").join(name)).unwrap()
    }

    /// What it logged last.
    pub fn log(&self) -> String {
        let log = std::fs::read_to_string(self.dir.path().join("log.txt")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// chromedriver, on a port that it found itself.
pub struct Driver {
    child: Child,
    _out: BufReader<ChildStdout>,
    port: u16,
}

impl Driver {
    /// The driver that runs, or a new one.
    pub fn shared() -> Arc<Self> {
        static SLOT: Mutex<Weak<Driver>> = Mutex::new(Weak::new());
        shared(&SLOT, Self::start)
    }

    fn start() -> Self {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("chromedriver; tests/run installs it");
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let port = read_until(&mut out, |line| {
            let said = line.split("started successfully on port ").nth(1)?;
            said.trim_end().trim_end_matches('.').parse().ok()
        });
        Self { child, _out: out, port }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Asked first: it takes browsers with it that a failed test may have left.
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
            let _ = write!(stream, "GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
            let _ = BufReader::new(stream).read_line(&mut String::new());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
