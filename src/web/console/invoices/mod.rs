//! Invoices: search, one invoice, and what a merchant does about it.

mod acts;
mod list;
mod make;
mod paid;
mod preview;
mod refund;
mod search;
mod show;
mod timeline;

use super::refusals::Refusal;
use super::routes::{Fields, LOOK, MONEY, Route, form, get, page, post};
use super::trouble::Trouble;
use super::words::Words;
use crate::actors::InvoiceError;
use crate::crypto::invoice_id;
use crate::domain::invoice::{Invoice, InvoiceReference, Rejection, State, View, view};
use crate::domain::{Timestamp, TransactionId};
use crate::web::surface::Surface;

/// The pages. What begins with `~` is no invoice's number. Whom an invoice goes to does not stand in the audit log, nor in an
/// address: who seeks a recipient sends a form.
pub(super) const ROUTES: &[Route] = &[
    page("/invoices", LOOK, || get().to(list::list)),
    page("/invoices/~search", LOOK, || get().to(search::page)),
    form("/invoices/~search", LOOK, ("invoice.search", Fields::Secret), || post().to(search::search)),
    page("/invoices/~new", MONEY, || get().to(make::form)),
    form("/invoices/~new", MONEY, ("invoice.create", Fields::Secret), || post().to(make::create)),
    page("/invoices/{reference}", LOOK, || get().to(show::show)),
    form("/invoices/{reference}/send", MONEY, ("invoice.send", Fields::Noted), || post().to(acts::send)),
    form("/invoices/{reference}/resolve", MONEY, ("invoice.resolve", Fields::Noted), || post().to(acts::resolve)),
    page("/invoices/{reference}/cancel", MONEY, || get().to(acts::cancel_page)),
    form("/invoices/{reference}/cancel", MONEY, ("invoice.cancel", Fields::Noted), || post().to(acts::cancel)),
    page("/invoices/{reference}/paid", MONEY, || get().to(paid::paid_page)),
    form("/invoices/{reference}/paid", MONEY, ("invoice.mark-paid", Fields::Noted), || post().to(paid::mark_paid)),
    page("/invoices/{reference}/refund", MONEY, || get().to(refund::refund_page)),
    form("/invoices/{reference}/refund", MONEY, ("invoice.refund", Fields::Noted), || post().to(refund::refund)),
];

/// An invoice.
struct Found {
    reference: InvoiceReference,
    state: State,
    /// Of the row that the state is from.
    version: i64,
    view: View,
}

impl Found {
    fn id(&self) -> TransactionId {
        self.view.content.id
    }

    /// The page's address, with `tail`.
    fn address(&self, tail: &str) -> String {
        address(&self.reference, tail)
    }
}

fn address(reference: &InvoiceReference, tail: &str) -> String {
    format!("{}/invoices/{reference}{tail}", super::PREFIX)
}

async fn find(surface: &Surface, reference: &str) -> Result<Found, Trouble> {
    let reference = InvoiceReference::parse(reference).map_err(|_| Trouble::NotFound)?;
    let loaded = surface.store.load::<Invoice>(invoice_id(&reference)).await?.ok_or(Trouble::NotFound)?;
    let view = view(&loaded.state).ok_or(Trouble::NotFound)?;
    Ok(Found { reference, version: loaded.position.version, state: loaded.state, view })
}

/// Where a list by time goes on: `<milliseconds>~<id>`.
pub(super) fn moment_and_id(cursor: &str) -> Option<(Timestamp, TransactionId)> {
    crate::web::invoices::place(cursor).map(|place| (place.created_at, place.id))
}

/// The invoice's no, in words.
fn refused(words: &Words, error: InvoiceError) -> Trouble {
    match error {
        InvoiceError::Rejected(rejection) => Refusal::from(rejection).into(),
        InvoiceError::NoMail => Trouble::Refused(words.say("invoice-refused-no-mail")),
        InvoiceError::NoProcessor => Trouble::Refused(words.say("invoice-refused-no-processor")),
        InvoiceError::OtherRequest => Trouble::Refused(words.say("invoice-refused-other-request")),
        InvoiceError::Overloaded | InvoiceError::Unavailable => Trouble::Unavailable,
    }
}

/// A rejection, in words.
fn no(words: &Words, rejection: Rejection) -> String {
    Refusal::from(rejection).say(words)
}
