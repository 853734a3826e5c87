//! `POST /outlook/payment-complete`: the payer has approved, and the token is charged (outlook-payments section 6).

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};

use super::{Arrived, Call, Surface, unavailable, webhook};
use crate::actors::{CardAnswer, CardPayment, CardStanding, InvoiceError};
use crate::domain::invoice::{Payer, Quote, Rejection, Stage, View, quote};
use crate::processor::Token;
use crate::protocol::outlook::{
    CardFault, CheckFailed, CompleteAnswer, Expected, Failure, OutlookError, PaymentComplete,
};

pub(super) async fn payment_complete(
    surface: web::Data<Surface>,
    request: HttpRequest,
    unverified: web::Payload,
) -> HttpResponse {
    webhook(answer(Arrived { surface: &surface, request: &request, unverified }).await)
}

/// What becomes of an approval.
enum Became {
    /// Paid; with the receipt's number.
    Paid(Arc<str>),
    Failed(Failure),
}

/// Section 6.7.
async fn answer(arrived: Arrived<'_>) -> Result<String, OutlookError> {
    let call = arrived.admit().await?;
    let approval = PaymentComplete::unseal(&call.body)?;
    let mut view = call.invoice(&approval.context).await?;
    let became = decided(&call, &approval, &view).await?;
    // The same answer whenever it is asked for: its link counts from the payment.
    let mut since = call.now;
    if let Became::Paid(_) = became {
        if view.is_payable() {
            view = call.invoice(&approval.context).await?;
        }
        if let Stage::Paid { payment, .. } = &view.stage {
            since = payment.at;
        }
    }
    let page = call.page(&view.content.reference, since)?;
    let shown = call.shown(&view, &page);
    let reference = &view.content.reference;
    Ok(match became {
        Became::Paid(receipt) => {
            tracing::info!(invoice.reference = %reference, "a payment from Outlook succeeded");
            CompleteAnswer::Success { receipt: &receipt }.seal(&approval.request_id, &shown)
        }
        Became::Failed(failure) => {
            tracing::info!(invoice.reference = %reference, reason = ?failure, "a payment from Outlook failed");
            CompleteAnswer::Fail(failure).seal(&approval.request_id, &shown)
        }
    })
}

/// A token that was heard before has its own answer, whatever has happened since; others are checked, and charged.
async fn decided(call: &Call<'_>, approval: &PaymentComplete, view: &View) -> Result<Became, OutlookError> {
    let desk = &call.invoices.desk;
    let quote = priced(approval, view);
    match desk.card_standing(&view.content.reference, &approval.token.digest()).await.map_err(unavailable)? {
        Some(CardStanding::Ended(answer)) => return Ok(became(answer)),
        // It may end without a charge before it is asked again: nothing else than was approved is ever charged.
        Some(CardStanding::UnderWay) if approval.approved.is(quote.total) => {}
        Some(CardStanding::UnderWay) => return Ok(Became::Failed(Failure::Check(CheckFailed::Amount))),
        None => {
            if let Err(failure) = judge(call, approval, (view, &quote)) {
                return Ok(Became::Failed(failure));
            }
        }
    }
    let Ok(token) = Token::parse(approval.token.expose()) else {
        return Ok(Became::Failed(Failure::Check(CheckFailed::Format)));
    };
    let text = |text: &Option<String>| text.as_deref().map(Arc::from);
    let payer = &approval.payer;
    let payment = CardPayment {
        digest: approval.token.digest(),
        token,
        approved: quote.total,
        address: approval.address.as_ref().map(|address| address.address.clone()),
        way: text(&approval.way),
        payer: Payer { name: text(&payer.name), email: text(&payer.email), phone: text(&payer.phone) },
    };
    match desk.pay_by_card(&view.content.reference, payment).await {
        Ok(answer) => Ok(became(answer)),
        Err(error) => refused(error).map(Became::Failed),
    }
}

/// What the invoice costs, shipped as the payer approved it.
fn priced(approval: &PaymentComplete, view: &View) -> Quote {
    let address = approval.address.as_ref().map(|address| &address.address);
    quote(&view.content, address, approval.way.as_deref())
}

/// The checks of section 6.7, in its order.
fn judge(call: &Call<'_>, approval: &PaymentComplete, (view, quote): (&View, &Quote)) -> Result<(), Failure> {
    match view.stage {
        Stage::Paid { .. } => return Err(Failure::AlreadyPaid),
        Stage::Cancelled { .. } => return Err(Failure::NotPayable),
        Stage::Open | Stage::BeingPaid(_) => {}
    }
    if quote.pending || quote.refused.is_some() {
        return Err(Failure::NotShipped);
    }
    let account = &call.outlook.account;
    let expected = Expected {
        total: quote.total,
        merchant_id: &account.merchant_id,
        request_id: &approval.request_id,
        test: account.test,
        now: call.now,
    };
    approval.check(&expected).map_err(Failure::Check)
}

/// Section 6.6, and 6.8 for an outcome that is not known.
fn became(answer: CardAnswer) -> Became {
    Became::Failed(match answer {
        CardAnswer::Paid(receipt) => return Became::Paid(receipt),
        CardAnswer::Declined { code, of_card: true } => Failure::Card(CardFault::of_card_error(&code)),
        CardAnswer::Declined { of_card: false, .. } | CardAnswer::NotReached => {
            Failure::Card(CardFault::ProcessingError)
        }
        CardAnswer::OutcomeUnknown => Failure::Unconfirmed,
    })
}

/// Why nothing is charged; or that it cannot be said.
fn refused(error: InvoiceError) -> Result<Failure, OutlookError> {
    match error {
        InvoiceError::Rejected(rejection) => of_rejection(rejection),
        // Cards are not taken: nothing that another attempt would change.
        InvoiceError::NoProcessor => Ok(Failure::Card(CardFault::ProcessingError)),
        InvoiceError::NoMail | InvoiceError::OtherRequest | InvoiceError::Overloaded | InvoiceError::Unavailable => {
            Err(OutlookError::Unavailable)
        }
    }
}

fn of_rejection(rejection: Rejection) -> Result<Failure, OutlookError> {
    match rejection {
        Rejection::Paid => Ok(Failure::AlreadyPaid),
        Rejection::BeingPaid => Ok(Failure::UnderWay),
        Rejection::Cancelled | Rejection::TooManyAttempts => Ok(Failure::NotPayable),
        Rejection::AmountDiffers(_) | Rejection::NotPayable => Ok(Failure::Check(CheckFailed::Amount)),
        Rejection::NotShipped => Ok(Failure::NotShipped),
        Rejection::Unknown => Err(OutlookError::UnknownContext),
        Rejection::OtherContent
        | Rejection::NotPaid
        | Rejection::PaidByTransfer
        | Rejection::RefundExceeds(_)
        | Rejection::TooOften
        | Rejection::NoAttempt
        | Rejection::NotOurs => Err(OutlookError::Unavailable),
    }
}
