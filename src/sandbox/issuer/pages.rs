//! The issuers' pages.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};

use super::Desk;
use super::book::{Book, Payment, RefundOutcome, RefundPolicy};
use super::words::{Outcome, REASONS};
use crate::domain::Timestamp;
use crate::sandbox::page::{Site, page, shown, time};

/// How many payments and refunds the home page shows.
const LATEST: usize = 50;

pub(super) fn refusal(status: StatusCode, title: &str, why: &str) -> HttpResponse {
    page(Site::Issuer, status, title, html! { section { p { (why) } } })
}

/// The choice while nothing final was said; the result and the way back afterwards.
pub(super) fn payment(name: &str, payment: &Payment, return_url: &str) -> HttpResponse {
    let word = payment.word();
    let content = html! {
        section {
            p.muted { "You pay" }
            p.amount { (shown(payment.amount_micros, &payment.currency)) }
            p { (payment.description) }
            p.small.muted { "Reference " (payment.reference) " · transaction " (payment.key.transaction_id) }
        }
        @if payment.word.is_some() {
            section {
                h2 { "What this issuer says" }
                p #outcome { strong { (word.outcome.as_str()) } @if let Some(reason) = &word.reason { " – " (reason) } }
                @if word.amount_micros != payment.amount_micros {
                    p.bad { "Over another amount: " (shown(word.amount_micros, &payment.currency)) }
                }
                @if let Some(later) = &payment.later {
                    p { "Becomes " strong { (later.then.outcome.as_str()) } " at " (time(Timestamp::from_millis(later.due_ms))) }
                }
                p { a.button.main #return href=(return_url) { "Back to the payment" } }
            }
        }
        @if !payment.is_final() { (choices(payment)) }
    };
    page(Site::Issuer, StatusCode::OK, name, content)
}

fn choices(payment: &Payment) -> Markup {
    let action = format!("/{}/payments/{}", payment.key.issuer, payment.key.transaction_id);
    html! {
        form method="post" action=(action) {
            section {
                h2 { "Pay" }
                p { button.main name="action" value="approve" { "Approve" } }
                p { button name="action" value="cancel" { "Cancel" } }
            }
            section {
                h2 { "Decline" }
                div.row {
                    button name="action" value="decline:" { "Without a reason" }
                    @for (reason, text) in REASONS {
                        button name="action" value={ "decline:" (reason) } { (text) }
                    }
                }
            }
            section {
                h2 { "Approve, but …" }
                div.row {
                    button name="action" value="approve_twice" { "return twice" }
                    button name="action" value="approve_no_return" { "never return, say nothing" }
                    button name="action" value="approve_event_only" { "never return, send the event" }
                    button name="action" value="approve_other_amount" { "another amount" }
                }
            }
            section {
                h2 { "Decide later" }
                p.small.muted { "Returns as pending at once; the event follows when it is decided." }
                div.row {
                    label { "Then" select name="then" {
                        option value="approved" { "approved" }
                        option value="declined:" { "declined" }
                        option value="declined:insufficient_funds" { "declined: insufficient funds" }
                        option value="cancelled" { "cancelled" }
                        option value="pending" { "stays pending" }
                    } }
                    label { "After seconds" input type="number" name="delay" value="10" min="0" max="604800"; }
                    button name="action" value="later" { "Decide later" }
                }
            }
            section {
                h2 { "With it" }
                div.row {
                    label { "Event about a decision" select name="event" {
                        option value="after" { "after the return" }
                        option value="before" { "before the return" }
                        option value="none" { "none" }
                    } }
                    label { "Raw code" input type="text" name="raw_code" maxlength="40" autocomplete="off"; }
                }
            }
        }
    }
}

pub(super) fn home(desk: &Desk) -> HttpResponse {
    let content = desk.journal.read(|book| {
        html! {
            section { h2 { "Issuers" } ul { @for issuer in desk.issuers.values() { li { (issuer.name) " " span.muted { (issuer.id) } } } } }
            (payments(book))
            (refunds(book))
            (policy(&book.policy))
            section {
                h2 { "Events on their way" }
                @if book.events.is_empty() { p.muted { "None." } }
                @for event in book.events.values() {
                    p { (event.issuer) " " (time(Timestamp::from_millis(event.at_ms)))
                        @if let Some(problem) = desk.courier.problem(&event.id) { " " span.bad { (problem) } } }
                    pre { (event.body) }
                }
            }
        }
    });
    page(Site::Issuer, StatusCode::OK, "Issuers", content)
}

fn payments(book: &Book) -> Markup {
    let mut latest: Vec<&Payment> = book.payments.values().collect();
    latest.sort_by_key(|payment| std::cmp::Reverse(payment.seen_ms));
    html! {
        section {
            h2 { "Payments" }
            @if latest.is_empty() { p.muted { "None yet." } } @else {
                div.scroll { table {
                    tr { th { "Seen" } th { "Issuer" } th { "Amount" } th { "Says" } }
                    @for payment in latest.into_iter().take(LATEST) {
                        tr {
                            td { a href={ "/" (payment.key.issuer) "/payments/" (payment.key.transaction_id) } {
                                (time(Timestamp::from_millis(payment.seen_ms))) } }
                            td { (payment.key.issuer) }
                            td { (shown(payment.amount_micros, &payment.currency)) }
                            td { (says(payment)) }
                        }
                    }
                } }
            }
        }
    }
}

fn says(payment: &Payment) -> &'static str {
    match &payment.word {
        None => "nothing yet",
        Some(word) => match word.outcome {
            Outcome::Approved => "approved",
            Outcome::Declined => "declined",
            Outcome::Cancelled => "cancelled",
            Outcome::Pending => "pending",
        },
    }
}

fn refunds(book: &Book) -> Markup {
    html! {
        section {
            h2 { "Refunds" }
            @if book.refunds.is_empty() { p.muted { "None yet." } } @else {
                div.scroll { table {
                    tr { th { "Refund" } th { "Issuer" } th { "Amount" } th { "Outcome" } }
                    @for refund in book.refunds.values().take(LATEST) {
                        tr {
                            td { (refund.id) }
                            td { (refund.key.issuer) }
                            td { (shown(refund.amount_micros, &refund.currency)) }
                            td { @match &refund.outcome {
                                RefundOutcome::Refunded => "refunded",
                                RefundOutcome::Refused(reason) => { "refused: " (reason) },
                                RefundOutcome::Pending => "pending",
                            } }
                        }
                    }
                } }
            }
        }
    }
}

fn policy(policy: &RefundPolicy) -> Markup {
    let now = match policy {
        RefundPolicy::ByAmount => "by amount".to_owned(),
        RefundPolicy::Refunded => "refunded at once".to_owned(),
        RefundPolicy::Refused(reason) => format!("refused: {reason}"),
        RefundPolicy::Pending(millis) => format!("pending, refunded after {} s", millis / 1000),
    };
    html! {
        section {
            h2 { "How refunds end" }
            p { "Now: " strong { (now) } "." }
            p.small.muted { "By amount: whole units ending in 13 are refused, in 17 pending for five seconds, all others refunded." }
            form.row method="post" action="/refunds" {
                label { "Refunds are" select name="policy" {
                    option value="by_amount" { "by amount" }
                    option value="refunded" { "refunded at once" }
                    option value="pending" { "pending, then refunded" }
                    @for (reason, text) in REASONS { option value={ "refused:" (reason) } { "refused: " (text) } }
                } }
                label { "After seconds" input type="number" name="delay" value="10" min="0" max="604800"; }
                button { "Set" }
            }
        }
    }
}
