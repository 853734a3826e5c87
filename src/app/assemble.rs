//! From the configuration to keys, connectors and the handlers' surface.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use url::Url;

use super::Surroundings;
use crate::actors::{
    BankImport, DeadLetters, Figures, InventoryLoad, Jobs, LateMoney, Registry, Routes, StatementPolicy,
};
use crate::config::{self, Config, KeyScheme, NamedSecret, PaidAfterClose};
use crate::crypto::{JoseAlgorithms, Keyring, Scheme, UrlKey, UrlKeys, load_own_keys, load_peer_keys};
use crate::domain::Piaid;
use crate::domain::alarm::Alarm;
use crate::domain::payout::Payout;
use crate::domain::redirect_payment::RedirectPayment;
use crate::domain::remittance::{FeeSchedule, Remittance, Rules};
use crate::issuer::{Issuers, SignedRedirect};
use crate::people::{People, PeopleSettings, SecondFactor};
use crate::protocol::google_redirect::{Account, Accounts, CallbackHosts, GoogleClient, GoogleEndpoint, http_client};
use crate::storage::Store;
use crate::web::console::ConsoleSurface;
use crate::web::pages::PageAssets;
use crate::web::{GoogleSurface, InvoiceSurface, Limiter, OfferedIssuer, Readiness, Surface};

/// All keys of a configuration, parsed.
pub struct Keys {
    /// Google's accounts.
    pub accounts: Arc<Accounts>,
    /// The issuers.
    pub issuers: Arc<Issuers>,
    /// Our own links.
    pub links: UrlKeys,
}

