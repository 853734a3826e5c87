//! A small HTTP server for the peers: it sees each request whole and may answer, wait, or drop the connection.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    /// A header's value, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(given, _)| given == name).map_or("", |(_, value)| value)
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// Answers a request; `None` drops the connection without an answer.
pub(crate) type Handler = dyn Fn(Received) -> Option<Answer> + Send + Sync;

/// The server. Each connection has a thread of its own, so that a handler may wait.
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    /// Connections on which no request arrived: TLS handshakes that the client broke off.
    pub(crate) broken: Arc<AtomicUsize>,
    stopped: Arc<AtomicBool>,
}

impl Listener {
    pub(crate) fn start(handler: Arc<Handler>) -> Self {
        Self::on(0, None, handler)
    }

    /// On `port`, with TLS if there is a configuration for it.
    pub(crate) fn on(port: u16, tls: Option<Arc<ServerConfig>>, handler: Arc<Handler>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = Arc::new(AtomicBool::new(false));
        let broken = Arc::new(AtomicUsize::new(0));
        let (stop, failed) = (stopped.clone(), broken.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (handler, tls, failed) = (handler.clone(), tls.clone(), failed.clone());
                std::thread::spawn(move || {
                    if serve(stream, tls, &*handler).is_none() {
                        failed.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        Self { address, broken, stopped }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the accepting thread, which then lets go of the port.
        let _woken = TcpStream::connect(self.address);
    }
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// One request on one connection; `None` when none could be read.
fn serve(stream: TcpStream, tls: Option<Arc<ServerConfig>>, handler: &Handler) -> Option<()> {
    let mut stream: Box<dyn Stream> = match tls {
        Some(config) => Box::new(StreamOwned::new(ServerConnection::new(config).ok()?, stream)),
        None => Box::new(stream),
    };
    let received = read_request(&mut stream)?;
    let Some(answer) = handler(received) else { return Some(()) };
    let mut head = format!("HTTP/1.1 {} Scripted\r\n", answer.status);
    for (name, value) in &answer.headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    write!(head, "content-length: {}\r\nconnection: close\r\n\r\n", answer.body.len()).unwrap();
    // The client may have gone away meanwhile.
    let _gone =
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer.body)).and_then(|()| stream.flush());
    Some(())
}

fn read_request(stream: &mut dyn Stream) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Received { method, target, headers, body })
}
