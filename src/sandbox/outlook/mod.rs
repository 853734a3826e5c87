//! Stand-in for Outlook and for Microsoft's payment service (outlook-payments sections 1 to 7, 9.2 and 13): it takes mail by
//! SMTP, draws the payment request or the card in it, and calls the merchant's webhooks as Microsoft would.
//!
//! | path | who | what |
//! |---|---|---|
//! | SMTP on a port of its own | server | mail for everybody |
//! | `GET /`, `GET /mails/{mail}` | recipient | the inbox; a mail with its card, and what is said by the card when the mail is opened |
//! | `GET /mails/{mail}/body` | recipient | the mail itself, in a frame |
//! | `POST /mails/{mail}/pay`, `GET /panes/{pane}` and its buttons | recipient | the payment pane (section 1.3) |
//! | `POST /mails/{mail}/act` | recipient | an `Action.Http` of the card (section 13.5) |
//! | `GET /.well-known/openid-configuration`, `/keys` | server | the keys that sign bearer tokens (sections 7.2 and 13.6) |
//! | `POST /invoices`, `GET /invoices/{reference}` | merchant | makes an invoice through the server's admin API, and looks at it |
//! | `POST /misbehave` | tester | what is wrong with the next calls |
//! | `GET /mails/json`, `/panes/{pane}/json` | tests | the same, for programs |
//!
//! Answers are held strictly to the tables of the specification; what is wrong is shown beside them. Nothing is kept over a
//! restart: keys, mail and panes are new then.
//!
//! Architecture invariant: nothing here reads the server's state; all it knows came over a socket, or is what a merchant
//! registers at Microsoft's dashboards (section 2).

mod amounts;
mod biller;
mod calls;
mod card;
mod desk;
mod mailbox;
mod markup;
mod messages;
mod pages;
mod pane;
mod pane_desk;
mod pane_pages;
mod smtp;
mod strict;
mod tokens;

pub use smtp::Sink;

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use url::Url;

use self::biller::Made;
use self::mailbox::Mailbox;
use self::pane::Panes;
use self::tokens::{Forging, Tokens};
use super::actions_center::AdminAccess;
use super::{SandboxError, page};
use crate::config::OutlookMode;
use crate::crypto::CardVerifier;
use crate::ports::Clock;

/// What a merchant registers with Microsoft (section 2).
#[derive(Debug, Clone)]
pub struct Registered {
    /// Which of the two products is played: the retired payment pane, or today's cards.
    pub mode: OutlookMode,
    /// The provider's id.
    pub originator: String,
    /// The merchant's id: only its payment requests are drawn.
    pub merchant_id: String,
    /// `aud` of bearer tokens.
    pub audience: String,
    /// The public half of the key that signs mail; without it nothing signed is drawn.
    pub verifier: Option<CardVerifier>,
    /// What stands before `/outlook/payment-request` and the other webhooks.
    pub webhooks: Url,
}

/// What the stand-in needs to start.
pub struct OutlookOptions {
    /// The port of the pages and of the key server, bound already (port 0 in tests).
    pub listen: TcpListener,
    /// The port where mail is taken, likewise.
    pub smtp: TcpListener,
    /// The merchant's registration.
    pub registered: Registered,
    /// The server's admin API; without it no invoice can be made here.
    pub admin: Option<AdminAccess>,
    /// Stamps what happens, and tokens.
    pub clock: Arc<dyn Clock>,
}

/// The server's state.
struct Outlook {
    registered: Registered,
    admin: Option<AdminAccess>,
    tokens: Tokens,
    forging: Mutex<Forging>,
    mailbox: Arc<Mailbox>,
    panes: Mutex<Panes>,
    made: Mutex<Vec<Made>>,
    clock: Arc<dyn Clock>,
    http: reqwest::Client,
}

/// Starts the stand-in. Call it inside an actix system; the returned server runs when it is awaited or spawned. Mail is taken
/// at once, until the sink is stopped or dropped.
///
/// # Errors
/// A port cannot be used, or no key can be made.
pub fn server(options: OutlookOptions) -> Result<(Server, Sink), SandboxError> {
    let OutlookOptions { listen, smtp, registered, admin, clock } = options;
    let address = listen.local_addr().map_err(SandboxError::Listen)?;
    let tokens = Tokens::new(&format!("http://{address}"), &registered)
        .ok_or_else(|| SandboxError::Listen(std::io::Error::other("no key for bearer tokens can be made")))?;
    let mailbox = Arc::new(Mailbox::new(registered.clone()));
    let sink = smtp::start(smtp, Arc::clone(&mailbox), Arc::clone(&clock)).map_err(SandboxError::Listen)?;
    let data = web::Data::new(Outlook {
        registered,
        admin,
        tokens,
        forging: Mutex::default(),
        mailbox,
        panes: Mutex::default(),
        made: Mutex::default(),
        clock,
        http: super::http_client()?,
    });
    let server = HttpServer::new(move || App::new().app_data(data.clone()).configure(routes));
    let server =
        server.workers(1).disable_signals().shutdown_timeout(1).listen(listen).map_err(SandboxError::Listen)?;
    Ok((server.run(), sink))
}

fn routes(service: &mut web::ServiceConfig) {
    service
        .configure(page::configure)
        .route("/", web::get().to(desk::home))
        .route("/mails/json", web::get().to(desk::mails_json))
        .route("/mails/{mail}", web::get().to(desk::mail))
        .route("/mails/{mail}/body", web::get().to(desk::body))
        .route("/mails/{mail}/act", web::post().to(desk::act))
        .route("/mails/{mail}/pay", web::post().to(pane_desk::open))
        .route("/panes/{pane}", web::get().to(pane_desk::show))
        .route("/panes/{pane}/json", web::get().to(pane_desk::json))
        .route("/panes/{pane}/confirm", web::post().to(pane_desk::confirm))
        .route("/panes/{pane}/address", web::post().to(pane_desk::address))
        .route("/panes/{pane}/option", web::post().to(pane_desk::option))
        .route("/panes/{pane}/pay", web::post().to(pane_desk::pay))
        .route("/panes/{pane}/again", web::post().to(pane_desk::again))
        .route("/panes/{pane}/back", web::post().to(pane_desk::back))
        .route("/invoices", web::post().to(desk::make_invoice))
        .route("/invoices/{reference}", web::get().to(desk::invoice))
        .route("/invoices/{reference}/{act}", web::post().to(desk::invoice_act))
        .route("/misbehave", web::post().to(desk::misbehave))
        .route("/.well-known/openid-configuration", web::get().to(desk::discovery))
        .route("/keys", web::get().to(desk::keys))
        .default_service(web::to(desk::not_found));
}
