//! Stand-in for Google: a shop that starts redirect payments, and the API that Google hosts.
//!
//! | path | who | what |
//! |---|---|---|
//! | `GET /`, `POST /orders` | payer | the shop; buying (flows-security section 5.1 or 5.2) |
//! | `GET /return/url` | browser from the integrator | channel C1 |
//! | `POST /gsp/redirect-fop-v1/redirectPaymentCompleteNotification/{piaid}` | integrator | channel C2 |
//! | `POST /gsp/redirect-fop-v1/refundResultNotification/{piaid}` | integrator | how a refund ended |
//! | `POST /gsp/redirect-fop-v1/remittanceStatementDetails/{piaid}` | integrator | the pages of a statement |
//! | `POST /gsp/redirect-fop-v1/acceptRemittanceStatement[WithModifications]/{piaid}` | integrator | that it will pay |
//! | `POST /gsp/v1/echo/{piaid}` | integrator | echo |
//! | `GET /orders/{requestId}` and its buttons | tester | what came back; C3, echo, replay, a changed request; refunds |
//! | `GET /orders/{requestId}/json` | tests | the same, for programs |
//! | `GET /statements`, `POST /statements` | tester | remittance statements; issuing one, right or wrong |
//! | `GET /statements/{statementId}` and its buttons | tester | what was accepted; again, changed, revised, `…/json` |
//! | `GET /statements/{statementId}/camt053.xml` | tester | the transfer as the bank would book it |
//! | `POST /misbehave` | tester | how coming notifications are answered |
//!
//! Architecture invariant: nothing here reads the integrator's state; all it knows came over a socket.

mod book;
mod channels;
mod exchange;
mod hosted;
mod integrator;
mod messages;
mod pages;
mod refund;
mod refund_desk;
mod shop;
mod statements;
pub(super) mod strict;

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use url::Url;

use self::book::Book;
use self::exchange::Hosted;
use self::statements::desk;
use super::SandboxError;
use super::journal::Journal;
use super::page;
use crate::crypto::{Keyring, Opener};
use crate::ports::Clock;

/// What the Google stand-in needs to start.
pub struct GoogleOptions {
    /// The port to serve, bound already (port 0 in tests).
    pub listen: TcpListener,
    /// Where `google.jsonl`, the stand-in's memory, lives.
    pub dir: PathBuf,
    /// The integrator's public URL.
    pub integrator: Url,
    /// The integrator's accounts, with Google's own private and the integrator's public keys.
    pub accounts: Vec<GoogleAccount>,
    /// Identifier and name of each issuer that a payer may choose here.
    pub issuers: Vec<(String, String)>,
    /// Stamps requests and judges the integrator's timestamps.
    pub clock: Arc<dyn Clock>,
    /// The integrator's `google.base_path`: prefix of the API paths that it hosts.
    pub base_path: String,
    /// The integrator's `google.begin_path`.
    pub begin_path: String,
}

/// One account of the integrator, seen from Google.
pub struct GoogleAccount {
    /// `paymentIntegratorAccountId`.
    pub piaid: String,
    /// Google's keys for this account.
    pub keyring: Arc<Keyring>,
}

/// The server's state.
struct Shop {
    accounts: Vec<GoogleAccount>,
    /// Over the rings of `accounts`, in their order.
    opener: Opener,
    issuers: Vec<(String, String)>,
    integrator: Url,
    base_path: String,
    begin_path: String,
    /// Scheme, host and port of this server, without a slash at the end.
    origin: String,
    clock: Arc<dyn Clock>,
    journal: Journal<Book>,
    http: reqwest::Client,
}

/// Starts the shop. Call it inside an actix system; the returned server runs when it is awaited or spawned.
pub fn server(options: GoogleOptions) -> Result<Server, SandboxError> {
    let GoogleOptions { listen, dir, integrator, accounts, issuers, clock, base_path, begin_path } = options;
    let address = listen.local_addr().map_err(SandboxError::Listen)?;
    let data = web::Data::new(Shop {
        opener: Opener::new(accounts.iter().map(|account| Arc::clone(&account.keyring)).collect()),
        accounts,
        issuers,
        integrator,
        base_path,
        begin_path,
        origin: format!("http://{address}"),
        clock,
        journal: Journal::open(&dir.join("google.jsonl"))?,
        http: super::http_client()?,
    });
    let server = HttpServer::new(move || App::new().app_data(data.clone()).configure(routes));
    Ok(server.workers(1).disable_signals().shutdown_timeout(1).listen(listen).map_err(SandboxError::Listen)?.run())
}

fn routes(service: &mut web::ServiceConfig) {
    service
        .configure(page::configure)
        .route("/", web::get().to(shop::home))
        .route("/orders", web::post().to(shop::buy))
        .route("/orders/{id}", web::get().to(shop::order))
        .route("/orders/{id}/json", web::get().to(shop::order_json))
        .route("/orders/{id}/poll", web::post().to(shop::poll))
        .route("/orders/{id}/echo", web::post().to(shop::echo))
        .route("/orders/{id}/replay", web::post().to(shop::replay))
        .route("/orders/{id}/changed", web::post().to(shop::changed))
        .route("/orders/{id}/reopen", web::post().to(shop::reopen))
        .route("/orders/{id}/refund", web::post().to(refund_desk::refund))
        .route("/orders/{id}/over-refund", web::post().to(refund_desk::over_refund))
        .route("/orders/{id}/refunds/{refund}/replay", web::post().to(refund_desk::replay))
        .route("/orders/{id}/refunds/{refund}/changed", web::post().to(refund_desk::changed))
        .route("/statements", web::get().to(desk::list))
        .route("/statements", web::post().to(desk::issue))
        .route("/statements/{id}", web::get().to(desk::show))
        .route("/statements/{id}/json", web::get().to(desk::show_json))
        .route("/statements/{id}/replay", web::post().to(desk::replay))
        .route("/statements/{id}/changed", web::post().to(desk::changed))
        .route("/statements/{id}/revise", web::post().to(desk::revise))
        .route("/statements/{id}/camt053.xml", web::get().to(desk::booked))
        .route("/misbehave", web::post().to(shop::misbehave))
        .route("/return/url", web::get().to(shop::returned))
        .route("/gsp/v1/echo/{piaid}", web::post().to(hosted::echo))
        .configure(hosted_routes)
        .default_service(web::to(shop::not_found));
}

/// What has an effect at Google (API section 6.1).
fn hosted_routes(service: &mut web::ServiceConfig) {
    let path = |method: Hosted| format!("/gsp/redirect-fop-v1/{}/{{piaid}}", method.name());
    service
        .route(&path(Hosted::PaymentComplete), web::post().to(hosted::payment_complete))
        .route(&path(Hosted::RefundResult), web::post().to(hosted::refund_result))
        .route(&path(Hosted::Details), web::post().to(hosted::details))
        .route(&path(Hosted::Accept), web::post().to(hosted::accept))
        .route(&path(Hosted::AcceptWithModifications), web::post().to(hosted::accept_with_modifications));
}
