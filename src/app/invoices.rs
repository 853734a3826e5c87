//! Invoices: from the configuration to their desk, their effects, and Outlook's surface.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use anyhow::Context as _;
use url::Url;

use super::{Hands, booking};
use crate::actors::{
    Deadlines, InvoiceDesk, InvoiceEffects, InvoiceLetters, InvoicePayments, MailForm, OutlookMail, Registry, Routes,
    Settlements, TokenVault,
};
use crate::config::{self, Config, OutlookMode, UserCheck};
use crate::crypto::{BearerProfile, CardSigner, EntraProfile, LegacyProfile, ServiceTokens, UrlKeys};
use crate::domain::alarm::Alarm;
use crate::domain::redirect_payment::RedirectPayment;
use crate::mail::Mailer;
use crate::protocol::outlook::{Account, KeySource, UserPolicy};
use crate::web::{InvoiceSurface, OutlookSurface};

/// How long Microsoft's key server may take for one call.
const KEYS_TIMEOUT: Duration = Duration::from_secs(5);

/// Everything that invoices need.
pub(super) struct Invoices {
    surface: InvoiceSurface,
    effects: InvoiceEffects,
}

impl Invoices {
    /// From the configuration: without `[smtp]` nothing is mailed, without `[processor.stripe]` no card is charged, without
    /// `[outlook]` there is no Outlook.
    pub(super) fn new(
        hands: &Hands<'_>,
        links: &UrlKeys,
        (payments, alarms): (&Registry<RedirectPayment>, &Registry<Alarm>),
    ) -> anyhow::Result<Self> {
        let (config, clock) = (hands.config, &hands.around.clock);
        let public_url = Url::parse(config.server.public_url.as_str()).context("server.public_url")?;
        let name = merchant_name(config, &public_url);
        let sender = config.smtp.as_ref().map(|smtp| bare(&smtp.from).to_owned()).unwrap_or_default();
        let account = config.outlook.as_ref().map(|outlook| account(config, outlook, &name));
        let mail = match (&config.outlook, &account) {
            (Some(outlook), Some(account)) => {
                Some(Arc::new(outlook_mail(outlook, (account, &sender), (&public_url, links))?))
            }
            (Some(_), None) | (None, _) => None,
        };
        let letters = InvoiceLetters {
            public_url,
            keys: links.clone(),
            merchant: name.into(),
            logo: config.invoices.logo_url.clone(),
            outlook: mail,
            entropy: hands.around.entropy.clone(),
        };
        let stripe = config.stripe.as_ref().map(booking::stripe).transpose()?;
        let mailer = match &config.smtp {
            Some(smtp) => Some(Arc::new(Mailer::new(smtp.url.expose(), &smtp.from).context("smtp")?)),
            None => None,
        };
        let desk = InvoiceDesk {
            store: hands.store.clone(),
            invoices: hands.registry(),
            tokens: TokenVault::default(),
            settlements: Settlements::default(),
            outbox: hands.outbox.clone(),
            clock: clock.clone(),
            charges: stripe.is_some(),
            mails: mailer.is_some(),
        };
        let effects = InvoiceEffects {
            store: hands.store.clone(),
            stripe,
            tokens: desk.tokens.clone(),
            settlements: desk.settlements.clone(),
            alarms: alarms.clone(),
            payments: InvoicePayments { payments: payments.clone(), clock: clock.clone() },
            mailer,
            letters: letters.clone(),
            clock: clock.clone(),
        };
        let outlook = match (&config.outlook, account) {
            (Some(outlook), Some(account)) => Some(outlook_surface(outlook, account, (sender, links))?),
            (Some(_), None) | (None, _) => None,
        };
        Ok(Self { surface: InvoiceSurface { desk, letters, outlook }, effects })
    }

    /// The desk.
    pub(super) const fn desk(&self) -> &InvoiceDesk {
        &self.surface.desk
    }

