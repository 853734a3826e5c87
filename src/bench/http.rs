//! The smallest HTTP/1.1 that serves: kept-alive connections and bodies with a length, nothing else.
//!
//! The generator shares the machine with the server that it measures, so it must cost little: a general client takes
//! several times the CPU of this one.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// Servers close idle connections; one that has rested longer is not used again (actix closes after 5 s).
const FRESH: Duration = Duration::from_secs(3);
/// Connections at once; further requests wait, and their latency counts from when they were to begin.
const MOST_CONNECTIONS: usize = 512;
/// Heads and bodies beyond this are not for us.
const LONGEST: usize = 4 * 1024 * 1024;

/// One message: its head with the first line, and its body.
pub(super) struct Message {
    head: String,
    /// The body.
    pub(super) body: Vec<u8>,
}

impl Message {
    /// The value of a header; `name` in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// The target of a request.
    pub(super) fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// The status code of an answer.
    pub(super) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.split("\r\n").skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// A connection with what was read beyond the last message.
pub(super) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    /// Takes a stream over.
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(4096) })
    }

    /// Sends bytes.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// The next message; `None` when the peer has closed between two.
    pub(super) async fn receive(&mut self) -> io::Result<Option<Message>> {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            if !self.more().await? {
                return if self.read.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        };
        let head = String::from_utf8_lossy(self.read.get(..end).unwrap_or_default()).into_owned();
        let length = header(&head, "content-length").map_or(Some(0), |text| text.parse::<usize>().ok());
        let length = length.filter(|length| *length <= LONGEST).ok_or(io::ErrorKind::InvalidData)?;
        let whole = end + 4 + length;
        while self.read.len() < whole {
            if !self.more().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let body = self.read.get(end + 4..whole).unwrap_or_default().to_vec();
        self.read.drain(..whole);
        Ok(Some(Message { head, body }))
    }

    async fn more(&mut self) -> io::Result<bool> {
        if self.read.len() > LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(self.stream.read_buf(&mut self.read).await? > 0)
    }
}

/// A client of one address that keeps its connections.
pub(super) struct Client {
    address: SocketAddr,
    idle: Mutex<Vec<(Instant, Connection)>>,
    room: Semaphore,
}

impl Client {
    /// Connects when it is first needed.
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, idle: Mutex::new(Vec::new()), room: Semaphore::new(MOST_CONNECTIONS) }
    }

    /// Whom it calls.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `GET target`.
    pub(super) async fn get(&self, target: &str) -> io::Result<Message> {
        let host = self.address;
        self.call(format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n\r\n").into_bytes()).await
    }

    /// `POST target` with a body.
    pub(super) async fn post(&self, target: &str, content_type: &str, body: &[u8]) -> io::Result<Message> {
        let (host, length) = (self.address, body.len());
        let mut request = format!(
            "POST {target} HTTP/1.1\r\nhost: {host}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n"
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.call(request).await
    }

    /// Sends a whole request.
    pub(super) async fn call(&self, request: Vec<u8>) -> io::Result<Message> {
        let _room = self.room.acquire().await.map_err(io::Error::other)?;
        if let Some(connection) = self.rested()
            && let Ok(answer) = self.exchange(connection, &request).await
        {
            return Ok(answer);
        }
        // None was idle, or the server has closed it meanwhile. A request that is sent twice has one effect.
        let connection = Connection::new(TcpStream::connect(self.address).await?)?;
        self.exchange(connection, &request).await
    }

    async fn exchange(&self, mut connection: Connection, request: &[u8]) -> io::Result<Message> {
        connection.send(request).await?;
        let answer = connection.receive().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if !answer.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), connection));
        }
        Ok(answer)
    }

    fn rested(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, connection) = idle.pop()?;
        if since.elapsed() < FRESH {
            return Some(connection);
        }
        // The one used last is too old, so all are.
        idle.clear();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_are_told_apart_on_one_connection() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::new(listener.local_addr().unwrap());
        let serve = async {
            let mut connection = Connection::new(listener.accept().await.unwrap().0).unwrap();
            let first = connection.receive().await.unwrap().unwrap();
            assert!(first.head.starts_with("GET /a?b "), "{}", first.head);
            connection.send(b"HTTP/1.1 302 Found\r\nLocation: /x\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            let second = connection.receive().await.unwrap().unwrap();
            assert_eq!((second.header("content-type"), second.body.as_slice()), (Some("text/plain"), &b"four"[..]));
            connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        };
        let ask = async {
            let first = client.get("/a?b").await.unwrap();
            assert_eq!((first.status(), first.header("location")), (302, Some("/x")));
            let second = client.post("/", "text/plain", b"four").await.unwrap();
            assert_eq!((second.status(), second.body.as_slice()), (200, &b"ok"[..]));
        };
        futures_util::future::join(serve, ask).await;
    }
}
