//! Stand-in for Google's Actions Center: a page where people book appointments, and the Maps Booking API that hears of
//! them (google-booking-server sections 2 to 8).
//!
//! | path | who | what |
//! |---|---|---|
//! | `GET /`, `GET /service` | user | merchants and services; the open slots of one (BatchAvailabilityLookup) |
//! | `POST /bookings` | user | CreateBooking at the booking server |
//! | `GET /bookings/{case}` and its buttons | user, merchant | what was answered; cancel, move, status; no-show |
//! | `GET`, `POST /3ds/{case}` | browser | back from a 3DS1 challenge: CreateBooking again |
//! | `GET /bookings/{case}/json`, `GET /updates/json` | tests | the same, for programs |
//! | `POST /token` | booking server | OAuth 2: an assertion for an access token (section 8.1) |
//! | `PATCH /v1alpha/notification/partners/{p}/bookings/{b}` | booking server | a booking changed (section 8.2) |
//! | `POST /v1alpha/inventory/partners/{p}/merchants/{m}/services/{s}/availability:replace` | booking server | section 8.5 |
//! | `POST /misbehave` | tester | how coming updates are answered |
//!
//! Updates are read strictly: unknown members, and masks that do not name what is sent, are answered 400. What the feeds
//! say is read from their files at the start, as Google reads them; slots change by updates alone.
//!
//! Architecture invariant: nothing here reads the server's state; all it knows came over a socket or stands in the feeds.

mod api;
mod book;
mod calls;
mod catalog;
mod desk;
mod examples;
mod fields;
mod pages;
mod requests;
mod updates;

pub use examples::{ExampleFeeds, write_example_feeds};

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, AtomicU32};
use std::sync::{Arc, Mutex};

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use secrecy::SecretString;
use url::Url;

use self::book::{Book, Replaced};
use self::catalog::Catalog;
use super::SandboxError;
use super::journal::Journal;
use super::page;
use crate::crypto::AssertionVerifier;
use crate::domain::Timestamp;
use crate::ports::Clock;

/// What the stand-in needs to start.
pub struct ActionsCenterOptions {
    /// The port to serve, bound already (port 0 in tests).
    pub listen: TcpListener,
    /// Where `actions-center.jsonl`, the stand-in's memory, lives.
    pub dir: PathBuf,
    /// What stands before `/v3/…` of the booking server.
    pub booking_server: Url,
    /// HTTP Basic at the booking server: user and password.
    pub credentials: (String, SecretString),
    /// For what merchants do; without it those buttons are missing.
    pub admin: Option<AdminAccess>,
    /// The booking server's `partner_id`.
    pub partner_id: String,
    /// Who may send updates; without it anybody may.
    pub verifier: Option<AssertionVerifier>,
    /// Merchants, services and availability, as uploaded; plain JSON.
    pub feeds: Vec<PathBuf>,
    /// Stamps what happens, and says which slots are in the past.
    pub clock: Arc<dyn Clock>,
}

/// The admin API of the booking server.
pub struct AdminAccess {
    /// Its address, `/api/v1` not included.
    pub url: Url,
    /// A bearer token with the scopes of what it is for, here `bookings:write`.
    pub token: SecretString,
}

/// The server's state.
struct Center {
    booking_server: Url,
    credentials: (String, SecretString),
    admin: Option<AdminAccess>,
    partner_id: String,
    verifier: Option<AssertionVerifier>,
    /// Access tokens that are good, with their end.
    tokens: Mutex<BTreeMap<String, Timestamp>>,
    catalog: Mutex<Catalog>,
    misbehaving: Misbehaving,
    /// Scheme, host and port of this server, without a slash at the end.
    origin: String,
    clock: Arc<dyn Clock>,
    journal: Journal<Book>,
    http: reqwest::Client,
}

/// How many coming updates are refused, and with which status. Not kept over a restart.
#[derive(Default)]
struct Misbehaving {
    times: AtomicU32,
    status: AtomicU16,
}

/// Starts the stand-in. Call it inside an actix system; the returned server runs when it is awaited or spawned.
///
/// # Errors
/// The port, the feeds or the memory cannot be used.
pub fn server(options: ActionsCenterOptions) -> Result<Server, SandboxError> {
    let ActionsCenterOptions { listen, dir, booking_server, credentials, admin, partner_id, verifier, feeds, clock } =
        options;
    let address = listen.local_addr().map_err(SandboxError::Listen)?;
    let journal: Journal<Book> = Journal::open(&dir.join("actions-center.jsonl"))?;
    let mut catalog = Catalog::read(&feeds)?;
    // Updates that came after the feeds were uploaded.
    let uploaded_s = catalog.generated_s;
    journal.read(|book| {
        let later = |replaced: &&Replaced| replaced.at_ms.div_euclid(1000) >= uploaded_s;
        book.replaced.iter().filter(later).for_each(|replaced| catalog.replace(replaced));
    });
    let data = web::Data::new(Center {
        booking_server,
        credentials,
        admin,
        partner_id,
        verifier,
        tokens: Mutex::default(),
        catalog: Mutex::new(catalog),
        misbehaving: Misbehaving::default(),
        origin: format!("http://{address}"),
        clock,
        journal,
        http: super::http_client()?,
    });
    let server = HttpServer::new(move || App::new().app_data(data.clone()).configure(routes));
    Ok(server.workers(1).disable_signals().shutdown_timeout(1).listen(listen).map_err(SandboxError::Listen)?.run())
}

fn routes(service: &mut web::ServiceConfig) {
    service
        .configure(page::configure)
        .app_data(web::PayloadConfig::new(16 * 1024 * 1024))
        .route("/", web::get().to(desk::home))
        .route("/service", web::get().to(desk::service))
        .route("/bookings", web::post().to(desk::book))
        .route("/bookings/{case}", web::get().to(desk::case))
        .route("/bookings/{case}/json", web::get().to(desk::case_json))
        .route("/bookings/{case}/again", web::post().to(desk::again))
        .route("/bookings/{case}/cancel", web::post().to(desk::cancel))
        .route("/bookings/{case}/move", web::post().to(desk::change_slot))
        .route("/bookings/{case}/status", web::post().to(desk::status))
        .route("/bookings/{case}/list", web::post().to(desk::list))
        .route("/bookings/{case}/merchant", web::post().to(desk::merchant))
        .route("/3ds/{case}", web::get().to(desk::challenged))
        .route("/3ds/{case}", web::post().to(desk::challenged))
        .route("/updates/json", web::get().to(desk::updates_json))
        .route("/misbehave", web::post().to(desk::misbehave))
        .route("/token", web::post().to(api::token))
        .route("/v1alpha/notification/partners/{partner}/bookings/{booking}", web::patch().to(api::patch_booking))
        .route(
            "/v1alpha/inventory/partners/{partner}/merchants/{merchant}/services/{service}/availability:replace",
            web::post().to(api::replace_availability),
        )
        .default_service(web::to(desk::not_found));
}
