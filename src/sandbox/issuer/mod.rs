//! Stand-in for issuers: one server plays every bank and wallet of the sandbox, speaking the signed-redirect protocol IR1
//! (contract section 5) with each one's own keys.
//!
//! | path | who | what |
//! |---|---|---|
//! | `GET /{issuerId}/authorize` | browser | signed by the integrator; the payer decides here |
//! | `GET`, `POST /{issuerId}/payments/{transactionId}` | browser | what was decided; deciding |
//! | `POST /{issuerId}/status`, `/{issuerId}/refund` | integrator | signed webhooks, both ways |
//! | `GET /`, `POST /refunds` | tester | what this issuer knows; how refunds end |
//!
//! Architecture invariant: nothing here reads the integrator's state; all it knows came over a socket.

mod backend;
mod book;
mod courier;
mod pages;
mod payer;
mod words;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use url::Url;

use self::book::Book;
use self::courier::Courier;
use super::SandboxError;
use super::journal::Journal;
use super::page;
use crate::crypto::UrlKeys;
use crate::ports::Clock;

/// What the issuer stand-in needs to start.
pub struct IssuerOptions {
    /// The port to serve, bound already (port 0 in tests).
    pub listen: TcpListener,
    /// Where `issuer.jsonl`, the stand-in's memory, lives.
    pub dir: PathBuf,
    /// The integrator's public URL: events go to `{integrator}/issuers/{issuerId}/events`.
    pub integrator: Url,
    /// Every issuer that this server plays.
    pub issuers: Vec<SandboxIssuer>,
    /// Decides when links have expired and when "decide later" is due.
    pub clock: Arc<dyn Clock>,
}

/// One bank or wallet.
pub struct SandboxIssuer {
    /// Google's identifier, also the first segment of its paths.
    pub id: String,
    /// For people.
    pub name: String,
    /// Shared with the integrator: URLs and webhooks of both directions.
    pub keys: UrlKeys,
}

/// The server's state.
struct Desk {
    issuers: BTreeMap<String, SandboxIssuer>,
    integrator: Url,
    /// Scheme, host and port that integrator and browser call, without a slash at the end.
    origin: String,
    clock: Arc<dyn Clock>,
    journal: Journal<Book>,
    http: reqwest::Client,
    courier: Courier,
}

/// Starts the issuers. Call it inside an actix system; the returned server runs when it is awaited or spawned. Delivery of
/// events starts at once and ends with the server.
pub fn server(options: IssuerOptions) -> Result<Server, SandboxError> {
    let IssuerOptions { listen, dir, integrator, issuers, clock } = options;
    let address = listen.local_addr().map_err(SandboxError::Listen)?;
    let desk = Arc::new(Desk {
        issuers: issuers.into_iter().map(|issuer| (issuer.id.clone(), issuer)).collect(),
        integrator,
        origin: format!("http://{address}"),
        clock,
        journal: Journal::open(&dir.join("issuer.jsonl"))?,
        http: super::http_client()?,
        courier: Courier::default(),
    });
    actix_web::rt::spawn(courier::run(Arc::downgrade(&desk)));
    let data = web::Data::from(desk);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(data.clone())
            .configure(page::configure)
            .route("/", web::get().to(payer::home))
            .route("/refunds", web::post().to(payer::refund_policy))
            .route("/{issuer}/authorize", web::get().to(payer::authorize))
            .route("/{issuer}/payments/{transaction}", web::get().to(payer::payment))
            .route("/{issuer}/payments/{transaction}", web::post().to(payer::decide))
            .route("/{issuer}/status", web::post().to(backend::status))
            .route("/{issuer}/refund", web::post().to(backend::refund))
            .default_service(web::to(payer::not_found))
    });
    Ok(server.workers(1).disable_signals().shutdown_timeout(1).listen(listen).map_err(SandboxError::Listen)?.run())
}
