//! The booking server: from its configuration to its desk, its effects and its surface.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use anyhow::Context as _;
use secrecy::SecretString;
use url::Url;

use super::Hands;
use super::assemble::Kinds;
use crate::actors::{
    AvailabilityWatch, BookingDesk, BookingEffects, ChargeEvents, Deadlines, InventoryEffects, Registry, Routes,
    Settlements, TokenVault,
};
use crate::config;
use crate::crypto::{AtRest, Kept, ServiceAccount, StripeEventKey, UrlKeys};
use crate::domain::EffectLane;
use crate::domain::alarm::Alarm;
use crate::domain::inventory::Inventory;
use crate::domain::invoice::Invoice;
use crate::processor::{Stripe, StripeSettings};
use crate::protocol::booking_server::Credentials;
use crate::protocol::maps_booking::{MapsBooking, MapsBookingSettings};
use crate::web::BookingSurface;
use crate::web::processor::{ProcessorEvents, ProcessorSurface};

/// How long one notification of Google may take.
const UPDATE_TIMEOUT: Duration = Duration::from_secs(10);

/// Everything that `[booking]` needs.
pub(super) struct Bookings {
    desk: BookingDesk,
    effects: BookingEffects,
    services: Registry<Inventory>,
    google: MapsBooking,
    path: String,
    credentials: Credentials,
}

impl Bookings {
    /// From the configuration; `None` without `[booking]`.
    pub(super) fn new(hands: &Hands<'_>, alarms: Registry<Alarm>, links: &UrlKeys) -> anyhow::Result<Option<Self>> {
        let Some(booking) = &hands.config.booking else { return Ok(None) };
        let stripe = hands.config.stripe.as_ref().map(stripe).transpose()?;
        let google = google(booking)?;
        let desk = BookingDesk {
            store: hands.store.clone(),
            bookings: hands.registry(),
            tokens: TokenVault::default(),
            settlements: Settlements::default(),
            outbox: hands.outbox.clone(),
            clock: hands.around.clock.clone(),
            charges: stripe.is_some(),
        };
        let effects = BookingEffects {
            stripe,
            google: google.clone(),
            seal: Arc::new(AtRest::new(links, Kept::Card).context("signing.keys")?),
            tokens: desk.tokens.clone(),
            settlements: desk.settlements.clone(),
            bookings: desk.bookings.clone(),
            alarms,
            return_url: Url::parse(&hands.config.server.public_url.join("/")).ok(),
            clock: hands.around.clock.clone(),
        };
        let pairs = booking.credentials.iter();
        let credentials = Credentials::new(pairs.map(|pair| (pair.user.as_str(), pair.password.expose())));
        let services = hands.registry();
        Ok(Some(Self { desk, effects, services, google, path: booking.path.clone(), credentials }))
    }

    /// Adds what the outbox carries out, begins to look for changed slots and passed deadlines, and gives the surface.
    pub(super) fn connect(self, routes: Routes) -> (Routes, BookingSurface) {
        let Self { desk, effects, services, google, path, credentials } = self;
        let telling = InventoryEffects { store: desk.store.clone(), google, clock: desk.clock.clone() };
        // Google counts what it hears of a booking after five minutes as an error (sections 2.5 and 8.1).
        let prompt = &[EffectLane::Google];
        let routes =
            routes.with_prompt(effects, desk.bookings.clone(), prompt).with_prompt(telling, services.clone(), prompt);
        let (store, clock, registry) = (desk.store.clone(), desk.clock.clone(), desk.bookings.clone());
        let deadlines = Deadlines { store: store.clone(), registry, clock };
        Deadlines::start_in_arbiter(&Arbiter::new().handle(), move |_| deadlines);
        let watch = AvailabilityWatch { store, services };
        AvailabilityWatch::start_in_arbiter(&Arbiter::new().handle(), move |_| watch);
        (routes, BookingSurface { path, credentials, desk })
    }
}

/// The way in of the card processor's events; `None` without `processor.stripe.webhook_secret_file`.
pub(super) fn processor_events(
    hands: &Hands<'_>,
    kinds: &Kinds,
    (booking, invoices): (Option<&BookingSurface>, &Registry<Invoice>),
) -> anyhow::Result<Option<ProcessorEvents>> {
    let secret = hands.config.stripe.as_ref().and_then(|stripe| stripe.webhook_secret.as_ref());
    let Some(secret) = secret else { return Ok(None) };
    let key = StripeEventKey::new(secret.expose()).context("processor.stripe.webhook_secret_file")?;
    let charges = ChargeEvents {
        store: hands.store.clone(),
        // Without a booking server there may still be bookings of yesterday.
        bookings: booking.map_or_else(|| hands.registry(), |booking| booking.desk.bookings.clone()),
        invoices: invoices.clone(),
        alarms: kinds.alarms.clone(),
        outbox: hands.outbox.clone(),
        clock: hands.around.clock.clone(),
    };
    Ok(Some(ProcessorEvents { desk: ProcessorSurface { key, payouts: kinds.payouts.clone() }, charges }))
}

/// The card processor.
pub(super) fn stripe(settings: &config::Stripe) -> anyhow::Result<Stripe> {
    let settings = StripeSettings {
        endpoint: settings.endpoint.url().clone(),
        secret_key: SecretString::from(settings.secret_key.expose().to_owned()),
        timeout: settings.timeout,
    };
    Stripe::new(settings).context("processor.stripe")
}

fn google(booking: &config::Booking) -> anyhow::Result<MapsBooking> {
    let account = booking.service_account.as_ref().map(|json| ServiceAccount::parse(json.expose())).transpose();
    MapsBooking::new(MapsBookingSettings {
        endpoint: booking.rtu_endpoint.url().clone(),
        partner_id: booking.partner_id.clone(),
        service_account: account.context("booking.service_account_file")?,
        timeout: UPDATE_TIMEOUT,
    })
    .context("booking.rtu_endpoint: cannot build the HTTP client")
}
