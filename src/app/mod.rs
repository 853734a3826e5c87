//! The composition root: adapters, actors, routes. The one builder of production and tests alike.

mod alarms;
mod assemble;
mod bank;
mod booking;
mod inventory;
mod invoices;
mod jobs;
pub mod key_ring;
mod tls;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The admin API's OpenAPI document.
pub use crate::web::OPENAPI;
pub use assemble::{Keys, google_client, load_keys, scheme_of};
pub use bank::bank_import;
pub use jobs::reports;

use assemble::Kinds;
use booking::Bookings;
use invoices::Invoices;

use crate::actors::{
    BankEffects, BankImport, Deadlines, Drain, DrainJobs, FigureKeeper, Figures, InventoryLoad, JobRunner, Jobs,
    Looked, Outbox, OutboxHandle, OutboxSettings, PaymentEffects, Registry, RegistrySettings, Routes, Shell,
    StatementEffects, Watch,
};
use crate::config::Config;
use crate::domain::redirect_payment::RedirectPayment;
use crate::domain::remittance::Remittance;
use crate::ports::{Clock, Entropy, SystemClock, SystemEntropy};
use crate::protocol::google_redirect::http_client;
use crate::storage::{Codec, NodeId, Store, StoreOptions};
use crate::web::{BodyLimits, Limiter, Surface, administration, guard, patient_for_a_while, public};

/// How long an effect belongs to the node that works on it. With the outbox's look every 500 ms, what a killed process
/// held runs again within 5 s (contract section 7).
const LEASE_MS: i64 = 4_000;
/// Actors that are kept beyond this are let go, the longest idle first.
const MOST_RESIDENT: usize = 100_000;

/// What a server takes from its surroundings.
#[derive(Clone)]
pub struct Surroundings {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Jitter and ids.
    pub entropy: Arc<dyn Entropy>,
}

impl Surroundings {
    /// The machine's own clock and randomness.
    pub fn system() -> Self {
        Self { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) }
    }
}

/// A server that runs.
pub struct Running {
    /// Where payers, Google and issuers come in.
    pub public: SocketAddr,
    /// Where operators come in.
    pub admin: SocketAddr,
    /// Its database.
    pub store: Store,
    /// Its redirect payments.
    pub payments: Registry<RedirectPayment>,
    /// Its remittance statements.
    pub statements: Registry<Remittance>,
    /// Long work.
    pub jobs: Jobs,
    outbox: Addr<Outbox>,
    runner: Addr<JobRunner>,
    servers: [ServerHandle; 2],
    figures: FigureKeeper,
    keeping: actix_rt::task::JoinHandle<()>,
}

impl Running {
    /// Makes a bearer token of the admin API, for a stand-in that plays a merchant's system: it never counts as a person.
    pub async fn issue_token(&self, name: &str, scopes: &str, now: crate::domain::Timestamp) -> anyhow::Result<String> {
        let token = crate::crypto::random_token();
        let row = crate::storage::NewApiToken {
            id: uuid::Builder::from_random_bytes(crate::crypto::random_bytes()).into_uuid(),
            name: name.to_owned(),
            scopes: scopes.to_owned(),
            user_name: None,
            sha256: crate::crypto::content_hash(token.as_bytes()),
            created_at: now,
        };
        self.store.create_token(row).await.context("cannot make a token of the admin API")?;
        Ok(token)
    }

    /// Lets somebody into the console whom nobody has let in before: for the sandbox, whose people are drawn at its start.
    pub async fn welcome(
        &self,
        name: &crate::domain::UserName,
        role: crate::domain::Role,
        (password, now): (&secrecy::SecretString, crate::domain::Timestamp),
    ) -> anyhow::Result<()> {
        let new = crate::storage::NewUser { name: name.clone(), role, created_at: now };
        if self.store.create_user(new).await.context("cannot add the sandbox's people")? {
            crate::people::set_password(&self.store, name, password, now).await?;
        }
        Ok(())
    }

    /// Takes no new requests, finishes what is under way, and closes. What could not be finished goes on at the next
    /// start, or on another node when its lease has ended.
    pub async fn stop(self, graceful: bool) {
        let [public, admin] = &self.servers;
        let runner = self.runner.clone();
        let jobs = async move {
            // Otherwise as if it was killed: the leases stay, for whoever takes them back.
            if graceful && let Err(error) = runner.send(DrainJobs).await {
                tracing::warn!(error = %error, "the jobs were gone before they were drained");
            }
        };
        futures_util::future::join3(public.stop(graceful), admin.stop(graceful), jobs).await;
        if let Err(error) = self.outbox.send(Drain).await {
            tracing::warn!(error = %error, "the outbox was gone before it was drained");
        }
        self.keeping.abort();
        self.figures.write().await;
        self.store.close().await;
    }
}

/// Opens the database with the schema that this binary needs.
pub async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let store = Store::open(StoreOptions::new(config.database.url.expose())).await.with_context(|| {
        format!("cannot open the database {}: check database.url and that it is reachable", config.database.url)
    })?;
    if config.database.migrate_on_start {
        store.migrate_up().await.context("cannot bring the schema up to date")?;
    }
    store.require_current().await.context("run `roundtrip migrate up`, or set database.migrate_on_start")?;
    Ok(store)
}

