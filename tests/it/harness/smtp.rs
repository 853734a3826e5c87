//! A mail server for the tests: it takes every message, or answers by a script, and reads messages with a library that is
//! not ours (Python's `email`).

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

/// A message that was taken.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    /// The word of `EHLO`.
    pub(crate) hello: String,
    /// `MAIL FROM`, with what follows it.
    pub(crate) from: String,
    /// `RCPT TO`, each.
    pub(crate) to: Vec<String>,
    /// What `AUTH` said.
    pub(crate) auth: Option<String>,
    /// The message.
    pub(crate) data: Vec<u8>,
}

/// What the next message is answered with instead of being taken.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Refusal {
    /// This line after `RCPT TO`.
    Recipient(&'static str),
    /// This line after the message.
    Message(&'static str),
    /// The message is taken, and the connection breaks after that.
    DropAfterwards,
}

#[derive(Default)]
struct Seen {
    taken: Vec<Taken>,
    script: VecDeque<Refusal>,
    connections: usize,
}

/// The server.
pub(crate) struct MailServer {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl MailServer {
    pub(crate) fn start() -> Self {
        Self::with(None)
    }

    /// With TLS from the first byte, if there is a configuration for it.
    pub(crate) fn with(tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let theirs = seen.clone();
        // Ends with the process: nobody connects any more once the test is over.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, tls) = (theirs.clone(), tls.clone());
                seen.lock().unwrap().connections += 1;
                std::thread::spawn(move || converse(stream, tls, &seen));
            }
        });
        Self { address, seen }
    }

    /// `smtp.url`
    pub(crate) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// The next messages are answered like this, one after the other.
    pub(crate) fn script(&self, script: impl IntoIterator<Item = Refusal>) {
        self.seen.lock().unwrap().script.extend(script);
    }

    /// Every message so far.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.seen.lock().unwrap().taken.clone()
    }

    /// How many clients came.
    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// One conversation; ends when the client is gone.
fn converse(stream: TcpStream, tls: Option<Arc<ServerConfig>>, seen: &Mutex<Seen>) -> Option<()> {
    let stream: Box<dyn Stream> = match tls {
        Some(config) => Box::new(StreamOwned::new(ServerConnection::new(config).ok()?, stream)),
        None => Box::new(stream),
    };
    let mut stream = BufReader::new(stream);
    let mut said = Taken { hello: String::new(), from: String::new(), to: Vec::new(), auth: None, data: Vec::new() };
    let mut refusal = None;
    say(&mut stream, "220 mail.example.com ESMTP")?;
    loop {
        let line = line(&mut stream)?;
        let line = String::from_utf8(line).ok()?.trim_end().to_owned();
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let words = line.get(verb.len() + 1..).unwrap_or_default().to_owned();
        match verb.as_str() {
            "EHLO" => {
                said.hello = words;
                say(&mut stream, "250-mail.example.com\r\n250-AUTH PLAIN\r\n250 8BITMIME")?;
            }
            "AUTH" => {
                said.auth = Some(words);
                say(&mut stream, "235 welcome")?;
            }
            "MAIL" => {
                refusal = seen.lock().unwrap().script.pop_front();
                said.from = words;
                said.to.clear();
                say(&mut stream, "250 go on")?;
            }
            "RCPT" => {
                if let Some(Refusal::Recipient(answer)) = refusal {
                    say(&mut stream, answer)?;
                } else {
                    said.to.push(words);
                    say(&mut stream, "250 go on")?;
                }
            }
            "DATA" => {
                say(&mut stream, "354 go on")?;
                said.data = message(&mut stream)?;
                if let Some(Refusal::Message(answer)) = refusal {
                    say(&mut stream, answer)?;
                    continue;
                }
                seen.lock().unwrap().taken.push(said.clone());
                say(&mut stream, "250 taken")?;
                if matches!(refusal, Some(Refusal::DropAfterwards)) {
                    return Some(());
                }
            }
            "QUIT" => {
                say(&mut stream, "221 goodbye")?;
                return Some(());
            }
            _ => say(&mut stream, "500 what?")?,
        }
    }
}

fn line(stream: &mut BufReader<Box<dyn Stream>>) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line).ok().filter(|read| *read > 0)?;
    Some(line)
}

fn say(stream: &mut BufReader<Box<dyn Stream>>, answer: &str) -> Option<()> {
    let stream = stream.get_mut();
    stream.write_all(format!("{answer}\r\n").as_bytes()).and_then(|()| stream.flush()).ok()
}

/// Up to the line with a single dot; doubled dots at the beginning of lines are undone (RFC 5321 section 4.5.2).
fn message(stream: &mut BufReader<Box<dyn Stream>>) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    loop {
        let line = line(stream)?;
        if line == b".\r\n" {
            return Some(data);
        }
        assert!(line.ends_with(b"\r\n"), "a bare line feed: {line:?}");
        assert!(line.len() <= 1000, "a line of {} bytes", line.len());
        data.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

const READ: &str = "
import sys, json, email
from email import policy
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=policy.default)
part = lambda kind: (lambda p: p and p.get_content())(m.get_body(preferencelist=(kind,)))
json.dump({'headers': {k.lower(): str(v) for k, v in m.items()}, 'names': [k.lower() for k in m.keys()],
    'type': m.get_content_type(), 'text': part('plain'), 'html': part('html'), 'defects': [str(d) for d in m.defects]},
    sys.stdout)
";

impl Taken {
    /// The message as another library reads it: `headers`, `names`, `type`, `text`, `html`, `defects`.
    pub(crate) fn read(&self) -> Value {
        let mut python = Command::new("/usr/bin/python3")
            .args(["-c", READ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        python.stdin.take().unwrap().write_all(&self.data).unwrap();
        let output = python.wait_with_output().unwrap();
        assert!(output.status.success());
        serde_json::from_slice(&output.stdout).unwrap()
    }
}
