//! Effects of redirect payments.

use super::{Description, Hindrance};
use crate::actors::payment_effects::{LateMoney, PaymentEffects};
use crate::domain::Piaid;
use crate::domain::redirect_payment::Effect;
use crate::issuer::{RefundCall, status_message};
use crate::protocol::google_redirect::{Notification, RefundNotification};
use crate::storage::OutboxRow;

/// What every attempt writes anew.
const FRESH: &[&str] = &["requestHeader.requestTimestamp"];

pub(in crate::actors) fn describe(effects: &PaymentEffects, effect: &Effect, row: &OutboxRow) -> Description {
    let now = effects.clock.now();
    let request_id = row.idempotency_key.as_str();
    match effect {
        Effect::NotifyPaymentComplete { piaid, redirect_request_id, outcome, issuer, .. } => {
            let issuer = issuer.as_ref();
            let said = Notification { request_id, piaid, redirect_request_id, outcome, issuer };
            let url = effects.google.address(Notification::METHOD, piaid);
            let described = Description::to_url(url, Notification::METHOD).message(&said.message(now), FRESH);
            of_account(effects, described, piaid)
        }
        Effect::NotifyRefundResult { refund, piaid, refund_request_id, result } => {
            let said = RefundNotification { request_id, piaid, refund, refund_request_id, result };
            let url = effects.google.address(RefundNotification::METHOD, piaid);
            let described = Description::to_url(url, RefundNotification::METHOD).message(&said.message(now), FRESH);
            of_account(effects, described, piaid)
        }
        Effect::AskIssuerForStatus { payment, issuer, number } => {
            let connector = effects.issuers.get(issuer);
            at_issuer(connector.map(|connector| &connector.status_url), issuer.as_str(), "status")
                .message(&status_message(*payment), &[])
                .with("question", number)
        }
        Effect::RefundAtIssuer { refund, issuer, reference, amount, question } => {
            let connector = effects.issuers.get(issuer);
            let call = RefundCall { refund, reference, amount: *amount };
            at_issuer(connector.map(|connector| &connector.refund_url), issuer.as_str(), "refund")
                .message(&call.message(), &[])
                .with("question", question)
        }
        Effect::ConsiderGivingBack { piaid, .. } => {
            let policy =
                piaid.as_ref().map_or(Some(LateMoney::GoesBack), |piaid| effects.late_money.get(piaid).copied());
            let decided = match policy {
                Some(LateMoney::GoesBack) => "refund",
                Some(LateMoney::WaitsForPerson) | None => "person",
            };
            Description::of("the payment", "considerGivingBack").now("paid_after_close", decided)
        }
        Effect::TellInvoice { invoice, attempt, .. } => {
            Description::of(format!("invoice {invoice}"), "paymentEnded").with("attempt", attempt)
        }
        Effect::TellInvoiceOfRefund { refund, invoice, order, .. } => {
            Description::of(format!("invoice {invoice}"), "refunded").with("refundId", refund).with("order", order)
        }
    }
}

fn of_account(effects: &PaymentEffects, described: Description, piaid: &Piaid) -> Description {
    if effects.accounts.find(piaid).is_some() {
        described
    } else {
        described.hindered(Hindrance::NotConfigured(format!("google.accounts {piaid}")))
    }
}

fn at_issuer(url: Option<&url::Url>, issuer: &str, what: &'static str) -> Description {
    match url {
        Some(url) => Description::to_url(url.clone(), what),
        None => Description::of(issuer, what).hindered(Hindrance::NotConfigured(format!("issuers {issuer}"))),
    }
}