    /// Adds what the outbox carries out, begins to look for reminders that are due, and gives the surface.
    pub(super) fn connect(self, routes: Routes) -> (Routes, InvoiceSurface) {
        let Self { surface, effects } = self;
        let InvoiceDesk { store, invoices, clock, .. } = &surface.desk;
        let deadlines = Deadlines { store: store.clone(), registry: invoices.clone(), clock: clock.clone() };
        Deadlines::start_in_arbiter(&Arbiter::new().handle(), move |_| deadlines);
        (routes.with(effects, invoices.clone()), surface)
    }
}

/// What recipients call the merchant.
fn merchant_name(config: &Config, public_url: &Url) -> String {
    let from = || {
        let (name, _) = config.smtp.as_ref()?.from.rsplit_once('<')?;
        let name = name.trim().trim_matches('"');
        (!name.is_empty()).then(|| name.to_owned())
    };
    let host = || public_url.host_str().unwrap_or_default().to_owned();
    config.invoices.name.clone().or_else(from).unwrap_or_else(host)
}

/// The address within `Name <address>`.
fn bare(mailbox: &str) -> &str {
    match mailbox.rsplit_once('<') {
        Some((_, address)) => address.trim_end_matches('>').trim(),
        None => mailbox.trim(),
    }
}

fn account(config: &Config, outlook: &config::Outlook, name: &str) -> Account {
    let key = config.stripe.as_ref().map(|stripe| stripe.secret_key.expose());
    Account {
        originator: outlook.originator.clone(),
        merchant_id: outlook.merchant_id.clone(),
        display_id: outlook.display_id.clone(),
        name: name.to_owned(),
        logo: config.invoices.logo_url.clone(),
        // contract section 2: the processor's key says which mode it is.
        test: key.is_some_and(|key| key.starts_with("sk_test_") || key.starts_with("rk_test_")),
        networks: outlook.networks.clone(),
        types: outlook.types.clone(),
    }
}

fn outlook_mail(
    outlook: &config::Outlook,
    (account, sender): (&Account, &str),
    (public_url, links): (&Url, &UrlKeys),
) -> anyhow::Result<OutlookMail> {
    let mut actions = public_url.clone();
    if let Ok(mut segments) = actions.path_segments_mut() {
        segments.pop_if_empty().extend(["outlook", "actions"]);
    }
    let signer = outlook.signing_key.as_ref().map(|key| CardSigner::from_pem(key.expose())).transpose();
    Ok(OutlookMail {
        account: account.clone(),
        form: match outlook.mode {
            OutlookMode::Legacy => MailForm::PaymentRequest,
            OutlookMode::Entra => MailForm::Card,
        },
        signer: signer.context("outlook.signing_key_file")?,
        sender: sender.to_owned(),
        iat_as_text: outlook.iat_as_text,
        tokens: ServiceTokens::new(links),
        actions,
    })
}

fn outlook_surface(
    outlook: &config::Outlook,
    account: Account,
    (sender, links): (String, &UrlKeys),
) -> anyhow::Result<OutlookSurface> {
    let profile = match outlook.mode {
        OutlookMode::Legacy => {
            let profile = LegacyProfile::new(&outlook.audience);
            BearerProfile::Legacy(match &outlook.issuer {
                Some(issuer) => LegacyProfile { issuer: issuer.clone(), ..profile },
                None => profile,
            })
        }
        OutlookMode::Entra => BearerProfile::Entra(EntraProfile {
            issuer: outlook.issuer.clone(),
            scope: outlook.scope.clone(),
            tenants: outlook.tenants.clone(),
            ..EntraProfile::new(&outlook.audience)
        }),
    };
    let keys = KeySource::new(outlook.openid_configuration.clone(), KEYS_TIMEOUT)
        .context("outlook.openid_configuration: cannot build the HTTP client")?;
    Ok(OutlookSurface {
        account,
        profile,
        keys,
        sender,
        user_policy: match outlook.user_check {
            UserCheck::Strict => UserPolicy::Strict,
            UserCheck::Warn => UserPolicy::Warn,
        },
        tokens: ServiceTokens::new(links),
    })
}
