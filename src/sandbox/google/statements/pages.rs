//! The statements' pages.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};

use super::super::Shop;
use super::super::book::Book;
use super::super::pages::{asked, misbehave, pretty};
use super::kinds::Kind;
use super::{Event, Side, Statement, StatementCase};
use crate::domain::{Money, Timestamp};
use crate::sandbox::page::{Site, page, shown, time};

/// How many statements the list shows, and how many events a statement's page.
const LATEST: usize = 100;
const EVENTS: usize = 200;

fn moment(millis: i64) -> String {
    time(Timestamp::from_millis(millis))
}

/// All statements and the form, with what was wrong with the last one.
pub(super) fn list(shop: &Shop, problem: Option<&str>) -> HttpResponse {
    let content = html! {
        @if let Some(problem) = problem { section { p.bad #problem { (problem) } } }
        (form(shop))
        (shop.journal.read(statements))
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    page(Site::Google, status, "Statements", content)
}

fn form(shop: &Shop) -> Markup {
    html! {
        form method="post" action="/statements" {
            section {
                h2 { "Issue a statement" }
                p.small.muted {
                    "Over all payments and refunds that succeeded and stand on no accepted statement. Fees are taken from each \
                     payment, none from refunds."
                }
                div.grid {
                    label { "Account" select name="piaid" {
                        @for account in &shop.accounts { option value=(account.piaid) { (account.piaid) } }
                    } }
                    label { "Kind" select name="kind" {
                        @for kind in Kind::ALL { option value=(kind.name()) { (kind.title()) } }
                    } }
                    label { "Currency" select name="currency" {
                        option value="" { "of the oldest event" }
                        @for code in ["INR", "EUR", "USD", "JPY"] { option value=(code) { (code) } }
                    } }
                }
                div.grid {
                    label { "Fee in percent" input type="text" name="percent" value="2" inputmode="decimal"; }
                    label { "Fixed fee" input type="text" name="fixed" value="0" inputmode="decimal"; }
                    label { "Most events on a page" input type="number" name="page_size" min="1" max="1000" placeholder="1000"; }
                }
                p { button.main #issue { "Issue" } }
            }
        }
    }
}

fn statements(book: &Book) -> Markup {
    let mut latest: Vec<&StatementCase> = book.statements.values().collect();
    latest.sort_by_key(|case| std::cmp::Reverse(case.statement.at_ms));
    html! {
        section {
            h2 { "Issued" }
            @if latest.is_empty() { p.muted { "None yet." } } @else {
                div.scroll { table {
                    tr { th { "Issued" } th { "Account" } th { "Kind" } th { "Due" } th { "Events" } th { "Accepted" } }
                    @for case in latest.into_iter().take(LATEST) {
                        @let statement = &case.statement;
                        tr {
                            td { a href={ "/statements/" (statement.id) } { (moment(statement.at_ms)) } }
                            td { (statement.piaid) }
                            td { (statement.kind.title()) @if statement.revises.is_some() { " " span.muted { "revised" } } }
                            td { (shown(statement.total_due_micros, &statement.currency)) }
                            td { (statement.total_events) }
                            td { (accepted(case)) }
                        }
                    }
                } }
            }
        }
    }
}

fn accepted(case: &StatementCase) -> Markup {
    match &case.acceptance {
        None => html! { span.muted { "not yet" } },
        Some(acceptance) => match acceptance.vat_to_fee_ratio_micros {
            None => html! { span.good { "as it is" } },
            Some(ratio) => html! { span.good { "with VAT of " (percent(ratio)) } },
        },
    }
}

/// A ratio for people: `15 %`, `17.5 %`.
fn percent(ratio_micros: i64) -> String {
    let text = format!("{}.{:04}", ratio_micros / 10_000, ratio_micros.rem_euclid(10_000));
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// One statement: what it says, what was accepted, what was asked, and the buttons.
pub(super) fn statement(case: &StatementCase) -> HttpResponse {
    let statement = &case.statement;
    let content = html! {
        (head(case))
        (acceptance(case))
        (buttons(statement))
        (events(statement))
        (calls(case))
        section {
            h2 { "Requests to the integrator" }
            @for (at, exchange) in case.exchanges.iter().enumerate().rev() { (asked(exchange, at + 1 == case.exchanges.len())) }
        }
        section {
            h2 { "Answer requests about this statement badly" }
            (misbehave(&statement.id, case.misbehaving))
        }
    };
    page(Site::Google, StatusCode::OK, "Statement", content)
}

fn head(case: &StatementCase) -> Markup {
    let statement = &case.statement;
    let money = |micros: i64| shown(micros, &statement.currency);
    html! {
        section {
            p.muted { "Total due by the integrator" }
            p.amount #due { (money(statement.total_due_micros)) }
            p #kind { (statement.kind.title()) }
            dl.small {
                dt { "statementId" } dd { (statement.id) }
                dt { "Account" } dd { (statement.piaid) }
                dt { "Memo line" } dd #memo { (statement.memo_line_id) }
                dt { "Issued" } dd { (moment(statement.at_ms)) }
                dt { "Billing period" } dd { (moment(statement.period_ms.0)) " to " (moment(statement.period_ms.1)) }
                dt { "Due" } dd { (moment(statement.due_ms)) }
                dt { "Processed" } dd { (money(statement.total_processed_micros)) }
                dt { "Fees" } dd { (money(statement.total_fees_micros)) }
                dt { "totalEvents" } dd { (statement.total_events) }
                @if let Some(revised) = &statement.revises {
                    dt { "Revises" } dd { a href={ "/statements/" (revised) } { (revised) } }
                }
            }
        }
    }
}

fn acceptance(case: &StatementCase) -> Markup {
    html! {
        section {
            h2 { "Acceptance" }
            p #accepted { (accepted(case)) }
            @if let Some(acceptance) = &case.acceptance {
                p.small.muted { (moment(acceptance.at_ms)) " by the request " (acceptance.request_id) }
            }
            @if let Some(vat) = case.vat_micros() {
                p.small { "VAT out of the fees: " (shown(vat, &case.statement.currency)) }
            }
        }
    }
}

fn buttons(statement: &Statement) -> Markup {
    let action = |what: &str| format!("/statements/{}/{what}", statement.id);
    let wrong = statement.total_due_micros.saturating_abs().saturating_add(statement.unit_micros());
    let wrong = crate::domain::Currency::parse(&statement.currency)
        .map_or_else(|_| wrong.to_string(), |currency| Money::new(wrong, currency).decimal());
    html! {
        section {
            h2 { "Do" }
            div.row {
                form method="post" action=(action("replay")) { button #replay { "Notify again" } }
                form method="post" action=(action("changed")) { button #changed { "Notify changed" } }
                form method="post" action=(action("revise")) { button #revise { "Revise" } }
                a.button #booked href=(action("camt053.xml")) { "Download as the bank would book it" }
                a.button #misbooked href={ (action("camt053.xml")) "?amount=" (wrong) } { "The same, with a wrong amount" }
            }
            p.small.muted {
                "Again: same requestId, fresh timestamp, the same answer is expected. Changed: same requestId, another total; 412 is \
                 expected. Revise: a right statement for the same billing period, under a new id."
            }
        }
    }
}

fn events(statement: &Statement) -> Markup {
    html! {
        section {
            h2 { "Events" }
            div.scroll { table {
                tr { th { "Event" } th { "Google's id" } th { "Integrator's id" } th { "Amount" } th { "Fee" } }
                @for event in statement.events.iter().take(EVENTS) { (row(event, &statement.currency)) }
            } }
            @if statement.events.len() > EVENTS { p.small.muted { "and " (statement.events.len() - EVENTS) " more" } }
        }
    }
}

fn row(event: &Event, currency: &str) -> Markup {
    html! {
        tr {
            td { @match event.side { Side::Capture => "capture", Side::Refund => "refund" } }
            td { (event.request_id) }
            td { (event.integrator_id.as_deref().unwrap_or_default()) }
            td { (match event.amount_micros.parse() {
                Ok(micros) => shown(micros, &event.currency),
                Err(_) => format!("{} micros {}", event.amount_micros, event.currency),
            }) }
            td { (shown(event.fee_micros, currency)) }
        }
    }
}

fn calls(case: &StatementCase) -> Markup {
    html! {
        section {
            h2 { "Requests of the integrator" }
            @if case.calls.is_empty() { p.muted { "None yet." } }
            @for call in case.calls.iter().rev().take(LATEST) {
                details {
                    summary {
                        (call.method.name()) " · " span.muted { (call.request_id) } " · " span.status { (call.status) }
                        @if let Some(problem) = &call.problem { " " span.bad { (problem) } }
                    }
                    p.small.muted { (moment(call.at_ms)) }
                    pre { (pretty(&call.clear)) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_shown_as_percentages() {
        for (micros, expected) in
            [(150_000, "15 %"), (175_000, "17.5 %"), (0, "0 %"), (1_000_000, "100 %"), (1, "0.0001 %")]
        {
            assert_eq!(percent(micros), expected);
        }
    }
}
