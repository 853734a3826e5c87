//! From the configuration to who hears of alarms, and the keys whose end is one.

use std::sync::Arc;

use actix::prelude::*;
use anyhow::Context as _;

use super::assemble::scheme_of;
use crate::actors::{AlarmEffects, AlarmWebhook, Deadlines, EndingKey, Watch};
use crate::config::{AlertWebhook, Config};
use crate::crypto::{KeyDescription, UrlKey, UrlKeys, describe_keys};
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

/// Every key of Google's accounts that has an end, ours and theirs.
pub(super) fn ending_keys(config: &Config) -> anyhow::Result<Arc<[EndingKey]>> {
    let mut ending = Vec::new();
    for account in config.google.iter().flat_map(|google| &google.accounts) {
        let scheme = scheme_of(account.scheme);
        let own = account.own_keys.iter().map(|file| ("own", describe_keys(scheme, file.bytes.expose())));
        let peers = account.peer_keys.iter().map(|file| ("peer", describe_keys(scheme, &file.bytes)));
        for (side, keys) in own.chain(peers) {
            for key in keys.with_context(|| format!("google.accounts {}", account.piaid))? {
                let name = format!("{} {side} {}", account.piaid, key.id);
                ending.extend(end(&key).map(|ends| EndingKey { name, ends }));
            }
        }
    }
    Ok(ending.into())
}

/// When a key stops serving: with itself, or with the last of the subkeys that may be encrypted to.
fn end(key: &KeyDescription) -> Option<Timestamp> {
    let subkeys = || key.subkeys.iter().filter(|subkey| subkey.encrypts && !subkey.revoked);
    let forever = subkeys().any(|subkey| subkey.expires.is_none());
    let last_subkey = subkeys().filter_map(|subkey| subkey.expires).max().filter(|_| !forever);
    key.expires.into_iter().chain(last_subkey).min()
}
