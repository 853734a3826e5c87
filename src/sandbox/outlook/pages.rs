//! The inbox, a mail, and the merchant's invoices, as pages.

use std::sync::PoisonError;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};
use serde_json::Value;

use super::biller::{ACTS, EXAMPLES, Made, state};
use super::calls::Call;
use super::mailbox::Mail;
use super::markup::{Drawn, PaymentRequest};
use super::pane::Step;
use super::tokens::Forged;
use super::{Outlook, card};
use crate::config::OutlookMode;
use crate::domain::Timestamp;
use crate::sandbox::page::{Site, page, time};

/// How many mails the inbox shows.
const LATEST: usize = 30;
/// A longer text without a space is a token: its middle is left out.
const LONGEST_WORD: usize = 200;

pub(super) fn notice(status: StatusCode, title: &str, why: &str) -> HttpResponse {
    page(Site::Outlook, status, title, html! { section { p { (why) } } })
}

pub(super) fn no_mail() -> HttpResponse {
    notice(StatusCode::NOT_FOUND, "Unknown mail", "It came before a restart, or never.")
}

/// The inbox, and what a merchant can do.
pub(super) fn home(outlook: &Outlook, made: &[(Made, Call)]) -> HttpResponse {
    let content = html! {
        (inbox(&outlook.mailbox.all()))
        @if outlook.admin.is_some() {
            (invoice_form())
            (invoices(made))
        }
        (misbehaving(outlook))
    };
    page(Site::Outlook, StatusCode::OK, "Inbox", content)
}

fn inbox(mails: &[std::sync::Arc<Mail>]) -> Markup {
    html! {
        section #inbox {
            h2 { "Mail for everybody" }
            @if mails.is_empty() { p.muted { "None yet. Make an invoice below, and its mail comes here." } } @else {
                div.scroll { table {
                    tr { th { "Came" } th { "To" } th { "Subject" } th { "Outlook draws" } }
                    @for mail in mails.iter().take(LATEST) {
                        tr {
                            td { (time(mail.at)) }
                            td { (mail.recipient()) }
                            td { a.subject href={ "/mails/" (mail.id) } { (mail.subject) } }
                            td { (drawn_in_short(&mail.drawn)) }
                        }
                    }
                } }
                p { a.button #refresh href="/" { "Refresh" } }
            }
        }
    }
}

fn drawn_in_short(drawn: &Drawn) -> Markup {
    match drawn {
        Drawn::Nothing(_) => html! { span.muted { "nothing" } },
        Drawn::Payment(_) => html! { span.good { "a payment request" } },
        Drawn::Card { .. } => html! { span.good { "a card" } },
    }
}

fn invoice_form() -> Markup {
    html! {
        section {
            h2 { "Make an invoice" }
            p.small.muted { "As a merchant does: through the admin API, which mails it at once." }
            form method="post" action="/invoices" {
                div.grid {
                    label { "What" select name="example" {
                        @for example in EXAMPLES { option value=(example.name) { (example.title) } }
                    } }
                    label { "Recipient" input type="text" name="name" value="Dana Lindqvist" required maxlength="60"; }
                    label { "Mail address"
                        input type="text" name="email" value="dana.lindqvist@fabrikat.example" required maxlength="200"; }
                }
                p { button.main #make { "Make it and send it" } }
            }
        }
    }
}

fn invoices(made: &[(Made, Call)]) -> Markup {
    html! {
        section #invoices {
            h2 { "Invoices" }
            @if made.is_empty() { p.muted { "None yet." } } @else {
                div.scroll { table {
                    tr { th { "Reference" } th { "What" } th { "State" } }
                    @for (made, looked) in made {
                        tr {
                            td { a href={ "/invoices/" (made.reference) } { (made.reference) } }
                            td { (made.title) }
                            td { (state(looked)) }
                        }
                    }
                } }
            }
        }
    }
}

fn misbehaving(outlook: &Outlook) -> Markup {
    let forging = outlook.forging.lock().unwrap_or_else(PoisonError::into_inner);
    html! {
        section {
            h2 { "Call with a wrong token" }
            @if let (Some(with), true) = (forging.with, forging.left > 0) {
                p #forging { "The token of the next " strong { (forging.left) } " " (with.title()) "." }
            }
            form.row method="post" action="/misbehave" {
                label { "A token that" select name="with" {
                    @for (_, name, title) in Forged::ALL { option value=(name) { (title) } }
                } }
                label { "Times" input type="number" name="times" value="1" min="0" max="1000"; }
                button { "Set" }
            }
        }
    }
}

/// A mail with what Outlook draws beside it.
pub(super) fn mail(outlook: &Outlook, mail: &Mail) -> HttpResponse {
    let hidden = matches!(&mail.drawn, Drawn::Card { card, .. } if card["hideOriginalBody"] == true);
    let content = html! {
        section {
            dl.small {
                dt { "From" } dd { (mail.from_name) @if mail.from_name != mail.from { " <" (mail.from) ">" } }
                dt { "To" } dd { (mail.to.join(", ")) }
                dt { "Came" } dd { (time(mail.at)) }
            }
        }
        (drawn(outlook, mail))
        section #mail-body {
            @if hidden { details { summary { "The mail itself, which the card hides" } (body(mail)) } }
            @else { h2 { "The mail itself" } (body(mail)) }
            details { summary { "As text" } pre { (mail.text) } }
        }
        @if !mail.calls.is_empty() {
            section #calls {
                h2 { "Calls to the merchant" }
                @for call in mail.calls.iter().rev() { (asked(call)) }
            }
        }
    };
    page(Site::Outlook, StatusCode::OK, &mail.subject, content)
}

