//! One invoice: what it says, how it stands, where the money is, what was mailed, and what happened.

use actix_web::web;
use maud::{Markup, html};

use super::list::state;
use super::preview::preview;
use super::timeline::{end, letter, said};
use super::{Found, find};
use crate::crypto::invoice_payment_id;
use crate::domain::invoice::{Attempt, By, Event, Input, Invoice, Letter, Refund, Stage, Via};
use crate::domain::{Capability, Machine as _, Money, Timestamp};
use crate::web::console::PREFIX;
use crate::web::console::books::{attention, disputes, entries, refund_standing, timeline};
use crate::web::console::frame::page;
use crate::web::console::parts::{Column, Mood, badge, moment, money, nothing, table};
use crate::web::console::signed::Signed;
use crate::web::console::trouble::Answer;
use crate::web::console::words::Words;
use crate::web::surface::Surface;

/// What happened, and when.
type Journal = Vec<(Timestamp, Event)>;

/// `GET /invoices/{reference}`
pub(super) async fn show(surface: web::Data<Surface>, signed: Signed, reference: web::Path<String>) -> Answer {
    let found = find(&surface, &reference).await?;
    let (words, now) = (signed.words(), surface.clock.now());
    let mut journal: Journal = Vec::new();
    for row in surface.store.journal(found.id()).await? {
        journal.push((row.at, row.decode::<Invoice>()?));
    }
    let ledger = surface.store.ledger_of(found.id()).await?;
    let letters: Vec<(u32, Letter)> = journal
        .iter()
        .filter_map(|(_, event)| match event {
            Event::LetterAsked { number, letter, .. } => Some((*number, *letter)),
            _ => None,
        })
        .collect();
    let happened: Vec<_> = journal.iter().map(|(at, event)| (*at, said(words, event, &letters))).collect();
    let title = words.tell("invoice-title", &[("reference", found.reference.to_string().into())]);
    let content = html! {
        h1 { (title) }
        (head(words, &found, now))
        (recipient_said(&signed, &found))
        (acts(&surface, &signed, &found))
        div.columns { (content_of(words, &found)) (about(&surface, &signed, &found)) }
        section aria-labelledby="money" {
            h2 #money { (words.say("invoice-money")) }
            (payment(words, &found))
            (attempts(words, &found, &journal))
            (refunds(words, &found.view.refunds))
            (entries(words, &ledger))
        }
        section aria-labelledby="letters" { h2 #letters { (words.say("invoice-letters")) } (mailed(words, &journal)) }
        section aria-labelledby="timeline" { h2 #timeline { (words.say("invoice-timeline")) } (timeline(words, &happened)) }
    };
    page(&signed, &title, &content)
}

fn head(words: &Words, found: &Found, now: Timestamp) -> Markup {
    let name = match &found.view.stage {
        Stage::Open => "open",
        Stage::BeingPaid(_) => "being_paid",
        Stage::Paid { .. } => "paid",
        Stage::Cancelled { .. } => "cancelled",
    };
    html! {
        p {
            (state(words, name))
            @if found.view.is_overdue(now) { " " (badge(Mood::Attention, &words.say("invoice-overdue"))) }
        }
        (attention(words, Invoice::attention(&found.state).map(crate::domain::Attention::as_str)))
    }
}

/// What the recipient has said on the invoice's page, and how a person answers it.
fn recipient_said(signed: &Signed, found: &Found) -> Markup {
    let (words, marks) = (signed.words(), &found.view.marks);
    if !found.view.is_payable() || (marks.transferred.is_none() && marks.disputed.is_none()) {
        return html! {};
    }
    html! {
        section aria-labelledby="said" {
            h2 #said { (words.say("invoice-said")) }
            @if let Some(at) = marks.transferred { p { (words.say("invoice-said-transferred")) " " (moment(at)) } }
            @if let Some(at) = marks.disputed { p { (words.say("invoice-said-disputed")) " " (moment(at)) } }
            @if signed.may(Capability::DecideMoney) {
                p.hint { (words.say("invoice-resolve-hint")) }
                div.actions {
                    a.button.quiet href=(found.address("/paid")) { (words.say("invoice-to-paid")) }
                    (signed.form(&found.address("/resolve"), &html! {
                        button.quiet type="submit" { (words.say("invoice-resolve")) }
                    }))
                }
            }
        }
    }
}

/// What can be done now by this person.
fn acts(surface: &Surface, signed: &Signed, found: &Found) -> Markup {
    if !signed.may(Capability::DecideMoney) {
        return html! {};
    }
    let (words, now, by) = (signed.words(), surface.clock.now(), Some(signed.user.clone()));
    let possible = |input: &Input| matches!(preview(&found.state, input, now), Ok(Some(_)));
    let send = surface.invoices.desk.mails && possible(&Input::Send);
    let resend = found.view.sent.is_some();
    html! {
        div.actions {
            @if send {
                (signed.form(&found.address("/send"), &html! {
                    button type="submit" { (words.say(if resend { "invoice-send-again" } else { "invoice-send" })) }
                }))
            }
            @if possible(&Input::MarkPaid { by: signed.user.clone(), note: "".into() }) {
                a.button.quiet href=(found.address("/paid")) { (words.say("invoice-to-paid")) }
            }
            @if possible(&Input::Refund { amount_micros: None, by: by.clone() }) {
                a.button.quiet href=(found.address("/refund")) { (words.say("invoice-to-refund")) }
            }
            @if found.view.is_payable() {
                a.button.quiet href=(found.address("/cancel")) { (words.say("invoice-to-cancel")) }
            }
        }
        @if let Stage::BeingPaid(attempt) = &found.view.stage {
            p.hint { (words.say("invoice-being-paid-since")) " " (moment(attempt.at)) ". " (words.say("invoice-give-up-hint")) }
        }
        @if !surface.invoices.desk.mails { p.hint { (words.say("invoice-no-mail")) } }
    }
}

/// Lines, tax, total, shipping.
fn content_of(words: &Words, found: &Found) -> Markup {
    let content = &found.view.content;
    let currency = content.total.currency();
    let amount = |micros: i64| money(words, Money::new(micros, currency));
    let mut rows: Vec<Vec<Markup>> =
        content.lines.iter().map(|line| vec![html! { bdi { (line.label) } }, amount(line.micros)]).collect();
    rows.extend(content.tax_micros.map(|tax| vec![html! { (words.say("invoice-tax")) }, amount(tax)]));
    rows.push(vec![
        html! { strong { (words.say("invoice-total")) } },
        html! { strong { (money(words, content.total)) } },
    ]);
    let columns = [(words.say("invoice-line"), Column::Head), (words.say("invoice-amount"), Column::Number)];
    html! {
        section aria-labelledby="billed" {
            h2 #billed { (words.say("invoice-content")) }
            (table(&words.say("invoice-lines"), &columns, &rows))
            @if !content.shipping.is_empty() {
                h3 { (words.say("invoice-shipping")) }
                ul {
                    @for way in &content.shipping {
                        li {
                            bdi { (way.label) } " " (amount(way.micros)) " "
                            @if way.countries.is_empty() { (words.say("invoice-everywhere")) }
                            @else { bdi { (way.countries.join(", ")) } }
                        }
                    }
                }
            }
        }
    }
}

/// Whom it goes to, and when. The link opens the page for whoever has it: only who may act gets one.
fn about(surface: &Surface, signed: &Signed, found: &Found) -> Markup {
    let (words, content) = (signed.words(), &found.view.content);
    let link = signed
        .may(Capability::DecideMoney)
        .then(|| surface.invoices.letters.page(&found.reference, surface.clock.now()).ok())
        .flatten();
    html! {
        section aria-labelledby="about" {
            h2 #about { (words.say("invoice-about")) }
            dl.facts {
                div { dt { (words.say("invoice-recipient")) } dd { bdi { (content.recipient.name) } } }
                div { dt { (words.say("invoice-email")) } dd { bdi { (content.recipient.email) } } }
                div {
                    dt { (words.say("invoice-language")) }
                    dd { (words.name("invoice-language", content.recipient.language.tag())) }
                }
                div { dt { (words.say("invoice-due")) } dd { (words.day(content.due)) } }
                div { dt { (words.say("invoice-made")) } dd { (moment(content.created_at)) } }
                div {
                    dt { (words.say("invoice-sent")) }
                    dd { @if let Some(at) = found.view.sent { (moment(at)) } @else { (words.say("invoice-not-sent")) } }
                }
            }
            @if let Some(link) = link {
                div.field {
                    label for="link" { (words.say("invoice-link")) }
                    input #link type="text" readonly value=(link.as_str()) aria-describedby="link-hint";
                    p.hint #link-hint { (words.say("invoice-link-hint")) }
                }
            }
        }
    }
}

/// How it was paid.
fn payment(words: &Words, found: &Found) -> Markup {
    let Stage::Paid { payment, receipt, disputes: disputed } = &found.view.stage else {
        return nothing(&words.say("invoice-not-paid"));
    };
    let (by, detail) = match &payment.via {
        Via::Card { intent } => ("card", Some(intent.to_string())),
        Via::Redirect { issuer } => ("redirect", issuer.as_ref().map(ToString::to_string)),
        Via::Transfer { note, .. } => ("transfer", Some(note.to_string())),
    };
    let payer = &payment.order.payer;
    html! {
        dl.facts {
            div { dt { (words.say("invoice-paid-amount")) } dd { (money(words, payment.order.total)) } }
            div { dt { (words.say("invoice-paid-at")) } dd { (moment(payment.at)) } }
            div {
                dt { (words.say("invoice-paid-by")) }
                dd { (words.name("invoice-via", by)) @if let Some(detail) = detail { " " bdi.id { (detail) } } }
            }
            @if let Via::Transfer { by, .. } = &payment.via {
                div { dt { (words.say("invoice-marked-by")) } dd { bdi { (by) } } }
            }
            div { dt { (words.say("invoice-receipt")) } dd { bdi.id { (receipt) } } }
            @if let Some(name) = &payer.name { div { dt { (words.say("invoice-payer")) } dd { bdi { (name) } } } }
            @if let Some(email) = &payer.email { div { dt { (words.say("invoice-payer-email")) } dd { bdi { (email) } } } }
            @if let Some(way) = &payment.order.way { div { dt { (words.say("invoice-way")) } dd { bdi { (way) } } } }
            div { dt { (words.say("invoice-refunded")) } dd { (money(words, found.view.refunded())) } }
            div { dt { (words.say("invoice-refunding")) } dd { (money(words, found.view.refunding())) } }
        }
        @if let Some(table) = disputes(words, disputed.iter()) { (table) }
    }
}

/// Every attempt to pay: those that are over, and the one under way.
fn attempts(words: &Words, found: &Found, journal: &Journal) -> Markup {
    let begun = journal
        .iter()
        .filter_map(|(_, event)| if let Event::Attempted(attempt) = event { Some(attempt) } else { None });
    let ended = found.state.past().map(|past| past.ended.as_slice()).unwrap_or_default();
    let row = |attempt: &Attempt| {
        let over = (attempt.number as usize).checked_sub(1).and_then(|place| ended.get(place));
        let how = match &attempt.by {
            By::Card { .. } => html! { (words.name("invoice-via", "card")) },
            By::Redirect { issuer, .. } => html! {
                a href=(format!("{PREFIX}/payments/{}", invoice_payment_id(found.id(), attempt.number))) {
                    (words.name("invoice-via", "redirect"))
                }
                @if let Some(issuer) = issuer { " " bdi.id { (issuer.as_str()) } }
            },
        };
        let standing = match over {
            None => badge(Mood::Waiting, &words.say("invoice-attempt-under-way")),
            Some(over) => {
                let (text, detail) = end(words, &over.end);
                html! { (text) @if let Some(detail) = detail { " " bdi.id { (detail) } } }
            }
        };
        vec![
            html! { (words.count(attempt.number)) },
            moment(attempt.at),
            how,
            money(words, attempt.order.total),
            standing,
        ]
    };
    let rows: Vec<_> = begun.map(row).collect();
    if rows.is_empty() {
        return html! {};
    }
    let columns = [
        (words.say("invoice-attempt-number"), Column::Head),
        (words.say("invoice-attempt-at"), Column::Text),
        (words.say("invoice-attempt-by"), Column::Text),
        (words.say("invoice-amount"), Column::Number),
        (words.say("invoice-attempt-end"), Column::Text),
    ];
    table(&words.say("invoice-attempts"), &columns, &rows)
}

fn refunds(words: &Words, refunds: &[Refund]) -> Markup {
    if refunds.is_empty() {
        return html! {};
    }
    let row = |refund: &Refund| {
        vec![
            money(words, refund.amount),
            refund_standing(words, &refund.standing),
            html! { (words.count(refund.tries)) },
            html! { @if refund.late { (words.say("invoice-refund-late")) } },
            html! { @if let Some(by) = &refund.by { bdi { (by) } } },
        ]
    };
    let columns = [
        (words.say("invoice-amount"), Column::Head),
        (words.say("invoice-refund-state"), Column::Text),
        (words.say("invoice-refund-tries"), Column::Number),
        (words.say("invoice-refund-what"), Column::Text),
        (words.say("invoice-refund-by"), Column::Text),
    ];
    table(&words.say("invoice-refunds"), &columns, &refunds.iter().map(row).collect::<Vec<_>>())
}

/// What was mailed, and what became of it.
fn mailed(words: &Words, journal: &Journal) -> Markup {
    let row = |number: u32, what: Letter, asked: Timestamp| {
        let left = journal.iter().find_map(|(_, event)| match event {
            Event::Mailed { number: known, at } if *known == number => Some(Some(*at)),
            Event::NotMailed { number: known } if *known == number => Some(None),
            _ => None,
        });
        let standing = match left {
            None => badge(Mood::Waiting, &words.say("invoice-letter-waiting")),
            Some(None) => badge(Mood::Over, &words.say("invoice-letter-not-sent")),
            Some(Some(at)) => html! { (badge(Mood::Good, &words.say("invoice-letter-sent"))) " " (moment(at)) },
        };
        vec![html! { (letter(words, what)) }, moment(asked), standing]
    };
    let rows: Vec<_> = journal
        .iter()
        .filter_map(|(_, event)| match event {
            Event::LetterAsked { number, letter, at } => Some(row(*number, *letter, *at)),
            _ => None,
        })
        .collect();
    if rows.is_empty() {
        return nothing(&words.say("invoice-letters-none"));
    }
    let columns = [
        (words.say("invoice-letter-what"), Column::Head),
        (words.say("invoice-letter-asked"), Column::Text),
        (words.say("invoice-letter-standing"), Column::Text),
    ];
    table(&words.say("invoice-letters-caption"), &columns, &rows)
}
