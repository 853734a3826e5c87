//! Tells alarms: by mail to everybody in `alerts.mail_to`, and by a signed webhook (contract section 2).

use std::sync::Arc;

use serde_json::json;
use url::Url;

use super::preview::{self, Description};
use super::route::{Carried, Effects, Failure};
use crate::crypto::UrlKeys;
use crate::domain::alarm::{Alarm, Channel, Effect, Input, Telling};
use crate::mail::{Mail, MailFailed, Mailer};
use crate::ports::Clock;
use crate::storage::OutboxRow;

/// Who hears of alarms. Where nobody is to be told, the telling is noted as such.
pub struct AlarmEffects {
    /// The way of mail; `None`: no `[smtp]`.
    pub mailer: Option<Mailer>,
    /// `alerts.mail_to`
    pub mail_to: Vec<String>,
    /// `alerts.webhook_url`
    pub webhook: Option<AlarmWebhook>,
    /// What the mail calls this server: `server.public_url`.
    pub server: String,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Where alarms are posted to.
pub struct AlarmWebhook {
    /// The address; may hold a token, so that it stands in no log and no error.
    pub url: Url,
    /// Signs the posts (Standard Webhooks).
    pub keys: UrlKeys,
    /// Follows no redirects and has time limits.
    pub http: reqwest::Client,
}

impl Effects for AlarmEffects {
    type Machine = Alarm;

    async fn describe(&self, effect: Effect, _: &OutboxRow) -> Description {
        preview::house::alarm(self, &effect)
    }

    async fn carry_out(&self, effect: Effect, row: &OutboxRow) -> Carried<Input> {
        match effect {
            Effect::MailAlarm(telling) => {
                let by = Channel::Mail;
                match &self.mailer {
                    Some(mailer) if !self.mail_to.is_empty() => {
                        carried(by, &telling, self.mail(mailer, &telling, row).await)
                    }
                    Some(_) | None => nobody(by, &telling),
                }
            }
            Effect::PostAlarm(telling) => {
                let by = Channel::Webhook;
                match &self.webhook {
                    Some(webhook) => carried(by, &telling, self.post(webhook, &telling, row).await),
                    None => nobody(by, &telling),
                }
            }
        }
    }
}

fn carried(by: Channel, telling: &Telling, result: Result<(), Failure>) -> Carried<Input> {
    match result {
        Ok(()) => Carried::Done(Box::new(Input::Told { by, number: telling.number })),
        Err(failure) => Carried::Failed(failure),
    }
}

fn nobody(by: Channel, telling: &Telling) -> Carried<Input> {
    Carried::Done(Box::new(Input::NobodyToTell { by, number: telling.number }))
}

impl AlarmEffects {
    /// To each reader a message of their own. One who is refused for good does not keep it from the others.
    async fn mail(&self, mailer: &Mailer, telling: &Telling, row: &OutboxRow) -> Result<(), Failure> {
        let (subject, text) = (subject(telling), text(telling, &self.server));
        let mut delivered = false;
        let (mut refused, mut failed) = (None, None);
        for to in &self.mail_to {
            let mail = Mail { to, subject: &subject, text: &text, html: None, message_id: &row.idempotency_key };
            match mailer.send(&mail, self.clock.now()).await {
                Ok(()) => delivered = true,
                Err(MailFailed { description, refused: true }) => {
                    tracing::error!(reason = description, "a reader of alarms cannot be reached by mail");
                    refused = Some(description);
                }
                // Whoever has it already can tell by its Message-ID that it is the same again.
                // The others are not to wait for this one.
                Err(MailFailed { description, refused: false }) => failed = Some(description),
            }
        }
        if let Some(description) = failed {
            return Err(Failure::failed(description));
        }
        match refused {
            Some(description) if !delivered => Err(Failure::refused(description)),
            Some(_) | None => Ok(()),
        }
    }

    async fn post(&self, webhook: &AlarmWebhook, telling: &Telling, row: &OutboxRow) -> Result<(), Failure> {
        let body = body(telling, &self.server).to_string();
        let (id, now) = (row.idempotency_key.as_str(), self.clock.now());
        let sent = webhook
            .http
            .post(webhook.url.clone())
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now.as_secs().to_string())
            .header("webhook-signature", webhook.keys.sign_webhook(id, now, body.as_bytes()))
            .body(body)
            .send()
            .await;
        let status = match sent {
            Ok(answer) => answer.status(),
            Err(error) if error.is_timeout() => return Err(Failure::failed("no answer in time")),
            Err(error) if error.is_connect() => return Err(Failure::failed("no connection")),
            Err(_) => return Err(Failure::failed("the connection broke")),
        };
        if status.is_success() {
            return Ok(());
        }
        let description = format!("HTTP {}", status.as_u16());
        // A redirect is a refusal too: alarms go where they were configured to go.
        let passing = status.is_server_error() || matches!(status.as_u16(), 408 | 409 | 425 | 429);
        Err(if passing { Failure::failed(description) } else { Failure::refused(description) })
    }
}

pub(super) fn subject(telling: &Telling) -> String {
    let still = if telling.number > 1 { "again: " } else { "" };
    let about = &telling.about;
    // A subject is one line, whatever a key or a statement calls itself.
    let named: String = about.subject.chars().filter(|c| !c.is_control()).take(120).collect();
    format!("[Roundtrip] {still}{} ({named})", about.kind.title())
}

fn text(telling: &Telling, server: &str) -> String {
    let Telling { about, number, since, detail } = telling;
    format!(
        "{}\n\n{detail}\n\nkind: {}\nsubject: {}\nsince: {}\nserver: {server}\ntelling: {number}\n\n\
         While it lasts this is said again every 24 hours.\n",
        about.kind.title(),
        about.kind.as_str(),
        about.subject,
        since.to_utc(),
    )
}

/// The same on every attempt, so that a receiver may compare.
pub(super) fn body(telling: &Telling, server: &str) -> serde_json::Value {
    let Telling { about, number, since, detail } = telling;
    json!({
        "type": if *number > 1 { "alarm.repeated" } else { "alarm.raised" },
        "data": {
            "alarmId": about.id.to_string(),
            "kind": about.kind.as_str(),
            "subject": about.subject,
            "title": about.kind.title(),
            "detail": detail,
            "sinceMs": since.as_millis(),
            "telling": number,
            "server": server,
        },
    })
}
