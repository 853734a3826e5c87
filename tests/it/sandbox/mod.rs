//! The stand-ins themselves: what they say must be right before it can prove anything about the integrator.
//! No test here bears the id of a requirement: those are requirements on the integrator, and only its own tests prove them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails here")]

mod actions_center;
mod bookings;
mod google;
mod invoices;
mod issuer;
mod outlook;
mod refunds;
mod statements;
pub(crate) mod town;
mod world;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use roundtrip::domain::Timestamp;
use roundtrip::ports::{Clock, ManualClock};
use roundtrip::sandbox::prepare;
use roundtrip::sandbox::settings::Ports;

/// Any free port on loopback, bound.
fn free_port() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    (listener, origin)
}

/// A server that runs until it is stopped.
struct Running(ServerHandle, actix_web::rt::task::JoinHandle<std::io::Result<()>>);

impl Running {
    fn start(server: Server) -> Self {
        Self(server.handle(), actix_web::rt::spawn(server))
    }

    /// Stops it and waits until its port is free again.
    async fn stop(self) {
        self.0.stop(false).await;
        self.1.await.unwrap().unwrap();
    }
}

/// A browser that shows redirects instead of following them.
fn browser() -> reqwest::Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

fn location(response: &reqwest::Response) -> String {
    response.headers().get("location").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// Waits for something that another task does. The limit is only there to fail instead of hanging.
async fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            actix_web::rt::time::sleep(Duration::from_millis(5)).await;
        }
    };
    actix_web::rt::time::timeout(Duration::from_secs(20), wait).await.expect("it never happened")
}

#[test]
fn a_second_start_finds_the_same_keys_settings_and_ports() {
    let dir = tempfile::tempdir().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(Timestamp::from_secs(1_800_000_000)));
    let first = prepare(dir.path(), Ports::ANY, Arc::clone(&clock)).unwrap();
    let (ports, before) = (first.ports, files(dir.path()));
    drop(first);
    // What an interruption between the two halves of a pair leaves behind.
    let half = dir.path().join("keys/google/openpgp.pub.asc");
    std::fs::remove_file(&half).unwrap();
    let second = prepare(dir.path(), Ports::USUAL, clock).unwrap();
    assert_eq!(second.ports, ports);
    assert_eq!(files(dir.path()).keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    let mut changed = files(dir.path());
    changed.retain(|path, content| before[path] != *content);
    assert!(changed.keys().all(|path| *path == half), "{:?}", changed.keys());
}

fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    found
}
