//! Stand-in for the card processor: it speaks Stripe's HTTP, remembers idempotency keys as Stripe does, refuses fields that
//! it does not know and refunds that are too much, and fails in the ways that its owner plans.
//!
//! | path | who | what |
//! |---|---|---|
//! | `/v1/payment_methods`, `/v1/customers`, `/v1/payment_intents`, `/v1/setup_intents`, `/v1/refunds` | server | the API |
//! | `GET`, `POST /challenge/{intent}` | browser | the payer proves who they are (3DS) |
//! | `GET /`, `POST /` | tester | charges and refunds; disputes, failing refunds, payouts |
//!
//! Architecture invariant: nothing here reads the server's state; all it knows came over a socket.

mod book;
mod cards;
mod courier;
mod faults;
mod form;
mod gate;
mod intents;
mod keeping;
mod owner;
mod pages;

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};

pub use courier::EventsTo;
pub use faults::Fault;
pub use owner::{ChargeMade, RefundMade, StripeHandle};

use self::book::Book;
use self::courier::Courier;
use self::faults::Faults;
use self::form::Form;
use self::gate::InUse;
use super::SandboxError;
use super::journal::Journal;
use super::page;
use crate::crypto::random_token;
use crate::domain::Timestamp;
use crate::ports::Clock;

/// What the processor's stand-in needs to start.
pub struct StripeOptions {
    /// The port to serve, bound already (port 0 in tests).
    pub listen: TcpListener,
    /// Where `stripe.jsonl`, the stand-in's memory, lives.
    pub dir: PathBuf,
    /// The one key that is let in.
    pub secret_key: String,
    /// Where events go; without it they wait.
    pub events: Option<EventsTo>,
    /// Stamps what happens.
    pub clock: Arc<dyn Clock>,
}

/// The server's state.
struct Desk {
    secret_key: String,
    events: Option<EventsTo>,
    /// Scheme, host and port, without a slash at the end.
    origin: String,
    clock: Arc<dyn Clock>,
    journal: Journal<Book>,
    http: reqwest::Client,
    courier: Courier,
    faults: Faults,
    in_use: InUse,
    requests: Mutex<Vec<String>>,
}

/// One request at the book.
struct Work<'a> {
    book: &'a Book,
    form: &'a Form,
    now: Timestamp,
    origin: &'a str,
}

impl Work<'_> {
    fn now(&self) -> i64 {
        self.now.as_secs()
    }
}

/// An id that nothing has yet.
fn new_id(prefix: &str) -> String {
    let text: String = random_token().chars().filter(char::is_ascii_alphanumeric).take(24).collect();
    format!("{prefix}_{text}")
}

/// Starts the processor. Call it inside an actix system; the returned server runs when it is awaited or spawned. Delivery
/// of events starts at once and ends with the server and its handles.
pub fn server(options: StripeOptions) -> Result<(Server, StripeHandle), SandboxError> {
    let StripeOptions { listen, dir, secret_key, events, clock } = options;
    let address = listen.local_addr().map_err(SandboxError::Listen)?;
    let desk = Arc::new(Desk {
        secret_key,
        events,
        origin: format!("http://{address}"),
        clock,
        journal: Journal::open(&dir.join("stripe.jsonl"))?,
        http: super::http_client()?,
        courier: Courier::default(),
        faults: Faults::default(),
        in_use: InUse::default(),
        requests: Mutex::default(),
    });
    actix_web::rt::spawn(courier::run(Arc::downgrade(&desk)));
    let handle = StripeHandle(Arc::clone(&desk));
    let data = web::Data::from(desk);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(data.clone())
            .configure(page::configure)
            .route("/", web::get().to(pages::home))
            .route("/", web::post().to(pages::act))
            .route("/challenge/{intent}", web::get().to(pages::challenge))
            .route("/challenge/{intent}", web::post().to(pages::answer))
            .route("/v1/{rest:.*}", web::to(gate::api))
            .default_service(web::to(pages::not_found))
    });
    let server =
        server.workers(1).disable_signals().shutdown_timeout(1).listen(listen).map_err(SandboxError::Listen)?;
    Ok((server.run(), handle))
}
