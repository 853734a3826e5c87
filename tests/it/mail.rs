//! Mail, against a server that speaks SMTP and a reader that is not ours.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use roundtrip::domain::Timestamp;
use roundtrip::mail::{Mail, MailFailed, Mailer};
use serde_json::json;

use crate::harness::smtp::{MailServer, Refusal};
use crate::harness::tls::Authority;

const NOW: Timestamp = Timestamp::from_secs(1_735_689_600);
const FROM: &str = "Beispiel Zahlung – Büro <pay@example.com>";

const MAIL: Mail<'_> = Mail {
    to: "Ada Löve <ada@example.org>",
    subject: "Erstattung über 1.099,00 ₹ – bitte prüfen, bevor der Auszug fällig wird, sonst bleibt er liegen",
    text: "Grüße\n.\n..zwei Punkte\nFrom here\n",
    html: None,
    message_id: "alarm-0193-2",
};

#[tokio::test]
async fn a_message_arrives_as_it_was_meant() {
    let server = MailServer::start();
    let mailer = Mailer::new(&server.url(), FROM).unwrap();
    mailer.send(&MAIL, NOW).await.unwrap();
    mailer.send(&Mail { html: Some("<p>Grüße</p>"), ..MAIL }, NOW).await.unwrap();
    let [plain, both] = server.taken().try_into().unwrap();
    assert_eq!((plain.hello.as_str(), plain.from.as_str()), ("example.com", "FROM:<pay@example.com>"));
    assert_eq!(plain.to, ["TO:<ada@example.org>"]);
    assert!(plain.data.is_ascii());
    let read = plain.read();
    assert_eq!(read["defects"], json!([]));
    let headers = &read["headers"];
    assert_eq!(headers["from"], FROM);
    assert_eq!(headers["to"], MAIL.to);
    assert_eq!(headers["subject"], MAIL.subject);
    assert_eq!(headers["message-id"], "<alarm-0193-2@example.com>");
    assert_eq!(headers["date"], "Wed, 01 Jan 2025 00:00:00 +0000");
    assert_eq!(headers["auto-submitted"], "auto-generated");
    assert_eq!((&read["type"], &read["html"]), (&json!("text/plain"), &json!(null)));
    // Empty lines at the end are SMTP's own.
    assert_eq!(read["text"].as_str().unwrap().replace("\r\n", "\n").trim_end(), MAIL.text.trim_end());

    let read = both.read();
    assert_eq!((&read["type"], &read["defects"]), (&json!("multipart/alternative"), &json!([])));
    assert_eq!(read["text"].as_str().unwrap().replace("\r\n", "\n").trim_end(), MAIL.text.trim_end());
    assert_eq!(read["html"].as_str().unwrap().trim_end(), "<p>Grüße</p>");
    let names: Vec<&str> = read["names"].as_array().unwrap().iter().filter_map(|name| name.as_str()).collect();
    for name in ["from", "to", "subject", "date", "message-id", "mime-version", "content-type", "auto-submitted"] {
        assert_eq!(names.iter().filter(|given| **given == name).count(), 1, "{name} in {names:?}");
    }
}

#[tokio::test]
async fn what_the_server_refuses_is_told_by_its_code_alone() {
    let server = MailServer::start();
    let mailer = Mailer::new(&server.url(), FROM).unwrap();
    let failed = |description: &str, refused| Err(MailFailed { description: description.to_owned(), refused });
    server.script([
        Refusal::Recipient("550 5.1.1 no ada@example.org here"),
        Refusal::Message("452 4.2.2 full"),
        Refusal::Message("554 spam"),
        Refusal::DropAfterwards,
    ]);
    assert_eq!(mailer.send(&MAIL, NOW).await, failed("SMTP 550", true));
    assert_eq!(mailer.send(&MAIL, NOW).await, failed("SMTP 452", false));
    assert_eq!(mailer.send(&MAIL, NOW).await, failed("SMTP 554", true));
    assert!(server.taken().is_empty());
    assert_eq!(mailer.send(&MAIL, NOW).await, Ok(()), "a broken goodbye changes nothing");
    assert_eq!(server.taken().len(), 1);

    let nobody = format!("smtp://127.0.0.1:{}", crate::harness::ports::free_port());
    assert_eq!(Mailer::new(&nobody, FROM).unwrap().send(&MAIL, NOW).await, failed("no connection", false));
}

#[tokio::test]
async fn what_cannot_be_written_never_reaches_the_server() {
    let server = MailServer::start();
    let mailer = Mailer::new(&server.url(), FROM).unwrap();
    for mail in [
        Mail { subject: "x\r\nBcc: eve@example.org", ..MAIL },
        Mail { to: "ada@example.org\r\nRCPT TO:<eve@example.org>", ..MAIL },
        Mail { to: "ada@example.org>,<eve@example.org", ..MAIL },
        Mail { message_id: "x>\r\nBcc: eve@example.org", ..MAIL },
    ] {
        assert!(mailer.send(&mail, NOW).await.unwrap_err().refused, "{mail:?}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_neither_mail_nor_password() {
    let certificate = Authority::new().certify("localhost", &rcgen::PKCS_ECDSA_P256_SHA256);
    let server = MailServer::with(Some(certificate.server_config()));
    let url = format!("smtps://pay:hunter2@localhost:{}", server.address.port());
    let failed = Mailer::new(&url, FROM).unwrap().send(&MAIL, NOW).await.unwrap_err();
    assert!(!failed.refused && !failed.description.contains("hunter2"), "{failed:?}");
    assert!(server.connections() > 0 && server.taken().is_empty());
}

#[tokio::test]
async fn the_password_is_said_to_the_server() {
    let server = MailServer::start();
    let url = format!("smtp://pay:hunter%202@{}", server.address);
    Mailer::new(&url, FROM).unwrap().send(&MAIL, NOW).await.unwrap();
    // AUTH PLAIN: base64 of NUL pay NUL password.
    assert_eq!(server.taken()[0].auth.as_deref(), Some("PLAIN AHBheQBodW50ZXIgMg=="));
}
