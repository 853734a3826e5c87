//! The order page's forms for refunds, and how refunds are shown there.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::book::{Case, Record};
use super::exchange::Method;
use super::refund::{Refund, RefundState};
use super::shop::{again, exchanged, failed, find, fresh_id, micros, not_found};
use super::{Shop, messages, pages};
use crate::domain::{Currency, Money, Timestamp};
use crate::sandbox::page::{shown, time};

/// The form on an order's page.
#[derive(Debug, Deserialize)]
pub(super) struct RefundForm {
    /// Decimal, in major units; empty: all that is left. More than that may be asked for: the integrator has to refuse.
    #[serde(default)]
    amount: String,
}

/// `POST /orders/{id}/refund`: asks the integrator for a refund.
pub(super) async fn refund(shop: web::Data<Shop>, id: web::Path<String>, form: web::Form<RefundForm>) -> HttpResponse {
    let Some(case) = find(&shop, &id) else { return not_found().await };
    let wanted = match form.amount.trim() {
        "" => Some(case.rest_micros()),
        text => micros(text),
    };
    match wanted.filter(|wanted| *wanted > 0) {
        Some(wanted) => ask(&shop, &case, wanted).await,
        None => {
            pages::notice(StatusCode::BAD_REQUEST, "Cannot be refunded", "There is nothing left, or it is no amount.")
        }
    }
}

/// `POST /orders/{id}/over-refund`: one minor unit more than is left; 400 is expected.
pub(super) async fn over_refund(shop: web::Data<Shop>, id: web::Path<String>) -> HttpResponse {
    let Some(case) = find(&shop, &id) else { return not_found().await };
    let wanted = case.rest_micros().max(0).saturating_add(unit_micros(&case));
    ask(&shop, &case, wanted).await
}

fn unit_micros(case: &Case) -> i64 {
    Currency::parse(&case.order.currency).map_or(1, |currency| currency.minor_unit_micros())
}

/// The refund is written before it is asked for: its result may come before the answer does.
async fn ask(shop: &Shop, case: &Case, amount_micros: i64) -> HttpResponse {
    let refund = Refund {
        id: fresh_id("rf"),
        amount_micros,
        currency: case.order.currency.clone(),
        at_ms: shop.clock.now().as_millis(),
        results: vec![],
    };
    let record = Record::Refunded { order: case.order.id.clone(), refund: refund.clone() };
    if let Err(error) = shop.journal.record(record) {
        return failed(&error);
    }
    let clear = messages::refund(&refund, &case.order, shop.clock.now());
    let exchange = shop.exchange(&case.order, Method::Refund, &clear).await;
    exchanged(shop, &case.order, exchange)
}

/// `POST /orders/{id}/refunds/{refund}/replay`: the same `requestId`, a fresh timestamp, sealed anew.
pub(super) async fn replay(shop: web::Data<Shop>, path: web::Path<(String, String)>) -> HttpResponse {
    repeat(&shop, &path, |_| 0).await
}

/// `POST /orders/{id}/refunds/{refund}/changed`: the same `requestId` and one minor unit more; 412 is expected.
pub(super) async fn changed(shop: web::Data<Shop>, path: web::Path<(String, String)>) -> HttpResponse {
    repeat(&shop, &path, unit_micros).await
}

async fn repeat(shop: &Shop, (order, id): &(String, String), more: impl FnOnce(&Case) -> i64) -> HttpResponse {
    let Some(case) = find(shop, order) else { return not_found().await };
    let first = case.exchanges.iter().find(|exchange| exchange.request_id == *id);
    let known = case.refunds.iter().find(|refund| refund.id == *id);
    let (Some(first), Some(refund)) = (first, known) else { return not_found().await };
    let micros = refund.amount_micros.saturating_add(more(&case)).to_string();
    again(shop, &case.order, first, |clear| messages::set(clear, &["refundAmount", "amountMicros"], json!(micros)))
        .await
}

/// The order page's section.
pub(super) fn section(case: &Case) -> Markup {
    let rest = case.rest_micros();
    let decimal = Currency::parse(&case.order.currency)
        .map_or_else(|_| String::new(), |currency| Money::new(rest.max(0), currency).decimal());
    let action = |what: &str| format!("/orders/{}/{what}", case.order.id);
    html! {
        section {
            h2 { "Refunds" }
            p.small.muted #rest { (shown(rest, &case.order.currency)) " left" }
            div.row {
                form.row method="post" action=(action("refund")) {
                    label { "Amount" input type="text" name="amount" value=(decimal) inputmode="decimal"; }
                    button #refund { "Refund" }
                }
                form method="post" action=(action("over-refund")) { button #over-refund { "Refund more than is left" } }
            }
            @for refund in &case.refunds { (shown_refund(case, refund)) }
        }
    }
}

fn shown_refund(case: &Case, refund: &Refund) -> Markup {
    let action = |what: &str| format!("/orders/{}/refunds/{}/{what}", case.order.id, refund.id);
    let moment = |millis: i64| time(Timestamp::from_millis(millis));
    html! {
        h3.refund { (shown(refund.amount_micros, &refund.currency)) ": " span.outcome { (outcome(case, refund)) } }
        dl.small {
            dt { "requestId" } dd { (refund.id) }
            dt { "Asked" } dd { (moment(refund.at_ms)) }
            @if let Some(id) = refund.word().and_then(|word| word.integrator_id.as_ref()) {
                dt { "Integrator's refund id" } dd { (id) }
            }
        }
        @for arrival in &refund.results { (pages::arrived(arrival, arrival.word.as_ref().map(|word| word.key.as_str()))) }
        div.row {
            form method="post" action=(action("replay")) { button { "Ask again" } }
            form method="post" action=(action("changed")) { button { "Ask with another amount" } }
        }
    }
}

fn outcome(case: &Case, refund: &Refund) -> Markup {
    let word = refund.word().map_or("", |word| word.key.as_str());
    match case.refund_state(refund) {
        RefundState::Asked => html! { span.muted { "no good answer yet" } },
        RefundState::Refused => html! { span.bad { "refused" } },
        RefundState::Acknowledged => html! { span.muted { "acknowledged, no result yet" } },
        RefundState::Succeeded => html! { span.good { "refunded" } },
        RefundState::Failed => html! { span.bad { "not refunded: " (word) } },
    }
}
