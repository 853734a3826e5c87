//! Floor 4: routes. Handlers parse, ask one actor, and render; they decide nothing.
//!
//! Architecture invariant: only the admin listener reads storage, no handler writes it, and none sends anything out.

mod admin;
mod alarms;
mod bank;
mod begin;
mod booking;
mod bookings;
pub mod console;
mod events;
mod feeds;
mod google;
mod guard;
mod invoice_page;
mod invoice_sheet;
mod invoices;
mod keys;
mod locale;
mod openapi;
mod outbox;
mod outlook;
pub mod pages;
mod pay;
mod payouts;
pub mod processor;
mod reports;
mod respond;
mod returns;
mod slow;
mod spool;
mod statements;
mod surface;
pub mod texts;

pub use booking::BookingSurface;
pub use guard::{Limiter, guard};
pub use openapi::OPENAPI;
pub use slow::{BodyLimits, patient_for_a_while};
pub use surface::{GoogleSurface, InvoiceSurface, Metrics, OfferedIssuer, OutlookSurface, Readiness, Surface};

use actix_web::http::StatusCode;
use actix_web::web;

/// What a body may weigh on the public listener (contract section 3).
const LONGEST_BODY: usize = 256 * 1024;

/// The public listener: payers, Google, issuers (contract section 3).
pub fn public(surface: &Surface) -> impl FnOnce(&mut web::ServiceConfig) + use<> {
    let on = On {
        google: surface.google.as_ref().map(|google| (google.begin_path.clone(), google.base_path.clone())),
        booking: surface.booking.as_ref().map(|booking| booking.path.clone()),
        processor: surface.processor.is_some(),
        outlook: surface.invoices.outlook.is_some(),
    };
    let prefix = surface.path_prefix.clone();
    move |app| {
        app.app_data(web::PayloadConfig::new(LONGEST_BODY));
        app.service(web::resource("/healthz").route(web::get().to(admin::healthz)));
        app.service(web::resource("/readyz").route(web::get().to(admin::readyz)));
        // A proxy may or may not take the path prefix of `public_url` away: both find us.
        if !prefix.is_empty() {
            app.service(web::scope(&prefix).configure(|app| surfaces(app, &on)));
        }
        surfaces(app, &on);
        app.default_service(web::to(respond::not_found));
    }
}

/// What is on (contract section 6).
struct On {
    /// `google.begin_path` and `google.base_path`.
    google: Option<(String, String)>,
    /// `booking.path`.
    booking: Option<String>,
    /// The card processor's events are taken.
    processor: bool,
    outlook: bool,
}

fn surfaces(app: &mut web::ServiceConfig, on: &On) {
    if on.processor {
        app.service(web::resource("/processor/stripe/events").route(web::post().to(processor::event)));
    }
    if on.outlook {
        outlook::routes(app);
    }
    if let Some(path) = &on.booking {
        app.service(web::resource(in_any_case(path)).route(web::to(booking::call)));
    }
    if let Some((begin_path, base_path)) = &on.google {
        app.service(web::resource(begin_path.as_str()).route(web::get().to(begin::begin)));
        google::routes(app, base_path);
    }
    app.service(web::resource("/pay/{transactionId}").route(web::get().to(pay::show)))
        .service(web::resource("/pay/{transactionId}/choose").route(web::post().to(pay::choose)))
        .service(web::resource("/pay/{transactionId}/cancel").route(web::post().to(pay::cancel)))
        .service(web::resource("/pay/{transactionId}/search").route(web::post().to(pay::search)))
        .configure(invoice_pages)
        .service(web::resource("/return/{issuerId}").route(web::get().to(returns::returned)))
        .service(web::resource("/issuers/{issuerId}/events").route(web::post().to(events::event)))
        .service(web::resource("/issuers/{issuerId}/logo").route(web::get().to(respond::logo)))
        .service(web::resource("/static/{tail:.*}").route(web::get().to(respond::asset)));
}

/// The hosted invoice page (contract section 3). A language of its own is a path of its own: the links carry `exp`, `kid` and
/// `sig` alone.
fn invoice_pages(app: &mut web::ServiceConfig) {
    app.service(web::resource("/invoices/{reference}").route(web::get().to(invoice_page::show)))
        .service(web::resource("/invoices/{reference}/receipt").route(web::get().to(invoice_page::receipt)))
        .service(web::resource("/invoices/{reference}/pay").route(web::post().to(invoice_page::pay)))
        .service(web::resource("/invoices/{reference}/transferred").route(web::post().to(invoice_page::transferred)))
        .service(web::resource("/invoices/{reference}/dispute").route(web::post().to(invoice_page::dispute)))
        .service(web::resource("/invoices/{reference}/fresh-link").route(web::post().to(invoice_page::fresh_link)))
        .service(web::resource("/invoices/{reference}/{language:en|de}").route(web::get().to(invoice_page::show)))
        .service(
            web::resource("/invoices/{reference}/{language:en|de}/receipt").route(web::get().to(invoice_page::receipt)),
        );
}

