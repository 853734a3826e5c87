//! What is billed, and how it stands.

use maud::{Markup, html};

use super::super::super::texts::{Message, Texts};
use super::super::layout::{IssuerMark, logo};
use super::InvoiceSheet;
use crate::domain::booking::RefundStanding;
use crate::domain::invoice::{Address, Item, ItemKind, Order, Quote, Stage, Via, View, quote};
use crate::domain::{Day, Money};

/// What it costs: as it was, or is being, paid for; else as far as that is known before a way of shipping is chosen.
pub(super) fn priced(view: &View) -> Quote {
    let content = &view.content;
    match order(view) {
        Some(order) => {
            let quote = quote(content, order.address.as_ref(), order.way.as_deref());
            Quote { total: order.total, pending: false, ..quote }
        }
        // Where only one way leads everywhere there is nothing to choose.
        None => match content.shipping.as_slice() {
            [only] if only.countries.is_empty() => quote(content, Some(&Address::default()), None),
            [] | [_, ..] => quote(content, None, None),
        },
    }
}

fn order(view: &View) -> Option<&Order> {
    match &view.stage {
        Stage::Open | Stage::Cancelled { .. } => None,
        Stage::BeingPaid(attempt) => Some(&attempt.order),
        Stage::Paid { payment, .. } => Some(&payment.order),
    }
}

/// Every item, and their sum.
pub(super) fn items(view: &View, texts: &Texts) -> Markup {
    let quote = priced(view);
    let way = quote.chosen.as_ref().and_then(|id| view.content.shipping.iter().find(|way| way.id == *id));
    let label = |item: &Item| match (&item.kind, way) {
        (ItemKind::Line(label), _) => label.to_string(),
        (ItemKind::Tax, _) => texts.say(Message::InvoiceTax),
        (ItemKind::Shipping, Some(way)) => texts.say(Message::InvoiceShippingBy { way: &way.label }),
        (ItemKind::Shipping, None) => texts.say(Message::InvoiceShipping),
    };
    html! {
        table.items {
            caption { (texts.say(Message::InvoiceItems)) }
            tbody {
                // What was paid without shipping has none to come.
                @for item in quote.items.iter().filter(|item| !item.pending || quote.pending) {
                    tr {
                        th scope="row" { bdi { (label(item)) } }
                        td {
                            @if item.pending { (texts.say(Message::InvoiceShippingLater)) }
                            @else { (texts.money(item.amount)) }
                        }
                    }
                }
            }
            tfoot {
                tr { th scope="row" { (texts.say(Message::InvoiceTotal)) } td { (texts.money(quote.total)) } }
            }
        }
    }
}

/// How far it is, in a word or two.
pub(super) fn badges(view: &View, overdue: bool, texts: &Texts) -> Markup {
    let (word, class) = match &view.stage {
        Stage::Open if overdue => (Message::StateOverdue, "alert"),
        Stage::Open => (Message::StateOpen, "plain"),
        Stage::BeingPaid(_) => (Message::StateBeingPaid, "plain"),
        Stage::Paid { payment, .. } => match view.refunded().micros() {
            0 => (Message::StatePaid, "done"),
            back if back >= payment.order.total.micros() => (Message::StateRefunded, "plain"),
            _part => (Message::StatePartlyRefunded, "plain"),
        },
        Stage::Cancelled { .. } => (Message::StateCancelled, "alert"),
    };
    html! {
        p.badges {
            span.label { (texts.say(Message::InvoiceState)) ": " }
            strong.badge.(class) { (texts.say(word)) }
            @if view.is_payable() {
                @if view.marks.transferred.is_some() { strong.badge.plain { (texts.say(Message::StateTransferred)) } }
                @if view.marks.disputed.is_some() { strong.badge.alert { (texts.say(Message::StateDisputed)) } }
            }
        }
    }
}

