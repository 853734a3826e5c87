//! The shop's pages.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};

use super::book::{Arrival, Book, Case, Flow, Misbehaving};
use super::channels::{Agreement, Word};
use super::exchange::{Answer, Exchange, Method};
use super::{Shop, refund_desk, strict};
use crate::domain::Timestamp;
use crate::sandbox::page::{Site, page, shown, time};

/// How many orders the home page shows.
const LATEST: usize = 50;

pub(super) fn notice(status: StatusCode, title: &str, why: &str) -> HttpResponse {
    page(Site::Google, status, title, html! { section { p { (why) } } })
}

/// The shop, with what was wrong with the last form.
pub(super) fn home(shop: &Shop, problem: Option<&str>) -> HttpResponse {
    let content = html! {
        @if let Some(problem) = problem { section { p.bad #problem { (problem) } } }
        (buy(shop))
        section { p { a #statements href="/statements" { "Remittance statements" } } }
        (shop.journal.read(|book| html! {
            (orders(book))
            section {
                h2 { "Answer the integrator badly" }
                p.small.muted { "For all orders and statements; each has a form of its own as well." }
                (misbehave("", book.misbehaving))
            }
        }))
    };
    page(Site::Google, if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK }, "Shop", content)
}

fn buy(shop: &Shop) -> Markup {
    html! {
        form method="post" action="/orders" {
            section {
                h2 { "Buy something" }
                div.grid {
                    label { "Product" input type="text" name="product" value="Gem pack" required maxlength="200"; }
                    label { "Amount" input type="text" name="amount" value="120.00" required inputmode="decimal"; }
                    label { "Currency" select name="currency" {
                        @for code in ["INR", "EUR", "USD", "JPY"] { option value=(code) { (code) } }
                    } }
                    label { "Issuer" select name="issuer" {
                        option value="" { "none (payer chooses)" }
                        @for (id, name) in &shop.issuers { option value=(id) { (name) } }
                    } }
                }
                div.grid {
                    fieldset { legend { "Flow" }
                        label.option { input type="radio" name="flow" value="begin" checked; "Begin Redirect" }
                        label.option { input type="radio" name="flow" value="generate"; "Generate URL" }
                    }
                    fieldset { legend { "Scheme" }
                        @for (at, account) in shop.accounts.iter().enumerate() {
                            label.option {
                                input type="radio" name="piaid" value=(account.piaid) checked[at == 0];
                                (account.keyring.scheme().as_str().to_uppercase()) " " span.muted.small { (account.piaid) }
                            }
                        }
                    }
                }
                p { button.main #pay { "Pay" } }
            }
        }
    }
}

fn orders(book: &Book) -> Markup {
    let mut latest: Vec<&Case> = book.cases.values().collect();
    latest.sort_by_key(|case| std::cmp::Reverse(case.order.at_ms));
    html! {
        section {
            h2 { "Orders" }
            @if latest.is_empty() { p.muted { "None yet." } } @else {
                div.scroll { table {
                    tr { th { "Ordered" } th { "Product" } th { "Amount" } th { "Flow" } th { "Outcome" } }
                    @for case in latest.into_iter().take(LATEST) {
                        tr {
                            td { a href={ "/orders/" (case.order.id) } { (time(Timestamp::from_millis(case.order.at_ms))) } }
                            td { (case.order.product) }
                            td { (shown(case.order.amount_micros, &case.order.currency)) }
                            td { (flow(case.order.flow)) " " span.muted { (case.order.piaid) } }
                            td { (verdict(&case.agreement())) }
                        }
                    }
                } }
            }
        }
    }
}

const fn flow(flow: Flow) -> &'static str {
    match flow {
        Flow::Begin => "Begin",
        Flow::Generate => "Generate",
    }
}

fn verdict(agreement: &Agreement) -> Markup {
    match agreement {
        Agreement::Open => html! { span.muted { "open" } },
        Agreement::Agree { key, channels: _ } if key == "success" => html! { span.good { "paid" } },
        Agreement::Agree { key, channels: _ } => html! { span.bad { "declined: " (key) } },
        Agreement::Differ => html! { span.bad { "the channels contradict each other" } },
    }
}

/// One order: what came back on each channel, and the buttons.
pub(super) fn order(case: &Case) -> HttpResponse {
    let order = &case.order;
    let [c1, c2, c3] = case.latest();
    let content = html! {
        section {
            p.muted { (order.product) }
            p.amount { (shown(order.amount_micros, &order.currency)) }
            p #verdict { (verdict(&case.agreement())) }
            dl.small {
                dt { "requestId" } dd { (order.id) }
                dt { "Account" } dd { (order.piaid) }
                dt { "Flow" } dd { (flow(order.flow)) }
                dt { "Issuer" } dd { (order.issuer.as_deref().unwrap_or("none chosen")) }
                dt { "Ordered" } dd { (time(Timestamp::from_millis(order.at_ms))) }
            }
        }
        section {
            h2 { "Channels" }
            p #agreement { (agreement(&case.agreement())) }
            (channel("c1", "C1 browser return", c1))
            @for arrival in &case.returns { (arrived(arrival, said(arrival))) }
            (channel("c2", "C2 notification", c2))
            @for arrival in &case.notifications { (arrived(arrival, said(arrival))) }
            (channel("c3", "C3 status poll", c3))
            @for exchange in case.exchanges.iter().filter(|exchange| exchange.word.is_some()) {
                p.small.muted { (time(Timestamp::from_millis(exchange.at_ms))) " "
                    (exchange.word.as_ref().map_or("", |word| word.key.as_str())) }
            }
        }
        (refund_desk::section(case))
        (buttons(case))
        section {
            h2 { "Requests to the integrator" }
            @for (at, exchange) in case.exchanges.iter().enumerate().rev() { (asked(exchange, at + 1 == case.exchanges.len())) }
        }
        section {
            h2 { "Answer notifications about this order and its refunds badly" }
            (misbehave(&order.id, case.misbehaving))
        }
    };
    page(Site::Google, StatusCode::OK, "Order", content)
}

fn agreement(agreement: &Agreement) -> Markup {
    match agreement {
        Agreement::Open => html! { "No channel has spoken a final word." },
        Agreement::Agree { key, channels: 1 } => html! { "One channel has spoken a final word: " strong { (key) } "." },
        Agreement::Agree { key, channels } => html! { span.good { (channels) " channels agree: " (key) "." } },
        Agreement::Differ => html! { span.bad { "The channels contradict each other." } },
    }
}

fn channel(id: &str, name: &str, word: Option<&Word>) -> Markup {
    html! { h3 id=(id) { (name) ": " span.outcome { (word.map_or("nothing yet", |word| word.key.as_str())) } } }
}

fn said(arrival: &Arrival) -> Option<&str> {
    arrival.word.as_ref().map(|word| word.key.as_str())
}

/// Something that arrived, with the key of what it says.
pub(super) fn arrived<W>(arrival: &Arrival<W>, key: Option<&str>) -> Markup {
    html! {
        p.small {
            (time(Timestamp::from_millis(arrival.at_ms)))
            @if let Some(id) = &arrival.request_id { " " span.muted { (id) } }
            @if let Some(status) = arrival.status { " answered " (status) }
            @if let Some(key) = key { " " strong { (key) } }
            @if let Some(problem) = &arrival.problem { " " span.bad { (problem) } }
        }
        @if !arrival.clear.is_empty() { details { summary { "Clear text" } pre { (pretty(&arrival.clear)) } } }
    }
}

/// One request to the integrator and its answer.
pub(super) fn asked(exchange: &Exchange, last: bool) -> Markup {
    html! {
        details open[last] id=[last.then_some("last")] {
            summary {
                (exchange.method.name()) " · " span.muted { (exchange.request_id) } " · "
                span.status { @match exchange.status {
                    Some(status) => (status),
                    None => @if exchange.method == Method::Begin { "browser" } @else { "no answer" },
                } }
            }
            p.small.muted { (time(Timestamp::from_millis(exchange.at_ms))) }
            h3 { "Sent" } pre { (pretty(&exchange.sent)) }
            h3 { "Answer" }
            div.answer { @match &exchange.answer {
                Answer::Browser => p { "Given to the browser; the answer comes back on C1." },
                Answer::Failed { why } => p.bad { (why) },
                Answer::Sealed { clear } => { p.small { "Sealed; clear text:" } pre { (pretty(clear)) } },
                Answer::Plain { text } => { p.small { "Not sealed:" } pre { (text) } },
                Answer::Empty => p { "No body." },
                Answer::Redirect { location, clear } => {
                    p.small { "Redirect to:" } pre { (location) }
                    @if let Some(clear) = clear { p.small { "Its redirectResponse:" } pre { (pretty(clear)) } }
                },
            } }
        }
    }
}

pub(super) fn pretty(clear: &str) -> String {
    let parsed = strict::parse(clear.as_bytes()).ok();
    parsed.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| clear.to_owned())
}

fn buttons(case: &Case) -> Markup {
    let action = |what: &str| format!("/orders/{}/{what}", case.order.id);
    html! {
        section {
            h2 { "Do" }
            div.row {
                form method="post" action=(action("poll")) { button #poll { "Poll the status (C3)" } }
                form method="post" action=(action("echo")) { button #echo { "Echo" } }
                form method="post" action=(action("replay")) { button #replay { "Replay the last request" } }
                form method="post" action=(action("changed")) { button #changed { "Send the order changed" } }
                form method="post" action=(action("reopen")) { button #reopen { "Open the payment again" } }
                a.button #refresh href={ "/orders/" (case.order.id) } { "Refresh" }
            }
            p.small.muted {
                "Replay: same requestId, fresh timestamp, the same answer is expected. Changed: same requestId, another amount; \
                 412 is expected, or in Begin Redirect an errorResponse."
            }
        }
    }
}

/// The form that makes coming requests fail; `about` is an order or a statement, or empty for all.
pub(super) fn misbehave(about: &str, now: Option<Misbehaving>) -> Markup {
    html! {
        @if let Some(now) = now.filter(|now| now.times > 0) {
            p { "The next " strong { (now.times) } " will be answered " strong { (now.how.status()) } "." }
        }
        form.row method="post" action="/misbehave" {
            input type="hidden" name="order" value=(about);
            label { "Answer" select name="how" {
                option value="unavailable" { "503, not stored" }
                option value="lost" { "503, but stored" }
                option value="plain" { "500 plain text" }
                option value="empty" { "404 without a body" }
            } }
            label { "Times" input type="number" name="times" value="3" min="0" max="1000"; }
            button { "Set" }
        }
    }
}