/// The admin listener; never exposed to the internet.
pub fn administration(app: &mut web::ServiceConfig) {
    app.app_data(web::PayloadConfig::new(1024 * 1024))
        .app_data(web::QueryConfig::default().error_handler(|error, _| {
            let response = respond::problem(StatusCode::BAD_REQUEST, &format!("the query is not understood: {error}"));
            actix_web::error::InternalError::from_response(error, response).into()
        }))
        .service(web::resource("/healthz").route(web::get().to(admin::healthz)))
        .service(web::resource("/metrics").route(web::get().to(admin::metrics)))
        .service(web::resource("/static/{tail:.*}").route(web::get().to(respond::asset)))
        .configure(console::pages)
        .service(
            web::resource("/api/v1/alarms")
                .route(web::get().to(alarms::alarms))
                .default_service(web::to(admin::not_allowed)),
        )
        .service(
            web::resource("/api/v1/alarms/{alarmId}/end")
                .route(web::post().to(alarms::end))
                .default_service(web::to(admin::not_allowed)),
        )
        .service(
            web::resource("/api/v1/payments")
                .route(web::get().to(admin::find_payments))
                .default_service(web::to(admin::not_allowed)),
        )
        .service(
            web::resource("/api/v1/payments/{transactionId}")
                .route(web::get().to(admin::payment))
                .default_service(web::to(admin::not_allowed)),
        )
        .service(
            web::resource("/api/v1/payments/{transactionId}/refund")
                .route(web::post().to(admin::give_back))
                .default_service(web::to(admin::not_allowed)),
        )
        .service(
            web::resource("/api/v1/ledger")
                .route(web::get().to(admin::ledger))
                .default_service(web::to(admin::not_allowed)),
        )
        .service(
            web::resource("/api/v1/keys").route(web::get().to(keys::list)).default_service(web::to(admin::not_allowed)),
        )
        .service(
            web::resource("/api/v1/reports/period.{extension}")
                .route(web::get().to(reports::period))
                .default_service(web::to(admin::not_allowed)),
        )
        .service(
            web::resource("/api/v1/openapi.json")
                .route(web::get().to(openapi::document))
                .default_service(web::to(admin::not_allowed)),
        )
        .configure(statement_routes)
        .configure(outbox_routes)
        .configure(bank_routes)
        .configure(booking_routes)
        .configure(payout_routes)
        .configure(invoices::routes)
        .service(
            web::resource("/api/v1/booking/feeds")
                .route(web::post().to(feeds::load))
                .default_service(web::to(admin::not_allowed)),
        )
        .default_service(web::to(admin::not_found));
}

fn statement_routes(app: &mut web::ServiceConfig) {
    app.service(
        web::resource("/api/v1/statements")
            .route(web::get().to(statements::list))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/statements/{id}")
            .route(web::get().to(statements::show))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/statements/{id}/findings")
            .route(web::get().to(statements::findings))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/statements/{id}/accept")
            .route(web::post().to(statements::accept))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/statements/{id}/reconcile")
            .route(web::post().to(statements::reconcile))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/statements/{id}/report.{extension}")
            .route(web::get().to(reports::statement))
            .default_service(web::to(admin::not_allowed)),
    );
}

fn bank_routes(app: &mut web::ServiceConfig) {
    app.service(
        web::resource("/api/v1/bank/statements")
            .route(web::post().to(bank::import))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/bank/transfers")
            .route(web::get().to(bank::list))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/bank/transfers/{transactionId}/match")
            .route(web::post().to(bank::rematch))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/bank/transfers/{transactionId}/take-back")
            .route(web::post().to(bank::take_back))
            .default_service(web::to(admin::not_allowed)),
    );
}

fn booking_routes(app: &mut web::ServiceConfig) {
    app.service(
        web::resource("/api/v1/bookings")
            .route(web::get().to(bookings::list))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/bookings/{bookingId}")
            .route(web::get().to(bookings::show))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/bookings/{bookingId}/cancel")
            .route(web::post().to(bookings::cancel))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/bookings/{bookingId}/no-show")
            .route(web::post().to(bookings::no_show))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/bookings/{bookingId}/confirm")
            .route(web::post().to(bookings::confirm))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/bookings/{bookingId}/decline")
            .route(web::post().to(bookings::decline))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/bookings/{bookingId}/refund")
            .route(web::post().to(bookings::refund))
            .default_service(web::to(admin::not_allowed)),
    );
}

fn outbox_routes(app: &mut web::ServiceConfig) {
    app.service(
        web::resource("/api/v1/outbox/dead-letters")
            .route(web::get().to(outbox::list))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/outbox/dead-letters/{transactionId}/{number}")
            .route(web::get().to(outbox::show))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/outbox/dead-letters/{transactionId}/{number}/retry")
            .route(web::post().to(outbox::retry))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/outbox/dead-letters/{transactionId}/{number}/discard")
            .route(web::post().to(outbox::discard))
            .default_service(web::to(admin::not_allowed)),
    );
}

fn payout_routes(app: &mut web::ServiceConfig) {
    app.service(
        web::resource("/api/v1/merchants/{merchantId}/payouts")
            .route(web::get().to(payouts::of_merchant))
            .route(web::post().to(payouts::record))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/merchants/{merchantId}/payouts/{reference}/take-back")
            .route(web::post().to(payouts::take_back))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/processor/payouts")
            .route(web::get().to(payouts::of_processor))
            .default_service(web::to(admin::not_allowed)),
    )
    .service(
        web::resource("/api/v1/processor/payouts/{reference}/close")
            .route(web::post().to(payouts::close))
            .default_service(web::to(admin::not_allowed)),
    );
}

/// The pattern of a method below `path`, whose letters may be of either case (google-booking-server section 2.1).
fn in_any_case(path: &str) -> String {
    let segments = path.split('/').filter(|segment| !segment.is_empty()).enumerate();
    let mut pattern: Vec<String> =
        segments.map(|(place, segment)| format!("/{{p{place}:(?i:{})}}", segment.replace('.', "\\."))).collect();
    pattern.push("/{method:.*}".to_owned());
    pattern.concat()
}
