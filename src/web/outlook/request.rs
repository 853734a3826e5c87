//! `POST /outlook/payment-request`: the payment pane asks how the invoice stands (outlook-payments section 5). Nothing is
//! changed by it, however often it comes (R3).

use actix_web::{HttpRequest, HttpResponse, web};

use super::{Arrived, Call, Surface, webhook};
use crate::domain::invoice::{Stage, View, quote};
use crate::protocol::outlook::{OutlookError, PaneAnswer, PaymentRequest};

pub(super) async fn payment_request(
    surface: web::Data<Surface>,
    request: HttpRequest,
    unverified: web::Payload,
) -> HttpResponse {
    webhook(answer(Arrived { surface: &surface, request: &request, unverified }).await)
}

/// Section 5.8.
async fn answer(arrived: Arrived<'_>) -> Result<String, OutlookError> {
    let surface = arrived.surface;
    let call = arrived.admit().await?;
    let asked = PaymentRequest::unseal(&call.body)?;
    let view = call.invoice(&asked.context).await?;
    let page = call.page(&view.content.reference, call.now)?;
    let new = || format!("chk_{:016X}", surface.entropy.next_u64());
    let session = asked.session.clone().unwrap_or_else(new);
    Ok(stands(&call, &asked, (&view, &session), |answer| answer.seal(&asked, &call.shown(&view, &page))))
}

/// How the invoice stands (section 5.7).
fn stands(
    call: &Call<'_>,
    asked: &PaymentRequest,
    (view, session): (&View, &str),
    seal: impl FnOnce(&PaneAnswer<'_>) -> String,
) -> String {
    match &view.stage {
        Stage::Paid { receipt, .. } => seal(&PaneAnswer::Paid { receipt }),
        Stage::Cancelled { .. } => seal(&PaneAnswer::NotPayable),
        Stage::Open | Stage::BeingPaid(_) => {
            let address = asked.address.as_ref().map(|address| &address.address);
            let quote = quote(&view.content, address, asked.way.as_deref());
            let under_way = matches!(view.stage, Stage::BeingPaid(_));
            seal(&PaneAnswer::Payable { session, quote: &quote, overdue: view.is_overdue(call.now), under_way })
        }
    }
}