/// Starts a server. Must be called within an actix system.
pub async fn start(config: &Config, around: Surroundings) -> anyhow::Result<Running> {
    install_crypto_provider();
    let listen = |address: SocketAddr, key: &str| {
        TcpListener::bind(address)
            .with_context(|| format!("cannot listen on {address}: is it in use? see server.{key}"))
    };
    let public_listener = listen(config.server.listen, "listen")?;
    let admin_listener = listen(config.server.admin_listen, "admin_listen")?;
    let (public_address, admin_address) = (public_listener.local_addr()?, admin_listener.local_addr()?);
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let keys = load_keys(config)?;
    let ring = key_ring::ring(config);
    let store = open_store(config).await?;
    let node = NodeId::from_uuid(uuid::Uuid::from_u64_pair(around.entropy.next_u64(), around.entropy.next_u64()));
    if !store.is_shared() {
        // On SQLite nobody else can hold a lease: what a killed process held goes on at once (contract section 7).
        store.take_back_all(around.clock.now()).await.context("cannot take back the outbox")?;
        store.take_back_jobs(around.clock.now()).await.context("cannot take back the jobs")?;
    }

    let inventory = match &config.booking {
        Some(booking) => {
            let load = InventoryLoad { store: store.clone(), clock: around.clock.clone() };
            inventory::load(&load, &booking.feeds).await?;
            Some(load)
        }
        None => None,
    };

    let handle = OutboxHandle::default();
    let hands = Hands { config, store: &store, around: &around, outbox: &handle, node, lease_ms: LEASE_MS };
    let kinds = Kinds {
        store: store.clone(),
        payments: hands.registry(),
        statements: hands.registry(),
        policies: Arc::new(assemble::statement_policies(config)),
        bank: BankImport { store: store.clone(), transfers: bank::registry(&hands), clock: around.clock.clone() },
        payouts: hands.registry(),
        alarms: hands.registry(),
        figures: Figures::default(),
        inventory,
    };
    let http = http_client().context("cannot build the HTTP client")?;
    let google = google_client(config, http)?;
    let watch = Watch {
        store: store.clone(),
        alarms: kinds.alarms.clone(),
        clock: around.clock.clone(),
        skew: google.clock_skew(),
        keys: alarms::ending_keys(&ring, around.clock.now()),
        looked: Looked::default(),
    };
    let invoices = Invoices::new(&hands, &keys.links, (&kinds.payments, &kinds.alarms))?;
    let payment_effects = PaymentEffects {
        invoices: invoices.desk().invoices.clone(),
        accounts: keys.accounts.clone(),
        google: google.clone(),
        issuers: keys.issuers.clone(),
        late_money: assemble::late_money(config),
        figures: kinds.figures.clone(),
        clock: around.clock.clone(),
    };
    let statement_effects = StatementEffects {
        accounts: keys.accounts.clone(),
        google,
        store: store.clone(),
        statements: kinds.statements.clone(),
        policies: kinds.policies.clone(),
        figures: kinds.figures.clone(),
        clock: around.clock.clone(),
        ahead: Arc::default(),
    };
    let routes = Routes::default()
        .with(payment_effects, kinds.payments.clone())
        .with(statement_effects, kinds.statements.clone())
        .with(BankEffects { statements: kinds.statements.clone() }, kinds.bank.transfers.clone())
        .with(alarms::effects(config, around.clock.clone())?, watch.alarms.clone());
    let (routes, bookings) = match Bookings::new(&hands, kinds.alarms.clone(), &keys.links)? {
        Some(bookings) => {
            let (routes, surface) = bookings.connect(routes);
            (routes, Some(surface))
        }
        None => (routes, None),
    };
    let (routes, invoices) = invoices.connect(routes);
    let dry = routes.clone();
    let outbox = OutboxSettings {
        store: store.clone(),
        routes,
        clock: around.clock.clone(),
        entropy: around.entropy.clone(),
        node,
        lease_ms: LEASE_MS,
    };
    let outbox = Outbox::start_in_arbiter(&Arbiter::new().handle(), move |ctx| {
        // Its mailbox is bounded by what it holds: rows beyond that wait in the table.
        ctx.set_mailbox_capacity(8_192);
        Outbox::new(outbox)
    });
    handle.connect(outbox.clone());
    let (payments, statements) = (kinds.payments.clone(), kinds.statements.clone());
    let deadlines = Deadlines { store: store.clone(), registry: payments.clone(), clock: around.clock.clone() };
    Deadlines::start_in_arbiter(&Arbiter::new().handle(), move |_| deadlines);
    alarms::start(watch);
    let (jobs, runner) = jobs::start(&hands, kinds.bank.clone());
    let figures =
        FigureKeeper { figures: kinds.figures.clone(), store: store.clone(), node, clock: around.clock.clone() };
    let keeping = actix_rt::spawn(figures.clone().keep_writing());

    let processor = booking::processor_events(&hands, &kinds, (bookings.as_ref(), &invoices.desk.invoices))?;
    let shared = assemble::surface(config, keys, (&kinds, invoices, dry), (&around, &jobs))?;
    let surface = web::Data::new(Surface { booking: bookings, processor, keys: Arc::new(ring), ..shared });
    let (public_server, admin_server) = servers(config, surface, public_listener, admin_listener)?;
    let handles = [public_server.handle(), admin_server.handle()];
    actix_rt::spawn(public_server);
    actix_rt::spawn(admin_server);
    Ok(Running {
        public: public_address,
        admin: admin_address,
        store,
        payments,
        statements,
        jobs,
        outbox,
        runner,
        servers: handles,
        figures,
        keeping,
    })
}

