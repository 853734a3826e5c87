//! The head of a payment's page: how it stands, what it is about, and when something happens by itself.

use maud::{Markup, html};

use super::channels::{negative, verdict};
use super::dossier::{Dossier, Past};
use super::money::refunds_of;
use super::{mood, path_of};
use crate::domain::redirect_payment::{Closing, Origin, Receipt, RedirectPayment, State};
use crate::domain::{Attention, Machine as _, Timestamp};
use crate::web::console::PREFIX;
use crate::web::console::complaints::Form;
use crate::web::console::parts::{badge, moment, money, submit};
use crate::web::console::words::Words;

/// A fact that has a name.
type Fact = (String, Markup);

/// The section.
pub(super) fn section(words: &Words, dossier: &Dossier) -> Markup {
    let facts: Vec<Fact> = what(words, dossier).into_iter().chain(clock(words, &dossier.state)).collect();
    html! {
        section aria-labelledby="summary" {
            h2 #summary { (words.say("payment-summary-title")) }
            p {
                (state(words, &dossier.state)) " " (words.say("payment-summary-google-hears")) " "
                (verdict(words, &dossier.state.verdict())) "."
            }
            dl.facts { @for (name, value) in &facts { div { dt { (name) } dd { (value) } } } }
            @if !dossier.faithful { p.wrong role="alert" { (words.say("payment-summary-unfaithful")) } }
        }
    }
}

/// The state in words.
fn state(words: &Words, state: &State) -> Markup {
    let name = RedirectPayment::state_name(state);
    let attention = RedirectPayment::attention(state);
    html! { (badge(mood(name, attention.is_some()), &words.name("payment-state", name))) }
}

fn what(words: &Words, dossier: &Dossier) -> Vec<Fact> {
    let (terms, state) = (&dossier.terms, &dossier.state);
    let mut facts = vec![
        (words.say("payments-transaction"), html! { span.id { (dossier.id()) } }),
        (words.say("payments-amount-of"), money(words, terms.amount)),
        (words.say("payment-summary-description"), html! { bdi { (terms.description) } }),
    ];
    match &terms.origin {
        Origin::Google(google) => {
            facts.push((words.say("payment-summary-origin"), html! { (words.say("payment-summary-origin-google")) }));
            facts.push((words.say("payments-account"), html! { bdi { (google.piaid) } }));
            facts.push((words.say("payments-request"), html! { bdi.id { (google.request_id) } }));
        }
        Origin::Invoice(of) => facts.push((
            words.say("payment-summary-origin"),
            html! {
                a href=(format!("{PREFIX}/invoices/{}", of.reference)) {
                    (words.say("payment-summary-origin-invoice")) " " bdi { (of.reference) }
                }
                ", " (words.tell("payment-summary-attempt", &[("attempt", of.attempt.to_string().into())]))
            },
        )),
    }
    if let Some(issuer) = state.issuer() {
        facts.push((words.say("payments-issuer"), html! { bdi.id { (issuer) } }));
    }
    facts.extend(ending(words, state));
    facts
}

/// What an ending left behind.
fn ending(words: &Words, state: &State) -> Vec<Fact> {
    let refused = |closing: &Closing| {
        let mut facts = vec![(words.say("payment-summary-reason"), negative(words, &closing.negative))];
        facts.extend(closing.difference.map(|other| (words.say("payment-summary-difference"), money(words, other))));
        facts
    };
    let taken = |(name, receipt): (String, &Receipt)| {
        let value = html! {
            (money(words, receipt.amount)) ", " (words.say("payment-event-reference")) " " bdi.id { (receipt.reference) } ", "
            (moment(receipt.at))
        };
        (name, value)
    };
    match state {
        State::Paid { receipt, further, .. } => std::iter::once((words.say("payment-summary-taken"), receipt))
            .chain(further.iter().map(|receipt| (words.say("payment-summary-taken-again"), receipt)))
            .map(taken)
            .collect(),
        State::PaidAfterClose { closing, receipt, further, .. } => refused(closing)
            .into_iter()
            .chain(
                std::iter::once((words.say("payment-summary-taken-late"), receipt))
                    .chain(further.iter().map(|receipt| (words.say("payment-summary-taken-again"), receipt)))
                    .map(taken),
            )
            .collect(),
        State::Declined(closing) | State::Abandoned(closing) | State::Expired(closing) => refused(closing),
        State::Pending { difference: Some(other), .. } => {
            vec![(words.say("payment-summary-difference"), money(words, *other))]
        }
        State::Unstarted | State::AwaitingIssuerChoice { .. } | State::AtIssuer { .. } | State::Pending { .. } => {
            Vec::new()
        }
    }
}

/// What happens by itself, and when.
fn clock(words: &Words, state: &State) -> Vec<Fact> {
    let at = |key: &str, at: Timestamp| (words.say(key), moment(at));
    let mut facts = Vec::new();
    if let Some(terms) = state.terms() {
        facts.push(at("payments-began", terms.created_at));
    }
    match state {
        State::AwaitingIssuerChoice { terms, .. } => facts.push(at("payment-summary-choose-by", terms.choose_by)),
        State::AtIssuer { deadline: Some(deadline), .. } => facts.push(at("payment-summary-deadline", *deadline)),
        State::AtIssuer { deadline: None, .. } | State::Pending { next_ask: None, .. } => {
            facts.push((words.say("payment-summary-next-ask"), html! { (words.say("payment-summary-being-asked")) }));
        }
        State::Pending { gives_up, next_ask: Some(next), .. } => {
            facts.push(at("payment-summary-next-ask", *next));
            facts.push(at("payment-summary-gives-up", *gives_up));
        }
        State::Paid { .. } | State::PaidAfterClose { .. } => {
            let next = refunds_of(state).and_then(crate::domain::redirect_payment::Refunds::next_ask);
            facts.extend(next.map(|next| at("payment-summary-refund-ask", next)));
        }
        State::Unstarted | State::Declined(_) | State::Abandoned(_) | State::Expired(_) => {}
    }
    facts
}

/// Why it stands before finance, in a sentence of its own.
pub(super) fn attention(words: &Words, reason: Attention) -> Markup {
    html! {
        p.note role="status" {
            strong { (words.say("payment-summary-attention")) ": " (words.name("payment-attention", reason.as_str())) ". " }
            (words.name("payment-attention-means", reason.as_str()))
        }
    }
}

/// Which moment is looked at, and the way to another one.
pub(super) fn past(fields: &mut Form<'_>, dossier: &Dossier) -> Markup {
    let words = fields.words();
    let here = path_of(dossier.id());
    let last = dossier.moments.last();
    html! {
        @if dossier.past.is_some() {
            div.note role="status" {
                p {
                    strong {
                        @match (dossier.past, last) {
                            (Some(Past::Time(at)), _) => { (words.say("payment-past-at")) " " (moment(at)) }
                            (_, Some(last)) => {
                                (words.tell("payment-past-after", &[("seq", last.row.seq.to_string().into())])) " " (moment(last.row.at))
                            }
                            (_, None) => (words.say("payment-past-nothing")),
                        }
                    }
                }
                p { (words.say("payment-past-means")) " " a href=(here) { (words.say("payment-past-now")) } }
            }
        }
        section aria-labelledby="past" {
            h2 #past { (words.say("payment-past-title")) }
            form.row method="get" action=(here) {
                (fields.input("at", &words.say("payment-past-field"), "text"))
                (submit(&words.say("payment-past-show")))
            }
            p.hint { (words.say("payment-past-hint")) }
        }
    }
}
