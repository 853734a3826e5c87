//! Bookings: search, one booking, and what a merchant does about it.

mod acts;
mod google;
mod list;
mod preview;
#[cfg(test)]
mod proof;
mod seen;
mod show;
mod terms;
mod timeline;

use super::routes::{ACT, Fields, LOOK, MONEY, Route, form, get, page, post};
use super::trouble::Trouble;
use crate::domain::TransactionId;
use crate::domain::booking::{Booking, State};
use crate::storage::{Codec as _, Overview};
use crate::web::surface::Surface;

/// The pages. Whoever may act for a merchant may cancel and confirm, as over the API; what charges or gives back by
/// decision is finance's.
pub(super) const ROUTES: &[Route] = &[
    page("/bookings", LOOK, || get().to(list::list)),
    page("/bookings/attention", LOOK, || get().to(list::troubled)),
    page("/bookings/{id}", LOOK, || get().to(show::show)),
    page("/bookings/{id}/cancel", ACT, || get().to(acts::cancel_page)),
    form("/bookings/{id}/cancel", ACT, ("booking.cancel", Fields::Noted), || post().to(acts::cancel)),
    page("/bookings/{id}/no-show", ACT, || get().to(acts::no_show_page)),
    form("/bookings/{id}/no-show", ACT, ("booking.no-show", Fields::Noted), || post().to(acts::no_show)),
    form("/bookings/{id}/no-show-fee", MONEY, ("booking.no-show-fee", Fields::Noted), || post().to(acts::no_show_fee)),
    form("/bookings/{id}/confirm", ACT, ("booking.confirm", Fields::Noted), || post().to(acts::confirm)),
    form("/bookings/{id}/decline", ACT, ("booking.decline", Fields::Noted), || post().to(acts::decline)),
    page("/bookings/{id}/refund", MONEY, || get().to(acts::refund_page)),
    form("/bookings/{id}/refund", MONEY, ("booking.refund", Fields::Noted), || post().to(acts::refund)),
];

/// A booking, or an attempt that became none.
pub(super) struct Found {
    overview: Overview,
    state: State,
    /// Of the row that the state is from.
    version: i64,
}

impl Found {
    const fn id(&self) -> TransactionId {
        self.overview.id
    }
}

/// The booking of this address.
async fn find(surface: &Surface, id: &str) -> Result<Found, Trouble> {
    let id = TransactionId::parse(id).map_err(|_| Trouble::NotFound)?;
    let overview = surface.store.overview(id).await?.filter(|found| found.kind == Booking::KIND);
    let overview = overview.ok_or(Trouble::NotFound)?;
    let loaded = surface.store.load::<Booking>(id).await?.ok_or(Trouble::NotFound)?;
    Ok(Found { overview, version: loaded.position.version, state: loaded.state })
}
