//! The timeline: who said what, when, on which channel; and how the payment stood after each of it.

use maud::{Markup, html};

use super::channels::negative;
use super::dossier::{Dossier, Moment};
use super::redacted::redacted;
use super::{money, path_of};
use crate::domain::Timestamp;
use crate::domain::redirect_payment::{Event, Flow, Origin, Receipt, RefundOrigin, Terms};
use crate::web::console::parts::moment;
use crate::web::console::words::Words;

/// Entries of one page; earlier ones are reached by an earlier moment.
const ENTRIES: usize = 200;

/// Who said it, and how it came to us.
struct Source {
    /// The name of who: a key below `who`, or a name.
    who: String,
    /// The name of the channel: a key below `by`.
    by: &'static str,
}

/// The section.
pub(super) fn section(words: &Words, dossier: &Dossier) -> Markup {
    let hidden = dossier.moments.len().saturating_sub(ENTRIES);
    let shown = dossier.moments.get(hidden..).unwrap_or_default();
    let before = shown.first().filter(|_| hidden > 0).map(|first| first.row.seq - 1);
    html! {
        section aria-labelledby="timeline" {
            h2 #timeline { (words.say("payment-timeline-title")) }
            p.hint { (words.say("payment-timeline-hint")) }
            @if let Some(before) = before {
                p {
                    a href=(format!("{}?at={before}#timeline", path_of(dossier.id()))) {
                        (words.tell("payment-timeline-earlier", &[("count", hidden.to_string().into())]))
                    }
                }
            }
            ol.timeline {
                @for entry in shown { (self::entry(words, dossier, entry)) }
            }
            @if dossier.later > 0 {
                p {
                    a href=(path_of(dossier.id())) {
                        (words.tell("payment-timeline-later", &[("count", dossier.later.to_string().into())]))
                    }
                }
            }
        }
    }
}

fn entry(words: &Words, dossier: &Dossier, of: &Moment) -> Markup {
    let Source { who, by } = source(words, dossier, of);
    let seq = of.row.seq;
    html! {
        li id=(format!("j{seq}")) {
            p.muted { (moment(of.row.at)) " · " bdi { (who) } " · " (words.name("payment-by", by)) }
            p { (said(words, &dossier.terms, &of.event)) }
            details {
                summary { (words.tell("payment-timeline-details", &[("seq", seq.to_string().into())])) }
                pre tabindex="0" { (of.row.event) "\n" (redacted(&of.row.payload)) }
                p {
                    a href=(format!("{}?at={seq}", path_of(dossier.id()))) {
                        (words.tell("payment-timeline-state-then", &[("seq", seq.to_string().into())]))
                    }
                }
            }
        }
    }
}

fn source(words: &Words, dossier: &Dossier, moment: &Moment) -> Source {
    let of = |who: &str, by| Source { who: words.name("payment-who", who), by };
    let (terms, unsent) = (&dossier.terms, moment.after.issuer().is_none());
    let owner = if terms.origin.google().is_some() { "google" } else { "invoice" };
    match &moment.event {
        Event::Started { .. } => match &terms.origin {
            Origin::Google(google) if google.flow == Flow::Generate => of("google", "generate"),
            Origin::Google(_) => of("google", "begin"),
            Origin::Invoice(_) => of("payer", "invoice-page"),
        },
        Event::SentToIssuer { .. } => of("payer", "browser"),
        Event::IssuerAsked | Event::RefundAsked { .. } => of("house", "to-issuer"),
        Event::StillPending { .. }
        | Event::AmountDiffered { .. }
        | Event::Paid(_)
        | Event::PaidAfterClose(_)
        | Event::PaidAgain(_)
        | Event::Contradicted { .. } => of("issuer", "issuer-word"),
        Event::Declined(_) if unsent => of("house", "begin"),
        Event::Declined(_) => of("issuer", "issuer-word"),
        Event::Abandoned(_) if unsent => of("payer", "browser"),
        Event::Abandoned(_) => of("payer", "issuer-or-browser"),
        Event::Expired => of("house", "clock"),
        Event::Notified => of(owner, "c2"),
        Event::RefundOrdered(refund) => match &refund.origin {
            RefundOrigin::Ordered(_) => of(owner, "refund-order"),
            RefundOrigin::House(Some(by)) => Source { who: by.as_str().to_owned(), by: "desk" },
            RefundOrigin::House(None) => of("house", "configuration"),
        },
        Event::RefundStillPending { .. } | Event::RefundContradicted { .. } => of("issuer", "refund-word"),
        Event::RefundClosed { number, .. } if at_once(dossier, moment, *number) => of("house", "configuration"),
        Event::RefundClosed { .. } => of("issuer", "refund-word"),
        Event::RefundNotified { .. } => of(owner, "refund-result"),
        Event::DealtWith { by, .. } => Source { who: by.as_str().to_owned(), by: "desk" },
    }
}