/// Parses every key file. Errors name the file and what to do.
pub fn load_keys(config: &Config) -> anyhow::Result<Keys> {
    let google = config.google.as_ref();
    let accounts = google
        .into_iter()
        .flat_map(|google| &google.accounts)
        .map(|account| {
            let keyring = keyring(account).with_context(|| format!("google.accounts {}", account.piaid))?;
            Ok(Account { piaid: account.piaid.clone(), keyring: Arc::new(keyring) })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let tolerance_ms = google.map_or(60_000, |google| google.clock_tolerance_ms);
    let replay_before_clock = google.is_some_and(|google| google.replay_before_clock);
    Ok(Keys {
        accounts: Arc::new(Accounts::new(accounts, tolerance_ms, replay_before_clock)),
        issuers: Arc::new(Issuers::new(connectors(config)?)),
        links: url_keys(&config.signing).context("signing.keys")?,
    })
}

/// The client for Google's methods; without `[google]` nothing ever uses it.
pub fn google_client(config: &Config, http: reqwest::Client) -> anyhow::Result<GoogleClient> {
    let endpoint = match &config.google {
        Some(google) => google.endpoint.url().clone(),
        None => Url::parse("https://vgw.sandbox.google.com/gsp")?,
    };
    Ok(GoogleClient::new(GoogleEndpoint::new(endpoint), http))
}

/// The scheme of keys that the configuration names.
pub const fn scheme_of(scheme: KeyScheme) -> Scheme {
    match scheme {
        KeyScheme::Pgp => Scheme::Pgp,
        KeyScheme::Jose => Scheme::Jose,
    }
}

fn keyring(account: &config::Account) -> anyhow::Result<Keyring> {
    let scheme = scheme_of(account.scheme);
    let mut own = Vec::new();
    for file in &account.own_keys {
        own.extend(load_own_keys(scheme, file.bytes.expose()).with_context(|| file.path.display().to_string())?);
    }
    let mut peers = Vec::new();
    for file in &account.peer_keys {
        peers.extend(load_peer_keys(scheme, &file.bytes).with_context(|| file.path.display().to_string())?);
    }
    let jose = &account.jose;
    let mut algorithms = JoseAlgorithms::parse(
        jose.jws_alg.as_deref(),
        jose.jwe_alg.as_deref(),
        jose.jwe_enc.as_deref(),
        jose.zip.as_deref(),
    )
    .context("jose")?;
    algorithms.allow_rsa1_5 = jose.allow_rsa1_5;
    Ok(Keyring::new(scheme, own, peers, algorithms)?.sign_with_all(account.sign_with_all))
}

fn url_keys(named: &[NamedSecret]) -> anyhow::Result<UrlKeys> {
    let keys = named
        .iter()
        .map(|key| UrlKey::from_secret(&key.id, key.secret.expose()).with_context(|| key.id.clone()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(UrlKeys::new(keys)?)
}

fn connectors(config: &Config) -> anyhow::Result<Vec<SignedRedirect>> {
    let http = http_client().context("cannot build the HTTP client")?;
    config
        .issuers
        .iter()
        .map(|issuer| {
            let return_url = config.server.public_url.join(&format!("/return/{}", issuer.id));
            Ok(SignedRedirect {
                id: issuer.id.clone(),
                name: issuer.name.clone(),
                authorize_url: issuer.authorize_url.clone(),
                status_url: issuer.status_url.clone(),
                refund_url: issuer.refund_url.clone(),
                return_url: Url::parse(&return_url).with_context(|| format!("issuers {}", issuer.id))?,
                keys: url_keys(&issuer.keys).with_context(|| format!("issuers {}", issuer.id))?,
                currencies: issuer.currencies.clone(),
                minimum_micros: (issuer.min_amount_micros > 1).then_some(issuer.min_amount_micros),
                maximum_micros: (issuer.max_amount_micros < i64::MAX).then_some(issuer.max_amount_micros),
                payment_timeout_ms: issuer.payment_timeout_s.saturating_mul(1000),
                http: http.clone(),
            })
        })
        .collect()
}

const fn days_ms(days: i64) -> i64 {
    days.saturating_mul(86_400_000)
}

/// What becomes of late money, per account (`paid_after_close`).
pub(super) fn late_money(config: &Config) -> HashMap<Piaid, LateMoney> {
    let accounts = config.google.iter().flat_map(|google| &google.accounts);
    let of = |account: &config::Account| match account.paid_after_close {
        PaidAfterClose::Refund => LateMoney::GoesBack,
        PaidAfterClose::Person => LateMoney::WaitsForPerson,
    };
    accounts.map(|account| (account.piaid.clone(), of(account))).collect()
}

/// What the configuration says about each account's statements.
pub(super) fn statement_policies(config: &Config) -> HashMap<Piaid, StatementPolicy> {
    let accounts = config.google.iter().flat_map(|google| &google.accounts);
    let of = |account: &config::Account| StatementPolicy {
        rules: Rules {
            auto_accept: account.auto_accept,
            two_persons_above_micros: account.two_persons_above_micros,
            fees_judged: account.fee.is_some(),
        },
        fees: account.fee.map(|fee| FeeSchedule {
            part_millionths: fee.part_millionths,
            fixed_micros: fee.fixed_micros,
            on_refunds: fee.on_refunds,
        }),
    };
    accounts.map(|account| (account.piaid.clone(), of(account))).collect()
}

/// The kinds of transaction that a server drives, and where their rows are.
pub(super) struct Kinds {
    pub(super) store: Store,
    pub(super) payments: Registry<RedirectPayment>,
    pub(super) statements: Registry<Remittance>,
    pub(super) policies: Arc<HashMap<Piaid, StatementPolicy>>,
    pub(super) bank: BankImport,
    pub(super) payouts: Registry<Payout>,
    pub(super) alarms: Registry<Alarm>,
    pub(super) figures: Figures,
    pub(super) inventory: Option<InventoryLoad>,
}

/// What the handlers share.
pub(super) fn surface(
    config: &Config,
    keys: Keys,
    (kinds, invoices, routes): (&Kinds, InvoiceSurface, Routes),
    (around, jobs): (&Surroundings, &Jobs),
) -> anyhow::Result<Surface> {
    let google = config.google.as_ref().map(|google| {
        let hosts: Vec<String> = google.callback_hosts.iter().map(ToString::to_string).collect();
        GoogleSurface {
            accounts: keys.accounts.clone(),
            callback_hosts: CallbackHosts::new(hosts.iter().map(String::as_str)),
            offers: google.accounts.iter().map(|account| account.issuers.clone()).collect(),
            refund_windows_ms: google.accounts.iter().map(|account| days_ms(account.refund_window_days)).collect(),
            begin_path: google.begin_path.clone(),
            base_path: google.base_path.clone(),
            choice_timeout_ms: google.choice_timeout_s.saturating_mul(1000),
        }
    });
    let path_prefix = config.server.public_url.path_prefix().to_owned();
    let recorder = recorder();
    Ok(Surface {
        google,
        issuers: keys.issuers,
        looks: looks(config)?,
        payments: kinds.payments.clone(),
        statements: kinds.statements.clone(),
        policies: kinds.policies.clone(),
        bank: kinds.bank.clone(),
        jobs: jobs.clone(),
        inventory: kinds.inventory.clone(),
        invoices,
        booking: None,
        processor: None,
        payouts: kinds.payouts.clone(),
        alarms: kinds.alarms.clone(),
        dead_letters: DeadLetters { store: kinds.store.clone(), routes, clock: around.clock.clone() },
        figures: kinds.figures.clone(),
        store: kinds.store.clone(),
        console: ConsoleSurface {
            people: people(config, kinds, around, &keys.links)?,
            secure: config.console.url.as_ref().is_some_and(|url| url.scheme() == "https"),
            // Far more than a person types, far less than a guesser needs.
            attempts: Arc::new(Limiter::new(30, 10, config.server.trusted_proxies.clone())),
        },
        clock: around.clock.clone(),
        entropy: around.entropy.clone(),
        links: keys.links,
        keys: Arc::default(),
        public_url: config.server.public_url.as_str().to_owned(),
        readiness: Readiness::default(),
        assets: PageAssets::under(&path_prefix),
        path_prefix,
        metrics: Arc::new(move || recorder.render()),
    })
}

/// Who may sign in, and how.
fn people(config: &Config, kinds: &Kinds, around: &Surroundings, keys: &UrlKeys) -> anyhow::Result<People> {
    let millis = |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let settings = PeopleSettings {
        idle_ms: millis(config.console.idle),
        absolute_ms: millis(config.console.absolute),
        second_factor: if config.console.second_factor_required {
            SecondFactor::Required
        } else {
            SecondFactor::Optional
        },
        issuer_name: Url::parse(config.server.public_url.as_str())?.host_str().unwrap_or("Roundtrip").to_owned(),
    };
    Ok(People::new(kinds.store.clone(), around.clock.clone(), keys, settings)?)
}

fn looks(config: &Config) -> anyhow::Result<HashMap<crate::domain::IssuerId, OfferedIssuer>> {
    config
        .issuers
        .iter()
        .map(|issuer| {
            let logo = match &issuer.logo {
                Some(path) => {
                    let bytes = std::fs::read(path)
                        .with_context(|| format!("issuers {}: cannot read logo {}", issuer.id, path.display()))?;
                    let mime = mime_guess::from_path(path).first_or_octet_stream();
                    anyhow::ensure!(
                        mime.type_() == "image",
                        "issuers {}: logo {} is not an image",
                        issuer.id,
                        path.display()
                    );
                    Some((bytes, mime.to_string()))
                }
                None => None,
            };
            Ok((issuer.id.clone(), OfferedIssuer { name: issuer.name.clone(), logo }))
        })
        .collect()
}

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// One recorder per process, however many servers it runs.
fn recorder() -> PrometheusHandle {
    if let Some(handle) = RECORDER.get() {
        return handle.clone();
    }
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = RECORDER.get_or_init(|| recorder.handle()).clone();
    // Another thread may have been first; then its recorder counts, and its handle is the one that was kept.
    let _installed_before = metrics::set_global_recorder(recorder);
    handle
}

/// Folds old samples, so that histograms do not grow.
pub(super) fn upkeep_metrics() {
    if let Some(handle) = RECORDER.get() {
        handle.run_upkeep();
    }
}
