//! Payouts: what the card processor paid out to us, what we paid out to merchants, and what is owed.

mod acts;
mod list;
mod show;

use super::routes::{Fields, LOOK, MONEY, Route, form, get, page, post};

/// The pages.
pub(super) const ROUTES: &[Route] = &[
    page("/payouts", LOOK, || get().to(list::list)),
    page("/payouts/new", MONEY, || get().to(acts::record_page)),
    form("/payouts/new", MONEY, ("payout.record", Fields::Noted), || post().to(acts::record)),
    page("/payouts/{id}", LOOK, || get().to(show::show)),
    form("/payouts/{id}/take-back", MONEY, ("payout.take-back", Fields::Noted), || post().to(acts::take_back)),
    form("/payouts/{id}/close", MONEY, ("payout.close", Fields::Noted), || post().to(acts::close)),
];
