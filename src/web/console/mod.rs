//! The finance console: pages for people, on the admin listener below `/console/` (contract section 3).
//!
//! Every page stands in the one table of `routes.rs` with what it takes to see it; what is not in the table does not
//! exist. `gate.rs` stands before all of them: session, capability, CSRF, audit log and headers are its work, so that no
//! handler can forget them. Handlers read storage, ask actors and desks, and render; they decide nothing and write nothing.

mod account;
mod amount;
mod audit;
mod bank;
mod bookings;
mod books;
mod complaints;
mod form;
mod frame;
mod gate;
mod invoices;
mod issuers;
mod jobs;
mod keys;
mod ledger;
mod long_work;
mod outbox;
mod parts;
mod payments;
mod payouts;
mod people;
mod refusals;
mod routes;
mod signed;
mod statements;
mod today;
mod trouble;
mod words;

use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::web;

pub(in crate::web) use routes::{Fields, Verb};
pub use routes::{Needs, Route, routes};

use super::guard::Limiter;
use crate::people::People;

/// Where the console stands.
pub const PREFIX: &str = "/console";

/// What the console has beside what every handler has.
pub struct ConsoleSurface {
    /// Sign-in, sessions, and the audit log.
    pub people: People,
    /// Whether cookies are for https alone: `console.url` is https.
    pub secure: bool,
    /// How often one address may try to sign in.
    pub attempts: Arc<Limiter>,
}

/// The console's pages.
pub(super) fn pages(app: &mut web::ServiceConfig) {
    let mut scope = web::scope(PREFIX).wrap(from_fn(gate::gate));
    for path in routes::paths() {
        let mut resource = web::resource(path);
        for route in routes().filter(|route| route.path == path) {
            resource = resource.route(route.handler());
        }
        scope = scope.service(resource.default_service(web::to(trouble::not_allowed)));
    }
    app.service(scope.default_service(web::to(trouble::not_found)))
        // Without its slash, too: people type addresses.
        .service(web::redirect(PREFIX, "/console/"));
}
