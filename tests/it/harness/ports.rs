//! Ports for servers whose address must be known before they listen: it stands in the URLs that they sign.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range from which the system takes the ports of outgoing connections.
const LOWEST: u16 = 10_000;
const COUNT: u16 = 20_000;

/// A port that nobody listens on; no other test of this process gets it.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let offset = u16::try_from(u64::from(std::process::id()) * 251 % u64::from(COUNT)).unwrap();
    for _ in 0..COUNT {
        let port = LOWEST + (offset + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port");
}
