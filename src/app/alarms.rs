//! From the configuration to who hears of alarms, and the keys whose end is one.

use std::sync::Arc;

use actix::prelude::*;
use anyhow::Context as _;

use crate::actors::{AlarmEffects, AlarmWebhook, Deadlines, EndingKey, Watch};
use crate::config::{AlertWebhook, Config};
use crate::crypto::{KeyPlace, KeyRing, RingKey, UrlKey, UrlKeys};
use crate::domain::Timestamp;
use crate::mail::Mailer;
use crate::ports::Clock;
use crate::protocol::google_redirect::http_client;

/// Who hears of alarms, and how.
pub(super) fn effects(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<AlarmEffects> {
    let mailer = match &config.smtp {
        Some(smtp) => Some(Mailer::new(smtp.url.expose(), &smtp.from).context("smtp")?),
        None => None,
    };
    let alerts = config.alerts.as_ref();
    let mail_to = alerts.map(|alerts| alerts.mail_to.clone()).unwrap_or_default();
    if mailer.is_none() && !mail_to.is_empty() {
        tracing::warn!("alerts.mail_to names readers, but without [smtp] no mail is sent");
    }
    let webhook = alerts.and_then(|alerts| alerts.webhook.as_ref()).map(webhook).transpose()?;
    Ok(AlarmEffects { mailer, mail_to, webhook, server: config.server.public_url.as_str().to_owned(), clock })
}

fn webhook(webhook: &AlertWebhook) -> anyhow::Result<AlarmWebhook> {
    let key = UrlKey::from_secret("alerts", webhook.secret.expose()).context("alerts.webhook_secret_file")?;
    Ok(AlarmWebhook {
        url: webhook.url.clone(),
        keys: UrlKeys::new(vec![key])?,
        http: http_client().context("cannot build the HTTP client")?,
    })
}

/// Starts to look, and to sweep the alarms' deadlines.
pub(super) fn start(watch: Watch) {
    let Watch { store, alarms, clock, .. } = &watch;
    let daily = Deadlines { store: store.clone(), registry: alarms.clone(), clock: clock.clone() };
    let arbiter = Arbiter::new().handle();
    Deadlines::start_in_arbiter(&arbiter, move |_| daily);
    Watch::start_in_arbiter(&arbiter, move |_| watch);
}

/// Every key that has an end, ours and the peers'.
pub(super) fn ending_keys(ring: &KeyRing, now: Timestamp) -> Arc<[EndingKey]> {
    let named = |key: RingKey| {
        let name = match &key.place {
            KeyPlace::Own(piaid) => format!("{piaid} own {}", key.id),
            KeyPlace::Peer(piaid) => format!("{piaid} peer {}", key.id),
            KeyPlace::Issuer(issuer) => format!("{issuer} shared {}", key.id),
            KeyPlace::Signing => format!("signing {}", key.id),
        };
        key.expires.map(|ends| EndingKey { name, ends })
    };
    ring.at(now).into_iter().filter_map(named).collect()
}
