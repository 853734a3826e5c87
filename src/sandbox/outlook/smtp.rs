//! Where mail is taken: as much of SMTP (RFC 5321) as a sender on the same machine needs. Every recipient is known here.

use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use super::mailbox::Mailbox;
use crate::ports::Clock;

/// The largest message, in bytes.
const LARGEST: usize = 2 * 1024 * 1024;
/// The longest line of a command, in bytes; messages have their own limit.
const LONGEST_LINE: u64 = 4 * 1024;
/// The most recipients of a message.
const RECIPIENTS: usize = 100;
/// How many senders are served at a time; the others wait.
const SENDERS: usize = 16;
/// How long a sender may be silent.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long one who cannot be accepted is left waiting, so that running out of descriptors is no busy loop.
const PAUSE: Duration = Duration::from_millis(100);

/// Takes mail until it is stopped or dropped.
pub struct Sink(JoinHandle<()>);

impl Sink {
    /// Stops taking mail; the port is free when this returns.
    pub async fn stop(mut self) {
        self.0.abort();
        // Ends with "cancelled", as asked.
        let _cancelled = (&mut self.0).await;
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(super) fn start(listen: StdListener, mailbox: Arc<Mailbox>, clock: Arc<dyn Clock>) -> std::io::Result<Sink> {
    listen.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listen)?;
    Ok(Sink(actix_web::rt::spawn(accept(listener, mailbox, clock))))
}

async fn accept(listener: TcpListener, mailbox: Arc<Mailbox>, clock: Arc<dyn Clock>) {
    let places = Arc::new(Semaphore::new(SENDERS));
    // Dropped with this task, and the conversations with it.
    let mut senders = JoinSet::new();
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        while senders.try_join_next().is_some() {}
        let (mailbox, clock) = (Arc::clone(&mailbox), Arc::clone(&clock));
        senders.spawn(async move {
            if let Err(error) = converse(stream, &mailbox, &*clock).await {
                tracing::debug!(%error, "a sender of mail went away");
            }
            drop(place);
        });
    }
}

/// One sender.
async fn converse(stream: TcpStream, mailbox: &Mailbox, clock: &dyn Clock) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    write.write_all(b"220 sandbox.invalid ESMTP\r\n").await?;
    let mut session = Session::default();
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut lines).take(LONGEST_LINE);
        let length = timeout(PATIENCE, limited.read_until(b'\n', &mut line))
            .await
            .map_err(|_| std::io::ErrorKind::TimedOut)??;
        if length == 0 {
            return Ok(());
        }
        let step = match line.strip_suffix(b"\n") {
            Some(line) => session.hear(&String::from_utf8_lossy(line)),
            // The rest of it would be taken for another command.
            None => Step::Leave("500 line too long\r\n"),
        };
        match step {
            Step::Say(reply) => write.write_all(reply.as_bytes()).await?,
            Step::Leave(reply) => return write.write_all(reply.as_bytes()).await,
            Step::Listen => {
                write.write_all(b"354 end with a dot on a line of its own\r\n").await?;
                let message = timeout(PATIENCE, message(&mut lines)).await;
                let recipients = session.taken();
                let reply: &[u8] = match message.map_err(|_| std::io::ErrorKind::TimedOut)?? {
                    None => b"552 message too large\r\n",
                    Some(message) if mailbox.deliver(&message, recipients, clock.now()) => b"250 taken\r\n",
                    Some(_) => b"554 this is no message\r\n",
                };
                write.write_all(reply).await?;
            }
        }
    }
}