fn body(mail: &Mail) -> Markup {
    html! {
        @if mail.html.is_some() {
            iframe.mail title="The mail" src={ "/mails/" (mail.id) "/body" }
                sandbox="allow-top-navigation-by-user-activation" {}
            p { a.button #alone href={ "/mails/" (mail.id) "/body" } { "Show it alone" } }
        } @else { p.muted { "It has no HTML." } }
    }
}

fn drawn(outlook: &Outlook, mail: &Mail) -> Markup {
    match &mail.drawn {
        Drawn::Nothing(why) => html! {
            section #card { h2 { "No card" } p.muted { "Outlook draws nothing: " (why) "." } }
        },
        Drawn::Payment(request) => payment_request(outlook, mail, request),
        Drawn::Card { card, signed } => html! {
            section #card {
                (signature(*signed))
                @if let Some(said) = mail.calls.last().and_then(|call| call.header("card-action-status")) {
                    p.bad #card-status { (said) }
                }
                (card::drawn(card, mail.id))
            }
        },
    }
}

fn signature(signed: bool) -> Markup {
    html! {
        p.small.muted {
            @if signed { "Signed with the registered key." }
            @else { "Not signed: DKIM and SPF would have to vouch for it." }
        }
    }
}

/// The mail card of section 1.3.
fn payment_request(outlook: &Outlook, mail: &Mail, request: &PaymentRequest) -> Markup {
    let entity = &request.entity;
    let text = |pointer: &str| entity.pointer(pointer).and_then(Value::as_str).unwrap_or("?");
    let name = if entity.get("broker").is_some() { text("/broker/name") } else { text("/provider/name") };
    let panes = outlook.panes().of_mail(mail.id);
    html! {
        section #card {
            (signature(request.signed))
            h2 { "Pay your invoice" }
            p { strong { (name) } " sent you an invoice" br; span.small.muted { (mail.from) } }
            dl {
                dt { "Invoice" } dd { (text("/identifier")) }
                dt { "Due date" } dd { (text("/paymentDueDate")) }
            }
            p.amount { (text("/totalPaymentDue/price")) " " (text("/totalPaymentDue/priceCurrency")) }
            form method="post" action={ "/mails/" (mail.id) "/pay" } { button.main #review { "Review and pay" } }
            @for (pane, step) in panes {
                p.small { a href={ "/panes/" (pane) } {
                    @match step { Step::Result => "An earlier pane, with its result", _ => "An earlier pane" }
                } }
            }
        }
    }
}

/// An invoice that was made here, and what became of it.
pub(super) fn invoice(outlook: &Outlook, made: &Made, looked: &Call) -> HttpResponse {
    let hosted = made.calls.first().and_then(|call| serde_json::from_str::<Value>(&call.answer).ok());
    let hosted = hosted.and_then(|answer| answer["hostedUrl"].as_str().map(str::to_owned));
    let content = html! {
        section {
            p.muted { (made.title) }
            p.amount #state { (state(looked)) }
            div.row {
                a.button href="/" { "To the inbox" }
                @if let Some(url) = &hosted { a.button #hosted href=(url) { "The hosted page" } }
                a.button #refresh href={ "/invoices/" (made.reference) } { "Refresh" }
            }
            div.row {
                @for (act, title) in ACTS {
                    form method="post" action={ "/invoices/" (made.reference) "/" (act) } { button id=(act) { (title) } }
                }
            }
            @match outlook.registered.mode {
                OutlookMode::Legacy => p.small.muted { "Its mail asks for payment by the payment pane, retired since 2020." },
                OutlookMode::Entra => p.small.muted { "Its mail carries a card, as Outlook draws it today." },
            }
        }
        section #calls {
            h2 { "The admin API" }
            (asked(looked))
            @for call in made.calls.iter().rev() { (asked(call)) }
        }
    };
    page(Site::Outlook, StatusCode::OK, &made.reference, content)
}

/// A call, its answer, and what is wrong with it; unfolded if something is.
pub(super) fn asked(call: &Call) -> Markup {
    html! {
        details open[!call.complaints.is_empty()] {
            summary {
                (call.what) " · "
                span.status { @match call.status { Some(status) => (status), None => "no answer" } }
                @if !call.complaints.is_empty() { " " span.bad { (call.complaints.len()) " against the specification" } }
            }
            @if !call.complaints.is_empty() {
                ul.complaints { @for complaint in &call.complaints { li.bad { (complaint) } } }
            }
            p.small.muted { (time(Timestamp::from_millis(call.at_ms))) " · " (call.address) }
            @if !call.sent.is_null() { h3 { "Sent" } pre { (format!("{:#}", shortened(&call.sent))) } }
            h3 { "Answer" }
            @for (name, value) in &call.headers { p.small { (name) ": " (value) } }
            @if !call.answer.is_empty() { pre { (pretty(&call.answer)) } }
        }
    }
}

fn pretty(text: &str) -> String {
    serde_json::from_str(text).map_or_else(|_| text.to_owned(), |value: Value| format!("{:#}", shortened(&value)))
}

/// The same with tokens cut short.
pub(super) fn shortened(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(short(text)),
        Value::Array(items) => items.iter().map(shortened).collect(),
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), shortened(member))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn short(text: &str) -> String {
    let length = text.chars().count();
    if length <= LONGEST_WORD || text.contains([' ', '/']) {
        return text.to_owned();
    }
    let head: String = text.chars().take(24).collect();
    let tail: String = text.chars().skip(length - 12).collect();
    format!("{head}… ({length} characters) …{tail}")
}
