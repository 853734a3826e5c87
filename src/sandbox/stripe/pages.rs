//! The processor's pages: what was charged and given back, and what can happen to it; and the payer's challenge.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use url::Url;

use super::book::{Book, Intent, Payout, Refund};
use super::{Desk, StripeHandle};
use crate::crypto::random_token;
use crate::domain::{Currency, Timestamp};
use crate::sandbox::page::{Site, page, see_other, shown, time};

/// How many of each the home page shows.
const LATEST: usize = 50;

/// An amount in the processor's units, for people.
fn amount(units: i64, currency: &str) -> String {
    let code = currency.to_ascii_uppercase();
    let unit = Currency::parse(&code).map_or(10_000, |currency| currency.minor_unit_micros());
    shown(units.saturating_mul(unit), &code)
}

/// `GET /`
pub(super) async fn home(desk: web::Data<Desk>) -> HttpResponse {
    let content = desk.journal.read(|book| {
        html! {
            (charges(book))
            (refunds(book))
            (payouts(book))
            section {
                h2 { "Events on their way" }
                @if book.events.is_empty() { p.muted { "None." } } @else {
                    @if desk.events.is_none() { p.muted { "They wait: no endpoint is configured." } }
                    @for event in book.events.values().take(LATEST) { pre { (event.body) } }
                }
            }
        }
    });
    page(Site::Processor, StatusCode::OK, "Card processor", content)
}

fn at(created: i64) -> String {
    time(Timestamp::from_secs(created))
}

/// One thing that can be done to `id`.
fn button(action: &str, id: &str, text: &str) -> Markup {
    html! { form.row method="post" action="/" {
        input type="hidden" name="id" value=(id);
        button name="action" value=(action) { (text) }
    } }
}

fn charges(book: &Book) -> Markup {
    html! { section {
        h2 { "Payments" }
        @if book.intents.latest().next().is_none() { p.muted { "None yet." } } @else {
            div.scroll { table {
                tr { th { "Made" } th { "Payment" } th { "Amount" } th { "Status" } th { "Dispute" } }
                @for intent in book.intents.latest().take(LATEST) { (charge(book, intent)) }
            } }
        }
    } }
}

fn charge(book: &Book, intent: &Intent) -> Markup {
    let dispute = book.disputes.latest().find(|dispute| dispute.intent == intent.id);
    html! { tr {
        td { (at(intent.created)) }
        td { (intent.id) @if let Some(text) = &intent.description { br; span.muted { (text) } } }
        td { (amount(intent.amount, &intent.currency)) }
        td { (intent.status)
            @if let Some(failure) = &intent.failure {
                br; span.bad { (failure.decline_code.as_ref().unwrap_or(&failure.code)) }
            }
            @if intent.status == "requires_action" { br; a href={ "/challenge/" (intent.id) } { "challenge" } }
        }
        td {
            @match dispute {
                Some(dispute) if dispute.status == "needs_response" => {
                    (button("win", &intent.id, "Decide for the merchant"))
                    (button("lose", &intent.id, "Decide for the payer"))
                }
                Some(dispute) => (dispute.status),
                None => @if intent.received > 0 { (button("dispute", &intent.id, "Open a dispute")) },
            }
        }
    } }
}

fn refunds(book: &Book) -> Markup {
    let row = |refund: &Refund| {
        html! { tr {
            td { (at(refund.created)) }
            td { (refund.id) br; span.muted { (refund.intent) } }
            td { (amount(refund.amount, &refund.currency)) }
            td { (refund.status) }
            td {
                @if refund.status == "pending" { (button("finish_refund", &refund.id, "Let it arrive")) }
                @if refund.counts() { (button("fail_refund", &refund.id, "Let it fail")) }
            }
        } }
    };
    html! { section {
        h2 { "Refunds" }
        @if book.refunds.latest().next().is_none() { p.muted { "None yet." } } @else {
            div.scroll { table {
                tr { th { "Made" } th { "Refund" } th { "Amount" } th { "Status" } th { "" } }
                @for refund in book.refunds.latest().take(LATEST) { (row(refund)) }
            } }
        }
    } }
}

fn payouts(book: &Book) -> Markup {
    let row = |payout: &Payout| {
        html! { tr {
            td { (at(payout.created)) }
            td { (payout.id) }
            td { (amount(payout.amount, &payout.currency)) }
            td { (payout.status) }
            td { @if payout.status == "paid" { (button("fail_payout", &payout.id, "Send it back")) } }
        } }
    };
    let balances = book.balances();
    html! { section {
        h2 { "Payouts" }
        @if balances.is_empty() { p.muted { "Nothing is here to be paid out." } } @else {
            @for (currency, sum) in &balances { p.amount { (amount(*sum, currency)) } }
            (button("pay_out", "", "Pay out to the bank"))
        }
        @if book.payouts.latest().next().is_some() {
            div.scroll { table {
                tr { th { "Made" } th { "Payout" } th { "Amount" } th { "Status" } th { "" } }
                @for payout in book.payouts.latest().take(LATEST) { (row(payout)) }
            } }
        }
    } }
}

