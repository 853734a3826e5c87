//! What happened to an invoice, in words.

use crate::domain::invoice::{By, End, Event, Letter, Via};
use crate::domain::{Money, booking::RefundStanding};
use crate::web::bookings::dispute_word;
use crate::web::console::books::Said;
use crate::web::console::words::Words;

/// What a letter is called.
pub(super) fn letter(words: &Words, letter: Letter) -> String {
    let name = match letter {
        Letter::Invoice => "invoice",
        Letter::DueSoon => "due-soon",
        Letter::Overdue => "overdue",
        Letter::FreshLink => "fresh-link",
        Letter::Receipt => "receipt",
        Letter::Cancelled => "cancelled",
        Letter::NotPaid => "not-paid",
    };
    words.name("invoice-letter", name)
}

/// How an attempt ended, with somebody else's word about it.
pub(super) fn end(words: &Words, end: &End) -> (String, Option<String>) {
    let (name, detail) = match end {
        End::Paid => ("paid", None),
        End::Declined(declined) => ("declined", Some(declined.code.to_string())),
        End::NotReached => ("not-reached", None),
        End::NotPaid { why } => ("not-paid", Some(why.to_string())),
    };
    (words.name("invoice-end", name), detail)
}

/// An event in words. Whoever pays, and where goods go, is not told again. `letters` knows letters by their number.
pub(super) fn said(words: &Words, event: &Event, letters: &[(u32, Letter)]) -> Said {
    let of_number = |number: u32| {
        let known = letters.iter().find(|(known, _)| *known == number);
        known.map(|(_, what)| letter(words, *what)).unwrap_or_default()
    };
    let about = |key: &str, number: u32| Said::plain(words.tell(key, &[("letter", of_number(number).into())]));
    match event {
        Event::Created { .. } => say(words, "invoice-event-created"),
        Event::LetterAsked { number, .. } => about("invoice-event-letter-asked", *number),
        Event::Mailed { number, .. } => about("invoice-event-mailed", *number),
        Event::NotMailed { number } => about("invoice-event-not-mailed", *number),
        Event::Reminded { .. } => say(words, "invoice-event-reminded"),
        Event::Attempted(attempt) => match &attempt.by {
            By::Card { .. } => with(words, "invoice-event-attempted-card", attempt.order.total),
            By::Redirect { issuer, .. } => {
                let said = with(words, "invoice-event-attempted-redirect", attempt.order.total);
                Said { detail: issuer.as_ref().map(ToString::to_string), ..said }
            }
        },
        Event::PaymentStarted { .. } => say(words, "invoice-event-payment-started"),
        Event::AttemptFailed { end: ended } => {
            let (text, detail) = end(words, ended);
            Said { detail, ..Said::plain(words.tell("invoice-event-attempt-failed", &[("end", text.into())])) }
        }
        Event::Paid(payment) => match &payment.via {
            Via::Card { intent } => with(words, "invoice-event-paid-card", payment.order.total).with(&**intent),
            Via::Redirect { issuer } => {
                let said = with(words, "invoice-event-paid-redirect", payment.order.total);
                Said { detail: issuer.as_ref().map(ToString::to_string), ..said }
            }
            Via::Transfer { by, note } => {
                with(words, "invoice-event-paid-transfer", payment.order.total).with(&**note).by(Some(by))
            }
        },
        Event::RefundBegan(refund) => {
            let key = if refund.late { "invoice-event-refund-late" } else { "invoice-event-refund-began" };
            with(words, key, refund.amount).by(refund.by.as_ref())
        }
        Event::RefundRetried { by, .. } => say(words, "invoice-event-refund-retried").by(by.as_ref()),
        Event::RefundStands { standing, .. } => match standing {
            RefundStanding::InFlight => say(words, "invoice-event-refund-in-flight"),
            RefundStanding::Done { id } => say(words, "invoice-event-refund-done").with(&**id),
            RefundStanding::Failed { code } => say(words, "invoice-event-refund-failed").with(&**code),
        },
        Event::ChargeDisputed(dispute) => {
            let standing = words.name("dispute-standing", dispute_word(dispute.standing));
            let variables = [("amount", words.money(dispute.amount).into()), ("standing", standing.into())];
            Said::plain(words.tell("invoice-event-disputed-charge", &variables)).with(&*dispute.id)
        }
        Event::Cancelled { by, .. } => say(words, "invoice-event-cancelled").by(by.as_ref()),
        Event::Transferred { .. } => say(words, "invoice-event-transferred"),
        Event::Disputed { .. } => say(words, "invoice-event-disputed"),
        Event::Resolved { by } => say(words, "invoice-event-resolved").by(Some(by)),
    }
}

fn say(words: &Words, key: &str) -> Said {
    Said::plain(words.say(key))
}

fn with(words: &Words, key: &str, amount: Money) -> Said {
    Said::plain(words.tell(key, &[("amount", words.money(amount).into())]))
}
