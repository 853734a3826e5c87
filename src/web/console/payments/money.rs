//! What a payment has booked, and what of it went back.

use maud::{Markup, html};

use super::dossier::Dossier;
use super::path_of;
use crate::domain::redirect_payment::{Refund, RefundDecline, RefundOrigin, RefundStanding, Refunds, State};
use crate::domain::{RefundId, RequestId};
use crate::storage::LedgerRow;
use crate::web::console::parts::{Column, Mood, badge, moment, money, nothing, table};
use crate::web::console::words::Words;

/// The requests that ordered refunds.
pub(super) fn orders(refunds: &Refunds) -> impl Iterator<Item = &RequestId> {
    refunds.iter().filter_map(|refund| match &refund.origin {
        RefundOrigin::Ordered(request_id) => Some(request_id),
        RefundOrigin::House(_) => None,
    })
}

/// The refunds of a payment that has any.
pub(super) fn refunds_of(state: &State) -> Option<&Refunds> {
    match state {
        State::Paid { refunds, .. } | State::PaidAfterClose { refunds, .. } => Some(refunds),
        State::Unstarted
        | State::AwaitingIssuerChoice { .. }
        | State::AtIssuer { .. }
        | State::Pending { .. }
        | State::Declined(_)
        | State::Abandoned(_)
        | State::Expired(_) => None,
    }
}

/// The refunds.
pub(super) fn refunds(words: &Words, dossier: &Dossier) -> Markup {
    let columns = [
        (words.say("payment-refund"), Column::Head),
        (words.say("payment-refund-amount"), Column::Number),
        (words.say("payment-refund-ordered"), Column::Text),
        (words.say("payment-refund-state"), Column::Text),
        (words.say("payment-refund-told"), Column::Text),
    ];
    let found: Vec<&Refund> = refunds_of(&dossier.state).into_iter().flat_map(Refunds::iter).collect();
    let rows: Vec<Vec<Markup>> = found.iter().map(|refund| refund_row(words, dossier, refund)).collect();
    html! {
        section aria-labelledby="refunds" {
            h2 #refunds { (words.say("payment-refunds-title")) }
            @if rows.is_empty() { (nothing(&words.say("payment-refunds-none"))) }
            @else { (table(&words.say("payment-refunds-caption"), &columns, &rows)) }
        }
    }
}

fn refund_row(words: &Words, dossier: &Dossier, refund: &Refund) -> Vec<Markup> {
    let id = RefundId { payment: dossier.id(), number: refund.number };
    vec![
        html! { span.id { (id) } },
        money(words, refund.amount),
        html! {
            (moment(refund.ordered_at)) br;
            @match &refund.origin {
                RefundOrigin::Ordered(request_id) => { (words.say("payment-refund-by-order")) " " bdi.id { (request_id) } }
                RefundOrigin::House(Some(by)) => { (words.say("payment-refund-by-person")) " " bdi { (by) } }
                RefundOrigin::House(None) => (words.say("payment-refund-by-configuration")),
            }
        },
        html! {
            (standing(words, &refund.standing))
            @if refund.contradicted { " " strong.attention { (words.say("payment-refund-contradicted")) } }
        },
        html! {
            @match (&refund.origin, refund.notified) {
                (RefundOrigin::House(_), _) => (words.say("payment-refund-told-nobody")),
                (RefundOrigin::Ordered(_), true) => (words.say("payment-refund-told-yes")),
                (RefundOrigin::Ordered(_), false) => (words.say("payment-refund-told-no")),
            }
        },
    ]
}

/// How a refund stands, in words.
pub(super) fn standing(words: &Words, standing: &RefundStanding) -> Markup {
    match standing {
        RefundStanding::AtIssuer { next_ask: None, .. } => badge(Mood::Waiting, &words.say("payment-refund-is-asked")),
        RefundStanding::AtIssuer { next_ask: Some(at), .. } => html! {
            (badge(Mood::Waiting, &words.say("payment-refund-is-pending"))) " " (words.say("payment-event-asked-again")) " " (moment(*at)) "."
        },
        RefundStanding::Refunded { reference, at } => html! {
            (badge(Mood::Good, &words.say("payment-refund-is-done"))) " " (moment(*at))
            @if let Some(reference) = reference { ". " (words.say("payment-event-reference")) " " bdi.id { (reference) } "." }
        },
        RefundStanding::Refused { refusal, at, moved } => html! {
            @if *moved { (badge(Mood::Attention, &words.say("payment-refund-is-moved"))) }
            @else { (badge(Mood::Over, &words.say("payment-refund-is-refused"))) }
            " " (moment(*at)) ": " (words.name("payment-refund-refusal", match refusal.reason {
                RefundDecline::AccountClosed => "account-closed",
                RefundDecline::AccountOnHold => "account-on-hold",
                RefundDecline::ExceedsMaximumBalance => "exceeds-maximum-balance",
                RefundDecline::WindowExceeded => "window-exceeded",
            }))
            @if let Some(raw) = &refusal.raw { ", " (words.say("payment-decline-code")) " " bdi.id { (raw.as_str()) } }
        },
    }
}

/// The lines of the ledger.
pub(super) fn ledger(words: &Words, dossier: &Dossier) -> Markup {
    let columns = [
        (words.say("payment-entry-at"), Column::Text),
        (words.say("payment-entry-account"), Column::Head),
        (words.say("payment-entry-debit"), Column::Number),
        (words.say("payment-entry-credit"), Column::Number),
        (words.say("payment-entry-reason"), Column::Text),
        (words.say("payment-entry-event"), Column::Text),
    ];
    let rows: Vec<Vec<Markup>> = dossier.ledger.iter().map(|line| entry(words, dossier, line)).collect();
    html! {
        section aria-labelledby="ledger" {
            h2 #ledger { (words.say("payment-entries-title")) }
            @if rows.is_empty() { (nothing(&words.say("payment-entries-none"))) }
            @else { (table(&words.say("payment-entries-caption"), &columns, &rows)) }
        }
    }
}

fn entry(words: &Words, dossier: &Dossier, line: &LedgerRow) -> Vec<Markup> {
    let debit = line.amount.micros() >= 0;
    let seq = line.place.journal_seq();
    vec![
        moment(line.at),
        html! { bdi { (line.ledger_account) } },
        html! { @if debit { (money(words, line.amount)) } },
        html! { @if !debit { (money(words, line.amount.negated())) } },
        html! {
            (words.name("payment-entry-reason", &line.reason))
            @if let Some(author) = &line.author { ", " (words.say("payment-refund-by-person")) " " bdi { (author) } }
        },
        html! {
            a href=(format!("{}?at={seq}", path_of(dossier.id()))) {
                (words.tell("payment-entry-event-number", &[("seq", seq.to_string().into())]))
            }
        },
    ]
}
