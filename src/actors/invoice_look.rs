//! An invoice as its page shows it: together with the redirect payment that it is being paid by.

use std::time::Duration;

use super::invoice_desk::{InvoiceDesk, InvoiceError};
use crate::crypto::{invoice_id, invoice_payment_id};
use crate::domain::invoice::{Attempt, By, End, Invoice, InvoiceReference, Stage, View, view};
use crate::domain::redirect_payment::{self, RedirectPayment, Standing};

/// So long a page waits until the invoice has heard how its payment ended.
const HEAR_WAIT: Duration = Duration::from_secs(2);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What there is to see. Personal: not in logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenInvoice {
    /// The invoice.
    pub view: View,
    /// How the last attempt ended that is over.
    pub last_end: Option<End>,
    /// The redirect payment of the attempt that is under way, once it exists.
    pub payment: Option<Standing>,
}

impl InvoiceDesk {
    /// The invoice with this number, and what it is being paid by; `None`: there is none. Changes nothing (outlook-payments
    /// section 13.2). Who has just come back from a bank is ahead of the effect that tells the invoice how it ended there: it
    /// is waited for, a moment.
    ///
    /// # Errors
    /// Storage.
    pub async fn look(&self, reference: &InvoiceReference) -> Result<Option<SeenInvoice>, InvoiceError> {
        let id = invoice_id(reference);
        let until = tokio::time::Instant::now() + HEAR_WAIT;
        loop {
            let Some(state) = self.store.load::<Invoice>(id).await?.map(|loaded| loaded.state) else { return Ok(None) };
            let Some(view) = view(&state) else { return Ok(None) };
            let last_end = state.past().and_then(|past| past.ended.last()).map(|ended| ended.end.clone());
            let payment = match &view.stage {
                Stage::BeingPaid(Attempt { number, by: By::Redirect { .. }, .. }) => {
                    let loaded = self.store.load::<RedirectPayment>(invoice_payment_id(id, *number)).await?;
                    loaded.and_then(|loaded| loaded.state.standing(false))
                }
                Stage::BeingPaid(Attempt { by: By::Card { .. }, .. })
                | Stage::Open
                | Stage::Paid { .. }
                | Stage::Cancelled { .. } => None,
            };
            let is_over = |standing: &Standing| matches!(standing.stage, redirect_payment::Stage::Closed { .. });
            if !payment.as_ref().is_some_and(is_over) || tokio::time::Instant::now() >= until {
                return Ok(Some(SeenInvoice { view, last_end, payment }));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
