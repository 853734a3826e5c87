//! What the three completion channels say of one payment, and whether they agree (flows-security section 5.3): the payer's
//! browser (C1), the notification (C2), and the answer to a status question (C3).

use maud::{Markup, html};

use super::dossier::{Dossier, Moment};
use crate::domain::Timestamp;
use crate::domain::redirect_payment::{Decline, Effect, Event, Negative, Origin, Outcome, RedirectPayment, Verdict};
use crate::storage::OutboxRow;
use crate::web::console::parts::{Column, Mood, badge, moment, table};
use crate::web::console::words::Words;

/// What one channel says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Channel {
    /// The key of its name.
    name: &'static str,
    /// What it says; `None`: nothing yet.
    says: Option<Verdict>,
    /// Since when, or when it was heard.
    at: Option<Timestamp>,
    /// The key of how far it is.
    how: &'static str,
    /// Whether it says what was decided.
    agrees: bool,
}

/// How the notification stands.
struct Told {
    says: Option<Verdict>,
    at: Option<Timestamp>,
    how: &'static str,
}

/// The channels, from the journal, the snapshot and the outbox.
fn channels(dossier: &Dossier) -> Vec<Channel> {
    let moments = &dossier.moments;
    let now = dossier.state.verdict();
    let closing = moments.iter().find(|moment| matches!(moment.after.verdict(), Verdict::Final(_)));
    let decided = closing.map_or(Verdict::Pending, |moment| moment.after.verdict());
    // Once decided, no later state says anything else.
    let since = |moment: &&Moment| closing.is_some_and(|closing| moment.row.seq >= closing.row.seq);
    let steady = moments.iter().filter(since).all(|moment| moment.after.verdict() == decided) && now == decided;
    let at = closing.map(|moment| moment.row.at);
    let told = told(dossier, closing);
    let agrees = told.says.as_ref().is_none_or(|says| *says == decided);
    let home = |name| Channel { name, says: Some(now.clone()), at, how: "payment-channel-how-home", agrees: steady };
    let notified = |name| Channel { name, says: told.says.clone(), at: told.at, how: told.how, agrees };
    match &dossier.terms.origin {
        Origin::Google(_) => vec![
            home("payment-channel-c1"),
            notified("payment-channel-c2"),
            Channel {
                name: "payment-channel-c3",
                says: Some(now.clone()),
                at,
                how: "payment-channel-how-status",
                agrees: steady,
            },
        ],
        Origin::Invoice(_) => vec![home("payment-channel-invoice-home"), notified("payment-channel-invoice-told")],
    }
}

fn told(dossier: &Dossier, closing: Option<&Moment>) -> Told {
    let Some(closing) = closing else { return Told { says: None, at: None, how: "payment-channel-how-not-yet" } };
    let heard = dossier.moments.iter().find(|moment| moment.event == Event::Notified);
    if let Some(heard) = heard {
        return Told { says: Some(closing.after.verdict()), at: Some(heard.row.at), how: "payment-channel-how-heard" };
    }
    // A past state knows only what was journaled by then.
    let waiting = dossier.outbox.iter().filter(|_| dossier.past.is_none()).find_map(notification);
    match waiting {
        Some((says, row)) => Told {
            says: Some(says),
            at: row.parked_at.or(Some(row.due_at)),
            how: match (row.parked_at, row.leased) {
                (Some(_), _) => "payment-channel-how-dead",
                (None, true) => "payment-channel-how-under-way",
                (None, false) => "payment-channel-how-waits",
            },
        },
        None if dossier.past.is_some() => {
            Told { says: Some(closing.after.verdict()), at: None, how: "payment-channel-how-not-heard" }
        }
        None => Told { says: Some(closing.after.verdict()), at: None, how: "payment-channel-how-given-up" },
    }
}

/// The outcome that waits in the outbox to be told.
fn notification(row: &OutboxRow) -> Option<(Verdict, &OutboxRow)> {
    match row.effect::<RedirectPayment>().ok()? {
        Effect::NotifyPaymentComplete { outcome, .. } | Effect::TellInvoice { outcome, .. } => {
            Some((Verdict::Final(outcome), row))
        }
        Effect::AskIssuerForStatus { .. }
        | Effect::RefundAtIssuer { .. }
        | Effect::NotifyRefundResult { .. }
        | Effect::ConsiderGivingBack { .. }
        | Effect::TellInvoiceOfRefund { .. } => None,
    }
}

/// The section.
pub(super) fn section(words: &Words, dossier: &Dossier) -> Markup {
    let found = channels(dossier);
    let agree = found.iter().all(|channel| channel.agrees);
    let columns = [
        (words.say("payment-channel"), Column::Head),
        (words.say("payment-channel-says"), Column::Text),
        (words.say("payment-channel-how"), Column::Text),
        (words.say("payment-channel-at"), Column::Text),
        (words.say("payment-channel-agrees"), Column::Text),
    ];
    let rows: Vec<Vec<Markup>> = found.iter().map(|channel| row(words, channel)).collect();
    html! {
        section aria-labelledby="channels" {
            h2 #channels { (words.say("payment-channels-title")) }
            @if agree { p { (badge(Mood::Good, &words.say("payment-channels-agree"))) } }
            @else { p.wrong role="alert" { (words.say("payment-channels-disagree")) } }
            (table(&words.say("payment-channels-caption"), &columns, &rows))
        }
    }
}

fn row(words: &Words, channel: &Channel) -> Vec<Markup> {
    vec![
        html! { (words.say(channel.name)) },
        html! { @match &channel.says {
            Some(says) => (verdict(words, says)),
            None => (words.say("payment-channel-nothing")),
        } },
        html! { (words.say(channel.how)) },
        html! { @if let Some(at) = channel.at { (moment(at)) } },
        html! {
            @if channel.agrees { (words.say("payment-channel-yes")) }
            @else { strong.attention { (words.say("payment-channel-no")) } }
        },
    ]
}

/// What a channel says, in words.
pub(super) fn verdict(words: &Words, says: &Verdict) -> Markup {
    match says {
        Verdict::Pending => html! { (words.say("payment-verdict-pending")) },
        Verdict::Final(Outcome::Success) => html! { (words.say("payment-verdict-success")) },
        Verdict::Final(Outcome::Negative(no)) => {
            html! { (words.say("payment-verdict-negative")) ": " (negative(words, no)) }
        }
    }
}

/// Why a payment was not made; the issuer's own code is foreign text.
pub(super) fn negative(words: &Words, no: &Negative) -> Markup {
    let (reason, limit) = match &no.decline {
        Decline::InsufficientFunds => ("insufficient-funds", None),
        Decline::OverLimit(limit) => ("over-limit", Some(*limit)),
        Decline::UnderLimit(limit) => ("under-limit", *limit),
        Decline::CurrencyNotSupported => ("currency-not-supported", None),
        Decline::Risk => ("risk", None),
        Decline::ByIssuer => ("by-issuer", None),
        Decline::PayerLeft => ("payer-left", None),
    };
    html! {
        (words.name("payment-decline", reason))
        @if let Some(limit) = limit { " (" (words.money(limit)) ")" }
        @if let Some(raw) = &no.raw { ", " (words.say("payment-decline-code")) " " bdi.id { (raw.as_str()) } }
    }
}
