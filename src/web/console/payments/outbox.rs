//! What a payment has to tell and ask, and has not yet.

use maud::{Markup, html};

use super::dossier::Dossier;
use super::path_of;
use super::redacted::redacted;
use crate::domain::Capability;
use crate::domain::redirect_payment::{Effect, RedirectPayment};
use crate::storage::OutboxRow;
use crate::web::console::PREFIX;
use crate::web::console::parts::{Mood, badge, moment, nothing, submit};
use crate::web::console::signed::Signed;
use crate::web::console::words::Words;

/// The section. What was carried out has left the outbox: the timeline knows of it.
pub(super) fn section(signed: &Signed, dossier: &Dossier) -> Markup {
    let words = signed.words();
    html! {
        section aria-labelledby="outbox" {
            h2 #outbox { (words.say("payment-waiting-title")) }
            p.hint { (words.say("payment-waiting-hint")) }
            @if dossier.outbox.is_empty() { (nothing(&words.say("payment-waiting-none"))) }
            @for row in &dossier.outbox { (one(signed, dossier, row)) }
            @if !dossier.answered.is_empty() {
                h3 { (words.say("payment-answered-title")) }
                p.hint { (words.say("payment-answered-hint")) }
                @for answered in &dossier.answered {
                    p { bdi.id { (answered.request_id) } " · " code { (answered.method) } }
                }
            }
        }
    }
}

fn one(signed: &Signed, dossier: &Dossier, row: &OutboxRow) -> Markup {
    let words = signed.words();
    html! {
        div.card {
            h3 { (words.name("payment-effect", kind(row))) " " (standing(words, row)) }
            dl.facts {
                div { dt { (words.say("payment-waiting-attempts")) } dd { (words.count(row.attempts)) } }
                div { dt { (words.say("payment-waiting-decided")) } dd { (moment(row.created_at)) } }
                @match row.parked_at {
                    Some(parked) => div { dt { (words.say("payment-waiting-parked")) } dd { (moment(parked)) } },
                    None => div { dt { (words.say("payment-waiting-next")) } dd { (moment(row.due_at)) } },
                }
                div { dt { (words.say("payment-waiting-key")) } dd.id { (row.idempotency_key) } }
            }
            @if let Some(error) = &row.last_error {
                p { (words.say("payment-waiting-error")) " " bdi { (error) } }
            }
            details {
                summary { (words.tell("payment-waiting-details", &[("number", row.key.number.to_string().into())])) }
                pre tabindex="0" { (redacted(&row.payload)) }
            }
            @if signed.may(Capability::Operate) && !row.leased {
                div.actions {
                    (signed.form(&format!("{}/retry", path_of(dossier.id())), &html! {
                        input type="hidden" name="number" value=(row.key.number);
                        (submit(&words.say(if row.parked_at.is_some() { "payment-waiting-retry-dead" } else { "payment-waiting-retry" })))
                    }))
                    @if row.parked_at.is_some() {
                        a href=(format!("{PREFIX}/outbox")) { (words.say("payment-waiting-dead-letters")) }
                    }
                }
            }
        }
    }
}

fn standing(words: &Words, row: &OutboxRow) -> Markup {
    match (row.parked_at, row.leased) {
        (Some(_), _) => badge(Mood::Attention, &words.say("payment-waiting-is-dead")),
        (None, true) => badge(Mood::Waiting, &words.say("payment-waiting-is-under-way")),
        (None, false) => badge(Mood::Waiting, &words.say("payment-waiting-is-waiting")),
    }
}

/// What is to be done, as the texts name it.
fn kind(row: &OutboxRow) -> &'static str {
    match row.effect::<RedirectPayment>() {
        Ok(Effect::NotifyPaymentComplete { .. }) => "notify-payment-complete",
        Ok(Effect::AskIssuerForStatus { .. }) => "ask-issuer-for-status",
        Ok(Effect::RefundAtIssuer { .. }) => "refund-at-issuer",
        Ok(Effect::NotifyRefundResult { .. }) => "notify-refund-result",
        Ok(Effect::ConsiderGivingBack { .. }) => "consider-giving-back",
        Ok(Effect::TellInvoice { .. }) => "tell-invoice",
        Ok(Effect::TellInvoiceOfRefund { .. }) => "tell-invoice-of-refund",
        // A newer server has written it.
        Err(_) => "unknown",
    }
}
