//! Floor 2: mail by SMTP. One attempt each; the outbox decides about the next one.
//!
//! A message's `Message-ID` is made of its caller's idempotency key, so that a mailbox can tell a repeated attempt from a
//! new message. Nothing of a caller's text can begin a header of its own: control characters are refused.

use std::fmt;
use std::time::{Duration, SystemTime};

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};
use url::Url;

use crate::domain::Timestamp;

/// Until the connection stands.
const CONNECT: Duration = Duration::from_secs(5);
/// For the whole conversation after it.
const ANSWER: Duration = Duration::from_secs(30);
/// For saying goodbye: the message is delivered by then.
const GOODBYE: Duration = Duration::from_secs(1);
/// A subject or name that is longer is refused; a line of a header ends at 998 (RFC 5322 section 2.1.1).
const LONGEST_LINE: usize = 900;
/// The last moment that a `Date` can name: the end of the year 9999.
const LAST_SECOND: u64 = 253_402_300_799;

/// Why there is no [`Mailer`]. The address is not repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMailer {
    /// Neither `smtp://` nor `smtps://` with a host.
    #[error("expected smtp://host:port for loopback, or smtps://host")]
    Address,
    /// `smtp://` to another machine would send mail in the clear.
    #[error("smtp:// sends in the clear and may lead to this machine alone: use smtps://")]
    InTheClear,
    /// The sender is no mail address.
    #[error("expected a sender, such as Example Pay <invoices@example.com>")]
    From,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls,
}

/// A message that was not taken by the server. None is terminal: the outbox tries again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{description}")]
pub struct MailFailed {
    /// For the log and the dead letter: what failed and the server's code; neither its words nor an address.
    pub description: String,
    /// Refused rather than failed (5xx, or a message that cannot be written): worth retrying only slowly.
    pub refused: bool,
}

impl MailFailed {
    fn refused(description: impl Into<String>) -> Self {
        Self { description: description.into(), refused: true }
    }

    fn failed(description: impl Into<String>) -> Self {
        Self { description: description.into(), refused: false }
    }
}

impl From<SmtpError> for MailFailed {
    fn from(error: SmtpError) -> Self {
        // The text of the error repeats what the server said, which may name people.
        match error.status() {
            Some(code) => Self { description: format!("SMTP {code}"), refused: error.is_permanent() },
            None if error.is_timeout() => Self::failed("no answer in time"),
            None if error.is_tls() => Self::failed("TLS failed"),
            None if error.is_response() => Self::failed("the server's answer is no SMTP"),
            None if error.is_client() => Self::refused("the server lacks what this message or its sender needs"),
            None => Self::failed("no connection"),
        }
    }
}

/// A message to one reader.
#[derive(Debug, Clone, Copy)]
pub struct Mail<'a> {
    /// The reader: `ada@example.com` or `Ada <ada@example.com>`.
    pub to: &'a str,
    /// One line.
    pub subject: &'a str,
    /// The message as plain text.
    pub text: &'a str,
    /// The same as HTML, for readers that show it.
    pub html: Option<&'a str>,
    /// The idempotency key of the message: letters, digits and `-`, `_`, `.`; the same on every attempt.
    pub message_id: &'a str,
}

/// Sends mail through one server.
pub struct Mailer {
    host: String,
    port: u16,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    from: Mailbox,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").finish_non_exhaustive()
    }
}

impl Mailer {
    /// `url` is `smtp://host:port` (plain, loopback only) or `smtps://user:password@host:port` (TLS); `from` is the sender's
    /// name and address. Connects to nothing yet.
    pub fn new(url: &str, from: &str) -> Result<Self, InvalidMailer> {
        let url = Url::parse(url.trim()).map_err(|_| InvalidMailer::Address)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(InvalidMailer::Address)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let tls = match url.scheme() {
            "smtp" if is_loopback(&host) => None,
            "smtp" => return Err(InvalidMailer::InTheClear),
            "smtps" => Some(TlsParameters::new(host.clone()).map_err(|_| InvalidMailer::Tls)?),
            _ => return Err(InvalidMailer::Address),
        };
        let port = url.port().unwrap_or(if tls.is_some() { 465 } else { 25 });
        let credentials = match url.password() {
            Some(password) => {
                let decoded = |text| percent_decoded(text).ok_or(InvalidMailer::Address);
                Some(Credentials::new(decoded(url.username())?, decoded(password)?))
            }
            None => None,
        };
        let from = mailbox(from).ok_or(InvalidMailer::From)?;
        Ok(Self { host, port, tls, credentials, from })
    }