/// `POST /`: one of the buttons.
pub(super) async fn act(desk: web::Data<Desk>, form: web::Form<HashMap<String, String>>) -> HttpResponse {
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let (owner, id) = (StripeHandle(desk.into_inner()), field("id"));
    let done = match field("action") {
        "dispute" => owner.open_dispute(id),
        "win" => owner.close_dispute(id, true),
        "lose" => owner.close_dispute(id, false),
        "finish_refund" => owner.finish_refund(id),
        "fail_refund" => owner.fail_refund(id),
        "pay_out" => owner.pay_out(),
        "fail_payout" => owner.fail_payout(id),
        _ => return refusal(StatusCode::BAD_REQUEST, "Nothing was done", "The processor knows no such action."),
    };
    done.map_or_else(|error| failed(&error), |()| see_other("/"))
}

/// `GET` or, as Google's page does it, `POST /challenge/{intent}`: where the payer proves who they are.
pub(super) async fn challenge(desk: web::Data<Desk>, path: web::Path<String>) -> HttpResponse {
    ask(&desk, &path, &HashMap::new())
}

/// What a payer's browser brings to a challenge (3DS1), and takes back from it.
const CARRIED: [&str; 2] = ["TermUrl", "MD"];

fn ask(desk: &Desk, intent: &str, carried: &HashMap<String, String>) -> HttpResponse {
    let open = desk.journal.read(|book| {
        let payment = book.intents.get(intent).filter(|payment| payment.status == "requires_action");
        let setup = book.setups.get(intent).filter(|setup| setup.status == "requires_action");
        let pays = payment.map(|payment| amount(payment.amount, &payment.currency));
        pays.or_else(|| setup.map(|_| "nothing now; your card is kept".to_owned()))
    });
    let Some(pays) = open else {
        return refusal(StatusCode::NOT_FOUND, "There is nothing to prove", "No challenge is open here.");
    };
    let content = html! {
        section {
            p.muted { "You pay" }
            p.amount { (pays) }
        }
        form method="post" action={ "/challenge/" (intent) } {
            @for name in CARRIED {
                @if let Some(value) = carried.get(name) { input type="hidden" name=(name) value=(value); }
            }
            p { button.main name="answer" value="pass" { "It is me" } }
            p { button name="answer" value="fail" { "It is not me" } }
        }
    };
    page(Site::Processor, StatusCode::OK, "Prove that it is you", content)
}

/// `POST /challenge/{intent}`: the payer's answer, and the way back.
pub(super) async fn answer(
    desk: web::Data<Desk>,
    path: web::Path<String>,
    form: web::Form<HashMap<String, String>>,
) -> HttpResponse {
    let Some(passed) = form.get("answer").map(|answer| answer == "pass") else { return ask(&desk, &path, &form) };
    let desk = desk.into_inner();
    let web = |url: &&String| Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    let term_url = form.get("TermUrl").filter(web);
    // With 3DS1 the browser goes back to where it came from: Google's page waits there.
    let back = desk.journal.read(|book| {
        let intent = book.intents.get(&path).and_then(|intent| intent.return_url.clone());
        intent.or_else(|| book.setups.get(&path)?.return_url.clone()).filter(|_| term_url.is_none())
    });
    if let Err(error) = StripeHandle(desk).challenge(&path, passed) {
        return failed(&error);
    }
    if let Some(mut back) = back.and_then(|url| Url::parse(&url).ok()) {
        let status = if passed { "succeeded" } else { "failed" };
        back.query_pairs_mut().append_pair("payment_intent", &path).append_pair("redirect_status", status);
        return see_other(back.as_str());
    }
    let text = if passed { "The merchant may go on." } else { "The merchant is told that it was not you." };
    let content = html! { section {
        p { (text) }
        @if let Some(term_url) = term_url {
            form method="post" action=(term_url) {
                input type="hidden" name="PaRes" value=(random_token());
                @if let Some(data) = form.get("MD") { input type="hidden" name="MD" value=(data); }
                button.main { "Back" }
            }
        }
    } };
    page(Site::Processor, StatusCode::OK, "Thank you", content)
}

pub(super) async fn not_found() -> HttpResponse {
    refusal(StatusCode::NOT_FOUND, "There is nothing here", "The processor does not know this address.")
}

fn refusal(status: StatusCode, title: &str, why: &str) -> HttpResponse {
    page(Site::Processor, status, title, html! { section { p { (why) } } })
}

fn failed(error: &crate::sandbox::journal::JournalError) -> HttpResponse {
    tracing::error!(%error, "the processor's stand-in cannot write");
    refusal(StatusCode::SERVICE_UNAVAILABLE, "Out of order", "The processor cannot write its journal.")
}