/// Whether a refund ended with its order: beyond the window nobody was asked.
fn at_once(dossier: &Dossier, closed: &Moment, number: u32) -> bool {
    let before = dossier.moments.iter().rev().find(|moment| moment.row.seq < closed.row.seq);
    before.is_some_and(|before| {
        before.row.at == closed.row.at && matches!(&before.event, Event::RefundOrdered(order) if order.number == number)
    })
}

/// What an event says.
fn said(words: &Words, terms: &Terms, event: &Event) -> Markup {
    let of_refund = |key: &str, number: u32| words.tell(key, &[("number", number.to_string().into())]);
    match event {
        Event::Started { preselected, .. } => html! {
            (words.tell("payment-event-started", &[("amount", words.money(terms.amount).into())]))
            @if let Some((issuer, _)) = preselected { " " (words.say("payment-event-started-with")) " " bdi.id { (issuer) } "." }
        },
        Event::SentToIssuer { issuer, deadline } => html! {
            (words.say("payment-event-sent-to-issuer")) " " bdi.id { (issuer) } "; "
            (words.say("payment-event-until")) " " (moment(*deadline)) "."
        },
        Event::IssuerAsked => html! { (words.say("payment-event-issuer-asked")) },
        Event::StillPending { next_ask } => {
            html! { (words.say("payment-event-still-pending")) " " (again(words, *next_ask)) }
        }
        Event::AmountDiffered { reported, reference, next_ask } => html! {
            (words.tell("payment-event-amount-differed", &[("amount", words.money(*reported).into())]))
            " " (referenced(words, reference)) " " (again(words, *next_ask))
        },
        Event::Paid(receipt) => took(words, "payment-event-paid", receipt),
        Event::PaidAfterClose(receipt) => took(words, "payment-event-paid-after-close", receipt),
        Event::PaidAgain(receipt) => took(words, "payment-event-paid-again", receipt),
        Event::Declined(no) => html! { (words.say("payment-event-declined")) " " (negative(words, no)) "." },
        Event::Abandoned(no) => html! { (words.say("payment-event-abandoned")) " " (negative(words, no)) "." },
        Event::Expired => html! { (words.say("payment-event-expired")) },
        Event::Contradicted { word, reference } => html! {
            (words.say("payment-event-contradicted")) " " (words.name("payment-word", word)) ". " (referenced(words, reference))
        },
        Event::Notified => html! { (words.say("payment-event-notified")) },
        Event::RefundOrdered(refund) => html! {
            (of_refund("payment-event-refund-ordered", refund.number)) " " (words.money(refund.amount)) "."
        },
        Event::RefundAsked { number } => html! { (of_refund("payment-event-refund-asked", *number)) },
        Event::RefundStillPending { number, next_ask } => {
            html! { (of_refund("payment-event-refund-still-pending", *number)) " " (again(words, *next_ask)) }
        }
        Event::RefundClosed { number, standing } => {
            html! { (of_refund("payment-event-refund-closed", *number)) " " (money::standing(words, standing)) }
        }
        Event::RefundContradicted { number, moved: true } => {
            html! { (of_refund("payment-event-refund-moved", *number)) }
        }
        Event::RefundContradicted { number, moved: false } => {
            html! { (of_refund("payment-event-refund-unmoved", *number)) }
        }
        Event::RefundNotified { number } => html! { (of_refund("payment-event-refund-notified", *number)) },
        Event::DealtWith { about, why, .. } => html! {
            (words.say("payment-event-dealt-with")) " " (words.name("payment-attention", about.as_str())) ". “" bdi { (why) } "”"
        },
    }
}

fn took(words: &Words, key: &str, receipt: &Receipt) -> Markup {
    html! {
        (words.tell(key, &[("amount", words.money(receipt.amount).into())])) " " (referenced(words, &receipt.reference))
    }
}

fn referenced(words: &Words, reference: &str) -> Markup {
    html! { (words.say("payment-event-reference")) " " bdi.id { (reference) } "." }
}

fn again(words: &Words, at: Timestamp) -> Markup {
    html! { (words.say("payment-event-asked-again")) " " (moment(at)) "." }
}