    /// One attempt. `now` stands as the message's date. Once this answers `Ok` the server has taken the message.
    pub async fn send(&self, mail: &Mail<'_>, now: Timestamp) -> Result<(), MailFailed> {
        let message = self.message(mail, now)?;
        let hello = ClientId::Domain(self.from.email.domain().to_owned());
        let talk = async {
            let server = (self.host.as_str(), self.port);
            let mut connection =
                AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT), &hello, self.tls.clone(), None).await?;
            if let Some(credentials) = &self.credentials {
                connection.auth(DEFAULT_MECHANISMS, credentials).await?;
            }
            connection.send(message.envelope(), &message.formatted()).await?;
            Ok::<_, SmtpError>(connection)
        };
        let mut connection = tokio::time::timeout(CONNECT + ANSWER, talk)
            .await
            .map_err(|_| MailFailed::failed("no answer in time"))??;
        // Whatever becomes of the goodbye, the message is the server's.
        let _delivered = tokio::time::timeout(GOODBYE, connection.abort()).await;
        Ok(())
    }

    fn message(&self, mail: &Mail<'_>, now: Timestamp) -> Result<Message, MailFailed> {
        let to = mailbox(mail.to).ok_or_else(|| MailFailed::refused("the reader's mail address cannot be used"))?;
        if !is_one_line(mail.subject) {
            return Err(MailFailed::refused("the subject is not one line"));
        }
        let id = mail.message_id;
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if id.is_empty() || id.len() > 200 || !id.bytes().all(plain) {
            return Err(MailFailed::refused("the message's key cannot be a Message-ID"));
        }
        let builder = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(mail.subject)
            .date(date(now))
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            // Nobody's holiday answer is wanted (RFC 3834).
            .header(AutoSubmitted);
        let message = match mail.html {
            Some(html) => builder.multipart(MultiPart::alternative_plain_html(mail.text.to_owned(), html.to_owned())),
            None => {
                builder.singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(mail.text.to_owned()))
            }
        };
        message.map_err(|_| MailFailed::refused("the message cannot be written"))
    }
}

/// `Auto-Submitted: auto-generated`
#[derive(Debug, Clone, Copy)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn is_one_line(text: &str) -> bool {
    text.len() <= LONGEST_LINE && !text.chars().any(is_break)
}

/// Control characters, and what some readers take for the end of a line.
fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// `ada@example.com` or `Ada <ada@example.com>`: exactly one address.
fn mailbox(text: &str) -> Option<Mailbox> {
    if !is_one_line(text) {
        return None;
    }
    let text = text.trim();
    let (name, address) = match text.strip_suffix('>') {
        Some(text) => text.rsplit_once('<')?,
        None => ("", text),
    };
    let name = name.trim().trim_matches('"');
    let address: Address = address.parse().ok()?;
    Some(Mailbox::new((!name.is_empty()).then(|| name.to_owned()), address))
}

/// Whether this is one bare mail address, such as `ada@example.com`, that a message can be sent to.
pub fn is_address(text: &str) -> bool {
    is_one_line(text) && !text.contains(char::is_whitespace) && text.parse::<Address>().is_ok()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn date(now: Timestamp) -> SystemTime {
    let secs = u64::try_from(now.as_secs()).unwrap_or(0).min(LAST_SECOND);
    SystemTime::UNIX_EPOCH + Duration::from_secs(secs)
}

/// Undoes the percent-encoding of user and password.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_735_689_600);
    const MAIL: Mail<'_> =
        Mail { to: "ada@example.com", subject: "Hello", text: "x", html: None, message_id: "alarm-1" };

    fn mailer() -> Mailer {
        Mailer::new("smtp://127.0.0.1:1025", "Example Pay <pay@example.com>").unwrap()
    }

    #[test]
    fn mail_leaves_in_the_clear_only_to_this_machine() {
        for good in ["smtp://127.0.0.1:1025", "smtp://localhost", "smtp://[::1]:25", "smtps://mail.example.com"] {
            assert!(Mailer::new(good, "a@example.com").is_ok(), "{good}");
        }
        for (bad, error) in [
            ("smtp://mail.example.com", InvalidMailer::InTheClear),
            ("smtp://10.0.0.1:25", InvalidMailer::InTheClear),
            ("https://mail.example.com", InvalidMailer::Address),
            ("smtps://u:%zz@mail.example.com", InvalidMailer::Address),
            ("mail.example.com", InvalidMailer::Address),
        ] {
            assert_eq!(Mailer::new(bad, "a@example.com").err(), Some(error), "{bad}");
        }
        assert_eq!(Mailer::new("smtp://127.0.0.1", "nobody").err(), Some(InvalidMailer::From));
    }

    #[test]
    fn no_text_begins_a_header_of_its_own() {
        let mailer = mailer();
        for line in ["a\r\nBcc: eve@example.com", "a\nb", "a\rb", "a\0b", "a\u{2028}b", "a\u{85}b"] {
            assert!(mailer.message(&Mail { subject: line, ..MAIL }, NOW).unwrap_err().refused, "{line:?}");
            let to = format!("{line} <ada@example.com>");
            assert!(mailer.message(&Mail { to: &to, ..MAIL }, NOW).unwrap_err().refused, "{line:?}");
            assert!(mailer.message(&Mail { message_id: line, ..MAIL }, NOW).unwrap_err().refused, "{line:?}");
        }
        for to in ["", "ada", "ada@", "a@example.com, b@example.com", "a@example.com b@example.com", "<a@example.com"] {
            assert!(mailer.message(&Mail { to, ..MAIL }, NOW).is_err(), "{to}");
        }
        assert!(mailer.message(&Mail { message_id: "a>@b", ..MAIL }, NOW).is_err());
        assert!(mailer.message(&MAIL, NOW).is_ok());
    }

    #[test]
    fn nothing_shows_the_address_with_its_password() {
        let mailer = Mailer::new("smtps://pay:hunter2%21@mail.example.com", "a@example.com").unwrap();
        assert!(mailer.credentials == Some(Credentials::new("pay".into(), "hunter2!".into())));
        let shown = format!("{mailer:?} {:?}", Mailer::new("smtp://pay:hunter2@mail.example.com", "a@b.c").err());
        assert!(!shown.contains("hunter2") && !shown.contains("mail.example.com"), "{shown}");
    }

    #[test]
    fn any_time_has_a_date() {
        for at in [i64::MIN, 0, i64::MAX] {
            assert!(mailer().message(&MAIL, Timestamp::from_millis(at)).is_ok(), "{at}");
        }
    }
}