/// Who, when, and what became of the money.
pub(super) fn facts(page: &InvoiceSheet, texts: &Texts) -> Markup {
    let content = &page.view.content;
    html! {
        dl.facts {
            (fact(texts, Message::InvoiceTo, &html! { bdi { (content.recipient.name) } }))
            (fact(texts, Message::InvoiceIssued, &html! { (texts.day(Day::of(content.created_at))) }))
            (fact(texts, Message::InvoiceDue, &html! { (texts.day(content.due)) }))
            (delivery(&page.view, texts))
            (paid_facts(&page.view, page.paid_at.as_ref(), texts))
            @if let Some(contact) = &page.contact {
                (fact(texts, Message::InvoiceContact, &html! { bdi { (contact) } }))
            }
        }
    }
}

/// How it was paid, and what went back; nothing of what is not paid.
pub(super) fn paid_facts(view: &View, paid_at: Option<&IssuerMark>, texts: &Texts) -> Markup {
    html! {
        @if let Stage::Paid { payment, receipt, .. } = &view.stage {
            (fact(texts, Message::ReceiptNumber, &html! { (receipt) }))
            (fact(texts, Message::PaidAmount, &html! { (texts.money(payment.order.total)) }))
            (fact(texts, Message::PaidOn, &html! { (texts.day(Day::of(payment.at))) }))
            (fact(texts, Message::PaidWith, &paid_with(&payment.via, paid_at, texts)))
        }
        @for (what, amount) in refunds(view) { (fact(texts, what, &html! { (texts.money(amount)) })) }
    }
}

fn paid_with(via: &Via, paid_at: Option<&IssuerMark>, texts: &Texts) -> Markup {
    html! {
        @match (via, paid_at) {
            (Via::Card { .. }, _) => { (texts.say(Message::PaidByCard)) },
            (Via::Transfer { .. }, _) => { (texts.say(Message::PaidByTransfer)) },
            (Via::Redirect { .. }, Some(mark)) => { (logo(mark)) bdi { (mark.name) } },
            (Via::Redirect { .. }, None) => { (texts.say(Message::PaidAtBank)) },
        }
    }
}

/// Where it was, or is being, sent.
pub(super) fn delivery(view: &View, texts: &Texts) -> Markup {
    let address = order(view).and_then(|order| order.address.as_ref());
    let country = address.and_then(|address| address.country.as_deref());
    let lines = address.map(|address| address.lines.as_slice()).unwrap_or_default();
    let country = country.map(|code| texts.say(Message::CountryName { code }));
    let parts: Vec<&str> = lines.iter().map(|line| &**line).chain(country.as_deref()).collect();
    html! {
        @if !parts.is_empty() { (fact(texts, Message::InvoiceDeliverTo, &html! { bdi { (parts.join(", ")) } })) }
    }
}

/// What goes back, by how it stands.
fn refunds(view: &View) -> Vec<(Message<'static>, Money)> {
    let sum = |counts: &dyn Fn(bool, &RefundStanding) -> bool| {
        let own = view.refunds.iter().filter(|refund| counts(refund.late, &refund.standing));
        let micros = own.fold(0_i64, |sum, refund| sum.saturating_add(refund.amount.micros()));
        Money::new(micros, view.content.total.currency())
    };
    let failed = |standing: &RefundStanding| matches!(standing, RefundStanding::Failed { .. });
    let all = [
        (Message::RefundDone, view.refunded()),
        (Message::RefundUnderWay, view.refunding()),
        (Message::RefundUnclear, sum(&|late, standing| !late && failed(standing))),
        (Message::RefundLate, sum(&|late, _| late)),
    ];
    all.into_iter().filter(|(_, amount)| amount.micros() != 0).collect()
}

/// One row of a list of facts.
pub(super) fn fact(texts: &Texts, what: Message<'_>, value: &Markup) -> Markup {
    html! {
        div { dt { (texts.say(what)) } dd { (value) } }
    }
}
