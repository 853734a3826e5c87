//! Payments: search, one payment with its timeline, and what people do about it.

mod acts;
mod asked;
mod channels;
mod dossier;
mod export;
mod list;
mod money;
mod outbox;
mod payment;
mod redacted;
mod summary;
#[cfg(test)]
mod tests;
mod timeline;

use actix_web::HttpResponse;

use super::PREFIX;
use super::gate::see_other;
use super::parts::Mood;
use super::routes::{self, Fields, LOOK, MONEY, OPERATE, Route, get, post};
use super::trouble::{Answer, Trouble};
use crate::domain::booking::Booking;
use crate::domain::invoice::Invoice;
use crate::domain::redirect_payment::RedirectPayment;
use crate::domain::remittance::Remittance;
use crate::domain::{Attention, TransactionId};
use crate::storage::{Codec as _, Overview};

/// The pages. Whoever may look may have what they see as a file: an export holds no more than the pages.
pub(super) const ROUTES: &[Route] = &[
    routes::page("/payments", LOOK, || get().to(list::list)),
    routes::form("/payments/export", LOOK, ("payment.export", Fields::Noted), || post().to(export::export)),
    routes::page("/payments/{id}", LOOK, || get().to(payment::payment)),
    routes::form("/payments/{id}/give-back", MONEY, ("payment.give-back", Fields::Noted), || {
        post().to(acts::give_back)
    }),
    routes::form("/payments/{id}/dealt-with", MONEY, ("payment.dealt-with", Fields::Noted), || {
        post().to(acts::dealt_with)
    }),
    routes::form("/payments/{id}/ask", OPERATE, ("payment.ask", Fields::Noted), || post().to(acts::ask)),
    routes::form("/payments/{id}/retry", OPERATE, ("payment.retry", Fields::Noted), || post().to(acts::retry)),
];

/// The names of a payment's states, as they are searched.
const STATES: [&str; 8] =
    ["AwaitingIssuerChoice", "AtIssuer", "Pending", "Paid", "Declined", "Abandoned", "Expired", "PaidAfterClose"];

/// A payment's page.
fn path_of(id: TransactionId) -> String {
    format!("{PREFIX}/payments/{id}")
}

/// The page of any transaction that has one.
fn page_of(found: &Overview) -> Option<String> {
    let id = found.id;
    match found.kind.as_str() {
        RedirectPayment::KIND => Some(path_of(id)),
        Booking::KIND => Some(format!("{PREFIX}/bookings/{id}")),
        // The merchant's number is what started it.
        Invoice::KIND => Some(format!("{PREFIX}/invoices/{}", found.request_id)),
        Remittance::KIND => Some(format!("{PREFIX}/statements/{id}")),
        _ => None,
    }
}

/// Leads to the page of what was found.
fn lead_to(found: &Overview) -> Answer {
    page_of(found).map(|path| see_other(&path)).ok_or(Trouble::NotFound)
}

/// After a form: the payment's page, which says what was done.
fn done(id: TransactionId, what: &str) -> HttpResponse {
    see_other(&format!("{}?done={what}", path_of(id)))
}

/// How a state feels.
fn mood(state: &str, attention: bool) -> Mood {
    match state {
        _ if attention => Mood::Attention,
        "Paid" => Mood::Good,
        "AwaitingIssuerChoice" | "AtIssuer" | "Pending" => Mood::Waiting,
        _ => Mood::Over,
    }
}

/// What a payment can stand before finance for.
fn reason(text: &str) -> Option<Attention> {
    [Attention::AmountDiffers, Attention::PaidAfterClose, Attention::Contradiction]
        .into_iter()
        .find(|reason| reason.as_str() == text)
}