/// What the actors of every kind of transaction share.
struct Hands<'a> {
    config: &'a Config,
    store: &'a Store,
    around: &'a Surroundings,
    outbox: &'a OutboxHandle,
    node: NodeId,
    lease_ms: i64,
}

impl Hands<'_> {
    fn shell<M: Codec>(&self) -> Shell<M> {
        Shell {
            store: self.store.clone(),
            clock: self.around.clock.clone(),
            outbox: self.outbox.clone(),
            node: self.node,
            commit_timeout: self.config.database.commit_timeout,
            lease_ms: self.lease_ms,
            machine: std::marker::PhantomData,
        }
    }

    fn registry<M: Codec>(&self) -> Registry<M> {
        let settings = RegistrySettings {
            shards: self.config.server.workers,
            idle: self.config.actors.idle,
            most_resident: MOST_RESIDENT,
        };
        Registry::start(Arc::new(self.shell()), settings)
    }
}

fn servers(
    config: &Config,
    surface: web::Data<Surface>,
    public_listener: TcpListener,
    admin_listener: TcpListener,
) -> anyhow::Result<(Server, Server)> {
    let limits = config.limits;
    let limiter = web::Data::new(Limiter::new(
        limits.requests_per_minute,
        limits.parallel,
        config.server.trusted_proxies.clone(),
    ));
    let (forgetful, attempts) = (limiter.clone(), surface.console.attempts.clone());
    actix_rt::spawn(async move {
        let mut every = tokio::time::interval(Duration::from_mins(1));
        loop {
            every.tick().await;
            forgetful.forget_idle();
            attempts.forget_idle();
            assemble::upkeep_metrics();
        }
    });
    let shutdown_s = config.server.shutdown_timeout.as_secs();
    let public_surface = surface.clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(public_surface.clone())
            .app_data(limiter.clone())
            .wrap(from_fn(guard))
            .configure(public(&public_surface))
    })
    .workers(config.server.workers)
    .shutdown_timeout(shutdown_s)
    .disable_signals();
    let server = match &config.server.tls {
        Some(tls) => server.listen_rustls_0_23(public_listener, tls::server_config(tls)?),
        None => server.listen(public_listener),
    }
    .context("cannot start the public listener")?
    .run();
    let patience = web::Data::new(BodyLimits {
        whole: config.server.admin_body_timeout,
        window: config.server.admin_upload_window,
    });
    let admin = move || {
        App::new()
            .app_data(surface.clone())
            .app_data(patience.clone())
            .wrap(from_fn(patient_for_a_while))
            .configure(administration)
    };
    let admin = HttpServer::new(admin)
        .workers(1)
        .shutdown_timeout(shutdown_s)
        .disable_signals()
        .listen(admin_listener)
        .context("cannot start the admin listener")?
        .run();
    Ok((server, admin))
}

/// One provider of TLS cryptography for the whole process: aws-lc-rs.
pub fn install_crypto_provider() {
    // A second call finds it installed, which is as good.
    let _installed_before = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// `roundtrip serve`: runs until SIGTERM or SIGINT, then drains; a second signal ends it at once.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let mut stops = Stops::listen()?;
    // The first load of the feeds may take a while. What it has staged is not in force, and removed at a later start.
    let running = tokio::select! {
        running = start(&config, Surroundings::system()) => running?,
        () = stops.next() => {
            tracing::info!("stopped before the start was complete");
            return Ok(());
        }
    };
    tracing::info!(
        server.public = %running.public,
        server.admin = %running.admin,
        server.public_url = %config.server.public_url,
        "roundtrip serves"
    );
    stops.next().await;
    tracing::info!("stopping: finishing what is under way");
    let drained = tokio::time::timeout(Duration::from_millis(2_500), running.stop(true));
    tokio::select! {
        _ = drained => {}
        () = stops.next() => tracing::warn!("stopped at once"),
    }
    Ok(())
}

/// SIGTERM and SIGINT, none of which is missed once it is listened.
struct Stops {
    terminate: Signal,
    interrupt: Signal,
}

impl Stops {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?,
        })
    }

    /// Until the next one.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Until SIGTERM or SIGINT.
pub async fn until_stopped() -> anyhow::Result<()> {
    Stops::listen()?.next().await;
    Ok(())
}