/// Reads a message up to its dot and undoes the stuffing of dots (RFC 5321 section 4.5.2). `None`: it is too large.
async fn message(lines: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<Option<Vec<u8>>> {
    let (mut message, mut too_large) = (Vec::new(), false);
    loop {
        let mut line = Vec::new();
        // A line without an end is not collected for ever.
        let length = (&mut *lines).take(LARGEST as u64 + 4).read_until(b'\n', &mut line).await?;
        if length == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if matches!(line.as_slice(), b".\r\n" | b".\n") {
            return Ok((!too_large).then_some(message));
        }
        let line = line.strip_prefix(b".").unwrap_or(&line);
        too_large |= message.len() + line.len() > LARGEST;
        if too_large {
            message = Vec::new();
        } else {
            message.extend_from_slice(line);
        }
    }
}

/// What to do after a command.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Say(&'static str),
    /// The message follows.
    Listen,
    /// Say this, and end.
    Leave(&'static str),
}

/// How far a sender is.
#[derive(Default)]
struct Session {
    greeted: bool,
    from: bool,
    recipients: Vec<String>,
}

impl Session {
    /// One command, without its line end.
    fn hear(&mut self, line: &str) -> Step {
        let line = line.trim_end();
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => {
                self.begin();
                Step::Say("250-sandbox.invalid\r\n250-SIZE 2097152\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
            }
            "HELO" => {
                self.begin();
                Step::Say("250 sandbox.invalid\r\n")
            }
            "MAIL" => self.mail(rest),
            "RCPT" => self.recipient(rest),
            "DATA" if self.recipients.is_empty() => Step::Say("503 who is it for?\r\n"),
            "DATA" => Step::Listen,
            "RSET" => {
                self.taken();
                Step::Say("250 forgotten\r\n")
            }
            "NOOP" => Step::Say("250 here\r\n"),
            "QUIT" => Step::Leave("221 bye\r\n"),
            _ => Step::Say("502 not known here\r\n"),
        }
    }

    fn begin(&mut self) {
        self.taken();
        self.greeted = true;
    }

    fn mail(&mut self, rest: &str) -> Step {
        if !self.greeted || self.from {
            return Step::Say("503 not now\r\n");
        }
        let Some((_, parameters)) = path(rest, "FROM:") else { return Step::Say("501 MAIL FROM:<address>\r\n") };
        let mut sizes = parameters.split(' ').filter_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.eq_ignore_ascii_case("SIZE").then(|| value.parse::<u64>().unwrap_or(u64::MAX))
        });
        if sizes.any(|size| size > LARGEST as u64) {
            return Step::Say("552 message too large\r\n");
        }
        self.from = true;
        Step::Say("250 go on\r\n")
    }

    fn recipient(&mut self, rest: &str) -> Step {
        if !self.from {
            return Step::Say("503 not now\r\n");
        }
        match path(rest, "TO:") {
            Some((address, _)) if !address.is_empty() && self.recipients.len() < RECIPIENTS => {
                self.recipients.push(address.to_owned());
                Step::Say("250 known\r\n")
            }
            Some((address, _)) if !address.is_empty() => Step::Say("452 too many\r\n"),
            Some(_) | None => Step::Say("501 RCPT TO:<address>\r\n"),
        }
    }

    /// The recipients of a message that was said; the next one begins afresh.
    fn taken(&mut self) -> Vec<String> {
        self.from = false;
        std::mem::take(&mut self.recipients)
    }
}

/// `FROM:<address> parameters`
fn path<'a>(rest: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (said, rest) = rest.split_at_checked(keyword.len())?;
    let rest = rest.trim_start().strip_prefix('<').filter(|_| said.eq_ignore_ascii_case(keyword))?;
    rest.split_once('>')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(session: &mut Session, line: &str) -> String {
        match session.hear(line) {
            Step::Say(text) | Step::Leave(text) => text.get(..3).unwrap().to_owned(),
            Step::Listen => "354".to_owned(),
        }
    }

    #[test]
    fn a_sender_goes_step_by_step() {
        let mut session = Session::default();
        for (line, expected) in [
            ("MAIL FROM:<a@b.c>", "503"),
            ("ehlo there", "250"),
            ("RCPT TO:<x@y.z>", "503"),
            ("MAIL FROM:<a@b.c> SIZE=9999999", "552"),
            ("MAIL a@b.c", "501"),
            ("DATA", "503"),
            ("mail from:<a@b.c> SIZE=10", "250"),
            ("MAIL FROM:<a@b.c>", "503"),
            ("DATA", "503"),
            ("RCPT TO:<>", "501"),
            ("RCPT TO:<x@y.z>", "250"),
            ("RCPT TO: <v@y.z>", "250"),
            ("NOOP", "250"),
            ("VRFY x", "502"),
            ("DATA", "354"),
            ("RSET", "250"),
            ("DATA", "503"),
            ("QUIT", "221"),
        ] {
            if line == "RSET" {
                assert_eq!(session.recipients, ["x@y.z", "v@y.z"]);
            }
            assert_eq!(code(&mut session, line), expected, "{line}");
        }
    }

    #[actix_web::test]
    async fn a_message_ends_with_its_dot_and_other_dots_are_unstuffed() {
        let mut sent: &[u8] = b"Subject: x\r\n\r\n..two dots\r\n.one\r\n.\r\nNOOP\r\n";
        assert_eq!(message(&mut sent).await.unwrap().unwrap(), b"Subject: x\r\n\r\n.two dots\r\none\r\n");
        assert_eq!(sent, b"NOOP\r\n");
        assert!(message(&mut &b"no end"[..]).await.is_err());
        // What follows one that is too large is still a command.
        let mut large = vec![b'x'; LARGEST];
        large.extend_from_slice(b"\r\n.\r\nQUIT");
        let mut sent = large.as_slice();
        assert_eq!(message(&mut sent).await.unwrap(), None);
        assert_eq!(sent, b"QUIT");
    }
}
